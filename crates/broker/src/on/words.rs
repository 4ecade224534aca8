//! Reason Strings: what went wrong and what would be right, for whoever reads the client's log.

use mqtt::{Properties, PropertiesBuf, Property, ReasonCode, Text};

use crate::state::conn::Caps;

/// Puts a Reason String into `properties` when the client's version has one, the client wants it, and the packet with it is no larger
/// than the client takes [MQTT-3.1.2-29, MQTT-3.2.2-19, MQTT-3.4.2-2 and so on]. `always`: CONNACK and DISCONNECT, which may carry one
/// against the client's wish. `size` tells the whole packet's size with given properties.
pub(crate) fn explain(caps: &Caps, always: bool, words: &str, properties: &mut PropertiesBuf, size: impl Fn(Properties<'_>) -> usize) {
    if !caps.version.is_v5() || !(always || caps.problem_information) || words.is_empty() {
        return;
    }
    let mut with = properties.clone();
    // The words are a sentence; should they not fit, the packet goes without them.
    if with.push(Property::ReasonString(Text::clipped(words))).is_ok() && size(with.as_properties()) <= caps.max_packet_size as usize {
        *properties = with;
    }
}

/// A sentence for a reason that says enough by itself.
pub(crate) fn sentence(reason: ReasonCode) -> &'static str {
    match reason {
        ReasonCode::ProtocolError => "The packet can be read but may not be sent here or now.",
        ReasonCode::BadAuthenticationMethod => {
            "The Authentication Method is not one that this server has: that is SCRAM-SHA-256, if it is on; or connect without one."
        }
        ReasonCode::ClientIdentifierNotValid => {
            "The Client Identifier may not be used here: an empty one needs Clean Session 1, and in strict MQTT 3.1 it has 1 to 23 characters."
        }
        ReasonCode::TopicNameInvalid => {
            "The Topic Name is empty, has a wildcard (+ or #) or too many levels; publish to one topic, such as house/door."
        }
        ReasonCode::TopicFilterInvalid => {
            "A Topic Filter is not well formed or has too many levels; # stands alone at the end, + fills a whole level."
        }
        ReasonCode::PacketIdentifierNotFound => "No exchange is open under this Packet Identifier.",
        ReasonCode::ReceiveMaximumExceeded => {
            "More QoS 2 messages are open than this server's Receive Maximum in CONNACK; send PUBREL before the next."
        }
        ReasonCode::TopicAliasInvalid => "The Topic Alias is 0 or above this server's Topic Alias Maximum in CONNACK.",
        ReasonCode::PacketTooLarge => "A packet that is owed would be larger than the Maximum Packet Size of one of the two ends.",
        ReasonCode::QuotaExceeded => "A limit of this server is reached: sessions, subscriptions, filters in a packet, or unread bytes.",
        ReasonCode::KeepAliveTimeout => "Nothing came for one and a half times the Keep Alive; send PINGREQ in time.",
        ReasonCode::SessionTakenOver => "Another connection came with the same Client Identifier; each client needs one of its own.",
        ReasonCode::AdministrativeAction => "The operator of this server ended the connection.",
        ReasonCode::NotAuthorized => {
            "The rights of this client do not allow it. Topics that begin with $SYS are published by the server alone."
        }
        ReasonCode::ContinueAuthentication => "Answer with AUTH 0x18 and the client's last message of SCRAM-SHA-256.",
        ReasonCode::RetainNotSupported => "This server retains no messages; send RETAIN 0.",
        ReasonCode::QosNotSupported => "The QoS is above this server's Maximum QoS in CONNACK.",
        ReasonCode::SharedSubscriptionsNotSupported => "This server has no shared subscriptions; subscribe without $share/{group}/.",
        ReasonCode::SubscriptionIdentifiersNotSupported => "This server takes no Subscription Identifiers; subscribe without one.",
        ReasonCode::WildcardSubscriptionsNotSupported => "This server takes no wildcards (+ or #); subscribe to whole topics.",
        _ => "",
    }
}

//! Words for named byte ranges of a packet, by their key.

use super::visible;

/// A field's name as people say it; a key without a word of its own is read from its last part.
pub(crate) fn name(key: &str) -> String {
    let word = match key {
        "unread" => "Unread bytes",
        "fixed.first" => "First byte",
        "fixed.type" => "Packet type",
        "fixed.flags.dup" => "DUP",
        "fixed.flags.qos" | "subscribe.options.qos" => "QoS",
        "fixed.flags.retain" => "RETAIN",
        "connect.flags" => "Connect flags",
        "connack.flags" => "Connack flags",
        "connect.flags.user_name" => "User name follows",
        "connect.flags.password" => "Password follows",
        "connect.flags.will" => "Will follows",
        "will.topic" => "Will topic",
        "will.payload" => "Will payload",
        "will.properties" => "Will properties",
        "property.id" => "Identifier",
        _ => return spelled(key),
    };
    word.to_owned()
}

fn spelled(key: &str) -> String {
    let last = key.rsplit('.').next().unwrap_or(key);
    let words = last.replace('_', " ").replace("qos", "QoS");
    let words = words.strip_suffix(" id").map_or(words.clone(), |stem| format!("{stem} identifier"));
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => visible(&first.to_uppercase().chain(chars).collect::<String>()),
        None => visible(key),
    }
}

/// What a field is for, in one sentence; `None` when the name says it all.
pub(crate) fn sentence(key: &str) -> Option<&'static str> {
    Some(match key {
        "unread" => "These bytes could not be read as part of the packet.",
        "fixed.first" => "It names the kind of packet and holds four flags.",
        "fixed.type" => "The upper four bits name the kind of packet.",
        "fixed.flags.dup" => "1: this PUBLISH may have been sent before.",
        "fixed.flags.qos" => "How delivery is assured: 0 at most once, 1 at least once, 2 exactly once.",
        "fixed.flags.retain" => "1: the message is kept for, or comes from, the broker's store of retained messages.",
        "fixed.flags.reserved" | "connect.flags.reserved" | "connack.flags.reserved" | "subscribe.options.reserved" => {
            "These bits have no meaning and must have the value the standard gives them."
        }
        "fixed.remaining_length" => "Number of bytes that follow, in one to four bytes of seven bits each.",
        "packet_id" => "Ties the packets of one exchange together until it is complete.",
        "reason_code" | "connack.return_code" => "0 is success; from 0x80 on (in version 3: from 1 on) it is a failure.",
        "payload" => "The application's bytes; MQTT does not look into them.",
        "suback.reason" => "The answer for one filter: the QoS granted, or from 0x80 on why it is refused.",
        "unsuback.reason" => "The answer for one filter.",
        "properties" => "Version 5 only: named values, after their length.",
        "properties.length" | "will.properties.length" => "Number of bytes of the properties that follow.",
        _ => return in_connect(key).or_else(|| in_others(key)).or_else(|| property(key.strip_prefix("property.")?)),
    })
}

fn in_connect(key: &str) -> Option<&'static str> {
    Some(match key {
        "connect.protocol_name" => "MQTT, or MQIsdp in version 3.1.",
        "connect.protocol_level" => "3 is version 3.1, 4 is 3.1.1, 5 is 5.0.",
        "connect.flags" => "How the session begins, and what the payload holds.",
        "connect.flags.user_name" => "1: the payload holds a user name.",
        "connect.flags.password" => "1: the payload holds a password.",
        "connect.flags.will_retain" => "1: the will becomes a retained message.",
        "connect.flags.will_qos" => "QoS of the will.",
        "connect.flags.will" => "1: the payload holds a will.",
        "connect.flags.clean_start" => "1: forget any earlier session of this client.",
        "connect.keep_alive" => "Seconds the client may be silent; the broker gives up after one and a half times that. 0: off.",
        "connect.client_id" => "Names the client, and with it its session.",
        "connect.user_name" => "Who the client says it is.",
        "connect.password" => "What is to prove it.",
        "will.properties" => "Version 5 only: properties of the will.",
        "will.topic" => "Where the will is published if the client goes without goodbye.",
        "will.payload" => "What is published then.",
        _ => return None,
    })
}

fn in_others(key: &str) -> Option<&'static str> {
    Some(match key {
        "connack.flags" => "Only the lowest bit has a meaning.",
        "connack.flags.session_present" => "1: the broker still had this client's session.",
        "publish.topic" => "What the message is about; subscribers' filters are matched with it.",
        "subscribe.filter" => "The topics wanted: + stands for one level, # for all that follow.",
        "subscribe.options" => "Greatest QoS wanted, and how retained messages are handled.",
        "subscribe.options.retain_handling" => "When retained messages are sent: 0 always, 1 for a new subscription, 2 never.",
        "subscribe.options.retain_as_published" => "1: keep the RETAIN flag as the publisher set it.",
        "subscribe.options.no_local" => "1: do not send the client its own messages.",
        "subscribe.options.qos" => "Greatest QoS the client wants for this filter.",
        "unsubscribe.filter" => "The filter that is given up.",
        _ if key.ends_with(".length") => "Number of bytes that follow, as two bytes.",
        _ => return None,
    })
}

fn property(name: &str) -> Option<&'static str> {
    Some(match name {
        "payload_format_indicator" => "1: the payload is UTF-8 text.",
        "message_expiry_interval" => "Seconds after which the message is worth nothing any more.",
        "content_type" => "What the payload is, in words that both ends know.",
        "response_topic" => "Where an answer is expected.",
        "correlation_data" => "Lets the asker tell to which question an answer belongs.",
        "subscription_identifier" => "Number the client gave to the subscription that matched.",
        "session_expiry_interval" => "Seconds the session outlives its connection.",
        "assigned_client_identifier" => "The client id the broker chose, for the client had none.",
        "server_keep_alive" => "The keep alive the broker wants instead.",
        "authentication_method" => "Name of the extended authentication.",
        "authentication_data" => "Bytes of the extended authentication.",
        "request_problem_information" => "0: do not send reason strings and user properties.",
        "will_delay_interval" => "Seconds the broker waits before it publishes the will.",
        "request_response_information" => "1: the client asks for response information.",
        "response_information" => "Basis for response topics.",
        "server_reference" => "Another server to use.",
        "reason_string" => "The reason in words, for diagnosis.",
        "receive_maximum" => "How many QoS 1 and 2 messages may be in flight to its sender.",
        "topic_alias_maximum" => "Greatest topic alias its sender accepts.",
        "topic_alias" => "A number that stands for the topic from now on.",
        "maximum_qos" => "Greatest QoS the broker accepts.",
        "retain_available" => "0: the broker keeps no retained messages.",
        "user_property" => "A name and a value of the application.",
        "maximum_packet_size" => "Greatest packet its sender accepts, in bytes.",
        "wildcard_subscription_available" => "0: the broker knows no + and #.",
        "subscription_identifier_available" => "0: the broker knows no subscription identifiers.",
        "shared_subscription_available" => "0: the broker knows no shared subscriptions.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_words() {
        assert_eq!(name("fixed.remaining_length"), "Remaining length");
        assert_eq!(name("packet_id"), "Packet identifier");
        assert_eq!(name("connect.flags.will_qos"), "Will QoS");
        assert_eq!(name("property.receive_maximum"), "Receive maximum");
        assert_eq!(name(""), "");
    }

    #[test]
    fn an_unknown_key_has_no_sentence() {
        assert!(sentence("publish.topic").is_some());
        assert!(sentence("property.receive_maximum").is_some());
        assert!(sentence("publish.topic.length").is_some());
        assert_eq!(sentence("who.knows"), None);
        assert_eq!(sentence("publish.topic.text"), None);
    }
}

//! Words for named byte ranges of a packet, by their key.

use super::visible;

/// A field's name as people say it; a key without a word stands for itself.
pub(crate) fn name(key: &str) -> String {
    let last = key.rsplit('.').next().unwrap_or(key);
    match key {
        "fixed" => "Fixed header".into(),
        "variable" => "Variable header".into(),
        "fixed.type" => "Packet type".into(),
        "fixed.flags" => "Flags".into(),
        _ => {
            let words = last.replace('_', " ").replace("qos", "QoS").replace(" id", " identifier");
            let mut chars = words.chars();
            match chars.next() {
                Some(first) => visible(&first.to_uppercase().chain(chars).collect::<String>()),
                None => visible(key),
            }
        }
    }
}

/// What a field is for, in one sentence; `None` when the name says it all.
pub(crate) fn sentence(key: &str) -> Option<&'static str> {
    let last = key.rsplit('.').next().unwrap_or(key);
    if key.starts_with("property.") || key.contains(".property.") || key.contains("_property.") {
        return property(last);
    }
    Some(match last {
        "type" => "The upper four bits of the first byte name the kind of packet.",
        "flags" if key.starts_with("fixed") => "The lower four bits of the first byte.",
        "dup" => "1: this PUBLISH may have been sent before.",
        "qos" => "How delivery is assured: 0 at most once, 1 at least once, 2 exactly once.",
        "retain" => "1: the broker keeps this message for later subscribers.",
        "reserved" => "These bits have no meaning and must have the given value.",
        "remaining_length" => "Number of bytes that follow, in one to four bytes of seven bits each.",
        "protocol_name" => "MQTT, or MQIsdp in version 3.1.",
        "protocol_level" | "protocol_version" => "3 is version 3.1, 4 is 3.1.1, 5 is 5.0.",
        "flags" | "connect_flags" => "What the payload holds and how the session begins.",
        "clean_start" | "clean_session" => "1: forget any earlier session of this client.",
        "will_flag" => "1: the payload holds a will.",
        "will_qos" => "QoS of the will.",
        "will_retain" => "1: the will becomes a retained message.",
        "username_flag" | "user_name_flag" => "1: the payload holds a user name.",
        "password_flag" => "1: the payload holds a password.",
        "keep_alive" => "Seconds the client may be silent; the broker gives up after one and a half times that.",
        "client_id" => "Names the client, and with it its session.",
        "will_topic" => "Where the will is published if the client goes without goodbye.",
        "will_payload" | "will_message" => "What is published then.",
        "username" | "user_name" => "Who the client says it is.",
        "password" => "What is to prove it.",
        "ack_flags" | "acknowledge_flags" | "connack_flags" => "Only the lowest bit has a meaning: session present.",
        "session_present" => "1: the broker still had this client's session.",
        "reason_code" | "return_code" | "reason" => "0 is success; from 0x80 on it is a failure.",
        "reason_codes" | "return_codes" => "One answer per filter, in their order.",
        "topic" | "topic_name" => "What the message is about; subscribers' filters are matched with it.",
        "packet_id" | "packet_identifier" => "Ties the packets of one exchange together until it is complete.",
        "payload" => "The application's bytes; MQTT does not look into them.",
        "filter" | "topic_filter" => "The topics wanted; + stands for one level, # for all that follow.",
        "options" | "subscription_options" => "Greatest QoS wanted and how retained messages are to be handled.",
        "requested_qos" | "maximum_qos" => "Greatest QoS the client wants for this filter.",
        "no_local" => "1: do not send the client its own messages.",
        "retain_as_published" => "1: keep the RETAIN flag as the publisher set it.",
        "retain_handling" => "When retained messages are sent: 0 always, 1 for a new subscription, 2 never.",
        "properties" | "will_properties" => "Version 5 only: named values, after their length.",
        "properties_length" | "property_length" => "Number of bytes of the properties.",
        "length" => "Number of bytes that follow, as two bytes.",
        "rest" | "unread" => "These bytes could not be read as part of the packet.",
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
        assert_eq!(name("publish.packet_id"), "Packet identifier");
        assert_eq!(name("subscribe.requested_qos"), "Requested QoS");
        assert_eq!(name(""), "");
    }

    #[test]
    fn an_unknown_key_has_no_sentence() {
        assert!(sentence("publish.topic").is_some());
        assert!(sentence("property.receive_maximum").is_some());
        assert_eq!(sentence("who.knows"), None);
    }
}

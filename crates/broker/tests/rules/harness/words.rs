//! From the words of a script to the bytes of a packet.

use mqtt::{
    Ack, Auth, Binary, Connect, Disconnect, Packet, PacketId, PacketType, PropertiesBuf, Property, Publish, QoS, ReasonCode,
    RetainHandling, Subscribe, Subscription, SubscriptionOptions, Text, Unsubscribe, Version, Will,
};

/// The words of one command.
pub(crate) struct Words<'a>(pub(crate) Vec<&'a str>);

impl<'a> Words<'a> {
    fn has(&self, word: &str) -> bool {
        self.0.contains(&word)
    }

    /// The value of `key=value`.
    pub(crate) fn value(&self, key: &str) -> Option<&'a str> {
        self.values(key).next()
    }

    fn values(&self, key: &str) -> impl Iterator<Item = &'a str> {
        let found = move |word: &&'a str| word.strip_prefix(key)?.strip_prefix('=');
        self.0.iter().filter_map(found)
    }

    fn number(&self, key: &str) -> Option<u32> {
        self.value(key).map(|value| value.parse().unwrap_or_else(|_| panic!("{key}={value} is no number")))
    }

    /// `#7`.
    pub(crate) fn packet_id(&self) -> PacketId {
        let word = self.0.iter().find_map(|word| word.strip_prefix('#').filter(|rest| rest.parse::<u16>().is_ok()));
        PacketId::new(word.expect("a #packet identifier").parse().expect("a number")).expect("not 0")
    }

    /// `0x80`.
    pub(crate) fn reason(&self) -> ReasonCode {
        match self.0.iter().find_map(|word| word.strip_prefix("0x")) {
            Some(hex) => ReasonCode::from_u8(u8::from_str_radix(hex, 16).expect("hex")).expect("a reason code"),
            None => ReasonCode::Success,
        }
    }

    fn qos(&self) -> QoS {
        [("q1", QoS::AtLeastOnce), ("q2", QoS::ExactlyOnce)].into_iter().find(|(word, _)| self.has(word)).map_or(QoS::AtMostOnce, |it| it.1)
    }
}

/// The bytes of a command, or `None` when its first word names no packet.
pub(crate) fn bytes(words: &Words<'_>, name: &str, version: Version) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let ack = || Ack { packet_id: words.packet_id(), reason: words.reason(), properties: mqtt::Properties::EMPTY };
    match words.0[0].trim_end_matches(['?', '!']) {
        "connect" | "resume" => connect(words, name, &mut out),
        "pub" => publish(words, version, &mut out),
        "sub" => subscribe(words, version, &mut out),
        "unsub" => {
            let filters = words.0[2..].iter().map(|filter| text(filter)).collect();
            Unsubscribe { packet_id: words.packet_id(), filters, properties: mqtt::Properties::EMPTY }.encode(version, &mut out);
        }
        "puback" => ack().encode(PacketType::Puback, version, &mut out),
        "pubrec" => ack().encode(PacketType::Pubrec, version, &mut out),
        "pubrel" => ack().encode(PacketType::Pubrel, version, &mut out),
        "pubcomp" => ack().encode(PacketType::Pubcomp, version, &mut out),
        "ping" => Packet::Pingreq.encode(version, &mut out),
        "disconnect" => {
            let mut properties = PropertiesBuf::new();
            push(&mut properties, words.number("expiry").map(Property::SessionExpiryInterval));
            Disconnect { reason: words.reason(), properties: properties.as_properties() }.encode(version, &mut out);
        }
        "auth" => auth(words.reason(), words.value("method"), words.value("data").map(str::as_bytes), &mut out),
        "raw" => raw(&words.0[1..], &mut out),
        _ => return None,
    }
    Some(out)
}

/// The version that a `connect` asks for.
pub(crate) fn version(words: &Words<'_>) -> Version {
    let named = |word: &&str| match *word {
        "v5" => Some(Version::V5),
        "v311" => Some(Version::V311),
        "v31" => Some(Version::V31),
        _ => None,
    };
    words.0.iter().find_map(named).unwrap_or(Version::V5)
}

/// An AUTH.
pub(crate) fn auth(reason: ReasonCode, method: Option<&str>, data: Option<&[u8]>, out: &mut Vec<u8>) {
    let mut properties = PropertiesBuf::new();
    push(&mut properties, method.map(|method| Property::AuthenticationMethod(text(method))));
    push(&mut properties, data.map(|data| Property::AuthenticationData(Binary::new(data).expect("short"))));
    Auth { reason, properties: properties.as_properties() }.encode(Version::V5, out);
}

fn connect(words: &Words<'_>, name: &str, out: &mut Vec<u8>) {
    let mut properties = PropertiesBuf::new();
    push(&mut properties, words.number("expiry").map(Property::SessionExpiryInterval));
    push(&mut properties, words.number("rm").map(|n| Property::ReceiveMaximum(n as u16)));
    push(&mut properties, words.number("mps").map(Property::MaximumPacketSize));
    push(&mut properties, words.number("tam").map(|n| Property::TopicAliasMaximum(n as u16)));
    push(&mut properties, words.number("rri").map(|n| Property::RequestResponseInformation(n as u8)));
    push(&mut properties, words.number("rpi").map(|n| Property::RequestProblemInformation(n as u8)));
    push(&mut properties, words.value("method").map(|method| Property::AuthenticationMethod(text(method))));
    push(&mut properties, words.value("data").map(|data| Property::AuthenticationData(Binary::new(data.as_bytes()).expect("short"))));
    let mut will_properties = PropertiesBuf::new();
    push(&mut will_properties, words.number("delay").map(Property::WillDelayInterval));
    message_properties(words, "will", &mut will_properties);
    let payload = words.value("will").and_then(|will| will.split_once(':')).map(|(_, payload)| expand(payload)).unwrap_or_default();
    let will = words.value("will").map(|will| Will {
        topic: text(will.split_once(':').expect("will=topic:payload").0),
        payload: Binary::new(&payload).expect("short"),
        qos: QoS::try_from(words.number("willqos").unwrap_or(0) as u8).expect("a QoS"),
        retain: words.has("willretain"),
        properties: will_properties.as_properties(),
    });
    let connect = Connect {
        version: version(words),
        client_id: text(words.value("cid").unwrap_or(name)),
        clean_start: !words.has("keep") && words.0[0] != "resume",
        keep_alive: words.number("ka").unwrap_or(0) as u16,
        username: words.value("user").map(text),
        password: words.value("pass").map(|password| Binary::new(password.as_bytes()).expect("short")),
        will,
        properties: properties.as_properties(),
    };
    connect.encode(connect.version, out);
}

fn publish(words: &Words<'_>, version: Version, out: &mut Vec<u8>) {
    let mut properties = PropertiesBuf::new();
    push(&mut properties, words.number("alias").map(|n| Property::TopicAlias(n as u16)));
    push(&mut properties, words.number("id").map(Property::SubscriptionIdentifier));
    message_properties(words, "", &mut properties);
    let qos = words.qos();
    let publish = Publish {
        dup: words.has("dup"),
        qos,
        retain: words.has("retain"),
        topic: text(words.0[1]),
        packet_id: (qos != QoS::AtMostOnce).then(|| words.packet_id()),
        properties: properties.as_properties(),
        payload: &expand(words.0[2]),
    };
    publish.encode(version, out);
}

/// The properties of a message, of a PUBLISH or (with the prefix `will`) of a will.
fn message_properties(words: &Words<'_>, prefix: &str, properties: &mut PropertiesBuf) {
    let key = |key: &str| format!("{prefix}{key}");
    push(properties, words.number(&key("pfi")).map(|n| Property::PayloadFormatIndicator(n as u8)));
    push(properties, words.number(&key("mei")).map(Property::MessageExpiryInterval));
    push(properties, words.value(&key("ct")).map(|it| Property::ContentType(text(it))));
    push(properties, words.value(&key("rt")).map(|it| Property::ResponseTopic(text(it))));
    push(properties, words.value(&key("cd")).map(|it| Property::CorrelationData(Binary::new(it.as_bytes()).expect("short"))));
    for pair in words.values(&key("up")) {
        let (name, value) = pair.split_once(':').expect("up=name:value");
        push(properties, Some(Property::UserProperty(text(name), text(value))));
    }
}

/// `sub #1 a/#:1 b:0nph2 id=5`: QoS, then `n` No Local, `p` Retain As Published, `h1` `h2` Retain Handling.
fn subscribe(words: &Words<'_>, version: Version, out: &mut Vec<u8>) {
    let mut properties = PropertiesBuf::new();
    push(&mut properties, words.number("id").map(Property::SubscriptionIdentifier));
    let filters = filters(words).map(|(filter, options)| Subscription { filter: text(filter), options }).collect();
    Subscribe { packet_id: words.packet_id(), filters, properties: properties.as_properties() }.encode(version, out);
}

/// Filters and options of a `sub`.
pub(crate) fn filters<'a>(words: &Words<'a>) -> impl Iterator<Item = (&'a str, SubscriptionOptions)> {
    words.0[2..].iter().filter(|word| !word.starts_with("id=")).map(|word| {
        let (filter, options) = word.rsplit_once(':').expect("filter:options");
        let options = SubscriptionOptions {
            qos: QoS::try_from(options.as_bytes()[0] - b'0').expect("a QoS"),
            no_local: options.contains('n'),
            retain_as_published: options.contains('p'),
            retain_handling: match options {
                _ if options.contains("h1") => RetainHandling::SendIfNew,
                _ if options.contains("h2") => RetainHandling::DoNotSend,
                _ => RetainHandling::Send,
            },
        };
        (filter, options)
    })
}

/// Hex; `'text'` for a text with its two bytes of length; `*` as second word for the Remaining Length of what follows.
fn raw(words: &[&str], out: &mut Vec<u8>) {
    let mut body = Vec::new();
    for word in words.iter().filter(|word| **word != "*") {
        match word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            Some(text) => {
                body.extend_from_slice(&(text.len() as u16).to_be_bytes());
                body.extend_from_slice(text.as_bytes());
            }
            None => body.extend((0..word.len()).step_by(2).map(|at| u8::from_str_radix(&word[at..at + 2], 16).expect("hex"))),
        }
    }
    if words.get(1) == Some(&"*") {
        let mut left = body.len() - 1;
        let mut length = Vec::new();
        while length.is_empty() || left > 0 {
            length.push((left & 0x7F) as u8 | if left > 0x7F { 0x80 } else { 0 });
            left >>= 7;
        }
        body.splice(1..1, length);
    }
    out.extend(body);
}

/// `""` is empty, `x*100` a hundred x.
fn expand(payload: &str) -> Vec<u8> {
    match payload.split_once('*') {
        Some((text, count)) => text.repeat(count.parse().expect("a number")).into_bytes(),
        None if payload == "\"\"" => Vec::new(),
        None => payload.as_bytes().to_vec(),
    }
}

fn text(word: &str) -> Text<'_> {
    Text::new(if word == "\"\"" { "" } else { word }).expect("a text")
}

fn push(properties: &mut PropertiesBuf, property: Option<Property<'_>>) {
    if let Some(property) = property {
        properties.push(property).expect("it fits");
    }
}

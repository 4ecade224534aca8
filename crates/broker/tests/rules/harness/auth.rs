//! A client of the scripts that proves itself with SCRAM, and has the broker prove itself.

use broker::access::scram::METHOD;
use broker::access::scram::client::{ScramClient, Waiting};
use mqtt::{Binary, Connect, Frame, Packet, PropertiesBuf, Property, ReasonCode, Text, Version};

use super::words::{self, Words};

/// Where a client stands in its exchange.
#[derive(Default)]
pub(crate) enum Proving {
    #[default]
    Not,
    /// It has said its first message.
    First(ScramClient),
    /// The broker has challenged it.
    Challenged(ScramClient, Vec<u8>),
    /// It has said its last message.
    Last(Waiting),
    /// The broker has proved itself too.
    Done,
}

impl Proving {
    /// The bytes of a command that belongs to an exchange.
    pub(crate) fn say(&mut self, words: &Words<'_>, name: &str) -> Option<Vec<u8>> {
        let command = words.0[0].trim_end_matches('?');
        if !matches!(command, "connect" | "proof" | "reauth") {
            return None;
        }
        let mut out = Vec::new();
        if command == "proof" {
            let Proving::Challenged(client, challenge) = std::mem::take(self) else { panic!("the broker has not challenged this client") };
            let (waiting, last) = client.last(&challenge).expect("a challenge of SCRAM");
            *self = Proving::Last(waiting);
            words::auth(ReasonCode::ContinueAuthentication, Some(METHOD), Some(&last), &mut out);
            return Some(out);
        }
        let (user, password) = words.value("scram")?.split_once(':').expect("scram=user:password");
        let (client, first) = ScramClient::first(user, password.as_bytes(), "fyko+d2lbbFgONRv9qkxdawL").expect("a user");
        *self = Proving::First(client);
        if command == "reauth" {
            words::auth(ReasonCode::ReAuthenticate, Some(METHOD), Some(&first), &mut out);
            return Some(out);
        }
        with_method(&words::bytes(words, name, Version::V5)?, &first, &mut out);
        Some(out)
    }

    /// A packet of the broker.
    pub(crate) fn hear(&mut self, packet: &Packet<'_>) {
        let (reason, properties) = match packet {
            Packet::Auth(auth) => (auth.reason, auth.properties),
            Packet::Connack(connack) => (connack.reason, connack.properties),
            _ => return,
        };
        let data = properties.authentication_data().map(|data| data.as_bytes().to_vec()).unwrap_or_default();
        *self = match (std::mem::take(self), reason) {
            (Proving::First(client), ReasonCode::ContinueAuthentication) => Proving::Challenged(client, data),
            (Proving::Last(waiting), ReasonCode::Success) => {
                waiting.verify(&data).expect("the broker knows the password's keys");
                Proving::Done
            }
            (other, _) => other,
        };
    }
}

/// The CONNECT again, with the properties of an exchange.
fn with_method(plain: &[u8], first: &[u8], out: &mut Vec<u8>) {
    let Ok(Packet::Connect(plain)) = Packet::decode(Frame::parse(plain).expect("a frame"), Version::V5) else { panic!("no CONNECT") };
    let mut properties = PropertiesBuf::from(plain.properties);
    for property in [
        Property::AuthenticationMethod(Text::new(METHOD).expect("a text")),
        Property::AuthenticationData(Binary::new(first).expect("short")),
    ] {
        properties.push(property).expect("it fits");
    }
    let connect = Connect { properties: properties.as_properties(), ..plain };
    connect.encode(Version::V5, out);
}

//! Strict and friendly: the few places where the standards leave a choice, or where nearly every broker takes what the letter refuses.
//! Each is a [`Letter`]; `docs/decisions.md` says for each what the standards say and which test shows it.

use mqtt::{ReasonCode, Version};

/// How the broker chooses where the standards leave a choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It takes what can be taken without harm to anybody else, and refuses the part instead of the whole.
    #[default]
    Friendly,
    /// It keeps to the letter, for whoever wants to know whether a client does.
    Strict,
}

/// Something that the letter refuses and friendliness takes, or takes in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// A Client Identifier of more than 23 characters in 3.1.
    LongClientId,
    /// A Topic Filter that is not well formed: by the letter a Protocol Error that ends the connection, not a failure of this filter alone.
    BadFilter,
    /// A Topic Name that is not well formed: by the letter a Protocol Error, not a name that is not accepted.
    BadTopic,
    /// Control characters and non-characters, which a text should not have.
    OddText,
    /// A payload that is no UTF-8 although its Payload Format Indicator says so.
    PayloadFormat,
    /// `$share/…` before 5.0, where it is a Topic Filter like any other.
    SharedBeforeV5,
}

impl Letter {
    /// All, in the order of `docs/decisions.md`.
    pub const ALL: [Letter; 6] =
        [Letter::LongClientId, Letter::BadFilter, Letter::BadTopic, Letter::OddText, Letter::PayloadFormat, Letter::SharedBeforeV5];

    /// Id of the rule in the version at hand, as far as there is one: those of 5.0 and 3.1.1 as the standards write them, else ours.
    pub const fn rule(self, version: Version) -> Option<&'static str> {
        Some(match (self, version) {
            (Letter::LongClientId, _) => "M31-client-id",
            (Letter::BadFilter, Version::V5) => "MQTT-4.13.1-1",
            (Letter::BadFilter | Letter::BadTopic, Version::V311) => "MQTT-4.8.0-1",
            (Letter::BadTopic, Version::V5) => "MQTT-3.3.2-2",
            (Letter::OddText, Version::V5) => "U5-1.5.4-c",
            (Letter::PayloadFormat, Version::V5) => "U5-3.3.2.3.2-b",
            (Letter::SharedBeforeV5, Version::V311) => "MQTT-4.7.3-4",
            _ => return None,
        })
    }

    /// What a strict broker answers, as far as the version can be told.
    pub const fn reason(self) -> ReasonCode {
        match self {
            Letter::LongClientId => ReasonCode::ClientIdentifierNotValid,
            Letter::BadFilter | Letter::BadTopic | Letter::SharedBeforeV5 => ReasonCode::ProtocolError,
            Letter::OddText => ReasonCode::MalformedPacket,
            Letter::PayloadFormat => ReasonCode::PayloadFormatInvalid,
        }
    }

    /// A whole sentence: what was wrong and what would be right.
    pub const fn sentence(self) -> &'static str {
        match self {
            Letter::LongClientId => "In strict MQTT 3.1 a Client Identifier has 1 to 23 characters.",
            Letter::BadFilter => "A Topic Filter is not well formed: # stands alone at the end, + fills a whole level.",
            Letter::BadTopic => "A Topic Name has at least one character and no wildcard (+ or #).",
            Letter::OddText => "A text holds a control character or a non-character, which this strict server does not take.",
            Letter::PayloadFormat => "Payload Format Indicator 1 says that the payload is UTF-8, and it is not.",
            Letter::SharedBeforeV5 => "Before 5.0 there are no shared subscriptions: the filter is taken as it stands.",
        }
    }
}

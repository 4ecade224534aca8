//! The letter of the standards against what came: the one place that knows what strict refuses and friendly takes.

use core::ops::RangeInclusive;

use mqtt::topic::{BadFilter, TopicFilter, TopicName};
use mqtt::{Connect, Packet, Properties, Property, Text, Version};

use crate::broker::Broker;
use crate::event::Event;
use crate::ids::ConnId;
use crate::io::Outbox;
use crate::mode::{Letter, Mode};

impl Broker {
    /// What in a CONNECT a strict broker refuses it for; none for a friendly one, which tells it if somebody wants to know.
    pub(crate) fn letter_against_connect(&self, conn: ConnId, connect: &Connect<'_>, out: &mut Outbox) -> Option<Letter> {
        if !self.reads_closely() {
            return None;
        }
        let version = connect.version;
        let will = connect.will.as_ref();
        let long_id = version == Version::V31 && connect.client_id.chars().count() > 23;
        let bad_topic = will.is_some_and(|will| TopicName::parse(will.topic.as_str()).is_err());
        let format = will.is_some_and(|will| breaks_its_format(will.properties, will.payload.as_bytes()));
        let found = [
            (long_id, Letter::LongClientId),
            (version != Version::V31 && connect_is_odd(connect), Letter::OddText),
            (bad_topic, Letter::BadTopic),
            (format, Letter::PayloadFormat),
        ];
        self.first_refused(conn, version, &found, out)
    }

    /// The same for a packet of a connection that runs.
    pub(crate) fn letter_against(&self, conn: ConnId, version: Version, packet: &Packet<'_>, out: &mut Outbox) -> Option<Letter> {
        if !self.reads_closely() {
            return None;
        }
        let bad_filter = |filter: &str| self.parse_filter(version, filter).is_err();
        let (bad_topic, bad_filter, format) = match packet {
            Packet::Publish(publish) => {
                // An empty one may stand for a Topic Alias.
                let bad = !publish.topic.is_empty() && TopicName::parse(publish.topic.as_str()).is_err();
                (bad, false, breaks_its_format(publish.properties, publish.payload))
            }
            Packet::Subscribe(subscribe) => (false, subscribe.filters.iter().any(|it| bad_filter(it.filter.as_str())), false),
            Packet::Unsubscribe(unsubscribe) => (false, unsubscribe.filters.iter().any(|it| bad_filter(it.as_str())), false),
            _ => (false, false, false),
        };
        let found = [
            (version != Version::V31 && packet_is_odd(packet), Letter::OddText),
            (bad_topic, Letter::BadTopic),
            (bad_filter, Letter::BadFilter),
            (format, Letter::PayloadFormat),
        ];
        self.first_refused(conn, version, &found, out)
    }

    /// Reads a Topic Filter of SUBSCRIBE. Before 5.0 `$share/…` means nothing by the letter; a friendly broker shares, as all others do.
    pub(crate) fn parse_wanted<'a>(
        &self,
        conn: ConnId,
        version: Version,
        filter: &'a str,
        out: &mut Outbox,
    ) -> Result<TopicFilter<'a>, BadFilter> {
        if !version.is_v5() && filter.starts_with("$share/") && self.reads_closely() {
            self.first_refused(conn, version, &[(true, Letter::SharedBeforeV5)], out);
        }
        self.parse_filter(version, filter)
    }

    /// Judges a Topic Filter as the version and the mode have it.
    pub(crate) fn parse_filter<'a>(&self, version: Version, filter: &'a str) -> Result<TopicFilter<'a>, BadFilter> {
        let shares = version.is_v5() || self.config.mode == Mode::Friendly;
        if shares { TopicFilter::parse(filter) } else { TopicFilter::parse_unshared(filter) }
    }

    /// A friendly broker whom nobody asks need not look.
    fn reads_closely(&self) -> bool {
        self.config.mode == Mode::Strict || self.config.explain
    }

    fn first_refused(&self, conn: ConnId, version: Version, found: &[(bool, Letter)], out: &mut Outbox) -> Option<Letter> {
        let mut found = found.iter().filter(|(is, _)| *is).map(|(_, letter)| *letter);
        if self.config.mode == Mode::Strict {
            return found.next();
        }
        found.for_each(|letter| out.tell(|| Event::AgainstTheLetter { conn, letter, rule: letter.rule(version) }));
        None
    }
}

/// A payload that is no UTF-8 although its format is said to be.
fn breaks_its_format(properties: Properties<'_>, payload: &[u8]) -> bool {
    properties.payload_format_indicator() == Some(1) && core::str::from_utf8(payload).is_err()
}

fn connect_is_odd(connect: &Connect<'_>) -> bool {
    let will = connect.will.as_ref().is_some_and(|will| is_odd(will.topic) || properties_are_odd(will.properties));
    will || is_odd(connect.client_id) || connect.username.is_some_and(is_odd) || properties_are_odd(connect.properties)
}

fn packet_is_odd(packet: &Packet<'_>) -> bool {
    let (texts, properties) = match packet {
        Packet::Publish(it) => (is_odd(it.topic), it.properties),
        Packet::Puback(it) | Packet::Pubrec(it) | Packet::Pubrel(it) | Packet::Pubcomp(it) => (false, it.properties),
        Packet::Subscribe(it) => (it.filters.iter().any(|one| is_odd(one.filter)), it.properties),
        Packet::Unsubscribe(it) => (it.filters.iter().any(|&one| is_odd(one)), it.properties),
        Packet::Disconnect(it) => (false, it.properties),
        Packet::Auth(it) => (false, it.properties),
        _ => return false,
    };
    texts || properties_are_odd(properties)
}

fn properties_are_odd(properties: Properties<'_>) -> bool {
    properties.iter().any(|property| match property {
        Property::UserProperty(name, value) => is_odd(name) || is_odd(value),
        Property::ContentType(text) | Property::ResponseTopic(text) | Property::ReasonString(text) => is_odd(text),
        Property::AuthenticationMethod(text) => is_odd(text),
        _ => false,
    })
}

/// Code points that a text should not have, of those that can come: U+0000 is refused by the codec, and surrogates are no UTF-8.
fn is_odd(text: Text<'_>) -> bool {
    const NON_CHARACTERS: RangeInclusive<u32> = 0xFDD0..=0xFDEF;
    let odd = |it: char| it.is_control() || NON_CHARACTERS.contains(&u32::from(it)) || u32::from(it) & 0xFFFE == 0xFFFE;
    text.chars().any(odd)
}

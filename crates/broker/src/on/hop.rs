//! A message as the PUBLISH of one hop.

use mqtt::{PacketId, Properties, PropertiesBuf, Property, Publish, Text};

use crate::io::{Outbox, Span};
use crate::state::alias::Alias;
use crate::state::conn::{Caps, Conn};
use crate::state::message::{Manner, Message};
use crate::time::Instant;

/// Writes a message for the first time: with a Topic Alias where the client takes one.
pub(crate) fn write_first(
    now: Instant,
    conn: &mut Conn,
    message: &Message<'_>,
    manner: &Manner,
    packet_id: Option<PacketId>,
    out: &mut Outbox,
) -> Span {
    let topic = message.topic.as_str();
    let alias = conn.aliases_out.as_mut().map_or(Alias::None, |aliases| aliases.of(topic));
    let frame = write(now, &conn.caps, message, manner, (packet_id, false, alias), out);
    if let (Alias::First(_), Some(aliases)) = (alias, &mut conn.aliases_out)
        && frame.len() > conn.caps.max_packet_size as usize
    {
        // The alias may have been the bytes too many, and it must not be counted on when nothing was sent.
        aliases.take_back(topic);
        return write(now, &conn.caps, message, manner, (packet_id, false, Alias::None), out);
    }
    frame
}

/// Writes a message again: with DUP and the whole topic, for the aliases of the old connection are gone.
pub(crate) fn write_again(
    now: Instant,
    caps: &Caps,
    message: &Message<'_>,
    manner: &Manner,
    packet_id: PacketId,
    out: &mut Outbox,
) -> Span {
    write(now, caps, message, manner, (Some(packet_id), true, Alias::None), out)
}

fn write(
    now: Instant,
    caps: &Caps,
    message: &Message<'_>,
    manner: &Manner,
    (packet_id, dup, alias): (Option<PacketId>, bool, Alias),
    out: &mut Outbox,
) -> Span {
    let mut more = PropertiesBuf::default();
    let properties = if caps.version.is_v5() { hop_properties(now, message, manner, alias, &mut more) } else { Properties::EMPTY };
    let topic = if let Alias::Again(_) = alias { Text::EMPTY } else { message.topic };
    let publish = Publish { dup, qos: manner.qos, retain: manner.retain, topic, packet_id, properties, payload: message.payload };
    out.write(|bytes| publish.encode(caps.version, bytes))
}

/// The forwarded properties and those of this hop: what is left of the Message Expiry Interval [MQTT-3.3.2-6], Subscription Identifiers.
fn hop_properties<'a>(now: Instant, message: &Message<'a>, manner: &Manner, alias: Alias, more: &'a mut PropertiesBuf) -> Properties<'a> {
    let identifiers = manner.identifiers.as_slice();
    if message.expires_at.is_none() && identifiers.is_empty() && alias == Alias::None {
        return message.properties;
    }
    *more = PropertiesBuf::from(message.properties);
    if let Some(at) = message.expires_at {
        // Whole seconds, rounded up, so that only an interval that is over becomes 0.
        let left = at.since(now).div_ceil(1_000_000);
        let _ = more.push(Property::MessageExpiryInterval(u32::try_from(left).unwrap_or(u32::MAX)));
    }
    if let Alias::First(alias) | Alias::Again(alias) = alias {
        let _ = more.push(Property::TopicAlias(alias));
    }
    for &identifier in identifiers {
        if more.push(Property::SubscriptionIdentifier(identifier)).is_err() {
            break;
        }
    }
    more.as_properties()
}

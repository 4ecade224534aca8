//! Why every run ends: a number that each step lowers which is no cut.
//!
//! Each packet weighs more than all that can come of its arrival. A cut may raise the number, nothing else may; so as soon as cuts end, the
//! steps left are no more than the number says.

use mqtt::PacketType;

use crate::house::House;
use crate::peer::{Frames, Stage};
use crate::setup::Setup;

/// What an incomplete exchange of a publisher weighs: see [`to_broker`].
const PUBLISH_IN: u32 = 12;
/// A message in the broker's queue, or in flight and not yet sent on this connection, becomes a PUBLISH.
const QUEUED: u32 = 7;
/// PUBLISH to a client: PUBREC, PUBREL, PUBCOMP are to come.
const PUBLISH_OUT: u32 = 6;

/// The measure of a state.
pub fn measure(house: &House, setup: &Setup) -> u32 {
    let incomplete = u32::from(setup.ids.max(setup.window));
    // The client sends again what is incomplete, and so does the broker.
    let connack = incomplete * PUBLISH_IN + 1;
    let connect = connack + incomplete * PUBLISH_OUT + 1;
    let away = connect + 1;
    // The end of a connection sends its client away, and what was sent on it is to be sent again.
    let end = away + incomplete * QUEUED + 1;
    // A CONNECT that comes late ends the connection that came after it, not without saying so.
    let late_connect = end + 2;
    let mut sum = 0;
    for (client, peer) in house.peers.iter().enumerate() {
        sum += u32::from(peer.unpublished) * (PUBLISH_IN + 2);
        // A simulated client keeps what it cannot send.
        sum += peer.simulated.as_ref().map_or(0, |client| client.waiting() as u32 * (PUBLISH_IN + 1));
        sum += u32::from(peer.stage == Stage::Away) * away;
        // What the broker has not sent on this connection, or on the next.
        let touched = |id: &u16| peer.link.as_ref().is_some_and(|link| link.touched.contains(id));
        sum += peer.owed.keys().filter(|id| !touched(id)).count() as u32 * QUEUED;
        if let Some(link) = &peer.link {
            sum += weigh(&link.to_broker, |kind| to_broker(kind, connect));
            sum += weigh(&link.to_client, |kind| to_client(kind, connack));
            sum += u32::from(link.closed) * end;
        }
        for (_, frames) in &peer.orphans {
            sum += 1 + weigh(frames, |kind| to_broker(kind, late_connect));
        }
        let queued = house.broker.session(&House::name(client)).map_or(0, |session| session.queued);
        sum += queued as u32 * QUEUED;
    }
    sum
}

fn weigh(frames: &Frames, of: impl Fn(PacketType) -> u32) -> u32 {
    frames.iter().filter_map(|frame| mqtt::Frame::parse(frame).ok()).map(|frame| of(frame.kind())).sum()
}

fn to_broker(kind: PacketType, connect: u32) -> u32 {
    match kind {
        PacketType::Connect => connect,
        // PUBREC comes back, and the message is queued for its subscriber.
        PacketType::Publish => PUBLISH_IN,
        PacketType::Pubrec => 3,
        PacketType::Pubrel => 2,
        _ => 1,
    }
}

fn to_client(kind: PacketType, connack: u32) -> u32 {
    match kind {
        PacketType::Connack => connack,
        PacketType::Publish => PUBLISH_OUT,
        PacketType::Pubrec => 4,
        PacketType::Pubrel => 2,
        _ => 1,
    }
}

//! What both the even way of a packet and its faults do at the ends of a link.

use contract::Counters;
use mqtt::{Frame, Packet, PacketType, Version};

use super::Sink;
use crate::link::{FlightNo, Tunnelled};

/// Flight of a PINGRESP that has arrived before it set out; no packet has this number.
pub(super) const ANSWERED: FlightNo = 0;

/// What a packet for the broker tells about its connection, which gets its version from CONNECT.
pub(super) fn note_frame(frame: Frame<'_>, version: &mut Version, counters: &mut Counters) {
    match frame.kind() {
        PacketType::Publish => counters.published = counters.published.saturating_add(1),
        PacketType::Connect => {
            if let Ok(Packet::Connect(connect)) = Packet::decode(frame, *version) {
                *version = connect.version;
            }
        }
        _ => {}
    }
}

/// Sends to the relay what the window allows; the rest waits.
pub(super) fn transmit(tunnelled: &mut Tunnelled, bytes: &[u8], sink: &mut dyn Sink) {
    let now = if tunnelled.spill.is_empty() { bytes.len().min(tunnelled.window) } else { 0 };
    let (first, rest) = bytes.split_at_checked(now).unwrap_or((&[], bytes));
    if !first.is_empty() {
        tunnelled.window = tunnelled.window.saturating_sub(first.len());
        sink.transmit(tunnelled.no, first);
    }
    tunnelled.spill.extend_from_slice(rest);
}

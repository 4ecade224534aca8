//! The wire between one connection and the broker. Every packet, of simulated and of real devices, passes here, and here is where
//! faults will happen.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use broker::GoneWhy;
use contract::DeviceId;
use contract::tunnel::{ConnNo, WINDOW};
use mqtt::{Deframer, Malformed, Version};

/// Number of a packet on its way; each passage of a packet over a link has its own.
pub type FlightNo = u64;

/// A way on which nothing is any more gives back a larger buffer than this.
const KEEP: usize = 16 * 1024;

/// A link.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// Its device's lane; until CONNECT tells the client, that of a stranger.
    pub(crate) device: DeviceId,
    /// Microseconds that a packet is under way.
    pub(crate) latency: u64,
    /// The real device's connection in the tunnel; none for a simulated device.
    pub(crate) tunnel: Option<Tunnelled>,
    pub(crate) version: Version,
    pub(crate) deframer: Deframer,
    pub(crate) to_broker: Way,
    pub(crate) to_device: Way,
    /// The broker has closed it or knows it gone: nothing more goes in.
    pub(crate) broker_done: bool,
    /// The device's end is closed: nothing more arrives there.
    pub(crate) device_done: bool,
    /// Its bytes are no MQTT; said once.
    pub(crate) bad: bool,
    pub(crate) simulated: bool,
    /// `tcp`, `ws` or `sim`.
    pub(crate) transport: &'static str,
    /// How a real device's end was closed, in the relay's words.
    pub(crate) gone_how: Arc<str>,
    /// Address of a real device's end.
    pub(crate) peer: Arc<str>,
    pub(crate) packets_in: u64,
    pub(crate) packets_out: u64,
    /// Nothing arrives in either direction, and neither end is told.
    pub(crate) silent: bool,
    /// A fault has cut it.
    pub(crate) cut: bool,
    /// From the first changed byte on, each end has to find the packets anew in what arrives.
    pub(crate) rot_to_broker: Option<Box<Deframer>>,
    pub(crate) rot_to_device: Option<Box<Deframer>>,
    /// PINGREQ that were answered while the world was paused, whose PINGRESP is still to be made.
    pub(crate) answered_pings: u32,
}

/// Flow control of a real device's link.
#[derive(Clone, Debug)]
pub(crate) struct Tunnelled {
    pub(crate) no: ConnNo,
    /// Bytes that may still be sent to the relay.
    pub(crate) window: usize,
    /// Bytes that wait for the window. Bounded by the broker's `unsent_limit`.
    pub(crate) spill: Vec<u8>,
    /// Bytes the device has sent that the world has taken up and not yet given back as credit.
    pub(crate) owed: usize,
    /// Bytes given to the broker's account that have not come back as credit.
    pub(crate) unsent: usize,
}

/// One direction: what is under way, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    under_way: VecDeque<Piece>,
    /// The packets' bytes, one behind the other; before `head` those that have arrived.
    bytes: Vec<u8>,
    head: usize,
    /// Where the packet begins that has arrived last.
    arrived: usize,
    /// Arrivals that came to nothing because the first piece is held; each is due again when it is let go.
    pub(crate) blocked: u32,
}

/// One thing under way.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// A packet of so many bytes.
    Packet { flight: FlightNo, len: u32 },
    /// From here on the bytes are no MQTT.
    Bad { flight: FlightNo, error: Malformed },
    /// The sender's end is closed.
    End(GoneWhy),
}

impl Link {
    pub(crate) fn new(device: DeviceId, latency: u64, tunnel: Option<ConnNo>, broker: &broker::Config) -> Link {
        Link {
            device,
            latency,
            tunnel: tunnel.map(|no| Tunnelled { no, window: WINDOW as usize, spill: Vec::new(), owed: 0, unsent: 0 }),
            version: Version::V5,
            deframer: Deframer::for_server(broker.max_connect_size),
            to_broker: Way::default(),
            to_device: Way::default(),
            broker_done: false,
            device_done: false,
            bad: false,
            simulated: false,
            transport: "",
            gone_how: Arc::from(""),
            peer: Arc::from(""),
            packets_in: 0,
            packets_out: 0,
            silent: false,
            cut: false,
            rot_to_broker: None,
            rot_to_device: None,
            answered_pings: 0,
        }
    }

    pub(crate) fn way(&mut self, to_broker: bool) -> &mut Way {
        if to_broker { &mut self.to_broker } else { &mut self.to_device }
    }
}

impl Way {
    /// A packet sets out.
    pub(crate) fn push(&mut self, flight: FlightNo, frame: &[u8]) {
        let len = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        // Dropped when it is at least as much as what stays: each byte is moved at most once on the average.
        if self.head > 0 && self.head >= self.waiting_bytes() {
            self.bytes.drain(..self.head);
            self.head = 0;
        }
        self.bytes.extend_from_slice(frame);
        self.under_way.push_back(Piece::Packet { flight, len });
    }

    pub(crate) fn push_bad(&mut self, flight: FlightNo, error: Malformed) {
        self.under_way.push_back(Piece::Bad { flight, error });
    }

    pub(crate) fn push_end(&mut self, why: GoneWhy) {
        self.under_way.push_back(Piece::End(why));
    }

    /// The first piece arrives. The bytes of a packet are in [`Way::arrived`] until another one sets out or arrives.
    pub(crate) fn pop(&mut self) -> Option<Piece> {
        let piece = self.under_way.pop_front()?;
        if let Piece::Packet { len, .. } = piece {
            self.arrived = self.head;
            self.head = self.head.saturating_add(len as usize).min(self.bytes.len());
        }
        if self.under_way.is_empty() && self.bytes.capacity() > KEEP {
            self.bytes = self.arrived().to_vec();
            (self.arrived, self.head) = (0, self.bytes.len());
        }
        Some(piece)
    }

    pub(crate) fn arrived(&self) -> &[u8] {
        self.bytes.get(self.arrived..self.head).unwrap_or_default()
    }

    /// The first piece.
    pub(crate) fn first(&self) -> Option<&Piece> {
        self.under_way.front()
    }

    /// Puts a copy of the first packet behind it.
    pub(crate) fn double(&mut self, flight: FlightNo) -> Vec<u8> {
        let Some(&Piece::Packet { len, .. }) = self.first() else { return Vec::new() };
        let end = self.head.saturating_add(len as usize).min(self.bytes.len());
        let copy = self.bytes.get(self.head..end).unwrap_or_default().to_vec();
        let rest = self.bytes.split_off(end);
        self.bytes.extend_from_slice(&copy);
        self.bytes.extend_from_slice(&rest);
        self.under_way.insert(1, Piece::Packet { flight, len });
        copy
    }

    /// Lets the second packet overtake the first. `false`: there is no second packet.
    pub(crate) fn swap(&mut self) -> bool {
        let (Some(&Piece::Packet { len: first, .. }), Some(&Piece::Packet { len: second, .. })) =
            (self.under_way.front(), self.under_way.get(1))
        else {
            return false;
        };
        self.under_way.swap(0, 1);
        let (first, second) = (first as usize, second as usize);
        let end = self.head.saturating_add(first).saturating_add(second);
        if let Some(both) = self.bytes.get_mut(self.head..end) {
            both.rotate_left(first);
        }
        true
    }

    /// Turns over bits of the first packet's byte `at`, counted from the end when the packet is shorter.
    pub(crate) fn corrupt(&mut self, at: u32, mask: u8) {
        let Some(&Piece::Packet { len, .. }) = self.first() else { return };
        let at = at.min(len.saturating_sub(1));
        if let Some(byte) = self.bytes.get_mut(self.head.saturating_add(at as usize)) {
            *byte ^= if mask == 0 { 0xFF } else { mask };
        }
    }

    /// Flights of all packets that are under way, in order.
    pub(crate) fn flights(&self) -> impl Iterator<Item = FlightNo> {
        self.under_way.iter().filter_map(|piece| match piece {
            Piece::Packet { flight, .. } | Piece::Bad { flight, .. } => Some(*flight),
            Piece::End(_) => None,
        })
    }

    /// How many PINGREQ are under way.
    pub(crate) fn pings(&self) -> usize {
        let mut at = self.head;
        let mut pings = 0usize;
        for piece in &self.under_way {
            let Piece::Packet { len, .. } = piece else { continue };
            if self.bytes.get(at).is_some_and(|first| *first == 0xC0) {
                pings = pings.saturating_add(1);
            }
            at = at.saturating_add(*len as usize);
        }
        pings
    }

    /// Bytes of the packets that are under way.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.bytes.len().saturating_sub(self.head)
    }
}

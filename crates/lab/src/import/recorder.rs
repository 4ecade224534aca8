//! Packets of a capture as rows of a trace.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr, SocketAddr};

use broker::{ConnId, Event, Instant};
use contract::{Counters, DeviceId, DeviceKind, DeviceState, DeviceView, Protocol, RecordingView, Step};
use mqtt::{Frame, Malformed, Packet, PacketType, Version};

use super::Recording;
use super::layers::End;
use crate::config::Config;
use crate::link::FlightNo;
use crate::trace::Trace;
use crate::world::{Departure, Fact, Touch};

/// Packets of one way that may wait for their arrival at the other end.
const MOST_UNDER_WAY: usize = 10_000;

/// At which end of a link something was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Device,
    Broker,
}

/// Place of a connection in the recorder's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ConnAt(usize);

pub(super) struct Recorder {
    trace: Trace,
    step: Step,
    flight: FlightNo,
    conns: Vec<Conn>,
    by_ends: BTreeMap<(End, End), ConnAt>,
    devices: Vec<DeviceView>,
    by_name: BTreeMap<String, DeviceId>,
    counters: Counters,
}

/// One direction of a connection, where both ends of its link are seen.
#[derive(Default)]
struct Lane {
    /// What has set out and was not seen to arrive yet, in this order.
    waiting: VecDeque<(FlightNo, Vec<u8>)>,
    /// The newest that was seen to arrive.
    arrived: FlightNo,
}

struct Conn {
    peer: Arc<str>,
    device: DeviceId,
    version: Version,
    ended: bool,
    lanes: [Lane; 2],
}

impl Conn {
    fn lane(&mut self, to_broker: bool) -> &mut Lane {
        let [to_device, to_the_broker] = &mut self.lanes;
        if to_broker { to_the_broker } else { to_device }
    }
}

impl Recorder {
    pub(super) fn new(config: &Config) -> Recorder {
        Recorder {
            trace: Trace::new(&Config { trace: true, ..config.clone() }),
            step: 0,
            flight: 0,
            conns: Vec::new(),
            by_ends: BTreeMap::new(),
            devices: Vec::new(),
            by_name: BTreeMap::new(),
            counters: Counters::default(),
        }
    }

    /// A connection is seen, by its client's and its server's end. The broker's side sees again what the device's has seen.
    pub(super) fn conn(&mut self, ends: (End, End), side: Option<Side>) -> ConnAt {
        let known = self.by_ends.get(&ends).copied().filter(|_| side == Some(Side::Broker));
        let at = known.unwrap_or(ConnAt(self.conns.len()));
        if known.is_none() {
            let (address, port) = ends.0;
            let peer = SocketAddr::new(IpAddr::V6(Ipv6Addr::from(address)).to_canonical(), port).to_string();
            self.conns.push(Conn { peer: Arc::from(peer), device: 0, version: Version::V311, ended: false, lanes: Default::default() });
            self.by_ends.insert(ends, at);
        }
        at
    }

    /// A packet is seen; `bad`: it is none, for this reason.
    pub(super) fn packet(&mut self, at: u64, way: (ConnAt, bool, Option<Side>), bytes: &[u8], bad: Option<Malformed>) {
        let (conn, to_broker, side) = way;
        let sets_out = side.is_none_or(|side| (side == Side::Device) == to_broker);
        if !sets_out
            && let Some(lane) = self.conns.get_mut(conn.0).map(|conn| conn.lane(to_broker))
            && let Some(place) = lane.waiting.iter().position(|(_, other)| other == bytes)
            && let Some((flight, _)) = lane.waiting.remove(place)
        {
            lane.arrived = lane.arrived.max(flight);
            self.begin(at);
            self.trace.landed(flight);
            return;
        }
        let packet = Frame::parse(bytes).ok().filter(|_| bad.is_none());
        if self.conns.get(conn.0).is_some_and(|conn| conn.device == 0) {
            self.introduce(at, conn, packet);
        }
        let Some(Conn { device, version, .. }) = self.conns.get(conn.0) else { return };
        let (device, version) = (*device, *version);
        self.begin(at);
        self.flight = self.flight.saturating_add(1);
        let id = conn_id(conn);
        let (flight, message) = (self.flight, 0);
        self.trace.departed(Departure { flight, device, conn: id, to_broker, version, bytes, bad: bad.is_some(), message });
        self.count(device, to_broker, bytes);
        if side.is_none() || !sets_out {
            self.trace.landed(flight);
            if let Some(error) = bad {
                self.trace.fact(device, Fact::Broker(Event::BadBytes { conn: id, error: Box::new(error) }));
            }
            return;
        }
        let Some(Lane { waiting, .. }) = self.conns.get_mut(conn.0).map(|conn| conn.lane(to_broker)) else { return };
        if waiting.len() >= MOST_UNDER_WAY {
            waiting.pop_front();
        }
        waiting.push_back((flight, bytes.to_vec()));
    }

    /// A connection has ended; told once, whichever end is seen to say it first.
    pub(super) fn ended(&mut self, at: u64, conn: ConnAt, how: &str) {
        let Some(of) = self.conns.get_mut(conn.0).filter(|of| !of.ended) else { return };
        of.ended = true;
        let device = of.device;
        self.begin(at);
        self.trace.fact(device, Fact::Gone { how: Arc::from(how) });
        if let Some(view) = self.view(device) {
            (view.state, view.since) = (DeviceState::Offline, at);
        }
    }

    pub(super) fn finish(mut self, at: u64) -> Recording {
        let conns = core::mem::take(&mut self.conns);
        let connections = u32::try_from(conns.len()).unwrap_or(u32::MAX);
        self.begin(at);
        for Conn { ended, lanes, .. } in conns {
            for Lane { waiting, arrived } in lanes {
                for (flight, _) in waiting {
                    // A link keeps the order: what others of its way have passed never comes.
                    if flight < arrived {
                        self.trace.touched(flight, Touch::Dropped);
                    } else if ended {
                        self.trace.lost(flight);
                    }
                }
            }
        }
        let view = RecordingView { connections, ..RecordingView::default() };
        Recording { view, trace: self.trace, devices: self.devices, counters: self.counters, end: (self.step, at) }
    }

    /// The first packet tells whose the connection is.
    fn introduce(&mut self, at: u64, conn: ConnAt, first: Option<Frame<'_>>) {
        let Some(of) = self.conns.get_mut(conn.0) else { return };
        let peer = of.peer.clone();
        let mut name = peer.to_string();
        if let Some(Ok(Packet::Connect(connect))) = first.map(|frame| Packet::decode(frame, of.version)) {
            of.version = connect.version;
            if !connect.client_id.as_str().is_empty() {
                name = String::from(connect.client_id.as_str());
            }
        }
        let protocol = match of.version {
            Version::V31 => Protocol::V31,
            Version::V311 => Protocol::V311,
            Version::V5 => Protocol::V5,
        };
        let next = u32::try_from(self.devices.len().saturating_add(1)).unwrap_or(u32::MAX);
        let device = *self.by_name.entry(name.clone()).or_insert(next);
        of.device = device;
        if device == next {
            self.devices.push(DeviceView {
                id: device,
                name,
                kind: DeviceKind::Real,
                transport: String::from("tcp"),
                ..DeviceView::default()
            });
        }
        if let Some(view) = self.view(device) {
            (view.state, view.since, view.protocol, view.peer) = (DeviceState::Connected, at, Some(protocol), peer.to_string());
        }
        self.begin(at);
        self.trace.fact(device, Fact::Opened { transport: "tcp", peer });
    }

    fn view(&mut self, device: DeviceId) -> Option<&mut DeviceView> {
        self.devices.get_mut((device as usize).checked_sub(1)?)
    }

    fn begin(&mut self, at: u64) {
        self.step = self.step.saturating_add(1);
        self.trace.step(self.step, Instant::from_micros(at));
    }

    fn count(&mut self, device: DeviceId, to_broker: bool, bytes: &[u8]) {
        let publish = u64::from(bytes.first().is_some_and(|first| first >> 4 == PacketType::Publish as u8));
        let all = &mut self.counters;
        let (packets, sum, messages) = if to_broker {
            (&mut all.packets_in, &mut all.bytes_in, &mut all.published)
        } else {
            (&mut all.packets_out, &mut all.bytes_out, &mut all.delivered)
        };
        for (count, more) in [(packets, 1), (sum, bytes.len() as u64), (messages, publish)] {
            *count = count.saturating_add(more);
        }
        if let Some(view) = self.view(device) {
            let packets = if to_broker { &mut view.packets_in } else { &mut view.packets_out };
            *packets = packets.saturating_add(1);
        }
    }
}

fn conn_id(conn: ConnAt) -> ConnId {
    ConnId(u32::try_from(conn.0.saturating_add(1)).unwrap_or(u32::MAX))
}

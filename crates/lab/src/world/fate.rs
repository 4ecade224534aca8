//! What faults do to packets on their links. Real and simulated devices pass the same links: what can be done to one can be done to
//! the other.

use alloc::boxed::Box;
use alloc::vec::Vec;

use broker::{ConnId, GoneWhy, Instant};
use contract::{Cut, DeviceId, DeviceKind, Fault, LinkAction, Struck};
use mqtt::{Deframer, Frame};

use super::devices::Devices;
use super::wire::{ANSWERED, note_frame, transmit};
use super::{Departure, Fact, Sink, Touch, World};
use crate::agenda::Due;
use crate::client;
use crate::fault::{Candidate, Faults};
use crate::link::{FlightNo, Piece};

/// May the first packet of a way arrive now?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Yes.
    Open,
    /// Yes, and then its connection is cut.
    ThenCut,
    /// No; what was to happen instead has happened.
    Shut,
}

/// Lets the rules judge a packet that sets out. `due`: when it would arrive.
pub(super) fn judge(faults: &mut Faults, devices: &Devices, times: (Instant, Instant), departure: &Departure<'_>, sink: &mut dyn Sink) {
    let (now, due) = times;
    let device = devices.get(departure.device).map_or("", |device| &*device.name);
    let Departure { flight, to_broker, version, bytes, .. } = *departure;
    let verdict = faults.judge(now, Candidate { device, to_broker, version, bytes });
    if let Some(struck) = verdict.struck {
        faults.plan(flight, struck, due);
        sink.touched(flight, Touch::Planned(Some(struck)));
    }
    if let Some(rule) = verdict.halt {
        sink.halt(rule);
    }
}

impl World {
    /// Something may be in the way of packets: else links need not be asked.
    pub(super) fn is_disturbed(&self) -> bool {
        !self.faults.is_quiet() || self.silent_links > 0
    }

    /// Asks whether the first packet of a way may arrive, and does to it what is planned.
    pub(super) fn gate(&mut self, conn: ConnId, to_broker: bool, sink: &mut dyn Sink) -> Gate {
        let Some(link) = self.links.get_mut(&conn) else { return Gate::Shut };
        let (silent, over) = (link.silent, link.broker_done && link.device_done);
        let way = link.way(to_broker);
        let flight = match way.first() {
            None => return Gate::Open,
            Some(Piece::End(_)) if silent && !over => {
                way.blocked = way.blocked.saturating_add(1);
                return Gate::Shut;
            }
            Some(Piece::End(_)) => return Gate::Open,
            Some(Piece::Packet { flight, .. } | Piece::Bad { flight, .. }) => *flight,
        };
        if silent {
            self.vanish(conn, to_broker, flight, sink);
            return Gate::Shut;
        }
        match self.faults.planned(flight) {
            None => Gate::Open,
            Some(plan) if self.now < plan.ready => {
                self.agenda.push(plan.ready, due_on(conn, to_broker));
                Gate::Shut
            }
            Some(plan) => self.strike(conn, to_broker, flight, plan.struck, sink),
        }
    }

    fn strike(&mut self, conn: ConnId, to_broker: bool, flight: FlightNo, struck: Struck, sink: &mut dyn Sink) -> Gate {
        let Some(link) = self.links.get_mut(&conn) else { return Gate::Shut };
        let way = link.way(to_broker);
        if struck.rule == 0 && way.blocked == 0 {
            // It may have been placed before its packet had set out.
            sink.touched(flight, Touch::Planned(Some(struck)));
        }
        match struck.fault {
            Fault::Hold => self.hold(conn, to_broker, flight, sink),
            Fault::Swap if way.swap() => {
                self.faults.forget(flight);
                self.unblock(conn, to_broker);
                // What overtakes may have a fault of its own.
                self.gate(conn, to_broker, sink)
            }
            Fault::Swap => self.hold(conn, to_broker, flight, sink),
            Fault::Drop => {
                self.vanish(conn, to_broker, flight, sink);
                Gate::Shut
            }
            Fault::Silence => {
                self.silence(conn);
                self.vanish(conn, to_broker, flight, sink);
                Gate::Shut
            }
            Fault::Delay { .. } => {
                self.faults.forget(flight);
                Gate::Open
            }
            Fault::Double => {
                self.faults.forget(flight);
                self.double(conn, to_broker, struck, sink);
                Gate::Open
            }
            Fault::Corrupt { at, mask } => {
                way.corrupt(at, mask);
                self.faults.forget(flight);
                self.rot(conn, to_broker);
                Gate::Open
            }
            Fault::Cut(Cut::After) => {
                self.faults.forget(flight);
                Gate::ThenCut
            }
            Fault::Cut(Cut::Before) => {
                self.cut(conn, sink);
                Gate::Shut
            }
            Fault::Cut(Cut::Inside { bytes }) => {
                if let Some(tunnelled) = link.tunnel.as_mut().filter(|_| !to_broker) {
                    link.to_device.pop();
                    let arrived = link.to_device.arrived();
                    // At least one byte is missing, or the packet would have arrived.
                    let most = arrived.len().saturating_sub(1);
                    transmit(tunnelled, arrived.get(..(bytes as usize).min(most)).unwrap_or_default(), sink);
                    sink.lost(flight);
                    self.faults.forget(flight);
                }
                self.cut(conn, sink);
                Gate::Shut
            }
        }
    }

    fn hold(&mut self, conn: ConnId, to_broker: bool, flight: FlightNo, sink: &mut dyn Sink) -> Gate {
        if let Some(link) = self.links.get_mut(&conn) {
            let way = link.way(to_broker);
            if way.blocked == 0 {
                sink.touched(flight, Touch::Held);
            }
            way.blocked = way.blocked.saturating_add(1);
        }
        Gate::Shut
    }

    /// What was held up is due again.
    fn unblock(&mut self, conn: ConnId, to_broker: bool) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        let blocked = core::mem::take(&mut link.way(to_broker).blocked);
        (0..blocked).for_each(|_| self.agenda.push(self.now, due_on(conn, to_broker)));
    }

    /// The first packet of a way vanishes.
    fn vanish(&mut self, conn: ConnId, to_broker: bool, flight: FlightNo, sink: &mut dyn Sink) {
        self.faults.forget(flight);
        let Some(link) = self.links.get_mut(&conn) else { return };
        let len = match link.way(to_broker).pop() {
            Some(Piece::Packet { len, .. }) => len,
            _ => 0,
        };
        if let Some(tunnelled) = link.tunnel.as_mut().filter(|_| !to_broker) {
            tunnelled.unsent = tunnelled.unsent.saturating_sub(len as usize);
        }
        sink.touched(flight, Touch::Dropped);
        if to_broker {
            self.give_credit(conn, sink);
        } else {
            self.turn(broker::Input::Drained { conn, bytes: len }, sink);
        }
    }

    /// A copy of the first packet sets out and arrives right behind it.
    fn double(&mut self, conn: ConnId, to_broker: bool, struck: Struck, sink: &mut dyn Sink) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        self.last_flight = self.last_flight.wrapping_add(1);
        let flight = self.last_flight;
        let (device, version) = (link.device, link.version);
        let bytes = link.way(to_broker).double(flight);
        if let Some(tunnelled) = link.tunnel.as_mut().filter(|_| !to_broker) {
            tunnelled.unsent = tunnelled.unsent.saturating_add(bytes.len());
        }
        sink.departed(Departure { flight, device, conn, to_broker, version, bytes: &bytes, bad: false, message: 0 });
        sink.touched(flight, Touch::Planned(Some(struck)));
        self.agenda.push(self.now, due_on(conn, to_broker));
    }

    /// From here on the end of this way has to find the packets anew.
    fn rot(&mut self, conn: ConnId, to_broker: bool) {
        let limit = self.config.broker.max_packet_size;
        let Some(link) = self.links.get_mut(&conn) else { return };
        let rot = if to_broker { &mut link.rot_to_broker } else { &mut link.rot_to_device };
        rot.get_or_insert_with(|| Box::new(Deframer::new(limit)));
    }

    /// Bytes arrive at the broker on a way where one was changed: the packets are found anew, or none is.
    pub(super) fn arrive_rotten(&mut self, conn: ConnId, mut rot: Box<Deframer>, sink: &mut dyn Sink) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        rot.push(link.to_broker.arrived());
        loop {
            match rot.next() {
                Ok(None) => break,
                Ok(Some(frame)) => self.frame_at_broker(conn, frame, sink),
                Err(error) => {
                    self.turn(broker::Input::Malformed { conn, error }, sink);
                    break;
                }
            }
        }
        if let Some(link) = self.links.get_mut(&conn) {
            link.rot_to_broker = Some(rot);
        }
    }

    /// The same at a simulated device, which gives up on bytes that are no MQTT, as client libraries do.
    pub(super) fn hand_over_rotten(&mut self, conn: ConnId, mut rot: Box<Deframer>, bytes: &[u8], sink: &mut dyn Sink) {
        let Some(device) = self.links.get(&conn).map(|link| link.device) else { return };
        rot.push(bytes);
        loop {
            match rot.next() {
                Ok(None) => break,
                Ok(Some(frame)) => self.drive(device, client::Input::Frame(frame), sink),
                Err(_) => {
                    self.drive(device, client::Input::Garbage, sink);
                    break;
                }
            }
        }
        if let Some(link) = self.links.get_mut(&conn) {
            link.rot_to_device = Some(rot);
        }
    }

    /// Both ends see the connection lost, and what was under way never arrives.
    pub(super) fn cut(&mut self, conn: ConnId, sink: &mut dyn Sink) {
        self.introduce_late(conn, sink);
        let Some(link) = self.links.get_mut(&conn) else { return };
        link.cut = true;
        link.device_done = true;
        let broker_knows = core::mem::replace(&mut link.broker_done, true);
        if let Some(tunnelled) = link.tunnel.take() {
            sink.close(tunnelled.no);
            self.by_tunnel.remove(&tunnelled.no);
        }
        if !broker_knows {
            self.turn(broker::Input::Gone { conn, why: GoneWhy::Lost }, sink);
        }
        self.drop_link(conn, sink);
    }

    /// All connections are cut, in the order in which they were opened.
    pub(super) fn cut_all(&mut self, sink: &mut dyn Sink) {
        let mut conns: Vec<ConnId> = self.links.keys().copied().collect();
        conns.sort_unstable();
        conns.into_iter().for_each(|conn| self.cut(conn, sink));
    }

    fn silence(&mut self, conn: ConnId) {
        if let Some(link) = self.links.get_mut(&conn)
            && !core::mem::replace(&mut link.silent, true)
        {
            self.silent_links = self.silent_links.saturating_add(1);
        }
    }

    /// The ends of a silent link learn of each other's end, or it is of no use to anybody any more.
    pub(super) fn wake_silent(&mut self, conn: ConnId) {
        self.unblock(conn, true);
        self.unblock(conn, false);
    }

    pub(super) fn touch(&mut self, flight: FlightNo, fault: Option<Fault>, sink: &mut dyn Sink) {
        let Some((conn, to_broker)) = self.find_flight(flight) else { return };
        self.faults.forget(flight);
        let struck = fault.map(|fault| Struck { rule: 0, fault });
        if let Some(struck) = struck {
            self.faults.plan(flight, struck, self.now);
        }
        sink.touched(flight, Touch::Planned(struck));
        self.unblock(conn, to_broker);
    }

    /// The link and the way on which a packet is.
    pub(crate) fn find_flight(&self, flight: FlightNo) -> Option<(ConnId, bool)> {
        let on = |(conn, link): (&ConnId, &crate::link::Link)| {
            let of = |way: &crate::link::Way| way.flights().any(|other| other == flight);
            if of(&link.to_broker) { Some((*conn, true)) } else { of(&link.to_device).then_some((*conn, false)) }
        };
        self.links.iter().find_map(on)
    }

    pub(super) fn act_on_link(&mut self, device: DeviceId, action: LinkAction, sink: &mut dyn Sink) {
        let Some(conn) = self.conn_of(device) else { return };
        match action {
            LinkAction::Cut => self.cut(conn, sink),
            LinkAction::Silence => self.silence(conn),
            LinkAction::Heal => {
                let Some(link) = self.links.get_mut(&conn) else { return };
                if core::mem::take(&mut link.silent) {
                    self.silent_links = self.silent_links.saturating_sub(1);
                    self.wake_silent(conn);
                }
            }
        }
    }

    /// A device's connection: the one it has opened itself, the one under its name, or one that only the device believes in.
    pub(crate) fn conn_of(&self, id: DeviceId) -> Option<ConnId> {
        let device = self.devices.get(id)?;
        let left_over = || {
            let mut links = self.links.iter().filter(|(_, link)| self.silent_links > 0 && link.silent && link.device == id);
            links.next().map(|(conn, _)| *conn)
        };
        device.own.or(device.conn).or_else(left_over)
    }

    /// Nothing arrives on this device's link, and its ends do not know.
    pub(crate) fn is_silent(&self, device: DeviceId) -> bool {
        self.silent_links > 0 && self.conn_of(device).and_then(|conn| self.links.get(&conn)).is_some_and(|link| link.silent)
    }

    pub(super) fn inject(&mut self, id: DeviceId, to_broker: bool, bytes: &[u8], sink: &mut dyn Sink) {
        let Some(conn) = self.conn_of(id) else { return };
        if to_broker && self.devices.get(id).is_none_or(|device| device.kind != DeviceKind::Simulated) {
            return;
        }
        sink.fact(id, Fact::Injected { to_broker, len: bytes.len() });
        if to_broker {
            return self.intake(conn, bytes, sink);
        }
        // They need not be one packet, or any.
        self.rot(conn, false);
        self.set_out(conn, bytes, 0, sink);
    }

    /// Answers each PINGREQ of a real device that waits at the door. Its turn still comes: then the broker hears it, and the PINGRESP
    /// that it makes is not sent a second time.
    pub(super) fn answer_pings(&mut self, sink: &mut dyn Sink) {
        for no in self.tunnelled() {
            let Some(&conn) = self.by_tunnel.get(&no) else { continue };
            let Some(link) = self.links.get_mut(&conn) else { continue };
            let waiting = u32::try_from(link.to_broker.pings()).unwrap_or(u32::MAX);
            while link.answered_pings < waiting && !link.silent {
                let Some(tunnelled) = link.tunnel.as_mut().filter(|t| t.spill.is_empty() && t.window >= PINGRESP.len()) else { break };
                link.answered_pings = link.answered_pings.saturating_add(1);
                tunnelled.unsent = tunnelled.unsent.saturating_add(PINGRESP.len());
                self.last_flight = self.last_flight.wrapping_add(1);
                let flight = self.last_flight;
                let (device, version) = (link.device, link.version);
                sink.departed(Departure { flight, device, conn, to_broker: false, version, bytes: &PINGRESP, bad: false, message: 0 });
                sink.landed(flight);
                sink.fact(device, Fact::PingAnswered);
                transmit(tunnelled, &PINGRESP, sink);
            }
        }
    }

    /// A PINGREQ of a real device waits that was not answered.
    pub(crate) fn has_unanswered_pings(&self) -> bool {
        self.by_tunnel
            .values()
            .filter_map(|conn| self.links.get(conn))
            .any(|link| !link.silent && link.to_broker.pings() > link.answered_pings as usize)
    }

    /// A PINGRESP that was given before it was made.
    pub(super) fn swallow_ping(&mut self, conn: ConnId, bytes: &[u8]) -> bool {
        let Some(link) = self.links.get_mut(&conn) else { return false };
        if link.answered_pings == 0 || bytes != PINGRESP {
            return false;
        }
        link.answered_pings = link.answered_pings.saturating_sub(1);
        link.to_device.push(ANSWERED, bytes);
        if let Some(tunnelled) = &mut link.tunnel {
            tunnelled.unsent = tunnelled.unsent.saturating_add(bytes.len());
        }
        self.agenda.push(self.now, Due::ToDevice(conn));
        true
    }

    /// One packet has come to the broker.
    fn frame_at_broker(&mut self, conn: ConnId, frame: Frame<'_>, sink: &mut dyn Sink) {
        let mut outbox = core::mem::take(&mut self.outbox);
        outbox.quiet = !self.config.trace;
        if let Some(link) = self.links.get_mut(&conn) {
            note_frame(frame, &mut link.version, &mut self.counters);
        }
        self.broker.handle(self.now, broker::Input::Frame { conn, frame }, &mut outbox);
        self.deal(outbox, sink);
    }
}

const PINGRESP: [u8; 2] = [0xD0, 0x00];

fn due_on(conn: ConnId, to_broker: bool) -> Due {
    if to_broker { Due::ToBroker(conn) } else { Due::ToDevice(conn) }
}

//! What is due on the agenda: a packet arrives, a simulated device wakes.

use broker::ConnId;
use contract::DeviceId;
use contract::tunnel::{ConnNo, WINDOW};
use mqtt::{Frame, PacketType};

use super::fate::Gate;
use super::wire::{ANSWERED, note_frame, transmit};
use super::{Sink, World};
use crate::agenda::Due;
use crate::client;
use crate::link::Piece;

impl World {
    pub(super) fn arrive(&mut self, due: Due, sink: &mut dyn Sink) {
        match due {
            Due::ToBroker(conn) => self.arrive_at_broker(conn, sink),
            Due::ToDevice(conn) => self.arrive_at_device(conn, sink),
            Due::Wake(device) => self.wake(device, sink),
            Due::Connect(device) => self.drive(device, client::Input::Connect, sink),
            Due::CutAll => self.cut_all(sink),
            Due::Act(no) => {
                if let Some(input) = self.later.remove(&no) {
                    self.take(input, sink);
                }
            }
        }
    }

    fn arrive_at_broker(&mut self, conn: ConnId, sink: &mut dyn Sink) {
        let gate = if self.is_disturbed() { self.gate(conn, true, sink) } else { Gate::Open };
        if gate != Gate::Shut {
            self.pass_to_broker(conn, sink);
        }
        if gate == Gate::ThenCut {
            self.cut(conn, sink);
        }
    }

    fn pass_to_broker(&mut self, conn: ConnId, sink: &mut dyn Sink) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        let Some(piece) = link.to_broker.pop() else { return };
        let mut outbox = core::mem::take(&mut self.outbox);
        outbox.quiet = !self.config.trace;
        match piece {
            Piece::Packet { flight, len, .. } => {
                sink.landed(flight);
                link.packets_in = link.packets_in.saturating_add(1);
                self.counters.packets_in = self.counters.packets_in.saturating_add(1);
                self.counters.bytes_in = self.counters.bytes_in.saturating_add(len.into());
                if let Some(rot) = link.rot_to_broker.take() {
                    self.outbox = outbox;
                    self.arrive_rotten(conn, rot, sink);
                    return self.give_credit(conn, sink);
                }
                if let Ok(frame) = Frame::parse(link.to_broker.arrived()) {
                    note_frame(frame, &mut link.version, &mut self.counters);
                    self.broker.handle(self.now, broker::Input::Frame { conn, frame }, &mut outbox);
                }
            }
            Piece::Bad { flight, error } => {
                sink.landed(flight);
                self.broker.handle(self.now, broker::Input::Malformed { conn, error }, &mut outbox);
            }
            Piece::End(why) => {
                if !link.broker_done {
                    link.broker_done = true;
                    self.introduce_late(conn, sink);
                    self.broker.handle(self.now, broker::Input::Gone { conn, why }, &mut outbox);
                }
                self.deal(outbox, sink);
                return self.drop_link(conn, sink);
            }
        }
        self.deal(outbox, sink);
        self.give_credit(conn, sink);
    }

    /// A connection that ends before it has said a word is still somebody's.
    pub(super) fn introduce_late(&mut self, conn: ConnId, sink: &mut dyn Sink) {
        if self.links.get(&conn).is_some_and(|link| link.device == 0) {
            self.introduce(conn, None, sink);
        }
    }

    fn arrive_at_device(&mut self, conn: ConnId, sink: &mut dyn Sink) {
        if self.links.get(&conn).is_none_or(|link| link.device_done) {
            return;
        }
        let gate = if self.is_disturbed() { self.gate(conn, false, sink) } else { Gate::Open };
        if gate != Gate::Shut {
            self.pass_to_device(conn, sink);
        }
        if gate == Gate::ThenCut {
            self.cut(conn, sink);
        }
    }

    fn pass_to_device(&mut self, conn: ConnId, sink: &mut dyn Sink) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        let Some(piece) = link.to_device.pop() else { return };
        match piece {
            Piece::Packet { flight: ANSWERED, len } => {
                if let Some(tunnelled) = &mut link.tunnel {
                    tunnelled.unsent = tunnelled.unsent.saturating_sub(len as usize);
                }
                self.turn(broker::Input::Drained { conn, bytes: len }, sink);
            }
            Piece::Packet { flight, len } => {
                sink.landed(flight);
                link.packets_out = link.packets_out.saturating_add(1);
                self.counters.packets_out = self.counters.packets_out.saturating_add(1);
                self.counters.bytes_out = self.counters.bytes_out.saturating_add(len.into());
                if link.to_device.arrived().first().is_some_and(|first| first >> 4 == PacketType::Publish as u8) {
                    self.counters.delivered = self.counters.delivered.saturating_add(1);
                }
                match &mut link.tunnel {
                    Some(tunnelled) => transmit(tunnelled, link.to_device.arrived(), sink),
                    None => self.hand_over(conn, len, sink),
                }
            }
            Piece::Bad { .. } => {}
            Piece::End(_) => self.end_to_device(conn, sink),
        }
    }

    /// A packet arrives at a simulated device.
    fn hand_over(&mut self, conn: ConnId, len: u32, sink: &mut dyn Sink) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        let device = link.device;
        // A device may answer while it looks at the packet, and what it sends sets out on this link.
        let mut bytes = core::mem::take(&mut self.handed_over);
        bytes.clear();
        bytes.extend_from_slice(link.to_device.arrived());
        if let Some(rot) = link.rot_to_device.take() {
            self.hand_over_rotten(conn, rot, &bytes, sink);
        } else if let Ok(frame) = Frame::parse(&bytes) {
            self.drive(device, client::Input::Frame(frame), sink);
        }
        self.handed_over = bytes;
        self.turn(broker::Input::Drained { conn, bytes: len }, sink);
    }

    /// The broker's close arrives at the device.
    fn end_to_device(&mut self, conn: ConnId, sink: &mut dyn Sink) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        link.device_done = true;
        let device = link.device;
        match &link.tunnel {
            Some(tunnelled) => {
                sink.close(tunnelled.no);
                self.by_tunnel.remove(&tunnelled.no);
            }
            None => {
                if let Some(device) = self.devices.get_mut(device)
                    && device.own == Some(conn)
                {
                    device.own = None;
                }
                self.drive(device, client::Input::Closed, sink);
            }
        }
        self.drop_link(conn, sink);
    }

    /// Forgets a link. What is still under way on it never arrives.
    pub(super) fn drop_link(&mut self, conn: ConnId, sink: &mut dyn Sink) {
        let Some(link) = self.links.remove(&conn) else { return };
        for flight in link.to_broker.flights().chain(link.to_device.flights()) {
            self.faults.forget(flight);
            sink.lost(flight);
        }
        if link.silent {
            self.silent_links = self.silent_links.saturating_sub(1);
        }
        if let Some(tunnelled) = &link.tunnel {
            self.by_tunnel.remove(&tunnelled.no);
        }
        if let Some(device) = self.devices.get_mut(link.device) {
            device.packets_in = device.packets_in.saturating_add(link.packets_in);
            device.packets_out = device.packets_out.saturating_add(link.packets_out);
            if link.simulated && device.own == Some(conn) {
                // The broker knew its end before the device did (a lost link): now the device knows too.
                device.own = None;
                let id = link.device;
                self.drive(id, client::Input::Closed, sink);
            }
        }
    }

    fn wake(&mut self, id: DeviceId, sink: &mut dyn Sink) {
        let Some(device) = self.devices.get_mut(id) else { return };
        // An alarm that was set anew is on the agenda twice; the old entry finds nothing due.
        if device.wake_at.is_some_and(|at| at <= self.now) {
            device.wake_at = None;
            self.drive(id, client::Input::Wake, sink);
        }
    }

    /// The relay has passed bytes on: the window opens again, and the broker may go on.
    pub(super) fn on_credit(&mut self, no: ConnNo, bytes: u32, sink: &mut dyn Sink) {
        let Some(&conn) = self.by_tunnel.get(&no) else { return };
        let Some(link) = self.links.get_mut(&conn) else { return };
        if let Some(tunnelled) = &mut link.tunnel {
            let credit = bytes as usize;
            tunnelled.window = tunnelled.window.saturating_add(credit).min(WINDOW as usize);
            tunnelled.unsent = tunnelled.unsent.saturating_sub(credit);
            let waiting = core::mem::take(&mut tunnelled.spill);
            transmit(tunnelled, &waiting, sink);
        }
        self.turn(broker::Input::Drained { conn, bytes }, sink);
        self.give_credit(conn, sink);
    }

    /// Gives a real device credit for what the world no longer holds of its bytes: all but the packets that wait, and nothing while
    /// it does not read what it is sent.
    pub(super) fn give_credit(&mut self, conn: ConnId, sink: &mut dyn Sink) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        let waiting = link.to_broker.waiting_bytes();
        let Some(tunnelled) = &mut link.tunnel else { return };
        let free = tunnelled.owed.saturating_sub(waiting);
        let worth_it = free >= WINDOW as usize / 4 || (free > 0 && waiting == 0 && free >= WINDOW as usize / 16);
        if worth_it && tunnelled.unsent <= self.config.broker.unsent_high_water {
            tunnelled.owed = tunnelled.owed.saturating_sub(free);
            sink.credit(tunnelled.no, u32::try_from(free).unwrap_or(u32::MAX));
        }
    }
}

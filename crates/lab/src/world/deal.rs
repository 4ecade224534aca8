//! What the broker wants done, dealt out to links and onlookers.

use alloc::sync::Arc;

use broker::{ConnId, EndWhy, Event, GoneWhy, Outbox, Output};
use contract::{DeviceId, DeviceState};

use super::fate::judge;
use super::{Departure, Fact, Sink, World};
use crate::agenda::Due;

impl World {
    pub(super) fn deal(&mut self, mut outbox: Outbox, sink: &mut dyn Sink) {
        self.counters.dropped = self.counters.dropped.saturating_add(outbox.dropped());
        let mut outputs = core::mem::take(&mut outbox.outputs);
        for output in outputs.drain(..) {
            match output {
                Output::Send { conn, frame, message } => self.set_out(conn, outbox.frame(frame), message, sink),
                Output::Close { conn } => {
                    self.close_to_device(conn, sink);
                }
                Output::Event(event) => self.tell(event, sink),
            }
        }
        outbox.outputs = outputs;
        outbox.clear();
        self.outbox = outbox;
    }

    /// A packet of the broker sets out.
    pub(super) fn set_out(&mut self, conn: ConnId, bytes: &[u8], message: broker::MessageNo, sink: &mut dyn Sink) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        if link.device_done {
            return;
        }
        if link.answered_pings > 0 && self.swallow_ping(conn, bytes) {
            return;
        }
        let Some(link) = self.links.get_mut(&conn) else { return };
        self.last_flight = self.last_flight.wrapping_add(1);
        let departure = Departure {
            flight: self.last_flight,
            device: link.device,
            conn,
            to_broker: false,
            version: link.version,
            bytes,
            bad: false,
            message,
        };
        sink.departed(departure);
        if self.faults.is_armed() {
            let due = self.now.after(link.latency);
            judge(&mut self.faults, &self.devices, (self.now, due), &departure, sink);
        }
        link.to_device.push(self.last_flight, bytes);
        if let Some(tunnelled) = &mut link.tunnel {
            tunnelled.unsent = tunnelled.unsent.saturating_add(bytes.len());
        }
        let at = self.now.after(link.latency);
        self.agenda.push(at, Due::ToDevice(conn));
    }

    /// The broker has closed: what it sent before still arrives, then the end.
    fn close_to_device(&mut self, conn: ConnId, sink: &mut dyn Sink) {
        self.introduce_late(conn, sink);
        let Some(link) = self.links.get_mut(&conn) else { return };
        link.broker_done = true;
        if link.device_done {
            if link.silent {
                self.wake_silent(conn);
            }
            return;
        }
        link.to_device.push_end(GoneWhy::Closed);
        let at = self.now.after(link.latency);
        self.agenda.push(at, Due::ToDevice(conn));
    }

    fn tell(&mut self, event: Event, sink: &mut dyn Sink) {
        let device = match &event {
            Event::SessionBegan { conn } | Event::SessionResumed { conn, .. } => self.on_session(*conn),
            Event::Ended { conn, .. } => self.on_ended(*conn),
            Event::BadBytes { conn, .. }
            | Event::TookOver { conn, .. }
            | Event::IdKept { conn, .. }
            | Event::IdFreed { conn, .. }
            | Event::NotPassedOnTwice { conn, .. }
            | Event::Delivered { conn, .. }
            | Event::SentAgain { conn, .. }
            | Event::LoggedIn { conn, .. }
            | Event::MayNotSubscribe { conn, .. }
            | Event::ResentByClient { conn, .. }
            | Event::WillDiscarded { conn }
            | Event::KeepAliveOver { conn, .. }
            | Event::Subscribed { conn, .. }
            | Event::Unsubscribed { conn, .. }
            | Event::AgainstTheLetter { conn, .. } => self.device_of(*conn),
            Event::Published { conn, .. } => conn.map_or(0, |conn| self.device_of(conn)),
            Event::Dropped { client, .. }
            | Event::SessionEnded { client, .. }
            | Event::Queued { client, .. }
            | Event::WillPublished { client, .. } => self.devices.find(client).unwrap_or(0),
            Event::PassedOn { .. } | Event::RetainedSet { .. } | Event::NotRetained { .. } | Event::RetainedCleared | Event::AccessSet => 0,
        };
        let fact = match &event {
            // The relay knows more about such an end than the broker, which is told only that it came.
            Event::Ended { conn, why: EndWhy::Gone(_) } if self.links.get(conn).is_some_and(|link| link.cut) => Fact::Cut,
            Event::Ended { conn, why: EndWhy::Gone(GoneWhy::Closed | GoneWhy::Lost) } => {
                Fact::Gone { how: self.links.get(conn).map_or_else(|| Arc::from(""), |link| link.gone_how.clone()) }
            }
            _ => Fact::Broker(event),
        };
        sink.fact(device, fact);
    }

    fn device_of(&self, conn: ConnId) -> DeviceId {
        self.links.get(&conn).map_or(0, |link| link.device)
    }

    /// MQTT runs on a connection: its device is the one of the session's client, which may have got its identifier just now.
    fn on_session(&mut self, conn: ConnId) -> DeviceId {
        let Some((client, version)) = self.broker.client_of(conn) else { return self.device_of(conn) };
        let Some(link) = self.links.get_mut(&conn) else { return 0 };
        match self.devices.find(client) {
            Some(id) => link.device = id,
            None => self.devices.rename(link.device, Arc::from(client)),
        }
        let id = link.device;
        if let Some(device) = self.devices.get_mut(id) {
            device.state = DeviceState::Connected;
            device.since = self.now;
            device.version = Some(version);
            device.conn = Some(conn);
        }
        id
    }

    fn on_ended(&mut self, conn: ConnId) -> DeviceId {
        let id = self.device_of(conn);
        if let Some(device) = self.devices.get_mut(id)
            && device.conn == Some(conn)
        {
            device.state = DeviceState::Offline;
            device.since = self.now;
            device.conn = None;
        }
        id
    }
}

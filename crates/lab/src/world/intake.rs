//! What comes from outside, and what simulated devices do: all of it ends as packets on a link.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use broker::{ConnId, GoneWhy, Instant};
use contract::tunnel::{ConnNo, Transport};
use contract::{DeviceId, DeviceKind, DeviceSpec, DeviceState, Struck};
use mqtt::{Frame, Malformed, Packet, PacketType, ReasonCode};

use super::fate::judge;
use super::{Departure, Fact, Input, Sink, World};
use crate::agenda::Due;
use crate::client::{self, Client, Publication};
use crate::link::Link;

impl World {
    /// Does one order.
    pub(super) fn take(&mut self, input: Input, sink: &mut dyn Sink) {
        match input {
            Input::Data { conn, bytes } => {
                let Some(&id) = self.by_tunnel.get(&conn) else { return };
                self.intake(id, &bytes, sink);
            }
            Input::Credit { conn, bytes } => self.on_credit(conn, bytes, sink),
            Input::Open { conn, transport, peer } => self.on_open(conn, transport, peer, sink),
            Input::Gone { conn, how } => self.on_gone(conn, GoneWhy::Closed, how),
            Input::TunnelLost => self.on_tunnel_lost(),
            Input::Add { spec, connect } => self.on_add(*spec, connect, sink),
            Input::Remove(device) => self.on_remove(device, sink),
            Input::Connect { device, after: 0 } => self.drive(device, client::Input::Connect, sink),
            Input::Connect { device, after } => self.agenda.push(self.now.after(after), Due::Connect(device)),
            Input::Disconnect(device) => self.on_disconnect(device, sink),
            Input::Access(access) => self.turn(broker::Input::Access(access), sink),
            Input::Mode { mode, explain } => self.broker.set_mode(mode, explain),
            Input::Publish { device, topic, payload, qos, retain } => {
                let publication = Publication { topic, payload: payload.to_vec(), qos, retain, address: None };
                self.drive(device, client::Input::Publish(publication), sink);
            }
            Input::AddRule(rule) => self.faults.add(self.now, *rule),
            Input::RemoveRule(id) => self.faults.remove(id),
            Input::Touch { flight, fault } => self.touch(flight, fault, sink),
            Input::Link { device, action } => self.act_on_link(device, action, sink),
            Input::Inject { device, to_broker, bytes } => self.inject(device, to_broker, &bytes, sink),
            Input::AnswerPings => self.answer_pings(sink),
            Input::Place { flight, fault } => self.faults.plan(flight, Struck { rule: 0, fault }, self.now),
            Input::Observe(most) => self.devices.clients().for_each(|client| client.observe(most)),
            Input::Later { after, input } => {
                self.last_later = self.last_later.saturating_add(1);
                self.later.insert(self.last_later, *input);
                self.agenda.push(self.now.after(after), Due::Act(self.last_later));
            }
            Input::Halt => sink.halt(0),
            Input::CutAll { at } => self.agenda.push(at.max(self.now), Due::CutAll),
        }
    }

    fn on_open(&mut self, no: ConnNo, transport: Transport, peer: Arc<str>, sink: &mut dyn Sink) {
        let id = self.new_conn();
        let mut link = Link::new(0, 0, Some(no), &self.config.broker);
        link.transport = match transport {
            Transport::Tcp => "tcp",
            Transport::Ws => "ws",
        };
        link.peer = peer;
        self.links.insert(id, link);
        self.by_tunnel.insert(no, id);
        self.turn(broker::Input::Open { conn: id }, sink);
    }

    /// The end of what a real device has sent: it arrives after all its packets.
    fn on_gone(&mut self, no: ConnNo, why: GoneWhy, how: Arc<str>) {
        let Some(id) = self.by_tunnel.remove(&no) else { return };
        let Some(link) = self.links.get_mut(&id) else { return };
        link.tunnel = None;
        link.device_done = true;
        link.gone_how = how;
        link.to_broker.push_end(why);
        self.agenda.push(self.now, Due::ToBroker(id));
    }

    fn on_tunnel_lost(&mut self) {
        self.tunnelled().into_iter().for_each(|no| self.on_gone(no, GoneWhy::TunnelLost, Arc::from("")));
    }

    fn on_add(&mut self, spec: DeviceSpec, connect: bool, sink: &mut dyn Sink) {
        // The bench has refused a name that is taken; a journal of another build might still hold one.
        if self.devices.find(&spec.client_id).is_some() {
            return;
        }
        let name: Arc<str> = Arc::from(&*spec.client_id);
        let id = self.devices.add(self.now, name, DeviceKind::Simulated, "sim", Arc::from(""));
        if let Some(device) = self.devices.get_mut(id) {
            let client = Client::new(spec, self.config.max_client_backlog).with_seed(self.seed);
            device.version = Some(client.version());
            device.client = Some(Box::new(client));
        }
        if connect {
            self.drive(id, client::Input::Connect, sink);
        }
    }

    fn on_remove(&mut self, id: DeviceId, sink: &mut dyn Sink) {
        if !self.devices.get(id).is_some_and(|device| device.kind == DeviceKind::Simulated) {
            return;
        }
        let own = self.devices.remove(id).and_then(|device| device.own);
        if let Some(conn) = own {
            self.close_from_device(conn, sink);
        }
    }

    fn on_disconnect(&mut self, id: DeviceId, sink: &mut dyn Sink) {
        let Some(device) = self.devices.get(id) else { return };
        if device.client.is_some() && device.own.is_some() {
            return self.drive(id, client::Input::Disconnect, sink);
        }
        if let Some(conn) = device.conn {
            sink.fact(id, Fact::EndedByUser);
            self.turn(broker::Input::End { conn, reason: ReasonCode::AdministrativeAction }, sink);
        }
    }

    /// Lets a simulated device think, and does what it wants.
    pub(super) fn drive(&mut self, id: DeviceId, input: client::Input<'_>, sink: &mut dyn Sink) {
        let mut wishes = Vec::new();
        let Some(client) = self.devices.get_mut(id).and_then(|device| device.client.as_deref_mut()) else { return };
        client.handle(self.now, input, &mut wishes);
        let mut at = 0usize;
        // A wish may bring about others (a transport that opens lets it send CONNECT); they are done behind those that stand.
        while let Some(wish) = wishes.get(at).cloned() {
            at = at.saturating_add(1);
            let more = match wish {
                client::Output::Open => {
                    self.open_simulated(id, sink);
                    Some(client::Input::Opened)
                }
                client::Output::Send(bytes) => {
                    if let Some(conn) = self.devices.get(id).and_then(|device| device.own) {
                        self.intake(conn, &bytes, sink);
                    }
                    None
                }
                client::Output::Close => {
                    if let Some(conn) = self.devices.get_mut(id).and_then(|device| device.own.take()) {
                        self.close_from_device(conn, sink);
                    }
                    Some(client::Input::Closed)
                }
                client::Output::Said(publication) => {
                    sink.said(id, &publication);
                    None
                }
                client::Output::Got(publication) => {
                    sink.got(id, &publication);
                    None
                }
                client::Output::GaveUp => {
                    self.counters.dropped = self.counters.dropped.saturating_add(1);
                    None
                }
            };
            if let Some(more) = more
                && let Some(client) = self.devices.get_mut(id).and_then(|device| device.client.as_deref_mut())
            {
                client.handle(self.now, more, &mut wishes);
            }
        }
        self.set_alarm(id);
    }

    fn set_alarm(&mut self, id: DeviceId) {
        let Some(device) = self.devices.get_mut(id) else { return };
        let wanted = device.client.as_deref().and_then(Client::next_timeout);
        if wanted != device.wake_at {
            device.wake_at = wanted;
            if let Some(at) = wanted {
                self.agenda.push(at.max(self.now), Due::Wake(id));
            }
        }
    }

    fn open_simulated(&mut self, id: DeviceId, sink: &mut dyn Sink) {
        let conn = self.new_conn();
        let mut link = Link::new(id, self.config.simulated_latency, None, &self.config.broker);
        link.transport = "sim";
        link.simulated = true;
        self.links.insert(conn, link);
        if let Some(device) = self.devices.get_mut(id) {
            device.own = Some(conn);
        }
        self.turn(broker::Input::Open { conn }, sink);
    }

    fn new_conn(&mut self) -> ConnId {
        self.last_conn = self.last_conn.wrapping_add(1);
        ConnId(self.last_conn)
    }

    /// A device's end is closed: what it has sent still arrives, what is on its way to it does not.
    fn close_from_device(&mut self, conn: ConnId, sink: &mut dyn Sink) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        link.device_done = true;
        for flight in link.to_device.flights() {
            self.faults.forget(flight);
            sink.lost(flight);
        }
        link.to_device = Default::default();
        link.to_broker.push_end(GoneWhy::Closed);
        let at = self.now.after(link.latency);
        self.agenda.push(at, Due::ToBroker(conn));
    }

    /// Bytes of a device: cut into packets, each of which sets out.
    pub(super) fn intake(&mut self, conn: ConnId, bytes: &[u8], sink: &mut dyn Sink) {
        let Some(mut link) = self.links.get_mut(&conn) else { return };
        if link.broker_done || link.device_done {
            return;
        }
        if let Some(tunnelled) = &mut link.tunnel {
            tunnelled.owed = tunnelled.owed.saturating_add(bytes.len());
        }
        let carried = link.deframer.pending();
        let mut rest = bytes;
        if link.device == 0 {
            link.deframer.push(core::mem::take(&mut rest));
            // Looked at in a copy, and only until the first packet is whole: a CONNECT is small.
            let mut peek = link.deframer.clone();
            match peek.next() {
                Ok(None) => return self.give_credit(conn, sink),
                Ok(Some(frame)) => self.introduce(conn, Some(frame), sink),
                Err(_) => self.introduce(conn, None, sink),
            }
            let Some(introduced) = self.links.get_mut(&conn) else { return };
            link = introduced;
        }
        let mut used = 0usize;
        let at = self.now.after(link.latency);
        loop {
            match link.deframer.next_of(&mut rest) {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    used = used.saturating_add(frame.bytes().len());
                    self.last_flight = self.last_flight.wrapping_add(1);
                    let departure = Departure {
                        flight: self.last_flight,
                        device: link.device,
                        conn,
                        to_broker: true,
                        version: version_of(frame, link.version),
                        bytes: frame.bytes(),
                        bad: false,
                        message: 0,
                    };
                    sink.departed(departure);
                    if self.faults.is_armed() {
                        judge(&mut self.faults, &self.devices, (self.now, at), &departure, sink);
                    }
                    link.to_broker.push(self.last_flight, frame.bytes());
                    self.agenda.push(at, Due::ToBroker(conn));
                    link.deframer.set_limit(self.config.broker.max_packet_size);
                }
                Err(error) => {
                    // The deframer has dropped what it could not read; of that, this much is in the last bytes that came.
                    let left = carried.saturating_add(bytes.len()).saturating_sub(used).min(bytes.len());
                    let bad = bytes.get(bytes.len().saturating_sub(left)..).unwrap_or_default();
                    self.bad_bytes(conn, bad, error, at, sink);
                    break;
                }
            }
        }
        self.give_credit(conn, sink);
    }

    fn bad_bytes(&mut self, conn: ConnId, bytes: &[u8], error: Malformed, at: Instant, sink: &mut dyn Sink) {
        let Some(link) = self.links.get_mut(&conn).filter(|link| !link.bad) else { return };
        link.bad = true;
        self.last_flight = self.last_flight.wrapping_add(1);
        sink.departed(Departure {
            flight: self.last_flight,
            device: link.device,
            conn,
            to_broker: true,
            version: link.version,
            bytes,
            bad: true,
            message: 0,
        });
        link.to_broker.push_bad(self.last_flight, error);
        self.agenda.push(at, Due::ToBroker(conn));
    }

    /// The first packet of a real connection tells whose it is; a connection that never says is a stranger's, by its address.
    pub(super) fn introduce(&mut self, conn: ConnId, first: Option<Frame<'_>>, sink: &mut dyn Sink) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        let client = match first.map(|frame| Packet::decode(frame, link.version)) {
            Some(Ok(Packet::Connect(connect))) if !connect.client_id.as_str().is_empty() => Some(Arc::from(connect.client_id.as_str())),
            _ => None,
        };
        let name: Arc<str> = client.unwrap_or_else(|| link.peer.clone());
        let (transport, peer) = (link.transport, link.peer.clone());
        let id = match self.devices.find(&name) {
            Some(id) => id,
            None => self.devices.add(self.now, name, DeviceKind::Real, transport, peer.clone()),
        };
        link.device = id;
        if let Some(device) = self.devices.get_mut(id) {
            (device.transport, device.peer) = (transport, peer.clone());
            if device.conn.is_none() {
                device.state = DeviceState::Connecting;
                device.since = self.now;
                device.conn = Some(conn);
            }
        }
        sink.fact(id, Fact::Opened { transport, peer });
        let broker = &self.broker;
        self.devices.forget_strangers(self.config.max_strangers, |device| broker.session(&device.name).is_some());
    }
}

/// The version a CONNECT brings, or that of the connection.
fn version_of(frame: Frame<'_>, version: mqtt::Version) -> mqtt::Version {
    if frame.kind() != PacketType::Connect {
        return version;
    }
    match Packet::decode(frame, version) {
        Ok(Packet::Connect(connect)) => connect.version,
        _ => version,
    }
}

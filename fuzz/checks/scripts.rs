//! Several clients do to the broker what a script of bytes says, through the tunnel of the bench like any device.

use mqtt::{Deframer, Frame, Packet, Version};

use crate::common::{Bed, ack, packet};

/// Things done in one script.
const MOST: usize = 300;

const TOPICS: [&str; 6] = ["a", "a/b", "a/b/c", "$SYS/x", "/", "b"];
const FILTERS: [&str; 10] = ["#", "+", "a/#", "a/+", "a/b", "$SYS/#", "$share/g/a/#", "$share/g/a/b", "+/+/#", "a#"];

/// Each thing is one byte, what (bits 2 to 4) by whom (bits 0 and 1), and its arguments: 0 a new connection, 1 bytes as they are (how
/// many, bytes), 2 CONNECT (version and client id, flags, session expiry), 3 SUBSCRIBE or UNSUBSCRIBE (filter, options), 4 PUBLISH (topic,
/// flags, id), 5 an acknowledgement (which, id), 6 the connection is cut, 7 time passes (how much).
///
/// Returns how many packets the clients have received.
pub(crate) fn broker_scripts(data: &[u8]) -> usize {
    let mut stage = Stage { bed: Bed::live(7), clients: Default::default(), script: data, received: 0 };
    for _ in 0..MOST {
        let Some(what) = stage.byte() else { break };
        stage.act(usize::from(what & 3), what >> 2 & 7);
        stage.bed.bench.world().check().expect("the invariants hold");
    }
    for client in 0..stage.clients.len() {
        stage.judge(client);
    }
    stage.bed.after(100_000_000);
    stage.bed.bench.world().check().expect("the invariants hold when all deadlines are over");
    stage.received
}

#[derive(Default)]
struct Client {
    conn: Option<u32>,
    /// All it has sent on this connection.
    sent: Vec<u8>,
    version: Option<Version>,
}

struct Stage<'a> {
    bed: Bed,
    clients: [Client; 4],
    script: &'a [u8],
    received: usize,
}

impl Stage<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.script.split_first()?;
        self.script = rest;
        Some(*first)
    }

    /// The next argument; 0 behind the end of the script.
    fn arg(&mut self) -> u8 {
        self.byte().unwrap_or(0)
    }

    fn act(&mut self, client: usize, what: u8) {
        match what {
            0 => {
                self.cut(client);
                let conn = self.bed.open();
                self.clients[client] = Client { conn: Some(conn), ..Client::default() };
            }
            1 => {
                let len = usize::from(self.arg()).min(self.script.len());
                let (bytes, rest) = self.script.split_at(len);
                self.script = rest;
                self.send(client, bytes);
            }
            2 => self.connect(client),
            3 => self.subscribe(client),
            4 => self.publish(client),
            5 => {
                let (which, id) = (self.arg(), self.arg());
                let bytes = ack([0x40, 0x50, 0x62, 0x70][usize::from(which & 3)], u16::from(id & 7));
                self.send(client, &bytes);
            }
            6 => self.cut(client),
            _ => {
                let much = u64::from(self.arg());
                self.bed.after(much * much * 10);
            }
        }
    }

    fn connect(&mut self, client: usize) {
        let (who, flags, expiry) = (self.arg(), self.arg(), self.arg());
        let version = Version::ALL[usize::from(who >> 4) % 3];
        let no_properties: &[u8] = if version.is_v5() { &[0] } else { &[] };
        let mut body = text(version.protocol_name());
        // Clean start, or a will with QoS and Retain; the will's bits only together.
        let will = flags & 4 != 0 && flags & 0x18 != 0x18;
        body.extend([version.level(), flags & 2 | if will { flags & 0x3C } else { 0 }, 0, flags >> 6]);
        if version.is_v5() {
            // Session Expiry Interval and Receive Maximum.
            body.extend([8, 0x11, 0, 0, 0, expiry, 0x21, 0, 1 + (expiry & 3)]);
        }
        body.extend(text(&format!("c{}", who & 3)));
        if will {
            body.extend(no_properties);
            body.extend([text("a/b"), text("will")].concat());
        }
        let bytes = packet(0x10, &body);
        self.send(client, &bytes);
        self.clients[client].version.get_or_insert(version);
    }

    fn subscribe(&mut self, client: usize) {
        let (filter, options) = (self.arg(), self.arg());
        let v5 = self.clients[client].version == Some(Version::V5);
        let mut body = vec![0, 9];
        body.extend(v5.then_some(0));
        body.extend(text(FILTERS[usize::from(filter) % FILTERS.len()]));
        let off = options & 0x80 != 0;
        if !off {
            body.push(if v5 { options & 0x3F } else { options & 3 });
        }
        self.send(client, &packet(if off { 0xA2 } else { 0x82 }, &body));
    }

    fn publish(&mut self, client: usize) {
        let (topic, flags, id) = (self.arg(), self.arg(), self.arg());
        let mut body = text(TOPICS[usize::from(topic) % TOPICS.len()]);
        if flags & 6 != 0 {
            body.extend([0, id & 7]);
        }
        body.extend((self.clients[client].version == Some(Version::V5)).then_some(0));
        body.extend(vec![b'x'; usize::from(topic >> 4)]);
        self.send(client, &packet(0x30 | flags & 0x0F, &body));
    }

    fn send(&mut self, client: usize, bytes: &[u8]) {
        if let Some(conn) = self.clients[client].conn {
            self.clients[client].sent.extend_from_slice(bytes);
            self.bed.send(conn, bytes);
        }
    }

    fn cut(&mut self, client: usize) {
        self.judge(client);
        if let Some(conn) = self.clients[client].conn.take() {
            self.bed.gone(conn);
        }
    }

    /// What a client has received is legal in the version of its CONNECT; without one it has received nothing.
    fn judge(&mut self, client: usize) {
        let Some(conn) = self.clients[client].conn else { return };
        let got = self.bed.got.remove(&conn).unwrap_or_default();
        let mut deframer = Deframer::default();
        deframer.push(&got);
        let spoken = spoken(&self.clients[client].sent);
        while let Some(frame) = deframer.next().expect("the broker sends frames") {
            self.received += 1;
            match spoken {
                Ok(version) => drop(Packet::decode(frame, version).unwrap_or_else(|fault| panic!("{fault} {:02X?}", frame.bytes()))),
                // A CONNECT that was refused is answered in the version that it comes nearest to, or not at all.
                Err(()) => assert_eq!(frame.first(), 0x20, "only CONNACK: {:02X?}", frame.bytes()),
            }
        }
        assert_eq!(deframer.pending(), 0, "whole packets only: {got:02X?}");
    }
}

/// The version of the CONNECT at the beginning.
fn spoken(sent: &[u8]) -> Result<Version, ()> {
    let mut deframer = Deframer::for_server(1 << 20);
    deframer.push(sent);
    let frame: Frame<'_> = deframer.next().ok().flatten().ok_or(())?;
    match Packet::decode(frame, Version::V5) {
        Ok(Packet::Connect(connect)) => Ok(connect.version),
        _ => Err(()),
    }
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
}

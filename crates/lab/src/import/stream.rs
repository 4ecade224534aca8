//! From segments to the two streams of a connection, and from these to MQTT packets.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use mqtt::{Deframer, MAX_PACKET_SIZE};

use super::Recording;
use super::file::Captured;
use super::layers::{End, Found, Tcp};
use super::recorder::{ConnAt, Recorder, Side};
use super::websocket::WebSocket;
use crate::config::Config;

/// Segments that may wait for an earlier one, on one way of a connection, and their bytes.
const MOST_EARLY: usize = 1_000;
const MOST_EARLY_BYTES: usize = 4 * 1024 * 1024;
/// Bytes that a capture left out for which zeros may stand, in the whole file: a few bytes may say that thousands are missing.
const MOST_FILLED: usize = 64 * 1024 * 1024;
/// Bytes after which a connection must have said what it speaks.
const MOST_UNKNOWN: usize = 8 * 1024;
/// Connections at once; those beyond are counted as of another protocol.
const MOST_OPEN: usize = 200_000;

/// All connections of a capture.
pub(super) struct Streams {
    open: BTreeMap<(End, End, Option<Side>), Conversation>,
    recorder: Recorder,
    begin: Option<u64>,
    at: u64,
    others: u32,
    missing: u64,
    /// Zeros that may still be filled in.
    fill: usize,
}

#[derive(Default)]
struct Conversation {
    ways: [Way; 2],
    speaks: Speaks,
}

#[derive(Default)]
enum Speaks {
    /// What it has said so far, either end.
    #[default]
    Unknown,
    Mqtt(Box<Mqtt>),
    Other,
}

struct Mqtt {
    /// The way on which CONNECT came.
    client: usize,
    conn: ConnAt,
    web: Option<[WebSocket; 2]>,
    deframers: [Deframer; 2],
    bad: [bool; 2],
}

/// One direction of TCP.
#[derive(Default)]
struct Way {
    first: Option<u32>,
    next: Option<u32>,
    early: Vec<(u32, Vec<u8>)>,
    filled: usize,
    /// Bytes are missing: what comes behind them cannot be read.
    torn: bool,
    /// What was said while nobody knew the language.
    said: Vec<u8>,
}

impl Streams {
    pub(super) fn new(config: &Config) -> Streams {
        let recorder = Recorder::new(config);
        Streams { open: BTreeMap::new(), recorder, begin: None, at: 0, others: 0, missing: 0, fill: MOST_FILLED }
    }

    pub(super) fn take(&mut self, captured: &Captured<'_>, found: Found<'_>) {
        self.at = captured.at.saturating_sub(*self.begin.get_or_insert(captured.at)).max(self.at);
        let side = captured.own.then_some(if captured.interface == 0 { Side::Device } else { Side::Broker });
        let mut ends = [found.from, found.to];
        if side.is_some() {
            ends.iter_mut().for_each(one_address);
        }
        let [from, to] = ends;
        let way = usize::from(from > to);
        let key = (from.min(to), from.max(to), side);
        let begins = found.tcp.is_some_and(|tcp| tcp.syn && !tcp.ack);
        let known = self.open.get(&key).and_then(|old| old.ways.get(way)?.first);
        if begins && known.is_some() && known != found.tcp.map(|tcp| tcp.sequence) {
            self.close(key);
        }
        if self.open.len() >= MOST_OPEN && !self.open.contains_key(&key) {
            self.others = self.others.saturating_add(u32::from(begins));
            return;
        }
        let conversation = self.open.entry(key).or_default();
        let mut bytes = Vec::new();
        let Some(of) = conversation.ways.get_mut(way) else { return };
        of.take(&found, &mut bytes, &mut self.fill);
        if !bytes.is_empty() {
            conversation.hear(way, &bytes, &mut self.recorder, (self.at, key));
        }
        if let (Some(Tcp { fin, rst, .. }), Speaks::Mqtt(mqtt)) = (found.tcp, &conversation.speaks)
            && (fin || rst)
        {
            let how = match (rst, mqtt.client == way) {
                (true, _) => "the connection was reset",
                (false, true) => "the client closed it",
                (false, false) => "the broker closed it",
            };
            self.recorder.ended(self.at, mqtt.conn, how);
        }
    }

    pub(super) fn finish(mut self, name: &str) -> Recording {
        while let Some(key) = self.open.keys().next().copied() {
            self.close(key);
        }
        let mut recording = self.recorder.finish(self.at);
        recording.view.name = String::from(name);
        (recording.view.others, recording.view.missing) = (self.others, self.missing);
        recording
    }

    fn close(&mut self, key: (End, End, Option<Side>)) {
        let Some(old) = self.open.remove(&key) else { return };
        if matches!(old.speaks, Speaks::Mqtt(_)) {
            let missing = old.ways.iter().map(|way| way.filled.saturating_add(way.early_bytes())).fold(0, usize::saturating_add);
            self.missing = self.missing.saturating_add(missing as u64);
        } else if old.ways.iter().any(|way| way.next.is_some()) {
            self.others = self.others.saturating_add(1);
        }
    }
}

/// The two ends of a link have addresses of their own in our exports, and are the same connection.
fn one_address(end: &mut End) {
    let [.., a, b, c, _] = &mut end.0;
    match a {
        10 => *b = 0,
        192 => *c = 0,
        _ => {}
    }
}

impl Conversation {
    /// In-order bytes of one end.
    fn hear(&mut self, way: usize, bytes: &[u8], recorder: &mut Recorder, (at, key): (u64, (End, End, Option<Side>))) {
        if let Speaks::Mqtt(mqtt) = &mut self.speaks {
            return mqtt.hear(way, bytes, recorder, at, key.2);
        }
        let Some(of) = self.ways.get_mut(way).filter(|_| matches!(self.speaks, Speaks::Unknown)) else { return };
        of.said.extend_from_slice(bytes);
        let speaks = judge(&of.said);
        if let Language::Mqtt { web } = speaks {
            let (client, server) = if way == 0 { (key.0, key.1) } else { (key.1, key.0) };
            let conn = recorder.conn((client, server), key.2);
            let new = || Deframer::new(MAX_PACKET_SIZE);
            let mut mqtt = Mqtt { client: way, conn, web: web.then(Default::default), deframers: [new(), new()], bad: [false, false] };
            for way in [way, 1 ^ way] {
                let said = self.ways.get_mut(way).map(|of| core::mem::take(&mut of.said)).unwrap_or_default();
                mqtt.hear(way, &said, recorder, at, key.2);
            }
            self.speaks = Speaks::Mqtt(Box::new(mqtt));
            return;
        }
        let silent = |of: &Way| of.said.is_empty() || matches!(judge(&of.said), Language::NotYetKnown);
        if self.ways.iter().all(|of| !silent(of)) || self.ways.iter().any(|of| of.said.len() > MOST_UNKNOWN) {
            self.speaks = Speaks::Other;
            self.ways.iter_mut().for_each(|of| of.said = Vec::new());
        }
    }
}

enum Language {
    Mqtt { web: bool },
    NotYetKnown,
    Other,
}

/// Whether an end begins as an MQTT client does: with a CONNECT, or by asking for a WebSocket that speaks MQTT.
fn judge(said: &[u8]) -> Language {
    if said.starts_with(b"GET ") {
        let Some(end) = said.windows(4).position(|four| four == b"\r\n\r\n") else { return Language::NotYetKnown };
        let mut lines = said.get(..end).unwrap_or_default().split(|byte| *byte == b'\n');
        let asks = |line: &[u8]| {
            let line = line.to_ascii_lowercase();
            // `mqtt`, or `mqttv3.1` of 3.1.
            line.starts_with(b"sec-websocket-protocol:") && line.windows(4).any(|four| four == b"mqtt")
        };
        return if lines.any(asks) { Language::Mqtt { web: true } } else { Language::Other };
    }
    if "GET ".as_bytes().starts_with(said) {
        return Language::NotYetKnown;
    }
    let Some((0x10, rest)) = said.split_first() else { return Language::Other };
    let Some(header) = rest.iter().take(4).position(|byte| byte & 0x80 == 0) else {
        return if rest.len() < 4 { Language::NotYetKnown } else { Language::Other };
    };
    let body = rest.get(header.saturating_add(1)..).unwrap_or_default();
    let names: [&[u8]; 2] = [b"\0\x04MQTT", b"\0\x06MQIsdp"];
    if names.iter().any(|name| body.starts_with(name)) {
        Language::Mqtt { web: false }
    } else if names.iter().any(|name| name.starts_with(body)) {
        Language::NotYetKnown
    } else {
        Language::Other
    }
}

impl Mqtt {
    fn hear(&mut self, way: usize, bytes: &[u8], recorder: &mut Recorder, at: u64, side: Option<Side>) {
        let (Some(deframer), Some(bad)) = (self.deframers.get_mut(way), self.bad.get_mut(way)) else { return };
        if *bad {
            return;
        }
        let mut unpacked = Vec::new();
        let bytes = match self.web.as_mut().and_then(|web| web.get_mut(way)) {
            Some(web) => {
                web.push(bytes, &mut unpacked);
                &unpacked
            }
            None => bytes,
        };
        deframer.push(bytes);
        loop {
            match deframer.next() {
                Ok(None) => break,
                Ok(Some(frame)) => recorder.packet(at, (self.conn, way == self.client, side), frame.bytes(), None),
                Err(error) => {
                    *bad = true;
                    recorder.packet(at, (self.conn, way == self.client, side), bytes, Some(error));
                    break;
                }
            }
        }
    }
}

impl Way {
    /// Appends what can be read in order now.
    fn take(&mut self, found: &Found<'_>, out: &mut Vec<u8>, budget: &mut usize) {
        let Some(tcp) = found.tcp else {
            // Exported PDUs are in order, and none is missing that anybody could tell.
            self.next = Some(0);
            out.extend_from_slice(found.bytes);
            return self.fill(found.missing, out, budget);
        };
        if tcp.syn {
            self.first = Some(tcp.sequence);
            self.next.get_or_insert(tcp.sequence.wrapping_add(1));
            return;
        }
        if self.torn || (found.bytes.is_empty() && found.missing == 0) {
            return;
        }
        let next = *self.next.get_or_insert(tcp.sequence);
        let ahead = tcp.sequence.wrapping_sub(next);
        if ahead > 0 && ahead < 1 << 31 {
            if self.early.len() < MOST_EARLY && self.early_bytes() < MOST_EARLY_BYTES {
                return self.early.push((tcp.sequence, found.bytes.to_vec()));
            }
            self.torn = true;
            return;
        }
        self.append(tcp.sequence, found.bytes, out);
        if self.next == Some(tcp.sequence.wrapping_add(found.bytes.len() as u32)) {
            self.fill(found.missing, out, budget);
        }
        // Those that waited for it.
        while let Some(at) = self.early.iter().position(|(sequence, _)| self.next.is_some_and(|next| !is_after(*sequence, next))) {
            let (sequence, bytes) = self.early.swap_remove(at);
            self.append(sequence, &bytes, out);
        }
    }

    /// Appends what of a segment is new: all, the end of it, or nothing when it came again.
    fn append(&mut self, sequence: u32, bytes: &[u8], out: &mut Vec<u8>) {
        let Some(next) = self.next else { return };
        let known = next.wrapping_sub(sequence) as usize;
        let new = bytes.get(known..).unwrap_or_default();
        out.extend_from_slice(new);
        self.next = Some(next.wrapping_add(new.len() as u32));
    }

    /// Zeros for bytes that were sent but not captured, so that what follows is found.
    fn fill(&mut self, missing: usize, out: &mut Vec<u8>, budget: &mut usize) {
        self.filled = self.filled.saturating_add(missing);
        let Some(left) = budget.checked_sub(missing) else {
            self.torn = true;
            return;
        };
        *budget = left;
        out.extend(core::iter::repeat_n(0, missing));
        self.next = self.next.map(|next| next.wrapping_add(missing as u32));
    }

    fn early_bytes(&self) -> usize {
        self.early.iter().map(|(_, bytes)| bytes.len()).fold(0, usize::saturating_add)
    }
}

/// Sequence numbers go round.
fn is_after(sequence: u32, next: u32) -> bool {
    let ahead = sequence.wrapping_sub(next);
    ahead > 0 && ahead < 1 << 31
}

//! What is seen at the two ends of the links, in the order of time: a packet sets out at one end and arrives at the other, or never.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use broker::{ConnId, EndWhy, Event, GoneWhy};
use contract::{Cut, DeviceId, Fate, Fault, Note, RowNo, Step, Struck};

use crate::show;
use crate::trace::{PacketRecord, Record, Trace};
use crate::world::Fact;

/// Where one looks on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Device,
    Broker,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The device closed it.
    ByDevice,
    /// The broker closed it.
    ByBroker,
    /// Neither did.
    Broken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    /// A packet sets out.
    Leaves,
    /// A packet arrives; of one that was cut only so many bytes.
    Arrives(Option<u32>),
    /// A packet will never arrive; at the broker's side, whichever way it went.
    Fails,
    /// A connection ended.
    Ends(ConnId, DeviceId, End),
    /// Something happened by itself.
    Happens,
}

/// Something is seen at one end.
pub(super) struct Moment<'a> {
    pub(super) at: u64,
    /// What is first among those of the same time.
    order: (Step, u8, RowNo),
    pub(super) side: Side,
    pub(super) thing: Thing,
    pub(super) record: &'a Record,
    /// The row; none: it is forgotten, and its CONNECT was kept.
    pub(super) row: Option<RowNo>,
    /// Its bytes, when they are not in the trace.
    pub(super) kept: Option<&'a [u8]>,
}

/// All moments of a trace.
pub(super) fn of(trace: &Trace) -> Vec<Moment<'_>> {
    let mut all = Moments { list: Vec::new(), doubled: BTreeMap::new(), newest: BTreeMap::new(), last_at: BTreeMap::new() };
    let (first, end) = trace.range();
    let mut in_rows: Vec<ConnId> = (first..end).filter_map(|n| Some(trace.get(n)?.packet.as_ref()?.conn)).collect();
    in_rows.sort_unstable();
    in_rows.dedup();
    for (record, bytes) in trace.connects() {
        if record.packet.as_ref().is_some_and(|packet| in_rows.binary_search(&packet.conn).is_ok()) {
            all.record(trace, record, None, Some(bytes));
        }
    }
    for n in first..end {
        if let Some(record) = trace.get(n) {
            all.record(trace, record, Some(n), None);
        }
    }
    all.list.sort_by_key(|moment| (moment.at, moment.order));
    all.list
}

struct Moments<'a> {
    list: Vec<Moment<'a>>,
    /// The step in which the last packet that a fault doubles arrived, by connection and direction.
    doubled: BTreeMap<(ConnId, bool), Step>,
    /// A device's newest connection.
    newest: BTreeMap<DeviceId, ConnId>,
    /// When the last packet of a connection was seen at a side: its end comes after it.
    last_at: BTreeMap<(ConnId, Side), u64>,
}

impl<'a> Moments<'a> {
    fn record(&mut self, trace: &'a Trace, record: &'a Record, row: Option<RowNo>, kept: Option<&'a [u8]>) {
        let n = row.unwrap_or(0);
        let moment = |at, (step, phase), side, thing| Moment { at, order: (step, phase, n), side, thing, record, row, kept };
        let began = record.at.micros();
        let Some(packet) = &record.packet else {
            self.list.push(moment(began, (record.step, 0), Side::Broker, Thing::Happens));
            return self.ends(trace, record, row, began);
        };
        self.newest.insert(record.device, packet.conn);
        let (from, to) = if packet.to_broker { (Side::Device, Side::Broker) } else { (Side::Broker, Side::Device) };
        let key = (packet.conn, packet.to_broker);
        let doubled = matches!(packet.fault, Some(Struck { fault: Fault::Double, .. }));
        // The copy is made on the way: its sender never sent it.
        let is_copy = doubled && self.doubled.remove(&key) == Some(record.step);
        if !is_copy {
            self.list.push(moment(began, (record.step, 1), from, Thing::Leaves));
            self.last_at.insert((packet.conn, from), began);
        }
        let end = match packet.fate {
            Fate::Arrived { at } => {
                if doubled && !is_copy {
                    self.doubled.insert(key, record.done);
                }
                self.list.push(moment(at, (record.done, 0), to, Thing::Arrives(None)));
                self.last_at.insert((packet.conn, to), at);
                at
            }
            Fate::Lost { at } | Fate::Dropped { at } => {
                if let (Fate::Lost { .. }, Some(Struck { fault: Fault::Cut(Cut::Inside { bytes }), .. })) = (packet.fate, packet.fault) {
                    let part = bytes.min(packet.len.saturating_sub(1));
                    self.list.push(moment(at, (record.done, 0), to, Thing::Arrives(Some(part))));
                    self.last_at.insert((packet.conn, to), at);
                }
                self.list.push(moment(at, (record.done, 0), Side::Broker, Thing::Fails));
                at
            }
            Fate::UnderWay | Fate::Held { .. } => began,
        };
        self.ends(trace, record, row, end);
    }

    /// Ends of connections among the facts of a record.
    fn ends(&mut self, trace: &'a Trace, record: &'a Record, row: Option<RowNo>, at: u64) {
        for (device, fact) in trace.facts(record) {
            let how = match fact {
                Fact::Broker(Event::Ended { why: EndWhy::Goodbye(_), .. }) | Fact::Gone { .. } => End::ByDevice,
                Fact::Broker(Event::Ended { why: EndWhy::Gone(GoneWhy::Closed), .. }) => End::ByDevice,
                Fact::Broker(Event::Ended { why: EndWhy::Broker(_), .. }) => End::ByBroker,
                Fact::Cut | Fact::Broker(Event::Ended { .. }) => End::Broken,
                _ => continue,
            };
            let own = record.packet.as_ref().filter(|_| record.device == *device).map(|packet| packet.conn);
            let conn = match fact {
                Fact::Broker(Event::Ended { conn, .. }) => Some(*conn),
                _ => own.or_else(|| self.newest.get(device).copied()),
            };
            let Some(conn) = conn else { continue };
            for side in [Side::Device, Side::Broker] {
                // Where nothing of it was seen there is nothing to end.
                let Some(last) = self.last_at.get(&(conn, side)).copied() else { continue };
                let (at, order) = (at.max(last), (Step::MAX, 2, row.unwrap_or(0)));
                self.list.push(Moment { at, order, side, thing: Thing::Ends(conn, *device, how), record, row, kept: None });
            }
        }
    }
}

impl Moment<'_> {
    /// The packet, of which `bytes` are kept, as it looked here.
    pub(super) fn as_it_looked(&self, packet: &PacketRecord, mut bytes: Vec<u8>) -> Vec<u8> {
        match (self.thing, packet.fault) {
            (Thing::Arrives(None), Some(Struck { fault: Fault::Corrupt { at, mask }, .. })) => {
                let at = at.min(packet.len.saturating_sub(1)) as usize;
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= if mask == 0 { 0xFF } else { mask };
                }
            }
            (Thing::Arrives(Some(part)), _) => bytes.truncate(part as usize),
            _ => {}
        }
        bytes
    }

    /// What a capture says of it beside the bytes: at the sender what is done to it, at the receiver what came of it.
    pub(super) fn comment(&self, trace: &Trace) -> String {
        let mut out = String::new();
        let Some(packet) = &self.record.packet else { return notes(trace, self.row) };
        if let Some(struck) = packet.fault {
            let _ = write!(out, "fault: {:?} by {}", struck.fault, Hand(struck.rule));
        }
        if self.row.is_none() {
            add(&mut out, "kept from before the oldest row");
        }
        match (self.thing, packet.fate) {
            (Thing::Leaves, Fate::Dropped { .. }) => add(&mut out, "fate: dropped on its link"),
            (Thing::Leaves, Fate::Lost { .. }) => add(&mut out, "fate: lost with its connection"),
            (Thing::Leaves, Fate::Held { .. }) => add(&mut out, "fate: held on its link"),
            (Thing::Leaves, Fate::UnderWay) => add(&mut out, "fate: under way"),
            (Thing::Arrives(_), _) => add(&mut out, &notes(trace, self.row)),
            _ => {}
        }
        out
    }
}

struct Hand(contract::RuleId);

impl core::fmt::Display for Hand {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.0 == 0 { f.write_str("hand") } else { write!(f, "rule {}", self.0) }
    }
}

fn add(out: &mut String, line: &str) {
    if !out.is_empty() && !line.is_empty() {
        out.push('\n');
    }
    out.push_str(line);
}

/// The notes of a row, a line each.
fn notes(trace: &Trace, row: Option<RowNo>) -> String {
    let mut out = String::new();
    row.and_then(|n| show::row(trace, n)).map_or_else(Vec::new, |row| row.notes).iter().for_each(|it| add(&mut out, &note(it)));
    out
}

/// A note as golden traces print it: without words of a language, strings of devices escaped.
pub(super) fn note(note: &Note) -> String {
    alloc::format!("{note:?}")
}

//! What happened, kept in rings of bounded size. Writing costs a few copies and no allocation; words are made only for what is looked at.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;

use broker::{ConnId, Instant};
use contract::{DeviceId, Fate, RowNo, Step, Struck};
use mqtt::Version;

use crate::config::Config;
use crate::flow::{Flows, Key, Place};
use crate::link::FlightNo;
use crate::world::{Departure, Fact, Touch};

/// Bytes of forgotten rows that are dropped at once.
const DROPPED_AT_ONCE: u64 = 8 * 1024;

/// One row, as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) step: Step,
    pub(crate) at: Instant,
    pub(crate) device: DeviceId,
    /// None: an event, whose facts say what.
    pub(crate) packet: Option<PacketRecord>,
    /// The step in which its packet met its fate; 0: it is under way.
    pub(crate) done: Step,
    /// Its facts: number of the first, and how many.
    facts: (u64, u32),
}

/// The packet of a row.
#[derive(Clone, Debug)]
pub(crate) struct PacketRecord {
    pub(crate) conn: ConnId,
    pub(crate) to_broker: bool,
    pub(crate) bad: bool,
    pub(crate) version: Version,
    /// Length of the whole packet; of bad bytes: as many as came at once.
    pub(crate) len: u32,
    pub(crate) fate: Fate,
    pub(crate) flow: Option<u64>,
    /// Where its flow is found, if it has one.
    key: Key,
    pub(crate) message: u64,
    /// What was known of its message when it set out, if the broker has numbered it when it arrived.
    message_before: Option<u64>,
    pub(crate) copy_of: Option<RowNo>,
    pub(crate) fault: Option<Struck>,
    /// Its bytes: position in the stream of all kept bytes, and how many.
    bytes: (u64, u32),
}

impl Record {
    /// As it was before it met its fate.
    pub(crate) fn reopen(&mut self) {
        self.done = 0;
        if let Some(packet) = &mut self.packet {
            packet.fate = Fate::UnderWay;
            packet.message = packet.message_before.take().unwrap_or(packet.message);
            self.facts.1 = 0;
        }
    }
}

/// The rings.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    /// Rows are kept at all.
    on: bool,
    max_rows: usize,
    max_bytes: usize,
    max_packet: usize,
    rows: VecDeque<Record>,
    first_row: RowNo,
    facts: VecDeque<(DeviceId, Fact)>,
    first_fact: u64,
    bytes: VecDeque<u8>,
    first_byte: u64,
    /// Up to here the bytes belong to rows that are forgotten. They are dropped many at once, as dropping has its price per call.
    spent: u64,
    max_connects: usize,
    /// CONNECT packets whose rows are forgotten, for without them nothing else of their connections can be read. Oldest first.
    connects: VecDeque<(Record, Vec<u8>)>,
    /// Row of each flight from `first_flight` on.
    flights: VecDeque<RowNo>,
    first_flight: FlightNo,
    pub(crate) flows: Flows,
    step: Step,
    now: Instant,
    /// The row to which facts of this step belong: that of the packet that arrived, else an event's.
    current: Option<RowNo>,
}

impl Trace {
    pub(crate) fn new(config: &Config) -> Trace {
        Trace {
            on: config.trace,
            max_rows: config.max_rows,
            max_bytes: config.max_row_bytes,
            max_packet: config.max_packet_bytes,
            rows: VecDeque::new(),
            first_row: 0,
            facts: VecDeque::new(),
            first_fact: 0,
            bytes: VecDeque::new(),
            first_byte: 0,
            spent: 0,
            max_connects: config.max_kept_connects,
            connects: VecDeque::new(),
            flights: VecDeque::new(),
            first_flight: 1,
            flows: Flows::default(),
            step: 0,
            now: Instant::ZERO,
            current: None,
        }
    }

    /// Number of the oldest row that is kept, and of the one that comes next.
    pub(crate) fn range(&self) -> (RowNo, RowNo) {
        (self.first_row, self.end())
    }

    pub(crate) fn get(&self, row: RowNo) -> Option<&Record> {
        self.rows.get(usize::try_from(row.checked_sub(self.first_row)?).ok()?)
    }

    /// Facts of a row, in causal order, as far as they are kept.
    pub(crate) fn facts(&self, record: &Record) -> impl Iterator<Item = &(DeviceId, Fact)> {
        let (first, count) = record.facts;
        let skip = usize::try_from(first.saturating_sub(self.first_fact)).unwrap_or(usize::MAX);
        let gone = self.first_fact.saturating_sub(first);
        let left = u64::from(count).saturating_sub(gone);
        self.facts.iter().skip(skip).take(usize::try_from(left).unwrap_or(0))
    }

    /// The kept bytes of a packet; empty when they have fallen off the ring.
    pub(crate) fn bytes(&self, packet: &PacketRecord) -> Vec<u8> {
        let (from, len) = packet.bytes;
        let Some(from) = from.checked_sub(self.first_byte).and_then(|from| usize::try_from(from).ok()) else { return Default::default() };
        let end = from.saturating_add(len as usize).min(self.bytes.len());
        self.bytes.range(from.min(end)..end).copied().collect()
    }

    /// CONNECT packets whose rows are forgotten, with their kept bytes, oldest first.
    pub(crate) fn connects(&self) -> impl Iterator<Item = &(Record, Vec<u8>)> {
        self.connects.iter()
    }

    /// The first kept byte of a packet.
    pub(crate) fn first_byte(&self, packet: &PacketRecord) -> Option<u8> {
        let from = packet.bytes.0.checked_sub(self.first_byte).and_then(|from| usize::try_from(from).ok())?;
        self.bytes.get(from).copied().filter(|_| packet.bytes.1 > 0)
    }

    pub(crate) fn step(&mut self, step: Step, now: Instant) {
        self.step = step;
        self.now = now;
        self.current = None;
    }

    pub(crate) fn departed(&mut self, departure: Departure<'_>) {
        if !self.on {
            return;
        }
        let row = self.end();
        let place = self.flows.depart(&departure, row);
        let Place { flow, key, message, copy_of } = place;
        let kept = departure.bytes.get(..self.max_packet).unwrap_or(departure.bytes);
        while self.bytes.len().saturating_add(kept.len()) > self.max_bytes {
            if self.drop_spent() {
                continue;
            }
            if self.rows.is_empty() {
                break;
            }
            self.forget_row();
        }
        let bytes = (self.first_byte.saturating_add(self.bytes.len() as u64), kept.len() as u32);
        self.bytes.extend(kept);
        let packet = PacketRecord {
            conn: departure.conn,
            to_broker: departure.to_broker,
            bad: departure.bad,
            version: departure.version,
            len: u32::try_from(departure.bytes.len()).unwrap_or(u32::MAX),
            fate: Fate::UnderWay,
            flow,
            key,
            message,
            message_before: None,
            copy_of,
            fault: None,
            bytes,
        };
        self.push(departure.device, Some(packet));
        if self.flights.is_empty() {
            self.first_flight = departure.flight;
        }
        self.flights.push_back(row);
    }

    pub(crate) fn landed(&mut self, flight: FlightNo) {
        if !self.on {
            return;
        }
        let at = self.now.micros();
        let first_fact = self.first_fact.saturating_add(self.facts.len() as u64);
        self.current = self.row_of(flight);
        let step = self.step;
        let Some(record) = self.current.and_then(|row| self.get_mut(row)) else { return };
        record.facts = (first_fact, 0);
        record.done = step;
        if let Some(packet) = &mut record.packet {
            packet.fate = Fate::Arrived { at };
            if let Some(flow) = packet.flow {
                let key = packet.key;
                self.flows.arrive(key, flow);
            }
        }
    }

    pub(crate) fn lost(&mut self, flight: FlightNo) {
        let (at, step) = (self.now.micros(), self.step);
        let Some(record) = self.row_of(flight).and_then(|row| self.get_mut(row)) else { return };
        record.done = step;
        if let Some(packet) = &mut record.packet {
            packet.fate = Fate::Lost { at };
        }
    }

    pub(crate) fn touched(&mut self, flight: FlightNo, touch: Touch) {
        let (at, step) = (self.now.micros(), self.step);
        let row = self.row_of(flight);
        let Some(record) = row.and_then(|row| self.get_mut(row)) else { return };
        let Some(packet) = &mut record.packet else { return };
        match touch {
            Touch::Planned(fault) => {
                packet.fault = fault;
                packet.fate = Fate::UnderWay;
                record.done = 0;
                return;
            }
            Touch::Held => packet.fate = Fate::Held { since: at },
            Touch::Dropped => packet.fate = Fate::Dropped { at },
        }
        record.done = step;
        self.current = row;
    }

    pub(crate) fn fact(&mut self, device: DeviceId, fact: Fact) {
        if let Fact::Broker(broker::Event::Published { conn, message }) = &fact {
            // Not to be drawn: it gives the packet that has just arrived the number of its message.
            if conn.is_some()
                && let Some(packet) = self.current.and_then(|row| self.get_mut(row)).and_then(|record| record.packet.as_mut())
            {
                packet.message_before = packet.message_before.or(Some(packet.message));
                packet.message = *message;
                if let Some(flow) = packet.flow {
                    let key = packet.key;
                    self.flows.name(key, flow, *message);
                }
            }
            return;
        }
        if !self.on {
            return;
        }
        let row = match self.current.filter(|row| self.get(*row).is_some()) {
            Some(row) => row,
            None => {
                let row = self.end();
                self.push(device, None);
                self.current = Some(row);
                row
            }
        };
        self.facts.push_back((device, fact));
        if let Some(record) = self.get_mut(row) {
            record.facts.1 = record.facts.1.saturating_add(1);
        }
        // Rows without facts are the rule, some have several: twice the rows is room enough, and what is over it is the oldest.
        if self.facts.len() > self.max_rows.saturating_mul(2) {
            self.facts.pop_front();
            self.first_fact = self.first_fact.saturating_add(1);
        }
    }

    /// The row that the last step moved.
    pub(crate) fn moved(&self) -> Option<&Record> {
        self.get(self.current?)
    }

    /// The packet of a row, while it is on its way: its number on the links.
    pub(crate) fn flight_of(&self, row: RowNo) -> Option<FlightNo> {
        let at = self.flights.binary_search(&row).ok()?;
        self.first_flight.checked_add(at as u64)
    }

    /// The first row that began after this step.
    pub(crate) fn row_after(&self, step: Step) -> RowNo {
        self.first_row.saturating_add(self.rows.partition_point(|record| record.step <= step) as u64)
    }

    /// The same as it was after this step: rows that came later are forgotten, and fates that were met later are open again.
    pub(crate) fn rewound(&self, step: Step) -> Trace {
        let mut then = self.clone();
        let end = self.row_after(step);
        then.rows.truncate(usize::try_from(end.saturating_sub(self.first_row)).unwrap_or(0));
        then.flights.truncate(self.flights.partition_point(|&row| row < end));
        then.current = None;
        then.step = step;
        let (mut facts, mut bytes) = (self.first_fact, self.first_byte);
        for record in &mut then.rows {
            if record.done > step {
                record.reopen();
            }
            if record.facts.1 > 0 {
                facts = facts.max(record.facts.0.saturating_add(record.facts.1.into()));
            }
            if let Some(packet) = &record.packet {
                bytes = bytes.max(packet.bytes.0.saturating_add(packet.bytes.1.into()));
            }
        }
        then.facts.truncate(usize::try_from(facts.saturating_sub(self.first_fact)).unwrap_or(0));
        then.bytes.truncate(usize::try_from(bytes.saturating_sub(self.first_byte)).unwrap_or(0));
        then.now = then.rows.back().map_or(Instant::ZERO, |record| record.at);
        then.flows = Flows::default();
        for (n, record) in then.rows.iter().enumerate() {
            let Some(packet) = &record.packet else { continue };
            let row = self.first_row.saturating_add(n as u64);
            let arrived = matches!(packet.fate, Fate::Arrived { .. });
            then.flows.relive((record.device, packet.to_broker), &then.bytes(packet), (packet.flow, packet.message), row, arrived);
        }
        then
    }

    /// Two traces tell the same in this row, as far as both know its end.
    pub(crate) fn agrees(&self, other: &Trace, row: RowNo) -> bool {
        let (Some(ours), Some(theirs)) = (self.get(row), other.get(row)) else { return false };
        if (ours.at, ours.device) != (theirs.at, theirs.device) {
            return false;
        }
        match (&ours.packet, &theirs.packet) {
            (None, None) => self.facts(ours).eq(other.facts(theirs)),
            (Some(a), Some(b)) => {
                let open = ours.done == 0 || theirs.done == 0;
                (a.to_broker, a.len, a.fault) == (b.to_broker, b.len, b.fault)
                    && self.bytes(a) == other.bytes(b)
                    && (open || (a.fate == b.fate && self.facts(ours).eq(other.facts(theirs))))
            }
            _ => false,
        }
    }

    fn end(&self) -> RowNo {
        self.first_row.saturating_add(self.rows.len() as u64)
    }

    fn get_mut(&mut self, row: RowNo) -> Option<&mut Record> {
        self.rows.get_mut(usize::try_from(row.checked_sub(self.first_row)?).ok()?)
    }

    fn row_of(&self, flight: FlightNo) -> Option<RowNo> {
        self.flights.get(usize::try_from(flight.checked_sub(self.first_flight)?).ok()?).copied()
    }

    fn push(&mut self, device: DeviceId, packet: Option<PacketRecord>) {
        while self.rows.len() >= self.max_rows {
            self.forget_row();
        }
        let first_fact = self.first_fact.saturating_add(self.facts.len() as u64);
        self.rows.push_back(Record { step: self.step, at: self.now, device, packet, done: 0, facts: (first_fact, 0) });
    }

    fn is_connect(&self, record: &Record) -> bool {
        let packet = record.packet.as_ref().filter(|packet| packet.to_broker && !packet.bad);
        packet.is_some_and(|packet| self.first_byte(packet).is_some_and(|first| first >> 4 == 1))
    }

    fn keep_connect(&mut self, record: &Record) {
        let Some(packet) = record.packet.as_ref().filter(|_| self.max_connects > 0) else { return };
        if self.connects.len() >= self.max_connects {
            let in_rows: BTreeSet<ConnId> = self.rows.iter().filter_map(|row| Some(row.packet.as_ref()?.conn)).collect();
            self.connects.retain(|(connect, _)| connect.packet.as_ref().is_some_and(|packet| in_rows.contains(&packet.conn)));
        }
        // Half of them at once, so that the search above is not made for each packet.
        if self.connects.len() >= self.max_connects {
            (0..=self.connects.len() / 2).for_each(|_| drop(self.connects.pop_front()));
        }
        let bytes = self.bytes(packet);
        self.connects.push_back((record.clone(), bytes));
    }

    fn forget_row(&mut self) {
        let Some(record) = self.rows.front() else { return };
        let row = self.first_row;
        self.first_row = row.saturating_add(1);
        if let Some(packet) = &record.packet {
            self.spent = packet.bytes.0.saturating_add(u64::from(packet.bytes.1));
        }
        if !self.is_connect(record) {
            self.rows.pop_front();
        } else if let Some(record) = self.rows.pop_front() {
            self.keep_connect(&record);
        }
        if self.spent.saturating_sub(self.first_byte) >= DROPPED_AT_ONCE {
            self.drop_spent();
        }
        while self.flights.front().is_some_and(|&first| first <= row) {
            self.flights.pop_front();
            self.first_flight = self.first_flight.saturating_add(1);
        }
    }

    /// `false`: there was nothing to drop.
    fn drop_spent(&mut self) -> bool {
        let gone = usize::try_from(self.spent.saturating_sub(self.first_byte)).unwrap_or(0).min(self.bytes.len());
        self.bytes.drain(..gone);
        self.first_byte = self.first_byte.saturating_add(gone as u64);
        gone > 0
    }
}

//! What happened, kept in rings of bounded size. Writing costs a few copies and no allocation; words are made only for what is looked at.

use alloc::collections::VecDeque;

use broker::Instant;
use contract::{DeviceId, Fate, RowNo, Step};
use mqtt::Version;

use crate::config::Config;
use crate::flow::{Flows, Place};
use crate::link::FlightNo;
use crate::world::{Departure, Fact};

/// One row, as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) step: Step,
    pub(crate) at: Instant,
    pub(crate) device: DeviceId,
    /// None: an event, whose facts say what.
    pub(crate) packet: Option<PacketRecord>,
    /// Its facts: number of the first, and how many.
    facts: (u64, u32),
}

/// The packet of a row.
#[derive(Clone, Debug)]
pub(crate) struct PacketRecord {
    pub(crate) to_broker: bool,
    pub(crate) bad: bool,
    pub(crate) version: Version,
    /// Length of the whole packet; of bad bytes: as many as came at once.
    pub(crate) len: u32,
    pub(crate) fate: Fate,
    pub(crate) flow: Option<u64>,
    pub(crate) message: u64,
    pub(crate) copy_of: Option<RowNo>,
    /// Its bytes: position in the stream of all kept bytes, and how many.
    bytes: (u64, u32),
}

/// The rings.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    max_rows: usize,
    max_bytes: usize,
    max_packet: usize,
    rows: VecDeque<Record>,
    first_row: RowNo,
    facts: VecDeque<(DeviceId, Fact)>,
    first_fact: u64,
    bytes: VecDeque<u8>,
    first_byte: u64,
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
            max_rows: config.max_rows,
            max_bytes: config.max_row_bytes,
            max_packet: config.max_packet_bytes,
            rows: VecDeque::new(),
            first_row: 0,
            facts: VecDeque::new(),
            first_fact: 0,
            bytes: VecDeque::new(),
            first_byte: 0,
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
    pub(crate) fn bytes(&self, packet: &PacketRecord) -> alloc::vec::Vec<u8> {
        let (from, len) = packet.bytes;
        let Some(from) = from.checked_sub(self.first_byte).and_then(|from| usize::try_from(from).ok()) else { return Default::default() };
        let end = from.saturating_add(len as usize).min(self.bytes.len());
        self.bytes.range(from.min(end)..end).copied().collect()
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
        let row = self.end();
        let place = self.flows.depart(&departure, row);
        let Place { flow, message, copy_of } = place;
        let kept = departure.bytes.get(..self.max_packet).unwrap_or(departure.bytes);
        while self.bytes.len().saturating_add(kept.len()) > self.max_bytes && !self.rows.is_empty() {
            self.forget_row();
        }
        let bytes = (self.first_byte.saturating_add(self.bytes.len() as u64), kept.len() as u32);
        self.bytes.extend(kept);
        let packet = PacketRecord {
            to_broker: departure.to_broker,
            bad: departure.bad,
            version: departure.version,
            len: u32::try_from(departure.bytes.len()).unwrap_or(u32::MAX),
            fate: Fate::UnderWay,
            flow,
            message,
            copy_of,
            bytes,
        };
        self.push(departure.device, Some(packet));
        if self.flights.is_empty() {
            self.first_flight = departure.flight;
        }
        self.flights.push_back(row);
    }

    pub(crate) fn landed(&mut self, flight: FlightNo) {
        let at = self.now.micros();
        let first_fact = self.first_fact.saturating_add(self.facts.len() as u64);
        self.current = self.row_of(flight);
        let Some(record) = self.current.and_then(|row| self.get_mut(row)) else { return };
        record.facts = (first_fact, 0);
        if let Some(packet) = &mut record.packet {
            packet.fate = Fate::Arrived { at };
            if let Some(flow) = packet.flow {
                self.flows.arrive(flow);
            }
        }
    }

    /// In the last step a packet has arrived, or something worth a row has happened.
    pub(crate) fn has_moved(&self) -> bool {
        self.current.is_some()
    }

    pub(crate) fn lost(&mut self, flight: FlightNo) {
        let at = self.now.micros();
        if let Some(packet) = self.row_of(flight).and_then(|row| self.get_mut(row)).and_then(|record| record.packet.as_mut()) {
            packet.fate = Fate::Lost { at };
        }
    }

    pub(crate) fn fact(&mut self, device: DeviceId, fact: Fact) {
        if let Fact::Broker(broker::Event::Published { conn, message }) = &fact {
            // Not to be drawn: it gives the packet that has just arrived the number of its message.
            if conn.is_some()
                && let Some(packet) = self.current.and_then(|row| self.get_mut(row)).and_then(|record| record.packet.as_mut())
            {
                packet.message = *message;
                if let Some(flow) = packet.flow {
                    self.flows.name(flow, *message);
                }
            }
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
        self.rows.push_back(Record { step: self.step, at: self.now, device, packet, facts: (first_fact, 0) });
    }

    fn forget_row(&mut self) {
        let Some(record) = self.rows.pop_front() else { return };
        let row = self.first_row;
        self.first_row = row.saturating_add(1);
        if let Some(packet) = record.packet {
            let end = packet.bytes.0.saturating_add(u64::from(packet.bytes.1));
            let gone = usize::try_from(end.saturating_sub(self.first_byte)).unwrap_or(0).min(self.bytes.len());
            self.bytes.drain(..gone);
            self.first_byte = self.first_byte.saturating_add(gone as u64);
        }
        while self.flights.front().is_some_and(|&first| first <= row) {
            self.flights.pop_front();
            self.first_flight = self.first_flight.saturating_add(1);
        }
    }
}

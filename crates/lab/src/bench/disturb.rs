//! Commands that disturb: rules, faults by hand, links, bytes of one's own.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use contract::{Action, DeviceId, Fault, FaultRule, LinkAction, PaceWanted, Refusal, RowNo, RuleId};

use super::Bench;
use super::check::{Result, bad, check_filter, check_qos};
use crate::pace::Wall;
use crate::world::Input;

/// Milliseconds that a fault may delay a packet: a day.
const LONGEST_DELAY: u32 = 86_400_000;

impl Bench {
    pub(super) fn add_rule(&mut self, wall: Wall, rule: FaultRule) -> Result<RuleId> {
        check_rule(&rule)?;
        if self.world.faults.len() >= self.config.max_rules {
            return Err(Refusal::Limit { name: String::from("max_rules"), value: self.config.max_rules as u64 });
        }
        let id = self.world.faults.next_id();
        self.post(wall, Input::AddRule(Box::new(rule)));
        self.catch_up(wall);
        Ok(id)
    }

    pub(super) fn remove_rule(&mut self, wall: Wall, id: RuleId) -> Result<()> {
        if !self.world.faults.has(id) {
            return Err(Refusal::NoSuchRule);
        }
        self.post(wall, Input::RemoveRule(id));
        Ok(())
    }

    pub(super) fn touch(&mut self, wall: Wall, row: RowNo, fault: Option<Fault>) -> Result<()> {
        fault.map_or(Ok(()), check_fault)?;
        let flight = self.trace.flight_of(row).filter(|&flight| self.world.find_flight(flight).is_some()).ok_or(Refusal::NotUnderWay)?;
        self.post(wall, Input::Touch { flight, fault });
        Ok(())
    }

    pub(super) fn act_on_link(&mut self, wall: Wall, device: DeviceId, action: LinkAction) -> Result<()> {
        self.connected(device)?;
        let wrong = match action {
            LinkAction::Heal => !self.world.is_silent(device),
            LinkAction::Silence => self.world.is_silent(device),
            LinkAction::Cut => false,
        };
        if wrong {
            return Err(Refusal::WrongState);
        }
        self.post(wall, Input::Link { device, action });
        Ok(())
    }

    pub(super) fn inject(&mut self, wall: Wall, device: DeviceId, to_broker: bool, bytes: Vec<u8>) -> Result<()> {
        self.connected(device)?;
        if to_broker {
            self.simulated(device)?;
        }
        let most = self.config.broker.max_packet_size as usize;
        if bytes.is_empty() || bytes.len() > most {
            return Err(bad("bytes", &alloc::format!("It takes 1 to {most} bytes to be sent.")));
        }
        self.post(wall, Input::Inject { device, to_broker, bytes: Bytes::from(bytes) });
        Ok(())
    }

    /// Real devices wait for an answer to PINGREQ while packets do not move by themselves.
    pub(super) fn must_answer_pings(&self) -> bool {
        self.answers_pings
            && matches!(self.pace.wanted(), PaceWanted::Paused | PaceWanted::Beat { .. })
            && self.world.has_real_devices()
            && self.world.has_unanswered_pings()
    }

    fn connected(&self, device: DeviceId) -> Result<()> {
        self.world.devices.get(device).ok_or(Refusal::NoSuchDevice)?;
        self.world.conn_of(device).map(drop).ok_or(Refusal::WrongState)
    }
}

pub(crate) fn check_rule(rule: &FaultRule) -> Result<()> {
    if !(1..=1_000).contains(&rule.per_mille) {
        return Err(bad("per_mille", "The chance is 1 to 1,000 of a thousand."));
    }
    if rule.times == Some(0) {
        return Err(bad("times", "A rule that strikes no packet is none: 1 or more, or always."));
    }
    if let Some(filter) = &rule.matcher.topic {
        check_filter(filter)?;
    }
    if let Some(qos) = rule.matcher.qos {
        check_qos("qos", qos)?;
    }
    if rule.matcher.packet_id == Some(0) {
        return Err(bad("packet_id", "A Packet Identifier is 1 to 65,535."));
    }
    match rule.action {
        Action::Fault(fault) => check_fault(fault),
        Action::Pause => Ok(()),
    }
}

fn check_fault(fault: Fault) -> Result<()> {
    match fault {
        Fault::Delay { millis } if millis > LONGEST_DELAY => Err(bad("millis", "A packet can be delayed by a day at most.")),
        _ => Ok(()),
    }
}

//! Inputs and limits as bytes: numbers of seven bits a byte, texts and bytes with their length before them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use broker::{Instant, Mode};
use bytes::Bytes;
use contract::tunnel::Transport;
use contract::{Action, Fault, FaultRule, LinkAction, Matcher};
use mqtt::QoS;

use crate::config::Config;
use crate::scn;
use crate::world::Input;

/// Inputs within inputs: one that is planned holds one that is none.
const DEEPEST: u32 = 2;

/// Bytes that are written at their end and read from their beginning.
#[derive(Default)]
pub(super) struct Tape<'a> {
    out: Vec<u8>,
    rest: &'a [u8],
}

impl<'a> Tape<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Tape<'a> {
        Tape { out: Vec::new(), rest }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn put(&mut self, mut number: u64) {
        while number > 0x7F {
            self.out.push((number & 0x7F) as u8 | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    pub(super) fn put_signed(&mut self, number: i64) {
        self.put(((number << 1) ^ (number >> 63)) as u64);
    }

    pub(super) fn put_bytes(&mut self, bytes: &[u8]) {
        self.put(bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn put_text(&mut self, text: &str) {
        self.put_bytes(text.as_bytes());
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0u32..10).map(|nth| nth.saturating_mul(7)) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7F).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ ((number & 1) as i64).wrapping_neg())
    }

    fn u32(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    fn flag(&mut self) -> Option<bool> {
        self.number().map(|number| number != 0)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(bytes)
    }

    pub(super) fn text(&mut self) -> Option<String> {
        core::str::from_utf8(self.bytes()?).ok().map(String::from)
    }
}

/// Writes and reads limits by one list of them, in its order.
macro_rules! limits {
    ($($field:ident),*; $($own:ident),*) => {
        /// What of the limits has a say in what happens.
        pub(super) fn put_config(tape: &mut Tape<'_>, config: &Config) {
            let broker = &config.broker;
            // Named one by one, so that a new limit is not forgotten here.
            let broker::Config { mode, maximum_qos, response_information, explain, retain_available, wildcards_available,
                subscription_identifiers_available, shared_subscriptions_available, one_copy, sys_clients, $($own: _),* } = broker;
            let flags = [*explain, *retain_available, *wildcards_available, *subscription_identifiers_available,
                *shared_subscriptions_available, *one_copy, *sys_clients, *mode == Mode::Strict, response_information.is_some()];
            flags.into_iter().for_each(|flag| tape.put(flag.into()));
            tape.put(*maximum_qos as u64);
            tape.put_text(response_information.as_deref().unwrap_or_default());
            $(tape.put(broker.$own as u64);)*
            $(tape.put(config.$field as u64);)*
        }

        /// Reads limits; those that have no say are one's own.
        pub(super) fn config(tape: &mut Tape<'_>, own: &Config) -> Option<Config> {
            let mut config = own.clone();
            let broker = &mut config.broker;
            broker.explain = tape.flag()?;
            broker.retain_available = tape.flag()?;
            broker.wildcards_available = tape.flag()?;
            broker.subscription_identifiers_available = tape.flag()?;
            broker.shared_subscriptions_available = tape.flag()?;
            broker.one_copy = tape.flag()?;
            broker.sys_clients = tape.flag()?;
            broker.mode = if tape.flag()? { Mode::Strict } else { Mode::Friendly };
            let informs = tape.flag()?;
            broker.maximum_qos = QoS::from_bits(u8::try_from(tape.number()?).ok()?)?;
            broker.response_information = Some(tape.text()?).filter(|_| informs);
            $(broker.$own = tape.number()?.try_into().ok()?;)*
            $(config.$field = tape.number()?.try_into().ok()?;)*
            Some(config)
        }
    };
}

limits! {
    simulated_latency, max_strangers, max_client_backlog, max_planned_faults;
    max_packet_size, max_connect_size, connect_deadline, max_connections, max_sessions, max_in_flight, receive_maximum,
    topic_alias_maximum, max_topic_aliases_out, max_queued, max_queued_bytes, unsent_high_water, unsent_limit, max_subscriptions,
    max_topic_levels, max_cached_routes, max_retained, max_session_expiry, v3_session_expiry, max_keep_alive, sys_interval, v3_retry,
    max_filters_per_packet
}

/// Writes an input; refused with a sentence that says why.
pub(super) fn put_input(tape: &mut Tape<'_>, input: &Input) -> Result<(), &'static str> {
    let mut put = |numbers: &[u64]| numbers.iter().for_each(|number| tape.put(*number));
    match input {
        Input::Open { conn, transport, peer } => {
            put(&[0, (*conn).into(), (*transport == Transport::Ws).into()]);
            tape.put_text(peer);
        }
        Input::Data { conn, bytes } => {
            put(&[1, (*conn).into()]);
            tape.put_bytes(bytes);
        }
        Input::Credit { conn, bytes } => put(&[2, (*conn).into(), (*bytes).into()]),
        Input::Gone { conn, how } => {
            put(&[3, (*conn).into()]);
            tape.put_text(how);
        }
        Input::TunnelLost => put(&[4]),
        Input::Add { spec, connect } => {
            put(&[5, (*connect).into()]);
            let mut text = String::new();
            scn::write_device(&mut text, spec);
            tape.put_text(&text);
        }
        Input::Remove(device) => put(&[6, (*device).into()]),
        Input::Connect { device, after } => put(&[7, (*device).into(), *after]),
        Input::Disconnect(device) => put(&[8, (*device).into()]),
        Input::Mode { mode, explain } => put(&[9, (*mode == Mode::Strict).into(), (*explain).into()]),
        Input::Access(_) => return Err("Users or rights were set in it; what is kept of their passwords is not given away."),
        Input::Publish { device, topic, payload, qos, retain } => {
            put(&[10, (*device).into(), *qos as u64, (*retain).into()]);
            tape.put_text(topic);
            tape.put_bytes(payload);
        }
        Input::AddRule(rule) => {
            put(&[11]);
            put_rule(tape, rule);
        }
        Input::RemoveRule(rule) => put(&[12, (*rule).into()]),
        Input::Touch { flight, fault } => {
            put(&[13, *flight, fault.is_some().into()]);
            if let Some(fault) = fault {
                put_fault(tape, *fault);
            }
        }
        Input::Link { device, action } => put(&[14, (*device).into(), *action as u64]),
        Input::Inject { device, to_broker, bytes } => {
            put(&[15, (*device).into(), (*to_broker).into()]);
            tape.put_bytes(bytes);
        }
        Input::AnswerPings => put(&[16]),
        Input::Place { flight, fault } => {
            put(&[17, *flight]);
            put_fault(tape, *fault);
        }
        Input::Observe(most) => put(&[18, (*most).into()]),
        Input::CutAll { at } => put(&[19, at.micros()]),
        Input::Later { after, input } => {
            put(&[20, *after]);
            put_input(tape, input)?;
        }
        Input::Halt => put(&[21]),
    }
    Ok(())
}

/// Reads an input; `None`: the bytes are none.
pub(super) fn input(tape: &mut Tape<'_>, depth: u32) -> Option<Input> {
    if depth > DEEPEST {
        return None;
    }
    Some(match tape.number()? {
        0 => {
            let (conn, ws) = (tape.u32()?, tape.flag()?);
            let transport = if ws { Transport::Ws } else { Transport::Tcp };
            Input::Open { conn, transport, peer: Arc::from(tape.text()?) }
        }
        1 => Input::Data { conn: tape.u32()?, bytes: Bytes::copy_from_slice(tape.bytes()?) },
        2 => Input::Credit { conn: tape.u32()?, bytes: tape.u32()? },
        3 => Input::Gone { conn: tape.u32()?, how: Arc::from(tape.text()?) },
        4 => Input::TunnelLost,
        5 => {
            let connect = tape.flag()?;
            Input::Add { spec: Box::new(scn::parse(&tape.text()?).ok()?.devices.pop()?), connect }
        }
        6 => Input::Remove(tape.u32()?),
        7 => Input::Connect { device: tape.u32()?, after: tape.number()? },
        8 => Input::Disconnect(tape.u32()?),
        9 => Input::Mode { mode: if tape.flag()? { Mode::Strict } else { Mode::Friendly }, explain: tape.flag()? },
        10 => {
            let (device, qos, retain) = (tape.u32()?, QoS::from_bits(u8::try_from(tape.number()?).ok()?)?, tape.flag()?);
            Input::Publish { device, topic: tape.text()?, payload: Bytes::copy_from_slice(tape.bytes()?), qos, retain }
        }
        11 => Input::AddRule(Box::new(rule(tape)?)),
        12 => Input::RemoveRule(tape.u32()?),
        13 => {
            let (flight, some) = (tape.number()?, tape.flag()?);
            Input::Touch { flight, fault: if some { Some(fault(tape)?) } else { None } }
        }
        14 => {
            let device = tape.u32()?;
            let actions = [LinkAction::Cut, LinkAction::Silence, LinkAction::Heal];
            let action = tape.number()?;
            Input::Link { device, action: actions.into_iter().find(|other| *other as u64 == action)? }
        }
        15 => Input::Inject { device: tape.u32()?, to_broker: tape.flag()?, bytes: Bytes::copy_from_slice(tape.bytes()?) },
        16 => Input::AnswerPings,
        17 => Input::Place { flight: tape.number()?, fault: fault(tape)? },
        18 => Input::Observe(tape.u32()?),
        19 => Input::CutAll { at: Instant::from_micros(tape.number()?) },
        20 => Input::Later { after: tape.number()?, input: Box::new(input(tape, depth.saturating_add(1))?) },
        21 => Input::Halt,
        _ => return None,
    })
}

fn put_rule(tape: &mut Tape<'_>, rule: &FaultRule) {
    tape.put_text(&scn::write_rule(rule));
}

fn rule(tape: &mut Tape<'_>) -> Option<FaultRule> {
    scn::parse(&tape.text()?).ok()?.rules.pop()
}

/// A fault alone is written as a rule that does it.
fn put_fault(tape: &mut Tape<'_>, fault: Fault) {
    put_rule(tape, &FaultRule::new(Matcher::default(), Action::Fault(fault)));
}

fn fault(tape: &mut Tape<'_>) -> Option<Fault> {
    match rule(tape)?.action {
        Action::Fault(fault) => Some(fault),
        Action::Pause => None,
    }
}

//! Lines that describe a device.

use alloc::string::String;
use alloc::vec::Vec;

use contract::{DeviceSpec, Habit, Protocol, Role, Wave, Will, WillProperties};

use super::line::{Line, Result};

pub(super) const PROTOCOLS: [(&str, Protocol); 3] = [("3.1", Protocol::V31), ("3.1.1", Protocol::V311), ("5.0", Protocol::V5)];
pub(super) const ROLES: [(&str, Role); 3] =
    [("car-lock", Role::CarLock), ("light-bulb", Role::LightBulb), ("thermostat", Role::Thermostat)];

/// Reads what follows the first word of a line. `false`: this is no line of a device.
pub(super) fn read(spec: &mut DeviceSpec, keyword: &str, line: &mut Line<'_>) -> Result<bool> {
    match keyword {
        "clean-start" => spec.clean_start = line.yes()?,
        "session-expiry" => spec.session_expiry = line.u32()?,
        "keep-alive" => spec.keep_alive = line.u16()?,
        "receive-maximum" => spec.receive_maximum = line.u16()?,
        "maximum-packet-size" => spec.maximum_packet_size = line.u32()?,
        "topic-alias-maximum" => spec.topic_alias_maximum = line.u16()?,
        "topic-aliases" => spec.uses_topic_aliases = line.yes()?,
        "assigned-client-id" => spec.asks_for_client_id = line.yes()?,
        "request-response-information" => spec.request_response_information = Some(line.yes()?),
        "request-problem-information" => spec.request_problem_information = Some(line.yes()?),
        "user-name" => spec.user_name = Some(line.text("a user name")?),
        "password" => spec.password = Some(line.text("a password")?),
        "scram" => spec.scram = line.yes()?,
        "user-property" => spec.user_properties.push(pair(line)?),
        _ => return Ok(will(spec, keyword, line)? || habit(&mut spec.habits, keyword, line)?),
    }
    Ok(true)
}

fn pair(line: &mut Line<'_>) -> Result<(String, String)> {
    Ok((line.text("a name")?, line.text("a value")?))
}

fn will(spec: &mut DeviceSpec, keyword: &str, line: &mut Line<'_>) -> Result<bool> {
    if keyword == "will" {
        let (topic, payload) = (line.text("a topic name")?, line.bytes("a payload")?);
        let Tail { qos, retain, .. } = tail(line, &["qos", "retain"])?;
        spec.will = Some(Will { topic, payload, qos, retain, properties: WillProperties::default() });
        return Ok(true);
    }
    let Some(part) = keyword.strip_prefix("will-") else { return Ok(false) };
    let Some(will) = &mut spec.will else {
        return Err(line.error(1, "expected a line `will` before those of its properties"));
    };
    let of = &mut will.properties;
    match part {
        "delay" => of.delay = line.u32()?,
        "is-text" => of.is_text = line.yes()?,
        "message-expiry" => of.message_expiry = Some(line.u32()?),
        "content-type" => of.content_type = Some(line.text("a content type")?),
        "response-topic" => of.response_topic = Some(line.text("a topic name")?),
        "correlation-data" => of.correlation_data = Some(line.bytes("bytes")?),
        "user-property" => of.user_properties.push(pair(line)?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// What may stand behind a message, in any order.
#[derive(Default)]
pub(super) struct Tail {
    pub(super) qos: u8,
    pub(super) retain: bool,
    after: u32,
    every: u32,
}

/// Reads those of `qos`, `retain`, `after` and `every` that may stand here.
pub(super) fn tail(line: &mut Line<'_>, may: &[&str]) -> Result<Tail> {
    let mut tail = Tail::default();
    'more: loop {
        for word in may {
            if line.takes(word)? {
                match *word {
                    "qos" => tail.qos = line.qos()?,
                    "retain" => tail.retain = true,
                    "after" => tail.after = line.millis()?,
                    _ => tail.every = line.millis()?,
                }
                continue 'more;
            }
        }
        return Ok(tail);
    }
}

fn habit(habits: &mut Vec<Habit>, keyword: &str, line: &mut Line<'_>) -> Result<bool> {
    let all = ["qos", "retain", "after", "every"];
    let timed = ["qos", "after", "every"];
    habits.push(match keyword {
        "subscribe" => Habit::Subscribe { filter: line.text("a topic filter")?, qos: tail(line, &["qos"])?.qos },
        "publish" => {
            let (topic, payload) = (line.text("a topic name")?, line.text("a payload")?);
            let Tail { qos, retain, after, every } = tail(line, &all)?;
            Habit::Publish { topic, payload, qos, retain, after_ms: after, every_ms: every }
        }
        "respond" => {
            let filter = line.text("a topic filter")?;
            let qos = tail(line, &["qos"])?.qos;
            line.keyword("with")?;
            let (topic, payload) = (line.text("a topic name")?, line.text("a payload")?);
            let Tail { qos: answer_qos, retain, .. } = tail(line, &["qos", "retain"])?;
            Habit::Respond { filter, qos, topic, payload, answer_qos, retain }
        }
        "measure" => {
            let (topic, payload) = (line.text("a topic name")?, line.text("a payload")?);
            let is_sine = line.one_of(&[("sine", true), ("walk", false)])?;
            let (min, max) = (line.thousandths()?, line.thousandths()?);
            let wave = if is_sine {
                Wave::Sine { min, max, period_ms: line.millis()? }
            } else {
                Wave::Walk { min, max, step: line.thousandths()? }
            };
            let Tail { qos, retain, after, every } = tail(line, &all)?;
            Habit::Measure { topic, payload, wave, qos, retain, after_ms: after, every_ms: every }
        }
        "request" => {
            let (topic, payload) = (line.text("a topic name")?, line.text("a payload")?);
            line.keyword("reply")?;
            let response_topic = line.text("a response topic")?;
            let Tail { qos, after, every, .. } = tail(line, &timed)?;
            Habit::Request { topic, payload, response_topic, qos, after_ms: after, every_ms: every }
        }
        "serve" => {
            let (filter, role) = (line.text("a topic filter")?, line.one_of(&ROLES)?);
            let state = if line.takes("state")? { Some(line.text("a topic name")?) } else { None };
            Habit::Serve { filter, role, state, qos: tail(line, &["qos"])?.qos }
        }
        "go-offline" => {
            line.keyword("after")?;
            let after_ms = line.millis()?;
            line.keyword("for")?;
            Habit::GoOffline { after_ms, for_ms: line.millis()?, politely: line.takes("politely")? }
        }
        "resend-alive" => {
            line.keyword("after")?;
            Habit::ResendAlive { after_ms: line.millis()? }
        }
        "never-acknowledge" => Habit::NeverAcknowledge,
        "acknowledge-twice" => Habit::AcknowledgeTwice,
        "reuse-busy-id" => Habit::ReuseBusyId,
        _ => return Ok(false),
    });
    Ok(true)
}

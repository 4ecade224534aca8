//! What a simulated device may be made of.

use alloc::string::String;
use contract::{DeviceSpec, Habit, Protocol, Wave, Will, WillProperties};
use mqtt::topic;

use super::check::{Result, bad, check_filter, check_qos, check_text, check_topic};

/// Bytes that the User Properties of one packet may have in all.
const MAX_USER_PROPERTIES: usize = 32 * 1024;

/// Whether a device can be what it shall be; else which field is wrong, and what would be right.
pub(crate) fn check_spec(spec: &DeviceSpec) -> Result<()> {
    check_text("client_id", &spec.client_id)?;
    if spec.client_id.is_empty() {
        return Err(bad("client_id", "A simulated device needs a Client Identifier of at least one character."));
    }
    check_version(spec)?;
    check_login(spec)?;
    check_pairs("user_properties", &spec.user_properties)?;
    if let Some(will) = &spec.will {
        check_will(will)?;
    }
    for habit in &spec.habits {
        match habit {
            Habit::Subscribe { filter, qos } => {
                check_filter(filter)?;
                check_qos("qos", *qos)?;
            }
            Habit::Publish { topic, qos, every_ms, .. } => {
                check_topic("topic", topic)?;
                check_qos("qos", *qos)?;
                if (1..10).contains(every_ms) {
                    return Err(bad("every_ms", "A device may publish every 10 milliseconds or less often, or once (0)."));
                }
            }
            Habit::Measure { .. } | Habit::Request { .. } | Habit::Serve { .. } | Habit::GoOffline { .. } | Habit::ResendAlive { .. } => {
                check_habit(spec, habit)?;
            }
            Habit::NeverAcknowledge | Habit::AcknowledgeTwice | Habit::ReuseBusyId => {}
            Habit::Respond { filter, qos, topic, answer_qos, .. } => {
                check_filter(filter)?;
                check_topic("topic", topic)?;
                check_qos("qos", *qos)?;
                check_qos("answer_qos", *answer_qos)?;
                if topic::matches(filter, topic) {
                    return Err(bad("topic", "The answer's topic matches the request's filter: the device would answer itself for ever."));
                }
            }
        }
    }
    Ok(())
}

/// What measures, asks, serves or comes and goes.
fn check_habit(spec: &DeviceSpec, habit: &Habit) -> Result<()> {
    match habit {
        Habit::Measure { topic, wave, qos, every_ms, .. } => {
            check_topic("topic", topic)?;
            check_qos("qos", *qos)?;
            check_wave(*wave)?;
            at_least("every_ms", *every_ms, 10)
        }
        Habit::Request { topic, response_topic, qos, every_ms, .. } => {
            if spec.protocol != Protocol::V5 {
                return Err(bad("protocol", "Response Topic and Correlation Data exist from MQTT 5.0 on."));
            }
            check_topic("topic", topic)?;
            check_topic("response_topic", response_topic)?;
            check_qos("qos", *qos)?;
            if *every_ms > 0 { at_least("every_ms", *every_ms, 10) } else { Ok(()) }
        }
        Habit::Serve { filter, state, qos, .. } => {
            check_filter(filter)?;
            check_qos("qos", *qos)?;
            let Some(state) = state else { return Ok(()) };
            check_topic("state", state)?;
            if topic::matches(filter, state) {
                return Err(bad("state", "The state's topic matches the request's filter: the device would ask itself."));
            }
            Ok(())
        }
        Habit::GoOffline { after_ms, for_ms, .. } => {
            at_least("after_ms", *after_ms, 10)?;
            at_least("for_ms", *for_ms, 10)
        }
        Habit::ResendAlive { after_ms } => at_least("after_ms", *after_ms, 10),
        _ => Ok(()),
    }
}

fn check_wave(wave: Wave) -> Result<()> {
    let (Wave::Sine { min, max, .. } | Wave::Walk { min, max, .. }) = wave;
    if min > max {
        return Err(bad("wave", "The lowest value is not above the highest."));
    }
    match wave {
        Wave::Sine { period_ms, .. } => at_least("period_ms", period_ms, 100),
        Wave::Walk { step, .. } if step < 1 => Err(bad("step", "A walk changes by a thousandth at least.")),
        Wave::Walk { .. } => Ok(()),
    }
}

fn at_least(field: &str, millis: u32, least: u32) -> Result<()> {
    if millis < least { Err(bad(field, &alloc::format!("It takes {least} milliseconds at least."))) } else { Ok(()) }
}

fn check_login(spec: &DeviceSpec) -> Result<()> {
    let (user, password) = (spec.user_name.as_deref(), spec.password.as_deref());
    check_text("user_name", user.unwrap_or_default())?;
    if password.is_some_and(|password| password.len() > 0xFFFF) {
        return Err(bad("password", "A password has at most 65,535 bytes."));
    }
    if spec.protocol != Protocol::V5 && user.is_none() && password.is_some() {
        return Err(bad("user_name", "Before MQTT 5.0 a password needs a user name."));
    }
    if spec.scram && (spec.protocol != Protocol::V5 || user.is_none_or(str::is_empty) || password.is_none()) {
        return Err(bad("scram", "SCRAM-SHA-256 needs MQTT 5.0, a user name and a password."));
    }
    Ok(())
}

/// What only 5.0 has, or not every version.
fn check_version(spec: &DeviceSpec) -> Result<()> {
    let five = spec.protocol == Protocol::V5;
    let numbers = [u32::from(spec.receive_maximum), spec.session_expiry, spec.maximum_packet_size, u32::from(spec.topic_alias_maximum)];
    if !five && numbers.into_iter().any(|number| number > 0) {
        let why = "Session Expiry Interval, Receive Maximum, Maximum Packet Size and Topic Alias Maximum exist from MQTT 5.0 on.";
        return Err(bad("protocol", why));
    }
    let asks = spec.request_response_information.is_some() || spec.request_problem_information.is_some();
    if !five && (asks || spec.uses_topic_aliases || !spec.user_properties.is_empty()) {
        let why = "Request Response Information, Request Problem Information, Topic Aliases and User Properties exist from MQTT 5.0 on.";
        return Err(bad("protocol", why));
    }
    if !five && spec.will.as_ref().is_some_and(|will| will.properties != WillProperties::default()) {
        return Err(bad("will.properties", "A will has properties from MQTT 5.0 on."));
    }
    match spec.protocol {
        Protocol::V31 if spec.asks_for_client_id => {
            Err(bad("asks_for_client_id", "MQTT 3.1 has no assigned Client Identifiers: a client must name itself."))
        }
        Protocol::V311 if spec.asks_for_client_id && !spec.clean_start => {
            Err(bad("asks_for_client_id", "In MQTT 3.1.1 only a client with Clean Session may leave its Client Identifier empty."))
        }
        _ => Ok(()),
    }
}

fn check_will(will: &Will) -> Result<()> {
    check_topic("will.topic", &will.topic)?;
    check_qos("will.qos", will.qos)?;
    if will.payload.len() > 0xFFFF {
        return Err(bad("will.payload", "A will's payload is at most 65,535 bytes."));
    }
    let WillProperties { is_text, content_type, response_topic, correlation_data, user_properties, .. } = &will.properties;
    if *is_text && core::str::from_utf8(&will.payload).is_err() {
        return Err(bad("will.properties.is_text", "The payload is no UTF-8 text."));
    }
    check_text("will.properties.content_type", content_type.as_deref().unwrap_or_default())?;
    if let Some(topic) = response_topic {
        check_topic("will.properties.response_topic", topic)?;
    }
    if correlation_data.as_ref().is_some_and(|data| data.len() > 0xFFFF) {
        return Err(bad("will.properties.correlation_data", "Correlation Data is at most 65,535 bytes."));
    }
    check_pairs("will.properties.user_properties", user_properties)
}

fn check_pairs(field: &str, pairs: &[(String, String)]) -> Result<()> {
    let mut bytes = 0usize;
    for (name, value) in pairs {
        check_text(field, name)?;
        check_text(field, value)?;
        bytes = bytes.saturating_add(name.len()).saturating_add(value.len()).saturating_add(5);
    }
    if bytes > MAX_USER_PROPERTIES {
        return Err(bad(field, "User Properties are at most 32,768 bytes in all."));
    }
    Ok(())
}

//! Devices that answer requests: a car lock, a light bulb, a thermostat.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use contract::Role;
use mqtt::QoS;

use super::{Address, Publication};

/// State of what a client serves; `None`: nobody has said anything yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Serving(Option<u8>);

impl Serving {
    /// Does what is asked and appends what is said to it: the answer where the request wants it, and the state where it has changed.
    pub(super) fn answer(&mut self, role: Role, state: Option<&str>, qos: QoS, asked: &Publication, out: &mut Vec<Publication>) {
        let before = self.0.unwrap_or(if role == Role::Thermostat { 20 } else { 0 });
        let word = core::str::from_utf8(&asked.payload).unwrap_or_default().trim();
        let wanted = match (role, word) {
            (_, "" | "status") => Ok(before),
            (Role::CarLock, "lock") | (Role::LightBulb, "on") => Ok(1),
            (Role::CarLock, "unlock") | (Role::LightBulb, "off") => Ok(0),
            (Role::LightBulb, "toggle") => Ok(1u8.saturating_sub(before)),
            (Role::CarLock, _) => Err("unknown: lock, unlock or status"),
            (Role::LightBulb, _) => Err("unknown: on, off, toggle or status"),
            (Role::Thermostat, _) => match word.parse::<u8>() {
                Ok(degrees @ 5..=35) => Ok(degrees),
                _ => Err("unknown: 5 to 35 or status"),
            },
        };
        let said = wanted.map_or_else(String::from, |now| word_of(role, now)).into_bytes();
        if let Some(Address { response_topic: Some(topic), correlation_data }) = &asked.address {
            let address = correlation_data.clone().map(|data| Address { response_topic: None, correlation_data: Some(data) });
            out.push(Publication { topic: topic.clone(), payload: said.clone(), qos, retain: false, address });
        }
        let Ok(now) = wanted else { return };
        let is_new = self.0 != Some(now);
        self.0 = Some(now);
        if let Some(topic) = state.filter(|_| is_new) {
            out.push(Publication { topic: String::from(topic), payload: said, qos, retain: true, address: None });
        }
    }
}

fn word_of(role: Role, state: u8) -> String {
    match (role, state) {
        (Role::CarLock, 0) => String::from("unlocked"),
        (Role::CarLock, _) => String::from("locked"),
        (Role::LightBulb, 0) => String::from("off"),
        (Role::LightBulb, _) => String::from("on"),
        (Role::Thermostat, degrees) => degrees.to_string(),
    }
}

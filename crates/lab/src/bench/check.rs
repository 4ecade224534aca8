//! Fields of commands, checked by name.

use alloc::string::{String, ToString};

use contract::Refusal;
use mqtt::{QoS, Text, topic};

pub(crate) type Result<T> = core::result::Result<T, Refusal>;

pub(super) fn check_qos(field: &str, qos: u8) -> Result<QoS> {
    QoS::from_bits(qos).ok_or_else(|| bad(field, "QoS is 0, 1 or 2."))
}

pub(super) fn check_text(field: &str, text: &str) -> Result<()> {
    Text::new(text).map(drop).map_err(|error| bad(field, &error.to_string()))
}

pub(crate) fn check_topic(field: &str, name: &str) -> Result<()> {
    check_text(field, name)?;
    topic::TopicName::parse(name).map(drop).map_err(|error| bad(field, &error.to_string()))
}

pub(super) fn check_filter(filter: &str) -> Result<()> {
    check_text("filter", filter)?;
    topic::TopicFilter::parse(filter).map(drop).map_err(|error| bad("filter", &error.to_string()))
}

pub(super) fn bad(field: &str, why: &str) -> Refusal {
    Refusal::BadField { field: String::from(field), why: String::from(why) }
}

//! `$SYS/broker/clients/{Client Identifier}/…`: what single clients do, as messages. Off unless [`crate::Config::sys_clients`] is on.
//!
//! Below the client stand `connected`, `disconnected`, `subscribed` and `unsubscribed`; the payload is a JSON object. They are not
//! retained. A client whose identifier cannot be part of a Topic Name (it holds `+` or `#`) has none.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use mqtt::{Connect, Properties, QoS, Text, topic};

use crate::broker::Broker;
use crate::event::{EndWhy, Event, GoneWhy};
use crate::ids::SessionNo;
use crate::io::Outbox;
use crate::state::message::Message;
use crate::time::Instant;

impl Broker {
    pub(crate) fn announce_connected(&mut self, now: Instant, no: SessionNo, connect: &Connect<'_>, out: &mut Outbox) {
        if !self.config.sys_clients {
            return;
        }
        let user = self.sessions.get(no).and_then(|session| session.user.clone());
        let user = user.map_or_else(|| String::from("null"), |user| json(&user));
        let (version, keep_alive, clean) = (connect.version.level(), connect.keep_alive, connect.clean_start);
        let payload = format!("{{\"user\":{user},\"protocol\":{version},\"keep_alive\":{keep_alive},\"clean_start\":{clean}}}");
        self.announce(now, no, "connected", &payload, out);
    }

    pub(crate) fn announce_disconnected(&mut self, now: Instant, no: SessionNo, why: EndWhy, out: &mut Outbox) {
        if !self.config.sys_clients {
            return;
        }
        let (by, reason) = match why {
            EndWhy::Goodbye(reason) => ("client", reason as u8),
            EndWhy::Broker(reason) => ("broker", reason as u8),
            EndWhy::Gone(GoneWhy::Closed | GoneWhy::Lost | GoneWhy::TunnelLost) => ("network", 0x80),
        };
        self.announce(now, no, "disconnected", &format!("{{\"by\":\"{by}\",\"reason\":{reason}}}"), out);
    }

    /// `qos`: as granted; none: the subscription is gone.
    pub(crate) fn announce_filter(&mut self, now: Instant, no: SessionNo, filter: &str, qos: Option<QoS>, out: &mut Outbox) {
        if !self.config.sys_clients {
            return;
        }
        let filter = json(filter);
        match qos {
            Some(qos) => self.announce(now, no, "subscribed", &format!("{{\"filter\":{filter},\"qos\":{}}}", qos as u8), out),
            None => self.announce(now, no, "unsubscribed", &format!("{{\"filter\":{filter}}}"), out),
        }
    }

    fn announce(&mut self, now: Instant, no: SessionNo, what: &str, payload: &str, out: &mut Outbox) {
        let Some(client) = self.sessions.get(no).map(|session| session.client.clone()) else { return };
        let topic = format!("$SYS/broker/clients/{client}/{what}");
        let Ok(topic) = Text::new(&topic) else { return };
        if topic::TopicName::parse(topic.as_str()).is_err() || !self.levels_ok(topic.as_str()) {
            return;
        }
        let message_no = self.next_message();
        let message = Message {
            no: message_no,
            topic,
            payload: payload.as_bytes(),
            properties: Properties::EMPTY,
            qos: QoS::AtMostOnce,
            retain: false,
            from: None,
            expires_at: None,
        };
        out.tell(|| Event::Published { conn: None, message: message_no });
        self.deliver(now, &message, out);
    }
}

/// A text as JSON writes it.
fn json(text: &str) -> String {
    let mut json = String::with_capacity(text.len().saturating_add(2));
    json.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            control if control.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(json, "\\u{:04x}", u32::from(control));
            }
            letter => json.push(letter),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(json("a\"b\\c\n\u{85}é/"), "\"a\\\"b\\\\c\\u000a\\u0085é/\"");
    }
}

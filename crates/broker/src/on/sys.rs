//! `$SYS`: what the broker tells of itself, under the names that mosquitto gave these topics. Off unless [`crate::Config::sys_interval`]
//! says how often.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mqtt::{PacketType, Properties, QoS, Text};

use crate::broker::Broker;
use crate::event::Event;
use crate::io::{Input, Outbox, Output};
use crate::state::message::Message;
use crate::state::stats::Stats;
use crate::state::timers::Timer;
use crate::time::Instant;

impl Broker {
    /// Counts what came in. The first input of all starts the clock.
    pub(crate) fn count_in(&mut self, now: Instant, input: &Input<'_>) {
        if self.sys_at.is_none() {
            self.stats.since = now;
            self.arm_sys(now);
        }
        let stats = &mut self.stats;
        if let Input::Open { .. } = input {
            stats.sockets = stats.sockets.saturating_add(1);
        }
        if let Input::Frame { frame, .. } = input {
            if frame.kind() == PacketType::Connect {
                stats.connects = stats.connects.saturating_add(1);
            }
            stats.packets_in = stats.packets_in.saturating_add(1);
            stats.bytes_in = stats.bytes_in.saturating_add(frame.bytes().len() as u64);
            if frame.kind() == PacketType::Publish {
                stats.publishes_in = stats.publishes_in.saturating_add(1);
                stats.publish_bytes_in = stats.publish_bytes_in.saturating_add(frame.bytes().len() as u64);
            }
        }
    }

    /// Counts what a turn sent and dropped: `outputs` from `first` on are its own.
    pub(crate) fn count_out(&mut self, first: usize, out: &Outbox, dropped: u64) {
        let stats = &mut self.stats;
        stats.dropped = stats.dropped.saturating_add(dropped);
        for output in out.outputs.iter().skip(first) {
            let Output::Send { frame, .. } = output else { continue };
            stats.packets_out = stats.packets_out.saturating_add(1);
            stats.bytes_out = stats.bytes_out.saturating_add(frame.len() as u64);
            if out.frame(*frame).first().is_some_and(|first| first >> 4 == PacketType::Publish as u8) {
                stats.publishes_out = stats.publishes_out.saturating_add(1);
                stats.publish_bytes_out = stats.publish_bytes_out.saturating_add(frame.len() as u64);
            }
        }
    }

    /// Publishes the tree anew, as far as it changed.
    pub(crate) fn on_sys(&mut self, now: Instant, out: &mut Outbox) {
        self.arm_sys(now);
        self.stats.turn(self.config.sys_interval);
        for (name, value) in self.sys_rows(now) {
            let topic = format!("$SYS/broker/{name}");
            if self.retained.payload(&topic) == Some(value.as_bytes()) {
                continue;
            }
            let Ok(topic) = Text::new(&topic) else { continue };
            let no = self.next_message();
            let message = Message {
                no,
                topic,
                payload: value.as_bytes(),
                properties: Properties::EMPTY,
                qos: QoS::ExactlyOnce.min(self.config.maximum_qos),
                retain: self.config.retain_available,
                from: None,
                expires_at: None,
            };
            out.tell(|| Event::Published { conn: None, message: no });
            self.publish_message(now, &message, out);
        }
    }

    fn arm_sys(&mut self, now: Instant) {
        let at = now.after_secs(self.config.sys_interval);
        self.sys_at = Some(at);
        self.timers.arm(at, Timer::Sys);
    }

    fn sys_rows(&self, now: Instant) -> Vec<(String, String)> {
        let count = |n: usize| n as u64;
        let connected = self.stats.clients;
        let total = count(self.sessions.len());
        let (mut stored, mut stored_bytes) = (count(self.retained.len()), count(self.retained.bytes()));
        for (_, session) in self.sessions.iter() {
            stored = stored.saturating_add(count(session.queue.len().saturating_add(session.outgoing.len())));
            stored_bytes = stored_bytes.saturating_add(count(session.queue.bytes().0));
        }
        let memberships: usize = self.sessions.iter().map(|(_, session)| session.shares.len()).fold(0, usize::saturating_add);
        let subscriptions = self.router.len().saturating_sub(self.shares.len()).saturating_add(memberships);
        let stats = &self.stats;
        let numbers = [
            ("clients/connected", connected),
            ("clients/disconnected", total.saturating_sub(connected)),
            ("clients/expired", stats.expired),
            ("clients/maximum", stats.most_clients),
            ("clients/total", total),
            ("messages/received", stats.packets_in),
            ("messages/sent", stats.packets_out),
            ("bytes/received", stats.bytes_in),
            ("bytes/sent", stats.bytes_out),
            ("publish/messages/received", stats.publishes_in),
            ("publish/messages/sent", stats.publishes_out),
            ("publish/messages/dropped", stats.dropped),
            ("publish/bytes/received", stats.publish_bytes_in),
            ("publish/bytes/sent", stats.publish_bytes_out),
            ("retained messages/count", count(self.retained.len())),
            ("store/messages/count", stored),
            ("store/messages/bytes", stored_bytes),
            ("subscriptions/count", count(subscriptions)),
            ("shared_subscriptions/count", count(self.shares.len())),
        ];
        let mut rows: Vec<(String, String)> = numbers.into_iter().map(|(name, n)| (String::from(name), format!("{n}"))).collect();
        let uptime = now.since(stats.since) / 1_000_000;
        rows.push((String::from("uptime"), format!("{uptime} seconds")));
        rows.push((String::from("version"), String::from(concat!("GlassMQ ", env!("CARGO_PKG_VERSION")))));
        for (name, minutes, hundredths) in stats.loads() {
            let load = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            rows.push((format!("load/{name}/{minutes}min"), load));
        }
        rows
    }
}

impl Stats {
    /// Averages by name and minutes, in hundredths a minute.
    fn loads(&self) -> impl Iterator<Item = (&'static str, u32, u64)> {
        self.averages().into_iter().flat_map(|(name, average)| average.hundredths().map(|(minutes, value)| (name, minutes, value)))
    }
}

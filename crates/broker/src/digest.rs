//! What a broker's future depends on, for whoever compares brokers: a search through all of its states.

use alloc::vec::Vec;
use core::fmt::{self, Debug, Write};
use core::hash::{Hash, Hasher};

use crate::broker::Broker;
use crate::ids::ConnId;
use crate::state::conn::Conn;
use crate::state::inflight::Out;
use crate::state::message::{Kept, Manner};
use crate::state::session::Session;

impl Broker {
    /// Feeds a hasher with all that decides what the broker will do: two brokers of one config that feed it alike do alike from then on.
    ///
    /// Left out is what only counts or names: numbers of messages, how often something was resent, statistics, the generator of assigned
    /// Client Identifiers, memory that is kept between turns. For tests: its cost is that of the
    /// state.
    pub fn digest(&self, into: &mut impl Hasher) {
        let mut conns: Vec<(ConnId, &Conn)> = self.conns.iter().collect();
        conns.sort_unstable_by_key(|(id, _)| *id);
        conns.len().hash(into);
        for (id, conn) in conns {
            id.hash(into);
            digest_conn(conn, into);
        }
        self.sessions.len().hash(into);
        for (no, session) in self.sessions.iter() {
            no.hash(into);
            digest_session(session, into);
            for subscription in self.subscriptions(no, usize::MAX) {
                subscription.filter.hash(into);
                subscription.identifier.hash(into);
                digest_debug(&subscription.options, into);
            }
        }
        for kept in self.retained.iter() {
            digest_kept(kept, into);
        }
        // Users by name: what is kept of their passwords is nobody's to see.
        digest_debug(&self.access, into);
        digest_debug(&self.timers, into);
        digest_debug(&(self.retained_at, self.sys_at), into);
        self.doomed.len().hash(into);
    }
}

fn digest_conn(conn: &Conn, into: &mut impl Hasher) {
    let Conn { stage, caps, heard, keep_alive_at, retry_at, unsent, aliases, aliases_out, expiry_was_zero, by_scram, exchange, .. } = conn;
    digest_debug(stage, into);
    digest_debug(caps, into);
    (heard, keep_alive_at, retry_at, unsent, aliases, expiry_was_zero, by_scram).hash(into);
    digest_debug(exchange, into);
    digest_debug(aliases_out, into);
}

fn digest_session(session: &Session, into: &mut impl Hasher) {
    let Session { client, user, conn, expiry, expires_at, outgoing, incoming, queue, will, will_at, .. } = session;
    (client, user, conn, expiry, expires_at, will_at).hash(into);
    digest_outgoing(outgoing, into);
    incoming.sorted().hash(into);
    queue.len().hash(into);
    for waiting in queue.iter() {
        digest_kept(&waiting.message, into);
        digest_manner(&waiting.manner, into);
    }
    if let Some(will) = will {
        digest_kept(&will.message, into);
        (will.delay, will.expiry).hash(into);
    }
}

fn digest_outgoing(outgoing: &Out, into: &mut impl Hasher) {
    outgoing.next().hash(into);
    outgoing.len().hash(into);
    for slot in outgoing.iter() {
        (slot.id.get(), slot.phase as u8, slot.sent, slot.sent_at).hash(into);
        digest_manner(&slot.manner, into);
        match &slot.message {
            Some(kept) => digest_kept(kept, into),
            None => 0u8.hash(into),
        }
    }
}

fn digest_kept(kept: &Kept, into: &mut impl Hasher) {
    let message = kept.message();
    (message.topic.as_str(), message.payload, message.qos as u8, message.retain, message.from, message.expires_at).hash(into);
    digest_debug(&message.properties, into);
}

fn digest_manner(manner: &Manner, into: &mut impl Hasher) {
    (manner.qos as u8, manner.retain, manner.identifiers.as_slice()).hash(into);
    digest_debug(&manner.share, into);
}

/// What has no hash of its own is fed as its text.
fn digest_debug(what: &impl Debug, into: &mut impl Hasher) {
    struct Text<'a, H>(&'a mut H);
    impl<H: Hasher> Write for Text<'_, H> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    let _ = write!(Text(into), "{what:?};");
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::{String, ToString};
    use alloc::sync::Arc;

    use super::*;
    use crate::config::Config;
    use crate::io::{Input, Outbox};
    use crate::time::Instant;

    /// Names of the fields of a value, from its text.
    fn fields(value: &impl Debug) -> Vec<String> {
        let text = format!("{value:#?}");
        let name = |line: &str| line.strip_prefix("    ")?.split_once(": ").map(|(name, _)| name.to_string());
        text.lines().filter_map(name).filter(|name| !name.starts_with(' ')).collect()
    }

    /// Whoever adds to the state must say whether the future depends on it: then it belongs into the digest, and here.
    #[test]
    fn every_field_is_known_to_the_digest() {
        let broker = Broker::new(Config::default(), 1);
        let hashed = ["conns", "sessions", "router", "shares", "retained", "retained_at", "timers", "sys_at", "doomed", "access"];
        let left_out = ["config", "stats", "last_message", "seed", "decoy", "scratch"];
        known(&broker, &hashed, &left_out);
        let session = Session::new(Arc::from("c"));
        let hashed = [
            "client",
            "user",
            "conn",
            "expiry",
            "expires_at",
            "outgoing",
            "incoming",
            "queue",
            "will",
            "will_at",
            "subscriptions",
            "shares",
        ];
        known(&session, &hashed, &[]);
        known(&session.outgoing, &["slots", "next_id", "next_serial"], &["under_way"]);
        let conn = Conn::new(Instant::ZERO, Instant::ZERO);
        let hashed = [
            "stage",
            "caps",
            "heard",
            "keep_alive_at",
            "retry_at",
            "unsent",
            "aliases",
            "aliases_out",
            "expiry_was_zero",
            "by_scram",
            "exchange",
        ];
        // What was seen is told, and decides nothing.
        known(&conn, &hashed, &["seen_ids"]);
    }

    fn known(value: &impl Debug, hashed: &[&str], left_out: &[&str]) {
        let mut known: Vec<&str> = hashed.iter().chain(left_out).copied().collect();
        let mut found = fields(value);
        known.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, known, "src/digest.rs and this list must know all fields");
    }

    fn digest(broker: &Broker) -> u64 {
        let mut hasher = core::hash::BuildHasher::build_hasher(&crate::state::Hasher::with_seed(1));
        broker.digest(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn what_matters_changes_the_digest_and_what_only_counts_does_not() {
        let mut broker = Broker::new(Config::default(), 1);
        let empty = digest(&broker);
        let conn = ConnId(1);
        broker.handle(Instant::ZERO, Input::Open { conn }, &mut Outbox::default());
        let open = digest(&broker);
        assert_ne!(open, empty);
        broker.last_message = 7;
        broker.seed = 7;
        assert_eq!(digest(&broker), open);
        broker.handle(Instant::ZERO, Input::Gone { conn, why: crate::GoneWhy::Lost }, &mut Outbox::default());
        assert_eq!(digest(&broker), empty);
    }
}

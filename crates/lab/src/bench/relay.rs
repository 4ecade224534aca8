//! The tunnel to the relay, as the bench sees it.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use bytes::Bytes;
use contract::tunnel::{self, PROTOCOL, Record};
use contract::{PaceWanted, RelayView};

use super::{Bench, Outgoing};
use crate::pace::Wall;
use crate::world::Input;

/// From one try to reach the relay to the next: 0.25 s, doubled up to 4 s.
const FIRST_RETRY: u64 = 250_000;
const LAST_RETRY: u64 = 4_000_000;
/// How often a tab that waits asks whether the broker is free.
const CLAIM_EVERY: u64 = 1_000_000;

/// State of the tunnel.
#[derive(Clone, Debug, Default)]
pub(super) struct Relay {
    url: Option<String>,
    pub(super) view: RelayView,
    tries: u32,
    /// When to open the tunnel again, or to claim again.
    again_at: Option<Wall>,
    open: bool,
}

impl Relay {
    pub(super) fn wake_at(&self) -> Option<Wall> {
        self.again_at
    }
}

impl Bench {
    pub(super) fn attach(&mut self, url: String, out: &mut Vec<Outgoing>) {
        self.relay = Relay { url: Some(url.clone()), view: RelayView::Connecting { tries: 1 }, tries: 1, again_at: None, open: false };
        out.push(Outgoing::OpenTunnel { url });
    }

    /// Asks for the broker's place; `take_over`: also from a tab that has it. `false`: there is no tunnel.
    pub(super) fn claim(&mut self, take_over: bool) -> bool {
        if self.relay.open {
            self.tell_relay(&Record::Claim { protocol: PROTOCOL, take_over });
        }
        self.relay.open
    }

    pub(super) fn tunnel_open(&mut self) {
        self.relay.open = true;
        self.relay.again_at = None;
        self.claim(false);
    }

    pub(super) fn tunnel_closed(&mut self, wall: Wall) {
        if self.relay.open {
            self.relay.open = false;
            self.relay.tries = 0;
            self.post(wall, Input::TunnelLost);
        }
        if self.relay.url.is_none() || matches!(self.relay.view, RelayView::OtherBuild { .. }) {
            return;
        }
        let wait = FIRST_RETRY.saturating_mul(1 << self.relay.tries.min(4)).min(LAST_RETRY);
        self.relay.tries = self.relay.tries.saturating_add(1);
        self.relay.again_at = Some(wall.saturating_add(wait));
        self.relay.view = RelayView::Connecting { tries: self.relay.tries };
        self.revision = self.revision.saturating_add(1);
    }

    pub(super) fn relay_wake(&mut self, wall: Wall, out: &mut Vec<Outgoing>) {
        if self.relay.again_at.is_none_or(|at| at > wall) {
            return;
        }
        self.relay.again_at = None;
        match (&self.relay.url, self.relay.open) {
            (_, true) => {
                self.claim(false);
            }
            (Some(url), false) => out.push(Outgoing::OpenTunnel { url: url.clone() }),
            (None, false) => {}
        }
    }

    pub(super) fn tunnel_batch(&mut self, wall: Wall, batch: &Bytes, out: &mut Vec<Outgoing>) {
        for record in tunnel::records(batch) {
            let input = match record {
                // The slice is of the batch: counting up its owner is all it costs.
                Ok(Record::Data { conn, bytes }) => Input::Data { conn, bytes: batch.slice_ref(bytes) },
                Ok(Record::Credit { conn, bytes }) => Input::Credit { conn, bytes },
                Ok(Record::Open { conn, transport, peer }) => Input::Open { conn, transport, peer: Arc::from(peer) },
                Ok(Record::Close { conn, why }) => Input::Gone { conn, how: Arc::from(why) },
                Ok(Record::Welcome { listens, .. }) => {
                    self.welcome(wall, listens);
                    continue;
                }
                Ok(Record::Held) => {
                    self.wait_for_place(wall, RelayView::HeldElsewhere);
                    continue;
                }
                Ok(Record::Taken) => {
                    self.wait_for_place(wall, RelayView::TakenOver);
                    Input::TunnelLost
                }
                Ok(Record::OtherProtocol { build }) => {
                    self.relay.view = RelayView::OtherBuild { relay: String::from(build) };
                    self.revision = self.revision.saturating_add(1);
                    continue;
                }
                // What only a tab says, or what cannot be read: this is no relay of ours.
                Ok(Record::Claim { .. }) | Err(_) => {
                    out.push(Outgoing::CloseTunnel);
                    return;
                }
            };
            self.post(wall, input);
        }
    }

    fn welcome(&mut self, wall: Wall, listens: &str) {
        let of = |kind: &str| -> Vec<String> {
            listens.lines().filter_map(|line| line.split_once(' ')).filter(|(k, _)| *k == kind).map(|(_, a)| String::from(a)).collect()
        };
        self.relay.view = RelayView::Live { ws: of("ws"), tcp: of("tcp") };
        self.relay.tries = 0;
        self.relay.again_at = None;
        // A page that a relay serves is a broker for devices at once, without a click.
        if self.pace_untouched {
            self.set_pace(wall, PaceWanted::Live);
        }
        self.revision = self.revision.saturating_add(1);
    }

    fn wait_for_place(&mut self, wall: Wall, view: RelayView) {
        // A tab that lost its place says so for as long as it waits.
        if self.relay.view != RelayView::TakenOver {
            self.relay.view = view;
        }
        self.relay.again_at = Some(wall.saturating_add(CLAIM_EVERY));
        self.revision = self.revision.saturating_add(1);
    }

    /// Puts a record of the bench's own into the next batch.
    pub(super) fn tell_relay(&mut self, record: &Record<'_>) {
        let mut batch = Vec::new();
        record.write(&mut batch);
        self.open_data = None;
        self.batches.push(batch);
    }
}

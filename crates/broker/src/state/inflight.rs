//! QoS 1 and 2 messages under way, one direction each.
//!
//! Out (broker → client):
//! ```text
//! QoS 1   Puback ──PUBACK──▶ done
//! QoS 2   Pubrec ──PUBREC──▶ Pubcomp ──PUBCOMP──▶ done        (PUBREC ≥ 0x80 ──▶ done [MQTT-4.3.3-4])
//! ```
//! In (client → broker), QoS 2 only: the Packet Identifier is kept from PUBLISH to PUBREL [MQTT-4.3.3-10].

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use hashbrown::HashSet;
use mqtt::PacketId;

use crate::state::Hasher;
use crate::state::message::{Kept, Manner};
use crate::time::Instant;

/// What an outgoing message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// QoS 1: PUBLISH sent.
    Puback,
    /// QoS 2: PUBLISH sent.
    Pubrec,
    /// QoS 2: PUBREL sent.
    Pubcomp,
}

/// One outgoing message.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) id: PacketId,
    pub(crate) phase: Phase,
    /// Gone once PUBREC came: from then on only the Packet Identifier matters.
    pub(crate) message: Option<Arc<Kept>>,
    pub(crate) manner: Manner,
    /// Sent on the present connection; an old one is not yet after a resume with a smaller Receive Maximum.
    pub(crate) sent: bool,
    /// How often it was sent again.
    pub(crate) resent: u32,
    /// When its last packet was sent.
    pub(crate) sent_at: Instant,
    /// Counts all messages that ever got a Packet Identifier; in ascending order over the slots.
    serial: u64,
}

/// Outgoing messages in the order of their first sending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Out {
    slots: VecDeque<Slot>,
    next_id: u16,
    next_serial: u64,
    /// Slots with `sent`: what counts against the Receive Maximum.
    under_way: u16,
}

impl Out {
    /// Begins an exchange: a free Packet Identifier, and the message behind it. `None` when all 65,535 are in use.
    pub(crate) fn begin(&mut self, phase: Phase, message: Arc<Kept>, manner: Manner, now: Instant) -> Option<PacketId> {
        let id = self.free_id()?;
        let serial = self.next_serial;
        self.next_serial = serial.wrapping_add(1);
        self.slots.push_back(Slot { id, phase, message: Some(message), manner, sent: true, resent: 0, sent_at: now, serial });
        self.under_way = self.under_way.saturating_add(1);
        Some(id)
    }

    pub(crate) fn get_mut(&mut self, id: PacketId) -> Option<&mut Slot> {
        let at = self.place(id)?;
        self.slots.get_mut(at)
    }

    /// Where the exchange of an identifier stands. Identifiers are handed out in turn and acknowledged in order as a rule, so it is as far
    /// from the first slot as its identifier is from the first one's; only where that fails, all are looked at.
    fn place(&self, id: PacketId) -> Option<usize> {
        let ahead = id.get().wrapping_sub(self.slots.front()?.id.get());
        let likely = usize::from(ahead);
        if self.slots.get(likely).is_some_and(|slot| slot.id == id) {
            return Some(likely);
        }
        self.slots.iter().position(|slot| slot.id == id)
    }

    /// Ends an exchange.
    pub(crate) fn end(&mut self, id: PacketId) -> Option<Slot> {
        let at = self.place(id)?;
        let slot = self.slots.remove(at)?;
        self.under_way = self.under_way.saturating_sub(u16::from(slot.sent));
        if self.slots.is_empty() {
            self.slots.shrink_to(16);
        }
        Some(slot)
    }

    /// The connection is gone: nothing is under way any more.
    pub(crate) fn disconnected(&mut self) {
        self.under_way = 0;
        self.slots.iter_mut().for_each(|slot| slot.sent = false);
    }

    /// The next slot that was not sent on the present connection, marked as sent again.
    pub(crate) fn resend(&mut self, now: Instant) -> Option<Slot> {
        let slot = self.slots.iter_mut().find(|slot| !slot.sent)?;
        slot.sent = true;
        slot.sent_at = now;
        slot.resent = slot.resent.saturating_add(1);
        self.under_way = self.under_way.saturating_add(1);
        Some(slot.clone())
    }

    /// The next slot whose last packet was sent at `before` or earlier, marked as sent again.
    pub(crate) fn retry(&mut self, before: Instant, now: Instant) -> Option<Slot> {
        let slot = self.slots.iter_mut().find(|slot| slot.sent && slot.sent_at <= before)?;
        slot.sent_at = now;
        slot.resent = slot.resent.saturating_add(1);
        Some(slot.clone())
    }

    /// When the packet was sent that has waited longest on the present connection.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.slots.iter().filter(|slot| slot.sent).map(|slot| slot.sent_at).min()
    }

    /// A packet of this exchange goes out for another reason than a resend: it need not be sent again on the present connection.
    pub(crate) fn touched(&mut self, id: PacketId, now: Instant) {
        let Some(slot) = self.get_mut(id) else { return };
        slot.sent_at = now;
        if !slot.sent {
            slot.sent = true;
            self.under_way = self.under_way.saturating_add(1);
        }
    }

    /// Messages that count against the client's Receive Maximum.
    pub(crate) fn under_way(&self) -> u16 {
        self.under_way
    }

    /// Some slots wait to be sent again.
    pub(crate) fn has_unsent(&self) -> bool {
        usize::from(self.under_way) < self.slots.len()
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter()
    }

    /// What decides which identifier is next: the one before, and how many were given since the oldest slot got its own.
    pub(crate) fn next(&self) -> (u16, u64) {
        (self.next_id, self.since_oldest())
    }

    fn since_oldest(&self) -> u64 {
        self.slots.front().map_or(0, |front| self.next_serial.wrapping_sub(front.serial))
    }

    fn free_id(&mut self) -> Option<PacketId> {
        // Packet Identifiers are handed out in turn. Until a lap has passed since the oldest slot got its own, the next one is free.
        let lapped = self.since_oldest() >= 0xFFFF;
        for _ in 0..=u16::MAX {
            self.next_id = self.next_id.checked_add(1).unwrap_or(1);
            let id = PacketId::new(self.next_id)?;
            if !lapped || !self.slots.iter().any(|slot| slot.id == id) {
                return Some(id);
            }
            // Skipping one brings the lap nearer than the serial numbers say; the scan above is then on for good.
            self.next_serial = self.next_serial.wrapping_add(1);
        }
        None
    }
}

/// Packet Identifiers of incoming QoS 2 messages between PUBLISH and PUBREL.
#[derive(Clone, Debug)]
pub(crate) struct In {
    ids: HashSet<u16, Hasher>,
}

impl Default for In {
    fn default() -> In {
        In { ids: HashSet::with_hasher(Hasher::with_seed(0)) }
    }
}

impl In {
    /// Keeps an identifier; `false` when it is kept already.
    pub(crate) fn keep(&mut self, id: PacketId) -> bool {
        self.ids.insert(id.get())
    }

    pub(crate) fn holds(&self, id: PacketId) -> bool {
        self.ids.contains(&id.get())
    }

    /// Frees an identifier; `false` when it was not kept.
    pub(crate) fn free(&mut self, id: PacketId) -> bool {
        let was = self.ids.remove(&id.get());
        if self.ids.is_empty() {
            self.ids.shrink_to(16);
        }
        was
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// In ascending order.
    pub(crate) fn sorted(&self) -> alloc::vec::Vec<u16> {
        let mut ids: alloc::vec::Vec<u16> = self.ids.iter().copied().collect();
        ids.sort_unstable();
        ids
    }
}

//! Families of packets and notes: what shares a hue everywhere on the page.

use contract::{CloseWhy, Fate, Kind, Note, PacketRow, ResendRule};

/// A family; its hue is the token of the same name in `tokens.css`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Connect,
    Publish,
    Ack,
    Subscribe,
    Ping,
    Fault,
    Dup,
}

impl Family {
    /// All of them, in the order of [`Family::index`].
    pub(crate) const ALL: [Family; 7] =
        [Family::Connect, Family::Publish, Family::Ack, Family::Subscribe, Family::Ping, Family::Fault, Family::Dup];

    /// Name of its token and of its style class.
    pub(crate) fn token(self) -> &'static str {
        match self {
            Family::Connect => "connect",
            Family::Publish => "publish",
            Family::Ack => "ack",
            Family::Subscribe => "subscribe",
            Family::Ping => "ping",
            Family::Fault => "fault",
            Family::Dup => "dup",
        }
    }

    /// Its place in [`Family::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// The family of a kind of packet.
pub(crate) fn of_kind(kind: Kind) -> Family {
    match kind {
        Kind::Connect | Kind::Connack | Kind::Disconnect | Kind::Auth => Family::Connect,
        Kind::Publish => Family::Publish,
        Kind::Puback | Kind::Pubrec | Kind::Pubrel | Kind::Pubcomp => Family::Ack,
        Kind::Subscribe | Kind::Suback | Kind::Unsubscribe | Kind::Unsuback => Family::Subscribe,
        Kind::Pingreq | Kind::Pingresp => Family::Ping,
        Kind::NotMqtt => Family::Fault,
    }
}

/// The family a packet is drawn in: what went wrong is seen before what it was.
pub(crate) fn of_packet(packet: &PacketRow) -> Family {
    if matches!(packet.fate, Fate::Lost { .. } | Fate::Dropped { .. }) {
        Family::Fault
    } else if packet.dup || packet.copy_of.is_some() {
        Family::Dup
    } else {
        of_kind(packet.kind)
    }
}

/// The family of a note's chip.
pub(crate) fn of_note(note: &Note) -> Family {
    match note {
        Note::Closed(CloseWhy::Goodbye | CloseWhy::ByUser) | Note::WillDiscarded => Family::Ping,
        Note::Closed(_) | Note::BadBytes { .. } | Note::Dropped { .. } | Note::KeepAliveOver { .. } => Family::Fault,
        Note::NotRetained { .. } | Note::MayNotSubscribe { .. } => Family::Fault,
        Note::ResentByDevice { rule, .. } => {
            if *rule == ResendRule::Forbidden {
                Family::Fault
            } else {
                Family::Dup
            }
        }
        Note::LoggedIn { .. } | Note::AccessSet => Family::Connect,
        Note::Opened { .. } | Note::SessionBegan | Note::SessionResumed { .. } | Note::Delivered { .. } => Family::Connect,
        Note::TookOver | Note::SentAgain { .. } | Note::NotPassedOnTwice(_) | Note::Queued { .. } => Family::Dup,
        Note::AgainstTheLetter { .. } | Note::Injected { .. } => Family::Dup,
        Note::PingAnswered => Family::Ping,
        Note::SessionEnded { expired } => {
            if *expired {
                Family::Dup
            } else {
                Family::Ping
            }
        }
        Note::IdKept(_) | Note::IdFreed(_) => Family::Ack,
        Note::PassedOn { to: 0 } => Family::Ping,
        Note::PassedOn { .. } | Note::RetainedSet | Note::RetainedCleared | Note::WillPublished { .. } => Family::Publish,
        Note::Subscribed { .. } | Note::Unsubscribed { .. } => Family::Subscribe,
    }
}

/// The family of a named byte range, by its key; `None`: plain.
pub(crate) fn of_field(key: &str) -> Option<Family> {
    let part = |word: &str| key.split('.').any(|part| part == word);
    match key {
        "fixed.remaining_length" => None,
        "unread" => Some(Family::Fault),
        "payload" => Some(Family::Subscribe),
        "packet_id" | "reason_code" | "connack.return_code" | "suback.reason" | "unsuback.reason" => Some(Family::Ack),
        _ if key.starts_with("fixed.") => Some(Family::Dup),
        _ if key.starts_with("propert") || part("properties") => Some(Family::Ping),
        _ if part("topic") || part("filter") || key.starts_with("will.") => Some(Family::Publish),
        _ if key.starts_with("connect.") || key.starts_with("connack.") => Some(Family::Connect),
        _ if part("options") => Some(Family::Subscribe),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_stands_at_its_index() {
        for (at, family) in Family::ALL.iter().enumerate() {
            assert_eq!(family.index(), at);
        }
    }

    #[test]
    fn fields_have_the_hue_of_what_they_are() {
        assert_eq!(of_field("fixed.type"), Some(Family::Dup));
        assert_eq!(of_field("fixed.remaining_length"), None);
        assert_eq!(of_field("publish.topic"), Some(Family::Publish));
        assert_eq!(of_field("packet_id"), Some(Family::Ack));
        assert_eq!(of_field("payload"), Some(Family::Subscribe));
        assert_eq!(of_field("something.else"), None);
    }
}

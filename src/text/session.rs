//! Words for a session and for where we are in time.

use contract::{Direction, Micros, RowNo, SessionView, SlotPhase, SlotView, SubscriptionView};

use super::{count, instant, span, visible, words};

/// How many messages are in flight, and how many may be.
pub(crate) fn in_flight(session: &SessionView) -> String {
    match session.receive_maximum {
        0 => session.in_flight_out.to_string(),
        most => format!("{} of {most} (receive maximum)", session.in_flight_out),
    }
}

/// What waits in the queue; `None`: nothing.
pub(crate) fn queue(session: &SessionView) -> Option<String> {
    (session.queued > 0).then(|| count(session.queued.into(), "message", "messages"))
}

/// When the session ends.
pub(crate) fn expiry(session: &SessionView, now: Micros) -> String {
    match (session.expires_at, session.expiry) {
        (Some(at), _) => format!("in {}", span(at.saturating_sub(now))),
        (None, Some(0)) => "with its connection".into(),
        (None, Some(seconds)) => format!("{seconds} s after disconnect"),
        (None, None) => "never".into(),
    }
}

/// How long the client may still be silent.
pub(crate) fn keep_alive(session: &SessionView, now: Micros) -> String {
    match (session.keep_alive, session.keep_alive_until) {
        (0, _) => words::OFF.into(),
        (seconds, Some(until)) => format!("{} left of 1.5 × {seconds} s", span(until.saturating_sub(now))),
        (seconds, None) => format!("{seconds} s"),
    }
}

/// The will.
pub(crate) fn will(session: &SessionView) -> String {
    match &session.will {
        Some((topic, payload)) => format!("{} \"{}\"", visible(topic), visible(payload)),
        None => words::NONE.into(),
    }
}

/// An exchange that is open.
pub(crate) fn slot(slot: &SlotView) -> String {
    let way = if slot.direction == Direction::Out { "→" } else { "←" };
    let phase = match slot.phase {
        SlotPhase::AwaitsPuback => "awaits PUBACK",
        SlotPhase::AwaitsPubrec => "awaits PUBREC",
        SlotPhase::AwaitsPubcomp => "awaits PUBCOMP",
        SlotPhase::AwaitsPubrel => "awaits PUBREL",
    };
    let again = if slot.resent > 0 { format!(", sent again {}×", slot.resent) } else { String::new() };
    format!("{way} {} {phase}{again} {}", slot.packet_id, slot.topic.as_deref().map(visible).unwrap_or_default())
}

/// A subscription.
pub(crate) fn subscription(subscription: &SubscriptionView) -> String {
    let mut line = format!("{}  QoS {}", visible(&subscription.filter), subscription.qos);
    if subscription.no_local {
        line.push_str("  no local");
    }
    if subscription.retain_as_published {
        line.push_str("  retain as published");
    }
    if let Some(id) = subscription.identifier {
        line.push_str(&format!("  id {id}"));
    }
    line
}

/// Where we are: the world's time, and the row that is shown of those there were.
pub(crate) fn place(now: Micros, first: RowNo, end: RowNo, shown: Option<RowNo>) -> String {
    let now = instant(now);
    match (end, shown) {
        (0, _) => now,
        (end, Some(row)) => format!("{now} · row {} of {end}", row.saturating_add(1)),
        (end, None) if first > 0 => format!("{now} · {end} rows, kept from {}", first + 1),
        (end, None) => format!("{now} · {}", count(end, "row", "rows")),
    }
}

/// On the button that goes back to the present.
pub(crate) fn new_rows(new: u64) -> String {
    if new > 0 { format!("{new} new ↓") } else { format!("{} ↓", words::NOW) }
}

/// Below a list that is cut.
pub(crate) fn and_more(more: u32) -> String {
    format!("and {more} more")
}

/// Behind bytes that are cut.
pub(crate) fn more_bytes(more: usize) -> String {
    format!("… {more} more bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_is_offline_says_when_it_ends() {
        let session = SessionView { expiry: Some(3600), expires_at: Some(62_000_000), ..SessionView::default() };
        assert_eq!(expiry(&session, 2_000_000), "in 60 s");
        assert_eq!(expiry(&SessionView { expires_at: None, ..session }, 0), "3600 s after disconnect");
    }

    #[test]
    fn the_place_counts_rows_from_one() {
        assert_eq!(place(3_015_000, 0, 21, Some(20)), "3.015 s · row 21 of 21");
        assert_eq!(place(0, 0, 0, None), "0.000 s");
        assert_eq!(place(0, 0, 1, None), "0.000 s · 1 row");
    }
}

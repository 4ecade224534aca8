//! Words for what became of a message.

use contract::{LineageFate, LineageView, Outcome};

use super::{Names, notes, visible};

/// Where it came from.
pub(crate) fn origin(view: &LineageView, names: Names<'_>) -> String {
    let topic = visible(&view.topic);
    match (view.publisher, view.row) {
        (Some(device), Some(row)) => format!("{} published it to {topic}, in row {}.", names(device), row + 1),
        _ => format!("Published to {topic} by the broker itself, as a will, or so long ago that it is no longer kept."),
    }
}

/// What became of it for one device, and why.
pub(crate) fn fate(fate: &LineageFate, names: Names<'_>) -> String {
    let name = names(fate.device);
    let matched: Vec<String> = fate.matched.iter().map(|(filter, qos)| format!("{} (QoS {qos})", visible(filter))).collect();
    let by = if matched.is_empty() { String::new() } else { format!(", by {}", matched.join(" and ")) };
    match &fate.outcome {
        Outcome::Sent { qos, packet_id, arrived, again, .. } => {
            let id = packet_id.map_or_else(String::new, |id| format!(" as packet {id}"));
            let again = match again {
                0 => String::new(),
                1 => ", sent once more".into(),
                more => format!(", sent {more} times more"),
            };
            format!("{name}: {} with QoS {qos}{id}{by}{again}", if *arrived { "got it" } else { "on its way" })
        }
        Outcome::Waits => format!("{name}: it waits in the queue{by}"),
        Outcome::Dropped(why) => format!("{name}: not delivered, {}{by}", notes::drop_why(*why)),
        Outcome::NoMatch => format!("{name}: no filter matches"),
        Outcome::DollarRule(filter) => {
            format!("{name}: {} does not match, for a wildcard at the front does not stand for a level that begins with $", visible(filter))
        }
        Outcome::NoLocal(filter) => format!("{name}: {} says No Local, and it published this itself", visible(filter)),
        Outcome::OtherMember(filter) => format!("{name}: another member of {} was chosen", visible(filter)),
        Outcome::NoSession => format!("{name}: the broker held no session for it"),
        Outcome::NotKnown => format!("{name}: no longer known"),
    }
}

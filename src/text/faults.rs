//! Words for what is done to packets on their links.

use contract::{AccessView, Action, Cut, Fault, FaultRule, Matcher, OtherView, RuleView, Step};

use super::{count, span, visible, words};

/// What can happen to packets that match a rule, by the keys of `make::rule`; the realistic first.
pub(crate) const ACTIONS: [(&str, &str); 11] = [
    ("cut-before", "cut the connection before it arrives"),
    ("cut-inside", "cut the connection inside it"),
    ("cut-after", "cut the connection after it"),
    ("silence", "silence from there on (half-open)"),
    ("hold", "hold it until it is released"),
    ("delay", "delay it"),
    ("double", "double it"),
    ("swap", "let the next one overtake it"),
    ("corrupt", "change one of its bytes"),
    ("drop", "drop it alone (no TCP does this)"),
    ("pause", "pause the world (break-point)"),
];

/// Names of the rules that can be armed with one press, in the order of `make::rule::presets`; "it" is the device.
pub(crate) const PRESETS: [&str; 9] = [
    "Drop the next PUBREC to it, then cut",
    "Drop the next PUBACK to it, then cut",
    "Cut inside its next PUBLISH",
    "Cut right after the next PUBLISH to it",
    "Hold the next PUBLISH to it",
    "Double every PUBLISH to it",
    "Delay all its packets by 2 s",
    "Fall silent at its next PINGREQ",
    "Pause at a PUBLISH with DUP",
];

/// What a fault does, as the end of a sentence about a packet.
pub(crate) fn doing(fault: Fault) -> String {
    match fault {
        Fault::Hold => "held".into(),
        Fault::Drop => "dropped".into(),
        Fault::Double => "doubled".into(),
        Fault::Delay { millis } => format!("delayed by {millis} ms"),
        Fault::Swap => "overtaken by the next one".into(),
        Fault::Corrupt { at, .. } => format!("byte {at} changed"),
        Fault::Cut(Cut::Before) => "connection cut before it".into(),
        Fault::Cut(Cut::Inside { bytes }) => format!("connection cut after {bytes} of its bytes"),
        Fault::Cut(Cut::After) => "connection cut after it".into(),
        Fault::Silence => "link silent from here on".into(),
    }
}

/// One word, for the arrow of a packet.
pub(crate) fn mark(fault: Fault) -> &'static str {
    match fault {
        Fault::Hold => "held",
        Fault::Drop => "dropped",
        Fault::Double => "doubled",
        Fault::Delay { .. } => "delayed",
        Fault::Swap => "overtaken",
        Fault::Corrupt { .. } => "corrupted",
        Fault::Cut(_) => "cut",
        Fault::Silence => "silence",
    }
}

/// A rule in two or three words, for the list of devices: `cut next PUBREC`.
pub(crate) fn title(rule: &FaultRule) -> String {
    let action = match rule.action {
        Action::Pause => "pause at",
        Action::Fault(Fault::Hold) => "hold",
        Action::Fault(Fault::Drop) => "drop",
        Action::Fault(Fault::Double) => "double",
        Action::Fault(Fault::Delay { .. }) => "delay",
        Action::Fault(Fault::Swap) => "swap",
        Action::Fault(Fault::Corrupt { .. }) => "corrupt",
        Action::Fault(Fault::Cut(_)) => "cut at",
        Action::Fault(Fault::Silence) => "silence from",
    };
    let often = if rule.times == Some(1) { "next" } else { "every" };
    format!("{action} {often} {}", kinds(&rule.matcher))
}

/// Whose packets a rule watches, and in which direction.
pub(crate) fn way(matcher: &Matcher) -> String {
    let device = matcher.device.as_deref().map_or_else(|| words::ANY_DEVICE.to_owned(), visible);
    let arrow = match matcher.to_broker {
        Some(true) => "→",
        Some(false) => "←",
        None => "↔",
    };
    format!("{device} {arrow} {}", words::BROKER)
}

/// What a rule does, as a whole sentence.
pub(crate) fn sentence(rule: &FaultRule) -> String {
    let mut out = match rule.skip {
        0 => String::new(),
        1 => "After the first match, ".to_owned(),
        skip => format!("After the first {skip} matches, "),
    };
    let which = match rule.times {
        Some(1) => "the next".to_owned(),
        Some(times) => format!("each of the next {times} matches of a"),
        None => "every".to_owned(),
    };
    out.push_str(&which);
    if rule.skip == 0 {
        let first = out.remove(0).to_ascii_uppercase();
        out.insert(0, first);
    }
    out.push_str(&format!(" {} {}", kinds(&rule.matcher), from_to(&rule.matcher)));
    out.push_str(&details(&rule.matcher));
    if rule.per_mille < 1_000 {
        out.push_str(&format!(", with a chance of {}.{} %,", rule.per_mille / 10, rule.per_mille % 10));
    }
    out.push(' ');
    out.push_str(&consequence(rule.action));
    if let Some(millis) = rule.for_millis {
        out.push_str(&format!(", for {} of world time", span(u64::from(millis) * 1_000)));
    }
    out.push('.');
    out
}

/// How often a rule matched and struck.
pub(crate) fn tally(view: &RuleView) -> String {
    let mut out = format!("matched {}, struck {}", view.matched, view.struck);
    if view.missed > 0 {
        out.push_str(&format!(", missed {} (too many faults were pending)", view.missed));
    }
    out
}

/// Which break-point has paused the world.
pub(crate) fn halted(id: u32, rules: &[RuleView]) -> String {
    match rules.iter().find(|view| view.id == id) {
        None if id == 0 => "Paused by the scene: go on when you have seen enough.".into(),
        Some(view) => format!("Paused by break-point {id}. {}", sentence(&view.rule)),
        None => format!("Paused by break-point {id}."),
    }
}

/// Where in the past we are.
pub(crate) fn past_place(step: Step, present: Step, horizon: Step) -> String {
    if horizon > 0 { format!("step {step} of {present}, kept from {horizon}") } else { format!("step {step} of {present}") }
}

/// What is known of the other future.
pub(crate) fn other(other: &OtherView) -> String {
    format!("The two part after step {}; the other one ended at step {}.", other.forked_at, other.end)
}

/// Who may connect, in numbers.
pub(crate) fn access(access: &AccessView) -> String {
    let number = |n: Option<u32>, one: &str, many: &str, none: &str| n.map_or_else(|| none.to_owned(), |n| count(n.into(), one, many));
    format!(
        "Now: {}, {}, {}; {}.",
        number(access.password_users, "user with a password", "users with a password", "user names are not checked"),
        number(access.scram_users, "user of SCRAM", "users of SCRAM", "no SCRAM"),
        number(access.acl_rules, "rule of rights", "rules of rights", "everybody may do everything"),
        if access.allow_anonymous { "without a user name clients may connect" } else { "a user name is required" },
    )
}

fn kinds(matcher: &Matcher) -> String {
    match matcher.kinds.as_slice() {
        [] => "packet".to_owned(),
        kinds => kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" or "),
    }
}

fn from_to(matcher: &Matcher) -> String {
    let device = matcher.device.as_deref().map_or_else(|| words::ANY_DEVICE.to_owned(), visible);
    match matcher.to_broker {
        Some(true) => format!("from {device} to the broker"),
        Some(false) => format!("from the broker to {device}"),
        None => format!("from or to {device}"),
    }
}

fn details(matcher: &Matcher) -> String {
    let mut out = String::new();
    if let Some(qos) = matcher.qos {
        out.push_str(&format!(" with QoS {qos}"));
    }
    if let Some(id) = matcher.packet_id {
        out.push_str(&format!(" with packet id {id}"));
    }
    match matcher.dup {
        Some(true) => out.push_str(" with DUP"),
        Some(false) => out.push_str(" without DUP"),
        None => {}
    }
    if let Some(topic) = &matcher.topic {
        out.push_str(&format!(" on {}", visible(topic)));
    }
    out
}

fn consequence(action: Action) -> String {
    let fault = match action {
        Action::Pause => return "pauses the world when it sets out".into(),
        Action::Fault(fault) => fault,
    };
    match fault {
        Fault::Hold => "is held until you release it".into(),
        Fault::Drop => "vanishes, and the connection goes on".into(),
        Fault::Double => "arrives twice".into(),
        Fault::Delay { millis } => format!("arrives {millis} ms later than it would"),
        Fault::Swap => "is overtaken by the next one".into(),
        Fault::Corrupt { at, .. } => format!("arrives with byte {at} changed"),
        Fault::Cut(Cut::Before) => "never arrives: the connection is cut before".into(),
        Fault::Cut(Cut::Inside { bytes }) => format!("never arrives whole: the connection is cut after {bytes} of its bytes"),
        Fault::Cut(Cut::After) => "arrives, and then the connection is cut".into(),
        Fault::Silence => "vanishes, and so does all that follows in either direction; neither end is told".into(),
    }
}

#[cfg(test)]
mod tests {
    use contract::Kind;

    use super::*;

    fn pubrec() -> Matcher {
        Matcher { device: Some("phone".into()), to_broker: Some(false), kinds: vec![Kind::Pubrec], ..Matcher::default() }
    }

    #[test]
    fn a_rule_says_what_it_does() {
        let rule = FaultRule::once(pubrec(), Action::Fault(Fault::Cut(Cut::Before)));
        assert_eq!(sentence(&rule), "The next PUBREC from the broker to phone never arrives: the connection is cut before.");
        assert_eq!((title(&rule).as_str(), way(&rule.matcher).as_str()), ("cut at next PUBREC", "phone ← broker"));
    }

    #[test]
    fn every_part_of_a_rule_is_in_its_sentence() {
        let matcher = Matcher { topic: Some("car/#".into()), qos: Some(2), dup: Some(true), packet_id: Some(7), ..Matcher::default() };
        let rule = FaultRule {
            skip: 2,
            times: None,
            per_mille: 505,
            for_millis: Some(5_000),
            ..FaultRule::new(matcher, Action::Fault(Fault::Delay { millis: 300 }))
        };
        assert_eq!(
            sentence(&rule),
            "After the first 2 matches, every packet from or to any device with QoS 2 with packet id 7 with DUP on car/#, with a chance of \
             50.5 %, arrives 300 ms later than it would, for 5.0 s of world time."
        );
    }
}

//! The targets, and the table that says which of them hold.

use std::fmt::Write as _;

use crate::sh::Outcome;

/// One measured case.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    case: String,
    ours: f64,
    /// The other's figure; none for an absolute one.
    theirs: Option<f64>,
    /// What is judged: as [`Target::what`] says, or the figure itself.
    ratio: f64,
    unit: String,
}

/// What a case must reach.
struct Target {
    case: &'static str,
    what: &'static str,
    bound: Bound,
    /// Measured natively, else in the browser.
    native: bool,
}

#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

use Bound::{AtLeast, AtMost};

const fn native(case: &'static str, what: &'static str, bound: Bound) -> Target {
    Target { case, what, bound, native: true }
}

const fn web(case: &'static str, what: &'static str, bound: Bound) -> Target {
    Target { case, what, bound, native: false }
}

const TARGETS: &[Target] = &[
    native("decode/mqttbytes", "time / theirs", AtMost(1.0 / 3.0)),
    native("encode/mqttbytes", "time / theirs", AtMost(1.0)),
    // Ours in parts of theirs, so eight times faster is an eighth.
    native("route-1k/rmqtt", "time / theirs", AtMost(1.0 / 8.0)),
    native("route-growth", "time at 1,000,000 / at 1,000", AtMost(3.0)),
    native("memory-subscription-1k", "bytes", AtMost(220.0)),
    native("memory-subscription-100k", "bytes", AtMost(220.0)),
    native("memory-subscription-1m", "bytes", AtMost(220.0)),
    native("memory-session-connected", "bytes", AtMost(2048.0)),
    native("memory-session-away", "bytes", AtMost(2048.0)),
    web("core-qos0", "times as fast", AtLeast(40.0)),
    web("core-qos1", "times as fast", AtLeast(40.0)),
    web("core-qos2", "times as fast", AtLeast(40.0)),
    web("core-fan-out", "times as fast", AtLeast(40.0)),
    web("core-traced-qos0", "times as fast", AtLeast(25.0)),
    web("core-traced-qos1", "times as fast", AtLeast(25.0)),
    web("core-traced-qos2", "times as fast", AtLeast(25.0)),
    web("core-traced-fan-out", "times as fast", AtLeast(25.0)),
    web("trace-cost-qos0", "time on / off", AtMost(1.5)),
    web("trace-cost-qos1", "time on / off", AtMost(1.5)),
    web("trace-cost-qos2", "time on / off", AtMost(1.5)),
    web("trace-cost-fan-out", "time on / off", AtMost(1.5)),
];

/// What came of it.
pub(super) struct Judged {
    /// The table, as Markdown.
    pub(super) text: String,
    /// Targets that do not hold, or were not measured though they should have been.
    pub(super) missed: usize,
}

/// Reads lines of `case · ours · theirs · ratio · unit`, separated by tabs.
pub(super) fn read(said: &str) -> Outcome<Vec<Line>> {
    said.lines().filter(|line| !line.trim().is_empty()).map(read_line).collect()
}

fn read_line(line: &str) -> Outcome<Line> {
    let wrong = || format!("a benchmark said `{line}` where five fields were expected: case, ours, theirs, ratio, unit");
    let fields: Vec<&str> = line.split('\t').collect();
    let &[case, ours, theirs, ratio, unit] = fields.as_slice() else { return Err(wrong()) };
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(wrong);
    let theirs = if theirs == "-" { None } else { Some(number(theirs)?) };
    Ok(Line { case: case.to_owned(), ours: number(ours)?, theirs, ratio: number(ratio)?, unit: unit.to_owned() })
}

/// Judges what was measured. A target of a part that ran is missed when nothing was measured for it.
pub(super) fn judge(lines: &[Line], native: bool, web: bool) -> Judged {
    let mut text = String::from("| case | ours | theirs | ratio | what it is | target | |\n|---|---:|---:|---:|---|---|---|\n");
    let mut missed = 0;
    for line in lines {
        let target = TARGETS.iter().find(|target| target.case == line.case);
        let holds = target.map(|target| target.bound.holds(line.ratio));
        missed += usize::from(holds == Some(false));
        let theirs = line.theirs.map_or_else(|| "-".to_owned(), |theirs| format!("{theirs:.1} {}", line.unit));
        let (what, bound) = target.map_or((unjudged(&line.case), String::new()), |target| (target.what, target.bound.say()));
        let verdict = holds.map_or("", |holds| if holds { "holds" } else { "MISSES" });
        let Line { case, ours, ratio, unit, .. } = line;
        let _ = writeln!(text, "| {case} | {ours:.1} {unit} | {theirs} | {ratio:.3} | {what} | {bound} | {verdict} |");
    }
    let ran = |target: &&Target| if target.native { native } else { web };
    for target in TARGETS.iter().filter(ran).filter(|target| !lines.iter().any(|line| line.case == target.case)) {
        missed += 1;
        let _ = writeln!(text, "| {} | - | - | - | {} | {} | NOT MEASURED |", target.case, target.what, target.bound.say());
    }
    Judged { text, missed }
}

impl Bound {
    fn holds(self, ratio: f64) -> bool {
        match self {
            AtMost(most) => ratio <= most,
            AtLeast(least) => ratio >= least,
        }
    }

    fn say(self) -> String {
        match self {
            AtMost(most) => format!("<= {}", short(most)),
            AtLeast(least) => format!(">= {}", short(least)),
        }
    }
}

/// What the ratio of a case without a target is.
fn unjudged(case: &str) -> &'static str {
    match case.split_once('-').map_or(case, |(first, _)| first) {
        "core" => "times as fast",
        "trace" => "time on / off",
        _ => "time / theirs",
    }
}

fn short(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_holds_or_is_missed_or_was_not_measured() {
        let said = "core-qos0\t500.0\t20000.0\t40.0\tns\ncore-qos1\t500.0\t19000.0\t39.9\tns\nother\t1\t-\t1\tB\n";
        let judged = judge(&read(said).unwrap(), false, true);
        let verdict = |case: &str| judged.text.lines().find(|line| line.starts_with(&format!("| {case} |"))).unwrap().to_owned();
        assert!(verdict("core-qos0").ends_with("| holds |"), "{}", judged.text);
        assert!(verdict("core-qos1").ends_with("| MISSES |"), "{}", judged.text);
        assert!(verdict("core-qos2").ends_with("| NOT MEASURED |"), "{}", judged.text);
        assert!(verdict("other").ends_with("|  |"), "{}", judged.text);
        let web = TARGETS.iter().filter(|target| !target.native).count();
        assert_eq!(judged.missed, web - 1, "all of the browser but the one that holds");
        assert!(!judged.text.contains("memory-"), "what did not run is not missed");
    }

    #[test]
    fn a_line_that_cannot_be_read_is_told() {
        for said in ["core\t1\t2\t3", "core\t1\t2\tNaN\tns", "core\tx\t2\t3\tns"] {
            assert!(read(said).is_err_and(|what| what.contains(said)), "{said}");
        }
    }
}

//! What the tests prove, told as the broker's tests tell it.

use std::collections::BTreeSet;

use mqtt::{Malformed, Version};

#[path = "../../../broker/tests/rules/harness/rule.rs"]
pub(crate) mod rule;

/// Ids of rules that vectors and tables have shown so far. They count when the test that collects them ends well.
#[derive(Default)]
pub(crate) struct Shown(BTreeSet<&'static str>);

impl Shown {
    /// A rule by its id, with the standard in it: `MQTT-…`, `U5-…`, `MQTT311-…`, `M31-…`.
    pub(crate) fn id(&mut self, id: &'static str) {
        self.0.insert(id);
    }

    /// Ids of which those count that belong to the version.
    pub(crate) fn of_version(&mut self, version: Version, ids: &[&'static str]) {
        ids.iter().filter(|id| belongs(id, version)).for_each(|id| self.id(id));
    }

    /// The rule by which bytes were refused. 5.0 and 3.1.1 have the same ids for different rules.
    pub(crate) fn fault(&mut self, fault: &Malformed) {
        match (fault.version(), fault.rule()) {
            (Version::V5, Some(id)) => self.id(id),
            (Version::V311, Some(id)) => self.id(id.replacen("MQTT-", "MQTT311-", 1).leak()),
            _ => {}
        }
    }

    /// Tells them all.
    pub(crate) fn tell(self) {
        drop(rule::Proven(Vec::leak(self.0.into_iter().collect())));
    }
}

/// Whether an id is one of the version's.
pub(crate) fn belongs(id: &str, version: Version) -> bool {
    let family = match version {
        Version::V31 => "M31-",
        Version::V311 => "MQTT311-",
        Version::V5 => return ["MQTT-", "U5-", "B-"].iter().any(|family| id.starts_with(family)),
    };
    id.starts_with(family)
}

/// Says a line past the test runner, which keeps what `println!` says.
pub(crate) fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "measured: {line}");
}

//! Words for rules and their tests.

use contract::Protocol;

use super::{count, visible};
use crate::table::Rule;

/// How many there are, and how many of them tests have proved.
pub(crate) fn summary(rules: &[Rule]) -> String {
    let proved = rules.iter().filter(|rule| rule.tests > 0 && rule.result == "passed").count();
    format!("{} of the standard; {proved} proved by tests.", count(rules.len() as u64, "rule", "rules"))
}

/// What the tests said of one.
pub(crate) fn result(rule: &Rule) -> String {
    match rule.tests {
        0 => visible(&rule.result),
        tests => format!("{}, {}", count(tests.into(), "test", "tests"), visible(&rule.result)),
    }
}

/// A version as the table names it.
pub(crate) fn version(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::V31 => "3.1",
        Protocol::V311 => "3.1.1",
        Protocol::V5 => "5.0",
    }
}

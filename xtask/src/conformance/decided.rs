//! What docs/decisions.md says, held against the table of decisions and against the tests that ran.

use std::collections::BTreeSet;

use super::judge::{Judgement, Proof};
use crate::sh::{Outcome, root};

/// What of the document does not fit what ran.
pub(crate) fn check(judgement: &Judgement) -> Outcome<Vec<String>> {
    let path = root().join("docs/decisions.md");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let rules = || judgement.tables.iter().flat_map(|table| &table.rules).filter(|rule| rule.id.starts_with("D-"));
    let proofs = rules().flat_map(|rule| rule.tests.iter().map(|test| (rule.id.clone(), test.clone()))).collect();
    Ok(wrong(&read(&text), &rules().map(|rule| rule.id.clone()).collect(), &proofs))
}

/// One decision of the document.
#[derive(Debug, Default, PartialEq)]
struct Decision {
    id: String,
    /// Tests that it names, as `package/file::module::function`.
    tests: BTreeSet<String>,
}

/// Reads the headings `### D-…` and the tests named in backticks after `Shown by`.
fn read(text: &str) -> Vec<Decision> {
    let mut all: Vec<Decision> = Vec::new();
    let mut shown = false;
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            let id = heading.split(' ').next().unwrap_or_default().to_owned();
            all.push(Decision { id, tests: BTreeSet::new() });
        }
        shown = line.starts_with("Shown by") || shown && !line.is_empty();
        if let Some(decision) = all.last_mut().filter(|_| shown) {
            // Between backticks lies every second piece.
            decision.tests.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    all
}

/// What does not fit: a decision that only one of the two has, a test that does not prove it, one that is not named.
fn wrong(decisions: &[Decision], ids: &BTreeSet<String>, proofs: &BTreeSet<Proof>) -> Vec<String> {
    let written: BTreeSet<String> = decisions.iter().map(|decision| decision.id.clone()).collect();
    let mut all: Vec<String> = ids.difference(&written).map(|id| format!("docs/decisions.md has no {id}")).collect();
    all.extend(written.difference(ids).map(|id| format!("tests/rules/decisions.tsv has no {id}")));
    for Decision { id, tests } in decisions {
        let proved: BTreeSet<String> = proofs.iter().filter(|(proved, _)| proved == id).map(|(_, test)| test.clone()).collect();
        all.extend(tests.difference(&proved).map(|test| format!("docs/decisions.md: {test} does not show {id}")));
        all.extend(proved.difference(tests).map(|test| format!("docs/decisions.md does not name {test}, which shows {id}")));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_named() {
        let text = "# x\n\n### D-a · A\n\nText `b`.\n\nShown by `p/t::x`,\n`p/t::y`.\n\n### D-b · B\n\nShown by `p/t::x`.\n";
        let decisions = read(text);
        let tests = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(decisions[0], Decision { id: "D-a".to_owned(), tests: tests(&["p/t::x", "p/t::y"]) });
        let proofs = [("D-a", "p/t::x"), ("D-a", "p/t::z")].map(|(id, test)| (id.to_owned(), test.to_owned())).into();
        let found = wrong(&decisions, &tests(&["D-a", "D-c"]), &proofs);
        for part in ["has no D-c", "has no D-b", "p/t::y does not show D-a", "does not name p/t::z", "p/t::x does not show D-b"] {
            assert!(found.iter().any(|what| what.contains(part)), "{part}: {found:?}");
        }
    }
}

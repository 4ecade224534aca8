//! What was executed against what there is to prove.

use std::collections::{BTreeMap, BTreeSet};

use crate::sh::Outcome;

/// A rule's id and the test that proves it.
pub(crate) type Proof = (String, String);

/// Package whose tests see bytes and packets but no broker.
const CODEC: &str = "mqtt/";

/// The rules of one file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    /// What it is called in the summary.
    pub(crate) title: &'static str,
    /// In the order of the standard.
    pub(crate) rules: Vec<Rule>,
}

/// One rule and how it fared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) section: String,
    pub(crate) binds: String,
    pub(crate) text: String,
    pub(crate) class: String,
    /// Tests that name it, ran, and ended well.
    pub(crate) tests: Vec<String>,
    /// For the few that no test can show.
    pub(crate) answer: Option<String>,
}

impl Rule {
    /// One word for the table.
    pub(crate) fn result(&self) -> &'static str {
        match (self.tests.is_empty(), &self.answer) {
            (false, _) => "passed",
            (true, Some(_)) => "answered",
            (true, None) => "no test",
        }
    }
}

/// All rules with their tests, and what does not fit.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Judgement {
    pub(crate) tables: Vec<Table>,
    /// Executed under an id that no table has.
    pub(crate) unknown: Vec<Proof>,
    /// Answers to an id that no table has.
    pub(crate) idle_answers: Vec<String>,
    /// Written down as proofs, but not executed now.
    pub(crate) lost: Vec<Proof>,
    /// Tests that name no rule where all do.
    pub(crate) nameless: Vec<String>,
    /// Ids that a test names and none that ran came to, with the file.
    pub(crate) silent: Vec<Proof>,
    /// What is committed and does not say what the tables and the tests say.
    pub(crate) misfits: Vec<String>,
    /// Executed, but not written down yet.
    pub(crate) fresh: usize,
}

/// Joins the rules with what was executed.
pub(crate) fn judge(
    mut tables: Vec<Table>,
    answers: &BTreeMap<String, String>,
    known: &BTreeSet<Proof>,
    executed: BTreeSet<Proof>,
) -> Judgement {
    let ids: BTreeSet<String> = tables.iter().flat_map(|table| &table.rules).map(|rule| rule.id.clone()).collect();
    let mut tests: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (id, test) in &executed {
        tests.entry(id).or_default().push(test.clone());
    }
    for rule in tables.iter_mut().flat_map(|table| &mut table.rules) {
        rule.tests = tests.get(rule.id.as_str()).cloned().unwrap_or_default();
        rule.answer = answers.get(&rule.id).cloned();
    }
    Judgement {
        tables,
        unknown: executed.iter().filter(|(id, _)| !ids.contains(id)).cloned().collect(),
        idle_answers: answers.keys().filter(|id| !ids.contains(*id)).cloned().collect(),
        lost: known.difference(&executed).cloned().collect(),
        fresh: executed.difference(known).count(),
        ..Judgement::default()
    }
}

impl Judgement {
    /// Counts for each table, then the ids that have neither an executed test nor an answer.
    pub(crate) fn summary(&self) -> String {
        let mut text = String::new();
        for table in &self.tables {
            text += &format!("{}: {}\n", table.title, counts(table));
        }
        for table in &self.tables {
            let open: Vec<&str> = table.rules.iter().filter(|rule| rule.result() == "no test").map(|rule| rule.id.as_str()).collect();
            if !open.is_empty() {
                text += &format!("\nno executed test, {} of {}:\n{}", open.len(), table.title, folded(&open));
            }
        }
        if self.fresh > 0 {
            text += &format!("\n{} proofs are not in tests/rules/proofs.tsv yet; --accept writes them down\n", self.fresh);
        }
        text
    }

    /// The first line for each table, for a log.
    pub(crate) fn counts(&self) -> Vec<String> {
        self.tables.iter().map(|table| format!("{}: {}", table.title, counts(table))).collect()
    }

    /// What must not be: unknown ids always, lost proofs if asked, and rules without a test if strict.
    pub(crate) fn outcome(&self, strict: bool, compare: bool) -> Outcome<()> {
        let mut wrong = Vec::new();
        for (id, test) in &self.unknown {
            wrong.push(format!("{test} names {id}, which no table of tests/rules/ has"));
        }
        for id in &self.idle_answers {
            wrong.push(format!("answers.tsv answers {id}, which no table of tests/rules/ has"));
        }
        for (id, test) in self.lost.iter().filter(|_| compare) {
            wrong.push(format!(
                "{test} proved {id} and does not any more: it did not run, failed, or lost the id (--accept if it is meant)"
            ));
        }
        wrong.extend(self.nameless.iter().map(|test| format!("{test} names no rule; every test there does, with rule!(…)")));
        for (id, file) in &self.silent {
            wrong.push(format!("{file} names {id}, but no test that ran came to it"));
        }
        wrong.extend(self.misfits.iter().cloned());
        let open = self.tables.iter().flat_map(|table| &table.rules).filter(|rule| rule.result() == "no test").count();
        if strict && open > 0 {
            wrong.push(format!("{open} rules have no executed test"));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n       ")) }
    }
}

fn counts(table: &Table) -> String {
    let with = |result: &str| table.rules.iter().filter(|rule| rule.result() == result).count();
    let codec = table.rules.iter().filter(|rule| !rule.tests.is_empty() && rule.tests.iter().all(|test| test.starts_with(CODEC))).count();
    let mut text = format!("{} of {} executed", with("passed"), table.rules.len());
    if codec > 0 {
        text += &format!(" ({codec} of them by the codec alone)");
    }
    if with("answered") > 0 {
        text += &format!(", {} answered in words", with("answered"));
    }
    text
}

/// Words in lines of at most a hundred characters.
fn folded(words: &[&str]) -> String {
    let mut text = String::new();
    let mut line = String::from(" ");
    for word in words {
        if line.len() + word.len() >= 100 {
            text += &line;
            text.push('\n');
            line = String::from(" ");
        }
        line.push(' ');
        line += word;
    }
    text + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(ids: &[&str]) -> Vec<Table> {
        let rules = ids.iter().map(|id| Rule { id: (*id).to_owned(), ..Rule::default() }).collect();
        vec![Table { title: "5.0", rules }]
    }

    fn proofs(pairs: &[(&str, &str)]) -> BTreeSet<Proof> {
        pairs.iter().map(|(id, test)| ((*id).to_owned(), (*test).to_owned())).collect()
    }

    #[test]
    fn a_rule_is_proved_by_what_ran_and_by_nothing_else() {
        let executed = proofs(&[("A-1", "broker/t::x"), ("A-1", "mqtt/t::y"), ("A-2", "mqtt/t::y")]);
        let answers = BTreeMap::from([("A-3".to_owned(), "because".to_owned())]);
        let judgement = judge(table(&["A-1", "A-2", "A-3", "A-4"]), &answers, &executed, executed.clone());
        let results: Vec<&str> = judgement.tables[0].rules.iter().map(Rule::result).collect();
        assert_eq!(results, ["passed", "passed", "answered", "no test"]);
        assert_eq!(judgement.counts(), ["5.0: 2 of 4 executed (1 of them by the codec alone), 1 answered in words"]);
        assert!(judgement.summary().ends_with("no executed test, 1 of 5.0:\n  A-4\n"), "{}", judgement.summary());
        assert_eq!(judgement.outcome(false, true), Ok(()));
        assert!(judgement.outcome(true, true).is_err_and(|what| what == "1 rules have no executed test"));
    }

    #[test]
    fn an_unknown_id_and_a_lost_one_are_named_with_their_test() {
        let known = proofs(&[("A-1", "broker/t::x"), ("A-1", "broker/t::gone")]);
        let executed = proofs(&[("A-1", "broker/t::x"), ("A-9", "broker/t::x")]);
        let answers = BTreeMap::from([("A-8".to_owned(), "because".to_owned())]);
        let mut judgement = judge(table(&["A-1"]), &answers, &known, executed);
        judgement.nameless.push("a.rs: b".to_owned());
        judgement.silent.push(("A-7".to_owned(), "a.rs".to_owned()));
        judgement.misfits.push("a.md is old".to_owned());
        let what = judgement.outcome(false, true).expect_err("it does not fit");
        for part in [
            "broker/t::x names A-9",
            "answers A-8",
            "broker/t::gone proved A-1 and does not any more",
            "a.rs: b names no rule",
            "a.rs names A-7",
            "a.md is old",
        ] {
            assert!(what.contains(part), "{part}: {what}");
        }
        assert_eq!(judgement.fresh, 1);
        let what = judgement.outcome(false, false).expect_err("the unknown id stays");
        assert!(!what.contains("gone"), "{what}");
    }

    #[test]
    fn long_lists_are_folded() {
        let words = vec!["MQTT-1.2.3-4"; 20];
        let text = folded(&words);
        assert_eq!(text.split_whitespace().count(), 20);
        assert!(text.lines().all(|line| line.len() <= 100) && text.lines().count() == 3, "{text}");
    }
}

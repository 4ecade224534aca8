//! Reading and writing the tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::judge::{Judgement, Proof, Rule, Table};
use crate::sh::Outcome;

/// The files of rules and what they hold.
const TABLES: [(&str, &str); 6] = [
    ("mqtt5.tsv", "5.0, numbered"),
    ("unnumbered.tsv", "5.0, without a number"),
    ("mqtt311.tsv", "3.1.1"),
    ("mqtt31.tsv", "3.1, where it differs"),
    ("behaviours.tsv", "behaviours and known faults"),
    ("decisions.tsv", "decisions where there is a choice"),
];

/// Tests named in a row of the page for people; the other table has them all.
const SHOWN: usize = 4;

/// All rules. An id may be there once.
pub(crate) fn tables(dir: &Path) -> Outcome<Vec<Table>> {
    let mut seen = BTreeSet::new();
    let mut tables = Vec::new();
    for (name, title) in TABLES {
        let mut rules = Vec::new();
        for (line, [id, section, binds, text, class]) in rows::<5>(&dir.join(name))? {
            if !seen.insert(id.clone()) {
                return Err(format!("{name}:{line}: {id} is there a second time"));
            }
            rules.push(Rule { id, section, binds, text, class, tests: Vec::new(), answer: None });
        }
        tables.push(Table { title, rules });
    }
    Ok(tables)
}

/// Rules that can only be answered in words.
pub(crate) fn answers(path: &Path) -> Outcome<BTreeMap<String, String>> {
    Ok(rows::<2>(path)?.into_iter().map(|(_, [id, words])| (id, words)).collect())
}

/// What was written down by an earlier run; nothing if there was none.
pub(crate) fn read_proofs(path: &Path) -> Outcome<BTreeSet<Proof>> {
    if !path.exists() {
        return Ok(BTreeSet::new());
    }
    Ok(rows::<2>(path)?.into_iter().map(|(_, [id, test])| (id, test)).collect())
}

/// `<id>\t<test>` in each line.
pub(crate) fn pairs(text: &str) -> Outcome<Vec<Proof>> {
    let pair = |line: &str| {
        let (id, test) = line.split_once('\t').ok_or_else(|| format!("`{line}` is not an id, a tab and a test"))?;
        Ok((id.to_owned(), test.to_owned()))
    };
    text.lines().map(pair).collect()
}

/// Which test proves which rule, to be written down.
pub(crate) fn proofs(judgement: &Judgement) -> String {
    let mut text = String::from("id\ttest\n");
    for rule in judgement.tables.iter().flat_map(|table| &table.rules) {
        rule.tests.iter().for_each(|test| text += &format!("{}\t{test}\n", rule.id));
    }
    text
}

/// One line a rule, for programs.
pub(crate) fn tsv(judgement: &Judgement) -> String {
    let mut text = String::from("table\tid\tsection\tbinds\tclass\trule\tresult\ttests\n");
    for table in &judgement.tables {
        for rule in &table.rules {
            let Rule { id, section, binds, class, text: words, .. } = rule;
            let tests = rule.answer.clone().filter(|_| rule.tests.is_empty()).unwrap_or_else(|| rule.tests.join(" "));
            text += &format!("{}\t{id}\t{section}\t{binds}\t{class}\t{words}\t{}\t{tests}\n", table.title, rule.result());
        }
    }
    text
}

/// The same for people.
pub(crate) fn markdown(judgement: &Judgement) -> String {
    let mut text = String::from("# Rule by rule\n\nMade by `cargo xtask conformance` from the tests that ran.\n\n");
    judgement.counts().iter().for_each(|line| text += &format!("- {line}\n"));
    for table in &judgement.tables {
        text += &format!("\n## {}\n\n| id | section | rule | result | tests |\n|---|---|---|---|---|\n", table.title);
        for rule in &table.rules {
            let row = [&rule.id, &rule.section, &rule.text, rule.result(), &proof(rule)].map(|cell| cell.replace('|', "\\|"));
            text += &format!("| {} |\n", row.join(" | "));
        }
    }
    text
}

fn proof(rule: &Rule) -> String {
    if rule.tests.is_empty() {
        return rule.answer.clone().unwrap_or_default();
    }
    let shown: Vec<String> = rule.tests.iter().take(SHOWN).map(|test| format!("`{test}`")).collect();
    let more = rule.tests.len().saturating_sub(SHOWN);
    shown.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

/// The rows under the headline, with the numbers of their lines.
fn rows<const N: usize>(path: &Path) -> Outcome<Vec<(usize, [String; N])>> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let row = |(at, line): (usize, &str)| {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let found = cells.len();
        let cells = cells.try_into().map_err(|_| format!("{}:{}: {found} columns, {N} are wanted", path.display(), at + 1))?;
        Ok((at + 1, cells))
    };
    text.lines().enumerate().skip(1).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::rules;

    #[test]
    fn the_tables_are_whole() {
        let tables = tables(&rules()).expect("the tables can be read");
        let sizes: Vec<usize> = tables.iter().map(|table| table.rules.len()).collect();
        // Of 3.1 there are thirteen differences that are usually told, and three more.
        assert_eq!(sizes[..4], [251, 112, 141, 16]);
        let all: Vec<&Rule> = tables.iter().flat_map(|table| &table.rules).collect();
        let known: BTreeSet<&str> = all.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(known.len(), all.len());
        for rule in &all {
            assert!(["both", "client", "server", "sender", "receiver"].contains(&rule.binds.as_str()), "{}", rule.id);
            assert!(!rule.text.is_empty() && rule.text.trim() == rule.text, "{}", rule.id);
        }
        let answers = answers(&rules().join("answers.tsv")).expect("the answers can be read");
        assert!(answers.iter().all(|(id, words)| known.contains(id.as_str()) && words.ends_with('.')));
        let proofs = read_proofs(&rules().join("proofs.tsv")).expect("the proofs can be read");
        assert!(proofs.iter().all(|(id, _)| known.contains(id.as_str())));
    }

    #[test]
    fn what_is_written_can_be_read() {
        let rule = |id: &str, tests: &[&str]| Rule {
            id: id.to_owned(),
            text: "a | b".to_owned(),
            tests: tests.iter().map(|test| (*test).to_owned()).collect(),
            ..Rule::default()
        };
        let rules = vec![rule("A-1", &["x", "y"]), rule("A-2", &[]), rule("A-3", &["1", "2", "3", "4", "5", "6"])];
        let judgement = Judgement { tables: vec![Table { title: "5.0", rules }], ..Judgement::default() };
        assert_eq!(proofs(&judgement).lines().count(), 9);
        assert_eq!(pairs("A-1\tx\nA-1\ty\n").expect("pairs").len(), 2);
        assert!(pairs("A-1 x").is_err_and(|what| what.contains("`A-1 x`")));
        assert!(tsv(&judgement).lines().all(|line| line.split('\t').count() == 8));
        let page = markdown(&judgement);
        assert!(page.contains("| A-1 |  | a \\| b | passed | `x`, `y` |") && page.contains("`4` and 2 more"), "{page}");
    }
}

//! What of the table is committed: one line a rule for people, and a file that the page's inspector loads when it is asked for rules.
//!
//! Both are made of `tests/rules/` alone, proofs.tsv included, so that they are the same wherever they are made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::judge::{self, Judgement, Rule};
use super::table;
use crate::sh::{Outcome, root};

/// Packets by the number of their section in chapter 3 of both 5.0 and 3.1.1.
const PACKETS: [&str; 15] = [
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
    "AUTH",
];

const FLOW: &[&str] = &["PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP"];
const TOPICS: &[&str] = &["PUBLISH", "SUBSCRIBE", "UNSUBSCRIBE"];
const WITH_IDENTIFIER: &[&str] = &["PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK"];
const ENDS: &[&str] = &["CONNACK", "DISCONNECT"];

/// Sections of other chapters that are about some packets, by their beginning; those that are about all packets are not here. The first
/// that fits counts. 3.1.1 and 5.0 share the numbers but for those that name their version.
const ELSEWHERE: [(&str, &str, &[&str]); 14] = [
    ("", "2.2.1 ", WITH_IDENTIFIER),
    ("", "2.3.1 ", WITH_IDENTIFIER),
    ("", "4.1", &["CONNECT", "CONNACK"]),
    ("", "4.3.1 ", &["PUBLISH"]),
    ("", "4.3.2 ", &["PUBLISH", "PUBACK"]),
    ("", "4.3.3 ", &["PUBLISH", "PUBREC", "PUBREL", "PUBCOMP"]),
    ("", "4.4", FLOW),
    ("", "4.5", FLOW),
    ("", "4.6", FLOW),
    ("", "4.7", TOPICS),
    ("5.0", "4.8", TOPICS),
    ("5.0", "4.9", FLOW),
    ("5.0", "4.12", &["CONNECT", "CONNACK", "AUTH", "DISCONNECT"]),
    ("5.0", "4.13", ENDS),
];

/// The committed files that do not say what `tests/rules/` says.
pub(crate) fn stale(rules: &Path) -> Outcome<Vec<String>> {
    let differs = |(path, wanted): &(PathBuf, String)| std::fs::read_to_string(path).unwrap_or_default() != *wanted;
    let stale = files(rules)?.into_iter().filter(differs);
    Ok(stale.map(|(path, _)| format!("{} is not what tests/rules/ says; --accept writes it anew", path.display())).collect())
}

/// Where the committed files are, with what should be in them.
pub(crate) fn files(rules: &Path) -> Outcome<[(PathBuf, String); 2]> {
    let judgement = from_proofs(rules)?;
    Ok([(root().join("docs/conformance.md"), lines(&judgement)), (root().join("www/rules.json"), json(&judgement))])
}

/// The judgement as it was when the proofs were written down.
fn from_proofs(rules: &Path) -> Outcome<Judgement> {
    let proofs = table::read_proofs(&rules.join("proofs.tsv"))?;
    Ok(judge::judge(table::tables(rules)?, &table::answers(&rules.join("answers.tsv"))?, &proofs, proofs.clone()))
}

/// One line a rule.
fn lines(judgement: &Judgement) -> String {
    let mut text = String::from(
        "# Rule by rule\n\nMade by `cargo xtask conformance --accept`; do not edit. Each line: the rule's id, how many tests prove it, what it \
         says. Which\ntests they are is in [proofs.tsv](../tests/rules/proofs.tsv), what is decided where the standards leave a choice in \
         [decisions.md](decisions.md).\n\n",
    );
    judgement.counts().iter().for_each(|line| text += &format!("* {line}\n"));
    for table in &judgement.tables {
        text += &format!("\n## {}\n\n", table.title);
        for rule in &table.rules {
            let words = rule.text.replace('<', "\\<").replace('*', "\\*");
            text += &match (&rule.answer, rule.tests.len()) {
                (_, 1) => format!("* `{}` 1 test: {words}\n", rule.id),
                (_, count @ 2..) => format!("* `{}` {count} tests: {words}\n", rule.id),
                (Some(answer), _) => format!("* `{}` answered: {words} {answer}\n", rule.id),
                (None, _) => format!("* `{}` **no test**: {words}\n", rule.id),
            };
        }
    }
    text
}

/// `{"rules": {id: [sentence, number of tests, result]}, "packets": {version: {packet: [ids]}}}`; the packet `""` stands for all.
fn json(judgement: &Judgement) -> String {
    let all: Vec<&Rule> = judgement.tables.iter().flat_map(|table| &table.rules).collect();
    let mut text = String::from("{\"rules\":{\n");
    let rows: Vec<String> = all
        .iter()
        .map(|rule| format!("{}:[{},{},{}]", quoted(&rule.id), quoted(&rule.text), rule.tests.len(), quoted(rule.result())))
        .collect();
    text += &rows.join(",\n");
    text += "\n},\"packets\":{\n";
    let mut versions: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for rule in all {
        let Some(version) = version(&rule.id) else { continue };
        for packet in concerned(version, &rule.section) {
            versions.entry(version).or_default().entry(packet).or_default().push(&rule.id);
        }
    }
    let versions: Vec<String> =
        versions.into_iter().map(|(version, packets)| format!("{}:{{\n{}\n}}", quoted(version), lists(packets))).collect();
    text + &versions.join(",\n") + "\n}}\n"
}

fn lists(packets: BTreeMap<&str, Vec<&str>>) -> String {
    let list = |(packet, ids): (&str, Vec<&str>)| {
        let ids: Vec<String> = ids.into_iter().map(quoted).collect();
        format!("{}:[{}]", quoted(packet), ids.join(","))
    };
    packets.into_iter().map(list).collect::<Vec<_>>().join(",\n")
}

/// The version whose rule it is; none for what is no standard's.
fn version(id: &str) -> Option<&'static str> {
    let families = [("MQTT-", "5.0"), ("U5-", "5.0"), ("MQTT311-", "3.1.1"), ("M31-", "3.1")];
    families.into_iter().find(|(family, _)| id.starts_with(family)).map(|(_, version)| version)
}

/// The packets that a section is about; `""` for all.
fn concerned(version: &str, section: &str) -> Vec<&'static str> {
    let number = section.split([' ', '.']).nth(1).filter(|_| section.starts_with("3.")).and_then(|number| number.parse::<usize>().ok());
    if let Some(packet) = number.and_then(|number| PACKETS.get(number.checked_sub(1)?)) {
        return vec![packet];
    }
    if let Some(row) = ELSEWHERE.iter().find(|(of, begin, _)| (of.is_empty() || *of == version) && section.starts_with(begin)) {
        return row.2.to_vec();
    }
    // Our sections of 3.1 are packets or what they have in common.
    let named: Vec<&str> = PACKETS.into_iter().filter(|packet| section.split(", ").any(|part| part == *packet)).collect();
    match section {
        "Delivery" => FLOW.to_vec(),
        _ if named.is_empty() => vec![""],
        _ => named,
    }
}

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for it in text.chars() {
        match it {
            '"' | '\\' => out.extend(['\\', it]),
            it if it < ' ' => out += &format!("\\u{:04x}", u32::from(it)),
            it => out.push(it),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::rules;

    #[test]
    fn a_section_is_about_its_packets() {
        for (version, section, packets) in [
            ("5.0", "3.1.2.11.2 Session Expiry Interval", &["CONNECT"][..]),
            ("5.0", "3.15.1 AUTH Fixed Header", &["AUTH"]),
            ("3.1.1", "3.10.4 UNSUBSCRIBE Response", &["UNSUBSCRIBE"]),
            ("5.0", "4.3.2 QoS 1", &["PUBLISH", "PUBACK"]),
            ("5.0", "4.8.2 Shared Subscriptions", TOPICS),
            ("3.1.1", "4.8 Handling errors", &[""]),
            ("3.1", "CONNACK", &["CONNACK"]),
            ("3.1", "UTF-8", &[""]),
            ("5.0", "1.5.4 UTF-8 Encoded String", &[""]),
        ] {
            assert_eq!(concerned(version, section), packets, "{version} {section}");
        }
    }

    #[test]
    fn every_rule_of_a_standard_is_found_from_a_packet() {
        let judgement = from_proofs(&rules()).expect("the tables can be read");
        let text = json(&judgement);
        let (_, packets) = text.split_once("\"packets\"").expect("both parts are there");
        for rule in judgement.tables.iter().flat_map(|table| &table.rules).filter(|rule| version(&rule.id).is_some()) {
            assert!(packets.contains(&quoted(&rule.id)), "{}", rule.id);
        }
        assert_eq!(quoted("a \"b\" \\ \u{1}"), "\"a \\\"b\\\" \\\\ \\u0001\"");
    }
}

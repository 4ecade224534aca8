//! `docs/panics.md` against the sources: what is denied, what is switched off, and each call that could panic past the lints.

use std::collections::BTreeSet;
use std::path::Path;

use crate::sources::{files, root};

/// The machine: a panic there ends the broker.
const MACHINE: [&str; 3] = ["mqtt", "broker", "lab"];

/// What the machine must deny.
const DENIED: [&str; 9] = [
    "unwrap_used",
    "expect_used",
    "indexing_slicing",
    "string_slice",
    "arithmetic_side_effects",
    "panic",
    "unreachable",
    "todo",
    "unimplemented",
];

/// Methods and macros that panic on arguments of the wrong size, and are not the maps' own of the same name.
const CALLS: [&str; 23] = [
    ".drain(",
    ".range(",
    ".split_off(",
    ".split_at(",
    ".split_at_mut(",
    ".copy_from_slice(",
    ".clone_from_slice(",
    ".copy_within(",
    ".swap(",
    ".swap_remove(",
    ".rotate_left(",
    ".rotate_right(",
    ".slice_ref(",
    ".split_to(",
    ".advance(",
    ".clamp(",
    ".step_by(",
    ".chunks(",
    ".windows(",
    ".div_ceil(",
    ".insert(0",
    ".insert(1",
    "assert!(",
];

type Row = (String, String);

#[test]
fn the_machine_denies_what_can_panic() {
    for name in MACHINE {
        let text = std::fs::read_to_string(root().join("crates").join(name).join("src/lib.rs")).expect("a library has a lib.rs");
        let denied = text.split("deny(").nth(1).and_then(|rest| rest.split(")\n").next()).unwrap_or_default();
        for lint in DENIED {
            assert!(denied.contains(&format!("clippy::{lint}")), "crates/{name}/src/lib.rs does not deny clippy::{lint}");
        }
    }
}

#[test]
fn every_package_forbids_unsafe_code() {
    for manifest in ["Cargo.toml", "bench/native/Cargo.toml", "bench/web/Cargo.toml"] {
        let text = std::fs::read_to_string(root().join(manifest)).expect("a manifest can be read");
        assert!(text.contains("unsafe_code = \"forbid\""), "{manifest}");
    }
    for (path, text) in files(&root().join("tools/src"), &["rs"]) {
        assert!(text.contains("#![forbid(unsafe_code)]"), "{}", path.display());
    }
    let targets = files(&root().join("fuzz/targets"), &["rs"]);
    assert_eq!(targets.len(), 4, "docs/panics.md says how many are excepted");
    assert!(targets.iter().all(|(_, text)| text.contains("fuzz_target!(") && !text.contains("unsafe")));
}

#[test]
fn every_lint_that_is_switched_off_is_listed() {
    let mut found = BTreeSet::new();
    for folder in ["src", "crates", "xtask/src"] {
        for (path, text) in files(&root().join(folder), &["rs"]) {
            let name = name_of(&path);
            if !name.contains("/tests/") && !name.contains("/examples/") {
                found.extend(product(&text).lines().flat_map(switched_off).map(|lint| (name.clone(), lint)));
            }
        }
    }
    agree("Lints that are switched off", &found);
    let of_machine = |name: &str| MACHINE.iter().any(|part| name.starts_with(&format!("crates/{part}/")));
    let broken: Vec<&Row> = found.iter().filter(|(name, lint)| of_machine(name) && DENIED.iter().any(|it| lint.ends_with(it))).collect();
    assert!(broken.is_empty(), "there is no exception: {broken:?}");
}

#[test]
fn every_call_that_could_panic_is_listed() {
    let mut found = BTreeSet::new();
    for part in MACHINE {
        for (path, text) in files(&root().join("crates").join(part).join("src"), &["rs"]) {
            if path.file_name().is_some_and(|name| name != "tests.rs") {
                found.extend(calls(product(&text)).into_iter().map(|call| (name_of(&path), call)));
            }
        }
    }
    assert!(found.len() > 5, "the search finds calls: {found:?}");
    agree("Calls that can panic and that no lint knows", &found);
}

/// The table under a heading of docs/panics.md holds these rows and no others, each with a reason.
#[track_caller]
fn agree(heading: &str, found: &BTreeSet<Row>) {
    let text = std::fs::read_to_string(root().join("docs/panics.md")).expect("the document can be read");
    let part = text.split("\n## ").find(|part| part.starts_with(heading)).unwrap_or_else(|| panic!("no heading {heading}"));
    let mut listed = BTreeSet::new();
    for line in part.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect();
        let [name, what, why] = cells[..] else { panic!("{line} has three cells") };
        assert!(why.len() > 10, "{line} gives no reason");
        listed.insert((name.to_owned(), what.replace("\\|", "|")));
    }
    let missing: Vec<String> = found.difference(&listed).map(|(name, what)| format!("| `{name}` | `{what}` | … |")).collect();
    let idle: Vec<&Row> = listed.difference(found).collect();
    assert!(missing.is_empty(), "docs/panics.md, {heading}: to be proved or avoided:\n{}", missing.join("\n"));
    assert!(idle.is_empty(), "docs/panics.md, {heading}: not in the sources any more: {idle:?}");
}

/// A file without the tests at its end.
fn product(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default()
}

fn name_of(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned()
}

/// Lints in an attribute that allows or expects them.
fn switched_off(line: &str) -> Vec<String> {
    let inner = ["#[allow(", "#![allow(", "#[expect(", "#![expect("].into_iter().find_map(|begin| line.trim_start().strip_prefix(begin));
    let lints = inner.and_then(|rest| rest.split([')', '"']).next()).unwrap_or_default();
    lints.split(',').map(str::trim).filter(|lint| !lint.is_empty() && !lint.starts_with("reason")).map(str::to_owned).collect()
}

/// The calls of [`CALLS`] with their arguments, as far as these stand on the same line; all of a collection can be drained.
fn calls(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for call in CALLS {
            for (at, _) in line.match_indices(call) {
                let begin = if call.starts_with('.') { at + 1 } else { line[..at].rfind([' ', '(']).map_or(0, |space| space + 1) };
                let rest = &line[begin..];
                let text = balanced(rest);
                if text != "drain(..)" && !text.ends_with("()") {
                    found.push(text.to_owned());
                }
            }
        }
    }
    found
}

/// A call up to the parenthesis that closes it.
fn balanced(text: &str) -> &str {
    let mut depth = 0;
    for (at, it) in text.char_indices() {
        match it {
            '(' => depth += 1,
            ')' if depth == 1 => return &text[..=at],
            ')' => depth -= 1,
            _ => {}
        }
    }
    text
}

#[test]
fn calls_and_attributes_are_found() {
    let text =
        "    let a = x.drain(..n).map(y(1)).rev().step_by(k.max(1));\n    // .drain(..1)\n    b.drain(..);\n    debug_assert!(a == (b));\n";
    assert_eq!(calls(text), ["drain(..n)", "step_by(k.max(1))", "debug_assert!(a == (b))"]);
    assert_eq!(switched_off("    #[allow(clippy::a, b, reason = \"c, d\")]"), ["clippy::a", "b"]);
    assert_eq!(product("a\n\n#[cfg(test)]\nmod tests {\nb\n}\n"), "a\n");
}

//! What the sources of the tests say, to be held against what ran: a test that names no rule where every test must, and an id that is
//! named in a test that never came to it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::sh::Outcome;

/// Tests below a folder that name no rule, as `file: function`.
pub(crate) fn nameless(below: &Path) -> Outcome<Vec<String>> {
    let mut all = Vec::new();
    for (path, text) in files(below)? {
        all.extend(without_rule(&text).into_iter().map(|name| format!("{}: {name}", path.display())));
    }
    Ok(all)
}

/// Ids within `rule!( … )` in the tests below a folder, with the file.
pub(crate) fn named(below: &Path) -> Outcome<BTreeSet<(String, String)>> {
    let mut all = BTreeSet::new();
    for (path, text) in files(below)? {
        if path.components().any(|part| part.as_os_str() == "tests") {
            all.extend(ids(&text).map(|id| (id.to_owned(), path.display().to_string())));
        }
    }
    Ok(all)
}

/// Functions that are tests and have no `rule!` in them. rustfmt puts a closing brace under the beginning of what it closes.
fn without_rule(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split("#[test]\n").skip(1) {
        let Some((name, body)) = part.split_once("fn ").and_then(|(_, rest)| rest.split_once('(')) else { continue };
        let body = body.split("\n}").next().unwrap_or_default();
        if !body.contains("rule!(") {
            found.push(name.to_owned());
        }
    }
    found
}

fn ids(text: &str) -> impl Iterator<Item = &str> {
    let calls = text.split("rule!(").skip(1).filter_map(|rest| rest.split_once(')')).map(|(arguments, _)| arguments);
    // Between quotes lies every second piece.
    calls.flat_map(|arguments| arguments.split('"').skip(1).step_by(2))
}

/// All Rust sources below a folder, in order of name.
fn files(below: &Path) -> Outcome<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut folders = vec![below.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let failed = |e| format!("cannot read {}: {e}", folder.display());
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let hidden = path.file_name().is_some_and(|name| name == "target" || name.to_string_lossy().starts_with('.'));
            if path.is_dir() && !hidden {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
                found.push((path, text));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_without_a_rule_is_found() {
        let text = "#[test]\nfn a() {\n    rule!(\"A-1\", \"A-2\");\n    x();\n}\n\n#[test]\n#[ignore]\nfn b() {\n    x();\n}\n\nfn c() {\n    rule!(\"A-3\");\n}\n";
        assert_eq!(without_rule(text), ["b"]);
        assert_eq!(ids(text).collect::<Vec<_>>(), ["A-1", "A-2", "A-3"]);
    }
}

//! Files and functions stay small enough to be read at one go.

use crate::sources::{files, root};

/// Lines that a file may have. Around 300 is the aim.
const FILE: usize = 600;

/// Lines that a function may have, from its signature to its closing brace. Under 70 is the aim.
const FUNCTION: usize = 90;

#[test]
fn no_file_is_long() {
    let files = files(&root(), &["rs", "mjs", "js", "css", "py"]);
    assert!(files.len() > 30, "the search finds the sources: {}", files.len());
    let long: Vec<String> = files
        .iter()
        .filter(|(_, text)| text.lines().count() > FILE)
        .map(|(path, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "files over {FILE} lines, to be split by what they are about:\n{}", long.join("\n"));
}

#[test]
fn no_function_is_long() {
    let mut long = Vec::new();
    let mut seen = 0;
    for (path, text) in files(&root(), &["rs"]) {
        for (line, name, length) in functions(&text) {
            seen += 1;
            if length > FUNCTION {
                long.push(format!("{}:{line}: {name} has {length} lines", path.display()));
            }
        }
    }
    assert!(seen > 50, "the search finds the functions: {seen}");
    assert!(long.is_empty(), "functions over {FUNCTION} lines:\n{}", long.join("\n"));
}

/// Line, name and length of each function that spans lines. rustfmt puts the closing brace under the beginning of the signature, so
/// the indentation tells where a function ends, without a parser.
fn functions(text: &str) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = &line[..line.len() - code.len()];
        let Some(name) = function_name(code) else { continue };
        if line.trim_end().ends_with(['}', ';']) {
            continue;
        }
        let end = lines[at..].iter().position(|later| later.strip_prefix(indent).is_some_and(|rest| rest == "}" || rest.ends_with(");")));
        found.push((at + 1, name.to_owned(), end.map_or(0, |lines| lines + 1)));
    }
    found
}

fn function_name(code: &str) -> Option<&str> {
    let mut words = code.split_whitespace();
    loop {
        match words.next()? {
            "fn" => return words.next()?.split(['(', '<']).next(),
            "pub" | "pub(crate)" | "pub(super)" | "const" | "async" | "unsafe" | "extern" => {}
            _ => return None,
        }
    }
}

#[test]
fn functions_are_measured() {
    let text = "pub(crate) fn one(\n    a: u8,\n) -> u8 {\n    a\n}\nimpl X {\n    fn two() {}\n    async fn three<T>() {\n        if x {\n        }\n    }\n}\n";
    let found = functions(text);
    assert_eq!(found, [(1, "one".to_owned(), 5), (8, "three".to_owned(), 4)]);
}

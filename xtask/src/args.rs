//! What the command line asks for.

use std::net::SocketAddr;

use crate::stages::Stage;
use crate::{bench, conformance};

/// A command with its arguments.
#[derive(Debug, PartialEq)]
pub(crate) enum Wanted {
    /// Print the commands.
    Help,
    /// Build and run; the flags go to the relay as they stand.
    Serve(Vec<String>),
    /// Build only.
    Build,
    /// Run these stages, in their own order.
    Test(Vec<Stage>),
    /// Run the native tests and say which rule they prove.
    Conformance(conformance::Asked),
    /// Measure which lines the tests run through.
    Coverage {
        /// List those that they do not.
        lines: bool,
    },
    /// Make the README's pictures.
    Screenshots,
    /// Run worlds of cuts for a long time.
    Soak,
    /// Measure beside others.
    Bench(bench::Asked),
}

const COMMANDS: [&str; 8] = ["serve", "build", "test", "conformance", "coverage", "screenshots", "soak", "bench"];
const FLAGS: [&str; 5] = ["--http", "--ws", "--tcp", "--json", "--open"];

/// Reads the words after `cargo xtask`. The error says which word is wrong and what would be right.
pub(crate) fn read(words: &[String]) -> Result<Wanted, String> {
    let Some((command, rest)) = words.split_first() else { return Ok(Wanted::Help) };
    if words.iter().any(|word| matches!(word.as_str(), "--help" | "-h" | "help")) {
        return Ok(Wanted::Help);
    }
    match command.as_str() {
        "serve" => serve_flags(rest).map(Wanted::Serve),
        "build" => nothing_more("build", rest).map(|()| Wanted::Build),
        "screenshots" => nothing_more("screenshots", rest).map(|()| Wanted::Screenshots),
        "soak" => nothing_more("soak", rest).map(|()| Wanted::Soak),
        "bench" => bench_words(rest).map(Wanted::Bench),
        "coverage" => coverage_flags(rest),
        "conformance" => conformance_flags(rest).map(Wanted::Conformance),
        "test" => stages(rest).map(Wanted::Test),
        other => Err(format!("there is no command `{other}`{}", meant(other, &COMMANDS))),
    }
}

fn nothing_more(command: &str, rest: &[String]) -> Result<(), String> {
    match rest.first() {
        None => Ok(()),
        Some(word) => Err(format!("`{command}` takes no arguments, but got `{word}`")),
    }
}

fn conformance_flags(rest: &[String]) -> Result<conformance::Asked, String> {
    let mut asked = conformance::Asked::default();
    for word in rest {
        match word.as_str() {
            "--lenient" => asked.lenient = true,
            "--accept" => asked.accept = true,
            _ => return Err(format!("`conformance` has no flag `{word}`{}", meant(word, &["--lenient", "--accept"]))),
        }
    }
    Ok(asked)
}

fn bench_words(rest: &[String]) -> Result<bench::Asked, String> {
    let mut asked = bench::Asked { native: false, web: false, strict: false };
    for word in rest {
        match word.as_str() {
            "native" => asked.native = true,
            "web" => asked.web = true,
            "--strict" => asked.strict = true,
            _ => return Err(format!("`bench` has no part or flag `{word}`{}", meant(word, &["native", "web", "--strict"]))),
        }
    }
    if !asked.native && !asked.web {
        (asked.native, asked.web) = (true, true);
    }
    Ok(asked)
}

fn coverage_flags(rest: &[String]) -> Result<Wanted, String> {
    match rest {
        [] => Ok(Wanted::Coverage { lines: false }),
        [flag] if flag == "--lines" => Ok(Wanted::Coverage { lines: true }),
        [word, ..] => Err(format!("`coverage` takes --lines and nothing else, but got `{word}`")),
    }
}

/// Checks the flags here, although the relay checks them too: a typo must not cost the time of a build.
fn serve_flags(rest: &[String]) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let (flag, joined) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        match (flag, joined) {
            ("--json" | "--open", None) => out.push(flag.to_owned()),
            ("--json" | "--open", Some(value)) => return Err(format!("`{flag}` takes no value, but got `{value}`")),
            ("--http" | "--ws" | "--tcp", joined) => {
                let value = joined.or_else(|| words.next().cloned()).ok_or(format!("`{flag}` wants an address such as 127.0.0.1:0"))?;
                check_address(flag, &value)?;
                out.extend([flag.to_owned(), value]);
            }
            _ => return Err(format!("`serve` has no flag `{word}`{}", meant(flag, &FLAGS))),
        }
    }
    Ok(out)
}

fn check_address(flag: &str, value: &str) -> Result<(), String> {
    if value.parse::<u16>().is_ok() || value.parse::<SocketAddr>().is_ok() {
        return Ok(());
    }
    Err(format!("`{flag} {value}`: an address is IP:PORT or PORT, such as 127.0.0.1:8080, with a port from 0 to 65535"))
}

fn stages(rest: &[String]) -> Result<Vec<Stage>, String> {
    let mut chosen = Vec::new();
    for word in rest {
        let stage = Stage::ALL.into_iter().find(|stage| stage.name() == word);
        chosen.push(stage.ok_or_else(|| format!("there is no stage `{word}`{}", meant(word, &Stage::ALL.map(Stage::name))))?);
    }
    let wanted = |stage: &Stage| chosen.is_empty() || chosen.contains(stage);
    Ok(Stage::ALL.into_iter().filter(wanted).collect())
}

/// Names the nearest word when there is one within two edits, else all of them.
fn meant(word: &str, known: &[&str]) -> String {
    match known.iter().map(|name| (edits(word, name), name)).min() {
        Some((0..=2, name)) => format!("; did you mean `{name}`?"),
        _ => format!("; there are {}", known.join(", ")),
    }
}

/// Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Wanted, String> {
        read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn flags_go_to_the_relay_as_they_stand() {
        let flags = strings(&["--http", "127.0.0.1:0", "--tcp", "1884", "--json"]);
        assert_eq!(of("serve --http 127.0.0.1:0 --tcp=1884 --json"), Ok(Wanted::Serve(flags)));
        assert_eq!(of(""), Ok(Wanted::Help));
        assert_eq!(of("serve --help"), Ok(Wanted::Help));
    }

    #[test]
    fn conformance_is_strict_unless_it_is_told_not_to_be() {
        let asked = |lenient, accept| Ok(Wanted::Conformance(conformance::Asked { lenient, accept }));
        assert_eq!(of("conformance"), asked(false, false));
        assert_eq!(of("conformance --lenient"), asked(true, false));
        assert_eq!(of("conformance --accept --lenient"), asked(true, true));
    }

    #[test]
    fn bench_runs_all_parts_or_those_that_are_named() {
        let asked = |native, web, strict| Ok(Wanted::Bench(bench::Asked { native, web, strict }));
        assert_eq!(of("bench"), asked(true, true, false));
        assert_eq!(of("bench web --strict"), asked(false, true, true));
        assert!(of("bench nativ").is_err_and(|what| what.contains("did you mean `native`?")));
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        for (line, part) in [
            ("serv", "did you mean `serve`?"),
            ("frobnicate", "there are serve, build"),
            ("serve --htpp 127.0.0.1:0", "did you mean `--http`?"),
            ("serve --http", "wants an address"),
            ("serve --ws localhost", "IP:PORT"),
            ("serve --tcp 127.0.0.1:70000", "0 to 65535"),
            ("serve --json=1", "takes no value"),
            ("build now", "takes no arguments"),
            ("coverage --line", "takes --lines"),
            ("conformance --lenien", "did you mean `--lenient`?"),
            ("test natve", "did you mean `native`?"),
        ] {
            let what = of(line).expect_err(line);
            assert!(what.contains(part), "{line}: {what}");
        }
    }

    #[test]
    fn stages_run_in_their_own_order() {
        assert_eq!(of("test e2e fmt"), Ok(Wanted::Test(vec![Stage::Fmt, Stage::E2e])));
        assert_eq!(of("test"), Ok(Wanted::Test(Stage::ALL.to_vec())));
    }
}

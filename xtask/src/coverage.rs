//! `cargo xtask coverage`: which lines of mqtt and broker their tests run through. By the compiler's own instrumentation and the LLVM
//! tools of the same toolchain, which are a component of rustup; considered: cargo-llvm-cov (the same underneath, and a minute to build).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::setup;
use crate::sh::{Outcome, ask, command, root, run, say, target};

/// Crates that are measured, each by its own tests and those of the others.
const CRATES: [&str; 2] = ["mqtt", "broker"];

/// Thousandths of the lines that each of them must have covered.
const REQUIRED: u64 = 980;

/// Lines of one file: number and how often it ran.
type Lines = BTreeMap<u32, u64>;

/// Measures, prints, and fails below what is required. `list`: print the lines that no test came to.
pub(crate) fn coverage(list: bool) -> Outcome<()> {
    let tools = setup::llvm_tools()?;
    let dir = target().join("coverage");
    let raw = dir.join("raw");
    if raw.exists() {
        std::fs::remove_dir_all(&raw).map_err(|e| format!("cannot empty {}: {e}", raw.display()))?;
    }
    std::fs::create_dir_all(&raw).map_err(|e| format!("cannot make {}: {e}", raw.display()))?;
    say("runs the tests of mqtt and broker, instrumented");
    // What the others ran through can be told although one of them failed.
    let tested = run(&mut tests(&dir, &raw, &["--no-fail-fast"]));
    let programs = programs(&ask(&mut tests(&dir, &raw, &["--no-run", "--message-format", "json"])).ok_or("cargo cannot list the tests")?);
    let merged = dir.join("merged.profdata");
    let profiles = crate::build::files_below(&raw)?;
    run(command(tools.join("llvm-profdata")).args(["merge", "--sparse", "--output"]).arg(&merged).args(profiles))?;
    let mut export = command(tools.join("llvm-cov"));
    export.args(["export", "--format=lcov", "--instr-profile"]).arg(&merged);
    export.args(programs.iter().flat_map(|program| ["--object", program]));
    export.arg("--sources").args(CRATES.map(sources));
    let lcov = ask(&mut export).ok_or("llvm-cov cannot read what the tests left")?;
    let enough = report(read(&lcov)?, list);
    tested.and(enough)
}

/// The tests, built for coverage in a folder of their own, so that nothing else is built anew. A named target keeps build scripts and
/// procedural macros out of it.
fn tests(dir: &Path, raw: &Path, more: &[&str]) -> std::process::Command {
    let mut cargo = command("cargo");
    cargo.args(["test", "--locked", "--quiet", "--lib", "--tests", "--target", &host()]).args(more);
    cargo.args(CRATES.iter().flat_map(|name| ["--package", name]));
    cargo.env("CARGO_TARGET_DIR", dir).env("RUSTFLAGS", "-C instrument-coverage");
    cargo.env("LLVM_PROFILE_FILE", raw.join("%p-%m.profraw"));
    // What they tell of the rules they prove goes into the same folder, where no other command looks.
    cargo
}

fn host() -> String {
    let said = ask(command("rustc").arg("-vV")).unwrap_or_default();
    said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or("x86_64-unknown-linux-gnu").to_owned()
}

fn sources(name: &str) -> PathBuf {
    root().join("crates").join(name).join("src")
}

/// The test programs in cargo's messages. A parser of JSON is not worth its time here: paths of ours need no escapes.
fn programs(messages: &str) -> Vec<String> {
    let of = |line: &str| Some(line.split_once("\"executable\":\"")?.1.split_once('"')?.0.to_owned());
    messages.lines().filter_map(of).collect()
}

/// Reads `SF:file` and `DA:line,count`; lines of tests within a source file are left out.
fn read(lcov: &str) -> Outcome<BTreeMap<PathBuf, Lines>> {
    let mut files: BTreeMap<PathBuf, Lines> = BTreeMap::new();
    let mut now: Option<(PathBuf, u32)> = None;
    for line in lcov.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {path}: {e}"))?;
            now = Some((PathBuf::from(path), tests_begin(&text)));
        }
        let Some((path, end)) = &now else { continue };
        let Some((number, count)) = line.strip_prefix("DA:").and_then(|pair| pair.split_once(',')) else { continue };
        let (Ok(number), Ok(count)) = (number.parse::<u32>(), count.parse::<u64>()) else {
            return Err(format!("`{line}` in llvm-cov's answer"));
        };
        if number < *end {
            *files.entry(path.clone()).or_default().entry(number).or_default() += count;
        }
    }
    Ok(files)
}

/// The first line of the tests at the end of a file.
fn tests_begin(text: &str) -> u32 {
    let before = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    if before.len() == text.len() { u32::MAX } else { before.matches('\n').count() as u32 + 2 }
}

fn report(files: BTreeMap<PathBuf, Lines>, list: bool) -> Outcome<()> {
    let mut low = Vec::new();
    let mut all = (0, 0);
    for name in CRATES {
        let folder = sources(name);
        let of_crate = || files.iter().filter(|(path, _)| path.starts_with(&folder));
        let (covered, lines) = of_crate().map(|(_, lines)| count(lines)).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        if lines == 0 {
            return Err(format!("no line of {name} was measured"));
        }
        println!("{name:<8} {covered} of {lines} lines, {} %", percent(covered, lines));
        all = (all.0 + covered, all.1 + lines);
        if covered * 1000 < lines * REQUIRED {
            low.push(name);
        }
        for (path, lines) in of_crate().filter(|_| list) {
            let missed = ranges(lines);
            if !missed.is_empty() {
                println!("  {}: {}", path.strip_prefix(root()).unwrap_or(path).display(), missed.join(" "));
            }
        }
    }
    println!("{:<8} {} of {} lines, {} %", "total", all.0, all.1, percent(all.0, all.1));
    if low.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} below {} % of the lines; `cargo xtask coverage --lines` lists those that no test came to",
        low.join(" and "),
        REQUIRED / 10
    ))
}

fn count(lines: &Lines) -> (u64, u64) {
    (lines.values().filter(|count| **count > 0).count() as u64, lines.len() as u64)
}

/// With one digit behind the point, rounded down: 98.0 is never said of less.
fn percent(part: u64, whole: u64) -> String {
    let thousandths = part * 1000 / whole.max(1);
    format!("{}.{}", thousandths / 10, thousandths % 10)
}

/// Lines that never ran, neighbours drawn together.
fn ranges(lines: &Lines) -> Vec<String> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    let mut open = false;
    for (&number, &count) in lines {
        match found.last_mut().filter(|_| open && count == 0) {
            Some(last) => last.1 = number,
            None if count == 0 => found.push((number, number)),
            None => {}
        }
        open = count == 0;
    }
    found.into_iter().map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_never_ran_are_drawn_together() {
        let lines = Lines::from([(1, 3), (2, 0), (3, 0), (7, 0), (8, 1), (9, 0)]);
        assert_eq!(ranges(&lines), ["2-7", "9"]);
        assert_eq!(count(&lines), (2, 6));
        assert_eq!(percent(979, 1000), "97.9");
        assert_eq!(percent(9_799, 10_000), "97.9");
    }

    #[test]
    fn tests_within_a_file_do_not_count() {
        assert_eq!(tests_begin("fn a() {}\n\n#[cfg(test)]\nmod tests {\n}\n"), 3);
        assert_eq!(tests_begin("#[cfg(test)]\nextern crate std;\nfn a() {}\n"), u32::MAX);
    }

    #[test]
    fn programs_are_found_in_what_cargo_says() {
        let said = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n{\"executable\":\"/t/deps/rules-1\",\"fresh\":true}\n";
        assert_eq!(programs(said), ["/t/deps/rules-1"]);
    }
}

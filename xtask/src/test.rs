//! `cargo xtask test`: runs the stages, keeps their logs, counts.

use std::fs::File;
use std::process::ExitCode;
use std::time::Instant;

use crate::sh::{Outcome, scratch};
use crate::stages::Stage;

/// Runs the stages until one fails. The last line says `N passed, N failed`, over all tests and over those stages that are one check.
pub(crate) fn run(stages: &[Stage]) -> ExitCode {
    let begin = Instant::now();
    let mut total = Count::default();
    for stage in stages {
        let from = Instant::now();
        eprintln!("{:<7} …", stage.name());
        let (outcome, said) = logged(*stage);
        let mut count = Count::of(&said);
        match (&outcome, count.passed + count.failed) {
            (Ok(()), 0) => count.passed = 1,
            (Err(_), _) if count.failed == 0 => count.failed = 1,
            _ => {}
        }
        total.add(&count);
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        eprintln!("{:<7} {word}, {} passed, {} failed, {:.1} s", stage.name(), count.passed, count.failed, from.elapsed().as_secs_f32());
        for line in said.lines().filter_map(|line| line.split_once("measured: ")) {
            eprintln!("        {}", line.1);
        }
        if let Err(what) = outcome {
            eprintln!("\n{said}\nxtask: {}: {what}", stage.name());
            break;
        }
    }
    eprintln!("{:.0} s in all", begin.elapsed().as_secs_f32());
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a stage and returns what its programs said, which stays in `target/xtask/STAGE.log` too.
fn logged(stage: Stage) -> (Outcome<()>, String) {
    let path = match scratch() {
        Ok(dir) => dir.join(format!("{}.log", stage.name())),
        Err(what) => return (Err(what), String::new()),
    };
    let outcome = match File::create(&path) {
        Ok(log) => stage.run(&log),
        Err(e) => Err(format!("cannot write {}: {e}", path.display())),
    };
    let said = std::fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    (outcome, said)
}

/// Tests that passed and failed.
#[derive(Debug, Default, PartialEq)]
struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    /// Adds up what test runners say: cargo's and wasm-bindgen's `test result: ok. 3 passed; 0 failed; …`, Node's `# pass 3` and
    /// `# fail 0` (`ℹ pass 3` on a terminal).
    fn of(said: &str) -> Count {
        let mut count = Count::default();
        for line in said.lines() {
            if let Some(result) = line.trim_start().strip_prefix("test result: ") {
                count.passed += before(result, " passed");
                count.failed += before(result, " failed");
            }
            if let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
                count.passed += after(rest, "pass ");
                count.failed += after(rest, "fail ") + after(rest, "cancelled ");
            }
        }
        count
    }

    fn add(&mut self, other: &Count) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The number that ends just before a word.
fn before(line: &str, word: &str) -> u64 {
    line.split_once(word).and_then(|(left, _)| left.rsplit(' ').next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The number that a line consists of but for the word it begins with.
fn after(line: &str, word: &str) -> u64 {
    line.strip_prefix(word).and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_all_runners_are_added() {
        let said = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured\nnoise 7 passed\n\
                    test result: FAILED. 2 passed; 3 failed; 0 ignored\n# tests 6\n# pass 5\n# fail 1\n# cancelled 1\nℹ pass 4\n";
        assert_eq!(Count::of(said), Count { passed: 12 + 2 + 5 + 4, failed: 3 + 1 + 1 });
        assert_eq!(Count::of(""), Count::default());
    }
}

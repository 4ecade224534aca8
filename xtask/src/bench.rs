//! `cargo xtask bench`: GlassMQ beside what a user would pick instead, in one run, as ratios.
//!
//! All that is measured lies in `bench/`, a workspace of its own. Two programs measure codec, router and memory natively; a page measures
//! the whole machine in a worker of headless Chromium. Each tells lines of `case · ours · theirs · ratio · unit`, which are judged here.

mod table;
mod web;

use std::path::PathBuf;

use crate::sh::{Outcome, ask, command, root, run, say, target};
use table::Line;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Asked {
    /// Codec, router and memory, natively.
    pub(crate) native: bool,
    /// The whole machine in a browser.
    pub(crate) web: bool,
    /// A missed target fails the command.
    pub(crate) strict: bool,
}

/// Measures, prints the table on standard output, and keeps it in `target/bench.md`.
pub(crate) fn measure(asked: Asked) -> Outcome<()> {
    let mut lines = Vec::new();
    if asked.native {
        lines.extend(native()?);
    }
    if asked.web {
        lines.extend(web::lines()?);
    }
    let judged = table::judge(&lines, asked.native, asked.web);
    print!("{}", judged.text);
    let kept = target().join("bench.md");
    std::fs::write(&kept, &judged.text).map_err(|e| format!("cannot write {}: {e}", kept.display()))?;
    say(format!("the table is kept in {}", kept.display()));
    match judged.missed {
        0 => Ok(()),
        missed if asked.strict => Err(format!("{missed} targets are missed")),
        missed => {
            say(format!("{missed} targets are missed; with --strict that is a failure"));
            Ok(())
        }
    }
}

/// The folder of the benchmark.
fn folder() -> PathBuf {
    root().join("bench")
}

/// Where it is built: apart from the product, whose lock file and profiles it does not share.
fn built() -> PathBuf {
    target().join("bench")
}

/// Cargo in the benchmark's workspace.
fn cargo(words: &[&str]) -> std::process::Command {
    let mut cargo = command("cargo");
    cargo.args(words).current_dir(folder()).env("CARGO_TARGET_DIR", built());
    cargo
}

fn native() -> Outcome<Vec<Line>> {
    say("building what is measured natively, and the crates of others beside it (two minutes the first time)");
    run(&mut cargo(&["build", "--release", "--locked", "--quiet", "--package", "glassmq-bench"]))?;
    let mut lines = Vec::new();
    for (program, what) in [("timing", "codec and router (some seconds)"), ("memory", "what subscriptions and sessions weigh")] {
        say(format!("measuring {what}"));
        let path = built().join("release").join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
        let said = ask(&mut command(&path)).ok_or_else(|| format!("{} failed; run it by hand to see why", path.display()))?;
        lines.extend(table::read(&said)?);
    }
    Ok(lines)
}

//! The end-to-end tests in `tests/e2e`: real clients, the relay, the page in headless Chromium.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{files_below, make};
use crate::sh::{Outcome, command, root, run, run_to, say};
use crate::{setup, sizes};

/// Builds the product and runs all tests of the folder.
pub(crate) fn run_all(log: &File) -> Outcome<()> {
    let relay = make()?;
    sizes::report(&root().join("dist"))?;
    setup::debian(&[("chromium", "chromium"), ("mosquitto_pub", "mosquitto-clients"), setup::TSHARK])?;
    let python = setup::python()?;
    let tests = tests()?;
    say(format!("{} files of end-to-end tests", tests.len()));
    // One file after the other: each has a browser of its own, and some of them measure time.
    let mut node = node(&relay);
    node.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]).args(tests).env("GLASSMQ_PYTHON", python);
    run_to(&mut node, log)
}

/// `cargo xtask screenshots`.
pub(crate) fn screenshots() -> Outcome<()> {
    let relay = make()?;
    setup::debian(&[("chromium", "chromium")])?;
    run(node(&relay).arg(folder().join("screenshots.mjs")))
}

fn node(relay: &Path) -> Command {
    let mut node = command("node");
    node.env("GLASSMQ_BIN", relay);
    node
}

fn folder() -> PathBuf {
    root().join("tests/e2e")
}

fn tests() -> Outcome<Vec<PathBuf>> {
    let files = files_below(&folder())?;
    Ok(files.into_iter().filter(|file| file.to_string_lossy().ends_with(".test.mjs")).collect())
}

//! The stages of `cargo xtask test`: what each runs.

use std::fs::File;
use std::io::Write as _;

use crate::sh::{Outcome, command, run, run_to, say, target};
use crate::{conformance, e2e, setup};

/// One stage. They run in the order in which they fail soonest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stage {
    /// The sources are formatted.
    Fmt,
    /// No warning of the compiler or of clippy, native and wasm.
    Clippy,
    /// Tests that run on this machine.
    Native,
    /// Tests that run as wasm in a browser.
    Wasm,
    /// Real clients, the relay and the page in a browser.
    E2e,
}

/// The packages that are compiled to wasm for the browser.
const SHELLS: [&str; 2] = ["glassmq-page", "worker"];

impl Stage {
    /// All, in their order.
    pub(crate) const ALL: [Stage; 5] = [Stage::Fmt, Stage::Clippy, Stage::Native, Stage::Wasm, Stage::E2e];

    /// As the command line names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Stage::Fmt => "fmt",
            Stage::Clippy => "clippy",
            Stage::Native => "native",
            Stage::Wasm => "wasm",
            Stage::E2e => "e2e",
        }
    }

    /// Runs the stage; what its programs say goes to the log.
    pub(crate) fn run(self, log: &File) -> Outcome<()> {
        match self {
            Stage::Fmt => fmt(log),
            Stage::Clippy => clippy(log),
            Stage::Native => native(log),
            Stage::Wasm => wasm(log),
            Stage::E2e => e2e::run_all(log),
        }
    }
}

fn fmt(log: &File) -> Outcome<()> {
    setup::component("rustfmt", "fmt")?;
    run_to(command("cargo").args(["fmt", "--all", "--check"]), log)
}

fn clippy(log: &File) -> Outcome<()> {
    setup::component("clippy", "clippy")?;
    setup::wasm_target()?;
    let deny = ["--", "--deny", "warnings"];
    run_to(command("cargo").args(["clippy", "--locked", "--workspace", "--all-targets"]).args(deny), log)?;
    let packages = SHELLS.iter().flat_map(|name| ["--package", name]);
    run_to(command("cargo").args(["clippy", "--locked", "--target", "wasm32-unknown-unknown"]).args(packages).args(deny), log)
}

/// The native tests, and what they prove of the standards.
fn native(log: &File) -> Outcome<()> {
    conformance::forget()?;
    // These tests run on any machine; where tshark cannot be installed, the tests that need it say so and pass.
    if let Err(what) = setup::debian(&[setup::TSHARK]) {
        say(format!("captures are not read by tshark: {what}"));
    }
    native_tests(log)?;
    let judgement = conformance::write()?;
    let mut log = log;
    for line in judgement.counts() {
        writeln!(log, "measured: rules of {line}").map_err(|e| format!("cannot write the log: {e}"))?;
    }
    judgement.outcome(true, true)
}

/// Plain `cargo test` and not nextest: it runs the examples in the documentation too, and is on every machine. The whole workspace:
/// what of the page needs no browser is tested here.
pub(crate) fn native_tests(log: &File) -> Outcome<()> {
    let mut cargo = command("cargo");
    cargo.args(["test", "--locked", "--workspace", "--no-fail-fast"]);
    // The tests tell there which rule they prove, wherever they are started.
    cargo.env("CARGO_TARGET_DIR", target());
    // With one thread a test has no thread of its own, which is where it knows its name from.
    let threads = std::thread::available_parallelism().map_or(2, |threads| threads.get().max(2));
    cargo.env("RUST_TEST_THREADS", threads.to_string());
    run_to(&mut cargo, log)
}

/// `cargo xtask soak`: all states of houses that are larger than in a plain run, then the histories of so many worlds that they hold more
/// than a million sessions, three a world on the average.
pub(crate) fn soak() -> Outcome<()> {
    for (package, test, variable, size) in [("model", "complete", "GLASSMQ_MODEL", "1"), ("lab", "history", "GLASSMQ_WORLDS", "350000")] {
        let mut cargo = command("cargo");
        cargo.args(["test", "--locked", "--release", "--package", package, "--test", test, "--", "--nocapture"]);
        run(cargo.env(variable, size))?;
    }
    Ok(())
}

fn wasm(log: &File) -> Outcome<()> {
    setup::wasm_target()?;
    setup::wasm_bindgen()?;
    let packages = with_wasm_tests()?;
    if packages.is_empty() {
        return Err("no package of the workspace depends on wasm-bindgen-test, so there is no wasm test to run".to_owned());
    }
    setup::debian(&[("chromium", "chromium"), ("chromedriver", "chromium-driver")])?;
    say(format!("wasm tests of {}", packages.join(", ")));
    let mut cargo = command("cargo");
    cargo.args(["test", "--locked", "--no-fail-fast", "--target", "wasm32-unknown-unknown"]);
    cargo.args(packages.iter().flat_map(|name| ["--package", name]));
    // A slow machine needs longer than the runner's 20 s for a thousand worlds.
    cargo.env("WASM_BINDGEN_TEST_TIMEOUT", "240");
    run_to(&mut cargo, log)
}

/// The packages that have tests for the browser: those that name wasm-bindgen-test.
fn with_wasm_tests() -> Outcome<Vec<String>> {
    let tree = [
        "tree",
        "--locked",
        "--workspace",
        "--target",
        "wasm32-unknown-unknown",
        "--depth",
        "1",
        "--prefix",
        "depth",
        "--edges",
        "normal,dev",
    ];
    let said =
        crate::sh::ask(command("cargo").args(tree).args(["--format", "{p}"])).ok_or("cargo could not list the workspace's dependencies")?;
    Ok(dependents_of("wasm-bindgen-test", &said))
}

/// Reads `cargo tree --prefix depth`: `0name v1 (path)` is a package of the workspace, `1name v1` what it depends on.
fn dependents_of(wanted: &str, tree: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut package = "";
    for line in tree.lines() {
        let Some(name) = line.get(1..).and_then(|rest| rest.split_whitespace().next()) else { continue };
        if line.starts_with('0') {
            package = name;
        } else if name == wanted && !found.iter().any(|one| one == package) {
            found.push(package.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_with_wasm_tests_are_found() {
        let tree = "0broker v0.1.0 (/x)\n1mqtt v0.1.0 (/y)\n\n0lab v0.1.0 (/z)\n1broker v0.1.0 (/x)\n1wasm-bindgen-test v0.3.80\n";
        assert_eq!(dependents_of("wasm-bindgen-test", tree), ["lab"]);
        assert!(dependents_of("absent", tree).is_empty());
    }
}

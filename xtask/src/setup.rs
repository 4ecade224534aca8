//! What the commands need on the machine. Each part looks first and does nothing when all is there.

use std::path::{Path, PathBuf};

use crate::sh::{Outcome, ask, cargo_bin, command, find, root, run, say, search_path};

/// Version of Trunk that the page is built with; `Trunk.toml` names the same.
const TRUNK: &str = "0.21.14";

/// Version of wasm-bindgen's commands; the root `Cargo.toml` and `tools/Cargo.toml` name the same.
const WASM_BINDGEN: &str = "0.2.130";

/// The oldest Node that knows all options of its test runner that are used here.
const NODE: (u32, u32) = (20, 10);

/// All that `build` and `serve` need. Returns where Trunk is.
pub(crate) fn for_build() -> Outcome<PathBuf> {
    wasm_target()?;
    npm()?;
    fetch(&root())?;
    wasm_bindgen()?;
    trunk()
}

/// The wasm target of the compiler.
pub(crate) fn wasm_target() -> Outcome<()> {
    let there = || {
        let sysroot = ask(command("rustc").args(["--print", "sysroot"]))?;
        Path::new(sysroot.trim()).join("lib/rustlib/wasm32-unknown-unknown").is_dir().then_some(())
    };
    if there().is_some() {
        return Ok(());
    }
    say("adding the compiler's target wasm32-unknown-unknown (some seconds)");
    run(command("rustup").args(["target", "add", "wasm32-unknown-unknown"])).map_err(|what| {
        format!("{what}. GlassMQ is built with the Rust that rust-toolchain.toml names; rustup from https://rustup.rs has it")
    })
}

/// A component of the Rust toolchain that has a cargo command of the same name.
pub(crate) fn component(name: &str, cargo_command: &str) -> Outcome<()> {
    if ask(command("cargo").args([cargo_command, "--version"])).is_some() {
        return Ok(());
    }
    say(format!("adding the toolchain's component {name}"));
    run(command("rustup").args(["component", "add", name]))
}

/// The toolchain's own LLVM tools, which read what instrumented programs write. Returns their folder.
pub(crate) fn llvm_tools() -> Outcome<PathBuf> {
    let libraries = ask(command("rustc").args(["--print", "target-libdir"])).ok_or("rustc does not say where its libraries are")?;
    let dir = Path::new(libraries.trim()).with_file_name("bin");
    let there = || dir.join(format!("llvm-cov{}", std::env::consts::EXE_SUFFIX)).is_file();
    if !there() {
        say("adding the toolchain's component llvm-tools (some seconds)");
        run(command("rustup").args(["component", "add", "llvm-tools"]))?;
    }
    if there() { Ok(dir) } else { Err(format!("llvm-tools is there, but {} has no llvm-cov", dir.display())) }
}

/// The packages of `package.json`: wasm-opt for the build, the clients for the tests.
pub(crate) fn npm() -> Outcome<()> {
    let version = ask(command("node").arg("--version"));
    if !version.as_deref().is_some_and(node_is_new_enough) {
        let there = version.map_or("there is none".to_owned(), |version| format!("this is {}", version.trim()));
        return Err(format!("Node {}.{} or newer is needed, with npm, and {there}; see https://nodejs.org", NODE.0, NODE.1));
    }
    let lock = read(&root().join("package-lock.json"))?;
    // `npm ci` clears node_modules, so this mark lives exactly as long as what it marks.
    let mark = root().join("node_modules/.installed-lock.json");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say("installing the npm packages of package-lock.json (some seconds)");
    run(command("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    std::fs::write(&mark, lock).map_err(|e| format!("cannot write {}: {e}", mark.display()))
}

fn node_is_new_enough(version: &str) -> bool {
    let mut parts = version.trim().trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= NODE
}

/// The crates of a lock file, so that the build itself needs no network.
fn fetch(folder: &Path) -> Outcome<()> {
    let manifest = folder.join("Cargo.toml");
    run(command("cargo").args(["fetch", "--locked", "--quiet", "--manifest-path"]).arg(manifest))
        .map_err(|what| format!("{what}. Is Cargo.lock up to date, and is crates.io within reach?"))
}

/// wasm-bindgen's commands, from the package in `tools/`. Trunk and cargo take the first on the path, so the first must be right.
pub(crate) fn wasm_bindgen() -> Outcome<()> {
    let wrong =
        || ["wasm-bindgen", "wasm-bindgen-test-runner"].into_iter().find(|name| !find(name).is_some_and(|path| is(&path, WASM_BINDGEN)));
    if wrong().is_none() {
        return Ok(());
    }
    say(format!("building wasm-bindgen {WASM_BINDGEN} (about three minutes, once)"));
    install("wasm-bindgen", &["--path", "tools"])?;
    match wrong() {
        None => Ok(()),
        Some(name) => Err(format!("wasm-bindgen {WASM_BINDGEN} was built, but the first {name} on the path is another: {:?}", find(name))),
    }
}

/// Trunk, which builds the page.
fn trunk() -> Outcome<PathBuf> {
    if let Some(path) = find_version("trunk", TRUNK) {
        return Ok(path);
    }
    say(format!("building Trunk {TRUNK} (about five minutes, once)"));
    install("trunk", &["trunk", "--version", TRUNK, "--no-default-features"])?;
    find_version("trunk", TRUNK).ok_or_else(|| format!("Trunk {TRUNK} was built but is not found in {}", cargo_bin().display()))
}

/// `cargo install` into cargo's own folder, where the next clone finds it too; but another version that stands there belongs to
/// someone, so then into `tools/target/own`.
fn install(name: &str, what: &[&str]) -> Outcome<()> {
    let mut cargo = command("cargo");
    cargo.args(["install", "--locked", "--force"]).args(what);
    if cargo_bin().join(name).exists() {
        say(format!("another version of {name} is in {}, so this one goes to tools/target/own", cargo_bin().display()));
        cargo.arg("--root").arg(root().join("tools/target/own"));
    }
    // A tool that runs for a second is not worth minutes of optimising.
    cargo.env("CARGO_PROFILE_RELEASE_LTO", "off");
    cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    cargo.env_remove("CARGO_TARGET_DIR");
    run(&mut cargo)
}

/// A program on the search path whose `--version` is this.
fn find_version(name: &str, version: &str) -> Option<PathBuf> {
    search_path().into_iter().map(|dir| dir.join(name)).filter(|path| path.is_file()).find(|path| is(path, version))
}

fn is(program: &Path, version: &str) -> bool {
    ask(command(program).arg("--version")).is_some_and(|said| said.split_whitespace().any(|word| word == version))
}

/// Reads the captures that the lab exports: whether Wireshark understands them, only its own dissectors can tell.
pub(crate) const TSHARK: (&str, &str) = ("tshark", "tshark");

/// A browser, its driver and the clients of the end-to-end tests, from Debian's packages.
pub(crate) fn debian(needs: &[(&str, &str)]) -> Outcome<()> {
    let missing: Vec<&str> = needs.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    let root = ask(command("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    if !root || find("apt-get").is_none() {
        return Err(format!("the tests need what these Debian packages hold: {list}. Install them, e.g. sudo apt-get install {list}"));
    }
    say(format!("installing the Debian packages {list}"));
    run(command("apt-get").args(["-qq", "update"]))?;
    let mut apt = command("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    run(apt.args(["-qq", "install", "-y", "--no-install-recommends"]).args(missing))
}

/// Python's MQTT client in a virtual environment of our own. Returns its interpreter.
pub(crate) fn python() -> Outcome<PathBuf> {
    let venv = root().join(".venv");
    let interpreter = venv.join("bin/python");
    let wanted = read(&root().join("tests/e2e/requirements.txt"))?;
    let mark = venv.join("installed-requirements.txt");
    if interpreter.exists() && std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(interpreter);
    }
    let able = |python: &str| ask(command(python).args(["-c", "import venv, ensurepip"])).is_some();
    if !able("python3") {
        debian(&[("python3 with venv", "python3-venv")])?;
    }
    // Where another Python comes first on the path, Debian's own is the one that its package completes.
    let python = if able("python3") { "python3" } else { "/usr/bin/python3" };
    say("installing Python's MQTT client into .venv (some seconds)");
    run(command(python).args(["-m", "venv", "--clear"]).arg(&venv))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", "tests/e2e/requirements.txt"];
    run(command(&interpreter).args(pip))?;
    std::fs::write(&mark, wanted).map_err(|e| format!("cannot write {}: {e}", mark.display()))?;
    Ok(interpreter)
}

fn read(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_versions_are_the_same_everywhere() {
        let holds = |file: &str, part: &str| read(&root().join(file)).unwrap().contains(part);
        assert!(holds("Cargo.toml", &format!("wasm-bindgen = \"={WASM_BINDGEN}\"")));
        assert!(holds("tools/Cargo.toml", &format!("version = \"={WASM_BINDGEN}\"")));
        assert!(holds("Trunk.toml", TRUNK));
        assert!(holds("Trunk.toml", WASM_BINDGEN));
    }

    #[test]
    fn node_versions_compare_as_numbers() {
        assert!(node_is_new_enough("v20.10.0\n") && node_is_new_enough("v22.1.0") && node_is_new_enough("v100.0.0"));
        assert!(!node_is_new_enough("v20.9.0") && !node_is_new_enough("v8.100.0") && !node_is_new_enough("?"));
    }
}

//! Running other programs: where they are, what environment they get, where their words go.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What went wrong, as a sentence for people.
pub(crate) type Outcome<T> = Result<T, String>;

/// Says what is being done.
pub(crate) fn say(what: impl AsRef<str>) {
    eprintln!("xtask: {}", what.as_ref());
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    // Asked at run time first: a folder that was moved keeps its compiled xtask.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or(here.clone(), Path::to_path_buf)
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Where xtask keeps logs and stamps.
pub(crate) fn scratch() -> Outcome<PathBuf> {
    let dir = target().join("xtask");
    std::fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    Ok(dir)
}

/// `$CARGO_HOME/bin`, where `cargo install` puts programs.
pub(crate) fn cargo_bin() -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo"))).unwrap_or_default().join("bin")
}

/// Folders that hold our own tools, most particular first; then what PATH says.
pub(crate) fn search_path() -> Vec<PathBuf> {
    let ours = [root().join("node_modules/.bin"), root().join("tools/target/own/bin"), root().join("tools/target/release"), cargo_bin()];
    let path = std::env::var_os("PATH").unwrap_or_default();
    ours.into_iter().chain(std::env::split_paths(&path)).collect()
}

/// The first program of this name on the search path.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    search_path().into_iter().map(|dir| dir.join(name)).find(|path| path.is_file())
}

/// A command in the workspace's folder, with an environment as if it had been started by hand: cargo marks what it runs with
/// variables of the package `xtask`, which would make other packages' build scripts run again.
pub(crate) fn command(program: impl Into<OsString>) -> Command {
    let mut command = Command::new(program.into());
    command.current_dir(root());
    for (name, value) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let from_cargo = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        // Trunk takes NO_COLOR as true or false only and stops at the usual `1`.
        let bad_color = text == "NO_COLOR" && value != "true" && value != "false";
        if bad_color || text == "OUT_DIR" || from_cargo.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    if let Ok(path) = std::env::join_paths(search_path()) {
        command.env("PATH", path);
    }
    command
}

/// Runs to the end; what the program says goes to standard error.
pub(crate) fn run(command: &mut Command) -> Outcome<()> {
    finish(command.stdout(Stdio::from(io::stderr())))
}

/// Runs to the end; what the program says goes to the end of a log.
pub(crate) fn run_to(command: &mut Command, log: &File) -> Outcome<()> {
    let copy = || log.try_clone().map_err(|e| format!("cannot write the log: {e}"));
    finish(command.stdin(Stdio::null()).stdout(copy()?).stderr(copy()?))
}

/// Runs to the end and takes what it says on standard output; `None` when it cannot be run or fails.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn finish(command: &mut Command) -> Outcome<()> {
    let status = command.status().map_err(|e| format!("cannot run `{}`: {e}", line(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", line(command))) }
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

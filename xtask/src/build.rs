//! `build` and `serve`: the page into `dist/`, the relay that carries it into `target/release/glassmq`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::sh::{Outcome, command, root, run, say, scratch, target};
use crate::{setup, sizes};

/// What the product is made of, from the workspace's folder. Their content is the build's name.
const SOURCES: [&str; 8] = ["Cargo.toml", "Cargo.lock", "Trunk.toml", "index.html", "rust-toolchain.toml", "src", "www", "crates"];

/// `cargo xtask build`.
pub(crate) fn build() -> Outcome<()> {
    let program = make()?;
    sizes::report(&root().join("dist"))?;
    say(format!("made dist/ and {}", program.display()));
    Ok(())
}

/// `cargo xtask serve`: makes everything, then becomes the relay, so that signals reach it.
pub(crate) fn serve(flags: &[String]) -> Outcome<()> {
    let program = make()?;
    let mut relay = command(&program);
    relay.args(flags);
    become_it(relay).map_err(|e| format!("cannot run {}: {e}", program.display()))
}

#[cfg(unix)]
fn become_it(mut program: std::process::Command) -> std::io::Result<()> {
    use std::os::unix::process::CommandExt;
    Err(program.exec())
}

#[cfg(not(unix))]
fn become_it(mut program: std::process::Command) -> std::io::Result<()> {
    let status = program.status()?;
    std::process::exit(status.code().unwrap_or(1));
}

/// Makes page and relay, doing only what is not done yet. Returns where the relay is.
pub(crate) fn make() -> Outcome<PathBuf> {
    let trunk = setup::for_build()?;
    let id = build_id()?;
    page(&trunk, &id)?;
    let begin = Instant::now();
    say("building the relay");
    run(command("cargo").args(["build", "--release", "--locked", "--quiet", "--package", "relay"]).env("GLASSMQ_BUILD", &id))?;
    say(format!("the relay is built ({:.1} s), build {id}", begin.elapsed().as_secs_f32()));
    let name = format!("glassmq{}", std::env::consts::EXE_SUFFIX);
    Ok(target().join("release").join(name))
}

/// Builds `dist/` unless it stands there as built from these sources.
fn page(trunk: &Path, id: &str) -> Outcome<()> {
    let dist = root().join("dist");
    let stamp = scratch()?.join("page.stamp");
    // A `trunk build` by hand puts something else there: the stamp names what was made, not only what from.
    let as_made = || Some(format!("{id} {}", hash_of(&[dist.join("index.html"), dist.clone()]).ok()?));
    if as_made().is_some_and(|now| std::fs::read_to_string(&stamp).is_ok_and(|then| then == now)) {
        say("the page in dist/ is up to date");
        return Ok(());
    }
    let begin = Instant::now();
    say("building the page and its worker with Trunk (up to some minutes the first time)");
    run(command(trunk).args(["build", "--release"]).env("GLASSMQ_BUILD", id))?;
    say(format!("the page is built ({:.1} s)", begin.elapsed().as_secs_f32()));
    let made = as_made().ok_or_else(|| format!("Trunk ended well but {} holds no index.html", dist.display()))?;
    std::fs::write(&stamp, made).map_err(|e| format!("cannot write {}: {e}", stamp.display()))
}

/// The version and a hash of all sources: two builds have the same name only if they are made of the same. A commit's hash would not
/// do, for it says nothing about what is not committed, and would rebuild everything after a change of the README.
fn build_id() -> Outcome<String> {
    let sources: Vec<PathBuf> = SOURCES.iter().map(|name| root().join(name)).filter(|path| path.exists()).collect();
    Ok(format!("{}+{}", env!("CARGO_PKG_VERSION"), hash_of(&sources)?))
}

/// Hash of names and contents of files, folders included with all they hold.
fn hash_of(paths: &[PathBuf]) -> Outcome<String> {
    let mut hash = Fnv::default();
    for path in paths {
        for file in files_below(path)? {
            let bytes = std::fs::read(&file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
            hash.add(file.strip_prefix(root()).unwrap_or(&file).to_string_lossy().as_bytes());
            hash.add(&bytes);
        }
    }
    Ok(format!("{:012x}", hash.0 >> 16))
}

/// All files below a folder, in order of name; a file alone is itself. Hidden ones and editors' copies belong to nobody's build.
pub(crate) fn files_below(path: &Path) -> Outcome<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let wrong = |e: std::io::Error| format!("cannot read {}: {e}", path.display());
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(wrong)? {
        entries.push(entry.map_err(wrong)?.path());
    }
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with('.') && !name.ends_with('~') && name != "target" {
            files.extend(files_below(&entry)?);
        }
    }
    Ok(files)
}

/// FNV-1a: the same on every machine and in every version of Rust, which the standard library's hasher does not promise.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Adds the length too, so that moving a byte from one part to the next is seen.
    fn add(&mut self, part: &[u8]) {
        for byte in (part.len() as u64).to_le_bytes().iter().chain(part) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_sees_contents_and_borders() {
        let of = |parts: &[&str]| {
            let mut hash = Fnv::default();
            parts.iter().for_each(|part| hash.add(part.as_bytes()));
            hash.0
        };
        assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["ab"]), of(&["ba"]));
    }

    #[test]
    fn the_build_is_named_by_its_sources() {
        let id = build_id().unwrap();
        assert_eq!(id, build_id().unwrap());
        assert!(id.starts_with(env!("CARGO_PKG_VERSION")), "{id}");
    }
}

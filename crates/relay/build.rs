//! Puts the built page into the executable: copies `dist/` of the workspace and writes a table of its files. Considered: rust-embed and
//! include_dir; both fail or say nothing when the folder is missing, and a page that is rebuilt meanwhile would break the build.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    let dist = here.join("../../dist");
    // A folder that is missing counts as changed each time, so that the page is found as soon as it is there.
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut names = Vec::new();
    if dist.join("index.html").is_file() {
        find(&dist, "", &mut names)?;
    }
    names.sort();
    let mut table = String::from("/// The files of the page: name and bytes.\nconst CARRIED: &[(&str, &[u8])] = &[\n");
    let carried = out.join("carried");
    if carried.exists() {
        fs::remove_dir_all(&carried)?;
    }
    for name in &names {
        let copy = carried.join(name);
        if let Some(folder) = copy.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(dist.join(name), &copy)?;
        // Writing to a String does not fail.
        let _ = writeln!(table, "    ({name:?}, include_bytes!({:?})),", copy.display().to_string());
    }
    table.push_str("];\n");
    fs::write(out.join("carried.rs"), table)
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")))
}

/// Collects the names of all files below a folder, with `/` between their parts.
fn find(folder: &Path, prefix: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            find(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

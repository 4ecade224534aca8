//! The import walls: who may name whom. The table of ARCHITECTURE.md as code, held against `cargo metadata`.

use std::process::Command;

use serde_json::Value;

use crate::sources::{files, root};

/// A package and what its `Cargo.toml` may name.
struct Wall {
    package: &'static str,
    /// Packages of the workspace that it may name, for tests too.
    own: &'static [&'static str],
    /// Crates of others that it may name; tests may name any. `None`: all but [`BROWSER`].
    others: Option<&'static [&'static str]>,
    /// It has no standard library: no clock, socket, thread or randomly seeded map can slip in.
    no_std: bool,
}

/// Small crates without a standard library, which the machine may use where they earn their place. foldhash for its fixed seed: see
/// `no_hasher_is_seeded_at_random`. The second row is for passwords and SCRAM: nobody should write hashes
/// and constant time anew. The last one makes recorded runs short enough for a link.
#[rustfmt::skip]
const SMALL: &[&str] = &[
    "bytes", "hashbrown", "foldhash", "smallvec", "slab", "memchr", "bitflags", "simdutf8", "serde_json",
    "sha2", "hmac", "pbkdf2", "subtle", "base64ct",
    "miniz_oxide",
];

/// The way from Rust to JavaScript and the page.
const BROWSER: &[&str] = &[
    "leptos",
    "wasm-bindgen",
    "wasm-bindgen-futures",
    "js-sys",
    "web-sys",
    "postcard",
    "serde-wasm-bindgen",
    "console_error_panic_hook",
    "serde",
    "talc",
];

const WALLS: &[Wall] = &[
    Wall { package: "contract", own: &[], others: Some(&["serde"]), no_std: true },
    Wall { package: "mqtt", own: &[], others: Some(SMALL), no_std: true },
    Wall { package: "broker", own: &["mqtt"], others: Some(SMALL), no_std: true },
    Wall { package: "lab", own: &["broker", "mqtt", "contract"], others: Some(SMALL), no_std: true },
    Wall { package: "model", own: &["broker", "contract", "lab", "mqtt"], others: Some(&["stateright"]), no_std: false },
    Wall { package: "worker", own: &["lab", "contract"], others: Some(BROWSER), no_std: false },
    Wall { package: "npm", own: &["lab", "contract"], others: Some(BROWSER), no_std: false },
    Wall { package: "relay", own: &["contract"], others: None, no_std: false },
    Wall { package: "glassmq-page", own: &["contract"], others: Some(BROWSER), no_std: false },
    Wall { package: "house", own: &["contract", "mqtt", "broker", "lab", "relay"], others: None, no_std: false },
    Wall { package: "xtask", own: &[], others: Some(&[]), no_std: false },
];

#[test]
fn everyone_names_only_whom_they_may() {
    let packages = packages();
    let names: Vec<&str> = packages.iter().map(|package| text(package, "name")).collect();
    let mut broken = Vec::new();
    for package in &packages {
        let name = text(package, "name");
        let Some(wall) = WALLS.iter().find(|wall| wall.package == name) else {
            broken.push(format!("{name} has no line in the table of walls.rs"));
            continue;
        };
        for dependency in list(package, "dependencies") {
            broken.extend(breach(wall, dependency, &names));
        }
    }
    assert!(broken.is_empty(), "walls are broken:\n{}", broken.join("\n"));
}

/// What is remembered does not speak: events are told and frames written where things happen, and only there.
#[test]
fn the_state_of_the_broker_does_not_speak() {
    let state = root().join("crates/broker/src/state");
    let speaks = |text: &str| ["Outbox", "Event", "Output"].into_iter().any(|word| text.contains(word));
    let found = files(&state, &["rs"]);
    assert!(found.len() > 5, "{} has moved", state.display());
    let broken: Vec<_> = found.iter().filter(|(_, text)| speaks(text)).map(|(path, _)| path.display().to_string()).collect();
    assert!(broken.is_empty(), "these name what only on/ may: {broken:?}");
}

/// Says how a dependency breaks a wall, if it does.
fn breach(wall: &Wall, dependency: &Value, workspace: &[&str]) -> Option<String> {
    let (from, to) = (wall.package, text(dependency, "name"));
    let for_tests = dependency["kind"] == "dev";
    if workspace.contains(&to) {
        return (!wall.own.contains(&to)).then(|| format!("{from} may not name {to}, only {:?}", wall.own));
    }
    let allowed = match wall.others {
        Some(others) => others.contains(&to),
        None => to == "serde" || !BROWSER.contains(&to),
    };
    if !allowed && !for_tests {
        return Some(format!("{from} may not name {to}; if it earns its place, say so in walls.rs and ARCHITECTURE.md"));
    }
    let with_std = dependency["uses_default_features"] != false || list(dependency, "features").iter().any(|feature| feature == "std");
    (wall.no_std && !for_tests && with_std).then(|| format!("{from} is no_std, so {to} needs default-features = false and no feature std"))
}

#[test]
fn a_breach_is_seen() {
    let wall = &WALLS[1];
    let on = |name: &str, kind: Value, default: bool, features: &[&str]| {
        let dependency = serde_json::json!({ "name": name, "kind": kind, "uses_default_features": default, "features": features });
        breach(wall, &dependency, &["mqtt", "broker", "contract"])
    };
    assert_eq!(wall.package, "mqtt");
    assert!(on("broker", Value::Null, true, &[]).is_some_and(|what| what.contains("may not name broker")));
    assert!(on("broker", "dev".into(), true, &[]).is_some(), "not even for a test");
    assert!(on("tokio", Value::Null, false, &[]).is_some_and(|what| what.contains("may not name tokio")));
    assert!(on("bytes", Value::Null, true, &[]).is_some_and(|what| what.contains("no_std")));
    assert!(on("bytes", Value::Null, false, &["std"]).is_some());
    assert_eq!(on("bytes", Value::Null, false, &[]), None);
    assert_eq!(on("proptest", "dev".into(), true, &[]), None);
}

#[test]
fn the_machine_has_no_standard_library() {
    for wall in WALLS.iter().filter(|wall| wall.no_std) {
        let folder = root().join("crates").join(wall.package).join("src");
        let files = files(&folder, &["rs"]);
        let (_, lib) = files.iter().find(|(path, _)| path == &folder.join("lib.rs")).expect("a library has a lib.rs");
        assert!(lib.lines().any(|line| line == "#![no_std]"), "crates/{}/src/lib.rs does not say #![no_std]", wall.package);
        for (path, text) in &files {
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for (at, _) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("extern crate std")) {
                let only_tests = at > 0 && lines[at - 1] == "#[cfg(test)]";
                assert!(only_tests, "{}:{}: std comes in outside of tests", path.display(), at + 1);
            }
        }
    }
}

/// A map whose order differs from run to run would make a replay differ from what it replays.
#[test]
fn no_hasher_is_seeded_at_random() {
    for wall in WALLS.iter().filter(|wall| wall.no_std) {
        for (path, text) in files(&root().join("crates").join(wall.package).join("src"), &["rs"]) {
            for random in ["RandomState", "DefaultHashBuilder", "SeedableRandomState"] {
                assert!(!text.contains(random), "{} names {random}", path.display());
            }
        }
    }
    let with_default = |dependency: &Value| {
        let hasher = list(dependency, "features").iter().any(|feature| feature == "default-hasher");
        text(dependency, "name") == "hashbrown" && (hasher || dependency["uses_default_features"] != false)
    };
    for package in packages() {
        let found = list(&package, "dependencies").iter().any(with_default);
        assert!(!found, "{}: hashbrown's default hasher is seeded at random", text(&package, "name"));
    }
}

/// The relay never reads a byte that it carries: of the contract it knows the tunnel and the build.
#[test]
fn the_relay_knows_only_the_tunnel() {
    for (path, text) in files(&root().join("crates/relay"), &["rs"]) {
        for (at, line) in text.lines().enumerate() {
            for (_, after) in line.match_indices("contract::").map(|(start, word)| line.split_at(start + word.len())) {
                let allowed = ["tunnel", "BUILD", "{BUILD, tunnel", "{tunnel"].iter().any(|name| after.starts_with(name));
                assert!(allowed, "{}:{}: {}", path.display(), at + 1, line.trim());
            }
        }
    }
}

#[test]
fn every_package_keeps_the_common_lints() {
    for package in packages() {
        let manifest = text(&package, "manifest_path").to_owned();
        let lines = std::fs::read_to_string(&manifest).expect("a manifest can be read");
        assert!(lines.contains("[lints]\nworkspace = true"), "{manifest} does not take the lints of the workspace");
    }
}

/// The workspace's packages as `cargo metadata` tells them.
fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .current_dir(root())
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    list(&metadata, "packages").to_vec()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("cargo metadata has no text `{key}`"))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("cargo metadata has no list `{key}`"))
}

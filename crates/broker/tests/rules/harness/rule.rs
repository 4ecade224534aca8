//! Which test proves which rule, told by the test itself while it runs.

use std::io::Write as _;
use std::path::PathBuf;

/// Names the rules that a test proves: `MQTT-…` for 5.0, `U5-…` for its rules without a number, `MQTT311-…` for 3.1.1, `M31-…` for 3.1,
/// `B-…` for the list of behaviours that brokers are judged on. A test that ends well appends one line a rule, `<id>\t<test>\n`, to a
/// file of its own under `conformance/` in the target directory, so a table can be joined with what was in fact executed.
macro_rules! rule {
    ($($id:literal),+ $(,)?) => {
        let _rules = $crate::harness::rule::Proven(&[$($id),+]);
    };
}
pub(crate) use rule;

/// Writes its ids when it goes out of scope, unless the test fails.
pub(crate) struct Proven(pub(crate) &'static [&'static str]);

impl Drop for Proven {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let thread = std::thread::current();
        let test = format!("{}/{}::{}", env!("CARGO_PKG_NAME"), env!("CARGO_CRATE_NAME"), thread.name().unwrap_or("?"));
        let lines: String = self.0.iter().map(|id| format!("{id}\t{test}\n")).collect();
        let dir = target().join("conformance");
        // A table that cannot be written must not pass for one that is complete.
        std::fs::create_dir_all(&dir).expect("the target directory can be written");
        let name = format!("{}-{}.tsv", std::process::id(), test.replace(['/', ':'], "_"));
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(dir.join(name)).expect("the file can be opened");
        file.write_all(lines.as_bytes()).expect("the file can be written");
    }
}

fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target"),
    }
}

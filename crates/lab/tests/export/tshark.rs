//! Wireshark's reader on the command line.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// What tshark prints about a capture; `None`, and a loud word, where it is not installed.
pub(crate) fn tshark(capture: &[u8], arguments: &[&str]) -> Option<String> {
    let file = place(capture);
    let output = Command::new("tshark").arg("-n").arg("-r").arg(&file).args(arguments).output();
    let _ = std::fs::remove_file(&file);
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            eprintln!("NOT TESTED: tshark is not there ({error}); `cargo xtask test` installs it, or apt-get install tshark");
            return None;
        }
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tshark {arguments:?}: {said}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The capture written anew by tshark in one of its formats.
pub(crate) fn rewritten(capture: &[u8], format: &str) -> Option<Vec<u8>> {
    let file = place(b"");
    let path = file.to_string_lossy().into_owned();
    let written = tshark(capture, &["-F", format, "-w", &path]).and_then(|_| std::fs::read(&file).ok());
    let _ = std::fs::remove_file(&file);
    written
}

fn place(bytes: &[u8]) -> std::path::PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("glassmq-{}-{}.pcapng", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, bytes).expect("a file for tshark can be written");
    file
}

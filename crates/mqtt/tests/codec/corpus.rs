//! Replays the corpus of the fuzz targets.

use std::path::PathBuf;

use mqtt::Version;

use crate::harness::say;
use crate::vectors;

#[path = "../../../../fuzz/checks/codec.rs"]
mod codec;

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target)
}

/// Runs all inputs of a target; their number.
fn replay(target: &str, check: impl Fn(&[u8])) -> usize {
    let mut inputs: Vec<PathBuf> =
        std::fs::read_dir(folder(target)).expect("the corpus is there").map(|entry| entry.expect("an input").path()).collect();
    inputs.sort();
    for input in &inputs {
        // The name of an input that fails stands in front of what it says.
        let bytes = std::fs::read(input).expect("an input can be read");
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&bytes)));
        assert!(outcome.is_ok(), "{target}: {}", input.display());
    }
    say(&format!("{} inputs of the fuzz target {target} replayed", inputs.len()));
    inputs.len()
}

#[test]
fn the_corpus_passes_its_targets() {
    if std::env::var_os("GLASSMQ_WRITE_CORPUS").is_some() {
        write();
    }
    assert!(replay("decode", codec::decode) >= 150);
    assert!(replay("decode_encode_decode", codec::decode_encode_decode) >= 110);
    assert!(replay("deframer_cuts", codec::deframer_cuts) >= 12);
    // The targets take each other's inputs too.
    replay("decode", codec::decode_encode_decode);
    replay("decode_encode_decode", codec::decode);
}

#[test]
fn the_corpus_holds_the_vectors_by_hand() {
    let missing: Vec<String> = inputs()
        .into_iter()
        .filter(|(path, bytes)| std::fs::read(path).ok().as_ref() != Some(bytes))
        .map(|(path, _)| path.display().to_string())
        .collect();
    if std::env::var_os("GLASSMQ_WRITE_CORPUS").is_none() {
        assert_eq!(missing, Vec::<String>::new(), "GLASSMQ_WRITE_CORPUS=1 writes them");
    }
}

/// The inputs that stand for the vectors: the version as one byte, then the packet. Long ones would only be long.
fn inputs() -> Vec<(PathBuf, Vec<u8>)> {
    let number = |version: Version| Version::ALL.iter().position(|one| *one == version).expect("one of them") as u8;
    let input = |target: &str, version: Version, bytes: &[u8]| {
        let name: String = bytes.iter().take(24).map(|byte| format!("{byte:02x}")).collect();
        let sum = bytes.iter().fold(0u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(u16::from(*byte)));
        (folder(target).join(format!("v{}-{name}-{sum:04x}", version.level())), [&[number(version)], bytes].concat())
    };
    let bad = vectors::bad().into_iter().map(|vector| input("decode", vector.version, &vector.bytes));
    let good = vectors::good().into_iter().map(|vector| input("decode_encode_decode", vector.version, &vector.bytes));
    bad.chain(good).filter(|(_, bytes)| bytes.len() < 400).collect()
}

fn write() {
    for (path, bytes) in inputs() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        std::fs::write(path, bytes).expect("an input can be written");
    }
}

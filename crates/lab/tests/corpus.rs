//! Replays the corpus of the fuzz target that lets several clients loose on the broker, and scripts of chance.

mod common;
#[path = "../../../fuzz/checks/scripts.rs"]
mod scripts;

use common::Chance;

#[test]
fn the_corpus_of_scripts_passes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/broker_scripts");
    let mut inputs: Vec<_> = std::fs::read_dir(folder).expect("the corpus is there").map(|entry| entry.expect("an input").path()).collect();
    inputs.sort();
    assert!(inputs.len() >= 12, "{} scripts", inputs.len());
    for input in inputs {
        let bytes = std::fs::read(&input).expect("a script can be read");
        let outcome = std::panic::catch_unwind(|| scripts::broker_scripts(&bytes));
        assert!(outcome.is_ok(), "{}", input.display());
    }
}

/// A script in which most of what is done has a meaning: pure chance would soon close every connection with bytes that are none.
fn script(chance: &mut Chance) -> Vec<u8> {
    let mut script = Vec::new();
    for _ in 0..150 {
        let client = chance.below(4) as u8;
        // Bytes as they are come last, and seldom.
        let most = if chance.below(8) == 0 { 11 } else { 10 };
        let what = [2, 3, 4, 4, 4, 5, 5, 5, 6, 7, 1][chance.below(most) as usize];
        match what {
            // A connection that begins with CONNECT.
            2 => script.extend([client, 2 << 2 | client, chance.next() as u8, chance.next() as u8, chance.next() as u8]),
            1 => {
                let bytes = chance.bytes(8);
                script.extend([1 << 2 | client, bytes.len() as u8]);
                script.extend(bytes);
            }
            _ => {
                script.push(what << 2 | client);
                let arguments = [0, 0, 0, 2, 3, 2, 0, 1][usize::from(what)];
                script.extend((0..arguments).map(|_| chance.next() as u8));
            }
        }
    }
    script
}

#[test]
fn scripts_of_chance_pass() {
    let mut received = 0;
    for seed in 0..400 {
        let script = script(&mut Chance(seed));
        let outcome = std::panic::catch_unwind(|| scripts::broker_scripts(&script));
        match outcome {
            Ok(packets) => received += packets,
            Err(_) => panic!("seed {seed}: {script:02X?}"),
        }
    }
    assert!(received > 10_000, "{received} packets received: the scripts miss their aim");
}

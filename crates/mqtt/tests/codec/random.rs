//! Chance: bytes that nobody thought of.

use mqtt::{Deframer, Version};

use crate::make::framed;
use crate::{check, vectors};

/// A generator of our own (SplitMix64), so that a run can be repeated.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.roll() as u8).collect()
    }
}

#[test]
fn a_hundred_thousand_frames_of_chance() {
    let mut dice = Dice(1);
    for _ in 0..100_000 {
        let len = dice.below(40);
        let body = dice.bytes(len);
        let first = dice.roll() as u8;
        for version in Version::ALL {
            let _ = check::any(&framed(first, &body), version);
        }
    }
}

#[test]
fn a_hundred_thousand_vectors_with_errors_put_in() {
    let mut dice = Dice(2);
    let vectors: Vec<_> = vectors::by_hand().into_iter().filter(|(_, bytes)| (3..300).contains(&bytes.len())).collect();
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..100_000 {
        let (version, bytes) = &vectors[dice.below(vectors.len())];
        let mut body = bytes[2..].to_vec();
        for _ in 0..=dice.below(3) {
            let at = dice.below(body.len());
            match dice.below(5) {
                0 => body[at] = dice.roll() as u8,
                1 => body[at] ^= 1 << dice.below(8),
                2 => body.insert(at, dice.roll() as u8),
                3 if body.len() > 1 => drop(body.remove(at)),
                _ => {
                    let copy = body[at..].to_vec();
                    body.extend(copy.iter().take(12));
                }
            }
        }
        match check::any(&framed(bytes[0], &body), *version) {
            Ok(_) => accepted += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(accepted > 10_000 && refused > 10_000, "{accepted} accepted, {refused} refused: the errors miss their aim");
}

#[test]
fn streams_of_chance_end_or_wait_but_never_panic() {
    let mut dice = Dice(3);
    for round in 0..20_000 {
        let mut deframer = if round % 2 == 0 { Deframer::for_server(500) } else { Deframer::new(500) };
        let mut pushed = 0;
        for _ in 0..dice.below(8) {
            let len = dice.below(100);
            let bytes = dice.bytes(len);
            pushed += len;
            deframer.push(&bytes);
            while let Ok(Some(frame)) = deframer.next() {
                assert!(frame.bytes().len() <= 500);
                let _ = check::any(frame.bytes(), Version::V5);
            }
            assert!(deframer.pending() <= pushed);
        }
    }
}

#![no_main]

#[path = "../../crates/mqtt/tests/codec/check.rs"]
mod check;
#[path = "../checks/codec.rs"]
mod codec;
#[path = "../../crates/mqtt/tests/codec/facts.rs"]
mod facts;

libfuzzer_sys::fuzz_target!(|data: &[u8]| codec::deframer_cuts(data));

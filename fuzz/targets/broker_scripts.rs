#![no_main]

#[path = "../../crates/lab/tests/common/mod.rs"]
mod common;
#[path = "../checks/scripts.rs"]
mod scripts;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    scripts::broker_scripts(data);
});

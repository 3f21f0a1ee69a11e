//! Key files and the keystore.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("keys"), |data: &[u8]| icpulse_fuzz::files::key(data));

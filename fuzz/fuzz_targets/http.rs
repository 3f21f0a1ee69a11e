//! HTTP answers before any proof is checked.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("http"), |data: &[u8]| icpulse_fuzz::wire::http(data));

//! Candid without a type.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("untyped"), |data: &[u8]| icpulse_fuzz::wire::untyped(data));

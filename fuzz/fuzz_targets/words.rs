//! Amounts, accounts, principals, spans of time, keys, colours.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("words"), |data: &[u8]| icpulse_fuzz::text::words(data));

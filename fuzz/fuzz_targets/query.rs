//! The filter language.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("query"), |data: &[u8]| icpulse_fuzz::text::query(data));

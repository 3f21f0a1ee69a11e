//! Theme files.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("theme"), |data: &[u8]| icpulse_fuzz::files::theme(data));

//! Hostile text in tables, CSV, JSON and the log.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("print"), |data: &[u8]| icpulse_fuzz::print::printed(data));

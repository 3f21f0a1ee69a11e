//! The configuration file.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("config"), |data: &[u8]| icpulse_fuzz::files::configuration(data));

//! Hostile text, from a reply to the bytes that a terminal is sent.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("screen"), |data: &[u8]| icpulse_fuzz::screen::hostile(data));

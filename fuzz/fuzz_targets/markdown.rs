//! Proposal texts as lines.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("markdown"), |data: &[u8]| icpulse_fuzz::text::rendered(data));

//! The arguments of NNS functions in proposals.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("payload"), |data: &[u8]| icpulse_fuzz::wire::payload(data));

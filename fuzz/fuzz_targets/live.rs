//! What subnets and the dashboard say of machines.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("live"), |data: &[u8]| icpulse_fuzz::wire::live(data));

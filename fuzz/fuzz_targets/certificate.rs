//! Certificates, delegations and hash trees.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("certificate"), |data: &[u8]| icpulse_fuzz::wire::certificate(data));

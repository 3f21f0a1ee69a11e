//! Ledger blocks in protobuf.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("block"), |data: &[u8]| icpulse_fuzz::wire::block(data));

//! The registry's certified replies, hash trees and records.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("registry"), |data: &[u8]| icpulse_fuzz::registry::registry(data));

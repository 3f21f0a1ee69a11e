//! A reply of every kind, decoded leniently and taken through the door.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("reply"), |data: &[u8]| icpulse_fuzz::wire::reply(data));

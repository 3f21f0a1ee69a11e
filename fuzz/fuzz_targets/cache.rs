//! The cache and the journal as read from the disk.
#![no_main]

libfuzzer_sys::fuzz_target!(init: icpulse_fuzz::seeds::write("cache"), |data: &[u8]| icpulse_fuzz::files::cache(data));

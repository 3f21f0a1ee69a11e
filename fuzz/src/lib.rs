//! What the fuzz targets do: one function a target, so that a target's own file is three lines.
//!
//! A target fails by panicking: in the code under test, or in an assertion about its answer.

pub mod check;
pub mod files;
pub mod print;
pub mod registry;
pub mod screen;
pub mod seeds;
pub mod text;
pub mod wire;

use icpulse_model::{Evidence, Principal, Timestamp};

/// 2026-11-22 13:59 UTC.
pub const NOW: Timestamp = Timestamp(1_795_355_940_000_000_000);

/// Where everything read comes from.
pub fn evidence() -> Evidence {
    Evidence::certified(NOW)
}

pub fn reader() -> Principal {
    Principal::from_slice(&[7; 29])
}

/// The first byte, to choose with, and the rest.
pub fn choose(data: &[u8]) -> (usize, &[u8]) {
    data.split_first().map_or((0, &[]), |(first, rest)| (usize::from(*first), rest))
}

/// Cuts bytes into pieces, each behind two bytes of length.
pub fn pieces(mut data: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some((length, rest)) = data.split_first_chunk::<2>() {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (piece, after) = rest.split_at(length);
        found.push(piece);
        data = after;
    }
    found
}

/// The same the other way, for seeds.
pub fn join(pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        let length = u16::try_from(piece.len()).expect("seeds are short");
        out.extend(length.to_le_bytes());
        out.extend_from_slice(piece);
    }
    out
}

//! An account identifier that looks like another where it is shortened.
//!
//! Address poisoning: somebody sends a little from an address with the same beginning and end as
//! one that is paid often, and hopes it is copied from the history. The beginning is a CRC32,
//! which is no obstacle: it is linear, so four free bytes reach any value.

use icpulse_model::AccountIdentifier;

/// Where the four bytes that steer the checksum lie within the 28.
const STEER: usize = 10;

/// Another identifier with the same first eight and last eight hexadecimal digits; `filler` makes
/// the middle. `None` only if the linear system had no solution, which it always has.
pub(super) fn lookalike(of: &AccountIdentifier, filler: [u8; 20]) -> Option<AccountIdentifier> {
    let mut hash: [u8; 28] = of.0.get(4..)?.try_into().ok()?;
    let wanted = u32::from_be_bytes(of.0.get(..4)?.try_into().ok()?);
    hash.get_mut(..20)?.copy_from_slice(&filler);
    hash.get_mut(STEER..STEER + 4)?.fill(0);
    let patch = solve(crc32fast::hash(&hash) ^ wanted, &effects(&hash)?)?;
    hash.get_mut(STEER..STEER + 4)?.copy_from_slice(&patch.to_le_bytes());
    let found = AccountIdentifier::from_hash(&hash);
    (found != *of && found.0.get(..4) == of.0.get(..4)).then_some(found)
}

/// What flipping each of the 32 steering bits does to the checksum.
fn effects(hash: &[u8; 28]) -> Option<Vec<u32>> {
    let base = crc32fast::hash(hash);
    (0..32u32)
        .map(|bit| {
            let mut flipped = *hash;
            flipped.get_mut(STEER..STEER + 4)?.copy_from_slice(&(1u32 << bit).to_le_bytes());
            Some(crc32fast::hash(&flipped) ^ base)
        })
        .collect()
}

/// The bits to flip so that their effects add up (XOR) to `target`: elimination over GF(2).
fn solve(target: u32, effects: &[u32]) -> Option<u32> {
    // (effect, which bits make it), one row per leading bit of the effect.
    let mut rows: Vec<(u32, u32)> = Vec::new();
    let reduce = |rows: &[(u32, u32)], mut effect: u32, mut bits: u32| {
        for (row, made_by) in rows {
            if effect ^ row < effect {
                effect ^= row;
                bits ^= made_by;
            }
        }
        (effect, bits)
    };
    for (bit, effect) in effects.iter().enumerate() {
        let (effect, bits) = reduce(&rows, *effect, 1 << bit);
        if effect != 0 {
            rows.push((effect, bits));
            rows.sort_by_key(|(effect, _)| std::cmp::Reverse(*effect));
        }
    }
    match reduce(&rows, target, 0) {
        (0, bits) => Some(bits),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookalike_is_valid_shortens_alike_and_differs() {
        for i in 0..50u8 {
            let victim = AccountIdentifier::from_hash(&[i.wrapping_mul(37); 28]);
            let fake = lookalike(&victim, [i ^ 0x5a; 20]).unwrap();
            assert_ne!(fake, victim);
            assert_eq!(fake.short(), victim.short());
            assert_eq!(fake.hex()[56..], victim.hex()[56..]);
            assert_eq!(AccountIdentifier::from_slice(&fake.0), Ok(fake));
        }
    }
}

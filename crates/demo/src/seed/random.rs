//! Chance with a seed.

use icpulse_model::Principal;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A source of chance that gives the same in every run.
pub struct SeededRng(ChaCha8Rng);

impl SeededRng {
    pub fn new(seed: u64, purpose: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(mix(seed, purpose, 0)))
    }

    /// A number from `low` to below `high`; `low` if there is none.
    pub fn within(&mut self, low: u64, high: u64) -> u64 {
        if high <= low { low } else { self.0.gen_range(low..high) }
    }

    /// True in `permille` of a thousand cases.
    pub fn chance(&mut self, permille: u64) -> bool {
        self.within(0, 1_000) < permille
    }

    /// One of several, or `fallback` of none.
    pub(crate) fn choose_or<'a, T>(&mut self, of: &'a [T], fallback: &'a T) -> &'a T {
        let at = usize::try_from(self.within(0, of.len() as u64)).unwrap_or(0);
        of.get(at).unwrap_or(fallback)
    }

    /// One of several; `None` of none.
    pub fn choose<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let at = usize::try_from(self.within(0, of.len() as u64)).unwrap_or(0);
        of.get(at)
    }

    /// One of several texts; empty of none.
    pub(crate) fn choose_text(&mut self, of: &[&'static str]) -> &'static str {
        let at = usize::try_from(self.within(0, of.len() as u64)).unwrap_or(0);
        of.get(at).copied().unwrap_or_default()
    }

    /// `count` different ones of several, in random order.
    pub(crate) fn choose_several<T: Copy>(&mut self, of: &[T], count: usize) -> Vec<T> {
        let mut rest = of.to_vec();
        let mut chosen = Vec::new();
        while chosen.len() < count && !rest.is_empty() {
            let at = usize::try_from(self.within(0, rest.len() as u64)).unwrap_or(0);
            chosen.push(rest.swap_remove(at));
        }
        chosen
    }

    /// In random order.
    pub(crate) fn shuffle<T: Copy>(&mut self, items: &[T]) -> Vec<T> {
        self.choose_several(items, items.len())
    }

    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    pub fn principal(&mut self) -> Principal {
        Principal::self_authenticating(self.bytes())
    }

    /// Hexadecimal digits, e.g. of a commit.
    pub fn hex(&mut self, digits: usize) -> String {
        let text = hex::encode(self.bytes()) + &hex::encode(self.bytes());
        text.get(..digits).unwrap_or(&text).to_owned()
    }
}

/// A number that depends on all three in no visible way (the finaliser of SplitMix64, twice).
pub const fn mix(seed: u64, a: u64, b: u64) -> u64 {
    scramble(scramble(seed ^ a.wrapping_mul(0x9E37_79B9_7F4A_7C15)) ^ b.wrapping_mul(0xD1B5_4A32_D192_ED03))
}

const fn scramble(n: u64) -> u64 {
    let n = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

/// Chance for what is derived again and again: quicker to begin than [`SeededRng`], and good enough.
#[derive(Clone, Debug)]
pub struct QuickRng(u64);

impl QuickRng {
    pub const fn new(seed: u64, purpose: u64, number: u64) -> Self {
        Self(mix(seed, purpose, number))
    }

    /// Any number (SplitMix64).
    pub const fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        scramble(self.0)
    }

    /// A number from `low` to below `high`; `low` if there is none.
    pub fn within(&mut self, low: u64, high: u64) -> u64 {
        low.saturating_add(self.any().checked_rem(high.saturating_sub(low)).unwrap_or(0))
    }

    /// True in `permille` of a thousand cases.
    pub fn chance(&mut self, permille: u64) -> bool {
        self.within(0, 1_000) < permille
    }

    /// Somebody's principal: 28 arbitrary bytes and the mark of a key.
    pub fn principal(&mut self) -> Principal {
        let mut bytes = [2; 29];
        for part in bytes.chunks_exact_mut(7).take(4) {
            for (to, from) in part.iter_mut().zip(self.any().to_be_bytes()) {
                *to = from;
            }
        }
        Principal::from_slice(&bytes)
    }
}

//! What can be wrong with a network, by kind and rate: `--fault KIND[=RATE]`.
//!
//! A fault is decided where it strikes, by a generator of the seed: the same seed and the same order
//! of requests give the same faults.

use super::seed::random::mix;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

/// Kinds of faults with their names on the command line.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $kind,)* }

        impl Kind {
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$kind),*];

            /// Its name on the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    /// 429 with `Retry-After`.
    TooManyRequests "429",
    /// 503 without a reason.
    Unavailable "503",
    /// The request is carried out, and the connection is cut before the answer.
    Reset "reset",
    /// The body comes a few bytes at a time.
    SlowBody "slow-body",
    /// The body ends in the middle: as if it were whole, or with the connection.
    TruncatedBody "truncated-body",
    /// The body is noise, or a page of somebody else.
    Garbage "garbage",
    /// A query reply signed by a node that is not of the subnet.
    WrongSignature "wrong-signature",
    /// A reply, or a certificate's tree, changed after it was signed.
    Altered "altered",
    /// A certificate that was true ten minutes ago.
    StaleCertificate "stale-certificate",
    /// A certificate signed by another network's root.
    OtherRoot "other-root",
    /// A delegation, or the root subnet's own certificate, without its canister ranges.
    PrunedRanges "pruned-ranges",
    /// The subnet makes no more blocks, at any rate: its time stands still, and calls are not
    /// executed while it lasts. On from the start, it has lasted for ten minutes.
    StalledSubnet "stalled-subnet",
    /// A page with rows that were there before.
    DuplicateRows "duplicate-rows",
    /// A page in another order.
    ReorderedRows "reordered-rows",
    /// A page with rows missing at its end.
    ShrinkingPages "shrinking-pages",
    /// A page with rows that did not belong to it.
    GrowingPages "growing-pages",
    /// Numbers of enumerations and variants of actions that nobody knows.
    Unknowns "unknowns",
    /// Texts full of controls, of no end, of every direction.
    AbsurdTexts "absurd-texts",
    /// The network's clock is ten minutes ahead of everybody's; at any rate, all the time.
    Clock "clock",
    /// An update is taken in and never executed.
    NeverExecuted "never-executed",
    /// An update is executed and its answer, and every later one about it, is lost.
    LostAnswer "lost-answer",
    /// The request is carried out, and the connection ends without TLS's close_notify (without TLS: it
    /// just ends): before the answer, in the middle of it, after it, and so on in turn.
    NoCloseNotify "no-close-notify",
    /// An update is executed, and the boundary node answers 400, 403, 404 or 429, in turn.
    RefusedAfterPassingOn "refused-after-passing-on",
    /// An update is executed, and the node that was asked answers that it has refused it.
    RejectedAfterPassingOn "rejected-after-passing-on",
    /// A query is answered with the first answer to the same question: canister, method, argument.
    ReplayedQuery "replayed-query",
    /// One node of each subnet answers queries with wrong values, signed with its own key.
    LyingNode "lying-node",
    /// One node of each subnet signs its replies an hour ahead.
    NodeAhead "node-ahead",
    /// A request is refused with 400 as expired, by a clock 23 hours ahead, and not carried out.
    TimeLie "time-lie",
}

impl Kind {
    const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A fault and how often it strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    /// In how many of a million cases.
    pub per_million: u32,
}

impl fmt::Display for Fault {
    /// As it is written on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.per_million {
            1_000_000 => write!(f, "{}", self.kind),
            part => write!(f, "{}={}%", self.kind, f64::from(part) / 1e4),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is no such kind.
    #[error("there is no fault '{0}'; choose from {all}", all = Kind::ALL.map(Kind::name).join(", "))]
    Kind(String),
    #[error("'{0}' is not a rate; write a part such as 0.05 or 5%, from 0 to 1")]
    Rate(String),
}

impl FromStr for Fault {
    type Err = FaultError;

    /// `KIND`, `KIND=0.05` or `KIND=5%`; without a rate it always strikes.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (name, rate) = text.split_once('=').map_or((text, None), |(name, rate)| (name, Some(rate)));
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name.trim());
        let kind = kind.ok_or_else(|| FaultError::Kind(name.trim().to_owned()))?;
        let per_million = match rate {
            None => 1_000_000,
            Some(rate) => per_million(rate.trim()).ok_or_else(|| FaultError::Rate(rate.trim().to_owned()))?,
        };
        Ok(Self { kind, per_million })
    }
}

fn per_million(rate: &str) -> Option<u32> {
    let (number, whole) = rate.strip_suffix('%').map_or((rate, 1e6), |percent| (percent, 1e4));
    let part = number.trim().parse::<f64>().ok()? * whole;
    // In bounds, so the cast keeps it.
    (0.0..=1e6).contains(&part).then_some(part.round() as u32)
}

/// The faults of a network. They may be changed while it runs.
#[derive(Debug, Default)]
pub struct Faults {
    seed: u64,
    rates: [std::sync::atomic::AtomicU32; Kind::ALL.len()],
    thrown: [AtomicU64; Kind::ALL.len()],
    struck: [AtomicU64; Kind::ALL.len()],
    struck_calls: parking_lot::Mutex<BTreeMap<String, u64>>,
}

impl Faults {
    pub fn new(seed: u64, faults: &[Fault]) -> Self {
        let all = Self { seed, ..Self::default() };
        for fault in faults {
            all.set(*fault);
        }
        all
    }

    /// From now on this kind strikes so often; 0 ends it.
    pub fn set(&self, fault: Fault) {
        if let Some(rate) = self.rates.get(fault.kind.index()) {
            rate.store(fault.per_million, Ordering::Relaxed);
        }
    }

    /// Ends all faults.
    pub fn clear(&self) {
        for kind in Kind::ALL {
            self.set(Fault { kind, per_million: 0 });
        }
    }

    /// Whether this kind may strike at all.
    pub(crate) fn is_on(&self, kind: Kind) -> bool {
        self.rates.get(kind.index()).is_some_and(|rate| rate.load(Ordering::Relaxed) > 0)
    }

    /// Draws for one case of this kind.
    pub fn strikes(&self, kind: Kind) -> bool {
        self.draw_strike(kind).is_some()
    }

    /// Draws for one case of this kind; if it strikes, a number of chance that says how.
    pub(crate) fn draw_strike(&self, kind: Kind) -> Option<u64> {
        let at = kind.index();
        let rate = self.rates.get(at)?.load(Ordering::Relaxed);
        if rate == 0 {
            return None;
        }
        let serial = self.thrown.get(at)?.fetch_add(1, Ordering::Relaxed);
        if mix(self.seed, 0xFA_0000 + at as u64, serial) % 1_000_000 >= u64::from(rate) {
            return None;
        }
        self.struck.get(at)?.fetch_add(1, Ordering::Relaxed);
        Some(mix(self.seed, 0xFB_0000 + at as u64, serial))
    }

    /// Whether a fault that is a state of the network (a wrong clock, a standstill) lasts: at
    /// any rate but 0. Counts as a strike.
    pub fn lasts(&self, kind: Kind) -> bool {
        let lasts = self.is_on(kind);
        if lasts && let Some(struck) = self.struck.get(kind.index()) {
            struck.fetch_add(1, Ordering::Relaxed);
        }
        lasts
    }

    /// Counts a call to this method that a fault hits.
    pub(crate) fn count_call(&self, method: &str) {
        *self.struck_calls.lock().entry(method.to_owned()).or_default() += 1;
    }

    /// How many calls to this method a fault has hit.
    pub fn struck_calls(&self, method: &str) -> u64 {
        self.struck_calls.lock().get(method).copied().unwrap_or(0)
    }

    /// The number of times each kind has struck; those that have not are left out.
    pub fn struck(&self) -> BTreeMap<Kind, u64> {
        let count = |kind: Kind| self.struck.get(kind.index()).map_or(0, |n| n.load(Ordering::Relaxed));
        Kind::ALL.into_iter().map(|kind| (kind, count(kind))).filter(|(_, n)| *n > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_stand_where_their_numbers_say() {
        assert!(Kind::ALL.into_iter().enumerate().all(|(at, kind)| kind.index() == at));
    }

    #[test]
    fn rates_are_parts_of_one() {
        let rate = |text: &str| text.parse::<Fault>().map(|fault| fault.per_million);
        assert_eq!(rate("reset"), Ok(1_000_000));
        assert_eq!(rate("reset=0.05"), Ok(50_000));
        assert_eq!(rate("reset = 5%"), Ok(50_000));
        assert_eq!(rate("reset=1.5"), Err(FaultError::Rate("1.5".into())));
        assert_eq!(rate("reset=NaN"), Err(FaultError::Rate("NaN".into())));
        assert!(rate("rset").unwrap_err().to_string().contains("choose from 429, 503, reset"));
        for text in ["reset", "503=5%", "clock=0.01%"] {
            assert_eq!(text.parse::<Fault>().map(|fault| fault.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn it_strikes_as_often_as_it_says() {
        let faults = Faults::new(7, &["503=10%".parse().unwrap()]);
        let times = (0..10_000).filter(|_| faults.strikes(Kind::Unavailable)).count();
        assert!((850..1_150).contains(&times), "{times}");
        assert_eq!(faults.struck(), BTreeMap::from([(Kind::Unavailable, times as u64)]));
        assert!(!faults.strikes(Kind::Reset));
        faults.clear();
        assert!(!faults.strikes(Kind::Unavailable) && !faults.lasts(Kind::Clock));
        faults.set("clock=1%".parse().unwrap());
        assert!((0..100).all(|_| faults.lasts(Kind::Clock)), "a state has no rate");
    }

    proptest! {
        #[test]
        fn any_text_is_a_fault_or_a_reason(text in "[a-z0-9-]{0,16}=?[0-9.%eE-]{0,6}") {
            if let Ok(fault) = text.parse::<Fault>() {
                prop_assert!(fault.per_million <= 1_000_000);
            }
        }
    }
}

//! Which node takes a seat in a subnet: providers, data centers, owners and countries are spread
//! as the target topology wants them (NNS motions 132136 and 135700), more or less.

use super::Grid;
use super::plan::Choice;

/// The number of spares that are compared for a seat.
const COMPARED: usize = 40;
/// The number of DFINITY among the providers.
pub(super) const DFINITY: usize = 0;

impl Grid {
    /// The position among the spares of the node that fits best beside `members`.
    pub(super) fn candidate(
        &mut self,
        members: &[usize],
        choice: Choice,
        of_dfinity: usize,
    ) -> Option<usize> {
        if self.spares.is_empty() {
            return None;
        }
        let held = members.iter().filter(|n| self.provider(**n) == Some(DFINITY)).count();
        if held < of_dfinity {
            let theirs = self.spares.iter().position(|n| {
                self.provider(*n) == Some(DFINITY) && (choice != Choice::European || self.is_european(*n))
            });
            if theirs.is_some() {
                return theirs;
            }
        }
        let compared = if choice == Choice::Careless { 3 } else { COMPARED };
        let from = self.below(self.spares.len());
        let step = 1 + self.below(7);
        let mut best: Option<(u64, usize)> = None;
        let mut seen = 0;
        for turn in 0..self.spares.len() {
            let at = (from + turn * step) % self.spares.len();
            let Some(node) = self.spares.get(at).copied() else { continue };
            if choice == Choice::European && !self.is_european(node) {
                continue;
            }
            let penalty = self.penalty(node, members);
            if best.is_none_or(|(least, _)| penalty < least) {
                best = Some((penalty, at));
            }
            seen += 1;
            if seen >= compared || (penalty == 0 && choice != Choice::Careless) {
                break;
            }
        }
        best.map(|(_, at)| at)
    }

    /// How badly a node fits beside others.
    fn penalty(&self, node: usize, members: &[usize]) -> u64 {
        let Some(own) = self.locations(node) else { return u64::MAX };
        let mut penalty = if own.provider == DFINITY { 500 } else { 0 };
        let mut compatriots = 0;
        for other in members.iter().filter_map(|n| self.locations(*n)) {
            penalty += 100 * u64::from(other.provider == own.provider);
            penalty += 60 * u64::from(other.center == own.center);
            penalty += 40 * u64::from(other.owner == own.owner);
            compatriots += u64::from(other.country == own.country);
        }
        // The third of a country is one too many where there are thirteen.
        let allowed = 1 + members.len() as u64 / 10;
        penalty + 30 * compatriots.saturating_sub(allowed)
    }
}

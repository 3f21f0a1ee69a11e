//! History rings: their names, how many samples they keep, how far samples are apart.

use icpulse_model::series::Series;
use icpulse_model::{ProposalKey, Seconds, Timestamp};

/// XDR per ICP, in ten-thousandths.
pub const ICP_XDR: &str = "icp_xdr";
/// Total voting power that the newest proposal was made under, in e8s of weighted stake.
pub const VOTING_POWER: &str = "total_voting_power";
/// How many proposals are open.
pub const OPEN_PROPOSALS: &str = "open_proposals";
/// Total supply, in whole ICP.
pub const SUPPLY: &str = "total_supply";

const TALLY_YES: &str = "tally:";
const TALLY_NO: &str = "tally_no:";

/// Share of yes on an open proposal, in basis points of the total.
pub fn tally(id: ProposalKey) -> String {
    format!("{TALLY_YES}{id}")
}

/// Share of no on an open proposal, in basis points of the total.
pub fn tally_no(id: ProposalKey) -> String {
    format!("{TALLY_NO}{id}")
}

/// The proposal that a tally's ring is about.
pub fn tally_of(name: &str) -> Option<ProposalKey> {
    let id = name.strip_prefix(TALLY_YES).or_else(|| name.strip_prefix(TALLY_NO))?;
    id.parse().ok()
}

/// Samples kept and the least time between two of them.
pub fn shape(name: &str) -> (usize, Seconds) {
    match name {
        ICP_XDR => (1_000, Seconds(600)),
        VOTING_POWER | OPEN_PROPOSALS => (1_000, Seconds::hours(1)),
        SUPPLY => (1_000, Seconds::hours(12)),
        _ if tally_of(name).is_some() => (240, Seconds(60)),
        _ => (500, Seconds(60)),
    }
}

/// Adds a sample to a ring if it is far enough from the last one; whether it was added.
pub fn sample(series: &mut Series, name: &str, at: Timestamp, value: u64) -> bool {
    let (_, apart) = shape(name);
    match series.last() {
        // An unchanged value is worth a point only as the end of a flat line: ten times as rare.
        Some((last, same)) if same == value => {
            last.plus(Seconds(apart.0.saturating_mul(10))) <= at && series.push(at, value)
        }
        Some((last, _)) => last.plus(apart) <= at && series.push(at, value),
        None => series.push(at, value),
    }
}

/// An empty ring of the right size.
pub fn ring(name: &str) -> Series {
    Series::new(shape(name).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_keep_their_distance() {
        let name = tally(ProposalKey::nns(7));
        assert_eq!(tally_of(&name), Some(ProposalKey::nns(7)));
        assert_eq!(tally_of(ICP_XDR), None);
        let mut series = ring(&name);
        let at = Timestamp::from_secs;
        assert!(sample(&mut series, &name, at(1_000), 5));
        assert!(!sample(&mut series, &name, at(1_059), 6), "too soon");
        assert!(sample(&mut series, &name, at(1_060), 6));
        assert!(!sample(&mut series, &name, at(1_200), 6), "nothing new");
        assert!(sample(&mut series, &name, at(1_660), 6));
        assert_eq!(series.values(), vec![5, 6, 6]);
    }
}

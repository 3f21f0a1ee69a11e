//! A neuron: stake, dissolving, age and voting power.
//!
//! Rules: dfinity/ic `rs/nns/governance/src/neuron/{types,dissolve_state_and_age,voting_power}.rs`
//! with the changes of April 2026 (longest delay two years, squared delay bonus).
//! Times are Unix seconds of virtual time, amounts e8s.

use icpulse_canisters::wire::governance::KnownNeuronData;
use icpulse_model::economics::{self, Economics, MAX_DISSOLVE_DELAY, RECENT_BALLOTS};
use icpulse_model::topic::NeuronState;
use icpulse_model::{AccountIdentifier, E8s, Principal, Seconds, Subaccount, Topic, Vote, VotingPower};
use std::collections::{BTreeMap, VecDeque};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dissolve {
    /// Locked: the delay stands still and the neuron ages.
    Locked {
        /// Dissolve delay, seconds.
        delay: u64,
        aging_since: u64,
    },
    /// Dissolving until then; dissolved afterwards.
    Until {
        /// When it is or was dissolved.
        at: u64,
    },
}

impl Dissolve {
    pub fn state(self, now: u64) -> NeuronState {
        match self {
            Self::Locked { .. } => NeuronState::NotDissolving,
            Self::Until { at } if now >= at => NeuronState::Dissolved,
            Self::Until { .. } => NeuronState::Dissolving,
        }
    }

    /// The dissolve delay at `now`.
    pub fn delay(self, now: u64) -> u64 {
        match self {
            Self::Locked { delay, .. } => delay,
            Self::Until { at } => at.saturating_sub(now),
        }
    }

    /// The age at `now`; only locked neurons have one.
    pub fn age(self, now: u64) -> u64 {
        match self {
            Self::Locked { aging_since, .. } => now.saturating_sub(aging_since),
            Self::Until { .. } => 0,
        }
    }

    /// With a longer delay, at most two years. A dissolved neuron is locked again and starts
    /// to age; the others keep their state.
    pub(crate) fn increased(self, now: u64, by: u64) -> Self {
        if by == 0 {
            return self;
        }
        let delay = self.delay(now).saturating_add(by).min(MAX_DISSOLVE_DELAY.0);
        match self {
            Self::Locked { aging_since, .. } => Self::Locked { delay, aging_since },
            Self::Until { at } if now < at => Self::Until { at: now.saturating_add(delay) },
            Self::Until { .. } => Self::Locked { delay, aging_since: now },
        }
    }

    /// Dissolving from now on; `None` unless locked.
    pub fn started(self, now: u64) -> Option<Self> {
        match self {
            Self::Locked { delay, .. } => Some(Self::Until { at: now.saturating_add(delay) }),
            Self::Until { .. } => None,
        }
    }

    /// Locked with what delay is left; `None` unless dissolving.
    pub fn stopped(self, now: u64) -> Option<Self> {
        match self {
            Self::Until { at } if at > now => Some(Self::Locked { delay: at - now, aging_since: now }),
            _ => None,
        }
    }
}

/// Maturity on its way to an account; minted seven days after it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disbursement {
    pub amount: u64,
    pub asked: u64,
    pub due: u64,
    pub owner: Principal,
    pub to: AccountIdentifier,
}

#[derive(Clone, Debug)]
pub struct Neuron {
    pub id: u64,
    /// The subaccount of governance that holds its stake.
    pub subaccount: Subaccount,
    /// The nonce its subaccount was made of, where it is known: the memo of its first transfer.
    pub nonce: Option<u64>,
    pub controller: Principal,
    /// Who else may vote and follow with it, at most [`MAX_HOT_KEYS`].
    pub hot_keys: Vec<Principal>,
    /// Stake as last seen on the ledger.
    pub stake: u64,
    /// Fees of rejected proposals, still on the ledger but no longer its own.
    pub fees: u64,
    pub created: u64,
    pub dissolve: Dissolve,
    /// Followees by topic number; no empty lists.
    pub followees: BTreeMap<i32, Vec<u64>>,
    /// The newest first, at most [`RECENT_BALLOTS`].
    pub recent_ballots: VecDeque<(u64, Vote)>,
    pub maturity: u64,
    pub staked_maturity: u64,
    /// Whether new maturity is staked.
    pub auto_stake: bool,
    /// When it joined the Neurons' Fund.
    pub joined_fund: Option<u64>,
    /// Name and words of a known neuron.
    pub known: Option<KnownNeuronData>,
    /// 1 seed, 2 early contributor.
    pub neuron_type: Option<i32>,
    /// Whether its owner made it public; known neurons always are.
    pub public: bool,
    /// When its voting power was last refreshed.
    pub refreshed: u64,
    /// Base of the bonus of neurons that had the old longest delay of eight years.
    pub gang_base: u64,
    /// Maturity on its way out.
    pub disbursements: Vec<Disbursement>,
}

/// Hotkeys a neuron may have (dfinity/ic `MAX_NUM_HOT_KEYS_PER_NEURON`).
pub(crate) const MAX_HOT_KEYS: usize = 10;

impl Neuron {
    /// A neuron as `ClaimOrRefresh` makes it, still without stake.
    pub fn new(id: u64, subaccount: Subaccount, controller: Principal, now: u64) -> Self {
        Self {
            id,
            subaccount,
            nonce: None,
            controller,
            hot_keys: Vec::new(),
            stake: 0,
            fees: 0,
            created: now,
            dissolve: Dissolve::Locked { delay: economics::NEW_NEURON_DELAY.0, aging_since: now },
            followees: BTreeMap::new(),
            recent_ballots: VecDeque::new(),
            maturity: 0,
            staked_maturity: 0,
            auto_stake: false,
            joined_fund: None,
            known: None,
            neuron_type: None,
            public: false,
            refreshed: now,
            gang_base: 0,
            disbursements: Vec::new(),
        }
    }

    /// Minted stake: what is on the ledger less fees.
    pub(crate) fn minted_stake(&self) -> u64 {
        self.stake.saturating_sub(self.fees)
    }

    /// What counts for voting power: minted stake and staked maturity.
    pub(crate) fn net_stake(&self) -> u64 {
        self.minted_stake().saturating_add(self.staked_maturity)
    }

    /// Whether anybody may read all of it.
    pub(crate) fn is_public(&self) -> bool {
        self.public || self.known.is_some()
    }

    /// Whether `principal` may vote with it.
    pub(crate) fn is_hotkey_or_controller(&self, principal: &Principal) -> bool {
        self.controller == *principal || self.hot_keys.contains(principal)
    }

    pub fn is_empty(&self) -> bool {
        self.net_stake() == 0 && self.maturity == 0
    }

    /// Voting power before decay; zero below the least delay that votes. The bonus of the
    /// eight-year gang rests while the neuron dissolves.
    pub fn potential(&self, now: u64, economics: &Economics) -> u64 {
        let gang = match self.dissolve {
            Dissolve::Locked { .. } => self.gang_base,
            Dissolve::Until { .. } => 0,
        };
        economics::potential_voting_power(
            E8s(self.net_stake()),
            E8s(gang),
            Seconds(self.dissolve.delay(now)),
            Seconds(self.dissolve.age(now)),
            economics.minimum_delay_to_vote,
        )
        .map_or(u64::MAX, |power| power.0)
    }

    /// Voting power of `potential` after decay.
    pub fn decayed(&self, potential: u64, now: u64, economics: &Economics) -> u64 {
        let since = Seconds(now.saturating_sub(self.refreshed));
        economics::deciding_voting_power(VotingPower(potential), since, economics).0
    }

    pub fn deciding(&self, now: u64, economics: &Economics) -> u64 {
        self.decayed(self.potential(now, economics), now, economics)
    }

    /// Sets the stake; added stake dilutes the age so that stake times age stays the same
    /// (`update_stake_adjust_age`).
    pub(crate) fn update_stake(&mut self, stake: u64, now: u64) {
        if let Dissolve::Locked { delay, aging_since } = self.dissolve
            && stake > self.stake
        {
            let area = u128::from(self.stake) * u128::from(now.saturating_sub(aging_since));
            let age = u64::try_from(area / u128::from(stake)).unwrap_or(0);
            self.dissolve = Dissolve::Locked { delay, aging_since: now.saturating_sub(age) };
        }
        self.stake = stake;
    }

    /// Notes a vote. Exchange-rate votes are not kept (`register_recent_ballot`).
    pub(crate) fn note_ballot(&mut self, topic: Topic, proposal: u64, vote: Vote) {
        if topic == Topic::ExchangeRate {
            return;
        }
        self.recent_ballots.push_front((proposal, vote));
        self.recent_ballots.truncate(RECENT_BALLOTS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icpulse_model::time::{MONTH, YEAR};

    const NOW: u64 = 1_795_000_000;

    fn locked(stake: u64, delay: u64) -> Neuron {
        let mut neuron = Neuron::new(1, Subaccount::DEFAULT, Principal::anonymous(), NOW);
        neuron.stake = stake;
        neuron.dissolve = Dissolve::Locked { delay, aging_since: NOW };
        neuron
    }

    #[test]
    fn delays_grow_to_two_years_and_a_dissolved_neuron_is_locked_again() {
        let locked = Dissolve::Locked { delay: YEAR.0, aging_since: 5 };
        assert_eq!(locked.increased(NOW, 1), Dissolve::Locked { delay: YEAR.0 + 1, aging_since: 5 });
        assert_eq!(locked.increased(NOW, u64::MAX), Dissolve::Locked { delay: 2 * YEAR.0, aging_since: 5 });
        let dissolving = Dissolve::Until { at: NOW + 10 };
        assert_eq!(dissolving.increased(NOW, 5), Dissolve::Until { at: NOW + 15 });
        let dissolved = Dissolve::Until { at: NOW };
        assert_eq!(dissolved.increased(NOW, 5), Dissolve::Locked { delay: 5, aging_since: NOW });
        assert_eq!(dissolved.state(NOW), NeuronState::Dissolved);
        assert_eq!(dissolving.state(NOW), NeuronState::Dissolving);
    }

    #[test]
    fn starting_and_stopping_keep_the_delay_and_lose_the_age() {
        let locked = Dissolve::Locked { delay: 100, aging_since: NOW - 50 };
        let dissolving = locked.started(NOW).unwrap();
        assert_eq!(dissolving, Dissolve::Until { at: NOW + 100 });
        assert_eq!(dissolving.age(NOW), 0);
        assert_eq!(dissolving.started(NOW), None);
        assert_eq!(dissolving.stopped(NOW + 40), Some(Dissolve::Locked { delay: 60, aging_since: NOW + 40 }));
        assert_eq!(dissolving.stopped(NOW + 100), None);
        assert_eq!(locked.stopped(NOW), None);
    }

    #[test]
    fn voting_power_has_its_bonuses_and_its_floor() {
        let economics = Economics::defaults();
        let icp = E8s::PER_ICP;
        assert_eq!(locked(100 * icp, 2 * YEAR.0).potential(NOW, &economics), 300 * icp);
        assert_eq!(locked(100 * icp, 14 * 86_400 - 1).potential(NOW, &economics), 0);
        assert!(locked(100 * icp, 14 * 86_400).potential(NOW, &economics) > 100 * icp);
        let mut aged = locked(100 * icp, 2 * YEAR.0);
        aged.dissolve = Dissolve::Locked { delay: 2 * YEAR.0, aging_since: NOW - 9 * YEAR.0 };
        assert_eq!(aged.potential(NOW, &economics), 375 * icp);
        aged.fees = 50 * icp;
        aged.staked_maturity = 10 * icp;
        assert_eq!(aged.potential(NOW, &economics), 225 * icp);
        // A tenth of the base, at most of the stake left, only while it does not dissolve.
        let mut gang = locked(100 * icp, 2 * YEAR.0);
        gang.gang_base = 50 * icp;
        assert_eq!(gang.potential(NOW, &economics), 315 * icp);
        gang.gang_base = 500 * icp;
        assert_eq!(gang.potential(NOW, &economics), 330 * icp);
        gang.dissolve = gang.dissolve.started(NOW).unwrap();
        assert_eq!(gang.potential(NOW, &economics), 300 * icp);
    }

    #[test]
    fn voting_power_decays_from_six_months_to_seven() {
        let economics = Economics::defaults();
        let neuron = locked(100 * E8s::PER_ICP, 2 * YEAR.0);
        let potential = |after| neuron.potential(NOW + after, &economics);
        let deciding = |after| neuron.deciding(NOW + after, &economics);
        assert_eq!(deciding(6 * MONTH.0), potential(6 * MONTH.0));
        assert_eq!(deciding(6 * MONTH.0 + MONTH.0 / 2), potential(6 * MONTH.0 + MONTH.0 / 2) / 2);
        assert!(deciding(7 * MONTH.0 - 1) > 0);
        assert_eq!(deciding(7 * MONTH.0), 0);
    }

    #[test]
    fn added_stake_dilutes_age() {
        // The example of the canister's own comment: 10 ICP for three years, 5 ICP added.
        let mut neuron = locked(10, YEAR.0);
        neuron.dissolve = Dissolve::Locked { delay: YEAR.0, aging_since: NOW - 3 * YEAR.0 };
        neuron.update_stake(15, NOW);
        assert_eq!(neuron.stake, 15);
        assert_eq!(neuron.dissolve.age(NOW), 2 * YEAR.0);
        neuron.update_stake(12, NOW);
        assert_eq!((neuron.stake, neuron.dissolve.age(NOW)), (12, 2 * YEAR.0));
    }

    #[test]
    fn a_hundred_ballots_are_remembered_and_none_on_exchange_rates() {
        let mut neuron = locked(1, 1);
        for id in 1..=150 {
            neuron.note_ballot(Topic::Governance, id, Vote::Yes);
        }
        neuron.note_ballot(Topic::ExchangeRate, 151, Vote::No);
        assert_eq!(neuron.recent_ballots.len(), 100);
        assert_eq!(neuron.recent_ballots.front(), Some(&(150, Vote::Yes)));
    }
}

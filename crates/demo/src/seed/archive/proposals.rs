//! The archive's proposals: settled, numbered from 1, from the network's first days to where the
//! small world's history begins.
//!
//! Kind, appeal and outcome follow from a few draws ([`Proposals::glance`]); the words are written
//! only for rows that are shown.

use crate::governance::archive::ProposalOutline;
use crate::governance::proposal::{Ballots, Outcome, Proposal, Tally, voting_period};
use crate::governance::topics::topic_of;
use crate::seed::drafts::{self, Kind, ProposalContext};
use crate::seed::neurons::VotingHabit;
use crate::seed::random::{QuickRng, SeededRng, mix};
use crate::seed::simulation::decide_vote;
use crate::world::canister_id;
use icpulse_canisters::wire::governance::Action;
use icpulse_model::economics::{Economics, GENESIS};
use icpulse_model::time::DAY;
use icpulse_model::{ProposalStatus, Topic, Vote};
use std::collections::BTreeMap;
use std::sync::Arc;

const PURPOSE: u64 = 0x6d69_6e75;

/// What the archive's proposals are made of.
#[derive(Clone)]
pub struct ArchivePlan {
    pub seed: u64,
    pub count: u64,
    /// When the newest was made at the latest, Unix seconds.
    pub until: u64,
    pub context: ProposalContext,
    pub(crate) proposers: Vec<u64>,
    /// The known neurons with their habits and when they were made; the first ones make technical
    /// proposals too, in this order.
    pub known: Vec<(u64, VotingHabit, u64)>,
    /// Potential voting power of all neurons at the start.
    pub power: u64,
}

pub struct Proposals {
    plan: ArchivePlan,
    /// One for every share of a kind.
    kinds: Vec<Kind>,
    traits: BTreeMap<Kind, Traits>,
    votes: BTreeMap<u64, (VotingHabit, u64)>,
    reject_cost: u64,
}

/// What every proposal of a kind has.
#[derive(Clone, Copy)]
struct Traits {
    topic: Topic,
    /// Calls another canister, which may fail.
    calls: bool,
}

/// A proposal before its words.
struct Outline {
    kind: Kind,
    traits: Traits,
    /// How many of a thousand votes cast are yes; never 500.
    appeal: u64,
    fails: bool,
}

impl Proposals {
    pub fn new(plan: ArchivePlan) -> Self {
        let share =
            |(kind, share): &(Kind, u64)| std::iter::repeat_n(*kind, usize::try_from(*share).unwrap_or(0));
        let traits = drafts::SHARES.iter().map(|(kind, _)| {
            let mut rng = SeededRng::new(plan.seed, PURPOSE);
            let action = drafts::write(*kind, &mut rng, 0, &plan.context).draft.action;
            let calls = matches!(action, Action::ExecuteNnsFunction(_));
            (*kind, Traits { topic: topic_of(&action), calls })
        });
        Self {
            kinds: drafts::SHARES.iter().flat_map(share).collect(),
            traits: traits.collect(),
            votes: plan.known.iter().map(|(id, habit, made)| (*id, (*habit, *made))).collect(),
            reject_cost: Economics::defaults().reject_cost.0,
            plan,
        }
    }

    pub const fn count(&self) -> u64 {
        self.plan.count
    }

    fn has(&self, id: u64) -> bool {
        (1..=self.plan.count).contains(&id)
    }

    /// In the early years every other proposal set the exchange rate.
    fn kind(&self, id: u64) -> Kind {
        let drawn = mix(self.plan.seed, PURPOSE ^ 1, id);
        if id < self.plan.count * 3 / 5 && drawn % 100 < 45 {
            return Kind::ExchangeRate;
        }
        let at = (drawn >> 32).checked_rem(self.kinds.len() as u64).unwrap_or(0);
        usize::try_from(at).ok().and_then(|at| self.kinds.get(at)).copied().unwrap_or(Kind::Motion)
    }

    fn rng(&self, id: u64) -> SeededRng {
        SeededRng::new(self.plan.seed, mix(PURPOSE, 2, id))
    }

    fn outline(&self, id: u64) -> Option<Outline> {
        if !self.has(id) {
            return None;
        }
        let kind = self.kind(id);
        let traits = self.traits.get(&kind).copied()?;
        let mut rng = QuickRng::new(self.plan.seed, PURPOSE ^ 3, id);
        let appeal = match kind {
            Kind::Motion => drafts::motion_text(&mut self.rng(id)).map_or(500, |text| text.appeal),
            Kind::Spam => 25,
            Kind::RegisterKnownNeuron => rng.within(450, 900),
            Kind::DeregisterKnownNeuron | Kind::UninstallCode => rng.within(330, 620),
            Kind::CreateSns => rng.within(300, 920),
            Kind::ManageNetworkEconomics | Kind::RewardNodeProvider | Kind::RewardNodeProviders => 770,
            _ if rng.chance(12) => rng.within(60, 480),
            _ => 955,
        };
        let appeal = (appeal + rng.within(0, 40)).saturating_sub(20).clamp(3, 990);
        let appeal = if appeal == 500 { 501 } else { appeal };
        Some(Outline { kind, traits, appeal, fails: traits.calls && rng.chance(30) })
    }

    /// Topic and status, without the words.
    pub(crate) fn outline_of(&self, id: u64) -> Option<ProposalOutline> {
        self.outline(id)
            .map(|outline| ProposalOutline { topic: outline.traits.topic, status: outline.status() })
    }

    /// When a proposal was made, Unix seconds: evenly from the network's third day on.
    pub fn created(&self, id: u64) -> u64 {
        let from = GENESIS.secs() + 3 * DAY.0;
        let span = u128::from(self.plan.until.saturating_sub(from));
        let base = |id: u64| {
            let part = span * u128::from(id) / (u128::from(self.plan.count) + 1);
            from.saturating_add(u64::try_from(part).unwrap_or(0))
        };
        let (at, next) = (base(id), base(id.saturating_add(1)));
        at + mix(self.plan.seed, PURPOSE ^ 4, id).checked_rem(next - at).unwrap_or(0)
    }

    /// How a known neuron voted; `None` before it was made.
    pub fn vote(&self, neuron: u64, id: u64) -> Option<Vote> {
        let (habit, made) = self.votes.get(&neuron)?;
        if self.created(id) < *made {
            return None;
        }
        let appeal = self.outline(id)?.appeal;
        Some(
            decide_vote(self.plan.seed, id, neuron, appeal, *habit)
                .map_or(Vote::Unspecified, |(vote, _)| vote),
        )
    }

    pub fn get(&self, id: u64) -> Option<Proposal> {
        let outline = self.outline(id)?;
        let Outline { kind, traits: Traits { topic, .. }, appeal, fails } = outline;
        let mut draft = drafts::write(kind, &mut self.rng(id), id, &self.plan.context).draft;
        let mut rng = QuickRng::new(self.plan.seed, PURPOSE ^ 5, id);
        let created = self.created(id);
        let technical = topic.is_covered_by_catch_all();
        let contested = appeal.abs_diff(500) < 70 && !technical;
        let extension = if contested { rng.within(DAY.0 / 4, 2 * DAY.0) } else { 0 };
        let deadline = created + voting_period(topic) + extension;

        // Voting power grew threefold in these years.
        let total = self.plan.power / 1_000 * (330 + (670 * id).checked_div(self.count()).unwrap_or(0));
        let turnout = if technical { rng.within(640, 820) } else { rng.within(360, 560) };
        let cast = total / 1_000 * turnout;
        let yes = cast / 1_000 * appeal;
        let tally = Tally { yes, no: cast - yes, total, at: deadline - rng.within(60, 7_200) };
        let early = tally.majority_yes() || tally.majority_no();
        let decided = if early { created + rng.within(900, 10 * 3_600) } else { deadline };

        let done = decided + draft.outcome.after;
        let failure = (outline.status() == ProposalStatus::Failed).then(|| {
            let own = draft.outcome.failure.take();
            own.unwrap_or_else(|| {
                drafts::trapped(canister_id(0), "Panicked at '[Registry] Record not found.'")
            })
        });
        draft.outcome = Outcome { failure: failure.clone(), ..draft.outcome };
        Some(Proposal {
            id,
            proposer: self.proposer(kind, &mut rng),
            topic,
            reject_cost: self.reject_cost,
            created,
            deadline,
            decided,
            executed: if outline.status() == ProposalStatus::Executed { done } else { 0 },
            failed: if fails && failure.is_some() { done } else { 0 },
            failure,
            tally,
            ballots: Ballots::default(),
            total_potential: total / 1_000 * 1_021,
            reward_round: deadline.saturating_sub(GENESIS.secs()) / DAY.0 + 1,
            draft: Arc::new(draft),
        })
    }

    fn proposer(&self, kind: Kind, rng: &mut QuickRng) -> Option<u64> {
        let drawn = rng.any();
        let at = |count: usize| usize::try_from(drawn.checked_rem(count as u64).unwrap_or(0)).unwrap_or(0);
        if drafts::is_political(kind) {
            return self.plan.proposers.get(at(self.plan.proposers.len())).copied();
        }
        // Technical proposals come from those who build.
        let place = [0, 0, 0, 2, 3].get(at(5)).copied().unwrap_or(0);
        self.plan.known.get(place).map(|(id, ..)| *id)
    }
}

impl Outline {
    fn status(&self) -> ProposalStatus {
        if self.appeal < 500 {
            ProposalStatus::Rejected
        } else if self.fails {
            ProposalStatus::Failed
        } else {
            ProposalStatus::Executed
        }
    }
}

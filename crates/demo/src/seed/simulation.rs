//! What people do as time passes: proposals appear, and neurons vote on them by their habits.
//!
//! Who votes how and when is a function of the seed, the proposal and the neuron alone; nothing
//! depends on how often anybody looks.

use super::drafts::inventory::SharedInventory;
use super::drafts::{self, Kind, ProposalContext, RatedDraft};
use super::neurons::VotingHabit;
use super::random::{SeededRng, mix};
use crate::governance::Participants;
use crate::governance::proposal::{Draft, Outcome, voting_period};
use crate::governance::state::State;
use icpulse_canisters::wire::governance as wire;
use icpulse_model::{Topic, Vote};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

const HOUR: u64 = 3_600;
/// After the start a proposal appears every few minutes for so long; then less often, because
/// governance keeps the ballots of at most 200.
const LIVELY: u64 = 2 * HOUR;

/// A proposal that is to appear at a certain time.
#[derive(Clone, Copy, Debug)]
pub struct ScriptedEvent {
    pub at: u64,
    pub what: ScriptedAction,
}

#[derive(Clone, Copy, Debug)]
pub enum ScriptedAction {
    Proposal(Kind, u64),
    /// A proposal to manage this neuron, made by that manager.
    Manage {
        neuron: u64,
        manager: u64,
    },
}

/// Proposals that are open at the start, with deadlines from an hour to four days ahead.
pub fn script(start: u64, managed: u64, manager: u64) -> VecDeque<ScriptedEvent> {
    let minutes = |before: u64| start - before * 60;
    let proposal = |before: u64, kind, appeal| ScriptedEvent {
        at: minutes(before),
        what: ScriptedAction::Proposal(kind, appeal),
    };
    [
        proposal(95 * 60 + 10, Kind::Motion, 720),
        proposal(92 * 60, Kind::CreateSns, 760),
        proposal(90 * 60, Kind::Motion, 680),
        proposal(86 * 60, Kind::Motion, 830),
        proposal(79 * 60, Kind::RegisterKnownNeuron, 800),
        // Contested: the vote turns and the deadline moves.
        proposal(70 * 60, Kind::Motion, 500),
        proposal(58 * 60, Kind::Motion, 470),
        proposal(46 * 60, Kind::CreateSns, 360),
        proposal(33 * 60, Kind::Motion, 410),
        proposal(22 * 60, Kind::Spam, 20),
        proposal(13 * 60, Kind::Motion, 760),
        ScriptedEvent { at: minutes(10 * 60), what: ScriptedAction::Manage { neuron: managed, manager } },
        proposal(5 * 60, Kind::RegisterKnownNeuron, 650),
        proposal(70, Kind::Motion, 560),
        proposal(3, Kind::ElectGuestos, 975),
        proposal(1, Kind::ChangeSubnetMembership, 960),
    ]
    .into()
}

/// How somebody would vote, and when: a number below 65,536 that grows with the time.
pub(crate) fn decide_vote(
    seed: u64,
    proposal: u64,
    neuron: u64,
    appeal: u64,
    habit: VotingHabit,
) -> Option<(Vote, u64)> {
    let chance = mix(seed ^ 0x766f_7465, proposal, neuron);
    if chance % 1_000 >= habit.turnout {
        return None;
    }
    let drawn = (chance >> 20) % 1_000;
    let yes = if habit.leads {
        // Leaders look closer: little is left to chance.
        350 + drawn / 5 < appeal
    } else {
        let willing = i64::try_from(appeal).unwrap_or(500) + habit.leaning;
        i64::try_from(drawn).unwrap_or(500) < willing.clamp(3, 997)
    };
    Some((if yes { Vote::Yes } else { Vote::No }, chance >> 48))
}

pub struct SimulatedVoters {
    seed: u64,
    start: u64,
    habits: BTreeMap<u64, VotingHabit>,
    known: Vec<u64>,
    proposers: Vec<u64>,
    context: ProposalContext,
    /// The nodes as they are now.
    shown: Option<SharedInventory>,
    script: VecDeque<ScriptedEvent>,
    next_regular: u64,
    serial: u64,
    /// When, on which proposal, by whom, and whether yes.
    votes: BinaryHeap<Reverse<(u64, u64, u64, bool)>>,
}

impl SimulatedVoters {
    /// SimulatedVoters that begin at `begin`; until `start` they are quieter and leave politics to the
    /// script.
    pub fn new(
        seed: u64,
        (begin, start): (u64, u64),
        habits: BTreeMap<u64, VotingHabit>,
        known: Vec<u64>,
        proposers: Vec<u64>,
        context: ProposalContext,
        script: VecDeque<ScriptedEvent>,
    ) -> Self {
        Self {
            seed,
            start,
            habits,
            known,
            proposers,
            context,
            shown: None,
            script,
            next_regular: begin + HOUR,
            serial: 1_000,
            votes: BinaryHeap::new(),
        }
    }

    /// The same people, who write about the nodes that are shown.
    pub(crate) fn with_inventory(mut self, shown: SharedInventory) -> Self {
        self.shown = Some(shown);
        self
    }

    /// Looks at the nodes before something is written about them.
    fn refresh_inventory(&mut self) {
        if let Some(shown) = &self.shown {
            self.context.inventory = shown.now();
        }
    }

    fn propose_regular(&mut self, at: u64, state: &mut State) {
        self.refresh_inventory();
        let mut rng = SeededRng::new(self.seed, mix(3, self.serial, at));
        let political = at >= self.start;
        let shares: Vec<(Kind, u64)> = drafts::SHARES
            .iter()
            .copied()
            .filter(|(kind, _)| political || !drafts::is_political(*kind))
            .collect();
        let all = shares.iter().map(|(_, share)| share).sum();
        let mut drawn = rng.within(0, all);
        let kind = shares.iter().find(|(_, share)| match drawn.checked_sub(*share) {
            Some(rest) => {
                drawn = rest;
                false
            }
            None => true,
        });
        let kind = kind.map_or(Kind::Motion, |(kind, _)| *kind);
        let rated = drafts::write(kind, &mut rng, self.serial, &self.context);
        self.propose(kind, rated, at, state);
        let pause = if at < self.start {
            rng.within(110 * 60, 180 * 60)
        } else if at < self.start + LIVELY {
            rng.within(180, 420)
        } else {
            rng.within(35 * 60, 85 * 60)
        };
        self.next_regular = at + pause;
        if at < self.start && self.next_regular > self.start {
            self.next_regular = self.start + rng.within(60, 240);
        }
    }

    fn propose(&mut self, kind: Kind, rated: RatedDraft, at: u64, state: &mut State) {
        self.serial += 1;
        let drawn = mix(self.seed, self.serial, 7);
        let proposer = if drafts::is_political(kind) {
            let at = usize::try_from(drawn % self.proposers.len().max(1) as u64).unwrap_or(0);
            self.proposers.get(at)
        } else {
            // Technical proposals come from those who build.
            let place = [0, 0, 0, 2, 3].get(usize::try_from(drawn % 5).unwrap_or(0)).copied().unwrap_or(0);
            self.known.get(place)
        };
        let Some(proposer) = proposer.copied() else { return };
        // Refused when too many proposals still have ballots: then this one is not made.
        if let Ok(id) = state.make_proposal(proposer, rated.draft, at) {
            self.plan(id, rated.appeal, at, state);
        }
    }

    /// Decides for everybody with a ballot and without followees whether, how and when to vote.
    fn plan(&mut self, id: u64, appeal: u64, now: u64, state: &State) {
        let Some(proposal) = state.proposals().get(&id) else { return };
        let topic = proposal.topic;
        let period = voting_period(topic);
        let political = !topic.is_covered_by_catch_all();
        for (neuron, ballot) in proposal.ballots.iter() {
            if ballot.vote != Vote::Unspecified {
                continue;
            }
            let Some(habit) = self.habits.get(neuron).copied() else { continue };
            let Some((vote, drawn)) = decide_vote(self.seed, id, *neuron, appeal, habit) else { continue };
            let follows = state.neurons().get(neuron).is_some_and(|n| {
                n.followees.contains_key(&topic.number())
                    || (!political && n.followees.contains_key(&Topic::Unspecified.number()))
            });
            // Politics finds fewer voters.
            if political && !habit.leads && mix(self.seed, id, *neuron) % 100 >= 62 {
                continue;
            }
            // One in twenty of those who follow votes for itself all the same.
            if follows && drawn % 20 != 0 {
                continue;
            }
            let delay = if habit.leads && political {
                HOUR + drawn * (19 * HOUR) / 65_536
            } else if habit.leads {
                300 + drawn * (9 * HOUR) / 65_536
            } else {
                // Most vote on the first day, some in the last hour.
                20 + (period - 60) * (drawn * drawn / 65_536 * drawn / 65_536) / 65_536
            };
            self.votes.push(Reverse((now + delay, id, *neuron, vote == Vote::Yes)));
        }
    }

    fn run_event(&mut self, cue: ScriptedEvent, state: &mut State) {
        match cue.what {
            ScriptedAction::Proposal(kind, appeal) => {
                self.refresh_inventory();
                let mut rng = SeededRng::new(self.seed, mix(4, self.serial, cue.at));
                let rated = drafts::write_appealing(kind, appeal, &mut rng, self.serial, &self.context);
                self.propose(kind, rated, cue.at, state);
            }
            ScriptedAction::Manage { neuron, manager } => {
                let operation = wire::Operation::IncreaseDissolveDelay(wire::IncreaseDissolveDelay {
                    additional_dissolve_delay_seconds: 2_629_800,
                });
                let manage = wire::ManageNeuronProposal {
                    id: None,
                    neuron_id_or_subaccount: Some(wire::NeuronIdOrSubaccount::NeuronId(wire::NeuronId {
                        id: neuron,
                    })),
                    command: Some(wire::ManageNeuronProposalCommand::Configure(wire::Configure {
                        operation: Some(operation),
                    })),
                };
                let draft = Draft {
                    title: Some("Lock the shared neuron for another month".to_owned()),
                    summary: "As agreed, the neuron we manage together is locked for **one month** more."
                        .to_owned(),
                    url: String::new(),
                    action: wire::Action::ManageNeuron(Box::new(manage)),
                    payload: None,
                    outcome: Outcome::AT_ONCE,
                };
                // Refused only if the neuron is gone.
                let _ = state.make_proposal(manager, draft, cue.at);
            }
        }
    }
}

impl Participants for SimulatedVoters {
    fn next(&self) -> Option<u64> {
        let vote = self.votes.peek().map(|Reverse((at, ..))| *at);
        let cue = self.script.front().map(|cue| cue.at);
        [vote, cue, Some(self.next_regular)].into_iter().flatten().min()
    }

    fn act(&mut self, state: &mut State) {
        let Some(now) = self.next() else { return };
        if let Some(cue) = self.script.front().copied().filter(|cue| cue.at <= now) {
            self.script.pop_front();
            self.run_event(cue, state);
        } else if self.next_regular <= now {
            self.propose_regular(now, state);
        } else if let Some(Reverse((at, proposal, neuron, yes))) = self.votes.pop() {
            state.vote(neuron, proposal, if yes { Vote::Yes } else { Vote::No }, at);
        }
    }
}

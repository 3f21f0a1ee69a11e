//! Casts blank ballots.

use crate::action::error::ActionError;
use crate::action::field::{Field, FieldKind};
use crate::action::operation::{Operation, Order, Risk, Rules, Target};
use crate::action::outcome::{self, StepOutcome};
use crate::action::plan::{Draft, LINES, PlanContext, append_bounded, count_noun};
use crate::action::step::{
    Reading, Readings, Reply, Step, StepDescription, StepKind, Verdict, step_identity,
};
use icpulse_canisters::governance::{calls, commands_of};
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::act::{Intent, StepState};
use icpulse_model::network::Canisters;
use icpulse_model::proposal::{Ballot, Proposal};
use icpulse_model::text::Line;
use icpulse_model::world::{Topicality, World};
use icpulse_model::{NeuronKey, ProposalKey, Seconds, Timestamp, Vote, VotingPower};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// More ballots than this take minutes to cast.
const MANY: usize = 1_000;

/// Its arguments.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CastVotes {
    /// Yes or no.
    pub vote: Vote,
    /// Which ballots: only these are cast.
    pub ballots: Vec<(ProposalKey, NeuronKey)>,
}

impl CastVotes {
    /// The operation with these arguments.
    pub fn intent(&self) -> Intent {
        Intent::new(VOTE.id, self)
    }
}

/// Votes.
pub static VOTE: Operation = Operation {
    id: "proposal.vote",
    title: "vote",
    heading: "Vote",
    help: "Choose the neurons and vote.",
    about: "Vote with the identity's neurons",
    keys: &["v"],
    mends: None,
    footer: true,
    command: ("proposals", "vote"),
    alias: None,
    risk: Risk::Final,
    target: Target::Ballots,
    fields: &[Field {
        name: "vote",
        label: "vote",
        help: "yes or no",
        kind: FieldKind::OneOf(&[("yes", "Yes", ""), ("no", "No", "")]),
        default: None,
        start: "yes",
        positional: false,
    }],
    order: Order::AnyOrder,
    reads: &[],
    touches: &[Topicality::Proposals, Topicality::Neurons],
    rules: Rules::new(plan_votes),
    steps: &[StepKind::for_type::<CastBallot>(CastBallot::STEP)],
};

/// Casts one neuron's ballot on one proposal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::action) struct CastBallot {
    pub proposal: ProposalKey,
    pub neuron: NeuronKey,
    pub vote: Vote,
}

impl CastBallot {
    const STEP: &'static str = "vote";
}

impl Step for CastBallot {
    step_identity!(Self::STEP);

    fn prepare_call(&self, canisters: &Canisters) -> Result<PreparedCall, IcError> {
        commands_of(canisters, self.neuron.governance)?.register_vote(self.neuron, self.proposal, self.vote)
    }

    fn description(&self, _: &Canisters) -> StepDescription {
        let Self { proposal, neuron, vote } = self;
        StepDescription {
            neuron: Some(*neuron),
            proposal: Some(*proposal),
            ..StepDescription::new(
                "manage_neuron · RegisterVote",
                line!("vote {} on {proposal} with neuron {neuron}", vote.title().to_uppercase()),
                vec![
                    ("neuron", line!("{neuron}")),
                    ("proposal", line!("{proposal}")),
                    ("vote", line!("{} ({})", vote.title(), vote.number())),
                ],
            )
        }
    }

    fn advice(&self) -> &'static str {
        "Read the proposal again: if the ballot is still blank, vote again (a second vote is refused, never counted twice)"
    }

    fn read_reply(&self, reply: &Reply<'_>) -> StepOutcome {
        let refusal = calls::parse_manage_neuron_reply(reply.bytes).err();
        // Older canisters say it only in words.
        let is_cast = refusal
            .is_some_and(|r| r.is_already_voted() || r.message.as_str().starts_with("Neuron already voted"));
        if is_cast {
            let note = Line::new("the ballot was cast before, by following or by hand");
            return StepState::AlreadyDone { note }.into();
        }
        outcome::read_command_reply(reply, self.advice(), |_| line!("voted {}", self.vote.title()))
    }

    fn proof_readings(&self, _: &Canisters) -> Vec<Reading> {
        vec![Reading::Proposal(self.proposal)]
    }

    fn judge_readings(&self, found: &Readings) -> Verdict {
        let Some(proposal) = found.proposal() else { return Verdict::Nothing };
        match proposal.ballots.iter().find(|b| b.neuron == self.neuron).map(|b| b.vote) {
            None => Verdict::Nothing,
            Some(Vote::Unspecified) => Verdict::NotUntil(proposal.evidence.at),
            Some(vote) if vote == self.vote => Verdict::found("the ballot is cast"),
            Some(vote) => Verdict::Refused(StepState::Refused {
                code: "already voted".to_owned(),
                message: line!(
                    "the ballot was cast {} before, by following or by hand; it cannot be changed",
                    vote.title()
                ),
            }),
        }
    }

    /// A ballot that was cast by following may say the opposite of what was wanted.
    fn doubts_done_before(&self) -> bool {
        true
    }
}

/// Plans to cast these ballots, leaving out those that cannot be cast, each with its reason.
fn plan_votes(
    intent: &Intent,
    context: &PlanContext<'_>,
    _: &mut dyn rand::RngCore,
) -> Result<Draft, ActionError> {
    let CastVotes { vote, ballots } = intent.parse_args().map_err(ActionError::unfit_arguments)?;
    let now = context.network_now();
    let mut steps: Vec<Box<dyn Step>> = Vec::new();
    let mut power: BTreeMap<ProposalKey, VotingPower> = BTreeMap::new();
    let mut neurons = BTreeSet::new();
    let mut left_out = Vec::new();
    // Looked up once: people with thousands of neurons vote on many proposals.
    let foreign: BTreeSet<NeuronKey> =
        context.world.neurons.iter().filter(|n| !n.is_mine()).map(|n| n.id).collect();
    let mut rows: BTreeMap<ProposalKey, BTreeMap<NeuronKey, &Ballot>> = BTreeMap::new();
    for (proposal, neuron) in ballots.iter().collect::<BTreeSet<_>>() {
        let of_proposal = rows.entry(*proposal).or_insert_with(|| {
            let row = context.world.proposals.get(*proposal);
            row.map(|p| p.ballots.iter().map(|b| (b.neuron, b)).collect()).unwrap_or_default()
        });
        let ballot = of_proposal.get(neuron).copied();
        match select_castable(*proposal, *neuron, ballot, foreign.contains(neuron), context, now) {
            Ok(weight) => {
                steps.push(Box::new(CastBallot { proposal: *proposal, neuron: *neuron, vote }));
                neurons.insert(*neuron);
                let sum = power.entry(*proposal).or_default();
                *sum = sum.saturating_add(weight);
            }
            Err(why) => left_out.push(why),
        }
    }
    let ballots = steps.len();
    let title = review_title(vote, &power, neurons.len(), ballots, context);
    // An impossible vote is refused before its calls are written.
    let sensible = matches!(vote, Vote::Yes | Vote::No);
    let mut draft = Draft::new(title, if sensible { steps } else { Vec::new() });
    if !sensible {
        draft.add_blocker(Line::new("a vote is yes or no"));
    }
    if ballots == 0 {
        draft.add_blocker(match left_out.as_slice() {
            [] => Line::new("no ballots selected"),
            [only] => only.clone(),
            [first, ..] => line!("none of the {} ballots can be cast; {first}", left_out.len()),
        });
    }
    append_bounded(&mut draft.warnings, left_out, "more ballots are left out");
    // Every one is named: each is signed.
    draft.effects.extend(power.iter().filter_map(|(id, sum)| {
        let proposal = context.world.proposals.get(*id)?;
        Some(describe_effect(proposal, power.len() > 1, vote, *sum))
    }));
    if ballots > 0 {
        draft.effects.push(line!(
            "refreshes the voting power of {}; neurons that follow them may vote along",
            count_noun(neurons.len(), "neuron")
        ));
        draft.irreversible.push(Line::new("a ballot cannot be changed once it is cast"));
    }
    if ballots > MANY {
        draft.warnings.push(line!("{ballots} ballots are {ballots} calls: casting them takes some minutes"));
    }
    let closing = power
        .keys()
        .filter_map(|id| context.world.proposals.get(*id))
        .filter(|p| p.time_left(now).is_some_and(|left| left < Seconds(300)))
        .count();
    if closing > 0 {
        draft.warnings.push(line!(
            "{} in less than 5 minutes",
            if closing == 1 {
                "voting closes".to_owned()
            } else {
                format!("voting on {closing} proposals closes")
            }
        ));
    }
    Ok(draft)
}

/// The reason for which a ballot cannot be cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    NotRead,
    Undecoded,
    NoBallot,
    Voted(Option<Vote>),
    Ended,
    NotMine,
    NoSuchNeuron,
    /// The identity has none.
    NoNeurons,
}

impl Refusal {
    /// In words: `whose` ballot on `which` proposal.
    fn describe(&self, whose: &str, which: &str) -> Line {
        match self {
            Self::NotRead => line!("proposal {which} has not been read; refresh and try again"),
            Self::Undecoded => {
                line!("this version cannot decode proposal {which}, so it does not vote on it")
            }
            Self::NoBallot => line!(
                "{whose} cannot vote on {which}: no ballot, since the proposal is older than the neuron, or its dissolve delay was too short when the proposal was made"
            ),
            Self::NoSuchNeuron => line!("{whose} does not exist; check its number"),
            Self::NoNeurons => line!("this identity has no neurons, so it has no ballot on {which}"),
            Self::Voted(Some(vote)) => line!("{whose} already voted {} on {which}", vote.title()),
            Self::Voted(None) => line!("{whose} already voted on {which}"),
            Self::Ended => line!("voting on {which} has ended"),
            Self::NotMine => line!("this identity is neither controller nor hotkey of {whose}"),
        }
    }
}

/// Why the identity's neurons cannot vote on any of these proposals; `None` if a ballot can be cast.
pub fn find_vote_refusal(proposals: &[&Proposal], world: &World, now: Timestamp) -> Option<Line> {
    if proposals.iter().any(|p| p.votable(now).next().is_some()) {
        return None;
    }
    let no_neurons = world.neurons_known && world.neurons.is_empty();
    let reason = |proposal: &&Proposal| match () {
        () if proposal.undecoded.is_some() => Refusal::Undecoded,
        () if !proposal.accepts_votes(now) => Refusal::Ended,
        () if proposal.ballots.is_empty() && no_neurons => Refusal::NoNeurons,
        () if proposal.ballots.is_empty() => Refusal::NoBallot,
        () => Refusal::Voted(None),
    };
    let first = proposals.first().map(reason)?;
    if proposals.iter().all(|proposal| reason(proposal) == first) {
        let which = match proposals {
            [one] => one.id.to_string(),
            many => format!("these {} proposals", many.len()),
        };
        return Some(first.describe("your neurons", &which));
    }
    let reasons = proposals.iter().map(|p| reason(p).describe("your neurons", &p.id.to_string()));
    let words: Vec<String> = reasons.take(LINES).map(|why| why.to_string()).collect();
    let more = proposals.len().saturating_sub(LINES);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    Some(line!("no ballot can be cast: {}{more}", words.join("; ")))
}

/// The reason for which a neuron has no ballot on a proposal.
fn explain_missing_ballot(neuron: NeuronKey, world: &World) -> Refusal {
    if let Some(neuron) = world.neurons.get(neuron) {
        return if neuron.is_mine() { Refusal::NoBallot } else { Refusal::NotMine };
    }
    match world.looked_up.get(&neuron) {
        Some(None) => Refusal::NoSuchNeuron,
        Some(Some(neuron)) if !neuron.is_mine() => Refusal::NotMine,
        Some(Some(_)) => Refusal::NoBallot,
        None if world.neurons_known => Refusal::NotMine,
        None => Refusal::NoBallot,
    }
}

/// The voting power of a blank ballot, or why it cannot be cast.
fn select_castable(
    id: ProposalKey,
    neuron: NeuronKey,
    ballot: Option<&Ballot>,
    foreign: bool,
    context: &PlanContext<'_>,
    now: Timestamp,
) -> Result<VotingPower, Line> {
    let which = id.to_string();
    let refuse = |why: Refusal| Err(why.describe(&format!("neuron {neuron}"), &which));
    let Some(proposal) = context.world.proposals.get(id) else { return refuse(Refusal::NotRead) };
    if proposal.undecoded.is_some() {
        return refuse(Refusal::Undecoded);
    }
    if ballot.is_none() && !proposal.accepts_votes(now) {
        return refuse(Refusal::Ended);
    }
    let Some(ballot) = ballot else { return refuse(explain_missing_ballot(neuron, context.world)) };
    if ballot.vote != Vote::Unspecified {
        return refuse(Refusal::Voted(Some(ballot.vote)));
    }
    if !proposal.accepts_votes(now) {
        return refuse(Refusal::Ended);
    }
    if foreign {
        return refuse(Refusal::NotMine);
    }
    Ok(ballot.voting_power)
}

fn review_title(
    vote: Vote,
    power: &BTreeMap<ProposalKey, VotingPower>,
    neurons: usize,
    ballots: usize,
    context: &PlanContext<'_>,
) -> Line {
    let word = vote.title().to_uppercase();
    let mut proposals = power.iter();
    match (proposals.next(), proposals.next()) {
        (None, _) => line!("Vote {word}"),
        (Some((id, sum)), None) => {
            let title = context.world.proposals.get(*id).map_or("", |p| p.title.as_str());
            line!(
                "Vote {word} on {id} “{}” with {} ({} V)",
                shorten_title(title),
                count_noun(neurons, "neuron"),
                sum.rounded()
            )
        }
        _ => line!(
            "Vote {word} on {} proposals with {} ({ballots} ballots)",
            power.len(),
            count_noun(neurons, "neuron")
        ),
    }
}

fn shorten_title(title: &str) -> String {
    let short: String = title.chars().take(60).collect();
    if short.len() < title.len() { format!("{short}…") } else { short }
}

/// The tally before and after, as far as these ballots go; with the title where several are voted on.
fn describe_effect(proposal: &Proposal, with_title: bool, vote: Vote, sum: VotingPower) -> Line {
    let id = match with_title {
        true => format!("{} “{}”", proposal.id, shorten_title(proposal.title.as_str())),
        false => proposal.id.to_string(),
    };
    let word = vote.title();
    let Some(tally) = proposal.tally else {
        return line!("{id}: adds {} V to {word}", sum.rounded());
    };
    let before = if vote == Vote::Yes { tally.yes } else { tally.no };
    let after = before.saturating_add(sum);
    let percent = |v: VotingPower| icpulse_model::amount::percent(v.basis_points_of(tally.total));
    let majority = u128::from(after.0) * 2 > u128::from(tally.total.0);
    let decides = majority && u128::from(before.0) * 2 <= u128::from(tally.total.0);
    let decided = if decides && proposal.decided.is_none() { "; this decides it at once" } else { "" };
    let (before, after) = (percent(before), percent(after));
    if before == after {
        return line!("{id}: {word} {after}, with {} V more{decided}", sum.rounded());
    }
    line!("{id}: {word} {before} → {after}{decided}")
}

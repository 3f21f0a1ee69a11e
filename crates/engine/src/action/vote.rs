//! Planning votes.

use super::error::ActionError;
use super::plan::{Draft, PlanContext};
use super::steps::Kind;
use icpulse_model::proposal::{Ballot, Proposal};
use icpulse_model::text::Line;
use icpulse_model::{NeuronId, ProposalId, Seconds, Timestamp, Vote, VotingPower};
use std::collections::{BTreeMap, BTreeSet};

/// Lines about single proposals or neurons shown at most; the rest is counted.
const LINES: usize = 8;
/// More ballots than this take minutes to cast.
const MANY: usize = 1_000;

/// Plans to cast these ballots, leaving out those that cannot be cast, each with its reason.
pub(super) fn draft(
    vote: Vote,
    ballots: &[(ProposalId, NeuronId)],
    context: &PlanContext<'_>,
) -> Result<Draft, ActionError> {
    let now = context.network_now();
    let mut kinds = Vec::new();
    let mut power: BTreeMap<ProposalId, VotingPower> = BTreeMap::new();
    let mut neurons = BTreeSet::new();
    let mut left_out = Vec::new();
    // Looked up once: people with thousands of neurons vote on many proposals.
    let foreign: BTreeSet<NeuronId> =
        context.world.neurons.iter().filter(|n| !n.is_mine()).map(|n| n.id).collect();
    let mut rows: BTreeMap<ProposalId, BTreeMap<NeuronId, &Ballot>> = BTreeMap::new();
    for (proposal, neuron) in ballots.iter().collect::<BTreeSet<_>>() {
        let of_proposal = rows.entry(*proposal).or_insert_with(|| {
            let row = context.world.proposals.get(*proposal);
            row.map(|p| p.ballots.iter().map(|b| (b.neuron, b)).collect()).unwrap_or_default()
        });
        let ballot = of_proposal.get(neuron).copied();
        match castable(*proposal, *neuron, ballot, foreign.contains(neuron), context, now) {
            Ok(weight) => {
                kinds.push(Kind::Vote { proposal: *proposal, neuron: *neuron, vote });
                neurons.insert(*neuron);
                let sum = power.entry(*proposal).or_default();
                *sum = sum.saturating_add(weight);
            }
            Err(why) => left_out.push(why),
        }
    }
    // An impossible vote is refused before its calls are written.
    let sensible = matches!(vote, Vote::Yes | Vote::No);
    let calls = if sensible { context.describe(&kinds, None)? } else { Vec::new() };
    let mut draft = Draft::new(title(vote, &power, neurons.len(), kinds.len(), context), calls);
    if !sensible {
        draft.block(Line::new("a vote is yes or no"));
    }
    if kinds.is_empty() {
        draft.block(match left_out.as_slice() {
            [] => Line::new("no ballots were chosen"),
            [only] => only.clone(),
            [first, ..] => line!("none of the {} ballots can be cast; {first}", left_out.len()),
        });
    }
    bounded(&mut draft.warnings, left_out, "more ballots are left out");
    let effects = power.iter().filter_map(|(id, sum)| {
        let proposal = context.world.proposals.get(*id)?;
        Some(effect(proposal, vote, *sum))
    });
    bounded(&mut draft.effects, effects.collect(), "more proposals");
    if !kinds.is_empty() {
        draft.effects.push(line!(
            "refreshes the voting power of {}; neurons that follow them may vote along",
            count(neurons.len(), "neuron")
        ));
        draft.irreversible.push(Line::new("a ballot cannot be changed once it is cast"));
    }
    if kinds.len() > MANY {
        draft.warnings.push(line!(
            "{} ballots are {} calls: casting them takes some minutes",
            kinds.len(),
            kinds.len()
        ));
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

/// The voting power of a blank ballot, or why it cannot be cast.
fn castable(
    id: ProposalId,
    neuron: NeuronId,
    ballot: Option<&Ballot>,
    foreign: bool,
    context: &PlanContext<'_>,
    now: Timestamp,
) -> Result<VotingPower, Line> {
    let proposal = context
        .world
        .proposals
        .get(id)
        .ok_or_else(|| line!("proposal {id} has not been read; refresh and try again"))?;
    if proposal.undecoded.is_some() {
        return Err(line!("proposal {id} cannot be read by this version; it is not voted on unseen"));
    }
    let ballot = ballot.ok_or_else(|| {
        line!(
            "neuron {neuron} has no ballot on {id}: when it was proposed, the neuron was not there or its dissolve delay was too short"
        )
    })?;
    if ballot.vote != Vote::Unspecified {
        return Err(line!("neuron {neuron} has voted {} on {id}", ballot.vote.title()));
    }
    if !proposal.accepts_votes(now) {
        return Err(line!("voting on {id} is over"));
    }
    if foreign {
        return Err(line!("this identity is neither controller nor hotkey of neuron {neuron}"));
    }
    Ok(ballot.voting_power)
}

fn title(
    vote: Vote,
    power: &BTreeMap<ProposalId, VotingPower>,
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
            let short: String = title.chars().take(60).collect();
            let more = if short.len() < title.len() { "…" } else { "" };
            line!(
                "Vote {word} on {id} “{short}{more}” with {} ({} V)",
                count(neurons, "neuron"),
                sum.rounded()
            )
        }
        _ => line!(
            "Vote {word} on {} proposals with {} ({ballots} ballots)",
            power.len(),
            count(neurons, "neuron")
        ),
    }
}

/// The tally before and after, as far as these ballots go.
fn effect(proposal: &Proposal, vote: Vote, sum: VotingPower) -> Line {
    let id = proposal.id;
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
    line!("{id}: {word} {} → {}{decided}", percent(before), percent(after))
}

/// Puts in the first lines and counts the rest.
pub(super) fn bounded(into: &mut Vec<Line>, mut lines: Vec<Line>, more: &str) {
    let rest = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    into.append(&mut lines);
    if rest > 0 {
        into.push(line!("… and {rest} {more}"));
    }
}

/// `1 neuron`, `12 neurons`.
pub(super) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

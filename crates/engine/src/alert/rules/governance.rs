//! Rules about proposals and the user's neurons.

use super::{Check, Evaluation, Findings, Strength, node_name};
use crate::alert::named::principals_in;
use icpulse_model::Seconds;
use icpulse_model::alert::{About, Rule};
use icpulse_model::economics::Economics;
use icpulse_model::neuron::DissolveState;
use std::collections::BTreeSet;

/// The rules of this file.
pub(super) const RULES: &[(Rule, Check)] = &[
    (Rule::ProposalNamesNode, check_named_nodes),
    (Rule::NeuronDecays, check_voting_power_decay),
    (Rule::NeuronDissolves, check_dissolving),
    (Rule::ProposalUnvoted, check_unvoted_proposals),
];

fn check_named_nodes(call: &Evaluation<'_>, found: &mut Findings) -> bool {
    let Evaluation { input, settings: rule, .. } = *call;
    let Some(provider) = &input.mine.provider else { return false };
    let mine: BTreeSet<_> = input.world.topology.nodes_of(provider).map(|(id, _)| *id).collect();
    for proposal in input.world.proposals.open() {
        let mut named = principals_in(proposal.title.as_str());
        if let Some(more) = input.named.get(&proposal.id) {
            named.extend(more);
        }
        for node in named.intersection(&mine) {
            let text = format!(
                "proposal {} names your node {}: {}",
                proposal.id,
                node_name(input, node),
                proposal.title
            );
            let about = About::ProposalAndNode(proposal.id, *node);
            found.add_finding(Rule::ProposalNamesNode, rule, about, Strength::Over, text);
        }
    }
    !mine.is_empty() && !input.world.proposals.is_empty()
}

/// Voting power shrinks when following was not confirmed for half a year
/// (`start_reducing_voting_power_after_seconds` of the economics).
fn check_voting_power_decay(call: &Evaluation<'_>, found: &mut Findings) -> bool {
    let Evaluation { input, settings: rule, now, .. } = *call;
    let economics = input.world.facts.economics.as_ref();
    let after = economics
        .map_or_else(|| Economics::defaults().start_reducing_after, |e| e.value.start_reducing_after);
    for neuron in input.world.neurons.iter().filter(|n| n.is_mine() && n.potential_voting_power.0 > 0) {
        let Some(begins) = neuron.refreshed.map(|at| at.plus(after)) else { continue };
        let left = begins.since(now).0;
        if left > rule.recover.max(rule.limit) {
            found.look_again(begins.minus(Seconds(rule.limit)), now);
            continue;
        }
        let strength = if left <= rule.limit { Strength::Over } else { Strength::Near };
        found.look_again(begins.minus(Seconds(rule.limit)), now);
        found.look_again(begins, now);
        let (id, from) = (neuron.id, begins.date_minute());
        let text = match left {
            0 => format!("neuron {id} loses voting power since {from}: confirm its following"),
            _ => format!("neuron {id} begins to lose voting power {from} unless its following is confirmed"),
        };
        found.add_finding(Rule::NeuronDecays, rule, About::Neuron(id), strength, text);
    }
    input.world.neurons_known
}

/// A neuron votes only while its dissolve delay is at least the minimum (`minimum_delay_to_vote` of the
/// economics); once it is dissolved its stake can be disbursed.
fn check_dissolving(call: &Evaluation<'_>, found: &mut Findings) -> bool {
    let Evaluation { input, settings: rule, now, .. } = *call;
    let economics = input.world.facts.economics.as_ref();
    let minimum = economics
        .map_or_else(|| Economics::defaults().minimum_delay_to_vote, |e| e.value.minimum_delay_to_vote);
    for neuron in input.world.neurons.iter().filter(|n| n.is_mine() && n.stake.0 > 0) {
        let DissolveState::At(dissolved) = neuron.dissolve_state else { continue };
        let last_vote = dissolved.minus(minimum);
        for instant in [last_vote.minus(Seconds(rule.limit)), last_vote, dissolved] {
            found.look_again(instant, now);
        }
        let strength = match last_vote.since(now).0 {
            left if left <= rule.limit => Strength::Over,
            left if left <= rule.recover => Strength::Near,
            _ => continue,
        };
        let id = neuron.id;
        let text = if dissolved <= now {
            format!("neuron {id} is dissolved since {}: its stake can be disbursed", dissolved.date_minute())
        } else if last_vote <= now {
            format!(
                "neuron {id} cannot vote since {}: its dissolve delay is too short",
                last_vote.date_minute()
            )
        } else {
            format!("neuron {id} can vote until {} unless it stops dissolving", last_vote.date_minute())
        };
        found.add_finding(Rule::NeuronDissolves, rule, About::Neuron(id), strength, text);
    }
    input.world.neurons_known
}

fn check_unvoted_proposals(call: &Evaluation<'_>, found: &mut Findings) -> bool {
    let Evaluation { input, settings: rule, now, .. } = *call;
    for proposal in input.world.proposals.iter() {
        let blank = proposal.votable(now).count();
        let Some(deadline) = proposal.deadline.filter(|_| blank > 0) else { continue };
        let left = deadline.since(now).0;
        found.look_again(deadline, now);
        found.look_again(deadline.minus(Seconds(rule.limit)), now);
        let strength = match left {
            left if left <= rule.limit => Strength::Over,
            left if left <= rule.recover => Strength::Near,
            _ => continue,
        };
        let text = format!(
            "proposal {} closes {} and {blank} of your neurons have not voted: {}",
            proposal.id,
            deadline.date_minute(),
            proposal.title
        );
        found.add_finding(Rule::ProposalUnvoted, rule, About::Proposal(proposal.id), strength, text);
    }
    input.world.neurons_known && !input.world.proposals.is_empty()
}

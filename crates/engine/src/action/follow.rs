//! Planning who is followed, and confirming it.

use super::error::ActionError;
use super::plan::{Draft, PlanContext};
use super::steps::Kind;
use super::vote::{bounded, count};
use icpulse_model::act::Confirmation;
use icpulse_model::economics::MAX_FOLLOWEES;
use icpulse_model::neuron::Access;
use icpulse_model::text::Line;
use icpulse_model::{NeuronId, Topic};
use std::collections::BTreeSet;

/// Plans to refresh the voting power of these neurons.
pub(super) fn refresh(neurons: &[NeuronId], context: &PlanContext<'_>) -> Result<Draft, ActionError> {
    let mut kinds = Vec::new();
    let mut left_out = Vec::new();
    for id in neurons.iter().collect::<BTreeSet<_>>() {
        match context.world.neurons.get(*id) {
            Some(n) if !n.is_mine() => {
                left_out.push(line!("this identity is neither controller nor hotkey of neuron {id}"));
            }
            _ => kinds.push(Kind::Refresh(*id)),
        }
    }
    let title = line!("Confirm the following of {}", count(kinds.len(), "neuron"));
    let mut draft = Draft::new(title, context.describe(&kinds, None)?);
    if kinds.is_empty() {
        draft.block(left_out.first().cloned().unwrap_or_else(|| Line::new("no neurons were chosen")));
    }
    bounded(&mut draft.warnings, left_out, "more neurons are left out");
    let effects = kinds.iter().filter_map(|k| match k {
        Kind::Refresh(id) => context.world.neurons.get(*id),
        _ => None,
    });
    let effects = effects.map(|n| {
        line!(
            "neuron {}: voting power {} → {} V",
            n.id,
            n.deciding_voting_power.rounded(),
            n.potential_voting_power.rounded()
        )
    });
    bounded(&mut draft.effects, effects.collect(), "more neurons");
    Ok(draft)
}

/// Plans to set whom a neuron follows on a topic.
pub(super) fn follow(
    neuron: NeuronId,
    topic: Topic,
    followees: &[NeuronId],
    context: &PlanContext<'_>,
) -> Result<Draft, ActionError> {
    let kind = Kind::Follow { neuron: Some(neuron), topic, followees: followees.to_vec() };
    let whom = if followees.is_empty() { "nobody".to_owned() } else { count(followees.len(), "neuron") };
    let title = line!("Follow {whom} on {} with neuron {neuron}", topic.title());
    let mut draft = Draft::new(title, context.describe(&[kind], None)?);
    check_followees(&mut draft, topic, followees);
    if followees.contains(&neuron) {
        draft.warnings.push(line!("neuron {neuron} would follow itself, which casts no ballot"));
    }
    match context.world.neurons.get(neuron) {
        None => draft.warnings.push(line!("neuron {neuron} is not among your neurons")),
        Some(n) => {
            match n.access {
                Access::Controller => {}
                Access::Hotkey if topic == Topic::NeuronManagement => draft.block(Line::new(
                    "only the controller may set who manages a neuron; this identity is a hotkey",
                )),
                Access::Hotkey => {}
                Access::Public | Access::Info => {
                    draft.block(line!("this identity is neither controller nor hotkey of neuron {neuron}"))
                }
            }
            let before = n.followees.iter().find(|(t, _)| *t == topic).map_or(&[][..], |(_, f)| f);
            if before == followees {
                draft.warnings.push(Line::new("these are its followees already"));
            }
            draft.effects.push(line!("{}: {} → {}", topic.title(), list(before), list(followees)));
        }
    }
    draft.effects.push(Line::new("refreshes its voting power"));
    if followees.is_empty() {
        draft.effects.push(line!("without followees the neuron votes on {} only by hand", topic.title()));
    }
    if topic == Topic::NeuronManagement && !followees.is_empty() {
        draft.irreversible.push(Line::new(
            "these neurons can have yours managed by proposal: vote with it, dissolve it, disburse it",
        ));
        draft.confirmation = Confirmation::Type("manage".to_owned());
    }
    Ok(draft)
}

/// What holds for followees anywhere.
pub(super) fn check_followees(draft: &mut Draft, topic: Topic, followees: &[NeuronId]) {
    if followees.len() > MAX_FOLLOWEES {
        draft.block(line!(
            "a neuron follows at most {MAX_FOLLOWEES} neurons on a topic; {} were given for {}",
            followees.len(),
            topic.title()
        ));
    }
    if followees.iter().collect::<BTreeSet<_>>().len() < followees.len() {
        draft.block(line!("a followee on {} is given twice", topic.title()));
    }
    if let Topic::Unknown(number) = topic {
        draft.warnings.push(line!("topic {number} is not known to this version"));
    }
}

fn list(followees: &[NeuronId]) -> String {
    if followees.is_empty() {
        return "nobody".to_owned();
    }
    followees.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

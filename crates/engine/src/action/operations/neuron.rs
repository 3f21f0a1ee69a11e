//! Commands of `manage_neuron`: what each needs, and what all of them share.

use crate::action::error::ActionError;
use crate::action::operation::{Args, Fact, FormContext, Operation, Order, Risk, Rules, Target};
use crate::action::outcome::{self, StepOutcome};
use crate::action::plan::{Draft, PlanContext, append_bounded, count_noun};
use crate::action::step::{
    Reading, Readings, Reply, Step, StepDescription, StepKind, Verdict, step_identity,
};
use icpulse_canisters::governance::calls::Target as Address;
use icpulse_canisters::{GovernanceCommands, commands_of};
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::act::Intent;
use icpulse_model::network::Canisters;
use icpulse_model::review::StyledText;
use icpulse_model::text::Line;
use icpulse_model::{Neuron, NeuronKey, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Debug;

pub(super) trait NeuronCommand: Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name of its step in the journal.
    const STEP: &'static str;
    /// Its name in the interface of governance.
    const COMMAND: &'static str;

    fn prepare_call(&self, neuron: Address, to: &dyn GovernanceCommands) -> Result<PreparedCall, IcError>;

    /// It in one line, for a neuron called so.
    fn summary(&self, neuron: &str) -> Line;

    /// Its arguments in words, the neuron aside.
    fn arguments(&self) -> Vec<(&'static str, Line)> {
        Vec::new()
    }

    /// Whether a neuron that was read after `planned` shows that it happened.
    fn is_done(&self, neuron: &Neuron, planned: Timestamp) -> bool;
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct NeuronStep<C: NeuronCommand> {
    pub neuron: Address,
    pub command: C,
    pub planned: Timestamp,
}

/// A neuron in the arguments of a call.
pub(super) fn name_neuron(neuron: &Address) -> Line {
    match neuron {
        Address::Id(id) => line!("{id}"),
        Address::StakedAt(subaccount) => {
            line!("the new one, by its subaccount {}", hex::encode(subaccount.0))
        }
    }
}

impl<C: NeuronCommand> Step for NeuronStep<C> {
    step_identity!(C::STEP);

    fn prepare_call(&self, canisters: &Canisters) -> Result<PreparedCall, IcError> {
        self.command.prepare_call(self.neuron, &*commands_of(canisters, self.neuron.governance())?)
    }

    fn description(&self, _: &Canisters) -> StepDescription {
        let (id, name) = match self.neuron {
            Address::Id(id) => (Some(id), format!("neuron {id}")),
            Address::StakedAt(_) => (None, "the new neuron".to_owned()),
        };
        let mut arguments = vec![("neuron", name_neuron(&self.neuron))];
        arguments.extend(self.command.arguments());
        let method = format!("manage_neuron · {}", C::COMMAND);
        StepDescription {
            neuron: id,
            ..StepDescription::new(&method, self.command.summary(&name), arguments)
        }
    }

    fn advice(&self) -> &'static str {
        "Read the neuron again; doing it once more is harmless"
    }

    fn read_reply(&self, reply: &Reply<'_>) -> StepOutcome {
        outcome::read_command_reply(reply, self.advice(), |_| Line::new("done"))
    }

    fn proof_readings(&self, _: &Canisters) -> Vec<Reading> {
        vec![Reading::Neuron(self.neuron)]
    }

    fn judge_readings(&self, found: &Readings) -> Verdict {
        found.judge_neuron(|neuron| self.command.is_done(neuron, self.planned))
    }
}

/// A command that is an operation of its own: done to any number of neurons, to each on its own.
/// Its arguments are `neurons` and its own.
pub(super) trait NeuronOperation: NeuronCommand {
    /// What it does, as a title: `Set visibility`, followed by `of 2 neurons`.
    fn title(&self, neurons: &str) -> Line;

    /// Why it cannot be done to a neuron, as its reader may do it or not.
    fn find_refusal(neuron: &Neuron, args: &Args<'_>) -> Option<Line> {
        let _ = args;
        refuse_stranger(neuron)
    }

    /// What changes for a neuron: before → after.
    fn effect(&self, neuron: &Neuron) -> Line;

    /// What else its review says.
    fn fill_review(&self, neurons: &[NeuronKey], context: &PlanContext<'_>, draft: &mut Draft) {
        let _ = (neurons, context, draft);
    }

    /// The operation as planned for `neurons`.
    fn into_intent(self, operation: &Operation, neurons: &[NeuronKey]) -> Intent
    where
        Self: Sized,
    {
        let mut intent = Intent::new(operation.id, &self);
        if let Some(args) = intent.args.as_object_mut() {
            args.insert("neurons".to_owned(), serde_json::to_value(neurons).unwrap_or_default());
        }
        intent
    }
}

pub(super) const fn neuron_rules<C: NeuronOperation>() -> Rules {
    Rules { refuse: C::find_refusal, preview: preview_commands::<C>, ..Rules::new(plan_commands::<C>) }
}

/// The kind of step of a neuron operation.
pub(super) const fn step_kind<C: NeuronCommand>() -> StepKind {
    StepKind::for_type::<NeuronStep<C>>(C::STEP)
}

/// A neuron operation, to be completed with its names and fields.
pub(super) const fn neuron_operation<C: NeuronOperation>(steps: &'static [StepKind]) -> Operation {
    Operation {
        id: "",
        title: "",
        heading: "",
        help: "",
        about: "",
        keys: &[],
        mends: None,
        footer: false,
        command: ("neurons", ""),
        alias: None,
        risk: Risk::Reversible,
        target: Target::Neurons { all_by_default: false },
        fields: &[],
        order: Order::AnyOrder,
        reads: &[],
        touches: &[icpulse_model::world::Topicality::Neurons],
        rules: neuron_rules::<C>(),
        steps,
    }
}

/// Refuses neurons that the identity may only read.
pub(super) fn refuse_stranger(neuron: &Neuron) -> Option<Line> {
    (!neuron.is_mine())
        .then(|| line!("this identity is neither controller nor hotkey of neuron {}", neuron.id))
}

#[derive(Deserialize)]
struct Neurons {
    neurons: Vec<NeuronKey>,
}

fn plan_commands<C: NeuronOperation>(
    intent: &Intent,
    context: &PlanContext<'_>,
    _: &mut dyn rand::RngCore,
) -> Result<Draft, ActionError> {
    let Neurons { neurons } = intent.parse_args().map_err(ActionError::unfit_arguments)?;
    let read = || intent.parse_args::<C>().map_err(ActionError::unfit_arguments);
    let command = read()?;
    let args = Args(&intent.args);
    let planned = context.network_now();
    let (mut chosen, mut left_out, mut effects, mut unknown) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for id in neurons.iter().copied().collect::<BTreeSet<_>>() {
        let known = context.world.neurons.get(id);
        match known.and_then(|neuron| C::find_refusal(neuron, &args)) {
            Some(why) => left_out.push(why),
            None => {
                chosen.push(id);
                match known {
                    Some(neuron) => effects.push(command.effect(neuron)),
                    None => unknown.push(line!("neuron {id} is not among your neurons")),
                }
            }
        }
    }
    let mut steps: Vec<Box<dyn Step>> = Vec::with_capacity(chosen.len());
    for id in &chosen {
        steps.push(Box::new(NeuronStep { neuron: Address::Id(*id), command: read()?, planned }));
    }
    let names = match chosen.as_slice() {
        [only] => format!("neuron {only}"),
        many => count_noun(many.len(), "neuron"),
    };
    let mut draft = Draft::new(command.title(&names), steps);
    if chosen.is_empty() {
        draft.add_blocker(left_out.first().cloned().unwrap_or_else(|| Line::new("no neurons selected")));
    }
    append_bounded(&mut draft.warnings, left_out, "more neurons are left out");
    append_bounded(&mut draft.warnings, unknown, "more are not among your neurons");
    append_bounded(&mut draft.effects, effects, "more neurons");
    command.fill_review(&chosen, context, &mut draft);
    Ok(draft)
}

fn preview_commands<C: NeuronOperation>(args: &Args<'_>, context: &FormContext<'_>) -> Vec<Fact> {
    let (Some(command), Some(Neurons { neurons })) = (args.read_all::<C>(), args.read_all()) else {
        return Vec::new();
    };
    let known = neurons.iter().filter_map(|id| context.world.neurons.get(*id));
    known
        .take(4)
        .map(|neuron| {
            let effect = C::find_refusal(neuron, args).unwrap_or_else(|| command.effect(neuron));
            Fact { label: "", value: vec![StyledText::plain(effect.as_str())] }
        })
        .collect()
}

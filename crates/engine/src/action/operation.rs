//! What is known of an operation: what it is called, what it needs, whom it is for, and how it is
//! planned. Forms, arguments of the command line, commands of the dashboard, documentation and the
//! journal are made from these values; none of them knows an operation by name.

use super::error::ActionError;
use super::field::Field;
use super::plan::{Draft, PlanContext};
use super::step::{Step, StepKind};
use icpulse_model::act::{Execution, Intent};
use icpulse_model::review::StyledText;
use icpulse_model::text::Line;
use icpulse_model::world::{Topicality, World};
use icpulse_model::{Neuron, NeuronKey, Principal, Timestamp};
use rand::RngCore;
use serde::Deserialize;
use serde_json::Value;

/// An operation that a person can sign.
#[derive(Debug)]
pub struct Operation {
    /// Its stable name: `neuron.stake`.
    pub id: &'static str,
    /// A few words, for the footer and the palette.
    pub title: &'static str,
    /// The heading of its form, and of its review until that has a title of its own.
    pub heading: &'static str,
    /// One sentence for the dashboard.
    pub help: &'static str,
    /// What its command does.
    pub about: &'static str,
    /// Default keys of the dashboard.
    pub keys: &'static [&'static str],
    /// The condition that it mends; screens that show the condition name its key.
    pub mends: Option<Condition>,
    /// Whether the footer shows it.
    pub footer: bool,
    /// Its command: `neurons stake`.
    pub command: (&'static str, &'static str),
    /// Another name of the command.
    pub alias: Option<&'static str>,
    /// What it may do; decides how it is confirmed.
    pub risk: Risk,
    /// What it is done to.
    pub target: Target,
    /// Its arguments, the target aside.
    pub fields: &'static [Field],
    /// Whether its steps depend on each other.
    pub order: Order,
    /// What a plan must know, the target aside.
    pub reads: &'static [Topicality],
    /// What is read again afterwards.
    pub touches: &'static [Topicality],
    pub(super) rules: Rules,
    pub(super) steps: &'static [StepKind],
}

/// Makes the draft of the review of the steps that are left.
type PlanRest = fn(&Intent, Vec<Box<dyn Step>>, &PlanContext<'_>) -> Result<Draft, ActionError>;

/// How an operation judges and plans.
#[derive(Debug)]
pub(super) struct Rules {
    /// Why it cannot be done to a neuron.
    pub refuse: fn(&Neuron, &Args<'_>) -> Option<Line>,
    /// What is wrong with arguments, as far as they are given.
    pub check: fn(&Args<'_>, &FormContext<'_>) -> Vec<Problem>,
    /// Initial values of form fields for a neuron, given the arguments so far.
    pub start: fn(&Neuron, &Args<'_>) -> Vec<(&'static str, String)>,
    /// What complete arguments would bring.
    pub preview: fn(&Args<'_>, &FormContext<'_>) -> Vec<Fact>,
    /// Makes the draft of its review.
    pub plan: fn(&Intent, &PlanContext<'_>, &mut dyn RngCore) -> Result<Draft, ActionError>,
    /// Makes the draft of the review of the steps that are left, where they depend on each other.
    pub plan_rest: PlanRest,
    /// Neurons besides the target that its review must know of.
    pub lookups: fn(&Args<'_>) -> Vec<NeuronKey>,
}

impl Rules {
    /// With this plan, and nothing else to judge.
    pub(super) const fn new(
        plan: fn(&Intent, &PlanContext<'_>, &mut dyn RngCore) -> Result<Draft, ActionError>,
    ) -> Self {
        Self {
            refuse: |_, _| None,
            check: |_, _| Vec::new(),
            start: |_, _| Vec::new(),
            preview: |_, _| Vec::new(),
            plan,
            plan_rest: |_, _, _| Err(ActionError::Unfit),
            lookups: |_| Vec::new(),
        }
    }
}

/// A condition of a neuron that an operation mends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Its voting power decays because its following was not confirmed.
    PowerDecays,
}

/// What an operation may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Risk {
    /// It can be undone.
    Reversible,
    /// It cannot be undone.
    Final,
    MovesMoney,
}

/// What an operation is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nothing that is there.
    None,
    /// Neurons, each on its own; the argument `neurons`.
    Neurons {
        /// Without a choice it is done to all of the identity's neurons.
        all_by_default: bool,
    },
    /// Ballots: neurons' votes on proposals; the argument `ballots`.
    Ballots,
}

/// Whether steps depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Each waits for the ones before it.
    InOrder,
    /// They run at the same time.
    AnyOrder,
}

/// What a form knows.
#[derive(Clone, Copy, Debug)]
pub struct FormContext<'a> {
    /// The world as last read.
    pub world: &'a World,
    /// Who would sign.
    pub signer: Principal,
    /// The network's time.
    pub now: Timestamp,
}

/// Arguments of which some may be missing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Args<'a>(pub &'a Value);

impl<'a> Args<'a> {
    /// An argument, if it is there.
    pub(super) fn get<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        T::deserialize(self.0.get(name)?).ok()
    }

    /// All of them, if they are there.
    pub(super) fn read_all<T: Deserialize<'a>>(&self) -> Option<T> {
        T::deserialize(self.0).ok()
    }
}

/// Why an argument cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub field: &'static str,
    /// Why, in words.
    pub why: Line,
}

/// A line of a form's preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub label: &'static str,
    pub value: Vec<StyledText>,
}

impl Operation {
    /// Why it cannot be done to a neuron of the identity, as far as can be told without its arguments.
    pub fn refusal_for_neuron(&self, neuron: &Neuron) -> Option<Line> {
        (self.rules.refuse)(neuron, &Args(&Value::Null))
    }

    /// What is wrong with arguments, as far as they are given.
    pub fn find_problems(&self, args: &Value, context: &FormContext<'_>) -> Vec<Problem> {
        (self.rules.check)(&Args(args), context)
    }

    /// What fields begin with for a neuron, by the fields' names, given the arguments so far.
    pub fn start_values(&self, neuron: &Neuron, args: &Value) -> Vec<(&'static str, String)> {
        (self.rules.start)(neuron, &Args(args))
    }

    /// What the operation would bring; empty while arguments are missing.
    pub fn preview_facts(&self, args: &Value, context: &FormContext<'_>) -> Vec<Fact> {
        (self.rules.preview)(&Args(args), context)
    }

    /// Neurons that its review must know of and that `world` does not have.
    pub fn neurons_to_look_up(&self, args: &Value, world: &World) -> Vec<NeuronKey> {
        let mut wanted = (self.rules.lookups)(&Args(args));
        wanted.retain(|id| world.neurons.get(*id).is_none() && !world.looked_up.contains_key(id));
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// The steps of an execution of this operation, by their names.
    pub(super) fn read_steps(&self, execution: &Execution) -> Option<Vec<Box<dyn Step>>> {
        let read = |step: &icpulse_model::act::Step| {
            let kind = self.steps.iter().find(|kind| kind.name == step.kind)?;
            (kind.read)(&step.args)
        };
        execution.steps.iter().map(read).collect()
    }
}

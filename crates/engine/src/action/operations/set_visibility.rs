//! Makes neurons public or private: whether anybody may read them in full.

use super::neuron::{self, NeuronCommand, NeuronOperation};
use crate::action::field::{Field, FieldKind};
use crate::action::operation::{Args, Operation};
use icpulse_canisters::GovernanceCommands;
use icpulse_canisters::governance::calls::Target as Address;
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::act::Intent;
use icpulse_model::neuron::Access;
use icpulse_model::text::Line;
use icpulse_model::topic::Visibility;
use icpulse_model::world::Topicality;
use icpulse_model::{Neuron, NeuronKey, Timestamp};
use serde::{Deserialize, Serialize};

/// Its arguments.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetVisibility {
    /// Who may read them.
    pub visibility: Visibility,
}

pub static SET_VISIBILITY: Operation = Operation {
    id: "neuron.set-visibility",
    title: "visibility",
    heading: "Set visibility",
    help: "Make the selected neuron public or private.",
    about: "Make neurons public or private",
    keys: &["V"],
    command: ("neurons", "visibility"),
    fields: &[Field {
        name: "visibility",
        label: "visibility",
        help: "who may read the neuron in full",
        kind: FieldKind::OneOf(&[
            ("public", "Public", "anybody may read its stake, maturity and followees"),
            ("private", "Private", "others see its voting power and age only"),
        ]),
        default: None,
        start: "public",
        positional: false,
    }],
    reads: &[Topicality::Neurons],
    ..neuron::neuron_operation::<SetVisibility>(&[neuron::step_kind::<SetVisibility>()])
};

impl SetVisibility {
    /// The operation on these neurons.
    pub fn intent_for(self, neurons: &[NeuronKey]) -> Intent {
        self.into_intent(&SET_VISIBILITY, neurons)
    }
}

impl NeuronCommand for SetVisibility {
    const STEP: &'static str = "set-visibility";
    const COMMAND: &'static str = "SetVisibility";

    fn prepare_call(&self, neuron: Address, to: &dyn GovernanceCommands) -> Result<PreparedCall, IcError> {
        to.set_visibility(neuron, self.visibility)
    }

    fn summary(&self, neuron: &str) -> Line {
        line!("make {neuron} {}", visibility_name(self.visibility))
    }

    fn arguments(&self) -> Vec<(&'static str, Line)> {
        vec![("visibility", line!("{} ({})", visibility_name(self.visibility), self.visibility.number()))]
    }

    fn is_done(&self, neuron: &Neuron, _: Timestamp) -> bool {
        neuron.visibility == self.visibility
    }
}

impl NeuronOperation for SetVisibility {
    fn title(&self, neurons: &str) -> Line {
        line!("Make {neurons} {}", visibility_name(self.visibility))
    }

    fn find_refusal(neuron: &Neuron, args: &Args<'_>) -> Option<Line> {
        if neuron.access != Access::Controller {
            return Some(line!("only the controller of neuron {} may set its visibility", neuron.id));
        }
        if neuron.known.is_some() {
            return Some(line!("known neuron {} is always public", neuron.id));
        }
        (args.get("visibility") == Some(neuron.visibility))
            .then(|| line!("neuron {} is {} already", neuron.id, visibility_name(neuron.visibility)))
    }

    fn effect(&self, neuron: &Neuron) -> Line {
        line!(
            "neuron {}: {} → {}",
            neuron.id,
            visibility_name(neuron.visibility),
            visibility_name(self.visibility)
        )
    }
}

fn visibility_name(visibility: Visibility) -> String {
    visibility.title().to_lowercase()
}

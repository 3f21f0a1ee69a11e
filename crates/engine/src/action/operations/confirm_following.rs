//! Confirms following: refreshes the voting power of neurons.

use super::neuron::{self, NeuronCommand, NeuronOperation};
use crate::action::operation::{Condition, Operation, Target};
use icpulse_canisters::GovernanceCommands;
use icpulse_canisters::governance::calls::Target as Address;
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::act::Intent;
use icpulse_model::text::Line;
use icpulse_model::world::Topicality;
use icpulse_model::{Neuron, NeuronKey, Timestamp};
use serde::{Deserialize, Serialize};

/// Its arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ConfirmFollowing {}

impl ConfirmFollowing {
    /// The operation on these neurons.
    pub fn intent_for(self, neurons: &[NeuronKey]) -> Intent {
        self.into_intent(&CONFIRM_FOLLOWING, neurons)
    }
}

pub static CONFIRM_FOLLOWING: Operation = Operation {
    id: "neuron.confirm_following",
    title: "confirm following",
    heading: "Confirm following",
    help: "Refresh the voting power of the selected neuron; on Pulse, of all that lose power.",
    about: "Confirm following: refresh the voting power of the identity's neurons",
    keys: &["c"],
    mends: Some(Condition::PowerDecays),
    footer: true,
    command: ("neurons", "confirm"),
    alias: Some("refresh"),
    target: Target::Neurons { all_by_default: true },
    reads: &[Topicality::Neurons],
    ..neuron::neuron_operation::<ConfirmFollowing>(&[neuron::step_kind::<ConfirmFollowing>()])
};

impl NeuronCommand for ConfirmFollowing {
    const STEP: &'static str = "refresh-voting-power";
    const COMMAND: &'static str = "RefreshVotingPower";

    fn prepare_call(&self, neuron: Address, to: &dyn GovernanceCommands) -> Result<PreparedCall, IcError> {
        to.refresh_voting_power(neuron)
    }

    fn summary(&self, neuron: &str) -> Line {
        line!("confirm the following of {neuron}")
    }

    fn is_done(&self, neuron: &Neuron, planned: Timestamp) -> bool {
        neuron.refreshed.is_some_and(|refreshed| refreshed.secs() >= planned.secs())
    }
}

impl NeuronOperation for ConfirmFollowing {
    fn title(&self, neurons: &str) -> Line {
        line!("Confirm the following of {neurons}")
    }

    fn effect(&self, neuron: &Neuron) -> Line {
        let id = neuron.id;
        let before = neuron.deciding_voting_power.rounded();
        let after = neuron.potential_voting_power.rounded();
        if before == after {
            return line!("neuron {id}: voting power {after} V, whole as before");
        }
        line!("neuron {id}: voting power {before} → {after} V")
    }
}

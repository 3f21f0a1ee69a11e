//! What an adopted proposal does.
//!
//! Actions on governance itself are performed. Those on other canisters end as the maker of the world
//! decided ([`super::proposal::Outcome`]); calls of NNS functions that succeed are left as
//! [`Order`]s, of which the registry carries out its own.

use super::error::{NOT_FOUND, PRECONDITION_FAILED, error, neuron_not_found};
use super::state::{MintOrder, Order, State};
use icpulse_canisters::wire::governance::{
    Action, Change, GovernanceError, KnownNeuron, ManageNeuronProposal, ManageNeuronProposalCommand,
    NetworkEconomics, RewardMode, RewardNodeProvider,
};
use icpulse_model::{Account, AccountIdentifier, E8s, Seconds, XdrPermyriad};

/// Longest name of a known neuron, in bytes (`KNOWN_NEURON_NAME_MAX_LEN`).
const KNOWN_NEURON_NAME_MAX: usize = 200;

impl State {
    pub(super) fn execute(&mut self, id: u64, now: u64) {
        let Some(proposal) = self.proposals.get(&id) else { return };
        let draft = proposal.draft.clone();
        let result = match &draft.outcome.failure {
            Some(failure) => Err(failure.clone()),
            None => self.execute_action(&draft.action, now),
        };
        if let Some(proposal) = self.proposals.get_mut(&id) {
            match result {
                Ok(()) => proposal.executed = now,
                Err(failure) => {
                    proposal.failed = now;
                    proposal.failure = Some(failure);
                }
            }
        }
    }

    fn execute_action(&mut self, action: &Action, now: u64) -> Result<(), GovernanceError> {
        match action {
            Action::ManageNetworkEconomics(economics) => {
                self.change_economics(economics);
                Ok(())
            }
            Action::RegisterKnownNeuron(known) => self.register_known_neuron(known),
            Action::DeregisterKnownNeuron(known) => {
                let id = known.id.map(|id| id.id).unwrap_or_default();
                self.change(id, |neuron| neuron.known = None).ok_or_else(|| neuron_not_found(id))
            }
            Action::AddOrRemoveNodeProvider(change) => match &change.change {
                Some(Change::ToAdd(provider)) => {
                    if self.node_providers.iter().any(|p| p.id == provider.id) {
                        return Err(error(
                            PRECONDITION_FAILED,
                            "A node provider with this id exists already.",
                        ));
                    }
                    self.node_providers.push(provider.clone());
                    Ok(())
                }
                Some(Change::ToRemove(provider)) => {
                    let before = self.node_providers.len();
                    self.node_providers.retain(|p| p.id != provider.id);
                    if self.node_providers.len() == before {
                        return Err(error(NOT_FOUND, "There is no node provider with this id."));
                    }
                    Ok(())
                }
                None => Err(error(PRECONDITION_FAILED, "The proposal names no change.")),
            },
            Action::SetDefaultFollowees(request) => {
                for (topic, followees) in &request.default_followees {
                    let ids: Vec<u64> = followees.followees.iter().map(|id| id.id).collect();
                    if let Some(missing) = ids.iter().find(|id| !self.has_neuron(**id)) {
                        return Err(neuron_not_found(*missing));
                    }
                    self.default_followees.insert(*topic, ids);
                }
                Ok(())
            }
            Action::RewardNodeProvider(reward) => {
                self.pay(reward);
                Ok(())
            }
            Action::RewardNodeProviders(rewards) => {
                for reward in &rewards.rewards {
                    self.pay(reward);
                }
                Ok(())
            }
            Action::ManageNeuron(manage) => self.perform_management(manage, now),
            Action::ExecuteNnsFunction(call) => {
                let (function, argument) = (call.nns_function, call.payload.clone());
                self.orders.push(Order { at: now, function, argument });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Zero and absent fields leave a parameter as it is.
    fn change_economics(&mut self, new: &NetworkEconomics) {
        let economics = &mut self.economics;
        let set = |field: &mut u64, value: u64| {
            if value > 0 {
                *field = value;
            }
        };
        set(&mut economics.neuron_minimum_stake.0, new.neuron_minimum_stake_e8s);
        set(&mut economics.reject_cost.0, new.reject_cost_e8s);
        set(&mut economics.neuron_management_fee.0, new.neuron_management_fee_per_proposal_e8s);
        set(&mut economics.transaction_fee.0, new.transaction_fee_e8s);
        set(&mut economics.spawn_dissolve_delay.0, new.neuron_spawn_dissolve_delay_seconds);
        set(&mut economics.maximum_node_provider_rewards.0, new.maximum_node_provider_rewards_e8s);
        if new.max_proposals_to_keep_per_topic > 0 {
            economics.max_proposals_per_topic = new.max_proposals_to_keep_per_topic;
        }
        if new.minimum_icp_xdr_rate > 0 {
            economics.minimum_icp_xdr = XdrPermyriad(new.minimum_icp_xdr_rate.saturating_mul(100));
        }
        if let Some(power) = &new.voting_power_economics {
            let set = |field: &mut Seconds, value: Option<u64>| {
                if let Some(value) = value {
                    *field = Seconds(value);
                }
            };
            set(&mut economics.start_reducing_after, power.start_reducing_voting_power_after_seconds);
            set(&mut economics.clear_following_after, power.clear_following_after_seconds);
            set(&mut economics.minimum_delay_to_vote, power.neuron_minimum_dissolve_delay_to_vote_seconds);
        }
    }

    fn register_known_neuron(&mut self, known: &KnownNeuron) -> Result<(), GovernanceError> {
        let Some(id) = known.id.map(|id| id.id) else {
            return Err(error(
                NOT_FOUND,
                "No neuron ID specified in the request to register a known neuron.",
            ));
        };
        let Some(data) = &known.known_neuron_data else {
            return Err(error(NOT_FOUND, "No known neuron data specified in the register neuron request."));
        };
        if data.name.is_empty() || data.name.len() > KNOWN_NEURON_NAME_MAX {
            return Err(error(PRECONDITION_FAILED, "The name of a known neuron has 1 to 200 bytes."));
        }
        let taken = |other: &u64| {
            let name = self.neurons.get(other).and_then(|n| n.known.as_ref()).map(|k| &k.name);
            *other != id && name == Some(&data.name)
        };
        if self.known.iter().any(taken) {
            let message = format!("The name {} already belongs to a Neuron", data.name);
            return Err(error(PRECONDITION_FAILED, message));
        }
        self.change(id, |neuron| neuron.known = Some(data.clone())).ok_or_else(|| neuron_not_found(id))
    }

    fn pay(&mut self, reward: &RewardNodeProvider) {
        let provider = reward.node_provider.as_ref();
        let named = match &reward.reward_mode {
            Some(RewardMode::RewardToAccount(mode)) => mode.to_account.as_ref(),
            _ => None,
        };
        let own = provider.and_then(|p| p.reward_account.as_ref());
        let named = named.or(own).and_then(|a| AccountIdentifier::from_slice(&a.hash).ok());
        let to = named.or_else(|| provider.and_then(|p| p.id).map(|id| Account::default_of(id).identifier()));
        if let Some(to) = to {
            self.mint(to, E8s(reward.amount_e8s), 0);
        }
    }

    /// New ICP: the ledger and the supply learn of it.
    pub(super) fn mint(&mut self, to: AccountIdentifier, amount: E8s, memo: u64) {
        self.supply = self.supply.saturating_add(amount.0);
        self.wanted.push(MintOrder { to, amount, memo });
    }

    /// Performs a command on a neuron for its managers, in the name of its controller.
    fn perform_management(&mut self, manage: &ManageNeuronProposal, now: u64) -> Result<(), GovernanceError> {
        let id = self.managed_neuron(&Action::ManageNeuron(Box::new(manage.clone())));
        let Some((id, controller)) = id.and_then(|id| Some((id, self.neurons.get(&id)?.controller))) else {
            return Err(error(NOT_FOUND, "The managed neuron does not exist."));
        };
        match &manage.command {
            Some(ManageNeuronProposalCommand::Configure(configure)) => {
                self.configure(id, &controller, configure, now)
            }
            Some(ManageNeuronProposalCommand::Follow(follow)) => self.follow(id, &controller, follow, now),
            Some(ManageNeuronProposalCommand::SetFollowing(request)) => {
                self.set_following(id, &controller, request, now)
            }
            Some(ManageNeuronProposalCommand::RefreshVotingPower(_)) => {
                self.refresh_voting_power(id, &controller, now)
            }
            Some(ManageNeuronProposalCommand::RegisterVote(vote)) => {
                self.register_vote(id, &controller, vote, now)
            }
            _ => Err(super::unsupported::not_supported("this command of a managed neuron")),
        }
    }
}

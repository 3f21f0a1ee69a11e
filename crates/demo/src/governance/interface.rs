//! The canister's own description of its interface (metadata `candid:service`), made of the types
//! it answers with, so that it cannot differ from them.

use candid::CandidType;
use candid::types::Type;
use candid::types::internal::{FuncMode, Function, TypeContainer, TypeInner};
use icpulse_canisters::wire::governance as wire;

struct Methods {
    types: TypeContainer,
    all: Vec<(String, Type)>,
}

/// Types of arguments or of results.
trait Types {
    fn add(types: &mut TypeContainer) -> Vec<Type>;
}

impl Types for () {
    fn add(_: &mut TypeContainer) -> Vec<Type> {
        Vec::new()
    }
}

impl<T: CandidType> Types for (T,) {
    fn add(types: &mut TypeContainer) -> Vec<Type> {
        vec![types.add::<T>()]
    }
}

impl Methods {
    fn add<A: Types, R: Types>(&mut self, name: &str, modes: Vec<FuncMode>) {
        let function = Function { modes, args: A::add(&mut self.types), rets: R::add(&mut self.types) };
        self.all.push((name.to_owned(), TypeInner::Func(function).into()));
    }

    fn query<A: Types, R: Types>(&mut self, name: &str) {
        self.add::<A, R>(name, vec![FuncMode::Query]);
    }

    fn update<A: Types, R: Types>(&mut self, name: &str) {
        self.add::<A, R>(name, Vec::new());
    }
}

/// The interface as candid text.
pub fn interface() -> String {
    let mut methods = Methods { types: TypeContainer::new(), all: Vec::new() };
    let m = &mut methods;
    m.update::<(wire::ClaimOrRefreshNeuronFromAccount,), (wire::ClaimOrRefreshNeuronFromAccountResponse,)>(
        "claim_or_refresh_neuron_from_account",
    );
    m.update::<(wire::CreateNeuronRequest,), (wire::CreateNeuronResponse,)>("create_neuron");
    m.query::<(), (String,)>("get_build_metadata");
    m.query::<(u64,), (wire::NeuronResult,)>("get_full_neuron");
    m.query::<(wire::NeuronIdOrSubaccount,), (wire::NeuronResult,)>("get_full_neuron_by_id_or_subaccount");
    m.query::<(), (wire::RewardEvent,)>("get_latest_reward_event");
    m.query::<(wire::GetMaturityModulationRequest,), (wire::GetMaturityModulationResponse,)>(
        "get_maturity_modulation",
    );
    m.query::<(), (wire::GetMetricsResult,)>("get_metrics");
    m.update::<(), (wire::MonthlyNodeProviderRewardsResult,)>("get_monthly_node_provider_rewards");
    m.query::<(), (Option<wire::MonthlyNodeProviderRewards>,)>(
        "get_most_recent_monthly_node_provider_rewards",
    );
    m.query::<(), (wire::NetworkEconomics,)>("get_network_economics_parameters");
    m.query::<(), (Vec<u64>,)>("get_neuron_ids");
    m.query::<(wire::GetNeuronIndexRequest,), (wire::GetNeuronIndexResult,)>("get_neuron_index");
    m.query::<(u64,), (wire::NeuronInfoResult,)>("get_neuron_info");
    m.query::<(wire::NeuronIdOrSubaccount,), (wire::NeuronInfoResult,)>(
        "get_neuron_info_by_id_or_subaccount",
    );
    m.query::<((),), (wire::NodeProviderResult,)>("get_node_provider_by_caller");
    m.query::<(Option<wire::GetPendingProposalsRequest>,), (Vec<wire::ProposalInfo>,)>(
        "get_pending_proposals",
    );
    m.query::<(u64,), (Option<wire::ProposalInfo>,)>("get_proposal_info");
    m.query::<(), (wire::ListKnownNeuronsResponse,)>("list_known_neurons");
    m.query::<(wire::ListNeuronVotesRequest,), (wire::ListNeuronVotesResponse,)>("list_neuron_votes");
    m.query::<(wire::ListNeurons,), (wire::ListNeuronsResponse,)>("list_neurons");
    m.query::<(wire::ListNodeProviderRewardsRequest,), (wire::ListNodeProviderRewardsResponse,)>(
        "list_node_provider_rewards",
    );
    m.query::<(), (wire::ListNodeProvidersResponse,)>("list_node_providers");
    m.query::<(wire::ListProposalInfoRequest,), (wire::ListProposalInfoResponse,)>("list_proposals");
    m.update::<(wire::ManageNeuronRequest,), (wire::ManageNeuronResponse,)>("manage_neuron");
    m.update::<(wire::ManageNeuronRequest,), (wire::ManageNeuronResponse,)>("simulate_manage_neuron");
    m.update::<(wire::UpdateNodeProvider,), (wire::UpdateNodeProviderResult,)>("update_node_provider");
    let service: Type = TypeInner::Service(methods.all).into();
    candid::pretty::candid::compile(&methods.types.env, &Some(service))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interface_names_every_method_and_its_types() {
        let text = interface().split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "manage_neuron : (ManageNeuronRequest) -> (ManageNeuronResponse);",
            "list_proposals : (ListProposalInfoRequest) -> ( ListProposalInfoResponse, ) query;",
            "get_proposal_info : (nat64) -> (opt ProposalInfo) query;",
            "get_network_economics_parameters : () -> (NetworkEconomics) query;",
            "type SetFollowing = record { topic_following : opt vec FolloweesForTopic",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }
}

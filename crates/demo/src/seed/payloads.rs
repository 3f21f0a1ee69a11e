//! Arguments of NNS functions: the interfaces of the registry, SNS-W, the subnet rental and the
//! cycles minting canister, as far as the demo's proposals call them. Each is encoded for the
//! proposal and described for its readers.

use crate::governance::describe::{Describe, describe_record};
use candid::CandidType;
use icpulse_canisters::wire::governance::{Action, ExecuteNnsFunction, SelfDescribingValue};
use icpulse_model::Principal;
use serde::Deserialize;
use serde_bytes::ByteBuf;

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),* $(,)? })*) => { $(
        $(#[$doc])*
        #[derive(CandidType, Deserialize, Clone, Debug)]
        pub struct $name { $(pub $field: $kind),* }
        describe_record! { $name { $($field),* } }
    )* };
}

payloads! {
    /// Function 1.
    #[derive(Default)]
    CreateSubnet {
        subnet_id_override: Option<Principal>, node_ids: Vec<Principal>, replica_version_id: String,
        subnet_type: String, dkg_interval_length: u64, initial_notary_delay_millis: u64, unit_delay_millis: u64,
        max_ingress_bytes_per_message: u64, max_block_payload_size: u64, start_as_nns: bool, is_halted: bool,
    }
    /// Function 7.
    #[derive(Default)]
    UpdateSubnet {
        subnet_id: Option<Principal>, max_ingress_bytes_per_message: Option<u64>,
        max_number_of_canisters: Option<u64>, is_halted: Option<bool>,
        ssh_readonly_access: Option<Vec<String>>, initial_notary_delay_millis: Option<u64>,
    }
    /// Function 8.
    AddNodeOperator {
        node_operator_principal_id: Option<Principal>, node_provider_principal_id: Option<Principal>,
        dc_id: String, node_allowance: u64, ipv6: Option<String>,
    }
    /// Function 10.
    UpdateIcpXdrConversionRate { data_source: String, timestamp_seconds: u64, xdr_permyriad_per_icp: u64 }
    /// Function 11.
    DeployGuestosToAllSubnetNodes { subnet_id: Principal, replica_version_id: String }
    /// Function 16.
    #[derive(Default)]
    UpdateNodeOperatorConfig {
        node_operator_id: Option<Principal>, node_allowance: Option<u64>, dc_id: Option<String>,
        node_provider_id: Option<Principal>, set_ipv6_to_none: Option<bool>,
    }
    /// Functions 18 and 44.
    Nodes { node_ids: Vec<Principal> }
    /// Function 19.
    UninstallCode { canister_id: Principal, sender_canister_version: Option<u64> }
    /// Function 20.
    NodeRewardRate { region: String, node_type: String, xdr_permyriad_per_node_per_month: u64 }
    /// Function 20.
    UpdateNodeRewardsTable { new_entries: Vec<NodeRewardRate> }
    /// Function 21.
    DataCenter { id: String, region: String, owner: String }
    /// Function 21.
    AddOrRemoveDataCenters { data_centers_to_add: Vec<DataCenter>, data_centers_to_remove: Vec<String> }
    /// Function 23.
    RemoveNodeOperators { node_operators_to_remove: Vec<Principal> }
    /// Function 30.
    SnsWasm { wasm: ByteBuf, canister_type: i32, proposal_id: Option<u64> }
    /// Function 30.
    AddSnsWasm { hash: ByteBuf, wasm: Option<SnsWasm>, skip_update_latest_version: Option<bool> }
    /// Function 31.
    ChangeSubnetMembership {
        subnet_id: Principal, node_ids_add: Vec<Principal>, node_ids_remove: Vec<Principal>,
    }
    /// Function 38.
    #[derive(Default)]
    ReviseElectedGuestosVersions {
        replica_version_to_elect: Option<String>, release_package_sha256_hex: Option<String>,
        release_package_urls: Vec<String>, replica_versions_to_unelect: Vec<String>,
    }
    /// Function 43.
    AddApiBoundaryNodes { node_ids: Vec<Principal>, version: String }
    /// Function 46.
    DeployGuestosToSomeApiBoundaryNodes { node_ids: Vec<Principal>, version: String }
    /// Function 50.
    ReviseElectedHostosVersions {
        hostos_version_to_elect: Option<String>, release_package_sha256_hex: Option<String>,
        release_package_urls: Vec<String>, hostos_versions_to_unelect: Vec<String>,
    }
    /// Function 51.
    DeployHostosToSomeNodes { node_ids: Vec<Principal>, hostos_version_id: Option<String> }
    /// Function 52.
    SubnetRentalRequest { user: Principal, rental_condition_id: String }
}

/// A call of a function with this argument, and how the canister describes the argument.
pub fn call<P: CandidType + Describe>(number: i32, argument: &P) -> (Action, Option<SelfDescribingValue>) {
    // These plain records always encode.
    let payload = candid::encode_one(argument).unwrap_or_default();
    (
        Action::ExecuteNnsFunction(ExecuteNnsFunction { nns_function: number, payload }),
        Some(argument.describe()),
    )
}

/// A call of a function without an argument.
pub(crate) fn call_empty(number: i32) -> (Action, Option<SelfDescribingValue>) {
    let payload = candid::encode_args(()).unwrap_or_default();
    let nothing = SelfDescribingValue::Map(Vec::new());
    (Action::ExecuteNnsFunction(ExecuteNnsFunction { nns_function: number, payload }), Some(nothing))
}

//! Names of the fields and tags in the payloads of NNS functions.
//!
//! Candid carries only hashes of names. A payload's own type table says everything else, so these
//! names are all it takes to show any payload, also one whose type has grown since: a field that is
//! not listed shows as its hash. Names: the interfaces of the registry, SNS-W, cycles minting,
//! Bitcoin, subnet rental and root canisters (2021 to 2026).

use std::collections::HashMap;
use std::sync::LazyLock;

/// Field and tag names by their Candid hash.
pub(super) static NAMES: LazyLock<HashMap<u32, &'static str>> =
    LazyLock::new(|| ALL.split_ascii_whitespace().map(|name| (candid::idl_hash(name), name)).collect());

const ALL: &str = "
    id ids subnet_id subnet_ids node_id node_ids canister_id canister_ids proposal_id principal principals
    user name text value version reason comment description url title summary arg wasm hash mode add remove

    node_ids_add node_ids_remove new_node_id old_node_id subnet_id_override new_subnet_id target_subnet_id
    source_subnet source_subnet_id destination_subnet destination_subnet_id canister_id_ranges
    reassigned_canister_ranges migration_trace start end ranges host_subnet_id

    replica_version_id replica_version elected_replica_version replica_version_to_elect
    replica_versions_to_unelect replica_version_ids release_package_urls release_package_url
    release_package_sha256_hex guest_launch_measurements guest_launch_measurement measurement metadata
    kernel_cmdline vcpu_type guest_launch_measurement_sha256_hex sha256_hex binary_url
    node_manager_binary_url node_manager_sha256_hex hostos_version_id hostos_version_to_elect
    hostos_versions_to_unelect chip_ids chip_id rootfs_hash base_guest_launch_measurements

    unit_delay_millis initial_notary_delay_millis dkg_interval_length dkg_dealings_per_block
    max_ingress_bytes_per_message max_ingress_messages_per_block max_ingress_bytes_per_block
    max_block_payload_size max_number_of_canisters ingress_bytes_per_block_soft_cap start_as_nns is_halted
    halt_at_cup_height subnet_type features canister_sandboxing http_requests sev_enabled ecdsa
    onchain_observability bitcoin bitcoin_testnet bitcoin_testnet_feature application verified_application
    system cloud_engine ssh_readonly_access ssh_backup_access ssh_readonly_keys ssh_node_state_write_access
    public_key canister_cycles_cost_schedule Normal Free operational_level subnet_admins
    set_gossip_config_to_default max_artifact_streams_per_peer max_chunk_wait_ms max_duplicity
    max_chunk_size receive_check_cache_size pfn_evaluation_period_ms registry_poll_period_ms
    retransmission_request_ms advert_best_effort_percentage gossip_max_artifact_streams_per_peer
    gossip_max_chunk_wait_ms gossip_max_duplicity gossip_max_chunk_size gossip_receive_check_cache_size
    gossip_pfn_evaluation_period_ms gossip_registry_poll_period_ms gossip_retransmission_request_ms
    max_instructions_per_message max_instructions_per_round max_instructions_per_install_code

    chain_key_config initial_chain_key_config key_configs key_config key_id
    pre_signatures_to_create_in_advance max_queue_size signature_request_timeout_ns
    idkg_key_rotation_period_ms max_parallel_pre_signature_transcripts_in_creation
    chain_key_signing_enable chain_key_signing_disable ecdsa_config quadruples_to_create_in_advance keys
    ecdsa_key_signing_enable ecdsa_key_signing_disable Ecdsa Schnorr VetKd curve algorithm secp256k1
    ed25519 bip340secp256k1 bls12_381_g2

    height state_hash replacement_nodes registry_store_uri time_ns

    node_operator_id node_operator_principal_id node_provider_id node_provider_principal_id node_allowance
    dc_id rewardable_nodes max_rewardable_nodes ipv6 set_ipv6_to_none node_operators_to_remove
    node_operator_principals_to_remove data_centers_to_add data_centers_to_remove region owner gps latitude
    longitude new_entries rates xdr_permyriad_per_node_per_month reward_coefficient_percent

    firewall_config ipv4_prefixes ipv6_prefixes scope positions rules expected_hash direction action ports
    Node ReplicaNodes ApiBoundaryNodes Subnet Global domain new_domain_name

    data_source timestamp_seconds xdr_permyriad_per_icp OldRate DivergedRate
    EnableAutomaticExchangeRateUpdates

    authentication_info method_name module_arg wasm_module stop_before_installing
    compute_allocation memory_allocation query_allocation controllers initial_cycles use_frozen_canister
    install reinstall upgrade Install Reinstall Upgrade Stop Start stop

    who subnets who_principal data Add Remove Create Delete

    sns_subnet_ids_to_add sns_subnet_ids_to_remove added_principals removed_principals wasm_canister_type
    canister_type skip_update_latest_version upgrade_path sns_governance_canister_id current_version
    next_version archive_wasm_hash root_wasm_hash swap_wasm_hash ledger_wasm_hash governance_wasm_hash
    index_wasm_hash

    stability_threshold network blocks_source syncing fees api_access disable_api_if_not_fully_synced
    watchdog_canister burn_cycles lazily_evaluate_fee_percentiles enabled disabled mainnet testnet
    send_transaction_base send_transaction_per_byte get_utxos_base get_utxos_maximum
    get_utxos_cycles_per_ten_instructions get_balance get_balance_maximum get_current_fee_percentiles
    get_current_fee_percentiles_maximum get_block_headers_base get_block_headers_maximum
    get_block_headers_cycles_per_ten_instructions

    rental_condition_id rental_conditions App13CH proposal_creation_time_seconds
    initial_rental_period_days daily_cost_cycles billing_period_days

    new_module_hash root_canister_id freezing_threshold reserved_cycles_limit log_visibility
    wasm_memory_limit wasm_memory_threshold settings max_hosts initial_dkg_subnet_id
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_listed_twice_and_no_two_share_a_hash() {
        let listed: Vec<&str> = ALL.split_ascii_whitespace().collect();
        let mut once = listed.clone();
        once.sort_unstable();
        once.dedup();
        let twice: Vec<&&str> =
            listed.iter().filter(|n| listed.iter().filter(|m| m == n).count() > 1).collect();
        assert_eq!(once.len(), listed.len(), "{twice:?}");
        assert_eq!(NAMES.len(), listed.len());
    }
}

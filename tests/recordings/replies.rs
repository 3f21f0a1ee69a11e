//! Replies of the real canisters decode into our types and lose nothing.
//!
//! Each recording holds the bytes of a reply and its textual form, written with the canister's own
//! interface. The bytes are decoded into our type and encoded again; what then is on the wire must
//! equal the text field by field, and the text must have no field our type lacks.

use crate::common;

use candid::utils::ArgumentEncoder;
use candid::{CandidType, Nat, Principal};
use common::{Recording, Text, recordings};
use icpulse_canisters::wire::untyped::{Message, Value};
use icpulse_canisters::wire::{cmc, decode_one, encode_args, encode_one, governance as g, index, ledger};
use serde::de::DeserializeOwned;

/// Fields of recordings our types leave out on purpose, by name. None so far.
const LEFT_OUT: &[&str] = &[];

/// Decodes into the type, encodes again, and reads that without the type.
fn through<T: CandidType + DeserializeOwned>(hex_bytes: &str) -> Vec<Value> {
    let value: T = decode_one(&hex::decode(hex_bytes).unwrap()).unwrap();
    read(&encode_one(value).unwrap())
}

fn read(bytes: &[u8]) -> Vec<Value> {
    let message = Message::parse(bytes).unwrap();
    message.check().unwrap();
    message.values().unwrap()
}

/// No arguments: the message must be exactly that of none.
fn none<T: ArgumentEncoder>(hex_bytes: &str, arguments: T) -> Vec<Value> {
    assert_eq!(hex_bytes, hex::encode(encode_args(arguments).unwrap()));
    Vec::new()
}

fn typed(recording: &Recording) -> (Vec<Value>, Vec<Value>) {
    let (args, reply) = (recording.args_hex.as_str(), recording.reply_hex.as_str());
    match recording.method.as_str() {
        "list_proposals" => {
            (through::<g::ListProposalInfoRequest>(args), through::<g::ListProposalInfoResponse>(reply))
        }
        "get_proposal_info" => (through::<u64>(args), through::<Option<g::ProposalInfo>>(reply)),
        "get_pending_proposals" => (none(args, ()), through::<Vec<g::ProposalInfo>>(reply)),
        "list_neurons" => (through::<g::ListNeurons>(args), through::<g::ListNeuronsResponse>(reply)),
        "get_neuron_info" => (through::<u64>(args), through::<g::NeuronInfoResult>(reply)),
        "get_full_neuron" => (through::<u64>(args), through::<g::NeuronResult>(reply)),
        "list_known_neurons" => (none(args, ()), through::<g::ListKnownNeuronsResponse>(reply)),
        "get_network_economics_parameters" => (none(args, ()), through::<g::NetworkEconomics>(reply)),
        "get_metrics" => (none(args, ()), through::<g::GetMetricsResult>(reply)),
        "get_latest_reward_event" => (none(args, ()), through::<g::RewardEvent>(reply)),
        "list_node_providers" => (none(args, ()), through::<g::ListNodeProvidersResponse>(reply)),
        "get_node_provider_by_caller" => (through::<()>(args), through::<g::NodeProviderResult>(reply)),
        "list_node_provider_rewards" => (
            through::<g::ListNodeProviderRewardsRequest>(args),
            through::<g::ListNodeProviderRewardsResponse>(reply),
        ),
        "get_neuron_index" => {
            (through::<g::GetNeuronIndexRequest>(args), through::<g::GetNeuronIndexResult>(reply))
        }
        "list_neuron_votes" => {
            (through::<g::ListNeuronVotesRequest>(args), through::<g::ListNeuronVotesResponse>(reply))
        }
        "manage_neuron" | "simulate_manage_neuron" => {
            (through::<g::ManageNeuronRequest>(args), through::<g::ManageNeuronResponse>(reply))
        }
        "icrc1_balance_of" => (through::<ledger::Account>(args), through::<Nat>(reply)),
        "icrc1_metadata" => (none(args, ()), through::<Vec<(String, ledger::Value)>>(reply)),
        "query_blocks" => {
            (through::<ledger::GetBlocksArgs>(args), through::<ledger::QueryBlocksResponse>(reply))
        }
        "query_encoded_blocks" => {
            (through::<ledger::GetBlocksArgs>(args), through::<ledger::QueryEncodedBlocksResponse>(reply))
        }
        "tip_of_chain" => (none(args, ()), through::<ledger::TipOfChain>(reply)),
        "icrc2_allowance" => (through::<ledger::AllowanceArgs>(args), through::<ledger::Allowance>(reply)),
        "archives" => (none(args, ()), through::<ledger::Archives>(reply)),
        "icrc1_transfer" => {
            (through::<ledger::TransferArg>(args), through::<ledger::Icrc1TransferResult>(reply))
        }
        "status" => (none(args, ()), through::<index::Status>(reply)),
        "get_account_transactions" => (
            through::<index::GetAccountTransactionsArgs>(args),
            through::<index::GetAccountTransactionsResult>(reply),
        ),
        "get_icp_xdr_conversion_rate" => {
            (none(args, ()), through::<cmc::IcpXdrConversionRateCertifiedResponse>(reply))
        }
        "get_default_subnets" => (none(args, ()), through::<Vec<Principal>>(reply)),
        other => panic!("no type is known for the method {other}"),
    }
}

#[test]
fn every_recording_survives_our_types_whole() {
    let recordings = recordings();
    assert!(recordings.len() >= 40, "only {} recordings", recordings.len());
    let mut compared = 0;
    for (name, recording) in &recordings {
        let (args, reply) = typed(recording);
        for (what, text, values) in
            [("arguments", &recording.args_text, args), ("reply", &recording.reply_text, reply)]
        {
            let expected = Text::parse(text);
            if what == "arguments" && values.is_empty() {
                assert_eq!(expected, Vec::new(), "{name}");
                continue;
            }
            assert_eq!(expected.len(), values.len(), "{name}: {what}");
            for (expected, value) in expected.iter().zip(&values) {
                compared += compare(&format!("{name}: {what}"), expected, value);
            }
        }
    }
    assert!(compared > 2_000, "only {compared} values were compared");
}

#[test]
fn the_untyped_reader_agrees_with_the_texts() {
    for (name, recording) in recordings() {
        let values = read(&hex::decode(&recording.reply_hex).unwrap());
        for (expected, value) in Text::parse(&recording.reply_text).iter().zip(&values) {
            compare(&name, expected, value);
        }
    }
}

#[test]
fn the_comparison_notices_a_difference() {
    let value = &read(&encode_one(g::BallotInfo { vote: 1, proposal_id: None }).unwrap())[0];
    let differs = |text: &str| {
        let expected = Text::parse(text).remove(0);
        std::panic::catch_unwind(|| compare("", &expected, value)).is_err()
    };
    assert!(!differs("(record { vote = 1 : int32; proposal_id = null })"));
    assert!(differs("(record { vote = 2 : int32; proposal_id = null })"));
    assert!(differs("(record { vote = 1 : int32; proposal_id = opt record { id = 1 : nat64 } })"));
    assert!(differs("(record { vote = 1 : int32; proposal_id = null; weight = null })"));
}

/// Every block of the recorded chain encodes back to its bytes and names the hash of the one before.
#[test]
fn recorded_blocks_form_a_chain() {
    use icpulse_canisters::wire::block::{Block, hash_of_encoded};
    let recording = &recordings()["ledger_query_encoded_blocks"];
    let reply: ledger::QueryEncodedBlocksResponse =
        decode_one(&hex::decode(&recording.reply_hex).unwrap()).unwrap();
    let mut before: Option<[u8; 32]> = None;
    for bytes in &reply.blocks {
        let block = Block::from_bytes(bytes).unwrap();
        assert_eq!(block.to_bytes(), bytes.to_vec());
        assert_eq!(block.hash(), hash_of_encoded(bytes));
        assert_eq!(block.parent_hash.map(|hash| hash.hash), before.map(|hash| hash.to_vec()));
        before = Some(hash_of_encoded(bytes));
    }
    assert_eq!(reply.blocks.len(), 15);
}

/// Compares and counts the values compared.
fn compare(place: &str, expected: &Text, value: &Value) -> usize {
    let differs = || panic!("{place}: the recording has {expected:?}, our type {value:?}");
    match (expected, value) {
        (Text::Null, Value::Null | Value::Opt(None)) => 1,
        (Text::Opt(expected), Value::Opt(Some(value))) => compare(place, expected, value),
        (Text::Number(number), value) => {
            let same = match value {
                Value::Nat(value) => value.0.to_string() == *number,
                Value::Int(value) => value.0.to_string() == *number,
                Value::Float(value) => number.parse::<f64>().is_ok_and(|number| number == *value),
                _ => false,
            };
            if same { 1 } else { differs() }
        }
        (Text::Bool(expected), Value::Bool(value)) if expected == value => 1,
        (Text::Bytes(expected), Value::Text(value)) if expected == value.as_bytes() => 1,
        (Text::Blob(expected), Value::Blob(value)) if expected == value => 1,
        (Text::Vec(expected), Value::Blob(value)) if expected.is_empty() && value.is_empty() => 1,
        (Text::Principal(expected), Value::Principal(value)) if *expected == value.to_text() => 1,
        (Text::Vec(expected), Value::Vec(values)) if expected.len() == values.len() => expected
            .iter()
            .zip(values)
            .enumerate()
            .map(|(at, (expected, value))| compare(&format!("{place}[{at}]"), expected, value))
            .sum(),
        (Text::Record(expected), Value::Record(fields)) => {
            let mut compared = 1;
            for (label, expected) in expected {
                let hash = label.parse().unwrap_or_else(|_| candid::idl_hash(label));
                let place = format!("{place}.{label}");
                match fields.iter().find(|(field, _)| *field == hash) {
                    Some((_, value)) => compared += compare(&place, expected, value),
                    None => assert!(LEFT_OUT.contains(&label.as_str()), "{place} is not in our type"),
                }
            }
            let hashes: Vec<u32> = expected
                .keys()
                .map(|label| label.parse().unwrap_or_else(|_| candid::idl_hash(label)))
                .collect();
            for (field, value) in fields {
                assert!(
                    hashes.contains(field) || *value == Value::Opt(None),
                    "{place}: field {field} is not in the recording, yet it is {value:?}"
                );
            }
            compared
        }
        (Text::Variant(tag, expected), Value::Variant(hash, value)) if candid::idl_hash(tag) == *hash => {
            compare(&format!("{place}.{tag}"), expected, value)
        }
        _ => differs(),
    }
}

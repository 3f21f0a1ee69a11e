//! Every proposal, neuron and transaction in the recorded replies of the real canisters becomes the
//! values that the recording's text form shows; and rows of other shapes pass as well as they can.

use crate::common;

use candid::{CandidType, Deserialize};
use common::{Text, recordings};
use icpulse_canisters::decode;
use icpulse_canisters::wire::lenient::{Row, decode_one, decode_rows, encode_one};
use icpulse_canisters::wire::{governance as g, index, ledger};
use icpulse_model::ledger::{Operation, Party};
use icpulse_model::network::SystemCanister;
use icpulse_model::neuron::{Access, DissolveState};
use icpulse_model::proposal::Value;
use icpulse_model::text::{Block, Line};
use icpulse_model::{
    E8s, Evidence, LedgerId, Neuron, NeuronKey, Principal, Proposal, Timestamp, VotingPower,
};

const EVIDENCE: Evidence = Evidence {
    proof: icpulse_model::Proof::NodeSigned,
    at: Timestamp(1_795_343_192_000_000_000),
    node: None,
};

fn proposals(bytes: &[u8]) -> Vec<Proposal> {
    decode_rows::<g::ListProposalInfoResponse, g::ProposalInfo>(bytes, &["proposal_info"], |r| {
        r.proposal_info
    })
    .unwrap()
    .into_iter()
    .map(|row| decode::proposals::decode_row(row, EVIDENCE).unwrap())
    .collect()
}

fn seconds_or_never(text: &Text) -> Option<Timestamp> {
    Timestamp::from_secs_or_never(text.number())
}

fn check_proposal(proposal: &Proposal, text: &Text) {
    assert_eq!(proposal.id.number, text.at("id").at("id").number::<u64>());
    assert_eq!(proposal.status.number(), text.at("status").number::<i32>());
    assert_eq!(proposal.topic.number(), text.at("topic").number::<i32>());
    assert_eq!(proposal.reward_status.number(), text.at("reward_status").number::<i32>());
    assert_eq!(proposal.reject_cost.0, text.at("reject_cost_e8s").number::<u64>());
    assert_eq!(proposal.reward_event_round, text.at("reward_event_round").number::<u64>());
    assert_eq!(proposal.created.secs(), text.at("proposal_timestamp_seconds").number::<u64>());
    assert_eq!(proposal.decided, seconds_or_never(text.at("decided_timestamp_seconds")));
    assert_eq!(proposal.executed, seconds_or_never(text.at("executed_timestamp_seconds")));
    assert_eq!(proposal.failed, seconds_or_never(text.at("failed_timestamp_seconds")));
    assert_eq!(
        proposal.deadline.map(Timestamp::secs),
        text.at("deadline_timestamp_seconds").opt().map(Text::number)
    );
    assert_eq!(
        proposal.total_potential_voting_power.map(|v| v.0),
        text.at("total_potential_voting_power").opt().map(Text::number)
    );
    assert_eq!(
        proposal.proposer.map(|n| n.nns_number().unwrap()),
        text.at("proposer").opt().map(|n| n.at("id").number())
    );
    let tally = text.at("latest_tally");
    let shown = proposal.tally.unwrap();
    assert_eq!(shown.yes.0, tally.at("yes").number::<u64>());
    assert_eq!(shown.no.0, tally.at("no").number::<u64>());
    assert_eq!(shown.total.0, tally.at("total").number::<u64>());
    assert_eq!(shown.at.secs(), tally.at("timestamp_seconds").number::<u64>());
    let ballots = text.at("ballots").list();
    assert_eq!(proposal.ballots.len(), ballots.len());
    for (ballot, text) in proposal.ballots.iter().zip(ballots) {
        assert_eq!(ballot.neuron.nns_number().unwrap(), text.at("0").number::<u64>());
        assert_eq!(ballot.vote.number(), text.at("1").at("vote").number::<i32>());
        assert_eq!(ballot.voting_power.0, text.at("1").at("voting_power").number::<u64>());
    }
    let words = text.at("proposal");
    assert_eq!(proposal.title, Line::new(&words.at("title").string()));
    let (tag, content) = words.at("action").variant();
    let action = if tag == "ExecuteNnsFunction" {
        decode::nns_function::format_label(content.at("nns_function").number())
    } else {
        tag.to_owned()
    };
    assert_eq!(proposal.action.as_str(), action);
    assert_eq!(proposal.undecoded, None);
    assert_eq!(proposal.evidence, EVIDENCE);
}

#[test]
fn every_recorded_row_of_proposals() {
    let recordings = recordings();
    let mut checked = 0;
    let update = "list_proposals_certified_update";
    for name in ["list_proposals_anonymous", "list_proposals_a", "list_proposals_open_page", update] {
        let recording = &recordings[name];
        let rows = proposals(&recording.reply());
        let text = recording.text();
        let texts = text.at("proposal_info").list();
        assert_eq!(rows.len(), texts.len(), "{name}");
        for (row, text) in rows.iter().zip(texts) {
            check_proposal(row, text);
            checked += 1;
        }
    }
    let pending = &recordings["get_pending_proposals"];
    let rows = decode_one::<Vec<g::ProposalInfo>>(&pending.reply()).unwrap();
    for (info, text) in rows.iter().zip(pending.text().list()) {
        check_proposal(&decode::proposals::decode_proposal(info, EVIDENCE).unwrap(), text);
        checked += 1;
    }
    assert!(checked >= 15, "only {checked} rows");
}

#[test]
fn every_recorded_proposal_with_its_body() {
    let recordings = recordings();
    for name in ["get_proposal_info_1", "get_proposal_info_failed"] {
        let recording = &recordings[name];
        let info = decode_one::<Option<g::ProposalInfo>>(&recording.reply()).unwrap().unwrap();
        let text = recording.text();
        check_proposal(&decode::proposals::decode_proposal(&info, EVIDENCE).unwrap(), &text);
        let body = decode::proposals::decode_body(&info, None, EVIDENCE).unwrap();
        assert_eq!(body.summary, Block::new(&text.at("proposal").at("summary").string()));
        assert_eq!(body.url, Line::new(&text.at("proposal").at("url").string()));
        match text.at("failure_reason").opt() {
            None => assert_eq!(body.failure, None),
            Some(reason) => {
                let failure = body.failure.unwrap();
                assert!(failure.as_str().contains("Deserialization Failed"), "{failure}");
                let number = format!("(error {})", reason.at("error_type").number::<i32>());
                assert!(failure.as_str().ends_with(&number), "{failure}");
            }
        }
    }
    let missing = &recordings["get_proposal_info_missing"];
    assert_eq!(decode_one::<Option<g::ProposalInfo>>(&missing.reply()).unwrap(), None);
}

#[test]
fn recorded_actions_show_their_content() {
    let recordings = recordings();
    let reply: g::ListProposalInfoResponse = decode_one(&recordings["list_proposals_a"].reply()).unwrap();
    let body = |id: u64| {
        let info = reply.proposal_info.iter().find(|p| p.id.unwrap().id == id).unwrap();
        decode::proposals::decode_body(info, None, EVIDENCE).unwrap()
    };
    let economics = body(4).payload;
    assert_eq!(economics.name.as_str(), "Manage Network Economics");
    let Value::Map(fields) = &economics.value else { panic!("{economics:?}") };
    let cost = fields.iter().find(|(name, _)| name.as_str() == "reject_cost_e8s").unwrap();
    assert_eq!(cost.1, Value::Number(Line::new("200000000")));
    assert!(
        fields.iter().all(|(name, _)| name.as_str() != "voting_power_economics"),
        "what is not set is left out"
    );

    let motion = body(6);
    assert_eq!(
        motion.payload.value,
        Value::Map(vec![(Line::new("motion_text"), Value::Text(Block::new("x")))])
    );
    assert!(!motion.summary.as_str().chars().any(char::is_control));

    let function = body(5).payload;
    assert_eq!(function.name.as_str(), "Create Subnet");
    assert_eq!(function.value, Value::Null, "an argument without values");
}

fn check_full(neuron: &Neuron, text: &Text) {
    assert_eq!(neuron.id.nns_number().unwrap(), text.at("id").at("id").number::<u64>());
    assert_eq!(neuron.controller.map(|p| p.to_text()), text.at("controller").opt().map(Text::string));
    let keys: Vec<String> = text.at("hot_keys").list().iter().map(Text::string).collect();
    assert_eq!(neuron.hot_keys.iter().map(Principal::to_text).collect::<Vec<_>>(), keys);
    assert_eq!(neuron.subaccount.unwrap().0.to_vec(), text.at("account").blob());
    assert_eq!(neuron.cached_stake.0, text.at("cached_neuron_stake_e8s").number::<u64>());
    assert_eq!(neuron.fees.0, text.at("neuron_fees_e8s").number::<u64>());
    assert_eq!(neuron.maturity.0, text.at("maturity_e8s_equivalent").number::<u64>());
    assert_eq!(
        neuron.staked_maturity.unwrap().0,
        text.at("staked_maturity_e8s_equivalent").opt().map_or(0, Text::number)
    );
    assert_eq!(neuron.created.secs(), text.at("created_timestamp_seconds").number::<u64>());
    assert_eq!(
        Some(neuron.potential_voting_power.0),
        text.at("potential_voting_power").opt().map(Text::number)
    );
    assert_eq!(
        Some(neuron.deciding_voting_power.0),
        text.at("deciding_voting_power").opt().map(Text::number)
    );
    assert_eq!(
        neuron.refreshed.map(Timestamp::secs),
        text.at("voting_power_refreshed_timestamp_seconds").opt().map(Text::number)
    );
    assert_eq!(neuron.auto_stake_maturity, text.at("auto_stake_maturity").opt() == Some(&Text::Bool(true)));
    assert_eq!(Some(neuron.visibility.number()), text.at("visibility").opt().map(Text::number));
    let state = text.at("dissolve_state").variant();
    match neuron.dissolve_state {
        DissolveState::Delay(delay) => {
            assert_eq!((state.0, state.1.number::<u64>()), ("DissolveDelaySeconds", delay.0));
        }
        DissolveState::At(at) => {
            assert_eq!((state.0, state.1.number::<u64>()), ("WhenDissolvedTimestampSeconds", at.secs()));
        }
        DissolveState::None => panic!("{state:?}"),
    }
    let followees = text.at("followees").list();
    assert_eq!(neuron.followees.len(), followees.len());
    for ((topic, ids), text) in neuron.followees.iter().zip(followees) {
        assert_eq!(topic.number(), text.at("0").number::<i32>());
        let expected: Vec<u64> =
            text.at("1").at("followees").list().iter().map(|n| n.at("id").number()).collect();
        assert_eq!(ids.iter().map(|n| n.nns_number().unwrap()).collect::<Vec<_>>(), expected);
    }
    check_ballots(neuron, text);
    let known = text.at("known_neuron_data").opt();
    assert_eq!(neuron.name().map(str::to_owned), known.map(|k| k.at("name").string()));
}

fn check_ballots(neuron: &Neuron, text: &Text) {
    let ballots = text.at("recent_ballots").list();
    assert_eq!(neuron.recent_ballots.len(), ballots.len());
    for ((proposal, vote), text) in neuron.recent_ballots.iter().zip(ballots) {
        assert_eq!(proposal.number, text.at("proposal_id").at("id").number::<u64>());
        assert_eq!(vote.number(), text.at("vote").number::<i32>());
    }
}

fn check_info(neuron: &Neuron, text: &Text) {
    // The extract's stake is without the staked maturity.
    let staked_maturity = neuron.staked_maturity.unwrap_or_default();
    assert_eq!(neuron.stake.0 - staked_maturity.0, text.at("stake_e8s").number::<u64>());
    assert_eq!(neuron.age.0, text.at("age_seconds").number::<u64>());
    assert_eq!(neuron.dissolve_delay.0, text.at("dissolve_delay_seconds").number::<u64>());
    assert_eq!(neuron.state.number(), text.at("state").number::<i32>());
    assert_eq!(neuron.created.secs(), text.at("created_timestamp_seconds").number::<u64>());
}

/// The canister's comment says that the extract's stake has the staked maturity in it; its code decides.
#[test]
fn the_stake_of_a_neuron_counts_its_staked_maturity() {
    let recording = &recordings()["list_neurons_alice_2026"];
    let reader = Principal::from_text(&recording.caller).unwrap();
    let reply: g::ListNeuronsResponse = decode_one(&recording.reply()).unwrap();
    let (id, info) = reply.neuron_infos.iter().find(|(id, _)| *id == 14_451_883_137_260_878_829).unwrap();
    let full = reply.full_neurons.iter().find(|n| n.id.unwrap().id == *id).unwrap();
    for info in [Some(info), None] {
        let neuron = decode::neurons::decode_neuron(Some(full), info, None, reader, EVIDENCE).unwrap();
        assert_eq!(neuron.stake.decimal(), "8496939.45402482");
        assert_eq!(neuron.cached_stake.decimal(), "100");
        assert!(neuron.staked_maturity.unwrap() > neuron.cached_stake);
    }
    // Others see neither maturity nor fees, and the old field is the potential voting power.
    let decayed = g::NeuronInfo { deciding_voting_power: Some(1), ..info.clone() };
    let other = decode::neurons::decode_neuron(None, Some(&decayed), None, reader, EVIDENCE).unwrap();
    assert_eq!(
        (other.access, other.staked_maturity, other.in_full(other.maturity)),
        (Access::Info, None, None)
    );
    assert_eq!(other.potential_voting_power.0, decayed.voting_power);
    assert_eq!(other.deciding_voting_power, VotingPower(1));
}

#[test]
fn every_recorded_neuron_with_the_readers_access() {
    let recordings = recordings();
    let mut seen = [0; 4];
    for (name, recording) in &recordings {
        if recording.method != "list_neurons" {
            continue;
        }
        let reader = if recording.caller == "anonymous" {
            Principal::anonymous()
        } else {
            Principal::from_text(&recording.caller).unwrap()
        };
        let reply: g::ListNeuronsResponse = decode_one(&recording.reply()).unwrap();
        let text = recording.text();
        let infos = text.at("neuron_infos").list();
        assert_eq!(reply.neuron_infos.len(), infos.len(), "{name}");
        for ((id, info), text_info) in reply.neuron_infos.iter().zip(infos) {
            let full = reply.full_neurons.iter().find(|n| n.id.unwrap().id == *id);
            let neuron =
                decode::neurons::decode_neuron(full, Some(info), Some(NeuronKey::nns(*id)), reader, EVIDENCE)
                    .unwrap();
            check_info(&neuron, text_info.at("1"));
            let full_text =
                text.at("full_neurons").list().iter().find(|n| n.at("id").at("id").number::<u64>() == *id);
            assert_eq!(full.is_some(), full_text.is_some());
            match full_text {
                Some(text) => {
                    check_full(&neuron, text);
                    let controls =
                        text.at("controller").opt().map(Text::string).as_ref() == Some(&recording.caller);
                    let hot = text.at("hot_keys").list().iter().any(|k| k.string() == recording.caller);
                    let access = if controls {
                        Access::Controller
                    } else if hot {
                        Access::Hotkey
                    } else {
                        Access::Public
                    };
                    assert_eq!(neuron.access, access, "{name}");
                }
                None => {
                    assert_eq!(neuron.access, Access::Info, "{name}");
                    check_ballots(&neuron, text_info.at("1"));
                }
            }
            seen[neuron.access as usize] += 1;
            // Without the extract, the same is computed from the record.
            if let Some(full) = full {
                let at = Timestamp::from_secs(info.retrieved_at_timestamp_seconds);
                let evidence = Evidence { at, ..EVIDENCE };
                let alone = decode::neurons::decode_neuron(Some(full), None, None, reader, evidence).unwrap();
                assert_eq!((alone.state, alone.stake), (neuron.state, neuron.stake), "{name}");
                assert!(alone.dissolve_delay.0.abs_diff(neuron.dissolve_delay.0) < 600, "{name}");
            }
        }
    }
    assert!(seen[Access::Controller as usize] > 2 && seen[Access::Hotkey as usize] > 0, "{seen:?}");
    assert!(seen[Access::Public as usize] > 0, "{seen:?}");
    let index: g::GetNeuronIndexResult = decode_one(&recordings["get_neuron_index"].reply()).unwrap();
    let text = recordings["get_neuron_index"].text();
    for (info, text) in index.unwrap().neurons.iter().zip(text.ok().at("neurons").list()) {
        let neuron =
            decode::neurons::decode_neuron(None, Some(info), None, Principal::anonymous(), EVIDENCE).unwrap();
        assert_eq!(neuron.access, Access::Info);
        check_info(&neuron, text);
    }
}

fn icp() -> LedgerId {
    LedgerId(SystemCanister::IcpLedger.id())
}

#[test]
fn every_recorded_transaction_of_the_index() {
    let recordings = recordings();
    let recording = &recordings["index_account_transactions"];
    let rows = decode_rows::<index::GetAccountTransactionsResult, index::TransactionWithId>(
        &recording.reply(),
        &["Ok", "transactions"],
        |reply| reply.unwrap().transactions,
    );
    let text = recording.text();
    let texts = text.ok().at("transactions").list();
    let mut kinds = std::collections::BTreeSet::new();
    for (row, text) in rows.unwrap().into_iter().zip(texts) {
        let transaction = decode::ledger::decode_indexed(icp(), row, EVIDENCE).unwrap();
        assert_eq!(transaction.block, text.at("id").number::<u64>());
        let text = text.at("transaction");
        assert_eq!(transaction.memo, text.at("memo").number::<u64>());
        assert_eq!(
            transaction.timestamp.map(|t| t.0),
            text.at("timestamp").opt().map(|t| t.at("timestamp_nanos").number())
        );
        assert_eq!(
            transaction.created_at.map(|t| t.0),
            text.at("created_at_time").opt().map(|t| t.at("timestamp_nanos").number())
        );
        let (tag, content) = text.at("operation").variant();
        kinds.insert(tag.to_owned());
        let party = |text: String| Party::Identifier(text.parse().unwrap());
        let account = |field: &str| party(content.at(field).string());
        let e8s = |field: &str| u128::from(content.at(field).at("e8s").number::<u64>());
        let expected = match tag {
            "Transfer" => Operation::Transfer {
                from: account("from"),
                to: account("to"),
                amount: e8s("amount"),
                fee: Some(e8s("fee")),
                spender: content.at("spender").opt().map(|s| party(s.string())),
            },
            "Mint" => Operation::Mint { to: account("to"), amount: e8s("amount") },
            "Burn" => Operation::Burn { from: account("from"), amount: e8s("amount") },
            "Approve" => Operation::Approve {
                from: account("from"),
                spender: account("spender"),
                allowance: e8s("allowance"),
                fee: Some(e8s("fee")),
                expires: content.at("expires_at").opt().map(|t| Timestamp(t.at("timestamp_nanos").number())),
            },
            other => panic!("{other}"),
        };
        assert_eq!(transaction.operation, expected);
    }
    assert!(kinds.contains("Transfer") && kinds.contains("Approve"), "{kinds:?}");
}

#[test]
fn recorded_blocks_of_the_ledger_agree_with_the_index() {
    let recordings = recordings();
    let reply: ledger::QueryBlocksResponse = decode_one(&recordings["ledger_query_blocks"].reply()).unwrap();
    let indexed: index::GetAccountTransactionsResult =
        decode_one(&recordings["index_account_transactions"].reply()).unwrap();
    let mut compared = 0;
    for (number, block) in (reply.first_block_index..).zip(&reply.blocks) {
        let from_ledger = decode::ledger::decode_block(icp(), number, block, EVIDENCE);
        assert!(!matches!(from_ledger.operation, Operation::Unknown(_)), "{from_ledger:?}");
        let rows = &indexed.as_ref().unwrap().transactions;
        if let Some(row) = rows.iter().find(|r| r.id == number) {
            let from_index =
                decode::ledger::decode_indexed(icp(), Row::Typed(row.clone()), EVIDENCE).unwrap();
            assert_eq!(from_ledger.operation, from_index.operation);
            assert_eq!(from_ledger.timestamp, from_index.timestamp);
            compared += 1;
        }
    }
    assert!(compared >= 5, "{compared}");
}

#[test]
fn recorded_facts() {
    let recordings = recordings();
    let recording = &recordings["get_network_economics_parameters"];
    let economics = decode::facts::decode_economics(&decode_one(&recording.reply()).unwrap());
    let text = recording.text();
    let number = |field: &str| text.at(field).number::<u64>();
    assert_eq!(economics.neuron_minimum_stake.0, number("neuron_minimum_stake_e8s"));
    assert_eq!(economics.reject_cost.0, number("reject_cost_e8s"));
    assert_eq!(economics.transaction_fee.0, number("transaction_fee_e8s"));
    assert_eq!(economics.minimum_icp_xdr.decimal(), "1.00");
    let power = text.at("voting_power_economics");
    assert_eq!(
        economics.start_reducing_after.0,
        power.at("start_reducing_voting_power_after_seconds").number::<u64>()
    );
    assert_eq!(
        economics.minimum_delay_to_vote.0,
        power.at("neuron_minimum_dissolve_delay_to_vote_seconds").number::<u64>()
    );

    let recording = &recordings["get_metrics"];
    let metrics: g::GetMetricsResult = decode_one(&recording.reply()).unwrap();
    let metrics = decode::facts::decode_metrics(&metrics.unwrap());
    let text = recording.text();
    let text = text.ok();
    assert_eq!(metrics.total_supply_icp, text.at("total_supply_icp").number::<u64>());
    assert_eq!(metrics.total_staked.0, text.at("total_staked_e8s").number::<u64>());
    assert_eq!(metrics.not_dissolving_buckets, [(16, E8s(100_000_000))]);

    let recording = &recordings["get_latest_reward_event"];
    let event = decode::facts::decode_reward_event(&decode_one(&recording.reply()).unwrap());
    assert_eq!(event.at.secs(), recording.text().at("actual_timestamp_seconds").number::<u64>());
    assert_eq!(event.rounds_since_last, Some(0));
}

#[test]
fn the_recorded_known_neurons() {
    let recordings = recordings();
    let recording = &recordings["list_known_neurons"];
    let reply: g::ListKnownNeuronsResponse = decode_one(&recording.reply()).unwrap();
    let text = recording.text();
    assert_eq!(reply.known_neurons.len(), text.at("known_neurons").list().len());
    for (row, text) in reply.known_neurons.iter().zip(text.at("known_neurons").list()) {
        let known = decode::neurons::decode_known_neuron(row).unwrap();
        assert_eq!(known.id.nns_number().unwrap(), text.at("id").at("id").number::<u64>());
        assert_eq!(known.data.name, Line::new(&text.at("known_neuron_data").at("name").string()));
    }
}

/// A proposal of a canister whose status has become a text: the row does not decode.
#[derive(CandidType, Deserialize)]
struct OddInfo {
    id: Option<g::ProposalId>,
    status: String,
    topic: i32,
}

#[derive(CandidType)]
struct OddReply {
    proposal_info: Vec<OddInfo>,
}

#[test]
fn a_row_that_cannot_be_read_passes_as_what_it_is() {
    let odd = OddInfo { id: Some(g::ProposalId { id: 77 }), status: "o\u{1b}pen".to_owned(), topic: 4 };
    let rows = proposals(&encode_one(OddReply { proposal_info: vec![odd] }).unwrap());
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(row.id.number, 77);
    let undecoded = row.undecoded.as_ref().unwrap();
    assert!(undecoded.text.as_str().contains("topic = 4"), "{undecoded:?}");
    assert!(!undecoded.text.as_str().contains('\u{1b}') && !undecoded.reason.is_empty());
    assert!(row.is_final(), "nothing of it will change");
}

/// A narrower and a wider record than ours: an older canister without, and a newer one with more.
#[derive(CandidType)]
struct NarrowInfo {
    id: Option<g::ProposalId>,
    status: i32,
    topic: i32,
    reward_status: i32,
    reject_cost_e8s: u64,
    ballots: Vec<(u64, g::Ballot)>,
    reward_event_round: u64,
    proposal_timestamp_seconds: u64,
    decided_timestamp_seconds: u64,
    executed_timestamp_seconds: u64,
    failed_timestamp_seconds: u64,
    mood_of_the_proposer: Option<String>,
}

#[derive(CandidType)]
struct NarrowReply {
    proposal_info: Vec<NarrowInfo>,
}

#[test]
fn narrower_and_wider_rows_and_unknown_numbers_pass() {
    let info = NarrowInfo {
        id: Some(g::ProposalId { id: 5 }),
        status: 99,
        topic: 1_234,
        reward_status: -7,
        reject_cost_e8s: 1,
        ballots: vec![(9, g::Ballot { vote: 3, voting_power: u64::MAX })],
        reward_event_round: 0,
        proposal_timestamp_seconds: u64::MAX,
        decided_timestamp_seconds: 0,
        executed_timestamp_seconds: 0,
        failed_timestamp_seconds: 0,
        mood_of_the_proposer: Some("sunny".to_owned()),
    };
    let rows = proposals(&encode_one(NarrowReply { proposal_info: vec![info] }).unwrap());
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.status.number(), row.topic.number(), row.reward_status.number()), (99, 1_234, -7));
    assert_eq!(row.title, row.action, "a proposal without title shows its action");
    assert_eq!(row.ballots[0].vote.number(), 3);
    assert_eq!(row.ballots[0].voting_power, VotingPower(u64::MAX));
    assert_eq!((row.tally, row.deadline, row.undecoded.clone()), (None, None, None));
}

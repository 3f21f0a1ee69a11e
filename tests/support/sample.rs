//! A made-up user on a made-up day, so that every screen can be drawn and compared.

#![allow(dead_code, clippy::unwrap_used)]
pub mod fleet;

use icpulse::tui::app::layer::{
    ActionsLayer, AfterUnlock, AliasLayer, BallotRow, BallotsLayer, ChoiceItem, ChoiceKind, ChoiceLayer,
    ExecutionLayer, Failure, FilterLayer, HelpLayer, JumpLayer, MessageLayer, PaletteLayer, PaletteMatch,
    QrLayer, ReviewLayer, ReviewStage, TravelLayer, UnlockLayer, WhatIfLayer,
};
use icpulse::tui::app::stake::{Following, StakeField, StakeForm};
use icpulse::tui::app::state::{NetworkInfo, Options};
use icpulse::tui::app::{Detail, Place, Screen, State, Subject};
use icpulse::tui::app::{Layer, Level, Passphrase};
use icpulse::tui::command::{Command, Scope};
use icpulse_model::act::SignerInfo;
use icpulse_model::act::{
    Confirmation, Execution, Intent, PlanId, PlannedCall, Review, StakePreview, StakeRequest, Step, StepState,
};
use icpulse_model::economics::RewardForecast;
use icpulse_model::economics::{Economics, GovernanceMetrics, MaturityModulation, RewardEvent};
use icpulse_model::evidence::{Evidence, Sourced};
use icpulse_model::ledger::{AccountState, Operation, Transaction};
use icpulse_model::network::{Canisters, Facts, NetworkKind, NetworkTrust};
use icpulse_model::neuron::{Access, DissolveState, KnownNeuron, KnownNeuronData, MaturityDisbursement};
use icpulse_model::proposal::{Ballot, Payload, ProposalBody, Tally, Undecoded, Value};
use icpulse_model::series::Series;
use icpulse_model::text::{Block, Line};
use icpulse_model::topic::{NeuronState, Visibility};
use icpulse_model::world::{HistoryProgress, Neurons, Proposals, SyncStatus, Trouble};
use icpulse_model::{
    Account, AccountIdentifier, E8s, Neuron, NeuronId, Principal, Proposal, ProposalId, ProposalStatus,
    RewardStatus, Seconds, Subaccount, Timestamp, Topic, Vote, VotingPower, XdrPermyriad,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use tui_input::Input;

/// 2026-11-22 14:02:14 UTC, a Sunday.
pub const NOW: Timestamp = Timestamp::from_secs(1_795_356_134);
/// Voting power of the made-up network.
const TOTAL: u64 = 51_230_000_000_000_000;

pub fn principal(seed: u8) -> Principal {
    Principal::from_slice(&[seed; 29])
}

fn node() -> Option<Principal> {
    Some(principal(77))
}

fn ago(seconds: u64) -> Timestamp {
    NOW.minus(Seconds(seconds))
}

fn ahead(seconds: u64) -> Timestamp {
    NOW.plus(Seconds(seconds))
}

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// An open or settled proposal in one line.
struct Sketch {
    id: u64,
    topic: Topic,
    status: ProposalStatus,
    title: &'static str,
    action: &'static str,
    created: u64,
    /// Seconds until the deadline; negative when it has passed.
    closes: i64,
    yes: u64,
    no: u64,
    mine: &'static [Vote],
}

const BLANK: Vote = Vote::Unspecified;

const SKETCHES: &[Sketch] = &[
    Sketch {
        id: 140_812,
        topic: Topic::IcOsVersionElection,
        status: ProposalStatus::Open,
        title: "Elect new IC/Replica revision (commit e3d101b2c51c6e8e71cb45df8b7c9a3c57b4c0dd)",
        action: "ReviseElectedGuestosVersions",
        created: 3 * HOUR,
        closes: 334_800,
        yes: 6_210,
        no: 30,
        mine: &[BLANK; 9],
    },
    Sketch {
        id: 140_811,
        topic: Topic::ProtocolCanisterManagement,
        status: ProposalStatus::Open,
        title: "Upgrade the Governance Canister to Commit 1f0b5f5",
        action: "InstallCode · Upgrade",
        created: 5 * HOUR,
        closes: 327_600,
        yes: 4_480,
        no: 0,
        mine: &[BLANK, BLANK, BLANK, Vote::Yes, Vote::Yes],
    },
    Sketch {
        id: 140_810,
        topic: Topic::Governance,
        status: ProposalStatus::Open,
        title: "Motion: reduce the reject cost to 10 ICP",
        action: "Motion",
        created: 2 * DAY,
        closes: 100_800,
        yes: 1_800,
        no: 1_120,
        mine: &[BLANK; 9],
    },
    Sketch {
        id: 140_809,
        topic: Topic::SubnetManagement,
        status: ProposalStatus::Open,
        title: "Change subnet membership: replace 2 nodes of subnet 4ecnw",
        action: "ChangeSubnetMembership",
        created: 3 * DAY,
        closes: 22_320,
        yes: 5_190,
        no: 0,
        mine: &[Vote::Yes; 9],
    },
    Sketch {
        id: 140_808,
        topic: Topic::SnsAndCommunityFund,
        status: ProposalStatus::Open,
        title: "Create a Service Nervous System: Tideline, a tide-table and harbour service",
        action: "CreateServiceNervousSystem",
        created: 3 * DAY,
        closes: 9_000,
        yes: 210,
        no: 2_930,
        mine: &[Vote::No; 9],
    },
    Sketch {
        id: 140_807,
        topic: Topic::NodeProviderRewards,
        status: ProposalStatus::Executed,
        title: "Reward node providers for November",
        action: "RewardNodeProviders",
        created: 5 * DAY,
        closes: -1,
        yes: 9_120,
        no: 4,
        mine: &[Vote::Yes; 9],
    },
    Sketch {
        id: 140_806,
        topic: Topic::ParticipantManagement,
        status: ProposalStatus::Executed,
        title: "Add node provider: Harbour Compute GmbH",
        action: "AddOrRemoveNodeProvider",
        created: 6 * DAY,
        closes: -2,
        yes: 8_860,
        no: 12,
        mine: &[Vote::Yes; 4],
    },
    Sketch {
        id: 140_805,
        topic: Topic::NetworkEconomics,
        status: ProposalStatus::Rejected,
        title: "Raise the minimum dissolve delay to 90 days",
        action: "ManageNetworkEconomics",
        created: 7 * DAY,
        closes: -3,
        yes: 840,
        no: 6_640,
        mine: &[Vote::No; 9],
    },
    Sketch {
        id: 140_804,
        topic: Topic::ApplicationCanisterManagement,
        status: ProposalStatus::Failed,
        title: "Upgrade the SNS-WASM canister with module 9b1dc0ff",
        action: "InstallCode · Upgrade",
        created: 8 * DAY,
        closes: -4,
        yes: 7_730,
        no: 0,
        mine: &[Vote::Yes; 9],
    },
    Sketch {
        id: 140_803,
        topic: Topic::Unknown(23),
        status: ProposalStatus::Adopted,
        title: "引き込み線 — a title in another script, wide 漢字 included",
        action: "function 60",
        created: 9 * DAY,
        closes: -5,
        yes: 5_010,
        no: 0,
        mine: &[],
    },
    Sketch {
        id: 140_801,
        topic: Topic::Kyc,
        status: ProposalStatus::Executed,
        title: "",
        action: "ApproveGenesisKyc",
        created: 12 * DAY,
        closes: -8,
        yes: 9_990,
        no: 0,
        mine: &[],
    },
];

pub const MY_NEURONS: [u64; 9] = [
    1_285_674_392_118_347_201,
    2_981_100_348_229_190_337,
    5_011_903_442_817_663_002,
    6_402_981_334_876_120_905,
    8_810_332_011_284_537_762,
    11_004_238_771_920_034_551,
    13_557_002_391_844_610_223,
    16_213_344_009_127_365_018,
    18_100_223_344_556_677_889,
];

fn evidence() -> Evidence {
    Evidence::signed(ago(3), node())
}

pub fn neuron_power(index: usize) -> u64 {
    [
        1_204_450_000_000,
        980_030_000_000,
        812_000_000_000,
        655_012_345_678,
        500_000_000_000,
        401_000_000_000,
        250_000_000_000,
        108_333_000_000,
        310_000_000,
    ][index % 9]
}

pub fn bare(id: u64) -> Proposal {
    Proposal {
        id: ProposalId(id),
        topic: Topic::ExchangeRate,
        status: ProposalStatus::Executed,
        reward_status: RewardStatus::Settled,
        title: Line::new(&format!("Update the average ICP/XDR rate, round {id}")),
        action: Line::new("UpdateIcpXdrConversionRate"),
        proposer: None,
        created: ago((140_812 - id.min(140_812)) * 1_200 + 10 * DAY),
        deadline: Some(ago((140_812 - id.min(140_812)) * 1_200 + 6 * DAY)),
        decided: Some(ago((140_812 - id.min(140_812)) * 1_200 + 9 * DAY)),
        executed: Some(ago((140_812 - id.min(140_812)) * 1_200 + 9 * DAY)),
        failed: None,
        tally: Some(Tally {
            yes: VotingPower(TOTAL / 100 * 97),
            no: VotingPower(TOTAL / 10_000),
            total: VotingPower(TOTAL),
            at: ago(9 * DAY),
        }),
        total_potential_voting_power: Some(VotingPower(TOTAL / 100 * 104)),
        reject_cost: E8s(1_000_000_000),
        reward_event_round: 2_000,
        ballots: vec![],
        undecoded: None,
        evidence: evidence(),
    }
}

fn proposal(s: &Sketch) -> Proposal {
    let open = s.closes > 0;
    let deadline = if open { ahead(s.closes.unsigned_abs()) } else { ago(s.closes.unsigned_abs() * DAY) };
    let decided = (s.status != ProposalStatus::Open).then(|| ago(s.created - DAY));
    let ballots = s.mine.iter().enumerate().map(|(i, vote)| Ballot {
        neuron: NeuronId(MY_NEURONS[i]),
        vote: *vote,
        voting_power: VotingPower(neuron_power(i)),
    });
    Proposal {
        topic: s.topic,
        status: s.status,
        reward_status: if open { RewardStatus::AcceptVotes } else { RewardStatus::Settled },
        title: Line::new(s.title),
        action: Line::new(s.action),
        proposer: Some(NeuronId(if s.id.is_multiple_of(2) { 27 } else { 5_550_101_010_101_010 })),
        created: ago(s.created),
        deadline: Some(deadline),
        decided,
        executed: decided.filter(|_| s.status == ProposalStatus::Executed).map(|d| d.plus(Seconds(40))),
        failed: decided.filter(|_| s.status == ProposalStatus::Failed).map(|d| d.plus(Seconds(44))),
        tally: Some(Tally {
            yes: VotingPower(TOTAL / 10_000 * s.yes),
            no: VotingPower(TOTAL / 10_000 * s.no),
            total: VotingPower(TOTAL),
            at: ago(40),
        }),
        reward_event_round: if open { 0 } else { 2_015 },
        ballots: ballots.collect(),
        ..bare(s.id)
    }
}

/// The sketched proposals, one that could not be decoded, and `more` of the past.
pub fn proposals(more: u64) -> Proposals {
    let sketched = SKETCHES.iter().map(|s| Arc::new(proposal(s)));
    let broken = Proposal {
        undecoded: Some(Box::new(Undecoded {
            reason: Line::new("field 14: expected nat64, found text"),
            text: Block::new("record { 14 = \"seven\"; 22 = record {} }"),
        })),
        title: Line::default(),
        ..bare(140_802)
    };
    let past = (0..more).map(|i| Arc::new(bare(140_800 - i)));
    Proposals::new(sketched.chain([Arc::new(broken)]).chain(past))
}

const SUMMARY: &str = "\
# Elect new IC/Replica revision e3d101b2

This proposal elects a new replica revision. *Not every* change is listed; the **complete list** is in
the [release notes](https://github.com/dfinity/ic/releases/tag/release-2026-11-22) of that day.

## Features

- `e3d101b2` Consensus: a block maker that lags behind no longer waits for finalization before it proposes
- `81fe0442` Execution: canisters may keep up to 500 GiB of stable memory
  1. first the limit of the subnet is raised
  2. then that of each canister

## How to verify

```
git clone https://example.org/ic && cd ic
./ci/verify.sh --commit e3d101b2c51c6e8e71cb45df8b7c9a3c57b4c0dd
```

> The hash that this prints must be the one in the payload.

| image | sha256 |
|---|---|
| guest-os update | 5fd0aa0d7e21bbf8f4d1b30c62a1f8e46a0fb1a9de55bb3c23c6cf1e0a55d0a1 |
| host-os update | 0c3e4e8f5a7b1f00 |

[not a link](javascript:alert(1)) and an escape: &#27;[31m.
";

pub fn body(id: u64) -> ProposalBody {
    let text = |t: &str| Value::Text(Block::new(t));
    let map = |entries: Vec<(&str, Value)>| {
        Value::Map(entries.into_iter().map(|(k, v)| (Line::new(k), v)).collect())
    };
    ProposalBody {
        id: ProposalId(id),
        summary: Block::new(SUMMARY),
        url: Line::new("https://forum.dfinity.org/t/voting-on-new-releases/37564/12"),
        payload: Payload {
            name: Line::new("Revise Elected GuestOS Versions"),
            description: Block::new(
                "Changes the record of elected GuestOS versions: adds one, retires others.",
            ),
            value: map(vec![
                ("replica_version_to_elect", text("e3d101b2c51c6e8e71cb45df8b7c9a3c57b4c0dd")),
                (
                    "release_package_sha256_hex",
                    text("5fd0aa0d7e21bbf8f4d1b30c62a1f8e46a0fb1a9de55bb3c23c6cf1e0a55d0a1"),
                ),
                (
                    "release_package_urls",
                    Value::List(vec![
                        text(
                            "https://download.dfinity.systems/ic/e3d101b2c51c6e8e/guest-os/update-img/update-img.tar.zst",
                        ),
                        text(
                            "https://download.dfinity.network/ic/e3d101b2c51c6e8e/guest-os/update-img/update-img.tar.zst",
                        ),
                    ]),
                ),
                ("replica_versions_to_unelect", Value::List(vec![])),
                (
                    "guest_launch_measurements",
                    map(vec![(
                        "guest_launch_measurements",
                        Value::List(vec![map(vec![
                            ("measurement", Value::Blob { len: 48, head: "8fd1a0b7c6d5e4f3".repeat(4) }),
                            ("metadata", map(vec![("kernel_cmdline", text("root=/dev/vda3 console=ttyS0"))])),
                        ])]),
                    )]),
                ),
                ("nonce", Value::Number(Line::new("18446744073709551615"))),
                ("forced", Value::Bool(false)),
                ("comment", Value::Null),
            ]),
        },
        failure: (id == 140_804).then(|| {
            Block::new("Error calling external canister: IC0503: canister trapped: heap out of bounds")
        }),
        evidence: evidence(),
    }
}

fn known(id: u64, name: &str) -> KnownNeuron {
    KnownNeuron {
        id: NeuronId(id),
        data: KnownNeuronData {
            name: Line::new(name),
            description: Block::new("Votes on every topic after reading what is proposed."),
            links: vec![Line::new("https://example.org/voting")],
            committed_topics: vec![Topic::Governance, Topic::SubnetManagement],
        },
    }
}

fn neuron(index: usize) -> Neuron {
    let power = neuron_power(index);
    let decayed = index == 3;
    let state = match index {
        6 => NeuronState::Dissolving,
        8 => NeuronState::Dissolved,
        _ => NeuronState::NotDissolving,
    };
    let delay = match index {
        6 => Seconds(250 * DAY),
        8 => Seconds(0),
        i => Seconds(63_115_200 / (i as u64 + 1)),
    };
    let power = if index == 8 { 0 } else { power };
    Neuron {
        id: NeuronId(MY_NEURONS[index]),
        access: if index == 5 { Access::Hotkey } else { Access::Controller },
        controller: Some(principal(if index == 5 { 9 } else { 1 })),
        hot_keys: vec![principal(2)],
        subaccount: Some(Subaccount::neuron_stake(&principal(1), index as u64)),
        state,
        cached_stake: E8s(neuron_power(index) / 3 * 2),
        fees: E8s(if index == 1 { 2_500_000_000 } else { 0 }),
        staked_maturity: E8s(neuron_power(index) / 60),
        maturity: E8s(if index == 0 { 51_230_000_000 } else { 1_230_000 * index as u64 }),
        stake: E8s(neuron_power(index) / 3 * 2 + neuron_power(index) / 60),
        created: ago(900 * DAY + index as u64 * 40 * DAY),
        dissolve_delay: delay,
        dissolve_state: match state {
            NeuronState::Dissolving => DissolveState::At(NOW.plus(delay)),
            NeuronState::Dissolved => DissolveState::At(ago(3 * DAY)),
            _ => DissolveState::Delay(delay),
        },
        age: if state == NeuronState::NotDissolving { Seconds(700 * DAY) } else { Seconds(0) },
        potential_voting_power: VotingPower(power),
        deciding_voting_power: VotingPower(if decayed { power / 100 * 63 } else { power }),
        refreshed: Some(match index {
            3 => ago(194 * DAY),
            1 | 2 => ago(171 * DAY),
            _ => ago(40 * DAY),
        }),
        followees: vec![
            (Topic::Unspecified, vec![NeuronId(27), NeuronId(28)]),
            (Topic::Governance, vec![NeuronId(28)]),
            (Topic::SnsAndCommunityFund, vec![NeuronId(4_966_884_161_088_437_903)]),
        ],
        recent_ballots: (0..14)
            .map(|i| (ProposalId(140_811 - i), if i % 5 == 4 { Vote::No } else { Vote::Yes }))
            .collect(),
        auto_stake_maturity: index.is_multiple_of(2),
        visibility: if index == 0 { Visibility::Public } else { Visibility::Private },
        known: None,
        joined_fund: (index == 2).then(|| ago(400 * DAY)),
        gang_bonus_base: E8s(if index == 0 { 300_000_000_000 } else { 0 }),
        disbursements: if index == 0 {
            vec![MaturityDisbursement {
                amount: E8s(120_450_000_000),
                ordered: ago(6 * DAY),
                arrives: ahead(19 * HOUR + 28 * 60),
                account: None,
                account_identifier: Some(Account::of(principal(1)).identifier()),
            }]
        } else {
            vec![]
        },
        spawns: None,
        neuron_type: None,
        evidence: evidence(),
    }
}

pub fn signer() -> SignerInfo {
    let principal = principal(1);
    SignerInfo {
        name: Line::new("main"),
        principal,
        account: Account::of(principal).identifier(),
        kind: "keystore".to_owned(),
        unlocked_until: Some(ahead(720)),
        locked: false,
    }
}

pub fn account() -> AccountState {
    let own = Account::of(principal(1)).identifier();
    let other = Account::of(principal(4)).identifier();
    let stake = AccountIdentifier::new(
        &icpulse_model::network::Canisters::default().governance,
        &Subaccount::neuron_stake(&principal(1), 2),
    );
    let fee = E8s(10_000);
    let operations = [
        Operation::Transfer { from: other, to: own, amount: E8s(10_250_000_000), fee, spender: None },
        Operation::Transfer { from: own, to: stake, amount: E8s(54_000_000_000), fee, spender: None },
        Operation::Mint { to: own, amount: E8s(3_120_450_021) },
        Operation::Approve {
            from: own,
            spender: other,
            allowance: E8s(500_000_000),
            fee,
            expires: Some(ahead(DAY)),
        },
        Operation::Burn { from: own, amount: E8s(100_000_000) },
        Operation::Transfer { from: own, to: own, amount: E8s(1), fee, spender: None },
        Operation::Unknown(Line::new("fee collector set")),
    ];
    let transactions = operations
        .into_iter()
        .cycle()
        .take(40)
        .enumerate()
        .map(|(i, operation)| Transaction {
            block: 31_002_911 - 37 * i as u64,
            operation,
            memo: if i % 3 == 0 { 0 } else { 1_347_768_404 + i as u64 },
            icrc1_memo: (i == 2).then(|| b"november".to_vec()),
            created_at: Some(ago(HOUR * (3 * i as u64 + 2))),
            timestamp: Some(ago(HOUR * (3 * i as u64 + 2))),
            evidence: evidence(),
        })
        .collect();
    AccountState {
        account: Account::of(principal(1)),
        balance: E8s(30_250_000_000),
        balance_evidence: Evidence::certified(ago(3)),
        transactions,
        complete: false,
    }
}

pub fn facts() -> Facts {
    let signed = evidence();
    Facts {
        economics: Some(Sourced::new(Economics::defaults(), signed)),
        metrics: Some(Sourced::new(
            GovernanceMetrics {
                at: ago(9 * HOUR),
                total_supply_icp: 551_239_120,
                total_locked: E8s(23_800_000_000_000_000),
                total_staked: E8s(24_310_400_000_000_000),
                total_maturity: E8s(6_120_000_000_000_000),
                total_staked_maturity: E8s(4_880_000_000_000_000),
                not_dissolving_count: 40_112,
                dissolving_count: 9_003,
                dissolved_count: 12_881,
                not_dissolving_buckets: vec![
                    (0, E8s(310_000_000_000_000)),
                    (1, E8s(902_000_000_000_000)),
                    (2, E8s(1_450_000_000_000_000)),
                    (3, E8s(880_000_000_000_000)),
                    (4, E8s(15_900_000_000_000_000)),
                ],
                dissolving_buckets: vec![
                    (0, E8s(1_200_000_000_000_000)),
                    (1, E8s(700_000_000_000_000)),
                    (3, E8s(990_000_000_000_000)),
                ],
                public_deciding_voting_power: None,
                declining_potential_voting_power: None,
            },
            signed,
        )),
        reward_event: Some(Sourced::new(
            RewardEvent {
                day_after_genesis: 2_022,
                at: ago(4 * HOUR),
                total_available: E8s(3_120_400_000_000),
                latest_round_available: Some(E8s(3_120_400_000_000)),
                distributed: E8s(3_120_400_000_000),
                rounds_since_last: Some(1),
                settled: (140_780..140_792).map(ProposalId).collect(),
            },
            signed,
        )),
        icp_xdr: Some(Sourced::new(XdrPermyriad(41_100), Evidence::certified(ago(50)))),
        modulation: Some(Sourced::new(MaturityModulation { permyriad: -120, at: Some(ago(DAY)) }, signed)),
        known_neurons: Some(Sourced::new(
            vec![
                known(27, "DFINITY Foundation"),
                known(28, "Internet Computer Association"),
                known(4_966_884_161_088_437_903, "Harbour Watch"),
            ],
            signed,
        )),
        latest_proposal: Some(140_812),
    }
}

pub fn histories() -> BTreeMap<String, Series> {
    let ring = |values: Vec<u64>, apart: u64| {
        let mut series = Series::new(1_000);
        let count = values.len() as u64;
        for (i, v) in values.into_iter().enumerate() {
            series.push(ago((count - i as u64) * apart), v);
        }
        series
    };
    // A wave made of whole numbers, so that no platform rounds it otherwise.
    let wave = |n: u64, base: u64, height: u64| -> Vec<u64> {
        (0..n)
            .map(|i| base + (i * 37 % 101) * height / 400 + i * height / n + (i / 9 % 7) * height / 9)
            .collect()
    };
    BTreeMap::from([
        ("icp_xdr".to_owned(), ring(wave(180, 38_000, 2_600), 4 * HOUR)),
        ("tally:140812".to_owned(), ring(wave(40, 120, 5_000), 270)),
        ("tally:140810".to_owned(), ring(wave(60, 20, 1_500), 2_800)),
        (
            format!("balance:{}", Account::of(principal(1)).identifier()),
            ring(wave(90, 20_000_000_000, 9_000_000_000), DAY),
        ),
    ])
}

/// The state before anything was read.
pub fn fresh(size: (u16, u16)) -> State {
    let network = NetworkInfo {
        name: Line::new("demo"),
        url: Line::new("http://127.0.0.1:4943"),
        trust: NetworkTrust { kind: NetworkKind::Demo, foreign: vec![] },
        root_key_fetched: false,
    };
    let mut state =
        State::new(NOW, size, network, Options { theme: "icpulse-dark".to_owned(), ..Options::default() });
    state.sync = SyncStatus { network: Line::new("demo"), in_flight: 3, ..SyncStatus::default() };
    settle(&mut state);
    state
}

/// What `update` derives from what is known: rows of lists and items of Pulse.
pub fn settle(state: &mut State) {
    state.load(state.signer.clone(), state.world.clone());
}

/// Everything is there and fresh.
pub fn full(size: (u16, u16)) -> State {
    full_with(size, 300)
}

/// Like [`full`] with so many proposals of the past.
pub fn full_with(size: (u16, u16), past: u64) -> State {
    let mut state = fresh(size);
    state.signer = signer();
    state.world.proposals = proposals(past);
    state.world.neurons = Neurons::new((0..9).map(|i| Arc::new(neuron(i))));
    state.world.neurons_known = true;
    state.world.accounts = Arc::new(vec![account()]);
    state.world.facts = Arc::new(facts());
    state.world.histories = Arc::new(histories());
    fleet::join(&mut state.world, fleet::SMALL, NOW);
    state.net.mine = fleet::mine(&state.world.topology);
    for id in [140_812, 140_804] {
        state.bodies.put(Arc::new(body(id)));
    }
    let foundation = Neuron {
        id: NeuronId(27),
        access: Access::Public,
        known: Some(known(27, "DFINITY Foundation").data),
        recent_ballots: vec![(ProposalId(140_812), Vote::Yes), (ProposalId(140_809), Vote::Yes)],
        ..neuron(4)
    };
    state.other_neurons.insert(NeuronId(27), Arc::new(foundation));
    state.sync = SyncStatus {
        network: Line::new("demo"),
        in_flight: 1,
        last_success: Some(ago(3)),
        certified_at: Some(ago(3)),
        ..SyncStatus::default()
    };
    settle(&mut state);
    state
}

/// Read for the first time: the history is still coming.
pub fn filling(size: (u16, u16)) -> State {
    let mut state = full(size);
    state.sync.in_flight = 16;
    state.sync.history =
        Some(HistoryProgress { done: 52_300, total: 140_812, per_second: 1_240, left: Some(Seconds(71)) });
    state
}

/// A network that has nothing, and an identity that has nothing.
pub fn empty(size: (u16, u16)) -> State {
    let mut state = fresh(size);
    state.signer = signer();
    state.world.neurons_known = true;
    state.world.accounts = Arc::new(vec![AccountState {
        balance: E8s::ZERO,
        transactions: vec![],
        complete: true,
        ..account()
    }]);
    state.sync = SyncStatus {
        network: Line::new("demo"),
        last_success: Some(ago(3)),
        certified_at: Some(ago(3)),
        ..SyncStatus::default()
    };
    settle(&mut state);
    state
}

pub fn trouble(unverified: bool) -> Trouble {
    if unverified {
        Trouble {
            attempted: Line::new("reading proposals from demo"),
            why: Line::new("the certificate of the reply does not fit the root key"),
            advice: Line::new("check --network and its root key; nothing of it was shown"),
            since: ago(40),
            retry_at: Some(ahead(20)),
            unverified: true,
        }
    } else {
        Trouble {
            attempted: Line::new("reading proposals from demo"),
            why: Line::new("http://127.0.0.1:4943 refused the connection"),
            advice: Line::new("check that it runs, or choose another with --network"),
            since: ago(300),
            retry_at: Some(ahead(12)),
            unverified: false,
        }
    }
}

/// Nothing could be read and nothing was remembered.
pub fn error(size: (u16, u16)) -> State {
    let mut state = fresh(size);
    state.signer = signer();
    state.sync.in_flight = 0;
    state.sync.trouble = Some(trouble(false));
    settle(&mut state);
    state
}

/// What was read before is there, but reading fails since.
pub fn stale(size: (u16, u16)) -> State {
    let mut state = full(size);
    state.sync.last_success = Some(ago(300));
    state.sync.certified_at = Some(ago(300));
    state.sync.in_flight = 0;
    state.sync.trouble = Some(trouble(true));
    state.signer.locked = true;
    state.signer.unlocked_until = None;
    state
}

/// Started with `--offline`: only what was remembered.
pub fn offline(size: (u16, u16)) -> State {
    let mut state = full(size);
    state.sync = SyncStatus {
        network: Line::new("demo"),
        offline: true,
        last_success: Some(ago(2 * DAY)),
        ..SyncStatus::default()
    };
    state
}

/// Goes to a place.
pub fn at(mut state: State, screen: Screen, subject: Option<Subject>, tab: usize) -> State {
    state.place = Place { screen, detail: subject.map(|s| Detail { tab, ..Detail::new(s) }) };
    state
}

/// The plan whose steps are shown.
pub const PLAN: PlanId = PlanId([7; 16]);

fn vote_call(index: usize, proposal: u64) -> PlannedCall {
    let neuron = NeuronId(MY_NEURONS[index]);
    PlannedCall {
        canister: Canisters::default().governance,
        canister_name: "governance".to_owned(),
        method: "manage_neuron · RegisterVote".to_owned(),
        summary: Line::new(&format!("vote YES on {proposal} with neuron {neuron}")),
        arguments: vec![
            ("neuron".to_owned(), Line::new(&neuron.to_string())),
            ("proposal".to_owned(), Line::new(&proposal.to_string())),
            ("vote".to_owned(), Line::new("yes (1)")),
        ],
        arg_digest: "a0b1c2d3e4f5".repeat(5) + "a0b1",
        neuron: Some(neuron),
        proposal: Some(ProposalId(proposal)),
    }
}

fn vote_intent() -> Intent {
    Intent::Vote {
        vote: Vote::Yes,
        ballots: MY_NEURONS.iter().map(|n| (ProposalId(140_812), NeuronId(*n))).collect(),
    }
}

pub fn vote_review() -> Review {
    Review {
        plan: PLAN,
        intent: vote_intent(),
        title: Line::new(
            "Vote YES on 140812 \"Elect new IC/Replica revision (commit e3d101b2c51c6e8e71cb45df8b7c9a3c57b4c0dd)\" with 9 neurons (49,111 V)",
        ),
        signer: principal(1),
        signer_name: Line::new("main"),
        network: Line::new("demo"),
        trust: NetworkTrust { kind: NetworkKind::Demo, foreign: vec![] },
        calls: (0..9).map(|i| vote_call(i, 140_812)).collect(),
        total_cost: E8s::ZERO,
        fees: E8s::ZERO,
        effects: vec![
            Line::new("yes 62.1 % → 62.1 % of the total voting power"),
            Line::new("9 ballots become final; their neurons' voting power is refreshed"),
        ],
        irreversible: vec![Line::new("a ballot cannot be changed or withdrawn")],
        warnings: vec![Line::new("2 of your neurons have voted on it already and are left out")],
        blocked: None,
        confirmation: Confirmation::Enter,
        made: ago(12),
    }
}

pub fn stake_review() -> Review {
    let ledger = PlannedCall {
        canister: Canisters::default().ledger,
        canister_name: "ICP ledger".to_owned(),
        method: "transfer".to_owned(),
        summary: Line::new("move 10.00 ICP to the neuron's account"),
        arguments: vec![
            ("amount".to_owned(), Line::new("10.00 ICP")),
            ("memo".to_owned(), Line::new("7301442388120011223")),
        ],
        arg_digest: "ff00".repeat(16),
        neuron: None,
        proposal: None,
    };
    let governance = |method: &str, summary: &str| PlannedCall {
        canister: Canisters::default().governance,
        canister_name: "governance".to_owned(),
        method: format!("manage_neuron · {method}"),
        summary: Line::new(summary),
        arguments: vec![("neuron".to_owned(), Line::new("the one that the claim makes"))],
        arg_digest: String::new(),
        neuron: None,
        proposal: None,
    };
    Review {
        intent: Intent::Stake(stake_request()),
        title: Line::new("Stake 10.00 ICP in a new neuron with a dissolve delay of 1 y"),
        calls: vec![
            ledger,
            governance("ClaimOrRefresh", "claim the neuron"),
            governance("Configure · IncreaseDissolveDelay", "raise its dissolve delay from 7 d to 1 y"),
        ],
        total_cost: E8s(1_000_010_000),
        fees: E8s(10_000),
        effects: vec![
            Line::new("a new neuron with 15.00 V of voting power"),
            Line::new("292.4999 ICP are left on the account"),
        ],
        irreversible: vec![Line::new(
            "the stake is locked until its dissolve delay of 1 y has passed after you start dissolving",
        )],
        warnings: vec![],
        confirmation: Confirmation::Type("STAKE".to_owned()),
        ..vote_review()
    }
}

fn stake_request() -> StakeRequest {
    StakeRequest {
        amount: E8s(1_000_000_000),
        dissolve_delay: Seconds(31_557_600),
        auto_stake_maturity: true,
        followees: vec![],
    }
}

pub fn executions() -> Vec<Arc<Execution>> {
    let states = [
        StepState::Done { note: Line::new("the ballot was cast"), certified_at: ago(2) },
        StepState::AlreadyDone { note: Line::new("voted yes already, by following") },
        StepState::Refused {
            code: "governance error 11".to_owned(),
            message: Line::new(
                "Neuron is not eligible to vote on the proposal: its dissolve delay is below the minimum; raise the delay first",
            ),
        },
        StepState::NotSent {
            message: Line::new("the network could not be reached before it was sent; try it again"),
        },
        StepState::Unknown {
            request_id: "5f".repeat(32),
            message: Line::new("sent, but no answer could be read for 5 minutes; ask again"),
        },
    ];
    let base = Execution {
        plan: PLAN,
        intent: vote_intent(),
        title: Line::new("Vote YES on 140812 with 5 neurons"),
        signer: principal(1),
        steps: states
            .into_iter()
            .enumerate()
            .map(|(i, state)| Step { call: vote_call(i, 140_812), state, expires: None, signed_at: None })
            .collect(),
        created_neuron: None,
        nonce: None,
        transfer_created_at: None,
        transfer_fee: None,
        transfer_block: None,
        confirmed: ago(4),
        finished: Some(ago(1)),
        delay_base: None,
        dismissed: None,
        revision: 0,
    };
    let running = Execution {
        plan: PlanId([8; 16]),
        title: Line::new("Vote YES on 140810 with 3 neurons"),
        steps: vec![
            Step {
                call: vote_call(0, 140_810),
                state: StepState::Done { note: Line::new("cast"), certified_at: ago(1) },
                expires: None,
                signed_at: None,
            },
            Step {
                call: vote_call(1, 140_810),
                state: StepState::Submitted { request_id: "ab".repeat(32) },
                expires: None,
                signed_at: None,
            },
            Step { call: vote_call(2, 140_810), state: StepState::Waiting, expires: None, signed_at: None },
        ],
        confirmed: ago(2),
        finished: None,
        ..base.clone()
    };
    let staked = Execution {
        plan: PlanId([9; 16]),
        intent: Intent::Stake(stake_request()),
        title: Line::new("Stake 10.00 ICP in a new neuron with a dissolve delay of 1 y"),
        steps: stake_review()
            .calls
            .into_iter()
            .map(|call| Step {
                call,
                state: StepState::Done { note: Line::new("done"), certified_at: ago(3_600) },
                expires: None,
                signed_at: None,
            })
            .collect(),
        created_neuron: Some(NeuronId(4_455_667_788_990_011_223)),
        confirmed: ago(3_640),
        finished: Some(ago(3_600)),
        ..base.clone()
    };
    vec![Arc::new(base), Arc::new(running), Arc::new(staked)]
}

/// A spare of another country in for a member.
fn what_if() -> Layer {
    let topology = fleet::topology(fleet::SMALL, NOW, 4);
    let subnet = fleet::subnet(1);
    let members = &topology.subnets.get(&subnet).unwrap().membership;
    let spares: Vec<Principal> = topology
        .nodes
        .keys()
        .filter(|n| topology.subnet_of(n).is_none() && !topology.is_boundary(n))
        .copied()
        .collect();
    let (add, remove) = (vec![spares[2]], vec![members[0], members[1]]);
    let result = icpulse_model::decentral::what_if(&topology, &subnet, &add, &remove);
    let shown = members.iter().chain(&spares).copied().collect();
    Layer::WhatIf(Box::new(WhatIfLayer {
        subnet,
        input: Input::new(String::new()),
        add,
        remove,
        shown,
        cursor: 1,
        offset: 0,
        result,
    }))
}

fn review(stage: ReviewStage, details: bool, typed: &str) -> Layer {
    Layer::Review(ReviewLayer {
        ticket: 1,
        intent: vote_intent(),
        title: Line::new("Vote YES on 140812 with 9 neurons"),
        stage,
        typed: Input::new(typed.to_owned()),
        details,
        scroll: 0,
        note: None,
        rest: None,
    })
}

/// Every layer, with the screen it lies over.
pub fn layers() -> Vec<(&'static str, Screen, Layer)> {
    let choice = |kind, title, items: Vec<ChoiceItem>, text: &str| {
        Layer::Choice(ChoiceLayer {
            kind,
            title,
            shown: (0..items.len()).collect(),
            items,
            input: Input::new(text.to_owned()),
            cursor: 1,
            offset: 0,
            before: None,
        })
    };
    let item = |label: &str, note: &str, on: Option<bool>| ChoiceItem {
        label: Line::new(label),
        note: Line::new(note),
        on,
    };
    let execution = |plan, cursor| {
        Layer::Execution(ExecutionLayer { plan, title: Line::new("Vote YES"), cursor, offset: 0 })
    };
    let found = |command: Command, matched: &[u32], refusal: Option<&str>| PaletteMatch {
        command,
        matched: matched.to_vec(),
        refusal: refusal.map(Line::new),
    };
    let form = StakeForm {
        field: StakeField::Delay,
        amount: Input::new("10".to_owned()),
        delay: Input::new("1 year".to_owned()),
        auto_stake: true,
        following: Following::Known(NeuronId(27)),
        following_words: Line::new("DFINITY Foundation on all topics"),
        amount_error: None,
        delay_error: None,
        request: Some(stake_request()),
        preview: Some(StakePreview {
            voting_power: VotingPower(1_500_000_000),
            yearly: Some(RewardForecast { maturity: E8s(34_400_000), apy_bp: 344 }),
        }),
        total_cost: Some(E8s(1_000_010_000)),
        left: Some(E8s(29_249_990_000)),
        balance: Some(E8s(30_250_000_000)),
        fee: E8s(10_000),
    };
    let mut wrong = form.clone();
    wrong.field = StakeField::Amount;
    wrong.amount = Input::new("12,5".to_owned());
    wrong.amount_error = Some(Line::new("'12,5' is not a decimal amount; write it like 1204.5"));
    (wrong.request, wrong.preview, wrong.total_cost, wrong.left) = (None, None, None, None);
    let failure = Failure {
        attempted: Line::new("Plan a vote on 140812"),
        why: Line::new("the proposal closed 3 s ago"),
        advice: Line::new("nothing can be done about it; see the other open proposals"),
    };
    let blocked = Review {
        blocked: Some(Line::new("the balance of 302.50 ICP does not cover 1,000.0001 ICP")),
        ..stake_review()
    };
    let ballots = (0..9)
        .map(|i| BallotRow {
            neuron: NeuronId(MY_NEURONS[i]),
            name: Line::new(if i == 2 { "Harbour Watch" } else { "" }),
            proposals: vec![ProposalId(140_812)],
            voting_power: VotingPower(neuron_power(i)),
            on: i != 4,
        })
        .collect();
    let scopes: &'static [Scope] = &[Scope::Proposals, Scope::List, Scope::Move, Scope::Global];
    let error = icpulse_model::query::QueryError {
        message: "there is no field 'topc'; did you mean topic?".to_owned(),
        at: 12..16,
    };
    vec![
        ("help", Screen::Proposals, Layer::Help(HelpLayer { scopes, scroll: 0 })),
        (
            "palette",
            Screen::Pulse,
            Layer::Palette(PaletteLayer {
                input: Input::new("vo".to_owned()),
                matches: vec![
                    found(Command::Vote, &[0, 1], None),
                    found(Command::VoteYes, &[], None),
                    found(Command::Mark, &[], Some("only in: Proposals")),
                    found(Command::ConfirmFollowing, &[14], None),
                ],
                cursor: 0,
                offset: 0,
            }),
        ),
        (
            "filter",
            Screen::Proposals,
            Layer::Filter(FilterLayer {
                input: Input::new("status:open topc:gov".to_owned()),
                before: String::new(),
                error: Some(error),
                suggestions: vec![],
            }),
        ),
        (
            "jump",
            Screen::Pulse,
            Layer::Jump(JumpLayer {
                input: Input::new("1408x".to_owned()),
                error: Some(Line::new("'1408x' is not a number")),
            }),
        ),
        (
            "ballots",
            Screen::Proposals,
            Layer::Ballots(BallotsLayer {
                proposals: vec![ProposalId(140_812)],
                rows: ballots,
                cursor: 4,
                offset: 0,
            }),
        ),
        ("review-planning", Screen::Proposals, review(ReviewStage::Planning, false, "")),
        ("review-vote", Screen::Proposals, review(ReviewStage::Ready(Box::new(vote_review())), false, "")),
        ("review-details", Screen::Proposals, review(ReviewStage::Ready(Box::new(vote_review())), true, "")),
        ("review-stake", Screen::Wallet, review(ReviewStage::Ready(Box::new(stake_review())), false, "STA")),
        ("review-blocked", Screen::Wallet, review(ReviewStage::Ready(Box::new(blocked)), false, "")),
        ("review-failed", Screen::Proposals, review(ReviewStage::Failed(failure), false, "")),
        ("execution", Screen::Proposals, execution(PLAN, 2)),
        ("execution-running", Screen::Proposals, execution(PlanId([8; 16]), 1)),
        ("execution-done", Screen::Neurons, execution(PlanId([9; 16]), 0)),
        ("actions", Screen::Pulse, Layer::Actions(ActionsLayer::default())),
        ("stake", Screen::Neurons, Layer::Stake(form)),
        ("stake-wrong", Screen::Neurons, Layer::Stake(wrong)),
        (
            "unlock",
            Screen::Pulse,
            Layer::Unlock(UnlockLayer {
                name: Line::new("main"),
                passphrase: Passphrase::from("correct horse"),
                error: Some(Line::new("this passphrase does not open it")),
                busy: false,
                then: AfterUnlock::Review(vote_intent()),
            }),
        ),
        (
            "theme",
            Screen::Pulse,
            choice(
                ChoiceKind::Theme,
                "Theme",
                vec![
                    item("icpulse-dark", "Calm and dark, one blue accent", Some(true)),
                    item("icpulse-light", "Calm and light, one blue accent", Some(false)),
                    item("high-contrast", "Every word at 7:1 or better", Some(false)),
                ],
                "",
            ),
        ),
        (
            "identity",
            Screen::Pulse,
            choice(
                ChoiceKind::Identity,
                "Identity",
                vec![
                    item("anonymous", "read-only", Some(false)),
                    item("main", "keystore wmzac…e-aqc", Some(true)),
                ],
                "",
            ),
        ),
        (
            "followees",
            Screen::Neurons,
            choice(
                ChoiceKind::Followees,
                "Follow",
                vec![
                    item("DFINITY Foundation", "27", None),
                    item("Internet Computer Association", "28", None),
                ],
                "d",
            ),
        ),
        ("what-if", Screen::Network, what_if()),
        (
            "travel",
            Screen::Network,
            Layer::Travel(TravelLayer {
                input: Input::new("yesterday".to_owned()),
                error: Some(Line::new("write a version such as 53,100, or a day such as 2026-11-01")),
            }),
        ),
        (
            "alias",
            Screen::Network,
            Layer::Alias(AliasLayer { node: fleet::node(20), input: Input::new("rack-07/b".to_owned()) }),
        ),
        ("qr", Screen::Wallet, Layer::Qr(QrLayer { account: Account::of(principal(1)), icrc1: false })),
        (
            "message",
            Screen::Pulse,
            Layer::Message(MessageLayer {
                level: Level::Error,
                title: Line::new("The cache was set aside"),
                body: vec![
                    Line::new(
                        "The cache of this network could not be read: its proposals table fails its checksum.",
                    ),
                    Line::new(
                        "It was moved to cache.damaged-2026-11-22; a new one is being filled. Nothing on the network is affected.",
                    ),
                ],
                scroll: 0,
            }),
        ),
    ]
}

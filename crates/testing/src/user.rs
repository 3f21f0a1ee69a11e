//! A made-up user on a made-up day: nine neurons, proposals of every kind, an account, what is known of
//! the network.

use crate::{NOW, plain, principal};
use icpulse_model::economics::{Economics, GovernanceMetrics, MaturityModulation, RewardEvent};
use icpulse_model::evidence::{Evidence, Sourced};
use icpulse_model::ledger::{AccountState, Operation, Party, Transaction};
use icpulse_model::network::{NetworkFacts, Profile, SystemCanister};
use icpulse_model::neuron::{Access, DissolveState, KnownNeuron, KnownNeuronData, MaturityDisbursement};
use icpulse_model::proposal::{Ballot, Payload, ProposalBody, Tally, Undecoded, Value};
use icpulse_model::series::Series;
use icpulse_model::text::{Block, Line};
use icpulse_model::topic::{NeuronState, Visibility};
use icpulse_model::world::Proposals;
use icpulse_model::{
    Account, AccountIdentifier, E8s, Neuron, NeuronKey, Principal, Proposal, ProposalKey, ProposalStatus,
    RewardStatus, Seconds, Subaccount, Timestamp, Token, Topic, Vote, VotingPower, XdrPermyriad,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Voting power of the made-up network.
const TOTAL: u64 = 51_230_000_000_000_000;

fn node() -> Option<Principal> {
    Some(principal(77))
}

pub fn ago(seconds: u64) -> Timestamp {
    NOW.minus(Seconds(seconds))
}

pub fn ahead(seconds: u64) -> Timestamp {
    NOW.plus(Seconds(seconds))
}

pub const HOUR: u64 = 3_600;
pub const DAY: u64 = 86_400;

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

pub fn evidence() -> Evidence {
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
        topic: Topic::ExchangeRate,
        title: Line::new(&format!("Update the average ICP/XDR rate, round {id}")),
        action: Line::new("UpdateIcpXdrConversionRate"),
        created: ago((140_812 - id.min(140_812)) * 1_200 + 10 * DAY),
        deadline: Some(ago((140_812 - id.min(140_812)) * 1_200 + 6 * DAY)),
        decided: Some(ago((140_812 - id.min(140_812)) * 1_200 + 9 * DAY)),
        executed: Some(ago((140_812 - id.min(140_812)) * 1_200 + 9 * DAY)),
        tally: Some(Tally {
            yes: VotingPower(TOTAL / 100 * 97),
            no: VotingPower(TOTAL / 10_000),
            total: VotingPower(TOTAL),
            at: ago(9 * DAY),
        }),
        total_potential_voting_power: Some(VotingPower(TOTAL / 100 * 104)),
        reject_cost: E8s(1_000_000_000),
        reward_event_round: 2_000,
        evidence: evidence(),
        ..plain::executed_proposal(id)
    }
}

fn proposal(s: &Sketch) -> Proposal {
    let open = s.closes > 0;
    let deadline = if open { ahead(s.closes.unsigned_abs()) } else { ago(s.closes.unsigned_abs() * DAY) };
    let decided = (s.status != ProposalStatus::Open).then(|| ago(s.created - DAY));
    let ballots = s.mine.iter().enumerate().map(|(i, vote)| Ballot {
        neuron: NeuronKey::nns(MY_NEURONS[i]),
        vote: *vote,
        voting_power: VotingPower(neuron_power(i)),
    });
    Proposal {
        topic: s.topic,
        status: s.status,
        reward_status: if open { RewardStatus::AcceptVotes } else { RewardStatus::Settled },
        title: Line::new(s.title),
        action: Line::new(s.action),
        proposer: Some(NeuronKey::nns(if s.id.is_multiple_of(2) { 27 } else { 5_550_101_010_101_010 })),
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
        id: ProposalKey::nns(id),
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

pub fn known(id: u64, name: &str) -> KnownNeuron {
    KnownNeuron {
        id: NeuronKey::nns(id),
        data: KnownNeuronData {
            name: Line::new(name),
            description: Block::new("Votes on every topic after reading what is proposed."),
            links: vec![Line::new("https://example.org/voting")],
            committed_topics: vec![Topic::Governance, Topic::SubnetManagement],
        },
    }
}

pub fn neuron(index: usize) -> Neuron {
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
        access: if index == 5 { Access::Hotkey } else { Access::Controller },
        controller: Some(principal(if index == 5 { 9 } else { 1 })),
        hot_keys: vec![principal(2)],
        subaccount: Some(Subaccount::neuron_stake(&principal(1), index as u64)),
        state,
        cached_stake: E8s(neuron_power(index) / 3 * 2),
        fees: E8s(if index == 1 { 2_500_000_000 } else { 0 }),
        staked_maturity: Some(E8s(neuron_power(index) / 60)),
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
            (Topic::Unspecified, vec![NeuronKey::nns(27), NeuronKey::nns(28)]),
            (Topic::Governance, vec![NeuronKey::nns(28)]),
            (Topic::SnsAndCommunityFund, vec![NeuronKey::nns(4_966_884_161_088_437_903)]),
        ],
        recent_ballots: (0..14)
            .map(|i| (ProposalKey::nns(140_811 - i), if i % 5 == 4 { Vote::No } else { Vote::Yes }))
            .collect(),
        auto_stake_maturity: index.is_multiple_of(2),
        visibility: if index == 0 { Visibility::Public } else { Visibility::Private },
        joined_fund: (index == 2).then(|| ago(400 * DAY)),
        gang_bonus_base: E8s(if index == 0 { 300_000_000_000 } else { 0 }),
        disbursements: if index == 0 {
            vec![MaturityDisbursement {
                amount: E8s(120_450_000_000),
                ordered: ago(6 * DAY),
                arrives: ahead(19 * HOUR + 28 * 60),
                account: None,
                account_identifier: Some(Account::default_of(principal(1)).identifier()),
            }]
        } else {
            vec![]
        },
        evidence: evidence(),
        ..plain::neuron(MY_NEURONS[index])
    }
}

pub fn account() -> AccountState {
    let icp = Token::icp(Profile::main_network().icp_ledger());
    let own: Party = Account::default_of(principal(1)).identifier().into();
    let other: Party = Account::default_of(principal(4)).identifier().into();
    let stake: Party =
        AccountIdentifier::new(&SystemCanister::Governance.id(), &Subaccount::neuron_stake(&principal(1), 2))
            .into();
    let fee = Some(10_000);
    let operations = [
        Operation::Transfer { from: other, to: own, amount: 10_250_000_000, fee, spender: None },
        Operation::Transfer { from: own, to: stake, amount: 54_000_000_000, fee, spender: None },
        Operation::Mint { to: own, amount: 3_120_450_021 },
        Operation::Approve {
            from: own,
            spender: other,
            allowance: 500_000_000,
            fee,
            expires: Some(ahead(DAY)),
        },
        Operation::Burn { from: own, amount: 100_000_000 },
        Operation::Transfer { from: own, to: own, amount: 1, fee, spender: None },
        Operation::Unknown(Line::new("fee collector set")),
    ];
    let transactions = operations
        .into_iter()
        .cycle()
        .take(40)
        .enumerate()
        .map(|(i, operation)| Transaction {
            ledger: icp.ledger,
            block: 31_002_911 - 37 * i as u64,
            operation,
            memo: if i % 3 == 0 { 0 } else { 1_347_768_404 + i as u64 },
            icrc1_memo: (i == 2).then(|| b"november".to_vec()),
            created_at: Some(ago(HOUR * (3 * i as u64 + 2))),
            timestamp: Some(ago(HOUR * (3 * i as u64 + 2))),
            evidence: evidence(),
        })
        .collect();
    let balance_evidence = Evidence::certified(ago(3));
    AccountState {
        transactions,
        ..AccountState::new(icp, Account::default_of(principal(1)), 30_250_000_000, balance_evidence)
    }
}

pub fn facts() -> NetworkFacts {
    let signed = evidence();
    NetworkFacts {
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
                settled: (140_780..140_792).map(ProposalKey::nns).collect(),
            },
            signed,
        )),
        icp_xdr: Some(Sourced::new(XdrPermyriad(41_100), Evidence::certified(ago(50)))),
        average_icp_xdr: Some(Sourced::new(XdrPermyriad(38_250), signed)),
        modulation: Some(Sourced::new(MaturityModulation { permyriad: -120, at: Some(ago(DAY)) }, signed)),
        known_neurons: Some(Sourced::new(
            vec![
                known(27, "DFINITY Foundation"),
                known(28, "Internet Computer Association"),
                known(4_966_884_161_088_437_903, "Harbour Watch"),
            ],
            signed,
        )),
        decided_proposals: Some(Sourced::new(23, signed)),
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
            format!("balance:{}", Account::default_of(principal(1)).identifier()),
            ring(wave(90, 20_000_000_000, 9_000_000_000), DAY),
        ),
    ])
}

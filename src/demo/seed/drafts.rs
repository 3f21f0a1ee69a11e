//! Proposals of every kind, written for the demo network.

use super::dice::Dice;
use super::motions::{MOTIONS, MotionText};
use super::payloads as p;
use crate::demo::governance::error::{EXTERNAL, error};
use crate::demo::governance::proposal::{Draft, Outcome};
use crate::demo::governance::topics::nns_canister;
use crate::ic::wire::governance as wire;
use crate::model::Principal;
use serde_bytes::ByteBuf;
use wire::{Action, GovernanceError, SelfDescribingValue};

/// What a proposal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is named after its action or function")]
pub enum Kind {
    Motion,
    Spam,
    Hostile,
    RegisterKnownNeuron,
    DeregisterKnownNeuron,
    SetDefaultFollowees,
    UninstallCode,
    ManageNetworkEconomics,
    UpdateNodeRewardsTable,
    ClearProvisionalWhitelist,
    AssignNoid,
    UpdateNodeOperatorConfig,
    RemoveNodes,
    RemoveNodeOperators,
    BlessAlternativeGuestos,
    AddNodeProvider,
    RemoveNodeProvider,
    DataCenters,
    ChangeSubnetMembership,
    CreateSubnet,
    UpdateSubnet,
    UpgradeApplicationCanister,
    ApplicationCanisterSettings,
    StopOrStartCanister,
    CreateCanisterAndInstallCode,
    TakeCanisterSnapshot,
    LoadCanisterSnapshot,
    GenesisKyc,
    RewardNodeProvider,
    RewardNodeProviders,
    ElectGuestos,
    UnelectGuestos,
    ElectHostos,
    DeployGuestos,
    DeployHostos,
    DeployApiBoundaryGuestos,
    CreateSns,
    AddApiBoundaryNodes,
    RemoveApiBoundaryNodes,
    SubnetRental,
    FulfillSubnetRental,
    UpgradeProtocolCanister,
    ProtocolCanisterSettings,
    PauseMigrations,
    UnpauseMigrations,
    AddSnsWasm,
    UpgradeSnsW,
    ExchangeRate,
}

/// Kinds and how many of them there are among 600.
pub const SHARES: &[(Kind, u64)] = &[
    (Kind::Motion, 52),
    (Kind::Spam, 5),
    (Kind::RegisterKnownNeuron, 12),
    (Kind::DeregisterKnownNeuron, 2),
    (Kind::SetDefaultFollowees, 1),
    (Kind::UninstallCode, 2),
    (Kind::ManageNetworkEconomics, 7),
    (Kind::UpdateNodeRewardsTable, 3),
    (Kind::ClearProvisionalWhitelist, 1),
    (Kind::AssignNoid, 18),
    (Kind::UpdateNodeOperatorConfig, 18),
    (Kind::RemoveNodes, 10),
    (Kind::RemoveNodeOperators, 4),
    (Kind::BlessAlternativeGuestos, 2),
    (Kind::AddNodeProvider, 22),
    (Kind::RemoveNodeProvider, 4),
    (Kind::DataCenters, 14),
    (Kind::ChangeSubnetMembership, 66),
    (Kind::CreateSubnet, 4),
    (Kind::UpdateSubnet, 12),
    (Kind::UpgradeApplicationCanister, 44),
    (Kind::ApplicationCanisterSettings, 8),
    (Kind::StopOrStartCanister, 3),
    (Kind::CreateCanisterAndInstallCode, 3),
    (Kind::TakeCanisterSnapshot, 3),
    (Kind::LoadCanisterSnapshot, 1),
    (Kind::GenesisKyc, 5),
    (Kind::RewardNodeProvider, 4),
    (Kind::RewardNodeProviders, 7),
    (Kind::ElectGuestos, 26),
    (Kind::UnelectGuestos, 8),
    (Kind::ElectHostos, 8),
    (Kind::DeployGuestos, 72),
    (Kind::DeployHostos, 6),
    (Kind::DeployApiBoundaryGuestos, 6),
    (Kind::CreateSns, 14),
    (Kind::AddApiBoundaryNodes, 9),
    (Kind::RemoveApiBoundaryNodes, 6),
    (Kind::SubnetRental, 6),
    (Kind::FulfillSubnetRental, 3),
    (Kind::UpgradeProtocolCanister, 36),
    (Kind::ProtocolCanisterSettings, 5),
    (Kind::PauseMigrations, 2),
    (Kind::UnpauseMigrations, 2),
    (Kind::AddSnsWasm, 12),
    (Kind::UpgradeSnsW, 4),
    (Kind::ExchangeRate, 6),
];

/// Kinds on governance and SNS, where following on all topics does not reach.
#[must_use]
pub const fn is_political(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Motion
            | Kind::Spam
            | Kind::Hostile
            | Kind::RegisterKnownNeuron
            | Kind::DeregisterKnownNeuron
            | Kind::SetDefaultFollowees
            | Kind::UninstallCode
            | Kind::CreateSns
    )
}

/// The things proposals are about.
#[derive(Clone)]
pub struct Scenery {
    /// Subnets.
    pub subnets: Vec<Principal>,
    /// Nodes.
    pub nodes: Vec<Principal>,
    /// Node providers.
    pub providers: Vec<Principal>,
    /// Neurons that may become known, or are.
    pub public: Vec<u64>,
    /// Known neurons with their words.
    pub known: Vec<wire::KnownNeuron>,
}

impl Scenery {
    /// The scenery of a seed.
    #[must_use]
    pub fn new(seed: u64, public: Vec<u64>, known: Vec<wire::KnownNeuron>) -> Self {
        let mut dice = Dice::new(seed, 2);
        let mut some = |count: usize| (0..count).map(|_| dice.principal()).collect();
        Self { subnets: some(37), nodes: some(560), providers: some(40), public, known }
    }
}

/// A proposal and how many of a thousand ordinary voters agree with it.
pub struct Idea {
    /// The proposal.
    pub draft: Draft,
    /// Its appeal.
    pub appeal: u64,
}

const DATA_CENTERS: &[(&str, &str)] = &[
    ("zh2", "Zurich"),
    ("ge1", "Geneva"),
    ("mu1", "Munich"),
    ("br1", "Brussels"),
    ("lj1", "Ljubljana"),
    ("sg2", "Singapore"),
    ("ty1", "Tokyo"),
    ("kr1", "Seoul"),
    ("bo1", "Boston"),
    ("dl1", "Dallas"),
    ("to1", "Toronto"),
    ("sp1", "São Paulo"),
    ("jb1", "Johannesburg"),
    ("mb1", "Mumbai"),
    ("sy1", "Sydney"),
    ("hk1", "Hong Kong"),
];

/// Application canisters by index and name.
const APPLICATIONS: &[(u64, &str)] = &[
    (7, "Internet Identity"),
    (8, "NNS dapp"),
    (6, "Genesis Token"),
    (11, "ICP ledger index"),
    (12, "Subnet Rental"),
];
/// Protocol canisters by index and name.
const PROTOCOL: &[(u64, &str)] = &[
    (0, "registry"),
    (1, "governance"),
    (2, "ICP ledger"),
    (3, "root"),
    (4, "cycles minting"),
    (5, "lifeline"),
];

/// A version of the replica: a commit.
fn version(dice: &mut Dice) -> String {
    dice.hex(40)
}

fn dated(dice: &mut Dice) -> String {
    format!("release-2026-{:02}-{:02}_03-24-base", dice.within(1, 13), dice.within(1, 29))
}

fn forum(dice: &mut Dice) -> String {
    format!("https://forum.dfinity.org/t/{}", dice.within(20_000, 68_000))
}

/// The failure of a call to another canister, as governance reports it.
#[must_use]
pub fn trapped(canister: Principal, message: &str) -> GovernanceError {
    error(
        EXTERNAL,
        format!(
            "Error executing ExecuteNnsFunction proposal. Error Code: 5. Rejection message: IC0503: Error from \
             Canister {canister}: Canister called `ic0.trap` with message: '{message}'.\nConsider gracefully \
             handling failures from this canister or altering the canister to handle exceptions. See \
             documentation: https://internetcomputer.org/docs/current/references/execution-errors#trapped-explicitly"
        ),
    )
}

struct Words {
    title: String,
    summary: String,
    url: String,
}

fn words(title: impl Into<String>, summary: impl Into<String>, url: impl Into<String>) -> Words {
    Words { title: title.into(), summary: summary.into(), url: url.into() }
}

type Content = (Words, Action, Option<SelfDescribingValue>, u64);

/// Writes a proposal of a kind; the serial number keeps names apart.
#[must_use]
pub fn write(kind: Kind, dice: &mut Dice, serial: u64, scenery: &Scenery) -> Idea {
    let (words, action, payload, appeal) = match kind {
        Kind::Motion => {
            let at = usize::try_from(dice.within(0, MOTIONS.len() as u64)).unwrap_or(0);
            motion(dice, MOTIONS.get(at))
        }
        Kind::Spam => spam(dice),
        Kind::Hostile => hostile(),
        Kind::RegisterKnownNeuron
        | Kind::DeregisterKnownNeuron
        | Kind::SetDefaultFollowees
        | Kind::ManageNetworkEconomics => governance(kind, dice, serial, scenery),
        Kind::AssignNoid
        | Kind::UpdateNodeOperatorConfig
        | Kind::RemoveNodes
        | Kind::RemoveNodeOperators
        | Kind::BlessAlternativeGuestos => node_admin(kind, dice, scenery),
        Kind::AddNodeProvider
        | Kind::RemoveNodeProvider
        | Kind::DataCenters
        | Kind::RewardNodeProvider
        | Kind::RewardNodeProviders
        | Kind::UpdateNodeRewardsTable
        | Kind::GenesisKyc => participants(kind, dice, serial, scenery),
        Kind::ChangeSubnetMembership
        | Kind::CreateSubnet
        | Kind::UpdateSubnet
        | Kind::SubnetRental
        | Kind::FulfillSubnetRental
        | Kind::AddApiBoundaryNodes
        | Kind::RemoveApiBoundaryNodes => subnets(kind, dice, scenery),
        Kind::ElectGuestos
        | Kind::UnelectGuestos
        | Kind::ElectHostos
        | Kind::DeployGuestos
        | Kind::DeployHostos
        | Kind::DeployApiBoundaryGuestos => versions(kind, dice, scenery),
        Kind::CreateSns | Kind::AddSnsWasm => sns(kind, dice, serial),
        Kind::ClearProvisionalWhitelist
        | Kind::PauseMigrations
        | Kind::UnpauseMigrations
        | Kind::ExchangeRate
        | Kind::UninstallCode => functions(kind, dice),
        _ => canisters(kind, dice, scenery),
    };
    finish(kind, dice, words, action, payload, appeal)
}

/// Writes a proposal of a given appeal; a motion whose words have about that appeal.
#[must_use]
pub fn write_appealing(kind: Kind, appeal: u64, dice: &mut Dice, serial: u64, scenery: &Scenery) -> Idea {
    if kind != Kind::Motion {
        return Idea { appeal, ..write(kind, dice, serial, scenery) };
    }
    let mut nearest: Vec<&MotionText> = MOTIONS.iter().collect();
    nearest.sort_by_key(|text| text.appeal.abs_diff(appeal));
    let at = usize::try_from(serial % 3).unwrap_or(0);
    let (words, action, payload, _) = motion(dice, nearest.get(at).copied());
    finish(kind, dice, words, action, payload, appeal)
}

fn finish(
    kind: Kind,
    dice: &mut Dice,
    words: Words,
    action: Action,
    payload: Option<SelfDescribingValue>,
    appeal: u64,
) -> Idea {
    let at_once = is_political(kind) && kind != Kind::CreateSns && kind != Kind::UninstallCode;
    let after = if at_once { 0 } else { dice.within(2, 25) };
    let fails = matches!(action, Action::ExecuteNnsFunction(_)) && dice.chance(35);
    let failure = fails.then(|| {
        let why = dice.text(&[
            "Panicked at 'Deserialization Failed: \"No more values on the wire\"', \
             rs/rust_canisters/dfn_core/src/endpoint.rs:122:41",
            "Panicked at '[Registry] Subnet record not found.', rs/registry/canister/src/mutations/subnet.rs:88:13",
            "Panicked at '[Registry] Cannot remove nodes that are members of a subnet.', \
             rs/registry/canister/src/mutations/node.rs:64:9",
        ]);
        trapped(nns_canister(0), why)
    });
    let draft = Draft {
        title: Some(words.title),
        summary: words.summary,
        url: words.url,
        action,
        payload,
        outcome: Outcome { after, failure },
    };
    Idea { draft, appeal }
}

/// The same tricks as proposal 6 of the recordings of the real canister, and some more.
fn hostile() -> Content {
    (
        words(
            "Hostile \u{1b}[31mtitle\u{202e}",
            "Escape \u{1b}]0;pwned\u{7} and \u{200b}zero width \u{1b}[2J\n\n[a link](javascript:alert(1)) | \
             =HYPERLINK(\"https://example.org\") | \u{2066}isolated\u{2069} | \u{fe0f}\u{e0041}",
            "https://forum.dfinity.org/t/2\u{1b}[0m",
        ),
        Action::Motion(wire::Motion { motion_text: "x\u{1b}[8m hidden \u{202e}txet".to_owned() }),
        None,
        15,
    )
}

fn spam(dice: &mut Dice) -> Content {
    let token = dice.text(&["MOONFROG", "ICPUP", "GIGAYIELD", "NEXT100X"]);
    let title = format!("Airdrop of {token}: claim now");
    let summary = format!(
        "**{token}** rewards early believers!\n\nSend 1 ICP, receive *ten*. Nothing here is a promise.\n\n> This \
         proposal does nothing but advertise."
    );
    let action = Action::Motion(wire::Motion { motion_text: format!("Claim {token}.") });
    (words(title, summary, ""), action, None, 25)
}

fn motion(dice: &mut Dice, text: Option<&MotionText>) -> Content {
    let Some(text) = text else {
        return (words("Motion", "", ""), Action::Motion(wire::Motion::default()), None, 500);
    };
    let url = forum(dice);
    let rounds = if dice.chance(250) { dice.within(2, 4) } else { 1 };
    let title = if rounds > 1 { format!("{} (round {rounds})", text.title) } else { text.title.to_owned() };
    let (wants, why) = (text.wants, text.why);
    let comments = dice.within(12, 240);
    let summary = format!(
        "# Motivation\n\n{why}\n\n# Proposal\n\n{wants}\n\n## What changes\n\n* Nothing by itself: this is a motion.\n\
         * If adopted, those who can are asked to do it within **three months**.\n\n## Discussion\n\n{comments} comments \
         on the [forum]({url}). Arguments against were cost, and that it could be done without a vote."
    );
    let appeal = (text.appeal + dice.within(0, 120)).saturating_sub(60).clamp(5, 985);
    (words(title, summary, url), Action::Motion(wire::Motion { motion_text: wants.to_owned() }), None, appeal)
}

fn governance(kind: Kind, dice: &mut Dice, serial: u64, scenery: &Scenery) -> Content {
    match kind {
        Kind::RegisterKnownNeuron => {
            let fallback = 1;
            let id = *dice.pick(&scenery.public, &fallback);
            let first =
                dice.text(&["Amber", "Basalt", "Copper", "Delta", "Ember", "Fjord", "Granite", "Hazel"]);
            let second =
                dice.text(&["Assembly", "Circle", "Forum", "League", "Node Watch", "Voters", "Workshop"]);
            let name = format!("{first} {second} {serial}");
            let data = wire::KnownNeuronData {
                name: name.clone(),
                description: Some("Votes on every proposal and explains each vote in a sentence.".to_owned()),
                links: Some(vec![forum(dice)]),
                committed_topics: Some(vec![Some(wire::TopicToFollow::Governance)]),
            };
            let summary = format!(
                "## {name}\n\nWe would like to register neuron `{id}` as a known neuron.\n\n\
                 1. We have voted on every proposal of the last year.\n2. We will publish our reasons.\n\
                 3. We hold office hours every second Thursday."
            );
            let known = wire::KnownNeuron { id: Some(wire::NeuronId { id }), known_neuron_data: Some(data) };
            let words = words(format!("Register known neuron: {name}"), summary, forum(dice));
            (words, Action::RegisterKnownNeuron(known), None, dice.within(450, 900))
        }
        Kind::DeregisterKnownNeuron => {
            // One that does not exist any more: if it were adopted, its execution would fail.
            let id = wire::NeuronId { id: dice.within(1, u64::MAX) };
            let summary = "The owner asks to be taken off the list: the key is held by another team now.";
            let action = Action::DeregisterKnownNeuron(wire::DeregisterKnownNeuron { id: Some(id) });
            (words("Deregister a known neuron", summary, ""), action, None, 420)
        }
        Kind::SetDefaultFollowees => {
            let leader = scenery.known.first().and_then(|k| k.id).into_iter().collect();
            let default_followees = vec![(0, wire::Followees { followees: leader })];
            let summary = "New neurons follow the first known neuron on all topics but Governance and SNS.";
            let action = Action::SetDefaultFollowees(wire::SetDefaultFollowees { default_followees });
            (words("Set default followees", summary, forum(dice)), action, None, 610)
        }
        _ => {
            let fee = *dice.pick(&[1_000_000, 1_500_000, 2_000_000], &1_000_000);
            let economics =
                wire::NetworkEconomics { neuron_management_fee_per_proposal_e8s: fee, ..Default::default() };
            let summary = format!(
                "Sets the fee for managing a neuron by proposal to **{}.{:03} ICP**. All other parameters stay as \
                 they are (zero means \"unchanged\").",
                fee / 100_000_000,
                fee % 100_000_000 / 100_000
            );
            let words = words("Adjust the neuron management fee", summary, forum(dice));
            (words, Action::ManageNetworkEconomics(Box::new(economics)), None, 780)
        }
    }
}

fn node_admin(kind: Kind, dice: &mut Dice, scenery: &Scenery) -> Content {
    let none = Principal::anonymous();
    let provider = *dice.pick(&scenery.providers, &none);
    let operator = dice.principal();
    let (dc, city) = *dice.pick(DATA_CENTERS, &("zh2", "Zurich"));
    match kind {
        Kind::AssignNoid => {
            let allowance = dice.within(4, 30);
            let (action, payload) = p::call(
                8,
                &p::AddNodeOperator {
                    node_operator_principal_id: Some(operator),
                    node_provider_principal_id: Some(provider),
                    dc_id: dc.to_owned(),
                    node_allowance: allowance,
                    ipv6: None,
                },
            );
            let summary = format!(
                "Node provider `{provider}` adds a node operator in **{city}** ({dc}) for {allowance} \
                 generation-2 nodes.\n\nThe data center contract was verified on the \
                 [forum]({}).",
                forum(dice)
            );
            (words(format!("Add node operator in {city}"), summary, ""), action, payload, 930)
        }
        Kind::UpdateNodeOperatorConfig => {
            let allowance = dice.within(0, 28);
            let (action, payload) = p::call(
                16,
                &p::UpdateNodeOperatorConfig {
                    node_operator_id: Some(operator),
                    node_allowance: Some(allowance),
                    dc_id: Some(dc.to_owned()),
                    ..Default::default()
                },
            );
            let summary =
                format!("Sets the node allowance of operator `{operator}` in {city} to **{allowance}**.");
            (words(format!("Update node allowance in {city}"), summary, ""), action, payload, 940)
        }
        Kind::RemoveNodes => {
            let count = usize::try_from(dice.within(1, 6)).unwrap_or(1);
            let node_ids = dice.several(&scenery.nodes, count);
            let list: Vec<String> = node_ids.iter().map(|id| format!("* `{id}`")).collect();
            let (action, payload) = p::call(18, &p::Nodes { node_ids });
            let summary = format!("These nodes are broken or leave {city}:\n\n{}", list.join("\n"));
            (words(format!("Remove {count} nodes from the registry"), summary, ""), action, payload, 950)
        }
        Kind::RemoveNodeOperators => {
            let argument = p::RemoveNodeOperators { node_operators_to_remove: vec![operator] };
            let (action, payload) = p::call(23, &argument);
            let summary = format!("Operator `{operator}` has no nodes and no allowance left.");
            (words("Remove an inactive node operator", summary, ""), action, payload, 960)
        }
        _ => {
            let measurement = wire::GuestLaunchMeasurement {
                measurement: Some(ByteBuf::from([dice.bytes().as_slice(), &dice.bytes()[..16]].concat())),
                metadata: Some(wire::GuestLaunchMeasurementMetadata {
                    kernel_cmdline: Some("root=/dev/vda5 console=ttyS0 dfinity.system=A".to_owned()),
                }),
            };
            let bless = wire::BlessAlternativeGuestOsVersion {
                chip_ids: Some(vec![ByteBuf::from([dice.bytes(), dice.bytes()].concat())]),
                rootfs_hash: Some(dice.hex(64)),
                base_guest_launch_measurements: Some(wire::GuestLaunchMeasurements {
                    guest_launch_measurements: Some(vec![measurement]),
                }),
            };
            let summary =
                "Recovery drill: one machine may boot an alternative GuestOS until it has caught up.";
            let action = Action::BlessAlternativeGuestOsVersion(bless);
            (words("Bless a recovery GuestOS for one node", summary, forum(dice)), action, None, 900)
        }
    }
}

fn participants(kind: Kind, dice: &mut Dice, serial: u64, scenery: &Scenery) -> Content {
    let none = Principal::anonymous();
    let provider = *dice.pick(&scenery.providers, &none);
    let (dc, city) = *dice.pick(DATA_CENTERS, &("zh2", "Zurich"));
    match kind {
        Kind::AddNodeProvider => {
            let id = dice.principal();
            let company =
                dice.text(&["Alpine Racks", "Baobab Hosting", "Cirrus Colo", "Dunes Data", "Eiger Nodes"]);
            let change = wire::Change::ToAdd(wire::NodeProvider { id: Some(id), reward_account: None });
            let summary = format!(
                "## Who we are\n\n**{company} {serial}** runs machines in {city}.\n\n## Documents\n\n| document | sha-256 |\n\
                 |---|---|\n| Self-declaration | `{}` |\n| Proof of identity | `{}` |\n\nBoth are on the \
                 [wiki](https://wiki.internetcomputer.org/wiki/Node_Provider_Self-declaration).",
                dice.hex(64),
                dice.hex(64)
            );
            let action =
                Action::AddOrRemoveNodeProvider(wire::AddOrRemoveNodeProvider { change: Some(change) });
            (words(format!("Add node provider: {company} {serial}"), summary, forum(dice)), action, None, 850)
        }
        Kind::RemoveNodeProvider => {
            let change =
                wire::Change::ToRemove(wire::NodeProvider { id: Some(provider), reward_account: None });
            let summary = format!("Node provider `{provider}` has sold all machines and leaves the network.");
            let action =
                Action::AddOrRemoveNodeProvider(wire::AddOrRemoveNodeProvider { change: Some(change) });
            (words("Remove a node provider", summary, ""), action, None, 880)
        }
        Kind::DataCenters => {
            let argument = p::AddOrRemoveDataCenters {
                data_centers_to_add: vec![p::DataCenter {
                    id: dc.to_owned(),
                    region: format!("{city},{dc}"),
                    owner: dice
                        .text(&["Equipoise", "Northlight DC", "Harbour Colo", "Plateau Hosting"])
                        .to_owned(),
                }],
                data_centers_to_remove: Vec::new(),
            };
            let (action, payload) = p::call(21, &argument);
            let summary =
                format!("Adds data center **{dc}** in {city}. Contract and location were verified.");
            (words(format!("Add data center {dc} ({city})"), summary, ""), action, payload, 940)
        }
        Kind::RewardNodeProvider | Kind::RewardNodeProviders => {
            let count = if kind == Kind::RewardNodeProvider { 1 } else { 4 };
            let reward = |id: Principal, amount: u64| wire::RewardNodeProvider {
                node_provider: Some(wire::NodeProvider { id: Some(id), reward_account: None }),
                reward_mode: Some(wire::RewardMode::RewardToAccount(wire::RewardToAccount {
                    to_account: None,
                })),
                amount_e8s: amount,
            };
            let chosen = dice.several(&scenery.providers, count);
            let rewards: Vec<_> =
                chosen.into_iter().map(|id| reward(id, dice.within(40, 900) * 100_000_000)).collect();
            let total: u64 = rewards.iter().map(|r| r.amount_e8s / 100_000_000).sum();
            let summary = format!(
                "Pays {count} node provider(s) {total} ICP in all for nodes that were wrongly counted as idle last \
                 month."
            );
            let words = words("Correct node provider rewards", summary, forum(dice));
            let action = match (kind, rewards.first()) {
                (Kind::RewardNodeProvider, Some(one)) => Action::RewardNodeProvider(one.clone()),
                _ => Action::RewardNodeProviders(wire::RewardNodeProviders {
                    use_registry_derived_rewards: Some(false),
                    rewards,
                }),
            };
            (words, action, None, 760)
        }
        Kind::UpdateNodeRewardsTable => {
            let rate = dice.within(9_000_000, 16_000_000);
            let argument = p::UpdateNodeRewardsTable {
                new_entries: vec![p::NodeRewardRate {
                    region: format!("Europe,{city}"),
                    node_type: "type3.1".to_owned(),
                    xdr_permyriad_per_node_per_month: rate,
                }],
            };
            let (action, payload) = p::call(20, &argument);
            let summary = format!(
                "Sets the monthly reward of type 3.1 nodes in {city} to **{} XDR**, as measured hosting costs ask \
                 for.",
                rate / 10_000
            );
            (words("Update the node rewards table", summary, forum(dice)), action, payload, 710)
        }
        _ => {
            let principals = (0..3).map(|_| dice.principal()).collect();
            let summary = "Confirms the identity checks of three genesis principals.";
            let action = Action::ApproveGenesisKyc(wire::Principals { principals });
            (words("Approve genesis KYC", summary, ""), action, None, 960)
        }
    }
}

fn subnets(kind: Kind, dice: &mut Dice, scenery: &Scenery) -> Content {
    let none = Principal::anonymous();
    let subnet = *dice.pick(&scenery.subnets, &none);
    let short: String = subnet.to_text().chars().take(5).collect();
    match kind {
        Kind::ChangeSubnetMembership => {
            let count = usize::try_from(dice.within(1, 4)).unwrap_or(1);
            let chosen = dice.several(&scenery.nodes, 2 * count);
            let (add, remove) = chosen.split_at(count.min(chosen.len()));
            let (from, to) = (dice.within(3, 7), dice.within(7, 12));
            let row = |verb: &str, id: &Principal| format!("| {verb} | `{id}` |");
            let rows: Vec<String> = remove
                .iter()
                .map(|id| row("removed", id))
                .chain(add.iter().map(|id| row("added", id)))
                .collect();
            let summary = format!(
                "Replaces {count} node(s) of subnet `{short}` so that its Nakamoto coefficient for data centers rises \
                 from {from} to **{to}**.\n\n| | node |\n|---|---|\n{}\n\nBusiness rules analysis: no violations.",
                rows.join("\n")
            );
            let argument = p::ChangeSubnetMembership {
                subnet_id: subnet,
                node_ids_add: add.to_vec(),
                node_ids_remove: remove.to_vec(),
            };
            let (action, payload) = p::call(31, &argument);
            (words(format!("Replace {count} node(s) in subnet {short}"), summary, ""), action, payload, 960)
        }
        Kind::CreateSubnet => {
            let argument = p::CreateSubnet {
                node_ids: dice.several(&scenery.nodes, 13),
                replica_version_id: version(dice),
                subnet_type: "application".to_owned(),
                dkg_interval_length: 499,
                initial_notary_delay_millis: 300,
                unit_delay_millis: 1_000,
                max_ingress_bytes_per_message: 2_097_152,
                max_block_payload_size: 4_194_304,
                ..Default::default()
            };
            let (action, payload) = p::call(1, &argument);
            let summary =
                "A new application subnet of 13 nodes on four continents, to relieve the two largest ones.";
            (words("Create an application subnet", summary, forum(dice)), action, payload, 930)
        }
        Kind::UpdateSubnet => {
            let canisters = dice.within(80, 200) * 1_000;
            let argument = p::UpdateSubnet {
                subnet_id: Some(subnet),
                max_number_of_canisters: Some(canisters),
                ..Default::default()
            };
            let (action, payload) = p::call(7, &argument);
            let summary =
                format!("Raises the number of canisters allowed on subnet `{short}` to **{canisters}**.");
            (words(format!("Update the configuration of subnet {short}"), summary, ""), action, payload, 950)
        }
        Kind::SubnetRental => {
            let user = dice.principal();
            let argument = p::SubnetRentalRequest { user, rental_condition_id: "App13CH".to_owned() };
            let (action, payload) = p::call(52, &argument);
            let summary = format!(
                "User `{user}` rents a subnet of 13 nodes in Switzerland for 180 days, paid in advance at 30 % above \
                 the XDR price."
            );
            (
                words("Subnet rental request (Switzerland, 13 nodes)", summary, forum(dice)),
                action,
                payload,
                720,
            )
        }
        Kind::FulfillSubnetRental => {
            let request = wire::FulfillSubnetRentalRequest {
                user: Some(dice.principal()),
                node_ids: Some(dice.several(&scenery.nodes, 13)),
                replica_version_id: Some(version(dice)),
            };
            let summary =
                "The nodes have been chosen, the first 180 days are paid: the rented subnet can be created.";
            let action = Action::FulfillSubnetRentalRequest(request);
            (words("Fulfill a subnet rental request", summary, ""), action, None, 910)
        }
        Kind::AddApiBoundaryNodes => {
            let node_ids = dice.several(&scenery.nodes, 2);
            let (action, payload) = p::call(43, &p::AddApiBoundaryNodes { node_ids, version: version(dice) });
            let summary = "Two more API boundary nodes, in regions that had one each.";
            (words("Add 2 API boundary nodes", summary, ""), action, payload, 950)
        }
        _ => {
            let node_ids = dice.several(&scenery.nodes, 1);
            let (action, payload) = p::call(44, &p::Nodes { node_ids });
            let summary = "The node answers too slowly; it returns to the pool of unassigned nodes.";
            (words("Remove 1 API boundary node", summary, ""), action, payload, 940)
        }
    }
}

fn versions(kind: Kind, dice: &mut Dice, scenery: &Scenery) -> Content {
    let none = Principal::anonymous();
    let subnet = *dice.pick(&scenery.subnets, &none);
    let short: String = subnet.to_text().chars().take(5).collect();
    let id = version(dice);
    let brief: String = id.chars().take(8).collect();
    let sha = dice.hex(64);
    match kind {
        Kind::ElectGuestos => {
            let name = dated(dice);
            let argument = p::ReviseElectedGuestosVersions {
                replica_version_to_elect: Some(id.clone()),
                release_package_sha256_hex: Some(sha.clone()),
                release_package_urls: vec![
                    format!(
                        "https://download.dfinity.systems/ic/{id}/guest-os/update-img/update-img.tar.zst"
                    ),
                    format!(
                        "https://download.dfinity.network/ic/{id}/guest-os/update-img/update-img.tar.zst"
                    ),
                ],
                replica_versions_to_unelect: Vec::new(),
            };
            let (action, payload) = p::call(38, &argument);
            let lines = dice.several(
                &[
                    "Consensus: fewer signatures are kept in memory",
                    "Execution: cheaper copies of stable memory",
                    "Messaging: best-effort calls time out more evenly",
                    "Networking: connections are reused across restarts",
                    "Crypto: verification of BLS signatures in batches",
                    "Node: logs of the host are rotated daily",
                    "Ledger suite: archive spawning is bounded",
                ],
                4,
            );
            let features: Vec<String> =
                lines.iter().map(|line| format!("* {} {line}", dice.hex(9))).collect();
            let summary = format!(
                "# Release notes for [{name}](https://github.com/dfinity/ic/tree/{name}) `{id}`\n\n## Features and fixes\n\n\
                 {}\n\n# Verification\n\n```\nsudo apt-get install -y curl\ncurl --proto '=https' --tlsv1.2 -sSLO \
                 https://example.org/repro-check\nchmod +x repro-check\n./repro-check -c {id}\n```\n\nThe image must have \
                 sha-256 `{sha}`.",
                features.join("\n")
            );
            (
                words(format!("Elect GuestOS version {brief} ({name})"), summary, forum(dice)),
                action,
                payload,
                975,
            )
        }
        Kind::UnelectGuestos => {
            let old: Vec<String> = (0..dice.within(1, 4)).map(|_| version(dice)).collect();
            let rows: Vec<String> = old.iter().map(|id| format!("* `{id}`")).collect();
            let argument =
                p::ReviseElectedGuestosVersions { replica_versions_to_unelect: old, ..Default::default() };
            let (action, payload) = p::call(38, &argument);
            let summary = format!("These versions are no longer used by any subnet:\n\n{}", rows.join("\n"));
            (words("Retire unused GuestOS versions", summary, ""), action, payload, 970)
        }
        Kind::ElectHostos => {
            let argument = p::ReviseElectedHostosVersions {
                hostos_version_to_elect: Some(id.clone()),
                release_package_sha256_hex: Some(sha),
                release_package_urls: vec![format!(
                    "https://download.dfinity.systems/ic/{id}/host-os/update-img/update-img.tar.zst"
                )],
                hostos_versions_to_unelect: Vec::new(),
            };
            let (action, payload) = p::call(50, &argument);
            let summary = format!("HostOS `{id}`: newer kernel, firmware updates, fewer wake-ups.");
            (words(format!("Elect HostOS version {brief}"), summary, forum(dice)), action, payload, 965)
        }
        Kind::DeployGuestos => {
            let argument =
                p::DeployGuestosToAllSubnetNodes { subnet_id: subnet, replica_version_id: id.clone() };
            let (action, payload) = p::call(11, &argument);
            let summary = format!(
                "Upgrades subnet `{subnet}` to GuestOS version [{id}](https://dashboard.internetcomputer.org/release/{id})."
            );
            (
                words(format!("Update subnet {short} to GuestOS version {brief}"), summary, ""),
                action,
                payload,
                970,
            )
        }
        Kind::DeployHostos => {
            let node_ids = dice.several(&scenery.nodes, 20);
            let argument = p::DeployHostosToSomeNodes { node_ids, hostos_version_id: Some(id.clone()) };
            let (action, payload) = p::call(51, &argument);
            let summary = format!("Wave 2 of 5: HostOS `{id}` on 20 unassigned nodes.");
            (words(format!("Update HostOS of 20 nodes to {brief}"), summary, ""), action, payload, 960)
        }
        _ => {
            let node_ids = dice.several(&scenery.nodes, 6);
            let argument = p::DeployGuestosToSomeApiBoundaryNodes { node_ids, version: id.clone() };
            let (action, payload) = p::call(46, &argument);
            let summary = format!("Upgrades six API boundary nodes to `{id}`.");
            (words(format!("Update API boundary nodes to {brief}"), summary, ""), action, payload, 960)
        }
    }
}

fn functions(kind: Kind, dice: &mut Dice) -> Content {
    match kind {
        Kind::ClearProvisionalWhitelist => {
            let (action, payload) = p::call_empty(12);
            let summary = "The provisional whitelist served the first months of the network.";
            (words("Clear the provisional whitelist", summary, ""), action, payload, 970)
        }
        Kind::PauseMigrations => {
            let (action, payload) = p::call_empty(53);
            let summary = "Canister migrations pause while the routing table is rebuilt.";
            (words("Pause canister migrations", summary, forum(dice)), action, payload, 950)
        }
        Kind::UnpauseMigrations => {
            let (action, payload) = p::call_empty(54);
            let summary = "The routing table has been rebuilt: canisters may move between subnets again.";
            (words("Unpause canister migrations", summary, forum(dice)), action, payload, 950)
        }
        Kind::ExchangeRate => {
            let rate = dice.within(28_000, 61_000);
            let argument = p::UpdateIcpXdrConversionRate {
                data_source: "{\"icp\":[\"average\"],\"xdr\":[\"imf\"]}".to_owned(),
                timestamp_seconds: dice.within(1_770_000_000, 1_790_000_000),
                xdr_permyriad_per_icp: rate,
            };
            let (action, payload) = p::call(10, &argument);
            let summary =
                format!("The ICP/XDR rate is set to {rate} permyriad by hand, as the oracle was silent.");
            (words("Set the ICP/XDR conversion rate", summary, ""), action, payload, 930)
        }
        _ => {
            let canister_id = canister(dice);
            let (action, payload) =
                p::call(19, &p::UninstallCode { canister_id, sender_canister_version: None });
            let summary = format!(
                "Canister `{canister_id}` is said to serve stolen content. The complaint is linked; the owner did not \
                 answer."
            );
            (words("Uninstall the code of a canister", summary, forum(dice)), action, payload, 380)
        }
    }
}

/// Some canister of an application subnet.
fn canister(dice: &mut Dice) -> Principal {
    nns_canister(dice.within(0x0010_0000, 0x00A0_0000))
}

fn canisters(kind: Kind, dice: &mut Dice, scenery: &Scenery) -> Content {
    let (index, name) = match kind {
        Kind::UpgradeProtocolCanister | Kind::ProtocolCanisterSettings => {
            *dice.pick(PROTOCOL, &(0, "registry"))
        }
        Kind::UpgradeSnsW => (10, "SNS-W"),
        _ => *dice.pick(APPLICATIONS, &(7, "Internet Identity")),
    };
    let canister_id = Some(nns_canister(index));
    match kind {
        Kind::UpgradeApplicationCanister | Kind::UpgradeProtocolCanister | Kind::UpgradeSnsW => {
            let (commit, hash) = (dice.hex(40), dice.bytes());
            let install = wire::InstallCode {
                canister_id,
                install_mode: Some(3),
                skip_stopping_before_installing: None,
                wasm_module_hash: Some(ByteBuf::from(hash.to_vec())),
                arg_hash: Some(ByteBuf::from(dice.bytes().to_vec())),
            };
            let change = dice.text(&[
                "Queries no longer copy the whole state.",
                "A metric counts refused calls by reason.",
                "The interface learns one optional field.",
                "Timers are spread over the hour.",
                "An index is rebuilt in the background instead of in one call.",
            ]);
            let summary = format!(
                "**Upgrade of the {name} canister** to commit [`{}`](https://github.com/dfinity/ic/tree/{commit}).\n\n\
                 ## Release notes\n\n{change}\n\n## Verification\n\n```\ngit fetch\ngit checkout {commit}\n./ci/container/\
                 build-ic.sh -c\nsha256sum ./artifacts/canisters/*.wasm.gz\n```\n\nExpected: `{}`",
                commit.get(..9).unwrap_or_default(),
                hex::encode(hash)
            );
            let title =
                format!("Upgrade the {name} canister to commit {}", commit.get(..9).unwrap_or_default());
            (words(title, summary, forum(dice)), Action::InstallCode(install), None, 955)
        }
        Kind::ApplicationCanisterSettings | Kind::ProtocolCanisterSettings => {
            let limit = dice.within(2, 5);
            let settings = wire::CanisterSettings {
                wasm_memory_limit: Some(limit << 30),
                log_visibility: Some(2),
                ..Default::default()
            };
            let update = wire::UpdateCanisterSettings { canister_id, settings: Some(settings) };
            let summary =
                format!("Limits the heap of the {name} canister to {limit} GiB and makes its logs public.");
            let words = words(format!("Update the settings of the {name} canister"), summary, "");
            (words, Action::UpdateCanisterSettings(update), None, 930)
        }
        Kind::StopOrStartCanister => {
            let stop = wire::StopOrStartCanister { action: Some(1), canister_id };
            let summary =
                format!("Stops the {name} canister for an hour of maintenance; a second proposal starts it.");
            (
                words(format!("Stop the {name} canister"), summary, ""),
                Action::StopOrStartCanister(stop),
                None,
                800,
            )
        }
        Kind::CreateCanisterAndInstallCode => {
            let none = Principal::anonymous();
            let create = wire::CreateCanisterAndInstallCode {
                host_subnet_id: Some(*dice.pick(&scenery.subnets, &none)),
                canister_settings: None,
                wasm_module_hash: Some(ByteBuf::from(dice.bytes().to_vec())),
                install_arg_hash: Some(ByteBuf::from(dice.bytes().to_vec())),
            };
            let summary = "A canister that keeps the archive of old proposals readable.";
            let words = words("Create the proposal archive canister", summary, forum(dice));
            (words, Action::CreateCanisterAndInstallCode(create), None, 870)
        }
        Kind::TakeCanisterSnapshot => {
            let take = wire::TakeCanisterSnapshot { canister_id, replace_snapshot: None };
            let summary = format!("A snapshot of the {name} canister before its next upgrade.");
            (
                words(format!("Take a snapshot of {name}"), summary, ""),
                Action::TakeCanisterSnapshot(take),
                None,
                940,
            )
        }
        _ => {
            let load = wire::LoadCanisterSnapshot {
                canister_id,
                snapshot_id: Some(ByteBuf::from(dice.bytes().get(..24).unwrap_or_default().to_vec())),
            };
            let summary =
                format!("Puts the {name} canister back to its last snapshot: the upgrade lost an index.");
            (
                words(format!("Load a snapshot of {name}"), summary, ""),
                Action::LoadCanisterSnapshot(load),
                None,
                890,
            )
        }
    }
}

fn sns(kind: Kind, dice: &mut Dice, serial: u64) -> Content {
    if kind == Kind::AddSnsWasm {
        let wasm = ByteBuf::from((0..96).flat_map(|_| dice.bytes()).collect::<Vec<u8>>());
        let number = dice.within(1, 7);
        let name = match number {
            1 => "root",
            2 => "governance",
            3 => "ledger",
            4 => "swap",
            5 => "archive",
            _ => "index",
        };
        let argument = p::AddSnsWasm {
            hash: ByteBuf::from(dice.bytes().to_vec()),
            wasm: Some(p::SnsWasm {
                wasm,
                canister_type: i32::try_from(number).unwrap_or(1),
                proposal_id: None,
            }),
            skip_update_latest_version: None,
        };
        let (action, payload) = p::call(30, &argument);
        let summary = format!("A new version of the SNS {name} canister that every SNS can adopt.");
        return (words(format!("Publish SNS {name} WASM"), summary, forum(dice)), action, payload, 950);
    }
    let name = format!(
        "{}{}",
        dice.text(&[
            "Bazaar", "Canvas", "Drift", "Echo", "Forge", "Gather", "Hum", "Isle", "Juniper", "Kite"
        ]),
        dice.text(&["Chain", "Desk", "Fi", "Lab", "Loop", "Works"])
    );
    let symbol: String = name.chars().filter(char::is_ascii_uppercase).chain("NS".chars()).collect();
    let tokens = |amount: u64| Some(wire::Tokens { e8s: Some(amount.saturating_mul(100_000_000)) });
    let days = |days: u64| Some(wire::Duration { seconds: Some(days * 86_400) });
    let percent = |points: u64| Some(wire::Percentage { basis_points: Some(points) });
    let picture = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let logo = || Some(wire::Image { base64_encoding: Some(picture.to_owned()) });
    let raise = dice.within(80, 900) * 1_000;
    let developer = wire::NeuronDistribution {
        controller: Some(dice.principal()),
        dissolve_delay: days(365),
        memo: Some(0),
        vesting_period: days(730),
        stake: tokens(120_000_000),
    };
    let create = wire::CreateServiceNervousSystem {
        name: Some(name.clone()),
        description: Some(format!(
            "{name} is a dapp that runs wholly on chain and hands itself to its users."
        )),
        url: Some("https://example.org".to_owned()),
        logo: logo(),
        fallback_controller_principal_ids: vec![dice.principal()],
        dapp_canisters: (0..3).map(|_| wire::Canister { id: Some(canister(dice)) }).collect(),
        initial_token_distribution: Some(wire::InitialTokenDistribution {
            treasury_distribution: Some(wire::SwapDistribution { total: tokens(520_000_000) }),
            developer_distribution: Some(wire::DeveloperDistribution { developer_neurons: vec![developer] }),
            swap_distribution: Some(wire::SwapDistribution { total: tokens(360_000_000) }),
        }),
        swap_parameters: Some(wire::SwapParameters {
            minimum_participants: Some(100),
            neurons_fund_participation: Some(false),
            duration: days(14),
            neuron_basket_construction_parameters: Some(wire::NeuronBasketConstructionParameters {
                dissolve_delay_interval: days(91),
                count: Some(5),
            }),
            confirmation_text: Some(
                "I have read the white paper and know that I may lose everything.".to_owned(),
            ),
            minimum_direct_participation_icp: tokens(raise / 4),
            maximum_direct_participation_icp: tokens(raise),
            minimum_participant_icp: tokens(1),
            maximum_participant_icp: tokens(raise / 10),
            restricted_countries: Some(wire::Countries { iso_codes: vec!["US".to_owned()] }),
            ..Default::default()
        }),
        ledger_parameters: Some(wire::LedgerParameters {
            transaction_fee: Some(wire::Tokens { e8s: Some(10_000) }),
            token_symbol: Some(symbol),
            token_name: Some(name.clone()),
            token_logo: logo(),
        }),
        governance_parameters: Some(wire::GovernanceParameters {
            neuron_maximum_dissolve_delay_bonus: percent(10_000),
            neuron_maximum_age_for_age_bonus: days(1_461),
            neuron_maximum_dissolve_delay: days(1_461),
            neuron_minimum_dissolve_delay_to_vote: days(182),
            neuron_maximum_age_bonus: percent(2_500),
            neuron_minimum_stake: tokens(10),
            proposal_wait_for_quiet_deadline_increase: days(1),
            proposal_initial_voting_period: days(4),
            proposal_rejection_fee: tokens(1_000),
            voting_reward_parameters: Some(wire::VotingRewardParameters {
                reward_rate_transition_duration: days(1_461),
                initial_reward_rate: percent(800),
                final_reward_rate: percent(200),
            }),
            custom_proposal_criticality: None,
        }),
    };
    let summary = format!(
        "# {name}\n\nProposal to create an SNS for **{name}** (launch {serial}).\n\n## Token distribution\n\n| share | \
         tokens |\n|---|---:|\n| Treasury | 520,000,000 |\n| Swap | 360,000,000 |\n| Developers | 120,000,000 |\n\n\
         The swap collects between {} and {raise} ICP over two weeks.\n\n## Audits\n\nThe code is public and was \
         audited in spring.",
        raise / 4
    );
    let words = words(format!("Create the {name} SNS"), summary, forum(dice));
    (words, Action::CreateServiceNervousSystem(Box::new(create)), None, dice.within(300, 850))
}

//! Proposals of every kind, written for the demo network.

mod canisters;
mod kinds;
pub mod machines;
mod operators;
mod participants;
mod politics;
mod sns;
mod subnets;
mod versions;

pub use kinds::{Kind, SHARES, is_political};

use super::dice::Dice;
use super::motions::{MOTIONS, MotionText};
use crate::governance::error::{EXTERNAL, error};
use crate::governance::proposal::{Draft, Outcome};
use crate::governance::topics::nns_canister;
use icpulse_canisters::wire::governance as wire;
use icpulse_model::Principal;
use machines::{Election, Machines, Operator};
use std::sync::Arc;
use wire::{Action, GovernanceError, SelfDescribingValue};

/// The things proposals are about.
#[derive(Clone)]
pub struct Scenery {
    /// Machines.
    pub machines: Arc<Machines>,
    /// Neurons that may become known, or are.
    pub public: Vec<u64>,
    /// Known neurons with their words.
    pub known: Vec<wire::KnownNeuron>,
}

impl Scenery {
    /// The scenery of these machines and neurons.
    #[must_use]
    pub fn new(machines: Arc<Machines>, public: Vec<u64>, known: Vec<wire::KnownNeuron>) -> Self {
        Self { machines, public, known }
    }

    /// A data center and its city: one of the registry's, if there is any.
    fn center(&self, dice: &mut Dice) -> (String, String) {
        let drawn = dice.within(0, 0x1_0000_0000);
        let at = |count: usize| usize::try_from(drawn % count.max(1) as u64).unwrap_or(0);
        if let Some((id, region)) = self.machines.centers.get(at(self.machines.centers.len())) {
            return (id.clone(), region.area.as_str().to_owned());
        }
        let (id, city) = DATA_CENTERS.get(at(DATA_CENTERS.len())).copied().unwrap_or(("zh2", "Zurich"));
        (id.to_owned(), city.to_owned())
    }

    /// A node operator, one of the registry's if there is any.
    fn operator(&self, dice: &mut Dice) -> Operator {
        let (drawn, id) = (dice.within(0, 0x1_0000_0000), dice.principal());
        let at = usize::try_from(drawn % self.machines.operators.len().max(1) as u64).unwrap_or(0);
        self.machines.operators.get(at).cloned().unwrap_or_else(|| Operator {
            id,
            provider: Principal::anonymous(),
            center: "zh2".to_owned(),
        })
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

/// A version of the replica: a commit.
fn version(dice: &mut Dice) -> String {
    dice.hex(40)
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

/// Some canister of an application subnet.
fn some_canister(dice: &mut Dice) -> Principal {
    nns_canister(dice.within(0x0010_0000, 0x00A0_0000))
}

/// The words of a motion: the first thing that is drawn for one.
#[must_use]
pub fn motion_text(dice: &mut Dice) -> Option<&'static MotionText> {
    MOTIONS.get(usize::try_from(dice.within(0, MOTIONS.len() as u64)).unwrap_or(0))
}

/// Writes a proposal of a kind; the serial number keeps names apart.
#[must_use]
pub fn write(kind: Kind, dice: &mut Dice, serial: u64, scenery: &Scenery) -> Idea {
    let (words, action, payload, appeal) = match kind {
        Kind::Motion => {
            let text = motion_text(dice);
            politics::motion(dice, text)
        }
        Kind::Spam => politics::spam(dice),
        Kind::Hostile => politics::hostile(),
        Kind::RegisterKnownNeuron
        | Kind::DeregisterKnownNeuron
        | Kind::SetDefaultFollowees
        | Kind::ManageNetworkEconomics => politics::governance(kind, dice, serial, scenery),
        Kind::AssignNoid
        | Kind::UpdateNodeOperatorConfig
        | Kind::RemoveNodes
        | Kind::RemoveNodeOperators
        | Kind::BlessAlternativeGuestos => operators::node_admin(kind, dice, scenery),
        Kind::AddNodeProvider
        | Kind::RemoveNodeProvider
        | Kind::DataCenters
        | Kind::RewardNodeProvider
        | Kind::RewardNodeProviders
        | Kind::UpdateNodeRewardsTable
        | Kind::GenesisKyc => participants::participants(kind, dice, serial, scenery),
        Kind::ChangeSubnetMembership
        | Kind::CreateSubnet
        | Kind::UpdateSubnet
        | Kind::SubnetRental
        | Kind::FulfillSubnetRental
        | Kind::AddApiBoundaryNodes
        | Kind::RemoveApiBoundaryNodes => subnets::subnets(kind, dice, scenery),
        Kind::ElectGuestos
        | Kind::UnelectGuestos
        | Kind::ElectHostos
        | Kind::DeployGuestos
        | Kind::DeployHostos
        | Kind::DeployApiBoundaryGuestos => versions::versions(kind, dice, scenery, None),
        Kind::CreateSns | Kind::AddSnsWasm => sns::sns(kind, dice, serial),
        Kind::ClearProvisionalWhitelist
        | Kind::PauseMigrations
        | Kind::UnpauseMigrations
        | Kind::ExchangeRate
        | Kind::UninstallCode => canisters::functions(kind, dice),
        _ => canisters::canisters(kind, dice, scenery),
    };
    finish(kind, dice, words, action, payload, appeal)
}

/// Writes the proposal that elected a version. It was carried out.
#[must_use]
pub fn write_election(election: &Election, dice: &mut Dice, scenery: &Scenery) -> Idea {
    let kind = if election.host { Kind::ElectHostos } else { Kind::ElectGuestos };
    let (words, action, payload, appeal) = versions::versions(kind, dice, scenery, Some(&election.version));
    let mut idea = finish(kind, dice, words, action, payload, appeal);
    idea.draft.outcome.failure = None;
    idea
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
    let (words, action, payload, _) = politics::motion(dice, nearest.get(at).copied());
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

//! Proposals of every kind, written for the demo network.

mod canisters;
pub(crate) mod inventory;
mod kinds;
mod operators;
mod participants;
mod politics;
mod sns;
mod subnets;
mod versions;

pub(crate) use kinds::{Kind, SHARES, is_political};

use super::random::SeededRng;
use crate::data::{MOTIONS, MotionText, PROPOSALS};
use crate::governance::error::{EXTERNAL, error};
use crate::governance::proposal::{Draft, Outcome};
use crate::world::canister_id;
use icpulse_canisters::wire::governance as wire;
use icpulse_model::Principal;
use inventory::{Election, NetworkInventory, Operator};
use std::fmt::Display;
use std::sync::Arc;
use wire::{Action, GovernanceError, SelfDescribingValue};

/// The things proposals are about.
#[derive(Clone)]
pub struct ProposalContext {
    pub(crate) inventory: Arc<NetworkInventory>,
    /// Neurons that may become known, or are.
    pub public: Vec<u64>,
    pub known: Vec<wire::KnownNeuron>,
}

impl ProposalContext {
    /// The context of these nodes and neurons.
    pub fn new(inventory: Arc<NetworkInventory>, public: Vec<u64>, known: Vec<wire::KnownNeuron>) -> Self {
        Self { inventory, public, known }
    }

    /// A data center and its city: one of the registry's, if there is any.
    fn center(&self, rng: &mut SeededRng) -> (String, String) {
        let drawn = rng.within(0, 0x1_0000_0000);
        let at = |count: usize| usize::try_from(drawn % count.max(1) as u64).unwrap_or(0);
        if let Some((id, region)) = self.inventory.centers.get(at(self.inventory.centers.len())) {
            return (id.clone(), region.area.as_str().to_owned());
        }
        let (id, city) = DATA_CENTERS.get(at(DATA_CENTERS.len())).copied().unwrap_or(("zh2", "Zurich"));
        (id.to_owned(), city.to_owned())
    }

    /// A node operator, one of the registry's if there is any.
    fn operator(&self, rng: &mut SeededRng) -> Operator {
        let (drawn, id) = (rng.within(0, 0x1_0000_0000), rng.principal());
        let at = usize::try_from(drawn % self.inventory.operators.len().max(1) as u64).unwrap_or(0);
        self.inventory.operators.get(at).cloned().unwrap_or_else(|| Operator {
            id,
            provider: Principal::anonymous(),
            center: "zh2".to_owned(),
        })
    }
}

/// A proposal and how many of a thousand ordinary voters agree with it.
pub struct RatedDraft {
    pub draft: Draft,
    pub(crate) appeal: u64,
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
fn version(rng: &mut SeededRng) -> String {
    rng.hex(40)
}

fn forum(rng: &mut SeededRng) -> String {
    format!("https://forum.dfinity.org/t/{}", rng.within(20_000, 68_000))
}

/// The failure of a call to another canister, as governance reports it.
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

#[derive(Default)]
struct Words {
    title: String,
    summary: String,
    url: String,
    /// How many of a thousand ordinary voters agree.
    appeal: u64,
}

/// The words of a kind, with the named values filled in.
fn words(kind: Kind, url: impl Into<String>, values: &[(&str, &dyn Display)]) -> Words {
    let text = PROPOSALS.get(&kind).cloned().unwrap_or_default();
    let fill = |text: String| {
        values
            .iter()
            .fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), &value.to_string()))
    };
    Words { title: fill(text.title), summary: fill(text.summary), url: url.into(), appeal: text.appeal }
}

type Content = (Words, Action, Option<SelfDescribingValue>);

/// Some canister of an application subnet.
fn some_canister(rng: &mut SeededRng) -> Principal {
    canister_id(rng.within(0x0010_0000, 0x00A0_0000))
}

/// The words of a motion: the first thing that is drawn for one.
pub fn motion_text(rng: &mut SeededRng) -> Option<&'static MotionText> {
    MOTIONS.get(usize::try_from(rng.within(0, MOTIONS.len() as u64)).unwrap_or(0))
}

/// Writes a proposal of a kind; the serial number keeps names apart.
pub fn write(kind: Kind, rng: &mut SeededRng, serial: u64, context: &ProposalContext) -> RatedDraft {
    let (words, action, payload) = match kind {
        Kind::Motion => {
            let text = motion_text(rng);
            politics::motion(rng, text)
        }
        Kind::Spam => politics::spam(rng),
        Kind::Hostile => politics::hostile(),
        Kind::RegisterKnownNeuron
        | Kind::DeregisterKnownNeuron
        | Kind::SetDefaultFollowees
        | Kind::ManageNetworkEconomics => politics::governance(kind, rng, serial, context),
        Kind::AssignNoid
        | Kind::UpdateNodeOperatorConfig
        | Kind::RemoveNodes
        | Kind::RemoveNodeOperators
        | Kind::BlessAlternativeGuestos => operators::node_admin(kind, rng, context),
        Kind::AddNodeProvider
        | Kind::RemoveNodeProvider
        | Kind::DataCenters
        | Kind::RewardNodeProvider
        | Kind::RewardNodeProviders
        | Kind::UpdateNodeRewardsTable
        | Kind::GenesisKyc => participants::participants(kind, rng, serial, context),
        Kind::ChangeSubnetMembership
        | Kind::CreateSubnet
        | Kind::UpdateSubnet
        | Kind::SubnetRental
        | Kind::FulfillSubnetRental
        | Kind::AddApiBoundaryNodes
        | Kind::RemoveApiBoundaryNodes => subnets::subnets(kind, rng, context),
        Kind::ElectGuestos
        | Kind::UnelectGuestos
        | Kind::ElectHostos
        | Kind::DeployGuestos
        | Kind::DeployHostos
        | Kind::DeployApiBoundaryGuestos => versions::versions(kind, rng, context, None),
        Kind::CreateSns | Kind::AddSnsWasm => sns::sns(kind, rng, serial),
        Kind::ClearProvisionalWhitelist
        | Kind::PauseMigrations
        | Kind::UnpauseMigrations
        | Kind::ExchangeRate
        | Kind::UninstallCode => canisters::functions(kind, rng),
        _ => canisters::canisters(kind, rng, context),
    };
    finish(kind, rng, words, action, payload)
}

/// Writes the proposal that elected a version. It was carried out.
pub(crate) fn write_election(
    election: &Election,
    rng: &mut SeededRng,
    context: &ProposalContext,
) -> RatedDraft {
    let kind = if election.host { Kind::ElectHostos } else { Kind::ElectGuestos };
    let (words, action, payload) = versions::versions(kind, rng, context, Some(&election.version));
    let mut rated = finish(kind, rng, words, action, payload);
    rated.draft.outcome.failure = None;
    rated
}

/// Writes a proposal of a given appeal; a motion whose words have about that appeal.
pub(crate) fn write_appealing(
    kind: Kind,
    appeal: u64,
    rng: &mut SeededRng,
    serial: u64,
    context: &ProposalContext,
) -> RatedDraft {
    if kind != Kind::Motion {
        return RatedDraft { appeal, ..write(kind, rng, serial, context) };
    }
    let mut nearest: Vec<&MotionText> = MOTIONS.iter().collect();
    nearest.sort_by_key(|text| text.appeal.abs_diff(appeal));
    let at = usize::try_from(serial % 3).unwrap_or(0);
    let (words, action, payload) = politics::motion(rng, nearest.get(at).copied());
    finish(kind, rng, words, action, payload)
}

fn finish(
    kind: Kind,
    rng: &mut SeededRng,
    words: Words,
    action: Action,
    payload: Option<SelfDescribingValue>,
) -> RatedDraft {
    let at_once = is_political(kind) && kind != Kind::CreateSns && kind != Kind::UninstallCode;
    let after = if at_once { 0 } else { rng.within(2, 25) };
    let fails = matches!(action, Action::ExecuteNnsFunction(_)) && rng.chance(35);
    let failure = fails.then(|| {
        let why = rng.choose_text(&[
            "Panicked at 'Deserialization Failed: \"No more values on the wire\"', \
             rs/rust_canisters/dfn_core/src/endpoint.rs:122:41",
            "Panicked at '[Registry] Subnet record not found.', rs/registry/canister/src/mutations/subnet.rs:88:13",
            "Panicked at '[Registry] Cannot remove nodes that are members of a subnet.', \
             rs/registry/canister/src/mutations/node.rs:64:9",
        ]);
        trapped(canister_id(0), why)
    });
    let draft = Draft {
        title: Some(words.title),
        summary: words.summary,
        url: words.url,
        action,
        payload,
        outcome: Outcome { after, failure },
    };
    RatedDraft { draft, appeal: words.appeal }
}

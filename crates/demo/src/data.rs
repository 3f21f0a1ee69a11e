//! The data files under `data/`, compiled in and parsed once: what the demo's world is told in.

use crate::seed::drafts::Kind;
use crate::world::canister_id;
use icpulse_canisters::wire::governance::TopicToFollow;
use icpulse_model::{KnownLedger, LedgerId, Topic};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A file that does not parse counts as empty, which the test below rules out.
fn parse<T: DeserializeOwned + Default>(text: &str) -> T {
    toml::from_str(text).unwrap_or_default()
}

/// A motion and how many of a thousand ordinary voters agree with it.
#[derive(Deserialize)]
pub struct MotionText {
    pub(crate) title: String,
    pub(crate) wants: String,
    pub(crate) why: String,
    pub(crate) appeal: u64,
}

#[derive(Deserialize, Default)]
struct Motions {
    motions: Vec<MotionText>,
}

pub(crate) static MOTIONS: LazyLock<Vec<MotionText>> =
    LazyLock::new(|| parse::<Motions>(include_str!("../data/motions.toml")).motions);

#[derive(Deserialize)]
pub struct KnownNeuronText {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) topics: Option<Vec<TopicToFollow>>,
    /// Stake in whole ICP.
    pub(crate) icp: u64,
}

#[derive(Deserialize, Default)]
struct KnownNeurons {
    neurons: Vec<KnownNeuronText>,
}

/// The most followed first.
pub(crate) static KNOWN_NEURONS: LazyLock<Vec<KnownNeuronText>> =
    LazyLock::new(|| parse::<KnownNeurons>(include_str!("../data/known_neurons.toml")).neurons);

/// The words of a kind of proposal; see the file.
#[derive(Clone, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct ProposalText {
    pub(crate) share: u64,
    pub(crate) political: bool,
    pub(crate) appeal: u64,
    pub(crate) title: String,
    pub(crate) summary: String,
    same_as: Option<Kind>,
}

pub(crate) static PROPOSALS: LazyLock<BTreeMap<Kind, ProposalText>> = LazyLock::new(|| {
    let mut texts: BTreeMap<Kind, ProposalText> = parse(include_str!("../data/proposals.toml"));
    let originals = texts.clone();
    for text in texts.values_mut() {
        if let Some(original) = text.same_as.and_then(|kind| originals.get(&kind)) {
            *text = ProposalText { share: text.share, ..original.clone() };
        }
    }
    texts
});

/// Letters of a data center's id, continent, country, area, latitude and longitude in degrees.
pub type City = (String, String, String, String, i32, i32);
/// Region, monthly XDR permyriad of nodes of type 1, 1.1 and 3, reduction coefficient in per cent.
pub type RewardRow = (String, u64, u64, u64, i32);

/// Where data centers are, whose they are, and what nodes are paid there.
#[derive(Deserialize, Default)]
pub struct Places {
    pub(crate) cities: Vec<City>,
    pub(crate) owners: Vec<String>,
    pub(crate) rewards: Vec<RewardRow>,
}

pub(crate) static PLACES: LazyLock<Places> = LazyLock::new(|| parse(include_str!("../data/places.toml")));

#[derive(Deserialize, Default)]
pub struct ProviderNames {
    pub(crate) stems: Vec<String>,
    pub(crate) kinds: Vec<String>,
}

pub(crate) static PROVIDER_NAMES: LazyLock<ProviderNames> =
    LazyLock::new(|| parse(include_str!("../data/provider_names.toml")));

#[derive(Deserialize)]
pub struct ActionText {
    pub(crate) action: String,
    pub(crate) name: String,
    pub(crate) description: String,
}

/// A function of another canister that a proposal may call.
#[derive(Debug, Deserialize)]
pub struct NnsFunction {
    pub(crate) number: i32,
    pub(crate) topic: Topic,
    pub(crate) name: String,
    pub(crate) description: String,
}

#[derive(Deserialize, Default)]
pub struct Actions {
    pub(crate) actions: Vec<ActionText>,
    pub(crate) functions: Vec<NnsFunction>,
}

pub(crate) static ACTIONS: LazyLock<Actions> = LazyLock::new(|| parse(include_str!("../data/actions.toml")));

/// An ICRC-1 ledger; see the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRow {
    pub(crate) name: String,
    pub(crate) symbol: String,
    pub(crate) decimals: u8,
    pub(crate) fee: u64,
    pub(crate) ledger: u64,
    pub(crate) index: u64,
    pub(crate) minter: u64,
    pub(crate) transfers: u64,
    pub(crate) balances: Vec<TokenBalance>,
}

impl TokenRow {
    /// The ledger as clients are configured with it.
    pub(crate) fn known(&self) -> KnownLedger {
        KnownLedger {
            id: LedgerId(canister_id(self.ledger)),
            index: Some(canister_id(self.index)),
            symbol: self.symbol.clone(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenBalance {
    pub(crate) holder: String,
    #[serde(default)]
    pub(crate) subaccount: u8,
    pub(crate) amount: u64,
}

#[derive(Deserialize, Default)]
struct Tokens {
    tokens: Vec<TokenRow>,
}

pub(crate) static TOKENS: LazyLock<Vec<TokenRow>> =
    LazyLock::new(|| parse::<Tokens>(include_str!("../data/tokens.toml")).tokens);

/// The ledgers of the data file, and those of a text of the same form.
pub(crate) fn parse_tokens(more: &str) -> Result<Vec<TokenRow>, toml::de::Error> {
    let more = if more.trim().is_empty() { Vec::new() } else { toml::from_str::<Tokens>(more)?.tokens };
    Ok(TOKENS.iter().cloned().chain(more).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_file_parses() {
        assert_eq!((MOTIONS.len(), KNOWN_NEURONS.len()), (18, 25));
        assert_eq!((PLACES.cities.len(), PLACES.owners.len(), PLACES.rewards.len()), (50, 45, 13));
        assert_eq!((PROVIDER_NAMES.stems.len(), PROVIDER_NAMES.kinds.len()), (26, 5));
        assert_eq!((ACTIONS.actions.len(), ACTIONS.functions.len()), (21, 23));
        assert_eq!(TOKENS.first().map(|row| row.symbol.as_str()), Some("DGLD"));
        assert_eq!(PROPOSALS.len(), 48, "every kind of proposal");
        assert_eq!(PROPOSALS.values().map(|text| text.share).sum::<u64>(), 568);
        for (kind, text) in PROPOSALS.iter() {
            assert!(!text.summary.is_empty(), "{kind:?} has a summary");
        }
    }
}

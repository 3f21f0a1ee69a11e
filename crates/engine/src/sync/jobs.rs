//! Readings as they run: what is asked, in which pages, and what comes of it.

use super::network;
use super::plan::PAGE;
use super::source::Source;
use icpulse_canisters::{ProposalsPage, RegistryPage, TransactionsPage, read_range};
use icpulse_ic::IcError;
use icpulse_model::economics::{Economics, GovernanceMetrics, MaturityModulation, RewardEvent};
use icpulse_model::evidence::Sourced;
use icpulse_model::neuron::KnownNeuron;
use icpulse_model::proposal::ProposalBody;
use icpulse_model::registry::Version;
use icpulse_model::{
    Account, E8s, Neuron, NeuronId, Proposal, ProposalId, ProposalStatus, RewardStatus, XdrPermyriad,
};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Transactions in the first page of an account.
pub(super) const FIRST_TRANSACTIONS: u64 = 100;
/// Transactions in a page of older ones.
pub(super) const OLDER_TRANSACTIONS: u64 = 1_000;

/// What to read.
#[derive(Clone, Debug)]
pub(super) enum Job {
    Newest,
    Unsettled {
        known: Vec<ProposalId>,
    },
    Part(RangeInclusive<u64>),
    Body(ProposalId),
    Neuron(NeuronId),
    Neurons {
        known: Vec<NeuronId>,
    },
    Accounts(Vec<Account>),
    Older {
        account: Account,
        before: u64,
    },
    Rate,
    Economics,
    Reward,
    Metrics,
    Modulation,
    KnownNeurons,
    RegistryLatest,
    /// What follows on a version; of a part of the history, or the newest.
    RegistryPage {
        after: Version,
        part: Option<RangeInclusive<u64>>,
        epoch: u64,
    },
    Network(network::Job),
}

/// A fact as read.
pub(super) enum Fact {
    Rate(Sourced<XdrPermyriad>),
    Economics(Sourced<Economics>),
    Reward(Sourced<RewardEvent>),
    Metrics(Sourced<GovernanceMetrics>),
    Modulation(Option<Sourced<MaturityModulation>>),
    KnownNeurons(Sourced<Vec<KnownNeuron>>),
}

/// An account's balance with a page of its latest transactions.
pub(super) struct AccountReading {
    pub(super) account: Account,
    pub(super) balance: Sourced<E8s>,
    pub(super) page: TransactionsPage,
}

/// What was read.
pub(super) enum Outcome {
    Newest(Vec<Proposal>),
    Unsettled { rows: Vec<Proposal>, gone: Vec<ProposalId> },
    Part { rows: Vec<Proposal>, covered: RangeInclusive<u64> },
    Body(Box<Proposal>, ProposalBody),
    Neuron(Box<Neuron>),
    Neurons(Vec<Neuron>),
    Accounts(Vec<AccountReading>),
    Older { account: Account, before: u64, page: TransactionsPage },
    Fact(Fact),
    RegistryLatest(Sourced<Version>),
    RegistryPage { page: RegistryPage, part: Option<RangeInclusive<u64>>, epoch: u64 },
    NoRegistry,
    Network(network::Outcome),
}

impl Outcome {
    /// What failed although the rest was read.
    pub(super) fn failure(&self) -> Option<&IcError> {
        match self {
            Self::Network(outcome) => outcome.failure(),
            _ => None,
        }
    }
}

/// Runs a reading to its end.
pub(super) async fn run<S: Source>(source: S, job: Job) -> Result<Outcome, IcError> {
    match job {
        Job::Newest => Ok(Outcome::Newest(source.proposals(ProposalsPage::default()).await?)),
        Job::Unsettled { known } => unsettled(&source, known).await,
        Job::Part(range) => {
            let (rows, covered) = part(&source, range).await?;
            Ok(Outcome::Part { rows, covered })
        }
        Job::Body(id) => {
            let (row, body) = source.body(id).await?;
            Ok(Outcome::Body(Box::new(row), body))
        }
        Job::Neuron(id) => Ok(Outcome::Neuron(Box::new(source.neuron(id).await?))),
        Job::Neurons { known } => Ok(Outcome::Neurons(my_neurons(&source, known).await?)),
        Job::Accounts(accounts) => {
            let mut readings = Vec::with_capacity(accounts.len());
            for account in accounts {
                let (balance, page) = futures_util::try_join!(
                    source.balance(account),
                    source.transactions(account, None, FIRST_TRANSACTIONS)
                )?;
                readings.push(AccountReading { account, balance, page });
            }
            Ok(Outcome::Accounts(readings))
        }
        Job::Older { account, before } => {
            let page = source.transactions(account, Some(before), OLDER_TRANSACTIONS).await?;
            Ok(Outcome::Older { account, before, page })
        }
        Job::Rate => Ok(Outcome::Fact(Fact::Rate(source.icp_xdr().await?))),
        Job::Economics => Ok(Outcome::Fact(Fact::Economics(source.economics().await?))),
        Job::Reward => Ok(Outcome::Fact(Fact::Reward(source.reward_event().await?))),
        Job::Metrics => Ok(Outcome::Fact(Fact::Metrics(source.metrics().await?))),
        Job::Modulation => Ok(Outcome::Fact(Fact::Modulation(source.modulation().await?))),
        Job::KnownNeurons => Ok(Outcome::Fact(Fact::KnownNeurons(source.known_neurons().await?))),
        Job::RegistryLatest => match source.registry_latest().await {
            Ok(latest) => Ok(Outcome::RegistryLatest(latest)),
            // A network of one's own need not have one: that is no trouble.
            Err(IcError::NotFound { .. }) => Ok(Outcome::NoRegistry),
            Err(error) if error.is_missing_canister() => Ok(Outcome::NoRegistry),
            Err(error) => Err(error),
        },
        Job::RegistryPage { after, part, epoch } => {
            let page = source.registry_page(after).await?;
            Ok(Outcome::RegistryPage { page, part, epoch })
        }
        Job::Network(job) => Ok(Outcome::Network(network::run(&source, job).await?)),
    }
}

/// The identity's neurons. One that was there before and is not listed any more is asked for by
/// its number: a list may come short, and a neuron that is only not listed is not gone.
async fn my_neurons<S: Source>(source: &S, known: Vec<NeuronId>) -> Result<Vec<Neuron>, IcError> {
    let mut rows = source.my_neurons().await?;
    let listed: BTreeSet<NeuronId> = rows.iter().map(|row| row.id).collect();
    let unlisted: Vec<NeuronId> = known.into_iter().filter(|id| !listed.contains(id)).collect();
    if !unlisted.is_empty() {
        // Emptied ones are not listed, and those of others are not ours any more.
        rows.extend(source.neurons(unlisted).await?.into_iter().filter(|n| n.is_mine() && !n.is_empty()));
    }
    Ok(rows)
}

/// All pages of a filtered list.
async fn list<S: Source>(source: &S, mut page: ProposalsPage) -> Result<Vec<Proposal>, IcError> {
    let mut rows: Vec<Proposal> = Vec::new();
    loop {
        let found = source.proposals(page.clone()).await?;
        let full = found.len() as u64 >= PAGE;
        let least = found.iter().map(|row| row.id).min();
        rows.extend(found);
        match least {
            // A page that does not go down any further is the last, whatever it says.
            Some(least) if full && page.before.is_none_or(|before| least < before) => {
                page.before = Some(least);
            }
            _ => return Ok(rows),
        }
    }
}

/// Everything that is not settled, and what became of rows that were not when last read.
///
/// Votes count until the deadline even after an early decision, so "open" is not enough:
/// the reward status says whether ballots are still taken. Proposals without rewards (neuron
/// management) are found by their status.
async fn unsettled<S: Source>(source: &S, known: Vec<ProposalId>) -> Result<Outcome, IcError> {
    let paying = ProposalsPage {
        include_reward_status: vec![RewardStatus::AcceptVotes, RewardStatus::ReadyToSettle],
        ..ProposalsPage::default()
    };
    let undecided = ProposalsPage {
        include_status: vec![ProposalStatus::Open, ProposalStatus::Adopted],
        ..ProposalsPage::default()
    };
    let (mut rows, more) = futures_util::try_join!(list(source, paying), list(source, undecided))?;
    rows.extend(more);
    let found: BTreeSet<ProposalId> = rows.iter().map(|row| row.id).collect();
    let mut rest: BTreeSet<ProposalId> = known.into_iter().filter(|id| !found.contains(id)).collect();
    let mut gone = Vec::new();
    // What is no longer listed has settled since, or is gone.
    while let Some(top) = rest.pop_last() {
        let floor = top.0.saturating_sub(PAGE - 1).max(1);
        let least = rest.range(ProposalId(floor)..).next().copied().unwrap_or(top);
        let (page, _) = part(source, least.0..=top.0).await?;
        let there: BTreeSet<ProposalId> = page.iter().map(|row| row.id).collect();
        gone.extend(rest.range(least..).chain([&top]).filter(|id| !there.contains(id)));
        rest.retain(|id| *id < least);
        rows.extend(page);
    }
    Ok(Outcome::Unsettled { rows, gone })
}

/// The rows of a range of ids and which ids they answer for: at least the range.
async fn part<S: Source>(
    source: &S,
    range: RangeInclusive<u64>,
) -> Result<(Vec<Proposal>, RangeInclusive<u64>), IcError> {
    let end = *range.end();
    let read = read_range(range, |page| source.proposals(page)).await?;
    Ok((read.proposals, read.floor..=end))
}

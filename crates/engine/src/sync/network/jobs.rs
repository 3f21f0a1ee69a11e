//! Readings as they run.

use super::NetworkSource;
use futures_util::{StreamExt, join, stream};
use icpulse_ic::IcError;
use icpulse_model::evidence::Sourced;
use icpulse_model::fleet::{BoundaryNode, Probe, ProviderName, Reported};
use icpulse_model::node_rewards::{Day, ListedProvider, PayoutMonth, RewardsDay};
use icpulse_model::text::Line;
use icpulse_model::{Principal, XdrPermyriad};
use std::collections::BTreeMap;

/// Boundary nodes that are probed at once, at most.
const PROBES_AT_ONCE: usize = 8;

/// What to read.
#[derive(Clone, Debug)]
pub(in crate::sync) enum Job {
    /// The lists of subnets and of API boundary nodes.
    Lists,
    /// The dashboard's statuses, and providers' names.
    Reports {
        names: bool,
    },
    Pay,
    Probes(Vec<(Principal, Line)>),
    Rewards(Day),
}

/// What was read. Parts that failed say why; the others count.
pub(in crate::sync) enum Outcome {
    Lists {
        subnets: Result<Sourced<Vec<Principal>>, IcError>,
        boundary: Result<Sourced<BTreeMap<Principal, BoundaryNode>>, IcError>,
    },
    Reports {
        nodes: Vec<(Principal, Reported)>,
        names: Option<BTreeMap<Principal, ProviderName>>,
    },
    Pay {
        payouts: Result<Vec<PayoutMonth>, IcError>,
        listed: Result<BTreeMap<Principal, ListedProvider>, IcError>,
        average: Result<Sourced<XdrPermyriad>, IcError>,
    },
    Probes(Vec<(Principal, Option<Probe>)>),
    Rewards(Day, Result<RewardsDay, IcError>),
}

impl Outcome {
    /// What failed although the rest was read. That a network does not offer something is no failure.
    pub(in crate::sync) fn failure(&self) -> Option<&IcError> {
        let parts = match self {
            Self::Lists { subnets, boundary } => [subnets.as_ref().err(), boundary.as_ref().err(), None],
            Self::Pay { payouts, listed, average } => {
                [payouts.as_ref().err(), listed.as_ref().err(), average.as_ref().err()]
            }
            _ => return None,
        };
        let mut failures = parts.into_iter().flatten().filter(|error| !error.is_refusal());
        let first = failures.next()?;
        Some(if first.is_unverified() {
            first
        } else {
            failures.find(|e| e.is_unverified()).unwrap_or(first)
        })
    }
}

/// Runs a reading to its end.
pub(in crate::sync) async fn run<S: NetworkSource + Sync>(source: &S, job: Job) -> Result<Outcome, IcError> {
    match job {
        Job::Lists => match join!(source.subnets(), source.boundary_nodes()) {
            (Err(error), Err(_)) => Err(error),
            (subnets, boundary) => Ok(Outcome::Lists { subnets, boundary }),
        },
        Job::Reports { names: false } => {
            Ok(Outcome::Reports { nodes: source.reported_nodes().await?, names: None })
        }
        Job::Reports { names: true } => {
            let (nodes, names) = join!(source.reported_nodes(), source.provider_names());
            Ok(Outcome::Reports { nodes: nodes?, names: names.ok() })
        }
        Job::Pay => {
            let (payouts, listed, average) =
                join!(source.payouts(), source.node_providers(), source.average_rate());
            match (payouts, listed, average) {
                (Err(error), Err(_), Err(_)) => Err(error),
                (payouts, listed, average) => Ok(Outcome::Pay { payouts, listed, average }),
            }
        }
        Job::Probes(nodes) => {
            let probe = |(id, domain): (Principal, Line)| async move { (id, source.probe(domain).await) };
            Ok(Outcome::Probes(
                stream::iter(nodes).map(probe).buffer_unordered(PROBES_AT_ONCE).collect().await,
            ))
        }
        Job::Rewards(day) => match source.rewards_of(day).await {
            // A day that the canister does not tell of, or not in a way that is understood, must not
            // keep the others waiting.
            answer @ (Ok(_) | Err(IcError::Decode { .. })) => Ok(Outcome::Rewards(day, answer)),
            Err(error) if error.is_refusal() => Ok(Outcome::Rewards(day, Err(error))),
            Err(error) => Err(error),
        },
    }
}

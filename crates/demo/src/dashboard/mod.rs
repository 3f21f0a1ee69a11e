//! The public dashboard's REST interface (`ic-api.internetcomputer.org/api/v3/…`), as far as
//! clients watch nodes by it. Nothing of it is certified, and two nodes that it calls down are not.
//!
//! Addresses and fields are those that public clients of it use; where none is known (errors, the
//! fields of daily statistics that nobody reads) the shape is made up, and leaner.

mod names;
mod rows;

use super::answer::Answer;
use super::clock::Clock;
use super::fleet::Watch;
use super::governance::state::State;
use icpulse_model::fleet::NodeStatus;
use icpulse_model::registry::RewardType;
use icpulse_model::{Principal, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most rewards of a page, and how many if none is asked for.
const MOST_REWARDS: usize = 100;
const MOST_DAYS: u64 = 400;

/// An address of the dashboard, as its parts: `nodes`, or `nodes` and an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    resource: &'a str,
    id: Option<&'a str>,
}

const RESOURCES: [&str; 6] =
    ["nodes", "node-providers", "subnets", "subnet-replica-versions", "reward-node-providers", "daily-stats"];

impl<'a> Address<'a> {
    /// From a path; `None` if it is not the dashboard's. Subnets are there in the fourth version
    /// of the interface, too.
    pub fn parse(path: &'a str) -> Option<Self> {
        let rest = path.strip_prefix("/api/")?;
        let (version, rest) = rest.split_once('/')?;
        let (resource, id) = match rest.split_once('/') {
            Some((resource, id)) => (resource, Some(id)),
            None => (rest, None),
        };
        let is_known = RESOURCES.contains(&resource)
            && (version == "v3" || (version == "v4" && resource == "subnets"))
            && id.is_none_or(|id| !id.is_empty() && !id.contains('/'))
            && (resource != "daily-stats" || id.is_none());
        is_known.then_some(Self { resource, id })
    }
}

pub struct View<'a> {
    pub seed: u64,
    pub watch: Watch<'a>,
    pub governance: &'a State,
    pub clock: &'a Clock,
    /// Virtual time.
    pub now: Timestamp,
}

#[derive(Debug)]
enum Refusal {
    Missing(String),
    Wrong(String),
}

type Outcome = Result<Value, Refusal>;

fn missing<T>(what: &str, id: &str) -> Result<T, Refusal> {
    Err(Refusal::Missing(format!("{what} {id} is not known")))
}

/// The parameters of a request, by name; a name may come several times.
#[derive(Debug, Default)]
struct Parameters(BTreeMap<String, Vec<String>>);

impl Parameters {
    fn parse(query: &str) -> Self {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            all.entry(decoded(name)).or_default().push(decoded(value));
        }
        Self(all)
    }

    fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    fn parse_number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let wrong = |text: &String| Refusal::Wrong(format!("{name}: {text:?} is not a natural number"));
        self.all(name).first().map(|text| text.parse().map_err(|_| wrong(text))).transpose()
    }
}

/// Without percent signs; a broken escape stays as it is.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = (*first == b'%')
            .then(|| tail.get(..2).and_then(|hex| hex::decode(hex).ok()))
            .flatten()
            .and_then(|byte| byte.first().copied());
        rest = match escaped {
            Some(byte) => {
                out.push(byte);
                tail.get(2..).unwrap_or_default()
            }
            None => {
                out.push(if *first == b'+' { b' ' } else { *first });
                tail
            }
        };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn principal(text: &str) -> Result<Principal, Refusal> {
    Principal::from_text(text).map_err(|e| Refusal::Wrong(format!("{text:?} is not a principal: {e}")))
}

impl View<'_> {
    pub fn answer(&self, address: &Address<'_>, query: &str) -> Answer {
        let parameters = Parameters::parse(query);
        match self.find(address, &parameters) {
            Ok(value) => Answer::json(200, &value),
            Err(Refusal::Missing(why)) => Answer::json(404, &json!({ "code": 404, "message": why })),
            Err(Refusal::Wrong(why)) => Answer::json(400, &json!({ "code": 400, "message": why })),
        }
    }

    fn find(&self, address: &Address<'_>, parameters: &Parameters) -> Outcome {
        match (address.resource, address.id) {
            ("nodes", None) => self.nodes(parameters),
            ("nodes", Some(id)) => {
                let node = principal(id)?;
                self.node(&node).map_or_else(|| missing("node", id), Ok)
            }
            ("node-providers", None) => Ok(json!({ "node_providers": self.providers() })),
            ("node-providers", Some(id)) => {
                let provider = principal(id)?;
                self.provider(&provider).map_or_else(|| missing("node provider", id), Ok)
            }
            ("subnets", None) => Ok(json!({ "subnets": self.subnets() })),
            ("subnets", Some(id)) => {
                let subnet = principal(id)?;
                self.subnet(&subnet).map_or_else(|| missing("subnet", id), Ok)
            }
            ("subnet-replica-versions", None) => Ok(json!({ "data": self.versions() })),
            ("subnet-replica-versions", Some(id)) => {
                self.version(id).map_or_else(|| missing("version", id), Ok)
            }
            ("reward-node-providers", None) => self.rewards(parameters),
            ("reward-node-providers", Some(id)) => {
                let wanted: u64 =
                    id.parse().map_err(|_| Refusal::Wrong(format!("{id:?} is not a reward's number")))?;
                let mut all = self.reward_rows();
                all.retain(|row| row.get("id").and_then(Value::as_u64) == Some(wanted));
                all.pop().map_or_else(|| missing("reward", id), Ok)
            }
            ("daily-stats", None) => self.daily_stats(parameters),
            (resource, _) => missing("resource", resource),
        }
    }

    fn nodes(&self, parameters: &Parameters) -> Outcome {
        let mut statuses = Vec::new();
        for word in parameters.all("include_status") {
            match NodeStatus::parse(word) {
                NodeStatus::Other(_) => {
                    return Err(Refusal::Wrong(format!("include_status: {word:?} is not a status")));
                }
                status => statuses.push(status),
            }
        }
        let kinds = parameters.all("include_node_reward_type");
        let providers = parameters.all("node_provider_id");
        let providers = providers.iter().map(|id| principal(id)).collect::<Result<Vec<_>, _>>()?;
        let topology = self.watch.topology;
        let rows = topology.nodes.iter().filter(|(id, record)| {
            let kind = rows::reward_type(record.reward_type);
            let of_kind = |wanted: &String| wanted.eq_ignore_ascii_case(&kind);
            // Nodes of cloud engines have to be asked for.
            (if kinds.is_empty() { !rows::is_type4(record.reward_type) } else { kinds.iter().any(of_kind) })
                && (statuses.is_empty() || statuses.contains(&self.watch.reported(id, self.now)))
                && (providers.is_empty()
                    || topology.provider_of(id).is_some_and(|provider| providers.contains(&provider)))
        });
        Ok(json!({ "nodes": self.node_rows(rows) }))
    }

    fn rewards(&self, parameters: &Parameters) -> Outcome {
        let limit = parameters
            .parse_number("limit")?
            .map_or(MOST_REWARDS, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let offset = usize::try_from(parameters.parse_number("offset")?.unwrap_or(0)).unwrap_or(usize::MAX);
        let mut all = self.reward_rows();
        let newest = all.iter().filter_map(|row| row.get("id").and_then(Value::as_u64)).max().unwrap_or(0);
        let until = parameters.parse_number("max_reward_node_provider_index")?.unwrap_or(newest);
        all.retain(|row| row.get("id").and_then(Value::as_u64).is_some_and(|id| id <= until));
        let total = all.len();
        let page: Vec<Value> = all.into_iter().skip(offset).take(limit.min(MOST_REWARDS)).collect();
        Ok(json!({
            "data": page,
            "max_reward_node_provider_index": until,
            "total_reward_node_providers": total,
        }))
    }

    fn daily_stats(&self, parameters: &Parameters) -> Outcome {
        let today = self.clock.nodes().secs() / 86_400;
        let yesterday = today.saturating_sub(1);
        let day = |second: Option<u64>| second.map_or(yesterday, |s| s / 86_400).min(yesterday);
        let (from, to) = (day(parameters.parse_number("start")?), day(parameters.parse_number("end")?));
        if from > to || to - from > MOST_DAYS {
            return Err(Refusal::Wrong(format!(
                "start and end must be Unix seconds of at most {MOST_DAYS} days, in this order"
            )));
        }
        let days: Vec<Value> = (from..=to).rev().map(|day| self.stats_of(day)).collect();
        Ok(json!({ "daily_stats": days }))
    }
}

/// The reward type of cloud engines' nodes, which the registry's interface has no name for yet.
const TYPE4: RewardType = RewardType::Other(7);

#[cfg(test)]
mod tests;

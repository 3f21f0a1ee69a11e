//! The world as metrics. Pure.

use super::encode::{Family, Sample, Type};
use super::fleet;
use icpulse_model::decentral::measure;
use icpulse_model::health::Condition;
use icpulse_model::mine::Mine;
use icpulse_model::world::{SyncStatus, World};
use icpulse_model::{Principal, Timestamp};
use std::collections::BTreeMap;

/// Nodes with metrics of their own, at most.
pub const MOST_NODES: usize = 2_000;
/// Neurons with metrics of their own, at most.
const MOST_NEURONS: usize = 200;

/// What is exported.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub world: World,
    /// Where the reading stands.
    pub status: SyncStatus,
    /// Whose nodes are one's own.
    pub mine: Mine,
    /// Every node has metrics of its own, not only the user's.
    pub all_nodes: bool,
    /// Failures of readings so far.
    pub sync_errors: u64,
}

/// The label of what only the public dashboard says.
pub(super) const PER_DASHBOARD: (&str, &str) = ("source", "public_dashboard");

pub(super) struct Filling(Family);

impl Filling {
    pub(super) fn gauge(name: &'static str, unit: Option<&'static str>, help: &'static str) -> Self {
        Self(Family { name, unit, help, kind: Type::Gauge, samples: Vec::new() })
    }

    fn counter(name: &'static str, help: &'static str) -> Self {
        Self(Family { name, unit: None, help, kind: Type::Counter, samples: Vec::new() })
    }

    pub(super) fn add(&mut self, labels: &[(&'static str, &str)], value: f64) {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.0.samples.push(Sample { labels, value });
    }

    pub(super) fn maybe(&mut self, labels: &[(&'static str, &str)], value: Option<f64>) {
        if let Some(value) = value {
            self.add(labels, value);
        }
    }

    fn only(mut self, value: Option<f64>) -> Family {
        self.maybe(&[], value);
        self.0
    }

    pub(super) fn done(self) -> Family {
        self.0
    }
}

/// Prometheus counts in floating point; whole numbers up to 2^53 stay exact, and rates of greater ones
/// are exact enough.
pub(super) fn float(n: u128) -> f64 {
    n as f64
}

pub(super) fn small(n: usize) -> f64 {
    float(n as u128)
}

/// Seconds since 1970 with fractions.
pub(super) fn seconds(at: Timestamp) -> f64 {
    float(u128::from(at.0)) / 1e9
}

/// All metrics as of `now`, by this machine's clock.
pub fn gather(model: &Model, now: Timestamp) -> Vec<Family> {
    let mut all = vec![build()];
    all.extend(sync(model));
    all.extend(subnets(model, now));
    all.extend(fleet::nodes(model, now));
    all.extend(fleet::boundary(model));
    all.extend(fleet::provider(model, now));
    all.extend(governance(model));
    all.push(alerts(model));
    all
}

fn build() -> Family {
    let labels = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    let samples = vec![Sample { labels, value: 1.0 }];
    Family { name: "build", unit: None, help: "This program", kind: Type::Info, samples }
}

fn sync(model: &Model) -> Vec<Family> {
    let (status, topology) = (&model.status, &model.world.topology);
    let mut errors = Filling::counter("sync_errors", "Times that readings began to fail since the start");
    errors.add(&[], float(u128::from(model.sync_errors)));
    vec![
        Filling::gauge(
            "sync_last_success_timestamp",
            Some("seconds"),
            "When something was read last, by this machine's clock",
        )
        .only(status.last_success.map(seconds)),
        Filling::gauge(
            "certificate_timestamp",
            Some("seconds"),
            "The newest time that the network certified to this program",
        )
        .only(status.certified_at.map(seconds)),
        Filling::gauge("sync_failing", None, "1 while readings fail")
            .only(Some(f64::from(u8::from(status.trouble.is_some())))),
        errors.done(),
        Filling::gauge("registry_version", None, "The registry version that was read and proven")
            .only((!topology.is_empty()).then(|| float(u128::from(topology.version.0)))),
        Filling::gauge("registry_replaying", None, "1 while the registry's history is being read")
            .only(Some(f64::from(u8::from(status.registry.is_some())))),
    ]
}

fn subnets(model: &Model, now: Timestamp) -> Vec<Family> {
    let gauge = |name, unit, help| Filling::gauge(name, unit, help);
    let mut time =
        gauge("subnet_certificate_timestamp", Some("seconds"), "The newest time that the subnet certified");
    let mut lag = gauge(
        "subnet_lag",
        Some("seconds"),
        "How far the subnet's certified time was behind when it was asked last",
    );
    let mut stalled = gauge("subnet_stalled", None, "1 if the subnet answers and certifies the past");
    let mut reachable = gauge("subnet_reachable", None, "1 if the subnet answered when it was asked last");
    let mut updates =
        Filling::counter("subnet_updates", "Replicated message executions, as the subnet certifies");
    let mut cycles = Filling::counter("subnet_cycles_consumed", "Cycles consumed, as the subnet certifies");
    let mut state = gauge("subnet_state", Some("bytes"), "State of the subnet's canisters");
    let mut canisters = gauge("subnet_canisters", None, "Canisters on the subnet");
    for (id, health) in model.world.health.iter() {
        let id = id.to_text();
        let labels: &[(&'static str, &str)] = &[("subnet", &id)];
        time.maybe(labels, health.certified_at.map(seconds));
        lag.maybe(labels, health.lag().map(|s| float(u128::from(s.0))));
        let condition = health.condition(now);
        if condition != Condition::Unknown {
            stalled.add(labels, f64::from(u8::from(matches!(condition, Condition::Stalled(_)))));
            reachable.add(labels, f64::from(u8::from(condition != Condition::Unreachable)));
        }
        if let Some(last) = &health.last {
            updates.add(labels, float(u128::from(last.metrics.updates)));
            cycles.add(labels, float(last.metrics.cycles_consumed));
            state.add(labels, float(u128::from(last.metrics.state_bytes)));
            canisters.add(labels, float(u128::from(last.metrics.canisters)));
        }
    }
    let mut nodes = gauge(
        "subnet_nodes",
        None,
        "Nodes of the subnet by their status on the public dashboard; never certified",
    );
    let mut limit = gauge("subnet_fault_limit", None, "Nodes of the subnet that may fail");
    let mut distance = gauge(
        "subnet_fault_distance",
        None,
        "Nodes that may still fail: the limit less those that the public dashboard calls down, 0 beyond it",
    );
    let mut contradicted = gauge(
        "subnet_report_contradicted",
        None,
        "1 if the public dashboard calls more nodes down than the subnet can lose, and it certifies",
    );
    let mut nakamoto = gauge(
        "subnet_nakamoto",
        None,
        "The fewest actors that together have more than a third of the subnet's nodes, by feature",
    );
    let mut info = Filling(Family {
        name: "subnet",
        unit: None,
        help: "What the subnet is for and which GuestOS version it is to run",
        kind: Type::Info,
        samples: Vec::new(),
    });
    for (id, record) in &model.world.topology.subnets {
        let text = id.to_text();
        let kind = record.kind.to_string();
        info.add(&[("subnet", &text), ("kind", &kind), ("version", record.replica_version.as_str())], 1.0);
        let figures = measure(&model.world.topology, &record.membership, Some(id));
        limit.add(&[("subnet", &text)], small(figures.fault_limit));
        for coefficient in &figures.coefficients {
            let labels: &[(&'static str, &str)] =
                &[("subnet", &text), ("feature", coefficient.feature.slug())];
            nakamoto.add(labels, small(coefficient.actors));
        }
        let counts = counted(model, &record.membership);
        for (status, count) in counts {
            nodes.add(&[("subnet", &text), ("status", status), PER_DASHBOARD], small(count));
        }
        if let Some(margin) = model.world.margin(id, now).filter(|_| model.world.fleet.reported_at.is_some())
        {
            let labels: &[(&'static str, &str)] = &[("subnet", &text), PER_DASHBOARD];
            distance.add(labels, small(margin.left()));
            contradicted.add(labels, f64::from(u8::from(margin.is_contradicted())));
        }
    }
    [
        info,
        time,
        lag,
        stalled,
        reachable,
        updates,
        cycles,
        state,
        canisters,
        nodes,
        limit,
        distance,
        contradicted,
        nakamoto,
    ]
    .into_iter()
    .map(Filling::done)
    .collect()
}

/// How many nodes have which status on the public dashboard.
pub(super) fn counted<'n>(
    model: &Model,
    nodes: impl IntoIterator<Item = &'n Principal>,
) -> BTreeMap<&'static str, usize> {
    let mut counts: BTreeMap<&'static str, usize> =
        ["up", "degraded", "down", "unknown"].into_iter().map(|status| (status, 0)).collect();
    for node in nodes {
        let life = model.world.fleet.nodes.get(node);
        let status = fleet::status_label(life.and_then(|l| l.reported.as_ref()).map(|r| &r.status));
        *counts.entry(status).or_default() += 1;
    }
    counts
}

fn governance(model: &Model) -> Vec<Family> {
    let world = &model.world;
    let known = !world.proposals.is_empty();
    let mut power = Filling::gauge(
        "neuron_deciding_voting_power",
        None,
        "What a neuron of the identity decides now, in hundred-millionths",
    );
    let mut refreshed = Filling::gauge(
        "neuron_refreshed_timestamp",
        Some("seconds"),
        "When a neuron's following was confirmed last",
    );
    for neuron in world.neurons.iter().filter(|n| n.is_mine()).take(MOST_NEURONS) {
        let id = neuron.id.to_string();
        power.add(&[("neuron", &id)], float(u128::from(neuron.deciding_voting_power.0)));
        refreshed.maybe(&[("neuron", &id)], neuron.refreshed.map(seconds));
    }
    vec![
        Filling::gauge("proposals_open", None, "Proposals of the NNS that are open")
            .only(known.then(|| small(world.proposals.open().count()))),
        power.done(),
        refreshed.done(),
        Filling::gauge("icp_xdr_rate", None, "XDR for one ICP, as the cycles minting canister certifies")
            .only(world.facts.icp_xdr.as_ref().map(|rate| float(u128::from(rate.value.0)) / 10_000.0)),
    ]
}

fn alerts(model: &Model) -> Family {
    let mut firing = Filling::gauge("alerts_firing", None, "Alerts that fire, by rule and severity");
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for rule in icpulse_model::alert::Rule::ALL {
        let usual = icpulse_model::alert_settings::RuleSettings::usual(rule).severity.word();
        // A rule that finds nothing says so: otherwise nobody could tell it from one that is not there.
        if !model.world.alerts.alerts.iter().any(|a| a.is_firing() && a.rule == rule) {
            counts.insert((rule.name(), usual), 0);
        }
    }
    for alert in model.world.alerts.alerts.iter().filter(|a| a.is_firing()) {
        *counts.entry((alert.rule.name(), alert.severity.word())).or_default() += 1;
    }
    for ((rule, severity), count) in counts {
        firing.add(&[("rule", rule), ("severity", severity)], small(count));
    }
    firing.done()
}

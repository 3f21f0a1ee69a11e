//! The world as metrics. Pure.

use super::encode::{Family, Sample, Type};
use super::fleet;
use icpulse_model::decentralization::measure_decentralization;
use icpulse_model::health::Condition;
use icpulse_model::own_nodes::OwnNodes;
use icpulse_model::world::{SyncStatus, World};
use icpulse_model::{Principal, Timestamp};
use std::collections::BTreeMap;

/// Nodes with metrics of their own, at most.
pub const MOST_NODES: usize = 2_000;
/// Neurons with metrics of their own, at most.
const MOST_NEURONS: usize = 200;

/// The exported data.
#[derive(Clone, Debug, Default)]
pub struct MetricsModel {
    pub world: World,
    /// Where the reading stands.
    pub status: SyncStatus,
    /// The user's nodes.
    pub mine: OwnNodes,
    /// Every node has metrics of its own, not only the user's.
    pub all_nodes: bool,
    /// Failures of readings so far.
    pub sync_errors: u64,
}

/// The label of what only the public dashboard says.
pub(super) const PER_DASHBOARD: (&str, &str) = ("source", "public_dashboard");

pub(super) struct FamilyBuilder(Family);

impl FamilyBuilder {
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

    pub(super) fn add_known(&mut self, labels: &[(&'static str, &str)], value: Option<f64>) {
        if let Some(value) = value {
            self.add(labels, value);
        }
    }

    fn with_value(mut self, value: Option<f64>) -> Family {
        self.add_known(&[], value);
        self.0
    }

    pub(super) fn build(self) -> Family {
        self.0
    }
}

/// Prometheus counts in floating point; whole numbers up to 2^53 stay exact, and rates of greater ones
/// are exact enough.
pub(super) fn to_f64(n: u128) -> f64 {
    n as f64
}

pub(super) fn count_to_f64(n: usize) -> f64 {
    to_f64(n as u128)
}

/// Seconds since 1970 with fractions.
pub(super) fn to_unix_seconds(at: Timestamp) -> f64 {
    to_f64(u128::from(at.0)) / 1e9
}

/// All metrics as of `now`, by this machine's clock.
pub fn gather_families(model: &MetricsModel, now: Timestamp) -> Vec<Family> {
    let mut all = vec![build_info()];
    all.extend(sync_families(model));
    all.extend(subnet_families(model, now));
    all.extend(fleet::node_families(model, now));
    all.extend(fleet::boundary_families(model));
    all.extend(fleet::provider_families(model, now));
    all.extend(governance_families(model));
    all.push(alert_family(model));
    all
}

fn build_info() -> Family {
    let labels = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    let samples = vec![Sample { labels, value: 1.0 }];
    Family { name: "build", unit: None, help: "This program", kind: Type::Info, samples }
}

fn sync_families(model: &MetricsModel) -> Vec<Family> {
    let (status, topology) = (&model.status, &model.world.topology);
    let mut errors =
        FamilyBuilder::counter("sync_errors", "Times that readings began to fail since the start");
    errors.add(&[], to_f64(u128::from(model.sync_errors)));
    vec![
        FamilyBuilder::gauge(
            "sync_last_success_timestamp",
            Some("seconds"),
            "When something was read last, by this machine's clock",
        )
        .with_value(status.last_success.map(to_unix_seconds)),
        FamilyBuilder::gauge(
            "certificate_timestamp",
            Some("seconds"),
            "The newest time that the network certified to this program",
        )
        .with_value(status.certified_at.map(to_unix_seconds)),
        FamilyBuilder::gauge("sync_failing", None, "1 while readings fail")
            .with_value(Some(f64::from(u8::from(status.trouble.is_some())))),
        errors.build(),
        FamilyBuilder::gauge("registry_version", None, "The registry version that was read and proven")
            .with_value((!topology.is_empty()).then(|| to_f64(u128::from(topology.version.0)))),
        FamilyBuilder::gauge("registry_replaying", None, "1 while the registry's history is being read")
            .with_value(Some(f64::from(u8::from(status.registry.is_some())))),
    ]
}

fn subnet_families(model: &MetricsModel, now: Timestamp) -> Vec<Family> {
    let gauge = |name, unit, help| FamilyBuilder::gauge(name, unit, help);
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
        FamilyBuilder::counter("subnet_updates", "Replicated message executions, as the subnet certifies");
    let mut cycles =
        FamilyBuilder::counter("subnet_cycles_consumed", "Cycles consumed, as the subnet certifies");
    let mut state = gauge("subnet_state", Some("bytes"), "State of the subnet's canisters");
    let mut canisters = gauge("subnet_canisters", None, "Canisters on the subnet");
    for (id, health) in model.world.health.iter() {
        let id = id.to_text();
        let labels: &[(&'static str, &str)] = &[("subnet", &id)];
        time.add_known(labels, health.certified_at.map(to_unix_seconds));
        lag.add_known(labels, health.lag().map(|s| to_f64(u128::from(s.0))));
        let condition = health.condition(now);
        if condition != Condition::Unknown {
            stalled.add(labels, f64::from(u8::from(matches!(condition, Condition::Stalled(_)))));
            reachable.add(labels, f64::from(u8::from(condition != Condition::Unreachable)));
        }
        if let Some(last) = &health.last {
            updates.add(labels, to_f64(u128::from(last.metrics.updates)));
            cycles.add(labels, to_f64(last.metrics.cycles_consumed));
            state.add(labels, to_f64(u128::from(last.metrics.state_bytes)));
            canisters.add(labels, to_f64(u128::from(last.metrics.canisters)));
        }
    }
    let mut nodes =
        gauge("subnet_nodes", None, "Nodes of the subnet by status, as in nodes; never certified");
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
    let mut info = FamilyBuilder(Family {
        name: "subnet",
        unit: None,
        help: "What the subnet is for and which GuestOS version it is to run",
        kind: Type::Info,
        samples: Vec::new(),
    });
    for (id, record) in &model.world.topology.subnets {
        let text = id.to_text();
        let kind = record.kind.to_string();
        let version = model.world.topology.subnet_version(id).map_or("", |v| v.as_str());
        info.add(&[("subnet", &text), ("kind", &kind), ("version", version)], 1.0);
        let figures = measure_decentralization(&model.world.topology, &record.membership, Some(id));
        limit.add(&[("subnet", &text)], count_to_f64(figures.fault_limit));
        for coefficient in &figures.coefficients {
            let labels: &[(&'static str, &str)] =
                &[("subnet", &text), ("feature", coefficient.feature.slug())];
            nakamoto.add_known(labels, coefficient.known_actors().map(count_to_f64));
        }
        for (status, count) in count_by_status(model, &record.membership, now) {
            nodes.add(&[("subnet", &text), ("status", status), PER_DASHBOARD], count_to_f64(count));
        }
        if let Some(margin) = model.world.margin(id, now).filter(|_| model.world.fleet.reported_at.is_some())
        {
            let labels: &[(&'static str, &str)] = &[("subnet", &text), PER_DASHBOARD];
            distance.add(labels, count_to_f64(margin.remaining()));
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
    .map(FamilyBuilder::build)
    .collect()
}

/// Counts nodes by status, as screens and lists do.
pub(super) fn count_by_status<'n>(
    model: &MetricsModel,
    nodes: impl IntoIterator<Item = &'n Principal>,
    now: Timestamp,
) -> [(&'static str, usize); 5] {
    let counts = model.world.fleet.count_statuses(nodes, now);
    [
        ("up", counts.up),
        ("degraded", counts.degraded),
        ("down", counts.down),
        ("disputed", counts.disputed),
        ("unknown", counts.unknown),
    ]
}

fn governance_families(model: &MetricsModel) -> Vec<Family> {
    let world = &model.world;
    let known = !world.proposals.is_empty();
    let mut power = FamilyBuilder::gauge(
        "neuron_deciding_voting_power",
        None,
        "What a neuron of the identity decides now, in hundred-millionths",
    );
    let mut refreshed = FamilyBuilder::gauge(
        "neuron_refreshed_timestamp",
        Some("seconds"),
        "When a neuron's following was confirmed last",
    );
    for neuron in world.neurons.iter().filter(|n| n.is_mine()).take(MOST_NEURONS) {
        let id = neuron.id.to_string();
        power.add(&[("neuron", &id)], to_f64(u128::from(neuron.deciding_voting_power.0)));
        refreshed.add_known(&[("neuron", &id)], neuron.refreshed.map(to_unix_seconds));
    }
    vec![
        FamilyBuilder::gauge("proposals_open", None, "Proposals of the NNS that are open")
            .with_value(known.then(|| count_to_f64(world.proposals.open().count()))),
        power.build(),
        refreshed.build(),
        FamilyBuilder::gauge(
            "icp_xdr_rate",
            None,
            "XDR for one ICP, as the cycles minting canister certifies",
        )
        .with_value(world.facts.icp_xdr.as_ref().map(|rate| to_f64(u128::from(rate.value.0)) / 10_000.0)),
    ]
}

fn alert_family(model: &MetricsModel) -> Family {
    let mut firing = FamilyBuilder::gauge("alerts_firing", None, "Alerts that fire, by rule and severity");
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for rule in icpulse_model::alert::Rule::ALL {
        let usual = icpulse_model::alert_settings::RuleSettings::with_default_limits(rule).severity.word();
        // A rule that finds nothing says so: otherwise nobody could tell it from one that is not there.
        if !model.world.alerts.alerts.iter().any(|a| a.is_firing() && a.rule == rule) {
            counts.insert((rule.name(), usual), 0);
        }
    }
    for alert in model.world.alerts.alerts.iter().filter(|a| a.is_firing()) {
        *counts.entry((alert.rule.name(), alert.severity.word())).or_default() += 1;
    }
    for ((rule, severity), count) in counts {
        firing.add(&[("rule", rule), ("severity", severity)], count_to_f64(count));
    }
    firing.build()
}

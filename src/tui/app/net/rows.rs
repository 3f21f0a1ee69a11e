//! The rows of the network's lists, made anew when what they are made of changes.

use super::value::{NetRow, Tone, Value};
use super::{NetList, short};
use crate::tui::app::columns::ColumnId;
use crate::tui::app::index::Context;
use crate::tui::app::place::{Name, Os, Subject};
use crate::tui::app::state::State;
use icpulse_model::amount::group;
use icpulse_model::decentral::{Feature, measure};
use icpulse_model::event::EventKind;
use icpulse_model::fleet::{Lives, NodeStatus, Verdict};
use icpulse_model::health::{Condition, Span};
use icpulse_model::margin::Margin;
use icpulse_model::node_rewards::{Day, MicroXdr, Performance, Ppm};
use icpulse_model::query::Field;
use icpulse_model::registry::{SubnetKind, elections};
use icpulse_model::text::Line;
use icpulse_model::{Principal, Proof, Seconds, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Days of a heat strip.
pub const STRIP_DAYS: usize = 30;
/// From this relative failure rate on rewards are lost: 10 %.
const COSTS: Ppm = Ppm(100_000);
/// Worth a look before it costs: 5 %.
const NEARLY: Ppm = Ppm(50_000);
/// Points of the network's sparklines: half an hour.
const POINTS: usize = 30;

/// A node's last days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeDays {
    /// Relative failure rates, oldest first; a day without one is empty.
    pub strip: Vec<Option<Ppm>>,
    /// Their mean.
    pub mean: Option<Ppm>,
    /// It was extrapolated from other nodes on the last day.
    pub extrapolated: bool,
    /// The latest multiplier.
    pub multiplier: Option<Ppm>,
    /// XDR that it did not get in these days, of its base reward.
    pub lost: MicroXdr,
    /// XDR that it got.
    pub earned: MicroXdr,
}

/// What the network comes to, for Pulse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Subnets.
    pub subnets: usize,
    /// Nodes.
    pub nodes: usize,
    /// Subnets that stand still.
    pub stalled: usize,
    /// Subnets that were asked and certify the present.
    pub well: usize,
    /// Nodes that are reported down. Only the public dashboard says so.
    pub down: usize,
    /// Nodes whose life is known.
    pub judged: usize,
    /// Whether what is known of nodes rests on the public dashboard's word.
    pub unverified: bool,
    /// Subnets whose certificates contradict what is reported of their nodes.
    pub contradicted: usize,
    /// Thousandths of message executions a second, of subnets that told.
    pub milli_updates: Option<u64>,
    /// Cycles a second.
    pub cycles: Option<u64>,
    /// Executions over time.
    pub updates_series: Vec<u64>,
    /// Cycles over time.
    pub cycles_series: Vec<u64>,
    /// The newest GuestOS version that is being rolled out, and how many subnets have it.
    pub rollout: Option<(Line, usize)>,
}

fn mean(rates: impl Iterator<Item = Ppm>) -> Option<Ppm> {
    let (sum, count) = rates.fold((0u64, 0u64), |(sum, count), r| (sum + u64::from(r.0), count + 1));
    u32::try_from(sum.checked_div(count)?).ok().map(Ppm)
}

fn fails_tone(rate: Ppm) -> Tone {
    match rate {
        r if r >= COSTS => Tone::Bad,
        r if r >= NEARLY => Tone::Warn,
        _ => Tone::Plain,
    }
}

/// A node's state in a word.
fn verdict_word(verdict: &Verdict) -> (Line, Tone) {
    match verdict {
        Verdict::Unknown => (Line::default(), Tone::Dim),
        Verdict::Reported(status) => {
            let tone = match status {
                NodeStatus::Up | NodeStatus::Unassigned => Tone::Good,
                NodeStatus::Degraded => Tone::Warn,
                NodeStatus::Down => Tone::Bad,
                NodeStatus::Disabled | NodeStatus::Other(_) => Tone::Dim,
            };
            (Line::new(status.word()), tone)
        }
        Verdict::Answered(_) => (Line::new("answers"), Tone::Good),
        Verdict::Disputed(status, _) => (Line::new(&format!("disputed {}", status.word())), Tone::Warn),
    }
}

impl State {
    /// What a past make-up shows has no health.
    fn is_now(&self) -> bool {
        self.net.then.is_none()
    }

    fn lives<'n>(&self, nodes: impl Iterator<Item = &'n Principal>) -> Lives {
        self.world.fleet.lives(nodes, self.fleet_now())
    }

    /// How many nodes a subnet can still lose; what a past make-up shows has no health.
    #[must_use]
    pub fn margin(&self, subnet: &Principal) -> Option<Margin> {
        self.world.margin(subnet, self.fleet_now()).filter(|_| self.is_now())
    }

    /// Puts a provider's name into a row, marked: names are unverified, ids are certified.
    fn put_provider(&self, row: &mut NetRow, column: ColumnId, id: &Principal, name: Line, tone: Tone) {
        row.put(column, Value::Word(name), tone);
        if self.world.fleet.name(id).is_some() {
            row.mark_unverified(column);
        }
    }

    /// Makes the rows of all lists.
    pub(in crate::tui::app) fn refresh_net(&mut self) {
        self.refresh_lists(&NetList::ALL);
    }

    /// Makes the rows that follow from the life of machines; events have none.
    pub(in crate::tui::app) fn refresh_fleet(&mut self) {
        self.refresh_lists(&[
            NetList::Subnets,
            NetList::Nodes,
            NetList::Providers,
            NetList::DataCenters,
            NetList::Versions,
            NetList::Boundary,
            NetList::Mine,
        ]);
    }

    fn refresh_lists(&mut self, lists: &[NetList]) {
        self.measure_subnets();
        self.gather_days();
        self.look_up_elections();
        let providers = self.topology().providers();
        for list in lists.iter().copied() {
            let rows = match list {
                NetList::Subnets => self.subnet_rows(),
                NetList::Nodes => self.node_rows(None),
                NetList::Mine => self.net.mine.provider.map(|p| self.node_rows(Some(p))).unwrap_or_default(),
                NetList::Providers => self.provider_rows(&providers),
                NetList::DataCenters => self.center_rows(),
                NetList::Versions => self.version_rows(),
                NetList::Boundary => self.boundary_rows(),
                NetList::Events => self.event_rows(),
            };
            self.put_rows(list, rows);
        }
        self.summarize();
        self.index.net_timed = self.is_net_timed();
    }

    /// More proposals are known: they may have elected versions.
    pub(in crate::tui::app) fn refresh_versions(&mut self) {
        let before = self.net.of_elections.as_ref().map(|(_, count)| *count);
        if before.is_some_and(|count| count != self.world.proposals.len()) {
            self.refresh_lists(&[NetList::Versions]);
        }
    }

    /// Looks up the proposals that elected versions, when there are others than before.
    fn look_up_elections(&mut self) {
        let (topology, proposals) = (Arc::clone(self.topology()), self.world.proposals.len());
        let known = self.net.of_elections.as_ref();
        if known.is_some_and(|(of, count)| Arc::ptr_eq(of, &topology) && *count == proposals) {
            return;
        }
        let found = elections(&topology, &self.world.proposals);
        self.net.elections = found.into_iter().map(Arc::new).collect();
        self.net.of_elections = Some((topology, proposals));
    }

    /// Makes the rows that follow from subnets' health.
    pub(in crate::tui::app) fn refresh_health(&mut self) {
        let rows = self.subnet_rows();
        self.put_rows(NetList::Subnets, rows);
        self.summarize();
    }

    /// Makes the rows of events.
    pub(in crate::tui::app) fn refresh_events(&mut self) {
        for (list, rows) in [(NetList::Events, self.event_rows()), (NetList::Versions, self.version_rows())] {
            self.put_rows(list, rows);
        }
        self.summarize();
    }

    /// Whether the time alone changes what lists say of nodes: signatures and certificates that prove
    /// life age.
    pub(in crate::tui::app) fn is_net_timed(&self) -> bool {
        let now = self.fleet_now();
        self.net.summary.contradicted > 0 || self.world.fleet.nodes.values().any(|life| life.is_alive(now))
    }

    fn put_rows(&mut self, list: NetList, mut rows: Vec<Arc<NetRow>>) {
        rows.sort_by_key(|row| std::cmp::Reverse(row.id));
        rows.dedup_by_key(|row| row.id);
        let context = Context { now: self.network_now(), ..Context::default() };
        let Some(index) = self.index.net.get_mut(list as usize) else { return };
        index.set(rows.iter(), context);
        if let Some(state) = self.net.lists.get_mut(list as usize) {
            state.total = index.len();
            state.set_rows(index.rows());
        }
    }

    fn measure_subnets(&mut self) {
        let topology = Arc::clone(self.topology());
        if self.net.of_topology.as_ref().is_some_and(|of| Arc::ptr_eq(of, &topology)) {
            return;
        }
        let measured = topology
            .subnets
            .iter()
            .map(|(id, subnet)| (*id, Arc::new(measure(&topology, &subnet.membership, Some(id)))));
        self.net.measured = measured.collect();
        self.net.of_topology = Some(topology);
    }

    fn gather_days(&mut self) {
        let rewards = Arc::clone(&self.world.node_rewards);
        if self.net.of_rewards.as_ref().is_some_and(|of| Arc::ptr_eq(of, &rewards)) {
            return;
        }
        let from = self.strip_from();
        let mut days: BTreeMap<Principal, NodeDays> = BTreeMap::new();
        for (day, all) in rewards.days.range(from..) {
            let place = usize::try_from(day.0.saturating_sub(from.0)).unwrap_or(0);
            for node in all.providers.values().flat_map(|p| &p.nodes) {
                let days = days
                    .entry(node.node)
                    .or_insert_with(|| NodeDays { strip: vec![None; STRIP_DAYS], ..NodeDays::default() });
                if let Some(cell) = days.strip.get_mut(place) {
                    *cell = node.performance.relative();
                }
                days.multiplier = Some(node.multiplier);
                days.extrapolated = matches!(node.performance, Performance::Extrapolated(_));
                days.lost = days.lost.plus(node.base.minus(node.adjusted));
                days.earned = days.earned.plus(node.adjusted);
            }
        }
        for days in days.values_mut() {
            days.mean = mean(days.strip.iter().flatten().copied());
        }
        self.net.days = days.into_iter().map(|(id, days)| (id, Arc::new(days))).collect();
        self.net.of_rewards = Some(rewards);
    }

    /// The first day of the strips: the last thirty that are known.
    #[must_use]
    pub fn strip_from(&self) -> Day {
        let last = self.world.node_rewards.days.keys().next_back().copied().unwrap_or_default();
        Day(last.0.saturating_sub(u32::try_from(STRIP_DAYS).unwrap_or(30) - 1))
    }

    fn subnet_rows(&self) -> Vec<Arc<NetRow>> {
        let topology = self.topology();
        let now = self.network_now();
        let rows = topology.subnets.iter().map(|(id, subnet)| {
            let mut row = NetRow::new(Subject::Subnet(*id));
            row.also(Some(Field::Subnet), id.to_text().as_str());
            row.plain(ColumnId::Name, Value::Id(*id));
            let kind = match &subnet.kind {
                _ if topology.nns == Some(*id) => "NNS".to_owned(),
                SubnetKind::VerifiedApplication => "verified app".to_owned(),
                kind => kind.to_string(),
            };
            row.dim(ColumnId::Class, Value::Word(Line::new(&kind)));
            row.plain(ColumnId::Version, Value::Version(subnet.replica_version.clone()));
            row.number(ColumnId::Members, subnet.membership.len());
            let figures = self.net.figures(id);
            let limit = figures.map_or(0, |f| f.fault_limit);
            let lives = self.lives(subnet.membership.iter());
            let known = self.is_now() && lives.is_known();
            let number = |n: usize| Value::Number(i64::try_from(n).unwrap_or(i64::MAX));
            let margin = self.margin(id).filter(|_| known);
            // A report that the subnet's certificates contradict is not an alarm.
            let alarm = if margin.is_some_and(|m| m.is_contradicted()) { Tone::Warn } else { Tone::Bad };
            if known {
                row.number(ColumnId::Up, lives.up);
                let tone = |n: usize, tone| if n > 0 { tone } else { Tone::Dim };
                row.put(ColumnId::Degraded, number(lives.degraded), tone(lives.degraded, Tone::Warn));
                row.put(ColumnId::Down, number(lives.down), tone(lives.down, alarm));
            }
            let (left, tone) = match margin {
                None => (limit, Tone::Dim),
                Some(margin) if margin.is_exceeded() => (0, alarm),
                Some(margin) if margin.down > 0 && margin.left() <= 1 => (margin.left(), Tone::Warn),
                Some(margin) => (margin.left(), Tone::Plain),
            };
            row.put(ColumnId::Margin, number(left), tone);
            if known && lives.is_unverified() {
                for column in [ColumnId::Up, ColumnId::Degraded, ColumnId::Down, ColumnId::Margin] {
                    row.mark_unverified(column);
                }
            }
            if let Some(figures) = figures {
                row.number(ColumnId::Nakamoto, figures.least());
                for (feature, column) in [
                    (Feature::Provider, ColumnId::NakProvider),
                    (Feature::DataCenter, ColumnId::NakCenter),
                    (Feature::Owner, ColumnId::NakOwner),
                    (Feature::Country, ColumnId::NakCountry),
                    (Feature::Area, ColumnId::NakArea),
                    (Feature::Operator, ColumnId::NakOperator),
                ] {
                    row.number(column, figures.actors(feature));
                }
                if !figures.breaches.is_empty() {
                    let count = i64::try_from(figures.breaches.len()).unwrap_or(i64::MAX);
                    row.put(ColumnId::Breaches, Value::Number(count), Tone::Warn);
                }
            }
            self.put_health(&mut row, id, subnet.is_halted, now);
            Arc::new(row)
        });
        rows.collect()
    }

    fn put_health(&self, row: &mut NetRow, id: &Principal, halted: bool, now: Timestamp) {
        let health = self.world.health.get(id).filter(|_| self.is_now());
        let condition = health.map_or(Condition::Unknown, |h| h.condition(now));
        let (word, tone) = match condition {
            _ if halted => ("halted", Tone::Warn),
            Condition::Unknown => ("", Tone::Dim),
            Condition::Well => ("well", Tone::Good),
            Condition::Stalled(_) => ("STALLED", Tone::Bad),
            Condition::Unreachable => ("no answer", Tone::Bad),
        };
        if !word.is_empty() {
            row.put(ColumnId::Health, Value::Word(Line::new(word)), tone);
        }
        let Some(health) = health else { return };
        if let Some(rates) = &health.rates {
            row.plain(ColumnId::Tps, Value::Rate(rates.milli_updates_per_second));
            row.plain(ColumnId::Cycles, Value::Cycles(rates.cycles_per_second));
        }
        let series = health.updates.values(Span::Minute);
        if series.len() > 1 {
            row.plain(ColumnId::TpsSpark, Value::Series(series));
        }
        if let Some(last) = health.last {
            row.plain(ColumnId::StateSize, Value::Bytes(last.metrics.state_bytes));
            let canisters = i64::try_from(last.metrics.canisters).unwrap_or(i64::MAX);
            row.plain(ColumnId::Canisters, Value::Number(canisters));
        }
        match (condition, health.certified_at, health.lag()) {
            (Condition::Stalled(_), Some(at), _) => row.put(ColumnId::Lag, Value::Since(at), Tone::Bad),
            (_, _, Some(lag)) => row.dim(ColumnId::Lag, Value::Span(lag)),
            _ => {}
        }
    }

    /// Rows of all nodes, or of one provider's.
    fn node_rows(&self, only: Option<Principal>) -> Vec<Arc<NetRow>> {
        let topology = self.topology();
        let now = self.fleet_now();
        // Most nodes share a few values: their texts are made once.
        let mut names: BTreeMap<Principal, (Line, Line)> = BTreeMap::new();
        let nodes =
            topology.nodes.iter().filter(|(id, _)| only.is_none() || topology.provider_of(id) == only);
        let rows = nodes.map(|(id, node)| {
            let mut row = NetRow::new(Subject::Node(*id));
            row.also(Some(Field::Node), id.to_text().as_str());
            if let Some(alias) = self.net.mine.alias(topology, id) {
                row.put(ColumnId::Alias, Value::Word(alias.clone()), Tone::Known);
            }
            row.plain(ColumnId::Name, Value::Id(*id));
            row.dim(ColumnId::Operator, Value::Id(node.operator));
            row.also(Some(Field::Operator), node.operator.to_text().as_str());
            if let Some(operator) = topology.operator_of(id) {
                let (name, all) = names.entry(operator.provider).or_insert_with(|| {
                    let name = self.provider_name(&operator.provider);
                    let all = Line::new(&format!("{name} {}", operator.provider));
                    (name, all)
                });
                self.put_provider(
                    &mut row,
                    ColumnId::Provider,
                    &operator.provider,
                    name.clone(),
                    Tone::Plain,
                );
                row.also(Some(Field::Provider), all.clone());
                row.plain(ColumnId::DataCenter, Value::Word(operator.data_center.clone()));
            }
            if let Some(center) = topology.data_center_of(id) {
                row.plain(ColumnId::Country, Value::Word(center.region.country.clone()));
                row.dim(ColumnId::Owner, Value::Word(center.owner.clone()));
            }
            match topology.subnet_of(id) {
                Some(subnet) => {
                    row.plain(ColumnId::Subnet, Value::Word(Line::new(&short(&subnet))));
                    row.also(Some(Field::Subnet), subnet.to_text().as_str());
                }
                None => {
                    let word = if topology.is_boundary(id) { "boundary" } else { "spare" };
                    row.dim(ColumnId::Subnet, Value::Word(Line::new(word)));
                    row.also(Some(Field::Subnet), word);
                }
            }
            if self.is_now() {
                self.put_life(&mut row, id, now);
            }
            if let Some(days) = self.net.days.get(id).filter(|_| self.is_now()) {
                put_days(&mut row, days);
            }
            if let Some(version) = topology.desired_version(id) {
                row.plain(ColumnId::Version, Value::Version(version.clone()));
            }
            if let Some(kind) = node.reward_type {
                row.dim(ColumnId::Class, Value::Word(Line::new(&kind.to_string())));
            }
            if let Some(address) = &node.address {
                row.dim(ColumnId::Address, Value::Word(address.clone()));
            }
            Arc::new(row)
        });
        rows.collect()
    }

    fn put_life(&self, row: &mut NetRow, id: &Principal, now: Timestamp) {
        let Some(life) = self.world.fleet.nodes.get(id) else { return };
        let verdict = life.verdict(now);
        let (word, tone) = verdict_word(&verdict);
        let contradicted = life.is_down(now)
            && self
                .topology()
                .subnet_of(id)
                .and_then(|s| self.margin(&s))
                .is_some_and(|m| m.is_contradicted());
        if !word.is_empty() {
            let tone = if contradicted { Tone::Warn } else { tone };
            row.put(ColumnId::Health, Value::Word(word), tone);
        }
        if life.proof(now) == Some(Proof::Unverified) {
            row.mark_unverified(ColumnId::Health);
        }
        let fresh = life.is_alive(now);
        let (badge, tone) = match (&verdict, fresh) {
            (Verdict::Unknown, _) => ("", Tone::Dim),
            (Verdict::Disputed(..), _) => ("REST≠SIGNED", Tone::Warn),
            (Verdict::Reported(_), true) => ("REST+SIGNED", Tone::Signed),
            (Verdict::Reported(_), false) => ("REST", Tone::Unverified),
            (Verdict::Answered(_), _) => ("SIGNED", Tone::Signed),
        };
        if !badge.is_empty() {
            row.put(ColumnId::Badge, Value::Word(Line::new(badge)), tone);
        }
        if let Some(observed) = life.reported.as_ref().and_then(|r| r.guestos_version.as_ref()) {
            let behind = self.topology().desired_version(id).is_some_and(|wanted| wanted != observed);
            let tone = if behind { Tone::Warn } else { Tone::Dim };
            row.put(ColumnId::Observed, Value::Version(observed.clone()), tone);
            row.mark_unverified(ColumnId::Observed);
        }
    }

    fn provider_rows(
        &self,
        providers: &BTreeMap<Principal, icpulse_model::registry::Provider>,
    ) -> Vec<Arc<NetRow>> {
        let from = self.strip_from();
        let rows = providers.iter().map(|(id, provider)| {
            let mut row = NetRow::new(Subject::Provider(*id));
            let name = self.provider_name(id);
            row.also(Some(Field::Provider), format!("{name} {id}").as_str());
            let tone = if self.net.mine.provider == Some(*id) { Tone::Known } else { Tone::Plain };
            self.put_provider(&mut row, ColumnId::Name, id, name, tone);
            row.dim(ColumnId::Provider, Value::Id(*id));
            row.number(ColumnId::Members, provider.nodes.len());
            row.number(ColumnId::Assigned, provider.assigned);
            let lives = self.lives(provider.nodes.iter());
            if self.is_now() && lives.is_known() {
                let tone = if lives.down > 0 { Tone::Bad } else { Tone::Dim };
                row.put(ColumnId::Down, Value::Number(i64::try_from(lives.down).unwrap_or(0)), tone);
                if lives.is_unverified() {
                    row.mark_unverified(ColumnId::Down);
                }
            }
            row.number(ColumnId::Centers, provider.data_centers.len());
            let centers: Vec<&str> = provider.data_centers.iter().map(Line::as_str).collect();
            row.also(Some(Field::DataCenter), centers.join(" ").as_str());
            row.number(ColumnId::Allowance, usize::try_from(provider.allowance).unwrap_or(usize::MAX));
            row.number(ColumnId::Rewardable, usize::try_from(provider.rewardable).unwrap_or(usize::MAX));
            if self.is_now() {
                let means = provider.nodes.iter().filter_map(|n| self.net.days.get(n)?.mean);
                if let Some(mean) = mean(means) {
                    row.put(ColumnId::Fails, Value::Share(mean), fails_tone(mean));
                }
                if let Some(xdr) = self.world.node_rewards.projection(id, from) {
                    row.plain(ColumnId::Projected, Value::Xdr(xdr));
                }
            }
            Arc::new(row)
        });
        rows.collect()
    }

    fn center_rows(&self) -> Vec<Arc<NetRow>> {
        #[derive(Default)]
        struct Count {
            nodes: usize,
            providers: BTreeSet<Principal>,
            subnets: BTreeSet<Principal>,
        }
        let topology = self.topology();
        let mut counts: BTreeMap<&Line, Count> = BTreeMap::new();
        for id in topology.nodes.keys() {
            let Some(operator) = topology.operator_of(id) else { continue };
            let count = counts.entry(&operator.data_center).or_default();
            count.nodes += 1;
            count.providers.insert(operator.provider);
            count.subnets.extend(topology.subnet_of(id));
        }
        let none = Count::default();
        let rows = topology.data_centers.iter().map(|(id, center)| {
            let count = counts.get(id).unwrap_or(&none);
            let mut row = NetRow::new(Subject::DataCenter(Name::new(id.as_str())));
            row.plain(ColumnId::Name, Value::Word(id.clone()));
            row.also(Some(Field::DataCenter), id.clone());
            row.plain(ColumnId::Owner, Value::Word(center.owner.clone()));
            row.dim(ColumnId::Region, Value::Word(center.region.continent.clone()));
            row.plain(ColumnId::Country, Value::Word(center.region.country.clone()));
            row.plain(ColumnId::Area, Value::Word(center.region.area.clone()));
            row.number(ColumnId::Members, count.nodes);
            row.number(ColumnId::Providers, count.providers.len());
            row.number(ColumnId::Subnets, count.subnets.len());
            Arc::new(row)
        });
        rows.collect()
    }

    fn version_rows(&self) -> Vec<Arc<NetRow>> {
        let topology = self.topology();
        let mut guests: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
        for subnet in topology.subnets.values() {
            guests.entry(subnet.replica_version.as_str()).or_default().0 += 1;
        }
        for id in topology.nodes.keys() {
            if let Some(version) = topology.desired_version(id) {
                guests.entry(version.as_str()).or_default().1 += 1;
            }
            let seen = self.world.fleet.nodes.get(id).and_then(|l| l.reported.as_ref());
            if let Some(version) = seen.and_then(|r| r.guestos_version.as_ref()).filter(|_| self.is_now()) {
                guests.entry(version.as_str()).or_default().2 += 1;
            }
        }
        let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
        for node in topology.nodes.values() {
            if let Some(version) = &node.hostos_version {
                *hosts.entry(version.as_str()).or_default() += 1;
            }
        }
        for version in topology.replica_versions.keys() {
            guests.entry(version.as_str()).or_default();
        }
        for version in topology.hostos_versions.keys() {
            hosts.entry(version.as_str()).or_default();
        }
        let observes = guests.values().any(|(_, _, seen)| *seen > 0);
        let all_subnets = topology.subnets.len();
        let guest_rows = guests.into_iter().map(|(version, (subnets, wanted, seen))| {
            let elected = topology.replica_versions.contains_key(&Line::new(version));
            let mut row = self.version_row(Os::Guest, version, elected);
            row.number(ColumnId::Subnets, subnets);
            let of = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            if subnets > 0 {
                row.plain(ColumnId::Rollout, Value::Of(of(subnets), of(all_subnets)));
            }
            row.number(ColumnId::Members, wanted);
            if observes {
                let tone = if seen == wanted { Tone::Dim } else { Tone::Warn };
                row.put(ColumnId::Observed, Value::Number(i64::try_from(seen).unwrap_or(0)), tone);
                row.mark_unverified(ColumnId::Observed);
            }
            Arc::new(row)
        });
        let mut rows: Vec<Arc<NetRow>> = guest_rows.collect();
        rows.extend(hosts.into_iter().map(|(version, nodes)| {
            let elected = topology.hostos_versions.contains_key(&Line::new(version));
            let mut row = self.version_row(Os::Host, version, elected);
            row.number(ColumnId::Members, nodes);
            Arc::new(row)
        }));
        rows
    }

    fn version_row(&self, os: Os, version: &str, elected: bool) -> NetRow {
        let mut row = NetRow::new(Subject::version(os, version));
        row.plain(ColumnId::Name, Value::Version(Line::new(version)));
        row.also(Some(Field::Version), version);
        row.dim(ColumnId::Class, Value::Word(Line::new(os.title())));
        if !elected {
            row.put(ColumnId::Health, Value::Word(Line::new("not elected")), Tone::Warn);
        }
        if let Some(event) = self.elected_by(os, version) {
            if let Some(at) = event.at {
                row.dim(ColumnId::Time, Value::At(at));
            }
            if let Some(proposal) = event.proposal {
                row.plain(ColumnId::ByProposal, Value::Number(i64::try_from(proposal.0).unwrap_or(i64::MAX)));
            }
        }
        row
    }

    fn boundary_rows(&self) -> Vec<Arc<NetRow>> {
        let topology = self.topology();
        let fleet = &self.world.fleet;
        let live = if self.is_now() { Some(&fleet.boundary) } else { None };
        let ids: BTreeSet<Principal> =
            topology.api_boundary_nodes.keys().chain(live.iter().flat_map(|b| b.keys())).copied().collect();
        let rows = ids.into_iter().map(|id| {
            let mut row = NetRow::new(Subject::Boundary(id));
            row.also(Some(Field::Node), id.to_text().as_str());
            let known = live.and_then(|b| b.get(&id));
            let domain = known.map(|b| b.domain.clone());
            let domain = domain.or_else(|| topology.nodes.get(&id)?.domain.clone());
            row.plain(ColumnId::Name, Value::Word(domain.unwrap_or_else(|| Line::new(&short(&id)))));
            row.dim(ColumnId::Provider, Value::Id(id));
            if let Some(provider) = topology.provider_of(&id) {
                let name = self.provider_name(&provider);
                row.also(Some(Field::Provider), format!("{name} {provider}").as_str());
                self.put_provider(&mut row, ColumnId::Owner, &provider, name, Tone::Dim);
            }
            if let Some(probe) = known.and_then(|b| b.probes.last()) {
                let (word, tone) = match (probe.healthy, probe.status) {
                    (true, _) => ("well".to_owned(), Tone::Good),
                    (false, 0) => ("no answer".to_owned(), Tone::Bad),
                    (false, status) => (format!("HTTP {status}"), Tone::Bad),
                };
                row.put(ColumnId::Health, Value::Word(Line::new(&word)), tone);
                row.mark_unverified(ColumnId::Health);
            }
            if let Some(known) = known {
                if let Some(latency) = known.latency() {
                    row.plain(ColumnId::Latency, Value::Millis(latency));
                }
                if known.probes.len() > 1 {
                    let millis = known.probes.iter().map(|p| p.millis).collect();
                    row.plain(ColumnId::TpsSpark, Value::Series(millis));
                }
                if let Some(address) = known.ipv6.as_ref().or(known.ipv4.as_ref()) {
                    row.dim(ColumnId::Address, Value::Word(address.clone()));
                }
            }
            if let Some(version) = topology.api_boundary_nodes.get(&id) {
                row.plain(ColumnId::Version, Value::Version(version.clone()));
            }
            Arc::new(row)
        });
        rows.collect()
    }

    fn event_rows(&self) -> Vec<Arc<NetRow>> {
        let until = self.net.then.as_ref().map(|t| t.topology.version);
        let events = self.numbered_events().filter(|(_, e)| until.is_none_or(|v| e.version <= v));
        let rows = events.map(|(id, event)| {
            let mut row = NetRow::new(id);
            let version = i64::try_from(event.version.0).unwrap_or(i64::MAX);
            row.dim(ColumnId::Id, Value::Number(version));
            if let Some(at) = event.at {
                row.dim(ColumnId::Time, Value::At(at));
            }
            let tone = match event.kind {
                EventKind::SubnetHalted(true) | EventKind::Undecoded(_) | EventKind::SubnetRemoved => {
                    Tone::Warn
                }
                EventKind::OtherChanged { .. } => Tone::Dim,
                _ => Tone::Plain,
            };
            row.put(ColumnId::Sentence, Value::Word(Line::new(&self.sentence(event))), tone);
            if let Some(proposal) = event.proposal {
                row.plain(ColumnId::ByProposal, Value::Number(i64::try_from(proposal.0).unwrap_or(i64::MAX)));
            }
            let mut ids = |field, id: Option<Principal>| {
                if let Some(id) = id {
                    row.also(Some(field), id.to_text().as_str());
                }
            };
            ids(Field::Node, event.node);
            ids(Field::Subnet, event.subnet);
            ids(Field::Operator, event.operator);
            if let Some(provider) = event.provider {
                let name = self.provider_name(&provider);
                row.also(Some(Field::Provider), format!("{name} {provider}").as_str());
            }
            if let Some(center) = &event.data_center {
                row.also(Some(Field::DataCenter), center.clone());
            }
            row.also(None, event.key.to_string().as_str());
            // Numbers are found as they are written and as they are shown.
            let numbers = [Some(event.version.0), event.proposal.map(|p| p.0)];
            for number in numbers.into_iter().flatten() {
                row.also(None, format!("{number} {}", group(&number.to_string())).as_str());
            }
            Arc::new(row)
        });
        rows.collect()
    }

    fn summarize(&mut self) {
        let topology = &self.world.topology;
        let now = self.network_now();
        let lives = {
            let all = topology.nodes.keys();
            self.lives(all)
        };
        let mut summary = Summary {
            subnets: topology.subnets.len(),
            nodes: topology.nodes.len(),
            down: lives.down,
            judged: topology.nodes.len() - lives.unknown,
            unverified: lives.is_unverified(),
            contradicted: self.world.contradicted_subnets(now),
            ..Summary::default()
        };
        let minutes = u64::try_from(POINTS).unwrap_or(30);
        let first = now.minus(Seconds(minutes * 60));
        let mut updates: BTreeMap<Timestamp, (u64, u64)> = BTreeMap::new();
        for (id, health) in self.world.health.iter() {
            if !topology.is_empty() && !topology.subnets.contains_key(id) {
                continue;
            }
            let condition = health.condition(now);
            let stalled = matches!(condition, Condition::Stalled(_));
            summary.stalled += usize::from(stalled);
            summary.well += usize::from(condition == Condition::Well);
            // What stands still executes nothing, whatever its last rate was.
            if let Some(rates) = health.rates.as_ref().filter(|_| !stalled) {
                let sum = summary.milli_updates.get_or_insert(0);
                *sum = sum.saturating_add(rates.milli_updates_per_second);
                let sum = summary.cycles.get_or_insert(0);
                *sum = sum.saturating_add(rates.cycles_per_second);
            }
            for (at, value) in health.updates.points(Span::Minute).into_iter().filter(|(at, _)| *at > first) {
                let sum = updates.entry(at).or_default();
                sum.0 = sum.0.saturating_add(value);
            }
            for (at, value) in health.cycles.points(Span::Minute).into_iter().filter(|(at, _)| *at > first) {
                let sum = updates.entry(at).or_default();
                sum.1 = sum.1.saturating_add(value);
            }
        }
        // Subnets are asked one after the other: the minute that is open is not known of all.
        updates.pop_last();
        (summary.updates_series, summary.cycles_series) = updates.into_values().unzip();
        summary.rollout = self.rollout();
        self.net.summary = summary;
    }

    /// The newest elected version that some subnet is to run, and how many are.
    fn rollout(&self) -> Option<(Line, usize)> {
        let topology = &self.world.topology;
        let mut counts: BTreeMap<&Line, usize> = BTreeMap::new();
        for subnet in topology.subnets.values() {
            *counts.entry(&subnet.replica_version).or_default() += 1;
        }
        let newest = self.world.events.iter().find_map(|e| match &e.kind {
            EventKind::ReplicaVersionElected(v) => counts.get_key_value(v),
            EventKind::SubnetUpgraded { to, .. } => counts.get_key_value(to),
            _ => None,
        });
        newest.or_else(|| counts.iter().max_by_key(|(_, n)| **n)).map(|(v, n)| ((*v).clone(), *n))
    }
}

fn put_days(row: &mut NetRow, days: &NodeDays) {
    if let Some(mean) = days.mean {
        row.put(ColumnId::Fails, Value::Share(mean), fails_tone(mean));
    }
    if let Some(multiplier) = days.multiplier {
        let tone = if multiplier < Ppm::ONE { Tone::Warn } else { Tone::Dim };
        row.put(ColumnId::Multiplier, Value::Factor(multiplier), tone);
    }
    row.plain(ColumnId::Strip, Value::Strip(days.strip.clone()));
    let tone = if days.lost > MicroXdr(0) { Tone::Warn } else { Tone::Dim };
    row.put(ColumnId::Lost, Value::Xdr(days.lost), tone);
}

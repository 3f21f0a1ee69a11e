//! Alerts: what fires when, what recovers, what survives a restart, and how messages arrive.

use crate::sample;
use icpulse_testing::small_fleet as fleet;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use fleet::{NODES, NOW, change, mine, node, operator, operator_record, provider, reported, subnet, world};
use icpulse_engine::alert::sinks::WAITING;
use icpulse_engine::alert::{
    Attention, DeliveryPolicy, Monitor, MonitorState, Notice, NoticeKind, Observation, Outbox, RuleInput,
    Store,
};
use icpulse_model::alert::{About, Rule, Severity};
use icpulse_model::alert_settings::{AlertSettings, QuietHours, RuleSettings, SinkKind, SinkSettings};
use icpulse_model::fleet::NodeStatus;
use icpulse_model::neuron::DissolveState;
use icpulse_model::node_rewards::{ListedProvider, NodeRewards};
use icpulse_model::own_nodes::OwnNodes;
use icpulse_model::registry::{Key, Topology};
use icpulse_model::text::Line;
use icpulse_model::world::{Neurons, Proposals, World};
use icpulse_model::{Principal, ProposalKey, Seconds, Timestamp};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

/// A monitor with a world and a clock of its own.
struct Watched {
    monitor: Monitor,
    world: World,
    mine: OwnNodes,
    named: BTreeMap<ProposalKey, BTreeSet<Principal>>,
    replaying: bool,
    now: Timestamp,
}

fn only(rule: Rule) -> AlertSettings {
    let mut settings = AlertSettings::default();
    for other in Rule::ALL {
        let usual = RuleSettings::with_default_limits(other);
        settings.rules.set(other, RuleSettings { enabled: other == rule, ..usual });
    }
    settings
}

impl Watched {
    fn new(settings: AlertSettings) -> Self {
        Self {
            monitor: Monitor::new(settings, MonitorState::default()),
            world: world(NOW),
            mine: mine(),
            named: BTreeMap::new(),
            replaying: false,
            now: NOW,
        }
    }

    fn look(&mut self) -> Observation {
        let sight =
            RuleInput { world: &self.world, mine: &self.mine, named: &self.named, replaying: self.replaying };
        self.monitor.observe(&sight, self.now, 0)
    }

    /// What is said when so many seconds have passed.
    fn after(&mut self, seconds: u64) -> Vec<(NoticeKind, Rule)> {
        self.now = self.now.plus(Seconds(seconds));
        self.look().news.iter().map(|n| (n.kind, n.rule().unwrap())).collect()
    }

    fn report(&mut self, n: usize, status: NodeStatus) {
        let (now, world) = (self.now, &mut self.world);
        let fleet = Arc::make_mut(&mut world.fleet);
        let others: Vec<_> = (0..NODES)
            .filter(|other| *other != n)
            .map(|other| {
                let status = fleet.node_sources(&node(other)).reported.map_or(NodeStatus::Up, |r| r.status);
                (node(other), reported(status, now, now))
            })
            .collect();
        fleet.merge_reports(others.into_iter().chain([(node(n), reported(status, now, now))]), now);
    }

    fn firing(&self) -> Vec<About> {
        self.monitor.board().alerts.iter().filter(|a| a.is_firing()).map(|a| a.about.clone()).collect()
    }

    fn topology(&mut self, change: impl FnOnce(&mut Topology)) {
        change(Arc::make_mut(&mut self.world.topology));
    }
}

const FIRED: NoticeKind = NoticeKind::Fired;
const RECOVERED: NoticeKind = NoticeKind::Recovered;

#[test]
fn nothing_fires_where_all_is_well() {
    let mut watched = Watched::new(AlertSettings::default());
    for _ in 0..5 {
        assert!(watched.after(300).is_empty());
    }
    assert!(watched.monitor.board().alerts.is_empty());
}

#[test]
fn a_node_that_is_down_fires_after_its_span_and_recovers_after_another() {
    let mut watched = Watched::new(only(Rule::NodeDown));
    watched.look();
    watched.report(4, NodeStatus::Down);
    assert!(watched.after(1).is_empty());
    let pending: Vec<_> = watched.monitor.pending_alerts().map(|a| a.about).collect();
    assert_eq!(pending, [About::Node(node(4))]);
    let wake = watched.look().wake.unwrap();
    assert_eq!(wake, NOW.plus(Seconds(600)), "it is looked at when the span is over, not before");
    assert!(watched.after(598).is_empty());
    assert_eq!(watched.after(1), [(FIRED, Rule::NodeDown)]);
    assert!(watched.after(60).is_empty(), "it is said once");
    watched.report(4, NodeStatus::Up);
    assert!(watched.after(1).is_empty(), "not at once: it may go down again");
    watched.report(4, NodeStatus::Down);
    assert!(watched.after(60).is_empty(), "what flickers is told once");
    watched.report(4, NodeStatus::Degraded);
    assert!(watched.after(1).is_empty());
    assert_eq!(watched.firing(), [About::Node(node(4))]);
    assert_eq!(watched.after(120), [(RECOVERED, Rule::NodeDown)]);
    assert!(watched.firing().is_empty());
    let board = watched.monitor.board().clone();
    let alert = &board.alerts[0];
    assert_eq!(alert.since, NOW, "since the dashboard said so, not since it was told");
    assert!(alert.recovered.is_some());
}

#[test]
fn the_nodes_of_others_and_a_dashboard_that_is_silent_say_nothing() {
    let mut watched = Watched::new(only(Rule::NodeDown));
    watched.report(5, NodeStatus::Down);
    assert!(watched.after(10_000).is_empty(), "node 5 is another provider's");
    watched.report(4, NodeStatus::Down);
    watched.after(1_200);
    assert_eq!(watched.firing(), [About::Node(node(4))]);
    // For a day the dashboard is not read: it neither recovers nor fires.
    assert!(watched.after(86_400).is_empty());
    assert_eq!(watched.firing(), [About::Node(node(4))]);
}

#[test]
fn a_signature_keeps_the_word_down_from_firing() {
    let mut watched = Watched::new(only(Rule::NodeDown));
    watched.report(4, NodeStatus::Down);
    for _ in 0..5 {
        let at = watched.now.plus(Seconds(240));
        Arc::make_mut(&mut watched.world.fleet).add_sighting(node(4), at);
        assert!(watched.after(240).is_empty());
    }
    let held_back = |watched: &Watched| watched.monitor.board().contradicted.len();
    assert_eq!(held_back(&watched), 1, "what is held back is not hidden");
    // Until its last signature it was not down, so the ten minutes begin there.
    assert!(watched.after(400).is_empty());
    assert_eq!(held_back(&watched), 0, "its last signature is too old by now");
    assert_eq!(watched.after(200), [(FIRED, Rule::NodeDown)]);
    let text = watched.monitor.board().alerts[0].text.to_string();
    assert!(text.contains("down per the public dashboard (unverified)"), "{text}");
}

#[test]
fn what_the_dashboard_says_does_not_fire_while_certificates_contradict_it() {
    let mut settings = only(Rule::FaultDistance);
    settings.rules.set(Rule::NodeDown, RuleSettings::with_default_limits(Rule::NodeDown));
    let mut watched = Watched::new(settings);
    let certify = |watched: &mut Watched| {
        let health = fleet::health(watched.now, watched.now, 9_000);
        Arc::make_mut(&mut watched.world.health).insert(subnet(0), health);
    };
    watched.look();
    // The dashboard says that eleven of the thirteen nodes are down, the user's own among them.
    for n in 0..11 {
        watched.report(n, NodeStatus::Down);
    }
    for _ in 0..12 {
        certify(&mut watched);
        assert!(watched.after(60).is_empty(), "the subnet certifies: eleven of thirteen cannot be down");
    }
    assert!(watched.firing().is_empty());
    let board = watched.monitor.board().clone();
    assert_eq!(board.contradicted.len(), 4, "the subnet, and nodes 0, 4 and 8: {board:?}");
    let of_subnet = board.contradicted.iter().find(|a| a.rule == Rule::FaultDistance).unwrap();
    let text = of_subnet.text.as_str();
    assert!(text.contains("11 of 13 nodes are down per the public dashboard (unverified)"), "{text}");
    assert!(text.contains("contradicted: the subnet certifies, so at most 4 of its 13 nodes"), "{text}");
    assert!(watched.after(1).is_empty());
    assert_eq!(*watched.monitor.board(), board, "nothing happened: the board stays as it is");

    // It certifies no more: after the span of a proof of life the same words count.
    let said = watched.after(300);
    assert!(said.contains(&(FIRED, Rule::NodeDown)), "{said:?}");
    assert_eq!(watched.after(300), [(FIRED, Rule::FaultDistance)]);
    assert!(watched.monitor.board().contradicted.is_empty());
    let text = watched.monitor.board().alerts.iter().find(|a| a.rule == Rule::FaultDistance).unwrap();
    assert!(text.text.as_str().contains("more than the 4 it can lose"), "{}", text.text);

    // And it certifies again: what fired is over.
    certify(&mut watched);
    watched.after(1);
    let mut said = watched.after(120);
    certify(&mut watched);
    said.extend(watched.after(180));
    assert!(said.contains(&(RECOVERED, Rule::FaultDistance)), "{said:?}");
    assert!(watched.firing().is_empty(), "{:?}", watched.firing());
}

#[test]
fn as_many_nodes_as_a_subnet_can_lose_may_be_down_while_it_certifies() {
    let mut watched = Watched::new(only(Rule::FaultDistance));
    for n in 0..4 {
        watched.report(n, NodeStatus::Down);
    }
    let health = fleet::health(watched.now, watched.now, 9_000);
    Arc::make_mut(&mut watched.world.health).insert(subnet(0), health);
    watched.after(1);
    assert_eq!(watched.after(299).len() + watched.after(1).len(), 1, "four of thirteen can be down");
    let text = watched.monitor.board().alerts[0].text.to_string();
    assert!(text.contains("4 of 13 nodes are down per the public dashboard (unverified)"), "{text}");
    assert!(text.contains("one more and it stands still"), "{text}");
}

#[test]
fn failures_fire_above_the_limit_and_recover_below_the_quieter_one() {
    let mut watched = Watched::new(only(Rule::FailureRate));
    let rates = |ppm| -> Arc<NodeRewards> { Arc::new(fleet::rewards(ppm)) };
    for (ppm, said) in [
        (50_000, vec![]),
        (50_001, vec![(FIRED, Rule::FailureRate)]),
        (45_000, vec![]),
        (52_000, vec![]),
        (40_000, vec![(RECOVERED, Rule::FailureRate)]),
        (49_000, vec![]),
    ] {
        watched.world.node_rewards = rates(ppm);
        assert_eq!(watched.after(60), said, "{ppm}");
    }
}

#[test]
fn a_subnet_near_its_limit_fires_and_the_sentence_says_how_near() {
    let mut watched = Watched::new(only(Rule::FaultDistance));
    for n in [1, 2] {
        watched.report(n, NodeStatus::Down);
    }
    assert!(watched.after(1_000).is_empty(), "two of four are far enough");
    watched.report(3, NodeStatus::Down);
    watched.after(1);
    assert_eq!(watched.after(300), [(FIRED, Rule::FaultDistance)]);
    assert_eq!(watched.firing(), [About::Subnet(subnet(0))]);
    let text = watched.monitor.board().alerts[0].text.to_string();
    assert!(text.contains("3 of 13") && text.contains("with 2 more"), "{text}");
    for n in [4, 5] {
        watched.report(n, NodeStatus::Down);
    }
    watched.after(1);
    let text = watched.monitor.board().alerts[0].text.to_string();
    assert!(text.contains("5 of 13") && text.contains("more than the 4"), "{text}");
}

#[test]
fn a_subnet_that_certifies_the_past_fires_and_one_that_is_not_asked_does_not() {
    let mut watched = Watched::new(only(Rule::CertificateLag));
    let lagging = |watched: &mut Watched, lag: u64| {
        let checked = watched.now;
        let health = fleet::health(checked.minus(Seconds(lag)), checked, 5_000);
        Arc::make_mut(&mut watched.world.health).insert(subnet(1), health);
    };
    lagging(&mut watched, 59);
    assert!(watched.after(60).is_empty());
    lagging(&mut watched, 60);
    watched.after(1);
    assert_eq!(watched.after(30), [(FIRED, Rule::CertificateLag)]);
    lagging(&mut watched, 31);
    assert!(watched.after(600).is_empty(), "between the limits nothing happens");
    assert_eq!(watched.firing(), [About::Subnet(subnet(1))]);
    lagging(&mut watched, 2);
    watched.after(1);
    assert_eq!(watched.after(60), [(RECOVERED, Rule::CertificateLag)]);
    assert!(watched.after(86_400).is_empty(), "an old reading says nothing");
}

#[test]
fn a_node_that_runs_another_version_for_hours_fires() {
    let mut watched = Watched::new(only(Rule::VersionBehind));
    watched.topology(|topology| {
        let mut record = topology.subnets[&subnet(0)].clone();
        record.replica_version = Line::new("ffff0000");
        let record = icpulse_model::registry::Record::Subnet(Box::new(record));
        topology.apply(&change(Key::Subnet(subnet(0)), Some(record), 53_219));
    });
    watched.look();
    for _ in 0..7 {
        watched.report(4, NodeStatus::Up);
        assert!(watched.after(1_000).is_empty());
    }
    watched.report(4, NodeStatus::Up);
    let said = watched.after(1_000);
    assert_eq!(said.len(), 4, "nodes 0, 4, 8 and 12 are in that subnet: {said:?}");
}

#[test]
fn a_node_that_vanishes_fires_and_after_a_day_that_is_how_it_is() {
    let mut watched = Watched::new(only(Rule::NodeVanished));
    watched.look();
    watched.replaying = true;
    let whole = Arc::clone(&watched.world.topology);
    watched.topology(|topology| topology.apply(&change(Key::Node(node(8)), None, 53_219)));
    assert!(watched.after(60).is_empty(), "while the registry is read, what is missing may come");
    watched.replaying = false;
    assert_eq!(watched.after(60), [(FIRED, Rule::NodeVanished)]);
    let seen = watched.world.topology.clone();
    watched.world.topology = whole;
    assert!(watched.after(60).is_empty(), "a registry that is behind changes nothing");
    watched.world.topology = seen;
    assert!(watched.after(86_400).is_empty());
    assert!(watched.after(1).is_empty(), "the end of a change is no news");
    assert!(watched.firing().is_empty());
    // A machine that is deployed anew: the sentence says where it went.
    watched.topology(|topology| {
        let record = topology.nodes[&node(12)].clone();
        let record = icpulse_model::registry::Record::Node(Box::new(record));
        topology.apply(&change(Key::Node(node(200)), Some(record), 53_220));
        topology.apply(&change(Key::Node(node(12)), None, 53_220));
    });
    assert_eq!(watched.after(1), [(FIRED, Rule::NodeVanished)]);
    let text = watched.monitor.board().alerts[0].text.to_string();
    assert!(text.contains("its address is node"), "{text}");
}

#[test]
fn an_allowance_and_a_reward_account_that_change_fire_and_a_second_change_is_news() {
    let mut settings = only(Rule::AllowanceChanged);
    settings
        .rules
        .set(Rule::RewardAccountChanged, RuleSettings::with_default_limits(Rule::RewardAccountChanged));
    let mut watched = Watched::new(settings);
    watched.look();
    let allow = |watched: &mut Watched, n, version| {
        let record = operator_record(0, n);
        watched.topology(|t| t.apply(&change(Key::Operator(operator(0)), Some(record), version)));
    };
    allow(&mut watched, 3, 53_219);
    assert_eq!(watched.after(5), [(FIRED, Rule::AllowanceChanged)]);
    allow(&mut watched, 2, 53_220);
    assert_eq!(watched.after(5), [(FIRED, Rule::AllowanceChanged)]);
    assert!(watched.monitor.board().alerts[0].text.as_str().contains("2 nodes now, 5 before"));
    allow(&mut watched, 5, 53_221);
    assert_eq!(watched.after(5), [(RECOVERED, Rule::AllowanceChanged)]);
    let account = |text: &str| {
        Arc::new(BTreeMap::from([(provider(0), ListedProvider { reward_account: Some(Line::new(text)) })]))
    };
    let with = |watched: &mut Watched, text: &str| {
        Arc::make_mut(&mut watched.world.node_rewards).listed = account(text);
    };
    with(&mut watched, "bb22");
    assert_eq!(watched.after(5), [(FIRED, Rule::RewardAccountChanged)]);
    with(&mut watched, "aa11");
    assert_eq!(watched.after(5), [(RECOVERED, Rule::RewardAccountChanged)]);
}

#[test]
fn proposals_and_neurons_fire_by_their_deadlines() {
    let mut settings = only(Rule::ProposalUnvoted);
    for rule in [Rule::ProposalNamesNode, Rule::NeuronDecays] {
        settings.rules.set(rule, RuleSettings::with_default_limits(rule));
    }
    let mut watched = Watched::new(settings);
    let state = sample::full((80, 24));
    watched.world.proposals = state.world.proposals.clone();
    watched.world.neurons = state.world.neurons.clone();
    watched.world.facts = state.world.facts.clone();
    watched.world.neurons_known = true;
    watched.now = sample::NOW;
    let first = watched.after(0);
    let unvoted = watched.world.proposals.iter().filter(|p| {
        p.votable(sample::NOW).next().is_some()
            && p.deadline.is_some_and(|d| d.since(sample::NOW) <= Seconds::days(1))
    });
    assert_eq!(first.iter().filter(|(_, rule)| *rule == Rule::ProposalUnvoted).count(), unvoted.count());
    // The next one comes within a day of its end by time alone.
    let next = watched.look().wake.unwrap();
    let due = watched.world.proposals.iter().filter(|p| p.votable(sample::NOW).next().is_some());
    let due = due
        .filter_map(|p| p.deadline)
        .map(|d| d.minus(Seconds::days(1)))
        .filter(|d| *d > sample::NOW)
        .min()
        .unwrap();
    assert!(next <= due);
    watched.now = due;
    assert!(watched.after(0).contains(&(FIRED, Rule::ProposalUnvoted)));
    // Its body names a node of mine.
    let open = watched.world.proposals.open().next().unwrap().id;
    watched.named.insert(open, BTreeSet::from([node(0), node(1)]));
    let said = watched.look().news;
    let named: Vec<_> = said.iter().filter(|n| n.rule() == Some(Rule::ProposalNamesNode)).collect();
    assert_eq!(named.len(), 1, "node 1 is another's");
    assert!(named[0].text.as_str().contains("rack-07/a"), "{}", named[0].text);
    // Voted, or nobody reads any more: over, but what is not known is not over.
    watched.world.neurons_known = false;
    assert!(watched.after(1).iter().all(|(_, rule)| *rule != Rule::ProposalUnvoted));
    watched.world.neurons_known = true;
    watched.world.neurons = Neurons::default();
    let proposals = watched.world.proposals.iter().map(|p| {
        let mut p = (**p).clone();
        p.ballots.clear();
        Arc::new(p)
    });
    watched.world.proposals = Proposals::new(proposals.collect::<Vec<_>>());
    assert!(watched.after(1).contains(&(RECOVERED, Rule::ProposalUnvoted)));
}

#[test]
fn a_neuron_fires_fourteen_days_before_it_loses_power() {
    let mut watched = Watched::new(only(Rule::NeuronDecays));
    let state = sample::full((80, 24));
    watched.world.facts = state.world.facts.clone();
    watched.world.neurons_known = true;
    let after = state.world.facts.economics.as_ref().unwrap().value.start_reducing_after;
    let mut neuron =
        (**state.world.neurons.iter().find(|n| n.is_mine() && n.potential_voting_power.0 > 0).unwrap())
            .clone();
    let begins = NOW.plus(Seconds::days(30));
    neuron.refreshed = Some(begins.minus(after));
    watched.world.neurons = Neurons::new([Arc::new(neuron.clone())]);
    watched.now = NOW;
    assert!(watched.after(0).is_empty());
    assert_eq!(watched.look().wake, Some(begins.minus(Seconds::days(14))));
    watched.now = begins.minus(Seconds::days(14));
    assert_eq!(watched.after(0), [(FIRED, Rule::NeuronDecays)]);
    neuron.refreshed = Some(watched.now);
    watched.world.neurons = Neurons::new([Arc::new(neuron)]);
    assert_eq!(watched.after(1), [(RECOVERED, Rule::NeuronDecays)]);
}

#[test]
fn a_dissolving_neuron_fires_before_it_loses_its_vote_and_says_what_it_has_come_to() {
    let mut watched = Watched::new(only(Rule::NeuronDissolves));
    let state = sample::full((80, 24));
    watched.world.facts = state.world.facts.clone();
    watched.world.neurons_known = true;
    let minimum = state.world.facts.economics.as_ref().unwrap().value.minimum_delay_to_vote;
    let mut neuron = (**state.world.neurons.iter().find(|n| n.is_mine() && n.stake.0 > 0).unwrap()).clone();
    let last_vote = NOW.plus(Seconds::days(30));
    let dissolved = last_vote.plus(minimum);
    neuron.dissolve_state = DissolveState::At(dissolved);
    watched.world.neurons = Neurons::new([Arc::new(neuron.clone())]);
    watched.now = NOW;
    assert!(watched.after(0).is_empty());
    assert_eq!(watched.look().wake, Some(last_vote.minus(Seconds::days(14))));
    watched.now = last_vote.minus(Seconds::days(14));
    assert_eq!(watched.after(0), [(FIRED, Rule::NeuronDissolves)]);
    let says = |watched: &Watched, word: &str| {
        let board = watched.monitor.board();
        let firing = board.alerts.iter().find(|a| a.is_firing()).unwrap().text.to_string();
        assert!(firing.contains(word), "{firing}");
    };
    says(&watched, "can vote until");
    watched.now = last_vote;
    watched.after(0);
    says(&watched, "cannot vote since");
    watched.now = dissolved;
    watched.after(0);
    says(&watched, "can be disbursed");
    // It is locked again.
    neuron.dissolve_state = DissolveState::Delay(minimum);
    watched.world.neurons = Neurons::new([Arc::new(neuron)]);
    assert_eq!(watched.after(1), [(RECOVERED, Rule::NeuronDissolves)]);
}

#[test]
fn a_restart_forgets_nothing_and_repeats_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, kept, _) = Store::open(dir.path(), "net");
    let mut watched = Watched::new(AlertSettings::default());
    watched.monitor = Monitor::new(AlertSettings::default(), kept);
    watched.look();
    watched.report(4, NodeStatus::Down);
    watched.after(1);
    watched.after(600);
    assert_eq!(watched.firing(), [About::Node(node(4))]);
    store.save(watched.monitor.saved_state()).unwrap();
    drop(store);
    let (_store, kept, note) = Store::open(dir.path(), "net");
    assert_eq!(note, None);
    assert_eq!(kept, *watched.monitor.saved_state(), "read as it was written");
    watched.monitor = Monitor::new(AlertSettings::default(), kept);
    assert_eq!(watched.firing(), [About::Node(node(4))], "known before anything is read");
    let known = std::mem::take(&mut watched.world);
    assert!(watched.after(5).is_empty(), "nothing is read yet: nothing recovers");
    assert_eq!(watched.firing(), [About::Node(node(4))]);
    watched.world = known;
    // A node vanished while nobody looked.
    watched.topology(|topology| topology.apply(&change(Key::Node(node(8)), None, 53_219)));
    watched.report(4, NodeStatus::Down);
    assert_eq!(watched.after(5), [(FIRED, Rule::NodeVanished)]);
}

#[test]
fn another_provider_begins_anew_without_a_word() {
    let mut watched = Watched::new(AlertSettings::default());
    watched.look();
    watched.report(4, NodeStatus::Down);
    watched.after(1);
    assert_eq!(watched.after(600), [(FIRED, Rule::NodeDown)]);
    watched.mine.provider = Some(provider(1));
    assert!(watched.after(60).is_empty());
    assert!(watched.firing().is_empty());
}

#[test]
fn quiet_hours_hold_back_and_a_summary_follows() {
    let mut settings = only(Rule::NodeDown);
    settings.rules.set(
        Rule::CertificateLag,
        RuleSettings { after: Seconds(0), ..RuleSettings::with_default_limits(Rule::CertificateLag) },
    );
    // From 14:00 to 16:00 UTC; it is 14:02.
    settings.quiet = Some(QuietHours { from: 14 * 60, until: 16 * 60, utc: true, critical_passes: true });
    let mut watched = Watched::new(settings.clone());
    watched.look();
    let checked = watched.now;
    Arc::make_mut(&mut watched.world.health)
        .insert(subnet(1), fleet::health(checked.minus(Seconds(90)), checked, 5_000));
    let outcome = watched.look();
    assert_eq!(outcome.news.len(), 1, "the screen tells at once");
    assert!(outcome.deliver.is_empty(), "a warning waits");
    assert_eq!(
        outcome.wake.unwrap().clock(),
        Timestamp::from_secs(NOW.secs() / 86_400 * 86_400 + 16 * 3_600).clock()
    );
    watched.report(4, NodeStatus::Down);
    watched.now = watched.now.plus(Seconds(1));
    watched.look();
    watched.now = watched.now.plus(Seconds(600));
    let critical = watched.look();
    assert_eq!(critical.deliver.len(), 1, "what is critical passes");
    // Also over a restart.
    let kept: MonitorState =
        serde_json::from_str(&serde_json::to_string(watched.monitor.saved_state()).unwrap()).unwrap();
    watched.monitor = Monitor::new(settings, kept);
    watched.now = Timestamp::from_secs(NOW.secs() / 86_400 * 86_400 + 16 * 3_600);
    let morning = watched.look();
    assert_eq!(morning.deliver.len(), 1);
    let summary = &morning.deliver[0];
    assert_eq!(
        (summary.kind, summary.held.len(), summary.severity),
        (NoticeKind::Summary, 1, Severity::Warning)
    );
    assert!(summary.body().contains("is behind"), "{}", summary.body());
    assert!(watched.after(1).is_empty());
}

#[test]
fn what_still_fires_is_said_again_only_if_that_is_wanted() {
    let mut settings = only(Rule::NodeDown);
    settings.repeat = Some(Seconds(3_600));
    let mut watched = Watched::new(settings);
    watched.report(4, NodeStatus::Down);
    watched.after(1);
    watched.after(600);
    assert!(watched.after(3_599).is_empty());
    let at = watched.now;
    watched.report(4, NodeStatus::Down);
    assert_eq!(watched.now, at);
    assert_eq!(watched.after(1), [(NoticeKind::Repeated, Rule::NodeDown)]);
}

// Sinks.

fn sink(name: &str, kind: SinkKind) -> SinkSettings {
    SinkSettings {
        name: Line::new(name),
        kind,
        least: Severity::Info,
        rules: vec![],
        recoveries: true,
        timeout: Seconds(5),
    }
}

fn notice(severity: Severity, n: u64) -> Notice {
    let alert = icpulse_model::alert::Alert {
        rule: Rule::NodeDown,
        about: About::Node(node(4)),
        severity,
        text: Line::new(&format!("node {n} is down")),
        since: NOW,
        recovered: None,
    };
    Notice::about_alert(NoticeKind::Fired, &alert, NOW.plus(Seconds(n)))
}

const HASTY: DeliveryPolicy = DeliveryPolicy {
    first: Duration::from_millis(5),
    most: Duration::from_millis(20),
    give_up: Duration::from_secs(600),
};

/// A server that answers with statuses in turn (the last one for ever) and tells what it was sent.
#[derive(Clone)]
struct Desk {
    statuses: Arc<Vec<u16>>,
    served: Arc<AtomicUsize>,
    seen: mpsc::UnboundedSender<(axum::http::HeaderMap, String)>,
}

async fn desk(statuses: &[u16]) -> (String, mpsc::UnboundedReceiver<(axum::http::HeaderMap, String)>) {
    let (seen, heard) = mpsc::unbounded_channel();
    let desk = Desk { statuses: Arc::new(statuses.to_vec()), served: Arc::default(), seen };
    let take = |State(desk): State<Desk>, request: Request| async move {
        let (parts, body) = request.into_parts();
        let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        let place = desk.served.fetch_add(1, Ordering::SeqCst).min(desk.statuses.len() - 1);
        desk.seen.send((parts.headers, body)).unwrap();
        StatusCode::from_u16(desk.statuses[place]).unwrap()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/SECRET-topic", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(take).with_state(desk)).await });
    (url, heard)
}

type Rung = Arc<Mutex<Vec<Attention>>>;

fn start(sinks: &[SinkSettings]) -> (Outbox, Rung) {
    let rung: Rung = Arc::default();
    let ringing = Arc::clone(&rung);
    let terminal: icpulse_engine::alert::sinks::ToTerminal = Arc::new(move |attention| {
        ringing.lock().unwrap().push(attention);
        Ok(())
    });
    (Outbox::start(sinks, &terminal, HASTY), rung)
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn each_sink_is_given_the_message_in_its_own_way() {
    let (webhook, mut posted) = desk(&[200]).await;
    let (ntfy, mut published) = desk(&[200]).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("said.json");
    let headers = BTreeMap::from([("authorization".to_owned(), "Bearer SECRET".to_owned())]);
    let copy = vec!["tee".to_owned(), file.display().to_string()];
    let sinks = [
        sink("bell", SinkKind::Bell),
        sink("osc", SinkKind::Osc9),
        sink("file", SinkKind::Command(copy)),
        sink("hook", SinkKind::Webhook { url: webhook, headers }),
        sink("phone", SinkKind::Ntfy { url: ntfy, token: Some("SECRET".to_owned()) }),
        SinkSettings { least: Severity::Critical, ..sink("asleep", SinkKind::Bell) },
        SinkSettings { rules: vec![Rule::NodeVanished], ..sink("other", SinkKind::Bell) },
    ];
    let (outbox, rung) = start(&sinks);
    outbox.queue_notice(&notice(Severity::Warning, 7));
    assert_eq!(outbox.flush(LONG).await, 0, "{:?}", outbox.reports());
    let taken: Vec<u64> = outbox.reports().iter().map(|r| r.delivered).collect();
    assert_eq!(taken, [1, 1, 1, 1, 1, 0, 0], "{:?}", outbox.reports());
    let said: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(said["event"], "fired");
    assert_eq!(
        (said["rule"].as_str(), said["about"]["id"].as_str()),
        (Some("node_down"), Some(node(4).to_text().as_str()))
    );
    let (headers, body) = posted.recv().await.unwrap();
    assert_eq!(headers["authorization"], "Bearer SECRET");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), said);
    let (headers, body) = published.recv().await.unwrap();
    assert_eq!(
        (&headers["title"], &headers["priority"]),
        (&"icpulse: node_down (warning)".parse().unwrap(), &"high".parse().unwrap())
    );
    assert_eq!(headers["authorization"], "Bearer SECRET");
    assert_eq!(body, "node 7 is down");
    let rung = rung.lock().unwrap().clone();
    assert!(rung.contains(&Attention::Bell) && rung.len() == 2, "{rung:?}");
    assert!(rung.contains(&Attention::Osc9(Line::new("icpulse: node_down (warning): node 7 is down"))));
}

#[tokio::test]
async fn a_sink_that_fails_is_tried_again_in_order_and_delays_no_other() {
    let (failing, mut seen) = desk(&[503, 503, 429, 200]).await;
    let (well, mut heard) = desk(&[200]).await;
    let sinks = [
        sink("failing", SinkKind::Webhook { url: failing, headers: BTreeMap::new() }),
        sink("well", SinkKind::Webhook { url: well, headers: BTreeMap::new() }),
    ];
    let (outbox, _) = start(&sinks);
    for n in 0..3 {
        outbox.queue_notice(&notice(Severity::Warning, n));
    }
    for n in 0..3 {
        let (_, body) = heard.recv().await.unwrap();
        assert!(body.contains(&format!("node {n} is down")), "{body}");
    }
    assert_eq!(outbox.flush(LONG).await, 0);
    let mut texts = Vec::new();
    while let Ok((_, body)) = seen.try_recv() {
        texts.push(serde_json::from_str::<Value>(&body).unwrap()["text"].as_str().unwrap().to_owned());
    }
    let zero = "node 0 is down".to_owned();
    assert_eq!(texts[..4], [zero.clone(), zero.clone(), zero.clone(), zero]);
    assert_eq!(texts[4..], ["node 1 is down", "node 2 is down"]);
    for report in outbox.reports() {
        assert_eq!((report.delivered, report.failing), (3, None));
    }
}

#[tokio::test]
async fn what_never_answers_is_bounded_reported_without_secrets_and_given_up_if_hopeless() {
    // A port that was just free: nothing listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let dead = format!("http://127.0.0.1:{port}/SECRET");
    let (gone, mut refused) = desk(&[404]).await;
    let sinks = [
        sink("dead", SinkKind::Webhook { url: dead, headers: BTreeMap::new() }),
        sink("none", SinkKind::Command(vec!["icpulse-no-such-program".to_owned()])),
        sink("gone", SinkKind::Ntfy { url: gone, token: None }),
    ];
    let (outbox, _) = start(&sinks);
    for n in 0..(WAITING as u64 + 50) {
        outbox.queue_notice(&notice(Severity::Critical, n));
    }
    let waiting = |outbox: &Outbox| outbox.waiting_count();
    assert!(waiting(&outbox) <= 3 * WAITING);
    // The two that will never do give up; the one that may come back keeps what it can.
    while waiting(&outbox) > WAITING {
        let _ = tokio::time::timeout(Duration::from_millis(50), outbox.wait_for_change()).await;
    }
    let mut reports = outbox.reports();
    while reports[0].failing.is_none() {
        outbox.wait_for_change().await;
        reports = outbox.reports();
    }
    assert_eq!(reports.iter().map(|r| r.delivered).sum::<u64>(), 0);
    let why = |n: usize| reports[n].failing.as_ref().unwrap().1.to_string();
    assert!(why(0).contains("could not be reached") && why(0).contains("given up"), "{}", why(0));
    assert!(why(1).contains("could not be started"), "{}", why(1));
    assert!(why(2).contains("404"), "{}", why(2));
    for n in 0..3 {
        assert!(!why(n).contains("SECRET"), "{}", why(n));
    }
    let mut tries = 0;
    while refused.try_recv().is_ok() {
        tries += 1;
    }
    assert!(tries >= 3 * WAITING, "each is tried three times: {tries}");
}

#[tokio::test]
async fn a_program_that_fails_or_hangs_is_ended_and_its_complaint_is_told() {
    let terminal: icpulse_engine::alert::sinks::ToTerminal = Arc::new(|_| Ok(()));
    let run = |argv: &[&str], timeout: u64| {
        let kind = SinkKind::Command(argv.iter().map(ToString::to_string).collect());
        SinkSettings { timeout: Seconds(timeout), ..sink("x", kind) }
    };
    let message = notice(Severity::Info, 1);
    let failed = run(&["sh", "-c", "echo no mail today >&2; exit 3"], 30);
    let why =
        icpulse_engine::alert::deliver_once(&failed, &message, &terminal).await.unwrap_err().why.to_string();
    assert!(why.contains('3') && why.contains("no mail today"), "{why}");
    let hangs = run(&["sleep", "600"], 1);
    let why =
        icpulse_engine::alert::deliver_once(&hangs, &message, &terminal).await.unwrap_err().why.to_string();
    assert!(why.contains("did not end within 1 s"), "{why}");
    // A shell's signs mean nothing: there is no shell.
    let dir = tempfile::tempdir().unwrap();
    let odd = dir.path().join("a;b $(touch c)");
    let plain = run(&["tee", odd.to_str().unwrap()], 30);
    icpulse_engine::alert::deliver_once(&plain, &message, &terminal).await.unwrap();
    assert!(odd.exists() && std::fs::read_dir(dir.path()).unwrap().count() == 1);
}

/// An address that answers with interim heads (HTTP 1xx) for ever costs the time limit and no more.
#[tokio::test]
async fn a_sink_that_answers_without_end_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/topic", listener.local_addr().unwrap());
    let flood = tokio::task::spawn_blocking(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        while stream.write_all(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n").is_ok() {}
    });
    let hook = SinkSettings {
        timeout: Seconds(1),
        ..sink("hook", SinkKind::Webhook { url, headers: BTreeMap::new() })
    };
    let terminal: icpulse_engine::alert::sinks::ToTerminal = Arc::new(|_| Ok(()));
    let refusal = icpulse_engine::alert::deliver_once(&hook, &notice(Severity::Warning, 7), &terminal).await;
    let why = refusal.unwrap_err().why;
    assert!(why.as_str().contains("did not answer in time"), "{why}");
    // The connection is closed, too.
    flood.await.unwrap();
}

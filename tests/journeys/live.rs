//! How subnets and nodes do, read of the embedded network: by the client alone, and by what keeps
//! reading.
#![cfg(feature = "demo")]

use icpulse_canisters::Client;
use icpulse_demo::fault::{Fault, Kind};
use icpulse_demo::{Demo, Options};
use icpulse_engine::sync::{self, SyncHandle};
use icpulse_ic::Anonymous;
use icpulse_ic::{IcError, RetryPolicy};
use icpulse_model::act::SignerInfo;
use icpulse_model::fleet::{NodeStatus, Verdict};
use icpulse_model::health::{Condition, Span};
use icpulse_model::network::{Profile, RootKey, RootKeySource, SystemCanister};
use icpulse_model::node_rewards::{Day, MicroXdr, Ppm};
use icpulse_model::text::Line;
use icpulse_model::world::{Topicality, World};
use icpulse_model::{E8s, Principal, Proof, Seconds, Timestamp};
use icpulse_store::cache::{Cache, Loaded};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

fn start() -> Demo {
    Demo::start(Options::default()).unwrap()
}

/// One network for all tests that leave it as it is.
fn shared() -> &'static Demo {
    static DEMO: LazyLock<Demo> = LazyLock::new(start);
    &DEMO
}

const HASTY: RetryPolicy = RetryPolicy {
    first: Duration::from_millis(1),
    longest: Duration::from_millis(2),
    asked: Duration::from_millis(2),
};

async fn client(demo: &Demo) -> Client {
    let profile = Profile {
        root_key: RootKeySource::Given(RootKey(demo.root_key())),
        max_in_flight: 8,
        dashboard: Some(demo.url()),
        ..Profile::local("demo", &demo.url())
    };
    Client::connect_with(&profile, Arc::new(Anonymous), HASTY).await.unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_utc(chrono::Utc::now())
}

fn always(kind: Kind) -> Fault {
    Fault { kind, per_million: 1_000_000 }
}

fn set(ids: &[Principal]) -> BTreeSet<Principal> {
    ids.iter().copied().collect()
}

// ── the client ───────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn every_subnet_certifies_its_metrics_and_the_root_subnet_all_subnets() {
    let demo = shared();
    let client = client(demo).await;
    let listed = client.subnets().await.unwrap();
    assert_eq!(listed.evidence.proof, Proof::Certified);
    assert_eq!(set(&listed.value), set(&demo.subnets()));
    let root = demo.subnets()[0];
    assert_eq!(
        client.subnet_of(client.canisters().id(SystemCanister::Governance)).await.unwrap().value,
        root
    );
    for subnet in listed.value.iter().take(6) {
        let (first, evidence) = client.subnet_sample(*subnet).await.unwrap();
        assert_eq!((evidence.proof, evidence.at), (Proof::Certified, first.at));
        assert!(now().since(first.at) < Seconds(60), "{}", first.at.rfc3339());
        let (second, _) = client.subnet_sample(*subnet).await.unwrap();
        assert!(second.at >= first.at && second.metrics.updates >= first.metrics.updates);
    }
    let nobody = Principal::self_authenticating([1]);
    let error = client.subnet_sample(nobody).await.unwrap_err();
    assert!(matches!(error, IcError::Http { status: 400, .. }), "{error:?}");
}

#[tokio::test]
async fn a_node_of_the_subnet_signs_and_is_noted_once() {
    let demo = shared();
    let client = client(demo).await;
    let mut nodes = BTreeSet::new();
    for _ in 0..6 {
        let signed = client.sight(demo.subnets()[1], None).await.unwrap();
        assert!(signed.iter().all(|(_, at)| now().since(*at) < Seconds(60)));
        nodes.extend(signed.into_iter().map(|(node, _)| node));
    }
    assert!(nodes.len() > 1, "nodes take turns");
    let taken: BTreeSet<Principal> = client.take_sightings().into_iter().map(|(node, _)| node).collect();
    assert_eq!(taken, nodes);
    assert!(client.take_sightings().is_empty());
    let answer = client.economics().await.unwrap();
    assert_eq!(client.take_sightings(), [(answer.evidence.node.unwrap(), answer.evidence.at)]);
    let somewhere = client.canisters().id(SystemCanister::Governance);
    let error = client.sight(demo.subnets()[1], Some(somewhere)).await.unwrap_err();
    assert!(error.is_unverified(), "another subnet's node proves nothing of this one: {error:?}");
}

#[tokio::test]
async fn boundary_nodes_are_certified_and_none_elsewhere_is_asked() {
    let client = client(shared()).await;
    let list = client.boundary_nodes().await.unwrap();
    assert_eq!(list.evidence.proof, Proof::Certified);
    assert!(!list.value.is_empty());
    let mut asked = 0;
    for node in list.value.values() {
        let here = shared().url().ends_with(node.domain.as_str());
        let probe = client.probe(&node.domain).await;
        assert_eq!(probe.is_some(), here, "{}", node.domain);
        assert!(probe.is_none_or(|probe| probe.healthy && probe.status == 204), "{probe:?}");
        asked += usize::from(here);
    }
    assert_eq!(asked, 1, "only one of them is on this machine");
    let demo = start();
    demo.faults().set(always(Kind::Unavailable));
    let here = Line::new(demo.url().trim_start_matches("http://"));
    let probe = client.probe(&here).await.unwrap();
    assert!(!probe.healthy && probe.status == 503, "{probe:?}");
}

#[tokio::test]
async fn what_is_not_proven_is_refused() {
    let demo = start();
    for kind in [Kind::OtherRoot, Kind::Altered, Kind::Garbage] {
        let client = client(&demo).await;
        demo.faults().set(always(kind));
        let subnet = demo.subnets()[1];
        for error in [
            client.subnet_sample(subnet).await.unwrap_err(),
            client.subnets().await.unwrap_err(),
            client.boundary_nodes().await.unwrap_err(),
            client.sight(subnet, None).await.unwrap_err(),
        ] {
            assert!(matches!(error, IcError::Unverified { .. }), "{kind}: {error:?}");
        }
        assert_eq!(client.network_time(), None, "{kind}: nothing of it is believed");
        demo.faults().clear();
        client.subnet_sample(subnet).await.unwrap();
    }
    let client = client(&demo).await;
    demo.faults().set(always(Kind::WrongSignature));
    let error = client.sight(demo.subnets()[1], None).await.unwrap_err();
    assert!(matches!(&error, IcError::Unverified { .. }), "{error:?}");
    assert!(client.take_sightings().is_empty());
    demo.faults().clear();
    demo.faults().set(always(Kind::PrunedRanges));
    let canister = client.canisters().id(SystemCanister::Governance);
    // The root subnet needs no ranges of a delegation.
    assert_eq!(client.subnet_of(canister).await.unwrap().value, demo.subnets()[0]);
}

#[tokio::test]
async fn an_old_certificate_is_a_standstill_and_not_a_failure() {
    let demo = start();
    let client = client(&demo).await;
    demo.stand_still(Duration::from_secs(600));
    let error = client.subnet_sample(demo.subnets()[1]).await.unwrap_err();
    let IcError::Stalled { since, age, .. } = error else { panic!("{error:?}") };
    assert!(age >= Seconds(600) && now().since(since) >= Seconds(600));
}

#[tokio::test]
async fn a_slow_clock_here_is_learnt_of() {
    let demo = start();
    let client = client(&demo).await;
    demo.faults().set(always(Kind::Clock));
    let (sample, _) = client.subnet_sample(demo.subnets()[1]).await.unwrap();
    assert!(sample.at > now().plus(Seconds(500)), "it is the network's time");
    client.sight(demo.subnets()[1], None).await.unwrap();
}

#[tokio::test]
async fn trouble_on_the_way_is_tried_again_and_told() {
    let demo = start();
    let client = client(&demo).await;
    demo.faults().set(Fault { kind: Kind::Unavailable, per_million: 300_000 });
    let mut well = 0;
    for _ in 0..20 {
        match client.subnet_sample(demo.subnets()[1]).await {
            Ok(_) => well += 1,
            Err(error) => assert!(matches!(error, IcError::Http { status: 503, .. }), "{error:?}"),
        }
    }
    assert!(well >= 10, "{well}");
}

// ── what keeps reading ───────────────────────────────────────────────────────────────────────────

struct Watching {
    handle: SyncHandle,
    // Dropping it would end the telling.
    _changes: tokio::sync::mpsc::Receiver<icpulse_model::world::Change>,
}

async fn watch(demo: &Demo, cache: &Path, change: impl FnOnce(&mut sync::Options)) -> Watching {
    watch_by(client(demo).await, demo, cache, change)
}

fn watch_by(client: Client, demo: &Demo, cache: &Path, change: impl FnOnce(&mut sync::Options)) -> Watching {
    let wait = Duration::from_secs(5);
    let cache = Cache::open(cache, &RootKey(demo.root_key()), wait, now()).unwrap().cache;
    let loaded: Loaded = sync::load(&cache, &Principal::anonymous()).unwrap();
    let mut options = sync::Options::new("demo");
    options.only = Some(Topicality::Network);
    change(&mut options);
    let (handle, changes) =
        sync::start(Some(client.into()), Some(Arc::new(cache)), loaded, SignerInfo::anonymous(), options);
    Watching { handle, _changes: changes }
}

impl Watching {
    async fn world(&self) -> World {
        self.handle.world().await.unwrap().0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_subnets_are_well_and_are_remembered() {
    let (demo, folder) = (shared(), tempfile::tempdir().unwrap());
    let watching = watch(demo, folder.path(), |options| options.history = false).await;
    watching.handle.ready().await;
    let (world, status) = watching.handle.world().await.unwrap();
    assert_eq!(status.trouble, None);
    assert_eq!(world.health.keys().copied().collect::<BTreeSet<_>>(), set(&demo.subnets()));
    for (id, health) in world.health.iter() {
        // One of them may stand still by its own calendar.
        let condition = health.condition(now());
        assert!(matches!(condition, Condition::Well | Condition::Stalled(_)), "{id}: {condition:?}");
        assert_eq!(health.state.values(Span::Minute).len(), 1);
    }
    let well = world.health.values().filter(|h| h.condition(now()) == Condition::Well).count();
    assert!(well + 1 >= world.health.len());
    assert!(!world.fleet.boundary.is_empty() && world.fleet.boundary_evidence.is_some());
    watching.handle.shutdown().await;

    let offline = watch(demo, folder.path(), |options| options.offline = true).await;
    offline.handle.ready().await;
    let kept = offline.world().await;
    assert_eq!(kept.health, world.health);
    assert_eq!(kept.fleet.boundary.len(), world.fleet.boundary.len());
    offline.handle.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_subnet_that_stands_still_is_named_and_the_others_are_well() {
    let (demo, folder) = (start(), tempfile::tempdir().unwrap());
    let still = *demo.subnets().last().unwrap();
    demo.stall_subnet(&still, true);
    // The others' clocks are ten minutes further.
    demo.faults().set(always(Kind::Clock));
    let watching = watch(&demo, folder.path(), |options| options.history = false).await;
    watching.handle.show(Topicality::Network);
    watching.handle.ready().await;
    let (world, status) = watching.handle.world().await.unwrap();
    assert_eq!(status.trouble, None, "the network as a whole is well");
    let later = now().plus(Seconds(600));
    let condition = |id: &Principal| world.health[id].condition(later);
    assert!(
        matches!(condition(&still), Condition::Stalled(lag) if lag >= Seconds(500)),
        "{:?}",
        condition(&still)
    );
    assert_eq!(world.health[&still].failure, None);
    assert_eq!(condition(&demo.subnets()[0]), Condition::Well);
    let well = world.health.keys().filter(|id| condition(id) == Condition::Well).count();
    assert!(well + 2 >= demo.subnets().len(), "{well}");
    demo.stall_subnet(&still, false);
    watching.handle.refresh(Topicality::Network);
    watching.handle.idle().await;
    assert_eq!(watching.world().await.health[&still].condition(later), Condition::Well);
    watching.handle.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_disputes_what_the_dashboard_says() {
    let (demo, folder) = (start(), tempfile::tempdir().unwrap());
    let client = client(&demo).await;
    let watching = watch_by(client.clone(), &demo, folder.path(), |options| options.history = false);
    watching.handle.ready().await;
    let fleet = watching.world().await.fleet;
    let is_down = |id: &Principal| {
        fleet.node_sources(id).reported.is_some_and(|reported| reported.status == NodeStatus::Down)
    };
    assert!(fleet.nodes.len() > 1_000 && fleet.report_failure.is_none(), "{:?}", fleet.report_failure);
    assert!(fleet.providers.len() > 50);
    let down: Vec<&Principal> = fleet.nodes.keys().filter(|id| is_down(id)).collect();
    assert!(down.len() >= 4, "{}", down.len());
    // Nodes take turns: every node of a subnet that answers signs before the first one does again.
    let mut disputed = None;
    for subnet in demo.subnets() {
        let mut seen = BTreeSet::new();
        while disputed.is_none() {
            let Ok(signed) = client.sight(subnet, None).await else { break };
            if !signed.iter().all(|(node, _)| seen.insert(*node)) {
                break;
            }
            disputed = signed.into_iter().map(|(node, _)| node).find(is_down);
        }
    }
    let disputed = disputed.expect("two nodes are called down and are not");
    watching.handle.refresh(Topicality::Network);
    watching.handle.idle().await;
    let life = watching.world().await.fleet.node_sources(&disputed);
    assert!(matches!(life.verdict(now()), Verdict::Disputed(NodeStatus::Down, _)), "{life:?}");
    assert!(!life.is_down(now()));
    watching.handle.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rewards_payouts_and_providers_are_read_and_kept() {
    let (demo, folder) = (start(), tempfile::tempdir().unwrap());
    let watching = watch(&demo, folder.path(), |_| {}).await;
    watching.handle.ready().await;
    watching.handle.idle().await;
    let (world, status) = watching.handle.world().await.unwrap();
    assert_eq!(status.trouble, None);
    let rewards = &world.node_rewards;
    // Yesterday is not known in the first minutes of a day.
    assert!(rewards.days.len() >= 34, "{}", rewards.days.len());
    let (_, newest) = rewards.days.last_key_value().unwrap();
    assert!(newest.providers.len() > 50 && newest.subnets.len() > 30);
    assert_eq!(newest.evidence.unwrap().proof, Proof::NodeSigned, "no canister certifies it");
    let nodes: usize = newest.providers.values().map(|p| p.nodes.len()).sum();
    assert!(nodes > 1_000, "{nodes}");
    let (provider, _) = newest.providers.iter().max_by_key(|(_, p)| p.nodes.len()).unwrap();
    let losses = rewards.losses(provider, Day(0));
    assert!(losses.earned > MicroXdr(0) && losses.days >= 34);
    let accounted = losses.coefficient.plus(losses.performance).plus(losses.other).plus(losses.earned);
    assert_eq!(losses.full, accounted, "every lost XDR has a reason");
    assert!(
        rewards.projection(provider, Day(0)).unwrap()
            > losses.earned.minus(losses.earned.times(Ppm(500_000)))
    );
    assert!(rewards.listed.len() > 50 && !rewards.payouts.is_empty());
    assert!(rewards.payouts_of(provider).next().is_some_and(|(_, paid)| paid > E8s::ZERO));
    let (rate, evidence) = rewards.average_rate.unwrap();
    assert!(rate.0 > 0 && evidence.proof == Proof::Certified);
    watching.handle.shutdown().await;

    let offline = watch(&demo, folder.path(), |options| options.offline = true).await;
    offline.handle.ready().await;
    assert_eq!(offline.world().await.node_rewards, world.node_rewards);
    offline.handle.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dashboard_in_trouble_costs_nothing_else() {
    let (demo, folder) = (start(), tempfile::tempdir().unwrap());
    let profile = Profile {
        root_key: RootKeySource::Given(RootKey(demo.root_key())),
        dashboard: Some("https://dashboard.example".to_owned()),
        ..Profile::local("demo", &demo.url())
    };
    let client = Client::connect_with(&profile, Arc::new(Anonymous), HASTY).await.unwrap();
    let watching = watch_by(client, &demo, folder.path(), |options| options.history = false);
    watching.handle.show(Topicality::Network);
    watching.handle.ready().await;
    let (world, status) = watching.handle.world().await.unwrap();
    let failure = world.fleet.report_failure.clone().unwrap();
    assert!(failure.as_str().contains("cannot use a dashboard"), "{failure}");
    assert_eq!((status.trouble, world.health.len()), (None, demo.subnets().len()));
    watching.handle.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signatures_are_seen_while_the_network_is_shown() {
    let (demo, folder) = (shared(), tempfile::tempdir().unwrap());
    let watching = watch(demo, folder.path(), |options| options.history = false).await;
    watching.handle.show(Topicality::Network);
    watching.handle.ready().await;
    watching.handle.idle().await;
    let fleet = watching.world().await.fleet;
    let seen = fleet.nodes.values().filter(|life| life.seen.is_some()).count();
    assert!(seen + 1 >= demo.subnets().len(), "{seen} nodes of {} subnets", demo.subnets().len());
    watching.handle.shutdown().await;
}

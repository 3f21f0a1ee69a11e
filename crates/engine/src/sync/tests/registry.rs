//! Reading the registry: in parts, resumed, gapless, with histories that do not agree.

use super::*;
use icpulse_canisters::decode;
use icpulse_model::registry::{Delta, Mutation, apply_changes};
use icpulse_model::world::SyncFailure;
use icpulse_store::cache::fuzzing::{self, Table};

/// The newest version of a network's registry.
pub(super) fn newest(net: &Net) -> Version {
    net.registry.iter().flatten().last().map_or(Version(0), |delta| delta.version)
}

/// Elects a version of GuestOS.
fn delta(version: u64) -> Delta {
    Delta {
        version: Version(version),
        at: Some(Timestamp::from_secs(version * 10)),
        mutations: vec![Mutation {
            key: format!("replica_version_v{version}").into_bytes(),
            value: Some(Vec::new()),
        }],
    }
}

fn deltas(count: u64) -> Vec<Delta> {
    (1..=count).map(delta).collect()
}

fn folded(deltas: &[Delta]) -> Topology {
    let mut topology = Topology::default();
    for delta in deltas {
        let _ = apply_changes(&mut topology, &decode::registry::decode_changes(delta));
    }
    topology
}

fn with_registry(count: u64, page: usize) -> Fake {
    let fake = Fake::new(1);
    let mut net = fake.net();
    net.registry = Some(deltas(count));
    net.registry_page = page;
    drop(net);
    fake
}

fn network_only(options: &mut Options) {
    options.only = Some(Topicality::Network);
    options.history = false;
}

fn run(fake: Fake, cache: Option<Arc<Cache>>) -> Run {
    begin_with(fake, cache, Principal::anonymous(), network_only)
}

/// What was asked of the registry, in order.
fn asked(fake: &Fake) -> Vec<String> {
    let all = fake.calls().into_iter();
    all.filter_map(|name| name.strip_prefix("registry ").map(|rest| rest.trim_end_matches('.').to_owned()))
        .collect()
}

fn versions_told(run: &mut Run) -> Vec<u64> {
    let mut versions = Vec::new();
    while let Ok(change) = run.changes.try_recv() {
        if let Change::Topology(topology) = change {
            versions.push(topology.version.0);
        }
    }
    versions
}

/// Without how it was proven.
fn bare(topology: &Topology) -> Topology {
    let mut topology = topology.clone();
    topology.evidence = None;
    topology
}

async fn trouble(run: &Run) -> Option<SyncFailure> {
    run.status().await.trouble
}

#[tokio::test]
async fn the_history_is_read_in_parallel_parts_and_told_when_it_is_whole() {
    let fake = with_registry(3_456, 400);
    let mut run = run(fake, Some(Arc::new(Cache::in_memory())));
    run.handle.ready().await;
    let world = run.world().await;
    assert_eq!(bare(&world.topology), folded(&deltas(3_456)));
    assert_eq!(world.topology.evidence, Some(Evidence::certified(START)));
    let versions: Vec<u64> = world.events.iter().map(|event| event.version.0).collect();
    assert_eq!(versions, (1_457..=3_456).rev().collect::<Vec<_>>(), "the newest events, newest first");
    assert_eq!(versions_told(&mut run), [3_456], "nothing of a part is shown");
    assert_eq!(run.status().await.registry, None, "nothing is left");
    // Short pages go on within their part; no version is asked for twice.
    let mut calls = asked(&run.fake);
    assert_eq!(calls[0], "latest");
    calls[1..].sort_by_key(|name| name.parse::<u64>().unwrap());
    let expected = [0, 400, 800, 1000, 1400, 1800, 2000, 2400, 2800, 3000, 3400].map(|n: u64| n.to_string());
    assert_eq!(calls[1..], expected);
    assert!(run.fake.net().most_running > 3, "several at once");
}

#[tokio::test]
async fn afterwards_only_new_versions_are_read() {
    let mut run = run(with_registry(1_200, 1_000), Some(Arc::new(Cache::in_memory())));
    run.handle.idle().await;
    assert_eq!(asked(&run.fake).len(), 3);
    run.pass(10).await;
    assert_eq!(asked(&run.fake), ["1199"], "with the last version known: it is the same history");
    run.fake.net().registry = Some(deltas(1_203));
    run.pass(10).await;
    assert_eq!(asked(&run.fake), ["1200"]);
    run.pass(10).await;
    assert_eq!(asked(&run.fake), ["1203"]);
    let world = run.world().await;
    assert_eq!(bare(&world.topology), folded(&deltas(1_203)));
    assert_eq!(world.topology.evidence, Some(Evidence::certified(START.plus(Seconds(30)))));
    assert_eq!(world.events[0].version, Version(1_203));
    let told = versions_told(&mut run);
    assert_eq!((told.first(), told.last()), (Some(&1_200), Some(&1_203)));
}

#[tokio::test]
async fn it_is_looked_at_more_often_while_it_is_on_the_screen() {
    let run = begin(with_registry(5, 1_000), None, Principal::anonymous());
    run.handle.idle().await;
    asked(&run.fake);
    run.pass(30).await;
    assert_eq!(asked(&run.fake).len(), 0);
    run.handle.show(Topicality::Network);
    run.handle.idle().await;
    run.pass(10).await;
    run.pass(10).await;
    assert_eq!(asked(&run.fake).len(), 2);
    run.handle.show(Topicality::Proposals);
    run.handle.idle().await;
    run.pass(10).await;
    asked(&run.fake);
    run.pass(50).await;
    assert_eq!(asked(&run.fake).len(), 0);
    run.pass(10).await;
    assert_eq!(asked(&run.fake).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_replay_goes_on_with_what_is_missing() {
    let base = tempfile::tempdir().unwrap();
    let fake = with_registry(5_000, 1_000);
    fake.fail("registry 2000.", unverified());
    let first = run(fake, Some(open(base.path())));
    first.handle.idle().await;
    let world = first.world().await;
    assert!(world.topology.is_empty() && world.events.is_empty(), "nothing half-applied");
    let trouble = trouble(&first).await.unwrap();
    assert!(trouble.unverified && trouble.why.as_str().contains("wrong node signature"), "{trouble}");
    let progress = first.status().await.registry.unwrap();
    assert_eq!((progress.done, progress.total), (4_000, 5_000));
    let fake = first.end().await;
    asked(&fake);
    fake.net().failing = None;

    let second = run(fake, Some(open(base.path())));
    second.handle.idle().await;
    assert_eq!(asked(&second.fake), ["latest", "2000"]);
    assert_eq!(bare(&second.world().await.topology), folded(&deltas(5_000)));
    let fake = second.end().await;

    // The third time everything is there at once.
    let third = run(fake, Some(open(base.path())));
    assert_eq!(bare(&third.world().await.topology), folded(&deltas(5_000)));
    assert_eq!(third.world().await.events.len(), 2_000);
    third.handle.idle().await;
    assert_eq!(asked(&third.fake), ["4999"]);
    third.end().await;
}

#[tokio::test]
async fn a_refused_page_is_read_again_and_nothing_of_it_was_used() {
    let mut run = run(with_registry(2_500, 1_000), Some(Arc::new(Cache::in_memory())));
    run.fake.fail("registry 1000.", unverified());
    run.handle.idle().await;
    assert!(run.world().await.topology.is_empty());
    assert_eq!(versions_told(&mut run), Vec::<u64>::new());
    run.fake.net().failing = None;
    run.pass(300).await;
    assert_eq!(bare(&run.world().await.topology), folded(&deltas(2_500)));
    assert_eq!(trouble(&run).await, None);
    assert_eq!(versions_told(&mut run).first(), Some(&2_500));
}

#[tokio::test]
async fn a_node_that_is_behind_changes_nothing_and_what_is_missing_is_asked_again() {
    let run = run(with_registry(1_500, 1_000), Some(Arc::new(Cache::in_memory())));
    run.handle.idle().await;
    asked(&run.fake);
    let before = run.world().await.topology;
    // An older state with an older certificate.
    {
        let mut net = run.fake.net();
        net.registry = Some(deltas(1_400));
        net.at = START.minus(Seconds(20));
    }
    run.clock.advance(10);
    run.handle.idle().await;
    assert_eq!(run.world().await.topology, before);
    assert_eq!(asked(&run.fake), ["1499"]);
}

#[tokio::test]
async fn a_history_that_is_shorter_now_is_another_one_and_read_anew() {
    let mut run = run(with_registry(1_500, 1_000), Some(Arc::new(Cache::in_memory())));
    run.handle.idle().await;
    run.fake.net().registry = Some(deltas(700));
    run.pass(10).await;
    run.pass(300).await;
    assert_eq!(bare(&run.world().await.topology), folded(&deltas(700)));
    assert_eq!(
        run.handle.topology_at(PointInTime::Version(Version(600))).await.unwrap().version,
        Version(600)
    );
    let notes: Vec<String> = std::iter::from_fn(|| run.changes.try_recv().ok())
        .filter_map(|change| match change {
            Change::Note(note) => Some(note.to_string()),
            _ => None,
        })
        .collect();
    assert!(
        notes.iter().any(|note| note.starts_with("this network began anew (its registry ends at")),
        "{notes:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_that_differs_in_the_last_version_known_is_read_anew() {
    let base = tempfile::tempdir().unwrap();
    let first = run(with_registry(1_500, 1_000), Some(open(base.path())));
    first.handle.idle().await;
    let fake = first.end().await;
    let mut other = deltas(1_800);
    for delta in &mut other[400..] {
        delta.mutations[0].key = format!("hostos_version_h{}", delta.version).into_bytes();
    }
    fake.net().registry = Some(other.clone());
    let second = run(fake, Some(open(base.path())));
    second.handle.idle().await;
    let world = second.world().await;
    assert_eq!(bare(&world.topology), folded(&other));
    assert_eq!(world.topology.hostos_versions.len(), 1_400);
    let then = second.handle.topology_at(PointInTime::Version(Version(450))).await.unwrap();
    assert_eq!(bare(&then), folded(&other[..450]));
    second.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_page_is_read_again_and_no_other() {
    let base = tempfile::tempdir().unwrap();
    let first = run(with_registry(3_000, 1_000), Some(open(base.path())));
    first.handle.idle().await;
    let fake = first.end().await;
    asked(&fake);
    let cache = open(base.path());
    fuzzing::put(&cache, &Principal::anonymous(), Table::RegistryPage, 1_001, b"damage", true).unwrap();
    let mut second = run(fake, Some(cache));
    second.handle.idle().await;
    assert_eq!(second.world().await.topology.version, Version(3_000), "the network's make-up is kept apart");
    assert_eq!(asked(&second.fake), ["2999"]);
    // It is noticed when it is needed.
    let error = second.handle.topology_at(PointInTime::Version(Version(1_500))).await.unwrap_err();
    assert!(error.as_str().contains("until version 1000 only"), "{error}");
    second.handle.idle().await;
    let mut notes = Vec::new();
    while let Ok(change) = second.changes.try_recv() {
        if let Change::Note(note) = change {
            notes.push(note.to_string());
        }
    }
    assert!(
        notes.iter().any(|note| note.starts_with("reading 1000 versions of the registry again")),
        "{notes:?}"
    );
    assert_eq!(asked(&second.fake), ["1000"]);
    let then = second.handle.topology_at(PointInTime::Version(Version(1_500))).await.unwrap();
    assert_eq!(bare(&then), folded(&deltas(1_500)));
    second.end().await;
}

#[tokio::test]
async fn the_network_of_any_version_or_time_and_older_events_come_from_the_cache() {
    let run = run(with_registry(2_600, 1_000), Some(Arc::new(Cache::in_memory())));
    run.handle.idle().await;
    let at = |moment| run.handle.topology_at(moment);
    let then = at(PointInTime::Version(Version(1_234))).await.unwrap();
    assert_eq!(bare(&then), folded(&deltas(1_234)));
    assert_eq!(then.evidence, Some(Evidence::certified(START)));
    // A version is of the time from it on until the next one.
    for (seconds, version) in [(10, 1), (19, 1), (20, 2), (12_345, 1_234), (999_999, 2_600)] {
        let then = at(PointInTime::At(Timestamp::from_secs(seconds))).await.unwrap();
        assert_eq!(then.version, Version(version), "{seconds}");
    }
    assert_eq!(at(PointInTime::Version(Version(2_600))).await.unwrap(), run.world().await.topology);
    let error = at(PointInTime::Version(Version(2_601))).await.unwrap_err();
    assert_eq!(error.as_str(), "version 2601 has not been read; the newest read is 2600");
    assert!(at(PointInTime::Version(Version(0))).await.is_err());
    let error = at(PointInTime::At(Timestamp::from_secs(3))).await.unwrap_err();
    assert!(error.as_str().starts_with("the registry began after"), "{error}");

    let versions = |events: Vec<Arc<Event>>| events.iter().map(|event| event.version.0).collect::<Vec<_>>();
    let older = |before, most| run.handle.events_before(Version(before), most);
    assert_eq!(versions(older(2_600, 3).await.unwrap()), [2_599, 2_598, 2_597], "of those in memory");
    assert_eq!(versions(older(601, 3).await.unwrap()), [600, 599, 598]);
    assert_eq!(versions(older(602, 4).await.unwrap()), [601, 600, 599, 598], "partly in memory");
    assert_eq!(versions(older(3, 9).await.unwrap()), [2, 1]);
    assert_eq!(versions(older(1, 9).await.unwrap()), Vec::<u64>::new());
}

#[tokio::test]
async fn the_time_of_versions_that_do_not_tell_it_is_not_made_up() {
    let fake = with_registry(60, 1_000);
    fake.net().registry.iter_mut().flatten().take(40).for_each(|delta| delta.at = None);
    let run = run(fake, Some(Arc::new(Cache::in_memory())));
    run.handle.idle().await;
    let at = |seconds| run.handle.topology_at(PointInTime::At(Timestamp::from_secs(seconds)));
    let error = at(409).await.unwrap_err();
    let said = "the registry's first 40 versions do not say when they were made, the next one is of";
    assert!(error.as_str().starts_with(said), "{error}");
    assert_eq!(at(410).await.unwrap().version, Version(41));
}

#[tokio::test]
async fn without_a_cache_the_network_is_known_and_its_past_is_not() {
    let run = run(with_registry(2_100, 1_000), None);
    run.handle.idle().await;
    assert_eq!(bare(&run.world().await.topology), folded(&deltas(2_100)));
    let error = run.handle.topology_at(PointInTime::Version(Version(5))).await.unwrap_err();
    assert!(error.as_str().contains("works without one"), "{error}");
    run.handle.shutdown().await;
    assert!(run.handle.topology_at(PointInTime::Version(Version(5))).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offline_the_network_comes_from_the_cache() {
    let base = tempfile::tempdir().unwrap();
    let first = run(with_registry(1_500, 1_000), Some(open(base.path())));
    first.handle.idle().await;
    let fake = first.end().await;
    asked(&fake);
    let second = begin_with(fake, Some(open(base.path())), Principal::anonymous(), |o| o.offline = true);
    second.handle.idle().await;
    assert_eq!(second.world().await.topology.version, Version(1_500));
    let then = second.handle.topology_at(PointInTime::Version(Version(7))).await.unwrap();
    assert_eq!(bare(&then), folded(&deltas(7)));
    assert_eq!(asked(&second.fake), Vec::<String>::new());
    second.end().await;
}

#[tokio::test]
async fn a_network_without_a_registry_is_no_trouble() {
    let run = run(Fake::new(1), None);
    run.handle.ready().await;
    run.handle.idle().await;
    assert_eq!(trouble(&run).await, None);
    assert!(run.world().await.topology.is_empty());
    let error = run.handle.topology_at(PointInTime::At(START)).await.unwrap_err();
    assert!(!error.is_empty());
}

#[tokio::test]
async fn a_command_that_prints_something_else_does_not_read_it() {
    let run = begin_with(with_registry(500, 100), None, Principal::anonymous(), |o| o.history = false);
    run.handle.idle().await;
    assert_eq!(asked(&run.fake), Vec::<String>::new());
    let proposals = |o: &mut Options| o.only = Some(Topicality::Proposals);
    let run = begin_with(with_registry(500, 100), None, Principal::anonymous(), proposals);
    run.handle.idle().await;
    assert_eq!(asked(&run.fake), Vec::<String>::new());
}

#[tokio::test]
async fn another_identity_goes_on_with_the_same_network() {
    let run = begin(with_registry(2_000, 1_000), Some(Arc::new(Cache::in_memory())), Principal::anonymous());
    run.handle.idle().await;
    let before = run.world().await.topology;
    run.handle.set_identity(signer(reader(1)), Some(run.fake.network(reader(1))));
    run.handle.idle().await;
    assert_eq!(run.world().await.topology.version, before.version);
    let mut calls = asked(&run.fake);
    calls.retain(|name| name != "latest" && name != "1999");
    assert_eq!(calls, ["0", "1000"], "nothing twice");
}

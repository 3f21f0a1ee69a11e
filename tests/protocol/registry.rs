//! The demo network's registry, read as the main network's is: with proofs, in parts, into the
//! network's make-up, and its past out of the cache.
#![cfg(feature = "demo")]

use icpulse_canisters::{Client, decode};
use icpulse_demo::{Demo, Options as DemoOptions};
use icpulse_engine::sync::{self, Options, SyncHandle};
use icpulse_ic::Anonymous;
use icpulse_ic::IcError;
use icpulse_model::act::SignerInfo;
use icpulse_model::network::{Profile, RootKey, RootKeySource, SystemCanister};
use icpulse_model::registry::{Key, PointInTime, Record, Topology, Version, apply_changes, find_differences};
use icpulse_model::world::{Change, Topicality};
use icpulse_model::{Principal, Proof, Timestamp};
use icpulse_store::cache::{Cache, DEFAULT_WAIT};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use tokio::sync::mpsc::Receiver;

/// One network for all tests: none changes it.
fn shared() -> &'static Demo {
    static DEMO: LazyLock<Demo> = LazyLock::new(|| Demo::start(DemoOptions::default()).unwrap());
    &DEMO
}

fn profile(demo: &Demo) -> Profile {
    Profile {
        root_key: RootKeySource::Given(RootKey(demo.root_key())),
        ..Profile::local("demo", &demo.url())
    }
}

async fn client(profile: &Profile) -> Client {
    Client::connect(profile, Arc::new(Anonymous)).await.unwrap()
}

async fn whole_history(client: &Client) -> (Topology, usize) {
    let mut topology = Topology::default();
    let mut pages = 0;
    loop {
        let page = client.registry_page(topology.version).await.unwrap();
        assert_eq!(page.evidence.proof, Proof::Certified);
        for delta in &page.deltas {
            assert_eq!(delta.version, topology.version.next());
            let _ = apply_changes(&mut topology, &decode::registry::decode_changes(delta));
        }
        pages += 1;
        if topology.version >= page.latest {
            return (topology, pages);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_of_the_registry_agrees_with_its_single_answers() {
    let client = client(&profile(shared())).await;
    let latest = client.registry_latest().await.unwrap();
    assert_eq!(latest.evidence.proof, Proof::Certified);
    let (topology, pages) = whole_history(&client).await;
    assert!(topology.version >= latest.value && pages >= 3, "{} in {pages} pages", topology.version);
    assert!(topology.undecoded.is_empty(), "{:?}", topology.undecoded);
    assert!(topology.subnets.len() > 30 && topology.nodes.len() > 1_000, "a whole network");

    // Some of each family, large values among them.
    let keys: Vec<Key> = topology.keys().into_iter().collect();
    for key in keys.iter().step_by((keys.len() / 60).max(1)) {
        let found = client.registry_value(key.to_string().as_bytes(), Some(topology.version)).await.unwrap();
        let found = found.unwrap_or_else(|| panic!("{key} is in the history and has no value"));
        assert_eq!(found.evidence.proof, Proof::NodeSigned);
        assert_eq!(Some(decode::registry::decode_record(key, &found.value)), topology.record(key), "{key}");
    }
    assert_eq!(client.registry_value(b"nothing_of_this_name", None).await.unwrap(), None);
    // As of a version before there was any, there is nothing.
    assert_eq!(client.registry_value(b"subnet_list", Some(Version(0))).await.unwrap(), None);

    let (provider, theirs) = topology.providers().into_iter().find(|(_, p)| p.operators.len() > 1).unwrap();
    let rows = client.operators_of_provider(provider).await.unwrap().value;
    let mut ids: Vec<Principal> = rows.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, theirs.operators);
    for row in rows {
        assert_eq!(topology.operators.get(&row.id), Some(&row.operator));
        assert_eq!(topology.data_centers.get(&row.operator.data_center), Some(&row.data_center));
    }
    let governance = SystemCanister::Governance.id();
    let host = client.subnet_for_canister(governance).await.unwrap().value;
    assert_eq!(topology.subnet_of_canister(&governance), host);
    assert_eq!(host, topology.nns);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_another_root_key_nothing_of_it_is_believed() {
    let other = Demo::start(DemoOptions { seed: 77, ..DemoOptions::default() }).unwrap();
    let wrong = Profile { root_key: RootKeySource::Given(RootKey(other.root_key())), ..profile(shared()) };
    other.stop();
    let error = client(&wrong).await.registry_page(Version(0)).await.unwrap_err();
    assert!(matches!(error, IcError::Unverified { .. }), "{error}");
}

async fn reading(profile: &Profile, base: &Path, offline: bool) -> (SyncHandle, Receiver<Change>) {
    let source = client(profile).await;
    let opened = Cache::open(base, source.root_key(), DEFAULT_WAIT, Timestamp::from_secs(1)).unwrap();
    let loaded = sync::load(&opened.cache, &Principal::anonymous()).unwrap();
    let options =
        Options { only: Some(Topicality::Network), history: false, offline, ..Options::new("demo") };
    sync::start(Some(source.into()), Some(Arc::new(opened.cache)), loaded, SignerInfo::anonymous(), options)
}

/// Nobody takes the changes here: they only must not pile up.
fn drained(mut changes: Receiver<Change>) {
    tokio::spawn(async move { while changes.recv().await.is_some() {} });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_has_the_network_and_its_past_and_the_next_one_has_it_at_once() {
    let base = tempfile::tempdir().unwrap();
    let (sync, changes) = reading(&profile(shared()), base.path(), false).await;
    drained(changes);
    sync.ready().await;
    let (world, status) = sync.world().await.unwrap();
    assert_eq!((status.trouble, status.registry), (None, None));
    let topology = Arc::clone(&world.topology);
    assert_eq!(topology.evidence.map(|e| e.proof), Some(Proof::Certified));
    let (expected, _) = whole_history(&client(&profile(shared())).await).await;
    if expected.version == topology.version {
        assert_eq!(find_differences(&topology, &expected), []);
    }
    assert_eq!(world.events.first().map(|event| event.version), Some(topology.version));

    // The past, and what lies between.
    let half = Version(topology.version.0 / 2);
    let then = sync.topology_at(PointInTime::Version(half)).await.unwrap();
    assert_eq!(then.version, half);
    assert!(!find_differences(&then, &topology).is_empty());
    let at = then.at.unwrap();
    let same = sync.topology_at(PointInTime::At(at)).await.unwrap();
    assert!(same.version >= half && same.at == Some(at));
    let older = sync.events_before(half, 25).await.unwrap();
    assert!(older.len() == 25 && older.iter().all(|event| event.version < half));
    let none = |_: &Principal| None;
    assert!(older.iter().all(|event| !event.to_sentence(&none).contains("unknown")), "{older:?}");
    sync.shutdown().await;

    let (sync, changes) = reading(&profile(shared()), base.path(), true).await;
    drained(changes);
    let (world, _) = sync.world().await.unwrap();
    assert_eq!(world.topology, topology, "before anything is asked");
    assert_eq!(sync.topology_at(PointInTime::Version(half)).await.unwrap(), then);
    sync.shutdown().await;
    assert!(matches!(topology.record(&Key::SubnetList), Some(Record::SubnetList(_))));
}

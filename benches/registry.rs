//! What the registry of a network as big as the main one costs, 150 ms away: its whole history read
//! and proven, the next start, and its past out of the cache. `cargo bench --bench registry`.
//!
//! Not criterion: each figure is of one reading. The network is in this process and on the same
//! processors; what it does counts as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use icpulse_canisters::Client;
use icpulse_demo::link::{Delay, Link};
use icpulse_demo::{Demo, Options as DemoOptions, Scale};
use icpulse_engine::sync::{self, Options, SyncHandle};
use icpulse_ic::Anonymous;
use icpulse_model::act::SignerInfo;
use icpulse_model::network::{Profile, RootKey, RootKeySource};
use icpulse_model::registry::{PointInTime, Version};
use icpulse_model::world::Topicality;
use icpulse_model::{Principal, Timestamp};
use icpulse_store::cache::{Cache, DEFAULT_WAIT};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LATENCY: Duration = Duration::from_millis(150);

fn figure(what: &str, took: Duration, more: &str) {
    println!("{what:<44} {:>8.2} s  {more}", took.as_secs_f64());
}

async fn connected(demo: &Demo) -> Client {
    let profile = Profile {
        root_key: RootKeySource::Given(RootKey(demo.root_key())),
        ..Profile::local("demo", &demo.url())
    };
    Client::connect(&profile, Arc::new(Anonymous)).await.unwrap()
}

fn reading(client: &Client, base: &Path) -> (SyncHandle, Arc<Cache>, Duration) {
    let began = Instant::now();
    let opened = Cache::open(base, client.root_key(), DEFAULT_WAIT, Timestamp::from_secs(1)).unwrap();
    let cache = Arc::new(opened.cache);
    let loaded = sync::load(&cache, &Principal::anonymous()).unwrap();
    let took = began.elapsed();
    let options = Options { only: Some(Topicality::Network), history: false, ..Options::new("demo") };
    let signer = SignerInfo::anonymous();
    let (handle, mut changes) =
        sync::start(Some(client.clone().into()), Some(Arc::clone(&cache)), loaded, signer, options);
    tokio::spawn(async move { while changes.recv().await.is_some() {} });
    (handle, cache, took)
}

#[tokio::main]
async fn main() {
    let began = Instant::now();
    let link = Link { latency: Delay(LATENCY), ..Link::default() };
    let demo = Demo::start(DemoOptions { scale: Scale::Mainnet, link, ..DemoOptions::default() }).unwrap();
    figure("the network starts", began.elapsed(), "");
    let home = tempfile::tempdir().unwrap();

    let client = connected(&demo).await;
    let began = Instant::now();
    let (handle, cache, _) = reading(&client, home.path());
    handle.ready().await;
    let took = began.elapsed();
    let (world, status) = handle.world().await.unwrap();
    assert_eq!(status.trouble, None);
    let newest = world.topology.version;
    assert!(newest.0 > 50_000, "{newest}");
    let traffic = client.traffic();
    figure("the whole history, proven", took, &format!("{newest} versions; {traffic:?}"));
    let began = Instant::now();
    handle.idle().await;
    cache.flush().unwrap();
    figure("… until it is on the disk", began.elapsed(), &format!("{} bytes", cache.size_on_disk().unwrap()));

    let began = Instant::now();
    let before = handle.topology_at(PointInTime::Version(Version(newest.0 - 1))).await.unwrap();
    figure("the network one version ago", began.elapsed(), &format!("{} nodes", before.nodes.len()));
    let began = Instant::now();
    let events = handle.events_before(Version(newest.0 / 2), 100).await.unwrap();
    figure("100 events of the middle", began.elapsed(), &format!("{} events", events.len()));
    handle.shutdown().await;
    drop((handle, cache));

    let client = connected(&demo).await;
    let (handle, _, took) = reading(&client, home.path());
    let (world, _) = handle.world().await.unwrap();
    figure("the next start", took, &format!("version {} at once", world.topology.version));
    let began = Instant::now();
    handle.ready().await;
    figure("… until it is known to be the newest", began.elapsed(), &format!("{:?}", client.traffic()));
    handle.shutdown().await;
    demo.stop();
}

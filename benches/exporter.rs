//! What a scrape costs: writing the metrics of a network of 40 subnets and 1,400 nodes anew, giving
//! the text that is there, and many scrapers at once over HTTP while the model changes.
//!
//! Not criterion: the last is a load, not a loop. Prints one line a figure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use icpulse::export::{ListenOptions, MetricsModel, Page, TextFormat, encode, gather_families, serve_page};
use icpulse_model::fleet::{Fleet, NodeStatus, Reported};
use icpulse_model::health::{Sample, SubnetHealth, SubnetMetrics};
use icpulse_model::own_nodes::OwnNodes;
use icpulse_model::registry::{
    Change, DataCenterRecord, Key, NodeRecord, OperatorRecord, Record, Region, SubnetRecord, Topology,
    Version,
};
use icpulse_model::text::Line;
use icpulse_model::world::{SyncStatus, World};
use icpulse_model::{Evidence, Principal, Seconds, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const NOW: Timestamp = Timestamp::from_secs(1_795_356_134);
const SUBNETS: u32 = 40;
const NODES: u32 = 1_400;
const OPERATORS: u32 = 250;
const PROVIDERS: u32 = 100;
const CENTERS: u32 = 80;

fn id(kind: u8, n: u32) -> Principal {
    let mut bytes = [kind; 29];
    bytes[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
    bytes[28] = 2;
    Principal::from_slice(&bytes)
}

fn topology() -> Topology {
    let mut topology = Topology::default();
    let mut put = |key, record| {
        topology.apply(&Change { version: Version(53_218), at: Some(NOW), key, record: Some(record) });
    };
    for n in 0..CENTERS {
        let name = Line::new(&format!("dc{n}"));
        let region = Region::parse(&format!("Continent,C{},Area {n}", n % 30));
        let record = DataCenterRecord {
            id: name.clone(),
            region,
            owner: Line::new(&format!("Owner {}", n % 60)),
            gps: None,
        };
        put(Key::DataCenter(name), Record::DataCenter(Box::new(record)));
    }
    for n in 0..OPERATORS {
        let record = OperatorRecord {
            provider: id(4, n % PROVIDERS),
            allowance: 3,
            data_center: Line::new(&format!("dc{}", n % CENTERS)),
            rewardable: BTreeMap::new(),
            max_rewardable: BTreeMap::new(),
            ipv6: None,
        };
        put(Key::Operator(id(3, n)), Record::Operator(Box::new(record)));
    }
    for n in 0..NODES {
        let record = NodeRecord {
            operator: id(3, n % OPERATORS),
            address: Some(Line::new(&format!("2001:db8::{n:x}"))),
            port: 8080,
            hostos_version: None,
            ipv4: None,
            domain: None,
            reward_type: None,
            chip_id: None,
        };
        put(Key::Node(id(1, n)), Record::Node(Box::new(record)));
    }
    for n in 0..SUBNETS {
        let record = SubnetRecord {
            membership: (0..13).map(|m| id(1, n * 13 + m)).collect(),
            replica_version: Line::new("e3d101b2c51c6e8e71cb45df8b7c9a3c57b4c0dd"),
            ..SubnetRecord::default()
        };
        put(Key::Subnet(id(2, n)), Record::Subnet(Box::new(record)));
    }
    put(Key::SubnetList, Record::SubnetList((0..SUBNETS).map(|n| id(2, n)).collect()));
    topology
}

fn model(all_nodes: bool) -> MetricsModel {
    let mut fleet = Fleet::default();
    let rows = (0..NODES).map(|n| {
        let status = if n % 97 == 0 { NodeStatus::Down } else { NodeStatus::Up };
        (id(1, n), Reported { status, alert: None, guestos_version: None, at: NOW, since: NOW })
    });
    fleet.merge_reports(rows, NOW);
    let health = (0..SUBNETS).map(|n| {
        let metrics = SubnetMetrics {
            canisters: 9_000,
            state_bytes: 90 << 30,
            cycles_consumed: 1 << 90,
            updates: 1 << 40,
        };
        let mut health = SubnetHealth { checked: Some(NOW), ..SubnetHealth::default() };
        health.add_sample(Sample { at: NOW.minus(Seconds(1)), metrics }, Evidence::certified(NOW));
        (id(2, n), health)
    });
    let world = World {
        health: Arc::new(health.collect()),
        topology: Arc::new(topology()),
        fleet: Arc::new(fleet),
        ..World::default()
    };
    let mine = OwnNodes { provider: Some(id(4, 0)), aliases: vec![] };
    MetricsModel { world, status: SyncStatus::default(), mine, all_nodes, sync_errors: 0 }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn timed(runs: usize, mut work: impl FnMut()) -> Duration {
    median(
        (0..runs)
            .map(|_| {
                let begun = Instant::now();
                work();
                begun.elapsed()
            })
            .collect(),
    )
}

fn main() {
    for (name, all) in [("my nodes", false), ("all nodes", true)] {
        let model = model(all);
        let open = encode(&gather_families(&model, NOW), TextFormat::OpenMetrics);
        let spent = timed(50, || {
            drop(std::hint::black_box(encode(&gather_families(&model, NOW), TextFormat::OpenMetrics)))
        });
        println!(
            "written anew, {name}: {spent:?} for {} lines, {} KiB",
            open.lines().count(),
            open.len() / 1_024
        );
    }
    let page = Page::new(model(false), || NOW);
    let _ = page.text(TextFormat::OpenMetrics);
    let spent = timed(10_000, || drop(std::hint::black_box(page.text(TextFormat::OpenMetrics))));
    println!("given as it is: {spent:?}");
    load();
}

/// 64 scrapers, a connection for each scrape, for five seconds, while the model changes ten times a second.
fn load() {
    const SCRAPERS: usize = 64;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let page = Arc::new(Page::new(model(false), || NOW));
        let (told, ready) = tokio::sync::oneshot::channel();
        let shown = Arc::clone(&page);
        let mut listening = ListenOptions::local("127.0.0.1:0".parse().unwrap());
        // A connection is counted until its end was seen: room for the next one of each scraper.
        listening.limits.connections = 4 * SCRAPERS;
        tokio::spawn(serve_page(Arc::clone(&page), listening, move |at| told.send(at).unwrap(), std::future::pending()));
        let at = ready.await.unwrap();
        let (done, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let changing = tokio::spawn(async move {
            let base = model(false);
            for n in 0.. {
                tokio::time::sleep(Duration::from_millis(100)).await;
                shown.set_model(MetricsModel { sync_errors: n, ..base.clone() });
            }
        });
        let scrapers: Vec<_> = (0..SCRAPERS)
            .map(|_| {
                let (done, count) = (Arc::clone(&done), Arc::clone(&count));
                tokio::spawn(async move {
                    let mut times = Vec::new();
                    let mut buffer = Vec::new();
                    while !done.load(Ordering::Relaxed) {
                        let begun = Instant::now();
                        let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
                        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
                        buffer.clear();
                        stream.read_to_end(&mut buffer).await.unwrap();
                        assert!(buffer.starts_with(b"HTTP/1.1 200"));
                        times.push(begun.elapsed());
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    times
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(5)).await;
        done.store(true, Ordering::Relaxed);
        let mut times = Vec::new();
        for scraper in scrapers {
            times.extend(scraper.await.unwrap());
        }
        changing.abort();
        times.sort_unstable();
        let scrapes = count.load(Ordering::Relaxed);
        println!("{SCRAPERS} scrapers, 5 s, model changes 10 times a second: {} scrapes a second, median {:?}, 99 % within {:?}", scrapes / 5, times[times.len() / 2], times[times.len() * 99 / 100]);
    });
}

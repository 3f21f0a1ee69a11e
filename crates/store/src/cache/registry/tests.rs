use super::*;
use crate::cache::DEFAULT_WAIT;
use icpulse_model::event::EventKind;
use icpulse_model::network::RootKey;
use icpulse_model::registry::{Key, Mutation};
use proptest::prelude::*;
use std::path::Path;

fn delta(version: u64) -> Delta {
    let value = Some(vec![u8::try_from(version % 251).unwrap(); 40]);
    Delta {
        version: Version(version),
        at: Some(Timestamp(version)),
        mutations: vec![Mutation { key: format!("key_{version}").into_bytes(), value }],
    }
}

fn page(range: std::ops::RangeInclusive<u64>) -> Vec<Delta> {
    range.map(delta).collect()
}

fn put(cache: &Cache, range: std::ops::RangeInclusive<u64>) {
    cache.put_registry_page(&page(range), Version(9_999), Timestamp(5)).unwrap();
}

fn replayed(cache: &Cache, after: u64) -> (Vec<u64>, RegistryReplay) {
    let mut seen = Vec::new();
    let replay = cache.replay_registry(Version(after), |delta| {
        seen.push(delta.version.0);
        ControlFlow::Continue(())
    });
    (seen, replay.unwrap())
}

fn open(base: &Path) -> Cache {
    Cache::open(base, &RootKey(vec![3; 133]), DEFAULT_WAIT, Timestamp(1)).unwrap().cache
}

#[test]
fn pages_in_any_order_come_back_in_order_until_the_first_gap() {
    let base = tempfile::tempdir().unwrap();
    let cache = open(base.path());
    put(&cache, 2_001..=2_400);
    put(&cache, 1..=1_000);
    put(&cache, 3_001..=3_002);
    assert_eq!(replayed(&cache, 0).0, (1..=1_000).collect::<Vec<_>>());
    put(&cache, 1_001..=2_000);
    cache.flush().unwrap();
    drop(cache);
    let cache = open(base.path());
    let position = cache.registry_position().unwrap();
    assert_eq!(position.read.iter().collect::<Vec<_>>(), [1..=2_400, 3_001..=3_002]);
    assert_eq!(position.seen, Some((Version(9_999), Timestamp(5))));
    let (seen, replay) = replayed(&cache, 1_500);
    assert_eq!(
        (seen, replay.reached, replay.lost.is_empty()),
        ((1_501..=2_400).collect(), Version(2_400), true)
    );
    assert_eq!(cache.registry_delta(Version(2_001)).unwrap(), Some(delta(2_001)));
    assert_eq!(cache.registry_delta(Version(2_401)).unwrap(), None);
    assert_eq!(cache.registry_delta(Version(0)).unwrap(), None);
}

#[test]
fn new_versions_join_the_page_before_them() {
    let cache = Cache::in_memory();
    put(&cache, 1..=1_000);
    for version in 1_001..=1_150 {
        put(&cache, version..=version);
    }
    assert_eq!(replayed(&cache, 0).0.len(), 1_150);
    assert_eq!(cache.registry_index().unwrap().pages, BTreeMap::from([(1, 1_000), (1_001, 1_150)]));
    assert_eq!(cache.bulk().unwrap().keys(key::REGISTRY_PAGES).unwrap().len(), 2);
    for version in 1_151..=2_005 {
        put(&cache, version..=version);
    }
    assert!(cache.registry_index().unwrap().pages.len() >= 3, "a page has at most 1,000 versions");
    assert_eq!(replayed(&cache, 0).0, (1..=2_005).collect::<Vec<_>>());
}

fn damage(cache: &Cache, first: u64, bytes: Option<Vec<u8>>) {
    let mut batch = Batch::default();
    match bytes {
        Some(bytes) => batch.put(key::registry_page(first), bytes),
        None => batch.delete(key::registry_page(first)),
    }
    cache.bulk().unwrap().apply(batch).unwrap();
}

#[test]
fn a_page_that_cannot_be_read_back_is_taken_out_and_noted_and_only_it() {
    let wrong_versions = encode_page(&page(1_001..=1_999)).unwrap();
    for bytes in [None, Some(vec![1, 2, 3]), Some(codec::seal(b"nonsense")), Some(wrong_versions)] {
        let cache = Cache::in_memory();
        put(&cache, 1..=1_000);
        put(&cache, 1_001..=2_000);
        put(&cache, 2_001..=2_500);
        damage(&cache, 1_001, bytes);
        let (seen, replay) = replayed(&cache, 0);
        assert_eq!(seen, (1..=1_000).collect::<Vec<_>>());
        assert_eq!(replay.lost.iter().collect::<Vec<_>>(), [1_001..=2_000]);
        assert_eq!(
            cache.registry_position().unwrap().read.iter().collect::<Vec<_>>(),
            [1..=1_000, 2_001..=2_500]
        );
        let notes = cache.take_notes();
        assert!(notes[0].as_str().starts_with("reading 1000 versions of the registry again"), "{notes:?}");
        put(&cache, 1_001..=2_000);
        assert_eq!(replayed(&cache, 0).0.len(), 2_500);
    }
}

#[test]
fn a_list_of_pages_that_cannot_be_read_back_means_that_nothing_is_there() {
    let cache = Cache::in_memory();
    put(&cache, 1..=10);
    let mut batch = Batch::default();
    batch.put(key::REGISTRY_INDEX.to_vec(), vec![9]);
    cache.bulk().unwrap().apply(batch).unwrap();
    assert_eq!(cache.registry_position().unwrap(), RegistryPosition::default());
    assert_eq!(cache.take_notes().len(), 1);
    put(&cache, 1..=10);
    assert_eq!(replayed(&cache, 0).0.len(), 10);
}

fn event(version: u64) -> Arc<Event> {
    Arc::new(Event {
        version: Version(version),
        at: None,
        key: Key::SubnetList,
        kind: EventKind::OtherChanged { removed: false },
        node: None,
        subnet: None,
        provider: None,
        operator: None,
        data_center: None,
        proposal: None,
    })
}

#[test]
fn the_first_frame_has_the_network_and_its_newest_events() {
    let base = tempfile::tempdir().unwrap();
    let cache = open(base.path());
    let mut topology = Topology::default();
    topology.version = Version(7);
    topology.unassigned_version = Some(Line::new("v"));
    cache.put_registry_snapshot(&topology, &[event(7), event(6)]).unwrap();
    put(&cache, 1..=7);
    cache.flush().unwrap();
    drop(cache);
    let cache = open(base.path());
    let world = cache.load_recent(&icpulse_model::Principal::anonymous()).unwrap().world;
    assert_eq!((&*world.topology, &*world.events), (&topology, &vec![event(7), event(6)]));
    // Either of the two is of no use without the other.
    for broken in [key::TOPOLOGY, key::EVENTS] {
        cache.put_registry_snapshot(&topology, &[event(7)]).unwrap();
        let mut batch = Batch::default();
        batch.put(broken.to_vec(), vec![1, 2, 3, 4, 5, 6]);
        cache.first.apply(batch).unwrap();
        let loaded = cache.load_recent(&icpulse_model::Principal::anonymous()).unwrap();
        assert!(loaded.world.topology.is_empty() && loaded.world.events.is_empty());
        assert_eq!(loaded.notes.len(), 1, "{:?}", loaded.notes);
    }
}

proptest! {
    #[test]
    fn whatever_pages_are_put_all_of_them_are_there(pages in prop::collection::vec((1u64..60, 0u64..20), 1..12)) {
        let cache = Cache::in_memory();
        let mut all = Ranges::new();
        for (first, more) in pages {
            all.insert(first..=first + more);
            put(&cache, first..=first + more);
        }
        let read = cache.registry_position().unwrap().read;
        prop_assert_eq!(&read, &all);
        let (seen, replay) = replayed(&cache, 0);
        let end = read.iter().next().filter(|r| *r.start() == 1).map_or(0, |r| *r.end());
        prop_assert_eq!(seen, (1..=end).collect::<Vec<_>>());
        prop_assert_eq!(replay.reached, Version(end));
    }
}

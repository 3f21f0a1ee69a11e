//! What comes from the registry canister.

use crate::{NOW, check, choose, pieces};
use icpulse_canisters::decode;
use icpulse_canisters::registry::page::{self, Content};
use icpulse_canisters::registry::tree::Node;
use icpulse_ic::certificate::main_network_root_key;
use icpulse_model::Principal;
use icpulse_model::network::{RootKey, SystemCanister};
use icpulse_model::registry::{
    Delta, EventFilter, Mutation, Topology, Version, apply_changes, find_differences,
};

/// By a leading byte: a certified reply, a hash tree, what a version changed, records by key.
pub fn registry(data: &[u8]) {
    let (choice, bytes) = choose(data);
    match choice % 4 {
        0 => reply(bytes, (choice >> 2) as u64 & 3),
        1 => tree(bytes),
        2 => match page::decode(Version(1), bytes) {
            Ok(raw) => {
                let whole = |m: page::RawMutation| {
                    let value = match m.content {
                        Content::Value(value) => Some(value),
                        Content::Chunks(_) | Content::Removed => None,
                    };
                    Mutation { key: m.key, value }
                };
                told(&[Delta {
                    version: raw.version,
                    at: raw.at,
                    mutations: raw.mutations.into_iter().map(whole).collect(),
                }]);
            }
            Err(why) => drop(why),
        },
        _ => {
            let pieces = pieces(bytes);
            let deltas = pieces.chunks(2).zip(1..).map(|(pair, version)| Delta {
                version: Version(version),
                at: None,
                mutations: vec![Mutation {
                    key: pair[0].to_vec(),
                    value: pair.get(1).map(|value| value.to_vec()),
                }],
            });
            told(&deltas.collect::<Vec<_>>());
        }
    }
}

/// Nothing passes but what the recorded registry certified.
fn reply(bytes: &[u8], after: u64) {
    let recorded = RootKey(crate::seeds::recorded_root_key());
    let registry = SystemCanister::Registry.id();
    let now = crate::seeds::registry_time();
    match page::verify(bytes, &recorded, registry, now, Some(Version(after))) {
        Ok(proven) => {
            assert_eq!((proven.latest, proven.at), (Version(3), now));
            let versions = proven.deltas.iter().map(|(version, _)| version.0);
            assert!(versions.eq(after + 1..=3), "a page with a gap passes");
            for (version, bytes) in proven.deltas {
                assert!(page::decode(version, &bytes).is_ok());
            }
        }
        Err(error) => check::neutral(&error.to_string()),
    }
    assert!(page::verify(bytes, &main_network_root_key(), registry, NOW, None).is_err());
}

fn tree(bytes: &[u8]) {
    if let Ok(node) = Node::parse(bytes) {
        let _ = node.digest();
        for (_, inner) in node.labels().unwrap_or_default() {
            let _ = inner.labels();
        }
    }
}

/// Whatever versions say, they make a network and events whose words are neutral.
fn told(deltas: &[Delta]) {
    let mut topology = Topology::default();
    let none = |_: &Principal| None;
    let filter = EventFilter { words: "node".to_owned(), ..EventFilter::default() };
    for delta in deltas {
        let changes = decode::registry::decode_changes(delta);
        let events = apply_changes(&mut topology, &changes);
        assert!(events.len() >= changes.len(), "a change is not told");
        for event in &events {
            check::neutral(&event.to_sentence(&none));
            let _ = filter.matches(event, &none);
        }
    }
    assert!(find_differences(&topology, &topology).is_empty());
    for difference in find_differences(&Topology::default(), &topology) {
        check::neutral(&difference.to_sentence(&none));
    }
}

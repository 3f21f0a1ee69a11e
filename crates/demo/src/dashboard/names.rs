//! Names of node providers, which only the dashboard knows. All are made up, but for the one
//! whose principal is known.

use crate::data::{PROVIDER_NAMES, ProviderNames};
use icpulse_model::Principal;
use icpulse_model::decentralization::DFINITY;
use icpulse_model::registry::Topology;
use std::collections::BTreeMap;

/// The provider that takes the place of a number.
fn numbered(number: usize) -> String {
    let ProviderNames { stems, kinds } = &*PROVIDER_NAMES;
    let (stem_count, kind_count) = (stems.len().max(1), kinds.len().max(1));
    let stem = stems.get(number % stem_count).map_or("", String::as_str);
    let kind = kinds.get(number / stem_count % kind_count).map_or("", String::as_str);
    match number / (stem_count * kind_count) {
        0 => format!("{stem} {kind}"),
        further => format!("{stem} {kind} {}", further + 1),
    }
}

/// The names of all providers of a topology, no two the same.
pub(super) fn names(topology: &Topology) -> BTreeMap<Principal, String> {
    let providers = topology.providers();
    let name = |(number, id): (usize, Principal)| {
        let name = if id.to_text() == DFINITY { "DFINITY Stiftung".to_owned() } else { numbered(number) };
        (id, name)
    };
    providers.into_keys().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_names_are_the_same() {
        let all: BTreeSet<String> = (0..500).map(numbered).collect();
        assert_eq!(all.len(), 500);
    }
}

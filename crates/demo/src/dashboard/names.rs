//! Names of node providers, which only the dashboard knows. All are made up, but for the one
//! whose principal is known.

use icpulse_model::Principal;
use icpulse_model::decentral::DFINITY;
use icpulse_model::registry::Topology;
use std::collections::BTreeMap;

const STEMS: [&str; 26] = [
    "Alder",
    "Basalt",
    "Cinder",
    "Driftwood",
    "Ember",
    "Fathom",
    "Granite",
    "Harbour",
    "Isobar",
    "Juniper",
    "Kestrel",
    "Lantern",
    "Meridian",
    "Northgate",
    "Obsidian",
    "Palisade",
    "Quarry",
    "Ridgeline",
    "Saltmarsh",
    "Tamarack",
    "Umbra",
    "Vantage",
    "Westerly",
    "Xylem",
    "Yarrow",
    "Zephyr",
];
const KINDS: [&str; 5] = ["Compute", "Hosting AG", "Data Partners", "Systems LLC", "Infrastructure"];

/// The provider that takes the place of a number.
fn numbered(number: usize) -> String {
    let stem = STEMS.get(number % STEMS.len()).copied().unwrap_or_default();
    let kind = KINDS.get(number / STEMS.len() % KINDS.len()).copied().unwrap_or_default();
    match number / (STEMS.len() * KINDS.len()) {
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

/// The name of one provider.
#[must_use]
pub fn name_of(topology: &Topology, provider: &Principal) -> Option<String> {
    names(topology).remove(provider)
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

//! The files in `tests/fixtures/`, by name. Their README files say how they were recorded.

use serde_json::Value;

macro_rules! fixtures {
    ($($(#[$doc:meta])* $name:ident: $path:literal,)*) => {
        $($(#[$doc])*
        pub fn $name() -> Value {
            read($path, include_str!(concat!("../../../tests/fixtures/", $path)))
        })*
    };
}

fixtures! {
    /// Replies of canisters of the main network.
    recordings: "recordings/recordings.json",
    /// Replies of governance of May 2026.
    recordings_2026: "recordings/recordings_2026.json",
    /// Certificates and the keys they are checked with.
    certificates: "certificates/certificates.json",
    registry_delta: "certificates/registry_delta.json",
    registry: "registry/registry.json",
    /// A proposal with an unusual payload.
    proposal_127049: "governance/proposal_127049.json",
}

fn read(path: &str, text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("tests/fixtures/{path}: {error}"))
}

/// The bytes that a canister replied, by the name of the recording.
pub fn reply(name: &str) -> Vec<u8> {
    let reply = &recordings()["recordings"][name]["reply_hex"];
    reply
        .as_str()
        .and_then(|text| hex::decode(text).ok())
        .unwrap_or_else(|| panic!("no recorded reply '{name}'"))
}

//! Seeds, made from the recordings of real canisters when a target starts, so that none need be
//! kept: `corpus/TARGET/` gets what is not there yet.

use crate::files::{TABLES, account};
use crate::{evidence, join, reader, wire};
use icpulse_canisters::decode;
use icpulse_canisters::wire::registry::CertifiedResponse;
use icpulse_canisters::wire::{decode_one, governance as g, ledger};
use icpulse_model::ledger::AccountState;
use icpulse_model::proposal::Ballot;
use icpulse_model::registry::Version;
use icpulse_model::{NeuronKey, Vote, VotingPower};
use icpulse_store::cache::Ranges;
use icpulse_store::cache::fuzzing::Table;
use icpulse_wallet::{Algorithm, Cost, ExportForm, Wallet};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixture(path: &str) -> Value {
    let path = home().join("../tests/fixtures").join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect("fixtures are JSON")
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("a text")).expect("hexadecimal")
}

/// Method and reply of every recording.
fn recordings() -> Vec<(String, Vec<u8>)> {
    let all = fixture("recordings/recordings.json");
    let all = all["recordings"].as_object().expect("recordings");
    all.values()
        .map(|r| (r["method"].as_str().expect("a method").to_owned(), bytes(&r["reply_hex"])))
        .collect()
}

fn reply<T: candid::CandidType + serde::de::DeserializeOwned>(method: &str) -> T {
    let found = recordings().into_iter().find(|(name, _)| name == method).expect("it is recorded");
    decode_one(&found.1).expect("recordings decode")
}

/// The root key of the network that the recordings come from.
pub fn recorded_root_key() -> Vec<u8> {
    bytes(&fixture("certificates/certificates.json")["recorded_root_key"])
}

/// The recorded registry's certified replies.
fn registry_replies() -> Vec<Vec<u8>> {
    let all = fixture("registry/registry.json");
    ["certified_changes_since_0", "certified_latest_version"].map(|name| bytes(&all["recorded"][name])).into()
}

/// When the recorded registry's whole history was certified.
pub fn registry_time() -> icpulse_model::Timestamp {
    static TIME: LazyLock<icpulse_model::Timestamp> = LazyLock::new(|| {
        let all = fixture("registry/registry.json");
        let reply = bytes(&all["recorded"]["certified_changes_since_0"]);
        let reply: CertifiedResponse =
            icpulse_canisters::wire::registry::decode(&reply).expect("a certified reply");
        icpulse_ic::certificate::claimed_time(&reply.certificate).expect("a time")
    });
    *TIME
}

/// Replies, trees, what versions changed, and records with their keys.
fn registry() -> Vec<Vec<u8>> {
    use icpulse_canisters::registry::page;
    use icpulse_model::network::{RootKey, SystemCanister};
    let key = RootKey(recorded_root_key());
    let registry = SystemCanister::Registry.id();
    let replies = registry_replies();
    let mut seeds: Vec<Vec<u8>> = replies.iter().map(|reply| [&[0][..], reply].concat()).collect();
    let main = fixture("registry/registry.json");
    seeds.push([&[1][..], &bytes(&main["main_network"]["hash_tree"])].concat());
    let whole = page::verify(&replies[0], &key, registry, registry_time(), Some(Version(0)));
    for (version, delta) in whole.expect("the recorded history is proven").deltas {
        seeds.push([&[2][..], &delta].concat());
        for mutation in page::decode(version, &delta).expect("it decodes").mutations {
            if let page::Content::Value(value) = mutation.content {
                seeds.push([&[3][..], &join(&[&mutation.key, &value])].concat());
            }
        }
    }
    seeds
}

/// Recorded answers to read_state, and the certificates in them and in other replies.
fn certificates() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let all = fixture("certificates/certificates.json");
    let all = all["certificates"].as_object().expect("certificates");
    let answers: Vec<Vec<u8>> = all.values().map(bytes).collect();
    // In CBOR: a tag, a map of one, the text "certificate", then bytes with a length of two bytes.
    let mut found: Vec<Vec<u8>> = answers.iter().map(|answer| answer[19..].to_vec()).collect();
    let rate: icpulse_canisters::wire::cmc::IcpXdrConversionRateCertifiedResponse =
        reply("get_icp_xdr_conversion_rate");
    found.extend([rate.certificate, rate.hash_tree]);
    let tip: ledger::TipOfChain = reply("tip_of_chain");
    found.extend(tip.certification.map(|bytes| bytes.to_vec()));
    (answers, found)
}

/// Root hashes of everything in the seeds that a root key signed.
pub fn trees() -> &'static BTreeSet<[u8; 32]> {
    static TREES: LazyLock<BTreeSet<[u8; 32]>> = LazyLock::new(|| {
        let (_, found) = certificates();
        found.iter().flat_map(|bytes| icpulse_ic::fuzzing::digests(bytes)).collect()
    });
    &TREES
}

/// Texts that have harmed terminals, readers and spreadsheets.
const HOSTILE: &[&str] = &[
    "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m",
    "\u{202e}txt.exe\u{2066}a\u{2069}",
    "a\u{200b}b\u{feff}c\u{ad}d\u{e0041}",
    "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "漢字 | 👩‍👩‍👧‍👦 🇨🇭 ﷽ 𒐫",
    "=HYPERLINK(\"http://a\")",
    "# h\n\n- [x] `code` **b** [l](http://a.b) ![i](javascript:1)\n\n|a|b|\n|-|-|\n|1|&#27;[2J|\n",
    "https://forum.dfinity.org/t/1",
    "<script>&#x202e;&#0;</script>",
    "\r\n\t\u{0}\u{7f}\u{85}\u{2028}\u{2029}",
];

const WORDS: &[&str] = &[
    "12.5",
    "1_000.00000001 ICP",
    "18446744073709551615",
    "0.000000001",
    "1,234",
    "2y",
    "3d 4h",
    "8.5 days",
    "rrkah-fqaaa-aaaaa-aaaaq-cai",
    "k2t6j-2nvnp-4zjm3-25dtz-6xhaa-c7boj-5gayf-oj3xs-i43lp-teztq-6ae-dfxgiyy.102",
    "5bcd23ba3cfa4dc4f2ea2c8a1bd1ab1d9c2a4c8e2b4d8aa6b9b5e8f8a3d2c1b0",
    "ctrl-shift-a",
    "g g",
    "<enter>",
    "#ff8800",
    "light-blue",
    "truecolor",
    "ed25519",
];

const QUERIES: &[&str] = &[
    "topic:governance status:open closes<2d",
    "!motion \"two words\" id>140,812",
    "! vote:due",
    "yes>62.5%",
    "stake>=100 state:dissolving",
    "memo:7 dir:in amount>1.5",
    "title:\"a \\\" b\" -x --y",
    "created>2026-01-01",
];

const CONFIG: &str = "default_network = \"mine\"\ntheme = \"ember\"\nrefresh_seconds = 7\n[network.mine]\nurl = \"http://127.0.0.1:4943\"\nroot_key = \"fetch\"\n[keys]\n\"proposal.vote\" = [\"v\", \"ctrl-v\"]\n";

/// Fills the corpus of a target. A target may run without, only less well.
pub fn write(target: &str) {
    let folder = home().join("corpus").join(target);
    if let Err(error) = fill(target, &folder) {
        eprintln!("no seeds in {}: {error}", folder.display());
    }
}

fn fill(target: &str, folder: &PathBuf) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (number, seed) in of(target).into_iter().enumerate() {
        let path = folder.join(format!("seed-{number:03}"));
        if !path.exists() {
            std::fs::write(path, seed)?;
        }
    }
    Ok(())
}

pub fn of(target: &str) -> Vec<Vec<u8>> {
    let texts = |texts: &[&str]| texts.iter().map(|t| t.as_bytes().to_vec()).collect::<Vec<_>>();
    let behind = |byte: u8, seed: &[u8]| [&[byte], seed].concat();
    match target {
        "words" => texts(WORDS),
        "query" => texts(QUERIES),
        "markdown" => HOSTILE.iter().map(|t| behind(40, t.as_bytes())).collect(),
        "config" => vec![CONFIG.into(), icpulse::config::write_template().into()],
        "theme" => icpulse::tui::theme::BUILTIN.iter().map(|(_, text)| text.as_bytes().to_vec()).collect(),
        "keys" => keys(),
        "cache" => cache(),
        "reply" => replies(),
        "untyped" => recordings().into_iter().map(|(_, bytes)| behind(0, &bytes)).collect(),
        "block" => reply::<ledger::QueryEncodedBlocksResponse>("query_encoded_blocks")
            .blocks
            .into_iter()
            .map(|block| block.into_vec())
            .collect(),
        "payload" => payloads(),
        "registry" => registry(),
        "certificate" => {
            let (_, found) = certificates();
            (0..8).flat_map(|c| found.iter().map(move |seed| behind(c, seed))).collect()
        }
        "http" => {
            let (answers, _) = certificates();
            let date = b"Sun, 22 Nov 2026 13:59:00 GMT\n";
            let expiry =
                b"Invalid request expiry: Minimum allowed expiry: 2026-11-22 14:00:00.5 UTC, maximum";
            let mut seeds: Vec<_> = answers.iter().map(|a| behind(2, &[&date[..], a].concat())).collect();
            seeds.push(behind(8, &[&date[..], expiry].concat()));
            seeds
        }
        "live" => {
            let id = reader().to_text();
            let nodes = format!(
                r#"{{"nodes":[{{"node_id":"{id}","status":"DEGRADED","alertname":"IC_Slow","guestos_version":"a1"}}]}}"#
            );
            let names = format!(
                r#"{{"node_providers":[{{"principal_id":"{id}","display_name":"One","website":"https://a.b"}}]}}"#
            );
            // The replica's own test vector.
            let metrics =
                hex::decode("a40005011a0050000002a2001b0000003a3529440001000319 1068".replace(' ', ""));
            vec![
                behind(0, &metrics.expect("hexadecimal")),
                behind(1, nodes.as_bytes()),
                behind(1, names.as_bytes()),
            ]
        }
        "print" | "screen" => {
            let all: Vec<&[u8]> = HOSTILE.iter().map(|t| t.as_bytes()).collect();
            let mut seeds = vec![join(&all)];
            seeds.extend(all.iter().map(|one| join(&[one])));
            if target == "screen" {
                let places = [0, 16, 32, 48];
                seeds = places.iter().flat_map(|p| seeds.iter().map(move |seed| behind(*p, seed))).collect();
            }
            seeds
        }
        other => panic!("there are no seeds for {other}"),
    }
}

fn replies() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (method, bytes) in recordings() {
        let kind = wire::KINDS.iter().position(|(methods, _)| methods.contains(&method.as_str()));
        let kind = kind.unwrap_or_else(|| panic!("no kind for {method}"));
        seeds.push([&[u8::try_from(kind).expect("few")], bytes.as_slice()].concat());
    }
    seeds
}

fn payloads() -> Vec<Vec<u8>> {
    let page: g::ListProposalInfoResponse = reply("list_proposals");
    let mut seeds: Vec<Vec<u8>> = page
        .proposal_info
        .into_iter()
        .filter_map(|info| match info.proposal?.action? {
            g::Action::ExecuteNnsFunction(f) => {
                Some([&[f.nns_function as u8], f.payload.as_slice()].concat())
            }
            _ => None,
        })
        .collect();
    seeds.extend(
        (1..60)
            .step_by(7)
            .map(|f| [&[f], &b"DIDL\x01\x6c\x01\xdb\xb7\x01\x78\x01\x00\x07\0\0\0\0\0\0\0"[..]].concat()),
    );
    seeds.push([&[39], &b"\x0a\x03abc\x12\x02de"[..]].concat());
    seeds
}

/// A keystore of one's own with a key of every kind, made anew each time.
fn keys() -> Vec<Vec<u8>> {
    let folder = std::env::temp_dir().join(format!("icpulse-fuzz-{}", std::process::id()));
    let mut seeds = Vec::new();
    let pass = "correct horse";
    if let Ok(wallet) = Wallet::open(&folder) {
        let mut wallet = wallet.with_cost(Cost::new(4));
        for algorithm in Algorithm::ALL {
            let name = algorithm.name();
            if wallet.new_identity(name, algorithm, pass, crate::NOW).is_ok() {
                seeds.extend(std::fs::read(folder.join("identities").join(format!("{name}.pem"))).ok());
                let plain = wallet.export(name, Some(pass), &ExportForm::Plaintext);
                seeds.extend(plain.ok().map(|pem| pem.as_bytes().to_vec()));
            }
        }
        seeds.extend(std::fs::read(folder.join("identities.toml")).ok());
    }
    let _ = std::fs::remove_dir_all(&folder);
    assert!(seeds.len() >= 7, "keys could not be made for seeds");
    seeds
}

fn cache() -> Vec<Vec<u8>> {
    let page: g::ListProposalInfoResponse = reply("list_proposals");
    let rows: Vec<_> = page
        .proposal_info
        .iter()
        .filter_map(|info| decode::proposals::decode_proposal(info, evidence()))
        .collect();
    let bodies =
        page.proposal_info.iter().filter_map(|info| decode::proposals::decode_body(info, None, evidence()));
    let neurons: g::ListNeuronsResponse = reply("list_neurons");
    let neurons: Vec<_> = neurons
        .full_neurons
        .iter()
        .filter_map(|full| decode::neurons::decode_neuron(Some(full), None, None, reader(), evidence()))
        .collect();
    let blocks: ledger::QueryBlocksResponse = reply("query_blocks");
    let transactions: Vec<_> = blocks
        .blocks
        .iter()
        .zip(0..)
        .map(|(block, at)| decode::ledger::decode_block(crate::files::token().ledger, at, block, evidence()))
        .collect();
    let mut found: Vec<(Table, u64, Vec<u8>)> = Vec::new();
    let mut block = Vec::new();
    for row in &rows {
        let bytes = stored(row);
        block.extend(u32::try_from(bytes.len()).expect("short").to_le_bytes());
        block.extend(&bytes);
        found.push((Table::Single, row.id.number, bytes));
    }
    found.push((Table::Block, 0, block.clone()));
    found.push((Table::Page, 1, block));
    let ranges: Ranges = rows.iter().map(|row| row.id.number).collect();
    found.push((Table::Position, 0, stored(&(&ranges, &ranges))));
    found.extend(bodies.map(|body| (Table::Body, body.id.number, stored(&(body, true)))));
    let ballot = Ballot { neuron: NeuronKey::nns(7), vote: Vote::Yes, voting_power: VotingPower(3) };
    found.push((Table::Ballots, 6, stored(&vec![ballot])));
    found.push((Table::NeuronsHead, 0, stored(&neurons.iter().map(|n| n.id).collect::<Vec<_>>())));
    found.extend(
        neurons
            .iter()
            .map(|neuron| (Table::Neuron, neuron.id.nns_number().unwrap_or_default() & 0xff, stored(neuron))),
    );
    found.extend(transactions.iter().map(|t| (Table::Transaction, t.block, stored(t))));
    found.push((Table::TransactionsPosition, 0, stored(&ranges)));
    let state =
        AccountState { transactions, ..AccountState::new(crate::files::token(), account(), 1, evidence()) };
    found.push((Table::Account, 0, stored(&state)));
    let mut seeds: Vec<Vec<u8>> = found.iter().map(entry).collect();
    seeds.push(seeds.concat());
    seeds
}

fn stored(value: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("the model can be stored")
}

/// An entry as [`crate::files::cache`] reads it.
fn entry((table, number, bytes): &(Table, u64, Vec<u8>)) -> Vec<u8> {
    let place = TABLES.iter().position(|t| format!("{t:?}") == format!("{table:?}")).expect("a table");
    let mut out = vec![u8::try_from(place).expect("few"), (number & 0xff) as u8];
    out.extend(u16::try_from(bytes.len()).expect("short").to_le_bytes());
    out.extend(bytes);
    out
}

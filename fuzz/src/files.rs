//! What is read from the user's disk: settings, themes, keys, the cache.

use crate::{check, choose, reader};
use icpulse::cli::json;
use icpulse::config;
use icpulse::datasets::{TRANSACTIONS, export};
use icpulse::tui::command::Keymap;
use icpulse::tui::theme::{ColorDepth, Role, Theme};
use icpulse_model::dataset::Context;
use icpulse_model::network::SystemCanister;
use icpulse_model::{Account, LedgerId, ProposalKey, Token};
use icpulse_store::cache::fuzzing::{self as store, Table};
use icpulse_wallet::{self, fuzzing as keys};
use std::sync::LazyLock;

pub fn token() -> Token {
    Token::icp(LedgerId(SystemCanister::IcpLedger.id()))
}

pub fn account() -> Account {
    Account::default_of(reader())
}

/// The configuration, its networks and its keys.
pub fn configuration(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match config::parse_config(text, "file") {
        Ok(parsed) => {
            for name in parsed.network.keys().map(String::as_str).chain(["ic", "demo", text]) {
                let _ = config::resolve_profile(&parsed, name, None);
            }
            let _ = config::resolve_profile(&parsed, "http://127.0.0.1:1", Some(text));
            let _ = Keymap::with_overrides(&parsed.keys);
        }
        Err(error) => drop(error.to_string()),
    }
}

/// A theme at every depth of colour.
pub fn theme(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Theme::from_text("fuzz", text) {
        Ok(theme) => {
            let _ =
                (theme.contrast_below(4.5), theme.warnings().len(), theme.base_style(), theme.layer_style());
            for depth in ["none", "16", "256", "truecolor"] {
                if let Some(depth) = ColorDepth::parse_depth(depth) {
                    let theme = theme.clone().at_depth(depth);
                    let _ = Role::ALL.iter().map(|role| theme.style_for(*role)).count();
                }
            }
        }
        Err(error) => drop(error.to_string()),
    }
}

/// Key files of every form, the keystore's index, and what stands above a key.
pub fn key(data: &[u8]) {
    let _ = icpulse_wallet::inspect(data);
    match keys::open(data, "correct horse") {
        Some(Ok(signer)) => {
            assert!(signer.sign_bytes(b"message").is_ok());
            assert!(!format!("{signer:?}").contains("PRIVATE"));
        }
        Some(Err(error)) => check::neutral(&error.to_string()),
        None => {}
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = keys::has_preamble(text);
        match keys::index(text) {
            Ok(entries) => entries.iter().for_each(|entry| check::neutral(&entry.name)),
            Err(error) => drop(error.to_string()),
        }
    }
}

/// Tables of the cache. Seeds name a table by its place.
pub static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    use Table as T;
    let mut all = vec![T::Block, T::Page, T::Single, T::Position, T::History, T::Body];
    all.extend([T::Ballots, T::NeuronsHead, T::Neuron, T::Account, T::Transaction, T::TransactionsPosition]);
    let facts =
        ["economics", "metrics", "reward_event", "icp_xdr", "modulation", "known_neurons", "latest_proposal"];
    all.extend(facts.map(T::Fact));
    all.extend([T::RegistryPage, T::RegistryIndex, T::Topology, T::Events]);
    all
});

/// A cache with entries of the given bytes is opened and read as on every start. Entries are a
/// byte for the table (the highest bit: not under a right header), one for the number, two for the
/// length, the bytes.
pub fn cache(data: &[u8]) {
    let (cache, reader) = (store::cache(), reader());
    let mut rest = data;
    let mut numbers = Vec::new();
    while let Some(([table, number, low, high], after)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(after.len());
        let (bytes, after) = after.split_at(length);
        rest = after;
        let at = TABLES[usize::from(table & 0x7f) % TABLES.len()];
        let number = u64::from(*number);
        numbers.push(number);
        store::put(&cache, &reader, at, number, bytes, table & 0x80 == 0).expect("memory takes everything");
    }
    let loaded = icpulse_engine::sync::load_whole(&cache, &reader).expect("what does not decode is left out");
    loaded.notes.iter().for_each(|note| check::neutral(note.as_str()));
    for proposal in loaded.world.proposals.iter() {
        check::neutral_all(proposal.as_ref());
        let _ = json::proposal(proposal, crate::NOW);
    }
    loaded.world.neurons.iter().for_each(|neuron| check::neutral_all(neuron.as_ref()));
    for state in loaded.world.accounts.iter() {
        check::neutral_all(state);
        let of = state.account.identifier();
        let cells = Context {
            now: crate::NOW,
            account: Some(of),
            tokens: std::sync::Arc::new(vec![state.token.clone()]),
            ..Context::default()
        };
        state.transactions.iter().for_each(|t| drop(export::object(&TRANSACTIONS, t, &cells)));
    }
    let _ = json::facts(&loaded.world.facts, crate::NOW);
    for known in loaded.world.facts.known_neurons.iter().flat_map(|known| &known.value) {
        check::neutral_all(known);
    }
    for number in numbers {
        if let Ok(Some((body, _))) = cache.body(ProposalKey::nns(number)) {
            check::neutral_all(&body);
        }
    }
    for transaction in
        cache.transactions(&(token().ledger, account()), None, 100).expect("memory can be read")
    {
        check::neutral_all(&transaction);
    }
    let names = |_: &icpulse_model::Principal| None;
    for event in loaded.world.events.iter() {
        check::neutral(&event.to_sentence(&names));
    }
    let _ = loaded.world.topology.keys();
    let visit = |_: icpulse_model::registry::Delta| std::ops::ControlFlow::Continue(());
    cache.replay_registry(icpulse_model::registry::Version(0), visit).expect("memory can be read");
    let _ = cache.compact();
    let (_, rest) = choose(data);
    if let Ok(execution) = icpulse_store::journal::fuzzing::document(rest) {
        check::neutral(execution.title.as_str());
        let _ = json::execution(&execution);
    }
    cache.take_notes().iter().for_each(|note| check::neutral(note.as_str()));
    // What was compacted still opens.
    assert!(icpulse_engine::sync::load_whole(&cache, &reader).is_ok());
}

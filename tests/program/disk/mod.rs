//! The real program on disks that are full, read-only, unusable, damaged, newer, or in use by
//! another one: it says what is wrong and what to do, loses nothing, shows nothing false, and
//! sends nothing that it could not follow up.
#![cfg(unix)]

mod damage;
mod full;
use crate::home;
mod mounted;
mod output;
use crate::pty;
mod removed;
mod special;
mod two;
mod unusable;

use home::{Home, Table, list};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Output;

/// The balance of the network's user, asked from a home of its own.
fn balance(table: &Table) -> u64 {
    let shown = table.json(&Home::new(), &["account", "balance", "--json"]);
    shown["balance_e8s"].as_str().unwrap().parse().unwrap()
}

/// How many neurons the network's user has.
fn neurons(table: &Table) -> usize {
    list(&table.json(&Home::new(), &["neurons", "list", "--json"]), "neurons").len()
}

/// What the cache shows offline: of settled proposals all but when it was read, of others that
/// they are there.
/// The answer to a question that the cache has nothing for.
fn is_not_cached(output: &Output) -> bool {
    home::code(output) == 3 && home::complaint(output).contains("not in the cache")
}

fn offline(table: &Table, home: &Home) -> BTreeMap<u64, Option<Value>> {
    let args = ["proposals", "list", "--limit", "100000", "--offline", "--json"];
    rows(&table.run(home, &args))
}

/// No rows where the program says that the cache has none.
fn rows(output: &Output) -> BTreeMap<u64, Option<Value>> {
    if is_not_cached(output) {
        return BTreeMap::new();
    }
    let listed = home::json(output);
    let row = |p: &Value| {
        let mut bare = p.clone();
        let object = bare.as_object_mut().unwrap();
        object.remove("evidence");
        let ended = ["executed", "failed", "rejected"].iter().any(|s| p["status"] == *s);
        let settled = ended && p["reward_status"] == "settled";
        (p["id"].as_u64().unwrap(), settled.then_some(bare))
    };
    list(&listed, "proposals").iter().map(row).collect()
}

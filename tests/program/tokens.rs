//! Ledgers are rows of data: one more row, and its balance and transactions are listed, filtered and kept.

use crate::home::{Home, json, list};
use crate::serve::Served;
use serde_json::Value;

/// Two more ledgers for the demo network; the second one's symbol looks like a known one.
const ROWS: &str = r#"
[[tokens]]
name = "Demo Silver"
symbol = "DSLV"
decimals = 2
fee = 1
ledger = 0x200011
index = 0x200012
minter = 0x200013
transfers = 12
balances = [{ holder = "user", amount = 123_456 }, { holder = "friend", amount = 99_900 }]

[[tokens]]
name = "Internet Computer"
symbol = "1CP"
decimals = 8
fee = 10_000
ledger = 0x200021
index = 0x200022
minter = 0x200023
transfers = 3
balances = [{ holder = "friend", amount = 5_000_000 }, { holder = "user", amount = 7_000_000 }]
"#;

#[test]
fn a_row_of_data_is_a_ledger() {
    let home = Home::new();
    let rows = home.path().join("more.toml");
    std::fs::write(&rows, ROWS).unwrap();
    let served = Served::start(&["--tokens", rows.to_str().unwrap()]);
    let identity = served.identity_file(home.path());
    // The configuration names the ledgers that the network announces.
    let mut config =
        format!("[network.mine]\nurl = \"{}\"\nroot_key = \"{}\"\n", served.url(), served.root_key());
    let announced = served.described("ledgers").as_array().unwrap();
    assert_eq!(announced.len(), 3);
    for ledger in announced {
        let line = |key: &str| format!("{key} = {}\n", ledger[key]);
        config += &format!("[[network.mine.ledgers]]\n{}{}", line("ledger"), line("index"));
    }
    std::fs::create_dir_all(home.config()).unwrap();
    std::fs::write(home.config().join("config.toml"), config).unwrap();
    let run = |args: &[&str]| {
        let args = [&["--network", "mine", "--identity", &identity], args].concat();
        home.command(&args).output().unwrap()
    };

    let shown = json(&run(&["account", "balance", "--json"]));
    let balances = list(&shown, "balances");
    let symbols: Vec<_> = balances.iter().map(|b| b["token"].as_str().unwrap()).collect();
    assert_eq!(symbols, ["ICP", "DGLD", "DSLV", "1CP"]);
    assert_eq!(balances[0]["balance_units"], shown["balance_e8s"]);
    let silver = &balances[2];
    assert_eq!((&silver["decimals"], &silver["name"]), (&2.into(), &"Demo Silver".into()));
    assert_eq!(silver["ledger"], announced[1]["ledger"]);
    assert!(list(silver, "standards").contains(&"ICRC-1".into()), "{silver}");
    assert_eq!((&silver["imitates"], &balances[3]["imitates"]), (&Value::Null, &"ICP".into()));
    assert!(list(&shown, "failed").is_empty());

    let text = run(&["account", "balance"]);
    let text = String::from_utf8(text.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let units = silver["balance_units"].as_str().unwrap();
    let (whole, cents) = units.split_at(units.len() - 2);
    assert!(
        lines[0].ends_with(" ICP") && lines[2].replace(',', "") == format!("{whole}.{cents} DSLV"),
        "{text}"
    );
    assert!(lines[3].ends_with("1CP (not ICP)"), "{text}");

    let transactions = |args: &[&str]| json(&run(&[&["account", "transactions", "--json"], args].concat()));
    let rows = |value: &Value| list(value, "transactions").to_vec();
    let all = rows(&transactions(&["--limit", "100000"]));
    let times: Vec<_> = all.iter().map(|row| row["time"].as_str().unwrap().to_owned()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "newest first over all ledgers");
    for symbol in ["ICP", "DGLD", "DSLV"] {
        let of_token = |row: &&Value| row["token"] == symbol;
        let expected: Vec<_> = all.iter().filter(of_token).cloned().collect();
        assert!(!expected.is_empty(), "{symbol}");
        let by_filter = rows(&transactions(&["--limit", "100000", "--filter", &format!("token:{symbol}")]));
        let by_token = rows(&transactions(&["--limit", "100000", "--token", symbol]));
        let blocks = |rows: &[Value]| rows.iter().map(|row| row["block"].clone()).collect::<Vec<_>>();
        assert_eq!(blocks(&by_filter), blocks(&expected), "{symbol}");
        assert_eq!(blocks(&by_token).len(), expected.len(), "{symbol}");
        for row in &expected {
            assert_eq!(row["amount_e8s"].is_null(), symbol != "ICP", "{row}");
            assert!(row["amount_units"].is_string(), "{row}");
        }
    }
    let received = rows(&transactions(&["--filter", "token:DSLV direction:in amount>=1", "-l", "3"]));
    assert!(!received.is_empty() && received.len() <= 3);
    for row in &received {
        assert_eq!(
            (&row["decimals"], &row["direction"], &row["ledger"]),
            (&2.into(), &"in".into(), &silver["ledger"])
        );
        assert!(row["amount_units"].as_str().unwrap().parse::<u64>().unwrap() >= 100, "{row}");
    }

    // A ledger is named by its canister, too; a token that is not there is wrong usage.
    let ledger = silver["ledger"].as_str().unwrap();
    let one = json(&run(&["account", "balance", "--json", "--token", ledger]));
    assert_eq!((list(&one, "balances").len(), &one["balance_e8s"]), (1, &Value::Null));
    let wrong = run(&["account", "balance", "--token", "GOLD"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", String::from_utf8_lossy(&wrong.stderr));
    // The ICP ledger's own form of an account names none of another ledger.
    let identifier = shown["account"].as_str().unwrap();
    assert_eq!(list(&json(&run(&["account", "balance", "--json", identifier])), "balances").len(), 1);

    // All of it is kept.
    assert!(run(&["sync"]).status.success());
    let kept = json(&run(&["account", "balance", "--json", "--offline"]));
    let kept: Vec<_> = list(&kept, "balances").iter().map(|b| (&b["token"], &b["balance_units"])).collect();
    assert_eq!(kept, balances.iter().map(|b| (&b["token"], &b["balance_units"])).collect::<Vec<_>>());
    let kept = rows(&transactions(&["--offline", "--filter", "token:DSLV", "-l", "100000"]));
    assert!(!kept.is_empty() && kept.iter().all(|row| row["token"] == "DSLV"));
}

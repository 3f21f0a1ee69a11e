//! The same without a screen: results, forms, exit codes.

use crate::home::Home;
use crate::serve::Served;
use serde_json::Value;
use std::cell::OnceCell;
use std::path::Path;
use std::process::{Command, Output};

/// A user's folders, and a network of their own from the first time it is needed.
struct User(Home, OnceCell<Served>);

impl User {
    fn new() -> Self {
        Self(Home::new(), OnceCell::new())
    }

    fn served(&self) -> &Served {
        self.1.get_or_init(|| Served::start(&[]))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        self.0.command(args)
    }

    /// Runs without a network.
    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs against the served network as its user.
    fn act(&self, args: &[&str]) -> Output {
        let pem = self.served().identity_file(self.path());
        self.command(args)
            .env("ICPULSE_NETWORK", self.served().url())
            .env("ICPULSE_ROOT_KEY", self.served().root_key())
            .env("ICPULSE_IDENTITY", pem)
            .output()
            .unwrap()
    }
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn json(output: &Output) -> Value {
    assert_eq!(code(output), 0, "{}", complaint(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn proposals_as_json_csv_and_text_agree() {
    let home = User::new();
    let listed = json(&home.act(&["proposals", "list", "--limit", "7", "--json"]));
    let rows = listed["proposals"].as_array().unwrap();
    assert_eq!(rows.len(), 7);
    let ids: Vec<u64> = rows.iter().map(|r| r["id"].as_u64().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a > b), "newest first: {ids:?}");
    for row in rows {
        assert_eq!(row["evidence"]["proof"], "signed");
        assert!(
            row["yes_voting_power"].is_string() || row["yes_voting_power"].is_null(),
            "voting power is text, so that no digit is lost"
        );
    }
    let csv = text(&home.act(&["proposals", "list", "--limit", "7", "--csv"]));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let csv_ids: Vec<u64> = reader.records().map(|r| r.unwrap()[0].parse().unwrap()).collect();
    assert_eq!(csv_ids, ids);
    let plain = text(&home.act(&["proposals", "list", "--limit", "7"]));
    for id in &ids {
        assert!(plain.contains(&id.to_string()), "{plain}");
    }
    assert!(!plain.contains('\u{1b}'), "no escape codes where there is no terminal");
}

#[test]
fn filters_reach_further_back_than_one_page() {
    let home = User::new();
    let listed = json(&home.act(&[
        "proposals",
        "list",
        "--filter",
        "topic:governance -status:open",
        "--limit",
        "30",
        "--json",
    ]));
    let rows = listed["proposals"].as_array().unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row["topic"], "governance");
        assert_ne!(row["status"], "open");
    }
    let lowest = rows.last().unwrap()["id"].as_u64().unwrap();
    let newest = json(&home.act(&["proposals", "list", "--limit", "1", "--json"]))["proposals"][0]["id"]
        .as_u64()
        .unwrap();
    assert!(newest - lowest > 100, "matches beyond the first page of the canister: {lowest} … {newest}");
}

#[test]
fn a_dry_run_signs_nothing_and_a_vote_is_certified() {
    let home = User::new();
    let votable = json(&home.act(&["proposals", "list", "--votable", "--json"]));
    let row = votable["proposals"].as_array().unwrap().last().unwrap().clone();
    let id = row["id"].as_u64().unwrap().to_string();
    let neuron = row["votable_neurons"][0].as_str().unwrap().to_owned();

    let review = json(&home.act(&[
        "proposals",
        "vote",
        &id,
        "--vote",
        "yes",
        "--neuron",
        &neuron,
        "--dry-run",
        "--json",
    ]));
    assert_eq!(review["calls"][0]["canister"], "rrkah-fqaaa-aaaaa-aaaaq-cai");
    assert_eq!(review["calls"][0]["argument_sha256"].as_str().unwrap().len(), 64);
    let ballot = |shown: &Value| {
        let ballots = shown["ballots"].as_array().unwrap().clone();
        ballots.into_iter().find(|b| b["neuron"] == neuron.as_str()).unwrap()["vote"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(ballot(&json(&home.act(&["proposals", "show", &id, "--json"]))), "unspecified");

    let unconfirmed = home.act(&["proposals", "vote", &id, "--vote", "yes", "--neuron", &neuron]);
    assert_eq!(code(&unconfirmed), 5, "{}", complaint(&unconfirmed));
    assert_eq!(ballot(&json(&home.act(&["proposals", "show", &id, "--json"]))), "unspecified");

    let voted =
        json(&home.act(&["proposals", "vote", &id, "--vote", "yes", "--neuron", &neuron, "--yes", "--json"]));
    assert_eq!(voted["steps"][0]["state"], "done");
    assert!(voted["steps"][0]["certified_at"].is_string());
    assert_eq!(ballot(&json(&home.act(&["proposals", "show", &id, "--json"]))), "yes");
}

#[test]
fn staking_makes_one_neuron_and_takes_amount_and_fee() {
    let home = User::new();
    let balance = || {
        json(&home.act(&["account", "balance", "--json"]))["balance_e8s"]
            .as_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    let neurons = || {
        let listed = json(&home.act(&["neurons", "list", "--json"]));
        let ids = listed["neurons"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap().to_owned());
        ids.collect::<std::collections::BTreeSet<_>>()
    };
    let (paid_from, before) = (balance(), neurons());
    let staked =
        json(&home.act(&["neurons", "stake", "2.5", "--delay", "1y", "--auto-stake", "--yes", "--json"]));
    let created = staked["created_neuron"].as_str().unwrap().to_owned();
    let after = neurons();
    assert_eq!(after.difference(&before).collect::<Vec<_>>(), [&created]);
    assert_eq!(paid_from - balance(), 250_010_000, "2.5 ICP and the fee of 0.0001");
    let shown = json(&home.act(&["neurons", "show", &created, "--json"]));
    assert_eq!(shown["stake_e8s"], "250000000");
    assert_eq!(shown["auto_stake_maturity"], true);
    assert_eq!(shown["dissolve_delay_seconds"], 31_557_600);
    let journal = json(&home.act(&["journal", "list", "--json"]));
    assert_eq!(journal["actions"][0]["created_neuron"], created.as_str());
    let transactions = json(&home.act(&["account", "transactions", "--limit", "3", "--json"]));
    assert_eq!(transactions["transactions"][0]["amount_e8s"], "250000000");
}

#[test]
fn what_the_network_refuses_ends_with_4() {
    let home = User::new();
    let much = home.act(&["neurons", "stake", "999999", "--yes"]);
    assert_eq!(code(&much), 4, "{}", complaint(&much));
    assert!(complaint(&much).contains("ICP"), "{}", complaint(&much));
    let none = home.act(&["proposals", "show", "99999999"]);
    assert_eq!(code(&none), 4, "{}", complaint(&none));
}

#[test]
fn a_dry_run_of_what_is_blocked_is_refused_with_all_reasons() {
    let home = User::new();
    let refused = |args: &[&str], reasons: &[&str]| {
        let output = home.act(args);
        assert_eq!(code(&output), 4, "{args:?}: {}", complaint(&output));
        for reason in reasons {
            assert!(complaint(&output).contains(reason), "{args:?}: {reason}: {}", complaint(&output));
        }
        output
    };
    let much = refused(
        &["neurons", "stake", "999999", "--delay", "731d", "--dry-run"],
        &["the account holds", "the longest dissolve delay is 2 y; this is 731 d"],
    );
    assert!(text(&much).contains("Stake 999,999.00 ICP for 731 d"), "the review is shown: {}", text(&much));
    refused(
        &["neurons", "stake", "1", "--follow", "governance=12345", "--dry-run"],
        &["neuron 12345 cannot be followed: it does not exist"],
    );
    let open = json(&home.act(&["proposals", "list", "--votable", "--limit", "1", "--json"]));
    let id = open["proposals"][0]["id"].to_string();
    let known = json(&home.act(&["neurons", "known", "--limit", "1", "--json"]));
    let other = known["known_neurons"][0]["id"].as_str().unwrap().to_owned();
    let vote = |neuron: &str, reason: &str| {
        refused(&["proposals", "vote", &id, "--vote", "yes", "--neuron", neuron, "--dry-run"], &[reason])
    };
    vote("12345", "neuron 12345 does not exist");
    vote(&other, &format!("neither controller nor hotkey of neuron {other}"));
    // What can be done is not refused; the delay is the same as in the form.
    let usual = home.act(&["neurons", "stake", "2", "--dry-run"]);
    assert_eq!(code(&usual), 0, "{}", complaint(&usual));
    assert!(text(&usual).contains("for 6 mo"), "{}", text(&usual));
}

#[test]
fn a_key_file_that_is_not_in_the_list_is_shown() {
    let home = User::new();
    let pem = home.served().identity_file(home.path());
    let shown = home.run(&["identity", "show", &pem]);
    assert_eq!(code(&shown), 0, "{}", complaint(&shown));
    let principal = json(&home.act(&["neurons", "list", "--json"]))["principal"].as_str().unwrap().to_owned();
    assert!(text(&shown).contains(&principal), "{}", text(&shown));
}

#[test]
fn of_others_neurons_what_only_their_owners_read_is_unknown() {
    let home = User::new();
    let own = json(&home.act(&["neurons", "list", "--json"]));
    let own: Vec<&str> =
        own["neurons"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap()).collect();
    let all = home.act(&["neurons", "all", "--json", "--limit", "40", "--filter", "visibility:private"]);
    assert_eq!(code(&all), 0, "{}", complaint(&all));
    let rows: Vec<Value> = text(&all).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let other = rows.iter().find(|n| !own.contains(&n["id"].as_str().unwrap())).unwrap();
    let id = other["id"].as_str().unwrap();
    let shown = json(&home.act(&["neurons", "show", id, "--json"]));
    for key in [
        "maturity_e8s",
        "staked_maturity_e8s",
        "fees_e8s",
        "cached_stake_e8s",
        "auto_stake_maturity",
        "followees",
        "hot_keys",
        "controller",
        "recent_ballots",
    ] {
        assert!(shown[key].is_null() && other[key].is_null(), "{key}: {} {}", shown[key], other[key]);
    }
    let words = text(&home.act(&["neurons", "show", id]));
    for label in ["maturity", "staked maturity", "auto stake maturity", "followees"] {
        let line = words.lines().find(|line| line.starts_with(&format!("{label:<26}")));
        assert!(line.is_some_and(|line| line.ends_with(" –")), "{label}: {words}");
    }
    let found = home.act(&["neurons", "all", "--csv", "--limit", "3", "--filter", "maturity<1"]);
    assert_eq!(text(&found).lines().count(), 1, "nothing but the headings: {}", text(&found));
    // The text has a line for every value of the JSON.
    let own_words = text(&home.act(&["neurons", "show", own[0]]));
    let own_shown = json(&home.act(&["neurons", "show", own[0], "--json"]));
    for key in own_shown.as_object().unwrap().keys() {
        let label = ["_e8s", "_seconds"].iter().fold(key.as_str(), |key, unit| key.trim_end_matches(unit));
        let label = label.replace('_', " ");
        assert!(own_words.lines().any(|line| line.starts_with(&label)), "{label}: {own_words}");
    }
}

#[test]
fn neurons_and_accounts_are_named_on_their_network() {
    let user = User::new();
    let neurons = json(&user.act(&["neurons", "list", "--json"]));
    let id = neurons["neurons"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(code(&user.act(&["names", "set", "neuron", &id, "Cold wallet"])), 0);
    let list = user.act(&["neurons", "list", "--filter", "name:cold", "--json"]);
    assert_eq!(json(&list)["neurons"][0]["id"], id.as_str());
    assert!(text(&user.act(&["names", "list"])).contains("Cold wallet"));
    let rows = json(&user.act(&["account", "transactions", "--json"]));
    let find = |key: &str| {
        rows["transactions"].as_array().unwrap().iter().find_map(|t| t[key].as_str().map(str::to_owned))
    };
    let other = find("with").unwrap();
    assert_eq!(code(&user.act(&["names", "set", "account", &other, "Exchange"])), 0);
    let named = json(&user.act(&["account", "transactions", "--filter", "exchange", "--json"]));
    assert_eq!(named["transactions"][0]["with"], other.as_str());
    assert_eq!(code(&user.act(&["names", "remove", "account", &other])), 0);
    let again = user.act(&["names", "remove", "account", &other]);
    assert!(code(&again) == 2 && complaint(&again).contains("has no name on"), "{}", complaint(&again));
    assert_eq!(code(&user.act(&["names", "set", "neuron", "x", "y"])), 2);
    // Another network has names of its own.
    let elsewhere = user.run(&["--network", "demo", "names", "list", "--json"]);
    assert_eq!(json(&elsewhere)["names"].as_array().unwrap().len(), 0);
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_to_do() {
    let home = User::new();
    for (args, hint) in [
        (vec!["proposals", "list", "--topic", "nonsense"], "available: "),
        (vec!["proposals", "list", "--filter", "time_left<"], "filter"),
        (vec!["neurons", "stake", "1.123456789"], "8 digits"),
        (vec!["neurons", "stake", "ten"], "decimal"),
        (vec!["neurons", "stake", "12'5"], "decimal"),
        (vec!["--network", "nowhere", "overview"], "available: "),
        (vec!["--network", "http://192.0.2.1", "overview"], "https"),
        (vec!["account", "balance", "not-an-account", "--network", "demo"], "principal"),
        (
            vec!["account", "balance", &"a".repeat(63), "--network", "demo"],
            "64 hexadecimal digits; this has 63",
        ),
        (vec!["account", "balance", &format!("0x{}", "a".repeat(64)), "--network", "demo"], "checksum"),
        (vec!["identity", "show", "nobody"], "identity new"),
        (vec!["--config", "missing.toml", "overview"], "config template"),
    ] {
        let output = home.run(&args);
        assert_eq!(code(&output), 2, "{args:?}: {}", complaint(&output));
        assert!(complaint(&output).contains(hint), "{args:?}: {}", complaint(&output));
    }
}

#[test]
fn a_network_that_is_not_there_ends_with_3_and_one_with_another_key_too() {
    let home = User::new();
    // A port that was just free: nothing listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let absent = home.run(&["--network", &url, "--root-key", home.served().root_key(), "proposals", "list"]);
    assert_eq!(code(&absent), 3, "{}", complaint(&absent));
    let other = Served::start(&["--seed", "2"]);
    assert_ne!(other.root_key(), home.served().root_key());
    let wrong =
        home.run(&["--network", home.served().url(), "--root-key", other.root_key(), "proposals", "list"]);
    assert_eq!(code(&wrong), 3, "{}", complaint(&wrong));
    assert!(text(&wrong).is_empty(), "nothing unproven is printed: {}", text(&wrong));
}

#[test]
fn offline_shows_what_the_cache_knows() {
    let home = User::new();
    let synced = json(&home.act(&["sync", "--json"]));
    let online =
        json(&home.act(&["proposals", "list", "--limit", "20", "--filter", "-status:open", "--json"]));
    let offline = json(&home.act(&[
        "proposals",
        "list",
        "--limit",
        "20",
        "--filter",
        "-status:open",
        "--json",
        "--offline",
    ]));
    assert!(synced["proposal_count"].as_u64().unwrap() > 500, "{synced}");
    let aged = home.act(&["proposals", "list", "--offline"]);
    assert!(complaint(&aged).contains("offline: read "), "{}", complaint(&aged));
    let ids = |v: &Value| {
        v["proposals"].as_array().unwrap().iter().map(|p| p["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let known = ids(&offline);
    assert!(ids(&online).iter().filter(|id| known.contains(id)).count() > 15);
    let neurons = json(&home.act(&["neurons", "list", "--json", "--offline"]));
    assert!(neurons["neurons"].as_array().unwrap().len() > 5);
}

#[test]
fn offline_an_empty_cache_is_no_answer() {
    let home = User::new();
    for args in [
        vec!["neurons", "list"],
        vec!["neurons", "known"],
        vec!["neurons", "show", "27"],
        vec!["account", "balance"],
        vec!["account", "transactions"],
        vec!["proposals", "list"],
        vec!["proposals", "list", "--votable"],
        vec!["proposals", "show", "1"],
        vec!["subnets"],
    ] {
        let output = home.act(&[args.as_slice(), &["--offline"]].concat());
        assert_eq!(code(&output), 3, "{args:?}: {}", complaint(&output));
        assert!(complaint(&output).contains("not in the cache"), "{args:?}: {}", complaint(&output));
        assert!(text(&output).is_empty(), "{args:?}: {}", text(&output));
    }
}

#[test]
fn rules_of_alerts_are_a_list_and_an_action_has_a_row() {
    let home = User::new();
    let rules = json(&home.run(&["alerts", "rules", "--json", "--filter", "rule:node_down"]));
    assert_eq!(rules["alert_rules"][0]["rule"], "node_down", "{rules}");
    let staked = json(&home.act(&["neurons", "stake", "1.5", "--delay", "1y", "--yes", "--json"]));
    let rows = text(&home.act(&["journal", "list"]));
    assert_eq!(rows.lines().count(), 2, "a heading and a row: {rows}");
    let id = staked["plan"].as_str().unwrap();
    let shown = text(&home.act(&["journal", "show", &id[..8]]));
    assert!(shown.contains("certified"), "its steps with their outcome: {shown}");
}

#[test]
fn identities_are_made_listed_used_exported_and_put_away() {
    let home = User::new();
    let secret = home.path().join("passphrase");
    std::fs::write(&secret, "correct horse battery\n").unwrap();
    let with = |args: &[&str]| home.command(args).env("ICPULSE_PASSPHRASE_FILE", &secret).output().unwrap();
    let made = with(&["identity", "new", "main", "--json"]);
    let principal = json(&made)["principal"].as_str().unwrap().to_owned();
    let file = home.path().join("config/icpulse/identities/main.pem");
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept.contains("ENCRYPTED PRIVATE KEY") && !kept.contains("BEGIN PRIVATE KEY"));
    assert_eq!(code(&with(&["identity", "use", "main"])), 0);
    let listed = json(&with(&["identity", "list", "--json"]));
    assert_eq!(listed["identities"][0]["principal"], principal.as_str());
    assert_eq!(listed["identities"][0]["default"], true);

    let exported = with(&["identity", "export", "main"]);
    let pem = home.path().join("exported.pem");
    std::fs::write(&pem, text(&exported)).unwrap();
    let again = with(&["identity", "import", "copy", pem.to_str().unwrap(), "--json"]);
    assert_eq!(json(&again)["principal"], principal.as_str());

    let unconfirmed = with(&["identity", "remove", "main"]);
    assert_eq!(code(&unconfirmed), 5);
    assert!(file.exists());
    assert_eq!(code(&with(&["identity", "remove", "main", "--yes"])), 0);
    assert!(!file.exists());
    assert!(home.path().join("config/icpulse/identities/removed").is_dir(), "keys are put away, not deleted");
}

#[test]
fn what_needs_no_network_works_anywhere() {
    let home = User::new();
    assert!(text(&home.run(&["theme", "list"])).lines().count() > 8);
    assert!(text(&home.run(&["config", "template"])).contains("default_network"));
    assert!(text(&home.run(&["config", "paths"])).contains("identities"));
    std::fs::create_dir_all(home.path().join("config/icpulse")).unwrap();
    let networks = "[network.testing]\nurl = \"http://127.0.0.1:9\"\nroot_key = \"fetch\"\n";
    std::fs::write(home.path().join("config/icpulse/config.toml"), networks).unwrap();
    let completions = text(&home.run(&["completions", "bash"]));
    for name in ["ic demo local testing", "anonymous", "icpulse-dark"] {
        assert!(completions.contains(name), "{name}");
    }
    assert!(text(&home.run(&["man"])).contains(".TH"));
    assert!(text(&home.run(&["--help"])).contains("Exit codes"));
    assert_eq!(code(&home.run(&["--version"])), 0);
    let template = home.path().join("own.toml");
    std::fs::write(&template, text(&home.run(&["theme", "template"]))).unwrap();
    assert_eq!(code(&home.run(&["theme", "check", template.to_str().unwrap()])), 0);
    std::fs::write(&template, "inherits = \"nothing-like-it\"\n").unwrap();
    assert_eq!(code(&home.run(&["theme", "check", template.to_str().unwrap()])), 2);
}

#[test]
fn flags_in_the_environment_are_read_as_people_write_them() {
    let home = User::new();
    for word in ["1", "yes", "on", "TRUE", "0", "no", "off", ""] {
        let output = home
            .command(&["theme", "list"])
            .env("ICPULSE_OFFLINE", word)
            .env("ICPULSE_ASCII", word)
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{word:?}: {}", complaint(&output));
    }
    let empty =
        ["ICPULSE_NETWORK", "ICPULSE_ROOT_KEY", "ICPULSE_IDENTITY", "ICPULSE_THEME", "ICPULSE_CONFIG"];
    let output =
        home.command(&["overview", "--network", "demo"]).envs(empty.map(|name| (name, ""))).output().unwrap();
    assert_eq!(code(&output), 0, "{}", complaint(&output));
    let offline = home.command(&["subnets"]).env("ICPULSE_OFFLINE", "on").output().unwrap();
    assert!(complaint(&offline).contains("--offline"), "{}", complaint(&offline));
}

#[test]
fn a_home_that_is_no_folder_is_an_empty_one() {
    let home = User::new();
    let mut command = home.command(&["--network", "demo", "overview"]);
    for name in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
        command.env_remove(name);
    }
    let output = command.env("HOME", "/dev/null").output().unwrap();
    assert_eq!(code(&output), 0, "{}", complaint(&output));
}

#[test]
fn an_identity_file_is_found_in_the_home_folder_and_needs_a_name_in_utf8() {
    let home = User::new();
    let pem = home.served().identity_file(home.path());
    std::fs::rename(pem, home.path().join("own.pem")).unwrap();
    let config = home.path().join("own.toml");
    std::fs::write(&config, "default_identity = \"~/own.pem\"\n").unwrap();
    let balance = home
        .command(&["account", "balance", "--json", "--config", config.to_str().unwrap()])
        .env("ICPULSE_NETWORK", home.served().url())
        .env("ICPULSE_ROOT_KEY", home.served().root_key())
        .output()
        .unwrap();
    assert!(json(&balance)["balance_e8s"].is_string());
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let odd = home.path().join(std::ffi::OsStr::from_bytes(b"odd-\xff.pem"));
        std::fs::rename(home.path().join("own.pem"), &odd).unwrap();
        let mut command = home.command(&["identity", "import", "odd", "--reference"]);
        let refused = command.arg(&odd).output().unwrap();
        assert_eq!(code(&refused), 1);
        assert!(complaint(&refused).contains("not UTF-8"), "{}", complaint(&refused));
        assert!(!complaint(&refused).contains("damaged"), "{}", complaint(&refused));
    }
}

#[test]
fn failures_are_objects_where_json_is_asked_for() {
    let home = User::new();
    for args in [
        vec!["account", "balance", "0123456789", "--json", "--network", "demo"],
        vec!["subnets", "--nonsense", "--json"],
    ] {
        let output = home.run(&args);
        assert_eq!(code(&output), 2, "{args:?}");
        let last = complaint(&output).lines().last().unwrap().to_owned();
        let object: Value = serde_json::from_str(&last).unwrap();
        assert_eq!((&object["error"]["kind"], &object["error"]["exit_code"]), (&"usage".into(), &2.into()));
        assert!(!object["error"]["message"].as_str().unwrap().is_empty(), "{object}");
    }
}

#[test]
fn overview_has_what_needs_the_user_and_counts_by_their_names() {
    let home = User::new();
    let overview = json(&home.act(&["overview", "--json"]));
    assert!(overview["neuron_count"].as_u64().unwrap() > 5, "{overview}");
    assert!(overview["neurons"].is_null(), "a list is called neurons elsewhere");
    assert!(!overview["needs"].as_array().unwrap().is_empty(), "{overview}");
    let names = overview.as_object().unwrap();
    assert!(
        names.contains_key("network_health") && !names.contains_key("machines"),
        "null until it was read"
    );
}

#[test]
fn a_proposal_is_printed_without_markdown_and_times_have_a_zone() {
    let home = User::new();
    let rows = json(&home.act(&["proposals", "list", "--limit", "60", "--json"]));
    let mut with_markup = 0;
    for row in rows["proposals"].as_array().unwrap().iter().take(60) {
        let id = row["id"].to_string();
        let summary = json(&home.act(&["proposals", "show", &id, "--json"]))["summary"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        if !summary.contains("**") {
            continue;
        }
        with_markup += 1;
        let shown = text(&home.act(&["proposals", "show", &id]));
        let prose = shown.split("\n{").next().unwrap_or_default();
        assert!(!prose.contains("**"), "{prose}");
        assert!(shown.contains(" UTC"), "{shown}");
        break;
    }
    assert_eq!(with_markup, 1, "one of the demo's newest proposals has bold text");
}

#[test]
fn the_manual_has_a_page_for_every_command_that_a_page_names() {
    let home = User::new();
    let page = text(&home.run(&["man", "neurons", "stake"]));
    assert!(page.contains("icpulse\\-neurons\\-stake") && page.contains("delay"), "{page}");
    assert_eq!(text(&home.run(&["man", "neurons stake"])), page);
    let unknown = home.run(&["man", "nonsense"]);
    assert_eq!(code(&unknown), 2);
    assert!(complaint(&unknown).contains("available: "), "{}", complaint(&unknown));
}

#[test]
fn the_key_list_in_docs_is_what_the_program_prints() {
    let home = User::new();
    let printed = text(&home.run(&["keys", "--markdown"]));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept != printed {
        if std::env::var_os("CI").is_none() {
            std::fs::write(&path, &printed).unwrap();
        }
        panic!("docs/keys.md was stale; it is written anew (commit it)");
    }
}

#[test]
fn without_a_terminal_the_first_command_of_the_readme_prints_pulse() {
    let home = User::new();
    let output = home.run(&["--network", "demo"]);
    assert_eq!(code(&output), 0, "{}", complaint(&output));
    let pulse = text(&output);
    assert!(pulse.contains("NEEDS YOU") && pulse.contains("OPEN FOR VOTES"), "{pulse}");
    assert!(!pulse.contains('\u{1b}'));
}

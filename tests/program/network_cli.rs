//! The network's lists, the registry's history, alerts and metrics from the command line, on the
//! demo network.

use crate::home;

use home::{Home, Table, code, complaint, json, list, text};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Output, Stdio};

fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap()
}

/// Lists and details of one network, read once into one cache.
#[test]
fn lists_details_and_history_agree_with_each_other() {
    let (home, table) = (Home::new(), Table::set());
    let run = |args: &[&str]| -> Output { table.run(&home, args) };
    let get = |args: &[&str]| -> Value { json(&run(args)) };

    let subnets = get(&["subnets", "--json"]);
    let rows = list(&subnets, "subnets");
    assert!(rows.len() >= 20, "{}", rows.len());
    assert_eq!(subnets["count"], rows.len());
    let version = subnets["registry_version"].as_u64().unwrap();
    assert!(rows.iter().all(|s| s["nodes"].as_u64().unwrap() > 0 && s["nakamoto"].as_u64().unwrap() > 0));
    let csv = text(&run(&["subnets", "--csv", "--offline"]));
    assert_eq!(csv.lines().count(), rows.len() + 1);
    let systems = get(&["subnets", "--filter", "kind:system nodes>13", "--json", "--offline"]);
    assert!(
        list(&systems, "subnets").iter().all(|s| s["kind"] == "system" && s["nodes"].as_u64().unwrap() > 13)
    );
    assert!(!list(&systems, "subnets").is_empty());

    // One by the beginning of its id; its members are nodes of the list of nodes.
    let small = rows.iter().find(|s| s["kind"] == "application").unwrap();
    let shown = get(&["subnets", "show", &id(small)[..17], "--json", "--offline"]);
    assert_eq!(id(&shown), id(small));
    let members = list(&shown, "members").to_vec();
    assert_eq!(members.len() as u64, small["nodes"].as_u64().unwrap());
    let nodes = get(&["nodes", "--json", "--offline", "--filter", &format!("subnet:{}", id(small))]);
    let mut of_list: Vec<&str> = list(&nodes, "nodes").iter().map(id).collect();
    let mut of_subnet: Vec<&str> = members.iter().map(id).collect();
    of_list.sort_unstable();
    of_subnet.sort_unstable();
    assert_eq!(of_list, of_subnet);
    assert!(text(&run(&["subnets", "show", id(small), "--offline"])).contains("DECENTRALISATION"));

    // A node, its provider, its data center, its version.
    let node = get(&["nodes", "show", of_list[0], "--json", "--offline"]);
    assert_eq!(node["subnet"], id(small));
    let provider = get(&["providers", "show", node["provider"].as_str().unwrap(), "--json", "--offline"]);
    assert!(list(&provider, "node_list").iter().any(|n| id(n) == of_list[0]));
    assert!(text(&run(&["providers", "show", id(&provider), "--offline"])).contains("OPERATORS"));
    let center = node["data_center"].as_str().unwrap();
    let center = get(&["datacenters", "show", center, "--json", "--offline"]);
    assert!(list(&center, "node_list").iter().any(|n| id(n) == of_list[0]));
    let wanted = node["version_desired"].as_str().unwrap();
    let versions = get(&["versions", "--json", "--offline"]);
    let runs = list(&versions, "versions").iter().find(|v| v["version"] == wanted).unwrap();
    assert!(runs["nodes_desired"].as_u64().unwrap() >= members.len() as u64);
    assert_eq!(get(&["versions", "show", wanted, "--json", "--offline"])["version"], wanted);
    let boundary = get(&["boundary-nodes", "--json", "--offline"]);
    let first = &list(&boundary, "boundary_nodes")[0];
    assert_eq!(get(&["boundary-nodes", "show", id(first), "--json", "--offline"])["id"], id(first));
    // What they earned is read before it is told, and kept.
    let earned = |listed: &Value| -> u64 {
        let all = list(listed, "providers").iter();
        all.filter_map(|p| p["earned_micro_xdr"].as_str()?.parse::<u64>().ok()).sum()
    };
    let providers = get(&["providers", "--json"]);
    assert!(list(&providers, "providers").len() > 10 && earned(&providers) > 0);
    let kept = get(&["providers", "--json", "--offline"]);
    assert_eq!(earned(&kept), earned(&providers));
    assert!(list(&kept, "providers").iter().all(|p| p["days"].as_u64().unwrap() <= 30));
    assert!(list(&get(&["datacenters", "--json", "--offline"]), "data_centers").len() > 10);

    // What if: a spare comes, a member goes.
    let spares = get(&["nodes", "--json", "--offline", "--filter", "role:spare", "--limit", "1"]);
    let spare = id(&list(&spares, "nodes")[0]).to_owned();
    let change = ["subnets", "what-if", id(small), "--add", &spare, "--remove", of_list[0], "--offline"];
    let what_if = get(&[&change[..], &["--json"]].concat());
    assert_eq!(what_if["before"]["nodes"], what_if["after"]["nodes"]);
    assert!(text(&run(&change)).contains("Nakamoto, least"));
    let member = run(&["subnets", "what-if", id(small), "--add", of_list[0], "--offline"]);
    assert_eq!(code(&member), 2, "{}", complaint(&member));

    // The registry: events, a record, the past, and what changed since.
    let events = get(&["registry", "events", "--json", "--offline", "--limit", "400"]);
    let happened = list(&events, "events");
    assert_eq!(happened.len(), 400);
    assert!(happened.is_sorted_by_key(|e| std::cmp::Reverse(e["version"].as_u64().unwrap())));
    assert!(happened.iter().all(|e| !e["text"].as_str().unwrap().is_empty()));
    let theirs = get(&["registry", "events", "--provider", id(&provider), "--json", "--offline"]);
    assert!(list(&theirs, "events").iter().all(|e| e["provider"] == id(&provider)));
    assert!(!list(&theirs, "events").is_empty());
    let key = format!("node_record_{}", of_list[0]);
    let record = get(&["registry", "value", &key, "--offline"]);
    assert_eq!(record["record"]["Node"]["operator"], node["operator"]);
    let raw = get(&["registry", "value", &key, "--raw", "--json"]);
    assert_eq!(raw["hex"].as_str().unwrap().len() as u64, raw["bytes"].as_u64().unwrap() * 2);
    let earlier = (version / 2).to_string();
    let then = get(&["registry", "at", &earlier, "--json", "--offline"]);
    assert_eq!(then["registry_version"].to_string(), earlier);
    let past = get(&["registry", "at", &earlier, "nodes", "--json", "--offline"]);
    assert_eq!(list(&past, "nodes").len() as u64, then["nodes"].as_u64().unwrap());
    let changed = get(&["registry", "diff", &earlier, &version.to_string(), "--json", "--offline"]);
    assert_eq!(changed["from"]["version"].to_string(), earlier);
    assert!(changed["count"].as_u64().unwrap() > 10);
    let same = get(&["registry", "diff", &earlier, &earlier, "--json", "--offline"]);
    assert_eq!(same["count"], 0);
    let day = then["at"].as_str().map(|at| at[..10].to_owned());
    if let Some(day) = day {
        let at_day = get(&["registry", "at", &day, "--json", "--offline"]);
        assert!(at_day["registry_version"].as_u64().unwrap() <= version / 2);
    }

    // Wrong questions.
    for (args, kind, hint) in [
        (vec!["subnets", "show", "zzzzz", "--offline"], 4, "no subnet"),
        (vec!["subnets", "--filter", "size>3", "--offline"], 2, "unknown field 'size'; available: id, kind"),
        (vec!["nodes", "show", "", "--offline"], 2, "no node is named"),
        (vec!["datacenters", "show", "nowhere", "--offline"], 4, "lists them"),
        (vec!["registry", "at", "yesterday", "--offline"], 2, "2026-11-01"),
        (vec!["registry", "at", "99999999", "--offline"], 4, "newest"),
        (vec!["registry", "value", "no_such_key", "--offline"], 4, "no record"),
        (vec!["subnets", "show", id(small), "--csv", "--offline"], 2, "--json"),
    ] {
        let output = run(&args);
        assert_eq!(code(&output), kind, "{args:?}: {}", complaint(&output));
        assert!(complaint(&output).contains(hint), "{args:?}: {}", complaint(&output));
    }
}

#[test]
fn offline_without_a_registry_says_so() {
    let (home, table) = (Home::new(), Table::set());
    let output = table.run(&home, &["nodes", "--offline"]);
    assert_eq!(code(&output), 3, "{}", complaint(&output));
    assert!(complaint(&output).contains("leave out --offline"), "{}", complaint(&output));
}

#[test]
fn what_is_only_remembered_is_printed_and_no_success() {
    let (home, table) = (Home::new(), Table::set());
    let read = json(&table.run(&home, &["subnets", "--json"]));
    let [network, key, _] = table.variables().map(|(name, value)| (name, value.to_owned()));
    drop(table);
    let run = |args: &[&str]| home.command(args).envs([network.clone(), key.clone()]).output().unwrap();
    let remembered = run(&["subnets", "--json"]);
    assert_eq!(code(&remembered), 3, "{}", complaint(&remembered));
    assert!(complaint(&remembered).contains("could not connect"), "{}", complaint(&remembered));
    let printed: Value = serde_json::from_slice(&remembered.stdout).unwrap();
    assert_eq!(printed["count"], read["count"]);
    assert_eq!(code(&run(&["subnets", "--offline"])), 0);
}

#[test]
fn a_watched_list_is_printed_as_lines_until_the_process_is_asked_to_end() {
    let (home, table) = (Home::new(), Table::set());
    let mut child = table
        .command(&home, &["subnets", "--watch", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert!(first["id"].is_string() && first["nodes"].is_u64(), "{first}");
    end(&child);
    assert!(child.wait().unwrap().success());
}

fn end(child: &std::process::Child) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
}

#[test]
fn metrics_are_served_until_the_process_is_asked_to_end() {
    let (home, table) = (Home::new(), Table::set());
    let refused = table.run(&home, &["serve", "metrics", "--listen", "0.0.0.0:0"]);
    assert_eq!(code(&refused), 2);
    assert!(complaint(&refused).contains("--public"), "{}", complaint(&refused));
    let mut child = table
        .command(&home, &["serve", "metrics", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
    let at = url.trim().strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap().to_owned();
    let scrape = || {
        let mut stream = std::net::TcpStream::connect(&at).unwrap();
        write!(stream, "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    // The first scrape waits for nothing; in time the registry is there.
    let first = scrape();
    assert!(first.starts_with("HTTP/1.0 200") || first.starts_with("HTTP/1.1 200"), "{first}");
    assert!(first.contains("icpulse_build_info{"), "{first}");
    let there = |text: String| {
        ["registry_version", "rewards_day_timestamp_seconds"]
            .iter()
            .all(|name| text.contains(&format!("\nicpulse_{name} ")))
    };
    while !there(scrape()) {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    end(&child);
    assert!(child.wait().unwrap().success());
}

#[test]
fn alerts_are_listed_tried_and_watched() {
    let (home, table) = (Home::new(), Table::set());
    let listed = json(&table.run(&home, &["alerts", "list", "--json"]));
    assert!(listed["alerts"].is_array() && listed["firing"].is_u64(), "{listed}");
    let none = home.command(&["alerts", "test"]).output().unwrap();
    assert_eq!(code(&none), 2);
    assert!(complaint(&none).contains("config template"), "{}", complaint(&none));

    std::fs::create_dir_all(home.config()).unwrap();
    let said = home.path().join("said");
    let config = format!(
        "[[alerts.sink]]\nname = \"file\"\nkind = \"command\"\ncommand = [\"tee\", \"{}\"]\n\
         [[alerts.sink]]\nname = \"broken\"\nkind = \"command\"\ncommand = [\"false\"]\n",
        said.display()
    );
    std::fs::write(home.config().join("config.toml"), config).unwrap();
    assert_eq!(code(&home.command(&["config", "check"]).output().unwrap()), 0);
    let tried = home.command(&["alerts", "test", "--json"]).output().unwrap();
    assert_eq!(code(&tried), 1, "one of them is broken");
    let tried: Value = serde_json::from_slice(&tried.stdout).unwrap();
    assert_eq!(
        (&tried["sinks"][0]["delivered"], &tried["sinks"][1]["delivered"]),
        (&true.into(), &false.into())
    );
    assert!(std::fs::read_to_string(&said).unwrap().contains("\"event\":\"test\""));
    assert_eq!(code(&home.command(&["alerts", "test", "file"]).output().unwrap()), 0);
    let unknown = home.command(&["alerts", "test", "nothing"]).output().unwrap();
    assert!(complaint(&unknown).contains("file, broken"), "{}", complaint(&unknown));

    // Watching ends cleanly, and only one process watches a network.
    let watching = || {
        let mut child = table
            .command(&home, &["alerts", "watch"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        (child, lines)
    };
    let (mut first, mut lines) = watching();
    let begun = lines.by_ref().map(Result::unwrap).find(|line| line.contains("until Ctrl-C")).unwrap();
    assert!(begun.contains("file, broken"), "{begun}");
    let second = table.run(&home, &["alerts", "watch"]);
    assert_eq!(code(&second), 1, "{}", complaint(&second));
    end(&first);
    assert!(first.wait().unwrap().success());
    let (mut third, mut lines) = watching();
    assert!(lines.any(|line| line.unwrap().contains("until Ctrl-C")), "its place is free again");
    end(&third);
    assert!(third.wait().unwrap().success());
}

#[test]
fn a_wrong_configuration_of_alerts_is_refused_with_what_is_possible() {
    let home = Home::new();
    std::fs::create_dir_all(home.config()).unwrap();
    std::fs::write(home.config().join("config.toml"), "[alerts.rules.node_donw]\nenabled = true\n").unwrap();
    let output = home.command(&["config", "check"]).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(complaint(&output).contains("node_down"), "{}", complaint(&output));
}

/// A public dashboard of one's own: what another one says, with every node down.
fn all_down(of: &str) -> String {
    let address = of.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
    let ask = move |path: &str| -> Value {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let begin = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        serde_json::from_slice(&answer[begin..]).unwrap()
    };
    let mut nodes = ask("/api/v3/nodes");
    for node in nodes["nodes"].as_array_mut().unwrap() {
        node["status"] = "DOWN".into();
    }
    let (nodes, providers) = (nodes.to_string(), ask("/api/v3/node-providers").to_string());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { break };
            let (nodes, providers) = (nodes.clone(), providers.clone());
            std::thread::spawn(move || serve_once(stream, &nodes, &providers));
        }
    });
    url
}

fn serve_once(mut stream: std::net::TcpStream, nodes: &str, providers: &str) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let first = lines.next()?.ok()?;
    while !lines.next()?.ok()?.is_empty() {}
    let body = if first.contains("/node-providers") { providers } else { nodes };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).ok()
}

#[test]
fn a_dashboard_that_calls_all_nodes_down_is_named_and_contradicted() {
    let (home, table) = (Home::new(), Table::set());
    std::fs::create_dir_all(home.config()).unwrap();
    let config = format!(
        "[network.lied-to]\nurl = \"{}\"\nroot_key = \"{}\"\ndashboard = \"{}\"\n",
        table.served.url(),
        table.served.root_key(),
        all_down(table.served.url())
    );
    std::fs::write(home.config().join("config.toml"), config).unwrap();
    let run = |args: &[&str]| home.command(&[&["--network", "lied-to"], args].concat()).output().unwrap();

    let read = json(&run(&["subnets", "--json"]));
    assert_eq!(read["unverified_source"], "public dashboard");
    let subnets = list(&read, "subnets");
    let mut contradicting = 0;
    for subnet in subnets {
        let number = |name: &str| subnet[name].as_u64().unwrap_or_else(|| panic!("{name} of {subnet}"));
        let evidence = |name: &str| subnet[format!("{name}_evidence")].as_str();
        for name in ["up", "degraded", "down", "fault_distance"] {
            assert_eq!(evidence(name), Some("unverified"), "{name} of {subnet}");
        }
        let (down, limit) = (number("down"), number("fault_limit"));
        assert_eq!(number("fault_distance"), limit.saturating_sub(down));
        if subnet["condition"] == "well" {
            assert_eq!((evidence("condition"), evidence("metrics")), (Some("certified"), Some("certified")));
            assert_eq!(number("down_at_most"), limit);
            assert_eq!(subnet["contradicted"], down > limit, "{subnet}");
            contradicting += u64::from(down > limit);
        }
    }
    assert!(contradicting >= 10, "{contradicting}");
    let csv = text(&run(&["subnets", "--csv", "--offline"]));
    assert!(csv.lines().next().unwrap().contains("down_evidence") && csv.contains("unverified"), "{csv}");
    let shown = text(&run(&["subnets", "--offline"]));
    assert!(shown.contains("0?") && shown.contains("? unverified: the word of"), "{shown}");
    let one = subnets.iter().find(|s| s["contradicted"] == true).unwrap();
    let shown = text(&run(&["subnets", "show", id(one), "--offline"]));
    let against = format!("contradicted  the subnet certifies, so at most {} of its", one["down_at_most"]);
    assert!(shown.contains(&against), "{shown}");
    assert!(
        shown.contains("? down") && shown.contains("\n  source        public dashboard, unverified"),
        "{shown}"
    );

    let nodes = json(&run(&["nodes", "--json", "--offline"]));
    for node in list(&nodes, "nodes") {
        let given = |name: &str| !node[name].is_null();
        for name in ["status", "status_since", "alert", "provider_name", "version_observed"] {
            let evidence = &node[format!("{name}_evidence")];
            assert_eq!(evidence == "unverified", given(name), "{name} of {node}");
        }
    }
    let providers = json(&run(&["providers", "--json", "--offline"]));
    assert!(list(&providers, "providers").iter().all(|p| p["down_evidence"] == "unverified"));
    assert!(list(&providers, "providers").iter().any(|p| p["name_evidence"] == "unverified"));
    let centers = json(&run(&["datacenters", "--json", "--offline"]));
    for center in list(&centers, "data_centers") {
        let wanted = if center["nodes"] == 0 { "certified" } else { "unverified" };
        assert_eq!(center["down_evidence"], wanted, "{center}");
    }

    let overview = json(&run(&["overview", "--json", "--offline"]));
    let machines = &overview["network_health"];
    assert_eq!(machines["nodes_down_evidence"], "unverified", "{machines}");
    assert_eq!(machines["unverified_source"], "public dashboard");
    assert_eq!(machines["subnets_stalled_evidence"], "certified");
    assert_eq!(machines["subnets_contradicting"], contradicting, "{machines}");
    assert!(machines["nodes_down"].as_u64().unwrap() > 1_000, "{machines}");
    let pulse = text(&run(&["overview", "--offline"]));
    let line = pulse.lines().find(|line| line.contains("? down")).unwrap_or_else(|| panic!("{pulse}"));
    let against = format!("per the public dashboard, unverified; contradicted by {contradicting} subnets");
    assert!(line.contains(&against), "{line}");
    assert!(!line.contains("certified"), "{line}");

    // Alerts about subnets: none fires of what certificates contradict.
    let alerts = json(&run(&["alerts", "list", "--json"]));
    for alert in list(&alerts, "alerts") {
        let about = |s: &&Value| alert["about_id"] == s["id"] && s["contradicted"] == true;
        if alert["rule"] == "fault_distance" && subnets.iter().any(|s| about(&s)) {
            assert_eq!(alert["state"], "contradicted", "{alert}");
            assert_eq!(
                (&alert["evidence"], &alert["source"]),
                (&"unverified".into(), &"public dashboard".into())
            );
        }
    }
    let held_back = list(&alerts, "alerts").iter().filter(|a| a["state"] == "contradicted").count();
    assert!(held_back >= 10, "{alerts}");
}

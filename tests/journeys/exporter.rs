//! The metrics as scrapers see them: forms, names, a real Prometheus, the dashboard that uses them.

use icpulse_testing::small_fleet as fleet;

use fleet::{NOW, board, mine, node, reported, subnet, world};
use icpulse::export::{
    HostName, Limits, ListenOptions, MetricsModel, Page, ServeError, TextFormat, encode, gather_families,
    serve_page,
};
use icpulse_model::fleet::NodeStatus;
use icpulse_model::world::SyncStatus;
use icpulse_model::{Seconds, Timestamp};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

fn model() -> MetricsModel {
    let mut world = world(NOW);
    world.alerts = Arc::new(board());
    let status = SyncStatus {
        last_success: Some(NOW),
        certified_at: Some(NOW.minus(Seconds(2))),
        ..SyncStatus::default()
    };
    let fleet = Arc::make_mut(&mut world.fleet);
    fleet.merge_reports([(node(4), reported(NodeStatus::Down, NOW, NOW))], NOW);
    fleet.add_sighting(node(8), NOW);
    MetricsModel { world, status, mine: mine(), all_nodes: false, sync_errors: 3 }
}

/// With what only a user with neurons has.
fn whole() -> MetricsModel {
    let mut model = model();
    let state = sample::full((80, 24));
    model.world.proposals = state.world.proposals.clone();
    model.world.neurons = state.world.neurons.clone();
    model.world.facts = state.world.facts.clone();
    model
}

use crate::sample;

/// The label of what only the public dashboard says.
const DASHBOARD: &str = "source=\"public_dashboard\"";

fn docs(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/monitoring").join(file)
}

/// A value of the plain form by its whole name with labels.
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|l| l.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
    line.unwrap_or_else(|| panic!("{name} is not in\n{text}")).rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn the_model_is_told_in_numbers_of_base_units() {
    let families = gather_families(&whole(), NOW);
    let (open, plain) = (encode(&families, TextFormat::OpenMetrics), encode(&families, TextFormat::Plain));
    assert!(open.ends_with("# EOF\n"));
    let s = subnet(1).to_text();
    let of = |name: &str| value(&plain, &format!("icpulse_{name}{{subnet=\"{s}\"}}"));
    assert_eq!(of("subnet_lag_seconds"), 0.0);
    assert_eq!(of("subnet_stalled"), 0.0);
    assert_eq!(of("subnet_updates_total"), 77_000.0);
    assert_eq!(of("subnet_cycles_consumed_total"), 9e19);
    assert_eq!(of("subnet_state_bytes"), (7u64 << 30) as f64);
    assert_eq!(of("subnet_fault_limit"), 2.0);
    let down = |s: &str| {
        value(&plain, &format!("icpulse_subnet_nodes{{subnet=\"{s}\",status=\"down\",{DASHBOARD}}}"))
    };
    assert_eq!((down(&subnet(0).to_text()), down(&s)), (1.0, 0.0));
    let nns = subnet(0).to_text();
    assert_eq!(value(&plain, &format!("icpulse_subnet_fault_distance{{subnet=\"{nns}\",{DASHBOARD}}}")), 3.0);
    assert!(
        value(&plain, &format!("icpulse_subnet_nakamoto{{subnet=\"{nns}\",feature=\"provider\"}}")) >= 1.0
    );
    assert_eq!(value(&plain, "icpulse_registry_version"), 53_218.0);
    assert_eq!(value(&plain, "icpulse_sync_errors_total"), 3.0);
    assert_eq!(value(&plain, &format!("icpulse_nodes{{status=\"down\",{DASHBOARD}}}")), 1.0);
    assert_eq!(value(&plain, "icpulse_alerts_firing{rule=\"node_down\",severity=\"critical\"}"), 1.0);
    assert_eq!(value(&plain, "icpulse_alerts_firing{rule=\"fault_distance\",severity=\"critical\"}"), 0.0);
    let rows = |name: &str| plain.lines().filter(|l| l.starts_with(&format!("icpulse_{name}{{"))).count();
    assert_eq!(rows("node_up"), 7, "the user's nodes only");
    assert!(plain.contains("alias=\"rack-07/a\"} 1"), "{plain}");
    assert_eq!(rows("boundary_latency_seconds"), 1);
    let everyone = MetricsModel { all_nodes: true, ..whole() };
    let plain = encode(&gather_families(&everyone, NOW), TextFormat::Plain);
    assert_eq!(plain.lines().filter(|l| l.starts_with("icpulse_node_up{")).count(), fleet::NODES);
}

/// The public dashboard says that every node is down; every subnet certifies, and a node signed.
#[test]
fn what_certificates_contradict_is_told_and_no_margin_is_negative() {
    let mut model = model();
    let all_down = (0..fleet::NODES).map(|n| (node(n), reported(NodeStatus::Down, NOW, NOW)));
    Arc::make_mut(&mut model.world.fleet).merge_reports(all_down, NOW);
    let told = |model: &MetricsModel, now| encode(&gather_families(model, now), TextFormat::Plain);
    let plain = told(&model, NOW);
    let (nns, s) = (subnet(0).to_text(), subnet(1).to_text());
    let of = |plain: &str, name: &str, subnet: &str| {
        value(plain, &format!("icpulse_{name}{{subnet=\"{subnet}\",{DASHBOARD}}}"))
    };
    for subnet in [&nns, &s] {
        assert_eq!(of(&plain, "subnet_fault_distance", subnet), 0.0);
        assert_eq!(of(&plain, "subnet_report_contradicted", subnet), 1.0);
    }
    let disputed = plain.lines().filter(|l| l.starts_with("icpulse_node_disputed{")).count();
    let denied = plain.lines().filter(|l| l.starts_with("icpulse_node_disputed{") && l.ends_with(" 1.0"));
    // Node 8 signed; 0, 4, 12 and 16 are in subnets that certify; 20 and 24 are in none.
    assert_eq!((disputed, denied.count()), (7, 5));
    let up = |l: &&str| l.starts_with("icpulse_node_up{") && l.ends_with(" 1.0");
    assert_eq!(plain.lines().filter(up).count(), 1, "only a signature proves that a node is up");
    let unsourced = plain.lines().find(|l| l.contains("status=\"down\"") && !l.contains(DASHBOARD));
    assert_eq!(unsourced, None, "a count of the dashboard's names it");

    // When nothing is certified for long, nothing is contradicted.
    let later = told(&model, NOW.plus(Seconds(400)));
    assert_eq!(of(&later, "subnet_report_contradicted", &nns), 0.0);
    assert_eq!(of(&later, "subnet_fault_distance", &nns), 0.0);
    assert!(!later.lines().any(|l| l.starts_with("icpulse_node_disputed{") && l.ends_with(" 1.0")));
}

#[test]
fn nothing_known_is_no_zero() {
    let plain = encode(&gather_families(&MetricsModel::default(), NOW), TextFormat::Plain);
    for name in
        ["icpulse_registry_version ", "icpulse_subnet", "icpulse_icp_xdr_rate", "icpulse_proposals_open"]
    {
        assert!(!plain.lines().any(|l| l.starts_with(name)), "{name} in\n{plain}");
    }
    assert!(plain.contains("icpulse_build_info{"));
}

#[test]
fn a_subnet_that_stands_still_is_told() {
    let mut model = model();
    let health = fleet::health(NOW.minus(Seconds(300)), NOW, 5_000);
    Arc::make_mut(&mut model.world.health).insert(subnet(1), health);
    let plain = encode(&gather_families(&model, NOW), TextFormat::Plain);
    let s = subnet(1).to_text();
    assert_eq!(value(&plain, &format!("icpulse_subnet_stalled{{subnet=\"{s}\"}}")), 1.0);
    assert_eq!(value(&plain, &format!("icpulse_subnet_lag_seconds{{subnet=\"{s}\"}}")), 300.0);
}

#[test]
fn the_text_is_made_anew_only_when_the_model_changes_or_time_counts() {
    let clock = Arc::new(std::sync::atomic::AtomicU64::new(NOW.secs()));
    let time = Arc::clone(&clock);
    let page =
        Page::new(model(), move || Timestamp::from_secs(time.load(std::sync::atomic::Ordering::SeqCst)));
    let first = page.text(TextFormat::Plain);
    assert_eq!(
        first.as_ptr(),
        page.text(TextFormat::Plain).as_ptr(),
        "the same bytes, not the same text again"
    );
    let mut other = model();
    other.sync_errors = 4;
    page.set_model(other);
    let second = page.text(TextFormat::Plain);
    assert!(String::from_utf8_lossy(&second).contains("icpulse_sync_errors_total 4"));
    clock.fetch_add(600, std::sync::atomic::Ordering::SeqCst);
    assert_ne!(
        second.as_ptr(),
        page.text(TextFormat::Plain).as_ptr(),
        "a signature proves life for minutes only"
    );
}

/// A served page; it stops when this is dropped.
struct Serving {
    at: SocketAddr,
    _stop: oneshot::Sender<()>,
    _runtime: tokio::runtime::Runtime,
}

fn loopback() -> ListenOptions {
    ListenOptions::local("127.0.0.1:0".parse().unwrap())
}

fn serving(model: MetricsModel) -> Serving {
    listening(model, loopback())
}

fn listening(model: MetricsModel, listening: ListenOptions) -> Serving {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let page = Arc::new(Page::new(model, || NOW));
    let (stop, stopped) = oneshot::channel::<()>();
    let (told, ready) = std::sync::mpsc::channel();
    runtime.spawn(async move {
        let end = async move {
            let _ = stopped.await;
        };
        serve_page(page, listening, move |at| told.send(at).unwrap(), end).await.unwrap();
    });
    let at = ready.recv_timeout(Duration::from_secs(60)).unwrap();
    Serving { at, _stop: stop, _runtime: runtime }
}

fn get(at: SocketAddr, request: &str) -> (String, String) {
    send(at, &format!("{request}\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
}

/// The answer to these bytes: its head in lower case, and its body.
fn send(at: SocketAddr, bytes: &str) -> (String, String) {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

#[test]
fn forms_are_negotiated_and_other_paths_are_not_there() {
    let serving = serving(model());
    let (head, body) = get(
        serving.at,
        "GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text;version=1.0.0,text/plain;q=0.1",
    );
    assert!(
        head.starts_with("http/1.1 200")
            && head.contains("content-type: application/openmetrics-text; version=1.0.0"),
        "{head}"
    );
    assert!(body.ends_with("# EOF\n") && body.contains("# UNIT icpulse_subnet_lag_seconds seconds"));
    let (head, body) = get(serving.at, "GET /metrics HTTP/1.1");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    assert!(!body.contains("EOF"));
    let (head, body) = get(serving.at, "GET /healthz HTTP/1.1");
    assert!(head.starts_with("http/1.1 200") && body == "ok\n", "{head}\n{body}");
    assert!(get(serving.at, "GET / HTTP/1.1").1.contains("/metrics"));
    assert!(get(serving.at, "GET /etc/passwd HTTP/1.1").0.starts_with("http/1.1 404"));
    assert!(get(serving.at, "POST /metrics HTTP/1.1").0.starts_with("http/1.1 405"));
}

/// A page of another site whose name resolves to this machine is told nothing.
#[test]
fn only_requests_that_name_this_machine_are_answered() {
    let mut allowing = loopback();
    allowing.hosts = vec!["metrics.example".parse::<HostName>().unwrap()];
    let serving = listening(whole(), allowing);
    let asked = |lines: &str| send(serving.at, &format!("{lines}\r\n\r\n"));
    let port = serving.at.port();
    for own in [
        "Host: localhost".to_owned(),
        format!("Host: 127.0.0.1:{port}"),
        format!("hOsT: LocalHost:{port}"),
        "Host: [::1]".to_owned(),
        "Host: metrics.example:80".to_owned(),
    ] {
        let (head, body) = asked(&format!("GET /metrics HTTP/1.1\r\n{own}"));
        assert!(head.starts_with("http/1.1 200") && body.contains("icpulse_"), "{own}: {head}");
    }
    let own = format!("GET http://127.0.0.1:{port}/metrics HTTP/1.1\r\nHost: 127.0.0.1:{port}");
    assert!(asked(&own).0.starts_with("http/1.1 200"));
    for path in ["/metrics", "/healthz", "/", "/other"] {
        for foreign in ["evil.example", "evil.example:9464", "localhost.evil.example", "0.0.0.0", "192.0.2.7"]
        {
            let (head, body) = asked(&format!("GET {path} HTTP/1.1\r\nHost: {foreign}"));
            assert!(head.starts_with("http/1.1 421"), "{path} {foreign}: {head}");
            assert!(!body.contains("icpulse_") && body.contains("--allow-host"), "{body}");
        }
    }
    for (wrong, lines) in [
        ("no host", "GET /metrics HTTP/1.1\r\nAccept: */*".to_owned()),
        ("no host, as long ago", "GET /metrics HTTP/1.0".to_owned()),
        ("two hosts", "GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example".to_owned()),
        ("the same twice", "GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: localhost".to_owned()),
        ("an empty host", "GET /metrics HTTP/1.1\r\nHost:".to_owned()),
        ("a user", "GET /metrics HTTP/1.1\r\nHost: evil.example@localhost".to_owned()),
        ("two names in one", "GET /metrics HTTP/1.1\r\nHost: localhost, evil.example".to_owned()),
        ("another target", "GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost".to_owned()),
        ("another host", "GET http://localhost/metrics HTTP/1.1\r\nHost: evil.example".to_owned()),
        ("another scheme", "GET ftp://localhost/metrics HTTP/1.1\r\nHost: localhost".to_owned()),
    ] {
        let (head, body) = asked(&lines);
        let status = head.split(' ').nth(1).unwrap_or_default();
        assert!(matches!(status, "400" | "421"), "{wrong}: {head}");
        assert!(!body.contains("icpulse_"), "{wrong}");
    }
    // The foreign target and the foreign host agree.
    let (head, _) = asked("GET http://evil.example/metrics HTTP/1.1\r\nHost: evil.example");
    assert!(head.starts_with("http/1.1 421"), "{head}");
}

/// Returns when the other side has closed the connection, as it must.
fn wait_closed(mut stream: TcpStream) {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut bytes = [0; 4096];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => return,
            Err(e) => panic!("the connection is still open: {e}"),
        }
    }
}

#[test]
fn half_open_connections_are_closed() {
    let mut hasty = loopback();
    hasty.limits =
        Limits { head: Duration::from_millis(300), whole: Duration::from_millis(600), ..Limits::default() };
    let serving = listening(whole(), hasty);
    let begun = |bytes: &str| {
        let mut stream = TcpStream::connect(serving.at).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        stream
    };
    let open = [
        begun(""),
        begun("GET /metrics HTTP/1.1\r\nHost: local"),
        begun("GET /metrics HTTP/1.1\r\nHost: localhost\r\n"),
        begun("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx"),
        begun("GET /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        // Answered, and then silent.
        begun("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"),
    ];
    for stream in open {
        wait_closed(stream);
    }
}

#[test]
fn connections_beyond_the_bound_are_closed_and_places_come_free() {
    let mut small = loopback();
    small.limits = Limits { connections: 3, head: Duration::from_secs(600), whole: Duration::from_secs(600) };
    let serving = listening(model(), small);
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(serving.at).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
        held.push(stream);
    }
    for _ in 0..20 {
        wait_closed(TcpStream::connect(serving.at).unwrap());
    }
    // Those who came first are still answered, and then somebody else is.
    let mut first = held.pop().unwrap();
    first.write_all(b"Host: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    first.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The end of a connection is seen here a moment before its place is free there.
    let asked = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answered = (0..10_000).any(|_| {
        let mut stream = TcpStream::connect(serving.at).unwrap();
        let mut answer = String::new();
        let read = stream.write_all(asked).and_then(|()| stream.read_to_string(&mut answer));
        read.is_ok() && answer.starts_with("HTTP/1.1 200")
    });
    assert!(answered);
}

#[test]
fn a_head_without_end_is_refused() {
    let serving = serving(model());
    let mut stream = TcpStream::connect(serving.at).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    // Nobody reads it all: at some point the connection breaks.
    let line = format!("X-Long: {}\r\n", "x".repeat(1_000));
    let sent = (0..10_000).take_while(|_| stream.write_all(line.as_bytes()).is_ok()).count();
    assert!(sent < 10_000, "10 MB of a head were taken");
    wait_closed(stream);
}

#[tokio::test]
async fn an_address_that_others_reach_must_be_allowed() {
    let page = Arc::new(Page::new(model(), || NOW));
    let everywhere = ListenOptions::local("0.0.0.0:0".parse().unwrap());
    let refused = serve_page(page, everywhere, |_| panic!("it listens"), async {}).await;
    let why = refused.unwrap_err();
    assert!(matches!(why, ServeError::Public(_)) && why.to_string().contains("--public"), "{why}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap();
    let page = Arc::new(Page::new(model(), || NOW));
    let refused =
        serve_page(page, ListenOptions::local(at), |_| panic!("it listens"), async {}).await.unwrap_err();
    assert!(refused.to_string().contains("--listen"), "{refused}");
}

/// Names of ours in an expression.
fn names_in(text: &str, names: &mut BTreeSet<String>) {
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
        if word.starts_with("icpulse_") {
            names.insert(word.to_owned());
        }
    }
}

fn expressions(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| match value {
            Value::String(text) if key == "expr" => names_in(text, names),
            other => expressions(other, names),
        }),
        Value::Array(items) => items.iter().for_each(|item| expressions(item, names)),
        _ => {}
    }
}

#[test]
fn the_dashboard_the_rules_and_the_list_of_metrics_name_what_there_is() {
    let known: BTreeSet<String> = gather_families(&whole(), NOW).iter().map(|f| f.sample_name()).collect();
    let mut used = BTreeSet::new();
    let dashboard: Value =
        serde_json::from_str(&std::fs::read_to_string(docs("grafana.json")).unwrap()).unwrap();
    expressions(&dashboard, &mut used);
    let in_dashboard = used.len();
    let rules = std::fs::read_to_string(docs("alerts.yml")).unwrap();
    rules.lines().filter(|l| l.trim_start().starts_with("expr:")).for_each(|l| names_in(l, &mut used));
    assert!(in_dashboard > 20 && used.len() > in_dashboard, "{used:?}");
    let unknown: Vec<_> = used.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?} are not exported");
    let readme = std::fs::read_to_string(docs("README.md")).unwrap();
    let told: BTreeSet<String> = readme
        .lines()
        .filter_map(|l| l.strip_prefix("| `")?.split('|').next().map(str::to_owned))
        .flat_map(|cell| {
            cell.split('`')
                .filter(|w| w.contains('_') || *w == "nodes")
                .map(|w| format!("icpulse_{w}"))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(told, known, "the list in docs/monitoring/README.md");
    let ids: Vec<u64> =
        dashboard["panels"].as_array().unwrap().iter().map(|p| p["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "each panel has its own number");
}

fn has_prometheus() -> bool {
    let wanted = std::env::var_os("ICPULSE_TEST_PROMETHEUS").is_some();
    if !wanted {
        eprintln!("skipped: set ICPULSE_TEST_PROMETHEUS=1 where promtool and prometheus are installed");
    }
    wanted
}

fn promtool(args: &[&str], input: Option<&str>) {
    let mut child = Command::new("promtool")
        .args(args)
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool");
    if let Some(input) = input {
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "promtool {args:?}: {said}");
}

#[test]
fn promtool_finds_nothing_wrong_with_metrics_and_rules() {
    if !has_prometheus() {
        return;
    }
    for model in [whole(), MetricsModel { all_nodes: true, ..whole() }, MetricsModel::default()] {
        let plain = encode(&gather_families(&model, NOW), TextFormat::Plain);
        promtool(&["check", "metrics"], Some(&plain));
    }
    promtool(&["check", "rules", docs("alerts.yml").to_str().unwrap()], None);
    promtool(&["check", "config", docs("prometheus.yml").to_str().unwrap()], None);
}

struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Of a query the values by subnet (or the empty name).
fn asked(at: SocketAddr, query: &str) -> Vec<(String, f64)> {
    let Ok(mut stream) = TcpStream::connect(at) else { return Vec::new() };
    let encoded: String = query.bytes().map(|b| format!("%{b:02X}")).collect();
    // HTTP/1.0: the answer comes in one piece.
    write!(stream, "GET /api/v1/query?query={encoded} HTTP/1.0\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let Ok(reply) = serde_json::from_str::<Value>(body) else { return Vec::new() };
    let rows = reply["data"]["result"].as_array().cloned().unwrap_or_default();
    rows.iter()
        .map(|r| {
            let subnet = r["metric"]["subnet"].as_str().unwrap_or_default().to_owned();
            (subnet, r["value"][1].as_str().unwrap().parse().unwrap())
        })
        .collect()
}

#[test]
fn a_real_prometheus_scrapes_and_answers() {
    if !has_prometheus() {
        return;
    }
    let mut stands = whole();
    let health = fleet::health(NOW.minus(Seconds(300)), NOW, 5_000);
    Arc::make_mut(&mut stands.world.health).insert(subnet(1), health);
    let serving = serving(stands);
    let dir = tempfile::tempdir().unwrap();
    // A port that was just free; nobody else on this machine asks for the same one meanwhile.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let rules = std::fs::read_to_string(docs("alerts.yml")).unwrap();
    std::fs::write(dir.path().join("alerts.yml"), rules).unwrap();
    let config = std::fs::read_to_string(docs("prometheus.yml")).unwrap();
    let config = config.replace("127.0.0.1:9464", &serving.at.to_string()).replace("15s", "1s");
    std::fs::write(dir.path().join("prometheus.yml"), config).unwrap();
    let child = Command::new("prometheus")
        .arg(format!("--config.file={}", dir.path().join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(dir.path().join("log")).unwrap())
        .spawn()
        .expect("prometheus");
    let mut prometheus = Prometheus(child);
    let at: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    let mut scraped = Vec::new();
    // Nothing tells when a foreign program is ready: it is asked until it answers, or ends.
    for _ in 0..1_200 {
        scraped = asked(at, "icpulse_subnet_lag_seconds");
        if !scraped.is_empty() {
            break;
        }
        if let Some(status) = prometheus.0.try_wait().unwrap() {
            panic!(
                "prometheus ended with {status}: {}",
                std::fs::read_to_string(dir.path().join("log")).unwrap()
            );
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    scraped.sort_by(|a, b| a.1.total_cmp(&b.1));
    assert_eq!(scraped, [(subnet(0).to_text(), 0.0), (subnet(1).to_text(), 300.0)]);
    assert_eq!(asked(at, "up{job=\"icpulse\"}"), [(String::new(), 1.0)]);
    assert_eq!(asked(at, "icpulse_subnet_stalled == 1"), [(subnet(1).to_text(), 1.0)]);
    let cycles = asked(at, "max(icpulse_subnet_cycles_consumed_total)");
    assert_eq!(cycles, [(String::new(), 9e19)], "a counter keeps its size");
}

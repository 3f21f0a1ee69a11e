//! Opening what was read before while its network does not answer, without being given the root key again.
use crate::home::{Home, code, complaint, text};
use crate::pty::Terminal;
use crate::serve::Served;
use serde_json::Value;
use std::net::TcpListener;

/// Columns and rows.
const SIZE: (u16, u16) = (120, 40);

fn port(url: &str) -> u16 {
    url.rsplit(':').next().unwrap().parse().unwrap()
}

#[test]
fn the_root_key_of_last_time_opens_the_cache_while_the_network_is_away() {
    let home = Home::new();
    let served = Served::start(&[]);
    let url = served.url().to_owned();
    let run = |args: &[&str]| home.command(&[&["--network", &url], args].concat()).output().unwrap();
    let never = run(&["subnets", "--offline"]);
    assert_eq!(code(&never), 2, "{}", complaint(&never));
    assert!(complaint(&never).contains("--root-key"), "{}", complaint(&never));
    let read = run(&["overview"]);
    assert_eq!(code(&read), 0, "{}", complaint(&read));
    assert_eq!(code(&run(&["subnets"])), 0);
    let open = run(&["proposals", "list", "--filter", "status:open", "--json"]);
    let open = serde_json::from_slice::<Value>(&open.stdout).unwrap()["proposals"][0]["id"].to_string();
    std::fs::create_dir_all(home.config()).unwrap();
    std::fs::write(home.config().join("config.toml"), format!("default_network = {url:?}\n")).unwrap();
    let completions = text(&home.command(&["completions", "bash"]).output().unwrap());
    assert!(
        completions.contains(&format!(" {open} ")) || completions.contains(&format!("\"{open} ")),
        "{open}"
    );
    drop(served);

    let offline = run(&["subnets", "--json", "--offline"]);
    assert_eq!(code(&offline), 0, "{}", complaint(&offline));
    let away = run(&["subnets", "--json"]);
    assert_eq!(code(&away), 3, "{}", complaint(&away));
    let said = complaint(&away);
    assert!(said.contains("root key of last time") && said.contains("connection refused"), "{said}");
    assert!(!said.contains("internet"), "{said}");
    let count = |output: &std::process::Output| {
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["count"].as_u64().unwrap()
    };
    assert!(count(&away) > 0 && count(&away) == count(&offline));
    let mut terminal = Terminal::start(home.path(), SIZE, &["--network", &url], &[]);
    terminal.wait_for("the cached proposals", |s| s.contains(&open));
    terminal.press("q");
    assert!(terminal.wait_end().success());

    // Something takes connections and never answers.
    let silent = TcpListener::bind(("127.0.0.1", port(&url))).unwrap();
    let mut terminal = Terminal::start(home.path(), SIZE, &["--network", &url], &[]);
    terminal.wait_for("the cached proposals", |s| s.contains(&open));
    terminal.press("q");
    assert!(terminal.wait_end().success());
    let hanging = run(&["overview"]);
    assert_eq!(code(&hanging), 3, "{}", complaint(&hanging));
    assert!(text(&hanging).contains(&open), "{}", text(&hanging));
    assert!(complaint(&hanging).contains("has not answered"), "{}", complaint(&hanging));
    drop(silent);

    let other = Served::start(&["--seed", "2", "--port", &port(&url).to_string()]);
    let anew = run(&["subnets"]);
    assert_eq!(code(&anew), 0, "{}", complaint(&anew));
    assert!(complaint(&anew).contains("another root key than last time"), "{}", complaint(&anew));
    assert_eq!(other.url(), url);
    assert!(!complaint(&run(&["subnets"])).contains("than last time"), "it is said once");
}

#[test]
fn tls_on_this_machine_is_trusted_by_the_authority_that_is_named() {
    let home = Home::new();
    let authority = home.path().join("authority.pem");
    let served = Served::start(&["--tls", "--tls-ca", authority.to_str().unwrap()]);
    let run = |trusted: bool| {
        let mut command = home.command(&["--network", served.url(), "proposals", "list", "--limit", "1"]);
        if trusted {
            command.env("SSL_CERT_FILE", &authority);
        }
        command.output().unwrap()
    };
    let refused = run(false);
    assert_eq!(code(&refused), 3, "{}", complaint(&refused));
    let said = complaint(&refused);
    assert!(said.contains("SSL_CERT_FILE") && !said.contains("proxy"), "{said}");
    let trusted = run(true);
    assert_eq!(code(&trusted), 0, "{}", complaint(&trusted));
    assert!(text(&trusted).contains("Open"), "{}", text(&trusted));
}

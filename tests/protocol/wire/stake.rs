//! The real program stakes through a bad wire: what it tells is what the ledger has.

use crate::proxy::{Act, Place, Proxy};
use icpulse_demo::{Demo, Options};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

const STAKE: [&str; 7] = ["neurons", "stake", "2.5", "--delay", "1y", "--yes", "--json"];
const PAID: u64 = 250_010_000;

struct Table {
    demo: Demo,
    proxy: Proxy,
    home: tempfile::TempDir,
}

impl Table {
    fn set(seed: u64) -> Self {
        let patience = Duration::from_millis(100);
        let demo = Demo::start(Options { seed, tls: true, patience, ..Options::default() }).unwrap();
        let proxy = Proxy::before(&demo);
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("demo.pem"), demo.identity_pem()).unwrap();
        std::fs::write(home.path().join("authority.pem"), demo.tls_authority().unwrap()).unwrap();
        Self { demo, proxy, home }
    }

    fn run(&self, url: &str, args: &[&str]) -> Output {
        let below = |name: &str| -> std::path::PathBuf { Path::new(self.home.path()).join(name) };
        Command::new(env!("CARGO_BIN_EXE_icpulse"))
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", below("state"))
            .env("SSL_CERT_FILE", below("authority.pem"))
            .env("ICPULSE_IDENTITY", below("demo.pem"))
            .env("ICPULSE_NETWORK", url)
            .env("ICPULSE_ROOT_KEY", hex::encode(self.demo.root_key()))
            .output()
            .unwrap()
    }

    fn balance(&self) -> u64 {
        let output = self.run(&self.demo.url(), &["account", "balance", "--json"]);
        let balance: Value = serde_json::from_slice(&output.stdout).unwrap();
        balance["balance_e8s"].as_str().unwrap().parse().unwrap()
    }
}

#[test]
fn a_payment_whose_connection_ends_or_that_is_refused_after_passing_on_is_told_as_it_is() {
    let table = Table::set(31);
    let acts = [
        Act::Cut(Place::Before),
        Act::Cut(Place::Within),
        Act::Cut(Place::After),
        Act::Close(Place::Before),
        Act::Close(Place::Within),
        Act::Status(400),
        Act::Status(403),
        Act::Status(404),
        Act::Status(429),
        Act::Status(503),
        Act::Lose,
        Act::Refuse(403),
    ];
    for act in acts {
        let before = table.balance();
        // The first call is the payment.
        let seen = table.proxy.seen("/call").len();
        table.proxy.plan("/call", [act]);
        let output = table.run(&table.proxy.url(), &STAKE);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{act:?}: {complaint}");
        assert_eq!(table.proxy.seen("/call")[seen].act, act, "it was struck");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told["outcome"], "done", "{act:?}: {told}");
        assert!(told["transfer_block"].is_string(), "{act:?}: {told}");
        assert_eq!(before - table.balance(), PAID, "{act:?}: paid once");
    }
}

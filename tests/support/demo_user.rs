//! A demo network in this process, and the folders and the key of its user.

use crate::home::Home;
use icpulse::cli::args::Global;
use icpulse::cli::context::{Context, wall_clock};
use icpulse::config::{Config, Paths};
use icpulse_canisters::Client;
use icpulse_demo::{Demo, Options};
use icpulse_model::Account;
use icpulse_model::ledger::Transaction;
use icpulse_model::network::{Profile, RootKey, RootKeySource};
use icpulse_model::text::Line;
use icpulse_store::cache::{Cache, Loaded};
use icpulse_wallet::PrivateKey;
use std::process::{Command, Stdio};
use std::time::Duration;

pub struct DemoUser {
    pub demo: Demo,
    pub home: Home,
}

impl DemoUser {
    pub fn start(options: Options) -> Self {
        let (demo, home) = (Demo::start(options).unwrap(), Home::new());
        std::fs::write(home.path().join("demo.pem"), demo.identity_pem()).unwrap();
        Self { demo, home }
    }

    fn identity_file(&self) -> String {
        self.home.path().join("demo.pem").to_str().unwrap().to_owned()
    }

    pub fn signer(&self) -> PrivateKey {
        PrivateKey::from_pem_bytes(self.demo.identity_pem().as_bytes()).unwrap()
    }

    pub fn root_key(&self) -> RootKey {
        RootKey(self.demo.root_key())
    }

    pub fn account(&self) -> Account {
        Account::default_of(self.demo.identity())
    }

    pub fn profile(&self) -> Profile {
        let root_key = RootKeySource::Given(self.root_key());
        Profile { root_key, ..Profile::local("demo", &self.demo.url()) }
    }

    /// What the dashboard is opened with.
    pub fn context(&self, config: Config) -> Context {
        let global = Global {
            network: Some(self.demo.url()),
            root_key: Some(hex::encode(self.demo.root_key())),
            identity: Some(self.identity_file()),
            quiet: true,
            ..Global::default()
        };
        Context { global, paths: self.paths(), config, open_actions: Default::default() }
    }

    fn paths(&self) -> Paths {
        let home = &self.home;
        Paths { config_dir: home.config(), cache_dir: home.cache(), state_dir: home.state() }
    }

    /// The real program as the user, with the network at `url`.
    pub fn command(&self, url: &str, args: &[&str]) -> Command {
        let mut command = self.home.command(args);
        command
            .env("ICPULSE_NETWORK", url)
            .env("ICPULSE_ROOT_KEY", hex::encode(self.demo.root_key()))
            .env("ICPULSE_IDENTITY", self.identity_file())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// What the cache holds; waits for another user of it to close it.
    pub fn load_cache(&self) -> (Loaded, Vec<Line>) {
        let patience = Duration::from_secs(30);
        let opened = Cache::open(&self.home.cache(), &self.root_key(), patience, wall_clock()).unwrap();
        let loaded = icpulse_engine::sync::load_whole(&opened.cache, &self.demo.identity()).unwrap();
        (loaded, opened.notes)
    }
}

/// Every transaction of an account, newest first.
pub async fn read_transactions(client: &Client, account: Account) -> Vec<Transaction> {
    let (mut transactions, mut before) = (Vec::new(), None);
    loop {
        let page = client.transactions(account.identifier(), before, 500).await.unwrap();
        before = page.transactions.last().map(|t| t.block);
        transactions.extend(page.transactions);
        if page.next.is_none() || before.is_none() {
            return transactions;
        }
    }
}

//! Effects that choose, lock and unlock identities.

use super::{LiveServices, lock, to_line};
use crate::cli::context::{Context, wall_clock};
use crate::cli::open::{ActiveIdentity, idle_limit};
use crate::tui::app::layer::Level;
use crate::tui::app::state::IdentityChoice;
use crate::tui::app::{Message, Passphrase};
use icpulse_engine::sync::Network;
use icpulse_model::Principal;
use icpulse_model::text::Line;
use icpulse_model::world::Change;
use icpulse_wallet::Wallet;
use std::sync::Arc;

impl LiveServices {
    /// Another identity from now on, or the same one in another state.
    pub async fn set_identity(&self, who: ActiveIdentity) {
        let info = who.info();
        let network = self.0.client.as_ref().map(|client| {
            let open = client.with_signer(who.signer());
            if matches!(who, ActiveIdentity::Locked(_)) { Network::locked(open) } else { Network::from(open) }
        });
        *lock(&self.0.who) = who;
        self.0.who_changed.notify_one();
        self.0.sync.set_identity(info.clone(), network);
        self.send(Message::Change(Change::Signer(info))).await;
        self.send(Message::Identities(self.identities())).await;
    }

    pub(super) async fn lock(&self) {
        let name = self.signer_info().name.to_string();
        if let ActiveIdentity::Unlocked(unlocked) = &*lock(&self.0.who) {
            unlocked.lock();
        }
        let entry = find_wallet_entry(&self.0.context, &name);
        match entry {
            Some(entry) => self.set_identity(ActiveIdentity::Locked(Box::new(entry))).await,
            None => self.set_identity(ActiveIdentity::Anonymous).await,
        }
    }

    pub(super) async fn unlock(&self, name: String, passphrase: Passphrase) {
        let dir = self.0.context.paths.config_dir.clone();
        let idle = idle_limit(&self.0.context);
        // scrypt takes a good part of a second by design.
        let unlocked = tokio::task::spawn_blocking(move || {
            Wallet::open(&dir)?.unlock(&name, Some(passphrase.expose()), idle, Arc::new(wall_clock))
        })
        .await;
        match unlocked {
            Ok(Ok(unlocked)) => {
                let who = ActiveIdentity::Unlocked(unlocked);
                let info = who.info();
                self.set_identity(who).await;
                self.send(Message::Unlocked(Ok(info))).await;
                self.send_journal().await;
                self.follow_up_open().await;
            }
            Ok(Err(e)) => self.send(Message::Unlocked(Err(to_line(e)))).await,
            Err(_) => {
                self.send(Message::Unlocked(Err(Line::new("unlocking was interrupted; try again")))).await
            }
        }
    }

    pub(super) async fn use_identity(&self, name: String) {
        if name == "anonymous" {
            return self.set_identity(ActiveIdentity::Anonymous).await;
        }
        if let Some(guest) = self.0.guest.as_ref().filter(|g| g.name() == name) {
            return self.set_identity(ActiveIdentity::Unlocked(guest.clone())).await;
        }
        let opened = Wallet::open(&self.0.context.paths.config_dir).and_then(|wallet| {
            let entry = wallet.show(&name)?.clone();
            if wallet.needs_passphrase(&name)? {
                Ok(ActiveIdentity::Locked(Box::new(entry)))
            } else {
                wallet
                    .unlock(&name, None, idle_limit(&self.0.context), Arc::new(wall_clock))
                    .map(ActiveIdentity::Unlocked)
            }
        });
        match opened {
            Ok(who) => {
                self.set_identity(who).await;
                self.send_journal().await;
                self.follow_up_open().await;
            }
            Err(e) => self.send_notice(Level::Error, e).await,
        }
    }

    pub(super) fn identities(&self) -> Vec<IdentityChoice> {
        let present = self.signer_info();
        let mut choices = vec![IdentityChoice {
            name: "anonymous".to_owned(),
            kind: "anonymous".to_owned(),
            principal: Principal::anonymous(),
            locked: false,
        }];
        if let Some(guest) = &self.0.guest {
            let info = guest.info(wall_clock());
            choices.push(IdentityChoice {
                name: guest.name().to_owned(),
                kind: info.kind,
                principal: info.principal,
                locked: false,
            });
        }
        if let Ok(wallet) = Wallet::open(&self.0.context.paths.config_dir) {
            for entry in wallet.list() {
                let unlocked = present.principal == entry.principal && !present.locked;
                choices.push(IdentityChoice {
                    name: entry.name.clone(),
                    kind: entry.kind.describe().to_owned(),
                    principal: entry.principal,
                    locked: !unlocked && wallet.needs_passphrase(&entry.name).unwrap_or(true),
                });
            }
        }
        choices
    }
}

pub(super) fn find_wallet_entry(context: &Context, name: &str) -> Option<icpulse_wallet::Entry> {
    Wallet::open(&context.paths.config_dir).ok()?.show(name).ok().cloned()
}

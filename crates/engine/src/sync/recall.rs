//! What the cache remembers, asked for in between and off the reading task.

use super::engine::{Engine, Known};
use super::plan::Kind;
use super::publish::Part;
use super::registry::{Folded, Kept};
use super::source::Source;
use icpulse_model::ledger::Transaction;
use icpulse_model::proposal::ProposalBody;
use icpulse_model::text::Line;
use icpulse_model::world::{Trouble, default_accounts};
use icpulse_model::{Account, Neuron, NeuronId, Principal, ProposalId, Timestamp};
use icpulse_store::cache::{Cache, CacheError, IdentityPart, KeptRewards, OlderRows, Ranges};
use std::sync::Arc;

/// What the cache remembered when asked in between.
pub(super) enum Recalled {
    Body(ProposalId, Option<(ProposalBody, bool)>),
    Neuron(Principal, NeuronId, Option<Box<Neuron>>),
    Identity(Principal, IdentityPart),
    Transactions(Account, Vec<Transaction>, Ranges),
    Older(OlderRows),
    Registry(Kept),
    Folded(Box<Folded>),
    Rewards(KeptRewards),
    /// Versions of the registry that turned out to be damaged in the cache.
    RegistryLost(Ranges),
    Nothing,
}

impl<S: Source> Engine<S> {
    /// Starts watching the identity's accounts, with what the cache knows of them.
    pub(super) fn watch_accounts(&mut self) {
        self.accounts =
            default_accounts(&self.signer).into_iter().map(|account| (account, Known::default())).collect();
        for account in self.accounts.keys().copied().collect::<Vec<_>>() {
            self.recall_account(account);
        }
    }

    /// Puts an account's transactions of the cache into memory, as many as may be there.
    pub(super) fn recall_account(&mut self, account: Account) {
        let most = self.transactions_in_memory;
        let nothing = Recalled::Transactions(account, Vec::new(), Ranges::new());
        self.recall(
            move |cache| {
                // Reading them may take lost ones out of the ranges, so it comes first.
                let rows = cache.transactions(&account, None, most)?;
                Ok(Recalled::Transactions(account, rows, cache.transaction_ranges(&account)?))
            },
            nothing,
        );
    }

    /// Takes the settled proposals into memory that were left out for the sake of the first frame.
    pub(super) fn recall_older(&mut self) {
        let Some(older) = self.older.take() else { return };
        self.older_recalled = false;
        // Rows that cannot be had from the cache are read from the network.
        let lost = older.below().checked_sub(1).map(|last| 0..=last);
        let nothing = OlderRows { lost: lost.into_iter().collect(), ..OlderRows::default() };
        self.recall(move |cache| Ok(Recalled::Older(cache.load_older(older)?)), Recalled::Older(nothing));
    }

    fn older_rows(&mut self, older: OlderRows) {
        let OlderRows { rows, lost, notes } = older;
        self.older_recalled = true;
        self.read = self.read.difference(&lost);
        self.world.proposals = self.world.proposals.with_older(rows);
        self.publisher.changed(Part::Proposals);
        for note in notes {
            tracing::warn!(%note, "reading the cache");
            self.publisher.note(note);
        }
    }

    /// Asks the cache for something, off this task.
    pub(super) fn recall(
        &mut self,
        ask: impl FnOnce(&Cache) -> Result<Recalled, CacheError> + Send + 'static,
        nothing: Recalled,
    ) {
        match self.cache.clone() {
            Some(cache) => {
                self.recalls.spawn_blocking(move || ask(&cache).unwrap_or(nothing));
            }
            None => {
                self.recalls.spawn(std::future::ready(nothing));
            }
        }
    }

    pub(super) fn recalled(&mut self, recalled: Recalled) {
        let now = self.now();
        match recalled {
            Recalled::Body(id, found) => {
                let settled_now = self.world.proposals.get(id).is_some_and(|row| row.is_final());
                let enough = found.as_ref().is_some_and(|(_, settled)| *settled) && settled_now;
                let missing = found.is_none();
                if let Some((body, _)) = found {
                    self.publisher.body(Arc::new(body));
                }
                if self.want_body == Some(id) && !enough {
                    self.want(Kind::Body, &format!("read proposal {id}"), missing, now);
                }
            }
            Recalled::Neuron(who, id, found) if who == self.signer.principal => {
                let missing = found.is_none();
                if let Some(neuron) = found {
                    self.publisher.neuron(Arc::new(*neuron));
                }
                if self.want_neuron == Some(id) {
                    self.want(Kind::Neuron, &format!("read neuron {id}"), missing, now);
                }
            }
            Recalled::Identity(who, part) if who == self.signer.principal => self.recall_identity(part),
            Recalled::Transactions(account, rows, read) => {
                self.recall_transactions(&account, &rows, read, now)
            }
            Recalled::Older(older) => self.older_rows(older),
            Recalled::Registry(kept) => self.registry_recalled(kept),
            Recalled::Folded(folded) => self.registry_folded(*folded),
            Recalled::Rewards(kept) => self.recalled_rewards(kept, now),
            Recalled::RegistryLost(lost) => self.registry_lost(&lost),
            Recalled::Neuron(..) | Recalled::Identity(..) | Recalled::Nothing => {}
        }
    }

    /// Asks the network for something that somebody looks at, or says why that is impossible.
    fn want(&mut self, kind: Kind, attempted: &str, missing: bool, now: Timestamp) {
        if !self.options.offline {
            self.plan.request(kind, now);
        } else if missing {
            let trouble = Trouble {
                attempted: Line::new(attempted),
                why: Line::new("it is not in the cache, and the network is not asked while offline"),
                advice: Line::new("start icpulse without --offline"),
                since: now,
                retry_at: None,
                unverified: false,
            };
            self.troubles.note(kind, trouble);
        }
    }
}

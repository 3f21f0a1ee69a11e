//! Reading what belongs to the network, once or going on.

use super::{ListContext, list_meta, now};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, FailureKind};
use crate::cli::open::{IdentityNeed, OpenNetwork, open};
use crate::cli::output::{print_cache_age, print_note};
use crate::cli::tui::{Reading, start_reading_only, wait_ready};
use crate::cli::watcher::own_nodes_or_default;
use crate::datasets::NetworkList;
use icpulse_engine::sync::SyncHandle;
use icpulse_model::own_nodes::OwnNodes;
use icpulse_model::world::{Change, SyncStatus, Topicality, World};
use serde_json::Value;
use tokio::sync::mpsc;

/// The network, being read.
pub(super) struct Session {
    pub(super) opened: OpenNetwork,
    pub(super) sync: SyncHandle,
    pub(super) changes: mpsc::Receiver<Change>,
    /// As the cache had it.
    pub(super) world: World,
    pub(super) mine: OwnNodes,
}

/// A network after reading.
pub(super) struct ReadNetwork {
    pub(super) opened: OpenNetwork,
    pub(super) sync: SyncHandle,
    pub(super) world: World,
    status: SyncStatus,
    mine: OwnNodes,
}

impl Session {
    /// Opens the network and starts reading; `history` also what takes long.
    pub(super) async fn open(context: &Context, history: bool) -> Result<Self, Failure> {
        let mut opened = open(context, IdentityNeed::Nobody).await?;
        if context.global.offline {
            opened.check_cache_is_shared()?;
        }
        let Reading { sync, changes, loaded, .. } =
            start_reading_only(context, &mut opened, history, Some(Topicality::Network));
        opened.print_cache_notes(context);
        for text in loaded.notes {
            print_note(&context.global, text);
        }
        Ok(Self { opened, sync, changes, world: loaded.world, mine: own_nodes_or_default(context) })
    }

    /// Waits until everything was tried once.
    pub(super) async fn read_once(self, context: &Context) -> Result<ReadNetwork, Failure> {
        self.read_until(context, false).await
    }

    /// Waits until everything was tried once that a list tells.
    pub(super) async fn read_for(
        self,
        context: &Context,
        list: &NetworkList,
    ) -> Result<ReadNetwork, Failure> {
        self.read_until(context, list.shows_rewards).await
    }

    async fn read_until(self, context: &Context, earnings: bool) -> Result<ReadNetwork, Failure> {
        let Self { opened, sync, mut changes, world, mine } = self;
        // Nobody takes the changes one by one here: they only must not pile up.
        let drain = tokio::spawn(async move { while changes.recv().await.is_some() {} });
        if earnings {
            sync.show(Topicality::Network);
        }
        let silent = wait_ready(&sync, !world.topology.is_empty()).await;
        // Day by day, once: from then on they are in the cache.
        if earnings && !context.global.offline && silent.is_none() {
            sync.idle().await;
        }
        let (world, mut status) = sync.world().await.unwrap_or((world, SyncStatus::default()));
        status.trouble = status.trouble.or(silent);
        drain.abort();
        let read = ReadNetwork { opened, sync, world, status, mine };
        read.check_registry(context)?;
        Ok(read)
    }
}

impl ReadNetwork {
    /// Nothing known is no answer.
    fn check_registry(&self, context: &Context) -> Result<(), Failure> {
        if !self.world.topology.is_empty() {
            return Ok(());
        }
        Err(match &self.status.trouble {
            Some(trouble) => Failure::new(FailureKind::Network, trouble),
            None if context.global.offline => Failure::not_cached("the registry of this network is"),
            None => Failure::new(FailureKind::Network, "the registry could not be read; try again"),
        })
    }

    pub(super) fn list_context(&self) -> ListContext<'_> {
        ListContext::new(&self.world, &self.mine, now())
    }

    pub(super) fn list_meta(&self, count: usize) -> Value {
        list_meta(&self.opened.profile.name, &self.world, count)
    }

    /// Ends the reading, prints, and says what went wrong meanwhile.
    pub(super) async fn finish(
        self,
        context: &Context,
        print: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let printed = print();
        self.sync.shutdown().await;
        self.opened.print_cache_notes(context);
        printed?;
        let read_at = self.world.topology.evidence.map(|evidence| evidence.at);
        print_cache_age(&context.global, read_at, now());
        if let Some(why) = &self.world.fleet.report_failure {
            print_note(
                &context.global,
                format!("statuses and names of the public dashboard are not current: {why}"),
            );
        }
        match &self.status.trouble {
            // What was printed is what the cache knew: a script must be able to tell.
            Some(trouble) if self.status.last_success.is_none() && !context.global.offline => {
                Err(Failure::new(FailureKind::Network, trouble))
            }
            Some(trouble) => {
                print_note(&context.global, trouble);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

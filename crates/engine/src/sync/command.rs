//! What the screens and the command line ask of the reading task.

use super::engine::Engine;
use super::feeds;
use super::persist::Writer;
use super::query::Network;
use super::{Command, merge};
use icpulse_model::act::SignerInfo;
use icpulse_model::text::Line;
use icpulse_model::world::{Neurons, Topicality, World};
use icpulse_model::{Seconds, Timestamp};
use icpulse_store::cache::{Cache, IdentityPart};
use std::sync::Arc;
use tokio::task::JoinSet;

impl Engine {
    pub(super) fn obey(&mut self, command: Command) {
        let now = self.now();
        match command {
            Command::Refresh(topic) => {
                self.plan.refresh(topic, now);
                self.refresh_members(topic, now);
            }
            Command::Show(topic) => {
                self.recall_older();
                self.plan.show(topic, now);
                if topic == Topicality::Network {
                    self.recall_registry();
                    self.want_network(now);
                } else {
                    // Nobody looks at what failed there any more; what is unproven stays told.
                    self.troubles.remove_quiet();
                }
            }
            Command::WatchNodes(watch) => self.watch_nodes(watch, now),
            Command::Pause(paused) => self.plan.pause(paused),
            Command::Proposal(id) => self.open_proposal(id),
            Command::Neuron(id) => self.open_neuron(id),
            Command::Identity(signer, network) => self.change_identity(signer, network, now),
            Command::Touched(touched) => {
                for feed in feeds::all().iter().filter(|feed| feed.touched && touched.contains(&feed.topic)) {
                    self.plan.request(feed, now);
                    // The node asked next may be a little behind the one that executed the change.
                    self.plan.request_at(feed, now.plus(Seconds(4)));
                }
            }
            Command::Older(account) => self.recall_more_transactions(account),
            Command::Idle(answer) => {
                self.recall_older();
                self.idle.push(answer);
            }
            Command::Ready(answer) => self.ready.push(answer),
            Command::World(answer) => {
                self.put_pending(now);
                self.refresh_status();
                let _ = answer.send((self.world.clone(), self.status.clone()));
            }
            Command::TopologyAt(moment, answer) => self.topology_at(moment, answer),
            Command::EventsBefore(before, most, answer) => self.events_before(before, most, answer),
            // Answered where the loop ends.
            Command::Shutdown(_) => {}
        }
    }

    /// The network began anew under the same root key, as a replica on this machine does: nothing that was read
    /// before is of this one. The cache is set aside, and all is read again.
    pub(super) fn begin_anew(&mut self, why: &str, now: Timestamp) {
        let memory = Arc::new(Cache::in_memory());
        let kept = match self.cache.replace(Arc::clone(&memory)).filter(|cache| cache.is_durable()) {
            None => "",
            Some(cache) => match cache.set_aside_at_next_start(&format!("the network began anew: {why}")) {
                Ok(()) => "; the cache is set aside at the next start, and until then nothing is saved",
                Err(error) => {
                    tracing::warn!(%error, "the cache could not be set aside");
                    "; the cache could not be set aside, and nothing is saved"
                }
            },
        };
        let note = format!("this network began anew ({why}): everything is read again{kept}");
        tracing::warn!(note, "began anew");
        self.publisher.note(Line::new(&note));
        // What is being written belongs to the past, and ends by itself.
        let writer = std::mem::replace(&mut self.writer, Writer::start(Some(memory)));
        tokio::task::spawn_blocking(move || drop(writer));
        if !kept.is_empty() {
            self.status.cache_note = Some(Line::new("not saved: this network began anew"));
        }
        self.jobs = JoinSet::new();
        self.parts.clear();
        self.shards = JoinSet::new();
        self.recalls = JoinSet::new();
        self.forget_rounds();
        self.plan.begin_anew(now);
        self.troubles.clear();
        self.status.cached_at = None;
        self.feeds.begin_anew(&self.options, now);
        self.world = World { neurons_known: self.signer.is_anonymous(), ..World::default() };
        self.publisher.replace_all();
        self.watch_accounts();
    }

    /// Another identity reads, or the same one through another connection.
    fn change_identity(&mut self, signer: SignerInfo, network: Option<Network>, now: Timestamp) {
        let same = signer.principal == self.signer.principal;
        // Never through a connection that signs as somebody else.
        if network.is_some() || !same {
            self.network = network;
        }
        if same {
            self.signer = signer;
            self.plan.retry_failed(now);
            return;
        }
        self.save(now);
        self.signer = signer;
        // Dropping the set ends what runs: no answer to the former identity arrives any more.
        self.jobs = JoinSet::new();
        self.parts.clear();
        self.plan.identity_changed(self.signer.is_anonymous(), now);
        self.troubles.clear();
        self.forget_reader();
        self.watch_accounts();
        let who = self.signer.principal;
        self.recall(
            move |cache| cache.load_identity(&who).map(Some),
            None,
            move |engine, part| {
                if let Some(part) = part.filter(|_| engine.signer.principal == who) {
                    engine.put_identity(part);
                }
            },
        );
    }

    /// Nothing of the identity that read until now stays: no ballot, neuron or account.
    fn forget_reader(&mut self) {
        self.world.proposals = merge::without_ballots(&self.world.proposals);
        self.world.neurons = Neurons::default();
        self.world.neurons_known = self.signer.is_anonymous();
        self.world.accounts = Arc::default();
        self.feeds.proposals.ballots_read = false;
        self.feeds.proposals.confirmed.clear();
        self.publisher.replace_all();
    }

    /// What the cache knows of the identity that reads now, where the network has not answered yet.
    fn put_identity(&mut self, part: IdentityPart) {
        if !self.feeds.proposals.ballots_read {
            self.world.proposals = merge::with_ballots(&self.world.proposals, part.ballots);
        }
        if !self.world.neurons_known {
            self.world.neurons = part.neurons;
            self.world.neurons_known = part.neurons_known;
        }
        let mut states = self.world.accounts.as_ref().clone();
        for state in part.accounts {
            if states.iter().all(|known| known.account != state.account) {
                states.push(state);
            }
        }
        self.world.accounts = Arc::new(states);
        self.publisher.replace_all();
    }
}

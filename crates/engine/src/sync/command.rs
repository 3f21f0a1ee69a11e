//! What the screens and the command line ask of the reading task.

use super::Command;
use super::engine::Engine;
use super::plan::Kind;
use super::recall::Recalled;
use super::source::Source;
use icpulse_model::act::SignerInfo;
use icpulse_model::world::Topicality;
use icpulse_model::{AccountIdentifier, Seconds, Timestamp};
use tokio::task::JoinSet;

impl<S: Source> Engine<S> {
    pub(super) fn obey(&mut self, command: Command<S>) {
        let now = self.now();
        match command {
            Command::Refresh(topicality) => {
                self.plan.refresh(topicality, now);
                if matches!(topicality, Topicality::All | Topicality::Network) {
                    self.net.samples.refresh(now);
                    self.net.sights.refresh(now);
                }
            }
            Command::Show(topicality) => {
                self.recall_older();
                self.plan.show(topicality, now);
                if topicality == Topicality::Network {
                    self.recall_registry();
                    self.want_network(now);
                } else {
                    // Nobody looks at what failed there any more; what is unproven stays told.
                    self.troubles.leave_network();
                }
            }
            Command::WatchNodes(watch) => {
                self.net.watching = watch;
                if watch {
                    self.want_network(now);
                }
            }
            Command::Pause(paused) => self.plan.pause(paused),
            Command::Proposal(id) => {
                self.want_body = Some(id);
                self.troubles.over(Kind::Body);
                self.recall(move |cache| Ok(Recalled::Body(id, cache.body(id)?)), Recalled::Body(id, None));
            }
            Command::Neuron(id) => {
                self.want_neuron = Some(id);
                self.troubles.over(Kind::Neuron);
                let who = self.signer.principal;
                self.recall(
                    move |cache| Ok(Recalled::Neuron(who, id, cache.neuron(&who, id)?.map(Box::new))),
                    Recalled::Neuron(who, id, None),
                );
            }
            Command::Identity(signer, source) => self.identify(signer, source, now),
            Command::Touched(kinds) => {
                for kind in kinds {
                    self.plan.request(kind, now);
                    // The node asked next may be a little behind the one that executed the change.
                    self.plan.request_at(kind, now.plus(Seconds(4)));
                }
            }
            Command::Older(identifier) => {
                let asked = self.accounts.keys().copied().find(|account| {
                    AccountIdentifier::new(&account.owner, &account.subaccount) == identifier
                });
                if let Some(account) = asked {
                    self.transactions_in_memory =
                        self.transactions_in_memory.saturating_add(self.options.transactions_in_memory);
                    self.recall_account(account);
                }
            }
            Command::Idle(answer) => {
                self.recall_older();
                self.idle.push(answer);
            }
            Command::Ready(answer) => self.ready.push(answer),
            Command::World(answer) => {
                self.fold(now, true);
                self.refresh_status();
                let _ = answer.send((self.world.clone(), self.status.clone()));
            }
            Command::TopologyAt(moment, answer) => self.topology_at(moment, answer),
            Command::EventsBefore(before, most, answer) => self.events_before(before, most, answer),
            // Answered where the loop ends.
            Command::Shutdown(_) => {}
        }
    }

    /// Another identity reads, or the same one through another connection.
    fn identify(&mut self, signer: SignerInfo, source: Option<S>, now: Timestamp) {
        let same = signer.principal == self.signer.principal;
        // Never through a connection that signs as somebody else.
        if source.is_some() || !same {
            self.source = source;
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
        self.registry.parts.clear();
        self.plan.identity_changed(self.signer.is_anonymous(), now);
        self.troubles.clear();
        self.fold(now, true);
        self.forget_reader();
        self.watch_accounts();
        let who = self.signer.principal;
        self.recall(move |cache| Ok(Recalled::Identity(who, cache.load_identity(&who)?)), Recalled::Nothing);
    }
}

//! Learning what became of a request whose answer was lost: from the network's record of the
//! request, and where that is gone, from the state it would have changed. Both are read with
//! certificates only.

use super::network::{Network, SignedRequest};
use super::outcome::{self, Outcome};
use super::run::Run;
use super::steps::{Kind, StakeFacts, stake_account};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use icpulse_canisters::governance::calls::Target;
use icpulse_ic::{CallStatus, IcError};
use icpulse_model::act::StepState;
use icpulse_model::text::Line;
use icpulse_model::{Neuron, NeuronId, ProposalId, Seconds, Subaccount, Timestamp, Vote};

/// Failed questions after which asking is given up for now.
const PATIENCE: u32 = 4;
/// Questions in all: at ten seconds each, some minutes beyond any request's life.
const QUESTIONS: u32 = 90;

/// A request that was signed and whose outcome is looked for.
pub(super) struct Request {
    /// Its id.
    pub id: String,
    /// The network's certified time when it was signed.
    pub signed_at: Option<Timestamp>,
    /// When it expires. Without it nothing can be concluded from silence.
    pub expires: Option<Timestamp>,
}

impl Request {
    pub(super) fn of(signed: &impl SignedRequest) -> Self {
        let (signed_at, expires) = (Some(signed.signed_at()), Some(signed.expires()));
        Self { id: signed.request_id().to_owned(), signed_at, expires }
    }
}

impl<N: Network> Run<'_, N> {
    /// Learns how these requests ended, several at the same time. What cannot be learnt is
    /// `mark`ed as unknown, or left as it stands.
    pub(super) async fn learn_all(&self, open: Vec<(usize, Request)>, mark: bool) {
        let mut rest = open.into_iter();
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < self.options.in_flight.max(1) {
                let Some((i, request)) = rest.next() else { break };
                under_way.push(async move { (i, self.learn(i, &request).await, request.id) });
            }
            let Some((i, learnt, id)) = under_way.next().await else { break };
            match (learnt, self.kinds.get(i)) {
                (Some(outcome), _) => self.set(i, outcome),
                (None, Some(kind)) if mark => self.set(i, outcome::unknown(kind, &id).into()),
                (None, _) => {}
            }
        }
    }

    /// How a request ended, if that can be learnt; waits until it has ended or cannot happen any more.
    async fn learn(&self, i: usize, request: &Request) -> Option<Outcome> {
        let request_id = request.id.as_str();
        let expires = request.expires.unwrap_or(Timestamp(u64::MAX));
        let signed_at = request.signed_at.unwrap_or_default();
        let kind = self.kinds.get(i)?;
        let canister = self.state().steps.get(i)?.call.canister;
        let mut failures = 0;
        let mut wait = Seconds(1);
        for _ in 0..QUESTIONS {
            match self.network.follow(request_id, canister).await {
                Ok(CallStatus::Replied { bytes, certified_at }) => {
                    return Some(outcome::replied(kind, request_id, &bytes, certified_at));
                }
                Ok(CallStatus::Rejected { code, error_code, message, .. }) => {
                    return Some(outcome::rejected(kind, request_id, code, error_code.as_ref(), &message));
                }
                Ok(CallStatus::Done { .. }) => return self.probe(i, expires).await,
                Ok(status @ CallStatus::Unknown { certified_at }) => {
                    if status.never_happened(signed_at, expires) {
                        return Some(outcome::never_happened().into());
                    }
                    if certified_at > expires {
                        return self.probe(i, expires).await;
                    }
                    failures = 0;
                }
                Ok(CallStatus::Processing) => failures = 0,
                Err(error) => {
                    failures += 1;
                    if failures >= PATIENCE || !error.is_retryable() {
                        return self.probe(i, expires).await;
                    }
                }
            }
            self.network.pause(wait).await;
            wait = Seconds(wait.0.saturating_mul(2).min(10));
        }
        self.probe(i, expires).await
    }

    /// Looks at the state that step `i` would have changed. `None` if that proves nothing.
    async fn probe(&self, i: usize, expires: Timestamp) -> Option<Outcome> {
        match self.kinds.get(i)? {
            Kind::Vote { proposal, neuron, vote } => {
                self.probe_ballot(*proposal, *neuron, *vote, expires).await
            }
            Kind::Transfer => self.probe_transfer(expires).await,
            Kind::Claim => self.probe_claim(expires).await,
            Kind::Delay { target, .. } => {
                self.probe_neuron(self.new_neuron()?, expires, |n| n.dissolve_delay >= *target).await
            }
            Kind::AutoStake => {
                self.probe_neuron(self.new_neuron()?, expires, |n| n.auto_stake_maturity).await
            }
            Kind::Follow { neuron, topic, followees } => {
                let follows = |n: &Neuron| {
                    let now = n.followees.iter().find(|(t, _)| t == topic).map_or(&[][..], |(_, f)| f);
                    now == followees
                };
                let target = match neuron {
                    Some(id) => Target::Id(*id),
                    None => self.new_neuron()?,
                };
                self.probe_neuron(target, expires, follows).await
            }
            Kind::Refresh(id) => {
                let since = self.state().confirmed;
                let is_fresh = |n: &Neuron| n.refreshed.is_some_and(|r| r.secs() >= since.secs());
                self.probe_neuron(Target::Id(*id), expires, is_fresh).await
            }
        }
    }

    async fn probe_ballot(
        &self,
        id: ProposalId,
        neuron: NeuronId,
        wanted: Vote,
        expires: Timestamp,
    ) -> Option<Outcome> {
        let proposal = self.network.certified_proposal(id).await.ok()??;
        let ballot = proposal.ballots.iter().find(|b| b.neuron == neuron)?;
        match ballot.vote {
            Vote::Unspecified => did_not_happen(proposal.evidence.at, expires),
            mark if mark == wanted => Some(found("the ballot is cast")),
            mark => Some(
                StepState::Refused {
                    code: "already voted".to_owned(),
                    message: line!("the ballot is cast {}; it cannot be changed", mark.title()),
                }
                .into(),
            ),
        }
    }

    /// Whether the stake has arrived on the neuron's account, which nothing else pays into: its
    /// subaccount comes from a random nonce.
    async fn probe_transfer(&self, expires: Timestamp) -> Option<Outcome> {
        let (signer, facts) = {
            let execution = self.state();
            (execution.signer, StakeFacts::of(&execution)?)
        };
        let account = stake_account(self.network.canisters(), &signer, facts.nonce);
        let balance = self.network.certified_balance(account).await.ok()?;
        let transactions =
            self.network.certified_transactions(account.identifier()).await.unwrap_or_default();
        let block = transactions
            .iter()
            .find(|t| t.memo == facts.nonce && t.created_at == Some(facts.created_at))
            .map(|t| t.block);
        if block.is_some() || balance.value >= facts.amount {
            let mut outcome = found("the stake is on the neuron's account");
            outcome.block = block;
            return Some(outcome);
        }
        did_not_happen(balance.evidence.at, expires)
    }

    async fn probe_claim(&self, expires: Timestamp) -> Option<Outcome> {
        match self.network.certified_neuron(self.new_neuron()?).await {
            Ok(neuron) => {
                let mut outcome = found("the neuron is there");
                outcome.neuron = Some(neuron.id);
                Some(outcome)
            }
            // The certificate of that answer is younger than the request's expiry only if another
            // reading is: a balance of the account says when.
            Err(IcError::NotFound { .. }) => {
                let (signer, facts) = {
                    let execution = self.state();
                    (execution.signer, StakeFacts::of(&execution)?)
                };
                let account = stake_account(self.network.canisters(), &signer, facts.nonce);
                let before = self.network.certified_balance(account).await.ok()?.evidence.at;
                if before <= expires {
                    return None;
                }
                match self.network.certified_neuron(self.new_neuron()?).await {
                    Err(IcError::NotFound { .. }) => did_not_happen(before, expires),
                    _ => None,
                }
            }
            Err(_) => None,
        }
    }

    /// The neuron of a stake, by the subaccount that holds it.
    fn new_neuron(&self) -> Option<Target> {
        let execution = self.state();
        Some(Target::StakedAt(Subaccount::neuron_stake(&execution.signer, execution.nonce?)))
    }

    async fn probe_neuron(
        &self,
        target: Target,
        expires: Timestamp,
        wanted: impl Fn(&Neuron) -> bool,
    ) -> Option<Outcome> {
        let neuron = self.network.certified_neuron(target).await.ok()?;
        if wanted(&neuron) {
            return Some(found("the neuron is as wanted"));
        }
        did_not_happen(neuron.evidence.at, expires)
    }
}

/// The wanted state is there, although the answer was lost.
fn found(what: &str) -> Outcome {
    StepState::AlreadyDone { note: line!("{what} (the answer itself was lost)") }.into()
}

/// A state without the change, certified after the request's expiry, shows that it never came.
fn did_not_happen(certified_at: Timestamp, expires: Timestamp) -> Option<Outcome> {
    (certified_at > expires).then(|| {
        let message = Line::new("it did not happen before its time passed; try again");
        StepState::NotSent { message }.into()
    })
}

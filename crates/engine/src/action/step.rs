//! What the runner knows of a step: its call, how to read the answer, and how to find out from proof
//! alone whether it happened.

use super::network::Network;
use super::outcome::StepOutcome;
use icpulse_canisters::governance::calls::Target;
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::act::{PlannedCall, StepState};
use icpulse_model::evidence::Sourced;
use icpulse_model::ledger::Transaction;
use icpulse_model::network::Canisters;
use icpulse_model::text::Line;
use icpulse_model::{
    Account, AccountIdentifier, E8s, Neuron, NeuronKey, Proposal, ProposalKey, Seconds, Timestamp,
};
use serde_json::Value;

/// One step of an operation. All of it follows from its arguments, so that a plan, a retry and a
/// recovery after a crash sign the same bytes.
pub(super) trait Step: std::fmt::Debug + Send + Sync {
    /// Its name in the journal. An operation's kinds of steps have different names.
    fn kind(&self) -> &'static str;

    /// Its arguments as the journal keeps them.
    fn args(&self) -> Value;

    /// The call, exactly as it is signed.
    fn prepare_call(&self, canisters: &Canisters) -> Result<PreparedCall, IcError>;

    /// The call in words.
    fn description(&self, canisters: &Canisters) -> StepDescription;

    /// Whether it moves money: then no other payment of the signer may be unproven.
    fn moves_money(&self) -> bool {
        false
    }

    /// Why the steps after it cannot be done while it is not done; `None` if they can.
    fn needed_because(&self) -> Option<&'static str> {
        None
    }

    /// What to do while its outcome is unknown.
    fn advice(&self) -> &'static str;

    /// Reads the canister's certified answer.
    fn read_reply(&self, reply: &Reply<'_>) -> StepOutcome;

    /// What is read to find out whether it happened.
    fn proof_readings(&self, canisters: &Canisters) -> Vec<Reading>;

    /// Whether it happened, as far as these readings prove it.
    fn judge_readings(&self, found: &Readings) -> Verdict;

    /// Whether an answer that it was done before is checked against [`Step::proof`].
    fn doubts_done_before(&self) -> bool {
        false
    }

    /// What is read before it is signed, and before it is reviewed anew.
    fn guard_readings(&self) -> Vec<Reading> {
        Vec::new()
    }

    /// Whether it may be signed, judged by what [`Step::guard`] read; if not, how it ends.
    fn check_guard(&self, found: &Readings, now: Timestamp) -> Result<(), StepState> {
        let _ = (found, now);
        Ok(())
    }

    /// Adapts its arguments to what [`Step::guard`] read, before it is reviewed anew.
    fn adjust_to(&mut self, found: &Readings) {
        let _ = found;
    }
}

/// Gives a step that can be serialised its name and its arguments.
macro_rules! step_identity {
    ($kind:expr) => {
        fn kind(&self) -> &'static str {
            $kind
        }

        fn args(&self) -> serde_json::Value {
            serde_json::to_value(self).unwrap_or_default()
        }
    };
}
pub(super) use step_identity;

/// A kind of step as the journal finds it again.
#[derive(Debug)]
pub(super) struct StepKind {
    pub name: &'static str,
    /// Reads its arguments.
    pub read: fn(&Value) -> Option<Box<dyn Step>>,
}

impl StepKind {
    /// The kind `name`, which is read as `T`.
    pub(super) const fn for_type<T: Step + serde::de::DeserializeOwned + 'static>(
        name: &'static str,
    ) -> Self {
        Self { name, read: |args| Some(Box::new(T::deserialize(args).ok()?)) }
    }
}

/// A step's call in words.
#[derive(Debug)]
pub(super) struct StepDescription {
    /// The method, with the command where there is one.
    pub method: String,
    pub summary: Line,
    /// The arguments, in order.
    pub arguments: Vec<(&'static str, Line)>,
    /// Which neuron it is about.
    pub neuron: Option<NeuronKey>,
    /// Which proposal it is about.
    pub proposal: Option<ProposalKey>,
}

impl StepDescription {
    pub(super) fn new(method: &str, summary: Line, arguments: Vec<(&'static str, Line)>) -> Self {
        Self { method: method.to_owned(), summary, arguments, neuron: None, proposal: None }
    }
}

/// A step's call as its review shows it.
pub(super) fn describe_call(step: &dyn Step, canisters: &Canisters) -> Result<PlannedCall, IcError> {
    let call = step.prepare_call(canisters)?;
    let words = step.description(canisters);
    Ok(PlannedCall {
        canister: call.canister,
        canister_name: canisters.name(&call.canister).unwrap_or("canister").to_owned(),
        method: words.method,
        summary: words.summary,
        arguments: words.arguments.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        arg_digest: call.arg_digest(),
        neuron: words.neuron,
        proposal: words.proposal,
    })
}

/// A canister's certified answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply<'a> {
    pub request_id: &'a str,
    /// Candid.
    pub bytes: &'a [u8],
    /// The certificate's time.
    pub certified_at: Timestamp,
}

/// Something that is read with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A balance on the ICP ledger.
    Balance(Account),
    /// The latest transactions of an account, where the network has an index.
    Transactions(AccountIdentifier),
    /// A neuron of the signer.
    Neuron(Target),
    /// A proposal with the signer's ballots.
    Proposal(ProposalKey),
}

#[derive(Debug)]
enum FoundState {
    Balance(Sourced<E8s>),
    Transactions(Vec<Transaction>),
    Neuron(Box<Neuron>),
    Proposal(Option<Box<Proposal>>),
}

/// What was read, in the order in which it was asked for.
#[derive(Debug, Default)]
pub(super) struct Readings(Vec<Result<FoundState, IcError>>);

impl Readings {
    /// Makes these readings one after the other.
    pub(super) async fn read_all(network: &impl Network, wanted: &[Reading]) -> Self {
        let mut found = Vec::with_capacity(wanted.len());
        for reading in wanted {
            found.push(match reading {
                Reading::Balance(account) => {
                    network.certified_balance(*account).await.map(FoundState::Balance)
                }
                Reading::Transactions(account) => {
                    network.certified_transactions(*account).await.map(FoundState::Transactions)
                }
                Reading::Neuron(target) => {
                    network.certified_neuron(*target).await.map(|n| FoundState::Neuron(Box::new(n)))
                }
                Reading::Proposal(id) => {
                    network.certified_proposal(*id).await.map(|p| FoundState::Proposal(p.map(Box::new)))
                }
            });
        }
        Self(found)
    }

    /// As [`Readings::read`]; some more times while the network cannot be reached.
    pub(super) async fn read_with_retries(network: &impl Network, wanted: &[Reading]) -> Self {
        let mut tries = 0;
        loop {
            let found = Self::read_all(network, wanted).await;
            if tries == 3 || !found.error().is_some_and(IcError::is_retryable) {
                return found;
            }
            tries += 1;
            network.wait_for(Seconds(1)).await;
        }
    }

    fn find<'a, T: 'a>(&'a self, pick: impl FnMut(&'a FoundState) -> Option<T>) -> Option<T> {
        self.0.iter().filter_map(|f| f.as_ref().ok()).find_map(pick)
    }

    pub(super) fn balance(&self) -> Option<&Sourced<E8s>> {
        self.find(|f| if let FoundState::Balance(balance) = f { Some(balance) } else { None })
    }

    pub(super) fn transactions(&self) -> &[Transaction] {
        self.find(|f| if let FoundState::Transactions(all) = f { Some(all.as_slice()) } else { None })
            .unwrap_or_default()
    }

    pub(super) fn neuron(&self) -> Option<&Neuron> {
        self.find(|f| if let FoundState::Neuron(neuron) = f { Some(&**neuron) } else { None })
    }

    /// Judges a command by the neuron: whether it has the state that the command makes.
    pub(super) fn judge_neuron(&self, is_done: impl FnOnce(&Neuron) -> bool) -> Verdict {
        match self.neuron() {
            Some(neuron) if is_done(neuron) => Verdict::found("the neuron has the requested settings"),
            Some(neuron) => Verdict::NotUntil(neuron.evidence.at),
            None => Verdict::Nothing,
        }
    }

    pub(super) fn proposal(&self) -> Option<&Proposal> {
        self.find(|f| if let FoundState::Proposal(proposal) = f { proposal.as_deref() } else { None })
    }

    /// Whether something that was asked for is proven not to exist.
    pub(super) fn is_missing(&self) -> bool {
        self.0.iter().any(|f| matches!(f, Err(IcError::NotFound { .. })))
    }

    /// Why something could not be read.
    pub(super) fn error(&self) -> Option<&IcError> {
        self.0.iter().find_map(|f| f.as_ref().err()).filter(|e| !matches!(e, IcError::NotFound { .. }))
    }
}

/// What readings prove of a step.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It happened, or the wanted state is there.
    Happened(StepOutcome),
    /// It was refused, or something else happened in its place.
    Refused(StepState),
    /// At this time it had not happened.
    NotUntil(Timestamp),
    Nothing,
}

impl Verdict {
    /// The wanted state is there, although the answer was lost.
    pub(super) fn found(what: &str) -> Self {
        Self::Happened(StepState::AlreadyDone { note: line!("{what} (the answer itself was lost)") }.into())
    }
}

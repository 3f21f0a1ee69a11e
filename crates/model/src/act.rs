//! Actions: intent, review and execution.
//!
//! An [`Intent`] becomes a [`Review`] (the plan, shown before anything is signed), and, once confirmed,
//! an [`Execution`] of steps whose [`StepState`]s are reported and kept in the journal.

use super::account::AccountIdentifier;
use super::governance::NeuronKey;
use super::governance::ProposalKey;
use super::network::NetworkTrust;
use super::text::Line;
use super::{E8s, Principal, Seconds, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Lifetime of a review; after that the world may have changed.
pub const REVIEW_LIFETIME: Seconds = Seconds(300);

/// An operation by its id, with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The operation's id: `neuron.stake`.
    pub op: String,
    /// Its arguments by name, a JSON object.
    pub args: Value,
}

impl Intent {
    /// The operation `op` with these arguments.
    pub fn new(op: &str, args: &impl Serialize) -> Self {
        Self { op: op.to_owned(), args: serde_json::to_value(args).unwrap_or_default() }
    }

    /// The arguments, or a part of them.
    ///
    /// # Errors
    /// If one is missing or of another form.
    pub fn parse_args<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.args)
    }
}

/// Names one plan from its review to its last step, and its journal entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlanId(#[serde(with = "hex::serde")] pub [u8; 16]);

impl std::fmt::Debug for PlanId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::fmt::Display for PlanId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The required confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmation {
    /// One deliberate key.
    Enter,
    /// Typing this word, for money that moves and for what cannot be undone.
    Type(String),
}

/// One call that will be signed, in words and exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCall {
    pub canister: Principal,
    /// Its name in the field: `governance`, `ICP ledger`.
    pub canister_name: String,
    /// The method, with the command where there is one: `manage_neuron · RegisterVote`.
    pub method: String,
    /// One line: `vote YES on 140812 with neuron 123…`.
    pub summary: Line,
    /// The arguments in words, in order.
    pub arguments: Vec<(String, Line)>,
    /// SHA-256 of the exact argument bytes, hexadecimal. Never empty: every argument is fixed when
    /// the review is made.
    pub arg_digest: String,
    /// The neuron it is about.
    pub neuron: Option<NeuronKey>,
    /// The proposal it is about.
    pub proposal: Option<ProposalKey>,
}

/// Everything a person must see before signing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Names the plan.
    pub plan: PlanId,
    /// The question.
    pub intent: Intent,
    /// One sentence: `Vote YES on 140812 "…" with 12 neurons (49,112 V)`.
    pub title: Line,
    /// The signer.
    pub signer: Principal,
    /// The identity's name.
    pub signer_name: Line,
    pub network: Line,
    /// True if that is the Internet Computer, and which canisters are not its own.
    #[serde(default)]
    pub trust: NetworkTrust,
    /// The calls, in order; calls of one `Vote` run at the same time.
    pub calls: Vec<PlannedCall>,
    /// Total debit of the account, fees included; zero for none.
    pub total_cost: E8s,
    /// The part of it that is fees.
    pub fees: E8s,
    /// Changes by the action, simulated or computed.
    pub effects: Vec<Line>,
    /// Effects that cannot be undone.
    pub irreversible: Vec<Line>,
    /// Warnings (already voted, low balance, clock off …).
    pub warnings: Vec<Line>,
    /// Set when it cannot be done: nothing can be confirmed then.
    pub blocked: Option<Line>,
    /// The confirmation.
    pub confirmation: Confirmation,
    /// When the review was made.
    pub made: Timestamp,
}

impl Review {
    /// Blocks it for one more reason.
    pub fn add_obstacle(&mut self, obstacle: Option<Line>) {
        self.blocked = match (self.blocked.take(), obstacle) {
            (Some(reason), Some(obstacle)) => Some(Line::new(&format!("{reason}; {obstacle}"))),
            (reason, obstacle) => reason.or(obstacle),
        };
    }

    /// When it can no longer be confirmed.
    pub fn expires(&self) -> Timestamp {
        self.made.plus(REVIEW_LIFETIME)
    }

    /// True if it can no longer be confirmed.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires()
    }
}

/// Where one call stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Signed and sent, followed by its request id (hexadecimal).
    Submitted { request_id: String },
    /// The network's certificate says it happened.
    Done {
        /// The canister's answer, in words.
        note: Line,
        /// The certificate's time.
        certified_at: Timestamp,
    },
    /// The wanted state was there before: as good as done (voted by a following cascade).
    AlreadyDone {
        /// In words.
        note: Line,
    },
    /// The canister or the network refused it for good: it did not happen.
    Refused {
        /// `governance error 11`, `reject code 4`.
        code: String,
        /// The error and the advice.
        message: Line,
    },
    /// The canister refused it for now (the neuron is locked, a limit is reached): it did not
    /// happen, and the same call may succeed later.
    RefusedForNow {
        /// `governance error 13`.
        code: String,
        /// The error and the advice.
        message: Line,
    },
    /// It was not sent, so it did not happen; it can be tried again.
    NotSent {
        /// Why, and what to do.
        message: Line,
    },
    /// Sent, but the outcome could not be learnt: it may have happened.
    Unknown {
        /// Request id to follow it up with.
        request_id: String,
        /// Advice.
        message: Line,
    },
    /// A state that this version does not know: it may have happened.
    #[serde(untagged)]
    Unrecognized(Value),
}

/// One call and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The of the operation's kinds of steps it is: `transfer`.
    pub kind: String,
    /// Arguments of its call, fixed when the review was made.
    pub args: Value,
    /// Its call moves money.
    #[serde(default)]
    pub moves_money: bool,
    /// The steps after it cannot be done without it.
    #[serde(default)]
    pub required: bool,
    /// The call as shown in the review.
    pub call: PlannedCall,
    /// Where it stands.
    pub state: StepState,
    /// When the last request signed for it expires: after this time of the network it cannot
    /// happen any more unless it happened before. `None` while nothing was signed.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// The network's certified time when that request was signed: it did not happen before.
    #[serde(default)]
    pub signed_at: Option<Timestamp>,
}

impl Step {
    /// A call that has not begun.
    pub fn new(kind: &str, args: Value, call: PlannedCall) -> Self {
        Self {
            kind: kind.to_owned(),
            args,
            moves_money: false,
            required: false,
            call,
            state: StepState::Waiting,
            expires: None,
            signed_at: None,
        }
    }
}

/// A plan under way or finished, as reported and as kept in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    pub plan: PlanId,
    /// The question.
    pub intent: Intent,
    /// The review's title.
    pub title: Line,
    /// The signer.
    pub signer: Principal,
    /// Its steps, in the order of the review.
    pub steps: Vec<Step>,
    /// A neuron that came of it.
    pub created_neuron: Option<NeuronKey>,
    /// The ledger's block of its transfer, once it is certain.
    pub transfer_block: Option<u64>,
    /// When it was confirmed.
    pub confirmed: Timestamp,
    /// When the last step ended.
    pub finished: Option<Timestamp>,
    /// When its user decided to leave it as it is.
    #[serde(default)]
    pub dismissed: Option<Timestamp>,
    /// Number of writes of its document: a copy with a smaller number is out of date.
    #[serde(default)]
    pub revision: u64,
}

/// State of an account that is needed to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignerInfo {
    /// The identity's name; `anonymous` for none.
    pub name: Line,
    pub principal: Principal,
    /// Its default account on the ICP ledger.
    pub account: AccountIdentifier,
    /// `keystore`, `PEM file`, `demo`, `anonymous`.
    pub kind: String,
    /// Until when it is unlocked; `None` when it needs no unlocking.
    pub unlocked_until: Option<Timestamp>,
    /// It must be unlocked before it can sign.
    pub locked: bool,
}

impl SignerInfo {
    /// Nobody: read-only.
    pub fn anonymous() -> Self {
        let principal = Principal::anonymous();
        Self {
            name: Line::new("anonymous"),
            principal,
            account: AccountIdentifier::new(&principal, &super::account::Subaccount::DEFAULT),
            kind: "anonymous".to_owned(),
            unlocked_until: None,
            locked: false,
        }
    }

    /// True if it can sign at all.
    pub fn is_anonymous(&self) -> bool {
        self.principal == Principal::anonymous()
    }
}

impl StepState {
    /// Nothing more will happen by itself.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Submitted { .. })
    }

    /// The wanted state is there.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::AlreadyDone { .. })
    }

    /// It may be tried again on its own without risk of happening twice.
    pub fn can_retry(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::RefusedForNow { .. } | Self::NotSent { .. })
    }

    /// It was signed and may have been sent, and its outcome is not proven.
    pub fn is_unproven(&self) -> bool {
        matches!(self, Self::Submitted { .. } | Self::Unknown { .. } | Self::Unrecognized(_))
    }
}

impl Execution {
    /// All steps have ended.
    pub fn is_finished(&self) -> bool {
        self.steps.iter().all(|s| s.state.is_final())
    }

    /// The overall ending; the least certain step decides.
    pub fn ending(&self) -> Ending {
        let any = |fits: fn(&StepState) -> bool| self.steps.iter().any(|s| fits(&s.state));
        if any(|s| matches!(s, StepState::Unknown { .. } | StepState::Unrecognized(_))) {
            Ending::Unknown
        } else if any(|s| !s.is_final()) {
            Ending::UnderWay
        } else if any(|s| matches!(s, StepState::Refused { .. } | StepState::RefusedForNow { .. })) {
            Ending::Refused
        } else if any(|s| matches!(s, StepState::NotSent { .. })) {
            if any(StepState::is_done) { Ending::PartlyDone } else { Ending::NotSent }
        } else {
            Ending::Done
        }
    }

    /// True if something is left to learn or to do: a step whose outcome is not proven, one that
    /// has not begun, or a step after a payment. Nothing is open once its user has dismissed it.
    pub fn is_open(&self) -> bool {
        let undecided = |s: &Step| !s.state.is_final() || s.state.is_unproven();
        self.dismissed.is_none() && (self.steps.iter().any(undecided) || self.is_paid_and_unfinished())
    }

    /// True if money was moved and a later step is still to be done. Nothing is to be done any more
    /// after a required step was refused for good.
    pub fn is_paid_and_unfinished(&self) -> bool {
        let is_refused = |s: &Step| matches!(s.state, StepState::Refused { .. });
        let Some(paid) = self.steps.iter().position(|s| s.moves_money && s.state.is_done()) else {
            return false;
        };
        let later = self.steps.get(paid + 1..).unwrap_or_default();
        !later.iter().any(|s| s.required && is_refused(s))
            && later.iter().any(|s| !s.state.is_done() && !is_refused(s))
    }

    /// True if money may have left the account: a payment that is under way or unproven.
    pub fn may_have_paid(&self) -> bool {
        self.dismissed.is_none() && self.steps.iter().any(|s| s.moves_money && s.state.is_unproven())
    }

    /// The steps that certainly did not happen or have not begun, and may be signed anew; those
    /// refused for good are not among them.
    pub fn steps_left(&self) -> Vec<usize> {
        let refused = |s: &Step| matches!(s.state, StepState::Refused { .. });
        let left = |s: &Step| s.state == StepState::Waiting || s.state.can_retry() && !refused(s);
        self.steps.iter().enumerate().filter(|(_, s)| left(s)).map(|(i, _)| i).collect()
    }

    /// Whether the user may dismiss it: something is open, or some step did not succeed.
    pub fn can_dismiss(&self) -> bool {
        self.dismissed.is_none() && (self.is_open() || self.ending() != Ending::Done)
    }

    /// Of each proposal that steps are about, the greatest number first: how many of them are done, and all.
    pub fn steps_by_proposal(&self) -> Vec<(ProposalKey, usize, usize)> {
        let mut counts: BTreeMap<std::cmp::Reverse<ProposalKey>, (usize, usize)> = BTreeMap::new();
        for step in &self.steps {
            if let Some(proposal) = step.call.proposal {
                let (done, all) = counts.entry(std::cmp::Reverse(proposal)).or_default();
                *done += usize::from(step.state.is_done());
                *all += 1;
            }
        }
        counts.into_iter().map(|(proposal, (done, all))| (proposal.0, done, all)).collect()
    }

    /// Number of steps that reached the wanted state.
    pub fn count_done(&self) -> usize {
        self.steps.iter().filter(|s| s.state.is_done()).count()
    }

    /// Steps that ended without the wanted state.
    pub fn failed_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|s| s.state.is_final() && !s.state.is_done())
    }
}

/// Overall ending of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every step reached the wanted state.
    Done,
    /// Some step was refused, and nothing is open.
    Refused,
    /// Nothing happened, and nothing is open.
    NotSent,
    /// Some steps reached the wanted state and others certainly did not happen.
    PartlyDone,
    /// Some step has not ended.
    UnderWay,
    /// True if some step happened could not be learnt.
    Unknown,
}

impl Ending {
    /// Its stable name in machine output.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::NotSent => "not_sent",
            Self::PartlyDone => "partly_done",
            Self::UnderWay => "unfinished",
            Self::Unknown => "unknown",
        }
    }
}

/// True if a document of the journal is the one its signer's icpulse wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticity {
    /// Its MAC fits the key of its signer.
    Authentic,
    /// Its MAC does not fit, or it names another network or action than its place does.
    Altered,
    /// It is another identity's, or its signer is locked: the MAC cannot be checked.
    Unchecked,
}

impl Authenticity {
    /// Its stable name in machine output.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Authentic => "authentic",
            Self::Altered => "altered",
            Self::Unchecked => "unchecked",
        }
    }
}

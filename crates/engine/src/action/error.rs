//! Why an action cannot begin.

use icpulse_model::text::Line;
use icpulse_model::{Principal, Seconds};

/// Why a plan cannot be made, confirmed or run. What goes wrong while it runs stands in its steps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// The review is too old to be what the world is like.
    #[error("the review is {} old; reviews are valid for {}: make it again", age.words(), icpulse_model::act::REVIEW_LIFETIME.words())]
    Expired { age: Seconds },
    /// Another identity is active than the one the review named.
    #[error(
        "the review was for {planned}, but {active} would sign: nothing was signed; make the review again"
    )]
    SignerChanged {
        /// Who was to sign.
        planned: Principal,
        /// Who would.
        active: Principal,
    },
    /// There is no such plan: used, discarded, or of another run of the program.
    #[error("this review was confirmed or discarded already; make the review again")]
    NoSuchPlan,
    /// The review said that it cannot be done.
    #[error("this cannot be done: {0}")]
    Blocked(Line),
    /// The argument of a call cannot be written.
    #[error("cannot prepare the calls: {0}")]
    Prepare(Line),
    /// The same action is being carried out or followed up right now, here or in another instance.
    #[error("this action is under way, here or in another icpulse; wait until it has ended")]
    UnderWay,
    #[error(
        "none of these steps can be tried again: done ones stand, and those of unknown outcome must be followed up first"
    )]
    NothingToRetry,
    /// Another run of the same action may be under way, which only the journal tells.
    #[error("{0}; nothing was sent")]
    Journal(#[from] icpulse_store::journal::JournalError),
    /// The journal has a newer state of the action than the one that was to be worked on.
    #[error(
        "this action has moved on, here or in another icpulse; look at it again (A, or `icpulse journal list`)"
    )]
    Changed,
    /// What the rest of an action needs could not be read with proof.
    #[error("cannot prepare the rest of this action: {0}")]
    Unread(Line),
    /// A journal entry whose operation or steps this version does not know.
    #[error(
        "the journal entry does not fit this version of icpulse; check your neurons and transactions before repeating it"
    )]
    Unfit,
}

impl ActionError {
    /// The arguments of an operation cannot be read.
    pub(super) fn unfit_arguments(error: serde_json::Error) -> Self {
        Self::Prepare(line!("the operation's arguments: {error}"))
    }
}

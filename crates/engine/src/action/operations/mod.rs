//! The operations, a file each. A new one is a file and a line in [`LIST`].

mod confirm_following;
mod follow;
mod neuron;
mod set_visibility;
mod stake;
mod transfer;
mod vote;

pub use confirm_following::{CONFIRM_FOLLOWING, ConfirmFollowing};
pub use follow::{FOLLOW, Follow};
pub use set_visibility::{SET_VISIBILITY, SetVisibility};
pub use stake::{STAKE, Stake};
#[cfg(test)]
pub(super) use vote::CastBallot;
pub use vote::{CastVotes, VOTE, find_vote_refusal};

use super::operation::{Condition, Operation};

/// All of them, in the order of help and documentation.
pub static LIST: &[&Operation] = &[&VOTE, &STAKE, &CONFIRM_FOLLOWING, &FOLLOW, &SET_VISIBILITY];

/// The operation that mends a condition.
pub fn find_remedy(condition: Condition) -> Option<&'static Operation> {
    LIST.iter().find(|operation| operation.mends == Some(condition)).copied()
}

pub fn find_operation(id: &str) -> Option<&'static Operation> {
    LIST.iter().find(|operation| operation.id == id).copied()
}

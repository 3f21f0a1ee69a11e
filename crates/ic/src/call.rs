//! Changes: signed, submitted, and followed to an outcome that a certificate proves.
//!
//! A change is prepared (its exact bytes are known and can be shown), signed (its request id is
//! known and can be journaled), and only then submitted. Submitting the same signed call again is
//! harmless: it has the same id, and the network carries it out at most once (interface
//! specification, §Request: Call).

use icpulse_model::text::Line;
use icpulse_model::{Principal, Seconds, Timestamp};
use sha2::{Digest, Sha256};

/// A change, exactly as it will be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedCall {
    pub canister: Principal,
    pub method: &'static str,
    /// The argument, Candid.
    pub arg: Vec<u8>,
    /// The canister whose subnet takes the call; the same one except for the management canister.
    pub effective: Principal,
}

impl PreparedCall {
    /// SHA-256 of the argument in hexadecimal, for reviews.
    pub fn arg_digest(&self) -> String {
        hex::encode(Sha256::digest(&self.arg))
    }
}

/// A signed change that has not necessarily been sent.
#[derive(Clone)]
pub struct SignedCall {
    /// Its request id, hexadecimal: names it for good.
    pub request_id: String,
    /// The network's certified time when it was signed: it did not happen before.
    pub signed_at: Timestamp,
    /// After this time of the network it cannot happen any more unless it happened before.
    pub expires: Timestamp,
    pub canister: Principal,
    pub method: String,
    /// The canister whose subnet takes the call.
    pub effective: Principal,
    /// Who signed.
    pub sender: Principal,
    pub(super) envelope: Vec<u8>,
}

impl std::fmt::Debug for SignedCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedCall")
            .field("request_id", &self.request_id)
            .field("method", &self.method)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// How a submitted change ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallReply {
    /// The canister answered; a certificate proves it.
    Replied {
        /// The answer, Candid.
        bytes: Vec<u8>,
        certified_at: Timestamp,
    },
    /// A certificate proves that it was rejected: the canister's state is as if it had not been
    /// sent. What a single node or a gateway says of a rejection is no outcome.
    Rejected {
        /// Reject code, see [`crate::IcError::Rejected`].
        code: u64,
        /// The replica's own code, such as `IC0503`.
        error_code: Option<Line>,
        message: Line,
        certified_at: Timestamp,
    },
    /// It expired and a certificate proves that it never happened.
    Expired { certified_at: Timestamp },
    /// It was sent, but its outcome could not be learnt: it may have happened.
    Unknown { why: Line },
}

/// What the network says of a request now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallStatus {
    /// The canister answered.
    Replied {
        /// The answer, Candid.
        bytes: Vec<u8>,
        certified_at: Timestamp,
    },
    Rejected {
        code: u64,
        /// The replica's own code.
        error_code: Option<Line>,
        message: Line,
        certified_at: Timestamp,
    },
    /// It is known and under way.
    Processing,
    /// It came to an end, but the network has forgotten how.
    Done { certified_at: Timestamp },
    /// The network does not know it: not yet, not any more, or never. See [`CallStatus::never_happened`].
    Unknown { certified_at: Timestamp },
}

/// How long the network certainly knows what became of a request: an outcome is removed five minutes
/// after it came (dfinity/ic, `IngressHistoryState::insert`); a few seconds are left for the blocks
/// in between.
const REMEMBERED: Seconds = Seconds(295);

impl CallStatus {
    /// Whether this proves that a request never happened and never will: the network does not know
    /// it after its expiry, and so soon after it was signed that it cannot have forgotten it.
    pub fn never_happened(&self, signed_at: Timestamp, expires: Timestamp) -> bool {
        match self {
            Self::Unknown { certified_at } => {
                *certified_at > expires && *certified_at < signed_at.plus(REMEMBERED)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_proves_that_nothing_happened_only_between_expiry_and_forgetting() {
        let signed = Timestamp::from_secs(10_000);
        let expires = signed.plus(Seconds(240));
        let unknown = |after| CallStatus::Unknown { certified_at: signed.plus(Seconds(after)) };
        assert!(!unknown(239).never_happened(signed, expires), "it may still happen");
        assert!(!unknown(240).never_happened(signed, expires));
        assert!(unknown(241).never_happened(signed, expires));
        assert!(unknown(294).never_happened(signed, expires));
        assert!(
            !unknown(295).never_happened(signed, expires),
            "it may have happened at once and be forgotten"
        );
        assert!(!CallStatus::Processing.never_happened(signed, expires));
        let done = CallStatus::Done { certified_at: signed.plus(Seconds(245)) };
        assert!(!done.never_happened(signed, expires));
    }

    #[test]
    fn what_was_signed_is_not_shown() {
        let call = SignedCall {
            request_id: "ab".repeat(32),
            signed_at: Timestamp(0),
            expires: Timestamp(0),
            canister: Principal::anonymous(),
            method: "transfer".to_owned(),
            effective: Principal::anonymous(),
            sender: Principal::anonymous(),
            envelope: b"secret-looking bytes".to_vec(),
        };
        assert!(!format!("{call:?}").contains("115"), "no byte of the envelope");
    }
}

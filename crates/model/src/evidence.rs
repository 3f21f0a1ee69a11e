//! Where a value comes from and how old it is.

use super::{Principal, Seconds, Timestamp};
use serde::{Deserialize, Serialize};

/// Mark behind an unproven figure, status or name, on screens and in texts.
pub const UNVERIFIED_MARK: &str = "?";

/// The mark's explanation, in a line.
pub const UNVERIFIED_LEGEND: &str =
    "? unverified: the word of the public dashboard, or of a boundary node about itself";

/// Proof of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// From a public web service, or not verified for another reason: never passed off as on-chain fact.
    Unverified,
    /// A query reply signed by one node of the subnet, whose key was certified.
    NodeSigned,
    /// Part of a certificate of the subnet, verified up to the root key.
    Certified,
}

/// Proof and time of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its proof.
    pub proof: Proof,
    /// The network's time of the reading: the certificate's `/time` or the node signature's timestamp.
    pub at: Timestamp,
    /// The node that signed, where one did.
    pub node: Option<Principal>,
}

impl Evidence {
    /// Read from a certificate of that time.
    pub fn certified(at: Timestamp) -> Self {
        Self { proof: Proof::Certified, at, node: None }
    }

    /// Read from a query reply with verified node signature.
    pub fn signed(at: Timestamp, node: Option<Principal>) -> Self {
        Self { proof: Proof::NodeSigned, at, node }
    }

    pub fn age(&self, now: Timestamp) -> Seconds {
        now.since(self.at)
    }
}

/// A value with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sourced<T> {
    pub value: T,
    /// Where it comes from.
    pub evidence: Evidence,
}

impl<T> Sourced<T> {
    /// Joins a value to its evidence.
    pub fn new(value: T, evidence: Evidence) -> Self {
        Self { value, evidence }
    }
}

impl Proof {
    /// One word for screens and machine output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::NodeSigned => "signed",
            Self::Certified => "certified",
        }
    }
}

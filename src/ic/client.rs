//! The connection to a network.

use crate::ic::call::{CallReply, CallStatus, PreparedCall, SignedCall};
use crate::ic::error::IcError;
use crate::ic::governance::unfinished;
use crate::model::network::{Canisters, Profile, RootKey};
use crate::model::{Principal, Timestamp};
use ic_agent::Identity;
use std::sync::Arc;

/// A connection to a network with an identity. Cloning is cheap; clones share everything.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    principal: Principal,
}

struct Shared {
    profile: Profile,
    root_key: RootKey,
}

impl Client {
    /// Connects: makes the pool of connections and settles the root key. Only
    /// [`crate::model::network::RootKeySource::Fetch`] asks the network for anything, and only on
    /// this machine.
    ///
    /// # Errors
    /// [`IcError::Invalid`] for an unusable profile, [`IcError::Identity`] for an identity without
    /// principal, and network errors when the root key is fetched.
    pub async fn connect(profile: &Profile, identity: Arc<dyn Identity>) -> Result<Self, IcError> {
        let _ = (profile, identity);
        Err(unfinished())
    }

    /// The same connection with another identity.
    ///
    /// # Errors
    /// [`IcError::Identity`] for an identity without principal.
    pub fn with_identity(&self, identity: Arc<dyn Identity>) -> Result<Self, IcError> {
        let _ = identity;
        Err(unfinished())
    }

    /// The root key everything is verified against.
    #[must_use]
    pub fn root_key(&self) -> &RootKey {
        &self.shared.root_key
    }

    /// The network's profile.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.shared.profile
    }

    /// The identity's principal.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// The network's canisters.
    #[must_use]
    pub fn canisters(&self) -> &Canisters {
        &self.shared.profile.canisters
    }

    /// The newest verified time seen of the network.
    #[must_use]
    pub fn network_time(&self) -> Option<Timestamp> {
        None
    }

    /// Network time minus this machine's time in seconds, as last seen in a verified answer.
    #[must_use]
    pub fn clock_offset(&self) -> i64 {
        0
    }

    /// Requests under way.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        0
    }

    /// How many requests may be under way at present; less than the profile's after the network
    /// asked for fewer.
    #[must_use]
    pub fn allowed_in_flight(&self) -> usize {
        0
    }

    /// Signs a change. Nothing is sent: its request id can be written down first.
    ///
    /// # Errors
    /// [`IcError::Identity`] if the identity cannot sign (locked, anonymous).
    pub fn sign(&self, call: &PreparedCall) -> Result<SignedCall, IcError> {
        let _ = call;
        Err(unfinished())
    }

    /// Submits a signed change and follows it to its outcome. Safe to repeat with the same call.
    ///
    /// # Errors
    /// Only when it is certain that the network did not accept it: it did not happen, and may be
    /// signed and sent anew. An outcome that could not be learnt is [`CallReply::Unknown`].
    pub async fn submit(&self, call: &SignedCall) -> Result<CallReply, IcError> {
        let _ = call;
        Err(unfinished())
    }

    /// Asks what became of a request of this identity, now (for recovery after a restart).
    ///
    /// # Errors
    /// See [`IcError`]; HTTP 403 means that another identity signed it.
    pub async fn follow(&self, request_id: &str, canister: Principal) -> Result<CallStatus, IcError> {
        let _ = (request_id, canister);
        Err(unfinished())
    }
}

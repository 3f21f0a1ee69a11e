//! The connection with the canisters' methods.

use ic_agent::Identity;
use icpulse_ic::{Connection, IcError, RetryPolicy};
use icpulse_model::network::Profile;
use std::ops::Deref;
use std::sync::Arc;

/// A connection to a network that knows its canisters. Cloning is cheap, see [`Connection`].
#[derive(Clone, Debug)]
pub struct Client(Connection);

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// As [`Connection::connect`].
    pub async fn connect(profile: &Profile, identity: Arc<dyn Identity>) -> Result<Self, IcError> {
        Connection::connect(profile, identity).await.map(Self)
    }

    /// Connects with other pauses between attempts.
    ///
    /// # Errors
    /// As [`Connection::connect`].
    pub async fn connect_with(
        profile: &Profile,
        identity: Arc<dyn Identity>,
        retry: RetryPolicy,
    ) -> Result<Self, IcError> {
        Connection::connect_with(profile, identity, retry).await.map(Self)
    }

    /// The same connection with another identity.
    ///
    /// # Errors
    /// As [`Connection::with_identity`].
    pub fn with_identity(&self, identity: Arc<dyn Identity>) -> Result<Self, IcError> {
        self.0.with_identity(identity).map(Self)
    }

    /// The same connection, whose readings are proven by certificates, see [`Connection::certified`].
    #[must_use]
    pub fn certified(&self) -> Self {
        Self(self.0.certified())
    }
}

impl Deref for Client {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

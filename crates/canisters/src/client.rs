//! The connection with the canisters' methods.

use icpulse_ic::{Connection, IcError, RetryPolicy, Signer};
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
    pub async fn connect(profile: &Profile, signer: Arc<dyn Signer>) -> Result<Self, IcError> {
        Connection::connect(profile, signer).await.map(Self)
    }

    /// Connects with other pauses between attempts.
    ///
    /// # Errors
    /// As [`Connection::connect`].
    pub async fn connect_with(
        profile: &Profile,
        signer: Arc<dyn Signer>,
        retry: RetryPolicy,
    ) -> Result<Self, IcError> {
        Connection::connect_with(profile, signer, retry).await.map(Self)
    }

    /// The same connection with another signer.
    pub fn with_signer(&self, signer: Arc<dyn Signer>) -> Self {
        Self(self.0.with_signer(signer))
    }

    /// The same connection, whose readings are proven by certificates, see [`Connection::certified`].
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

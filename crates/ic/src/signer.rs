//! Signing requests: what a [`Connection`](crate::Connection) needs of an identity.
//!
//! A connection builds each request itself and hands its bytes to a [`Signer`]. A signer may take
//! as long as it needs (a device waits for a person's touch): it holds up only the request it
//! signs. Dropping the future of that request cancels the signing.

use crate::error::IcError;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
pub use ic_transport_types::SignedDelegation;
use ic_transport_types::{Envelope, EnvelopeContent};
use icpulse_model::text::Line;
use icpulse_model::{Principal, Timestamp};
use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A call: it changes the network.
    Call,
    /// A query or the status of a request: it changes nothing.
    Read,
}

#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The exact bytes, domain separator included.
    pub bytes: &'a [u8],
    pub purpose: Purpose,
    /// In words, for devices that show what they sign.
    pub shown: &'a Line,
}

/// Properties of a signer that decide how it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Queries are signed as well; otherwise they are made anonymously.
    pub signs_queries: bool,
    /// Each signature waits for a person.
    pub needs_touch: bool,
    /// After this time it cannot sign (a delegated session).
    pub expires: Option<Timestamp>,
}

impl Capabilities {
    /// A key in memory: signs everything, at once, without limit.
    pub const IN_MEMORY: Self = Self { signs_queries: true, needs_touch: false, expires: None };
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key was forgotten; a passphrase brings it back.
    #[error("identity '{0}' is locked: unlock it and try again")]
    Locked(Line),
    /// A person refused.
    #[error("signing was cancelled")]
    Cancelled,
    /// The key or the device could not sign.
    #[error("{0}")]
    Failed(Line),
}

/// Signs requests of one principal.
pub trait Signer: Send + Sync {
    /// Whose requests it signs.
    fn principal(&self) -> Principal;

    /// The DER public key the principal is derived from; `None` for the anonymous principal, whose
    /// requests carry no signature.
    fn public_key(&self) -> Option<Vec<u8>>;

    /// The delegations from [`Signer::public_key`] to the key that signs.
    fn delegation(&self) -> Option<Vec<SignedDelegation>> {
        None
    }

    /// The kind of identity, in a word or two ("keystore", "PEM file").
    fn describe(&self) -> String;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Signs a message.
    fn sign<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Result<Vec<u8>, SignError>>;
}

/// The anonymous principal: reads, and signs nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anonymous;

impl Signer for Anonymous {
    fn principal(&self) -> Principal {
        Principal::anonymous()
    }

    fn public_key(&self) -> Option<Vec<u8>> {
        None
    }

    fn describe(&self) -> String {
        "anonymous".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::IN_MEMORY
    }

    fn sign<'a>(&'a self, _: Message<'a>) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
        let error = SignError::Failed(Line::new("the anonymous principal has no key"));
        std::future::ready(Err(error)).boxed()
    }
}

/// The CBOR of a request with its signature, as the HTTP interface takes it.
///
/// # Errors
/// [`IcError::Identity`] if it could not be signed.
pub(crate) async fn sign_envelope(
    signer: &dyn Signer,
    what: &Line,
    content: &EnvelopeContent,
) -> Result<Vec<u8>, IcError> {
    let sender_pubkey = signer.public_key();
    let sender_sig = if sender_pubkey.is_some() {
        let purpose = match content {
            EnvelopeContent::Call { .. } => Purpose::Call,
            EnvelopeContent::Query { .. } | EnvelopeContent::ReadState { .. } => Purpose::Read,
        };
        let bytes = content.to_request_id().signable();
        let signed = signer.sign(Message { bytes: &bytes, purpose, shown: what }).await;
        Some(signed.map_err(|e| IcError::Identity { what: what.clone(), why: Line::new(&e.to_string()) })?)
    } else {
        None
    };
    let sender_delegation = sender_sig.as_ref().and_then(|_| signer.delegation());
    let content = Cow::Borrowed(content);
    Ok(Envelope { content, sender_pubkey, sender_sig, sender_delegation }.encode_bytes())
}

#[cfg(test)]
pub(crate) mod tests;

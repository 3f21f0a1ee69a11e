//! What the network answers: an HTTP status and a body.

use super::canister::Reject;
use super::certificate::cbor;
use super::envelope::EnvelopeError;
use super::hash::Value;
use super::keys::NodeKey;
use super::paths::Refusal;
use super::subnet::{NodeSignature, sign_reply};
use icpulse_model::Timestamp;
use serde::Serialize;
use serde_bytes::{ByteBuf, Bytes};

/// An answer before it is given to HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status; 0 for none, see [`Answer::cut`].
    pub status: u16,
    pub content: Content,
    pub body: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Text,
    /// CBOR, as the interface of the replicas has it.
    Cbor,
    Json,
}

impl Content {
    /// As in the header `Content-Type`.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Cbor => "application/cbor",
            Self::Json => "application/json",
        }
    }
}

/// The same, but for a bit.
fn altered(outcome: &Result<Vec<u8>, Reject>) -> Result<Vec<u8>, Reject> {
    match outcome.clone() {
        Ok(mut arg) => {
            match arg.last_mut() {
                Some(last) => *last ^= 1,
                None => arg.push(0),
            }
            Ok(arg)
        }
        Err(mut reject) => {
            reject.message.push('!');
            Err(reject)
        }
    }
}

#[derive(Serialize)]
struct Status<'a> {
    root_key: &'a Bytes,
    replica_health_status: &'static str,
}

#[derive(Serialize)]
struct Reply<'a> {
    arg: &'a Bytes,
}

#[derive(Serialize)]
struct Replied<'a> {
    status: &'static str,
    reply: Reply<'a>,
    signatures: Vec<NodeSignature>,
}

#[derive(Serialize)]
struct Rejected<'a> {
    status: &'static str,
    error_code: &'static str,
    reject_code: u64,
    reject_message: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    signatures: Vec<NodeSignature>,
}

#[derive(Serialize)]
struct CallReplied {
    status: &'static str,
    certificate: ByteBuf,
}

#[derive(Serialize)]
struct ReadStateReply {
    certificate: ByteBuf,
}

impl Answer {
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        Self { status, content: Content::Text, body: text.into().into_bytes() }
    }

    fn cbor<T: Serialize>(value: &T) -> Self {
        Self { status: 200, content: Content::Cbor, body: cbor(value) }
    }

    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self { status, content: Content::Json, body: value.to_string().into_bytes() }
    }

    /// No answer: the connection is cut after its head.
    pub fn cut() -> Self {
        Self { status: 0, content: Content::Text, body: Vec::new() }
    }

    /// 202: taken in; ask for the status later.
    pub fn accepted() -> Self {
        Self::text(202, "")
    }

    /// 202 for a synchronous call that was waited for in vain.
    pub(crate) fn not_in_time() -> Self {
        Self::text(
            202,
            "Message did not complete execution and certification within the replica defined timeout.",
        )
    }

    pub fn status(root_key: &[u8]) -> Self {
        Self::cbor(&Status { root_key: Bytes::new(root_key), replica_health_status: "healthy" })
    }

    /// A query's outcome, signed by a node, and changed after that if it is altered.
    pub fn query(
        node: Option<&NodeKey>,
        now: Timestamp,
        request: &[u8; 32],
        outcome: &Result<Vec<u8>, Reject>,
        is_altered: bool,
    ) -> Self {
        let told = if is_altered { altered(outcome) } else { outcome.clone() };
        match outcome {
            Ok(arg) => {
                let fields = vec![
                    ("status", Value::Text("replied")),
                    ("reply", Value::Map(vec![("arg", Value::Blob(arg))])),
                ];
                Self::cbor(&Replied {
                    status: "replied",
                    reply: Reply { arg: Bytes::new(told.as_ref().unwrap_or(arg)) },
                    signatures: sign_reply(node, now, request, fields),
                })
            }
            Err(reject) => {
                let fields = vec![
                    ("status", Value::Text("rejected")),
                    ("reject_code", Value::Nat(reject.code)),
                    ("reject_message", Value::Text(&reject.message)),
                    ("error_code", Value::Text(reject.error_code)),
                ];
                Self::cbor(&Rejected {
                    status: "rejected",
                    error_code: reject.error_code,
                    reject_code: reject.code,
                    reject_message: told.as_ref().err().map_or("", |told| &told.message),
                    signatures: sign_reply(node, now, request, fields),
                })
            }
        }
    }

    /// A call refused by the node that was asked, without the subnet's agreement.
    pub(crate) fn non_replicated(reject: &Reject) -> Self {
        Self::cbor(&Rejected {
            status: "non_replicated_rejection",
            error_code: reject.error_code,
            reject_code: reject.code,
            reject_message: &reject.message,
            signatures: Vec::new(),
        })
    }

    pub fn call(certificate: Vec<u8>) -> Self {
        Self::cbor(&CallReplied { status: "replied", certificate: ByteBuf::from(certificate) })
    }

    pub fn read_state(certificate: Vec<u8>) -> Self {
        Self::cbor(&ReadStateReply { certificate: ByteBuf::from(certificate) })
    }
}

impl From<EnvelopeError> for Answer {
    fn from(error: EnvelopeError) -> Self {
        Self::text(400, error.to_string())
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::text(refusal.status, refusal.text)
    }
}

//! Signing, submitting and following changes: the methods of [`Connection`] that change the network.

use super::agent_error::translate_error;
use super::client::Connection;
use super::signer::sign_envelope;
use crate::call::{CallReply, CallStatus, PreparedCall, SignedCall};
use crate::certificate;
use crate::error::IcError;
use ic_agent::RequestId;
use ic_certification::Label;
use ic_transport_types::{CallResponse, EnvelopeContent, RequestStatusResponse};
use icpulse_model::network::LONGEST_CALL_LIFE;
use icpulse_model::text::Line;
use icpulse_model::{Principal, Seconds, Timestamp};
use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// The first pause between two questions about a request under way; it grows to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// How long after its expiry a request is still asked about, so that a certificate can prove that
/// it never happened.
const AFTER_EXPIRY: Duration = Duration::from_secs(45);

/// A signed question that expires sooner is signed anew.
const QUESTION_MARGIN: Seconds = Seconds(30);

/// The number of times a call that was certainly not sent is sent again before that is reported.
const SEND_ATTEMPTS: u32 = 4;

/// The outcome of handing a call to the network once.
enum Submission {
    /// Its outcome is known.
    Over(CallReply),
    /// It is accepted and under way.
    Accepted,
}

impl Connection {
    /// Signs a change. It is not sent: its request id can be written down first. It expires five
    /// minutes after the network's certified time at the latest, which is asked for if it is not
    /// known.
    ///
    /// # Errors
    /// [`IcError::Identity`] if the identity cannot sign (locked, anonymous); else the network's time
    /// is not certified, or this machine's clock is too far ahead of it ([`IcError::Clock`]).
    pub async fn sign(&self, call: &PreparedCall) -> Result<SignedCall, IcError> {
        let what = Line::new(&format!("signing {}", call.method));
        if self.principal() == Principal::anonymous() {
            return Err(IcError::Identity { what, why: Line::new("no identity selected: choose one first") });
        }
        self.sign_request(&what, call.canister, call.method, call.arg.clone(), call.effective).await
    }

    /// Signs an update, of the anonymous identity too.
    pub(super) async fn sign_request(
        &self,
        what: &Line,
        canister: Principal,
        method: &str,
        arg: Vec<u8>,
        effective: Principal,
    ) -> Result<SignedCall, IcError> {
        let now = self.signing_time(what, effective).await?;
        let expires = now.plus(self.profile().call_life.min(LONGEST_CALL_LIFE));
        let sender = self.principal();
        let content = EnvelopeContent::Call {
            nonce: Some(rand::random::<[u8; 16]>().to_vec()),
            ingress_expiry: expires.0,
            sender,
            canister_id: canister,
            method_name: method.to_owned(),
            arg,
            sender_info: None,
        };
        let envelope = sign_envelope(self.signer.as_ref(), what, &content).await?;
        if self.shared.presumed_time() >= expires {
            let why = Line::new("the request expired before it was signed; try again");
            return Err(IcError::Identity { what: what.clone(), why });
        }
        Ok(SignedCall {
            request_id: String::from(content.to_request_id()),
            signed_at: now,
            expires,
            canister,
            method: method.to_owned(),
            effective,
            sender,
            envelope,
        })
    }

    /// Submits a signed change and follows it to its outcome. Safe to repeat with the same call.
    ///
    /// An outcome is what a certificate proves: the canister's reply, its rejection, or that the
    /// request's expiry passed without it. A rejection by a single node and an HTTP status are said
    /// by somebody who may have passed the request on, so that it is followed up all the same.
    ///
    /// # Errors
    /// Only when it is certain that nothing was sent: it did not happen, and may be signed and sent
    /// anew. An outcome that could not be learnt is [`CallReply::Unknown`].
    pub async fn submit(&self, call: &SignedCall) -> Result<CallReply, IcError> {
        let deadline = self.deadline(call.expires);
        self.submit_until(call, deadline).await
    }

    /// As [`Connection::submit`], following it up until `deadline`.
    pub(super) async fn submit_until(
        &self,
        call: &SignedCall,
        deadline: Instant,
    ) -> Result<CallReply, IcError> {
        let what = Line::new(&format!(
            "{} on {}",
            call.method,
            self.canisters().name(&call.canister).map_or_else(|| call.canister.to_text(), str::to_owned)
        ));
        let request_id = parse_request_id(&what, &call.request_id)?;
        if call.sender != self.principal() {
            return Err(IcError::Invalid { what, why: Line::new("another identity signed this call") });
        }
        let mut made = 0;
        loop {
            let error = match self.submit_once(&what, call).await {
                Ok(Submission::Over(reply)) => return Ok(reply),
                Ok(Submission::Accepted) => {
                    return Ok(self.follow_until_known(&what, &request_id, call, true, deadline).await);
                }
                Err(error) => error,
            };
            made += 1;
            let retried = made < SEND_ATTEMPTS && Instant::now() < deadline;
            match (error.proves_not_sent(), error.is_retryable() && retried) {
                (true, true) => tokio::time::sleep(self.shared.retry_policy.pause(made, &error)).await,
                (true, false) => return Err(error),
                (false, _) => {
                    tracing::warn!(%error, "a call may have been sent; its outcome is asked for");
                    return Ok(self.follow_until_known(&what, &request_id, call, false, deadline).await);
                }
            }
        }
    }

    /// Asks what became of a request of this identity, now (for recovery after a restart).
    ///
    /// # Errors
    /// See [`IcError`]; HTTP 403 means that another identity signed it.
    pub async fn follow(&self, request_id: &str, canister: Principal) -> Result<CallStatus, IcError> {
        let what = Line::new("asking what became of a request");
        let request_id = parse_request_id(&what, request_id)?;
        let (what, request_id) = (&what, &request_id);
        let question = StatusQuestion::default();
        let question = &question;
        self.shared.retry_policy.run(|| self.read_status(what, request_id, canister, question)).await
    }

    async fn submit_once(&self, what: &Line, call: &SignedCall) -> Result<Submission, IcError> {
        let (outcome, seen) =
            super::transport::observe(self.agent().update_signed(call.effective, call.envelope.clone()))
                .await;
        let certified_at = seen.call_time();
        if let (Some(at), Ok(_) | Err(ic_agent::AgentError::CertifiedReject { .. })) =
            (certified_at, &outcome)
        {
            self.shared.note_certified_time(at, &seen);
        }
        match outcome {
            Ok(CallResponse::Response(bytes)) => match certified_at {
                Some(certified_at) => Ok(Submission::Over(CallReply::Replied { bytes, certified_at })),
                None => Ok(Submission::Accepted),
            },
            Ok(CallResponse::Poll(_)) => Ok(Submission::Accepted),
            Err(ic_agent::AgentError::CertifiedReject { reject, .. }) => match certified_at {
                Some(certified_at) => Ok(Submission::Over(rejection(&reject, certified_at))),
                None => Ok(Submission::Accepted),
            },
            Err(error) => {
                let error = self.shared.tell_stall_from_lag(translate_error(what, error, &seen));
                // This call stays as it was signed; the next one is signed by a better clock.
                self.shared.note_refusal(&error);
                Err(error)
            }
        }
    }

    /// Asks until the outcome is known, or until after the expiry it can be said that there is none.
    /// A call that nobody has accepted yet is handed over again while the network does not know it:
    /// the same call, so that it happens once at most.
    async fn follow_until_known(
        &self,
        what: &Line,
        request_id: &RequestId,
        call: &SignedCall,
        mut accepted: bool,
        deadline: Instant,
    ) -> CallReply {
        let mut pause = FIRST_PAUSE.min(self.shared.retry_policy.longest);
        let mut refused = None;
        let question = StatusQuestion::default();
        loop {
            let trouble = match self.read_status(what, request_id, call.effective, &question).await {
                Ok(CallStatus::Replied { bytes, certified_at }) => {
                    return CallReply::Replied { bytes, certified_at };
                }
                Ok(CallStatus::Rejected { code, error_code, message, certified_at }) => {
                    return CallReply::Rejected { code, error_code, message, certified_at };
                }
                Ok(CallStatus::Done { .. }) => {
                    return CallReply::Unknown {
                        why: Line::new("the request ended, but the network no longer knows its outcome"),
                    };
                }
                Ok(status @ CallStatus::Unknown { certified_at }) => {
                    if status.never_happened(call.signed_at, call.expires) {
                        return CallReply::Expired { certified_at };
                    }
                    if !accepted && certified_at < call.expires {
                        match self.submit_once(what, call).await {
                            Ok(Submission::Over(reply)) => return reply,
                            Ok(Submission::Accepted) => accepted = true,
                            Err(error) => refused = Some(Line::new(&error.to_string())),
                        }
                    }
                    refused.clone().unwrap_or_else(|| Line::new("the network does not know the request yet"))
                }
                Ok(CallStatus::Processing) => Line::new("the request is still being processed"),
                // A refusal to tell is one gateway's word: another may answer.
                Err(error) => Line::new(&error.to_string()),
            };
            if Instant::now() >= deadline {
                return CallReply::Unknown { why: trouble };
            }
            tokio::time::sleep(pause).await;
            pause = pause.mul_f64(1.4).min(LONGEST_PAUSE);
        }
    }

    async fn read_status(
        &self,
        what: &Line,
        request_id: &RequestId,
        effective: Principal,
        question: &StatusQuestion,
    ) -> Result<CallStatus, IcError> {
        let asked = self.shared.behind();
        let ask = || async {
            let envelope = self.sign_question(what, request_id, question).await?;
            let agent = self.agent();
            self.attempt(what, agent.request_status_signed(request_id, effective, envelope)).await
        };
        let ((status, proof), seen) = match ask().await {
            Err(error) => {
                self.correct_clock(effective, error, asked).await?;
                question.forget();
                ask().await?
            }
            outcome => outcome?,
        };
        let Some(certified_at) = certificate::time_of(&proof.tree) else {
            return Err(IcError::Unverified {
                what: what.clone(),
                why: Line::new("the certificate has no time"),
            });
        };
        self.shared.check_age(what, certified_at)?;
        self.shared.note_certified_time(certified_at, &seen);
        Ok(match status {
            RequestStatusResponse::Replied(reply) => CallStatus::Replied { bytes: reply.arg, certified_at },
            RequestStatusResponse::Rejected(reject) => CallStatus::Rejected {
                code: reject.reject_code as u64,
                error_code: reject.error_code.as_deref().map(Line::new),
                message: Line::new(&reject.reject_message),
                certified_at,
            },
            RequestStatusResponse::Received | RequestStatusResponse::Processing => CallStatus::Processing,
            RequestStatusResponse::Done => CallStatus::Done { certified_at },
            RequestStatusResponse::Unknown => CallStatus::Unknown { certified_at },
        })
    }

    /// The signed question what became of a request; the same one until it is about to expire.
    async fn sign_question(
        &self,
        what: &Line,
        request_id: &RequestId,
        question: &StatusQuestion,
    ) -> Result<Vec<u8>, IcError> {
        if let Some(envelope) = question.valid_at(self.shared.corrected_time()) {
            return Ok(envelope);
        }
        let ingress_expiry = self.request_expiry();
        let content = EnvelopeContent::ReadState {
            ingress_expiry,
            sender: self.principal(),
            paths: vec![vec![Label::from("request_status"), Label::from_bytes(request_id.as_slice())]],
        };
        let envelope = sign_envelope(self.signer.as_ref(), what, &content).await?;
        question.keep(Timestamp(ingress_expiry), envelope.clone());
        Ok(envelope)
    }

    /// Until when a call that expires then is asked about, on this machine's monotonic clock.
    fn deadline(&self, expires: Timestamp) -> Instant {
        let left = Duration::from_nanos(expires.0.saturating_sub(self.shared.presumed_time().0));
        let life = Duration::from_secs(self.profile().call_life.0);
        Instant::now() + left + AFTER_EXPIRY.min(life)
    }
}

/// A signed question for a request's status. It is signed once for many askings, so that a person
/// who must touch a device does it once.
#[derive(Default)]
struct StatusQuestion(Mutex<Option<(Timestamp, Vec<u8>)>>);

impl StatusQuestion {
    fn valid_at(&self, now: Timestamp) -> Option<Vec<u8>> {
        let kept = self.0.lock();
        kept.as_ref().filter(|(expires, _)| expires.since(now) > QUESTION_MARGIN).map(|(_, e)| e.clone())
    }

    fn keep(&self, expires: Timestamp, envelope: Vec<u8>) {
        *self.0.lock() = Some((expires, envelope));
    }

    fn forget(&self) {
        *self.0.lock() = None;
    }
}

fn rejection(reject: &ic_transport_types::RejectResponse, certified_at: Timestamp) -> CallReply {
    CallReply::Rejected {
        code: reject.reject_code as u64,
        error_code: reject.error_code.as_deref().map(Line::new),
        message: Line::new(&reject.reject_message),
        certified_at,
    }
}

fn parse_request_id(what: &Line, text: &str) -> Result<RequestId, IcError> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim_start_matches("0x"), &mut bytes).map_err(|_| IcError::Invalid {
        what: what.clone(),
        why: Line::new("a request id has 64 hexadecimal digits"),
    })?;
    Ok(RequestId::new(&bytes))
}

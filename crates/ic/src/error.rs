//! The reason something asked of the network did not succeed, and what to do about it.

use icpulse_model::text::Line;
use icpulse_model::web_address::is_this_machine_name;
use icpulse_model::{Seconds, Timestamp};

/// Why a reading or an action failed. Every text is neutralised; `what` names what was attempted and on what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IcError {
    /// No connection: name not found, refused, reset.
    #[error("{what}: {}: {why}", describe_connection(.host, *.not_sent))]
    Unreachable {
        what: Line,
        host: Line,
        why: Line,
        /// The request was certainly not sent.
        not_sent: bool,
    },
    /// The host refuses connections: nothing was sent, and trying again at once is pointless.
    #[error("{what}: could not connect to {host}: connection refused")]
    NotListening {
        what: Line,
        /// With its port.
        host: Line,
    },
    /// No TLS connection could be made: the host's certificate was not accepted, or the handshake
    /// failed.
    #[error("{what}: could not make a secure connection to {host}: {why}")]
    Tls {
        what: Line,
        host: Line,
        why: Line,
        /// The request was certainly not sent.
        not_sent: bool,
    },
    /// No answer in time.
    #[error("{what}: timed out")]
    Timeout { what: Line },
    /// The network asks for fewer requests (HTTP 429).
    #[error("{what}: too many requests (HTTP 429)")]
    RateLimited {
        what: Line,
        /// When it may be tried again, if the network said so, in seconds.
        retry_after: Option<u64>,
    },
    /// An HTTP answer that is an error.
    #[error("{what}: HTTP {status}{}{body}", if .body.is_empty() { "" } else { ": " })]
    Http { what: Line, status: u16, body: Line },
    /// The answer's proof is wrong, missing or too old: it is not shown as data.
    #[error("{what}: could not verify the response: {why}")]
    Unverified { what: Line, why: Line },
    /// The answer is proven but too old: the network makes no progress, or old answers are
    /// replayed. It is not shown as data.
    #[error("{what}: the network has made no progress since {} UTC ({} ago), or old responses are being replayed", since.clock(), age.words())]
    Stalled {
        what: Line,
        since: Timestamp,
        /// Its age by this machine's clock.
        age: Seconds,
    },
    /// The network refuses requests because this machine's clock is wrong.
    #[error("{what}: this machine's clock is {} {} the network's", format_offset(*.offset), if *.offset > 0 { "behind" } else { "ahead of" })]
    Clock {
        what: Line,
        /// Network time minus this machine's time in seconds.
        offset: i64,
    },
    /// Another network answers than the one whose root key is remembered: nothing was sent.
    #[error("{what}: {host} has another root key ({now}) than when it was last read ({before})")]
    OtherNetwork {
        what: Line,
        host: Line,
        /// Fingerprint of the remembered key.
        before: Line,
        /// Fingerprint of the key that the network has now.
        now: Line,
    },
    /// A canister or the network rejected the request.
    #[error("{what}: rejected with code {code}{}: {message}", error_code.as_ref().map(|c| format!(" ({c})")).unwrap_or_default())]
    Rejected {
        what: Line,
        /// Reject code: 1 system fatal, 2 system transient, 3 destination invalid, 4 canister reject, 5 canister error.
        code: u64,
        /// The replica's own code, such as `IC0503`.
        error_code: Option<Line>,
        message: Line,
    },
    /// The canister answered with an error of its own (`GovernanceError` and the like).
    #[error("{what}: refused (error {error_type}): {message}")]
    Refused {
        what: Line,
        /// Its number; 3 is "not authorised", 4 is "not found" for governance.
        error_type: i32,
        message: Line,
    },
    /// There is no such proposal, neuron, block or canister.
    #[error("{what}: not found")]
    NotFound { what: Line },
    /// The answer could not be understood.
    #[error("{what}: could not decode the response: {why}")]
    Decode { what: Line, why: Line },
    /// The parts of the answer do not agree with each other: it was put together wrongly, or while
    /// what it is about changed.
    #[error("{what}: the response is inconsistent: {why}")]
    Inconsistent { what: Line, why: Line },
    /// The identity could not sign.
    #[error("{what}: could not sign: {why}")]
    Identity { what: Line, why: Line },
    /// What was asked for makes no sense, or the profile is unusable.
    #[error("{what}: {why}")]
    Invalid { what: Line, why: Line },
}

/// A difference of clocks in words, to the minute.
fn format_offset(offset: i64) -> String {
    Seconds(offset.unsigned_abs()).to_minutes().words()
}

fn describe_connection(host: &Line, not_sent: bool) -> String {
    if not_sent { format!("could not connect to {host}") } else { format!("lost the connection to {host}") }
}

impl IcError {
    /// Whether the same request may succeed when tried again soon.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::NotListening { .. }
            | Self::Timeout { .. }
            | Self::RateLimited { .. } => true,
            // Another node may answer properly, and so may the canister a moment later.
            Self::Unverified { .. } | Self::Inconsistent { .. } | Self::Stalled { .. } => true,
            Self::Http { status, .. } => *status >= 500,
            Self::Rejected { code, .. } => *code == 2,
            Self::Tls { .. }
            | Self::Clock { .. }
            | Self::OtherNetwork { .. }
            | Self::Refused { .. }
            | Self::NotFound { .. }
            | Self::Decode { .. }
            | Self::Identity { .. }
            | Self::Invalid { .. } => false,
        }
    }

    /// Whether it is the network as a whole: it was not reached, or its time and this machine's do not fit.
    pub fn is_network_wide(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::NotListening { .. }
                | Self::Timeout { .. }
                | Self::Stalled { .. }
                | Self::Clock { .. }
        )
    }

    /// Whether the answer was there but its proof was not good.
    pub fn is_unverified(&self) -> bool {
        matches!(
            self,
            Self::Unverified { .. } | Self::Stalled { .. } | Self::Tls { .. } | Self::OtherNetwork { .. }
        )
    }

    /// Whether the reply was more than a replica passes on (3 MiB for a query): fewer rows may do.
    pub fn is_too_much(&self) -> bool {
        let says = |message: &Line| {
            message.as_str().contains("payload size") && message.as_str().contains("cannot be larger than")
        };
        matches!(self, Self::Rejected { code: 5, message, .. } if says(message))
    }

    /// Whether the network answered and said no (as against not having been reached).
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Rejected { .. } | Self::Refused { .. } | Self::NotFound { .. })
            || matches!(self, Self::Http { status, .. } if (400..500).contains(status))
    }

    /// Whether the network has no such canister at all.
    pub fn is_missing_canister(&self) -> bool {
        match self {
            Self::Rejected { code, .. } => *code == 3,
            Self::Http { status: 400 | 404, body, .. } => body.as_str().contains("canister_not_found"),
            _ => false,
        }
    }

    /// Whether a request that ended so certainly never left this machine: no connection was made,
    /// or it was not even signed. Whatever comes after the first byte, an HTTP status included, is
    /// said by somebody who may have passed the request on.
    pub fn proves_not_sent(&self) -> bool {
        match self {
            Self::Unreachable { not_sent, .. } | Self::Tls { not_sent, .. } => *not_sent,
            Self::NotListening { .. }
            | Self::OtherNetwork { .. }
            | Self::Identity { .. }
            | Self::Invalid { .. } => true,
            Self::Http { .. }
            | Self::RateLimited { .. }
            | Self::Clock { .. }
            | Self::NotFound { .. }
            | Self::Timeout { .. }
            | Self::Unverified { .. }
            | Self::Stalled { .. }
            | Self::Rejected { .. }
            | Self::Refused { .. }
            | Self::Inconsistent { .. }
            | Self::Decode { .. } => false,
        }
    }

    pub fn what(&self) -> &Line {
        match self {
            Self::Unreachable { what, .. }
            | Self::NotListening { what, .. }
            | Self::Tls { what, .. }
            | Self::Timeout { what }
            | Self::RateLimited { what, .. }
            | Self::Http { what, .. }
            | Self::Unverified { what, .. }
            | Self::Stalled { what, .. }
            | Self::Clock { what, .. }
            | Self::OtherNetwork { what, .. }
            | Self::Rejected { what, .. }
            | Self::Refused { what, .. }
            | Self::NotFound { what }
            | Self::Decode { what, .. }
            | Self::Inconsistent { what, .. }
            | Self::Identity { what, .. }
            | Self::Invalid { what, .. } => what,
        }
    }

    /// Why it failed, without what was attempted.
    pub fn why(&self) -> Line {
        let whole = self.to_string();
        let rest = whole.strip_prefix(self.what().as_str()).unwrap_or(&whole);
        Line::new(rest.trim_start_matches(": "))
    }

    /// What to do, in one sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Unreachable { not_sent: false, .. } => "check the connection",
            Self::Unreachable { host, .. } if is_this_machine_name(host.as_str()) => {
                "check that the network runs there, and its address"
            }
            Self::Unreachable { .. } => "check the internet connection and the network's address",
            Self::NotListening { .. } => "check that the network runs there, and its address",
            Self::Tls { host, .. } if is_this_machine_name(host.as_str()) => {
                "name the file of the authority that signed its certificate in SSL_CERT_FILE, and check that the \
                 certificate is for this address"
            }
            Self::Tls { .. } => {
                "a proxy or captive portal may be answering in the network's place: use another connection, \
                 and check this machine's date"
            }
            Self::Timeout { .. } => "the network or the connection is slow",
            Self::RateLimited { .. } => {
                "wait a moment; icpulse slows down automatically (lower max_in_flight to make fewer requests)"
            }
            Self::Http { status, .. } if *status >= 500 => "the network's gateway or replica has a problem",
            Self::Http { status: 403, .. } => {
                "only the identity that signed a request may read its status: use that identity"
            }
            Self::Http { .. } => "the request was not accepted; check the network's address and canister ids",
            Self::Unverified { .. } => {
                "the response is not shown; if this continues, check this machine's clock and the network's root key"
            }
            Self::Stalled { .. } => "votes and transfers would not be executed now; earlier data stays",
            Self::OtherNetwork { .. } => {
                "it was set up anew, or another network answers there: start icpulse again to read that one"
            }
            Self::Clock { .. } => "set this machine's clock (use automatic time), then try again",
            Self::Rejected { code: 2, .. } => "the network is busy; try again in a moment",
            Self::Rejected { code: 3, .. } => "no such canister or method; check the profile's canister ids",
            Self::Rejected { .. } => "the canister rejected the request; see its message",
            Self::Refused { error_type: 3, .. } => {
                "this identity is not authorized; use the one that controls the neuron or account"
            }
            Self::Refused { .. } => "see the message",
            Self::NotFound { .. } => "check the id",
            Self::Decode { .. } => {
                "the canister may be newer than this icpulse: check for an update, and check the canister id"
            }
            Self::Inconsistent { .. } => "the response is not shown",
            Self::Identity { .. } => "unlock the identity or choose another, then try again",
            Self::Invalid { .. } => "correct it and try again",
        }
    }
}

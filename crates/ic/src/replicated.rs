//! Replicated queries: query methods called as updates, so that the whole subnet answers and a
//! certificate proves what it said.
//!
//! The answer to a plain query is signed by one node, which may lie. Where an outcome is told from a
//! reading (whether a lost payment arrived, say), the same method is called through consensus: the
//! interface specification lets every query method be called so, and it changes nothing.

use super::client::{Answer, Connection};
use crate::call::CallReply;
use crate::error::IcError;
use icpulse_model::text::Line;
use icpulse_model::{Evidence, Principal};
use std::time::Duration;
use tokio::time::Instant;

/// The timeout of an answer. The call changes nothing, so that it can be given up.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The number of times it is asked again when its answer is lost.
const ATTEMPTS: u32 = 3;

impl Connection {
    /// The same connection and identity, whose readings are replicated queries: slower, and proven
    /// by a certificate.
    pub fn certified(&self) -> Self {
        let mut client = self.clone();
        client.replicated = true;
        client
    }

    /// Calls a query method through consensus.
    pub(super) async fn query_replicated(
        &self,
        what: &Line,
        canister: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Answer, IcError> {
        let deadline = Instant::now() + TIMEOUT;
        for _ in 0..ATTEMPTS {
            let call = self.sign_request(what, canister, method, arg.to_vec(), canister).await?;
            match self.submit_until(&call, deadline).await? {
                CallReply::Replied { bytes, certified_at } => {
                    return Ok(Answer { bytes, evidence: Evidence::certified(certified_at) });
                }
                CallReply::Rejected { code, error_code, message, .. } => {
                    return Err(IcError::Rejected { what: what.clone(), code, error_code, message });
                }
                // Its answer is lost; it changes nothing, so that it can be asked again.
                CallReply::Expired { .. } | CallReply::Unknown { .. } => {}
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Err(IcError::Timeout { what: what.clone() })
    }
}

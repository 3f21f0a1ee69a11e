//! Proof of life: a reply that a node signed shows that the node answers.
//!
//! A boundary node hands a query to any of the nodes that it takes to be well, and the reply, a
//! rejection too, is signed by the one that made it (interface specification, "Response
//! signatures"). The query asks a canister id at the end of a subnet's ranges, where usually there
//! is none, for nothing: it costs the subnet as little as possible. A nonce makes it new, so that
//! no cache answers.

use super::client::Connection;
use super::error::IcError;
use super::state_tree::{NodeKeys, path};
use crate::certificate::FRESH;
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use ic_transport_types::{EnvelopeContent, QueryResponse, RequestId};
use icpulse_model::network::SystemCanister;
use icpulse_model::text::Line;
use icpulse_model::{Principal, Timestamp};
use rand::RngCore;

/// What is asked for. No canister has it.
const METHOD: &str = "icpulse_proof_of_life";

impl Connection {
    /// Asks a subnet for a signature: the nodes that signed, with the times they signed. `canister`
    /// is any id that the subnet may hold; without one it is found in the ranges that the subnet
    /// says it has.
    ///
    /// # Errors
    /// [`IcError::Unverified`] for a signature that proves nothing, else see [`IcError`].
    pub async fn sight(
        &self,
        subnet: Principal,
        canister: Option<Principal>,
    ) -> Result<Vec<(Principal, Timestamp)>, IcError> {
        let what = Line::new(&format!("asking subnet {} for a signature", subnet.to_text()));
        let canister = match canister {
            Some(canister) => canister,
            None => self.last_canister_of(&what, subnet).await?,
        };
        let keys = self.node_keys(&what, subnet, false).await?;
        let asked = self.shared.behind();
        let (answer, request) = match self.ask_for_signature(&what, canister).await {
            Err(error) => {
                self.correct_clock(self.canisters().id(SystemCanister::Governance), error, asked).await?;
                self.ask_for_signature(&what, canister).await?
            }
            Ok(answer) => answer,
        };
        let present = self.shared.present();
        let unknown = answer.signatures().iter().any(|s| !keys.contains_key(&s.identity));
        // A node may have joined since the keys were read.
        let keys = if unknown { self.node_keys(&what, subnet, true).await? } else { keys };
        let signed = verify_signatures(&answer, request, &keys, present)
            .map_err(|why| IcError::Unverified { what: what.clone(), why: Line::new(&why) })?;
        let mut accepted = Vec::with_capacity(signed.len());
        for (node, at) in signed {
            let at = self.accept_time(&what, (subnet, METHOD.to_owned()), &node, at).await?;
            self.shared.state_trees.note_signature(node, at);
            accepted.push((node, at));
        }
        Ok(accepted)
    }

    /// The answer of a node to a query that differs from every other one, and that query's id.
    async fn ask_for_signature(
        &self,
        what: &Line,
        canister: Principal,
    ) -> Result<(QueryResponse, RequestId), IcError> {
        let mut nonce = vec![0; 16];
        rand::thread_rng().fill_bytes(&mut nonce);
        let content = EnvelopeContent::Query {
            ingress_expiry: self.request_expiry(),
            sender: Principal::anonymous(),
            canister_id: canister,
            method_name: METHOD.to_owned(),
            arg: Vec::new(),
            nonce: Some(nonce),
            sender_info: None,
        };
        let endpoint = format!("api/v3/canister/{}/query", canister.to_text());
        let (body, _) = self.post(what, &endpoint, &content, self.background_options()).await?;
        let answer = serde_cbor::from_slice(&body).map_err(|e| IcError::Unverified {
            what: what.clone(),
            why: Line::new(&format!("not a valid protocol message ({e})")),
        })?;
        Ok((answer, content.to_request_id()))
    }

    /// The end of the last range of canister ids that a subnet says it has: good enough to ask.
    async fn last_canister_of(&self, what: &Line, subnet: Principal) -> Result<Principal, IcError> {
        let shards: [&[u8]; 2] = [b"canister_ranges", subnet.as_slice()];
        let answer = self.subnet_state(what, subnet, &[path(shards)]).await?;
        let none = || IcError::NotFound { what: what.clone() };
        let last = answer.verified.labels(&shards).ok().and_then(|labels| labels.last().cloned());
        let last = last.ok_or_else(none)?;
        let leaf = answer.verified.lookup(&[shards[0], shards[1], &last]).ok().flatten();
        let ranges: Vec<(Principal, Principal)> =
            serde_cbor::from_slice(leaf.unwrap_or_default()).map_err(|_| none())?;
        ranges.last().map(|(_, end)| *end).ok_or_else(none)
    }
}

/// The nodes that signed an answer to a request, each signature verified with a certified key and
/// made lately.
fn verify_signatures(
    answer: &QueryResponse,
    request: RequestId,
    keys: &NodeKeys,
    present: Timestamp,
) -> Result<Vec<(Principal, Timestamp)>, String> {
    let signatures = answer.signatures();
    if signatures.is_empty() {
        return Err("no node signed it".to_owned());
    }
    if signatures.len() > keys.len().max(1) {
        return Err(format!("{} signatures, but the subnet has only {} nodes", signatures.len(), keys.len()));
    }
    let mut signed = Vec::with_capacity(signatures.len());
    for signature in signatures {
        let Some(key) = keys.get(&signature.identity) else {
            return Err("it is signed by a node outside this subnet".to_owned());
        };
        let at = Timestamp(signature.timestamp);
        let message = answer.signable(request, signature.timestamp);
        let good = VerifyingKey::from_bytes(key).ok().zip(Signature::from_slice(&signature.signature).ok());
        if good.is_none_or(|(key, signature)| key.verify(&message, &signature).is_err()) {
            return Err("the node's signature does not match the response".to_owned());
        }
        if present.since(at) > FRESH {
            let old = present.since(at).words();
            return Err(format!(
                "it was signed {old} ago: the subnet has stalled, or an old response was replayed"
            ));
        }
        signed.push((signature.identity, at));
    }
    Ok(signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};
    use ic_transport_types::{NodeSignature, RejectCode, RejectResponse};
    use std::collections::HashMap;
    use std::sync::Arc;

    const NOW: Timestamp = Timestamp::from_secs(1_795_356_000);

    fn node(n: u8) -> (Principal, SigningKey) {
        (Principal::self_authenticating([n]), SigningKey::from_bytes(&[n; 32]))
    }

    fn keys(nodes: &[u8]) -> NodeKeys {
        let all = nodes.iter().map(|n| node(*n)).map(|(id, key)| (id, key.verifying_key().to_bytes()));
        Arc::new(all.collect::<HashMap<_, _>>())
    }

    fn rejected(by: &[u8], request: RequestId, at: Timestamp) -> QueryResponse {
        let reject = RejectResponse {
            reject_code: RejectCode::DestinationInvalid,
            reject_message: "Canister aaaaa-aa not found".into(),
            error_code: Some("IC0301".into()),
        };
        let unsigned = QueryResponse::Rejected { reject: reject.clone(), signatures: vec![] };
        let message = unsigned.signable(request, at.0);
        let sign = |n: &u8| NodeSignature {
            timestamp: at.0,
            signature: node(*n).1.sign(&message).to_bytes().to_vec(),
            identity: node(*n).0,
        };
        QueryResponse::Rejected { reject, signatures: by.iter().map(sign).collect() }
    }

    #[test]
    fn a_rejection_signed_by_a_node_of_the_subnet_proves_its_life() {
        let request = RequestId::new(&[1; 32]);
        let answer = rejected(&[3], request, NOW);
        assert_eq!(verify_signatures(&answer, request, &keys(&[2, 3]), NOW), Ok(vec![(node(3).0, NOW)]));
    }

    #[test]
    fn a_signature_of_another_request_node_or_time_proves_nothing() {
        let request = RequestId::new(&[1; 32]);
        let refused = |answer: &QueryResponse, request, nodes: &[u8], now| {
            verify_signatures(answer, request, &keys(nodes), now).unwrap_err()
        };
        let answer = rejected(&[3], request, NOW);
        assert!(refused(&answer, RequestId::new(&[2; 32]), &[3], NOW).contains("does not match"));
        assert!(refused(&answer, request, &[4], NOW).contains("outside this subnet"));
        let late = NOW.plus(icpulse_model::Seconds(301));
        assert!(refused(&answer, request, &[3], late).contains("has stalled"));
        assert!(refused(&rejected(&[], request, NOW), request, &[3], NOW).contains("no node"));
        assert!(refused(&rejected(&[3, 3], request, NOW), request, &[3], NOW).contains("2 signatures"));
        let QueryResponse::Rejected { mut reject, signatures } = answer else { unreachable!() };
        reject.reject_message.push('!');
        let altered = QueryResponse::Rejected { reject, signatures };
        assert!(refused(&altered, request, &[3], NOW).contains("does not match"));
    }
}

//! What is read of the registry canister: its history with proofs, single records, and the methods
//! that answer for a provider or a canister.

pub mod page;
pub mod tree;

use crate::Client;
use crate::decode;
use crate::governance::encode_error;
use crate::wire::lenient::{decode_one, encode_one};
use crate::wire::{registry as wire, registry_calls as calls};
use futures_util::{StreamExt, TryStreamExt, stream};
use icpulse_ic::IcError;
use icpulse_model::evidence::Sourced;
use icpulse_model::network::SystemCanister;
use icpulse_model::registry::{DataCenterRecord, Delta, Mutation, OperatorRecord, Version};
use icpulse_model::text::Line;
use icpulse_model::{Evidence, Principal, Timestamp};
use page::{Content, PageError};
use std::collections::BTreeMap;

/// `RegistryError.code`: there is no such key.
const KEY_NOT_PRESENT: i32 = 1;

/// A part of the registry's history, certified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryPage {
    /// The versions after the one asked for, without a gap; empty only if there are none.
    pub deltas: Vec<Delta>,
    /// The newest version at the certificate's time.
    pub latest: Version,
    /// The certificate.
    pub evidence: Evidence,
}

/// A record as of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryValue {
    /// The version that wrote it.
    pub version: Version,
    /// When, if the registry says so.
    pub at: Option<Timestamp>,
    /// The record in protobuf.
    pub value: Vec<u8>,
    /// The node that answered: no certificate.
    pub evidence: Evidence,
}

/// A node operator with the data center where its nodes stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorFootprint {
    pub id: Principal,
    pub operator: OperatorRecord,
    /// Where its nodes stand.
    pub data_center: DataCenterRecord,
}

fn verify_error(what: &str, why: &impl ToString) -> IcError {
    IcError::Unverified { what: Line::new(what), why: page::line(why) }
}

fn decode_error(what: &str, why: &impl ToString) -> IcError {
    IcError::Decode { what: Line::new(what), why: page::line(why) }
}

/// A page that was proven wrong is unverified; one that cannot be read at all is so, too: a
/// certified reply that is none proves nothing.
fn translate_page_error(what: &str) -> impl Fn(PageError) -> IcError + '_ {
    move |error| verify_error(what, &error)
}

impl Client {
    /// The registry's newest version, certified.
    ///
    /// # Errors
    /// [`IcError::Unverified`] naming what is wrong with the proof, else see [`IcError`].
    pub async fn registry_latest(&self) -> Result<Sourced<Version>, IcError> {
        let what = "reading the registry's version";
        let registry = self.canisters().id(SystemCanister::Registry);
        let answer = self.query(what, registry, "get_certified_latest_version", Vec::new()).await?;
        let now = self.latest_time().max(answer.evidence.at);
        let proven = page::verify(&answer.bytes, self.root_key(), registry, now, None)
            .map_err(translate_page_error(what))?;
        self.note_certificate(&registry, Some(proven.at));
        Ok(Sourced::new(proven.latest, Evidence::certified(proven.at)))
    }

    /// What the versions after one changed: as many as the canister puts into a reply (1,000 at
    /// most), certified, without a gap, large values put together from their chunks and their
    /// hashes checked. A node that is behind answers with an older [`RegistryPage::latest`].
    ///
    /// # Errors
    /// [`IcError::Unverified`] naming what is wrong with the proof, else see [`IcError`].
    pub async fn registry_page(&self, after: Version) -> Result<RegistryPage, IcError> {
        let what = format!("reading the registry after version {after}");
        let what = what.as_str();
        let registry = self.canisters().id(SystemCanister::Registry);
        let arg = wire::encode(&wire::GetChangesSinceRequest { version: after.0 });
        let answer = self.query(what, registry, "get_certified_changes_since", arg).await?;
        let now = self.latest_time().max(answer.evidence.at);
        let key = self.root_key().clone();
        // Hashing a megabyte and checking a signature take milliseconds: not on a thread that
        // others wait for.
        let proven = tokio::task::spawn_blocking(move || {
            let proven = page::verify(&answer.bytes, &key, registry, now, Some(after))?;
            Ok((proven.deltas.iter().map(|(v, bytes)| page::decode(*v, bytes)).collect(), proven))
        });
        let proven = proven.await.unwrap_or(Err(PageError::Malformed("it could not be checked")));
        let (deltas, proven): (Result<Vec<_>, String>, _) = proven.map_err(translate_page_error(what))?;
        self.note_certificate(&registry, Some(proven.at));
        let deltas = deltas.map_err(|why| decode_error(what, &why))?;
        let contents = deltas.iter().flat_map(|delta| &delta.mutations).map(|m| &m.content);
        let chunks = self.registry_chunks(what, contents).await?;
        let mut whole = Vec::with_capacity(deltas.len());
        for delta in deltas {
            let mut mutations = Vec::with_capacity(delta.mutations.len());
            for mutation in delta.mutations {
                let value = page::whole(mutation.content, &chunks)
                    .map_err(|why| verify_error(what, &format!("version {}: {why}", delta.version)))?;
                mutations.push(Mutation { key: mutation.key, value });
            }
            whole.push(Delta { version: delta.version, at: delta.at, mutations });
        }
        Ok(RegistryPage { deltas: whole, latest: proven.latest, evidence: Evidence::certified(proven.at) })
    }

    /// Fetches chunks of large values, several at once, and checks their hashes.
    async fn registry_chunks<'c>(
        &self,
        what: &str,
        contents: impl IntoIterator<Item = &'c Content>,
    ) -> Result<BTreeMap<[u8; 32], Vec<u8>>, IcError> {
        let wanted = page::chunks(contents).map_err(|why| verify_error(what, &why))?;
        let at_once = self.profile().max_in_flight.max(1);
        stream::iter(wanted)
            .map(|hash| async move { Ok((hash, self.registry_chunk(what, &hash).await?)) })
            .buffer_unordered(at_once)
            .try_collect()
            .await
    }

    async fn registry_chunk(&self, what: &str, hash: &[u8; 32]) -> Result<Vec<u8>, IcError> {
        let request =
            calls::GetChunkRequest { content_sha256: Some(serde_bytes::ByteBuf::from(hash.to_vec())) };
        let arg = encode_one(request).map_err(|e| encode_error(what, &e))?;
        let answer =
            self.query(what, self.canisters().id(SystemCanister::Registry), "get_chunk", arg).await?;
        match decode_one(&answer.bytes).map_err(|e| decode_error(what, &e))? {
            calls::GetChunkResponse::Ok(chunk) => {
                let content = chunk.content.map(serde_bytes::ByteBuf::into_vec).unwrap_or_default();
                page::check_chunk(hash, &content).map_err(|why| verify_error(what, &why))?;
                Ok(content)
            }
            calls::GetChunkResponse::Err(why) => Err(translate_refusal(what, 0, &why)),
        }
    }

    /// A record as of a version, or of the newest; `None` if there is none. Signed by the node that
    /// answered, not certified; chunks of a large value are checked against that answer's hashes.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn registry_value(
        &self,
        key: &[u8],
        version: Option<Version>,
    ) -> Result<Option<RegistryValue>, IcError> {
        let what = format!("reading the registry's {}", Line::new(&String::from_utf8_lossy(key)));
        let what = what.as_str();
        let version = version.map(|version| wire::UInt64Value { value: version.0 });
        let arg = wire::encode(&wire::GetValueRequest { version, key: key.to_vec() });
        let answer =
            self.query(what, self.canisters().id(SystemCanister::Registry), "get_value", arg).await?;
        let reply: wire::GetValueResponse =
            wire::decode(&answer.bytes).map_err(|e| decode_error(what, &e))?;
        match reply.error {
            Some(error) if error.code == KEY_NOT_PRESENT => return Ok(None),
            Some(error) => return Err(translate_refusal(what, error.code, &error.reason)),
            None => {}
        }
        let content = match reply.content {
            None => Content::Value(Vec::new()),
            Some(wire::get_value_response::Content::Value(value)) => Content::Value(value),
            Some(wire::get_value_response::Content::LargeValueChunkKeys(keys)) => {
                Content::Chunks(page::hashes(&keys).map_err(|why| decode_error(what, &why))?)
            }
        };
        let chunks = self.registry_chunks(what, [&content]).await?;
        let value = page::whole(content, &chunks).map_err(|why| verify_error(what, &why))?;
        Ok(value.map(|value| RegistryValue {
            version: Version(reply.version),
            at: Some(reply.timestamp_nanoseconds).filter(|at| *at != 0).map(Timestamp),
            value,
            evidence: answer.evidence,
        }))
    }

    /// The operators of a node provider and their data centers, as the registry canister puts them
    /// together. Signed by the node that answered.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn operators_of_provider(
        &self,
        provider: Principal,
    ) -> Result<Sourced<Vec<OperatorFootprint>>, IcError> {
        let what = format!("reading the operators of {provider}");
        let what = what.as_str();
        let arg = encode_one(provider).map_err(|e| encode_error(what, &e))?;
        let method = "get_node_operators_and_dcs_of_node_provider";
        let answer = self.query(what, self.canisters().id(SystemCanister::Registry), method, arg).await?;
        match decode_one(&answer.bytes).map_err(|e| decode_error(what, &e))? {
            calls::GetNodeOperatorsAndDcsResponse::Ok(rows) => {
                let rows = rows.into_iter().map(|(data_center, operator)| {
                    decode::registry::decode_footprint(&data_center, &operator)
                        .map_err(|why| decode_error(what, &why))
                });
                Ok(Sourced::new(rows.collect::<Result<_, _>>()?, answer.evidence))
            }
            calls::GetNodeOperatorsAndDcsResponse::Err(why) => Err(translate_refusal(what, 0, &why)),
        }
    }

    /// The subnet that hosts a canister by the registry's routing table, `None` where it names
    /// none. Signed by the node that answered.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn subnet_for_canister(
        &self,
        canister: Principal,
    ) -> Result<Sourced<Option<Principal>>, IcError> {
        let what = format!("reading which subnet hosts {canister}");
        let what = what.as_str();
        let request = calls::GetSubnetForCanisterRequest { principal: Some(canister) };
        let arg = encode_one(request).map_err(|e| encode_error(what, &e))?;
        let answer = self
            .query(what, self.canisters().id(SystemCanister::Registry), "get_subnet_for_canister", arg)
            .await?;
        match decode_one(&answer.bytes).map_err(|e| decode_error(what, &e))? {
            calls::GetSubnetForCanisterResponse::Ok(found) => {
                Ok(Sourced::new(found.subnet_id, answer.evidence))
            }
            calls::GetSubnetForCanisterResponse::Err(why) => Err(translate_refusal(what, 0, &why)),
        }
    }
}

fn translate_refusal(what: &str, error_type: i32, message: &str) -> IcError {
    IcError::Refused { what: Line::new(what), error_type, message: Line::new(message) }
}

#[cfg(test)]
mod tests;

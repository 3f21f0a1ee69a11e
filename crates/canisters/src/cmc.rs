//! What is read of the cycles minting canister: the rate of ICP, with its certificate.

use crate::Client;
use crate::governance::{decode_error, encode_error};
use crate::wire::cmc as wire;
use crate::wire::lenient::{decode_one, encode_args};
use ic_certification::LookupResult;
use icpulse_ic::IcError;
use icpulse_ic::certificate::{self, Authority, CertificateError};
use icpulse_model::evidence::Sourced;
use icpulse_model::network::{RootKey, SystemCanister};
use icpulse_model::text::Line;
use icpulse_model::{Evidence, Principal, Timestamp, XdrPermyriad};

/// The label under which the canister certifies the rate.
const LABEL: &[u8] = b"ICP_XDR_CONVERSION_RATE";
/// … and its average over 30 days, by which node providers are paid.
const AVERAGE: &[u8] = b"AVERAGE_ICP_XDR_CONVERSION_RATE";

/// Why a rate is not proven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// The certificate itself.
    #[error("invalid certificate of the rate: {0}")]
    Certificate(#[from] CertificateError),
    /// The canister certified something else than this tree.
    #[error("the rate's hash tree does not match the certificate")]
    Root,
    /// The tree holds another rate, or none.
    #[error("the rate does not match the certified one")]
    Leaf,
}

/// Checks a reply of `get_icp_xdr_conversion_rate` as of `now`: the certificate up to the root key
/// for this canister, the hash tree against the canister's certified data, and the rate against the
/// tree. Returns the rate and the certificate's time.
///
/// # Errors
/// [`RateError`] naming what is wrong.
pub fn verify_rate(
    reply: &wire::IcpXdrConversionRateCertifiedResponse,
    label: &[u8],
    root_key: &RootKey,
    canister: Principal,
    now: Timestamp,
) -> Result<(XdrPermyriad, Timestamp), RateError> {
    let verified = certificate::verify(&reply.certificate, root_key, Authority::Canister(canister), now)?;
    let tree = certificate::parse_tree(&reply.hash_tree)?;
    if verified.certified_data(&canister)? != Some(tree.digest().as_slice()) {
        return Err(RateError::Root);
    }
    let LookupResult::Found(leaf) = tree.lookup_path([label]) else { return Err(RateError::Leaf) };
    let certified: wire::IcpXdrConversionRate = decode_one(leaf).map_err(|_| RateError::Leaf)?;
    if certified != reply.data {
        return Err(RateError::Leaf);
    }
    Ok((XdrPermyriad(certified.xdr_permyriad_per_icp), verified.time))
}

impl Client {
    /// XDR per ICP. The canister's certificate is verified: root key, canister, age, and that the
    /// rate is the one it certifies.
    ///
    /// # Errors
    /// [`IcError::Unverified`] naming what is wrong with the certificate, else see [`IcError`].
    pub async fn icp_xdr(&self) -> Result<Sourced<XdrPermyriad>, IcError> {
        self.certified_rate("reading the rate of ICP", "get_icp_xdr_conversion_rate", LABEL).await
    }

    /// The average of XDR per ICP over 30 days, certified as the rate is.
    ///
    /// # Errors
    /// As [`Client::icp_xdr`]; a refusal where the canister does not offer it.
    pub async fn average_rate(&self) -> Result<Sourced<XdrPermyriad>, IcError> {
        let method = "get_average_icp_xdr_conversion_rate";
        self.certified_rate("reading the average rate of ICP", method, AVERAGE).await
    }

    async fn certified_rate(
        &self,
        what: &str,
        method: &'static str,
        label: &[u8],
    ) -> Result<Sourced<XdrPermyriad>, IcError> {
        let arg = encode_args(()).map_err(|e| encode_error(what, &e))?;
        let canister = self.canisters().id(SystemCanister::CyclesMinting);
        let answer = self.query(what, canister, method, arg).await?;
        let reply: wire::IcpXdrConversionRateCertifiedResponse =
            decode_one(&answer.bytes).map_err(|e| decode_error(what, &e))?;
        // The certificate is measured against the latest of all clocks, so that a slow one here lets
        // nothing old through.
        let now = self.latest_time().max(answer.evidence.at);
        match verify_rate(&reply, label, self.root_key(), canister, now) {
            Ok((rate, at)) => {
                self.note_certificate(&canister, Some(at));
                Ok(Sourced::new(rate, Evidence::certified(at)))
            }
            Err(error) => {
                Err(IcError::Unverified { what: Line::new(what), why: Line::new(&error.to_string()) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ic_certification::{labeled, leaf};

    fn recorded() -> (wire::IcpXdrConversionRateCertifiedResponse, RootKey, Timestamp) {
        let all = icpulse_testing::fixtures::recordings();
        let keys = icpulse_testing::fixtures::certificates();
        let bytes = hex::decode(all["recordings"]["cmc_rate"]["reply_hex"].as_str().unwrap()).unwrap();
        let reply: wire::IcpXdrConversionRateCertifiedResponse = decode_one(&bytes).unwrap();
        let key = RootKey(hex::decode(keys["recorded_root_key"].as_str().unwrap()).unwrap());
        let time = certificate::claimed_time(&reply.certificate).unwrap();
        (reply, key, time)
    }

    fn cmc() -> Principal {
        Principal::from_text("rkp4c-7iaaa-aaaaa-aaaca-cai").unwrap()
    }

    #[test]
    fn the_recorded_rate_is_proven_at_its_own_time_and_named_stale_later() {
        let (reply, key, time) = recorded();
        let (rate, at) = verify_rate(&reply, LABEL, &key, cmc(), time).unwrap();
        assert_eq!((rate.0, at), (reply.data.xdr_permyriad_per_icp, time));
        let late =
            verify_rate(&reply, LABEL, &key, cmc(), time.plus(icpulse_model::Seconds(601))).unwrap_err();
        assert_eq!(
            late.to_string(),
            "invalid certificate of the rate: it is 10 m 1 s old, more than the 5 m allowed"
        );
    }

    #[test]
    fn another_rate_another_tree_another_canister_and_another_network_are_refused() {
        let (reply, key, time) = recorded();
        let mut other = reply.clone();
        other.data.xdr_permyriad_per_icp += 1;
        assert_eq!(verify_rate(&other, LABEL, &key, cmc(), time), Err(RateError::Leaf));

        let mut other = reply.clone();
        other.data.xdr_permyriad_per_icp += 1;
        let forged = crate::wire::encode_one(other.data).unwrap();
        other.hash_tree = serde_cbor::to_vec(&labeled(LABEL, leaf(forged))).unwrap();
        assert_eq!(verify_rate(&other, LABEL, &key, cmc(), time), Err(RateError::Root));

        let ledger = Principal::from_text("ryjl3-tyaaa-aaaaa-aaaba-cai").unwrap();
        assert!(matches!(verify_rate(&reply, LABEL, &key, ledger, time), Err(RateError::Certificate(_))));
        let elsewhere = certificate::main_network_root_key();
        assert!(matches!(
            verify_rate(&reply, LABEL, &elsewhere, cmc(), time),
            Err(RateError::Certificate(CertificateError::Signature(_)))
        ));
    }
}

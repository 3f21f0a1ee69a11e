//! The cycles minting canister: the ICP/XDR rate with its certificate, and default subnets
//! (`get_default_subnets` replies with a vector of principals).

use candid::{CandidType, Deserialize, Principal};

/// The price of one ICP in 1/10,000 XDR at a time (Unix seconds). One XDR buys 10^12 cycles.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq)]
pub struct IcpXdrConversionRate {
    pub timestamp_seconds: u64,
    pub xdr_permyriad_per_icp: u64,
}

/// Reply of `get_icp_xdr_conversion_rate`.
///
/// `hash_tree` (CBOR) holds the Candid of the rate under the label `ICP_XDR_CONVERSION_RATE`; its
/// root hash is the certified data in `certificate`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct IcpXdrConversionRateCertifiedResponse {
    pub data: IcpXdrConversionRate,
    #[serde(with = "serde_bytes")]
    pub hash_tree: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub certificate: Vec<u8>,
}

/// Reply of `get_subnet_types_to_subnets`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SubnetTypesToSubnetsResponse {
    pub data: Vec<(String, Vec<Principal>)>,
}

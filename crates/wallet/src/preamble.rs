//! What stands above the PEM block in a file of the keystore.

use super::private_key::Algorithm;
use icpulse_model::Principal;

/// Public facts above the PEM block (RFC 7468 allows text there), from which the index can be rebuilt.
pub(super) struct Preamble {
    pub principal: Principal,
    pub algorithm: Algorithm,
    pub created: u64,
}

impl Preamble {
    pub(super) fn to_text(&self, name: &str) -> String {
        format!(
            "icpulse identity: {name}\nprincipal: {}\nalgorithm: {}\ncreated: {}\n",
            self.principal, self.algorithm, self.created
        )
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (head, _) = text.split_once("-----BEGIN ENCRYPTED PRIVATE KEY-----")?;
        let field = |key: &str| head.lines().find_map(|l| l.strip_prefix(key)).map(str::trim);
        Some(Self {
            principal: Principal::from_text(field("principal:")?).ok()?,
            algorithm: Algorithm::parse(field("algorithm:")?)?,
            created: field("created:")?.parse().ok()?,
        })
    }
}

//! What the network certifies, and what a broken or lying one would send in its place.

use super::certificate::{Certified, Ranges};
use super::fault::Kind;
use super::network::{Network, STALE};
use super::subnet::{State, Subnet};
use super::tree::Path;
use icpulse_model::Timestamp;
use std::sync::Arc;

/// How long a delegation is used before the root subnet is asked for a new one.
const DELEGATION_AGE_NANOS: u64 = 600_000_000_000;

#[derive(Clone)]
pub(super) struct CertifiedSource {
    subnet: Arc<Subnet>,
    pub(super) certified: Arc<Certified>,
    /// The root's state, for a subnet that needs a delegation.
    delegating: Option<Arc<Certified>>,
}

impl Network {
    /// What certificates of a subnet are made from now.
    pub(super) fn proof(&self, states: &mut [State], own: usize) -> Option<CertifiedSource> {
        let delegating = self.delegating(states, own);
        let subnet = self.subnet(own)?;
        let now = self.time_of(&subnet.id, self.now());
        let certified = states.get_mut(own)?.certified(now);
        Some(CertifiedSource { subnet, certified, delegating })
    }

    /// The same, of another state than the present one where a fault strikes.
    pub(super) fn with_certificate_faults(
        &self,
        mut proof: CertifiedSource,
        states: &[State],
        own: usize,
    ) -> CertifiedSource {
        let Some(state) = states.get(own) else { return proof };
        if self.faults.strikes(Kind::StaleCertificate) {
            proof.certified = Arc::new(state.certified_as_of(proof.certified.time.minus(STALE)));
        }
        if self.faults.strikes(Kind::Altered) {
            let signature = proof.certified.signature(&proof.subnet.key).to_vec();
            let other = state.certified_as_of(Timestamp(proof.certified.time.0.saturating_add(1)));
            proof.certified = Arc::new(other.forged(signature));
        }
        proof
    }

    /// The root's state from which the delegation of a subnet is cut; none for the root subnet.
    fn delegating(&self, states: &mut [State], own: usize) -> Option<Arc<Certified>> {
        // The root subnet is the first.
        if own == 0 {
            return None;
        }
        let now = self.now();
        let mut kept = self.delegations.lock();
        let stale = kept.as_ref().is_none_or(|c| now.0.saturating_sub(c.time.0) > DELEGATION_AGE_NANOS);
        if stale {
            *kept = states.first_mut().map(|state| state.certified(now));
        }
        kept.clone()
    }

    /// The certificate of what lies under the paths, with what is wrong with who signs.
    pub(super) fn certificate(&self, proof: &CertifiedSource, ranges: Ranges, paths: &[Path]) -> Vec<u8> {
        let subnet = &proof.subnet;
        let mut certified = Arc::clone(&proof.certified);
        let pruned = self.faults.strikes(Kind::PrunedRanges);
        let ranges = if pruned { Ranges::None } else { ranges };
        let mut paths = paths.to_vec();
        if pruned {
            paths.retain(|path| path.iter().all(|label| label != b"canister_ranges"));
        }
        let elsewhere = self.faults.strikes(Kind::OtherRoot);
        let by_foreigner = |c: &Certified| c.forged(self.foreign.sign_state(&c.tree.digest()));
        let delegation = proof.delegating.as_ref().map(|state| {
            let signed = if elsewhere { &by_foreigner(state) } else { state.as_ref() };
            (subnet.id, signed.delegation(&self.root, &subnet.id, ranges))
        });
        if elsewhere && delegation.is_none() {
            certified = Arc::new(by_foreigner(&certified));
        }
        certified.certificate(&subnet.key, &paths, delegation)
    }
}

//! What subnets certify of themselves: their metrics, their list, who holds a canister.

use super::certificate::CertificateError;
use super::client::Connection;
use super::error::IcError;
use super::state_tree::path;
use icpulse_model::evidence::Sourced;
use icpulse_model::health::{Sample, SubnetMetrics};
use icpulse_model::text::Line;
use icpulse_model::{Evidence, Principal};
use serde_cbor::Value;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetricsError {
    #[error("the metrics are not CBOR: {0}")]
    Cbor(String),
    /// Not a map with numbers.
    #[error("the metrics are not a map of numbers")]
    Shape,
}

/// Reads `/subnet/<id>/metrics` (interface specification, "Subnet information"): a CBOR map by
/// number, 0 canisters, 1 bytes of state, 2 consumed cycles as a map of low (0) and high (1) half,
/// 3 update transactions. Numbers that are not known are ignored, missing ones are zero.
pub fn decode_metrics(leaf: &[u8]) -> Result<SubnetMetrics, MetricsError> {
    let value: Value = serde_cbor::from_slice(leaf)
        .map_err(|e| MetricsError::Cbor(Line::new(&e.to_string()).to_string()))?;
    let Value::Map(fields) = value else { return Err(MetricsError::Shape) };
    let field = |number: i128| fields.get(&Value::Integer(number));
    let cycles = match field(2) {
        None => 0,
        Some(Value::Map(halves)) => {
            let half = |number: i128| halves.get(&Value::Integer(number));
            u128::from(natural(half(1))?) << 64 | u128::from(natural(half(0))?)
        }
        Some(Value::Integer(whole)) => u128::try_from(*whole).map_err(|_| MetricsError::Shape)?,
        Some(_) => return Err(MetricsError::Shape),
    };
    Ok(SubnetMetrics {
        canisters: natural(field(0))?,
        state_bytes: natural(field(1))?,
        cycles_consumed: cycles,
        updates: natural(field(3))?,
    })
}

fn natural(value: Option<&Value>) -> Result<u64, MetricsError> {
    match value {
        None | Some(Value::Null) => Ok(0),
        Some(Value::Integer(number)) => u64::try_from(*number).map_err(|_| MetricsError::Shape),
        Some(_) => Err(MetricsError::Shape),
    }
}

pub(super) fn unverified(what: &Line, error: &CertificateError) -> IcError {
    IcError::Unverified { what: what.clone(), why: Line::new(&error.to_string()) }
}

impl Connection {
    /// A subnet's metrics with the `/time` of the certificate that proves them.
    ///
    /// # Errors
    /// [`IcError::Stalled`] with the certified time when the subnet certifies the past: it stands
    /// still, which is no failure of the network. Else see [`IcError`].
    pub async fn subnet_sample(&self, subnet: Principal) -> Result<(Sample, Evidence), IcError> {
        let what = Line::new(&format!("reading the metrics of subnet {}", subnet.to_text()));
        let place: [&[u8]; 3] = [b"subnet", subnet.as_slice(), b"metrics"];
        let answer = self.subnet_state(&what, subnet, &[path(place), path([b"time"])]).await?;
        let leaf = answer.verified.lookup(&place).map_err(|e| unverified(&what, &e))?;
        let leaf = leaf.ok_or_else(|| IcError::NotFound { what: what.clone() })?;
        let metrics = decode_metrics(leaf)
            .map_err(|e| IcError::Decode { what: what.clone(), why: Line::new(&e.to_string()) })?;
        let at = answer.verified.time;
        Ok((Sample { at, metrics }, Evidence::certified(at)))
    }

    /// All subnets, as the root subnet certifies them.
    pub async fn subnets(&self) -> Result<Sourced<Vec<Principal>>, IcError> {
        let what = Line::new("reading the list of subnets");
        let answer = self.subnet_state(&what, self.root_subnet(), &[path([b"subnet"])]).await?;
        let labels = answer.verified.labels(&[b"subnet"]).map_err(|e| unverified(&what, &e))?;
        let subnets: Result<Vec<Principal>, _> =
            labels.iter().map(|label| Principal::try_from_slice(label)).collect();
        let subnets =
            subnets.map_err(|e| IcError::Decode { what: what.clone(), why: Line::new(&e.to_string()) })?;
        self.shared.note_certified_time(answer.verified.time, &answer.seen);
        Ok(Sourced::new(subnets, Evidence::certified(answer.verified.time)))
    }

    /// The subnet that holds a canister, proven by the root subnet's delegation.
    ///
    /// # Errors
    /// [`IcError`]; an HTTP error where no subnet holds it.
    pub async fn subnet_of(&self, canister: Principal) -> Result<Sourced<Principal>, IcError> {
        let what = Line::new(&format!("finding the subnet of canister {}", canister.to_text()));
        let answer =
            self.canister_state(&what, canister, &[path([b"time"])], self.background_options()).await?;
        let subnet = answer.verified.signer.unwrap_or_else(|| self.root_subnet());
        Ok(Sourced::new(subnet, Evidence::certified(answer.verified.time)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_replicas_own_test_vector_is_read() {
        let leaf = hex::decode("a40005011a0050000002a2001b0000003a352944000100031910 68".replace(' ', ""));
        let metrics = decode_metrics(&leaf.unwrap()).unwrap();
        assert_eq!((metrics.canisters, metrics.state_bytes), (5, 5 * 1024 * 1024));
        assert_eq!((metrics.cycles_consumed, metrics.updates), (250_000_000_000, 4_200));
    }

    fn map(fields: &[(i128, Value)]) -> Vec<u8> {
        let fields: BTreeMap<Value, Value> =
            fields.iter().map(|(n, v)| (Value::Integer(*n), v.clone())).collect();
        serde_cbor::to_vec(&Value::Map(fields)).unwrap()
    }

    #[test]
    fn newer_and_older_shapes_are_read_and_nonsense_is_refused() {
        let newer = map(&[(0, Value::Integer(7)), (4, Value::Text("new".into())), (-1, Value::Null)]);
        assert_eq!(
            decode_metrics(&newer).unwrap(),
            SubnetMetrics { canisters: 7, ..SubnetMetrics::default() }
        );
        let whole = map(&[(2, Value::Integer(1 << 63))]);
        assert_eq!(decode_metrics(&whole).unwrap().cycles_consumed, 1 << 63);
        for odd in [Value::Integer(-1), Value::Float(1.0), Value::Text("5".into())] {
            assert_eq!(decode_metrics(&map(&[(3, odd)])), Err(MetricsError::Shape));
        }
        assert_eq!(
            decode_metrics(&serde_cbor::to_vec(&Value::Array(vec![])).unwrap()),
            Err(MetricsError::Shape)
        );
        assert!(matches!(decode_metrics(b""), Err(MetricsError::Cbor(_))));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(canisters: u64, state: u64, low: u64, high: u64, updates: u64) {
            let halves = BTreeMap::from([
                (Value::Integer(0), Value::Integer(low.into())),
                (Value::Integer(1), Value::Integer(high.into())),
            ]);
            let leaf = map(&[
                (0, Value::Integer(canisters.into())),
                (1, Value::Integer(state.into())),
                (2, Value::Map(halves)),
                (3, Value::Integer(updates.into())),
            ]);
            let cycles_consumed = u128::from(high) << 64 | u128::from(low);
            let expected = SubnetMetrics { canisters, state_bytes: state, cycles_consumed, updates };
            prop_assert_eq!(decode_metrics(&leaf), Ok(expected));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = decode_metrics(&bytes);
        }
    }
}

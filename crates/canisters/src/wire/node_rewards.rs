//! The node rewards canister: what each node earned on a day.
//!
//! `get_node_providers_rewards_calculation` has had three shapes. The types here are the current
//! one, in which it is answered (dfinity/ic `rs/node_rewards/canister/api`, 2026: rates are
//! fractions of one, a node's rewards are `float64`); [`read`] takes all three: the one before had
//! `nat64` where this one has `float64` and only one sum a provider, and the first one counted
//! rates in per cent and called them `…_fr_percent`.

use super::governance::DateUtc;
use super::lenient::{DecodeError, MAX_ROWS, check, decode_one};
use super::untyped::{Message, RowSlice, Value};
use candid::{CandidType, Deserialize, Principal};

/// Longest row of a provider that is read, with its type table, in bytes: some 1,500 nodes.
const MAX_ROW: usize = 256 * 1024;

#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AlgorithmVersion {
    pub version: u32,
}

/// Argument of `get_node_providers_rewards_calculation`. Without a version the current one counts.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RewardsRequest {
    pub day: DateUtc,
    pub algorithm_version: Option<AlgorithmVersion>,
}

/// Reply of `get_node_providers_rewards_calculation`; the text is hostile.
pub type RewardsReply = Result<DailyResults, String>;

/// All providers' day.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct DailyResults {
    pub subnets_failure_rate: Vec<(Principal, f64)>,
    pub provider_results: Vec<(Principal, ProviderRewards)>,
}

/// A provider's day, in ten-thousandths of an XDR.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ProviderRewards {
    pub total_base_rewards_xdr_permyriad: Option<u64>,
    pub total_adjusted_rewards_xdr_permyriad: Option<u64>,
    pub base_rewards: Vec<BaseRewards>,
    pub base_rewards_type3: Vec<Type3Rewards>,
    pub daily_nodes_rewards: Vec<NodeRewards>,
}

/// What a kind of node is paid in a region, before the coefficient for type 3 nodes.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct BaseRewards {
    pub monthly_xdr_permyriad: Option<f64>,
    pub daily_xdr_permyriad: Option<f64>,
    pub node_reward_type: Option<String>,
    pub region: Option<String>,
}

/// What a provider's type 3 nodes of a country (`Continent:Country`) are paid, each the same.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Type3Rewards {
    pub region: Option<String>,
    pub nodes_count: Option<u64>,
    pub avg_rewards_xdr_permyriad: Option<f64>,
    pub avg_coefficient: Option<f64>,
    pub daily_xdr_permyriad: Option<f64>,
}

/// A node's day.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NodeRewards {
    pub node_id: Option<Principal>,
    pub node_reward_type: Option<String>,
    pub region: Option<String>,
    pub dc_id: Option<String>,
    pub daily_node_failure_rate: Option<FailureRate>,
    pub performance_multiplier: Option<f64>,
    pub rewards_reduction: Option<f64>,
    pub base_rewards_xdr_permyriad: Option<f64>,
    pub adjusted_rewards_xdr_permyriad: Option<f64>,
}

/// How often a node failed, or is taken to have failed.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum FailureRate {
    SubnetMember { node_metrics: Option<NodeMetrics> },
    NonSubnetMember { extrapolated_failure_rate: Option<f64> },
}

/// A subnet member's blocks of a day.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NodeMetrics {
    pub subnet_assigned: Option<Principal>,
    pub subnet_assigned_failure_rate: Option<f64>,
    pub num_blocks_proposed: Option<u64>,
    pub num_blocks_failed: Option<u64>,
    pub original_failure_rate: Option<f64>,
    pub relative_failure_rate: Option<f64>,
}

/// Reads a reply of any of the three shapes. What an older shape does not say is `None`; what its
/// only sum said is the adjusted sum.
///
/// # Errors
/// [`DecodeError`] when the bytes are not a Candid message, or hold neither results nor an error.
pub fn read(bytes: &[u8]) -> Result<RewardsReply, DecodeError> {
    /// What is not looked at.
    #[derive(CandidType, Deserialize)]
    struct Something {}

    let message = check(bytes)?;
    let providers = match message.rows(&["Ok", "provider_results"], MAX_ROWS) {
        Ok(rows) => rows,
        Err(DecodeError::NoRows { path }) => {
            return match decode_one::<Result<Something, String>>(bytes)? {
                Err(refusal) => Ok(Err(refusal)),
                Ok(Something {}) => Err(DecodeError::NoRows { path }),
            };
        }
        Err(other) => return Err(other),
    };
    let mut results = DailyResults::default();
    for row in &providers {
        let row = value(&message, row)?;
        if let (Some(provider), Some(rewards)) = (principal(row.part(0)), row.part(1)) {
            results.provider_results.push((provider, Part(rewards).provider()));
        }
    }
    for (name, one) in [("subnets_failure_rate", 1.0), ("subnets_fr", 100.0)] {
        let rows = match message.rows(&["Ok", name], MAX_ROWS) {
            Ok(rows) => rows,
            Err(DecodeError::NoRows { .. }) => continue,
            Err(other) => return Err(other),
        };
        for row in &rows {
            let row = value(&message, row)?;
            if let (Some(subnet), Some(rate)) = (principal(row.part(0)), number(row.part(1))) {
                results.subnets_failure_rate.push((subnet, rate / one));
            }
        }
    }
    Ok(Ok(results))
}

fn value(message: &Message<'_>, row: &RowSlice<'_>) -> Result<Row, DecodeError> {
    let bytes = message.row_message(row);
    if bytes.len() > MAX_ROW {
        return Err(DecodeError::malformed(0, "a row is longer than any provider's"));
    }
    Ok(Row(Message::parse(&bytes)?.values()?.into_iter().next().unwrap_or(Value::Null)))
}

/// A pair.
struct Row(Value);

impl Row {
    fn part(&self, at: u32) -> Option<&Value> {
        field_of(&self.0, at)
    }
}

/// Through `opt` to what it holds.
fn present(value: &Value) -> Option<&Value> {
    match value {
        Value::Opt(inner) => inner.as_deref().and_then(present),
        Value::Null => None,
        other => Some(other),
    }
}

fn field_of(value: &Value, hash: u32) -> Option<&Value> {
    match present(value)? {
        Value::Record(fields) => {
            fields.iter().find(|(field, _)| *field == hash).and_then(|(_, value)| present(value))
        }
        _ => None,
    }
}

fn principal(value: Option<&Value>) -> Option<Principal> {
    match value? {
        Value::Principal(id) => Some(*id),
        _ => None,
    }
}

fn number(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::Float(number) => Some(*number),
        Value::Nat(number) => u64::try_from(&number.0).ok().map(|n| n as f64),
        _ => None,
    }
}

fn whole(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Nat(number) => u64::try_from(&number.0).ok(),
        _ => None,
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// A record of the reply, whose fields are looked up by name.
#[derive(Clone, Copy)]
struct Part<'v>(&'v Value);

impl<'v> Part<'v> {
    fn field(self, name: &str) -> Option<&'v Value> {
        field_of(self.0, candid::idl_hash(name))
    }

    /// A fraction by its current name, or per cent by its first one.
    fn rate(self, name: &str, percent: &str) -> Option<f64> {
        number(self.field(name)).or_else(|| number(self.field(percent)).map(|rate| rate / 100.0))
    }

    fn rows(self, name: &str) -> impl Iterator<Item = Part<'v>> {
        let rows: &[Value] = match self.field(name) {
            Some(Value::Vec(rows)) => rows,
            _ => &[],
        };
        rows.iter().map(Part)
    }

    fn provider(self) -> ProviderRewards {
        let sum = |name| whole(self.field(name));
        ProviderRewards {
            total_base_rewards_xdr_permyriad: sum("total_base_rewards_xdr_permyriad"),
            total_adjusted_rewards_xdr_permyriad: sum("total_adjusted_rewards_xdr_permyriad")
                .or_else(|| sum("rewards_total_xdr_permyriad")),
            base_rewards: self.rows("base_rewards").map(Self::base).collect(),
            base_rewards_type3: self.rows("base_rewards_type3").map(Self::type3).collect(),
            daily_nodes_rewards: self.rows("daily_nodes_rewards").map(Self::node).collect(),
        }
    }

    fn base(self) -> BaseRewards {
        BaseRewards {
            monthly_xdr_permyriad: number(self.field("monthly_xdr_permyriad")),
            daily_xdr_permyriad: number(self.field("daily_xdr_permyriad")),
            node_reward_type: text(self.field("node_reward_type")),
            region: text(self.field("region")),
        }
    }

    fn type3(self) -> Type3Rewards {
        Type3Rewards {
            region: text(self.field("region")),
            nodes_count: whole(self.field("nodes_count")),
            avg_rewards_xdr_permyriad: number(self.field("avg_rewards_xdr_permyriad")),
            avg_coefficient: self.rate("avg_coefficient", "avg_coefficient_percent"),
            daily_xdr_permyriad: number(self.field("daily_xdr_permyriad")),
        }
    }

    fn node(self) -> NodeRewards {
        NodeRewards {
            node_id: principal(self.field("node_id")),
            node_reward_type: text(self.field("node_reward_type")),
            region: text(self.field("region")),
            dc_id: text(self.field("dc_id")),
            daily_node_failure_rate: self
                .field("daily_node_failure_rate")
                .or_else(|| self.field("daily_node_fr"))
                .and_then(Self::failure),
            performance_multiplier: self.rate("performance_multiplier", "performance_multiplier_percent"),
            rewards_reduction: self.rate("rewards_reduction", "rewards_reduction_percent"),
            base_rewards_xdr_permyriad: number(self.field("base_rewards_xdr_permyriad")),
            adjusted_rewards_xdr_permyriad: number(self.field("adjusted_rewards_xdr_permyriad")),
        }
    }

    fn failure(value: &Value) -> Option<FailureRate> {
        let Value::Variant(tag, inner) = value else { return None };
        let inner = Part(inner);
        if *tag == candid::idl_hash("SubnetMember") {
            let node_metrics = inner.field("node_metrics").map(|metrics| Part(metrics).metrics());
            Some(FailureRate::SubnetMember { node_metrics })
        } else if *tag == candid::idl_hash("NonSubnetMember") {
            let extrapolated_failure_rate =
                inner.rate("extrapolated_failure_rate", "extrapolated_fr_percent");
            Some(FailureRate::NonSubnetMember { extrapolated_failure_rate })
        } else {
            None
        }
    }

    fn metrics(self) -> NodeMetrics {
        NodeMetrics {
            subnet_assigned: principal(self.field("subnet_assigned")),
            subnet_assigned_failure_rate: self
                .rate("subnet_assigned_failure_rate", "subnet_assigned_fr_percent"),
            num_blocks_proposed: whole(self.field("num_blocks_proposed")),
            num_blocks_failed: whole(self.field("num_blocks_failed")),
            original_failure_rate: self.rate("original_failure_rate", "original_fr_percent"),
            relative_failure_rate: self.rate("relative_failure_rate", "relative_fr_percent"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::encode_one;
    use super::*;
    use proptest::prelude::*;

    fn id(n: u8) -> Principal {
        Principal::self_authenticating([n])
    }

    fn day() -> DailyResults {
        let metrics = NodeMetrics {
            subnet_assigned: Some(id(9)),
            subnet_assigned_failure_rate: Some(0.25),
            num_blocks_proposed: Some(7_000),
            num_blocks_failed: Some(3_000),
            original_failure_rate: Some(0.5),
            relative_failure_rate: Some(0.25),
        };
        let node = |n, failure| NodeRewards {
            node_id: Some(id(n)),
            node_reward_type: Some("type3.1".into()),
            region: Some("Europe,Switzerland,Zurich".into()),
            dc_id: Some("zh2".into()),
            daily_node_failure_rate: Some(failure),
            performance_multiplier: Some(0.75),
            rewards_reduction: Some(0.25),
            base_rewards_xdr_permyriad: Some(400_000.0),
            adjusted_rewards_xdr_permyriad: Some(300_000.0),
        };
        let rewards = ProviderRewards {
            total_base_rewards_xdr_permyriad: Some(800_000),
            total_adjusted_rewards_xdr_permyriad: Some(600_000),
            base_rewards: vec![BaseRewards {
                monthly_xdr_permyriad: Some(13_000_000.0),
                daily_xdr_permyriad: Some(427_104.0),
                node_reward_type: Some("type3.1".into()),
                region: Some("Europe,Switzerland,Zurich".into()),
            }],
            base_rewards_type3: vec![Type3Rewards {
                region: Some("Europe:Switzerland".into()),
                nodes_count: Some(2),
                avg_rewards_xdr_permyriad: Some(427_104.0),
                avg_coefficient: Some(0.75),
                daily_xdr_permyriad: Some(400_000.0),
            }],
            daily_nodes_rewards: vec![
                node(1, FailureRate::SubnetMember { node_metrics: Some(metrics) }),
                node(2, FailureRate::NonSubnetMember { extrapolated_failure_rate: Some(0.25) }),
            ],
        };
        DailyResults { subnets_failure_rate: vec![(id(9), 0.25)], provider_results: vec![(id(3), rewards)] }
    }

    /// The shapes before this one, as their interface files had them.
    mod older {
        use super::*;

        #[derive(CandidType)]
        pub struct Day {
            pub subnets_fr: Vec<(Principal, f64)>,
            pub provider_results: Vec<(Principal, Provider)>,
        }
        #[derive(CandidType)]
        pub struct Provider {
            pub rewards_total_xdr_permyriad: Option<u64>,
            pub base_rewards: Vec<Base>,
            pub base_rewards_type3: Vec<Type3>,
            pub daily_nodes_rewards: Vec<Node>,
        }
        #[derive(CandidType)]
        pub struct Base {
            pub monthly_xdr_permyriad: Option<u64>,
            pub daily_xdr_permyriad: Option<u64>,
            pub node_reward_type: Option<String>,
            pub region: Option<String>,
        }
        #[derive(CandidType)]
        pub struct Type3 {
            pub region: Option<String>,
            pub nodes_count: Option<u64>,
            pub avg_rewards_xdr_permyriad: Option<u64>,
            pub avg_coefficient_percent: Option<f64>,
            pub daily_xdr_permyriad: Option<u64>,
        }
        #[derive(CandidType)]
        pub struct Node {
            pub node_id: Option<Principal>,
            pub node_reward_type: Option<String>,
            pub region: Option<String>,
            pub dc_id: Option<String>,
            pub daily_node_fr: Option<Failure>,
            pub performance_multiplier_percent: Option<f64>,
            pub rewards_reduction_percent: Option<f64>,
            pub base_rewards_xdr_permyriad: Option<u64>,
            pub adjusted_rewards_xdr_permyriad: Option<u64>,
        }
        #[derive(CandidType)]
        pub enum Failure {
            SubnetMember { node_metrics: Option<Metrics> },
            NonSubnetMember { extrapolated_fr_percent: Option<f64> },
        }
        #[derive(CandidType)]
        pub struct Metrics {
            pub subnet_assigned: Option<Principal>,
            pub subnet_assigned_fr_percent: Option<f64>,
            pub num_blocks_proposed: Option<u64>,
            pub num_blocks_failed: Option<u64>,
            pub original_fr_percent: Option<f64>,
            pub relative_fr_percent: Option<f64>,
        }

        fn nat(number: Option<f64>) -> Option<u64> {
            number.map(|n| n as u64)
        }

        fn percent(number: Option<f64>) -> Option<f64> {
            number.map(|n| n * 100.0)
        }

        pub fn of(day: DailyResults) -> Day {
            Day {
                subnets_fr: day.subnets_failure_rate.into_iter().map(|(s, r)| (s, r * 100.0)).collect(),
                provider_results: day.provider_results.into_iter().map(|(p, r)| (p, provider(r))).collect(),
            }
        }

        fn provider(rewards: ProviderRewards) -> Provider {
            Provider {
                rewards_total_xdr_permyriad: rewards.total_adjusted_rewards_xdr_permyriad,
                base_rewards: rewards.base_rewards.into_iter().map(base).collect(),
                base_rewards_type3: rewards.base_rewards_type3.into_iter().map(type3).collect(),
                daily_nodes_rewards: rewards.daily_nodes_rewards.into_iter().map(node).collect(),
            }
        }

        fn base(b: BaseRewards) -> Base {
            Base {
                monthly_xdr_permyriad: nat(b.monthly_xdr_permyriad),
                daily_xdr_permyriad: nat(b.daily_xdr_permyriad),
                node_reward_type: b.node_reward_type,
                region: b.region,
            }
        }

        fn type3(t: Type3Rewards) -> Type3 {
            Type3 {
                region: t.region,
                nodes_count: t.nodes_count,
                avg_rewards_xdr_permyriad: nat(t.avg_rewards_xdr_permyriad),
                avg_coefficient_percent: percent(t.avg_coefficient),
                daily_xdr_permyriad: nat(t.daily_xdr_permyriad),
            }
        }

        fn node(n: NodeRewards) -> Node {
            let failure = n.daily_node_failure_rate.map(|failure| match failure {
                FailureRate::SubnetMember { node_metrics } => Failure::SubnetMember {
                    node_metrics: node_metrics.map(|m| Metrics {
                        subnet_assigned: m.subnet_assigned,
                        subnet_assigned_fr_percent: percent(m.subnet_assigned_failure_rate),
                        num_blocks_proposed: m.num_blocks_proposed,
                        num_blocks_failed: m.num_blocks_failed,
                        original_fr_percent: percent(m.original_failure_rate),
                        relative_fr_percent: percent(m.relative_failure_rate),
                    }),
                },
                FailureRate::NonSubnetMember { extrapolated_failure_rate } => {
                    Failure::NonSubnetMember { extrapolated_fr_percent: percent(extrapolated_failure_rate) }
                }
            });
            Node {
                node_id: n.node_id,
                node_reward_type: n.node_reward_type,
                region: n.region,
                dc_id: n.dc_id,
                daily_node_fr: failure,
                performance_multiplier_percent: percent(n.performance_multiplier),
                rewards_reduction_percent: percent(n.rewards_reduction),
                base_rewards_xdr_permyriad: nat(n.base_rewards_xdr_permyriad),
                adjusted_rewards_xdr_permyriad: nat(n.adjusted_rewards_xdr_permyriad),
            }
        }
    }

    #[test]
    fn the_current_shape_is_read_by_type_and_by_name() {
        let bytes = encode_one(RewardsReply::Ok(day())).unwrap();
        assert_eq!(decode_one::<RewardsReply>(&bytes).unwrap(), Ok(day()));
        assert_eq!(read(&bytes).unwrap(), Ok(day()));
    }

    #[test]
    fn the_first_shape_comes_to_the_same() {
        let bytes = encode_one(Ok::<_, String>(older::of(day()))).unwrap();
        let mut expected = day();
        expected.provider_results[0].1.total_base_rewards_xdr_permyriad = None;
        assert_eq!(read(&bytes).unwrap(), Ok(expected));
    }

    #[test]
    fn a_shape_between_the_two_comes_to_the_same() {
        // The current names with whole numbers: what the second shape had.
        #[derive(CandidType)]
        struct Node {
            node_id: Option<Principal>,
            base_rewards_xdr_permyriad: Option<u64>,
            adjusted_rewards_xdr_permyriad: u64,
            performance_multiplier: Option<f64>,
        }
        #[derive(CandidType)]
        struct Provider {
            rewards_total_xdr_permyriad: Option<u64>,
            daily_nodes_rewards: Vec<Node>,
        }
        #[derive(CandidType)]
        struct Day {
            subnets_failure_rate: Vec<(Principal, f64)>,
            provider_results: Vec<(Principal, Provider)>,
        }
        let node = Node {
            node_id: Some(id(1)),
            base_rewards_xdr_permyriad: Some(40),
            adjusted_rewards_xdr_permyriad: 30,
            performance_multiplier: Some(0.75),
        };
        let provider = Provider { rewards_total_xdr_permyriad: Some(30), daily_nodes_rewards: vec![node] };
        let day = Day { subnets_failure_rate: vec![(id(9), 0.5)], provider_results: vec![(id(3), provider)] };
        let read = read(&encode_one(Ok::<_, String>(day)).unwrap()).unwrap().unwrap();
        assert_eq!(read.subnets_failure_rate, [(id(9), 0.5)]);
        let (_, provider) = &read.provider_results[0];
        assert_eq!(provider.total_adjusted_rewards_xdr_permyriad, Some(30));
        let node = &provider.daily_nodes_rewards[0];
        assert_eq!(
            (node.base_rewards_xdr_permyriad, node.adjusted_rewards_xdr_permyriad),
            (Some(40.0), Some(30.0))
        );
    }

    #[test]
    fn a_refusal_is_one_and_other_replies_are_errors() {
        let refusal: RewardsReply = Err("to_date must be earlier than today".into());
        assert_eq!(read(&encode_one(&refusal).unwrap()).unwrap(), refusal);
        assert!(matches!(read(b"DIDL\0\x01\x71\x02ok"), Err(DecodeError::Type { .. })));
        assert!(matches!(read(b"no candid"), Err(DecodeError::Malformed { .. })));
        // Results without providers.
        #[derive(CandidType)]
        struct Other {
            something: u64,
        }
        let other = encode_one(Ok::<_, String>(Other { something: 1 })).unwrap();
        assert!(matches!(read(&other), Err(DecodeError::NoRows { .. })));
    }

    #[test]
    fn the_argument_is_read_with_and_without_the_version() {
        #[derive(CandidType)]
        struct Older {
            day: DateUtc,
        }
        let day = DateUtc { year: 2026, month: 11, day: 21 };
        let bytes = encode_one(Older { day }).unwrap();
        let expected = RewardsRequest { day, algorithm_version: None };
        assert_eq!(decode_one::<RewardsRequest>(&bytes).unwrap(), expected);
        let expected = RewardsRequest { day, algorithm_version: Some(AlgorithmVersion { version: 1 }) };
        assert_eq!(decode_one::<RewardsRequest>(&encode_one(expected).unwrap()).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, cut in 0usize..4_000, at in 0usize..4_000, with: u8) {
            let _ = read(&bytes);
            let mut reply = encode_one(RewardsReply::Ok(day())).unwrap();
            reply.truncate(cut.max(8));
            if let Some(byte) = reply.get_mut(at) {
                *byte = with;
            }
            let _ = read(&reply);
        }
    }
}

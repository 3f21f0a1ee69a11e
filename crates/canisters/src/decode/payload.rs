//! What a proposal does, as a tree that can be shown: by the canister's own description where it
//! gives one, else decoded here.

use super::field_names::NAMES;
use super::nns_function;
use crate::wire::encode_one;
use crate::wire::governance as wire;
use crate::wire::lenient::{check, field_names};
use crate::wire::untyped::Value as Raw;
use icpulse_model::proposal::{Payload, Value};
use icpulse_model::text::{Block, Line};
use prost::Message as _;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Most values of a tree that are kept; the rest is cut off and said so.
const MOST_VALUES: usize = 20_000;
/// Deepest nesting kept of a self-described action; recursion of the decoder is bounded before.
const DEEPEST: usize = 100;
/// Most bytes of a blob that are shown.
const BLOB_HEAD: usize = 64;

/// Names of the fields of typed actions, by hash.
static ACTION_FIELDS: LazyLock<HashMap<u32, String>> = LazyLock::new(field_names::<wire::Action>);

/// The content of a proposal's action.
pub fn decode_payload(
    action: Option<&wire::Action>,
    described: Option<&wire::SelfDescribingProposalAction>,
) -> Payload {
    if let Some(described) = described
        && let Some(value) = &described.value
    {
        let name = described.type_name.clone().or_else(|| action.map(describe_title));
        return Payload {
            name: Line::new(name.as_deref().unwrap_or("Action")),
            description: Block::new(described.type_description.as_deref().unwrap_or_default()),
            value: Budget::new().described(value, 0),
        };
    }
    match action {
        Some(wire::Action::ExecuteNnsFunction(function)) => Payload {
            name: Line::new(&nns_function::format_words(function.nns_function)),
            description: Block::new(&format!("Calls NNS function {}.", function.nns_function)),
            value: function_payload(function.nns_function, &function.payload),
        },
        Some(action) => Payload {
            name: Line::new(&describe_title(action)),
            description: Block::default(),
            value: decode_typed(action),
        },
        None => Payload {
            name: Line::new("Unknown action"),
            description: Block::new("This version does not know it, and the canister does not describe it."),
            value: Value::Null,
        },
    }
}

/// The kind of action in a row: `Motion`, `ExecuteNnsFunction · AddSnsWasm`, `function 60`.
pub fn describe_kind(action: Option<&wire::Action>) -> Line {
    match action {
        Some(wire::Action::ExecuteNnsFunction(function)) => {
            Line::new(&nns_function::format_label(function.nns_function))
        }
        Some(action) => Line::new(describe_tag(action)),
        None => Line::new("unknown action"),
    }
}

fn describe_title(action: &wire::Action) -> String {
    match action {
        wire::Action::ExecuteNnsFunction(function) => nns_function::format_words(function.nns_function),
        other => nns_function::insert_spaces(describe_tag(other)),
    }
}

/// The tag of an action in the canister's interface.
fn describe_tag(action: &wire::Action) -> &'static str {
    use wire::Action as A;
    match action {
        A::RegisterKnownNeuron(_) => "RegisterKnownNeuron",
        A::DeregisterKnownNeuron(_) => "DeregisterKnownNeuron",
        A::ManageNeuron(_) => "ManageNeuron",
        A::UpdateCanisterSettings(_) => "UpdateCanisterSettings",
        A::InstallCode(_) => "InstallCode",
        A::StopOrStartCanister(_) => "StopOrStartCanister",
        A::CreateServiceNervousSystem(_) => "CreateServiceNervousSystem",
        A::ExecuteNnsFunction(_) => "ExecuteNnsFunction",
        A::RewardNodeProvider(_) => "RewardNodeProvider",
        A::OpenSnsTokenSwap(_) => "OpenSnsTokenSwap",
        A::SetSnsTokenSwapOpenTimeWindow(_) => "SetSnsTokenSwapOpenTimeWindow",
        A::SetDefaultFollowees(_) => "SetDefaultFollowees",
        A::RewardNodeProviders(_) => "RewardNodeProviders",
        A::ManageNetworkEconomics(_) => "ManageNetworkEconomics",
        A::ApproveGenesisKyc(_) => "ApproveGenesisKyc",
        A::AddOrRemoveNodeProvider(_) => "AddOrRemoveNodeProvider",
        A::Motion(_) => "Motion",
        A::FulfillSubnetRentalRequest(_) => "FulfillSubnetRentalRequest",
        A::BlessAlternativeGuestOsVersion(_) => "BlessAlternativeGuestOsVersion",
        A::TakeCanisterSnapshot(_) => "TakeCanisterSnapshot",
        A::LoadCanisterSnapshot(_) => "LoadCanisterSnapshot",
        A::CreateCanisterAndInstallCode(_) => "CreateCanisterAndInstallCode",
        A::UpdateStandardEngineReplicaVersion(_) => "UpdateStandardEngineReplicaVersion",
    }
}

/// A typed action as a tree: written as Candid and read back without its type.
fn decode_typed(action: &wire::Action) -> Value {
    let Ok(bytes) = encode_one(action) else { return Value::Null };
    match check(&bytes).and_then(|message| message.values()).map(|values| values.into_iter().next()) {
        Ok(Some(Raw::Variant(_, inner))) => {
            Budget::new().raw(&inner, &|hash| ACTION_FIELDS.get(&hash).cloned())
        }
        _ => Value::Null,
    }
}

/// The argument of an NNS function as a tree: Candid of any type, the protobuf messages some
/// functions took, else its bytes.
pub fn function_payload(function: i32, bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    if bytes.starts_with(b"DIDL") {
        if let Ok(values) = check(bytes).and_then(|message| message.values()) {
            let name = |hash: u32| NAMES.get(&hash).map(|name| (*name).to_owned());
            let mut budget = Budget::new();
            let mut trees = values.iter().map(|value| budget.raw(value, &name));
            return match (trees.next(), values.len()) {
                (None, _) => Value::Null,
                (Some(only), 1) => only,
                (Some(first), _) => Value::List(std::iter::once(first).chain(trees).collect()),
            };
        }
    } else if function == 21
        && let Ok(change) = DataCenters::decode(bytes)
    {
        return change.value();
    }
    format_blob(bytes)
}

fn format_blob(bytes: &[u8]) -> Value {
    Value::Blob {
        len: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        head: hex::encode(bytes.get(..BLOB_HEAD).unwrap_or(bytes)),
    }
}

fn format_text(text: &str) -> Value {
    Value::Text(Block::new(text))
}

fn format_number(number: &impl ToString) -> Value {
    Value::Number(Line::new(&number.to_string()))
}

/// How many more values a tree may get.
struct Budget {
    left: usize,
}

impl Budget {
    fn new() -> Self {
        Self { left: MOST_VALUES }
    }

    /// Whether another value fits.
    fn take(&mut self) -> bool {
        let fits = self.left > 0;
        self.left = self.left.saturating_sub(1);
        fits
    }

    /// A Candid value read without its type; its depth was bounded when it was read.
    fn raw(&mut self, value: &Raw, name: &dyn Fn(u32) -> Option<String>) -> Value {
        if !self.take() {
            return format_text("… (cut off)");
        }
        let label = |hash: u32| Line::new(&name(hash).unwrap_or_else(|| format!("field {hash}")));
        match value {
            Raw::Null | Raw::Opt(None) => Value::Null,
            Raw::Bool(value) => Value::Bool(*value),
            Raw::Nat(value) => format_number(&value.0),
            Raw::Int(value) => format_number(&value.0),
            Raw::Float(value) => format_number(value),
            Raw::Text(value) => format_text(value),
            Raw::Blob(bytes) => format_blob(bytes),
            Raw::Opt(Some(inner)) => self.raw(inner, name),
            Raw::Vec(values) => {
                Value::List(values.iter().take(self.left + 1).map(|value| self.raw(value, name)).collect())
            }
            Raw::Record(fields) if is_tuple(fields) => {
                Value::List(fields.iter().map(|(_, value)| self.raw(value, name)).collect())
            }
            // What is not set says nothing.
            Raw::Record(fields) => Value::Map(
                fields
                    .iter()
                    .filter(|(_, value)| !matches!(value, Raw::Opt(None)))
                    .map(|(hash, value)| (label(*hash), self.raw(value, name)))
                    .collect(),
            ),
            Raw::Variant(tag, inner) => match inner.as_ref() {
                Raw::Null => format_text(label(*tag).as_str()),
                inner => Value::Map(vec![(label(*tag), self.raw(inner, name))]),
            },
            Raw::Principal(principal) => format_text(&principal.to_text()),
            Raw::Func(principal, method) => format_text(&format!("{principal}.{method}")),
        }
    }

    /// A value as the canister describes it.
    fn described(&mut self, value: &wire::SelfDescribingValue, depth: usize) -> Value {
        use wire::SelfDescribingValue as S;
        if depth > DEEPEST || !self.take() {
            return format_text("… (cut off)");
        }
        match value {
            S::Blob(bytes) => format_blob(bytes),
            S::Text(value) => format_text(value),
            S::Bool(value) => Value::Bool(*value),
            S::Nat(value) => format_number(&value.0),
            S::Int(value) => format_number(&value.0),
            S::Array(values) => Value::List(
                values.iter().take(self.left + 1).map(|value| self.described(value, depth + 1)).collect(),
            ),
            S::Map(entries) => Value::Map(
                entries
                    .iter()
                    .take(self.left + 1)
                    .map(|(key, value)| (Line::new(key), self.described(value, depth + 1)))
                    .collect(),
            ),
            S::Null => Value::Null,
        }
    }
}

/// Whether a record's fields are numbered from zero.
fn is_tuple(fields: &[(u32, Raw)]) -> bool {
    !fields.is_empty() && fields.iter().zip(0_u32..).all(|((hash, _), at)| *hash == at)
}

/// Adds and removes data centers (`registry.dc.v1`, the protobuf form of NNS function 21).
#[derive(Clone, PartialEq, prost::Message)]
struct DataCenters {
    #[prost(message, repeated, tag = "1")]
    add: Vec<DataCenter>,
    #[prost(string, repeated, tag = "2")]
    remove: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct DataCenter {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    region: String,
    #[prost(string, tag = "3")]
    owner: String,
    #[prost(message, optional, tag = "4")]
    gps: Option<Gps>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Gps {
    #[prost(float, tag = "1")]
    latitude: f32,
    #[prost(float, tag = "2")]
    longitude: f32,
}

impl DataCenters {
    fn value(&self) -> Value {
        let field = |name: &str, value: Value| (Line::new(name), value);
        let add = self.add.iter().map(|center| {
            let mut fields = vec![
                field("id", format_text(&center.id)),
                field("region", format_text(&center.region)),
                field("owner", format_text(&center.owner)),
            ];
            if let Some(gps) = &center.gps {
                fields.push(field("latitude", format_number(&gps.latitude)));
                fields.push(field("longitude", format_number(&gps.longitude)));
            }
            Value::Map(fields)
        });
        Value::Map(vec![
            field("data_centers_to_add", Value::List(add.collect())),
            field(
                "data_centers_to_remove",
                Value::List(self.remove.iter().map(|id| format_text(id)).collect()),
            ),
        ])
    }
}

#[cfg(test)]
#[path = "payload_tests.rs"]
mod tests;

//! The model as JSON with stable names. Integers that may exceed 2^53 (ids of neurons,
//! e8s, voting power, memos) are always strings, so that no reader loses digits.

use crate::datasets::ListRow;
pub use crate::datasets::export::evidence_json as evidence;
use crate::datasets::export::{big, object, time};
use icpulse_model::act::{Execution, Review, SignerInfo, Step, StepState};
use icpulse_model::dataset::Context;
use icpulse_model::network::{NetworkFacts, NetworkTrust};
use icpulse_model::neuron::Neuron;
use icpulse_model::proposal::{Proposal, ProposalBody, Value as Tree};
use icpulse_model::review::confirmation_word;
use icpulse_model::{E8s, Timestamp};
use icpulse_store::journal::JournalEntry;
use serde_json::{Map, Value, json};

fn e8s_json(amount: E8s) -> Value {
    big(amount.0)
}

/// A proposal as its list has it.
pub fn proposal(p: &Proposal, now: Timestamp) -> Value {
    object(Proposal::dataset(), p, &Context { now, ..Context::default() })
}

fn payload_json(value: &Tree) -> Value {
    match value {
        Tree::Null => Value::Null,
        Tree::Bool(b) => Value::Bool(*b),
        Tree::Number(n) => Value::String(n.to_string()),
        Tree::Text(t) => Value::String(t.to_string()),
        Tree::Blob { len, head } => json!({ "blob_bytes": len, "head_hex": head }),
        Tree::List(items) => Value::Array(items.iter().map(payload_json).collect()),
        Tree::Map(entries) => Value::Object(
            entries.iter().map(|(k, v)| (k.to_string(), payload_json(v))).collect::<Map<_, _>>(),
        ),
    }
}

/// A proposal with its body.
pub fn proposal_full(p: &Proposal, body: Option<&ProposalBody>, now: Timestamp) -> Value {
    let mut value = proposal(p, now);
    if let (Value::Object(map), Some(body)) = (&mut value, body) {
        map.insert("summary".into(), body.summary.as_str().into());
        map.insert("url".into(), body.url.as_str().into());
        map.insert("failure".into(), body.failure.as_ref().map(|f| f.as_str().to_owned()).into());
        map.insert(
            "payload".into(),
            json!({
                "name": body.payload.name.as_str(),
                "description": body.payload.description.as_str(),
                "value": payload_json(&body.payload.value),
            }),
        );
    }
    value
}

/// A neuron as its list has it.
pub fn neuron(n: &Neuron, cx: &Context) -> Value {
    object(Neuron::dataset(), n, cx)
}

/// The identity in use.
pub fn signer(s: &SignerInfo) -> Value {
    json!({
        "name": s.name.as_str(),
        "kind": s.kind,
        "principal": s.principal.to_text(),
        "account": s.account.hex(),
        "locked": s.locked,
    })
}

/// Facts of governance and tokens.
pub fn facts(f: &NetworkFacts, now: Timestamp) -> Value {
    json!({
        "icp_xdr_permyriad": f.icp_xdr.as_ref().map(|r| json!({"value": r.value.0, "evidence": evidence(&r.evidence, now)})),
        "maturity_modulation_permyriad": f.modulation.as_ref().map(|m| json!({"value": m.value.permyriad, "evidence": evidence(&m.evidence, now)})),
        "economics": f.economics.as_ref().map(|e| json!({
            "neuron_minimum_stake_e8s": e8s_json(e.value.neuron_minimum_stake),
            "reject_cost_e8s": e8s_json(e.value.reject_cost),
            "transaction_fee_e8s": e8s_json(e.value.transaction_fee),
            "minimum_dissolve_delay_to_vote_seconds": e.value.minimum_delay_to_vote.0,
            "start_reducing_voting_power_after_seconds": e.value.start_reducing_after.0,
            "clear_following_after_seconds": e.value.clear_following_after.0,
            "evidence": evidence(&e.evidence, now),
        })),
        "metrics": f.metrics.as_ref().map(|m| json!({
            "total_supply_icp": m.value.total_supply_icp.to_string(),
            "total_staked_e8s": e8s_json(m.value.total_staked),
            "total_locked_e8s": e8s_json(m.value.total_locked),
            "total_maturity_e8s": e8s_json(m.value.total_maturity),
            "computed": m.value.at.rfc3339(),
            "evidence": evidence(&m.evidence, now),
        })),
        "reward_event": f.reward_event.as_ref().map(|r| json!({
            "day_after_genesis": r.value.day_after_genesis,
            "at": r.value.at.rfc3339(),
            "distributed_e8s": e8s_json(r.value.distributed),
            "total_available_e8s": e8s_json(r.value.total_available),
            "evidence": evidence(&r.evidence, now),
        })),
    })
}

/// The network's trust: root key and foreign canisters.
pub fn trust(trust: &NetworkTrust) -> Value {
    json!({
        "is_internet_computer": trust.is_main(),
        "note": trust.disclaimer(),
        "foreign_canisters": trust.foreign.iter().map(|c| json!({
            "replaces": c.role,
            "canister": c.id.to_text(),
            "note": c.describe(),
        })).collect::<Vec<_>>(),
    })
}

/// A review.
pub fn review(r: &Review) -> Value {
    json!({
        "plan": r.plan.to_string(),
        "op": r.intent.op,
        "args": r.intent.args,
        "title": r.title.as_str(),
        "network": r.network.as_str(),
        "trust": trust(&r.trust),
        "signer": r.signer.to_text(),
        "calls": r.calls.iter().map(|c| json!({
            "canister": c.canister.to_text(),
            "canister_name": c.canister_name,
            "method": c.method,
            "summary": c.summary.as_str(),
            "arguments": c.arguments.iter().map(|(k, v)| json!({"name": k, "value": v.as_str()})).collect::<Vec<_>>(),
            "argument_sha256": c.arg_digest,
        })).collect::<Vec<_>>(),
        "total_cost_e8s": e8s_json(r.total_cost),
        "fees_e8s": e8s_json(r.fees),
        "effects": r.effects.iter().map(icpulse_model::text::Line::as_str).collect::<Vec<_>>(),
        "irreversible": r.irreversible.iter().map(icpulse_model::text::Line::as_str).collect::<Vec<_>>(),
        "warnings": r.warnings.iter().map(icpulse_model::text::Line::as_str).collect::<Vec<_>>(),
        "blocked": r.blocked.as_ref().map(icpulse_model::text::Line::as_str),
        "confirmation": confirmation_word(r),
    })
}

/// One step and its state.
pub fn step(s: &Step) -> Value {
    let (state, detail, request_id) = match &s.state {
        StepState::Waiting => ("waiting", None, None),
        StepState::Submitted { request_id } => ("submitted", None, Some(request_id)),
        StepState::Done { note, .. } => ("done", Some(note.to_string()), None),
        StepState::AlreadyDone { note } => ("already_done", Some(note.to_string()), None),
        StepState::Refused { code, message } => ("refused", Some(format!("{code}: {message}")), None),
        StepState::RefusedForNow { code, message } => {
            ("refused_for_now", Some(format!("{code}: {message}")), None)
        }
        StepState::NotSent { message } => ("not_sent", Some(message.to_string()), None),
        StepState::Unknown { request_id, message } => {
            ("unknown", Some(message.to_string()), Some(request_id))
        }
        StepState::Unrecognized(state) => ("unknown", Some(state.to_string()), None),
    };
    json!({
        "summary": s.call.summary.as_str(),
        "method": s.call.method,
        "neuron": s.call.neuron.map(|n| n.to_string()),
        "proposal": s.call.proposal.map(|p| p.number),
        "state": state,
        "detail": detail,
        "request_id": request_id,
        "certified_at": match &s.state { StepState::Done { certified_at, .. } => Some(certified_at.rfc3339()), _ => None },
    })
}

/// An action as the journal has it.
pub fn journal_entry(e: &JournalEntry) -> Value {
    let mut value = execution(&e.execution);
    if let Value::Object(fields) = &mut value {
        fields.insert("id".to_owned(), e.id.as_str().into());
        fields.insert("authenticity".to_owned(), e.authenticity.slug().into());
        fields.insert("under_way".to_owned(), e.under_way.into());
    }
    value
}

/// An action with its outcome.
pub fn execution(e: &Execution) -> Value {
    json!({
        "plan": e.plan.to_string(),
        "op": e.intent.op,
        "args": e.intent.args,
        "title": e.title.as_str(),
        "signer": e.signer.to_text(),
        "confirmed": e.confirmed.rfc3339(),
        "finished": time(e.finished),
        "dismissed": time(e.dismissed),
        "open": e.is_open(),
        "outcome": e.ending().slug(),
        "created_neuron": e.created_neuron.map(|n| n.to_string()),
        "transfer_block": e.transfer_block.map(|b| b.to_string()),
        "steps": e.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

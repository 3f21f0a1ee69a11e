//! The model as JSON with stable names. Integers that may exceed 2^53 (ids of neurons,
//! e8s, voting power, memos) are always strings, so that no reader loses digits.

use icpulse_model::account::AccountIdentifier;
use icpulse_model::act::{Execution, Review, SignerInfo, Step, StepState};
use icpulse_model::ledger::{Operation, Transaction};
use icpulse_model::network::{Facts, NetworkTrust};
use icpulse_model::neuron::{DissolveState, Neuron};
use icpulse_model::proposal::{Proposal, ProposalBody, Value as Tree};
use icpulse_model::review::confirmation_word;
use icpulse_model::topic::Topic;
use icpulse_model::{E8s, Evidence, NeuronId, Timestamp};
use icpulse_store::journal::Entry;
use serde_json::{Map, Value, json};

/// Evidence with its age.
#[must_use]
pub fn evidence(evidence: &Evidence, now: Timestamp) -> Value {
    json!({
        "proof": evidence.proof.word(),
        "at": evidence.at.rfc3339(),
        "age_seconds": evidence.age(now).0,
        "node": evidence.node.map(|n| n.to_text()),
    })
}

fn big(n: u64) -> Value {
    Value::String(n.to_string())
}

fn e8s(amount: E8s) -> Value {
    big(amount.0)
}

fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |t| Value::String(t.rfc3339()))
}

/// A light proposal row.
#[must_use]
pub fn proposal(p: &Proposal, now: Timestamp) -> Value {
    json!({
        "id": p.id.0,
        "topic": p.topic.slug(),
        "status": p.status.slug(),
        "reward_status": p.reward_status.slug(),
        "title": p.title.as_str(),
        "action": p.action.as_str(),
        "proposer": p.proposer.map(|n| n.to_string()),
        "created": p.created.rfc3339(),
        "deadline": time(p.deadline),
        "time_left_seconds": p.time_left(now).map(|s| s.0),
        "decided": time(p.decided),
        "executed": time(p.executed),
        "failed": time(p.failed),
        "yes": p.tally.map(|t| t.yes.0.to_string()),
        "no": p.tally.map(|t| t.no.0.to_string()),
        "total": p.tally.map(|t| t.total.0.to_string()),
        "yes_basis_points": p.tally.map(|t| t.yes_bp()),
        "no_basis_points": p.tally.map(|t| t.no_bp()),
        "reject_cost_e8s": e8s(p.reject_cost),
        "ballots": p.ballots.iter().map(|b| json!({
            "neuron": b.neuron.to_string(),
            "vote": b.vote.slug(),
            "voting_power": b.voting_power.0.to_string(),
        })).collect::<Vec<_>>(),
        "votable_neurons": p.votable(now).map(|b| b.neuron.to_string()).collect::<Vec<_>>(),
        "undecoded": p.undecoded.as_ref().map(|u| u.reason.as_str()),
        "evidence": evidence(&p.evidence, now),
    })
}

fn tree(value: &Tree) -> Value {
    match value {
        Tree::Null => Value::Null,
        Tree::Bool(b) => Value::Bool(*b),
        Tree::Number(n) => Value::String(n.to_string()),
        Tree::Text(t) => Value::String(t.to_string()),
        Tree::Blob { len, head } => json!({ "blob_bytes": len, "head_hex": head }),
        Tree::List(items) => Value::Array(items.iter().map(tree).collect()),
        Tree::Map(entries) => {
            Value::Object(entries.iter().map(|(k, v)| (k.to_string(), tree(v))).collect::<Map<_, _>>())
        }
    }
}

/// A proposal with its body.
#[must_use]
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
                "value": tree(&body.payload.value),
            }),
        );
    }
    value
}

fn followees(list: &[(Topic, Vec<NeuronId>)]) -> Value {
    Value::Object(
        list.iter()
            .map(|(topic, ids)| {
                (
                    topic.slug().into_owned(),
                    Value::Array(ids.iter().map(|id| id.to_string().into()).collect()),
                )
            })
            .collect::<Map<_, _>>(),
    )
}

/// A neuron.
#[must_use]
pub fn neuron(n: &Neuron, now: Timestamp) -> Value {
    let (dissolve_delay, dissolves_at) = match n.dissolve_state {
        DissolveState::At(at) => (at.since(now).0, Some(at)),
        DissolveState::Delay(delay) => (delay.0, None),
        DissolveState::None => (n.dissolve_delay.0, None),
    };
    json!({
        "id": n.id.to_string(),
        "name": n.name(),
        "access": n.access,
        "controller": n.controller.map(|p| p.to_text()),
        "hot_keys": n.hot_keys.iter().map(icpulse_model::Principal::to_text).collect::<Vec<_>>(),
        "state": n.state.slug(),
        "stake_e8s": e8s(n.stake),
        "cached_stake_e8s": e8s(n.cached_stake),
        "fees_e8s": e8s(n.fees),
        "staked_maturity_e8s": e8s(n.staked_maturity),
        "maturity_e8s": e8s(n.maturity),
        "dissolve_delay_seconds": dissolve_delay,
        "dissolves_at": time(dissolves_at),
        "age_seconds": n.age.0,
        "created": n.created.rfc3339(),
        "potential_voting_power": big(n.potential_voting_power.0),
        "deciding_voting_power": big(n.deciding_voting_power.0),
        "voting_power_refreshed": time(n.refreshed),
        "auto_stake_maturity": n.auto_stake_maturity,
        "visibility": n.visibility.slug(),
        "followees": followees(&n.followees),
        "recent_ballots": n.recent_ballots.iter().map(|(id, vote)| json!({"proposal": id.0, "vote": vote.slug()})).collect::<Vec<_>>(),
        "joined_neurons_fund": time(n.joined_fund),
        "eight_year_gang_bonus_base_e8s": e8s(n.gang_bonus_base),
        "maturity_disbursements": n.disbursements.iter().map(|d| json!({
            "amount_e8s": e8s(d.amount),
            "ordered": d.ordered.rfc3339(),
            "arrives": d.arrives.rfc3339(),
        })).collect::<Vec<_>>(),
        "evidence": evidence(&n.evidence, now),
    })
}

/// A transaction seen from an account.
#[must_use]
pub fn transaction(t: &Transaction, of: &AccountIdentifier, now: Timestamp) -> Value {
    let (from, to, fee, spender) = match &t.operation {
        Operation::Transfer { from, to, fee, spender, .. } => (Some(*from), Some(*to), Some(*fee), *spender),
        Operation::Mint { to, .. } => (None, Some(*to), None, None),
        Operation::Burn { from, .. } => (Some(*from), None, None, None),
        Operation::Approve { from, spender, fee, .. } => (Some(*from), None, Some(*fee), Some(*spender)),
        Operation::Unknown(_) => (None, None, None, None),
    };
    json!({
        "block": t.block.to_string(),
        "time": time(t.timestamp),
        "kind": t.verb(of).replace(' ', "_"),
        "unknown": match &t.operation { Operation::Unknown(words) => Some(words.as_str()), _ => None },
        "amount_e8s": t.amount().map(|a| a.0.to_string()),
        "fee_e8s": fee.map(|f| f.0.to_string()),
        "from": from.map(|a| a.hex()),
        "to": to.map(|a| a.hex()),
        "spender": spender.map(|a| a.hex()),
        "memo": t.memo.to_string(),
        "icrc1_memo_hex": t.icrc1_memo.as_ref().map(hex::encode),
        "created_at": time(t.created_at),
        "evidence": evidence(&t.evidence, now),
    })
}

/// Who acts.
#[must_use]
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
#[must_use]
pub fn facts(f: &Facts, now: Timestamp) -> Value {
    json!({
        "icp_xdr_permyriad": f.icp_xdr.as_ref().map(|r| json!({"value": r.value.0, "evidence": evidence(&r.evidence, now)})),
        "maturity_modulation_permyriad": f.modulation.as_ref().map(|m| json!({"value": m.value.permyriad, "evidence": evidence(&m.evidence, now)})),
        "economics": f.economics.as_ref().map(|e| json!({
            "neuron_minimum_stake_e8s": e8s(e.value.neuron_minimum_stake),
            "reject_cost_e8s": e8s(e.value.reject_cost),
            "transaction_fee_e8s": e8s(e.value.transaction_fee),
            "minimum_dissolve_delay_to_vote_seconds": e.value.minimum_delay_to_vote.0,
            "start_reducing_voting_power_after_seconds": e.value.start_reducing_after.0,
            "clear_following_after_seconds": e.value.clear_following_after.0,
            "evidence": evidence(&e.evidence, now),
        })),
        "metrics": f.metrics.as_ref().map(|m| json!({
            "total_supply_icp": m.value.total_supply_icp.to_string(),
            "total_staked_e8s": e8s(m.value.total_staked),
            "total_locked_e8s": e8s(m.value.total_locked),
            "total_maturity_e8s": e8s(m.value.total_maturity),
            "computed": m.value.at.rfc3339(),
            "evidence": evidence(&m.evidence, now),
        })),
        "reward_event": f.reward_event.as_ref().map(|r| json!({
            "day_after_genesis": r.value.day_after_genesis,
            "at": r.value.at.rfc3339(),
            "distributed_e8s": e8s(r.value.distributed),
            "total_available_e8s": e8s(r.value.total_available),
            "evidence": evidence(&r.evidence, now),
        })),
    })
}

/// Whether a network is the Internet Computer, and which canisters are not its own.
#[must_use]
pub fn trust(trust: &NetworkTrust) -> Value {
    json!({
        "is_internet_computer": trust.is_main(),
        "note": trust.disclaimer(),
        "foreign_canisters": trust.foreign.iter().map(|c| json!({
            "replaces": c.role,
            "canister": c.id.to_text(),
            "note": c.words(),
        })).collect::<Vec<_>>(),
    })
}

/// What would be signed.
#[must_use]
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
        "total_cost_e8s": e8s(r.total_cost),
        "fees_e8s": e8s(r.fees),
        "effects": r.effects.iter().map(icpulse_model::text::Line::as_str).collect::<Vec<_>>(),
        "irreversible": r.irreversible.iter().map(icpulse_model::text::Line::as_str).collect::<Vec<_>>(),
        "warnings": r.warnings.iter().map(icpulse_model::text::Line::as_str).collect::<Vec<_>>(),
        "blocked": r.blocked.as_ref().map(icpulse_model::text::Line::as_str),
        "confirmation": confirmation_word(r),
    })
}

/// One step and its state.
#[must_use]
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
        "proposal": s.call.proposal.map(|p| p.0),
        "state": state,
        "detail": detail,
        "request_id": request_id,
        "certified_at": match &s.state { StepState::Done { certified_at, .. } => Some(certified_at.rfc3339()), _ => None },
    })
}

/// An action as the journal has it.
#[must_use]
pub fn journal_entry(e: &Entry) -> Value {
    let mut value = execution(&e.execution);
    if let Value::Object(fields) = &mut value {
        fields.insert("id".to_owned(), e.id.as_str().into());
        fields.insert("authenticity".to_owned(), e.authenticity.slug().into());
        fields.insert("under_way".to_owned(), e.under_way.into());
    }
    value
}

/// What became of an action.
#[must_use]
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

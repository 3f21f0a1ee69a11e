//! Documents of version 1, which named their operation by a variant and kept the facts of a stake beside
//! its steps.

use serde_json::{Value, json};

/// A new neuron's dissolve delay in seconds.
const NEW_NEURON_DELAY: u64 = 7 * 86_400;

/// Rewrites an action of version 1; `None` if it does not fit.
pub(super) fn upgrade_action(action: &mut Value) -> Option<()> {
    let (variant, asked) = action.get("intent")?.as_object()?.iter().next()?;
    let (op, args) = match variant.as_str() {
        "Vote" => ("proposal.vote", asked.clone()),
        "RefreshVotingPower" => ("neuron.confirm_following", json!({ "neurons": asked })),
        "Follow" => (
            "neuron.follow",
            json!({ "neurons": [asked["neuron"]], "topic": asked["topic"], "followees": asked["followees"] }),
        ),
        "Stake" => (
            "neuron.stake",
            json!({
                "amount": asked["amount"],
                "delay": asked["dissolve_delay"],
                "auto_stake": asked["auto_stake_maturity"],
                "follow": asked["followees"],
            }),
        ),
        _ => return None,
    };
    let stake = (op == "neuron.stake").then(|| stake_steps(action, &args));
    let confirmed = action["confirmed"].clone();
    for (i, step) in action.get_mut("steps")?.as_array_mut()?.iter_mut().enumerate() {
        let neuron = step["call"]["neuron"].clone();
        let (kind, step_args) = match (op, &stake) {
            (_, Some(steps)) => steps.get(i)?.clone(),
            ("proposal.vote", _) => (
                "vote",
                json!({ "proposal": step["call"]["proposal"], "neuron": neuron, "vote": args["vote"] }),
            ),
            ("neuron.follow", _) => {
                ("follow", neuron_step(&json!({ "id": neuron }), &upgrade_follow(&args), &confirmed))
            }
            _ => ("refresh-voting-power", neuron_step(&json!({ "id": neuron }), &json!({}), &confirmed)),
        };
        let step = step.as_object_mut()?;
        step.insert("kind".to_owned(), kind.into());
        step.insert("args".to_owned(), step_args);
        step.insert("moves_money".to_owned(), (kind == "transfer").into());
        step.insert("required".to_owned(), matches!(kind, "transfer" | "claim").into());
    }
    *action.get_mut("intent")? = json!({ "op": op, "args": args });
    Some(())
}

fn upgrade_follow(args: &Value) -> Value {
    json!({ "topic": args["topic"], "followees": args["followees"] })
}

fn neuron_step(neuron: &Value, command: &Value, planned: &Value) -> Value {
    json!({ "neuron": neuron, "command": command, "planned": planned })
}

/// All steps of a stake, in order.
fn stake_steps(action: &Value, args: &Value) -> Vec<(&'static str, Value)> {
    let (controller, nonce) = (&action["signer"], &action["nonce"]);
    let subaccount = stake_subaccount(controller, nonce);
    let neuron = json!({ "staked_at": subaccount });
    let mut steps = vec![
        (
            "transfer",
            json!({
                "controller": controller,
                "amount": args["amount"],
                "fee": action["transfer_fee"],
                "nonce": nonce,
                "created_at": action["transfer_created_at"],
            }),
        ),
        ("claim", json!({ "controller": controller, "nonce": nonce })),
    ];
    let target = args["delay"].as_u64().unwrap_or_default();
    if target > NEW_NEURON_DELAY {
        let from = action["delay_base"].as_u64().unwrap_or(NEW_NEURON_DELAY);
        steps.push(("lengthen-delay", json!({ "neuron": neuron, "from": from, "target": target })));
    }
    if args["auto_stake"] == true {
        steps.push(("auto-stake", neuron_step(&neuron, &json!({}), &action["confirmed"])));
    }
    for topic in args["follow"].as_array().into_iter().flatten() {
        let command = json!({ "topic": topic[0], "followees": topic[1] });
        steps.push(("follow", neuron_step(&neuron, &command, &action["confirmed"])));
    }
    steps
}

fn stake_subaccount(controller: &Value, nonce: &Value) -> Value {
    let principal = controller.as_str().and_then(|text| icpulse_model::Principal::from_text(text).ok());
    let subaccount = principal
        .zip(nonce.as_u64())
        .map(|(principal, nonce)| icpulse_model::Subaccount::neuron_stake(&principal, nonce));
    serde_json::to_value(subaccount).unwrap_or_default()
}

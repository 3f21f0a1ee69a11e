//! Calls that take their time, and queries that are called.

use super::client::{GOVERNANCE, LEDGER, call, command, id, refresh, told, user};
use candid::{decode_one, encode_args, encode_one};
use ic_agent::agent::CallResponse;
use icpulse_canisters::wire::governance as wire;
use icpulse_canisters::wire::ledger;
use icpulse_demo::{Demo, Options};
use icpulse_model::Account;
use std::time::Duration;

/// Neurons of the demo user.
async fn neurons(agent: &ic_agent::Agent) -> Vec<u64> {
    let reply = call(agent, GOVERNANCE, "get_neuron_ids", encode_args(()).unwrap()).await;
    decode_one(&reply).unwrap()
}

#[tokio::test]
async fn a_query_that_is_called_gets_a_certified_reply() {
    let demo = Demo::start(Options::default()).unwrap();
    let agent = user(&demo);
    let own = neurons(&agent).await;
    assert!(!own.is_empty());
    let account = Account::default_of(demo.identity()).identifier().0.to_vec();
    let balance = encode_one(ledger::AccountBalanceArgs { account }).unwrap();
    let list = wire::ListNeurons { include_neurons_readable_by_caller: true, ..Default::default() };
    let asks = [
        (LEDGER, "account_balance", balance),
        (GOVERNANCE, "list_neurons", encode_one(list).unwrap()),
        (GOVERNANCE, "get_full_neuron", encode_one(own[0]).unwrap()),
    ];
    for (canister, method, arg) in asks {
        let queried = agent.query(&id(canister), method).with_arg(arg.clone()).call().await.unwrap();
        // ic-agent verifies the certificate.
        assert_eq!(call(&agent, canister, method, arg).await.len(), queried.len(), "{method}");
    }
}

#[tokio::test]
async fn a_neuron_is_locked_while_its_refresh_waits_for_the_ledger() {
    let options = Options { patience: Duration::from_millis(1), ..Options::default() };
    let demo = Demo::start(options).unwrap();
    let agent = user(&demo);
    let neuron = neurons(&agent).await[0];

    demo.hold_ledger(true);
    let begun =
        agent.update(&id(GOVERNANCE), "manage_neuron").with_arg(refresh(neuron)).call().await.unwrap();
    let CallResponse::Poll(request) = begun else { panic!("it cannot be over") };
    while demo.locked_neurons() != [neuron] {
        tokio::task::yield_now().await;
    }
    let auto_stake = || {
        let operation = wire::Operation::ChangeAutoStakeMaturity(wire::ChangeAutoStakeMaturity {
            requested_setting_for_auto_stake_maturity: true,
        });
        let configure = wire::Configure { operation: Some(operation) };
        command(neuron, wire::ManageNeuronCommandRequest::Configure(configure))
    };
    let power = || {
        let refresh = wire::RefreshVotingPower {};
        command(neuron, wire::ManageNeuronCommandRequest::RefreshVotingPower(refresh))
    };
    let ongoing = (13, "Neuron has an ongoing ledger update.".to_owned());
    assert_eq!(told(&call(&agent, GOVERNANCE, "manage_neuron", auto_stake()).await), ongoing);
    assert_eq!(told(&call(&agent, GOVERNANCE, "manage_neuron", refresh(neuron)).await), ongoing);
    assert_eq!(told(&call(&agent, GOVERNANCE, "manage_neuron", power()).await).0, 0);

    demo.hold_ledger(false);
    let (reply, _) = agent.wait(&request, id(GOVERNANCE)).await.unwrap();
    assert_eq!(told(&reply).0, 0);
    assert_eq!(demo.locked_neurons(), [0_u64; 0]);
    assert_eq!(told(&call(&agent, GOVERNANCE, "manage_neuron", auto_stake()).await).0, 0);
}

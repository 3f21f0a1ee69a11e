//! Requests of the demo user, and of nobody, through ic-agent.

use candid::Principal;
use ic_agent::Agent;
use ic_agent::agent::CallResponse;
use icpulse::demo::Demo;
use icpulse::ic::wire::governance::{
    By, ClaimOrRefresh, ManageNeuronCommandRequest, ManageNeuronRequest, ManageNeuronResponse, NeuronId,
    NeuronIdOrSubaccount,
};
use icpulse::wallet::Signer;

pub const GOVERNANCE: &str = "rrkah-fqaaa-aaaaa-aaaaq-cai";
pub const LEDGER: &str = "ryjl3-tyaaa-aaaaa-aaaba-cai";

pub fn id(text: &str) -> Principal {
    Principal::from_text(text).unwrap()
}

/// The demo user.
pub fn user(demo: &Demo) -> Agent {
    user_at(demo, &demo.url())
}

/// The demo user, whose requests go to another address.
pub fn user_at(demo: &Demo, url: &str) -> Agent {
    let identity = Signer::from_pem_bytes(demo.identity_pem().as_bytes()).unwrap();
    let agent =
        Agent::builder().with_url(url).with_identity(identity).with_max_tcp_error_retries(0).build().unwrap();
    agent.set_root_key(demo.root_key());
    agent
}

/// Calls a method and waits for the certified reply.
pub async fn call(agent: &Agent, canister: &str, method: &str, arg: Vec<u8>) -> Vec<u8> {
    let call = agent.update(&id(canister), method).with_arg(arg).call().await.unwrap();
    match call {
        CallResponse::Response((reply, _)) => reply,
        CallResponse::Poll(request) => agent.wait(&request, id(canister)).await.unwrap().0,
    }
}

/// The argument of a command for a neuron.
pub fn command(neuron: u64, command: ManageNeuronCommandRequest) -> Vec<u8> {
    let named = NeuronIdOrSubaccount::NeuronId(NeuronId { id: neuron });
    let request =
        ManageNeuronRequest { neuron_id_or_subaccount: Some(named), command: Some(command), id: None };
    candid::encode_one(request).unwrap()
}

/// The argument of a refresh of a neuron.
pub fn refresh(neuron: u64) -> Vec<u8> {
    let by = Some(By::NeuronIdOrSubaccount {});
    command(neuron, ManageNeuronCommandRequest::ClaimOrRefresh(ClaimOrRefresh { by }))
}

/// What governance says to a command: 0 for done, or the type of its error.
pub fn told(reply: &[u8]) -> (i32, String) {
    use icpulse::ic::wire::governance::CommandResponse;
    match candid::decode_one::<ManageNeuronResponse>(reply).unwrap().command.unwrap() {
        CommandResponse::Error(error) => (error.error_type, error.error_message),
        _ => (0, String::new()),
    }
}

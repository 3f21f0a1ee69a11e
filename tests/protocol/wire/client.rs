//! Requests of the demo user, and of nobody, through ic-agent.

use candid::Principal;
use ic_agent::Agent;
use ic_agent::agent::CallResponse;
use icpulse_canisters::wire::governance::{
    By, ClaimOrRefresh, ManageNeuronCommandRequest, ManageNeuronRequest, ManageNeuronResponse, NeuronId,
    NeuronIdOrSubaccount,
};
use icpulse_demo::Demo;
use icpulse_demo::counter_id;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

pub const GOVERNANCE: &str = "rrkah-fqaaa-aaaaa-aaaaq-cai";
pub const LEDGER: &str = "ryjl3-tyaaa-aaaaa-aaaba-cai";

pub fn id(text: &str) -> Principal {
    Principal::from_text(text).unwrap()
}

pub fn user(demo: &Demo) -> Agent {
    user_at(demo, &demo.url())
}

/// The demo user, whose requests go to another address.
pub fn user_at(demo: &Demo, url: &str) -> Agent {
    let identity = crate::client::user_identity(demo);
    let http = reqwest::Client::builder().no_proxy();
    let authority = demo.tls_authority().map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).unwrap());
    let http = http.tls_certs_only(authority).build().unwrap();
    let agent = Agent::builder()
        .with_url(url)
        .with_http_client(http)
        .with_identity(identity)
        .with_max_tcp_error_retries(0)
        .build()
        .unwrap();
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

pub fn command(neuron: u64, command: ManageNeuronCommandRequest) -> Vec<u8> {
    let named = NeuronIdOrSubaccount::NeuronId(NeuronId { id: neuron });
    let request =
        ManageNeuronRequest { neuron_id_or_subaccount: Some(named), command: Some(command), id: None };
    candid::encode_one(request).unwrap()
}

pub fn refresh(neuron: u64) -> Vec<u8> {
    let by = Some(By::NeuronIdOrSubaccount {});
    command(neuron, ManageNeuronCommandRequest::ClaimOrRefresh(ClaimOrRefresh { by }))
}

/// What governance says to a command: 0 for done, or the type of its error.
pub fn told(reply: &[u8]) -> (i32, String) {
    use icpulse_canisters::wire::governance::CommandResponse;
    match candid::decode_one::<ManageNeuronResponse>(reply).unwrap().command.unwrap() {
        CommandResponse::Error(error) => (error.error_type, error.error_message),
        _ => (0, String::new()),
    }
}

/// A signed request, ready to be sent any number of times: its path and its body.
#[derive(Clone)]
pub struct Signed {
    pub path: String,
    pub body: Vec<u8>,
    pub id: ic_agent::RequestId,
}

/// A call that adds one to the demo's counter.
pub fn increment(agent: &Agent) -> Signed {
    let counter = counter_id();
    let arg = candid::encode_args(()).unwrap();
    let signed = agent.update(&counter, "inc").with_arg(arg).sign().unwrap();
    let path = format!("/api/v4/canister/{counter}/call");
    Signed { path, body: signed.signed_update, id: signed.request_id }
}

/// A query; each has an id of its own.
pub fn ask(agent: &Agent, canister: Principal, method: &str, arg: Vec<u8>) -> Signed {
    let signed = agent.query(&canister, method).with_arg(arg).with_nonce_generation().sign().unwrap();
    let path = format!("/api/v3/canister/{canister}/query");
    Signed { path, body: signed.signed_query, id: ic_agent::RequestId::new(&[0; 32]) }
}

/// How often the counter was added to, as the subnet certifies it.
pub async fn count(demo: &Demo) -> u64 {
    let arg = candid::encode_args(()).unwrap();
    let reply = call(&user(demo), &counter_id().to_text(), "get", arg).await;
    let count: candid::Nat = candid::decode_one(&reply).unwrap();
    u64::try_from(count.0).unwrap()
}

/// Sends a request over a connection of its own and reads until the connection ends: what came, and
/// whether it ended without an error.
pub async fn send(url: &str, authority: Option<&str>, request: &Signed) -> (Vec<u8>, std::io::Result<()>) {
    let address = url.split("://").nth(1).unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/cbor\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        request.path,
        request.body.len()
    );
    let message = [head.as_bytes(), &request.body].concat();
    match authority {
        None => exchange(stream, &message).await,
        Some(authority) => {
            let name = ServerName::try_from("127.0.0.1").unwrap();
            let connector = TlsConnector::from(crate::proxy::trusting(authority));
            exchange(connector.connect(name, stream).await.unwrap(), &message).await
        }
    }
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    message: &[u8],
) -> (Vec<u8>, std::io::Result<()>) {
    stream.write_all(message).await.unwrap();
    stream.flush().await.unwrap();
    let mut came = Vec::new();
    let ended = stream.read_to_end(&mut came).await.map(|_| ());
    (came, ended)
}

pub fn status(answer: &[u8]) -> u16 {
    String::from_utf8_lossy(answer).split(' ').nth(1).unwrap().parse().unwrap()
}

pub fn body(answer: &[u8]) -> &[u8] {
    &answer[crate::proxy::head_length(answer).unwrap()..]
}

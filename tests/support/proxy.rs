//! A proxy between a client and a demo network, which works on raw sockets, request by request.
//!
//! ```ignore
//! let demo = Demo::start(Options { tls: true, ..Options::default() }).unwrap();
//! let proxy = Proxy::before(&demo);             // TLS with the demo's authority; TCP without `tls`
//! proxy.plan("/call", [Act::Cut(Place::Within), Act::Pass]); // the next two requests whose path ends so
//! // … let a client use proxy.url() in place of demo.url() …
//! assert_eq!(proxy.seen("/call").len(), 2);     // what came, in order, with what was answered
//! ```
//!
//! What is not planned is passed on and answered. An [`Act`] says what becomes of one request:
//!
//! | act | reaches the network | the client gets |
//! |---|---|---|
//! | `Pass` | yes | the answer |
//! | `Lose` | no | the connection ends without a byte |
//! | `Cut(place)` | yes | the connection ends there: `Before` the answer, `Within` it, or `After` it |
//! | `Close(place)` | yes | the same, with TLS's close_notify |
//! | `Status(code)` | yes | an empty answer with this status in place of the answer |
//! | `Refuse(code)` | no | an empty answer with this status |
//! | `Replay(n)` | no | the network's answer to the n-th request (from 0) of `seen("")` |
//! | `Hold` | when [`Proxy::release`] is called | the answer |
//!
//! `Cut` ends a TLS connection without close_notify; a TCP connection ends the same in both.
//! The proxy has threads of its own, so that tests with and without a runtime can use it.

use icpulse_demo::Demo;
use icpulse_demo::Tls;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// A place in the time of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Before,
    Within,
    After,
}

/// The outcome of a request; see the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Pass,
    Lose,
    Cut(Place),
    Close(Place),
    Status(u16),
    Refuse(u16),
    Replay(usize),
    Hold,
}

/// A request that came, and what became of it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub act: Act,
    /// What the network answered, head and body; empty if it was not asked or has not answered yet.
    pub answer: Vec<u8>,
}

#[derive(Default)]
struct Script {
    plans: Vec<(String, VecDeque<Act>)>,
    seen: Vec<Seen>,
}

impl Script {
    fn next(&mut self, path: &str) -> Act {
        let plan = self.plans.iter_mut().find(|(suffix, acts)| path.ends_with(suffix) && !acts.is_empty());
        plan.and_then(|(_, acts)| acts.pop_front()).unwrap_or(Act::Pass)
    }
}

/// See the module. It stops when it is dropped.
pub struct Proxy {
    url: String,
    script: Arc<Mutex<Script>>,
    released: watch::Sender<u64>,
    runtime: Option<tokio::runtime::Runtime>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What all connections share.
#[derive(Clone)]
struct Way {
    network: SocketAddr,
    tls: Option<Arc<Tls>>,
    script: Arc<Mutex<Script>>,
    released: watch::Sender<u64>,
}

impl Proxy {
    /// A proxy before a demo network, with its authority if it is reached by TLS.
    pub fn before(demo: &Demo) -> Self {
        Self::start(demo.address(), demo.tls())
    }

    fn start(network: SocketAddr, tls: Option<Arc<Tls>>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let (script, released) = (Arc::<Mutex<Script>>::default(), watch::Sender::new(0));
        let way = Way { network, tls, script: Arc::clone(&script), released: released.clone() };
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let way = way.clone();
                tokio::spawn(async move {
                    // A client that goes away ends its connection.
                    let _ = way.serve(client).await;
                });
            }
        });
        Self { url, script, released, runtime: Some(runtime) }
    }

    /// Where clients ask.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The outcome of the next requests whose path ends so (all, if it is empty), in order.
    pub fn plan(&self, suffix: &str, acts: impl IntoIterator<Item = Act>) {
        let acts = acts.into_iter().collect();
        self.script.lock().unwrap().plans.push((suffix.to_owned(), acts));
    }

    /// The requests so far whose path ends so.
    pub fn seen(&self, suffix: &str) -> Vec<Seen> {
        let script = self.script.lock().unwrap();
        script.seen.iter().filter(|seen| seen.path.ends_with(suffix)).cloned().collect()
    }

    /// Lets the requests that are held go.
    pub fn release(&self) {
        self.released.send_modify(|times| *times += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub fn trusting(authority: &str) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

impl Way {
    async fn connect(&self) -> std::io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(self.network).await?;
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::try_from("localhost").unwrap();
        Ok(Box::new(TlsConnector::from(trusting(&tls.authority)).connect(name, stream).await?))
    }

    async fn serve(&self, client: TcpStream) -> std::io::Result<()> {
        client.set_nodelay(true)?;
        let mut client: Box<dyn Stream> = match &self.tls {
            None => Box::new(client),
            Some(tls) => Box::new(tls.accept(client).await?),
        };
        while let Some(request) = read_message(&mut client).await? {
            let path = String::from_utf8_lossy(&request).split(' ').nth(1).unwrap_or_default().to_owned();
            let is_last =
                String::from_utf8_lossy(&request).to_ascii_lowercase().contains("\r\nconnection: close\r\n");
            let mut released = self.released.subscribe();
            released.mark_unchanged();
            let (act, number) = {
                let mut script = self.script.lock().unwrap();
                let act = script.next(&path);
                script.seen.push(Seen { path, act, answer: Vec::new() });
                (act, script.seen.len() - 1)
            };
            if act == Act::Hold {
                let _ = released.changed().await;
            }
            let passes = matches!(act, Act::Pass | Act::Cut(_) | Act::Close(_) | Act::Status(_) | Act::Hold);
            let answer = if passes { self.ask(&request).await? } else { Vec::new() };
            self.script.lock().unwrap().seen[number].answer = answer.clone();
            let half = head_length(&answer).map_or(0, |head| head + (answer.len() - head) / 2);
            let given = match act {
                Act::Pass | Act::Hold | Act::Cut(Place::After) | Act::Close(Place::After) => answer,
                Act::Cut(Place::Within) | Act::Close(Place::Within) => answer[..half].to_vec(),
                Act::Lose | Act::Cut(Place::Before) | Act::Close(Place::Before) => Vec::new(),
                Act::Status(code) | Act::Refuse(code) => {
                    format!("HTTP/1.1 {code} Changed\r\ncontent-length: 0\r\n\r\n").into_bytes()
                }
                Act::Replay(n) => self.script.lock().unwrap().seen[n].answer.clone(),
            };
            client.write_all(&given).await?;
            client.flush().await?;
            match act {
                Act::Lose | Act::Cut(_) => return Ok(()),
                Act::Close(_) => return client.shutdown().await,
                _ if is_last => return client.shutdown().await,
                _ => {}
            }
        }
        Ok(())
    }

    /// Asks the network over a connection of its own; what comes until it ends is the answer.
    async fn ask(&self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut network = self.connect().await?;
        network.write_all(request).await?;
        network.flush().await?;
        Ok(read_message(&mut network).await?.unwrap_or_default())
    }
}

/// The length of a message's head with the empty line after it.
pub fn head_length(message: &[u8]) -> Option<usize> {
    message.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// A request or an answer: its head, and as much as the head announces or until the connection ends.
async fn read_message(stream: &mut Box<dyn Stream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    loop {
        let wanted = head_length(&message).map(|head| {
            let text = String::from_utf8_lossy(&message[..head]).to_ascii_lowercase();
            let length: Option<usize> =
                text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            match length {
                Some(length) => head + length,
                // A request without a length has no body; an answer goes on until the end.
                None if text.starts_with("http/") => usize::MAX,
                None => head,
            }
        });
        if wanted.is_some_and(|wanted| message.len() >= wanted) {
            return Ok(Some(message));
        }
        let mut piece = [0; 16_384];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) if message.is_empty() => return Ok(None),
            Ok(0) | Err(_) => return Ok(Some(message)),
            Ok(count) => message.extend(&piece[..count]),
        }
    }
}

//! The way in: TCP on this machine, and TLS on it where it is asked for.

use super::connection_cutter::CuttableConnection;
use super::x509::{IssueError, Issued};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig, crypto};
use tokio_rustls::server::TlsStream;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Connections that wait to be served.
const WAITING: usize = 64;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The certificate does not fit.
    #[error("the certificate was not taken: {0}")]
    Config(#[from] rustls::Error),
}

/// A server's side of TLS, with an authority made for it.
pub struct Tls {
    acceptor: TlsAcceptor,
    /// The authority's certificate in PEM.
    pub authority: String,
}

impl Tls {
    /// TLS with a new authority; `now` is in Unix seconds.
    pub fn new(now: u64) -> Result<Self, TlsError> {
        let issued = Issued::new(now)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(issued.key));
        let mut config = ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(issued.chain.map(CertificateDer::from).to_vec(), key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), authority: issued.authority })
    }

    /// The handshake with a client, for who serves connections itself.
    pub async fn accept(&self, connection: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(connection).await
    }
}

pub enum ClientStream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

pub struct ClientListener(mpsc::Receiver<ClientStream>);

impl ClientListener {
    /// Takes connections in from now on; call it within a runtime.
    pub fn start(listener: TcpListener, tls: Option<Arc<Tls>>) -> Self {
        let (send, come) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            while !send.is_closed() {
                let Ok((connection, _)) = listener.accept().await else {
                    // Too many open files: others end.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                // A small answer must not wait for the acknowledgement of the one before.
                let _ = connection.set_nodelay(true);
                let (send, tls) = (send.clone(), tls.clone());
                tokio::spawn(async move {
                    let wire = match tls {
                        None => ClientStream::Plain(connection),
                        Some(tls) => {
                            let handshake = tokio::time::timeout(HANDSHAKE, tls.accept(connection)).await;
                            // Who does not trust the authority goes away here.
                            let Ok(Ok(stream)) = handshake else { return };
                            ClientStream::Tls(Box::new(stream))
                        }
                    };
                    let _ = send.send(wire).await;
                });
            }
        });
        Self(come)
    }

    /// The next connection; `None` when none will come.
    pub async fn accept(&mut self) -> Option<CuttableConnection<ClientStream>> {
        self.0.recv().await.map(CuttableConnection::new)
    }
}

//! The seam to the network: feeds ask typed queries of a [`Source`], which is a verified connection in
//! the program and a few maps in tests.

use futures_util::future::BoxFuture;
use icpulse_canisters::Client;
use icpulse_ic::IcError;
use icpulse_model::text::Line;
use icpulse_model::{Principal, Timestamp};
use std::any::Any;
use std::future::Future;
use std::sync::Arc;

/// A question to the network. Feeds declare theirs with `queries!`.
pub trait Query: Send + Sync + 'static {
    /// The type of the reply.
    type Answer: Send + 'static;

    /// Asks it. The reply is verified, else it is an [`IcError::Unverified`].
    fn send(self, client: &Client) -> impl Future<Output = Result<Self::Answer, IcError>> + Send;
}

/// A reply of any type; `Network::ask` knows which.
pub type Answer = Box<dyn Any + Send>;

/// A query of any type: a test's source looks which one it is.
pub trait AnyQuery: Any + Send + Sync {
    /// Asks it.
    fn send_boxed(self: Box<Self>, client: &Client) -> BoxFuture<'_, Result<Answer, IcError>>;
}

impl<Q: Query> AnyQuery for Q {
    fn send_boxed(self: Box<Self>, client: &Client) -> BoxFuture<'_, Result<Answer, IcError>> {
        Box::pin(async move { (*self).send(client).await.map(|answer| Box::new(answer) as Answer) })
    }
}

/// Declares queries and how a client answers them:
/// `Name { argument: Type } -> Answer = |client| client.method(argument);`
macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident { $($arg:ident: $type:ty),* } -> $answer:ty = |$client:ident| $call:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub(in crate::sync) struct $name { $(pub(in crate::sync) $arg: $type),* }

        impl $crate::sync::query::Query for $name {
            type Answer = $answer;

            async fn send(self, $client: &icpulse_canisters::Client) -> Result<$answer, icpulse_ic::IcError> {
                let Self { $($arg),* } = self;
                $call.await
            }
        }
    )+};
}
pub(super) use queries;

/// What a source knows of the network apart from replies.
#[derive(Clone, Copy, Debug)]
pub struct SourceState {
    /// Replies show what is the identity's own: its neurons, its ballots. If not, what was known of
    /// them stays as it was.
    pub sees_own: bool,
    /// The newest verified time seen of the network.
    pub network_time: Option<Timestamp>,
    /// Network time minus this machine's in seconds.
    pub clock_offset: i64,
    /// Since which time of its own the network stands still, if it answers without progress.
    pub standing_since: Option<Timestamp>,
    /// The number of requests that may be under way at present.
    pub allowed_in_flight: usize,
    /// There is a public dashboard to ask.
    pub has_dashboard: bool,
}

/// Answers queries about one network as one identity.
pub trait Source: Send + Sync + 'static {
    /// The verified reply to a query.
    fn ask(&self, query: Box<dyn AnyQuery>) -> BoxFuture<'_, Result<Answer, IcError>>;
    /// What is known besides.
    fn state(&self) -> SourceState;
    /// Nodes whose verified signatures were seen under replies since this was asked last.
    fn take_sightings(&self) -> Vec<(Principal, Timestamp)>;
}

/// A network as an identity reads it. Cloning is cheap.
#[derive(Clone)]
pub struct Network(Arc<dyn Source>);

struct ClientSource {
    client: Client,
    locked: bool,
}

impl Source for ClientSource {
    fn ask(&self, query: Box<dyn AnyQuery>) -> BoxFuture<'_, Result<Answer, IcError>> {
        query.send_boxed(&self.client)
    }

    fn state(&self) -> SourceState {
        SourceState {
            sees_own: !self.locked,
            network_time: self.client.network_time(),
            clock_offset: self.client.clock_offset(),
            standing_since: self.client.standing_since(),
            allowed_in_flight: self.client.allowed_in_flight(),
            has_dashboard: self.client.has_dashboard(),
        }
    }

    fn take_sightings(&self) -> Vec<(Principal, Timestamp)> {
        self.client.take_sightings()
    }
}

impl From<Client> for Network {
    fn from(client: Client) -> Self {
        Self::new(ClientSource { client, locked: false })
    }
}

impl Network {
    /// The network behind a source.
    pub fn new(source: impl Source) -> Self {
        Self(Arc::new(source))
    }

    /// Reads as nobody in place of an identity that is locked; `client` must be anonymous. What is the
    /// identity's own stays as it was last read.
    pub fn locked(client: Client) -> Self {
        Self::new(ClientSource { client, locked: true })
    }

    /// The verified reply to a query.
    pub(super) async fn ask<Q: Query>(&self, query: Q) -> Result<Q::Answer, IcError> {
        let answer = self.0.ask(Box::new(query)).await?;
        answer.downcast().map(|answer| *answer).map_err(|_| internal_error())
    }

    pub(super) fn state(&self) -> SourceState {
        self.0.state()
    }

    pub(super) fn take_sightings(&self) -> Vec<(Principal, Timestamp)> {
        self.0.take_sightings()
    }
}

/// A mistake in icpulse itself.
pub(super) fn internal_error() -> IcError {
    IcError::Invalid {
        what: Line::new("read from the network"),
        why: Line::new("internal error; please report this"),
    }
}

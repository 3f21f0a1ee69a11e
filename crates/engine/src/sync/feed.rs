//! A feed: one reading of the network, from when it is due to how it is kept. `feeds` lists them all.

use super::engine::Engine;
use super::query::Network;
use futures_util::future::BoxFuture;
use icpulse_ic::IcError;
use icpulse_model::ledger::AccountKey;
use icpulse_model::text::Line;
use icpulse_model::world::{Topicality, World};
use icpulse_model::{Governance, Principal, Seconds, Timestamp};
use icpulse_store::cache::{Cache, CacheError};
use std::future::Future;
use std::ops::RangeInclusive;

/// One reading.
pub struct Feed {
    /// Its name: `icp-xdr`.
    pub id: &'static str,
    /// What it is refreshed with; [`Topicality::All`]: only with everything.
    pub(super) topic: Topicality,
    pub(super) cadence: Cadence,
    pub(super) order: Order,
    pub(super) wanted: Wanted,
    pub(super) audience: Audience,
    pub(super) shape: Shape,
    /// The unverified word of a public web service: reading it makes nothing on the screen fresher.
    pub(super) unverified: bool,
    /// That it fails matters only to who looks at its topic, unless a proof was wrong.
    pub(super) quiet: bool,
    /// Read again after an action that touches its topic.
    pub(super) touched: bool,
    pub(super) reading: &'static dyn Reading,
}

/// How often a feed is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cadence {
    /// When somebody asks.
    OnDemand,
    /// Every so often: while its topic is on the screen, and otherwise.
    Every { shown: Seconds, otherwise: Seconds },
    /// Again and again until there is nothing left.
    UntilDone,
}

impl Cadence {
    /// Every so many seconds, whatever is on the screen.
    pub(super) const fn every(seconds: u64) -> Self {
        Self::Every { shown: Seconds(seconds), otherwise: Seconds(seconds) }
    }

    /// Every `shown` seconds while it is on the screen.
    pub(super) const fn watched(shown: u64, otherwise: u64) -> Self {
        Self::Every { shown: Seconds(shown), otherwise: Seconds(otherwise) }
    }
}

/// What waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    /// The first picture is complete when it has been tried.
    First,
    /// At once, but nothing waits for it.
    Unawaited,
    /// After everything that comes first has been tried.
    Background,
}

/// When a feed is read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Always,
    /// Not by a one-shot command.
    WithHistory,
    /// By a one-shot command only if its topic is on the screen.
    WithHistoryOrShown,
    /// By a one-shot command only if its topic is on the screen or is all that is read.
    WithHistoryOrRead,
}

/// Whose reading it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// The same for everybody.
    Anybody,
    /// Replies differ by who asks.
    Differs,
    /// Means nothing to the anonymous identity.
    Owner,
}

/// How it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One reading at a time.
    Whole,
    /// Several parts at once, see [`Reading::next_part`], while fewer writes than `backlog` wait.
    Parts { backlog: usize },
    /// Of many, each at a time of its own, see [`Reading::members`].
    Shards,
}

/// A part of a feed: which pages, numbers, versions or blocks, and of what if that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) governance: Governance,
    pub(super) account: Option<AccountKey>,
    pub(super) range: RangeInclusive<u64>,
}

impl From<RangeInclusive<u64>> for Part {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self { governance: Governance::Nns, account: None, range }
    }
}

/// Puts a reply into the world.
pub(super) type Merge = Box<dyn FnOnce(&mut Engine, Timestamp) + Send>;

/// A reply, and what failed although the rest was read.
pub(super) struct Fetched {
    pub(super) merge: Merge,
    pub(super) failure: Option<IcError>,
}

/// A reading under way.
pub(super) type Fetch = BoxFuture<'static, Result<Fetched, IcError>>;

/// A member's answer: whether it is well, and what becomes of it.
pub(super) struct Answered {
    pub(super) well: bool,
    pub(super) merge: Merge,
}

/// A member being asked.
pub(super) type AskMember = BoxFuture<'static, Answered>;

/// What a feed does now that it is due.
pub(super) enum Start {
    Fetch(Fetch),
    /// There is nothing to ask: look again when it is due next.
    Nothing,
    /// There will be nothing to ask until somebody requests it.
    Cancel,
    /// Not yet: something else has to end first.
    Wait,
}

/// Asks, and then merges the reply.
pub(super) fn fetch<T: Send + 'static>(
    ask: impl Future<Output = Result<T, IcError>> + Send + 'static,
    merge: impl FnOnce(&mut Engine, T, Timestamp) + Send + 'static,
) -> Fetch {
    Box::pin(async move {
        let reply = ask.await?;
        let merge: Merge = Box::new(move |engine, now| merge(engine, reply, now));
        Ok(Fetched { merge, failure: None })
    })
}

/// Asks each, and then merges what was read; if some failed, says why the first of them did.
pub(super) fn fetch_each<T: Send + 'static>(
    asks: Vec<impl Future<Output = Result<T, IcError>> + Send + 'static>,
    merge: impl Fn(&mut Engine, T, Timestamp) + Send + 'static,
) -> Fetch {
    Box::pin(async move {
        let mut replies = Vec::new();
        let mut failure = None;
        for reply in futures_util::future::join_all(asks).await {
            match reply {
                Ok(reply) => replies.push(reply),
                Err(why) => failure = failure.or(Some(why)),
            }
        }
        match failure {
            Some(why) if replies.is_empty() => Err(why),
            failure => {
                let merge: Merge = Box::new(move |engine, now| {
                    replies.into_iter().for_each(|reply| merge(engine, reply, now));
                });
                Ok(Fetched { merge, failure })
            }
        }
    })
}

/// What the engine calls. Each feed has what its shape needs.
pub(super) trait Reading: Sync {
    /// It is due: of a feed that is read as a whole.
    fn start(&self, _: &mut Engine, _: &Network, _: Timestamp) -> Start {
        Start::Wait
    }

    /// The next part to read.
    fn next_part(&self, _: &mut Engine, _: &Network) -> Option<(Part, Fetch)> {
        None
    }

    /// How many of its parts may be read at once, where `most` parts of all feeds may.
    fn share(&self, _: &Engine, most: usize, _: Timestamp) -> usize {
        most
    }

    /// Of whom a sharded feed is read; `None` as long as that is not known.
    fn members(&self, _: &Engine) -> Option<Vec<Principal>> {
        None
    }

    /// Whether members are asked now, as far as the feed is concerned.
    fn is_wanted(&self, _: &Engine) -> bool {
        true
    }

    fn ask_member(&self, _: &Engine, _: &Network, _: Principal) -> Option<AskMember> {
        None
    }

    /// When the feed has something to do next, apart from the plan.
    fn next_due(&self, _: &Engine, _: Timestamp) -> Option<Timestamp> {
        None
    }

    /// Once in every turn of the engine.
    fn tick(&self, _: &mut Engine, _: Timestamp) {}

    /// Something of it is due or under way, apart from the plan and from what the engine runs.
    fn is_busy(&self, _: &Engine, _: Timestamp) -> bool {
        false
    }

    /// The first picture has to wait for it, though it has been tried.
    fn holds_ready(&self, _: &Engine, _: Timestamp) -> bool {
        false
    }

    /// It failed; whether that is everybody's trouble.
    fn note_failure(&self, _: &mut Engine, _: &IcError) -> bool {
        true
    }

    /// Takes what the cache kept of it into the first frame.
    ///
    /// # Errors
    /// If the cache cannot be read at all; what cannot be read back is noted.
    fn load(&self, _: &Cache, _: &mut World, _: &mut Vec<Line>) -> Result<(), CacheError> {
        Ok(())
    }

    /// Writes what the cache has an earlier reading of.
    fn save(&self, _: &mut Engine, _: Timestamp) {}
}

impl<F: Fn(&mut Engine, &Network, Timestamp) -> Start + Sync> Reading for F {
    fn start(&self, engine: &mut Engine, network: &Network, now: Timestamp) -> Start {
        self(engine, network, now)
    }
}

struct Unread;

impl Reading for Unread {}

impl Feed {
    /// Public facts that the first picture shows, read every hour.
    pub(super) const USUAL: Self = Self {
        id: "",
        topic: Topicality::Facts,
        cadence: Cadence::every(3_600),
        order: Order::First,
        wanted: Wanted::Always,
        audience: Audience::Anybody,
        shape: Shape::Whole,
        unverified: false,
        quiet: false,
        touched: false,
        reading: &Unread,
    };

    pub(super) fn is_on_demand(&self) -> bool {
        self.cadence == Cadence::OnDemand
    }

    pub(super) fn is_background(&self) -> bool {
        self.order == Order::Background
    }

    /// Whether the first picture is complete only when it has been tried.
    pub(super) fn comes_first(&self) -> bool {
        self.order == Order::First && !self.is_on_demand()
    }

    pub(super) fn needs_identity(&self) -> bool {
        self.audience == Audience::Owner
    }

    pub(super) fn depends_on_identity(&self) -> bool {
        self.audience != Audience::Anybody
    }

    pub(super) fn is_in_parts(&self) -> bool {
        matches!(self.shape, Shape::Parts { .. })
    }

    pub(super) fn is_sharded(&self) -> bool {
        self.shape == Shape::Shards
    }

    pub(super) fn belongs_to(&self, topic: Topicality) -> bool {
        !self.is_on_demand() && (topic == Topicality::All || self.topic == topic)
    }
}

impl PartialEq for Feed {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Feed {}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

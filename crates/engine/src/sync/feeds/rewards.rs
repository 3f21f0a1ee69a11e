//! What nodes earned, day by day, the newest first.

use crate::sync::engine::Engine;
use crate::sync::feed::{Feed, Order, Reading, Start, Wanted, fetch};
use crate::sync::query::{Network, queries};
use icpulse_ic::IcError;
use icpulse_model::node_rewards::{Day, NodeRewards, RewardsDay};
use icpulse_model::world::Topicality;
use icpulse_model::{Seconds, Timestamp};
use icpulse_store::cache::KeptRewards;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Days of rewards that the screens show.
const DAYS: u32 = 35;
/// Days that are read while nobody looks at the network: the last one, for rules about it.
const DAYS_UNWATCHED: u32 = 1;
/// Days of rewards in memory, at most.
const DAYS_IN_MEMORY: u32 = 40;
/// A day that the canister would not tell of is asked for again after so long: it computes them
/// hourly.
const ASK_AGAIN: Seconds = Seconds(3_600);

pub(super) static FEEDS: &[&Feed] = &[&REWARDS];

queries! {
    /// What nodes earned on a day.
    ReadRewards { day: Day } -> RewardsDay = |client| client.rewards_of(day);
}

pub(in crate::sync) static REWARDS: Feed = Feed {
    id: "node-rewards",
    topic: Topicality::Network,
    order: Order::Background,
    wanted: Wanted::WithHistoryOrShown,
    quiet: true,
    reading: &Rewards,
    ..Feed::USUAL
};

/// What is known besides the days in memory.
#[derive(Default)]
pub(in crate::sync) struct State {
    /// A provider's nodes are watched although the network is not on the screen.
    pub(super) watching: bool,
    /// The network was on the screen, or is all that is read.
    wanted: bool,
    /// The cache's days are in memory, or on their way.
    recalled: Recall,
    /// Days that the canister would not tell of, and when it said so.
    refused: BTreeMap<Day, Timestamp>,
}

/// Whether what the cache kept has been taken into memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Recall {
    #[default]
    NotYet,
    UnderWay,
    Done,
}

struct Rewards;

impl Reading for Rewards {
    fn start(&self, engine: &mut Engine, network: &Network, now: Timestamp) -> Start {
        engine.recall_rewards(now);
        let Some(day) = engine.missing_day(now) else { return Start::Nothing };
        let network = network.clone();
        let ask = async move {
            match network.ask(ReadRewards { day }).await {
                // A day that the canister does not tell of, or not in a way that is understood, must not
                // keep the others waiting.
                answer @ (Ok(_) | Err(IcError::Decode { .. })) => Ok(answer),
                Err(error) if error.is_refusal() => Ok(Err(error)),
                Err(error) => Err(error),
            }
        };
        Start::Fetch(fetch(ask, move |engine, answer, now| engine.put_answer(day, answer, now)))
    }

    fn holds_ready(&self, engine: &Engine, _: Timestamp) -> bool {
        engine.feeds.rewards.recalled == Recall::UnderWay
    }
}

impl Engine {
    /// The newest day that has been neither read nor refused lately.
    fn missing_day(&self, now: Timestamp) -> Option<Day> {
        let state = &self.feeds.rewards;
        if state.recalled != Recall::Done {
            return None;
        }
        let today = Day::containing(self.network_now(now));
        let days = if state.wanted || state.watching { DAYS } else { DAYS_UNWATCHED };
        (today.0.saturating_sub(days)..today.0).rev().map(Day).find(|day| {
            let refused = state.refused.get(day).is_some_and(|at| now.since(*at) < ASK_AGAIN);
            !refused && !self.world.node_rewards.days.contains_key(day)
        })
    }

    /// Takes the cache's days into memory, once.
    fn recall_rewards(&mut self, now: Timestamp) {
        if self.feeds.rewards.recalled != Recall::NotYet {
            return;
        }
        self.feeds.rewards.recalled = Recall::UnderWay;
        let from = Day(Day::containing(self.network_now(now)).0.saturating_sub(DAYS));
        self.recall(
            move |cache| cache.rewards_since(from),
            KeptRewards::default(),
            |engine, kept| {
                engine.feeds.rewards.recalled = Recall::Done;
                // What was read meanwhile is newer.
                engine.change_days(kept.days, false);
                engine.note_all(kept.notes);
                let now = engine.now();
                engine.plan.request_at(&REWARDS, now);
            },
        );
    }

    /// The network is on the screen, or a provider's nodes are watched: all of its days are wanted.
    pub(in crate::sync) fn want_network(&mut self, now: Timestamp) {
        if !self.feeds.rewards.wanted {
            self.feeds.rewards.wanted = true;
            self.plan.request_at(&REWARDS, now);
        }
        self.recall_rewards(now);
    }

    /// Whether a provider's nodes are watched.
    pub(in crate::sync) fn watch_nodes(&mut self, watch: bool, now: Timestamp) {
        self.feeds.rewards.watching = watch;
        if watch {
            self.want_network(now);
        }
    }

    fn put_answer(&mut self, day: Day, answer: Result<RewardsDay, IcError>, now: Timestamp) {
        match answer {
            Ok(rewards) => {
                let rewards = Arc::new(rewards);
                let kept = Arc::clone(&rewards);
                self.writer.put(move |cache| cache.put_rewards_day(day, &kept));
                self.change_days([(day, rewards)], true);
            }
            Err(error) => {
                tracing::debug!(%error, "node rewards");
                self.feeds.rewards.refused.insert(day, now);
                if self.matters(&REWARDS, &error) {
                    self.troubles.add(&REWARDS, &error, now, None);
                }
                if error.is_missing_canister() {
                    let days = day.0.saturating_sub(DAYS)..=day.0;
                    self.feeds.rewards.refused.extend(days.map(|day| (Day(day), now)));
                }
            }
        }
        if self.missing_day(now).is_some() {
            self.plan.request_at(&REWARDS, now);
        }
    }

    /// Puts days into memory, which holds only the newest.
    fn change_days(&mut self, days: impl IntoIterator<Item = (Day, Arc<RewardsDay>)>, replace: bool) {
        let mut days = days.into_iter().peekable();
        if days.peek().is_none() {
            return;
        }
        let known: &mut NodeRewards = Arc::make_mut(&mut self.world.node_rewards);
        for (day, rewards) in days {
            if replace || !known.days.contains_key(&day) {
                known.days.insert(day, rewards);
            }
        }
        if let Some(newest) = known.days.keys().next_back().copied() {
            let oldest = Day(newest.0.saturating_sub(DAYS_IN_MEMORY));
            known.days.retain(|day, _| *day >= oldest);
        }
    }
}

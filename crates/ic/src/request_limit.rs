//! The number of requests that may be under way: doubles while that brings more answers a second, halves
//! when the network asks for fewer.

use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Requests under way before anything is known of the network.
pub(super) const FIRST_LIMIT: usize = 16;

/// A counting limit that adapts to the network.
///
/// Each time that as many requests as the limit succeeded while it was reached, the limit doubles if they
/// came at least a quarter faster than with the limit before; else it stays. After the network has asked
/// for fewer it is halved, and grows by one each time.
#[derive(Debug)]
pub(super) struct RequestLimit {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    /// Never more than this.
    most: usize,
    limit: usize,
    in_flight: usize,
    /// The most at once so far.
    most_in_flight: usize,
    /// Successes since the limit last changed.
    good: usize,
    /// When the first request began since the limit was last looked at, and whether it was reached since.
    window: Option<(Instant, bool)>,
    growth: Growth,
    /// The number of times the limit was halved. Requests that began before the last time do not halve it
    /// again: they all hit the same wall.
    halvings: u64,
}

/// The rule by which the limit grows.
#[derive(Debug, PartialEq, Eq)]
enum Growth {
    /// Doubling as long as a success takes less time on the whole than before: nanoseconds with the limit
    /// before.
    Doubling(Option<u128>),
    /// More at once brought no more answers.
    Ended,
    /// The network asked for fewer.
    ByOne,
}

/// A place among the requests under way; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    limit: Arc<RequestLimit>,
    halvings: u64,
}

impl RequestLimit {
    /// At most so many, and no more than [`FIRST_LIMIT`] at first.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Self::starting_with(most.min(FIRST_LIMIT), most)
    }

    pub(super) fn starting_with(first: usize, most: usize) -> Arc<Self> {
        let state = State {
            most: most.max(1),
            limit: first.max(1),
            in_flight: 0,
            most_in_flight: 0,
            good: 0,
            window: None,
            growth: Growth::Doubling(None),
            halvings: 0,
        };
        Arc::new(Self { state: Mutex::new(state), freed: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Waits for a place. Dropping the future gives up waiting.
    pub(super) async fn enter(self: &Arc<Self>) -> Permit {
        loop {
            let freed = self.freed.notified();
            {
                let mut state = self.state();
                if state.in_flight < state.limit {
                    state.in_flight += 1;
                    state.most_in_flight = state.most_in_flight.max(state.in_flight);
                    // Nearly all: callers keep a place free for what cannot wait.
                    let is_reached = state.in_flight * 8 >= state.limit * 7;
                    let (_, reached) = state.window.get_or_insert_with(|| (Instant::now(), false));
                    *reached |= is_reached;
                    return Permit { limit: Arc::clone(self), halvings: state.halvings };
                }
            }
            freed.await;
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.state().in_flight
    }

    pub(super) fn most_in_flight(&self) -> usize {
        self.state().most_in_flight
    }

    pub(super) fn allowed(&self) -> usize {
        self.state().limit
    }
}

impl State {
    /// As many requests as the limit succeeded: the limit for the next ones.
    fn grown_limit(&mut self) -> usize {
        let window = self.window.take();
        let good = std::mem::take(&mut self.good);
        match self.growth {
            Growth::Ended => self.limit,
            Growth::ByOne => (self.limit + 1).min(self.most),
            Growth::Doubling(before) => {
                // What was never waited for says nothing about more.
                let Some((began, true)) = window else { return self.limit };
                let each = began.elapsed().max(Duration::from_nanos(1)).as_nanos() / good.max(1) as u128;
                if before.is_some_and(|before| each.saturating_mul(5) > before.saturating_mul(4)) {
                    self.growth = Growth::Ended;
                    return self.limit;
                }
                self.growth = Growth::Doubling(Some(each));
                (self.limit * 2).min(self.most)
            }
        }
    }
}

impl Permit {
    /// The request went well.
    pub(super) fn succeeded(self) {
        let mut state = self.limit.state();
        state.good += 1;
        if state.good < state.limit {
            return;
        }
        let more = state.grown_limit();
        let added = more.saturating_sub(state.limit);
        state.limit = more;
        drop(state);
        for _ in 0..added {
            self.limit.freed.notify_one();
        }
    }

    /// The network asked for fewer requests.
    pub(super) fn throttled(self) {
        let mut state = self.limit.state();
        state.good = 0;
        state.window = None;
        state.growth = Growth::ByOne;
        if self.halvings == state.halvings {
            state.limit = (state.limit / 2).max(1);
            state.halvings += 1;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.limit.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        drop(state);
        self.limit.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use futures_util::future::join_all;

    #[tokio::test]
    async fn no_more_than_the_limit_get_in() {
        let limit = RequestLimit::new(2);
        let first = limit.enter().await;
        let _second = limit.enter().await;
        assert!(limit.enter().now_or_never().is_none());
        assert_eq!(limit.in_flight(), 2);
        drop(first);
        let _third = limit.enter().now_or_never().unwrap();
    }

    #[tokio::test]
    async fn one_wall_halves_once_and_success_grows_back() {
        let limit = RequestLimit::new(16);
        let burst = join_all((0..16).map(|_| limit.enter())).await;
        for permit in burst {
            permit.throttled();
        }
        assert_eq!(limit.allowed(), 8);
        limit.enter().await.throttled();
        limit.enter().await.throttled();
        limit.enter().await.throttled();
        limit.enter().await.throttled();
        assert_eq!(limit.allowed(), 1);
        for allowed in 1..16 {
            for _ in 0..allowed {
                assert_eq!(limit.allowed(), allowed);
                limit.enter().await.succeeded();
            }
        }
        assert_eq!(limit.allowed(), 16);
        for _ in 0..100 {
            limit.enter().await.succeeded();
        }
        assert_eq!((limit.allowed(), limit.in_flight()), (16, 0));
    }

    /// Requests that wait for a place and then for an answer, until so many were answered.
    async fn answer(limit: &Arc<RequestLimit>, count: usize, time: impl Fn(usize) -> Duration) {
        let one = || async {
            let permit = limit.enter().await;
            tokio::time::sleep(time(limit.in_flight())).await;
            permit.succeeded();
        };
        join_all((0..count).map(|_| one())).await;
    }

    #[tokio::test(start_paused = true)]
    async fn it_doubles_while_more_at_once_bring_more_answers() {
        let limit = RequestLimit::new(64);
        assert_eq!(limit.allowed(), 16);
        answer(&limit, 400, |_| Duration::from_millis(150)).await;
        assert_eq!((limit.allowed(), limit.most_in_flight()), (64, 64));
    }

    #[tokio::test(start_paused = true)]
    async fn it_stays_where_more_at_once_only_wait_longer() {
        let limit = RequestLimit::new(64);
        // A server that answers some 100 requests a second, however many there are.
        let busy = Arc::new(tokio::sync::Mutex::new(()));
        let one = || async {
            let permit = limit.enter().await;
            let turn = busy.lock().await;
            tokio::time::sleep(Duration::from_millis(10)).await;
            drop(turn);
            permit.succeeded();
        };
        join_all((0..1_000).map(|_| one())).await;
        assert_eq!(limit.allowed(), 32, "one step is needed to see it");
    }

    #[tokio::test(start_paused = true)]
    async fn it_does_not_grow_while_there_is_room() {
        let limit = RequestLimit::new(64);
        for _ in 0..100 {
            answer(&limit, 4, |_| Duration::from_millis(150)).await;
        }
        assert_eq!(limit.allowed(), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_network_refused_is_approached_slowly() {
        let limit = RequestLimit::new(64);
        answer(&limit, 400, |_| Duration::from_millis(150)).await;
        limit.enter().await.throttled();
        assert_eq!(limit.allowed(), 32);
        answer(&limit, 32, |_| Duration::from_millis(150)).await;
        assert_eq!(limit.allowed(), 33);
    }

    #[tokio::test]
    async fn those_who_wait_are_let_in_and_those_who_gave_up_block_nobody() {
        let limit = RequestLimit::new(1);
        let held = limit.enter().await;
        let mut given_up = Box::pin(limit.enter());
        assert!(given_up.as_mut().now_or_never().is_none());
        let waiting = {
            let limit = Arc::clone(&limit);
            tokio::spawn(async move { limit.enter().await })
        };
        tokio::task::yield_now().await;
        drop(held);
        drop(given_up);
        drop(waiting.await.unwrap());
        assert_eq!(limit.in_flight(), 0);
    }
}

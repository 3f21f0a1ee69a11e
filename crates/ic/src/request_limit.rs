//! The number of requests that may be under way: grows by one, halves when the network asks for fewer.

use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use tokio::sync::Notify;

/// A counting limit whose limit adapts to the network (additive increase, multiplicative decrease).
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
    /// The number of times the limit was halved. Requests that began before the last time do not halve it
    /// again: they all hit the same wall.
    halvings: u64,
}

/// A place among the requests under way; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    limit: Arc<RequestLimit>,
    halvings: u64,
}

impl RequestLimit {
    pub(super) fn new(most: usize) -> Arc<Self> {
        let most = most.max(1);
        let state = State { most, limit: most, in_flight: 0, most_in_flight: 0, good: 0, halvings: 0 };
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

impl Permit {
    /// The request went well: after as many as the limit, one more is allowed.
    pub(super) fn succeeded(self) {
        let mut state = self.limit.state();
        state.good += 1;
        if state.good >= state.limit && state.limit < state.most {
            state.limit += 1;
            state.good = 0;
            drop(state);
            self.limit.freed.notify_one();
        }
    }

    /// The network asked for fewer requests.
    pub(super) fn throttled(self) {
        let mut state = self.limit.state();
        state.good = 0;
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

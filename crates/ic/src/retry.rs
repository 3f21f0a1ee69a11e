//! Trying again: only what may succeed, ever more slowly, with jitter.

use crate::error::IcError;
use rand::Rng;
use std::future::Future;
use std::time::Duration;

/// How patiently requests are repeated.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// The pause before the first repetition, at most.
    pub first: Duration,
    /// The longest pause, except one the network asks for.
    pub longest: Duration,
    /// The longest pause the network may ask for.
    pub asked: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(250),
            longest: Duration::from_secs(8),
            asked: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// The number of times a request that failed so is made in all.
    fn attempts(error: &IcError) -> u32 {
        match error {
            _ if !error.is_retryable() => 1,
            // What runs on watches for it; a command says so at once.
            IcError::NotListening { .. } => 1,
            // Waiting for a silent network is slow already, and proof does not improve by insisting.
            IcError::Timeout { .. } | IcError::Unverified { .. } | IcError::Stalled { .. } => 2,
            IcError::Unreachable { .. } => 4,
            _ => 6,
        }
    }

    /// The pause before repetition `n` (from 1): doubling, half of it random, so that clients that
    /// failed together do not come back together.
    pub(super) fn pause(&self, n: u32, error: &IcError) -> Duration {
        let doubled = self.first.saturating_mul(1 << n.saturating_sub(1).min(16)).min(self.longest);
        let jittered = doubled.mul_f64(rand::thread_rng().gen_range(0.5..=1.0));
        match error {
            IcError::RateLimited { retry_after: Some(seconds), .. } => {
                jittered.max(Duration::from_secs(*seconds).min(self.asked))
            }
            _ => jittered,
        }
    }

    /// Makes `attempt` until it succeeds or trying again is pointless.
    ///
    /// # Errors
    /// That of the last attempt.
    pub async fn run<T, F, Fut>(&self, mut attempt: F) -> Result<T, IcError>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, IcError>>,
    {
        let mut made = 0;
        loop {
            match attempt().await {
                Ok(value) => return Ok(value),
                Err(error) => {
                    made += 1;
                    if made >= Self::attempts(&error) {
                        return Err(error);
                    }
                    let pause = self.pause(made, &error);
                    tracing::debug!(%error, made, ?pause, "trying again");
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const FAST: RetryPolicy = RetryPolicy {
        first: Duration::from_micros(10),
        longest: Duration::from_micros(20),
        asked: Duration::ZERO,
    };

    fn http(status: u16) -> IcError {
        IcError::Http { what: "t".into(), status, body: "b".into() }
    }

    async fn made_for(error: IcError) -> u32 {
        let made = Cell::new(0);
        let failing = || {
            made.set(made.get() + 1);
            let error = error.clone();
            async move { Err::<(), _>(error) }
        };
        assert_eq!(FAST.run(failing).await.unwrap_err(), error);
        made.get()
    }

    #[tokio::test]
    async fn only_what_may_succeed_is_tried_again() {
        for status in [400, 401, 403, 404, 413] {
            assert_eq!(made_for(http(status)).await, 1, "{status}");
        }
        for status in [500, 502, 503, 504] {
            assert_eq!(made_for(http(status)).await, 6, "{status}");
        }
        let limited = IcError::RateLimited { what: "t".into(), retry_after: None };
        assert_eq!(made_for(limited).await, 6);
        assert_eq!(made_for(IcError::Timeout { what: "t".into() }).await, 2);
        assert_eq!(made_for(IcError::Unverified { what: "t".into(), why: "w".into() }).await, 2);
        assert_eq!(made_for(IcError::NotListening { what: "t".into(), host: "h".into() }).await, 1);
        assert_eq!(made_for(IcError::NotFound { what: "t".into() }).await, 1);
        assert_eq!(made_for(IcError::Clock { what: "t".into(), offset: 600 }).await, 1);
    }

    #[tokio::test]
    async fn the_first_success_ends_it() {
        let made = Cell::new(0);
        let third = || {
            made.set(made.get() + 1);
            let n = made.get();
            async move { if n < 3 { Err(http(503)) } else { Ok(n) } }
        };
        assert_eq!(FAST.run(third).await, Ok(3));
    }

    #[test]
    fn pauses_double_within_bounds_and_heed_the_network() {
        let patience = RetryPolicy::default();
        for n in 1..40 {
            let most = patience.first.saturating_mul(1 << (n - 1).min(16)).min(patience.longest);
            let pause = patience.pause(n, &http(503));
            assert!(pause >= most / 2 && pause <= most, "{n}: {pause:?}");
        }
        let asked = |seconds| IcError::RateLimited { what: "t".into(), retry_after: Some(seconds) };
        assert_eq!(patience.pause(1, &asked(7)), Duration::from_secs(7));
        assert_eq!(patience.pause(1, &asked(u64::MAX)), patience.asked);
    }
}

//! Reading and signing although this machine's clock is behind the network's.
//!
//! A request is valid for five minutes by the network's clock, so that one made by a slow clock
//! has expired before it is sent. The refusal tells the network's time; from then on requests
//! are made to be valid by it. That is told by nobody who proves it, and so it is used only one
//! way: answers must be fresh by the later of both clocks, so that whoever lies about the time
//! can only make the client refuse more.

use super::client::{Client, EXPIRY, Shared, build_agent};
use super::fault::CLOCK_TOLERANCE;
use super::transport::local_time;
use crate::ic::error::IcError;
use crate::model::{Seconds, Timestamp};
use ic_agent::Agent;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A clock that is further behind is not worked around, in seconds.
const MOST: i64 = 86_400;

/// ic-agent for a clock that is so many seconds behind, once it was needed.
pub(super) type Late = Arc<Mutex<Option<(u64, Agent)>>>;

impl Client {
    /// ic-agent, making requests that are valid by the network's clock as far as it is known.
    pub(super) fn agent(&self) -> Agent {
        let behind = self.shared.behind();
        if behind == 0 {
            return self.agent.clone();
        }
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, agent)) = late.as_ref()
            && *known == behind
        {
            return agent.clone();
        }
        let validity = EXPIRY + Duration::from_secs(behind);
        match build_agent(&self.shared, validity, Arc::clone(&self.identity)) {
            Ok(agent) => {
                *late = Some((behind, agent.clone()));
                agent
            }
            // It could be built before; if not now, requests are refused with the reason.
            Err(_) => self.agent.clone(),
        }
    }
}

impl Shared {
    /// How far behind this machine's clock is known to be, in seconds.
    pub(super) fn behind(&self) -> u64 {
        self.behind.load(Ordering::Relaxed)
    }

    /// Takes note of what a refusal says of this machine's clock; whether asking again may help,
    /// if the request was made when the clock was thought to be `asked` seconds behind.
    pub(super) fn learn(&self, error: &IcError, asked: u64) -> bool {
        let told = match error {
            IcError::Clock { offset, .. } if (CLOCK_TOLERANCE..=MOST).contains(offset) => {
                offset.unsigned_abs()
            }
            IcError::Clock { .. } => 0,
            // The clock was set right meanwhile: now requests are valid for too long.
            IcError::Http { status: 400, body, .. } if body.as_str().contains("expiry") => 0,
            _ => return false,
        };
        let differ = |a: u64, b: u64| a.abs_diff(b) > CLOCK_TOLERANCE.unsigned_abs();
        if differ(self.behind(), told) {
            tracing::info!(seconds = told, "this machine's clock is behind the network's");
            self.behind.store(told, Ordering::Relaxed);
            // Another agent knows no keys of nodes yet.
            self.keys.forget();
        }
        differ(told, asked)
    }

    /// This machine's time, corrected where it is known to be behind the network's.
    pub(super) fn corrected_time(&self) -> Timestamp {
        local_time().plus(Seconds(self.behind()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::network::Profile;
    use crate::model::text::Line;
    use ic_agent::identity::AnonymousIdentity;

    async fn client() -> Client {
        let mut profile = Profile::main_network();
        profile.dynamic_routing = false;
        Client::connect(&profile, Arc::new(AnonymousIdentity)).await.unwrap()
    }

    fn off(offset: i64) -> IcError {
        IcError::Clock { what: Line::new("reading"), offset }
    }

    #[tokio::test]
    async fn what_a_refusal_says_of_the_clock_is_learnt_once_and_unlearnt() {
        let client = client().await;
        let shared = &client.shared;
        let refused = |body: &str| IcError::Http { what: "reading".into(), status: 400, body: body.into() };
        let expiry = refused("Invalid request expiry: …");
        let timeout = IcError::Timeout { what: "reading".into() };
        for nothing in [&expiry, &off(-600), &off(200_000), &timeout] {
            assert!(!shared.learn(nothing, 0), "{nothing}");
        }
        assert!(shared.learn(&off(600), 0));
        assert!(shared.learn(&off(600), 0), "it was asked before another request had learnt it");
        assert!(!shared.learn(&off(610), 600), "nothing new: asking again would not help");
        assert!(!shared.learn(&refused("canister_not_found"), 600));
        assert!(shared.learn(&off(5_000), 600), "the clock was set, wrongly");
        assert!(shared.learn(&expiry, 5_000), "the clock was set right");
        assert_eq!(shared.behind(), 0);
    }

    #[tokio::test]
    async fn whoever_lies_about_the_time_only_makes_more_be_refused() {
        let client = client().await;
        let (shared, what) = (&client.shared, Line::new("reading"));
        let now = local_time();
        assert_eq!(shared.check_age(&what, now), Ok(()));
        shared.learn(&off(600), 0);
        let error = shared.check_age(&what, now).unwrap_err();
        assert!(
            error.is_unverified() && error.to_string().contains("older than the network's time"),
            "{error}"
        );
        assert_eq!(shared.check_age(&what, now.plus(Seconds(590))), Ok(()));
    }

    #[tokio::test]
    async fn requests_of_a_slow_clock_are_valid_by_the_networks() {
        let client = client().await;
        let canister = client.canisters().governance;
        let valid = |agent: &Agent| {
            let signed = agent.query(&canister, "x").with_arg(Vec::new()).sign().unwrap();
            Timestamp(signed.ingress_expiry).since(local_time())
        };
        assert!((Seconds(150)..=Seconds(240)).contains(&valid(&client.agent())));
        client.shared.learn(&off(600), 0);
        assert!((Seconds(750)..=Seconds(840)).contains(&valid(&client.agent())));
    }
}

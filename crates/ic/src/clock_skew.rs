//! Reading and signing although this machine's clock is behind the network's.
//!
//! A request is valid for five minutes by the network's clock, so that one made by a slow clock
//! has expired before it is sent. The refusal tells the network's time, but nobody proves that: it
//! only helps to ask, as nobody, for a certificate of the time. What that certifies decides how far
//! this machine's clock is behind; a clock that is ahead is told and never corrected.

use super::agent_error::{CLOCK_TOLERANCE, clock_difference};
use super::client::{ANSWER, Connection, EXPIRY, NODES_DIFFER, Shared, build_agent};
use super::network_clock::{ClockReading, MOST_BEHIND, NetworkClock};
use super::state_tree::{SendOptions, path};
use super::transport::local_time;
use crate::error::IcError;
use ic_agent::Agent;
use icpulse_model::network::SystemCanister;
use icpulse_model::text::Line;
use icpulse_model::{Principal, Seconds, Timestamp};
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What is signed, and whether a refusal is right, depends on time certified no longer ago than this.
const SIGNED_WITHIN: Duration = Duration::from_secs(180);
/// A clock that is so far ahead refuses the answers to what is signed.
const TOO_FAST: Seconds = Seconds(EXPIRY.as_secs());
/// So long after the network gave no certificate, no other call that is to be signed asks for one.
const FAILURE_HOLDS: Duration = Duration::from_secs(1);
/// A network is asked for its time again after so long to see whether it makes progress …
const STANDSTILL_LOOK: Duration = Duration::from_secs(3);
/// … and stands still if its time is no more than this later: it makes a block about every second.
const NO_PROGRESS: u64 = 1_500_000_000;
/// So long what was found of that holds.
const STANDSTILL_HOLDS: Duration = Duration::from_secs(10);
/// Time that was certified no longer ago is not asked for again because of a refusal.
const LATELY: Duration = Duration::from_secs(15);

/// ic-agent for a clock that is so many seconds behind, once it was needed.
pub(super) type SkewedAgent = Arc<Mutex<Option<(u64, Agent)>>>;

impl Connection {
    /// ic-agent, making requests that are valid by the network's clock as far as it is certified.
    pub(super) fn agent(&self) -> Agent {
        let behind = self.shared.behind();
        if behind == 0 {
            return self.agent.clone();
        }
        let mut skewed = self.skewed_agent.lock();
        if let Some((known, agent)) = skewed.as_ref()
            && *known == behind
        {
            return agent.clone();
        }
        let validity = EXPIRY + Duration::from_secs(behind);
        match build_agent(&self.shared, validity) {
            Ok(agent) => {
                *skewed = Some((behind, agent.clone()));
                agent
            }
            // It could be built before; if not now, requests are refused with the reason.
            Err(_) => self.agent.clone(),
        }
    }

    /// Notes the time of a verified certificate that speaks for a canister. Only the network's own
    /// canisters count: their subnets are large.
    pub fn note_certificate(&self, canister: &Principal, certified: Option<Timestamp>) {
        if let (Some(certified), Some(_)) = (certified, self.canisters().name(canister)) {
            self.shared.clock().note_certificate(certified, ClockReading::now());
        }
    }

    /// Asks the network for a certificate of its time, as nobody, at the subnet of a canister of the
    /// network's own; of several that ask at once, one does. Returns the lower bound of its time.
    ///
    /// # Errors
    /// See [`IcError`]; [`IcError::Clock`] if this machine's clock is so wrong that it is not corrected.
    pub(super) async fn certify_time(&self, canister: Principal) -> Result<Timestamp, IcError> {
        let what = Line::new("asking for the network's certified time");
        let canister = if self.canisters().name(&canister).is_some() {
            canister
        } else {
            self.canisters().id(SystemCanister::Governance)
        };
        let _one = self.shared.certifying.lock().await;
        let was_just_certified = |clock: &NetworkClock, now| {
            clock.lower_bound(now).filter(|_| clock.is_certified_within(LATELY, now))
        };
        if let Some(bound) = was_just_certified(&self.shared.clock(), ClockReading::now()) {
            return Ok(bound);
        }
        let options = SendOptions { limit: &self.shared.limit, answer: ANSWER };
        let answer = match self.canister_state(&what, canister, &[path([b"time"])], options).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.tell_standstill(canister, error).await),
        };
        let certified = answer.verified.time;
        self.shared.note_certified_time(certified, &answer.seen);
        Ok(self.shared.clock().lower_bound(ClockReading::now()).unwrap_or(certified))
    }

    /// The time from which what is signed now is valid: certified lately, and at most a minute later
    /// than certified, whatever this machine's clock says.
    ///
    /// # Errors
    /// Those of [`Connection::certify_time`]; [`IcError::Clock`] if this machine's clock is so far ahead
    /// that no answer could be verified.
    pub(super) async fn signing_time(&self, what: &Line, canister: Principal) -> Result<Timestamp, IcError> {
        let now = ClockReading::now();
        let is_known = {
            let clock = self.shared.clock();
            clock.is_certified_within(SIGNED_WITHIN, now) && clock.local_ahead(now) < TOO_FAST
        };
        if !is_known {
            self.certify_time_with_retries(canister).await?;
        }
        let now = ClockReading::now();
        let (ahead, presumed) = {
            let clock = self.shared.clock();
            (clock.local_ahead(now), clock.presumed(now))
        };
        if ahead >= TOO_FAST {
            let offset = i64::try_from(ahead.0).map_or(i64::MIN, |ahead| -ahead);
            let error = IcError::Clock { what: what.clone(), offset };
            return Err(self.tell_standstill(canister, error).await);
        }
        presumed.ok_or_else(|| IcError::Unverified {
            what: what.clone(),
            why: Line::new("the network gave no certified time"),
        })
    }

    /// As [`Connection::certify_time`], again and again where that may help. Of many calls that are to be
    /// signed in a row, only the first one waits for a network that gives no certificate.
    async fn certify_time_with_retries(&self, canister: Principal) -> Result<(), IcError> {
        let failed = || self.shared.uncertified.lock();
        if let Some((at, error)) = failed().as_ref()
            && at.elapsed() < FAILURE_HOLDS
        {
            return Err(error.clone());
        }
        let outcome = self.shared.retry_policy.run(|| self.certify_time(canister)).await;
        *failed() = outcome.as_ref().err().map(|error| (Instant::now(), error.clone()));
        outcome.map(|_| ())
    }

    /// After a request that was made for a clock `asked` seconds behind failed: succeeds if it is to be
    /// made again, since it was refused for its expiry and certified time shows that the clock is not
    /// so far behind, or further.
    ///
    /// # Errors
    /// The error itself, or why the network's time could not be certified.
    pub(super) async fn correct_clock(
        &self,
        canister: Principal,
        error: IcError,
        asked: u64,
    ) -> Result<(), IcError> {
        let may_help = match find_clock_hint(&error) {
            Some(Some(_)) => true,
            // What it says of the time is no use: it may be that the clock was set right meanwhile.
            Some(None) => asked > 0,
            None => false,
        };
        let was_corrected = || self.shared.behind().abs_diff(asked) > CLOCK_TOLERANCE.unsigned_abs();
        if may_help && !was_corrected() {
            self.certify_time(canister).await?;
        }
        if may_help && was_corrected() {
            return Ok(());
        }
        Err(self.shared.check_hint(self.tell_standstill(canister, error).await))
    }

    /// Tells a network that stands still from a clock of this machine that is ahead: both make the network's time
    /// seem old, but only one of them does not go on.
    pub(super) async fn tell_standstill(&self, canister: Principal, error: IcError) -> IcError {
        let IcError::Clock { what, offset: ..0 } = &error else { return error };
        match self.shared.check_hint(error.clone()) {
            told @ IcError::Stalled { .. } => told,
            _ => match self.find_standstill(canister).await {
                Some(since) => {
                    let age = local_time().since(since);
                    IcError::Stalled { what: what.clone(), since, age }
                }
                None => error,
            },
        }
    }

    /// The time at which the network stands still, if it does: of many that ask at once, one looks.
    async fn find_standstill(&self, canister: Principal) -> Option<Timestamp> {
        let mut looked = self.shared.standstill.lock().await;
        if let Some((at, found)) = *looked
            && at.elapsed() < STANDSTILL_HOLDS
        {
            return found;
        }
        let first = self.read_network_time(canister).await;
        tokio::time::sleep(STANDSTILL_LOOK).await;
        let second = self.read_network_time(canister).await;
        let found =
            first.zip(second).filter(|(first, second)| second.0 < first.0.saturating_add(NO_PROGRESS));
        let found = found.map(|(first, second)| first.max(second));
        *looked = Some((Instant::now(), found));
        found
    }

    /// The network's time as it certifies it now, or as it names it where it refuses to.
    async fn read_network_time(&self, canister: Principal) -> Option<Timestamp> {
        let what = Line::new("asking for the network's time");
        let options = SendOptions { limit: &self.shared.limit, answer: ANSWER };
        match self.canister_state(&what, canister, &[path([b"time"])], options).await {
            Ok(answer) => Some(answer.verified.time),
            Err(IcError::Stalled { since, .. }) => Some(since),
            Err(IcError::Clock { offset, .. }) => {
                Some(local_time().minus(Seconds(offset.checked_neg()?.try_into().ok()?)))
            }
            Err(_) => None,
        }
    }
}

/// What a refusal of a request's expiry says of this machine's clock: by how many seconds it is
/// behind, if that can be corrected. `None` for any other error.
pub(super) fn find_clock_hint(error: &IcError) -> Option<Option<u64>> {
    match error {
        IcError::Clock { offset, .. } if (CLOCK_TOLERANCE..=MOST_BEHIND).contains(offset) => {
            Some(Some(offset.unsigned_abs()))
        }
        IcError::Clock { .. } => Some(None),
        IcError::Http { status: 400, body, .. } if body.as_str().contains("expiry") => Some(None),
        _ => None,
    }
}

impl Shared {
    /// What is proven of the network's time.
    pub(super) fn clock(&self) -> MutexGuard<'_, NetworkClock> {
        self.clock.lock()
    }

    /// How far this machine's clock is behind certified time, in seconds.
    pub(super) fn behind(&self) -> u64 {
        let certified = self.clock().behind(ClockReading::now());
        let known = self.behind.load(Ordering::Relaxed);
        if known.abs_diff(certified) <= CLOCK_TOLERANCE.unsigned_abs() {
            return known;
        }
        tracing::info!(seconds = certified, "this machine's clock is behind the network's");
        self.behind.store(certified, Ordering::Relaxed);
        // Another agent knows no keys of nodes yet.
        self.keys.forget();
        certified
    }

    /// Takes note that a call was refused for its expiry: the next one is signed by time that is
    /// certified anew.
    pub(super) fn note_refusal(&self, error: &IcError) {
        if find_clock_hint(error).is_some() {
            self.clock().doubt();
        }
    }

    /// A refusal that says of this machine's clock what certified time contradicts is no reason to
    /// set the clock: it is named as unproven.
    pub(super) fn check_hint(&self, error: IcError) -> IcError {
        let IcError::Clock { what, offset } = error else { return error };
        let now = ClockReading::now();
        let clock = self.clock();
        if let (Some(bound), ..0) = (clock.lower_bound(now), offset) {
            let since = now.local.minus(Seconds(offset.unsigned_abs()));
            let newest = self.newest_time(&clock);
            let lags = clock_difference(bound, since) > CLOCK_TOLERANCE;
            // The network's time has gone on, as far as it is certified; nothing newer than this came from it.
            if lags && since.plus(NODES_DIFFER) >= newest {
                return IcError::Stalled { what, since: since.max(newest), age: now.local.since(newest) };
            }
        }
        let certified = clock.lower_bound(now).map(|bound| clock_difference(bound, now.local));
        match certified {
            Some(certified)
                if clock.is_certified_within(SIGNED_WITHIN, now)
                    && certified.abs_diff(offset) > CLOCK_TOLERANCE.unsigned_abs() =>
            {
                let how = if offset > 0 { "behind" } else { "ahead" };
                let by = Seconds(offset.unsigned_abs()).words();
                let why = format!(
                    "it was refused as if this machine's clock were {by} {how}, and the network's certified time shows that it is not"
                );
                IcError::Unverified { what, why: Line::new(&why) }
            }
            _ => IcError::Clock { what, offset },
        }
    }

    /// A refusal of a request that was valid by what a refusal before said of the time: neither says
    /// anything of this machine's clock.
    pub(super) fn check_claim(&self, error: IcError, told: u64) -> IcError {
        match find_clock_hint(&error).flatten() {
            Some(again) if again.abs_diff(told) <= CLOCK_TOLERANCE.unsigned_abs() => {
                let what = error.what().clone();
                let why = Line::new(
                    "the request was refused as expired, although it was valid at the time the refusal names",
                );
                IcError::Unverified { what, why }
            }
            _ => self.check_hint(error),
        }
    }

    /// The newest time of the network that was proven.
    pub(super) fn newest_time(&self, clock: &NetworkClock) -> Timestamp {
        let seen = Timestamp(self.network_time.load(Ordering::Relaxed));
        clock.newest_certified().unwrap_or_default().max(seen)
    }

    /// This machine's time, corrected where it is known to be behind the network's.
    pub(super) fn corrected_time(&self) -> Timestamp {
        local_time().plus(Seconds(self.behind()))
    }

    /// The later of this machine's time and certified time: neither lets anything old through.
    pub(super) fn present(&self) -> Timestamp {
        let now = ClockReading::now();
        self.corrected_time().max(self.clock().lower_bound(now).unwrap_or_default())
    }

    /// The network's time as far as it is certified; else this machine's.
    pub(super) fn presumed_time(&self) -> Timestamp {
        let now = ClockReading::now();
        self.clock().presumed(now).unwrap_or(now.local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::{Anonymous, tests::TestKey};
    use crate::{IcError, PreparedCall};
    use icpulse_model::network::Profile;

    async fn client() -> Connection {
        let mut profile = Profile::main_network();
        profile.dynamic_routing = false;
        // Nothing listens there.
        profile.urls = vec!["http://127.0.0.1:9".to_owned()];
        Connection::connect(&profile, Arc::new(TestKey::new(7))).await.unwrap()
    }

    /// A client that has just verified a certificate of a time so many seconds after this machine's.
    async fn certified(offset: i64) -> Connection {
        let client = client().await;
        client.shared.clock().note_certificate(local(offset), ClockReading::now());
        client
    }

    fn local(offset: i64) -> Timestamp {
        let by = Seconds(offset.unsigned_abs());
        if offset < 0 { local_time().minus(by) } else { local_time().plus(by) }
    }

    fn off(offset: i64) -> IcError {
        IcError::Clock { what: Line::new("reading"), offset }
    }

    async fn sign(client: &Connection) -> Result<Timestamp, IcError> {
        let ledger = client.canisters().id(SystemCanister::IcpLedger);
        let call = PreparedCall { canister: ledger, method: "transfer", arg: vec![], effective: ledger };
        client.sign(&call).await.map(|signed| signed.expires)
    }

    #[tokio::test]
    async fn what_a_refusal_says_of_the_time_changes_nothing() {
        let client = certified(0).await;
        let before = sign(&client).await.unwrap();
        let governance = client.canisters().id(SystemCanister::Governance);
        // Time was certified just now, so that this asks nobody.
        let told = client.correct_clock(governance, off(82_800), 0).await.unwrap_err();
        assert!(told.is_unverified() && told.to_string().contains("shows that it is not"), "{told}");
        assert_eq!((client.shared.behind(), client.clock_offset(), client.network_time()), (0, 0, None));
        let after = sign(&client).await.unwrap();
        assert!(after.since(before) < Seconds(60) && after <= local(300), "{after:?}");
    }

    #[tokio::test]
    async fn what_is_signed_expires_five_minutes_after_certified_time_at_the_latest() {
        for offset in [-239, -120, -61, 0, 30, 600, 80_000] {
            let client = certified(offset).await;
            let expires = sign(&client).await.unwrap();
            let after = Seconds(expires.since(local(offset)).0);
            assert!((Seconds(238)..=Seconds(300)).contains(&after), "{offset}: {after:?}");
        }
    }

    #[tokio::test]
    async fn a_clock_that_is_far_ahead_of_certified_time_signs_nothing() {
        let client = certified(-600).await;
        let error = sign(&client).await.unwrap_err();
        assert_eq!(error, IcError::Clock { what: Line::new("signing transfer"), offset: -600 });
        assert_eq!(client.shared.behind(), 0);
    }

    #[tokio::test]
    async fn certified_time_decides_how_far_the_clock_is_behind() {
        let client = client().await;
        let governance = client.canisters().id(SystemCanister::Governance);
        assert_eq!(client.shared.behind(), 0);
        client.shared.clock().note_certificate(local(600), ClockReading::now());
        assert!((599..=600).contains(&client.shared.behind()));
        let corrected = async |error, asked| client.correct_clock(governance, error, asked).await;
        assert_eq!(corrected(off(600), 0).await, Ok(()), "it was made before that was known");
        assert_eq!(corrected(off(610), 600).await, Err(off(610)), "asking again would not help");
        let refused = |body: &str| IcError::Http { what: "reading".into(), status: 400, body: body.into() };
        let other = refused("canister_not_found");
        assert_eq!(corrected(other.clone(), 0).await, Err(other));
        assert_eq!(corrected(refused("Invalid request expiry: …"), 5_000).await, Ok(()));
    }

    #[tokio::test]
    async fn requests_of_a_slow_clock_are_valid_by_certified_time() {
        let client = client().await;
        let canister = client.canisters().id(SystemCanister::Governance);
        let valid = |agent: &Agent| {
            let signed = agent.query(&canister, "x").with_arg(Vec::new()).sign().unwrap();
            Timestamp(signed.ingress_expiry).since(local_time())
        };
        let ours = |client: &Connection| Timestamp(client.request_expiry()).since(local_time());
        assert!((Seconds(150)..=Seconds(240)).contains(&valid(&client.agent())));
        assert!((Seconds(150)..=Seconds(240)).contains(&ours(&client)));
        client.shared.clock().note_certificate(local(600), ClockReading::now());
        assert!((Seconds(750)..=Seconds(840)).contains(&valid(&client.agent())));
        assert!((Seconds(750)..=Seconds(840)).contains(&ours(&client)));
        // Certificates must be fresh by certified time, too.
        let what = Line::new("reading");
        let error = client.shared.check_age(&what, local_time()).unwrap_err();
        assert!(error.to_string().contains("older than the network's time"), "{error}");
        assert_eq!(client.shared.check_age(&what, local(590)), Ok(()));
    }

    #[tokio::test]
    async fn a_call_that_was_refused_for_its_expiry_makes_the_next_one_ask_for_the_time() {
        let client = certified(0).await;
        client.shared.note_refusal(&IcError::Timeout { what: "sending".into() });
        assert!(client.shared.clock().is_certified_within(SIGNED_WITHIN, ClockReading::now()));
        client.shared.note_refusal(&off(600));
        assert!(!client.shared.clock().is_certified_within(SIGNED_WITHIN, ClockReading::now()));
    }

    #[tokio::test]
    async fn only_the_networks_own_canisters_tell_its_time() {
        let client = client().await;
        client.note_certificate(&Principal::anonymous(), Some(local(3_600)));
        assert_eq!(client.shared.clock().lower_bound(ClockReading::now()), None);
        client.note_certificate(&client.canisters().id(SystemCanister::IcpLedger), Some(local(0)));
        assert!(client.shared.clock().lower_bound(ClockReading::now()).is_some());
        let anonymous = client.with_signer(Arc::new(Anonymous));
        assert!(matches!(sign(&anonymous).await, Err(IcError::Identity { .. })));
    }
}

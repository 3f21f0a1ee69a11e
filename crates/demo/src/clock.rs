//! Two times: the wall clock of the protocol and the virtual time of the canisters.
//!
//! Ingress expiry, certificates and node signatures carry the wall clock, because every
//! client compares them with its own. The canisters live in virtual time, which runs
//! `speed` times faster. A monotone, piecewise linear map joins the two, so that every
//! instant a client is told lies where its own clock will find it: a deadline four virtual
//! days ahead shows as 96 minutes ahead at 60x. Spans (dissolve delays, ages in seconds)
//! are never mapped.

use icpulse_model::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use std::time::Duration;

/// A shared clock; clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    speed: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    source: Source,
    /// The latest instant handed out: the wall clock may be set back, this one is not.
    latest: u64,
    /// How far this clock is ahead of its source, in nanoseconds.
    ahead: i64,
    /// It stands still at this instant, so many nanoseconds before it was told to.
    held: Option<(u64, u64)>,
    /// Joints of the map, ascending in both coordinates; never empty.
    joints: Vec<Joint>,
}

#[derive(Debug)]
enum Source {
    System,
    Manual(u64),
}

/// From this wall time on, virtual time is `virtual_at + (wall − wall_at) · speed`.
#[derive(Clone, Copy, Debug)]
struct Joint {
    wall: u64,
    virtual_at: u64,
}

impl Clock {
    /// Reads the system's clock; virtual time starts equal to it and runs `speed` times
    /// as fast (0 counts as 1).
    pub fn system(speed: u32) -> Self {
        Self::new(Source::System, system_nanos(), speed)
    }

    /// Stands still at `start` until [`Clock::pass`] moves it: for tests of canisters
    /// without a network.
    pub fn manual(start: Timestamp, speed: u32) -> Self {
        Self::new(Source::Manual(start.0), start.0, speed)
    }

    fn new(source: Source, start: u64, speed: u32) -> Self {
        let joints = vec![Joint { wall: start, virtual_at: start }];
        Self(Arc::new(Inner {
            speed: u64::from(speed.max(1)),
            state: Mutex::new(State { source, latest: start, ahead: 0, held: None, joints }),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is valid after every statement, so a panic elsewhere cannot have spoiled it.
        self.0.state.lock()
    }

    /// How many times faster than the wall clock the canisters live.
    pub fn speed(&self) -> u64 {
        self.0.speed
    }

    /// The protocol's time. Never goes back.
    pub fn wall(&self) -> Timestamp {
        Timestamp(self.state().wall())
    }

    /// What the nodes' own clocks show: goes on where the subnets stand still ([`Clock::hold`]).
    pub fn nodes(&self) -> Timestamp {
        Timestamp(self.state().nodes())
    }

    /// Sets the network's clock so many seconds ahead (or back): every instant a client is told
    /// moves with it, the life of the canisters does not.
    pub fn shift(&self, seconds: i64) {
        let nanos = seconds.saturating_mul(1_000_000_000);
        let mut state = self.state();
        state.ahead = state.ahead.saturating_add(nanos);
        state.latest = state.latest.saturating_add_signed(nanos);
        state.held = state.held.map(|(at, before)| (at.saturating_add_signed(nanos), before));
        state.move_walls(nanos);
    }

    /// Lets the network's time stand still since `since` ago, or go on: for a subnet that makes
    /// no blocks.
    pub fn hold(&self, since: Option<Duration>) {
        let mut state = self.state();
        if let Some((_, before)) = state.held.take() {
            state.move_walls(i64::try_from(before).unwrap_or(i64::MAX));
        }
        if let Some(since) = since {
            let before = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX).min(state.nodes());
            state.held = Some((state.nodes() - before, before));
            state.move_walls(i64::try_from(before).unwrap_or(i64::MAX).saturating_neg());
        }
    }

    /// The canisters' time. Never goes back.
    pub(crate) fn virtual_now(&self) -> Timestamp {
        let mut state = self.state();
        let wall = state.wall();
        Timestamp(state.to_virtual(wall, self.0.speed))
    }

    /// An instant of the canisters as a client is told it. Instants before the start keep
    /// their distance; instants inside a jump of [`Clock::advance`] fall on the jump.
    pub fn out(&self, virtual_time: Timestamp) -> Timestamp {
        Timestamp(self.state().to_wall(virtual_time.0, self.0.speed))
    }

    /// [`Clock::out`] for governance's whole seconds; 0 ("not yet") stays 0.
    pub(crate) fn out_secs(&self, virtual_secs: u64) -> u64 {
        if virtual_secs == 0 { 0 } else { self.out(Timestamp::from_secs(virtual_secs)).secs() }
    }

    /// An instant a client named, as the canisters see it: the inverse of [`Clock::out`].
    pub(crate) fn to_virtual(&self, wall_time: Timestamp) -> Timestamp {
        Timestamp(self.state().to_virtual(wall_time.0, self.0.speed))
    }

    /// [`Clock::to_virtual`] for whole seconds; 0 stays 0.
    pub(crate) fn to_virtual_secs(&self, wall_secs: u64) -> u64 {
        if wall_secs == 0 { 0 } else { self.to_virtual(Timestamp::from_secs(wall_secs)).secs() }
    }

    /// Lets the canisters' time jump ahead while the wall clock stays: for tests that need
    /// a deadline to pass now.
    pub fn advance(&self, span: Duration) {
        let mut state = self.state();
        let wall = state.wall();
        let virtual_at = state
            .to_virtual(wall, self.0.speed)
            .saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX));
        state.joints.push(Joint { wall, virtual_at });
    }

    /// Lets a manual clock's wall time pass (virtual time follows at its speed); does
    /// nothing to a system clock.
    pub fn pass(&self, span: Duration) {
        if let Source::Manual(now) = &mut self.state().source {
            *now = now.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX));
        }
    }
}

impl State {
    fn nodes(&mut self) -> u64 {
        let now = match self.source {
            Source::System => system_nanos(),
            Source::Manual(now) => now,
        };
        self.latest = self.latest.max(now.saturating_add_signed(self.ahead));
        self.latest
    }

    fn wall(&mut self) -> u64 {
        let now = self.nodes();
        self.held.map_or(now, |(at, _)| at)
    }

    fn move_walls(&mut self, nanos: i64) {
        for joint in &mut self.joints {
            joint.wall = joint.wall.saturating_add_signed(nanos);
        }
    }

    fn to_virtual(&self, wall: u64, speed: u64) -> u64 {
        match self.joints.iter().rev().find(|j| j.wall <= wall) {
            Some(joint) => joint.virtual_at.saturating_add((wall - joint.wall).saturating_mul(speed)),
            None => self.joints.first().map_or(wall, |j| j.virtual_at.saturating_sub(j.wall - wall)),
        }
    }

    fn to_wall(&self, virtual_time: u64, speed: u64) -> u64 {
        let after = self.joints.partition_point(|j| j.virtual_at <= virtual_time);
        let next_wall = self.joints.get(after).map(|j| j.wall);
        let Some(joint) = after.checked_sub(1).and_then(|i| self.joints.get(i)) else {
            return self
                .joints
                .first()
                .map_or(virtual_time, |j| j.wall.saturating_sub(j.virtual_at - virtual_time));
        };
        // Rounded up, so that mapping an instant out and back never makes it earlier.
        let wall = joint.wall.saturating_add((virtual_time - joint.virtual_at).div_ceil(speed));
        next_wall.map_or(wall, |next| wall.min(next))
    }
}

fn system_nanos() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use icpulse_model::Seconds;
    use proptest::prelude::*;

    const START: Timestamp = Timestamp::from_secs(1_795_000_000);

    #[test]
    fn a_deadline_four_virtual_days_ahead_is_96_minutes_ahead_at_60x() {
        let clock = Clock::manual(START, 60);
        let deadline = clock.virtual_now().plus(Seconds::days(4));
        assert_eq!(clock.out(deadline), START.plus(Seconds(96 * 60)));
        clock.pass(Duration::from_secs(96 * 60));
        assert_eq!(clock.virtual_now(), deadline);
        assert_eq!(clock.to_virtual(clock.wall()), deadline);
    }

    #[test]
    fn the_past_before_the_start_keeps_its_distance() {
        let clock = Clock::manual(START, 60);
        let long_ago = START.minus(Seconds::days(400));
        assert_eq!(clock.out(long_ago), long_ago);
        assert_eq!(clock.to_virtual(long_ago), long_ago);
        assert_eq!(clock.out_secs(0), 0);
    }

    #[test]
    fn a_jump_moves_the_canisters_and_not_the_protocol() {
        let clock = Clock::manual(START, 1);
        clock.pass(Duration::from_secs(100));
        let before = clock.virtual_now();
        clock.advance(Duration::from_secs(86_400));
        assert_eq!(clock.wall(), START.plus(Seconds(100)));
        assert_eq!(clock.virtual_now(), before.plus(Seconds::days(1)));
        // What happened inside the jump happened now, as far as a client can tell.
        assert_eq!(clock.out(before.plus(Seconds(5))), clock.wall());
        clock.pass(Duration::from_secs(7));
        assert_eq!(clock.virtual_now(), before.plus(Seconds(86_407)));
        assert_eq!(clock.out(clock.virtual_now()), clock.wall());
    }

    #[test]
    fn a_wrong_clock_moves_what_is_told_and_not_the_canisters() {
        let clock = Clock::manual(START, 60);
        clock.pass(Duration::from_secs(10));
        let (wall, inside) = (clock.wall(), clock.virtual_now());
        let deadline = inside.plus(Seconds(6_000));
        let told = clock.out(deadline);
        clock.shift(600);
        assert_eq!((clock.wall(), clock.virtual_now()), (wall.plus(Seconds(600)), inside));
        assert_eq!(clock.out(deadline), told.plus(Seconds(600)));
        clock.shift(-1_200);
        assert_eq!((clock.wall(), clock.virtual_now()), (wall.minus(Seconds(600)), inside));
        clock.advance(Duration::from_secs(60));
        assert_eq!(clock.virtual_now(), inside.plus(Seconds(60)));
    }

    #[test]
    fn a_standstill_stops_the_canisters_and_not_the_nodes() {
        let clock = Clock::manual(START, 60);
        clock.pass(Duration::from_secs(10));
        let (wall, inside) = (clock.wall(), clock.virtual_now());
        clock.hold(Some(Duration::from_secs(600)));
        clock.pass(Duration::from_secs(5));
        assert_eq!((clock.wall(), clock.virtual_now()), (wall.minus(Seconds(600)), inside));
        assert_eq!(clock.nodes(), wall.plus(Seconds(5)));
        clock.hold(None);
        assert_eq!((clock.wall(), clock.virtual_now()), (clock.nodes(), inside.plus(Seconds(300))));
    }

    proptest! {
        #[test]
        fn both_maps_are_monotone_and_agree(
            speed in 1u32..5_000,
            steps in prop::collection::vec((0u64..100_000, 0u64..1_000_000), 0..6),
            a in 1_792_000_000u64..1_798_000_000, b in 1_792_000_000u64..1_798_000_000,
        ) {
            let clock = Clock::manual(START, speed);
            for (pass, jump) in steps {
                clock.pass(Duration::from_secs(pass));
                clock.advance(Duration::from_secs(jump));
            }
            let (a, b) = (Timestamp::from_secs(a.min(b)), Timestamp::from_secs(a.max(b)));
            prop_assert!(clock.out(a) <= clock.out(b));
            prop_assert!(clock.to_virtual(a) <= clock.to_virtual(b));
            prop_assert!(clock.to_virtual(clock.out(a)) >= a);
            prop_assert_eq!(clock.out(clock.to_virtual(a)), a);
        }
    }
}

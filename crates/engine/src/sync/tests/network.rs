//! Subnets, nodes and providers, of a made-up grid.

use super::*;
use icpulse_model::fleet::{BoundaryNode, NodeStatus, Probe, ProviderName, Reported, Verdict};
use icpulse_model::health::{Condition, Sample, Span, SubnetMetrics};
use icpulse_model::node_rewards::{Day, ListedProvider, MicroXdr, PayoutMonth, ProviderDay, RewardsDay};
use icpulse_model::registry::Route;
use icpulse_model::world::Topicality;

/// The network's machines. Each subnet has one node, whose id is the subnet's with a 1.
#[derive(Default)]
pub(super) struct Grid {
    subnets: Vec<Principal>,
    /// Message executions a second.
    pace: u64,
    /// Counters began anew at that time.
    begun: Timestamp,
    /// They certify a time of the past.
    stalled: BTreeMap<Principal, Timestamp>,
    boundary: Vec<Principal>,
    /// Nodes and the dashboard's word for them; no dashboard if there are none.
    statuses: Vec<(Principal, &'static str)>,
    /// Days that the node rewards canister tells of.
    days: BTreeSet<Day>,
    pub(super) seen: Vec<(Principal, Timestamp)>,
}

impl Grid {
    fn of(subnets: u8) -> Self {
        Self { subnets: (0..subnets).map(subnet).collect(), pace: 5, ..Self::default() }
    }

    pub(super) fn has_dashboard(&self) -> bool {
        !self.statuses.is_empty()
    }

    fn is_there(&self) -> bool {
        !self.subnets.is_empty()
    }
}

fn subnet(n: u8) -> Principal {
    Principal::self_authenticating([200, n])
}

fn node(n: u8) -> Principal {
    Principal::self_authenticating([201, n])
}

fn provider() -> Principal {
    Principal::self_authenticating([202])
}

fn short(id: &Principal) -> String {
    let known = (0..=255u8).find(|n| subnet(*n) == *id || node(*n) == *id);
    known.map_or_else(|| id.to_text(), |n| n.to_string())
}

impl Fake {
    /// As [`Fake::call`], without a trace in the tests that are about something else.
    async fn grid<T>(
        &self,
        name: String,
        nothing: Result<T, IcError>,
        answer: impl FnOnce(&Net) -> T,
    ) -> Result<T, IcError> {
        let (there, failing) = {
            let net = self.net();
            (net.grid.is_there(), net.failing.clone())
        };
        match failing {
            _ if there => self.call(name, answer).await,
            Some((what, error)) if name.starts_with(what) => Err(error),
            _ => nothing,
        }
    }
}

impl Fake {
    pub(super) async fn subnet_sample(&self, id: Principal) -> Result<(Sample, Evidence), IcError> {
        let (at, metrics, stalled) = self
            .call(format!("sample {}.", short(&id)), |net| {
                let stalled = net.grid.stalled.get(&id).copied();
                let at = stalled.unwrap_or(net.at);
                let updates = at.since(net.grid.begun).0 * net.grid.pace;
                (at, SubnetMetrics { updates, canisters: 5, ..SubnetMetrics::default() }, stalled)
            })
            .await?;
        let age = self.net().at.since(at);
        match stalled {
            Some(since) if age > Seconds(300) => {
                Err(IcError::Stalled { what: Line::new("read a subnet"), since, age })
            }
            _ => Ok((Sample { at, metrics }, Evidence::certified(at))),
        }
    }

    pub(super) async fn subnets(&self) -> Result<Sourced<Vec<Principal>>, IcError> {
        let nothing = Ok(Sourced::new(Vec::new(), Evidence::certified(START)));
        self.grid("subnets".to_owned(), nothing, |net| Self::sourced(net, net.grid.subnets.clone())).await
    }

    pub(super) async fn boundary_nodes(&self) -> Result<Sourced<BTreeMap<Principal, BoundaryNode>>, IcError> {
        let nothing = Ok(Sourced::new(BTreeMap::new(), Evidence::certified(START)));
        self.grid("boundary".to_owned(), nothing, |net| {
            let node = |id: &Principal| {
                let domain = Line::new(&format!("b{}.example", short(id)));
                (*id, BoundaryNode { domain, ipv4: None, ipv6: None, probes: Vec::new() })
            };
            Self::sourced(net, net.grid.boundary.iter().map(node).collect())
        })
        .await
    }

    pub(super) async fn probe(&self, domain: Line) -> Result<Option<Probe>, IcError> {
        let probe = self.call(format!("probe {domain}"), |net| Probe {
            healthy: true,
            status: 204,
            millis: 30,
            at: net.at,
        });
        Ok(probe.await.ok())
    }

    pub(super) async fn sight(
        &self,
        id: Principal,
        canister: Option<Principal>,
    ) -> Result<Vec<(Principal, Timestamp)>, IcError> {
        let by = canister.map_or_else(String::new, |c| format!(" by {}", c.to_text()));
        let n = (0..=255u8).find(|n| subnet(*n) == id).unwrap();
        let at = self.call(format!("sight {n}{by}."), |net| net.at).await?;
        self.net().grid.seen.push((node(n), at));
        Ok(vec![(node(n), at)])
    }

    pub(super) async fn reported_nodes(&self) -> Result<Vec<(Principal, Reported)>, IcError> {
        self.call("statuses".to_owned(), |net| {
            let row = |(id, word): &(Principal, &str)| {
                let (status, at) = (NodeStatus::parse(word), net.at);
                (*id, Reported { status, alert: None, guestos_version: None, at, since: at })
            };
            net.grid.statuses.iter().map(row).collect()
        })
        .await
    }

    pub(super) async fn provider_names(&self) -> Result<BTreeMap<Principal, ProviderName>, IcError> {
        self.call("names".to_owned(), |_| {
            BTreeMap::from([(provider(), ProviderName { name: Line::new("One"), website: None })])
        })
        .await
    }

    pub(super) async fn rewards_of(&self, day: Day) -> Result<RewardsDay, IcError> {
        let refused = || IcError::Refused {
            what: Line::new("read the rewards"),
            error_type: 0,
            message: Line::new("not yet"),
        };
        let known = self
            .grid(format!("rewards {}", day.0), Err(refused()), |net| net.grid.days.contains(&day))
            .await?;
        let theirs = ProviderDay { adjusted: MicroXdr(u64::from(day.0)), ..ProviderDay::default() };
        let providers = BTreeMap::from([(provider(), theirs)]);
        if known { Ok(RewardsDay { providers, ..RewardsDay::default() }) } else { Err(refused()) }
    }

    pub(super) async fn payouts(&self) -> Result<Vec<PayoutMonth>, IcError> {
        self.grid("payouts".to_owned(), Ok(Vec::new()), |net| {
            vec![PayoutMonth {
                at: net.at,
                days: None,
                rate: None,
                minimum_rate: None,
                registry_version: None,
                payouts: Vec::new(),
            }]
        })
        .await
    }

    pub(super) async fn node_providers(&self) -> Result<BTreeMap<Principal, ListedProvider>, IcError> {
        let one = BTreeMap::from([(provider(), ListedProvider::default())]);
        self.grid("providers".to_owned(), Ok(BTreeMap::new()), |_| one).await
    }

    pub(super) async fn average_rate(&self) -> Result<Sourced<XdrPermyriad>, IcError> {
        let nothing = Ok(Sourced::new(XdrPermyriad(1), Evidence::certified(START)));
        self.grid("average".to_owned(), nothing, |net| Self::sourced(net, XdrPermyriad(40_000))).await
    }
}

/// Only the network is read, by nobody.
fn watch(fake: Fake, cache: Option<Arc<Cache>>) -> Run {
    begin_with(fake, cache, Principal::anonymous(), |options| options.only = Some(Topicality::Network))
}

fn grid(subnets: u8) -> Fake {
    let fake = Fake::new(0);
    fake.net().grid = Grid::of(subnets);
    fake
}

fn asked(fake: &Fake, what: &str) -> usize {
    fake.calls().iter().filter(|call| call.starts_with(what)).count()
}

async fn condition(run: &Run, n: u8) -> Condition {
    let now = run.fake.net().at;
    run.world().await.health.get(&subnet(n)).map_or(Condition::Unknown, |health| health.condition(now))
}

#[tokio::test]
async fn all_subnets_are_asked_at_first_and_then_each_in_its_turn() {
    let run = watch(grid(40), None);
    run.handle.ready().await;
    assert_eq!(run.world().await.health.len(), 40, "ready comes after all of them");
    run.handle.idle().await;
    assert_eq!(asked(&run.fake, "sample"), 40);
    for _ in 0..50 {
        run.pass(2).await;
    }
    run.fake.calls();
    for _ in 0..60 {
        run.pass(2).await;
    }
    assert_eq!(asked(&run.fake, "sample"), 80, "each once a minute, in two minutes");
    run.handle.show(Topicality::Network);
    for _ in 0..20 {
        run.pass(1).await;
    }
    run.fake.calls();
    let mut each_second = Vec::new();
    for _ in 0..20 {
        run.pass(1).await;
        each_second.push(asked(&run.fake, "sample"));
    }
    assert_eq!(each_second.iter().sum::<usize>(), 80, "each every ten seconds: {each_second:?}");
    assert!(each_second.iter().all(|n| *n <= 4), "never in a burst: {each_second:?}");
    let world = run.world().await;
    let health = &world.health[&subnet(3)];
    assert_eq!(health.rates.unwrap().milli_updates_per_second, 5_000);
    assert!(health.updates.values(Span::Minute).iter().all(|rate| *rate == 5_000));
    assert_eq!(condition(&run, 3).await, Condition::Well);
    run.end().await;
}

#[tokio::test]
async fn a_subnet_that_stands_still_is_named_so_and_nothing_else_is() {
    let run = watch(grid(4), None);
    run.handle.show(Topicality::Network);
    run.handle.idle().await;
    run.pass(10).await;
    let since = run.fake.net().at;
    run.fake.net().grid.stalled.insert(subnet(2), since);
    run.pass(30).await;
    assert_eq!(condition(&run, 2).await, Condition::Well, "half a minute is no standstill");
    run.pass(60).await;
    assert!(matches!(condition(&run, 2).await, Condition::Stalled(Seconds(90))));
    // Its certificate has become too old to be believed: it is still no failure.
    run.pass(300).await;
    assert!(matches!(condition(&run, 2).await, Condition::Stalled(lag) if lag >= Seconds(390)));
    let world = run.world().await;
    assert_eq!(world.health[&subnet(2)].certified_at, Some(since));
    assert_eq!(world.health[&subnet(2)].failure, None);
    assert_eq!(condition(&run, 1).await, Condition::Well);
    assert_eq!(run.status().await.trouble, None);
    run.fake.net().grid.stalled.clear();
    run.pass(20).await;
    assert_eq!(condition(&run, 2).await, Condition::Well);
    run.end().await;
}

#[tokio::test]
async fn a_subnet_that_does_not_answer_delays_no_other() {
    let run = watch(grid(6), None);
    run.handle.show(Topicality::Network);
    run.handle.idle().await;
    run.fake.net().held = Some("sample 1.");
    run.fake.calls();
    // Idleness would wait for the silent one.
    for _ in 0..30 {
        {
            let mut net = run.fake.net();
            net.at = net.at.plus(Seconds(2));
        }
        run.clock.advance(2);
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        run.world().await;
    }
    let calls = run.fake.calls();
    let times = |n: u8| calls.iter().filter(|call| **call == format!("sample {n}.")).count();
    assert_eq!(times(1), 1);
    for n in [0, 2, 3, 4, 5] {
        assert!((5..=7).contains(&times(n)), "{n}: {}", times(n));
    }
    run.fake.release();
    run.handle.idle().await;
    assert_eq!(condition(&run, 1).await, Condition::Well);
    run.end().await;
}

#[tokio::test]
async fn a_subnet_that_cannot_be_reached_says_why_in_its_place_only() {
    let run = watch(grid(3), None);
    run.handle.show(Topicality::Network);
    run.handle.idle().await;
    run.fake.fail("sample 1.", unreachable());
    run.pass(20).await;
    assert_eq!(condition(&run, 1).await, Condition::Unreachable);
    let world = run.world().await;
    assert!(world.health[&subnet(1)].failure.as_ref().unwrap().as_str().contains("could not connect"));
    assert!(world.health[&subnet(1)].last.is_some(), "what was read before stays");
    assert_eq!(condition(&run, 2).await, Condition::Well);
    assert_eq!(run.status().await.trouble, None);
    run.fake.net().failing = None;
    run.pass(120).await;
    assert_eq!(condition(&run, 1).await, Condition::Well);
    run.end().await;
}

#[tokio::test]
async fn counters_that_begin_anew_and_nodes_that_are_behind_spoil_no_rate() {
    let run = watch(grid(1), None);
    run.handle.show(Topicality::Network);
    run.handle.idle().await;
    run.pass(15).await;
    let before = run.world().await.health[&subnet(0)].clone();
    assert!(before.rates.is_some());
    let behind = run.fake.net().at.minus(Seconds(10));
    run.fake.net().grid.stalled.insert(subnet(0), behind);
    run.pass(15).await;
    let health = run.world().await.health[&subnet(0)].clone();
    assert_eq!((health.dropped, health.rates, health.last), (1, before.rates, before.last));
    {
        let mut net = run.fake.net();
        net.grid.stalled.clear();
        net.grid.begun = net.at;
    }
    run.pass(15).await;
    let health = run.world().await.health[&subnet(0)].clone();
    assert_eq!((health.resets, health.rates), (1, None));
    run.pass(15).await;
    let rates = run.world().await.health[&subnet(0)].rates.unwrap();
    assert_eq!(rates.milli_updates_per_second, 5_000);
    run.end().await;
}

#[tokio::test]
async fn a_dashboard_that_fails_disturbs_nothing() {
    let fake = grid(2);
    fake.net().grid.statuses = vec![(node(0), "UP"), (node(1), "DOWN")];
    fake.fail("statuses", unreachable());
    let run = watch(fake, None);
    run.handle.show(Topicality::Network);
    run.handle.ready().await;
    run.handle.idle().await;
    let world = run.world().await;
    assert!(world.fleet.report_failure.as_ref().unwrap().as_str().contains("could not connect"));
    assert_eq!((world.fleet.reported_at, run.status().await.trouble), (None, None));
    assert_eq!(world.health.len(), 2);
    run.fake.net().failing = None;
    run.pass(120).await;
    let world = run.world().await;
    assert_eq!((world.fleet.report_failure.as_ref(), world.fleet.nodes.len()), (None, 2));
    assert_eq!(world.fleet.name(&provider()).unwrap().as_str(), "One");
    // Statuses each minute, names each hour.
    run.fake.calls();
    for _ in 0..10 {
        run.pass(60).await;
    }
    let calls = run.fake.calls();
    let times = |what: &str| calls.iter().filter(|call| call.starts_with(what)).count();
    assert_eq!((times("statuses"), times("names")), (10, 0));
    run.end().await;
}

#[tokio::test]
async fn a_signature_disputes_the_dashboard_and_is_asked_for_only_while_wanted() {
    let fake = grid(3);
    fake.net().grid.statuses = vec![(node(1), "DOWN")];
    let run = watch(fake, None);
    run.handle.idle().await;
    run.pass(120).await;
    assert_eq!(asked(&run.fake, "sight"), 0, "nobody looks");
    assert!(run.world().await.fleet.node_sources(&node(1)).is_down(run.fake.net().at));
    run.handle.show(Topicality::Network);
    run.handle.idle().await;
    assert_eq!(asked(&run.fake, "sight"), 3);
    let verdict = run.world().await.fleet.node_sources(&node(1)).verdict(run.fake.net().at);
    assert_eq!(verdict, Verdict::Disputed(NodeStatus::Down, Seconds(0)));
    for _ in 0..40 {
        run.pass(2).await;
    }
    let sights = asked(&run.fake, "sight");
    assert!((9..=12).contains(&sights), "each once in twenty seconds: {sights}");
    run.handle.show(Topicality::Proposals);
    run.pass(120).await;
    assert_eq!(asked(&run.fake, "sight"), 0);
    run.handle.watch_nodes(true);
    run.pass(30).await;
    assert!(asked(&run.fake, "sight") >= 3);
    // A signature seen under another answer counts as well.
    run.handle.watch_nodes(false);
    let now = run.fake.net().at;
    run.fake.net().grid.seen.push((node(9), now));
    run.pass(300).await;
    assert_eq!(run.world().await.fleet.node_sources(&node(9)).seen.map(|seen| seen.at), Some(now));
    run.end().await;
}

#[tokio::test]
async fn the_registrys_routes_say_by_which_canister_a_subnet_is_asked() {
    let fake = grid(1);
    let mut loaded = Loaded::default();
    let canister = |n: u8| Principal::from_slice(&[0, 0, 0, 0, 0, 0, 0, n, 1, 1]);
    let route = |from, to, id| Route { start: canister(from), end: canister(to), subnet: subnet(id) };
    let topology = Arc::make_mut(&mut loaded.world.topology);
    topology.subnet_list = vec![subnet(0), subnet(1)];
    topology.routes.insert(Line::new("00"), vec![route(0, 4, 0), route(5, 6, 1), route(7, 9, 0)]);
    let clock = TestClock::new();
    let options = Options { only: Some(Topicality::Network), ..options(&clock) };
    let anonymous = signer(Principal::anonymous());
    let (handle, _changes) = start(Some(Network::new(fake.clone())), None, loaded, anonymous, options);
    handle.show(Topicality::Network);
    handle.idle().await;
    let calls = fake.calls();
    for (subnet, last) in [(0, 9), (1, 6)] {
        let call = format!("sight {subnet} by {}.", canister(last).to_text());
        assert!(calls.contains(&call), "{calls:?}");
        assert!(calls.contains(&format!("sample {subnet}.")), "the registry's list counts");
    }
    handle.shutdown().await;
}

fn days_read(fake: &Fake) -> Vec<u32> {
    let calls = fake.calls();
    calls.iter().filter_map(|call| call.strip_prefix("rewards ")?.parse().ok()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_of_rewards_are_read_once_newest_first_and_one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let today = Day::containing(START);
    let fake = grid(1);
    // The newest is not computed yet, and one is missing for good.
    fake.net().grid.days = (today.0 - 60..today.0 - 1).filter(|d| *d != today.0 - 7).map(Day).collect();
    let run = watch(fake, Some(open(folder.path())));
    run.handle.ready().await;
    run.handle.idle().await;
    let expected: Vec<u32> = (today.0 - 35..today.0).rev().collect();
    assert_eq!(days_read(&run.fake), expected);
    let world = run.world().await;
    assert_eq!(world.node_rewards.days.len(), 33);
    assert_eq!(world.node_rewards.losses(&provider(), Day(0)).days, 33);
    run.pass(600).await;
    assert_eq!(days_read(&run.fake), [0; 0], "refused days are not insisted on");
    run.fake.net().grid.days.insert(today.previous());
    run.pass(3_600).await;
    assert_eq!(days_read(&run.fake), [today.0 - 1, today.0 - 7]);
    let fake = run.end().await;

    fake.calls();
    let run = watch(fake, Some(open(folder.path())));
    run.handle.ready().await;
    assert_eq!(run.world().await.node_rewards.days.len(), 34, "from the cache");
    run.handle.idle().await;
    assert_eq!(days_read(&run.fake), [today.0 - 7]);
    run.end().await;
}

#[tokio::test]
async fn without_anybody_watching_only_the_last_day_is_read_and_a_one_shot_reads_none() {
    let today = Day::containing(START);
    let fake = grid(1);
    fake.net().grid.days = (today.0 - 60..today.0).map(Day).collect();
    let run = begin(fake, None, Principal::anonymous());
    run.handle.idle().await;
    assert_eq!(days_read(&run.fake), [today.0 - 1]);
    run.handle.show(Topicality::Network);
    run.handle.idle().await;
    assert_eq!(days_read(&run.fake).len(), 34);
    let fake = run.end().await;
    let run = begin_with(fake, None, Principal::anonymous(), |options| {
        options.only = Some(Topicality::Network);
        options.history = false;
    });
    run.handle.ready().await;
    run.handle.idle().await;
    let calls = run.fake.calls();
    assert!(!calls.iter().any(|call| call.starts_with("rewards") || call.starts_with("newest")), "{calls:?}");
    for what in ["sample", "subnets", "boundary", "payouts", "providers", "average"] {
        assert!(calls.iter().any(|call| call.starts_with(what)), "{what}: {calls:?}");
    }
    let rewards = run.world().await.node_rewards;
    assert_eq!((rewards.payouts.len(), rewards.listed.len()), (1, 1));
    assert_eq!(rewards.average_rate.map(|(rate, _)| rate), Some(XdrPermyriad(40_000)));
    run.end().await;
}

#[tokio::test]
async fn what_governance_does_not_offer_is_no_trouble_and_a_wrong_proof_is() {
    let missing = IcError::Rejected {
        what: Line::new("read"),
        code: 5,
        error_code: None,
        message: Line::new("has no query method"),
    };
    let run = watch(grid(1), None);
    run.handle.show(Topicality::Network);
    run.fake.fail("average", missing);
    run.handle.idle().await;
    assert_eq!(run.status().await.trouble, None);
    assert_eq!(run.world().await.node_rewards.payouts.len(), 1, "the rest of it counts");
    run.fake.fail("boundary", unverified());
    run.handle.refresh(Topicality::Network);
    run.handle.idle().await;
    assert!(run.status().await.trouble.is_some_and(|trouble| trouble.unverified));
    run.fake.net().failing = None;
    run.pass(200).await;
    assert_eq!(run.status().await.trouble, None);
    run.end().await;
}

#[tokio::test]
async fn boundary_nodes_keep_their_probes_while_the_list_changes() {
    let fake = grid(1);
    fake.net().grid.boundary = vec![node(1), node(2)];
    let run = watch(fake, None);
    run.handle.show(Topicality::Network);
    run.handle.idle().await;
    assert_eq!(asked(&run.fake, "probe"), 2);
    run.pass(60).await;
    assert_eq!(asked(&run.fake, "probe"), 2, "each minute while they are shown");
    run.fake.net().grid.boundary = vec![node(2), node(3)];
    run.pass(540).await;
    run.handle.idle().await;
    let fleet = run.world().await.fleet;
    assert_eq!(fleet.boundary.keys().copied().collect::<BTreeSet<_>>(), BTreeSet::from([node(2), node(3)]));
    assert!(fleet.boundary[&node(2)].probes.len() >= 3 && !fleet.boundary[&node(3)].probes.is_empty());
    run.handle.show(Topicality::Proposals);
    run.pass(60).await;
    run.fake.calls();
    run.pass(300).await;
    assert_eq!(asked(&run.fake, "probe"), 0);
    run.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rings_and_machines_survive_a_restart_and_are_there_offline() {
    let folder = tempfile::tempdir().unwrap();
    let fake = grid(5);
    fake.net().grid.statuses = vec![(node(1), "DEGRADED")];
    let run = watch(fake, Some(open(folder.path())));
    run.handle.show(Topicality::Network);
    run.handle.idle().await;
    for _ in 0..20 {
        run.pass(30).await;
    }
    let before = run.world().await;
    let minutes = before.health[&subnet(4)].updates.values(Span::Minute).len();
    assert!(minutes >= 10, "{minutes}");
    let fake = run.end().await;
    let offline = begin_with(fake.clone(), Some(open(folder.path())), Principal::anonymous(), |options| {
        options.only = Some(Topicality::Network);
        options.offline = true;
    });
    fake.calls();
    offline.handle.ready().await;
    let world = offline.world().await;
    assert_eq!((&world.health, &world.fleet), (&before.health, &before.fleet));
    assert_eq!(world.node_rewards, before.node_rewards);
    assert!(fake.calls().is_empty());
    offline.end().await;

    let run = watch(fake, Some(open(folder.path())));
    run.handle.idle().await;
    let health = run.world().await.health[&subnet(4)].clone();
    assert!(health.updates.values(Span::Minute).len() >= minutes);
    assert_eq!(health.resets, 0);
    run.end().await;
}

#[tokio::test]
async fn paused_nothing_is_asked_but_what_is_wanted_now() {
    let run = watch(grid(3), None);
    run.handle.show(Topicality::Network);
    run.handle.idle().await;
    run.handle.pause(true);
    run.handle.idle().await;
    run.fake.calls();
    run.pass(100).await;
    assert_eq!(run.fake.calls(), [""; 0]);
    run.handle.refresh(Topicality::Network);
    run.handle.idle().await;
    let calls = run.fake.calls();
    for what in ["sample", "sight"] {
        assert_eq!(calls.iter().filter(|call| call.starts_with(what)).count(), 3, "{calls:?}");
    }
    run.pass(100).await;
    assert_eq!(run.fake.calls(), [""; 0]);
    run.end().await;
}

#[tokio::test]
async fn another_identity_finds_the_network_as_it_was() {
    let fake = grid(3);
    fake.net().grid.statuses = vec![(node(1), "UP")];
    let run = begin(fake.clone(), None, Principal::anonymous());
    run.handle.idle().await;
    let before = run.world().await;
    run.handle.set_identity(signer(reader(1)), Some(fake.network(reader(1))));
    run.handle.idle().await;
    let after = run.world().await;
    assert_eq!((after.health.len(), &after.fleet.nodes), (3, &before.fleet.nodes));
    run.end().await;
}

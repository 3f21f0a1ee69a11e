use super::*;
use icpulse_model::ledger::{AccountState, Operation, Transaction};
use icpulse_model::proposal::{Ballot, Payload, ProposalBody, Tally, Undecoded, Value};
use icpulse_model::text::Block;
use icpulse_model::{
    Account, E8s, Evidence, Governance, LedgerId, NeuronKey, Principal, Proposal, ProposalKey,
    ProposalStatus, RewardStatus, Seconds, Token, Topic, Vote, VotingPower, XdrPermyriad,
};
use icpulse_testing::plain;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

const NNS: Governance = Governance::Nns;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn network() -> RootKey {
    RootKey(vec![7; 133])
}

fn open(base: &Path) -> Opened {
    Cache::open(base, &network(), Duration::ZERO, NOW).unwrap()
}

fn reader(n: u8) -> Principal {
    Principal::self_authenticating([n; 32])
}

/// A proposal as it was read `at`; settled ones have no ballots.
fn proposal(id: u64, settled: bool, at: u64) -> Proposal {
    Proposal {
        topic: Topic::SubnetManagement,
        status: if settled { ProposalStatus::Executed } else { ProposalStatus::Open },
        reward_status: if settled { RewardStatus::Settled } else { RewardStatus::AcceptVotes },
        proposer: Some(NeuronKey::nns(id * 7)),
        created: Timestamp::from_secs(id),
        deadline: Some(Timestamp::from_secs(id + 345_600)),
        tally: Some(Tally {
            yes: VotingPower(3),
            no: VotingPower(1),
            total: VotingPower(10),
            at: Timestamp::from_secs(at),
        }),
        reject_cost: E8s(2_500_000_000),
        reward_event_round: u64::from(settled),
        evidence: Evidence::signed(Timestamp::from_secs(at), Some(reader(9))),
        ..plain::proposal(id)
    }
}

fn with_ballot(mut row: Proposal, neuron: u64) -> Proposal {
    row.ballots = vec![Ballot {
        neuron: NeuronKey::nns(neuron),
        vote: Vote::Unspecified,
        voting_power: VotingPower(5),
    }];
    row
}

fn put(cache: &Cache, who: u8, rows: &[Proposal], read: &[std::ops::RangeInclusive<u64>]) {
    let rows: Vec<_> = rows.iter().cloned().map(Arc::new).collect();
    let read: Vec<_> = read.iter().map(|range| (NNS, range.clone())).collect();
    cache.put_proposals(&reader(who), &rows, &read).unwrap();
}

fn loaded(cache: &Cache, who: u8) -> Vec<Proposal> {
    let loaded = cache.load_world(&reader(who)).unwrap();
    assert_eq!(loaded.notes, Vec::<Line>::new());
    loaded.world.proposals.iter().map(|p| p.as_ref().clone()).collect()
}

prop_compose! {
    fn any_proposal()(id in 1u64..5_000, settled: bool, at in 0u64..4, title in ".{0,40}", undecoded in prop::option::weighted(0.05, ".{0,9}"), cost: u64, ballot in prop::option::of(any::<u64>())) -> Proposal {
        let mut row = proposal(id, settled, at);
        row.title = Line::new(&title);
        row.topic = Topic::from_number(i32::try_from(id % 19).unwrap());
        row.reject_cost = E8s(cost);
        row.undecoded = undecoded.map(|why| Box::new(Undecoded { reason: Line::new(&why), text: Block::new("record {}") }));
        if let Some(neuron) = ballot.filter(|_| !row.is_final()) {
            row = with_ballot(row, neuron);
        }
        row
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever is written in whatever pages comes back as last written, compacted or not.
    #[test]
    fn proposals_come_back(pages in prop::collection::vec((prop::collection::vec(any_proposal(), 1..60), any::<bool>()), 1..8), dense in 1u64..4_000) {
        let cache = Cache::in_memory();
        let mut expected = BTreeMap::new();
        let block: Vec<_> = (dense..dense + 700).map(|id| proposal(id, true, 0)).collect();
        for (n, (mut rows, compact)) in pages.into_iter().chain([(block, true)]).enumerate() {
            // Readings are later and later, so the last written is the newest.
            rows.sort_by_key(|r| r.id);
            rows.dedup_by_key(|r| r.id);
            for row in &mut rows {
                row.evidence.at = Timestamp::from_secs(n as u64 + 1);
                expected.insert(row.id, row.clone());
            }
            put(&cache, 1, &rows, &[1..=2_500]);
            if compact {
                cache.compact().unwrap();
            }
        }
        let found: BTreeMap<_, _> = loaded(&cache, 1).into_iter().map(|row| (row.id, row)).collect();
        for (id, row) in &expected {
            prop_assert_eq!(found.get(id), Some(row));
        }
        prop_assert_eq!(found.len(), expected.len());
    }

    #[test]
    fn transactions_come_back_newest_first(blocks in prop::collection::btree_set(0u64..500, 0..80), before in 0u64..510, limit in 1usize..50) {
        let cache = Cache::in_memory();
        let on = |ledger: u8, who: u8| (LedgerId(reader(ledger)), Account::default_of(reader(who)));
        let account = on(9, 1);
        let rows: Vec<_> = blocks.iter().map(|b| transaction(*b)).collect();
        cache.put_transactions(&account, &rows, Some(3..=499)).unwrap();
        let all: Vec<_> = blocks.iter().rev().copied().collect();
        let got = |before, limit| cache.transactions(&account, before, limit).unwrap().iter().map(|t| t.block).collect::<Vec<_>>();
        prop_assert_eq!(got(None, 1_000), all.clone());
        prop_assert_eq!(got(Some(before), limit), all.into_iter().filter(|b| *b < before).take(limit).collect::<Vec<_>>());
        for other in [on(9, 2), on(8, 1)] {
            prop_assert!(cache.transactions(&other, None, 10).unwrap().is_empty());
        }
    }
}

fn transaction(block: u64) -> Transaction {
    let operation =
        Operation::Mint { to: icpulse_model::AccountIdentifier([3; 32]).into(), amount: block.into() };
    Transaction {
        operation,
        timestamp: Some(NOW),
        evidence: Evidence::signed(NOW, None),
        ..plain::transaction(block)
    }
}

#[test]
fn everything_survives_a_restart() {
    let base = tempfile::tempdir().unwrap();
    let body = ProposalBody {
        id: ProposalKey::nns(12),
        summary: Block::new("# A\nb"),
        url: Line::new("https://forum.dfinity.org"),
        payload: Payload {
            name: Line::new("Motion"),
            description: Block::new(""),
            value: Value::Map(vec![(Line::new("k"), Value::List(vec![Value::Bool(true), Value::Null]))]),
        },
        failure: None,
        evidence: Evidence::certified(NOW),
    };
    let rate = icpulse_model::evidence::Sourced::new(XdrPermyriad(31_442), Evidence::certified(NOW));
    let icp = Token::icp(LedgerId(reader(8)));
    let account = AccountState {
        transactions: (0..150).rev().map(transaction).collect(),
        complete: true,
        ..AccountState::new(icp, Account::default_of(reader(1)), 5, Evidence::signed(NOW, None))
    };
    {
        let Opened { cache, notes } = open(base.path());
        assert!(notes.is_empty() && cache.is_durable());
        put(&cache, 1, &[proposal(10, true, 1), with_ballot(proposal(12, false, 1), 77)], &[10..=12]);
        cache.put_body(&body, false).unwrap();
        cache.put_value("icp_xdr", &rate).unwrap();
        let mut series = history::ring(history::ICP_XDR);
        assert!(history::sample(&mut series, history::ICP_XDR, NOW, 31_442));
        cache.put_histories([(history::ICP_XDR, &series)]).unwrap();
        cache.put_account(&account).unwrap();
        let gold = Token { is_icp: false, ..Token::icp(LedgerId(reader(7))) };
        cache.put_account(&AccountState { balance: gold.amount(7), token: gold, ..account.clone() }).unwrap();
        cache.flush().unwrap();
        assert!(cache.size_on_disk().unwrap() > 0);
    }
    let Opened { cache, notes } = open(base.path());
    assert!(notes.is_empty());
    let Loaded { world, read, notes, .. } = cache.load_world(&reader(1)).unwrap();
    assert!(notes.is_empty());
    assert_eq!(read[&NNS].iter().collect::<Vec<_>>(), vec![10..=12]);
    assert_eq!(world.proposals.get(ProposalKey::nns(12)).unwrap().ballots[0].neuron, NeuronKey::nns(77));
    let mut notes = Vec::new();
    assert_eq!(cache.value("icp_xdr", &mut notes).unwrap(), Some(rate));
    assert!(notes.is_empty());
    assert_eq!(world.histories[history::ICP_XDR].values(), vec![31_442]);
    assert_eq!(cache.body(ProposalKey::nns(12)).unwrap(), Some((body, false)));
    assert_eq!(cache.body(ProposalKey::nns(13)).unwrap(), None);
    assert_eq!(world.accounts.iter().map(|a| a.balance.units).collect::<Vec<_>>(), [5, 7], "ICP first");
    let head = &world.accounts[0];
    assert_eq!((head.icp(), head.transactions.len(), head.complete), (Some(E8s(5)), 100, false));
    assert!(!world.neurons_known);
}

#[test]
fn ballots_and_neurons_belong_to_one_identity() {
    let cache = Cache::in_memory();
    put(&cache, 1, &[with_ballot(proposal(7, false, 1), 5)], &[7..=7]);
    let neuron = neuron(5);
    cache.put_neurons(&reader(1), &[neuron.id], &[Arc::new(neuron.clone())]).unwrap();
    assert_eq!(loaded(&cache, 1).iter().map(|p| p.ballots.len()).collect::<Vec<_>>(), vec![1]);
    let other = cache.load_world(&reader(2)).unwrap().world;
    assert_eq!(
        other.proposals.iter().map(|p| (p.id.number, p.ballots.len())).collect::<Vec<_>>(),
        vec![(7, 0)]
    );
    assert!(!other.neurons_known && other.neurons.is_empty());
    // Settled since: no ballot of anybody is left.
    put(&cache, 2, &[proposal(7, true, 2)], &[]);
    assert!(loaded(&cache, 1).iter().find(|p| p.id.number == 7).unwrap().ballots.is_empty());
}

fn neuron(id: u64) -> icpulse_model::Neuron {
    use icpulse_model::neuron::{Access, DissolveState};
    use icpulse_model::topic::{NeuronState, Visibility};
    icpulse_model::Neuron {
        id: NeuronKey::nns(id),
        access: Access::Hotkey,
        controller: Some(reader(3)),
        hot_keys: vec![reader(1)],
        subaccount: None,
        state: NeuronState::NotDissolving,
        cached_stake: E8s(100),
        fees: E8s::ZERO,
        staked_maturity: Some(E8s::ZERO),
        maturity: E8s::ZERO,
        stake: E8s(100),
        created: NOW,
        dissolve_delay: Seconds(5),
        dissolve_state: DissolveState::Delay(Seconds(5)),
        age: Seconds(3),
        potential_voting_power: VotingPower(1),
        deciding_voting_power: VotingPower(1),
        refreshed: None,
        followees: vec![(Topic::Governance, vec![NeuronKey::nns(27)])],
        recent_ballots: vec![(ProposalKey::nns(7), Vote::Yes)],
        auto_stake_maturity: true,
        visibility: Visibility::Public,
        known: None,
        joined_fund: None,
        gang_bonus_base: E8s::ZERO,
        disbursements: Vec::new(),
        spawns: None,
        neuron_type: None,
        evidence: Evidence::signed(Timestamp::from_secs(10), None),
    }
}

#[test]
fn neurons_keep_their_order_and_those_that_are_gone_are_forgotten() {
    let cache = Cache::in_memory();
    let who = reader(1);
    let rows: Vec<_> = [9, 3, 5].map(|id| Arc::new(neuron(id))).to_vec();
    let ids: Vec<_> = rows.iter().map(|n| n.id).collect();
    cache.put_neurons(&who, &ids, &rows).unwrap();
    // A later reading found 3 gone and the others unchanged.
    cache.put_neurons(&who, &[NeuronKey::nns(9), NeuronKey::nns(5)], &[]).unwrap();
    let world = cache.load_world(&who).unwrap().world;
    assert!(world.neurons_known);
    assert_eq!(world.neurons.iter().map(|n| n.id.nns_number().unwrap()).collect::<Vec<_>>(), vec![9, 5]);
    assert_eq!(cache.first.scan(&key::neurons(&who)).unwrap().len(), 2);
    cache.put_neuron(&who, &neuron(44)).unwrap();
    assert_eq!(cache.neuron(&who, NeuronKey::nns(44)).unwrap(), Some(neuron(44)));
    assert_eq!(cache.neuron(&reader(2), NeuronKey::nns(44)).unwrap(), None);
}

#[test]
fn blocks_replace_singles_and_stay_small() {
    let base = tempfile::tempdir().unwrap();
    {
        let cache = open(base.path()).cache;
        for page in 0..40u64 {
            let ids = (page * 100).max(1)..=page * 100 + 99;
            let rows: Vec<_> = ids.clone().map(|id| proposal(id, true, 1)).collect();
            put(&cache, 1, &rows, &[ids]);
        }
        put(
            &cache,
            1,
            &[with_ballot(proposal(4_000, false, 1), 5), proposal(4_001, true, 1)],
            &[4_000..=4_001],
        );
        assert_eq!(cache.compact().unwrap(), 2);
        assert_eq!(cache.first.scan(key::PAGES).unwrap().len(), 0);
        assert_eq!(cache.first.scan(key::BLOCKS).unwrap().len(), 2);
        assert_eq!(
            cache.first.scan(key::SINGLES).unwrap().len(),
            2,
            "the unsettled one and its loose neighbour"
        );
        assert_eq!(cache.compact().unwrap(), 0, "nothing is written without need");
        cache.flush().unwrap();
    }
    let cache = open(base.path()).cache;
    assert_eq!(loaded(&cache, 1).len(), 4_001);
}

#[test]
fn a_row_that_does_not_decode_is_noted_and_read_again() {
    let cache = Cache::in_memory();
    put(&cache, 1, &[proposal(5, false, 1), proposal(6, false, 1)], &[1..=6]);
    let mut odd = proposal(4, true, 1);
    odd.undecoded = Some(Box::new(Undecoded { reason: Line::new("new variant"), text: Block::new("") }));
    put(&cache, 1, &[odd], &[]);
    let mut batch = store::Batch::default();
    batch.put(key::single(ProposalKey::nns(5)), vec![SCHEMA, 0, 0, 0, 0, 1]);
    cache.first.apply(batch).unwrap();
    let loaded = cache.load_world(&reader(1)).unwrap();
    assert_eq!(loaded.notes.len(), 1);
    assert_eq!(loaded.world.proposals.iter().map(|p| p.id.number).collect::<Vec<_>>(), vec![6, 4]);
    assert_eq!(
        loaded.read[&NNS].iter().collect::<Vec<_>>(),
        vec![1..=3, 6..=6],
        "5 is lost, 4 may be understood now"
    );
    // Read again, they are whole.
    put(&cache, 1, &[proposal(5, true, 2), proposal(4, true, 2)], &[4..=5]);
    let loaded = cache.load_world(&reader(1)).unwrap();
    assert!(loaded.notes.is_empty());
    assert_eq!(loaded.read[&NNS].iter().collect::<Vec<_>>(), vec![1..=6]);
}

#[test]
fn older_rows_come_when_asked_for_and_a_lost_block_of_them_is_read_again() {
    let cache = Cache::in_memory();
    let rows: Vec<_> = (1..=7_000).map(|id| proposal(id, true, 1)).collect();
    put(&cache, 1, &rows, &[1..=7_000]);
    cache.compact().unwrap();
    let recent = cache.load_recent(&reader(1)).unwrap();
    let older = recent.older.unwrap();
    assert_eq!((recent.world.proposals.len(), older.below()), (3_001, 4_000));
    assert_eq!(recent.read[&NNS].iter().collect::<Vec<_>>(), vec![1..=7_000]);
    let rest = cache.load_older(older).unwrap();
    assert_eq!((rest.rows.len(), rest.lost.is_empty(), rest.notes.len()), (3_999, true, 0));
    let mut batch = store::Batch::default();
    batch.put(key::block(NNS, 0), vec![SCHEMA, 0, 0, 0, 0, 1]);
    cache.first.apply(batch).unwrap();
    let older = cache.load_recent(&reader(1)).unwrap().older.unwrap();
    let rest = cache.load_older(older).unwrap();
    assert_eq!(rest.lost.iter().collect::<Vec<_>>(), vec![1..=1_999]);
    assert_eq!((rest.rows.len(), rest.notes.len()), (2_000, 1));
    assert_eq!(cache.proposals_read(NNS).iter().collect::<Vec<_>>(), vec![2_000..=7_000]);
}

#[test]
fn equal_numbers_of_two_governances_are_kept_apart() {
    let base = tempfile::tempdir().unwrap();
    let sns = Governance::Sns(reader(9));
    let in_sns = |row: Proposal| Proposal { id: ProposalKey { governance: sns, ..row.id }, ..row };
    {
        let cache = open(base.path()).cache;
        put(&cache, 1, &(1..=40).map(|id| proposal(id, true, 1)).collect::<Vec<_>>(), &[1..=40]);
        let mut rows: Vec<_> = (1..=30).map(|id| in_sns(proposal(id, true, 2))).collect();
        rows.push(in_sns(with_ballot(proposal(31, false, 2), 5)));
        let rows: Vec<_> = rows.into_iter().map(Arc::new).collect();
        cache.put_proposals(&reader(1), &rows, &[(sns, 1..=31)]).unwrap();
        cache.compact().unwrap();
        cache.flush().unwrap();
    }
    let cache = open(base.path()).cache;
    let Loaded { world, read, .. } = cache.load_world(&reader(1)).unwrap();
    assert_eq!(
        (world.proposals.of_governance(NNS).count(), world.proposals.of_governance(sns).count()),
        (40, 31)
    );
    let at = |key| world.proposals.get(key).unwrap().evidence.at;
    assert!(at(ProposalKey::nns(7)) < at(ProposalKey { governance: sns, number: 7 }));
    assert_eq!(world.proposals.get(ProposalKey { governance: sns, number: 31 }).unwrap().ballots.len(), 1);
    assert!(world.proposals.get(ProposalKey::nns(31)).unwrap().ballots.is_empty());
    assert!(read[&NNS].contains_all(1..=40) && read[&sns].contains_all(1..=31) && !read[&sns].contains(32));
}

#[test]
fn a_newer_schema_is_set_aside() {
    let base = tempfile::tempdir().unwrap();
    let folder = {
        let cache = open(base.path()).cache;
        put(&cache, 1, &[proposal(5, true, 1)], &[5..=5]);
        // A later icpulse raised the schema.
        let mut batch = store::Batch::default();
        let mut meta = cache.first.get(key::META).unwrap().unwrap();
        meta[0] = SCHEMA + 1;
        batch.put(key::META.to_vec(), meta);
        cache.first.apply(batch).unwrap();
        cache.flush().unwrap();
        cache.folder().unwrap().to_owned()
    };
    let Opened { cache, notes } = open(base.path());
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].as_str().contains("newer icpulse"), "{notes:?}");
    assert!(folder.join("first.aside-20270115-080000").is_dir());
    assert!(loaded(&cache, 1).is_empty() && cache.proposals_read(NNS).is_empty());
    drop(cache);
    // The second time nothing is wrong any more.
    assert!(open(base.path()).notes.is_empty());
}

#[test]
fn another_networks_cache_is_never_shown() {
    let base = tempfile::tempdir().unwrap();
    let folder = {
        let cache = open(base.path()).cache;
        put(&cache, 1, &[proposal(5, true, 1)], &[5..=5]);
        cache.flush().unwrap();
        cache.folder().unwrap().to_owned()
    };
    let other = RootKey(vec![8; 133]);
    std::fs::rename(folder, base.path().join(other.fingerprint())).unwrap();
    let Opened { cache, notes } = Cache::open(base.path(), &other, Duration::ZERO, NOW).unwrap();
    assert!(notes[0].as_str().contains("another network"), "{notes:?}");
    assert!(loaded(&cache, 1).is_empty());
}

#[test]
fn a_second_icpulse_works_without_the_shared_cache() {
    let base = tempfile::tempdir().unwrap();
    let first = open(base.path()).cache;
    put(&first, 1, &[proposal(5, true, 1)], &[5..=5]);
    assert!(matches!(
        Cache::open(base.path(), &network(), Duration::ZERO, NOW),
        Err(CacheError::Busy { .. })
    ));
    let Opened { cache: second, notes } =
        Cache::open_or_memory(base.path(), &network(), Duration::from_millis(60), NOW, None);
    assert!(notes.len() == 1 && notes[0].as_str().contains("without the cache"), "{notes:?}");
    assert!(!second.is_durable());
    assert!(loaded(&second, 1).is_empty());
    put(&second, 1, &[proposal(6, true, 1)], &[6..=6]);
    drop(first);
    assert_eq!(loaded(&open(base.path()).cache, 1).len(), 1);
}

#[test]
fn an_unusable_folder_is_no_reason_to_stop() {
    let base = tempfile::tempdir().unwrap();
    let file = base.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let Opened { cache, notes } = Cache::open_or_memory(&file, &network(), Duration::ZERO, NOW, None);
    assert_eq!(notes.len(), 1, "{notes:?}");
    put(&cache, 1, &[proposal(6, true, 1)], &[6..=6]);
    assert_eq!(loaded(&cache, 1).len(), 1);
}

#[test]
fn every_write_is_observed() {
    #[derive(Default)]
    struct Seen(Mutex<Vec<WriteStep>>);
    impl WriteObserver for Seen {
        fn reached(&self, step: WriteStep, _: &Path) {
            self.0.lock().push(step);
        }
    }
    let base = tempfile::tempdir().unwrap();
    drop(open(base.path()));
    let seen = Arc::new(Seen::default());
    let watch: Arc<dyn WriteObserver> = seen.clone();
    let cache = Cache::open_or_memory(base.path(), &network(), Duration::ZERO, NOW, Some(watch)).cache;
    put(&cache, 1, &[proposal(6, true, 1)], &[6..=6]);
    cache.flush().unwrap();
    use WriteStep::*;
    let expected = [Applying, Applied, Flushing, Flushed];
    assert_eq!(*seen.0.lock(), expected);
    put(&cache, 1, &[proposal(6, true, 1)], &[6..=6]);
    assert_eq!(*seen.0.lock(), expected, "what is as it was is not written again");
}

/// Fills a cache, damages its files in one way, and opens it again: never a crash, never a
/// row that was not written, never an id that counts as read without its row.
fn survives(damage: impl Fn(&Path)) -> (Vec<Line>, usize) {
    let base = tempfile::tempdir().unwrap();
    let folder = {
        let cache = open(base.path()).cache;
        for page in 0..30u64 {
            let ids = page * 100 + 1..=page * 100 + 100;
            let rows: Vec<_> = ids.clone().map(|id| proposal(id, true, 1)).collect();
            put(&cache, 1, &rows, &[ids]);
        }
        cache.compact().unwrap();
        cache.flush().unwrap();
        cache.folder().unwrap().to_owned()
    };
    damage(&folder.join("first"));
    let mut notes = Vec::new();
    let mut rows = 0;
    // What is only noticed in use is set aside by the start after.
    for _ in 0..2 {
        let opened = Cache::open_or_memory(base.path(), &network(), Duration::ZERO, NOW, None);
        assert!(opened.cache.is_durable(), "{:?}", opened.notes);
        notes.extend(opened.notes);
        let Ok(loaded) = opened.cache.load_world(&reader(1)) else { continue };
        notes.extend(loaded.notes);
        rows = loaded.world.proposals.len();
        for row in loaded.world.proposals.iter() {
            assert_eq!(**row, proposal(row.id.number, true, 1));
        }
        let present: Ranges = loaded.world.proposals.iter().map(|p| p.id.number).collect();
        assert!(loaded.read[&NNS].difference(&present).is_empty(), "{:?} beyond {present:?}", loaded.read);
    }
    (notes, rows)
}

#[test]
fn damaged_files_are_set_aside_not_fatal() {
    assert_eq!(survives(|_| {}), (vec![], 3_000));
    let database = |first: &Path| first.join("db");
    let rewrite = |path: &Path, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = std::fs::read(path).unwrap();
        change(&mut bytes);
        std::fs::write(path, bytes).unwrap();
    };
    let (notes, _) = survives(|first| rewrite(&database(first), &|b| b.fill(0xA5)));
    assert!(!notes.is_empty());
    let (notes, _) = survives(|first| rewrite(&first.join("conf"), &|b| b.fill(b'x')));
    assert!(notes[0].as_str().contains("set aside"), "{notes:?}");
    for part in [1, 3, 7] {
        survives(|first| rewrite(&database(first), &|b| b.truncate(b.len() * part / 8)));
        survives(|first| {
            rewrite(&database(first), &|b| {
                let at = b.len() * part / 8;
                b.iter_mut().skip(at).take(4_096).for_each(|byte| *byte ^= 0xFF);
            });
        });
    }
    survives(|first| {
        for entry in std::fs::read_dir(first).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("snap") {
                rewrite(&path, &|b| b.fill(0));
            }
        }
    });
    survives(|first| {
        let blobs = first.join("blobs");
        for entry in std::fs::read_dir(blobs).into_iter().flatten() {
            rewrite(&entry.unwrap().path(), &|b| b.truncate(b.len() / 2));
        }
    });
}

const CHILD: &str = "ICPULSE_TEST_CACHE_CHILD";

/// Not a test by itself: writes pages until it is killed, saying which are durable.
#[test]
fn child_writes_until_killed() {
    let Ok(base) = std::env::var(CHILD) else { return };
    let cache = open(Path::new(&base)).cache;
    let start = cache.proposals_read(NNS).last().unwrap_or(0);
    for page in 0u64.. {
        let ids = start + page * 20 + 1..=start + page * 20 + 20;
        let rows: Vec<_> = ids.clone().map(|id| proposal(id, id % 7 != 0, 1)).collect();
        put(&cache, 1, &rows, std::slice::from_ref(&ids));
        if page % 16 == 0 {
            cache.compact().unwrap();
        }
        if page % 3 == 0 {
            cache.flush().unwrap();
            println!("durable {}", ids.end());
        }
    }
}

#[test]
fn killed_at_any_moment_the_next_start_is_consistent() {
    let base = tempfile::tempdir().unwrap();
    for round in 0..4usize {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cache::tests::child_writes_until_killed", "--nocapture"])
            .env(CHILD, base.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut durable = 0;
        let said =
            lines.map_while(Result::ok).filter_map(|line| Some(line.split_once("durable ")?.1.to_owned()));
        for line in said.take(7 + 11 * round) {
            durable = line.trim().parse().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let Opened { cache, notes } =
            Cache::open(base.path(), &network(), Duration::from_secs(5), NOW).unwrap();
        assert_eq!(notes, vec![]);
        let loaded = cache.load_world(&reader(1)).unwrap();
        assert_eq!(loaded.notes, vec![]);
        let ids: Ranges = loaded.world.proposals.iter().map(|p| p.id.number).collect();
        assert_eq!(ids, loaded.read[&NNS], "rows and position are one write");
        assert_eq!(ids.iter().len(), 1);
        assert!(durable > 0 && ids.contains_all(1..=durable), "{durable} was durable, {ids:?} is there");
        for row in loaded.world.proposals.iter() {
            assert_eq!(**row, proposal(row.id.number, row.id.number % 7 != 0, 1));
        }
    }
}

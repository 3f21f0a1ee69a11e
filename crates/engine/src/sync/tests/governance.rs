//! A second governance beside the NNS, by an adapter of its own.

use super::*;
use futures_util::FutureExt;
use icpulse_canisters::GovernanceAdapter;
use icpulse_model::{AnyNeuronId, Governance, NeuronKey, ProposalKey, Subaccount};

/// An SNS with a few proposals, whose numbers the NNS has too.
struct Sns {
    proposals: Vec<Proposal>,
    neurons: Vec<Neuron>,
}

fn root() -> Governance {
    Governance::Sns(Principal::self_authenticating(b"root of an SNS"))
}

/// The reader's neuron in the SNS: its id is a subaccount, as all of an SNS are.
fn sns_neuron() -> NeuronKey {
    NeuronKey { governance: root(), id: AnyNeuronId::Subaccount(Subaccount([7; 32])) }
}

fn sns_key(number: u64) -> ProposalKey {
    ProposalKey { governance: root(), number }
}

impl Sns {
    fn new(count: u64) -> Self {
        let row = |number| Proposal {
            id: sns_key(number),
            title: Line::new(&format!("of the SNS: {number}")),
            ..proposal(number, number == count)
        };
        let neurons = vec![Neuron { id: sns_neuron(), ..neuron(1, START) }];
        Self { proposals: (1..=count).map(row).collect(), neurons }
    }
}

impl GovernanceAdapter for Sns {
    fn own_neurons(&self) -> BoxFuture<'_, Result<Vec<Neuron>, IcError>> {
        async { Ok(self.neurons.clone()) }.boxed()
    }

    fn neurons(&self, ids: Vec<NeuronKey>) -> BoxFuture<'_, Result<Vec<Neuron>, IcError>> {
        async move { Ok(self.neurons.iter().filter(|n| ids.contains(&n.id)).cloned().collect()) }.boxed()
    }

    fn proposals(&self, page: ProposalsPage) -> BoxFuture<'_, Result<Vec<Proposal>, IcError>> {
        let before = page.before.unwrap_or(u64::MAX);
        let asked = |row: &&Proposal| {
            row.id.number < before
                && (page.include_status.is_empty() || page.include_status.contains(&row.status))
                && (page.include_reward_status.is_empty()
                    || page.include_reward_status.contains(&row.reward_status))
        };
        let rows = self.proposals.iter().rev().filter(asked).take(page.limit.min(100) as usize);
        let rows = rows.cloned().collect();
        async move { Ok(rows) }.boxed()
    }

    fn proposal_body(&self, number: u64) -> BoxFuture<'_, Result<(Proposal, ProposalBody), IcError>> {
        let found = self.proposals.iter().find(|row| row.id.number == number).cloned();
        let found = found.map(|row| {
            let body = ProposalBody { id: row.id, ..body(number, START) };
            (row, body)
        });
        let missing = IcError::NotFound { what: Line::new("read a proposal of the SNS") };
        async move { found.ok_or(missing) }.boxed()
    }
}

fn with_both(options: &mut Options) {
    options.governances = vec![Governance::Nns, root()];
}

fn titles(world: &World, governance: Governance) -> Vec<String> {
    world.proposals.of_governance(governance).map(|row| row.title.to_string()).collect()
}

#[tokio::test]
async fn equal_numbers_of_two_governances_stay_apart() {
    let base = tempfile::tempdir().unwrap();
    let fake = Fake::new(150);
    fake.net().others.insert(root(), Arc::new(Sns::new(130)));
    let mut run = begin_with(fake, Some(open(base.path())), Principal::anonymous(), with_both);
    run.handle.idle().await;
    let world = run.world().await;
    assert_eq!(
        (
            world.proposals.of_governance(Governance::Nns).count(),
            world.proposals.of_governance(root()).count()
        ),
        (150, 130)
    );
    assert_eq!(world.facts.latest_proposal, Some(150), "the newest of the NNS");
    assert_eq!(world.proposals.get(sns_key(7)).unwrap().title.as_str(), "of the SNS: 7");
    assert_eq!(world.proposals.get(ProposalKey::nns(7)).unwrap().title.as_str(), "Proposal 7");
    let shown = (titles(&world, Governance::Nns), titles(&world, root()));

    // The bodies, too.
    run.handle.open_proposal(sns_key(7));
    run.handle.idle().await;
    let mut bodies = Vec::new();
    while let Ok(change) = run.changes.try_recv() {
        if let Change::Body(body) = change {
            bodies.push(body.id);
        }
    }
    assert_eq!(bodies, [sns_key(7)]);
    let fake = run.end().await;

    // From the cache, without a packet.
    let cache = open(base.path());
    assert!(cache.body(sns_key(7)).unwrap().is_some() && cache.body(ProposalKey::nns(7)).unwrap().is_none());
    let loaded = load_whole(&cache, &Principal::anonymous()).unwrap();
    assert_eq!((titles(&loaded.world, Governance::Nns), titles(&loaded.world, root())), shown);
    drop((cache, loaded));

    // What was read once of either is not asked for again; what fails of one is no loss of the other.
    fake.calls();
    fake.net().others.remove(&root());
    let run = begin_with(fake, Some(open(base.path())), Principal::anonymous(), with_both);
    run.handle.idle().await;
    assert!(parts(&run.fake.calls()).is_empty());
    let world = run.world().await;
    assert_eq!((titles(&world, Governance::Nns), titles(&world, root())), shown);
    assert!(run.status().await.trouble.is_some(), "the SNS cannot be read");
}

#[tokio::test]
async fn neurons_of_two_governances_are_one_list() {
    let base = tempfile::tempdir().unwrap();
    let fake = Fake::new(3);
    fake.net().voters.insert(reader(1), 9);
    fake.net().others.insert(root(), Arc::new(Sns::new(3)));
    let mut run = begin_with(fake, Some(open(base.path())), reader(1), with_both);
    run.handle.idle().await;
    let ids = |world: &World| world.neurons.iter().map(|n| n.id).collect::<BTreeSet<_>>();
    let both = BTreeSet::from([NeuronKey::nns(9), sns_neuron()]);
    assert_eq!(ids(&run.world().await), both);
    run.handle.open_neuron(sns_neuron());
    run.handle.idle().await;
    let mut opened = Vec::new();
    while let Ok(change) = run.changes.try_recv() {
        if let Change::Neuron(neuron) = change {
            opened.push(neuron.id);
        }
    }
    assert_eq!(opened, [sns_neuron()]);

    // A reading of the one leaves the other alone, and the cache knows both.
    run.fake.net().voters.clear();
    run.pass(60).await;
    assert_eq!(ids(&run.world().await), BTreeSet::from([sns_neuron()]));
    run.end().await;
    let cache = open(base.path());
    let loaded = load(&cache, &reader(1)).unwrap();
    assert_eq!(ids(&loaded.world), BTreeSet::from([sns_neuron()]));
    assert!(cache.neuron(&reader(1), sns_neuron()).unwrap().is_some());
}

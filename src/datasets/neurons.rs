//! Neurons of NNS governance.

use super::evidence;
use icpulse_model::dataset::{self, Context, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::neuron::{Access, DissolveState, MaturityDisbursement};
use icpulse_model::topic::{NeuronState, Visibility};
use icpulse_model::value::{Cell, Term, Tone, Value};
use icpulse_model::{Neuron, Seconds};

type Column = dataset::Column<Neuron>;

/// `icpulse neurons`
pub static NEURONS: Dataset<Neuron> = Dataset {
    info: ListInfo {
        id: "neurons",
        title: "Neurons",
        one: "neuron",
        many: "neurons",
        about: "Neurons",
        // The largest neuron first: it is the one that matters most.
        sort: ("stake", true),
        ordered_by: Some("id"),
        quick_filters: &["", "confirm_in<30d", "-state:dissolved", "access:controller"],
        ..ListInfo::DEFAULT
    },
    columns: &[
        // Where the user named it, the name stands in place of the number.
        Column::new("id", "id", Kind::Number, |n, cx| {
            let cell = Cell::new(super::neuron_id(n.id)).tone(Tone::Id);
            match cx.names.neurons.get(&n.id) {
                Some(name) => cell.tone(Tone::Known).with_words(name.as_str()),
                None => cell,
            }
        })
        .width(20, 0)
        .ascending()
        .searched()
        .help("Its number: `id:27`."),
        Column::new("name", "name", Kind::Text, |n, cx| {
            let own = cx.names.neurons.get(&n.id).map(icpulse_model::text::Line::as_str);
            let cell = known_cell(own.or_else(|| n.name()), Value::borrowed_text).tone(Tone::Known);
            if own.is_some() { cell.with_words("") } else { cell }
        })
        .width(8, 6)
        .fill(32)
        .searched()
        .help("My own name for it, or a known neuron's name, contains: `name:dfinity`."),
        Column::new("state", "state", Kind::Terms(states), |n, _| {
            Cell::new(Value::Term(state(n.state))).tone(Tone::State(n.state))
        })
        .width(10, 1)
        .searched()
        .help("Its state: `state:locked`, `dissolving`, `dissolved` or `spawning`."),
        Column::new("stake", "stake ICP", Kind::Icp, |n, _| {
            Cell::new(Value::Icp(n.stake)).tone(Tone::Amount)
        })
        .width(16, 0)
        .help("Stake that counts, in ICP: `stake>=100`, `stake>10k`."),
        Column::new("maturity", "maturity", Kind::Icp, |n, _| {
            known_cell(n.in_full(n.maturity), Value::Icp).tone(Tone::Amount)
        })
        .width(14, 4)
        .help("Maturity: `maturity>1`."),
        Column::new("staked_maturity", "staked mat.", Kind::Icp, |n, _| {
            known_cell(n.staked_maturity, Value::Icp).tone(Tone::Amount)
        })
        .width(14, 7)
        .hidden()
        .help("Maturity staked with it: `staked_maturity>1`."),
        Column::new("dissolve_delay", "delay", Kind::Span, dissolve_delay)
            .width(10, 2)
            .aliases(&["delay"])
            .help("Dissolve delay: `dissolve_delay<6mo`."),
        Column::new("age", "age", Kind::Span, |n, _| {
            let cell = Cell::new(Value::Span(n.age)).dim();
            if n.age == Seconds(0) { cell.with_words("none") } else { cell }
        })
        .width(10, 5)
        .help("Age: `age>4y`."),
        Column::new("deciding_voting_power", "power", Kind::Power, |n, _| {
            let shrunk = n.deciding_voting_power < n.potential_voting_power;
            let tone = if shrunk { Tone::Warn } else { Tone::Power };
            Cell::new(Value::Power(n.deciding_voting_power)).tone(tone)
        })
        .width(12, 1)
        .aliases(&["power"])
        .help("Voting power that it decides with: `deciding_voting_power>1000`."),
        Column::new("potential_voting_power", "potential", Kind::Power, |n, _| {
            Cell::new(Value::Power(n.potential_voting_power)).dim()
        })
        .width(12, 7)
        .hidden()
        .help("Voting power that it could decide with: `potential_voting_power>1000`."),
        Column::new("confirm_in", "confirm in", Kind::Span, confirm_in)
            .width(10, 3)
            .timed()
            .ascending()
            .aliases(&["confirm"])
            .help("Time until its voting power shrinks: `confirm_in<30d`."),
        Column::new("visibility", "visibility", Kind::Terms(visibilities), |n, _| {
            Cell::new(Value::Term(visibility(n.visibility))).dim()
        })
        .width(10, 8)
        .hidden()
        .help("Visibility: `visibility:public`."),
        Column::new("access", "access", Kind::Terms(accesses), |n, _| {
            Cell::new(Value::Term(access(n.access))).dim()
        })
        .width(10, 6)
        .help("The identity's access: `access:controller` or `hotkey`."),
        Column::new("auto_stake_maturity", "auto", Kind::Flag, |n, _| {
            known_cell(n.in_full(n.auto_stake_maturity), Value::Flag).dim()
        })
        .width(5, 9)
        .hidden()
        .aliases(&["auto"])
        .help("New maturity is staked: `auto_stake_maturity:yes`."),
        Column::new("created", "created", Kind::Time, |n, _| Cell::new(Value::At(n.created)).dim())
            .width(10, 9)
            .hidden()
            .right()
            .descending()
            .help("Age or time: `created<30d`, `created>2026-01-01`."),
        Column::new("governance", "governance", Kind::Text, |n, _| super::governance(n.id.governance))
            .width(11, 9)
            .varied()
            .help("The NNS, or the root canister of an SNS: `governance:nns`."),
        Column::data("controller", Kind::Text, |n, _| known_cell(n.controller, Value::Id))
            .searched()
            .help("Its controller contains: `controller:r772c`."),
        Column::data("hot_keys", Kind::Text, |n, _| {
            known_cell(n.in_full(&n.hot_keys), |keys| {
                Value::List(keys.iter().map(|key| Value::Id(*key)).collect())
            })
        })
        .help("Its hotkeys contain: `hot_keys:r772c`."),
        Column::data("cached_stake", Kind::Icp, |n, _| known_cell(n.in_full(n.cached_stake), Value::Icp))
            .help("ICP on its account: `cached_stake>0`."),
        Column::data("fees", Kind::Icp, |n, _| known_cell(n.in_full(n.fees), Value::Icp))
            .help("Fees that it owes: `fees>0`."),
        Column::data("dissolves_at", Kind::Time, |n, _| match n.dissolve_state {
            DissolveState::At(at) => Value::At(at).into(),
            _ => Cell::default(),
        })
        .help("Time when it is dissolved: `dissolves_at<2027-01-01`."),
        Column::data("voting_power_refreshed", Kind::Time, |n, _| known_cell(n.refreshed, Value::At))
            .help("Time when its following was confirmed: `voting_power_refreshed<30d`."),
        Column::data("followees", Kind::Number, |n, _| {
            let topic = |(topic, ids): &(icpulse_model::Topic, Vec<icpulse_model::NeuronKey>)| {
                (topic.slug(), Value::List(ids.iter().map(|id| super::neuron_id(*id)).collect()))
            };
            known_cell(n.in_full(&n.followees), |followees| Value::Map(followees.iter().map(topic).collect()))
        })
        .aliases(&["follows"])
        .help("It follows this neuron on any topic: `followees:27`."),
        Column::data("recent_ballots", Kind::Number, |n, _| {
            let ballot = |(id, vote): &(icpulse_model::ProposalKey, icpulse_model::Vote)| {
                Value::Map(vec![
                    ("proposal".into(), Value::Serial(id.number)),
                    ("vote".into(), Value::Text(vote.slug())),
                ])
            };
            // Of a private neuron others see none.
            let shown = n.is_full() || n.visibility == Visibility::Public;
            known_cell(shown.then_some(&n.recent_ballots), |all| {
                Value::List(all.iter().map(ballot).collect())
            })
        })
        .help("It voted on this proposal lately: `recent_ballots:140812`."),
        Column::data("joined_neurons_fund", Kind::Time, |n, _| known_cell(n.joined_fund, Value::At))
            .help("Time when it joined the Neurons' Fund."),
        Column::data("eight_year_gang_bonus_base", Kind::Icp, |n, _| Value::Icp(n.gang_bonus_base).into())
            .help("The base of the eight-year-gang bonus."),
        Column::data("maturity_disbursements", Kind::Text, |n, _| {
            let disbursement = |d: &MaturityDisbursement| {
                Value::Map(vec![
                    ("amount_e8s".into(), Value::Icp(d.amount)),
                    ("ordered".into(), Value::At(d.ordered)),
                    ("arrives".into(), Value::At(d.arrives)),
                ])
            };
            known_cell(n.in_full(&n.disbursements), |all| Value::List(all.iter().map(disbursement).collect()))
        })
        .help("Maturity disbursements on their way."),
        Column::data("evidence", Kind::Text, |n, cx| evidence(&n.evidence, cx))
            .help("Its proof: `evidence:certified`."),
    ],
};

impl super::ListRow for Neuron {
    fn dataset() -> &'static Dataset<Self> {
        &NEURONS
    }
}

fn dissolve_delay<'a>(neuron: &'a Neuron, _: &'a Context) -> Cell<'a> {
    let cell = Cell::new(Value::Span(neuron.dissolve_delay));
    if neuron.state == NeuronState::Dissolved { cell.dim().with_words("none") } else { cell }
}

fn confirm_in<'a>(neuron: &'a Neuron, cx: &'a Context) -> Cell<'a> {
    let begins = neuron.refreshed.map(|at| at.plus(cx.start_reducing_after));
    let Some(begins) = begins.filter(|_| neuron.potential_voting_power.0 > 0) else {
        return Cell::default();
    };
    let cell = Cell::new(Value::Due(begins));
    match begins.since(cx.now) {
        Seconds(0) => cell.tone(Tone::Bad).with_words("shrinking"),
        left if left <= Seconds::days(30) => cell.tone(Tone::Warn),
        _ => cell.dim(),
    }
}

fn state(state: NeuronState) -> Term {
    Term { number: state.number(), slug: state.slug(), title: state.title() }
}

fn states() -> Vec<Term> {
    NeuronState::ALL.iter().copied().map(state).collect()
}

fn visibility(visibility: Visibility) -> Term {
    Term { number: visibility.number(), slug: visibility.slug(), title: visibility.title() }
}

fn visibilities() -> Vec<Term> {
    Visibility::ALL.iter().copied().map(visibility).collect()
}

fn access(access: Access) -> Term {
    match access {
        Access::Controller => Term::new(0, "controller"),
        Access::Hotkey => Term::new(1, "hotkey"),
        Access::Public => Term::new(2, "public"),
        Access::Info => Term::titled(3, "info", "extract"),
    }
}

fn accesses() -> Vec<Term> {
    [Access::Controller, Access::Hotkey, Access::Public, Access::Info].into_iter().map(access).collect()
}

//! Proposals of NNS governance.

use super::evidence;
use icpulse_model::dataset::{self, Context, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::value::{Cell, Term, Tone, Value};
use icpulse_model::{Proposal, ProposalStatus, RewardStatus, Seconds, Topic, Vote};

type Column = dataset::Column<Proposal>;

/// `icpulse proposals`
pub static PROPOSALS: Dataset<Proposal> = Dataset {
    info: ListInfo {
        id: "proposals",
        title: "Proposals",
        one: "proposal",
        many: "proposals",
        about: "Proposals of the NNS",
        sort: ("id", true),
        ordered_by: Some("id"),
        quick_filters: &[
            "",
            "vote:due",
            "status:open",
            "reward_status:accept_votes",
            "status:failed,rejected",
        ],
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("id", "id", Kind::Number, |p, _| Cell::new(Value::Serial(p.id.number)).tone(Tone::Id))
            .width(8, 0)
            .searched()
            .help("Its number: `id>140000`."),
        Column::new("title", "title", Kind::Text, |p, _| {
            let cell = Cell::new(Value::borrowed_text(p.title.as_str()));
            match &p.undecoded {
                Some(_) => cell.tone(Tone::Warn).with_words("could not be decoded; kept as it came"),
                None if p.title.is_empty() => cell.with_words(p.action.as_str()),
                None => cell,
            }
        })
        .width(24, 0)
        .fill(110)
        .searched()
        .help("Its title contains: `title:\"node provider\"`."),
        Column::new("topic", "topic", Kind::Terms(topics), |p, _| {
            decoded(p, Value::Term(topic(p.topic))).tone(Tone::Topic(p.topic))
        })
        .width(20, 5)
        .wide(34)
        .searched()
        .help("Its topic, or several: `topic:governance,subnet`."),
        Column::new("action", "action", Kind::Text, |p, _| {
            decoded(p, Value::borrowed_text(p.action.as_str())).dim()
        })
        .width(26, 8)
        .hidden()
        .searched()
        .help("Its kind of action contains: `action:motion`."),
        Column::new("status", "status", Kind::Terms(statuses), |p, _| {
            decoded(p, Value::Term(status(p.status))).tone(Tone::Status(p.status))
        })
        .width(9, 2)
        .help("Status: `status:open`."),
        Column::new("reward_status", "reward", Kind::Ordered(reward_statuses), |p, _| {
            decoded(p, Value::Term(reward_status(p.reward_status))).dim()
        })
        .width(15, 9)
        .hidden()
        .aliases(&["reward"])
        .help("Reward status: `reward_status:accept_votes`, `reward_status<settled`."),
        Column::new("created", "created", Kind::Time, |p, _| decoded(p, Value::At(p.created)).dim())
            .width(10, 7)
            .hidden()
            .right()
            .descending()
            .help("Age or time: `created<3d`, `created>2026-01-01`."),
        Column::new("time_left", "closes", Kind::Span, time_left)
            .width(9, 1)
            .timed()
            .ascending()
            .aliases(&["closes"])
            .help("Time left to vote: `time_left<6h`."),
        Column::new("yes", "yes", Kind::BasisPoints, |p, _| {
            known_cell(p.tally.filter(|_| p.undecoded.is_none()), |t| Value::BasisPoints(t.yes_bp()))
                .tone(Tone::Yes)
        })
        .width(8, 3)
        .help("Share of yes of all voting power in %: `yes>50`."),
        Column::new("no", "no", Kind::BasisPoints, |p, _| {
            known_cell(p.tally.filter(|_| p.undecoded.is_none()), |t| Value::BasisPoints(t.no_bp()))
                .tone(Tone::No)
        })
        .width(8, 4)
        .help("Share of no of all voting power in %: `no>3`."),
        Column::new("votable_neurons", "mine", Kind::Number, |p, cx| {
            let votable = p.votable(cx.now).map(|b| super::neuron_id(b.neuron));
            let (words, tone) = my_votes(p, cx);
            Cell::new(Value::List(votable.collect())).tone(tone).with_words(words)
        })
        .width(8, 1)
        .timed()
        .left()
        .help("My neurons that may still vote: `votable_neurons:27`."),
        Column::new("proposer", "proposer", Kind::Number, |p, cx| {
            let cell = known_cell(p.proposer, super::neuron_id);
            match p.proposer.and_then(|n| cx.neuron_name(n)) {
                Some(name) => cell.tone(Tone::Known).with_words(name),
                None => cell.tone(Tone::Id),
            }
        })
        .width(20, 9)
        .hidden()
        .ascending()
        .help("The neuron that proposed it: `proposer:48`."),
        Column::new("reject_cost", "reject ICP", Kind::Icp, |p, _| {
            decoded(p, Value::Icp(p.reject_cost)).dim()
        })
        .width(11, 9)
        .hidden()
        .help("Cost for the proposer if it is rejected, in ICP: `reject_cost>1`."),
        Column::new("governance", "governance", Kind::Text, |p, _| super::governance(p.id.governance))
            .width(11, 9)
            .varied()
            .help("The NNS, or the root canister of an SNS: `governance:nns`."),
        Column::data("vote", Kind::Terms(votes), |p, cx| {
            let any = |wanted: Vote| p.ballots.iter().any(|b| b.vote == wanted);
            let marks = [
                p.votable(cx.now).next().is_some(),
                any(Vote::Yes),
                any(Vote::No),
                p.ballots.iter().any(|b| b.vote != Vote::Unspecified),
                p.ballots.is_empty(),
            ];
            let marked = votes().into_iter().zip(marks).filter(|(_, mark)| *mark);
            Value::List(marked.map(|(term, _)| Value::Term(term)).collect()).into()
        })
        .timed()
        .help("My ballots: `vote:due`, `yes`, `no`, `cast` or `none`."),
        Column::data("deadline", Kind::Time, |p, _| known_cell(p.deadline, Value::At))
            .help("Until when votes count: `deadline:2026-11-22`."),
        Column::data("decided", Kind::Time, |p, _| known_cell(p.decided, Value::At))
            .help("Time of the decision: `decided<1d`."),
        Column::data("executed", Kind::Time, |p, _| known_cell(p.executed, Value::At))
            .help("Time of the execution: `executed<1d`."),
        Column::data("failed", Kind::Time, |p, _| known_cell(p.failed, Value::At))
            .help("Time when the execution failed: `failed<7d`."),
        Column::data("yes_voting_power", Kind::Power, |p, _| known_cell(p.tally, |t| Value::Power(t.yes)))
            .help("Voting power of yes: `yes_voting_power>1M`."),
        Column::data("no_voting_power", Kind::Power, |p, _| known_cell(p.tally, |t| Value::Power(t.no)))
            .help("Voting power of no: `no_voting_power>1M`."),
        Column::data("total_voting_power", Kind::Power, |p, _| {
            known_cell(p.tally, |t| Value::Power(t.total))
        })
        .help("All voting power: `total_voting_power>1M`."),
        Column::data("ballots", Kind::Text, |p, _| {
            let ballot = |b: &icpulse_model::proposal::Ballot| {
                Value::Map(vec![
                    ("neuron".into(), super::neuron_id(b.neuron)),
                    ("vote".into(), Value::Text(b.vote.slug())),
                    ("voting_power".into(), Value::Power(b.voting_power)),
                ])
            };
            Value::List(p.ballots.iter().map(ballot).collect()).into()
        })
        .help("The ballots of my neurons."),
        Column::data("undecoded", Kind::Text, |p, _| {
            known_cell(p.undecoded.as_ref(), |u| Value::borrowed_text(u.reason.as_str()))
        })
        .help("The reason why it could not be decoded."),
        Column::data("evidence", Kind::Text, |p, cx| evidence(&p.evidence, cx))
            .help("Its proof: `evidence:certified`."),
    ],
};

impl super::ListRow for Proposal {
    fn dataset() -> &'static Dataset<Self> {
        &PROPOSALS
    }
}

/// A value of a proposal that could be decoded.
fn decoded<'a>(proposal: &Proposal, value: Value<'a>) -> Cell<'a> {
    let cell = Cell::new(value);
    if proposal.undecoded.is_some() { cell.with_words("") } else { cell }
}

fn time_left<'a>(proposal: &'a Proposal, cx: &'a Context) -> Cell<'a> {
    // What is settled has no countdown.
    let cell = known_cell(proposal.deadline.filter(|_| !proposal.is_final()), Value::Until);
    if !proposal.accepts_votes(cx.now) {
        return cell.with_words("");
    }
    let soon = proposal.time_left(cx.now).is_some_and(|left| left < Seconds::hours(6));
    if soon { cell.tone(Tone::Warn) } else { cell }
}

/// The reader's ballots in a word: `○ 12` may still vote, `✓ yes`, `✗ no`, `○ 3/12` some of them
/// may, `✓8 ✗4`, `missed`, or nothing.
pub(crate) fn my_votes(proposal: &Proposal, cx: &Context) -> (String, Tone) {
    let blank = proposal.votable(cx.now).count();
    let yes = proposal.ballots.iter().filter(|b| b.vote == Vote::Yes).count();
    let no = proposal.ballots.iter().filter(|b| b.vote == Vote::No).count();
    match (blank, yes, no) {
        (0, 0, 0) if proposal.ballots.is_empty() => (String::new(), Tone::Dim),
        (0, 0, 0) => ("missed".to_owned(), Tone::Dim),
        (0, _, 0) => ("✓ yes".to_owned(), Tone::Yes),
        (0, 0, _) => ("✗ no".to_owned(), Tone::No),
        (0, y, n) => (format!("✓{y} ✗{n}"), Tone::Plain),
        (b, 0, 0) => (format!("○ {b}"), Tone::NotVoted),
        (b, y, n) => (format!("○ {b}/{}", b + y + n), Tone::NotVoted),
    }
}

fn topic(topic: Topic) -> Term {
    Term { number: topic.number(), slug: topic.slug(), title: topic.title() }
}

fn topics() -> Vec<Term> {
    Topic::ALL.iter().copied().map(topic).collect()
}

fn status(status: ProposalStatus) -> Term {
    Term { number: status.number(), slug: status.slug(), title: status.title() }
}

fn statuses() -> Vec<Term> {
    ProposalStatus::ALL.iter().copied().map(status).collect()
}

fn reward_status(status: RewardStatus) -> Term {
    Term { number: status.number(), slug: status.slug(), title: status.title() }
}

fn reward_statuses() -> Vec<Term> {
    RewardStatus::ALL.iter().copied().map(reward_status).collect()
}

fn votes() -> Vec<Term> {
    ["due", "yes", "no", "cast", "none"].into_iter().zip(0..).map(|(w, n)| Term::new(n, w)).collect()
}

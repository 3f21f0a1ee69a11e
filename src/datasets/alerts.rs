//! Alerts: what is wrong, since when, and what it is about.

use super::ListRow;
use icpulse_model::alert::{About, Alert, Rule, Severity};
use icpulse_model::dataset::{self, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::value::{Cell, Term, Tone, Value};

type Column = dataset::Column<AlertRow>;

/// In which state an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertState {
    Firing,
    Recovered,
    /// It has not lasted long enough to fire.
    Pending,
    /// A report says so that certificates contradict.
    Contradicted,
}

/// An alert of the board, or one that may come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRow {
    pub state: AlertState,
    pub alert: Alert,
}

/// `icpulse alerts list`
static ALERTS: Dataset<AlertRow> = Dataset {
    info: ListInfo {
        id: "alerts",
        title: "Alerts",
        one: "alert",
        many: "alerts",
        about: "Firing, pending and recently recovered alerts",
        sort: ("state", false),
        quick_filters: &["", "state:firing", "severity>info"],
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("state", "state", Kind::Terms(states), |a, _| {
            let (number, tone) = match a.state {
                AlertState::Firing => (0, Tone::Bad),
                AlertState::Recovered => (1, Tone::Good),
                AlertState::Pending => (2, Tone::Warn),
                AlertState::Contradicted => (3, Tone::Dim),
            };
            known_cell(states().into_iter().nth(number), Value::Term).tone(tone)
        })
        .width(12, 0)
        .help("State of the alert: `state:firing`."),
        Column::new("severity", "severity", Kind::Ordered(severities), |a, _| {
            Value::Term(severity(a.alert.severity)).into()
        })
        .width(8, 0)
        .help("Severity: `severity:critical`, `severity>info`."),
        Column::new("rule", "rule", Kind::Terms(rules), |a, _| Value::Term(rule(a.alert.rule)).into())
            .width(24, 3)
            .searched()
            .help("The rule: `rule:node_down`."),
        Column::new("since", "since", Kind::Time, |a, _| Value::At(a.alert.since).into())
            .width(16, 2)
            .help("Time when it began: `since<1d`."),
        Column::new("lasted", "for", Kind::Span, |a, cx| {
            let lasted = a.alert.duration(cx.now);
            Cell::new(Value::Span(lasted)).with_words(lasted.to_minutes().words())
        })
        .width(10, 1)
        .timed()
        .help("For how long: `lasted>1h`."),
        Column::new("text", "what", Kind::Text, |a, _| Value::borrowed_text(a.alert.text.as_str()).into())
            .width(24, 0)
            .fill(110)
            .searched()
            .help("The finding: `text:rack-07`."),
        Column::data("evidence", Kind::Text, |a, _| Value::borrowed_text(a.alert.rule.proof().word()).into())
            .help("Its proof: `evidence:certified`."),
        Column::data("source", Kind::Text, |a, _| {
            known_cell(a.alert.rule.unverified_source(), Value::borrowed_text)
        })
        .help("The source of unverified values."),
        Column::data("recovered", Kind::Time, |a, _| known_cell(a.alert.recovered, Value::At))
            .help("Time of the recovery: `recovered<1d`."),
        Column::data("about_kind", Kind::Text, |a, _| Value::borrowed_text(about(&a.alert.about).0).into())
            .help("Kind of its subject: `about_kind:subnet`."),
        Column::data("about_id", Kind::Text, |a, _| Value::Text(about(&a.alert.about).1.into()).into())
            .searched()
            .help("The id of what it is about: `about_id:4ecnw`."),
        Column::data("about_node", Kind::Text, |a, _| match &a.alert.about {
            About::Node(node) | About::ProposalAndNode(_, node) => Value::Id(*node).into(),
            _ => Cell::default(),
        })
        .searched()
        .help("The node that it is about: `about_node:ab3qz`."),
    ],
};

impl ListRow for AlertRow {
    fn dataset() -> &'static Dataset<Self> {
        &ALERTS
    }
}

fn about(about: &About) -> (&'static str, String) {
    match about {
        About::Node(id) => ("node", id.to_text()),
        About::Subnet(id) => ("subnet", id.to_text()),
        About::Provider(id) => ("provider", id.to_text()),
        About::Operator(id) => ("operator", id.to_text()),
        About::Neuron(id) => ("neuron", id.to_string()),
        About::Proposal(id) | About::ProposalAndNode(id, _) => ("proposal", id.to_string()),
    }
}

fn states() -> Vec<Term> {
    ["firing", "recovered", "pending", "contradicted"]
        .into_iter()
        .zip(0..)
        .map(|(word, n)| Term::new(n, word))
        .collect()
}

pub(super) fn severity(severity: Severity) -> Term {
    let number = match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    };
    Term::new(number, severity.word())
}

pub(super) fn severities() -> Vec<Term> {
    [Severity::Info, Severity::Warning, Severity::Critical].into_iter().map(severity).collect()
}

pub(super) fn rule(rule: Rule) -> Term {
    let number = Rule::ALL.iter().position(|r| *r == rule).unwrap_or_default();
    Term::new(i32::try_from(number).unwrap_or(i32::MAX), rule.name())
}

pub(super) fn rules() -> Vec<Term> {
    Rule::ALL.iter().copied().map(rule).collect()
}

//! What sinks are given to say.

use icpulse_model::alert::{About, Alert, Rule, Severity};
use icpulse_model::alert_settings::SinkSettings;
use icpulse_model::text::Line;
use icpulse_model::{Principal, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// An alert fires.
    Fired,
    /// It still does.
    Repeated,
    Recovered,
    /// What was held back in quiet hours.
    Summary,
    /// Nothing is wrong: the sink is being tried.
    Test,
}

impl NoticeKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Repeated => "repeated",
            Self::Recovered => "recovered",
            Self::Summary => "summary",
            Self::Test => "test",
        }
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub kind: NoticeKind,
    /// How bad it is; of a summary the worst.
    pub severity: Severity,
    /// When it was made.
    pub at: Timestamp,
    /// One sentence.
    pub text: Line,
    /// The alert, but for a summary and a test.
    pub alert: Option<Alert>,
    /// Of a summary: what was held back.
    pub held: Vec<Notice>,
}

/// Messages listed in a summary's text.
const LISTED: usize = 20;

impl Notice {
    pub fn about_alert(kind: NoticeKind, alert: &Alert, at: Timestamp) -> Self {
        let text = match kind {
            NoticeKind::Recovered => {
                Line::new(&format!("over after {}: {}", alert.duration(at).to_minutes().words(), alert.text))
            }
            NoticeKind::Repeated => {
                Line::new(&format!("for {}: {}", alert.duration(at).to_minutes().words(), alert.text))
            }
            _ => alert.text.clone(),
        };
        Self { kind, severity: alert.severity, at, text, alert: Some(alert.clone()), held: Vec::new() }
    }

    /// To try a sink.
    pub fn test_notice(at: Timestamp) -> Self {
        let text = Line::new("test message from icpulse: nothing is wrong");
        Self { kind: NoticeKind::Test, severity: Severity::Info, at, text, alert: None, held: Vec::new() }
    }

    /// Of what was held back; nothing if that was nothing.
    pub fn summary(held: Vec<Self>, at: Timestamp) -> Option<Self> {
        let severity = held.iter().map(|n| n.severity).max()?;
        let count = |kind| held.iter().filter(|n| n.kind == kind).count();
        let text = format!(
            "during quiet hours {} alerts fired and {} recovered",
            count(NoticeKind::Fired),
            count(NoticeKind::Recovered)
        );
        Some(Self { kind: NoticeKind::Summary, severity, at, text: Line::new(&text), alert: None, held })
    }

    /// By which rule, where one is behind it.
    pub fn rule(&self) -> Option<Rule> {
        self.alert.as_ref().map(|a| a.rule)
    }

    /// What a sink wants of it; `None` if nothing.
    pub fn for_sink(&self, sink: &SinkSettings) -> Option<Self> {
        match self.kind {
            NoticeKind::Test => Some(self.clone()),
            NoticeKind::Summary => {
                Self::summary(self.held.iter().filter_map(|n| n.for_sink(sink)).collect(), self.at)
            }
            kind => {
                let wanted = self.severity >= sink.least
                    && (sink.recoveries || kind != NoticeKind::Recovered)
                    && (sink.rules.is_empty() || self.rule().is_some_and(|r| sink.rules.contains(&r)));
                wanted.then(|| self.clone())
            }
        }
    }

    /// A short heading in plain ASCII, for headers.
    pub fn title(&self) -> String {
        match (self.kind, self.rule()) {
            (NoticeKind::Recovered, Some(rule)) => format!("icpulse: {} recovered", rule.name()),
            (_, Some(rule)) => format!("icpulse: {} ({})", rule.name(), self.severity.word()),
            (kind, None) => format!("icpulse: {}", kind.name()),
        }
    }

    /// The sentence, and of a summary a line for each message.
    pub fn body(&self) -> String {
        let mut lines = vec![self.text.to_string()];
        lines.extend(self.held.iter().take(LISTED).map(|n| format!("{} {}", n.at.date_minute(), n.text)));
        if let Some(more) = self.held.len().checked_sub(LISTED).filter(|n| *n > 0) {
            lines.push(format!("and {more} more"));
        }
        lines.join("\n")
    }

    /// As JSON with stable names.
    pub fn to_json(&self) -> Value {
        let alert = self.alert.as_ref();
        json!({
            "event": self.kind.name(),
            "at": self.at.rfc3339(),
            "severity": self.severity.word(),
            "text": self.text.as_str(),
            "rule": alert.map(|a| a.rule.name()),
            "evidence": alert.map(|a| a.rule.proof().word()),
            "source": alert.and_then(|a| a.rule.unverified_source()),
            "about": alert.map(|a| about_json(&a.about)),
            "since": alert.map(|a| a.since.rfc3339()),
            "recovered": alert.and_then(|a| a.recovered).map(Timestamp::rfc3339),
            "lasted_seconds": alert.map(|a| a.duration(self.at).0),
            "held": self.held.iter().map(Self::to_json).collect::<Vec<_>>(),
        })
    }
}

/// What an alert is about, as JSON.
pub fn about_json(about: &About) -> Value {
    let of = |kind: &str, id: &Principal| json!({ "kind": kind, "id": id.to_text() });
    match about {
        About::Node(id) => of("node", id),
        About::Subnet(id) => of("subnet", id),
        About::Provider(id) => of("provider", id),
        About::Operator(id) => of("operator", id),
        About::Proposal(id) => json!({ "kind": "proposal", "id": id.to_string() }),
        About::Neuron(id) => json!({ "kind": "neuron", "id": id.to_string() }),
        About::ProposalAndNode(proposal, node) => {
            json!({ "kind": "proposal", "id": proposal.to_string(), "node": node.to_text() })
        }
    }
}

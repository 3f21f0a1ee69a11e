//! Rules of alerts, with their settings.

use super::ListRow;
use super::alerts::{rule, rules, severities, severity};
use icpulse_model::alert::Rule;
use icpulse_model::alert_settings::{Measure, RuleSettings};
use icpulse_model::dataset::{self, Dataset, Kind, ListInfo};
use icpulse_model::value::{Cell, Tone, Value, format_span};
use icpulse_model::{Seconds, node_rewards::Ppm};

type Column = dataset::Column<RuleRow>;

/// A rule and its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleRow {
    pub rule: Rule,
    pub settings: RuleSettings,
}

/// `icpulse alerts rules`
static RULES: Dataset<RuleRow> = Dataset {
    info: ListInfo {
        id: "alert-rules",
        title: "Alert rules",
        one: "alert rule",
        many: "alert rules",
        about: "Rules of alerts and their settings in force",
        sort: ("rule", false),
        quick_filters: &["", "enabled:yes", "severity:critical"],
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("rule", "rule", Kind::Terms(rules), |r, _| Value::Term(rule(r.rule)).into())
            .width(28, 0)
            .searched()
            .help("Its name in the configuration: `rule:node_down`."),
        Column::new("enabled", "on", Kind::Flag, |r, _| {
            let tone = if r.settings.enabled { Tone::Plain } else { Tone::Dim };
            Cell::new(Value::Flag(r.settings.enabled)).tone(tone)
        })
        .width(4, 1)
        .help("Evaluated: `enabled:no`."),
        Column::new("severity", "severity", Kind::Ordered(severities), |r, _| {
            Value::Term(severity(r.settings.severity)).into()
        })
        .width(8, 1)
        .help("Severity of its alerts: `severity>info`."),
        Column::new("limit", "fires at", Kind::Text, |r, _| limit(r.rule, r.settings.limit))
            .width(9, 2)
            .help("The limit at which it fires."),
        Column::new("recover", "recovers at", Kind::Text, |r, _| limit(r.rule, r.settings.recover))
            .width(11, 3)
            .help("The limit beyond which it recovers."),
        Column::new("after", "after", Kind::Span, |r, _| Value::Span(r.settings.after).into())
            .width(7, 2)
            .help("Time that the limit must be exceeded: `after>10m`."),
        Column::new("clear", "clear", Kind::Span, |r, _| Value::Span(r.settings.clear).into())
            .width(7, 3)
            .help("Time until it recovers: `clear>10m`."),
        Column::new("text", "finds", Kind::Text, |r, _| Value::borrowed_text(r.rule.info().help).into())
            .width(24, 0)
            .fill(110)
            .searched()
            .help("Its finding: `text:rewards`."),
        Column::data("evidence", Kind::Text, |r, _| Value::borrowed_text(r.rule.proof().word()).into())
            .help("The proof of its findings: `evidence:certified`."),
    ],
};

impl ListRow for RuleRow {
    fn dataset() -> &'static Dataset<Self> {
        &RULES
    }
}

/// A limit in the unit of its rule.
fn limit(rule: Rule, limit: u64) -> Cell<'static> {
    Value::Text(match rule.info().measure {
        Measure::None => return Cell::default(),
        Measure::Nodes => limit.to_string().into(),
        Measure::Ppm => Ppm(u32::try_from(limit).unwrap_or(u32::MAX)).percent().into(),
        Measure::Span => format_span(Seconds(limit)).into(),
    })
    .into()
}

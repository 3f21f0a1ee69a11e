//! `[alerts]`: rules with their limits, sinks, quiet hours.

use icpulse_model::Seconds;
use icpulse_model::alert::{Rule, Severity};
use icpulse_model::alert_settings::{
    AlertSettings, DAY_MINUTES, Measure, QuietHours, RuleSettings, Rules, SinkKind, SinkSettings,
    without_secrets,
};
use icpulse_model::query::parse_span;
use icpulse_model::text::Line;
use icpulse_model::web_address::{is_exposed, parse_address};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// `[alerts]` as written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsConfig {
    /// True if rules are looked at.
    pub enabled: bool,
    /// The severity from which on the screen tells of new alerts, or `off`.
    pub screen: String,
    /// Interval of reminders while an alert fires, or `never`.
    pub repeat: String,
    /// `22:00-07:00`.
    pub quiet: Option<String>,
    /// `local` or `utc`.
    pub quiet_zone: String,
    /// Critical alerts are sent in quiet hours.
    pub quiet_critical_passes: bool,
    /// Rules by name.
    pub rules: BTreeMap<String, RuleConfig>,
    /// Sinks.
    pub sink: Vec<SinkConfig>,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            screen: "warning".to_owned(),
            repeat: "never".to_owned(),
            quiet: None,
            quiet_zone: "local".to_owned(),
            quiet_critical_passes: true,
            rules: BTreeMap::new(),
            sink: Vec::new(),
        }
    }
}

/// A limit: a number, or text such as `5%` and `10m`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum LimitValue {
    /// A number.
    Number(u64),
    /// A share or a span.
    Text(String),
}

/// `[alerts.rules.NAME]` as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleConfig {
    /// True if it is looked at.
    pub enabled: Option<bool>,
    /// From where on it fires.
    pub limit: Option<LimitValue>,
    /// The quieter limit.
    pub recover: Option<LimitValue>,
    /// Time that the limit must be exceeded.
    pub after: Option<String>,
    /// Time that the recovery limit must be kept.
    pub clear: Option<String>,
    /// Severity.
    pub severity: Option<String>,
}

/// `[[alerts.sink]]` as written. Its addresses and headers may be secret.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SinkConfig {
    /// A name; the kind's if there is none.
    pub name: Option<String>,
    /// `bell`, `osc9`, `command`, `webhook` or `ntfy`.
    pub kind: String,
    /// The program and its arguments.
    pub command: Option<Vec<String>>,
    /// The address.
    pub url: Option<String>,
    /// Headers of a webhook.
    pub headers: Option<BTreeMap<String, String>>,
    /// The access token of an ntfy server.
    pub token: Option<String>,
    /// Allows plain http to another machine.
    #[serde(default)]
    pub plain_http: bool,
    /// Only from this severity on.
    pub severity: Option<String>,
    /// Only these rules.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Recoveries are sent too.
    pub recoveries: Option<bool>,
    /// Time limit of one attempt.
    pub timeout: Option<String>,
}

impl std::fmt::Debug for SinkConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SinkConfig")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// A mistake in the alert settings: key, problem and available values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {why}")]
pub struct AlertsError {
    /// The key.
    pub at: String,
    /// The problem and the available values.
    pub why: String,
}

fn error_at(at: impl Into<String>, why: impl Into<String>) -> AlertsError {
    AlertsError { at: at.into(), why: why.into() }
}

fn parse_span_at(at: &str, text: &str) -> Result<Seconds, AlertsError> {
    if text.trim() == "0" {
        return Ok(Seconds(0));
    }
    parse_span(text).map_err(|e| error_at(at, e.to_string()))
}

fn parse_severity(at: &str, text: &str) -> Result<Severity, AlertsError> {
    [Severity::Info, Severity::Warning, Severity::Critical]
        .into_iter()
        .find(|s| s.word() == text)
        .ok_or_else(|| error_at(at, format!("unknown severity '{text}'; available: info, warning, critical")))
}

fn find_rule(at: &str, name: &str) -> Result<Rule, AlertsError> {
    Rule::ALL.into_iter().find(|r| r.name() == name).ok_or_else(|| {
        let known: Vec<_> = Rule::ALL.iter().map(|r| r.name()).collect();
        error_at(at, format!("unknown rule '{name}'; available: {}", known.join(", ")))
    })
}

/// Per cent with at most four decimals, in millionths.
fn parse_share(at: &str, text: &str) -> Result<u64, AlertsError> {
    let not = || error_at(at, format!("'{text}' is not a percentage; write it like 5% or 2.5%"));
    let number = text.trim().strip_suffix('%').ok_or_else(not)?.trim();
    let ppm = icpulse_model::amount::parse_units(number, 4).map_err(|_| not())?;
    u64::try_from(ppm).ok().filter(|p| *p <= 1_000_000).ok_or_else(not)
}

fn parse_limit(at: &str, rule: Rule, limit: &LimitValue) -> Result<u64, AlertsError> {
    match (rule.info().measure, limit) {
        (Measure::None, _) => {
            Err(error_at(at, "this rule has no limit; use `after` for how long it must hold"))
        }
        (Measure::Ppm, LimitValue::Text(text)) => parse_share(at, text),
        (Measure::Ppm, LimitValue::Number(n)) => {
            Err(error_at(at, format!("{n} is not a percentage; write it as text, such as \"5%\"")))
        }
        (Measure::Nodes, LimitValue::Number(n)) if *n <= 100 => Ok(*n),
        (Measure::Nodes, _) => Err(error_at(at, "write a number of nodes from 0 to 100")),
        (Measure::Span, LimitValue::Text(text)) => Ok(parse_span_at(at, text)?.0),
        (Measure::Span, LimitValue::Number(n)) => {
            Err(error_at(at, format!("{n} has no unit; write it as text, such as \"60s\" or \"14d\"")))
        }
    }
}

impl RuleConfig {
    fn settings(&self, rule: Rule) -> Result<RuleSettings, AlertsError> {
        let mut settings = RuleSettings::with_default_limits(rule);
        let at = |key: &str| format!("alerts.rules.{}.{key}", rule.name());
        settings.enabled = self.enabled.unwrap_or(settings.enabled);
        if let Some(text) = &self.limit {
            settings.limit = parse_limit(&at("limit"), rule, text)?;
            // The usual quieter limit may be on the other side of a limit of the user's own.
            let fits = if rule.info().more_is_worse {
                settings.recover <= settings.limit
            } else {
                settings.recover >= settings.limit
            };
            if !fits || rule.info().measure != Measure::None && self.recover.is_none() {
                settings.recover =
                    if rule == Rule::FailureRate { settings.limit / 5 * 4 } else { settings.limit };
            }
        }
        if let Some(text) = &self.recover {
            settings.recover = parse_limit(&at("recover"), rule, text)?;
            let (fits, how) = if rule.info().more_is_worse {
                (settings.recover <= settings.limit, "at most")
            } else {
                (settings.recover >= settings.limit, "at least")
            };
            if !fits {
                return Err(error_at(
                    at("recover"),
                    format!("it must be {how} the limit: it is the quieter one"),
                ));
            }
        }
        if let Some(text) = &self.after {
            settings.after = parse_span_at(&at("after"), text)?;
        }
        if let Some(text) = &self.clear {
            settings.clear = parse_span_at(&at("clear"), text)?;
        }
        if let Some(text) = &self.severity {
            settings.severity = parse_severity(&at("severity"), text)?;
        }
        Ok(settings)
    }
}

fn check_url(at: &str, sink: &SinkConfig) -> Result<String, AlertsError> {
    let url = sink.url.as_ref().ok_or_else(|| error_at(at, "it needs an address: url = \"https://…\""))?;
    let shown = without_secrets(url);
    let address = parse_address(url).map_err(|why| {
        error_at(at, format!("'{shown}' cannot be used as an address: {why}; it must begin with https://"))
    })?;
    if is_exposed(&address) && !sink.plain_http {
        return Err(error_at(
            at,
            format!(
                "{shown} is plain http to another machine: all on the way could read it; use https, or allow it with plain_http = true"
            ),
        ));
    }
    Ok(address.into())
}

impl SinkConfig {
    fn settings(&self, place: usize) -> Result<SinkSettings, AlertsError> {
        let name = self.name.clone().unwrap_or_else(|| self.kind.clone());
        let at = format!("alerts.sink {} ('{name}')", place + 1);
        let kind = match self.kind.as_str() {
            "bell" => SinkKind::Bell,
            "osc9" => SinkKind::Osc9,
            "command" => match &self.command {
                Some(argv) if argv.first().is_some_and(|program| !program.is_empty()) => {
                    SinkKind::Command(argv.clone())
                }
                _ => {
                    return Err(error_at(at, "it needs a program: command = [\"notify-send\", \"icpulse\"]"));
                }
            },
            "webhook" => SinkKind::Webhook {
                url: check_url(&at, self)?,
                headers: self.headers.clone().unwrap_or_default(),
            },
            "ntfy" => SinkKind::Ntfy { url: check_url(&at, self)?, token: self.token.clone() },
            other => {
                let why = format!("unknown kind '{other}'; available: bell, osc9, command, webhook, ntfy");
                return Err(error_at(at, why));
            }
        };
        // A key of another kind would be without effect, and nobody would know.
        let web = matches!(kind, SinkKind::Webhook { .. } | SinkKind::Ntfy { .. });
        let misplaced = [
            ("command", self.command.is_some() && !matches!(kind, SinkKind::Command(_))),
            ("url", self.url.is_some() && !web),
            ("headers", self.headers.is_some() && !matches!(kind, SinkKind::Webhook { .. })),
            ("token", self.token.is_some() && !matches!(kind, SinkKind::Ntfy { .. })),
        ];
        if let Some((key, _)) = misplaced.iter().find(|(_, misplaced)| *misplaced) {
            return Err(error_at(at, format!("`{key}` is not a setting of {} sinks", kind.name())));
        }
        let timeout = match &self.timeout {
            Some(text) => parse_span_at(&format!("{at}: timeout"), text)?,
            None => Seconds(10),
        };
        if !(1..=300).contains(&timeout.0) {
            return Err(error_at(at, "timeout must be from 1s to 5m"));
        }
        Ok(SinkSettings {
            name: Line::new(&name),
            kind,
            least: match &self.severity {
                Some(text) => parse_severity(&format!("{at}: severity"), text)?,
                None => Severity::Info,
            },
            rules: self
                .rules
                .iter()
                .map(|name| find_rule(&format!("{at}: rules"), name))
                .collect::<Result<_, _>>()?,
            recoveries: self.recoveries.unwrap_or(true),
            timeout,
        })
    }
}

fn parse_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let hour: u16 = hour.parse().ok().filter(|h| *h < 24)?;
    let minute: u16 = minute.parse().ok().filter(|m| *m < 60)?;
    Some((hour * 60 + minute) % DAY_MINUTES)
}

impl AlertsConfig {
    /// The settings that it means.
    ///
    /// # Errors
    /// See [`AlertsError`]; nothing secret is in it.
    pub fn settings(&self) -> Result<AlertSettings, AlertsError> {
        let mut rules = Rules::default();
        for (name, config) in &self.rules {
            let rule = find_rule("alerts.rules", name)?;
            rules.set(rule, config.settings(rule)?);
        }
        let utc = match self.quiet_zone.as_str() {
            "local" => false,
            "utc" => true,
            other => {
                return Err(error_at(
                    "alerts.quiet_zone",
                    format!("unknown zone '{other}'; available: local, utc"),
                ));
            }
        };
        let quiet = match &self.quiet {
            None => None,
            Some(text) => {
                let parts =
                    text.split_once('-').and_then(|(a, b)| Some((parse_minute(a)?, parse_minute(b)?)));
                let Some((from, until)) = parts.filter(|(from, until)| from != until) else {
                    return Err(error_at(
                        "alerts.quiet",
                        format!("'{text}' is not a time range; write it like 22:00-07:00"),
                    ));
                };
                Some(QuietHours { from, until, utc, critical_passes: self.quiet_critical_passes })
            }
        };
        let screen = match self.screen.as_str() {
            "off" => None,
            text => Some(parse_severity("alerts.screen", text)?),
        };
        let repeat = match self.repeat.as_str() {
            "never" => None,
            text => {
                let every = parse_span_at("alerts.repeat", text)?;
                if every < Seconds(60) {
                    return Err(error_at("alerts.repeat", "it must be \"never\" or at least 1m"));
                }
                Some(every)
            }
        };
        let sinks: Vec<SinkSettings> =
            self.sink.iter().enumerate().map(|(i, sink)| sink.settings(i)).collect::<Result<_, _>>()?;
        let mut names = BTreeSet::new();
        for sink in &sinks {
            if !names.insert(&sink.name) {
                let why = format!("two sinks are called '{}'; give each a name of its own", sink.name);
                return Err(error_at("alerts.sink", why));
            }
        }
        Ok(AlertSettings { enabled: self.enabled, screen, quiet, repeat, rules, sinks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse_config;

    fn settings(text: &str) -> AlertSettings {
        parse_config(text, "t").unwrap().alerts.settings().unwrap()
    }

    #[test]
    fn limits_are_read_in_the_units_of_their_rules() {
        let s = settings(
            "[alerts]\nquiet = \"22:30-06:00\"\nquiet_zone = \"utc\"\nrepeat = \"4h\"\nscreen = \"off\"\n\
             [alerts.rules.failure_rate]\nlimit = \"2.5%\"\n[alerts.rules.fault_distance]\nlimit = 2\n\
             [alerts.rules.certificate_lag]\nlimit = \"2m\"\n[alerts.rules.node_down]\nenabled = false\n",
        );
        assert_eq!(
            (s.rules.settings_of(Rule::FailureRate).limit, s.rules.settings_of(Rule::FailureRate).recover),
            (25_000, 20_000)
        );
        assert_eq!(
            (
                s.rules.settings_of(Rule::FaultDistance).limit,
                s.rules.settings_of(Rule::FaultDistance).recover
            ),
            (2, 2)
        );
        assert_eq!(s.rules.settings_of(Rule::CertificateLag).limit, 120);
        assert!(!s.rules.settings_of(Rule::NodeDown).enabled);
        assert_eq!(s.quiet, Some(QuietHours { from: 1_350, until: 360, utc: true, critical_passes: true }));
        assert_eq!((s.repeat, s.screen), (Some(Seconds::hours(4)), None));
        assert_eq!(settings(""), AlertSettings::default());
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_possible_and_without_secrets() {
        for (text, says) in [
            ("[alerts.rules.node_donw]\nenabled = true", "node_down"),
            ("[alerts.rules.node_down]\nlimit = 3", "after"),
            ("[alerts.rules.failure_rate]\nlimit = 5", "5%"),
            ("[alerts.rules.failure_rate]\nlimit = \"500%\"", "percentage"),
            ("[alerts.rules.certificate_lag]\nlimit = \"30s\"\nrecover = \"60s\"", "at most"),
            ("[alerts.rules.certificate_lag]\nlimit = 60", "60s"),
            ("[alerts.rules.fault_distance]\nlimit = \"x\"", "number of nodes"),
            ("[alerts]\nquiet = \"at night\"", "22:00-07:00"),
            ("[alerts]\nrepeat = \"5s\"", "1m"),
            ("[alerts]\nscreen = \"loud\"", "critical"),
            ("[[alerts.sink]]\nkind = \"pigeon\"", "webhook"),
            ("[[alerts.sink]]\nkind = \"command\"", "program"),
            ("[[alerts.sink]]\nkind = \"ntfy\"", "url"),
            ("[[alerts.sink]]\nkind = \"bell\"\nurl = \"https://x.example\"", "is not a setting"),
            ("[[alerts.sink]]\nkind = \"webhook\"\nurl = \"http://hooks.example/SECRET\"", "plain_http"),
            ("[[alerts.sink]]\nkind = \"webhook\"\nurl = \"ftp://hooks.example/SECRET\"", "https://"),
            ("[[alerts.sink]]\nkind = \"webhook\"\nurl = \"http://x.localhost/SECRET\"", "plain_http"),
            ("[[alerts.sink]]\nkind = \"webhook\"\nurl = 'http://host\\.localhost/SECRET'", "backslash"),
            ("[[alerts.sink]]\nkind = \"ntfy\"\nurl = \"http://localhost:1@evil.test/SECRET\"", "user name"),
            ("[[alerts.sink]]\nkind = \"ntfy\"\nurl = \"https://me:SECRET@n.example/x\"", "user name"),
            ("[[alerts.sink]]\nkind = \"ntfy\"\nurl = \"http:localhost/SECRET\"", "https://"),
            ("[[alerts.sink]]\nkind = \"bell\"\n[[alerts.sink]]\nkind = \"bell\"", "two sinks"),
            ("[[alerts.sink]]\nkind = \"bell\"\nrules = [\"x\"]", "unknown rule"),
            ("[[alerts.sink]]\nkind = \"bell\"\ntimeout = \"1h\"", "5m"),
            ("provider = \"me\"", "principal"),
        ] {
            let error = parse_config(text, "t").unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
            assert!(!error.contains("SECRET"), "{error}");
        }
        for here in ["http://127.0.0.1:9/x", "http://LOCALHOST:9/x", "http://[::1]:9/x"] {
            parse_config(&format!("[[alerts.sink]]\nkind = \"webhook\"\nurl = \"{here}\""), "t").unwrap();
        }
        let config = parse_config(
            "[[alerts.sink]]\nkind = \"ntfy\"\nurl = \"https://n.example/SECRET\"\ntoken = \"SECRET\"",
            "t",
        )
        .unwrap();
        assert!(!format!("{config:?} {:?}", config.alerts.settings()).contains("SECRET"));
    }
}

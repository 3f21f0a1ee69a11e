//! Settings of alerts: rules, limits and sinks.

pub use super::alert::{Measure, RuleSettings};
use super::alert::{Rule, Severity};
use super::text::Line;
use super::{Seconds, Timestamp};
use std::collections::BTreeMap;

/// All rules with their limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules(BTreeMap<Rule, RuleSettings>);

impl Default for Rules {
    fn default() -> Self {
        Self(Rule::ALL.into_iter().map(|rule| (rule, RuleSettings::with_default_limits(rule))).collect())
    }
}

impl Rules {
    /// One rule's.
    pub fn settings_of(&self, rule: Rule) -> RuleSettings {
        self.0.get(&rule).copied().unwrap_or(RuleSettings::with_default_limits(rule))
    }

    /// With one rule's replaced.
    pub fn set(&mut self, rule: Rule, settings: RuleSettings) {
        self.0.insert(rule, settings);
    }
}

/// A part of the day without messages. It may go past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// The first minute of the day.
    pub from: u16,
    /// The first minute after it.
    pub until: u16,
    /// Counted in UTC instead of this machine's time.
    pub utc: bool,
    /// Critical alerts are sent.
    pub critical_passes: bool,
}

/// Minutes of a day.
pub const DAY_MINUTES: u16 = 1_440;

impl QuietHours {
    /// True if it is quiet at `now`; `offset` is this machine's time zone in seconds east of UTC.
    pub fn contains(&self, now: Timestamp, offset: i32) -> bool {
        let minute = self.minute(now, offset);
        if self.from <= self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        }
    }

    /// When it ends, if it is quiet at `now`.
    pub fn end_after(&self, now: Timestamp, offset: i32) -> Option<Timestamp> {
        if !self.contains(now, offset) {
            return None;
        }
        let minute = self.minute(now, offset);
        let left = (self.until + DAY_MINUTES - minute) % DAY_MINUTES;
        let minute_began = Timestamp::from_secs(now.secs() / 60 * 60);
        Some(minute_began.plus(Seconds(u64::from(left) * 60)))
    }

    fn minute(&self, now: Timestamp, offset: i32) -> u16 {
        let offset = if self.utc { 0 } else { i64::from(offset) };
        let local = i64::try_from(now.secs()).unwrap_or(i64::MAX).saturating_add(offset);
        u16::try_from(local.rem_euclid(86_400) / 60).unwrap_or(0)
    }
}

/// Where messages go.
#[derive(Clone, PartialEq, Eq)]
pub enum SinkKind {
    /// The terminal's bell.
    Bell,
    /// A desktop notification through the terminal (OSC 9).
    Osc9,
    /// A program of the user's, without a shell: its name and arguments; the message is JSON on its
    /// standard input.
    Command(Vec<String>),
    /// An address to which the message is posted as JSON.
    Webhook {
        /// Where.
        url: String,
        /// Headers; they may hold secrets.
        headers: BTreeMap<String, String>,
    },
    /// A topic of an ntfy server.
    Ntfy {
        /// The topic's address.
        url: String,
        /// An access token.
        token: Option<String>,
    },
}

impl SinkKind {
    /// As the configuration names it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Bell => "bell",
            Self::Osc9 => "osc9",
            Self::Command(_) => "command",
            Self::Webhook { .. } => "webhook",
            Self::Ntfy { .. } => "ntfy",
        }
    }

    /// True if it is the terminal that does it.
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::Bell | Self::Osc9)
    }

    /// Where it leads, without what may be secret: a path or query may be a password.
    pub fn destination(&self) -> String {
        match self {
            Self::Bell | Self::Osc9 => "this terminal".to_owned(),
            Self::Command(argv) => argv.first().cloned().unwrap_or_default(),
            Self::Webhook { url, .. } | Self::Ntfy { url, .. } => without_secrets(url),
        }
    }
}

/// A URL's scheme and host only.
pub fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "…".to_owned() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let more = if rest.len() > authority.len() + 1 || host.len() < authority.len() { "/…" } else { "" };
    format!("{scheme}://{host}{more}")
}

/// Nothing secret is printed, in errors and logs either.
impl std::fmt::Debug for SinkKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({})", self.name(), self.destination())
    }
}

/// A sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkSettings {
    /// The user's name for it.
    pub name: Line,
    /// A description.
    pub kind: SinkKind,
    /// Only from this severity on.
    pub least: Severity,
    /// Only these rules; all if empty.
    pub rules: Vec<Rule>,
    /// Recoveries are sent too.
    pub recoveries: bool,
    /// Time limit of one attempt.
    pub timeout: Seconds,
}

/// All of `[alerts]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSettings {
    /// True if rules are looked at.
    pub enabled: bool,
    /// The screen tells of new alerts from this severity on; `None`: it only lists them.
    pub screen: Option<Severity>,
    /// The part of the day without messages.
    pub quiet: Option<QuietHours>,
    /// Interval of reminders while an alert fires; `None`: never.
    pub repeat: Option<Seconds>,
    /// Rules.
    pub rules: Rules,
    /// Sinks.
    pub sinks: Vec<SinkSettings>,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            screen: Some(Severity::Warning),
            quiet: None,
            repeat: None,
            rules: Rules::default(),
            sinks: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_of_an_address_are_left_out() {
        for (url, shown) in [
            ("https://ntfy.example/very-secret", "https://ntfy.example/…"),
            ("https://user:word@hooks.example", "https://hooks.example/…"),
            ("https://hooks.example/", "https://hooks.example"),
            ("nonsense", "…"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
        let kind = SinkKind::Webhook {
            url: "https://h.example/abc".to_owned(),
            headers: BTreeMap::from([("Authorization".to_owned(), "Bearer xyz".to_owned())]),
        };
        let shown = format!("{kind:?}");
        assert!(!shown.contains("abc") && !shown.contains("xyz"), "{shown}");
    }

    #[test]
    fn a_quiet_night_goes_past_midnight() {
        let quiet = QuietHours { from: 22 * 60, until: 7 * 60, utc: true, critical_passes: true };
        let at = |hour: u64, minute: u64| Timestamp::from_secs(20_000 * 86_400 + hour * 3_600 + minute * 60);
        assert!(quiet.contains(at(23, 0), 3_600));
        assert!(
            quiet.contains(at(6, 59), 0) && !quiet.contains(at(7, 0), 0) && !quiet.contains(at(21, 59), 0)
        );
        assert_eq!(quiet.end_after(at(6, 30), 0), Some(at(7, 0)));
        assert_eq!(quiet.end_after(at(22, 0), 0), Some(at(31, 0)));
        let local = QuietHours { utc: false, ..quiet };
        assert!(local.contains(at(21, 30), 3_600), "half past ten by a clock one hour ahead");
    }

    proptest! {
        #[test]
        fn what_is_quiet_ends_and_is_not_quiet_then(from in 0u16..1_440, until in 0u16..1_440, at in 0u64..4_000_000_000, offset in -50_000i32..50_000) {
            let quiet = QuietHours { from, until, utc: false, critical_passes: false };
            let now = Timestamp::from_secs(at);
            let offset = offset / 60 * 60;
            match quiet.end_after(now, offset) {
                Some(end) => prop_assert!(end > now && !quiet.contains(end, offset)),
                None => prop_assert!(!quiet.contains(now, offset)),
            }
        }
    }
}

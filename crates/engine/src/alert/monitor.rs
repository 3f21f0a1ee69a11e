//! Alerts out of what rules find: each fires once, and recovers once.
//!
//! What was found must hold for a rule's span before it fires, and be gone beyond the quieter
//! limit for another span before it recovers: what flickers at a limit is told once. What cannot
//! be told at the moment changes nothing. What proven facts contradict does not fire; the board
//! names it.

use super::message::{Notice, NoticeKind};
use super::rules::{Baseline, Finding, Findings, RuleInput, Strength, evaluate_rules};
use icpulse_model::alert::{About, Alert, AlertBoard, Rule, SinkReport};
use icpulse_model::alert_settings::AlertSettings;
use icpulse_model::text::Line;
use icpulse_model::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A change has nothing to recover to: after this time it is how things are.
const NOTED: Seconds = Seconds::days(1);
/// Recovered alerts that are kept, and for how long.
const RECOVERED: usize = 200;
const RECOVERED_FOR: Seconds = Seconds::days(30);
/// Messages held back in quiet hours, at most.
const HELD: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// The limit is passed, not yet for long enough.
    Pending,
    Firing,
    /// It fires, and has been gone since then.
    Clearing(Timestamp),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MonitoredAlert {
    alert: Alert,
    phase: Phase,
    mark: Line,
    told: Timestamp,
    /// A change that was taken note of: its end is no news.
    noted: bool,
}

/// What a monitor knows; it survives restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorState {
    baseline: Baseline,
    entries: Vec<MonitoredAlert>,
    recovered: Vec<Alert>,
    held: Vec<Notice>,
}

/// What became of a look at the world.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// The new board, if it changed.
    pub board: Option<Arc<AlertBoard>>,
    /// News, quiet hours or not.
    pub news: Vec<Notice>,
    /// What sinks are given.
    pub deliver: Vec<Notice>,
    /// When to look again if nothing changes.
    pub wake: Option<Timestamp>,
    /// What is kept has changed.
    pub changed: bool,
}

/// Makes alerts of findings.
pub struct Monitor {
    settings: AlertSettings,
    kept: MonitorState,
    /// What was found and is held back, because proven facts contradict it.
    contradicted: Vec<Alert>,
    board: Arc<AlertBoard>,
    reports: Vec<SinkReport>,
}

impl Monitor {
    /// Goes on from what was kept.
    pub fn new(settings: AlertSettings, kept: MonitorState) -> Self {
        let mut monitor =
            Self { settings, kept, contradicted: Vec::new(), board: Arc::default(), reports: Vec::new() };
        monitor.draw_up();
        monitor
    }

    pub fn saved_state(&self) -> &MonitorState {
        &self.kept
    }

    /// All alerts as of the last look.
    pub fn board(&self) -> &Arc<AlertBoard> {
        &self.board
    }

    /// What has not held for long enough yet.
    pub fn pending_alerts(&self) -> impl Iterator<Item = Alert> + '_ {
        self.kept.entries.iter().filter(|e| e.phase == Phase::Pending).map(|e| e.alert.clone())
    }

    /// How sinks do; the new board, if that changed it.
    pub fn update_sinks(&mut self, reports: Vec<SinkReport>) -> Option<Arc<AlertBoard>> {
        self.reports = reports;
        self.draw_up().then(|| Arc::clone(&self.board))
    }

    /// Looks at the world at `now`; `offset` is this machine's time zone in seconds east of UTC.
    pub fn observe(&mut self, input: &RuleInput<'_>, now: Timestamp, offset: i32) -> Observation {
        if !self.settings.enabled {
            return Observation::default();
        }
        let before = self.kept.clone();
        if self.kept.baseline.update_baseline(input) {
            self.kept.entries.retain(|e| !e.alert.rule.info().is_of_provider);
        }
        let found = evaluate_rules(input, &self.settings.rules, &self.kept.baseline, now);
        self.hold_contradicted(&found, now);
        let mut news = self.update_alerts(&found, now);
        news.extend(self.due_reminders(now));
        let expired = self.note_changes(input, now);
        self.kept.baseline.set_baseline(input);
        let deliver = self.hold_back(&news, now, offset);
        self.kept.recovered.retain(|a| a.recovered.is_some_and(|at| now.since(at) < RECOVERED_FOR));
        let wake = self.next_wake(&found, expired, now, offset);
        let board = self.draw_up().then(|| Arc::clone(&self.board));
        Observation { board, news, deliver, wake, changed: before != self.kept }
    }

    /// Takes note of what is contradicted, and since when.
    fn hold_contradicted(&mut self, found: &Findings, now: Timestamp) {
        let before = std::mem::take(&mut self.contradicted);
        let held_back = found.rows.iter().filter(|f| f.strength == Strength::Contradicted).map(|finding| {
            let known = before.iter().find(|a| a.rule == finding.rule && a.about == finding.about);
            let mut alert = alert_of(finding, now);
            alert.since = known.map_or(alert.since, |known| known.since.min(alert.since));
            alert
        });
        self.contradicted = held_back.collect();
    }

    fn update_alerts(&mut self, found: &Findings, now: Timestamp) -> Vec<Notice> {
        let mut news = Vec::new();
        let mut findings: BTreeMap<(Rule, About), &Finding> =
            found.rows.iter().map(|f| ((f.rule, f.about.clone()), f)).collect();
        let entries = std::mem::take(&mut self.kept.entries);
        for entry in entries {
            if !self.settings.rules.settings_of(entry.alert.rule).enabled {
                continue;
            }
            let finding = findings.remove(&(entry.alert.rule, entry.alert.about.clone()));
            let gone = finding.is_none() && found.judged.contains(&entry.alert.rule);
            let entry = self.advance_alert(update_entry(entry, finding), finding, gone, now, &mut news);
            self.kept.entries.extend(entry);
        }
        for finding in findings.into_values().filter(|f| f.strength == Strength::Over) {
            let alert = alert_of(finding, now);
            let entry = MonitoredAlert {
                alert,
                phase: Phase::Pending,
                mark: finding.mark.clone(),
                told: now,
                noted: false,
            };
            let entry = self.advance_alert(entry, Some(finding), false, now, &mut news);
            self.kept.entries.extend(entry);
        }
        news
    }

    /// One alert a step on; `None`: it is over.
    fn advance_alert(
        &mut self,
        mut entry: MonitoredAlert,
        finding: Option<&Finding>,
        gone: bool,
        now: Timestamp,
        news: &mut Vec<Notice>,
    ) -> Option<MonitoredAlert> {
        let settings = self.settings.rules.settings_of(entry.alert.rule);
        match finding.map(|f| (f.strength, f)) {
            Some((Strength::Over, finding)) => {
                match entry.phase {
                    Phase::Pending if now.since(entry.alert.since) < settings.after => {}
                    Phase::Pending => {
                        entry.phase = Phase::Firing;
                        entry.told = now;
                        news.push(Notice::about_alert(NoticeKind::Fired, &entry.alert, now));
                    }
                    Phase::Firing | Phase::Clearing(_) => {
                        entry.phase = Phase::Firing;
                        if entry.mark != finding.mark {
                            // It changed once more: that is news, and begins anew.
                            entry.mark = finding.mark.clone();
                            entry.alert.since = now;
                            entry.told = now;
                            news.push(Notice::about_alert(NoticeKind::Fired, &entry.alert, now));
                        }
                    }
                }
                Some(entry)
            }
            Some((Strength::Near, _)) => {
                if entry.phase == Phase::Pending {
                    return None;
                }
                entry.phase = Phase::Firing;
                Some(entry)
            }
            Some((Strength::Unclear, _)) => Some(entry),
            None if !gone => Some(entry),
            Some((Strength::Contradicted, _)) | None => {
                let since = match entry.phase {
                    Phase::Pending => return None,
                    Phase::Firing => now,
                    Phase::Clearing(since) => since,
                };
                if now.since(since) < settings.clear {
                    entry.phase = Phase::Clearing(since);
                    return Some(entry);
                }
                entry.alert.recovered = Some(since);
                if !entry.noted {
                    news.push(Notice::about_alert(NoticeKind::Recovered, &entry.alert, now));
                }
                self.kept.recovered.insert(0, entry.alert);
                self.kept.recovered.truncate(RECOVERED);
                None
            }
        }
    }

    fn due_reminders(&mut self, now: Timestamp) -> Vec<Notice> {
        let Some(repeat) = self.settings.repeat else { return Vec::new() };
        let mut news = Vec::new();
        for entry in &mut self.kept.entries {
            if entry.phase == Phase::Firing && now.since(entry.told) >= repeat {
                entry.told = now;
                news.push(Notice::about_alert(NoticeKind::Repeated, &entry.alert, now));
            }
        }
        news
    }

    /// Changes that fired long enough are how things are; when the next one will be, and whether
    /// there is something to look at again at once.
    fn note_changes(&mut self, input: &RuleInput<'_>, now: Timestamp) -> Option<Timestamp> {
        let mut next: Option<Timestamp> = None;
        for entry in &mut self.kept.entries {
            if !entry.alert.rule.info().is_change || entry.phase == Phase::Pending {
                continue;
            }
            let due = entry.alert.since.plus(NOTED);
            if due <= now {
                entry.noted = true;
                self.kept.baseline.accept_change(entry.alert.rule, &entry.alert.about, input);
                // The next look finds it gone.
                next = Some(now);
            } else {
                next = Some(next.map_or(due, |next| next.min(due)));
            }
        }
        next
    }

    fn hold_back(&mut self, news: &[Notice], now: Timestamp, offset: i32) -> Vec<Notice> {
        let Some(quiet) = self.settings.quiet.filter(|q| q.contains(now, offset)) else {
            let held = std::mem::take(&mut self.kept.held);
            return Notice::summary(held, now).into_iter().chain(news.iter().cloned()).collect();
        };
        let mut deliver = Vec::new();
        for notice in news {
            let critical = notice.severity == icpulse_model::alert::Severity::Critical;
            if critical && quiet.critical_passes {
                deliver.push(notice.clone());
            } else {
                self.kept.held.push(notice.clone());
            }
        }
        let excess = self.kept.held.len().saturating_sub(HELD);
        self.kept.held.drain(..excess);
        deliver
    }

    fn next_wake(
        &self,
        found: &Findings,
        noted: Option<Timestamp>,
        now: Timestamp,
        offset: i32,
    ) -> Option<Timestamp> {
        let entries = self.kept.entries.iter().filter_map(|entry| {
            let settings = self.settings.rules.settings_of(entry.alert.rule);
            match entry.phase {
                Phase::Pending => Some(entry.alert.since.plus(settings.after)),
                Phase::Clearing(since) => Some(since.plus(settings.clear)),
                Phase::Firing => self.settings.repeat.map(|repeat| entry.told.plus(repeat)),
            }
        });
        let quiet = self.settings.quiet.filter(|_| !self.kept.held.is_empty());
        let quiet = quiet.and_then(|q| q.end_after(now, offset));
        // Never at once for ever: what is due and could not be told is looked at in a second.
        let soonest = now.plus(Seconds(1));
        entries.chain(found.next).chain(noted).chain(quiet).min().map(|at| at.max(soonest))
    }

    /// Whether an alert of that rule about that thing fires or is on its way.
    fn is_known(&self, alert: &Alert) -> bool {
        self.kept.entries.iter().any(|e| e.alert.rule == alert.rule && e.alert.about == alert.about)
    }

    /// Whether the board is another than before.
    fn draw_up(&mut self) -> bool {
        let mut firing: Vec<Alert> =
            self.kept.entries.iter().filter(|e| e.phase != Phase::Pending).map(|e| e.alert.clone()).collect();
        firing
            .sort_by(|a, b| b.since.cmp(&a.since).then_with(|| (a.rule, &a.about).cmp(&(b.rule, &b.about))));
        firing.extend(self.kept.recovered.iter().cloned());
        let board = AlertBoard {
            alerts: firing,
            contradicted: self.contradicted.iter().filter(|a| !self.is_known(a)).cloned().collect(),
            sinks: self.reports.clone(),
        };
        let changed = board != *self.board;
        if changed {
            self.board = Arc::new(board);
        }
        changed
    }
}

/// The alert that a finding makes.
fn alert_of(finding: &Finding, now: Timestamp) -> Alert {
    Alert {
        rule: finding.rule,
        about: finding.about.clone(),
        severity: finding.severity,
        text: finding.text.clone(),
        since: finding.since.map_or(now, |since| since.min(now)),
        recovered: None,
    }
}

/// The entry with what the finding says now.
fn update_entry(mut entry: MonitoredAlert, finding: Option<&Finding>) -> MonitoredAlert {
    if let Some(finding) = finding.filter(|f| f.strength != Strength::Unclear) {
        entry.alert.text = finding.text.clone();
        entry.alert.severity = finding.severity;
    }
    entry
}

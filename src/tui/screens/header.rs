//! The two lines at the top: where one is, who signs, how fresh and how proven.

use super::{Cx, format};
use crate::tui::app::state::pulse::PulseNeed;
use crate::tui::app::state::{Hit, Screen, State};
use crate::tui::command::Command;
use crate::tui::theme::{ColorDepth, Role};
use crate::tui::widgets::text::{spans_width, truncate_text};
use crate::tui::widgets::{Spans, gauge, span};
use icpulse_model::Seconds;
use icpulse_model::account::short_principal;
use icpulse_model::amount::group;
use icpulse_model::world::HistoryProgress;
use ratatui::layout::Rect;

/// Product, network, identity; at the right evidence, age and reading.
pub(super) fn line(cx: &mut Cx<'_, '_, '_>, row: Rect) {
    let state = cx.state;
    let width = usize::from(row.width);
    // The most that can be said without cutting: first what the network is not gets shorter, then the
    // identity, then reading. What it is not is never left out.
    let choices = [
        (Trust::Long, Signer::Long, Detail::Full),
        (Trust::Long, Signer::Short, Detail::Full),
        (Trust::Long, Signer::Short, Detail::Some),
        (Trust::Short, Signer::Short, Detail::Some),
        (Trust::Short, Signer::Short, Detail::Little),
        (Trust::Short, Signer::Name, Detail::Little),
        // The narrowest.
        (Trust::Short, Signer::Name, Detail::Least),
    ];
    let mut chosen = (Vec::new(), Vec::new(), Vec::new());
    for (trust, signer, detail) in choices {
        let right = reading_spans(state, cx.pen.ascii(), detail);
        let mut who = signer_spans(state, signer == Signer::Long);
        if signer == Signer::Name {
            who.retain(|span| span.role != Role::Id);
        }
        let rest = spans_width(&who) + spans_width(&right) + 7;
        let left = network_spans(state, trust, width.saturating_sub(rest).min(width / 2));
        let fits = spans_width(&left) + rest <= width;
        chosen = (left, who, right);
        if fits && !is_cut(&chosen.0, state) {
            break;
        }
    }
    let (left, who, mut right) = chosen;
    let left_w = spans_width(&left);
    right.push(span(" ", Role::Dim));
    let right_w = spans_width(&right).min(width / 2);
    let right_x = row.right().saturating_sub(u16::try_from(right_w).unwrap_or(0));
    cx.pen.write_spans(row.x, row.y, u16::try_from(left_w).unwrap_or(0), &left);
    cx.pen.write_spans(right_x, row.y, u16::try_from(right_w).unwrap_or(0), &right);
    if state.running().is_some() {
        let place = Rect::new(right_x, row.y, u16::try_from(right_w).unwrap_or(0), 1);
        cx.hits.add_area(place, Hit::Run(Command::Actions));
    }
    // Who signs stands between both, in the middle where there is room.
    let who_w = spans_width(&who);
    let from = left_w + 3;
    let to = width.saturating_sub(right_w + 3);
    let middle = width.saturating_sub(who_w) / 2;
    let x = middle.clamp(from.min(to), to.saturating_sub(who_w).max(from));
    if to > x {
        let (x, room) = (u16::try_from(x).unwrap_or(0), u16::try_from(to - x).unwrap_or(0));
        let end = cx.pen.write_spans(row.x + x, row.y, room, &who);
        cx.hits.add_area(
            Rect::new(row.x + x, row.y, end.saturating_sub(row.x + x), 1),
            Hit::Run(Command::Identity),
        );
    }
}

/// How much the header says of what the network is not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Short,
    Long,
}

/// How much the header says of who signs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signer {
    Name,
    Short,
    Long,
}

/// Whether a network's name is not shown whole.
fn is_cut(network: &Spans, state: &State) -> bool {
    !network.iter().any(|s| s.text == state.network.name.as_str())
}

/// Product and network, and what the network is not, in at most `room` cells: the name is cut first.
fn network_spans(state: &State, detail: Trust, room: usize) -> Spans {
    let network = &state.network;
    let long = detail == Trust::Long;
    let mut marks: Spans = Vec::new();
    if !network.trust.is_main() {
        let text = match (network.root_key_fetched, long) {
            (true, true) => ", not the Internet Computer (its own root key)",
            (false, true) => ", not the Internet Computer",
            (_, false) => ", not the IC",
        };
        marks.push(span(text, Role::Warn));
    }
    if !network.trust.foreign.is_empty() {
        marks.push(span(if long { ", foreign canisters" } else { " foreign!" }, Role::Bad));
    }
    let product = span(" icpulse", Role::HeaderProduct);
    let dot = span(" · ", Role::Dim);
    let used = 11 + spans_width(&marks);
    let name = truncate_text(network.name.as_str(), room.saturating_sub(used).max(8)).into_owned();
    let mut spans = vec![product, dot, span(name, Role::HeaderNetwork)];
    spans.extend(marks);
    spans
}

fn signer_spans(state: &State, wide: bool) -> Spans {
    let signer = &state.signer;
    if signer.is_anonymous() {
        return vec![span("read-only", Role::HeaderReadOnly)];
    }
    if let Some(what) = state.awaiting_touch.as_ref().filter(|_| state.is_submitting()) {
        let what = if wide { format!(": {what}") } else { String::new() };
        return vec![span(format!("confirm on the device{what}"), Role::Warn)];
    }
    let mut spans = Vec::new();
    if wide {
        spans.push(span("signing as ", Role::Dim));
    }
    spans.push(span(signer.name.as_str().to_owned(), Role::HeaderIdentity));
    spans.push(span(format!(" {}", short_principal(&signer.principal)), Role::Id));
    if state.options.read_only {
        spans.push(span(" read-only", Role::HeaderReadOnly));
    } else if signer.locked {
        spans.push(span(" locked", Role::Warn));
    } else if let Some(until) = signer.unlocked_until {
        let left = until.since(state.now);
        let role = if left < Seconds(60) { Role::Warn } else { Role::Dim };
        spans.push(span(format!(" open {}", format::left_short(state.now, until)), role));
    }
    spans
}

/// Characters of the hour and the minute in the text of a time.
const HOUR_AND_MINUTE: usize = 5;

/// How much the header says of reading.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Detail {
    Least,
    Little,
    Some,
    Full,
}

/// Evidence and age of the newest reading, and how far reading is.
fn reading_spans(state: &State, ascii: bool, detail: Detail) -> Spans {
    let sync = &state.sync;
    let mut spans = Vec::new();
    let dot = || span(" · ", Role::Dim);
    if sync.offline {
        spans.push(span("offline", Role::Stale));
        if let Some(at) = sync.newest_reading() {
            if detail > Detail::Little {
                spans.extend([dot(), span(format!("as of {}", at.date_minute()), Role::Dim)]);
            }
            spans.extend([dot(), span(format::ago_text(state.now, at), Role::Dim)]);
        }
        return spans;
    }
    if sync.paused {
        spans.extend([span("paused", Role::Warn), dot()]);
    }
    let running = state.running();
    if let Some(run) = &running {
        spans.extend(running_spans(run, detail));
        spans.push(dot());
    }
    // What is being sent matters more.
    let least = if running.is_some() { Detail::Some } else { Detail::Least };
    if detail > least
        && let Some(at) = sync.certified_at
    {
        let mut clock = at.clock();
        if detail == Detail::Little {
            clock.truncate(HOUR_AND_MINUTE);
        }
        spans.extend([span("certified ", Role::Certified), span(clock, Role::Dim), dot()]);
    }
    match sync.newest_reading() {
        Some(at) => {
            let old = format::is_stale(state.now, at);
            if sync.trouble.is_some() || old && sync.last_success.is_some() {
                spans.push(span(format!("stale: {}", format::ago_text(state.now, at)), Role::Stale));
            } else if sync.last_success.is_none() {
                spans.push(span(format!("connecting, {}", format::ago_text(state.now, at)), Role::Syncing));
            } else {
                spans.push(span(format::ago_text(state.now, at), Role::Dim));
            }
        }
        None if sync.trouble.is_some() => spans.push(span("not read yet", Role::Stale)),
        None => spans.push(span("connecting", Role::Syncing)),
    }
    // The registry is replayed once; then the history is what takes long.
    let (what, progress) = match sync.registry.filter(|r| r.total > 0) {
        Some(registry) => ("registry ", Some(registry)),
        None => ("", sync.history),
    };
    match progress.filter(|_| running.is_none()) {
        Some(h) if h.total > 0 => {
            spans.push(dot());
            if detail <= Detail::Little {
                let share = format::basis_points(h.done, h.total) / 100;
                spans.push(span(format!("{what}{share} %"), Role::Syncing));
            } else {
                let count = format!(
                    "{what}{} of {} ",
                    format::compact_number(h.done),
                    format::compact_number(h.total)
                );
                spans.push(span(count, Role::Syncing));
                spans.push(span(progress_bar(gauge::permille(h.done, h.total), 8, ascii), Role::Syncing));
                if detail == Detail::Full {
                    spans.push(span(format!(" {}/s", format::compact_number(h.per_second)), Role::Dim));
                }
            }
            if let Some(left) = h.left {
                spans.push(span(format!(" {} left", format::tight(left)), Role::Dim));
            }
        }
        _ if detail > Detail::Little && !state.world.proposals.is_empty() && running.is_none() => {
            spans.push(dot());
            spans.push(span(
                format!("synced {}", format::grouped_number(state.world.proposals.len())),
                Role::Dim,
            ));
        }
        _ => {}
    }
    let busy = sync.in_flight > 0 && !sync.paused;
    spans.push(span(format!(" {}", format::throbber_glyph(state.now, busy, ascii)), Role::Syncing));
    spans
}

/// How far the actions under way are.
fn running_spans(run: &HistoryProgress, detail: Detail) -> Spans {
    let of = if detail <= Detail::Little { "/" } else { " of " };
    let (done, total) = (group(&run.done.to_string()), group(&run.total.to_string()));
    let mut text = format!("sending {done}{of}{total}");
    if run.per_second > 0 && detail > Detail::Little {
        text.push_str(&format!(" · {}/s", group(&run.per_second.to_string())));
    }
    let mut spans = vec![span(text, Role::Syncing)];
    if let Some(left) = run.left.filter(|_| run.done < run.total) {
        spans.push(span(format!(" · {} left", format::tight(left)), Role::Dim));
    }
    spans
}

/// A small bar as text.
fn progress_bar(permille: u16, cells: u16, ascii: bool) -> String {
    let full = usize::from(permille.min(1_000)) * usize::from(cells) / 1_000;
    let (on, off) = if ascii { ("#", ".") } else { ("▓", "░") };
    format!("{}{}", on.repeat(full), off.repeat(usize::from(cells) - full))
}

/// The screens with what waits on each, and the way to help. Where room is short only the present screen
/// has its title.
pub(super) fn tabs(cx: &mut Cx<'_, '_, '_>, row: Rect) {
    let state = cx.state;
    let plain = cx.pen.ascii() || cx.pen.theme().depth() == ColorDepth::None;
    let hint = |command: Command| {
        vec![
            span(format::key_text(state, command), Role::Key),
            span(format!(" {}", command.spec().title), Role::KeyLabel),
        ]
    };
    let mut help = hint(Command::Help);
    let mut both = hint(Command::Palette);
    both.push(span("   ", Role::KeyLabel));
    both.extend(help.iter().cloned());
    let label = |screen: Screen, titles: bool| {
        let active = state.place.screen == screen;
        let (open, close) = if active && plain { ("[", "]") } else { (" ", " ") };
        let title = if titles || active { format!(" {}", screen.title()) } else { String::new() };
        let role = if active { Role::TabActive } else { Role::Tab };
        let mut spans = vec![span(format!("{open}{}{title}", screen.number()), role)];
        match waiting_count(state, screen) {
            0 => {}
            n => spans.push(span(format!(" {n}"), if active { role } else { Role::TabCount })),
        }
        spans.push(span(close, role));
        spans
    };
    let width = usize::from(row.width);
    let total = |titles: bool| Screen::ALL.iter().map(|s| spans_width(&label(*s, titles)) + 1).sum::<usize>();
    let titles = total(true) + spans_width(&help) < width;
    if total(titles) + spans_width(&both) < width {
        help = both;
    }
    let mut x = row.x;
    for screen in Screen::ALL {
        let start = x;
        x = cx.pen.write_spans(x, row.y, row.right() - x, &label(screen, titles));
        cx.hits.add_area(Rect::new(start, row.y, x - start, 1), Hit::Screen(screen));
        x = (x + 1).min(row.right());
    }
    let w = u16::try_from(spans_width(&help)).unwrap_or(0);
    if row.right().saturating_sub(x) > w {
        let place = Rect::new(row.right() - w - 1, row.y, w, 1);
        cx.pen.write_spans(place.x, row.y, w, &help);
        cx.hits.add_area(place, Hit::Run(Command::Help));
    }
}

/// How many things wait for the user on a screen.
fn waiting_count(state: &State, screen: Screen) -> usize {
    let of = |need: &PulseNeed| match (screen, need) {
        (Screen::Proposals, PulseNeed::Vote { count, .. })
        | (Screen::Neurons, PulseNeed::ConfirmFollowing { count, .. } | PulseNeed::Dissolved { count, .. }) => {
            *count
        }
        _ => 0,
    };
    if screen == Screen::Network {
        return state.world.alerts.node_alerts().count();
    }
    state.pulse.needs().map(of).sum()
}

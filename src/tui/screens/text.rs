//! Pulse as plain text, for runs without a terminal: no escape codes, no cursor, one page.

use super::pulse;
use super::{condition, format, memo, proposals};
use crate::tui::app::state::State;
use crate::tui::widgets::Spans;
use crate::tui::widgets::ascii::flatten_text;
use crate::tui::widgets::text::{text_width, truncate_text, wrap_text};
use icpulse_model::amount::percent;
use icpulse_model::text::Block;
use std::fmt::Write as _;

/// Open proposals listed at most.
const PROPOSALS: usize = 20;

/// Pulse as lines of at most `columns` cells.
pub fn pulse_text(state: &State, columns: usize) -> String {
    let columns = columns.max(40);
    let mut out = String::new();
    let mut line = |text: &str| {
        let cut = truncate_text(text.trim_end(), columns);
        let _ = writeln!(out, "{cut}");
    };
    let network = &state.network;
    let other = if network.trust.is_main() { "" } else { ", not the Internet Computer" };
    line(&format!("icpulse · {}{other} · {}", network.name, freshness_text(state)));
    for foreign in &network.trust.foreign {
        line(&format!("! {}", foreign.describe()));
    }
    if state.signer.is_anonymous() {
        line("read-only: no identity");
    } else {
        line(&format!("signing as {} {}", state.signer.name, state.signer.principal));
    }
    if let Some(trouble) = &state.sync.trouble {
        let text = format!("! {}: {}; {}", trouble.attempted, trouble.why, trouble.advice);
        wrap_text(&text, columns).iter().for_each(|l| line(l));
    }
    line("");
    line("NEEDS YOU");
    if state.pulse.needs == 0 {
        let unread = !condition::needs_known(state);
        line(if unread { "  unknown" } else { "  nothing" });
    }
    for need in state.pulse.needs() {
        let (what, when, _) = pulse::need_texts(state, need);
        line(&format!("  {} {}", pad_text(&what, 34), when));
    }
    for (title, lines) in pulse::sections(state) {
        // Of nobody there is nothing to say that was not said above.
        if title == "YOU" && state.signer.is_anonymous() {
            continue;
        }
        line("");
        line(title);
        for spans in lines {
            line(&format!("  {}", plain_text(&spans)));
        }
    }
    line("");
    let open: Vec<_> = state.pulse.proposals().filter_map(|id| state.proposal(id)).collect();
    // number, title, closes, yes, no, yours
    let title_w = columns.saturating_sub(2 + 8 + 2 + 10 + 8 + 8 + 10).clamp(12, 90);
    let heading = pad_text(&format!("OPEN FOR VOTES  {}", open.len()), 12 + title_w);
    if open.is_empty() {
        line(&heading);
    } else {
        line(&format!("{heading}{:>10}{:>8}{:>8}  yours", "closes", "yes", "no"));
    }
    for p in open.iter().take(PROPOSALS) {
        let (closes, _) = proposals::deadline_text(state, p);
        let (mine, _) = format::own_vote_text(state, p);
        let share = |bp: Option<u32>| bp.map(percent).unwrap_or_default();
        let (yes, no) = (share(p.tally.map(|t| t.yes_bp())), share(p.tally.map(|t| t.no_bp())));
        let title = pad_text(&truncate_text(&proposals::title_text(p), title_w), title_w);
        let id = p.id.to_string();
        line(&format!("  {id:>8}  {title}{closes:>10}{yes:>8}{no:>8}  {mine}"));
    }
    if open.len() > PROPOSALS {
        line(&format!("  … and {} more", open.len() - PROPOSALS));
    }
    if state.options.ascii { flatten_text(&out) } else { out }
}

/// Everything that needs the user, with its time as text; `None` before it was read.
pub fn list_needs(state: &State) -> Option<Vec<(String, String)>> {
    let texts = |need| {
        let (what, when, _) = pulse::need_texts(state, need);
        (what.to_string(), when.to_string())
    };
    condition::needs_known(state).then(|| state.pulse.needs().map(texts).collect())
}

/// Markdown from the network as plain text of at most `columns` cells a line.
pub fn markdown_text(text: &Block, columns: usize) -> String {
    memo::markdown_lines(text, columns)
        .iter()
        .map(|line| format!("{}\n", plain_text(line).trim_end()))
        .collect()
}

fn freshness_text(state: &State) -> String {
    let sync = &state.sync;
    let age = sync.newest_reading().map_or_else(
        || "nothing read yet".to_owned(),
        |at| format!("read {} UTC, {}", at.date_minute(), format::ago_text(state.now, at)),
    );
    let certified = sync.certified_at.map(|at| format!(" · certified {}", at.clock())).unwrap_or_default();
    let offline = if sync.offline { "offline · " } else { "" };
    format!("{offline}{age}{certified}")
}

fn plain_text(spans: &Spans) -> String {
    spans.iter().map(|s| s.text.as_ref()).collect()
}

fn pad_text(text: &str, cells: usize) -> String {
    format!("{text}{}", " ".repeat(cells.saturating_sub(text_width(text))))
}

//! The third line: the way here, or what a list shows.

use super::{Cx, format};
use crate::tui::app::state::list::ListState;
use crate::tui::app::state::{Hit, Screen};
use crate::tui::theme::Role;
use crate::tui::widgets::text::text_width;
use crate::tui::widgets::{Spans, span};
use ratatui::layout::Rect;

/// Breadcrumbs of a detail; count, filter and order of a list.
pub(super) fn line(cx: &mut Cx<'_, '_, '_>, row: Rect) {
    let state = cx.state;
    if state.detail().is_some() {
        draw_crumbs(cx, row);
        return;
    }
    let spans = match state.place.screen {
        Screen::Pulse => note_spans(cx),
        Screen::Proposals => {
            list_spans(&state.proposals, "proposal", "proposals", state.sync.history.is_none())
        }
        Screen::Neurons => list_spans(&state.neurons, "neuron", "neurons", true),
        Screen::Wallet => {
            let is_whole = state.account().is_none_or(|account| account.complete);
            list_spans(&state.wallet.list, "transaction", "transactions", is_whole)
        }
        Screen::Network => {
            let info = &state.net.shown.dataset().info;
            let (one, many) = (info.one, info.many);
            let list = state.net.shown.list();
            let is_whole = !list.has_older || state.net.older_end.is_some() || state.net.then.is_some();
            list_spans(state.net.list(), one, many, is_whole)
        }
    };
    cx.pen.write_spans(row.x + 1, row.y, row.width.saturating_sub(2), &spans);
}

fn draw_crumbs(cx: &mut Cx<'_, '_, '_>, row: Rect) {
    let crumbs = cx.state.breadcrumbs();
    let last = crumbs.len().saturating_sub(1);
    // Long ways lose their beginning, not their end.
    let room = usize::from(row.width.saturating_sub(2));
    let mut from = 0;
    while from < last && crumbs.iter().skip(from).map(|c| text_width(c) + 3).sum::<usize>() > room {
        from += 1;
    }
    let mut x = row.x + 1;
    for (index, crumb) in crumbs.iter().enumerate().skip(from) {
        let role = if index == last { Role::BreadcrumbHere } else { Role::Breadcrumb };
        let start = x;
        x = cx.pen.write(x, row.y, row.right().saturating_sub(x), crumb, role);
        if index == last
            && let Some(link) = cx.state.dashboard_link()
            && cx.state.layers.is_empty()
        {
            cx.hits.links.push((Rect::new(start, row.y, x - start, 1), link));
        }
        if index < last {
            cx.hits.add_area(Rect::new(start, row.y, x - start, 1), Hit::Crumb(last - index));
            x = cx.pen.write(x, row.y, row.right().saturating_sub(x), " › ", Role::Breadcrumb);
        }
    }
}

/// The number of rows; where there are more than those in memory (not `is_whole`), they are called loaded.
fn list_spans<K: Copy + Ord>(list: &ListState<K>, one: &str, many: &str, is_whole: bool) -> Spans {
    let mut spans: Spans = Vec::new();
    let loaded = if is_whole { "" } else { " loaded" };
    let total = format!("{}{loaded}", format::count_noun(list.total, one, many));
    let shown = list.rows.len();
    if list.filter.text.is_empty() {
        // Of nothing there is nothing to say here: the body says why.
        if list.total == 0 {
            return spans;
        }
        spans.push(span(total, Role::Dim));
    } else {
        spans.push(span(format::grouped_number(shown), Role::Strong));
        spans.push(span(format!(" of {total}"), Role::Dim));
        let role = if list.filter.error.is_some() { Role::InputError } else { Role::Accent };
        spans.push(span("   filter ", Role::Dim));
        spans.push(span(list.filter.text.clone(), role));
    }
    if !list.marked.is_empty() {
        spans.push(span("   ", Role::Dim));
        spans.push(span(format!("● {} marked", list.marked.len()), Role::Marked));
    }
    spans
}

/// What Pulse has to say of the session: a cache that is not shared.
fn note_spans(cx: &Cx<'_, '_, '_>) -> Spans {
    cx.state
        .sync
        .cache_note
        .iter()
        .flat_map(|note| [span("note  ", Role::Info), span(note.as_str().to_owned(), Role::Dim)])
        .collect()
}

//! One thing of the network: its figures, what it leads to, what happened to it.

use super::super::cell;
use super::super::facts;
use super::super::pieces::Ink;
use super::super::proposal::{add_row_hits, part_tabs};
use super::super::{Cx, condition, format};
use crate::datasets::detail::Detail as Described;
use crate::datasets::network::find_list;
use crate::tui::app::state::{Detail, State, Subject, Tab};
use crate::tui::theme::Role;
use crate::tui::widgets::table::{self, Column, Content, Row, Table, Width};
use crate::tui::widgets::text::spans_width;
use crate::tui::widgets::{Spans, notice, span};
use icpulse_model::amount::group;
use icpulse_model::dataset::{Column as DatasetColumn, Context};
use ratatui::layout::Rect;

/// From this width on two parts stand side by side.
const WIDE: u16 = 110;
/// Where the values of figures begin.
const VALUES: usize = 14;

/// Draws what is open.
pub(in crate::tui::screens) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, subject: &Subject, detail: &Detail) {
    let state = cx.state;
    let area = Rect::new(area.x + 1, area.y, area.width.saturating_sub(2), area.height);
    if !state.is_listed(subject) {
        condition::draw_unknown_subject(cx, area, *subject);
        return;
    }
    let cells = state.cell_context();
    let Some(list) = find_list(subject) else { return };
    let described = list.describe(subject, &cells);
    let mut title: Spans = Vec::new();
    if let Some(then) = &state.net.then {
        let version = group(&then.topology.version.to_string());
        title.extend([span(format!(" THE PAST: version {version} "), Role::Danger), span("  ", Role::Dim)]);
    }
    let room = usize::from(area.width).saturating_sub(spans_width(&title));
    let ink = Ink::new(state, area.width);
    title.extend(ink.title(&described, room));
    cx.pen.write_spans(area.x, area.y, area.width, &title);
    let counts = |tab: Tab| {
        let count = match tab {
            Tab::Links => state.links(subject).len(),
            Tab::Happened => state.events_about(subject).len(),
            _ => 0,
        };
        if count > 0 { format!(" {count}") } else { String::new() }
    };
    let y = part_tabs(cx, Rect::new(area.x, area.y + 2, area.width, 1), detail, counts) + 1;
    let body = Rect::new(area.x, y.min(area.bottom()), area.width, area.bottom().saturating_sub(y));
    let tab = detail.current_tab();
    if area.width + 2 < WIDE {
        match tab {
            Tab::Figures => draw_figures(cx, body, &described, detail),
            _ => listed(cx, body, subject, detail, tab, true),
        }
        return;
    }
    let share = if tab.has_cursor() { 62 } else { 50 };
    let left = Rect::new(body.x, body.y, (body.width - 3) * share / 100, body.height);
    let right = Rect::new(left.right() + 3, body.y, body.width - left.width - 3, body.height);
    cx.pen.draw_vertical_rule(left.right() + 1, body.y, body.height, Role::Border);
    if tab == Tab::Figures {
        draw_figures(cx, left, &described, detail);
        listed(cx, right, subject, detail, Tab::Links, false);
    } else {
        listed(cx, left, subject, detail, tab, true);
        let width = right.width.saturating_sub(2);
        let lines = Ink::new(state, width).lines(&described, width, VALUES);
        facts::draw_scrolled_lines(cx, right, &lines, 0);
    }
}

fn draw_figures(cx: &mut Cx<'_, '_, '_>, area: Rect, described: &Described<'_>, detail: &Detail) {
    let width = area.width.saturating_sub(2);
    let lines = Ink::new(cx.state, width).lines(described, width, VALUES);
    facts::detail_part(cx, area, &lines, detail.scroll);
}

fn owned(content: Content<'_>) -> Content<'static> {
    match content {
        Content::Text(text, role) => Content::Text(text.into_owned().into(), role),
        Content::Marked(text, role, mark) => Content::Marked(text.into_owned().into(), role, mark),
        Content::Id(text, role) => Content::Id(text.into_owned().into(), role),
        Content::Pieces(spans) => Content::Pieces(spans),
        Content::Tail(spans) => Content::Tail(spans),
        Content::Tally(shares) => Content::Tally(shares),
        Content::Spark(values) => Content::Spark(values),
        Content::Nothing => Content::Nothing,
    }
}

/// Names what a link leads to.
fn name_target<'a>(state: &'a State, to: &Subject, cells: &Context) -> Content<'a> {
    let Some(list) = find_list(to) else {
        return match to {
            Subject::Proposal(id) => match state.proposal(*id) {
                Some(p) => Content::text(format!("{id} {}", p.title), Role::Text),
                None => Content::text(to.id_text(), Role::Text),
            },
            _ => Content::text(to.id_text(), Role::Text),
        };
    };
    let name = (list.name)(to, cells);
    let (role, is_unverified) = (cell::role_for_tone(name.tone), name.is_unverified());
    let text = name.into_text(cells.now, None);
    match role {
        role if is_unverified => Content::Marked(text, role, format::unverified_mark()),
        Role::Id => Content::id(text),
        role => Content::text(text, role),
    }
}

/// A list of links or events; with the cursor, or as a look at the side.
fn listed(cx: &mut Cx<'_, '_, '_>, area: Rect, subject: &Subject, detail: &Detail, tab: Tab, active: bool) {
    let state = cx.state;
    let events = if tab == Tab::Happened { state.events_about(subject) } else { Vec::new() };
    let links = if tab == Tab::Links { state.links(subject) } else { Vec::new() };
    let len = events.len() + links.len();
    if active {
        cx.hits.detail_lines = len;
        cx.hits.detail_height = usize::from(area.height.saturating_sub(1));
    }
    if len == 0 {
        let lines = match tab {
            Tab::Happened => ["no events in the history read so far"],
            _ => ["it names nothing else"],
        };
        notice::draw(cx.pen, area, "Nothing here", Role::Text, &lines);
        return;
    }
    let fill = Width::Fill { min: 16, max: 100, weight: 1 };
    let columns = if tab == Tab::Happened {
        vec![
            Column::number_column("version", 9, 0),
            Column::text_column("time (UTC)", Width::Fixed(16), 1),
            Column::text_column("what happened", fill, 0),
        ]
    } else {
        vec![
            Column::text_column("", Width::Fixed(10), 0),
            Column::text_column("leads to", fill, 0),
            Column::text_column("status", Width::Fixed(14), 1),
            Column::text_column("where", Width::Fixed(9), 3),
            Column::text_column("30 days", Width::Fixed(30), 2),
        ]
    };
    let spec = Table {
        columns: &columns,
        len,
        offset: if active { detail.scroll } else { 0 },
        selected: active.then(|| detail.cursor.min(len - 1)),
        focused: state.layers.is_empty(),
        heads: true,
    };
    let cells = state.cell_context();
    let cell = |subject: &Subject, column: &str| {
        let list = find_list(subject);
        let column = list.and_then(|list| list.dataset.columns.iter().find(|c| c.info.id == column));
        let content =
            |c: &DatasetColumn<Subject>| owned(cell::cell_content(state, &c.info, (c.get)(subject, &cells)));
        column.map_or(Content::Nothing, content)
    };
    let drawn = table::draw(cx.pen, area, &spec, |index| {
        let cells = if tab == Tab::Happened {
            let event = events.get(index)?;
            ["version", "at", "text"].map(|column| cell(event, column)).into()
        } else {
            let link = links.get(index)?;
            let columns = find_list(&link.to).map_or(&[][..], |list| list.link_columns);
            let first = columns.first().copied().unwrap_or_default();
            let second = link.column.or(columns.get(1).copied()).unwrap_or_default();
            vec![
                Content::text(link.what, Role::Dim),
                name_target(state, &link.to, &cells),
                cell(&link.to, first),
                cell(&link.to, second),
                cell(&link.to, "strip"),
            ]
        };
        Some(Row { cells, marked: false })
    });
    if active {
        add_row_hits(cx, &drawn);
    }
}

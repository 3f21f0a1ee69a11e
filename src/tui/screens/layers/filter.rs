//! The line in which a filter is written, at the bottom of the list that follows it.

use super::super::Cx;
use crate::tui::app::state::Hit;
use crate::tui::app::state::layer::{FilterLayer, SearchLayer};
use crate::tui::theme::Role;
use crate::tui::widgets::{Spans, span};
use ratatui::layout::Rect;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, body: Rect, layer: &FilterLayer, top: bool) {
    if body.height < 2 {
        return;
    }
    let area = Rect::new(body.x, body.bottom() - 2, body.width, 2);
    cx.pen.clear_area(area, cx.pen.theme().layer_style());
    cx.hits.add_area(area, Hit::Layer);
    let hint: Spans = match &layer.error {
        Some(error) => vec![span("! ", Role::Bad), span(error.message.clone(), Role::Warn)],
        None if !layer.suggestions.is_empty() => {
            let mut spans = vec![span("tab  ", Role::Key)];
            for suggestion in layer.suggestions.iter().take(12) {
                spans.push(span(format!("{}   ", suggestion.label), Role::Dim));
            }
            spans
        }
        None => vec![span(
            "fuzzy words · !word excludes · fields such as status:open  stake>100  -topic:governance",
            Role::Dim,
        )],
    };
    cx.pen.write_spans(area.x + 1, area.y, area.width.saturating_sub(2), &hint);
    let x = cx.pen.write(area.x + 1, area.y + 1, 2, "/ ", Role::Key);
    let place = Rect::new(x, area.y + 1, area.right().saturating_sub(x + 1), 1);
    let error = layer.error.as_ref().map(|e| &e.at);
    super::draw_input(cx, place, &layer.input, "find", error, top);
}

/// The line in which a search of the text above it is written.
pub(super) fn draw_search(cx: &mut Cx<'_, '_, '_>, body: Rect, layer: &SearchLayer, top: bool) {
    if body.height < 2 {
        return;
    }
    let area = Rect::new(body.x, body.bottom() - 1, body.width, 1);
    cx.pen.clear_area(area, cx.pen.theme().layer_style());
    cx.hits.add_area(area, Hit::Layer);
    let found = match (cx.state.search.is_empty(), cx.hits.found.len()) {
        (true, _) => String::new(),
        (false, 1) => "1 line".to_owned(),
        (false, n) => format!("{n} lines"),
    };
    let found_w = u16::try_from(found.len()).unwrap_or(0);
    cx.pen.write(area.right().saturating_sub(found_w + 1), area.y, found_w, &found, Role::Dim);
    let x = cx.pen.write(area.x + 1, area.y, 2, "/ ", Role::Key);
    let place = Rect::new(x, area.y, area.right().saturating_sub(x + found_w + 2), 1);
    super::draw_input(cx, place, &layer.input, "search this text", None, top);
}

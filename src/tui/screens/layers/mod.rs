//! What lies over a screen. The topmost layer has the keyboard and shows its keys in its frame.

mod actions;
mod ballots;
mod choice;
mod execution;
mod filter;
mod form;
mod help;
mod jump;
mod message;
mod palette;
mod qr;
mod review;
mod travel;
mod unlock;
mod what_if;

use super::{Cx, facts};
use crate::tui::app::state::{Hit, Layer};
use crate::tui::command::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::input::{self, Input};
use crate::tui::widgets::keys::{self, Hint};
use crate::tui::widgets::text::text_width;
use crate::tui::widgets::{Spans, layer, scroll};
use ratatui::layout::Rect;
use std::ops::Range;

/// Draws all layers, the topmost last.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, body: Rect) {
    let layers = &cx.state.layers;
    // A framed layer may cover the lines above the body and the footer, but neither the first line nor notices.
    let screen = cx.pen.area();
    let footer = screen.bottom() - 1;
    let bottom = if body.bottom() < footer { body.bottom() } else { screen.bottom() };
    let area = Rect::new(screen.x, screen.y + 1, screen.width, bottom.saturating_sub(screen.y + 1));
    for (index, layer) in layers.iter().enumerate() {
        let top = index + 1 == layers.len();
        // A place for the mouse in a layer below would be a lie.
        if top {
            cx.hits.layer_lines = 0;
            cx.hits.layer_height = 0;
        }
        draw_layer(cx, area, body, layer, top);
    }
}

fn draw_layer(cx: &mut Cx<'_, '_, '_>, area: Rect, body: Rect, layer: &Layer, top: bool) {
    match layer {
        Layer::Help(l) => help::draw(cx, area, l, top),
        Layer::Palette(l) => palette::draw(cx, area, l, top),
        Layer::Filter(l) => filter::draw(cx, body, l, top),
        Layer::Search(l) => filter::draw_search(cx, body, l, top),
        Layer::Jump(l) => jump::draw(cx, area, l, top),
        Layer::Ballots(l) => ballots::draw(cx, area, l, top),
        Layer::Review(l) => review::draw(cx, area, l, top),
        Layer::Execution(l) => execution::draw(cx, area, l, top),
        Layer::Actions(l) => actions::draw(cx, area, l, top),
        Layer::Form(l) => form::draw(cx, area, l, top),
        Layer::Unlock(l) => unlock::draw(cx, area, l, top),
        Layer::Choice(l) => choice::draw(cx, area, l, top),
        Layer::Qr(l) => qr::draw(cx, area, l, top),
        Layer::Message(l) => message::draw(cx, area, l, top),
        Layer::WhatIf(l) => what_if::draw(cx, area, l, top),
        Layer::Travel(l) => travel::draw(cx, area, l, top),
        Layer::Alias(l) => travel::draw_alias(cx, area, l, top),
    }
}

/// Frames a layer for an inside of `w` by `h`, as far as there is room, with its keys in the
/// lower edge; gives the inside.
fn draw_frame(cx: &mut Cx<'_, '_, '_>, area: Rect, title: &str, w: u16, h: u16, top: bool) -> Rect {
    frame_with(cx, area, title, (w, h), top, |_| true)
}

/// Like [`frame`]; only keys of commands that `useful` accepts are shown.
fn frame_with(
    cx: &mut Cx<'_, '_, '_>,
    area: Rect,
    title: &str,
    (w, h): (u16, u16),
    top: bool,
    useful: impl Fn(Command) -> bool,
) -> Rect {
    let margin = Rect::new(area.x + 1, area.y, area.width.saturating_sub(2), area.height);
    let outer = layer::centered_rect(margin, w.saturating_add(4), h.saturating_add(2));
    // What would peep out in a few columns beside a wide layer only disturbs.
    if area.width.saturating_sub(outer.width) <= 8 {
        let band = Rect::new(area.x, outer.y, area.width, outer.height);
        cx.pen.clear_area(band, cx.pen.theme().base_style());
    }
    let inside = layer::draw_frame(cx.pen, outer, title);
    cx.hits.add_area(outer, Hit::Layer);
    if top {
        edge_keys(cx, outer, useful);
    }
    inside
}

/// The layer's keys, in its lower edge: what it is for first, leaving last.
fn edge_keys(cx: &mut Cx<'_, '_, '_>, outer: Rect, useful: impl Fn(Command) -> bool) {
    let mut hints = cx.state.footer_hints();
    hints.retain(|h| h.refusal.is_none() && useful(h.command));
    // What is left out where room is short: the last of these.
    hints.sort_by_key(|h| match h.command {
        Command::Confirm => 0,
        Command::Close => 1,
        Command::LayerHelp => 2,
        _ => 3,
    });
    let room = usize::from(outer.width.saturating_sub(6));
    let mut total = 0;
    hints.retain(|h| {
        let key = h.keys.first().map_or(0, |key| text_width(key));
        let needed = key + 1 + text_width(h.title) + if total > 0 { 3 } else { 0 };
        let fits = total + needed <= room;
        total += if fits { needed } else { 0 };
        fits
    });
    hints.sort_by_key(|h| match h.command {
        Command::Confirm => 0,
        Command::Close => 2,
        Command::LayerHelp => 3,
        _ => 1,
    });
    let shown: Vec<Hint> = hints
        .iter()
        .map(|h| {
            let key = h.keys.first().cloned().unwrap_or_default();
            Hint { key, label: h.title.to_owned(), enabled: true }
        })
        .collect();
    if shown.is_empty() {
        return;
    }
    let w = u16::try_from(total).unwrap_or(0);
    let place = Rect::new(outer.right().saturating_sub(w + 3), outer.bottom() - 1, w + 2, 1);
    cx.pen.clear_area(place, cx.pen.theme().layer_style());
    let places = keys::draw(cx.pen, Rect::new(place.x + 1, place.y, w, 1), &shown);
    for (place, hint) in places.into_iter().zip(&hints) {
        cx.hits.add_area(place, Hit::Run(hint.command));
    }
}

/// Draws lines that scroll inside a layer.
fn lines(cx: &mut Cx<'_, '_, '_>, inside: Rect, lines: &[Spans], offset: usize, top: bool) {
    if top {
        cx.hits.layer_lines = lines.len();
        cx.hits.layer_height = usize::from(inside.height);
    }
    facts::draw_searched_lines(cx, inside, lines, offset);
}

/// Draws the rows of a layer's list from about `offset` on, `cursor` in sight and emphasised.
fn draw_rows(
    cx: &mut Cx<'_, '_, '_>,
    area: Rect,
    place: (usize, usize, usize),
    top: bool,
    row: impl Fn(&mut Cx<'_, '_, '_>, usize, Rect),
) {
    let (cursor, offset, len) = place;
    let height = usize::from(area.height);
    if top {
        cx.hits.layer_height = height;
        cx.hits.layer_lines = len;
    }
    let offset = scroll::keep_visible(offset, (len > 0).then_some(cursor), height, len);
    let bar = u16::from(len > height);
    for (index, y) in (offset..len).zip(area.top()..area.bottom()) {
        let line = Rect::new(area.x, y, area.width.saturating_sub(bar), 1);
        row(cx, index, Rect::new(line.x + 2, y, line.width.saturating_sub(2), 1));
        if index == cursor {
            cx.pen.write(line.x, y, 1, "▸", Role::Accent);
            cx.pen.set_role(line, Role::Selection);
        }
        if top {
            cx.hits.add_area(line, Hit::LayerRow(index));
        }
    }
    scroll::draw_scroll_bar(cx.pen, area.right().saturating_sub(1), area.y, area.height, offset, height, len);
}

/// Draws a line of text that is being typed and notes the cursor's place.
fn draw_input(
    cx: &mut Cx<'_, '_, '_>,
    place: Rect,
    typed: &tui_input::Input,
    placeholder: &str,
    error: Option<&Range<usize>>,
    top: bool,
) {
    let text = typed.value();
    // Errors are told in characters; drawing counts bytes.
    let byte = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(i, _)| i);
    let input = Input {
        text,
        cursor: typed.cursor(),
        masked: false,
        error: error.map(|r| byte(r.start)..byte(r.end).max(byte(r.start) + 1)),
        placeholder,
        focused: top,
    };
    let column = input::draw(cx.pen, place.x, place.y, place.width, &input);
    if top {
        cx.cursor = Some((column, place.y));
    }
}

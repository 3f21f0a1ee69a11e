//! One file a screen, a pure function of state.
//!
//! `draw` reads a `State` and a `Theme` and answers with the `Hits`: what it put where.
//! It keeps nothing between frames but the memory of texts it has wrapped (`memo`), and does no
//! work that grows with the number of proposals.
//!
//! ```text
//! header     product · network · who signs · evidence and age · reading
//! tabs       1 Pulse  2 Proposals 4 …
//! context    breadcrumbs, or count, filter and order of a list
//! (trouble)  what failed, why, what to do
//! body       the screen, or what is open in it
//! footer     the keys that matter here
//! ```

mod cell;
mod condition;
mod context;
mod facts;
mod footer;
mod format;
mod header;
mod layers;
mod links;
mod memo;
mod net;
mod neuron;
mod neurons;
mod payload;
mod pieces;
mod proposal;
mod proposals;
mod pulse;
mod series;
mod table;
pub mod text;
mod transaction;
mod wallet;

pub use pieces::detail_text;

use crate::tui::app::state::SMALLEST;
use crate::tui::app::state::{Detail, Hit, Hits, Screen, State, Subject};
use crate::tui::command::Command;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{Pen, notice};
use icpulse_model::Timestamp;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// What a drawing function needs: where to draw, what to draw, and where to note what it did.
struct Cx<'p, 'b, 's> {
    pen: &'p mut Pen<'b>,
    state: &'s State,
    hits: Hits,
    /// Where typing goes: the terminal's cursor is put there.
    cursor: Option<(u16, u16)>,
}

/// Draws the state into a frame and says what stands where.
pub fn draw(frame: &mut Frame<'_>, state: &State, theme: &Theme) -> Hits {
    let (mut hits, cursor) = paint(frame.buffer_mut(), state, theme);
    hits.cursor = cursor.map(Position::from);
    if let Some(position) = hits.cursor {
        frame.set_cursor_position(position);
    }
    hits
}

/// Draws the state into a buffer; also gives the cell where typing goes, if anywhere.
pub fn paint(buffer: &mut Buffer, state: &State, theme: &Theme) -> (Hits, Option<(u16, u16)>) {
    let area = buffer.area;
    let mut pen = Pen::new(buffer, theme, state.options.ascii);
    pen.clear_area(area, theme.base_style());
    let mut cx = Cx { pen: &mut pen, state, hits: Hits::default(), cursor: None };
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        notice::too_small(cx.pen, SMALLEST);
    } else {
        let ((), left) = format::draw_and_time(|| draw_screen(&mut cx, area));
        cx.hits.changes_at = left.map(|left| Timestamp(state.now.0.saturating_add(left)));
    }
    let (mut hits, cursor) = (cx.hits, cx.cursor);
    hits.links.extend(links::find_addresses(pen.buffer(), state));
    if state.options.ascii {
        pen.to_ascii();
    }
    (hits, cursor)
}

fn draw_screen(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let row = |y: u16| Rect::new(area.x, area.y + y, area.width, 1);
    header::line(cx, row(0));
    header::tabs(cx, row(1));
    context::line(cx, row(2));
    let trouble = condition::draw_trouble(cx, Rect::new(area.x, area.y + 3, area.width, 2));
    let top = area.y + 3 + trouble;
    let notices = footer::wrap_notices(cx.state, (area.width, area.height));
    let bottom = area.bottom() - 1 - notices.height();
    let mut body = Rect::new(area.x, top, area.width, bottom.saturating_sub(top));
    let whole = body;
    if let Some(subject) = cx.state.previewed() {
        let width = body.width * 11 / 20;
        draw_preview(cx, Rect::new(body.x + width, body.y, body.width - width, body.height), subject);
        body.width = width;
    }
    match (cx.state.place.screen, cx.state.detail()) {
        (_, Some(detail)) => draw_detail(cx, body, detail),
        (Screen::Pulse, None) => pulse::draw(cx, body),
        (Screen::Proposals, None) => proposals::draw(cx, body),
        (Screen::Neurons, None) => neurons::draw(cx, body),
        (Screen::Wallet, None) => wallet::draw(cx, body),
        (Screen::Network, None) => net::draw(cx, body),
    }
    footer::line(cx, row(area.height - 1));
    layers::draw(cx, whole);
    footer::draw_notices(cx, Rect::new(area.x, bottom, area.width, notices.height()), &notices);
}

fn draw_detail(cx: &mut Cx<'_, '_, '_>, area: Rect, detail: &Detail) {
    match detail.subject {
        Subject::Proposal(id) => proposal::draw(cx, area, id, detail),
        Subject::Neuron(id) => neuron::draw(cx, area, id, detail),
        Subject::Transaction(block) => transaction::draw(cx, area, block, detail),
        subject => net::detail(cx, area, &subject, detail),
    }
}

/// Draws the detail of the selected row beside its list; a click in it opens it.
fn draw_preview(cx: &mut Cx<'_, '_, '_>, area: Rect, subject: Subject) {
    cx.pen.draw_vertical_rule(area.x, area.y, area.height, Role::Border);
    let hits = std::mem::take(&mut cx.hits);
    draw_detail(cx, Rect::new(area.x + 1, area.y, area.width - 1, area.height), &Detail::new(subject));
    cx.hits = hits;
    cx.hits.add_area(area, Hit::Run(Command::Open));
}

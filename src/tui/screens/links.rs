//! Which parts of the screen are web addresses.

use crate::tui::app::state::{State, Subject};
use icpulse_model::text::safe_link;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::cell::LazyCell;

/// Addresses of the open detail that stand whole on a line: (place, address). One that is cut or wrapped
/// would lead elsewhere.
pub(super) fn find_addresses(buffer: &Buffer, state: &State) -> Vec<(Rect, String)> {
    let is_detail =
        state.detail().is_some_and(|d| matches!(d.subject, Subject::Proposal(_) | Subject::Neuron(_)));
    if !is_detail || !state.layers.is_empty() {
        return Vec::new();
    }
    // A long summary is only read where an address is seen.
    let known = LazyCell::new(|| known_addresses(state));
    let mut found = Vec::new();
    for y in buffer.area.rows().map(|row| row.y) {
        let mut line = String::new();
        let mut columns = Vec::new();
        for x in buffer.area.left()..buffer.area.right() {
            let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
            columns.extend(std::iter::repeat_n(x, symbol.len()));
            line.push_str(symbol);
        }
        let addresses = words(&line).filter(|(_, word)| safe_link(word).is_some());
        for word in addresses.filter(|(_, word)| known.iter().any(|address| address == word)) {
            let (start, address) = word;
            if let Some(x) = columns.get(start) {
                let w = u16::try_from(address.len()).unwrap_or(u16::MAX);
                found.push((Rect::new(*x, y, w, 1), address.to_owned()));
            }
        }
    }
    found
}

/// The addresses that the open detail has, those in its text included.
fn known_addresses(state: &State) -> Vec<String> {
    let mut known = Vec::new();
    let mut add = |text: &str| {
        known.extend(words(text).filter_map(|(_, word)| safe_link(word)).map(str::to_owned));
    };
    match state.detail().map(|detail| detail.subject) {
        Some(Subject::Proposal(id)) => {
            if let Some(body) = state.bodies.get(id) {
                add(body.url.as_str());
                add(body.summary.as_str());
            }
        }
        Some(Subject::Neuron(id)) => {
            let links =
                state.neuron(id).and_then(|n| n.known.as_ref()).into_iter().flat_map(|k| k.links.iter());
            links.for_each(|link| add(link.as_str()));
        }
        _ => {}
    }
    known.retain(|address| address.is_ascii());
    known
}

/// Words with their places, without the brackets and stops around them.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let around = |c: char| matches!(c, '(' | ')' | '<' | '>' | '[' | ']' | ',' | '.' | ';' | '"' | '\'');
    text.split([' ', '\n', '(', ')', '<', '>', '[', ']']).map(move |word| {
        let start = word.as_ptr().addr() - text.as_ptr().addr();
        let trimmed = word.trim_end_matches(around);
        (start, trimmed)
    })
}

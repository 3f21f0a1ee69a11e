//! Remembers texts that were wrapped and the last QR code, so that they are not made anew at
//! every frame. Both are pure functions of their input; remembering changes nothing that is seen.

use super::payload;
use crate::tui::widgets::Spans;
use crate::tui::widgets::markdown::{self, Options};
use crate::tui::widgets::qr::Code;
use icpulse_model::proposal::ProposalBody;
use icpulse_model::text::{Block, safe_link};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// How many rendered texts are remembered.
const KEPT: usize = 8;

/// Which part of a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Summary,
    Payload,
}

/// A rendered part; holding the body keeps its address from being given to another.
struct Entry {
    body: Arc<ProposalBody>,
    part: Part,
    width: usize,
    lines: Rc<Vec<Spans>>,
}

thread_local! {
    static RENDERED: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
    static CODE: RefCell<Option<(String, Option<Code>)>> = const { RefCell::new(None) };
}

/// A body's summary as lines at a width.
pub(super) fn summary_lines(body: &Arc<ProposalBody>, width: usize) -> Rc<Vec<Spans>> {
    memoize(body, Part::Summary, width, || markdown_lines(&body.summary, width))
}

/// A body's payload as lines at a width.
pub(super) fn payload_lines(body: &Arc<ProposalBody>, width: usize) -> Rc<Vec<Spans>> {
    memoize(body, Part::Payload, width, || payload::payload_lines(&body.payload, width))
}

/// A text as a QR code; `None` if it is too long for one.
pub(super) fn qr_code(text: &str) -> Option<Code> {
    CODE.with_borrow_mut(|last| match last {
        Some((of, code)) if of == text => code.clone(),
        _ => {
            let code = Code::new(text);
            *last = Some((text.to_owned(), code.clone()));
            code
        }
    })
}

/// A network's markdown as lines at a width.
pub(super) fn markdown_lines(text: &Block, width: usize) -> Vec<Spans> {
    let options = Options { width, clean: |t| Block::new(t).as_str().to_owned(), safe_link };
    markdown::render_markdown(text.as_str(), options)
}

fn memoize(
    body: &Arc<ProposalBody>,
    part: Part,
    width: usize,
    render: impl FnOnce() -> Vec<Spans>,
) -> Rc<Vec<Spans>> {
    RENDERED.with_borrow_mut(|kept| {
        let place =
            kept.iter().position(|e| Arc::ptr_eq(&e.body, body) && e.part == part && e.width == width);
        let entry = match place {
            // The last used stays longest.
            Some(place) => kept.remove(place),
            None => {
                if kept.len() >= KEPT {
                    kept.remove(0);
                }
                Entry { body: Arc::clone(body), part, width, lines: Rc::new(render()) }
            }
        };
        let lines = Rc::clone(&entry.lines);
        kept.push(entry);
        lines
    })
}

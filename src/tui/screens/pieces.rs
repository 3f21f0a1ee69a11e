//! Details of lists as lines: pieces become spans, or text for the command line.

use super::facts::Facts;
use super::{cell, format};
use crate::datasets::detail::{Detail, Line, Piece};
use crate::tui::app::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::spark::{self, Floor};
use crate::tui::widgets::text::{spans_width, text_width, truncate_text};
use crate::tui::widgets::{Spans, span};
use icpulse_model::Timestamp;
use icpulse_model::account::short_principal;

/// What pieces are drawn with.
#[derive(Clone, Copy)]
pub(super) struct Ink {
    /// The network's time.
    now: Timestamp,
    /// This machine's time.
    here: Timestamp,
    is_ascii: bool,
    /// There is room for whole ids.
    is_wide: bool,
    /// How many cells a chart may take.
    chart: usize,
}

impl Ink {
    pub(super) fn new(state: &State, width: u16) -> Self {
        Self {
            now: state.network_now(),
            here: state.now,
            is_ascii: state.options.ascii,
            is_wide: width >= 120,
            chart: usize::from(width.saturating_sub(56)).clamp(8, 60),
        }
    }

    fn draw(self, piece: &Piece<'_>) -> Spans {
        match piece {
            Piece::Text(text, tone) | Piece::Extra(text, tone) => {
                vec![span(text.clone(), cell::role_for_tone(*tone))]
            }
            Piece::Id(id) => {
                let text = if self.is_wide { id.to_text() } else { short_principal(id) };
                vec![span(text, Role::Id)]
            }
            Piece::Mark => vec![format::unverified_mark()],
            Piece::Ago(at, tone) => vec![span(format::ago_text(self.now, *at), cell::role_for_tone(*tone))],
            Piece::AgoHere(at, tone) => {
                vec![span(format::ago_text(self.here, *at), cell::role_for_tone(*tone))]
            }
            Piece::Lasting(since) => vec![span(format::lasting_text(self.now, *since), Role::Bad)],
            Piece::Evidence(evidence) => format::evidence_spans(evidence, self.now),
            Piece::Course(values) => {
                let room = self.chart;
                let chart = spark::spark_text(values, room, Floor::Least, self.is_ascii);
                vec![span(format!("{chart:<room$}"), Role::Spark)]
            }
            Piece::Strip(days) => cell::heat_spans(days, self.is_ascii),
            Piece::Shades => cell::legend_spans(self.is_ascii),
            Piece::Cell(column, cell, tone) => {
                let role = cell::role_for_tone(tone.unwrap_or(cell.tone));
                cell::cell_spans(self.now, column, cell.clone(), role)
            }
        }
    }

    /// Draws pieces in so many cells; extras only where they fit.
    fn draw_all(self, pieces: &[Piece<'_>], room: usize) -> Spans {
        let mut spans = Spans::new();
        for piece in pieces {
            let more = self.draw(piece);
            let is_extra = matches!(piece, Piece::Extra(..));
            if !is_extra || spans_width(&spans) + spans_width(&more) <= room {
                spans.extend(more);
            }
        }
        spans
    }

    /// Draws a title in so many cells: a text with a mark behind it is cut, the mark is not.
    pub(super) fn title(self, detail: &Detail<'_>, room: usize) -> Spans {
        let mut spans = self.draw_all(&detail.title, room);
        let over = spans_width(&spans).saturating_sub(room);
        if over > 0
            && matches!(detail.title.last(), Some(Piece::Mark))
            && let Some(span) = spans.iter_mut().nth_back(1)
        {
            let free = text_width(&span.text).saturating_sub(over);
            span.text = truncate_text(&span.text, free).into_owned().into();
        }
        spans
    }

    /// Draws the lines of a detail; values begin at `column`.
    pub(super) fn lines(self, detail: &Detail<'_>, width: u16, column: usize) -> Vec<Spans> {
        let mut facts = Facts::new(width, column);
        let whole = usize::from(width);
        for line in &detail.lines {
            match line {
                Line::Heading(title) => facts.add_heading(title.clone()),
                Line::Fact(name, pieces) => {
                    facts.add_fact(name, self.draw_all(pieces, whole.saturating_sub(column)));
                }
                Line::Text(pieces) => facts.add_wrapped(self.draw_all(pieces, whole)),
                Line::Row(pieces) => facts.add_line(self.draw_all(pieces, whole)),
            }
        }
        facts.into_lines()
    }
}

/// A detail as text for the command line, headings in capitals.
pub fn detail_text(detail: &Detail<'_>, now: Timestamp, is_ascii: bool) -> String {
    let ink = Ink { now, here: now, is_ascii, is_wide: true, chart: 40 };
    let line = |spans: &Spans| {
        let is_heading = matches!(spans.as_slice(), [only] if only.role == Role::Title);
        let text: String = spans.iter().map(|s| s.text.as_ref()).collect();
        let text = if is_heading { text.to_uppercase() } else { format!("  {text}") };
        format!("{}\n", text.trim_end())
    };
    let title: String = ink.draw_all(&detail.title, usize::MAX).iter().map(|s| s.text.as_ref()).collect();
    let lines: String = ink.lines(detail, u16::MAX, 14).iter().map(line).collect();
    format!("{title}\n{}{lines}", if lines.starts_with(' ') { "" } else { "\n" })
}

//! Tables of any length: only the rows that are seen are built.

use super::pen::{Align, Pen};
use super::scroll;
use super::spark::{self, Floor};
use super::tally::{self, Shares};
use super::text::{Span, text_width};
use crate::tui::theme::Role;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// Cells between columns.
const GAP: u16 = 2;
/// Cells before the first column, for the cursor's and the mark's sign.
const GUTTER: u16 = 2;

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Exactly so.
    Fixed(u16),
    /// At least `min`; what is left over is shared by weight, up to `max`.
    Fill {
        /// At least.
        min: u16,
        /// At most: what is wider than its content only tears a row apart.
        max: u16,
        /// Share of what is left over.
        weight: u16,
    },
}

/// Which way a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorted {
    /// Least first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// A column's head and how it is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its head, with the unit.
    pub title: Cow<'static, str>,
    /// How wide.
    pub width: Width,
    /// Where its content stands.
    pub align: Align,
    /// Columns of the greatest number go first when there is no room; 0 always stays.
    pub priority: u8,
    /// Whether the table is sorted by it.
    pub sorted: Option<Sorted>,
}

impl Column {
    /// A column for words.
    pub fn text_column(title: impl Into<Cow<'static, str>>, width: Width, priority: u8) -> Self {
        Self { title: title.into(), width, align: Align::Left, priority, sorted: None }
    }

    /// A column for numbers: right-aligned.
    pub fn number_column(title: impl Into<Cow<'static, str>>, width: u16, priority: u8) -> Self {
        Self { title: title.into(), width: Width::Fixed(width), align: Align::Right, priority, sorted: None }
    }
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Content<'a> {
    /// Words or a number, cut at the end.
    Text(Cow<'a, str>, Role),
    /// Words or a number with a mark behind, which is never cut.
    Marked(Cow<'a, str>, Role, Span),
    /// An id, cut in the middle.
    Id(Cow<'a, str>, Role),
    /// Pieces of several roles.
    Pieces(Vec<Span>),
    /// Pieces of several roles, cut at the beginning.
    Tail(Vec<Span>),
    /// A tally bar.
    Tally(Shares),
    /// A sparkline.
    Spark(Vec<u64>),
    Nothing,
}

impl<'a> Content<'a> {
    /// Words or a number.
    pub fn text(text: impl Into<Cow<'a, str>>, role: Role) -> Self {
        Self::Text(text.into(), role)
    }

    pub fn id(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Id(text.into(), Role::Id)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row<'a> {
    /// A cell a column, in their order.
    pub cells: Vec<Content<'a>>,
    /// Chosen for an action on many.
    pub marked: bool,
}

/// What to draw.
#[derive(Clone, Copy, Debug)]
pub struct Table<'c> {
    pub columns: &'c [Column],
    /// How many rows there are.
    pub len: usize,
    /// The first row that was shown last time.
    pub offset: usize,
    /// The row under the cursor.
    pub selected: Option<usize>,
    /// Whether keys go to this table.
    pub focused: bool,
    /// Whether heads are shown.
    pub heads: bool,
}

/// What was drawn where, for the mouse and for paging.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Where the rows are, one a line.
    pub body: Rect,
    /// The first row shown.
    pub offset: usize,
    /// How many rows are shown.
    pub shown: usize,
    /// Columns that are shown, with the place of their heads.
    pub heads: Vec<(usize, Rect)>,
}

/// Draws a table of finished rows; `row` is asked for visible rows only.
pub fn draw<'r>(
    pen: &mut Pen<'_>,
    area: Rect,
    table: &Table<'_>,
    row: impl Fn(usize) -> Option<Row<'r>>,
) -> Drawn {
    let marked_row = |index| row(index).map(|row| (row.cells, row.marked));
    draw_cells(pen, area, table, marked_row, |cells, index| {
        cells.get_mut(index).map_or(Content::Nothing, |cell| std::mem::replace(cell, Content::Nothing))
    })
}

/// Draws a table cell by cell: `row` is asked for visible rows and whether they are marked, `content`
/// for the columns that fit.
pub fn draw_cells<'r, R>(
    pen: &mut Pen<'_>,
    area: Rect,
    table: &Table<'_>,
    row: impl Fn(usize) -> Option<(R, bool)>,
    content: impl Fn(&mut R, usize) -> Content<'r>,
) -> Drawn {
    let area = area.intersection(pen.area());
    if area.width <= GUTTER + 2 || area.height == 0 {
        return Drawn::default();
    }
    let head_rows = u16::from(table.heads && area.height > 1);
    let height = usize::from(area.height - head_rows);
    let scrolls = table.len > height;
    // One cell of air before the scroll bar.
    let inner = area.width.saturating_sub(GUTTER + if scrolls { 2 } else { 0 });
    let layout = layout_columns(table.columns, inner);
    let left = area.x + GUTTER;
    let mut drawn = Drawn { offset: 0, shown: 0, body: Rect::default(), heads: Vec::new() };
    if head_rows == 1 {
        for (index, x, w) in &layout {
            let Some(column) = table.columns.get(*index) else { continue };
            draw_head(pen, left + x, area.y, *w, column);
            drawn.heads.push((*index, Rect::new(left + x, area.y, *w, 1)));
        }
    }
    let top = area.y + head_rows;
    drawn.offset = scroll::keep_visible(table.offset, table.selected, height, table.len);
    drawn.shown = height.min(table.len - drawn.offset.min(table.len));
    let rows = u16::try_from(drawn.shown).unwrap_or(u16::MAX);
    drawn.body = Rect::new(area.x, top, area.width, rows);
    for (line, y) in (drawn.offset..drawn.offset + drawn.shown).zip(top..area.bottom()) {
        let Some((mut row, marked)) = row(line) else { continue };
        for (index, x, w) in &layout {
            let align = table.columns.get(*index).map_or(Align::Left, |c| c.align);
            draw_cell(pen, left + x, y, *w, &content(&mut row, *index), align);
        }
        let selected = table.selected == Some(line);
        if marked {
            pen.write_char(area.x + 1, y, if pen.ascii() { '*' } else { '●' }, Role::Marked);
        }
        if selected {
            pen.write_char(area.x, y, if pen.ascii() { '>' } else { '▸' }, Role::Accent);
            let role = if table.focused { Role::Selection } else { Role::SelectionInactive };
            pen.set_role(Rect::new(area.x, y, area.width - u16::from(scrolls), 1), role);
        }
    }
    if scrolls {
        scroll::draw_scroll_bar(pen, area.right() - 1, top, rows, drawn.offset, height, table.len);
    }
    drawn
}

fn draw_head(pen: &mut Pen<'_>, x: u16, y: u16, w: u16, column: &Column) {
    let sign = match (column.sorted, pen.ascii()) {
        (None, _) => {
            pen.write_fitted(x, y, w, &column.title, Role::Column, column.align);
            return;
        }
        (Some(Sorted::Ascending), false) => "▴",
        (Some(Sorted::Descending), false) => "▾",
        (Some(Sorted::Ascending), true) => "^",
        (Some(Sorted::Descending), true) => "v",
    };
    let room = w.saturating_sub(1);
    let title_w = u16::try_from(text_width(&column.title)).unwrap_or(u16::MAX).min(room);
    let start = if column.align == Align::Right { x + room - title_w } else { x };
    pen.write_fitted(start, y, title_w, &column.title, Role::ColumnSorted, Align::Left);
    pen.write(start + title_w, y, 1, sign, Role::ColumnSorted);
}

fn draw_cell(pen: &mut Pen<'_>, x: u16, y: u16, w: u16, content: &Content<'_>, align: Align) {
    match content {
        Content::Text(text, role) => pen.write_fitted(x, y, w, text, *role, align),
        Content::Marked(text, role, mark) => {
            let mark_w = u16::try_from(text_width(&mark.text)).unwrap_or(u16::MAX).min(w);
            let room = w - mark_w;
            let taken = u16::try_from(text_width(text)).unwrap_or(u16::MAX).min(room);
            let start = if align == Align::Right { x + room - taken } else { x };
            pen.write_fitted(start, y, taken, text, *role, Align::Left);
            pen.write(start + taken, y, mark_w, &mark.text, mark.role);
        }
        Content::Id(text, role) => pen.fit_id(x, y, w, text, *role, align),
        Content::Pieces(spans) => {
            let free = w.saturating_sub(u16::try_from(super::text::spans_width(spans)).unwrap_or(u16::MAX));
            let shift = if align == Align::Right { free } else { 0 };
            pen.write_spans(x + shift, y, w - shift, spans);
        }
        Content::Tail(spans) => {
            let over = super::text::spans_width(spans).saturating_sub(usize::from(w));
            pen.write_spans(x, y, w, &super::text::skip_cells(spans, over));
        }
        Content::Tally(shares) => tally::draw_bar(pen, x, y, w, *shares),
        Content::Spark(values) => spark::draw(pen, x, y, w, values, Floor::Least),
        Content::Nothing => {}
    }
}

/// Which columns fit, where and how wide: (column, offset, width). Columns of low priority are
/// left out until the least widths fit; then what is left over is shared.
pub fn layout_columns(columns: &[Column], total: u16) -> Vec<(usize, u16, u16)> {
    let least = |c: &Column| match c.width {
        Width::Fixed(w) => w,
        Width::Fill { min, .. } => min,
    };
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    let needed = |kept: &[usize]| -> u32 {
        let gaps = u32::from(GAP) * u32::try_from(kept.len().saturating_sub(1)).unwrap_or(0);
        kept.iter().filter_map(|i| columns.get(*i)).map(|c| u32::from(least(c))).sum::<u32>() + gaps
    };
    while needed(&kept) > u32::from(total) && kept.len() > 1 {
        // The last of the least important goes first.
        let worst = kept
            .iter()
            .enumerate()
            .max_by_key(|(position, i)| (columns.get(**i).map_or(0, |c| c.priority), *position))
            .map(|(position, _)| position);
        match worst {
            Some(position) => kept.remove(position),
            None => break,
        };
    }
    let spare = u32::from(total).saturating_sub(needed(&kept));
    let weight_of = |i: &usize| match columns.get(*i).map(|c| c.width) {
        Some(Width::Fill { weight, .. }) => u32::from(weight),
        _ => 0,
    };
    let weights: u32 = kept.iter().map(weight_of).sum();
    let mut left = spare;
    let mut weights_left = weights;
    let mut x = 0u16;
    let mut out = Vec::with_capacity(kept.len());
    for i in &kept {
        let Some(column) = columns.get(*i) else { continue };
        let mut w = least(column);
        let weight = weight_of(i);
        if weight > 0 && weights_left > 0 {
            let share = left * weight / weights_left;
            weights_left -= weight;
            let wider = w.saturating_add(u16::try_from(share).unwrap_or(u16::MAX));
            let wider = match column.width {
                Width::Fill { max, .. } => wider.min(max.max(w)),
                Width::Fixed(_) => w,
            };
            left -= u32::from(wider - w);
            w = wider;
        }
        let w = w.min(total.saturating_sub(x));
        if w > 0 {
            out.push((*i, x, w));
        }
        x = x.saturating_add(w).saturating_add(GAP);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Theme;
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use std::cell::RefCell;

    fn columns() -> Vec<Column> {
        vec![
            Column::number_column("id", 6, 0),
            Column::text_column("title", Width::Fill { min: 10, max: 200, weight: 3 }, 0),
            Column::text_column("topic", Width::Fill { min: 8, max: 200, weight: 1 }, 2),
            Column::number_column("power", 9, 1),
        ]
    }

    #[test]
    fn columns_leave_by_priority_and_the_rest_is_shared() {
        let shown = |w| layout_columns(&columns(), w).into_iter().map(|(i, _, w)| (i, w)).collect::<Vec<_>>();
        assert_eq!(shown(59), [(0, 6), (1, 25), (2, 13), (3, 9)]);
        assert_eq!(shown(30), [(0, 6), (1, 11), (3, 9)]);
        assert_eq!(shown(18), [(0, 6), (1, 10)]);
        assert_eq!(shown(4), [(0, 4)]);
    }

    #[test]
    fn only_visible_rows_are_asked_for() {
        let theme = Theme::fallback();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 11));
        let asked = RefCell::new(Vec::new());
        let cols = columns();
        let table = Table {
            columns: &cols,
            len: 140_000,
            offset: 0,
            selected: Some(70_000),
            focused: true,
            heads: true,
        };
        let area = buffer.area;
        let drawn = draw(&mut Pen::new(&mut buffer, &theme, false), area, &table, |i| {
            asked.borrow_mut().push(i);
            Some(Row::default())
        });
        assert_eq!(asked.into_inner(), (69_991..=70_000).collect::<Vec<_>>());
        assert_eq!((drawn.offset, drawn.shown), (69_991, 10));
    }

    #[test]
    fn a_mark_stands_behind_its_word_and_is_never_cut() {
        let theme = Theme::fallback();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 22, 2));
        let cols = [Column::text_column("", Width::Fixed(8), 0), Column::number_column("", 6, 0)];
        let table = Table { columns: &cols, len: 2, offset: 0, selected: None, focused: true, heads: false };
        let mark = || super::super::span("?", Role::Unverified);
        let area = buffer.area;
        draw(&mut Pen::new(&mut buffer, &theme, false), area, &table, |i| {
            let word = if i == 0 { "short" } else { "much too long" };
            let number = if i == 0 { "7" } else { "1,234,567" };
            let cells = vec![
                Content::Marked(word.into(), Role::Text, mark()),
                Content::Marked(number.into(), Role::Bad, mark()),
            ];
            Some(Row { cells, marked: false })
        });
        let line = |y| (0..22).map(|x| buffer.cell((x, y)).unwrap().symbol()).collect::<String>();
        assert_eq!(line(0), "  short?        7?    ");
        assert_eq!(line(1), "  much t…?  1,23…?    ");
    }

    fn make(i: usize) -> Row<'static> {
        Row {
            cells: vec![
                Content::text(i.to_string(), Role::Id),
                Content::text(format!("title {i}"), Role::Text),
                Content::text("topic", Role::Topic),
                Content::text((i * 7919).to_string(), Role::Power),
            ],
            marked: i.is_multiple_of(3),
        }
    }

    proptest! {
        /// Drawing a window equals drawing everything on a tall surface and cutting the window out.
        #[test]
        fn a_window_shows_what_the_whole_would(more in 1usize..60, offset in 0usize..70, height in 1u16..20, w in 7u16..70) {
            let theme = Theme::fallback();
            let cols = columns();
            // Both with a scroll bar or both without, so that the widths are the same.
            let len = usize::from(height) + more;
            let table = Table { columns: &cols, len, offset, selected: None, focused: true, heads: false };
            let mut window = Buffer::empty(Rect::new(0, 0, w, height));
            let area = window.area;
            let drawn = draw(&mut Pen::new(&mut window, &theme, false), area, &table, |i| Some(make(i)));
            let mut tall = Buffer::empty(Rect::new(0, 0, w, u16::try_from(len).unwrap()));
            let full = Rect::new(0, 0, w - 2, tall.area.height);
            draw(&mut Pen::new(&mut tall, &theme, false), full, &Table { offset: 0, ..table }, |i| Some(make(i)));
            for y in 0..height {
                for x in 0..w - 2 {
                    let there = u16::try_from(drawn.offset).unwrap() + y;
                    prop_assert_eq!(window.cell((x, y)).unwrap(), tall.cell((x, there)).unwrap());
                }
            }
        }

        #[test]
        fn no_layout_overlaps_or_leaves_the_area(total in 0u16..300) {
            let mut end = 0;
            for (n, (_, x, w)) in layout_columns(&columns(), total).into_iter().enumerate() {
                prop_assert!(n == 0 || x >= end + GAP);
                end = x + w;
                prop_assert!(end <= total);
            }
        }
    }
}

//! Lists as tables: columns of the one table of columns, rows of the window.

use super::Cx;
use crate::tui::app::state::Hit;
use crate::tui::app::state::columns::{self, ColumnId};
use crate::tui::app::state::list::ListState;
use crate::tui::widgets::pen::Align;
use crate::tui::widgets::table::{self, Column, Content, Row, Sorted, Table, Width};
use ratatui::layout::Rect;

/// Cells of the tally bar that wide lists of proposals show.
const TALLY: u16 = 24;

/// A column as drawn: what it shows; `None` is the tally bar between yes and no.
type Shown = Option<ColumnId>;

/// Draws a list; `content` gives one cell of one row (`None` as column: the tally bar).
pub(super) fn draw<'r, K: Copy + Ord>(
    cx: &mut Cx<'_, '_, '_>,
    area: Rect,
    list: &ListState<K>,
    content: impl Fn(K, Shown) -> Content<'r>,
) {
    let focused = cx.state.layers.is_empty();
    let mut shown: Vec<Shown> = Vec::new();
    let mut drawn_columns: Vec<Column> = Vec::new();
    for id in &list.columns {
        let Some(column) = list.table.column(*id) else { continue };
        // Nobody who named nothing misses a column of names.
        if *id == ColumnId::Alias && cx.state.net.mine.aliases.is_empty() {
            continue;
        }
        shown.push(Some(*id));
        drawn_columns.push(make(column, list, area.width));
        if *id == ColumnId::Yes && area.width >= 116 {
            shown.push(None);
            drawn_columns.push(Column::words("", Width::Fixed(TALLY), 6));
        }
    }
    let spec = Table {
        columns: &drawn_columns,
        len: list.rows.len(),
        offset: list.offset,
        selected: (!list.rows.is_empty()).then_some(list.cursor),
        focused,
        heads: true,
    };
    let drawn = table::draw(cx.pen, area, &spec, |index| {
        let id = *list.rows.get(index)?;
        Some(Row {
            cells: shown.iter().map(|s| content(id, *s)).collect(),
            marked: list.marked.contains(&id),
        })
    });
    cx.hits.list_height = usize::from(area.height.saturating_sub(1));
    for (index, place) in &drawn.heads {
        if let Some(Some(id)) = shown.get(*index) {
            cx.hits.add(*place, Hit::Heading(*id));
        }
    }
    for (row, y) in (drawn.offset..drawn.offset + drawn.shown).zip(drawn.body.top()..drawn.body.bottom()) {
        cx.hits.add(Rect::new(drawn.body.x, y, drawn.body.width, 1), Hit::Row(row));
    }
}

fn make<K>(column: &'static columns::Column, list: &ListState<K>, room: u16) -> Column {
    let sorted = (list.sort.column == column.id).then_some(if list.sort.descending {
        Sorted::Descending
    } else {
        Sorted::Ascending
    });
    Column {
        title: column.title.into(),
        width: match column.width {
            // Topics' names are long; where there is room they are not cut.
            columns::Width::Fixed(_) if column.id == ColumnId::Topic && room >= 160 => Width::Fixed(34),
            columns::Width::Fixed(w) => Width::Fixed(w),
            // An account identifier has 64 characters, titles are cut at the width of a long line.
            columns::Width::Fill(min) if column.id == ColumnId::Counterparty => {
                Width::Fill { min, max: 64, weight: 1 }
            }
            columns::Width::Fill(min) if list.table == columns::Table::Neurons => {
                Width::Fill { min, max: 32, weight: 1 }
            }
            columns::Width::Fill(min) => Width::Fill { min, max: 110, weight: 1 },
        },
        align: match column.align {
            columns::Align::Left => Align::Left,
            columns::Align::Right => Align::Right,
        },
        priority: column.priority,
        sorted,
    }
}

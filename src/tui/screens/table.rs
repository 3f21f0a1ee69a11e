//! Lists as tables: columns of the one table of columns, rows of the window.

use super::{Cx, cell};
use crate::tui::app::state::Hit;
use crate::tui::app::state::list::{ColumnId, ListState};
use crate::tui::theme::Role;
use crate::tui::widgets::pen::Align;
use crate::tui::widgets::table::{self, Column, Content, Sorted, Table, Width};
use icpulse_model::dataset::{self, ColumnInfo, Context, Dataset};
use ratatui::layout::Rect;

/// Cells of the tally bar that wide lists of proposals show.
const TALLY: u16 = 24;
/// From this width on there is much room.
const WIDE: u16 = 160;

/// A column as drawn; `None` is the tally bar behind yes.
type Shown<R> = Option<&'static dataset::Column<R>>;

/// Draws a list of a dataset whose rows `find` finds by their ids.
pub(super) fn draw_list<'r, K: Copy + Ord, R: 'static>(
    cx: &mut Cx<'_, '_, '_>,
    area: Rect,
    list: &'r ListState<K>,
    dataset: &'static Dataset<R>,
    cells: &'r Context,
    find: impl Fn(&'r K) -> Option<&'r R>,
    tally: impl Fn(&'r R) -> Content<'r>,
) {
    let state = cx.state;
    // One cell of air before the detail beside it.
    let area = Rect { width: area.width.saturating_sub(u16::from(state.previewed().is_some())), ..area };
    let mut shown: Vec<Shown<R>> = Vec::new();
    let mut drawn_columns: Vec<Column> = Vec::new();
    for id in list.columns.iter().filter(|id| !list.unused.contains(id)) {
        let Some(column) = dataset.columns.iter().find(|column| column.info.id == *id) else { continue };
        shown.push(Some(column));
        drawn_columns.push(table_column(&column.info, list, cells, area.width));
        // Only proposals have a share of yes.
        if *id == "yes" && area.width >= 116 {
            shown.push(None);
            drawn_columns.push(Column::text_column("", Width::Fixed(TALLY), 6));
        }
    }
    let spec = Table {
        columns: &drawn_columns,
        len: list.rows.len(),
        offset: list.offset,
        selected: (!list.rows.is_empty()).then_some(list.cursor),
        focused: state.layers.is_empty(),
        heads: true,
    };
    let row = |index: usize| {
        let id = list.rows.get(index)?;
        Some((find(id), list.marked.contains(id)))
    };
    let drawn = table::draw_cells(cx.pen, area, &spec, row, |row, index| {
        let (Some(row), Some(column)) = (*row, shown.get(index)) else { return Content::Nothing };
        let Some(column) = column else { return tally(row) };
        cell::cell_content(state, &column.info, (column.get)(row, cells))
    });
    let is_searched = |index: &usize| matches!(shown.get(*index), Some(Some(column)) if column.info.searched);
    let searched = drawn.heads.iter().filter(|(index, _)| is_searched(index)).map(|(_, head)| *head);
    mark_matches(cx, drawn.body, &searched.collect::<Vec<_>>(), list.filter.query.words());
    cx.hits.list_height = usize::from(area.height.saturating_sub(1));
    cx.hits.rows = drawn.body;
    for (index, place) in &drawn.heads {
        if let Some(Some(column)) = shown.get(*index) {
            cx.hits.add_area(*place, Hit::Heading(column.info.id));
        }
    }
    for (row, y) in (drawn.offset..drawn.offset + drawn.shown).zip(drawn.body.top()..drawn.body.bottom()) {
        cx.hits.add_area(Rect::new(drawn.body.x, y, drawn.body.width, 1), Hit::Row(row));
    }
}

/// Emphasises words of the filter in the columns that they are looked for in.
fn mark_matches<'w>(
    cx: &mut Cx<'_, '_, '_>,
    body: Rect,
    columns: &[Rect],
    words: impl Iterator<Item = &'w str>,
) {
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return;
    }
    for y in body.top()..body.bottom() {
        for column in columns {
            // The cell's text in lower case, and the screen's column of each of its bytes.
            let (mut text, mut places) = (String::new(), Vec::new());
            for x in column.left()..column.right() {
                let symbol = cx.pen.buffer().cell((x, y)).map_or(" ", |cell| cell.symbol()).to_lowercase();
                places.extend(std::iter::repeat_n(x, symbol.len()));
                text.push_str(&symbol);
            }
            for word in &words {
                for (at, found) in text.match_indices(word) {
                    let ends = places.get(at).zip(places.get(at + found.len() - 1));
                    if let Some((from, to)) = ends {
                        cx.pen.set_role(Rect::new(*from, y, to - from + 1, 1), Role::Match);
                    }
                }
            }
        }
    }
}

fn table_column<K>(column: &'static ColumnInfo, list: &ListState<K>, cells: &Context, room: u16) -> Column {
    let is_sorted = |id: ColumnId| list.sort.column == id;
    let order = if list.sort.descending { Sorted::Descending } else { Sorted::Ascending };
    Column {
        title: column.heading.map_or_else(|| column.title.into(), |heading| heading(cells).into()),
        width: match (column.fill, column.wide) {
            (Some(max), _) => Width::Fill { min: column.width, max, weight: 1 },
            (None, Some(wide)) if room >= WIDE => Width::Fixed(wide),
            (None, _) => Width::Fixed(column.width),
        },
        align: if column.right { Align::Right } else { Align::Left },
        priority: list.list.priority(column),
        sorted: is_sorted(column.id).then_some(order),
    }
}

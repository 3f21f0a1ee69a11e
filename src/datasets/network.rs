//! The lists of the network: what each adds to its dataset, for screens and the command line.

use super::detail::{Detail, Piece, text};
use super::export::object;
use super::subject::Subject;
use icpulse_model::Principal;
use icpulse_model::dataset::{Context, Dataset};
use icpulse_model::event::Event;
use icpulse_model::value::{Cell, Tone, Value};
use serde_json::{Map, Value as Json};

/// A source of rows besides the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Statuses and rewards of nodes.
    Fleet,
    /// Health of subnets.
    Health,
    Events,
    Proposals,
}

/// Content of the line below a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Footer {
    /// Unverified values of the public dashboard.
    Dashboard,
    /// The same, and the shades of the strips.
    Strips,
    /// The certified list of API boundary nodes.
    BoundaryNodes,
    /// Nothing: the registry says all.
    Registry,
}

/// Something that a detail leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub to: Subject,
    /// Its relation to the row: `member`, `provider`, `elected by`.
    pub what: &'static str,
    /// The column that is shown with it, in place of the second of its list's `link_columns`.
    pub column: Option<&'static str>,
}

pub(super) const fn link(to: Subject, what: &'static str) -> Link {
    Link { to, what, column: None }
}

/// A list of the network. A list's file makes one with `NetworkList::new` and sets what differs.
#[derive(Debug)]
pub struct NetworkList {
    /// The list's description and columns.
    pub dataset: &'static Dataset<Subject>,
    pub rows: fn(&Context) -> Vec<Subject>,
    /// True if its detail shows this thing.
    pub is_row: fn(&Subject) -> bool,
    /// It shows what nodes earn: the command line waits until those days have been read.
    pub shows_rewards: bool,
    /// It has a subcommand of its own.
    pub is_command: bool,
    /// Its subcommand has `what-if`.
    pub has_what_if: bool,
    /// Its command in the dashboard, and that command's default keys.
    pub command: &'static str,
    pub keys: &'static [&'static str],
    pub follows: &'static [Source],
    /// It is empty until the user has said which node provider they are.
    pub is_mine: bool,
    /// Older rows are read when its end is reached.
    pub has_older: bool,
    pub footer: Footer,
    /// A title and words for when there are no rows.
    pub empty: Option<[&'static str; 2]>,
    /// Columns that name a row besides its id.
    pub names: &'static [&'static str],
    /// Columns that are shown where something else leads to a row.
    pub link_columns: &'static [&'static str],
    /// One of its rows in full, without the cells of the title.
    pub detail: for<'a> fn(&'a Subject, &'a Context, &mut Detail<'a>),
    /// Columns that stand behind the title of a detail.
    pub title_columns: &'static [&'static str],
    /// One of its rows in few lines, above the nodes that are its own.
    pub brief: fn(&Subject, &Context, &mut Detail<'_>),
    /// Fields of a row's JSON besides its columns.
    pub write_json: fn(&Subject, &Context, &mut Map<String, Json>),
    /// Title of a row in breadcrumbs.
    pub title: fn(&Subject, &Context) -> String,
    /// Name of a row in links.
    pub name: fn(&Subject, &Context) -> Cell<'static>,
    /// Links of a row.
    pub links: fn(&Subject, &Context) -> Vec<Link>,
    /// True if an event happened to a row.
    pub is_about: fn(&Subject, &Event) -> bool,
    /// Its page below the public dashboard's address.
    pub page: fn(&Subject) -> Option<String>,
}

impl NetworkList {
    /// A list of principals with the list's id.
    pub(super) const fn new(
        dataset: &'static Dataset<Subject>,
        rows: fn(&Context) -> Vec<Subject>,
        is_row: fn(&Subject) -> bool,
    ) -> Self {
        Self {
            dataset,
            rows,
            is_row,
            shows_rewards: false,
            is_command: true,
            has_what_if: false,
            command: "",
            keys: &[],
            follows: &[Source::Fleet],
            is_mine: false,
            has_older: false,
            footer: Footer::Dashboard,
            empty: None,
            names: &[],
            link_columns: &["status", "country"],
            detail: describe_columns,
            title_columns: &[],
            brief: |_, _, _| {},
            write_json: |_, _, _| {},
            title: make_title,
            name: |subject, _| Cell::new(Value::Text(subject.id_text().into())).tone(Tone::Id),
            links: |_, _| Vec::new(),
            is_about: |_, _| false,
            page: |_| None,
        }
    }

    /// A cell of one of its rows, by the column's name.
    pub fn cell<'a>(&self, row: &'a Subject, column: &str, cx: &'a Context) -> Cell<'a> {
        let column = self.dataset.columns.iter().find(|c| c.info.id == column);
        column.map_or_else(Cell::default, |c| (c.get)(row, cx))
    }

    /// A cell as a piece, unless nothing is known or said.
    fn piece<'a>(
        &self,
        row: &'a Subject,
        column: &str,
        cx: &'a Context,
        tone: Option<Tone>,
    ) -> Option<Piece<'a>> {
        let column = self.dataset.columns.iter().find(|c| c.info.id == column)?;
        let cell = (column.get)(row, cx);
        (!cell.text(cx.now, None).is_empty()).then_some(Piece::Cell(&column.info, cell, tone))
    }

    /// Adds a cell to a detail, unless nothing is known or said.
    pub(super) fn describe_cell<'a>(
        &self,
        name: &str,
        column: &str,
        row: &'a Subject,
        cx: &'a Context,
        out: &mut Detail<'a>,
    ) {
        if let Some(piece) = self.piece(row, column, cx, Some(Tone::Plain)) {
            out.fact(name, [piece]);
        }
    }

    /// One of its rows in full.
    pub fn describe<'a>(&self, row: &'a Subject, cx: &'a Context) -> Detail<'a> {
        let mut detail = Detail::default();
        (self.detail)(row, cx, &mut detail);
        for column in self.title_columns {
            if let Some(piece) = self.piece(row, column, cx, None) {
                detail.title.extend([text("  ", Tone::Plain), piece]);
            }
        }
        detail
    }

    /// One of its rows in full as JSON.
    pub fn json(&self, row: &Subject, cx: &Context) -> Json {
        let mut value = object(self.dataset, row, cx);
        if let Json::Object(fields) = &mut value {
            (self.write_json)(row, cx, fields);
        }
        value
    }
}

/// All that tables can show of a row.
fn describe_columns<'a>(row: &'a Subject, cx: &'a Context, out: &mut Detail<'a>) {
    let Some(list) = find_list(row) else { return };
    out.title = vec![text(format!("{} {}", list.dataset.info.one, row.id_text()), Tone::Strong)];
    for column in list.dataset.columns.iter().filter(|c| c.info.is_in_tables() && c.info.id != "id") {
        let cell = (column.get)(row, cx);
        if !cell.text(cx.now, None).is_empty() {
            out.fact(column.info.title, [Piece::Cell(&column.info, cell, None)]);
        }
    }
    out.evidence(cx.network.topology.evidence.as_ref());
}

/// `Node ab3qz`: what it is, and its id.
fn make_title(subject: &Subject, _: &Context) -> String {
    let one = find_list(subject).map_or("", |list| list.dataset.info.one);
    let mut letters = one.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase()).unwrap_or_default();
    format!("{first}{} {}", letters.as_str(), subject.short_id())
}

/// The list whose detail shows a thing.
pub fn find_list(subject: &Subject) -> Option<&'static NetworkList> {
    super::NETWORK.iter().find(|list| (list.is_row)(subject)).copied()
}

/// Title of a thing of the network in breadcrumbs.
pub fn title(subject: &Subject, cx: &Context) -> String {
    find_list(subject).map_or_else(|| subject.id_text(), |list| (list.title)(subject, cx))
}

/// Links of a thing of the network.
pub fn links(subject: &Subject, cx: &Context) -> Vec<Link> {
    find_list(subject).map(|list| (list.links)(subject, cx)).unwrap_or_default()
}

/// The user's name of a node, or the provider's with the mark of unverified values.
pub(super) fn node_title(id: &Principal, cx: &Context) -> String {
    let alias = cx.network.mine.alias(&cx.network.topology, id);
    format!("Node {}", alias.map_or_else(|| super::short(id), ToString::to_string))
}

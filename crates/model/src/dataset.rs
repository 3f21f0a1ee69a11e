//! Lists as data: a dataset names its columns once, and table, sorting, filter fields, JSON and CSV
//! follow from them.

use crate::lookalike::LookAlikes;
use crate::names::Names;
use crate::network_view::NetworkView;
use crate::query::Haystacks;
use crate::value::{Cell, SortKey, Term, Value};
use crate::{AccountIdentifier, LedgerId, NeuronKey, Seconds, Timestamp, Token};
use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// Form of a column's values in filters, and unit of its number in JSON.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number.
    Number,
    /// ICP; JSON has e8s.
    Icp,
    /// An amount of any token.
    Tokens,
    /// Voting power, in the unit of ICP.
    Power,
    /// XDR; JSON has millionths.
    Xdr,
    /// Per cent; JSON has millionths.
    Share,
    /// Per cent; JSON has ten-thousandths.
    BasisPoints,
    /// A factor; JSON has millionths.
    Factor,
    /// A rate with decimals.
    Rate,
    Degrees,
    Bytes,
    /// A span of time; JSON has seconds.
    Span,
    /// A time: a span ago, or a day.
    Time,
    Text,
    /// Yes or no.
    Flag,
    /// One of some words.
    Terms(fn() -> Vec<Term>),
    /// One of some words that have an order.
    Ordered(fn() -> Vec<Term>),
    /// A chart: on screens only.
    Chart,
}

impl Kind {
    /// The unit, which JSON and CSV append to the column's name.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Icp => "_e8s",
            Self::Xdr => "_micro_xdr",
            Self::Share | Self::Factor => "_ppm",
            Self::BasisPoints => "_basis_points",
            Self::Span => "_seconds",
            _ => "",
        }
    }

    /// True if its text stands on the right.
    pub const fn is_number(self) -> bool {
        !matches!(
            self,
            Self::Text | Self::Flag | Self::Terms(_) | Self::Ordered(_) | Self::Chart | Self::Time
        )
    }

    /// True if time alone may change what a filter on it says.
    pub const fn is_timed(self) -> bool {
        matches!(self, Self::Time)
    }
}

/// Description of a column, without its getter.
#[derive(Clone, Copy, Debug)]
pub struct ColumnInfo {
    /// Its name: in filters, in the configuration, and with [`Kind::unit`] in JSON and CSV.
    pub id: &'static str,
    /// Other names of it in filters.
    pub aliases: &'static [&'static str],
    /// Its heading in tables; empty where no table shows it.
    pub title: &'static str,
    /// Its heading on screens, where that depends on what is known.
    pub heading: Option<fn(&Context) -> String>,
    /// Description, with an example of a filter.
    pub help: &'static str,
    /// The form of its values.
    pub kind: Kind,
    /// Its width in cells; at least so many where it fills.
    pub width: u16,
    /// It takes a share of what is left over, up to so many cells.
    pub fill: Option<u16>,
    /// Its width where there is much room.
    pub wide: Option<u16>,
    /// Its text stands on the right.
    pub right: bool,
    /// On a narrow screen the columns with the greatest numbers go first; 0 never goes.
    pub priority: u8,
    /// Shown unless the user chooses otherwise.
    pub shown: bool,
    /// The first sort on it is descending.
    pub descending: bool,
    /// Words of a filter are looked for in it.
    pub searched: bool,
    /// JSON and CSV have its proof as `<id>_evidence`.
    pub evidence: bool,
    /// JSON and CSV have it.
    pub exported: bool,
    /// It counts down: time alone may change what a filter on it says.
    pub timed: bool,
    /// It is not shown where no row has a value.
    pub optional: bool,
    /// Hides the column where all rows have the same value.
    pub varied: bool,
}

impl ColumnInfo {
    /// Its key in JSON and CSV.
    pub fn key(&self) -> String {
        format!("{}{}", self.id, self.kind.unit())
    }

    /// True if tables can show it.
    pub const fn is_in_tables(&self) -> bool {
        !self.title.is_empty()
    }

    /// True if a filter can name it.
    pub const fn is_field(&self) -> bool {
        !matches!(self.kind, Kind::Chart)
    }
}

/// Data for cells besides the row.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The time.
    pub now: Timestamp,
    /// Transactions are seen from this account.
    pub account: Option<AccountIdentifier>,
    /// The tokens that transactions are of.
    pub tokens: Arc<Vec<Token>>,
    /// Voting power shrinks after this long without refresh.
    pub start_reducing_after: Seconds,
    /// The network, with facts and names.
    pub network: Arc<NetworkView>,
    /// Accounts of the transactions that look like another.
    pub lookalikes: Arc<LookAlikes>,
    /// The user's names of neurons and accounts.
    pub names: Arc<Names>,
}

impl Context {
    pub fn token(&self, ledger: LedgerId) -> Option<&Token> {
        self.tokens.iter().find(|token| token.ledger == ledger)
    }

    /// The user's name of a neuron, or the name of a known neuron.
    pub fn neuron_name(&self, id: NeuronKey) -> Option<&str> {
        if let Some(own) = self.names.neurons.get(&id) {
            return Some(own.as_str());
        }
        let listed = self.network.facts.known_neurons.iter().flat_map(|k| k.value.iter());
        listed.filter(|known| known.id == id).map(|known| known.data.name.as_str()).next()
    }
}

/// The cell of a row.
pub type Getter<R> = for<'a> fn(&'a R, &'a Context) -> Cell<'a>;

/// A column of rows `R`.
pub struct Column<R: 'static> {
    pub info: ColumnInfo,
    /// The cell of a row.
    pub get: Getter<R>,
}

impl<R: 'static> Column<R> {
    /// A column with a title; it is shown, and searched where it is text.
    pub const fn new(id: &'static str, title: &'static str, kind: Kind, get: Getter<R>) -> Self {
        let info = ColumnInfo {
            id,
            aliases: &[],
            title,
            heading: None,
            help: "",
            kind,
            width: 8,
            fill: None,
            wide: None,
            right: kind.is_number(),
            priority: 0,
            shown: !title.is_empty(),
            descending: kind.is_number(),
            searched: false,
            evidence: false,
            exported: !matches!(kind, Kind::Chart),
            timed: kind.is_timed(),
            optional: false,
            varied: false,
        };
        Self { info, get }
    }

    /// A column that no table shows: a field of filters, JSON and CSV.
    pub const fn data(id: &'static str, kind: Kind, get: Getter<R>) -> Self {
        Self::new(id, "", kind, get)
    }

    #[must_use]
    pub const fn help(mut self, help: &'static str) -> Self {
        self.info.help = help;
        self
    }

    /// Screens head it with this text.
    #[must_use]
    pub const fn heading(mut self, heading: fn(&Context) -> String) -> Self {
        self.info.heading = Some(heading);
        self
    }

    /// Filters know it by these names too.
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.info.aliases = aliases;
        self
    }

    /// So wide; it goes from narrow screens by its priority.
    #[must_use]
    pub const fn width(mut self, width: u16, priority: u8) -> Self {
        self.info.width = width;
        self.info.priority = priority;
        self
    }

    /// It takes a share of what is left over, up to so many cells.
    #[must_use]
    pub const fn fill(mut self, most: u16) -> Self {
        self.info.fill = Some(most);
        self
    }

    /// So wide where there is much room.
    #[must_use]
    pub const fn wide(mut self, width: u16) -> Self {
        self.info.wide = Some(width);
        self
    }

    /// Shown only where the user chooses so.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.info.shown = false;
        self
    }

    /// The first sort is ascending.
    #[must_use]
    pub const fn ascending(mut self) -> Self {
        self.info.descending = false;
        self
    }

    /// The first sort is descending.
    #[must_use]
    pub const fn descending(mut self) -> Self {
        self.info.descending = true;
        self
    }

    /// Its text stands on the right.
    #[must_use]
    pub const fn right(mut self) -> Self {
        self.info.right = true;
        self
    }

    /// Its text stands on the left.
    #[must_use]
    pub const fn left(mut self) -> Self {
        self.info.right = false;
        self
    }

    /// Words of a filter are looked for in it.
    #[must_use]
    pub const fn searched(mut self) -> Self {
        self.info.searched = true;
        self
    }

    /// JSON and CSV have its proof as `<id>_evidence`.
    #[must_use]
    pub const fn evidence(mut self) -> Self {
        self.info.evidence = true;
        self
    }

    /// JSON and CSV do not have it.
    #[must_use]
    pub const fn screen_only(mut self) -> Self {
        self.info.exported = false;
        self
    }

    /// It counts down.
    #[must_use]
    pub const fn timed(mut self) -> Self {
        self.info.timed = true;
        self
    }

    /// It is not shown where no row has a value.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.info.optional = true;
        self
    }

    /// Hides the column where all rows have the same value.
    #[must_use]
    pub const fn varied(mut self) -> Self {
        self.info.varied = true;
        self
    }
}

/// Description of a list, without its rows.
#[derive(Clone, Copy, Debug)]
pub struct ListInfo {
    /// Its name: the subcommand, and with `_` for `-` the name in JSON.
    pub id: &'static str,
    /// Other names of the subcommand.
    pub aliases: &'static [&'static str],
    /// Its heading among other lists.
    pub title: &'static str,
    pub one: &'static str,
    /// Several of it.
    pub many: &'static str,
    /// Description for help and documentation.
    pub about: &'static str,
    /// The columns that tables show at first with their priorities, where they are others than the
    /// columns themselves say.
    pub shown: &'static [(&'static str, u8)],
    /// The column it is sorted by at first, and whether descending.
    pub sort: (&'static str, bool),
    /// The column whose order is that of the rows' ids, if there is one.
    pub ordered_by: Option<&'static str>,
    /// Ready-made filters.
    pub quick_filters: &'static [&'static str],
}

/// A list: what it is, and its columns.
pub struct Dataset<R: 'static> {
    pub info: ListInfo,
    /// Its columns in order.
    pub columns: &'static [Column<R>],
}

impl<R: 'static> fmt::Debug for Dataset<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info.id)
    }
}

/// A dataset of any rows.
pub trait AnyDataset: Sync + fmt::Debug {
    fn info(&self) -> &ListInfo;
    /// Number of columns it has.
    fn column_count(&self) -> usize;
    fn column(&self, place: usize) -> Option<&'static ColumnInfo>;
}

/// A list of the program.
pub type List = &'static dyn AnyDataset;

impl<R: 'static> AnyDataset for Dataset<R> {
    fn info(&self) -> &ListInfo {
        &self.info
    }

    fn column_count(&self) -> usize {
        self.columns.len()
    }

    fn column(&self, place: usize) -> Option<&'static ColumnInfo> {
        self.columns.get(place).map(|c| &c.info)
    }
}

impl PartialEq for dyn AnyDataset {
    fn eq(&self, other: &Self) -> bool {
        self.info().id == other.info().id
    }
}

impl Eq for dyn AnyDataset {}

impl dyn AnyDataset {
    /// All columns in order.
    pub fn columns(&self) -> impl Iterator<Item = &'static ColumnInfo> {
        (0..self.column_count()).filter_map(|place| self.column(place))
    }

    /// The place of a column.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.columns().position(|c| c.id == id)
    }

    /// A column by its name.
    pub fn find(&self, id: &str) -> Option<&'static ColumnInfo> {
        self.columns().find(|c| c.id == id)
    }

    /// The columns that tables show unless the user chooses otherwise.
    pub fn default_columns(&self) -> Vec<&'static str> {
        if !self.info().shown.is_empty() {
            return self.info().shown.iter().map(|(id, _)| *id).collect();
        }
        self.columns().filter(|c| c.shown).map(|c| c.id).collect()
    }

    /// When a column goes from narrow screens: those of the greatest number first, 0 never.
    pub fn priority(&self, column: &ColumnInfo) -> u8 {
        let own = self.info().shown.iter().find(|(id, _)| *id == column.id);
        own.map_or(column.priority, |(_, priority)| *priority)
    }
}

impl ListInfo {
    /// A list without a name, for the fields that most lists leave empty.
    pub const DEFAULT: Self = Self {
        id: "",
        aliases: &[],
        title: "",
        one: "",
        many: "",
        about: "",
        shown: &[],
        sort: ("id", false),
        ordered_by: None,
        quick_filters: &[""],
    };

    /// Its name in JSON.
    pub fn key(&self) -> String {
        self.id.replace('-', "_")
    }
}

impl<R: 'static> Dataset<R> {
    /// The cell of a row in a column.
    pub fn cell<'a>(&self, row: &'a R, place: usize, context: &'a Context) -> Cell<'a> {
        self.columns.get(place).map_or_else(Cell::default, |c| (c.get)(row, context))
    }

    /// Appends what words of a filter are looked for in.
    pub fn write_search_text(&self, row: &R, context: &Context, out: &mut String) {
        for column in self.columns.iter().filter(|c| c.info.searched) {
            (column.get)(row, context).value.write_search_text(out);
        }
    }

    /// Sorts rows by the list's first order; equal ones stay as they are.
    pub fn sort(&self, rows: &mut [R], context: &Context) {
        let (column, descending) = self.info.sort;
        let Some(column) = self.columns.iter().find(|c| c.info.id == column) else { return };
        let key = |row: &R| match (column.get)(row, context).value.sort_key() {
            Some(SortKey::Number(n)) => (0, if descending { !n } else { n }, String::new()),
            Some(SortKey::Text(text)) => (1, 0, text.to_lowercase()),
            None => (2, 0, String::new()),
        };
        rows.sort_by_cached_key(key);
    }

    /// Optional columns without values in these rows, and varied columns with one value.
    pub fn unused_columns(
        &self,
        rows: impl Iterator<Item: Borrow<R>> + Clone,
        context: &Context,
    ) -> Vec<&'static str> {
        let is_unused = |column: &&Column<R>| {
            let mut rows = rows.clone();
            if column.info.optional {
                return rows.all(|row| (column.get)(row.borrow(), context).value == Value::Unknown);
            }
            column.info.varied
                && rows.next().is_none_or(|first| {
                    let first = (column.get)(first.borrow(), context).value;
                    rows.all(|row| (column.get)(row.borrow(), context).value == first)
                })
        };
        self.columns.iter().filter(is_unused).map(|column| column.info.id).collect()
    }

    /// True if a row passes a filter.
    pub fn matches(&self, query: &crate::query::Query, row: &R, context: &Context) -> bool {
        let mut hay = Haystacks::default();
        hay.add(|out| self.write_search_text(row, context, out));
        query.matches(hay.get(0), context.now, |place| self.cell(row, place, context))
    }
}

/// A cell with a value that is not known where it is `None`.
pub fn known_cell<'a, T>(value: Option<T>, make: impl FnOnce(T) -> Value<'a>) -> Cell<'a> {
    Cell::new(Value::or_unknown(value, make))
}

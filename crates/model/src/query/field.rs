//! The fields of filters: the columns of a list, by their names.

use crate::dataset::{ColumnInfo, Kind, List};
use crate::value::Term;
use std::fmt;

/// A column as a filter names it.
#[derive(Clone, Copy)]
pub struct Field {
    /// The place of the column in its list.
    pub place: usize,
    pub(super) info: &'static ColumnInfo,
    pub(super) form: Form,
}

/// Which of a column's names was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Its own: values are written with units.
    Name,
    /// Its key in JSON: values are written as the numbers of JSON.
    Key,
    /// Its proof.
    Evidence,
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        (self.place, self.info.id, self.form) == (other.place, other.info.id, other.form)
    }
}

impl Eq for Field {}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Field {
    /// By its name, among those of a list.
    pub fn by_name(name: &str, list: List) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let fields = || list.columns().enumerate().filter(|(_, c)| c.is_field());
        let find = |form, fits: &dyn Fn(&ColumnInfo) -> bool| {
            fields().find(|(_, c)| fits(c)).map(|(place, info)| Self { place, info, form })
        };
        find(Form::Name, &|c| c.id == name)
            .or_else(|| find(Form::Name, &|c| c.aliases.contains(&name.as_str())))
            .or_else(|| find(Form::Key, &|c| c.exported && c.key() == name))
            .or_else(|| {
                let of = name.strip_suffix("_evidence")?;
                find(Form::Evidence, &|c| c.evidence && c.id == of)
            })
    }

    /// The fields of a list, in the order of its columns.
    pub fn of(list: List) -> impl Iterator<Item = Self> {
        let fields = list.columns().enumerate().filter(|(_, c)| c.is_field());
        fields.map(|(place, info)| Self { place, info, form: Form::Name })
    }

    /// As written.
    pub fn name(&self) -> String {
        match self.form {
            Form::Name => self.info.id.to_owned(),
            Form::Key => self.info.key(),
            Form::Evidence => format!("{}_evidence", self.info.id),
        }
    }

    /// How its values are written.
    pub fn kind(&self) -> Kind {
        match self.form {
            Form::Evidence => Kind::Text,
            _ => self.info.kind,
        }
    }

    /// Whether time alone may change a row's answer.
    pub fn is_timed(&self) -> bool {
        self.form != Form::Evidence && self.info.timed
    }

    /// The words its value may be; empty where it is no word.
    pub(super) fn terms(&self) -> Vec<Term> {
        match self.kind() {
            Kind::Terms(terms) | Kind::Ordered(terms) => terms(),
            Kind::Flag => vec![Term::titled(0, "no", "false"), Term::titled(1, "yes", "true")],
            _ => Vec::new(),
        }
    }
}

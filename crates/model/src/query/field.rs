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
    pub(super) form: NameForm,
}

/// The of a column's names was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameForm {
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
    pub fn find(name: &str, list: List) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let fields = || list.columns().enumerate().filter(|(_, c)| c.is_field());
        let find = |form, fits: &dyn Fn(&ColumnInfo) -> bool| {
            fields().find(|(_, c)| fits(c)).map(|(place, info)| Self { place, info, form })
        };
        find(NameForm::Name, &|c| c.id == name)
            .or_else(|| find(NameForm::Name, &|c| c.aliases.contains(&name.as_str())))
            .or_else(|| find(NameForm::Key, &|c| c.exported && c.key() == name))
            .or_else(|| {
                let of = name.strip_suffix("_evidence")?;
                find(NameForm::Evidence, &|c| c.evidence && c.id == of)
            })
    }

    /// The fields of a list, in the order of its columns.
    pub fn fields_of(list: List) -> impl Iterator<Item = Self> {
        let fields = list.columns().enumerate().filter(|(_, c)| c.is_field());
        fields.map(|(place, info)| Self { place, info, form: NameForm::Name })
    }

    /// As written.
    pub fn name(&self) -> String {
        match self.form {
            NameForm::Name => self.info.id.to_owned(),
            NameForm::Key => self.info.key(),
            NameForm::Evidence => format!("{}_evidence", self.info.id),
        }
    }

    /// The form of its values.
    pub fn kind(&self) -> Kind {
        match self.form {
            NameForm::Evidence => Kind::Text,
            _ => self.info.kind,
        }
    }

    /// True if time alone may change a row's answer.
    pub fn is_timed(&self) -> bool {
        self.form != NameForm::Evidence && self.info.timed
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

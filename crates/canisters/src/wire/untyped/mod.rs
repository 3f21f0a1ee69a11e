//! Candid read without knowing the type: the message's own type table says what is in it.
//!
//! Three things need it: refusing a hostile message before the typed decoder allocates for it,
//! cutting a reply into rows that each decode on their own, and showing a row that does not.

use candid::{Int, Nat, Principal};

use super::lenient::DecodeError;

mod cursor;
mod text;

pub use text::{neutral, text_of};

use cursor::{Cursor, push_signed};

/// Deepest nesting read; the deepest real replies have about thirty levels.
const MAX_DEPTH: usize = 100;
/// How many values without any byte (`null` and empty records) a message may hold: they cost the
/// sender nothing and the reader memory.
const MAX_EMPTY_VALUES: usize = 100_000;

mod opcode {
    pub const NULL: i64 = -1;
    pub const BOOL: i64 = -2;
    pub const NAT: i64 = -3;
    pub const INT: i64 = -4;
    pub const NAT8: i64 = -5;
    pub const NAT16: i64 = -6;
    pub const NAT32: i64 = -7;
    pub const NAT64: i64 = -8;
    pub const INT8: i64 = -9;
    pub const INT16: i64 = -10;
    pub const INT32: i64 = -11;
    pub const INT64: i64 = -12;
    pub const FLOAT32: i64 = -13;
    pub const FLOAT64: i64 = -14;
    pub const TEXT: i64 = -15;
    pub const RESERVED: i64 = -16;
    pub const OPT: i64 = -18;
    pub const VEC: i64 = -19;
    pub const RECORD: i64 = -20;
    pub const VARIANT: i64 = -21;
    pub const FUNC: i64 = -22;
    pub const SERVICE: i64 = -23;
    pub const PRINCIPAL: i64 = -24;
}

/// A value read without its type. Numbers of all widths are [`Value::Nat`] and [`Value::Int`];
/// fields and tags are the hashes the wire carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, and anything of a type that carries no value.
    Null,
    Bool(bool),
    /// `nat` and `nat8` to `nat64`.
    Nat(Nat),
    /// `int` and `int8` to `int64`.
    Int(Int),
    /// `float32` and `float64`.
    Float(f64),
    /// `text`; bytes that are not UTF-8 are replaced. Hostile.
    Text(String),
    /// `vec nat8`.
    Blob(Vec<u8>),
    Opt(Option<Box<Value>>),
    /// `vec` of anything else.
    Vec(Vec<Value>),
    /// `record`, by hash of the field's name.
    Record(Vec<(u32, Value)>),
    /// `variant`, by hash of the tag.
    Variant(u32, Box<Value>),
    /// `principal`, and a reference to a service.
    Principal(Principal),
    /// A reference to a method.
    Func(Principal, String),
}

/// A type of the table.
#[derive(Clone, Debug)]
enum Entry {
    Opt(i64),
    Vec(i64),
    Record(Vec<(u32, i64)>),
    Variant(Vec<(u32, i64)>),
    Func,
    Service,
}

/// A message whose type table has been read.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    table: Vec<Entry>,
    arguments: Vec<i64>,
    /// The bytes of the type table, its length included.
    table_bytes: &'a [u8],
    values_at: usize,
}

/// One row cut out of a message.
#[derive(Clone, Debug)]
pub struct RowSlice<'a> {
    element: i64,
    bytes: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads the type table.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] when the bytes do not begin as a Candid message does, or the
    /// table is longer than any canister's.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut at = Cursor { bytes, at: 0 };
        if at.take(4)? != b"DIDL" {
            return Err(DecodeError::malformed(0, "the bytes do not begin with DIDL"));
        }
        let table_start = at.at;
        let entries = at.length()?;
        let mut table = Vec::new();
        for _ in 0..entries {
            table.push(at.entry()?);
            at.within_header()?;
        }
        let table_bytes = bytes.get(table_start..at.at).unwrap_or_default();
        let count = at.length()?;
        let mut arguments = Vec::new();
        for _ in 0..count {
            arguments.push(at.signed()?);
            at.within_header()?;
        }
        Ok(Self { bytes, table, arguments, table_bytes, values_at: at.at })
    }

    /// Walks over every value and checks that the message is whole and cheap to decode.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] naming the byte at which it is not.
    pub fn check(&self) -> Result<(), DecodeError> {
        let mut walk = Walk::new(self);
        for argument in &self.arguments {
            walk.skip(*argument, 0)?;
        }
        if walk.at.at == self.bytes.len() {
            Ok(())
        } else {
            Err(DecodeError::malformed(walk.at.at, "bytes are left over after the values"))
        }
    }

    /// Reads every argument.
    ///
    /// # Errors
    /// As [`Message::check`].
    pub fn values(&self) -> Result<Vec<Value>, DecodeError> {
        let mut walk = Walk::new(self);
        self.arguments.iter().map(|argument| walk.read(*argument, 0)).collect()
    }

    /// Cuts the first argument into rows: follows `path` through record fields and variant tags
    /// (through `opt` on its own), to a `vec`, or to an `opt`, which is at most one row.
    ///
    /// # Errors
    /// [`DecodeError::NoRows`] when the message has nothing there, and as [`Message::check`].
    pub fn rows(&self, path: &[&str], max_rows: usize) -> Result<Vec<RowSlice<'a>>, DecodeError> {
        let no_rows = || DecodeError::NoRows { path: path.join(".") };
        let mut kind = *self.arguments.first().ok_or_else(no_rows)?;
        let mut walk = Walk::new(self);
        let mut steps = path.iter();
        let mut wanted = steps.next();
        let mut depth = 0;
        while let Some(label) = wanted {
            depth += 1;
            if depth > MAX_DEPTH {
                return Err(DecodeError::malformed(walk.at.at, "values are nested too deeply"));
            }
            let hash = candid::idl_hash(label);
            match self.entry(kind, walk.at.at)? {
                Some(Entry::Opt(inner)) => {
                    if !walk.at.flag()? {
                        return Ok(Vec::new());
                    }
                    kind = *inner;
                    continue;
                }
                Some(Entry::Record(fields)) => {
                    let mut found = None;
                    for (field, field_kind) in fields {
                        if *field == hash {
                            found = Some(*field_kind);
                            break;
                        }
                        walk.skip(*field_kind, depth)?;
                    }
                    kind = found.ok_or_else(no_rows)?;
                }
                Some(Entry::Variant(tags)) => {
                    let tag = walk.tag(tags)?;
                    if tag.0 != hash {
                        return Err(no_rows());
                    }
                    kind = tag.1;
                }
                _ => return Err(no_rows()),
            }
            wanted = steps.next();
        }
        let (element, count) = match self.entry(kind, walk.at.at)? {
            Some(Entry::Vec(element)) => (*element, walk.at.length()?),
            Some(Entry::Opt(element)) => (*element, usize::from(walk.at.flag()?)),
            _ => return Err(no_rows()),
        };
        if count > max_rows {
            return Err(DecodeError::malformed(
                walk.at.at,
                "the reply has more rows than are ever asked for",
            ));
        }
        let mut rows = Vec::with_capacity(count);
        for _ in 0..count {
            let start = walk.at.at;
            walk.skip(element, depth + 1)?;
            let bytes = self.bytes.get(start..walk.at.at).unwrap_or_default();
            rows.push(RowSlice { element, bytes });
        }
        Ok(rows)
    }

    /// A message of its own for one row: the same type table, the row's type, the row's bytes.
    pub fn row_message(&self, row: &RowSlice<'_>) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.table_bytes.len() + row.bytes.len() + 16);
        out.extend_from_slice(b"DIDL");
        out.extend_from_slice(self.table_bytes);
        out.push(1);
        push_signed(&mut out, row.element);
        out.extend_from_slice(row.bytes);
        out
    }

    /// Bytes of the type table, which every row message repeats.
    pub fn table_len(&self) -> usize {
        self.table_bytes.len()
    }

    /// The table's entry of a type, `None` for a primitive one.
    fn entry(&self, kind: i64, at: usize) -> Result<Option<&Entry>, DecodeError> {
        if kind < 0 {
            return Ok(None);
        }
        usize::try_from(kind)
            .ok()
            .and_then(|index| self.table.get(index))
            .map(Some)
            .ok_or_else(|| DecodeError::malformed(at, "a type is used that the table does not hold"))
    }
}

/// Walks over the values of a message.
struct Walk<'m, 'a> {
    message: &'m Message<'a>,
    at: Cursor<'a>,
    empty_values_left: usize,
}

impl<'m, 'a> Walk<'m, 'a> {
    fn new(message: &'m Message<'a>) -> Self {
        Self {
            message,
            at: Cursor { bytes: message.bytes, at: message.values_at },
            empty_values_left: MAX_EMPTY_VALUES,
        }
    }

    /// The tag and type of a variant's chosen alternative.
    fn tag(&mut self, tags: &[(u32, i64)]) -> Result<(u32, i64), DecodeError> {
        let at = self.at.at;
        let index = self.at.length()?;
        tags.get(index)
            .copied()
            .ok_or_else(|| DecodeError::malformed(at, "a variant has no such alternative"))
    }

    fn deeper(&self, depth: usize) -> Result<usize, DecodeError> {
        if depth >= MAX_DEPTH {
            return Err(DecodeError::malformed(self.at.at, "values are nested too deeply"));
        }
        Ok(depth + 1)
    }

    /// Counts a value that took no byte.
    fn count_empty(&mut self, start: usize) -> Result<(), DecodeError> {
        if self.at.at == start {
            self.empty_values_left = self
                .empty_values_left
                .checked_sub(1)
                .ok_or_else(|| DecodeError::malformed(start, "too many values without content"))?;
        }
        Ok(())
    }

    fn skip(&mut self, kind: i64, depth: usize) -> Result<(), DecodeError> {
        let start = self.at.at;
        let depth = self.deeper(depth)?;
        let message = self.message;
        match message.entry(kind, start)? {
            None => self.skip_primitive(kind)?,
            Some(Entry::Opt(inner)) => {
                if self.at.flag()? {
                    self.skip(*inner, depth)?;
                }
            }
            Some(Entry::Vec(inner)) => {
                let count = self.at.length()?;
                if let Some(width) = fixed_width(*inner) {
                    self.at.take(self.at.scaled(count, width)?)?;
                } else {
                    for _ in 0..count {
                        self.skip(*inner, depth)?;
                    }
                }
            }
            Some(Entry::Record(fields)) => {
                for (_, field) in fields {
                    self.skip(*field, depth)?;
                }
            }
            Some(Entry::Variant(tags)) => {
                let (_, inner) = self.tag(tags)?;
                self.skip(inner, depth)?;
            }
            Some(Entry::Func) => {
                self.at.reference()?;
                self.at.reference()?;
                self.at.text()?;
            }
            Some(Entry::Service) => {
                self.at.reference()?;
                self.at.principal_bytes()?;
            }
        }
        self.count_empty(start)
    }

    fn skip_primitive(&mut self, kind: i64) -> Result<(), DecodeError> {
        if let Some(width) = fixed_width(kind) {
            self.at.take(width)?;
            return Ok(());
        }
        match kind {
            opcode::NULL | opcode::RESERVED => {}
            opcode::NAT | opcode::INT => {
                self.at.number()?;
            }
            opcode::TEXT => {
                self.at.text()?;
            }
            opcode::PRINCIPAL => {
                self.at.reference()?;
                self.at.principal_bytes()?;
            }
            _ => return Err(DecodeError::malformed(self.at.at, "a value of a type that has none")),
        }
        Ok(())
    }

    fn read(&mut self, kind: i64, depth: usize) -> Result<Value, DecodeError> {
        let start = self.at.at;
        let depth = self.deeper(depth)?;
        let message = self.message;
        let value = match message.entry(kind, start)? {
            None => self.read_primitive(kind)?,
            Some(Entry::Opt(inner)) => {
                Value::Opt(if self.at.flag()? { Some(Box::new(self.read(*inner, depth)?)) } else { None })
            }
            Some(Entry::Vec(opcode::NAT8)) => {
                let count = self.at.length()?;
                Value::Blob(self.at.take(count)?.to_vec())
            }
            Some(Entry::Vec(inner)) => {
                let count = self.at.length()?;
                let mut values = Vec::new();
                for _ in 0..count {
                    values.push(self.read(*inner, depth)?);
                }
                Value::Vec(values)
            }
            Some(Entry::Record(fields)) => {
                let mut values = Vec::new();
                for (field, field_kind) in fields {
                    values.push((*field, self.read(*field_kind, depth)?));
                }
                Value::Record(values)
            }
            Some(Entry::Variant(tags)) => {
                let (tag, inner) = self.tag(tags)?;
                Value::Variant(tag, Box::new(self.read(inner, depth)?))
            }
            Some(Entry::Func) => {
                self.at.reference()?;
                self.at.reference()?;
                let principal = self.at.principal()?;
                Value::Func(principal, String::from_utf8_lossy(self.at.text()?).into_owned())
            }
            Some(Entry::Service) => {
                self.at.reference()?;
                Value::Principal(self.at.principal()?)
            }
        };
        self.count_empty(start)?;
        Ok(value)
    }

    fn read_primitive(&mut self, kind: i64) -> Result<Value, DecodeError> {
        Ok(match kind {
            opcode::BOOL => Value::Bool(self.at.little_endian(1)? != 0),
            opcode::NAT8 => Value::Nat(self.at.little_endian(1)?.into()),
            opcode::NAT16 => Value::Nat(self.at.little_endian(2)?.into()),
            opcode::NAT32 => Value::Nat(self.at.little_endian(4)?.into()),
            opcode::NAT64 => Value::Nat(self.at.little_endian(8)?.into()),
            opcode::INT8 => Value::Int(self.at.signed_little_endian(1)?.into()),
            opcode::INT16 => Value::Int(self.at.signed_little_endian(2)?.into()),
            opcode::INT32 => Value::Int(self.at.signed_little_endian(4)?.into()),
            opcode::INT64 => Value::Int(self.at.signed_little_endian(8)?.into()),
            opcode::FLOAT32 => {
                let bits = self.at.little_endian(4)?;
                Value::Float(f64::from(f32::from_bits(u32::try_from(bits).unwrap_or_default())))
            }
            opcode::FLOAT64 => Value::Float(f64::from_bits(self.at.little_endian(8)?)),
            opcode::NAT => {
                let at = self.at.at;
                let mut bytes = self.at.number()?;
                Value::Nat(Nat::decode(&mut bytes).map_err(|_| DecodeError::malformed(at, "not a nat"))?)
            }
            opcode::INT => {
                let at = self.at.at;
                let mut bytes = self.at.number()?;
                Value::Int(Int::decode(&mut bytes).map_err(|_| DecodeError::malformed(at, "not an int"))?)
            }
            opcode::TEXT => Value::Text(String::from_utf8_lossy(self.at.text()?).into_owned()),
            opcode::PRINCIPAL => {
                self.at.reference()?;
                Value::Principal(self.at.principal()?)
            }
            _ => {
                self.skip_primitive(kind)?;
                Value::Null
            }
        })
    }
}

/// Bytes a value of a primitive type takes, when it is always the same and not nothing.
fn fixed_width(kind: i64) -> Option<usize> {
    match kind {
        opcode::BOOL | opcode::NAT8 | opcode::INT8 => Some(1),
        opcode::NAT16 | opcode::INT16 => Some(2),
        opcode::NAT32 | opcode::INT32 | opcode::FLOAT32 => Some(4),
        opcode::NAT64 | opcode::INT64 | opcode::FLOAT64 => Some(8),
        _ => None,
    }
}

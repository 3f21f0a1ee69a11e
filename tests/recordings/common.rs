//! What several tests share: the recordings of the real canisters and a reader of Candid's textual form.

use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Recordings {
    recordings: BTreeMap<String, Recording>,
}

#[derive(Deserialize)]
pub struct Recording {
    pub method: String,
    pub caller: String,
    pub args_hex: String,
    pub args_text: String,
    pub reply_hex: String,
    pub reply_text: String,
}

impl Recording {
    pub fn reply(&self) -> Vec<u8> {
        hex::decode(&self.reply_hex).unwrap()
    }

    /// The reply's one value, as its text shows it.
    pub fn text(&self) -> Text {
        Text::parse(&self.reply_text).remove(0)
    }
}

pub fn recordings() -> BTreeMap<String, Recording> {
    let read = |value| serde_json::from_value::<Recordings>(value).unwrap().recordings;
    let mut all = read(icpulse_testing::fixtures::recordings());
    all.extend(read(icpulse_testing::fixtures::recordings_2026()));
    all
}

/// Candid's textual form, as much of it as the recordings use.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    Null,
    Bool(bool),
    Number(String),
    Bytes(Vec<u8>),
    Blob(Vec<u8>),
    Principal(String),
    Opt(Box<Text>),
    Vec(Vec<Text>),
    Record(BTreeMap<String, Text>),
    Variant(String, Box<Text>),
}

impl Text {
    pub fn parse(text: &str) -> Vec<Self> {
        let mut parser = Parser { text: text.as_bytes(), at: 0 };
        parser.expect(b'(');
        let mut values = Vec::new();
        while !parser.eat(b')') {
            values.push(parser.value());
            parser.eat(b',');
        }
        values
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn space(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) {
        assert!(self.eat(byte), "expected {:?} at {}", char::from(byte), self.at);
    }

    fn word(&mut self) -> String {
        self.space();
        let start = self.at;
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(byte);
        while self.text.get(self.at).is_some_and(part) {
            self.at += 1;
        }
        String::from_utf8(self.text[start..self.at].to_vec()).unwrap()
    }

    fn string(&mut self) -> Vec<u8> {
        self.expect(b'"');
        let mut out = Vec::new();
        loop {
            let byte = self.text[self.at];
            self.at += 1;
            match byte {
                b'"' => return out,
                b'\\' => {
                    let escape = self.text[self.at];
                    self.at += 1;
                    match escape {
                        b'n' => out.push(b'\n'),
                        b'r' => out.push(b'\r'),
                        b't' => out.push(b'\t'),
                        b'\\' | b'"' | b'\'' => out.push(escape),
                        b'u' => {
                            self.expect(b'{');
                            let code = u32::from_str_radix(&self.word(), 16).unwrap();
                            self.expect(b'}');
                            let mut buffer = [0; 4];
                            let character = char::from_u32(code).unwrap();
                            out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                        }
                        _ => {
                            let pair = std::str::from_utf8(&self.text[self.at - 1..=self.at]).unwrap();
                            out.push(u8::from_str_radix(pair, 16).unwrap());
                            self.at += 1;
                        }
                    }
                }
                _ => out.push(byte),
            }
        }
    }

    fn value(&mut self) -> Text {
        let value = self.bare_value();
        if self.eat(b':') {
            self.word();
        }
        value
    }

    fn bare_value(&mut self) -> Text {
        self.space();
        match self.text[self.at] {
            b'(' => {
                self.expect(b'(');
                let value = self.value();
                self.expect(b')');
                return value;
            }
            b'"' => return Text::Bytes(self.string()),
            _ => {}
        }
        match self.word().as_str() {
            "null" => Text::Null,
            "true" => Text::Bool(true),
            "false" => Text::Bool(false),
            "opt" => Text::Opt(Box::new(self.value())),
            "blob" => Text::Blob(self.string()),
            "principal" => Text::Principal(String::from_utf8(self.string()).unwrap()),
            "vec" => {
                self.expect(b'{');
                let mut values = Vec::new();
                while !self.eat(b'}') {
                    values.push(self.value());
                    self.eat(b';');
                }
                Text::Vec(values)
            }
            "record" => {
                self.expect(b'{');
                let mut fields = BTreeMap::new();
                while !self.eat(b'}') {
                    let next = fields.len().to_string();
                    let start = self.at;
                    self.space();
                    let quoted = self.text[self.at] == b'"';
                    let label = if quoted { String::from_utf8(self.string()).unwrap() } else { self.word() };
                    if self.eat(b'=') {
                        fields.insert(label, self.value());
                    } else {
                        self.at = start;
                        fields.insert(next, self.value());
                    }
                    self.eat(b';');
                }
                Text::Record(fields)
            }
            "variant" => {
                self.expect(b'{');
                let tag = self.word();
                let inner = if self.eat(b'=') { self.value() } else { Text::Null };
                self.eat(b';');
                self.expect(b'}');
                Text::Variant(tag, Box::new(inner))
            }
            number => {
                let digits = number.replace('_', "");
                assert!(digits.starts_with(|first: char| first.is_ascii_digit() || first == '-'), "{number}");
                Text::Number(digits)
            }
        }
    }
}

/// Reading a text as a test expects it; anything else than expected panics.
impl Text {
    /// A field of a record, through `opt`.
    pub fn at(&self, field: &str) -> &Self {
        match self {
            Self::Record(fields) => {
                fields.get(field).unwrap_or_else(|| panic!("no field {field} in {self:?}"))
            }
            Self::Opt(inner) => inner.at(field),
            other => panic!("no record with {field}: {other:?}"),
        }
    }

    /// `null` is nothing; `opt x` is x.
    pub fn opt(&self) -> Option<&Self> {
        match self {
            Self::Null => None,
            Self::Opt(inner) => Some(inner),
            other => Some(other),
        }
    }

    pub fn number<T: std::str::FromStr>(&self) -> T
    where
        T::Err: std::fmt::Debug,
    {
        match self {
            Self::Number(digits) => digits.parse().unwrap(),
            Self::Opt(inner) => inner.number(),
            other => panic!("not a number: {other:?}"),
        }
    }

    pub fn string(&self) -> String {
        match self {
            Self::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
            Self::Principal(text) => text.clone(),
            Self::Opt(inner) => inner.string(),
            other => panic!("not a text: {other:?}"),
        }
    }

    pub fn blob(&self) -> Vec<u8> {
        match self {
            Self::Blob(bytes) => bytes.clone(),
            Self::Opt(inner) => inner.blob(),
            other => panic!("not a blob: {other:?}"),
        }
    }

    pub fn list(&self) -> &[Self] {
        match self {
            Self::Vec(values) => values,
            Self::Opt(inner) => inner.list(),
            other => panic!("not a vec: {other:?}"),
        }
    }

    /// The tag and content of a variant, through `opt`.
    pub fn variant(&self) -> (&str, &Self) {
        match self {
            Self::Variant(tag, inner) => (tag, inner),
            Self::Opt(inner) => inner.variant(),
            other => panic!("not a variant: {other:?}"),
        }
    }

    /// The content of `variant { Ok = … }`.
    pub fn ok(&self) -> &Self {
        let (tag, inner) = self.variant();
        assert_eq!(tag, "Ok");
        inner
    }
}

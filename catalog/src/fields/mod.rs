//! Every key that a document may use, as data: kind, duty, one sentence of help, an example.
//!
//! In: nothing. Out: [`Table`]s, and [`reference`] for manual, editor and tooltips. Never knows: the values of any
//! document. The help has its one home here: lowering reads keys only through these tables.

mod astray;
pub(crate) mod columns;
pub(crate) mod environment;
pub(crate) mod flow;
pub(crate) mod interface;
mod record;
mod reference;
pub(crate) mod settings;
pub(crate) mod system;
#[cfg(test)]
mod tests;

pub(crate) use record::{Record, Text, did_you_mean, shown};
pub use reference::{FieldHelp, reference};

/// The keys of one mapping.
#[derive(Debug)]
pub(crate) struct Table {
    /// What the mapping is, for sentences: `the trigger`.
    pub(crate) what: &'static str,
    /// Its keys.
    pub(crate) keys: &'static [Key],
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// The key.
    pub(crate) name: &'static str,
    /// What its value looks like.
    pub(crate) kind: Kind,
    /// Must be there.
    pub(crate) required: bool,
    /// Part of the contract digest; prose is not.
    pub(crate) fact: bool,
    /// What its absence is reported as.
    pub(crate) absence: &'static str,
    /// One sentence for authors and readers.
    pub(crate) help: &'static str,
    /// A value as it would be written.
    pub(crate) example: &'static str,
}

/// What the value of a key looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// One line of text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number, not negative.
    Integer,
    /// `true` or `false`.
    Bool,
    /// `500ms`, `30s`, `5min`, `2h`, `7d`.
    Duration,
    /// `10 MB`.
    Bytes,
    /// `10%`.
    Percent,
    /// ISO date.
    Date,
    /// An expression.
    Expression,
    /// Text with `${expression}` parts.
    Template,
    /// A message's name, `Name` or `System.Name`.
    Message,
    /// A list of texts; one single text is a list of one.
    Texts,
    /// A mapping with these keys.
    Record(&'static Table),
    /// A list of mappings with these keys.
    Records(&'static Table),
    /// Names that the author chooses, each with a mapping of these keys.
    Named(&'static Table),
    /// Names that the author chooses, each with a text.
    Names,
    /// A list of flow steps.
    Steps,
    /// Several shapes; the words say which.
    Shapes(&'static str),
}

/// A compulsory key that is part of the contract.
pub(crate) const fn must(name: &'static str, kind: Kind, help: &'static str, example: &'static str) -> Key {
    Key { name, kind, required: true, fact: true, absence: "E-MISSING", help, example }
}

/// An optional key that is part of the contract.
pub(crate) const fn may(name: &'static str, kind: Kind, help: &'static str, example: &'static str) -> Key {
    Key { name, kind, required: false, fact: true, absence: "E-MISSING", help, example }
}

impl Key {
    /// The same key, with a code of its own for its absence.
    pub(crate) const fn or_else(mut self, absence: &'static str) -> Self {
        self.absence = absence;
        self
    }

    /// The same key, for people only: changing it does not change the contract.
    pub(crate) const fn prose(mut self) -> Self {
        self.fact = false;
        self
    }
}

impl Table {
    /// The key of this name and its index.
    pub(crate) fn find(&self, name: &str) -> Option<(usize, &'static Key)> {
        self.keys.iter().enumerate().find(|(_, key)| key.name == name)
    }
}

//! Messages and their rules.
//!
//! In: a [`Value`] of any wire format. Out: a typed message, or all its [`Violations`] at once.
//! Never knows: wire formats, interfaces, stores.
//!
//! Generated types implement [`Message`]; everything that costs compile time is here, once, and not generic.

mod fields;
mod rules;
mod sensitive;
mod slot;
mod violations;

pub use fields::Fields;
pub use rules::{Items, Number, Text};
pub use sensitive::Sensitive;
pub use slot::Slot;
pub use violations::{Violation, Violations};

use crate::{
    descriptor::{Format, Operation, Protocol},
    value::{Record, ToValue, Value},
};
use fields::{Place, Report};

/// What a reader does with fields that no table names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownFields {
    /// Read past them: partners add fields.
    Ignore,
    /// Refuse the message.
    Reject,
}

/// How scalars are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Numbers and booleans have types of their own (JSON).
    Typed,
    /// Everything comes as characters (XML, CSV, path and query parameters). An empty optional field is absent; a
    /// list may be repeated elements, `<item>` children or one single element.
    Characters,
}

impl Spelling {
    /// The spelling of an operation's replies.
    #[must_use]
    pub const fn of_reply(operation: &Operation) -> Self {
        match (&operation.protocol, operation.format) {
            (Protocol::Rfc { .. }, _) | (_, Format::Xml | Format::Csv { .. }) => Self::Characters,
            _ => Self::Typed,
        }
    }
}

/// A record with rules: a message, or a record nested in one. Generated code implements it.
pub trait Message: Sized {
    /// Name in the document.
    const NAME: &'static str;
    /// JSON pointers, from this record, of fields whose values must never be shown; `*` stands for any list item.
    const SENSITIVE: &'static [&'static str];
    /// What to do with fields that no table names.
    const UNKNOWN_FIELDS: UnknownFields = UnknownFields::Ignore;

    /// Reads every field. What is wrong is noted in `fields`, and a stand-in value is returned in its place; callers
    /// other than [`Message::from_value`] and its siblings must not use the result.
    fn read(fields: &mut Fields<'_>) -> Self;

    /// Writes every field in document order.
    fn write(&self, record: &mut Record);

    /// Reads a JSON body.
    ///
    /// # Errors
    /// Everything that is wrong, with JSON pointers.
    fn from_value(value: &Value) -> Result<Self, Violations> {
        read_with(value, Spelling::Typed)
    }

    /// Reads a partner's reply, spelled as the operation's format spells it.
    ///
    /// # Errors
    /// Everything that is wrong; the violations name the operation.
    fn from_reply(operation: &Operation, reply: &Value) -> Result<Self, Violations> {
        read_with(reply, Spelling::of_reply(operation)).map_err(|violations| violations.in_reply_of(operation))
    }

    /// Reads path and query parameters.
    ///
    /// # Errors
    /// Everything that is wrong; pointers start with `/path`, as documents write `path.id`.
    fn from_parameters(parameters: &[(String, String)]) -> Result<Self, Violations> {
        let record = violations::parameters(parameters);
        read_with(&record, Spelling::Characters).map_err(|violations| violations.below("/path"))
    }

    /// The message as a tree, without looking at its rules.
    fn to_tree(&self) -> Value {
        let mut record = Record::new();
        self.write(&mut record);
        Value::Record(record)
    }

    /// The record, or nothing if none of its fields is set: how a mapping leaves an optional record out.
    fn unless_empty(self) -> Option<Self> {
        match self.to_tree() {
            Value::Record(record) if record.iter().next().is_none() => None,
            _ => Some(self),
        }
    }

    /// The message as a tree, if it keeps its own rules: what may go out.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn checked(&self) -> Result<Value, Violations> {
        let tree = self.to_tree();
        Self::from_value(&tree).map(|_| ()).map_err(|violations| violations.of_message(Self::NAME))?;
        Ok(tree)
    }
}

/// A list of rows as a tree, if every row keeps its rules: the body of a CSV operation.
///
/// # Errors
/// Everything that is wrong, with the row's index in front of each pointer.
pub fn checked_rows<T: Message>(rows: &[T]) -> Result<Value, Violations> {
    let mut all = Violations::default();
    let mut trees = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let tree = row.to_tree();
        if let Err(violations) = T::from_value(&tree) {
            all.merge(violations.below(&format!("/{index}")));
        }
        trees.push(tree);
    }
    all.of_message(T::NAME).none_or(Value::List(trees))
}

impl<T: Message> ToValue for T {
    fn to_value(&self) -> Value {
        self.to_tree()
    }
}

pub(crate) fn read_with<T: Message>(value: &Value, spelling: Spelling) -> Result<T, Violations> {
    let mut report = Report::new(spelling);
    let place = Place::root();
    let message = Slot::at(Some(value), place, &mut report).record();
    report.finish().none_or(message)
}

#[cfg(test)]
mod tests;

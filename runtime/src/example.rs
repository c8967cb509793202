//! Examples of documents, replayed.
//!
//! In: the text of a fenced block, what a mapping made of another. Out: trees and messages, or in words where they
//! differ. Never knows: stores, networks, clocks, how documents are parsed. Used by generated tests only.
//!
//! Values are compared, not texts: `620.00` is `620.0`, two spellings of one instant are the same, an absent field is
//! a field that is `null`, the order of fields does not count.

mod differences;

use std::fmt;

use crate::{
    convert::MappingError,
    flow::{Handler, Input},
    format::json,
    message::{Message, Spelling, Violations},
    value::{Record, Value},
};
use differences::{differences, unknown};

/// A fenced block of an example.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    name: &'static str,
    line: u32,
    format: Format,
    text: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Json,
    Csv(char),
}

/// A block of JSON: the name it stands for, its line in the document, its text.
#[must_use]
pub const fn json(name: &'static str, line: u32, text: &'static str) -> Block {
    Block { name, line, format: Format::Json, text }
}

/// A block of CSV with a header line.
#[must_use]
pub const fn csv(name: &'static str, line: u32, separator: char, text: &'static str) -> Block {
    Block { name, line, format: Format::Csv(separator), text }
}

/// Replays one example of a document, which has its heading in `line`.
///
/// # Errors
/// What `steps` came across, with document, line and title.
pub fn replay(
    document: &'static str,
    line: u32,
    title: &'static str,
    steps: impl FnOnce() -> Result<(), Wrong>,
) -> Outcome {
    steps().map_err(|wrong| Failure { document, line, title, wrong })
}

/// The message is let in.
///
/// # Errors
/// The door's own.
pub fn admitted(handler: &dyn Handler, body: Value, parameters: Vec<(String, String)>) -> Result<(), Wrong> {
    handler.admit(&Input { body, parameters }).map(|_| ()).map_err(Wrong::Refused)
}

/// What a generated test returns.
pub type Outcome = Result<(), Failure>;

/// An example that does not hold. Its `Debug` is for people too: that is what a failed test prints.
pub struct Failure {
    document: &'static str,
    line: u32,
    title: &'static str,
    wrong: Wrong,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: example \"{}\" does not hold\n{}", self.document, self.line, self.title, self.wrong)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failure {}

/// What does not hold, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// A block that is not what its format says, or not a message of its type.
    #[error("`{block}` (line {line}): {reason}")]
    Block {
        /// The name it stands for.
        block: &'static str,
        /// Its line.
        line: u32,
        /// Why.
        reason: String,
    },
    /// The door refuses the message.
    #[error("the message is refused at the door: {0}")]
    Refused(Violations),
    /// A mapping cannot be done, or makes a message that breaks its own rules.
    #[error("the mapping stops: {0}")]
    Stopped(String),
    /// The document promises something else than the code makes.
    #[error("`{block}` (line {line}) is not what is made:{}", listed(.differences))]
    Differs {
        /// The name it stands for.
        block: &'static str,
        /// Its line.
        line: u32,
        /// JSON pointer, what is promised, what is mapped.
        differences: Vec<String>,
    },
}

impl From<MappingError> for Wrong {
    fn from(error: MappingError) -> Self {
        Self::Stopped(error.to_string())
    }
}

impl From<Violations> for Wrong {
    fn from(violations: Violations) -> Self {
        Self::Stopped(violations.to_string())
    }
}

fn listed(differences: &[String]) -> String {
    differences.iter().map(|difference| format!("\n  {difference}")).collect()
}

impl Block {
    /// The block as a tree.
    ///
    /// # Errors
    /// It is not JSON or CSV.
    pub fn tree(&self) -> Result<Value, Wrong> {
        match self.format {
            Format::Json => json::read(self.text.as_bytes()).map_err(|malformed| self.wrong(&malformed)),
            Format::Csv(separator) => self.cells(separator),
        }
    }

    /// The block as path and query parameters.
    ///
    /// # Errors
    /// It is not a record of single values.
    pub fn parameters(&self) -> Result<Vec<(String, String)>, Wrong> {
        let Value::Record(record) = self.tree()? else { return Err(self.wrong(&"parameters are a record")) };
        let mut parameters = Vec::new();
        for (name, value) in record.iter() {
            let text = match value {
                Value::Null => continue,
                Value::Bool(value) => value.to_string(),
                Value::Number(text) | Value::Text(text) => text.clone(),
                Value::List(_) | Value::Record(_) => return Err(self.wrong(&format!("/{name} is no single value"))),
            };
            parameters.push((name.to_owned(), text));
        }
        Ok(parameters)
    }

    /// The block as its message.
    ///
    /// # Errors
    /// It breaks the rules of the message.
    pub fn message<T: Message>(&self) -> Result<T, Wrong> {
        self.read(&self.tree()?)
    }

    /// The block as the messages of its list.
    ///
    /// # Errors
    /// It is not a list, or one of the items breaks the rules of the message.
    pub fn messages<T: Message>(&self) -> Result<Vec<T>, Wrong> {
        match self.tree()? {
            Value::List(items) => items.iter().map(|item| self.read(item)).collect(),
            _ => Err(self.wrong(&"a list is expected")),
        }
    }

    /// The block shows what was made.
    ///
    /// # Errors
    /// Every field that differs.
    pub fn shows<T: Message>(&self, made: &T) -> Result<(), Wrong> {
        self.compare(self.message::<T>()?.to_tree(), made.to_tree())
    }

    /// The block shows the list that was made.
    ///
    /// # Errors
    /// Every field that differs.
    pub fn shows_all<T: Message>(&self, made: &[T]) -> Result<(), Wrong> {
        let list = |items: &[T]| Value::List(items.iter().map(Message::to_tree).collect());
        self.compare(list(&self.messages::<T>()?), list(made))
    }

    /// `promised` is the block as its message writes it: so both sides spell values the same way.
    fn compare(&self, promised: Value, made: Value) -> Result<(), Wrong> {
        let mut differences = differences(&promised, &made);
        differences.extend(unknown(&self.tree()?, &promised));
        if differences.is_empty() {
            return Ok(());
        }
        Err(Wrong::Differs { block: self.name, line: self.line, differences })
    }

    fn read<T: Message>(&self, tree: &Value) -> Result<T, Wrong> {
        let spelling = match self.format {
            Format::Json => Spelling::Typed,
            Format::Csv(_) => Spelling::Characters,
        };
        crate::message::read_with(tree, spelling).map_err(|violations| self.wrong(&violations))
    }

    /// Rows as records of texts; an empty cell is an absent field.
    fn cells(&self, separator: char) -> Result<Value, Wrong> {
        let delimiter = u8::try_from(separator).map_err(|_| self.wrong(&"the separator is not ASCII"))?;
        let mut reader = ::csv::ReaderBuilder::new().delimiter(delimiter).from_reader(self.text.as_bytes());
        let columns = reader.headers().map_err(|error| self.wrong(&error))?.clone();
        let mut rows = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|error| self.wrong(&error))?;
            let mut record = Record::new();
            for (column, cell) in columns.iter().zip(&row).filter(|(_, cell)| !cell.is_empty()) {
                record.put(column, &armed(cell));
            }
            rows.push(Value::Record(record));
        }
        Ok(Value::List(rows))
    }

    fn wrong(&self, reason: &dyn fmt::Display) -> Wrong {
        Wrong::Block { block: self.name, line: self.line, reason: reason.to_string() }
    }
}

/// The value of a cell that the writer has put an apostrophe in front of, so that no spreadsheet runs it.
fn armed(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests;

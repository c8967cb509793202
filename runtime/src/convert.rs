//! What mapping rules and expressions of a document do, once.
//!
//! In: typed values. Out: typed values, or a [`Reason`] that [`At::at`] turns into a [`MappingError`] with its row.
//! Never knows: messages, documents. Reasons never hold values: they may be sensitive.

mod arithmetic;
mod dates;
mod lists;
pub(crate) mod patterns;
mod texts;

pub use arithmetic::{Arithmetic, add, divide, multiply, negate, remainder, round, subtract, to_decimal, to_integer};
pub use dates::{Moment, date_in, format_date, parse_date, parse_instant, parse_time};
pub use lists::{all, exists, item, lookup_missing, present, size, to_code};
pub use patterns::matches;
pub use texts::{concat, length, lower, pad_left, skip, split, to_text, trim, truncate, upper};

/// Why a conversion could not be done, for people, without the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Reason(String);

impl Reason {
    /// A reason in words: `is not a number`.
    #[must_use]
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

/// A mapping row (or a condition) that could not be done. The same input gives the same error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} (line {line}): {reason}")]
pub struct MappingError {
    /// Target field of the row, or what the expression is for.
    pub field: &'static str,
    /// Line of the document.
    pub line: u32,
    /// Why, for people, without the value.
    pub reason: String,
}

/// Says where in the document a conversion stands.
pub trait At<T> {
    /// Names the row.
    ///
    /// # Errors
    /// The conversion's own, with its place.
    fn at(self, field: &'static str, line: u32) -> Result<T, MappingError>;
}

impl<T> At<T> for Result<T, Reason> {
    fn at(self, field: &'static str, line: u32) -> Result<T, MappingError> {
        self.map_err(|reason| MappingError { field, line, reason: reason.0 })
    }
}

#[cfg(test)]
mod tests;

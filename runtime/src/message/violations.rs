//! Everything that is wrong with a message.
//!
//! In: places and sentences. Out: [`Violations`], a list that is bounded whatever the sender does.
//! Never knows: HTTP, values of sensitive fields.

use std::fmt;

use crate::{
    descriptor::Operation,
    value::{Record, Value},
};

/// Most violations that are kept; the rest is counted.
const MOST: usize = 100;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Violation {
    /// JSON pointer (RFC 6901) of the field; empty for the whole message.
    pub pointer: String,
    /// What is wrong, for people; never the value of a sensitive field.
    pub detail: String,
}

/// Everything that is wrong with a message, field by field, in reading order. At most 100 are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations {
    list: Vec<Violation>,
    more: usize,
    subject: Option<String>,
}

impl Violations {
    /// One violation.
    #[must_use]
    pub fn one(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut violations = Self::default();
        violations.add(pointer.into(), detail.into());
        violations
    }

    /// The violations that were kept.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Violation> {
        self.list.iter()
    }

    /// How many there are beyond the kept ones.
    #[must_use]
    pub const fn more(&self) -> usize {
        self.more
    }

    /// Nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What the violations are about, e.g. `reply of 11VMS.get-activity-report`; `None` for an incoming message.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// Adds one.
    pub fn add(&mut self, pointer: String, detail: String) {
        if self.list.len() < MOST {
            self.list.push(Violation { pointer, detail });
        } else {
            self.more += 1;
        }
    }

    /// Adds all of another message's.
    pub fn merge(&mut self, other: Self) {
        self.more += other.more;
        for violation in other.list {
            self.add(violation.pointer, violation.detail);
        }
    }

    /// The same with `prefix` in front of every pointer.
    #[must_use]
    pub fn below(mut self, prefix: &str) -> Self {
        for violation in &mut self.list {
            violation.pointer.insert_str(0, prefix);
        }
        self
    }

    /// `value` if nothing is wrong.
    ///
    /// # Errors
    /// Itself, if something is.
    pub fn none_or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    pub(super) fn in_reply_of(mut self, operation: &Operation) -> Self {
        self.subject = Some(format!("reply of {}.{}", operation.system.name, operation.name));
        self
    }

    pub(super) fn of_message(mut self, name: &str) -> Self {
        self.subject = Some(format!("message {name}"));
        self
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(subject) = &self.subject {
            write!(f, "{subject}: ")?;
        }
        for (index, violation) in self.list.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let pointer = if violation.pointer.is_empty() { "/" } else { &violation.pointer };
            write!(f, "{separator}{pointer} {}", violation.detail)?;
        }
        if self.more > 0 {
            write!(f, "; and {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

/// Parameters as a record of texts; of a repeated one the first counts.
pub(super) fn parameters(parameters: &[(String, String)]) -> Value {
    let mut record = Record::new();
    for (name, value) in parameters {
        if record.get(name).is_none() {
            record.put(name, value);
        }
    }
    Value::Record(record)
}

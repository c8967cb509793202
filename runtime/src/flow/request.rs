//! What a step sends, and how to find out whether it arrived.
//!
//! In: parameters and a body. Out: [`Request`], [`Probe`]. Never knows: the wire, the journal.

use std::fmt::{self, Display};

use crate::{descriptor::Operation, message::Violations, value::Value};

/// What goes into one call of an operation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    parameters: Vec<(String, String)>,
    body: Value,
}

impl Request {
    /// No parameters, no body.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parameter: a brace of the path, a query parameter, or the protocol's own (`fileName`).
    #[must_use]
    pub fn parameter(mut self, name: &str, value: impl Display) -> Self {
        self.parameters.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a parameter if it has a value.
    #[must_use]
    pub fn optional(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.parameter(name, value),
            None => self,
        }
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }

    /// All parameters in the order they were added.
    #[must_use]
    pub fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body; `Null` without one.
    #[must_use]
    pub fn payload(&self) -> &Value {
        &self.body
    }
}

/// How to find out whether a call whose outcome is unknown did its work: ask before sending again.
pub struct Probe<'a> {
    /// A read.
    pub operation: &'static Operation,
    /// What to ask.
    pub request: Request,
    /// Reads the answer: true if the work is there. Then this answer stands in for the lost reply.
    pub found: &'a (dyn Fn(&Value) -> Result<bool, Violations> + Send + Sync),
}

impl fmt::Debug for Probe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("operation", &self.operation.name).finish_non_exhaustive()
    }
}

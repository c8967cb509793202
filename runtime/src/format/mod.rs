//! Wire formats: bytes to [`Value`](crate::value::Value) and back.
//!
//! In: bytes from partners, trees from messages. Out: trees, bytes. Never knows: messages, HTTP.
//!
//! Every reader is bounded: depth, number of values, and (by its caller) bytes. None of them panics on any input.

pub mod csv;
pub mod json;
pub mod mask;
pub mod scrub;
pub mod soap;
pub mod xml;

/// Deepest nesting that is read.
pub const MAX_DEPTH: usize = 64;

/// Most values one body may hold: a tree costs many times its bytes.
pub const MAX_VALUES: usize = 1_000_000;

/// A body that is not what it says it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (line {line}, column {column})")]
pub struct Malformed {
    /// 1-based.
    pub line: usize,
    /// 1-based, in bytes.
    pub column: usize,
    /// What is wrong, without the sender's values.
    pub reason: String,
}

impl Malformed {
    /// At a byte of the body.
    pub(crate) fn at(body: &[u8], byte: usize, reason: impl Into<String>) -> Self {
        let before = &body[..byte.min(body.len())];
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Self { line, column: before.len() - start + 1, reason: reason.into() }
    }
}

#[cfg(test)]
mod tests;

//! Conversions of mapping rules.
//!
//! In: values of one type. Out: values of another, or a [`MappingError`]. Never knows: messages.

/// A mapping row that could not be done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct MappingError(String);

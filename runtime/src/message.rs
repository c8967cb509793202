//! Messages and their rules.
//!
//! In: values. Out: [`Violations`]. Never knows: wire formats.

/// Everything that is wrong with a message, field by field.
#[derive(Debug, Clone, Default, PartialEq, thiserror::Error)]
#[error("{}", .0.iter().map(|(path, problem)| format!("{path}: {problem}")).collect::<Vec<_>>().join("; "))]
pub struct Violations(Vec<(String, String)>);

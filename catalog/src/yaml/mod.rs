//! YAML and TOML as one tree in which every node knows its place.
//!
//! In: text. Out: [`Node`]. Never knows: which keys mean what.

mod parse;
mod toml;

pub(crate) use self::toml::parse as parse_toml;
pub(crate) use parse::parse;

use crate::model::Span;

/// Deepest nesting of lists and mappings.
pub(crate) const MAX_DEPTH: usize = 32;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) span: Span,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A scalar as written; what type it has is decided by the key that it fills.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scalar {
    /// The text after unquoting.
    pub(crate) text: String,
    /// Not quoted.
    pub(crate) plain: bool,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

impl Node {
    /// The scalar, if it is one.
    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub(crate) fn list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if it is a mapping.
    pub(crate) fn map(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// True for a key without value, `~` and `null`.
    pub(crate) fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.plain && matches!(scalar.text.as_str(), "" | "~" | "null"))
    }

    /// What it is, for sentences: `a list`.
    pub(crate) fn what(&self) -> &'static str {
        match &self.value {
            Value::Scalar(_) if self.is_null() => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// The place to show for it: a mapping or list would fill the screen, so its first key or item stands for it.
    pub(crate) fn place(&self) -> Span {
        match &self.value {
            Value::Scalar(_) => self.span,
            Value::List(items) => items.first().map_or(self.span, Node::place),
            Value::Map(entries) => entries.first().map_or(self.span, |entry| entry.key_span),
        }
    }
}

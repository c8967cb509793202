//! An expression as it was written: no types yet.
//!
//! In: nothing. Out: [`Node`]. Never knows: names in scope, fields, documents.

use crate::model::{BinaryOp, UnaryOp};

/// Bytes of the expression's own text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Range {
    /// From the start of this one to the end of the other.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }
}

/// A piece of an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its whole text.
    pub range: Range,
    /// Levels below it, itself included: what keeps every walk over a tree shallow.
    pub depth: u8,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// `'text'`.
    Text(String),
    /// `12`, `-12`.
    Integer(i64),
    /// `12.50`, as written.
    Decimal(String),
    /// `true`, `false`.
    Bool(bool),
    /// A bound name.
    Name(String),
    /// `record.name`.
    Field {
        /// The record.
        record: Box<Node>,
        /// The field.
        name: Word,
    },
    /// `list[index]`.
    Index {
        /// The list; a record when the index is a literal text.
        list: Box<Node>,
        /// Which item.
        index: Box<Node>,
    },
    /// `!x`, `-x`.
    Unary {
        /// Operator.
        op: UnaryOp,
        /// Its side.
        operand: Box<Node>,
    },
    /// `a == b` and all others with two sides.
    Binary {
        /// Operator.
        op: BinaryOp,
        /// Left side.
        left: Box<Node>,
        /// Right side.
        right: Box<Node>,
    },
    /// `a ? b : c`.
    Conditional {
        /// The question.
        condition: Box<Node>,
        /// Value if true.
        then: Box<Node>,
        /// Value if false.
        otherwise: Box<Node>,
    },
    /// `[a, b]`.
    List(Vec<Node>),
    /// `f(a)` and `a.f(b)`.
    Call {
        /// Before the point, if it is a method.
        receiver: Option<Box<Node>>,
        /// The function.
        name: Word,
        /// Between the brackets.
        arguments: Vec<Node>,
    },
}

impl Node {
    /// A node one level above the deepest of its children.
    #[must_use]
    pub fn new(kind: NodeKind, range: Range) -> Self {
        let below = match &kind {
            NodeKind::Text(_) | NodeKind::Integer(_) | NodeKind::Decimal(_) | NodeKind::Bool(_) | NodeKind::Name(_) => {
                0
            }
            NodeKind::Field { record, .. } => record.depth,
            NodeKind::Index { list, index } => list.depth.max(index.depth),
            NodeKind::Unary { operand, .. } => operand.depth,
            NodeKind::Binary { left, right, .. } => left.depth.max(right.depth),
            NodeKind::Conditional { condition, then, otherwise } => {
                condition.depth.max(then.depth).max(otherwise.depth)
            }
            NodeKind::List(items) => deepest(items),
            NodeKind::Call { receiver, arguments, .. } => {
                receiver.as_ref().map_or(0, |receiver| receiver.depth).max(deepest(arguments))
            }
        };
        Self { kind, range, depth: below.saturating_add(1) }
    }
}

fn deepest(nodes: &[Node]) -> u8 {
    nodes.iter().map(|node| node.depth).max().unwrap_or(0)
}

/// A word with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// As written.
    pub text: String,
    /// Its bytes.
    pub range: Range,
}

/// A mistake of grammar, placed in the expression's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `E-EXPR` or `E-LIMIT`.
    pub code: &'static str,
    /// Where.
    pub range: Range,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Replacement.
    pub fix: Option<String>,
}

impl Fault {
    pub(super) fn new(range: Range, message: impl Into<String>) -> Self {
        Self { code: "E-EXPR", range, message: message.into(), help: None, fix: None }
    }

    pub(super) fn limit(range: Range, message: impl Into<String>) -> Self {
        Self { code: "E-LIMIT", ..Self::new(range, message) }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

//! Expressions, checked: a strict subset of CEL in which every node knows its type.
//!
//! In: nothing. Out: [`Expr`], [`Type`], [`Template`]. Never knows: how they were parsed, or the Rust they become.

use super::{MessageRef, Span};

/// A checked expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// The node.
    pub kind: ExprKind,
    /// Its type; never unknown.
    pub ty: Type,
    /// Its text in the document.
    pub span: Span,
}

/// The node of an expression.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "variants explain their fields")]
pub enum ExprKind {
    /// A fixed value.
    Literal(Literal),
    /// A bound name (`event`, `report`, `row`).
    Name(String),
    /// A field of a record. If the record or the field is optional, the type of the whole is [`Type::Optional`].
    Field { record: Box<Expr>, name: String },
    /// An item of a list, 0-based; beyond the end is a mapping error at run time.
    Index { list: Box<Expr>, index: Box<Expr> },
    /// `!`, `-`.
    Unary { op: UnaryOp, operand: Box<Expr> },
    /// Everything with two sides. Both sides have the same type, optional values excluded (`in` excepted).
    Binary { op: BinaryOp, left: Box<Expr>, right: Box<Expr> },
    /// `condition ? a : b`.
    Conditional { condition: Box<Expr>, then: Box<Expr>, otherwise: Box<Expr> },
    /// `[a, b]`: on the right of `in`, or as the value of a list.
    List(Vec<Expr>),
    /// A function or method of the language.
    Call { function: Builtin, arguments: Vec<Expr> },
    /// `list.all(x, …)` and `list.exists(x, …)`.
    Quantifier { all: bool, list: Box<Expr>, item: String, condition: Box<Expr> },
}

/// A fixed value.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text; a code value when the type of the node is [`Type::Code`].
    Text(String),
    /// Whole number.
    Integer(i64),
    /// Decimal, exact text as written.
    Decimal(String),
    /// True or false.
    Bool(bool),
}

/// Operators with one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum UnaryOp {
    Not,
    Negate,
}

/// Operators with two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum BinaryOp {
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    In,
}

/// Functions of the language. The first argument of a method is its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builtin {
    /// `size(x)`: characters of a text, items of a list.
    Size,
    /// `text.startsWith(text)`.
    StartsWith,
    /// `text.endsWith(text)`.
    EndsWith,
    /// `text.contains(text)`.
    Contains,
    /// `text.matches('regex')`: a literal pattern, compiled when the catalog is checked.
    Matches,
    /// `x.isSet()`: an optional value is there.
    IsSet,
    /// `x.or(default)`: the value of an optional, or the default.
    Or,
    /// `text(x)`: any scalar as text.
    Text,
    /// `text.lower()`.
    Lower,
    /// `text.upper()`.
    Upper,
    /// `text.trim()`.
    Trim,
    /// `text.skip(n)`: the text without its first n characters.
    Skip,
    /// The value of an optional that a condition before it has shown to be set (`x.isSet() && x == 'a'`). Nobody writes
    /// it: the checker puts it around `x`, so that no type is ever implicit.
    Known,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "variants explain their fields")]
pub enum Type {
    /// Text.
    Text,
    /// One of a closed list of values. The record says which field declares it, so that the generated enum can be named.
    Code { declared: RecordRef, field: String, values: Vec<String> },
    /// Whole number.
    Integer,
    /// Exact decimal.
    Decimal,
    /// True or false.
    Bool,
    /// Calendar date.
    Date,
    /// Time of day.
    Time,
    /// Point in time.
    Instant,
    /// A record.
    Record(RecordRef),
    /// A list.
    List(Box<Type>),
    /// A value that may be absent; never nested.
    Optional(Box<Type>),
}

/// A record: a message, or a record nested in one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordRef {
    /// The message.
    pub message: MessageRef,
    /// Field names from the message down to the nested record; list levels are not spelled. Empty for the message itself.
    pub path: Vec<String>,
}

/// A value of the front matter: `${expression}` parts among literal text.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The parts. One single [`TemplatePart::Expr`] keeps its type; everything else is text.
    pub parts: Vec<TemplatePart>,
    /// Type of the whole.
    pub ty: Type,
    /// Its place.
    pub span: Span,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq)]
pub enum TemplatePart {
    /// As it stands.
    Text(String),
    /// `${…}`; a scalar.
    Expr(Expr),
}

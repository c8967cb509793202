//! Messages, mappings and lookup tables: the field model that feeds types, readers, pages, exports and tests.
//!
//! In: nothing. Out: [`Message`], [`Mapping`], [`Lookup`]. Never knows: Rust type names, JSON Schema, HTML.

use super::{Expr, Span};

/// A declared message: a named record.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who declares it.
    pub owner: Owner,
    /// `UpperCamel` name, unique within its owner.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Top-level fields in document order.
    pub fields: Vec<Field>,
    /// What a reader does with a field it does not know.
    pub unknown_fields: UnknownFields,
    /// The heading.
    pub span: Span,
}

/// Who declares a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// A system, by name.
    System(String),
    /// An interface, by Smart ID text.
    Interface(String),
}

/// A reference to a message, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageRef {
    /// Who declares it.
    pub owner: Owner,
    /// Its name.
    pub name: String,
}

/// Name of the record that holds a trigger's parameters; no message may have it.
pub(crate) const PARAMETERS: &str = "Parameters";

impl MessageRef {
    /// The record of a trigger's path and query parameters, which the flow sees as `path`. No table declares it.
    #[must_use]
    pub fn parameters_of_trigger(smart_id: &str) -> Self {
        Self { owner: Owner::Interface(smart_id.to_owned()), name: PARAMETERS.to_owned() }
    }

    /// The record of an operation's parameters, which its probe sees as `parameters`. No table declares it.
    #[must_use]
    pub fn parameters_of_operation(system: &str, operation: &str) -> Self {
        Self { owner: Owner::System(system.to_owned()), name: format!("{PARAMETERS}:{operation}") }
    }

    /// The operation whose parameters this is, if it is such a record.
    #[must_use]
    pub fn operation_of_parameters(&self) -> Option<&str> {
        self.name.strip_prefix(PARAMETERS)?.strip_prefix(':')
    }
}

/// What a reader does with fields that no table names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownFields {
    /// Read past them (default: partners add fields).
    #[default]
    Ignore,
    /// Refuse the message.
    Reject,
}

/// One field of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Name on the wire, exactly.
    pub name: String,
    /// What it holds.
    pub ty: FieldType,
    /// Must be present and not null.
    pub required: bool,
    /// Rules beyond the type.
    pub constraints: Vec<Constraint>,
    /// Masking class.
    pub sensitive: Sensitivity,
    /// For people.
    pub description: String,
    /// The table row.
    pub span: Span,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldType {
    /// Unicode text.
    Text,
    /// One of a closed list of values, in document order.
    Code(Vec<String>),
    /// Whole number, 64 bit.
    Integer,
    /// Exact decimal; `(precision, scale)` when the table states them.
    Decimal(Option<(u8, u8)>),
    /// True or false.
    Bool,
    /// Calendar date, ISO 8601.
    Date,
    /// Time of day, ISO 8601.
    Time,
    /// Point in time, RFC 3339.
    Instant,
    /// Nested record.
    Record(Vec<Field>),
    /// Repetition.
    List(Box<FieldType>),
}

/// A rule beyond the type.
#[derive(Debug, Clone, PartialEq)]
pub enum Constraint {
    /// Shortest text, in characters.
    MinLength(u32),
    /// Longest text, in characters.
    MaxLength(u32),
    /// Smallest number, inclusive, exact decimal text.
    Min(String),
    /// Largest number, inclusive, exact decimal text.
    Max(String),
    /// Number greater than this, exact decimal text.
    Above(String),
    /// Number less than this, exact decimal text.
    Below(String),
    /// Regular expression that the whole text must match.
    Pattern(String),
    /// An e-mail address (RFC 5321 shape: local@domain).
    Email,
    /// Fewest items of a list.
    MinItems(u32),
    /// Most items of a list.
    MaxItems(u32),
}

/// How careful everybody must be with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Sensitivity {
    /// May be shown.
    #[default]
    Public,
    /// Personal data: masked in logs, console and samples.
    Personal,
    /// A secret: masked everywhere and never kept.
    Secret,
}

/// A mapping table: one message in, one out.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// Name after `Mapping:`; also the target message's name.
    pub name: String,
    /// The message it fills.
    pub target: MessageRef,
    /// The names the rows may use as roots, with their record types, in order (`report`, `row`…).
    pub sources: Vec<(String, super::Type)>,
    /// Rows in document order; every required target field has exactly one.
    pub rows: Vec<MappingRow>,
    /// Text around the table, Markdown.
    pub description: String,
    /// The heading.
    pub span: Span,
}

/// One row of a mapping table.
#[derive(Debug, Clone, PartialEq)]
pub struct MappingRow {
    /// Path of the target field: names from the root; a name ending in `[]` fills a list of one item per source item.
    pub target: Vec<String>,
    /// The target path as written.
    pub target_text: String,
    /// The source cell as written.
    pub source_text: String,
    /// The rule cell as written, empty for a plain copy.
    pub rule_text: String,
    /// For people, from the Note column; empty if there is none.
    pub note: String,
    /// What to do.
    pub rule: Rule,
    /// The row.
    pub span: Span,
}

/// What a mapping row does. Expressions are already checked against source and target types; the
/// conversion from the type of the expression to the type of the target is part of the rule, never implicit.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "variants explain their fields")]
pub enum Rule {
    /// Take the value as it is; same type on both sides (an absent optional source leaves an optional target absent).
    Copy(Expr),
    /// A fixed value, typed as the target.
    Const(Expr),
    /// The source, or a fixed value where it is absent.
    Default { source: Expr, default: Expr },
    /// Through a lookup table.
    Lookup { source: Expr, table: String },
    /// Text out of any scalar.
    ToText(Expr),
    /// Whole number out of text; failing at run time is a mapping error.
    ToInteger(Expr),
    /// Decimal out of text or integer.
    ToDecimal(Expr),
    /// Calendar date out of an instant, in the named zone (IANA).
    ToDate { source: Expr, zone: String },
    /// Date, time or instant written with a pattern (`strftime` letters).
    FormatDate { source: Expr, pattern: String },
    /// Date read with a pattern.
    ParseDate { source: Expr, pattern: String },
    /// Text without blanks on both ends.
    Trim(Expr),
    /// Upper case.
    Upper(Expr),
    /// Lower case.
    Lower(Expr),
    /// Padded on the left to a width with one character (ABAP's ALPHA conversion is `pad 10 with 0`).
    PadLeft { source: Expr, width: u32, with: char },
    /// Cut after so many characters.
    Truncate { source: Expr, length: u32 },
    /// Parts joined, with a separator.
    Concat { parts: Vec<Expr>, separator: String },
    /// The n-th part (0-based) of a text split at a separator.
    Split { source: Expr, separator: String, index: u32 },
    /// Decimal rounded half up to a scale.
    Round { source: Expr, scale: u32 },
    /// An expression of the target's type.
    Expr(Expr),
    /// A list filled item by item from a source list; the item rows follow as rows with this row's path as prefix.
    Each { source: Expr, item: String },
}

impl Rule {
    /// Every expression of the rule, as it stands in the document.
    #[must_use]
    pub fn sources(&self) -> Vec<&Expr> {
        match self {
            Self::Copy(source)
            | Self::Const(source)
            | Self::ToText(source)
            | Self::ToInteger(source)
            | Self::ToDecimal(source)
            | Self::Trim(source)
            | Self::Upper(source)
            | Self::Lower(source)
            | Self::Expr(source)
            | Self::Lookup { source, .. }
            | Self::ToDate { source, .. }
            | Self::FormatDate { source, .. }
            | Self::ParseDate { source, .. }
            | Self::PadLeft { source, .. }
            | Self::Truncate { source, .. }
            | Self::Split { source, .. }
            | Self::Round { source, .. }
            | Self::Each { source, .. } => vec![source],
            Self::Default { source, default } => vec![source, default],
            Self::Concat { parts, .. } => parts.iter().collect(),
        }
    }
}

/// A value mapping table: text in, text out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// Name after `Lookup:`.
    pub name: String,
    /// Pairs in document order.
    pub entries: Vec<(String, String)>,
    /// The value for everything else (row `*`), if stated; without it an unknown value is a mapping error.
    pub otherwise: Option<String>,
    /// Text around the table, Markdown.
    pub description: String,
    /// The heading.
    pub span: Span,
}

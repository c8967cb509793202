//! The checked catalog: what every later stage reads.
//!
//! In: nothing (plain data). Out: the types that `lower` fills and `check` blesses.
//! Never knows: YAML, Markdown, files, Rust code generation, HTML.
//!
//! One rule runs through it: a fact that the documents state once is stored once, with the [`Span`] of
//! the text that states it, so that a diagnostic, a page and a comment in generated code can all point there.

mod expr;
mod flow;
mod interface;
mod message;
mod policy;
mod settings;
mod system;

pub use expr::{BinaryOp, Builtin, Expr, ExprKind, Literal, RecordRef, Template, TemplatePart, Type, UnaryOp};
pub use flow::{Argument, Arguments, Body, Bound, Case, CustomFunction, Step, StepKind};
pub use interface::{
    Artefact, Change, Component, Example, ExampleBlock, Interface, Monitoring, Owners, Related, Retention, Section,
    Sla, SmartId, Status, Style, Volume, object_key,
};
pub(crate) use message::PARAMETERS;
pub use message::{
    Constraint, Field, FieldType, Lookup, Mapping, MappingRow, Message, MessageRef, Owner, Rule, Sensitivity,
    UnknownFields,
};
pub use policy::{
    Alert, Auth, Backoff, Durability, ErrorPolicy, Idempotency, KeySource, Missed, OnDead, OnUnknown, Order, Overlap,
    Override, Place, ResponseRule, Retry, Schedule, Searchable, Trigger, TriggerKind,
};
pub use settings::{Accent, FilePath, Settings};
pub use system::{
    Delivered, Environment, Format, Limits, Method, Operation, OperationRef, OutcomeClass, OutcomeRule, Paging, Probe,
    Protocol, System, Target,
};

/// Where a fact stands in its document: a byte range, and the line (1-based) it starts on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line of `start`, counted from 1; 0 for facts that were derived and stand nowhere.
    pub line: u32,
}

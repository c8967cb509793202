//! A system: its operations, limits and authentication. And environments, which say where systems are.
//!
//! In: nothing. Out: [`System`], [`Operation`], [`Environment`]. Never knows: hosts inside a system (an
//! environment has them), or which interface uses it.

use super::{Arguments, Auth, Expr, Field, Message, MessageRef, Section, Span};

/// One system document, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    /// Path of the document relative to the project root.
    pub path: String,
    /// The whole text of the document.
    pub text: String,
    /// Name on pages, e.g. `SAP SRM7`.
    pub name: String,
    /// Token in Smart IDs, e.g. `SRM7`.
    pub code: String,
    /// Other spellings that documents use.
    pub aliases: Vec<String>,
    /// One sentence.
    pub title: String,
    /// Vendor or product line.
    pub vendor: Option<String>,
    /// The system it is an instance of (PF2 is part of SAP ECC).
    pub part_of: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// How we prove who we are to it.
    pub auth: Auth,
    /// `Cloud Connector` when reached through SAP Cloud Connector's HTTP proxy.
    pub via: Option<String>,
    /// The API proxy in front of it, e.g. `11VMSProxy_V2`.
    pub proxy: Option<String>,
    /// What it bears.
    pub limits: Limits,
    /// Its operations in document order.
    pub operations: Vec<Operation>,
    /// Its messages in document order.
    pub messages: Vec<Message>,
    /// Prose sections.
    pub sections: Vec<Section>,
    /// What its contract leaves open and we assumed, in words (shown as such on the page).
    pub assumptions: Vec<String>,
    /// Contract digest, 12 hex digits.
    pub digest: String,
}

/// What a system bears.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Calls at a time.
    pub concurrency: Option<u32>,
    /// Calls a second.
    pub per_second: Option<u32>,
    /// Calls a day.
    pub per_day: Option<u64>,
    /// Where it stands.
    pub span: Span,
}

/// A reference to an operation, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationRef {
    /// System name.
    pub system: String,
    /// Operation name.
    pub operation: String,
}

/// Something a system can be asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// `kebab-case` name, unique in the system.
    pub name: String,
    /// One sentence.
    pub title: String,
    /// How it is called.
    pub protocol: Protocol,
    /// Format of request and response.
    pub format: Format,
    /// Path, query and header parameters, or `fileName` of a file operation; all scalars.
    pub parameters: Vec<Field>,
    /// Request message; for [`Format::Csv`] the message of one row.
    pub request: Option<MessageRef>,
    /// Response message.
    pub response: Option<MessageRef>,
    /// What a repetition does.
    pub delivered: Delivered,
    /// Rules that come before the protocol's own classification, in order.
    pub outcomes: Vec<OutcomeRule>,
    /// How to find out whether an unknown outcome took place.
    pub probe: Option<Probe>,
    /// Pages of a long result.
    pub paging: Option<Paging>,
    /// Longest wait for a reply, milliseconds.
    pub timeout_ms: u64,
    /// Where it stands.
    pub span: Span,
}

/// What a repetition of an operation does (the document's `idempotent`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "variants explain their fields")]
pub enum Delivered {
    /// Nothing more: reads and absolute writes (`natural`).
    Naturally,
    /// Nothing more, because the target recognises a key sent in this header (`key: Idempotency-Key`).
    ByKey { header: String },
    /// The work again (`no`).
    Twice,
}

/// How an operation is called.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "variants explain their fields")]
pub enum Protocol {
    /// HTTP with a body in the operation's format. Path parameters in braces; the rest of the parameters go into the query.
    Rest { method: Method, path: String },
    /// OData V2 through SAP Gateway: as REST, modifying calls with an `x-csrf-token` of the service.
    OData { method: Method, service: String, path: String },
    /// RFC-enabled function module through the SOAP-RFC handler.
    Rfc { function: String },
    /// Upload of a file: temporary name, then rename.
    SftpPut { directory: String },
}

/// HTTP methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// Wire format.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "variants explain their fields")]
pub enum Format {
    /// JSON, UTF-8.
    Json,
    /// XML; RFC operations are always XML.
    Xml,
    /// CSV (RFC 4180) with a header line, UTF-8, CRLF; this separator.
    Csv { separator: char },
}

/// A classification rule: when it matches, the outcome is `class`.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeRule {
    /// What must match.
    pub target: Target,
    /// The outcome.
    pub class: OutcomeClass,
    /// Reason in words.
    pub reason: String,
    /// Where it stands.
    pub span: Span,
}

/// What an [`OutcomeRule`] looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "variants explain their fields")]
pub enum Target {
    /// An HTTP status.
    Status(u16),
    /// A code inside an error body: SAP API Management's `detail.errorcode`, Salesforce's `errorCode`, OData's `error.code`.
    ErrorCode(String),
    /// A BAPIRET2 message: class and number, e.g. `ME 006`.
    BapiMessage { id: String, number: String },
}

/// Classes of outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeClass {
    /// Done.
    Delivered,
    /// Done before: the target knows this message already.
    Duplicate,
    /// Try again at the next time of the timetable.
    Retryable,
    /// Nobody knows whether it was done.
    Unknown,
    /// The target as such is unavailable to us (credentials, certificate); no try is used.
    Target,
    /// Never try again.
    Permanent,
}

/// How to find out whether the work of an operation with unknown outcome was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The reading operation (of the same system).
    pub operation: String,
    /// Its arguments; expressions see the request as `request` and parameters as `parameters`.
    pub with: Arguments,
    /// Holds when the work was done; sees the probe's reply as `response`.
    pub found: Expr,
    /// Where it stands.
    pub span: Span,
}

/// Pages of a long result: `offset` grows by the number of rows until `total` rows are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// Name of the parameter with the first row.
    pub offset: String,
    /// Name of the parameter with the page size.
    pub limit: String,
    /// Rows asked for per page.
    pub size: u32,
    /// Name of the response field with the rows.
    pub rows: String,
    /// Name of the parameter that says how many rows there are; it is not sent. Fewer or more rows at the end are
    /// an error: the result changed while it was read.
    pub total: String,
}

/// An environment as far as the catalog checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Path of the file.
    pub path: String,
    /// File stem.
    pub name: String,
    /// Systems that it places.
    pub systems: Vec<String>,
    /// Alert channels that it places.
    pub alerts: Vec<String>,
    /// It has keys for encryption at rest.
    pub encryption: bool,
}

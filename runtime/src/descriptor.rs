//! What generated code says about an interface, as constants.
//!
//! In: nothing. Out: [`Interface`], [`System`], [`Operation`] and the policies they hold, all `const`-constructible and
//! free of generics, so that a thousand interfaces stay cheap to compile.
//! Never knows: documents, hosts, secrets, clocks.

/// One interface. Generated as a `static`.
#[derive(Debug, Clone)]
pub struct Interface {
    /// `<Domain>-<Source>-<Target>-<Object>-V<n>`; label of every metric and log line.
    pub smart_id: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// The document it was generated from, relative to the project root.
    pub document: &'static str,
    /// Contract digest of the document, 12 hex digits.
    pub digest: &'static str,
    /// Name of the source system.
    pub source: &'static str,
    /// Name of the target system.
    pub target: &'static str,
    /// What starts it.
    pub trigger: Trigger,
    /// Timetable of repeated sends.
    pub retry: Retry,
    /// Keep what could not be delivered in the dead-letter list; otherwise a FAILED record stays.
    pub dead_letter: bool,
    /// Alert channels by name; the environment places them.
    pub alerts: &'static [&'static str],
    /// What to do with an unknown outcome when the operation has no probe.
    pub on_unknown: OnUnknown,
    /// Whether messages are delivered in the order of acceptance.
    pub order: DeliveryOrder,
    /// What replies mean to this interface: rules that come before those of the operations, in order.
    pub outcomes: &'static [Override],
    /// Where the idempotency key of a message is found.
    pub idempotency: KeySource,
    /// How long an idempotency key is remembered, in seconds.
    pub idempotency_window_s: u64,
    /// Its document demands encryption at rest: it is not served from a store without.
    pub encrypted: bool,
    /// How long its messages are kept, where its document says so.
    pub kept: Kept,
    /// Agreed 95th percentile from accept to end, in milliseconds.
    pub sla_p95_ms: Option<u64>,
    /// JSON pointers (with `*` for list items) into the trigger's body that must be masked wherever it is shown.
    pub sensitive: &'static [&'static str],
    /// Values that operators may look for.
    pub searchable: &'static [Searchable],
    /// Every operation the flow may call: checked against the environment at start.
    pub operations: &'static [&'static Operation],
    /// What callers get, by status, in the document's words; used as `title` of problem replies.
    pub responses: &'static [(u16, &'static str)],
}

/// How long the messages of an interface are kept after their end, in days. What is absent, the environment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Their content; then only the record is left.
    pub content_days: Option<u32>,
    /// Everything about those that ended as delivered, discarded, resolved or failed.
    pub days: Option<u32>,
    /// Everything about dead letters.
    pub dead_days: Option<u32>,
}

impl Kept {
    /// The document leaves it to the environment.
    pub const BY_ENVIRONMENT: Self = Self { content_days: None, days: None, dead_days: None };
}

/// What starts an interface.
#[derive(Debug, Clone)]
pub enum Trigger {
    /// Asynchronous HTTP: `202` once the message is durable.
    Http(Endpoint),
    /// Synchronous HTTP: the flow ends in a reply. `durable: false` skips the journal. After `timeout_ms` a durable
    /// request is answered `202` with `Location`, and goes on.
    Request {
        /// The endpoint.
        endpoint: Endpoint,
        /// Journalled before the flow runs.
        durable: bool,
        /// Longest wait for the flow, milliseconds.
        timeout_ms: u64,
    },
    /// A timetable: five-field cron in an IANA zone.
    Schedule {
        /// Cron expression.
        cron: &'static str,
        /// IANA zone.
        zone: &'static str,
        /// What becomes of starts that nobody was there for.
        missed: Missed,
        /// How far back missed starts are looked for, milliseconds.
        catch_up_ms: u64,
        /// What happens to a start while an earlier run is unfinished.
        overlap: Overlap,
    },
}

/// What becomes of starts whose time passed while the service did not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// The last of them is made up for.
    Once,
    /// None of them is.
    Skip,
    /// The last `most` of them are, in order.
    All {
        /// At most so many.
        most: u32,
    },
}

/// What happens to a start while an earlier run of the same interface is unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// It is recorded as DISCARDED for OVERLAP, and does not run.
    Skip,
    /// It waits for the end of the earlier run; further ones are recorded as DISCARDED.
    QueueOne,
    /// It runs beside the earlier one.
    Allow,
}

/// A value of the message that operators may look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Searchable {
    /// The name that they look for it under.
    pub name: &'static str,
    /// Where it is.
    pub place: Place,
}

/// Where a value of a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the body: a JSON pointer, with `*` for list items.
    Body(&'static str),
    /// This path or query parameter.
    Parameter(&'static str),
}

/// Where the idempotency key of a message is found. A key is good for one sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource {
    /// In the message: the handler's `admit` computes it, or says that there is none.
    Message,
    /// In this header of the request, by its name in lower case; a request without it is refused.
    Header(&'static str),
    /// CloudEvents 1.0: `source` and `id`, from the headers `ce-source` and `ce-id` or from the body.
    CloudEvent,
    /// Standard Webhooks: the header `webhook-id`; a request without it is refused.
    Webhook,
    /// SHA-256 of the body, byte for byte.
    Body,
}

/// An HTTP endpoint of the service.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Method.
    pub method: Method,
    /// Path template, e.g. `/api/v1/orders/{id}`.
    pub path: &'static str,
    /// Who may call.
    pub auth: InboundAuth,
    /// Largest body, bytes; more is answered 413.
    pub max_body_bytes: u64,
    /// Most requests a minute; more are answered 429.
    pub max_per_minute: Option<u64>,
    /// The endpoint takes a JSON body.
    pub has_body: bool,
}

/// Who may call an endpoint.
#[derive(Debug, Clone)]
pub enum InboundAuth {
    /// A JWT bearer token (RFC 9068 style) with all of these scopes.
    OAuth2 {
        /// Scopes that must all be present.
        scopes: &'static [&'static str],
    },
    /// RFC 7617; users are placed by the environment.
    Basic,
    /// Nobody is asked. Only where a document says so openly.
    None,
}

/// HTTP methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A retry policy: delay before retry k (1-based) = min(cap, interval × factor^(k-1)) × (1 + U[0, jitter]), counted from
/// the end of the failed try (`reference`: section "Retry policy" of the language manual).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Repetitions after the first send.
    pub retries: u32,
    /// First delay.
    pub interval_ms: u64,
    /// 1 for fixed, 2 for exponential.
    pub factor: u32,
    /// Longest delay.
    pub cap_ms: u64,
    /// Largest share added at random, per cent.
    pub jitter_percent: u8,
    /// Longest `Retry-After` that is honoured.
    pub retry_after_cap_ms: u64,
    /// Time after acceptance after which nothing is sent any more.
    pub give_up_after_ms: Option<u64>,
}

/// What to do when nobody knows whether the target did the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// Send again at the next time of the timetable.
    Retry,
    /// HELD until a person decides.
    Hold,
}

/// Whether messages are delivered in the order of acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryOrder {
    /// In any order.
    None,
    /// Those with the same order key one after the other.
    PerKey(OnDead),
    /// All of them one after the other.
    Strict(OnDead),
}

impl DeliveryOrder {
    /// What a message that is given up means for those behind it; `None` where nothing is behind it.
    #[must_use]
    pub const fn on_dead(self) -> Option<OnDead> {
        match self {
            Self::None => None,
            Self::PerKey(on_dead) | Self::Strict(on_dead) => Some(on_dead),
        }
    }
}

/// What a message that goes to the dead-letter list means for those behind it in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDead {
    /// They are HELD(KEY) until a person decides about it.
    BlockKey,
    /// They go on, marked as having a gap before them.
    Continue,
}

/// A partner system as far as calling it goes.
#[derive(Debug)]
pub struct System {
    /// Name, as in the document and in the environment (`[systems."11VMS"]`).
    pub name: &'static str,
    /// How we prove who we are.
    pub auth: OutboundAuth,
    /// Reached through SAP Cloud Connector's HTTP proxy.
    pub cloud_connector: bool,
    /// Calls at a time.
    pub max_concurrency: Option<u32>,
    /// Calls a second.
    pub max_per_second: Option<u32>,
    /// Calls a day.
    pub max_per_day: Option<u64>,
}

/// How we prove who we are to a system. The secrets are the environment's.
#[derive(Debug)]
pub enum OutboundAuth {
    /// OAuth 2.0 client credentials.
    OAuth2 {
        /// Scopes to ask for.
        scopes: &'static [&'static str],
        /// `audience` parameter of the token request.
        audience: Option<&'static str>,
    },
    /// RFC 7617.
    Basic,
    /// TLS client certificate.
    ClientCertificate,
    /// SFTP with user and password, host key pinned.
    SshPassword,
    /// SFTP with user and key, host key pinned.
    SshKey,
    /// None.
    None,
}

/// Something a system can be asked to do. Generated as a `static`.
#[derive(Debug)]
pub struct Operation {
    /// The system.
    pub system: &'static System,
    /// `kebab-case` name.
    pub name: &'static str,
    /// How it is called.
    pub protocol: Protocol,
    /// Format of request and response.
    pub format: Format,
    /// Names of parameters sent in the query (REST, OData); the rest fill braces of the path or are the protocol's own.
    pub query: &'static [&'static str],
    /// What a repetition does.
    pub repeat: Repeat,
    /// Rules that come before the protocol's own classification, in order.
    pub outcomes: &'static [OutcomeRule],
    /// Pages of a long result.
    pub paging: Option<Paging>,
    /// Longest wait for a reply.
    pub timeout_ms: u64,
    /// JSON pointers into request and response that must be masked.
    pub sensitive: &'static [&'static str],
}

/// How an operation is called.
#[derive(Debug)]
pub enum Protocol {
    /// HTTP.
    Rest {
        /// Method.
        method: Method,
        /// Path below the system's base URL, parameters in braces.
        path: &'static str,
    },
    /// OData V2 with CSRF token for modifying calls.
    OData {
        /// Method.
        method: Method,
        /// Service root below the base URL, e.g. `/sap/opu/odata/sap/API_SALES_ORDER_SRV`.
        service: &'static str,
        /// Path below the service, parameters in braces.
        path: &'static str,
    },
    /// SOAP-RFC: `POST /sap/bc/soap/rfc`.
    Rfc {
        /// Function module.
        function: &'static str,
    },
    /// SFTP upload: temporary name, then rename. The parameter `fileName` names the file.
    SftpPut {
        /// Directory, `/`-separated, relative to the login directory unless it starts with `/`.
        directory: &'static str,
    },
}

/// Wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// XML.
    Xml,
    /// CSV with header line; the columns are the fields of the row in order.
    Csv {
        /// Separator.
        separator: char,
        /// Column names in order.
        columns: &'static [&'static str],
    },
}

/// What a repetition of an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing more: a read, or an absolute write.
    Harmless,
    /// Nothing more, because the delivery id goes along in this header.
    Keyed {
        /// Header name.
        header: &'static str,
    },
    /// The work again.
    Repeats,
}

/// A classification rule.
#[derive(Debug)]
pub struct OutcomeRule {
    /// What must match.
    pub matches: Matches,
    /// The outcome.
    pub class: Class,
    /// Reason in words.
    pub reason: &'static str,
}

/// What a reply means to one interface.
#[derive(Debug)]
pub struct Override {
    /// The operation it is about; `None`: every operation that the flow calls. Probes are never meant.
    pub operation: Option<&'static Operation>,
    /// What must match, and the outcome.
    pub rule: OutcomeRule,
}

/// What an [`OutcomeRule`] looks at.
#[derive(Debug)]
pub enum Matches {
    /// An HTTP status.
    Status(u16),
    /// A code inside an error body.
    ErrorCode(&'static str),
    /// A BAPIRET2 message.
    Bapi {
        /// Message class.
        id: &'static str,
        /// Message number, three digits.
        number: &'static str,
    },
}

/// Classes of outcomes. The same words stand on the page, in the journal and in metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Done.
    Delivered,
    /// Done before: the target knows this message already. Counts as done.
    Duplicate,
    /// Try again at the next time of the timetable.
    Retryable,
    /// Nobody knows whether it was done.
    Unknown,
    /// The target as such is unavailable to us; no try is used.
    Target,
    /// Never try again.
    Permanent,
}

/// Pages of a long result.
#[derive(Debug)]
pub struct Paging {
    /// Query parameter with the first row.
    pub offset: &'static str,
    /// Query parameter with the page size.
    pub limit: &'static str,
    /// Rows asked for per page.
    pub size: u32,
    /// Response field with the rows.
    pub rows: &'static str,
    /// Parameter (not sent) that says how many rows there are in all.
    pub total: &'static str,
}

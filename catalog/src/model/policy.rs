//! Triggers and policies: what starts an interface, who may, and what happens when it fails.
//!
//! In: nothing. Out: [`Trigger`], [`Auth`], [`Retry`], [`ErrorPolicy`]. Never knows: hosts, secrets, clocks.

use super::{Expr, MessageRef, Method, OperationRef, OutcomeRule, Span};

/// What starts an interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    /// How the message comes in.
    pub kind: TriggerKind,
    /// Message of the body; `None` where the trigger has no body (a synchronous GET, a schedule).
    pub message: Option<MessageRef>,
    /// Name under which the flow sees it: `event` (asynchronous) or `request` (synchronous).
    pub binding: String,
    /// Path and query parameters of an HTTP trigger, in order; the flow sees them as fields of `path`.
    pub parameters: Vec<super::Field>,
    /// Who may send.
    pub auth: Auth,
    /// Idempotent receiver: the key of a message. `None` accepts every message as new.
    pub idempotency: Option<Idempotency>,
    /// Values that operators may look for, in document order.
    pub searchable: Vec<Searchable>,
    /// Largest body in bytes.
    pub max_body_bytes: u64,
    /// Most requests a minute over all callers; more are answered 429.
    pub max_per_minute: Option<u64>,
    /// Where it stands.
    pub span: Span,
}

/// How a message comes in.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "variants explain their fields")]
pub enum TriggerKind {
    /// Asynchronous HTTP: `202` after the message is durable.
    Http { method: Method, path: String },
    /// Synchronous HTTP: the flow ends in a reply.
    Request { method: Method, path: String, durability: Durability, timeout_ms: u64 },
    /// A timetable.
    Schedule(Schedule),
}

/// Whether a synchronous request is journalled before the flow runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Journalled; if the flow outlives the timeout the caller gets `202` and the message goes on.
    Durable,
    /// Not journalled (reads): a failure is the caller's to repeat. The page says so.
    Transient,
}

/// When a schedule fires.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// The phrase as written.
    pub phrase: String,
    /// Five-field cron expression.
    pub cron: String,
    /// IANA zone.
    pub zone: String,
    /// What becomes of starts that nobody was there for.
    pub missed: Missed,
    /// How far back missed starts are looked for, milliseconds.
    pub catch_up_ms: u64,
    /// What happens to a start while an earlier run is unfinished.
    pub overlap: Overlap,
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
    /// It is recorded as discarded, and does not run.
    Skip,
    /// It waits for the end of the earlier run; further ones are recorded as discarded.
    QueueOne,
    /// It runs beside the earlier one.
    Allow,
}

/// How a caller proves who it is, or how we prove it to a system. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "variants explain their fields")]
pub enum Auth {
    /// OAuth 2.0: inbound a JWT bearer token with these scopes; outbound client credentials asking for them.
    OAuth2 { scopes: Vec<String>, audience: Option<String> },
    /// RFC 7617.
    Basic,
    /// TLS client certificate (outbound only in this version).
    ClientCertificate,
    /// SFTP user and password, host key pinned.
    SshPassword,
    /// SFTP user and key, host key pinned.
    SshKey,
    /// Stated openly to be none.
    None,
}

/// A value that operators may look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searchable {
    /// The name that they look for it under.
    pub name: String,
    /// The path as written.
    pub path: String,
    /// Where it is.
    pub place: Place,
    /// Masking class; never secret.
    pub sensitive: super::Sensitivity,
    /// Where it stands.
    pub span: Span,
}

/// Where a value of the message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the body: a JSON pointer, with `*` for list items.
    Body(String),
    /// The parameter of path or query with this name.
    Parameter(String),
}

/// Idempotent receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct Idempotency {
    /// What the key is.
    pub key: KeySource,
    /// How long a key is remembered, in seconds (default 7 days).
    pub window_s: u64,
}

/// What makes two messages of one sender the same.
#[derive(Debug, Clone, PartialEq)]
pub enum KeySource {
    /// A text expression over the trigger's message and parameters.
    Expr(Expr),
    /// A header of the request, by its name in lower case.
    Header(String),
    /// CloudEvents 1.0: `id` and `source` together, from the headers `ce-id` and `ce-source` or from the body.
    CloudEvent,
    /// Standard Webhooks: the header `webhook-id`.
    Webhook,
    /// SHA-256 of the body, byte for byte.
    Body,
}

/// What happens when the flow fails.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorPolicy {
    /// The timetable of every send that may be repeated.
    pub retry: Retry,
    /// Keep what could not be delivered in the dead-letter list; `false` keeps a FAILED record instead.
    pub dead_letter: bool,
    /// Whom to tell.
    pub alerts: Vec<Alert>,
    /// What to do when nobody knows whether the target did the work, for operations without a probe.
    pub on_unknown: OnUnknown,
    /// Delivery order.
    pub order: Order,
    /// What callers of the HTTP trigger get (status, meaning), in addition to what the trigger implies.
    pub responses: Vec<ResponseRule>,
    /// What replies mean for this interface: rules that come before those of the operations, in order.
    pub outcomes: Vec<Override>,
    /// Audit log asked for.
    pub audit: bool,
    /// Encryption at rest that is demanded, as written (`AES-256`).
    pub encryption: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// A retry policy in canonical form: delay before retry k (1-based) =
/// min(cap, interval × factor^(k-1)) × (1 + U[0, jitter]), from the end of the failed try.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// The phrase as written; empty when the explicit form was used.
    pub phrase: String,
    /// Repetitions after the first send.
    pub retries: u32,
    /// First delay, milliseconds.
    pub interval_ms: u64,
    /// Growth.
    pub backoff: Backoff,
    /// Longest delay, milliseconds.
    pub cap_ms: u64,
    /// Largest share added at random, per cent.
    pub jitter_percent: u8,
    /// Longest `Retry-After` that is honoured, milliseconds.
    pub retry_after_cap_ms: u64,
    /// Time after acceptance, in milliseconds, after which nothing is sent any more; `None`: only the number counts.
    pub give_up_after_ms: Option<u64>,
    /// Where it stands.
    pub span: Span,
}

/// Growth of the delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backoff {
    /// Factor 1.
    Fixed,
    /// Factor 2.
    Exponential,
}

impl Retry {
    /// Earliest send times in milliseconds after the first send, for a target that fails at once: the timetable
    /// printed on the page. `retries + 1` times, of which the first is 0, without those from `give_up_after_ms` on.
    #[must_use]
    pub fn sends_ms(&self) -> Vec<u64> {
        let mut at = 0_u64;
        let mut delay = self.interval_ms.min(self.cap_ms);
        let mut sends = vec![0];
        for _ in 0..self.retries {
            at = at.saturating_add(delay);
            if self.give_up_after_ms.is_some_and(|latest_ms| at >= latest_ms) {
                break;
            }
            sends.push(at);
            if self.backoff == Backoff::Exponential {
                delay = delay.saturating_mul(2).min(self.cap_ms);
            }
        }
        sends
    }
}

/// An alert channel by its name on the page; the environment says where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// `SAP Alert Notification`, `Email`…
    pub channel: String,
    /// Where it stands.
    pub span: Span,
}

/// What to do with an unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// Send again (the target is idempotent, or says so by key).
    Retry,
    /// Wait for a person.
    Hold,
}

/// Delivery order.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "variants explain their fields")]
pub enum Order {
    /// Any.
    None,
    /// In the order of acceptance per key.
    PerKey(Expr, OnDead),
    /// In the order of acceptance, all of them.
    Strict(OnDead),
}

/// What a message that goes to the dead-letter list means for those behind it in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDead {
    /// They wait until a person decides about it.
    BlockKey,
    /// They go on, marked as having a gap before them.
    Continue,
}

/// What a reply means for one interface, whatever the system's document says.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// The operation it is about; `None`: every operation that the flow calls.
    pub operation: Option<OperationRef>,
    /// What must match, and the outcome.
    pub rule: OutcomeRule,
}

/// One row of the error table that callers see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseRule {
    /// HTTP status.
    pub status: u16,
    /// Its meaning in words.
    pub meaning: String,
}

//! The door: what a listener hands in, and what it may tell the caller.
//!
//! In: an authenticated request. Out: [`Receipt`], [`Replied`] or [`Refusal`]. Never knows: HTTP types, stores.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{flow::Handler, message::Violations, value::Value};

/// A request that a listener has read and authenticated.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Index of the handler in [`Door::handlers`].
    pub handler: usize,
    /// The body as it came, for the journal.
    pub raw: Vec<u8>,
    /// The body as a tree; `Null` without one.
    pub body: Value,
    /// The idempotency key that came beside the message, in headers or as the nominal instant of a timetable.
    pub key: Option<String>,
    /// Path and query parameters.
    pub parameters: Vec<(String, String)>,
    /// Who sent it: `sub` or client id of the token, user name, or `anonymous`.
    pub principal: String,
    /// W3C `traceparent`, the caller's or a new one.
    pub traceparent: String,
    /// Error id given to this request: stands in problems, logs and the journal.
    pub request_id: String,
}

/// The promise behind a `202`: committed and synced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Message id.
    pub message_id: String,
    /// The same key and body had been accepted before; this is that message.
    pub replayed: bool,
}

/// What a synchronous request came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Replied {
    /// The flow's reply.
    Done {
        /// HTTP status.
        status: u16,
        /// Body.
        body: Value,
    },
    /// It takes longer than the caller may wait; the message is safe and goes on.
    Later(Receipt),
}

/// Why a request was not accepted. Nothing was stored as a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// The body or the parameters break the message's rules: 400.
    Invalid(Violations),
    /// The idempotency key was used with another body: 422.
    KeyReused,
    /// The store is nearly full or the commit failed: 503 with `Retry-After`.
    Unavailable {
        /// Seconds.
        retry_after_s: u32,
        /// For people.
        reason: String,
    },
    /// A synchronous flow failed for good: the target refused the content (422) or something broke (500, 502, 504).
    Failed {
        /// HTTP status.
        status: u16,
        /// Reason code, e.g. `PERMANENT`.
        reason: &'static str,
        /// For people, without secrets.
        detail: String,
    },
}

/// A boxed future, as every port of the runtime returns.
pub type Promise<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What listeners talk to.
pub trait Door: Send + Sync + 'static {
    /// All interfaces, in the order of registration.
    fn handlers(&self) -> &[Arc<dyn Handler>];
    /// Accepts an asynchronous message: resolves after commit and sync.
    fn accept(&self, arrival: Arrival) -> Promise<'_, Result<Receipt, Refusal>>;
    /// Runs a synchronous request.
    fn request(&self, arrival: Arrival) -> Promise<'_, Result<Replied, Refusal>>;
    /// State of a message for its sender; `None` if there is none or it is another's.
    fn state(&self, message_id: &str, principal: &str) -> Promise<'_, Option<String>>;
    /// False while starting or shutting down: answer 503.
    fn ready(&self) -> bool;
    /// Counts a request that the listener itself refused (401, 413, 429 …).
    fn refused(&self, _handler: usize, _status: u16) {}
}

//! What the journal keeps: rows as types.
//!
//! In: nothing. Out: plain data. Never knows: SQL. Times are milliseconds since 1970.

use super::{DataKey, Erased, Mark, Origin, Replay, Token, lane::lane_of};
use crate::{
    descriptor::Class,
    lifecycle::{Reason, State, Trouble},
};

/// A message to accept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewMessage {
    /// UUIDv7.
    pub id: String,
    /// Smart ID.
    pub interface: String,
    /// Contract digest of the interface at acceptance.
    pub digest: String,
    /// Who sent it.
    pub principal: String,
    /// Idempotency key, where it has one.
    pub key: Option<IdempotencyKey>,
    /// Order key, where it has one.
    pub order_key: Option<String>,
    /// W3C `traceparent`.
    pub traceparent: String,
    /// Error id of the request.
    pub request_id: String,
    /// Path and query parameters.
    pub parameters: Vec<(String, String)>,
    /// The body as it came.
    pub raw: Vec<u8>,
    /// What it can be looked for by; not read back.
    pub tokens: Vec<Token>,
    /// When.
    pub accepted_ms: i64,
    /// Whose content it repeats, if an operator replayed one. Its audit entry is written with the message.
    pub origin: Option<Box<Origin>>,
    /// Whoever works on its lane is to hear of it like of those from other processes, even if that is this one: so all of
    /// an order key are heard of in the order of the journal. For stores that several processes share.
    pub relayed: bool,
    /// How it was sealed, if it was: its content is ciphertext then.
    pub sealed: Option<Box<Sealed>>,
}

/// What a store has to know of a message that comes sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Size of the body as it came.
    pub size_bytes: u64,
    /// Its lane, which follows from the order key as it came.
    pub lane: u8,
    /// The key that it was sealed under, unless the store is known to have it: to be kept in the same transaction.
    pub data_key: Option<DataKey>,
}

impl NewMessage {
    /// The lane it runs in.
    #[must_use]
    pub fn lane(&self) -> u8 {
        let given = self.sealed.as_ref().map(|sealed| sealed.lane);
        given.unwrap_or_else(|| lane_of(&self.interface, self.order_key.as_deref(), &self.id))
    }

    /// Size of the body as it came.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.sealed.as_ref().map_or(self.raw.len() as u64, |sealed| sealed.size_bytes)
    }
}

/// What recognises a message that is sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// SHA-256 of the key: keys may hold personal data.
    pub key_hash: [u8; 32],
    /// SHA-256 of body and parameters.
    pub body_hash: [u8; 32],
    /// When it is forgotten.
    pub expires_ms: i64,
}

/// What came of accepting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// A new message.
    New {
        /// Its place in the order of acceptance.
        seq: i64,
    },
    /// A new message that whoever works on its lane hears of through [`super::Store::arrivals`]: of a lane of another
    /// process, or relayed.
    Handed {
        /// Its place in the order of acceptance.
        seq: i64,
    },
    /// Key and body are known: this is that message.
    Replayed {
        /// Its id.
        id: String,
    },
    /// The key is known with another body.
    KeyReused,
}

/// A try of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Step name.
    pub step: String,
    /// 1, 2, … within the step.
    pub n: u32,
    /// Its class.
    pub class: Class,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// Start of the try.
    pub start_ms: i64,
    /// End of the try.
    pub end_ms: i64,
    /// Why this class.
    pub reason: String,
    /// First 4 KiB of the reply.
    pub excerpt: String,
}

/// What is known about a step of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivery {
    /// Step name.
    pub step: String,
    /// System called.
    pub system: String,
    /// Operation called.
    pub operation: String,
    /// Known done.
    pub done: bool,
    /// Something was sent and nobody knows what came of it.
    pub doubt: bool,
    /// Tries counted against the timetable.
    pub tries: u32,
    /// All tries, also those that were not the message's fault.
    pub attempts: u32,
    /// A person decided that it is sent again although its outcome is in doubt.
    pub decided: bool,
    /// Recorded reply of a step that is done.
    pub reply: Option<Vec<u8>>,
}

/// The dead-letter record besides what message and attempts already say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grave {
    /// Why, one sentence.
    pub sentence: String,
    /// Outcome class of the last try, where a step failed.
    pub class: Option<Class>,
    /// Step that failed; empty if the flow itself did.
    pub step: String,
    /// System it called.
    pub system: String,
    /// Operation it called.
    pub operation: String,
    /// Tries counted against the timetable.
    pub tries: u32,
    /// The body the step wanted to send ([`super::codec`]), where it got that far.
    pub mapped: Option<Vec<u8>>,
    /// Violations or mapping error, where that was the reason.
    pub field_errors: String,
    /// When.
    pub at_ms: i64,
}

/// What a synchronous message was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body ([`super::codec`]).
    pub body: Vec<u8>,
}

/// A message that has not ended, or whose end the later ones of its order key must know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Place in the order of acceptance.
    pub seq: i64,
    /// Id.
    pub id: String,
    /// Smart ID.
    pub interface: String,
    /// Contract digest at acceptance.
    pub digest: String,
    /// Order key.
    pub order_key: Option<String>,
    /// Lease number.
    pub lease: u32,
    /// What it means for the later ones of its order key.
    pub mark: Option<Mark>,
    /// State.
    pub state: State,
    /// Why held.
    pub reason: Option<Reason>,
    /// When it is looked at again.
    pub due_ms: Option<i64>,
    /// How often the process died on it.
    pub crashes: u32,
    /// When it was accepted.
    pub accepted_ms: i64,
}

impl Unfinished {
    /// The lane it runs in.
    #[must_use]
    pub fn lane(&self) -> u8 {
        lane_of(&self.interface, self.order_key.as_deref(), &self.id)
    }
}

/// What running a message needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// The message as accepted, without its idempotency key.
    pub message: NewMessage,
    /// Its steps so far.
    pub deliveries: Vec<Delivery>,
}

/// A message in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Place in the order of acceptance.
    pub seq: i64,
    /// Id.
    pub id: String,
    /// Smart ID.
    pub interface: String,
    /// Contract digest at acceptance.
    pub digest: String,
    /// Who sent it.
    pub principal: String,
    /// Order key, where it has one.
    pub order_key: Option<String>,
    /// W3C `traceparent`.
    pub traceparent: String,
    /// Error id of the request.
    pub request_id: String,
    /// State.
    pub state: State,
    /// Why.
    pub reason: Option<Reason>,
    /// Why, for people.
    pub detail: String,
    /// When it is looked at again.
    pub due_ms: Option<i64>,
    /// How often the process died on it.
    pub crashes: u32,
    /// Lease number: how often it was taken.
    pub lease: u32,
    /// It was delivered, or tried, with a gap before it in the order of its key.
    pub gap: bool,
    /// What it means for the later ones of its order key.
    pub mark: Option<Mark>,
    /// When it was accepted.
    pub accepted_ms: i64,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// That its content was erased.
    pub erased: Option<Erased>,
}

impl Row {
    /// The lane it runs in.
    #[must_use]
    pub fn lane(&self) -> u8 {
        lane_of(&self.interface, self.order_key.as_deref(), &self.id)
    }
}

impl From<Row> for Unfinished {
    fn from(row: Row) -> Self {
        let Row {
            seq, id, interface, digest, order_key, lease, mark, state, reason, due_ms, crashes, accepted_ms, ..
        } = row;
        Self { seq, id, interface, digest, order_key, lease, mark, state, reason, due_ms, crashes, accepted_ms }
    }
}

/// The whole story of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The message.
    pub row: Row,
    /// Size of its body.
    pub size_bytes: u64,
    /// Its steps.
    pub deliveries: Vec<Delivery>,
    /// All tries in order, the successful ones too.
    pub attempts: Vec<Attempt>,
    /// Why it was given up, if it was.
    pub grave: Option<Grave>,
    /// Whose content it repeats, if it is a replay.
    pub origin: Option<Origin>,
    /// Messages that repeat its content, oldest first.
    pub replays: Vec<Replay>,
}

/// Which messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only of this interface.
    pub interface: Option<String>,
    /// Only in this state.
    pub state: Option<State>,
    /// Only for this reason.
    pub reason: Option<Reason>,
    /// Only accepted at this time or later, milliseconds since 1970.
    pub from_ms: Option<i64>,
    /// Only accepted before this time.
    pub until_ms: Option<i64>,
    /// Only from this sender.
    pub principal: Option<String>,
    /// Only with this order key.
    pub order_key: Option<String>,
    /// Only those that called, or tried to call, this system.
    pub system: Option<String>,
    /// Only with this id: of the message, of its request, or of its trace.
    pub id: Option<String>,
    /// Only those that have all of these among what they can be looked for by.
    pub tokens: Vec<Token>,
    /// Only with this place or an earlier one (keyset paging: the last one seen).
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

/// An incident: everything that is wrong in the same way, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// `<interface>/<target>/<reason>`.
    pub dedup_key: String,
    /// Smart ID; [`crate::alert::SERVICE`] for the service itself.
    pub interface: String,
    /// System concerned.
    pub target: String,
    /// Reason class.
    pub reason: Trouble,
    /// Still going on.
    pub firing: bool,
    /// Who has taken it on, while it is going on. From then on it is updated no more, only closed.
    pub acknowledged: Option<Acknowledged>,
    /// How many messages.
    pub count: u64,
    /// First event.
    pub first_ms: i64,
    /// Last event.
    pub last_ms: i64,
    /// How many times of the update timetable have passed.
    pub updates: u32,
    /// The count that was posted last.
    pub told: u64,
    /// Channels told, by name.
    pub channels: Vec<String>,
    /// Message of the last event.
    pub message_id: String,
    /// What happened last, one sentence.
    pub detail: String,
}

/// Somebody has taken an incident on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// Who.
    pub who: String,
    /// When.
    pub at_ms: i64,
}

/// Where an alert on its way stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostState {
    /// To be sent when due.
    Pending,
    /// Arrived.
    Sent,
    /// Given up.
    GivenUp,
}

/// One alert to one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// UUIDv7.
    pub id: String,
    /// Channel by name.
    pub channel: String,
    /// The incident as it was when the alert was written; `firing` false closes it.
    pub incident: Incident,
    /// Where it stands.
    pub state: PostState,
    /// Tries so far.
    pub tries: u32,
    /// When it is sent (again).
    pub due_ms: i64,
    /// When it was written.
    pub created_ms: i64,
    /// What went wrong last.
    pub error: String,
}

/// The word of a class, as on pages and in metrics.
pub(crate) const fn class_word(class: Class) -> &'static str {
    match class {
        Class::Delivered => "delivered",
        Class::Duplicate => "duplicate",
        Class::Retryable => "retryable",
        Class::Unknown => "unknown",
        Class::Target => "target",
        Class::Permanent => "permanent",
    }
}

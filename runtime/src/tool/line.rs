//! The lines of an export, version 1: one JSON object a line.
//!
//! In: records of a journal. Out: lines, and back. Never knows: where lines are kept.
//!
//! The first line is the head. Then messages, oldest first, each with everything about it; bodies, replies and answers are
//! base64, in clear: an export is not encrypted. Then the last starts of timetables, pauses, and the audit log with its hashes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::descriptor::Class;
use crate::journal::{
    Answer, Attempt, Delivery, Grave, IdempotencyKey, Material, Origin, Story, audit::hex, class_word,
};

/// Version of the format.
pub(super) const VERSION: u32 = 1;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    Head(Head),
    Message(Box<Message>),
    Start { interface: String, nominal_ms: i64 },
    Pause { scope: String, since_ms: i64, who: String, why: String },
    Audit(Audited),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) version: u32,
    pub(super) messages: u64,
    pub(super) exported_ms: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Audited {
    pub(super) no: i64,
    pub(super) at_ms: i64,
    pub(super) who: String,
    pub(super) role: String,
    pub(super) action: String,
    pub(super) subject: String,
    pub(super) why: String,
    pub(super) result: String,
    pub(super) hash: String,
}

/// A message with everything about it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) interface: String,
    pub(super) digest: String,
    pub(super) principal: String,
    pub(super) order_key: Option<String>,
    pub(super) traceparent: String,
    pub(super) request_id: String,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) accepted_ms: i64,
    pub(super) body: String,
    pub(super) key: Option<Key>,
    pub(super) origin: Option<From>,
    pub(super) state: String,
    pub(super) reason: Option<String>,
    pub(super) detail: String,
    pub(super) due_ms: Option<i64>,
    pub(super) ended_ms: Option<i64>,
    pub(super) crashes: u32,
    pub(super) gap: bool,
    /// Absent where it has its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) erased: Option<Erased>,
    pub(super) mark: Option<String>,
    pub(super) deliveries: Vec<Step>,
    pub(super) attempts: Vec<Try>,
    pub(super) dead_letter: Option<Dead>,
    pub(super) answer: Option<Answered>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Erased {
    pub(super) at_ms: i64,
    pub(super) who: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    key_hash: String,
    body_hash: String,
    expires_ms: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    replay_of: String,
    batch: String,
    nonce: u32,
    edited: bool,
    who: String,
    role: String,
    why: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) step: String,
    pub(super) system: String,
    pub(super) operation: String,
    pub(super) done: bool,
    pub(super) doubt: bool,
    pub(super) tries: u32,
    pub(super) attempts: u32,
    pub(super) decided: bool,
    pub(super) reply: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Try {
    pub(super) step: String,
    pub(super) n: u32,
    class: String,
    status: Option<u16>,
    pub(super) start_ms: i64,
    end_ms: i64,
    reason: String,
    excerpt: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dead {
    sentence: String,
    class: Option<String>,
    step: String,
    system: String,
    operation: String,
    tries: u32,
    mapped: Option<String>,
    field_errors: String,
    at_ms: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answered {
    status: u16,
    body: String,
}

impl Message {
    pub(super) fn of(material: Material, story: Story, key: Option<&IdempotencyKey>, answer: Option<Answer>) -> Self {
        let (message, row) = (material.message, story.row);
        Self {
            id: message.id,
            interface: message.interface,
            digest: message.digest,
            principal: message.principal,
            order_key: message.order_key,
            traceparent: message.traceparent,
            request_id: message.request_id,
            parameters: message.parameters,
            accepted_ms: message.accepted_ms,
            body: STANDARD.encode(message.raw),
            key: key.map(Key::of),
            origin: story.origin.map(From::of),
            state: row.state.as_str().to_owned(),
            reason: row.reason.map(|reason| reason.as_str().to_owned()),
            detail: row.detail,
            due_ms: row.due_ms,
            ended_ms: row.ended_ms,
            crashes: row.crashes,
            gap: row.gap,
            erased: row.erased.map(|erased| Erased { at_ms: erased.at_ms, who: erased.who }),
            mark: row.mark.map(|mark| mark.as_str().to_owned()),
            deliveries: material.deliveries.into_iter().map(Step::of).collect(),
            attempts: story.attempts.into_iter().map(Try::of).collect(),
            dead_letter: story.grave.map(Dead::of),
            answer: answer.map(|answer| Answered { status: answer.status, body: STANDARD.encode(answer.body) }),
        }
    }
}

impl Audited {
    pub(super) fn of(row: crate::journal::Audited) -> Self {
        let entry = row.entry;
        Self {
            no: row.no,
            at_ms: entry.at_ms,
            who: entry.who,
            role: entry.role,
            action: entry.action,
            subject: entry.subject,
            why: entry.why,
            result: entry.result,
            hash: hex(&row.hash),
        }
    }
}

impl Key {
    fn of(key: &IdempotencyKey) -> Self {
        Self { key_hash: hex(&key.key_hash), body_hash: hex(&key.body_hash), expires_ms: key.expires_ms }
    }

    pub(super) fn read(&self) -> Result<IdempotencyKey, String> {
        let hash = |text: &str| {
            let digits = |at: usize| text.get(2 * at..2 * at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
            let bytes: Option<Vec<u8>> = (0..32).map(digits).collect();
            bytes
                .filter(|_| text.len() == 64)
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or("a hash is not 64 hex digits")
        };
        let (key_hash, body_hash) = (hash(&self.key_hash)?, hash(&self.body_hash)?);
        Ok(IdempotencyKey { key_hash, body_hash, expires_ms: self.expires_ms })
    }
}

impl From {
    fn of(origin: Origin) -> Self {
        let Origin { replay_of, batch, nonce, edited, who, role, why } = origin;
        Self { replay_of, batch, nonce, edited, who, role, why }
    }

    pub(super) fn read(self) -> Origin {
        let Self { replay_of, batch, nonce, edited, who, role, why } = self;
        Origin { replay_of, batch, nonce, edited, who, role, why }
    }
}

impl Step {
    fn of(delivery: Delivery) -> Self {
        let Delivery { step, system, operation, done, doubt, tries, attempts, decided, reply } = delivery;
        Self {
            step,
            system,
            operation,
            done,
            doubt,
            tries,
            attempts,
            decided,
            reply: reply.map(|reply| STANDARD.encode(reply)),
        }
    }
}

impl Try {
    fn of(attempt: Attempt) -> Self {
        let Attempt { step, n, class, status, start_ms, end_ms, reason, excerpt } = attempt;
        Self { step, n, class: class_word(class).to_owned(), status, start_ms, end_ms, reason, excerpt }
    }

    pub(super) fn read(self) -> Result<Attempt, String> {
        let Self { step, n, class, status, start_ms, end_ms, reason, excerpt } = self;
        let class = class_from_word(&class).ok_or_else(|| format!("`{class}` is no class"))?;
        Ok(Attempt { step, n, class, status, start_ms, end_ms, reason, excerpt })
    }
}

impl Dead {
    fn of(grave: Grave) -> Self {
        let Grave { sentence, class, step, system, operation, tries, mapped, field_errors, at_ms } = grave;
        Self {
            sentence,
            class: class.map(|class| class_word(class).to_owned()),
            step,
            system,
            operation,
            tries,
            mapped: mapped.map(|mapped| STANDARD.encode(mapped)),
            field_errors,
            at_ms,
        }
    }

    pub(super) fn read(self) -> Result<Grave, String> {
        let Self { sentence, class, step, system, operation, tries, mapped, field_errors, at_ms } = self;
        let class = class.map(|class| class_from_word(&class).ok_or_else(|| format!("`{class}` is no class")));
        let (class, mapped) = (class.transpose()?, mapped.map(|mapped| bytes(&mapped)).transpose()?);
        Ok(Grave { sentence, class, step, system, operation, tries, mapped, field_errors, at_ms })
    }
}

impl Answered {
    pub(super) fn read(&self) -> Result<Answer, String> {
        Ok(Answer { status: self.status, body: bytes(&self.body)? })
    }
}

/// The class of a word.
fn class_from_word(word: &str) -> Option<Class> {
    let all = [Class::Delivered, Class::Duplicate, Class::Retryable, Class::Unknown, Class::Target, Class::Permanent];
    all.into_iter().find(|class| class_word(*class) == word)
}

/// Bytes of base64.
pub(super) fn bytes(text: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(text).map_err(|error| format!("bytes are not base64: {error}"))
}

//! Rows to types.
//!
//! In: columns by name. Out: types, or [`StoreError::Refused`] for what this build cannot read. Never knows: statements.

use bytes::BytesMut;
use tokio_postgres::{
    Row as Found,
    types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked},
};

use crate::{
    descriptor::Class,
    journal::{
        Answer, Attempt, Audited, Delivery, Entry, Erased, Grave, IdempotencyKey, Incident, Mark, NewMessage, Origin,
        Pause, Post, Row, Scope, StoreError, Token, Unfinished, words,
    },
    lifecycle::{Reason, State},
};

type Read<T> = Result<T, StoreError>;

/// A column.
pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Found, column: &str) -> Read<T> {
    row.try_get(column).map_err(|error| StoreError::Refused(format!("{column}: {error}")))
}

/// A column that holds no negative number.
pub(super) fn count(row: &Found, column: &str) -> Read<u32> {
    Ok(u32::try_from(get::<i32>(row, column)?).unwrap_or_default())
}

/// A word of a closed set.
fn word<T>(row: &Found, column: &str, read: impl Fn(&str) -> Option<T>) -> Read<T> {
    read(get(row, column)?).ok_or_else(|| unreadable(column))
}

fn word_if_any<T>(row: &Found, column: &str, read: impl Fn(&str) -> Option<T>) -> Read<Option<T>> {
    let text: Option<&str> = get(row, column)?;
    text.map(|text| read(text).ok_or_else(|| unreadable(column))).transpose()
}

fn unreadable(column: &str) -> StoreError {
    StoreError::Refused(format!("{column}: this build cannot read what is kept there"))
}

/// The state of a message.
pub(super) fn state(row: &Found) -> Read<State> {
    word(row, "state", State::from_word)
}

/// What its end means for the later ones of its key.
pub(super) fn mark(row: &Found) -> Read<Option<Mark>> {
    word_if_any(row, "mark", Mark::from_word)
}

pub(super) fn unfinished(row: &Found) -> Read<Unfinished> {
    Ok(Unfinished {
        seq: get(row, "seq")?,
        id: get(row, "id")?,
        interface: get(row, "interface")?,
        digest: get(row, "digest")?,
        order_key: get(row, "order_key")?,
        lease: count(row, "lease")?,
        mark: mark(row)?,
        state: state(row)?,
        reason: word_if_any(row, "reason", Reason::from_word)?,
        due_ms: get(row, "due_ms")?,
        crashes: count(row, "crashes")?,
        accepted_ms: get(row, "accepted_ms")?,
    })
}

/// The message as accepted, without its idempotency key and its origin.
pub(super) fn message(row: &Found) -> Read<NewMessage> {
    Ok(NewMessage {
        id: get(row, "id")?,
        interface: get(row, "interface")?,
        digest: get(row, "digest")?,
        principal: get(row, "principal")?,
        key: None,
        order_key: get(row, "order_key")?,
        traceparent: get(row, "traceparent")?,
        request_id: get(row, "request_id")?,
        parameters: word(row, "parameters", words::pairs)?,
        raw: get(row, "raw")?,
        tokens: Vec::new(),
        accepted_ms: get(row, "accepted_ms")?,
        origin: None,
        relayed: false,
        sealed: None,
    })
}

pub(super) fn delivery(row: &Found) -> Read<Delivery> {
    Ok(Delivery {
        step: get(row, "step")?,
        system: get(row, "system")?,
        operation: get(row, "operation")?,
        done: get(row, "done")?,
        doubt: get(row, "doubt")?,
        tries: count(row, "tries")?,
        attempts: count(row, "attempts")?,
        decided: get(row, "decided")?,
        reply: get(row, "bytes")?,
    })
}

pub(super) fn attempt(row: &Found) -> Read<Attempt> {
    Ok(Attempt {
        step: get(row, "step")?,
        n: count(row, "n")?,
        class: word(row, "class", words::class)?,
        status: status(row)?,
        start_ms: get(row, "start_ms")?,
        end_ms: get(row, "end_ms")?,
        reason: get(row, "note")?,
        excerpt: get(row, "excerpt")?,
    })
}

fn status(row: &Found) -> Read<Option<u16>> {
    Ok(get::<Option<i32>>(row, "status")?.and_then(|status| u16::try_from(status).ok()))
}

pub(super) fn answer(row: &Found) -> Read<Answer> {
    Ok(Answer { status: status(row)?.ok_or_else(|| unreadable("status"))?, body: get(row, "body")? })
}

pub(super) fn row(row: &Found) -> Read<Row> {
    Ok(Row {
        seq: get(row, "seq")?,
        id: get(row, "id")?,
        interface: get(row, "interface")?,
        digest: get(row, "digest")?,
        principal: get(row, "principal")?,
        order_key: get(row, "order_key")?,
        traceparent: get(row, "traceparent")?,
        request_id: get(row, "request_id")?,
        state: state(row)?,
        reason: word_if_any(row, "reason", Reason::from_word)?,
        detail: get(row, "detail")?,
        due_ms: get(row, "due_ms")?,
        crashes: count(row, "crashes")?,
        lease: count(row, "lease")?,
        gap: get(row, "gap")?,
        mark: mark(row)?,
        accepted_ms: get(row, "accepted_ms")?,
        ended_ms: get(row, "ended_ms")?,
        erased: erased(row)?,
    })
}

fn erased(row: &Found) -> Read<Option<Erased>> {
    let (at_ms, who): (Option<i64>, Option<String>) = (get(row, "erased_ms")?, get(row, "erased_by")?);
    Ok(at_ms.zip(who).map(|(at_ms, who)| Erased { at_ms, who }))
}

pub(super) fn grave(row: &Found) -> Read<Grave> {
    Ok(Grave {
        sentence: get(row, "sentence")?,
        class: word_if_any::<Class>(row, "class", words::class)?,
        step: get(row, "step")?,
        system: get(row, "system")?,
        operation: get(row, "operation")?,
        tries: count(row, "tries")?,
        mapped: get(row, "mapped")?,
        field_errors: get(row, "field_errors")?,
        at_ms: get(row, "at_ms")?,
    })
}

pub(super) fn origin(row: &Found) -> Read<Origin> {
    Ok(Origin {
        replay_of: get(row, "replay_of")?,
        batch: get(row, "batch")?,
        nonce: count(row, "nonce")?,
        edited: get(row, "edited")?,
        who: get(row, "who")?,
        role: get(row, "role")?,
        why: get(row, "why")?,
    })
}

pub(super) fn incident(row: &Found) -> Read<Incident> {
    word(row, "record", words::incident)
}

pub(super) fn post(row: &Found) -> Read<Post> {
    Ok(Post {
        id: get(row, "id")?,
        channel: get(row, "channel")?,
        incident: incident(row)?,
        state: word(row, "state", words::post_state)?,
        tries: count(row, "tries")?,
        due_ms: get(row, "due_ms")?,
        created_ms: get(row, "created_ms")?,
        error: get(row, "error")?,
    })
}

pub(super) fn audited(row: &Found) -> Read<Audited> {
    let entry = Entry {
        at_ms: get(row, "at_ms")?,
        who: get(row, "who")?,
        role: get(row, "role")?,
        action: get(row, "action")?,
        subject: get(row, "subject")?,
        why: get(row, "why")?,
        result: get(row, "result")?,
    };
    Ok(Audited { no: get(row, "no")?, entry, hash: hash(row)? })
}

/// A SHA-256 in column `hash`.
pub(super) fn hash(row: &Found) -> Read<[u8; 32]> {
    sha256(row, "hash")
}

fn sha256(row: &Found, column: &str) -> Read<[u8; 32]> {
    get::<&[u8]>(row, column)?.try_into().map_err(|_| unreadable(column))
}

pub(super) fn known_key(row: &Found) -> Read<(i64, IdempotencyKey)> {
    let (key_hash, body_hash) = (sha256(row, "key_hash")?, sha256(row, "body_hash")?);
    Ok((get(row, "message")?, IdempotencyKey { key_hash, body_hash, expires_ms: get(row, "expires_ms")? }))
}

pub(super) fn pause(row: &Found) -> Read<Pause> {
    Ok(Pause {
        scope: word(row, "scope", Scope::from_text)?,
        since_ms: get(row, "since_ms")?,
        who: get(row, "who")?,
        why: get(row, "why")?,
    })
}

impl ToSql for Token {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.as_bytes().as_slice().to_sql(ty, out)
    }

    accepts!(BYTEA);
    to_sql_checked!();
}

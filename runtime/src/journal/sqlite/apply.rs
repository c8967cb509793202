//! Single changes as statements.
//!
//! In: a message or a change, a transaction. Out: rows. Never knows: when the transaction ends.

use rusqlite::{Connection, OptionalExtension as _, named_params, params};
use sha2::{Digest as _, Sha256};

use super::{
    data_keys, erase, operating, rows,
    spool::{self, Named, Spooled},
};
use crate::{
    journal::{
        Accepted, Attempt, Change, Entry, Grave, Guard, IdempotencyKey, Incident, Mark, NewMessage, Post, class_word,
        words,
    },
    lifecycle::{Reason, State},
};

/// A new message; its body lies in a file, or in the message.
pub(super) fn accept(
    connection: &Connection,
    message: &NewMessage,
    file: Option<&Spooled>,
) -> rusqlite::Result<Accepted> {
    if let Some(key) = &message.key
        && let Some(known) = recognise(connection, message, key)?
    {
        return Ok(known);
    }
    let size_bytes = file.filter(|_| message.sealed.is_none()).map_or(message.size_bytes(), |file| file.file.bytes);
    connection
        .prepare_cached(
            "insert into message (id, interface, digest, principal, order_key, traceparent, request_id, parameters, \
             accepted_ms, size) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            message.id,
            message.interface,
            message.digest,
            message.principal,
            message.order_key,
            message.traceparent,
            message.request_id,
            words::pairs_to_text(&message.parameters),
            message.accepted_ms,
            i64::try_from(size_bytes).unwrap_or(i64::MAX),
        ])?;
    let seq = connection.last_insert_rowid();
    let digest: [u8; 32] = file.map_or_else(|| Sha256::digest(&message.raw).into(), |file| file.sha256);
    connection.prepare_cached("insert into body (message, raw, sha256) values (?1, ?2, ?3)")?.execute(params![
        seq,
        message.raw,
        digest
    ])?;
    if let Some(file) = file {
        spool::keep(connection, seq, file)?;
    }
    let mark = message.origin.as_deref().map_or(Ok(None), |origin| operating::succeed(connection, origin))?;
    connection.prepare_cached("insert into progress (message, state, mark) values (?1, ?2, ?3)")?.execute(params![
        seq,
        State::Accepted.as_str(),
        mark.map(Mark::as_str)
    ])?;
    if let Some(key) = &message.key {
        // In the same transaction: a message is never durable without its key, nor a key without its message.
        connection
            .prepare_cached(
                "insert or replace into idem (interface, principal, key_hash, body_hash, message, expires_ms) \
                 values (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![message.interface, message.principal, key.key_hash, key.body_hash, seq, key.expires_ms])?;
    }
    for token in &message.tokens {
        connection
            .prepare_cached("insert into searchable (message, token) values (?1, ?2)")?
            .execute(params![seq, token.as_bytes()])?;
    }
    if let Some(key) = message.sealed.as_ref().and_then(|sealed| sealed.data_key.as_ref()) {
        data_keys::keep(connection, key)?;
    }
    if let Some(origin) = &message.origin {
        operating::keep_origin(connection, seq, origin)?;
        operating::write_down(connection, origin.entry(message))?;
    }
    Ok(Accepted::New { seq })
}

/// A message that ended FAILED was not kept for a decision: its sender sends it again, so its key is free.
fn recognise(
    connection: &Connection,
    message: &NewMessage,
    key: &IdempotencyKey,
) -> rusqlite::Result<Option<Accepted>> {
    let known: Option<(Vec<u8>, String)> = connection
        .prepare_cached(
            "select idem.body_hash, message.id from idem join message on message.seq = idem.message \
             join progress on progress.message = idem.message \
             where idem.interface = ?1 and idem.principal = ?2 and key_hash = ?3 and expires_ms > ?4 and state <> ?5",
        )?
        .query_row(
            params![message.interface, message.principal, key.key_hash, message.accepted_ms, State::Failed.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(known.map(
        |(body_hash, id)| {
            if body_hash == key.body_hash { Accepted::Replayed { id } } else { Accepted::KeyReused }
        },
    ))
}

/// A change; what it leaves without a row goes after the commit.
pub(super) fn change(connection: &Connection, change: &Change, left: &mut Vec<Named>) -> rusqlite::Result<()> {
    match change {
        Change::State { seq, guard, state, reason, detail, due_ms, at_ms } => {
            guarded(connection, *seq, *guard)?;
            progress(connection, *seq, (*state, *reason), detail, (*due_ms, *at_ms))
        }
        Change::Claim { seq, guard, gap } => {
            guarded(connection, *seq, *guard)?;
            claim(connection, *seq, guard.lease + 1, *gap)
        }
        Change::Mark { seq, mark } => connection
            .prepare_cached("update progress set mark = ?2 where message = ?1")?
            .execute(params![seq, mark.as_str()])
            .map(drop),
        Change::Called { system, day } => connection
            .prepare_cached(
                "insert into calls (day, system, calls) values (?1, ?2, 1) \
                 on conflict (day, system) do update set calls = calls + 1",
            )?
            .execute(params![day, system])
            .map(drop),
        Change::Started { interface, nominal_ms } => connection
            .prepare_cached(
                "insert into start (interface, nominal_ms) values (?1, ?2) \
                 on conflict (interface) do update set nominal_ms = max(nominal_ms, excluded.nominal_ms)",
            )?
            .execute(params![interface, nominal_ms])
            .map(drop),
        Change::Crashes { seq, crashes } => connection
            .prepare_cached("update progress set crashes = ?2 where message = ?1")?
            .execute(params![seq, crashes])
            .map(drop),
        Change::Waits { seq } => flight(connection, *seq, (State::InFlight, State::Ready)),
        Change::Begin { seq, step, system, operation, at_ms } => {
            flight(connection, *seq, (State::Ready, State::InFlight))?;
            connection
                .prepare_cached(
                    "insert into delivery (message, step, system, operation, doubt, start_ms) \
                 values (?1, ?2, ?3, ?4, 1, ?5) \
                 on conflict (message, step) do update set doubt = 1, decided = 0, start_ms = excluded.start_ms",
                )?
                .execute(params![seq, step, system, operation, at_ms])
                .map(drop)
        }
        Change::Done { seq, attempt, reply } => done(connection, *seq, attempt, reply),
        Change::Failed { seq, attempt, tries, doubt } => failed(connection, *seq, attempt, (*tries, *doubt)),
        Change::Bury { seq, grave } => bury(connection, *seq, grave),
        Change::Answer { seq, answer } => connection
            .prepare_cached("insert or replace into answer (message, status, body) values (?1, ?2, ?3)")?
            .execute(params![seq, answer.status, answer.body])
            .map(drop),
        Change::MadeGood { seq, detail, at_ms } => operating::made_good(connection, *seq, detail, *at_ms),
        Change::Again { seq } => operating::again(connection, *seq),
        Change::Pause(pause) => operating::pause(connection, pause),
        Change::Resume(scope) => operating::resume(connection, scope),
        Change::Audit(entry) => operating::write_down(connection, Entry::clone(entry)),
        Change::Incident(incident) => keep_incident(connection, incident),
        Change::Post(post) => keep_post(connection, post),
        Change::DataKey(key) => data_keys::keep(connection, key),
        Change::Rewrap(key) => data_keys::rewrap(connection, key),
        Change::Shred(shred) => data_keys::shred(connection, shred),
        Change::Erase { seq, who, at_ms } => erase::erase(connection, *seq, (who, *at_ms), left),
    }
}

/// Somebody else's message, or one that has ended, is left alone.
fn guarded(connection: &Connection, seq: i64, guard: Guard) -> rusqlite::Result<()> {
    let found: Option<(u32, String)> = connection
        .prepare_cached("select lease, state from progress where message = ?1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((lease, state)) = found else { return Err(rows::stale()) };
    let state = State::from_word(&state).ok_or_else(|| rows::unreadable("state"))?;
    if guard.holds(lease, state) { Ok(()) } else { Err(rows::stale()) }
}

fn claim(connection: &Connection, seq: i64, lease: u32, gap: bool) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "update progress set state = ?2, lease = ?3, gap = max(gap, ?4), reason = null, detail = '', due_ms = null \
             where message = ?1",
        )?
        .execute(params![seq, State::InFlight.as_str(), lease, gap])
        .map(drop)
}

/// Between waiting for room and being in flight; any other state stays.
fn flight(connection: &Connection, seq: i64, (from, to): (State, State)) -> rusqlite::Result<()> {
    connection
        .prepare_cached("update progress set state = ?3 where message = ?1 and state = ?2")?
        .execute(params![seq, from.as_str(), to.as_str()])
        .map(drop)
}

fn progress(
    connection: &Connection,
    seq: i64,
    (state, reason): (State, Option<Reason>),
    detail: &str,
    (due_ms, at_ms): (Option<i64>, i64),
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "update progress set state = ?2, reason = ?3, detail = ?4, due_ms = ?5, ended_ms = ?6, \
             mark = case when ?6 is null and ended_ms is null then mark end where message = ?1",
        )?
        .execute(params![
            seq,
            state.as_str(),
            reason.map(Reason::as_str),
            detail,
            due_ms,
            state.is_end().then_some(at_ms)
        ])
        .map(drop)
}

fn done(connection: &Connection, seq: i64, attempt: &Attempt, reply: &[u8]) -> rusqlite::Result<()> {
    let delivery: i64 = connection
        .prepare_cached(
            "update delivery set done = 1, doubt = 0, attempts = ?3, class = ?4, status = ?5, start_ms = ?6, \
             end_ms = ?7, note = ?8, excerpt = ?9 where message = ?1 and step = ?2 returning id",
        )?
        .query_row(
            params![
                seq,
                attempt.step,
                attempt.n,
                class_word(attempt.class),
                attempt.status,
                attempt.start_ms,
                attempt.end_ms,
                attempt.reason,
                attempt.excerpt,
            ],
            |row| row.get(0),
        )?;
    connection
        .prepare_cached("insert or replace into reply (delivery, bytes) values (?1, ?2)")?
        .execute(params![delivery, reply])
        .map(drop)
}

fn failed(connection: &Connection, seq: i64, attempt: &Attempt, (tries, doubt): (u32, bool)) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "insert or replace into attempt (message, step, n, class, status, start_ms, end_ms, note, excerpt) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            seq,
            attempt.step,
            attempt.n,
            class_word(attempt.class),
            attempt.status,
            attempt.start_ms,
            attempt.end_ms,
            attempt.reason,
            attempt.excerpt,
        ])?;
    connection
        .prepare_cached(
            "update delivery set tries = ?3, attempts = ?4, doubt = ?5, class = ?6, status = ?7 \
             where message = ?1 and step = ?2",
        )?
        .execute(params![seq, attempt.step, tries, attempt.n, doubt, class_word(attempt.class), attempt.status])
        .map(drop)
}

fn bury(connection: &Connection, seq: i64, grave: &Grave) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "insert or replace into dead (message, sentence, class, step, system, operation, tries, mapped, \
             field_errors, at_ms) values (:message, :sentence, :class, :step, :system, :operation, :tries, :mapped, \
             :field_errors, :at_ms)",
        )?
        .execute(named_params! {
            ":message": seq,
            ":sentence": grave.sentence,
            ":class": grave.class.map(class_word),
            ":step": grave.step,
            ":system": grave.system,
            ":operation": grave.operation,
            ":tries": grave.tries,
            ":mapped": grave.mapped,
            ":field_errors": grave.field_errors,
            ":at_ms": grave.at_ms,
        })
        .map(drop)
}

fn keep_incident(connection: &Connection, incident: &Incident) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into incident (dedup_key, firing, last_ms, record) values (?1, ?2, ?3, ?4)")?
        .execute(params![incident.dedup_key, incident.firing, incident.last_ms, words::incident_to_text(incident)])
        .map(drop)
}

/// What it says was settled when it was written.
fn keep_post(connection: &Connection, post: &Post) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "insert into post (id, channel, state, tries, due_ms, created_ms, error, record) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict (id) do update set state = excluded.state, \
             tries = excluded.tries, due_ms = excluded.due_ms, error = excluded.error",
        )?
        .execute(params![
            post.id,
            post.channel,
            words::post_word(post.state),
            post.tries,
            post.due_ms,
            post.created_ms,
            post.error,
            words::incident_to_text(&post.incident),
        ])
        .map(drop)
}

//! What operators decide, as statements: audit rows, pauses, origins of replays.
//!
//! In: a connection. Out: rows. Never knows: who may decide.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows;
use crate::{
    journal::{AuditFilter, AuditPage, Audited, Entry, Head, Mark, Origin, Pause, Replay, Scope},
    lifecycle::State,
};

/// Appends an entry; its place and hash follow from the last one, in the same transaction.
pub(super) fn write_down(connection: &Connection, entry: Entry) -> rusqlite::Result<()> {
    let row = head(connection)?.chain(entry);
    let Entry { at_ms, who, role, action, subject, why, result } = &row.entry;
    connection
        .prepare_cached(
            "insert into audit (no, at_ms, who, role, action, subject, why, result, hash) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![row.no, at_ms, who, role, action, subject, why, result, row.hash])?;
    connection
        .prepare_cached("insert or replace into audit_head (only, no, hash) values (1, ?1, ?2)")?
        .execute(params![row.no, row.hash])
        .map(drop)
}

pub(super) fn head(connection: &Connection) -> rusqlite::Result<Head> {
    let head = connection
        .prepare_cached("select no, hash from audit_head")?
        .query_row([], |row| Ok(Head { no: row.get(0)?, hash: row.get(1)? }))
        .optional()?;
    Ok(head.unwrap_or_default())
}

pub(super) fn audit(connection: &Connection, filter: &AuditFilter) -> rusqlite::Result<Vec<Audited>> {
    let (range, order) = match filter.page {
        AuditPage::Newest { before } => (before.unwrap_or(i64::MAX), "no < ?1 and {} order by no desc"),
        AuditPage::Oldest { after } => (after, "no > ?1 and {} order by no"),
    };
    let about = if filter.subject.is_some() { "subject = ?2" } else { "?2 is null" };
    let order = order.replace("{}", about);
    connection
        .prepare_cached(&format!("select * from audit where {order} limit ?3"))?
        .query_map(params![range, filter.subject, i64::try_from(filter.limit).unwrap_or(i64::MAX)], |row| {
            let entry = Entry {
                at_ms: row.get("at_ms")?,
                who: row.get("who")?,
                role: row.get("role")?,
                action: row.get("action")?,
                subject: row.get("subject")?,
                why: row.get("why")?,
                result: row.get("result")?,
            };
            Ok(Audited { no: row.get("no")?, entry, hash: row.get("hash")? })
        })?
        .collect()
}

/// The mark of a replay: it takes the place of the one it repeats, if that held the first of its order key.
pub(super) fn succeed(connection: &Connection, origin: &Origin) -> rusqlite::Result<Option<Mark>> {
    let taken = connection
        .prepare_cached(
            "update progress set mark = null where mark = ?2 and message = (select seq from message where id = ?1)",
        )?
        .execute(params![origin.replay_of, Mark::Blocks.as_str()])?;
    Ok((taken > 0).then_some(Mark::Heir))
}

pub(super) fn keep_origin(connection: &Connection, seq: i64, origin: &Origin) -> rusqlite::Result<()> {
    let Origin { replay_of, batch, nonce, edited, who, role, why } = origin;
    connection
        .prepare_cached(
            "insert into origin (message, replay_of, batch, nonce, edited, who, role, why) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![seq, replay_of, batch, nonce, edited, who, role, why])
        .map(drop)
}

pub(super) fn origin(connection: &Connection, seq: i64) -> rusqlite::Result<Option<Origin>> {
    connection
        .prepare_cached("select * from origin where message = ?1")?
        .query_row([seq], |row| {
            Ok(Origin {
                replay_of: row.get("replay_of")?,
                batch: row.get("batch")?,
                nonce: row.get("nonce")?,
                edited: row.get("edited")?,
                who: row.get("who")?,
                role: row.get("role")?,
                why: row.get("why")?,
            })
        })
        .optional()
}

pub(super) fn replays(connection: &Connection, id: &str) -> rusqlite::Result<Vec<Replay>> {
    connection
        .prepare_cached(
            "select id, state from origin join message on message.seq = origin.message \
             join progress on progress.message = origin.message where replay_of = ?1 order by seq",
        )?
        .query_map([id], |row| {
            let state = State::from_word(&row.get::<_, String>(1)?).ok_or_else(|| rows::unreadable("state"))?;
            Ok(Replay { id: row.get(0)?, state })
        })?
        .collect()
}

pub(super) fn pause(connection: &Connection, pause: &Pause) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into pause (scope, since_ms, who, why) values (?1, ?2, ?3, ?4)")?
        .execute(params![pause.scope.to_text(), pause.since_ms, pause.who, pause.why])
        .map(drop)
}

pub(super) fn resume(connection: &Connection, scope: &Scope) -> rusqlite::Result<()> {
    connection.prepare_cached("delete from pause where scope = ?1")?.execute([scope.to_text()]).map(drop)
}

pub(super) fn pauses(connection: &Connection) -> rusqlite::Result<Vec<Pause>> {
    connection
        .prepare_cached("select * from pause order by scope")?
        .query_map([], |row| {
            let scope = Scope::from_text(&row.get::<_, String>("scope")?).ok_or_else(|| rows::unreadable("scope"))?;
            Ok(Pause { scope, since_ms: row.get("since_ms")?, who: row.get("who")?, why: row.get("why")? })
        })?
        .collect()
}

/// Crashes and tries start again; what is in doubt may be sent again.
pub(super) fn again(connection: &Connection, seq: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("update progress set crashes = 0 where message = ?1")?.execute([seq])?;
    connection
        .prepare_cached("update delivery set tries = 0, decided = 1 where message = ?1 and done = 0")?
        .execute([seq])
        .map(drop)
}

/// A replay was delivered: only what is still given up is resolved by it.
pub(super) fn made_good(connection: &Connection, seq: i64, detail: &str, at_ms: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "update progress set state = 'RESOLVED', reason = 'OPERATOR', detail = ?2, ended_ms = ?3, mark = null \
             where message = ?1 and state in ('DEAD', 'FAILED')",
        )?
        .execute(params![seq, detail, at_ms])
        .map(drop)
}

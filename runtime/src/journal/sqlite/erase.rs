//! Erasure as statements.
//!
//! In: a place, who, when. Out: a message without content. Never knows: which messages are erased, and why.

use rusqlite::{Connection, params};

use super::{
    rows,
    spool::{self, Named},
};
use crate::{
    journal::{erasure::GONE, words},
    lifecycle::State,
};

/// What goes, outermost last; `?1` is the message.
const STATEMENTS: [&str; 8] = [
    "delete from reply where delivery in (select id from delivery where message = ?1)",
    "update delivery set note = '', excerpt = '' where message = ?1",
    "update attempt set note = '', excerpt = '' where message = ?1",
    "update dead set sentence = ?2, mapped = null, field_errors = '' where message = ?1",
    "delete from answer where message = ?1",
    "delete from searchable where message = ?1",
    "update body set raw = x'', sha256 = null where message = ?1",
    "update message set parameters = '[]', order_key = null where seq = ?1",
];

/// Erases a message that has ended and that nobody has to decide about; any other is left alone.
pub(super) fn erase(
    connection: &Connection,
    seq: i64,
    (who, at_ms): (&str, i64),
    left: &mut Vec<Named>,
) -> rusqlite::Result<()> {
    let erased = connection
        .prepare_cached(
            "update progress set detail = '', erased_ms = ?2, erased_by = ?3 \
             where message = ?1 and ended_ms is not null and state <> ?4 and mark is null",
        )?
        .execute(params![seq, at_ms, who, State::Dead.as_str()])?;
    if erased == 0 {
        return Err(rows::stale());
    }
    spool::leave(connection, seq, left)?;
    for statement in STATEMENTS {
        let mut statement = connection.prepare_cached(statement)?;
        match statement.parameter_count() {
            1 => statement.execute([seq])?,
            _ => statement.execute(params![seq, GONE])?,
        };
    }
    let id: String =
        connection.prepare_cached("select id from message where seq = ?1")?.query_row([seq], |row| row.get(0))?;
    for (table, key) in [("post", "id"), ("incident", "dedup_key")] {
        records(connection, (table, key), &id)?;
    }
    Ok(())
}

/// Alerts are few, and are read to see which of them are about the message.
fn records(connection: &Connection, (table, key): (&str, &str), id: &str) -> rusqlite::Result<()> {
    let found: Vec<(String, String)> = connection
        .prepare_cached(&format!("select {key}, record from {table} where instr(record, ?1) > 0"))?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (name, record) in found {
        if let Some(record) = words::incident_without_content(&record, &[id.to_owned()]) {
            connection
                .prepare_cached(&format!("update {table} set record = ?2 where {key} = ?1"))?
                .execute(params![name, record])?;
        }
    }
    Ok(())
}

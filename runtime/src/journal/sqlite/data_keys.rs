//! Data keys as statements.
//!
//! In: a connection. Out: rows. Never knows: what a key opens.

use rusqlite::{Connection, params};

use crate::journal::{DataKey, KeyFilter, Shred, datakey::DAY_MS};

pub(super) fn keep(connection: &Connection, key: &DataKey) -> rusqlite::Result<()> {
    let DataKey { id, interface, day, kek, wrapped, at_ms } = key;
    connection
        .prepare_cached(
            "insert into data_key (id, interface, day, kek, wrapped, at_ms) values (?1, ?2, ?3, ?4, ?5, ?6) \
             on conflict (id) do nothing",
        )?
        .execute(params![id, interface, day, kek, wrapped, at_ms])
        .map(drop)
}

/// A key that was destroyed stays so.
pub(super) fn rewrap(connection: &Connection, key: &DataKey) -> rusqlite::Result<()> {
    connection
        .prepare_cached("update data_key set kek = ?2, wrapped = ?3 where id = ?1 and wrapped is not null")?
        .execute(params![key.id, key.kek, key.wrapped])
        .map(drop)
}

/// What the messages of these days could be looked for by goes with their keys.
pub(super) fn shred(connection: &Connection, shred: &Shred) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "delete from searchable where message in (select seq from message where interface = ?1 \
             and accepted_ms >= ?2 * ?4 and accepted_ms < (?3 + 1) * ?4)",
        )?
        .execute(params![shred.interface, shred.from_day, shred.until_day, DAY_MS])?;
    connection
        .prepare_cached(
            "update data_key set wrapped = null, at_ms = ?4 \
             where interface = ?1 and day between ?2 and ?3 and wrapped is not null",
        )?
        .execute(params![shred.interface, shred.from_day, shred.until_day, shred.at_ms])
        .map(drop)
}

pub(super) fn data_keys(connection: &Connection, filter: &KeyFilter) -> rusqlite::Result<Vec<DataKey>> {
    let which = if filter.id.is_some() { "id = ?1" } else { "?1 is null and id > coalesce(?3, '')" };
    connection
        .prepare_cached(&format!(
            "select id, interface, day, kek, wrapped, at_ms from data_key where {which} \
             and (?2 is null or (wrapped is not null and kek <> ?2)) and ?3 is ?3 order by id limit ?4"
        ))?
        .query_map(params![filter.id, filter.not_under, filter.after, super::read::limit(filter.limit)], |row| {
            Ok(DataKey {
                id: row.get(0)?,
                interface: row.get(1)?,
                day: row.get(2)?,
                kek: row.get(3)?,
                wrapped: row.get(4)?,
                at_ms: row.get(5)?,
            })
        })?
        .collect()
}

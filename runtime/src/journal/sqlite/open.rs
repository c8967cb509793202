//! Opening the file: lock, settings, schema.
//!
//! In: a path. Out: connections on a schema this build knows. Never knows: messages.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, config::DbConfig};

use super::writer::{BUSY, LONGEST_LOG_PAGES};
use crate::journal::StoreError;

/// What makes each version out of the one before it; the first out of nothing.
const STEPS: [&str; 9] = [
    include_str!("schema.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
    include_str!("schema-5.sql"),
    include_str!("schema-6.sql"),
    include_str!("schema-7.sql"),
    include_str!("schema-8.sql"),
    include_str!("schema-9.sql"),
];

/// Newest schema this build knows.
const VERSION: i64 = STEPS.len() as i64;

pub(super) struct Opened {
    /// It was made just now.
    pub(super) is_new: bool,
    pub(super) writer: Connection,
    pub(super) readers: Vec<Connection>,
    /// Held as long as the store is open.
    pub(super) lock: File,
}

pub(super) fn open(path: &Path, readers: usize) -> Result<Opened, StoreError> {
    let refused = |error: &dyn std::fmt::Display| StoreError::Refused(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| refused(&error))?;
    }
    let lock = lock(path)?;
    let writer = Connection::open(path).map_err(|error| refused(&error))?;
    settings(&writer)
        .and_then(|()| writer.pragma_update(None, "wal_autocheckpoint", LONGEST_LOG_PAGES))
        .map_err(|e| refused(&e))?;
    let is_new = migrate(&writer, path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let readers = (0..readers)
        .map(|_| {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(BUSY)?;
            plan_once(&connection)?;
            Ok(connection)
        })
        .collect::<rusqlite::Result<_>>()
        .map_err(|error| refused(&error))?;
    Ok(Opened { is_new, writer, readers, lock })
}

/// Two processes on one journal would both send what is due.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let failed = |error: &dyn std::fmt::Display| StoreError::Refused(format!("{}: {error}", name.to_string_lossy()));
    let file =
        OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(|error| failed(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(failed(&"another process is running on this store")),
        Err(TryLockError::Error(error)) => Err(failed(&error)),
    }
}

fn settings(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    // A log that grew under load is cut again once it has been moved into the file.
    connection.pragma_update(None, "journal_size_limit", 4 << 20)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    plan_once(connection)
}

/// A statement keeps the plan it was prepared with. Without this, SQLite looks at bound values while it plans, and prepares
/// many statements anew each time they are run.
fn plan_once(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Brings a store to today's schema; true if it was none before.
fn migrate(connection: &Connection, path: &Path) -> Result<bool, StoreError> {
    let failed = |error: rusqlite::Error| StoreError::Refused(format!("{}: {error}", path.display()));
    let found = version(connection).map_err(failed)?.unwrap_or(0);
    if found > VERSION {
        return Err(StoreError::Newer { found, known: VERSION });
    }
    let steps = usize::try_from(found).ok().and_then(|found| STEPS.get(found..)).unwrap_or_default();
    if steps.is_empty() {
        return Ok(false);
    }
    // One transaction: a store is at one version or at the other, never between.
    let steps = steps.concat();
    connection
        .execute_batch(&format!(
            "begin immediate;\n{steps}\n\
             create table if not exists meta (name text primary key, value integer not null) strict;\n\
             insert or replace into meta values ('schema', {VERSION});\ncommit;"
        ))
        .map_err(failed)?;
    Ok(found == 0)
}

fn version(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let there: bool = connection.query_row(
        "select exists (select 1 from sqlite_schema where type = 'table' and name = 'meta')",
        [],
        |row| row.get(0),
    )?;
    if !there {
        return Ok(None);
    }
    connection.query_row("select value from meta where name = 'schema'", [], |row| row.get(0)).optional()
}

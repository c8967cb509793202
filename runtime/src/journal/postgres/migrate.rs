//! The schema: made and brought forward by itself, refused if a newer build made it.
//!
//! In: a connection. Out: a schema that this build knows, with partitions for the coming days. Never knows: messages.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Error;

use super::connect::{self, SCHEMA};
use crate::journal::StoreError;

/// What makes each version out of the one before it; the first out of nothing.
const STEPS: [&str; 3] = [include_str!("schema-1.sql"), include_str!("schema-2.sql"), include_str!("schema-3.sql")];

/// Newest schema this build knows.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Oldest server: `server_version_num`.
const OLDEST_SERVER: i32 = 130_000;

/// Of one database: whoever changes tables. Any number that nobody else uses ("tieline" in ASCII).
pub(super) const LOCK: i64 = 0x74_69_65_6c_69_6e_65;

/// The tables that have a partition for each day, and the column that holds the number of the message.
pub(super) const BY_DAY: [(&str, &str); 6] = [
    ("message", "seq"),
    ("body", "message"),
    ("searchable", "message"),
    ("reply", "message"),
    ("attempt", "message"),
    ("answer", "message"),
];

/// Days that have their partitions before they begin.
const AHEAD: i32 = 3;

/// Bits of a number below the day.
pub(super) const DAY_BITS: u32 = 34;

/// Brings the schema to the version of this build. Several processes may start at once: one does it, the others wait.
pub(super) async fn migrate(client: &mut ClientWrapper) -> Result<(), StoreError> {
    refuse_unsafe(client).await?;
    let failed = |error: Error| connect::unread(&error);
    let transaction = client.transaction().await.map_err(failed)?;
    // A large store takes its time to be brought forward.
    transaction.batch_execute("set local statement_timeout = 0").await.map_err(failed)?;
    transaction.execute("select pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(failed)?;
    let there = transaction
        .query_one("select to_regclass($1) is not null", &[&format!("{SCHEMA}.meta")])
        .await
        .map_err(failed)?
        .get::<_, bool>(0);
    let found = match there {
        false => 0,
        true => transaction
            .query_one("select value from meta where name = 'schema'", &[])
            .await
            .map_err(failed)?
            .get::<_, i64>(0),
    };
    if found > VERSION {
        return Err(StoreError::Newer { found, known: VERSION });
    }
    let steps = usize::try_from(found).ok().and_then(|found| STEPS.get(found..)).unwrap_or_default();
    if !steps.is_empty() {
        // One transaction: a store is at one version or at the other, never between.
        let steps = steps.concat();
        transaction
            .batch_execute(&format!(
                "create schema if not exists {SCHEMA};\n{steps}\n\
                 insert into meta values ('schema', {VERSION}) on conflict (name) do update set value = excluded.value;"
            ))
            .await
            .map_err(failed)?;
    }
    prepare_days(&transaction).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

/// A server that acknowledges what is not on its disk cannot keep our promise.
async fn refuse_unsafe(client: &ClientWrapper) -> Result<(), StoreError> {
    let row = client
        .query_one("select current_setting('server_version_num')::int, current_setting('fsync')::bool", &[])
        .await
        .map_err(|error| connect::unread(&error))?;
    let (version, fsync): (i32, bool) = (row.get(0), row.get(1));
    if version < OLDEST_SERVER {
        let found = version / 10_000;
        return Err(StoreError::Refused(format!("the server is PostgreSQL {found}; it must be 13 or newer")));
    }
    if !fsync {
        let problem = "the server runs with fsync=off: what it acknowledges does not survive a power failure";
        return Err(StoreError::Refused(problem.to_owned()));
    }
    Ok(())
}

/// Makes the partitions of today and the next days. A day that has none takes those of the day before: nothing fails
/// if this comes late.
pub(super) async fn prepare_days(transaction: &deadpool_postgres::Transaction<'_>) -> Result<(), Error> {
    transaction.execute("select pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let missing = transaction
        .query(
            "select wanted from (select (now() at time zone 'utc')::date - date '1970-01-01' as today) as clock, \
             generate_series(today, today + $1) as wanted \
             where wanted > coalesce((select max(day) from day), -1) order by wanted",
            &[&AHEAD],
        )
        .await?;
    for row in missing {
        let day: i32 = row.get(0);
        let (from, to) = (i64::from(day) << DAY_BITS, i64::from(day + 1) << DAY_BITS);
        let tables = BY_DAY.map(|(table, _)| {
            // Attached, not made as a part: that would wait for every reader, and have those that write wait behind it.
            format!(
                "create table {table}_{day} (like {table} including all); \
                 alter table {table} attach partition {table}_{day} for values from ({from}) to ({to});"
            )
        });
        transaction
            .batch_execute(&format!(
                "{} create sequence message_{day}_seq minvalue {} maxvalue {}; insert into day values ({day});",
                tables.concat(),
                from + 1,
                to - 1
            ))
            .await?;
    }
    Ok(())
}

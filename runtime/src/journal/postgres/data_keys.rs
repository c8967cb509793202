//! Data keys as statements.
//!
//! In: a connection. Out: rows. Never knows: what a key opens.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::{Error, types::Type};

use super::{apply::run, connect, rows::get};
use crate::journal::{Change, DataKey, KeyFilter, StoreError, datakey::DAY_MS};

pub(super) async fn change(client: &ClientWrapper, change: &Change) -> Result<(), Error> {
    match change {
        Change::DataKey(key) => keep(client, key).await,
        // A key that was destroyed stays so.
        Change::Rewrap(key) => {
            let sql = "update data_key set kek = $2, wrapped = $3 where id = $1 and wrapped is not null";
            run(client, sql, vec![&key.id, &key.kek, &key.wrapped]).await.map(drop)
        }
        // What the messages of these days could be looked for by goes with their keys.
        Change::Shred(shred) => {
            let sql = "delete from searchable where message in (select seq from message where interface = $1 \
                       and accepted_ms >= $2::bigint * $4::bigint and accepted_ms < ($3::bigint + 1) * $4::bigint)";
            run(client, sql, vec![&shred.interface, &shred.from_day, &shred.until_day, &DAY_MS]).await?;
            let sql = "update data_key set wrapped = null, at_ms = $4 \
                       where interface = $1 and day between $2 and $3 and wrapped is not null";
            run(client, sql, vec![&shred.interface, &shred.from_day, &shred.until_day, &shred.at_ms]).await.map(drop)
        }
        _ => Ok(()),
    }
}

pub(super) async fn keep(client: &ClientWrapper, key: &DataKey) -> Result<(), Error> {
    let DataKey { id, interface, day, kek, wrapped, at_ms } = key;
    let sql = "insert into data_key (id, interface, day, kek, wrapped, at_ms) values ($1, $2, $3, $4, $5, $6) \
               on conflict (id) do nothing";
    run(client, sql, vec![id, interface, day, kek, wrapped, at_ms]).await.map(drop)
}

pub(super) async fn data_keys(client: &ClientWrapper, filter: &KeyFilter) -> Result<Vec<DataKey>, StoreError> {
    let sql = "select id, interface, day, kek, wrapped, at_ms from data_key \
               where ($1 is null or id = $1) and ($2 is null or id collate \"C\" > $2) \
               and ($3 is null or (wrapped is not null and kek <> $3)) order by id collate \"C\" limit $4";
    let types = [Type::TEXT, Type::TEXT, Type::TEXT, Type::INT8];
    let failed = |error: Error| connect::unread(&error);
    let statement = client.prepare_typed_cached(sql, &types).await.map_err(failed)?;
    let most = i64::try_from(filter.limit).unwrap_or(i64::MAX);
    let found = client.query(&statement, &[&filter.id, &filter.after, &filter.not_under, &most]).await;
    let read = |row: &tokio_postgres::Row| {
        Ok(DataKey {
            id: get(row, "id")?,
            interface: get(row, "interface")?,
            day: get(row, "day")?,
            kek: get(row, "kek")?,
            wrapped: get(row, "wrapped")?,
            at_ms: get(row, "at_ms")?,
        })
    };
    found.map_err(failed)?.iter().map(read).collect()
}

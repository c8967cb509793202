//! Deleting what is past its time, as statements.
//!
//! In: a slice of a round. Out: what was deleted. Never knows: how long things are kept.
//!
//! Rows of messages go in slices, each in a transaction beside the writer's: a message that somebody is deciding about
//! is locked, and left for the next round. A day that has no messages any more loses its partitions at the end of a round.

use deadpool_postgres::{ClientWrapper, Transaction};
use tokio_postgres::{Error, Row, error::SqlState, types::ToSql};

use super::{
    connect, erase,
    migrate::{BY_DAY, DAY_BITS, LOCK},
    rows,
};
use crate::{
    journal::{Prune, Pruned, StoreError, datakey::DAY_MS, day_of, retention::WHO},
    lifecycle::State,
};

/// What belongs to a message besides its state, which goes first.
const TABLES: [&str; 9] = ["reply", "delivery", "attempt", "dead", "answer", "origin", "searchable", "body", "message"];

/// Days whose partitions are dropped in one transaction.
const DAYS: i64 = 8;

/// Looks at the next messages by place. Whoever was accepted after the time has not ended before it, so that a round ends
/// where the young ones begin.
pub(super) async fn prune(client: &mut ClientWrapper, order: &Prune) -> Result<Pruned, StoreError> {
    let failed = |error: Error| connect::unread(&error);
    let transaction = client.transaction().await.map_err(failed)?;
    let mut pruned = Pruned::default();
    let found = rows(&transaction, OLDEST, &[&order.after, &most(order)]).await.map_err(failed)?;
    let newest_ms = order.newest_ms();
    let old: Vec<i64> = found
        .iter()
        .map(|row| Ok((rows::get(row, "seq")?, rows::get::<i64>(row, "accepted_ms")?)))
        .take_while(|old| !matches!(old, Ok((_, accepted_ms)) if *accepted_ms >= newest_ms))
        .map(|old| old.map(|(seq, _)| seq))
        .collect::<Result<_, StoreError>>()?;
    let next = old.last().copied().filter(|_| old.len() == order.most);
    delete(&transaction, order, &old, &mut pruned).await?;
    empty(&transaction, order, &old, &mut pruned).await?;
    pruned.keys = run(&transaction, KEYS, &[&order.now_ms, &most(order)]).await.map_err(failed)?;
    // As long as whole slices of keys are forgotten there may be more.
    let more_keys = usize::try_from(pruned.keys).is_ok_and(|keys| keys == order.most);
    pruned.next = next.or_else(|| more_keys.then_some(i64::MAX));
    if pruned.next.is_none() {
        end_of_round(&transaction, order).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)?;
    if pruned.next.is_none() {
        drop_days(client).await?;
    }
    Ok(pruned)
}

const OLDEST: &str = "select seq, accepted_ms from message join progress on progress.message = message.seq \
                      where seq > $1 order by seq limit $2";

const ENDED: &str = "delete from progress using (select progress.message, interface from progress \
                     join message on seq = progress.message \
                     left join unnest($4::text[], $5::bigint[], $6::bigint[]) as own (interface, dead_ms, ended_ms) \
                     using (interface) where progress.message = any($1) and seq = any($1) and mark is null \
                     and progress.ended_ms < case state when 'DEAD' then coalesce(own.dead_ms, $2::bigint) \
                     else coalesce(own.ended_ms, $3::bigint) end \
                     order by progress.message for update of progress skip locked) as old \
                     where progress.message = old.message returning progress.message, state, old.interface";

/// Those that have content of which the time is over.
const FULL: &str = "select progress.message from progress join message on seq = progress.message \
                    join unnest($2::text[], $3::bigint[]) as own (interface, before_ms) using (interface) \
                    where progress.message = any($1) and seq = any($1) and mark is null and erased_ms is null \
                    and state <> 'DEAD' and ended_ms < before_ms order by progress.message for update of progress skip locked";

const KEYS: &str = "delete from idem using (select interface, principal, key_hash from idem where expires_ms < $1 \
                    order by expires_ms limit $2 for update skip locked) as old \
                    where (idem.interface, idem.principal, idem.key_hash) = (old.interface, old.principal, old.key_hash)";

async fn delete(
    transaction: &Transaction<'_>,
    order: &Prune,
    old: &[i64],
    pruned: &mut Pruned,
) -> Result<(), StoreError> {
    let failed = |error: Error| connect::unread(&error);
    let names: Vec<&str> = order.own.keys().map(String::as_str).collect();
    let dead: Vec<i64> = order.own.values().map(|before| before.dead_ms).collect();
    let ends: Vec<i64> = order.own.values().map(|before| before.ended_ms).collect();
    let ended = rows(transaction, ENDED, &[&old, &order.all.dead_ms, &order.all.ended_ms, &names, &dead, &ends]).await;
    let mut gone: Vec<i64> = Vec::new();
    for row in ended.map_err(failed)? {
        gone.push(rows::get(&row, "message")?);
        pruned.messages += 1;
        if rows::state(&row)? == State::Dead {
            *pruned.dead.entry(rows::get(&row, "interface")?).or_default() += 1;
        }
    }
    if gone.is_empty() {
        return Ok(());
    }
    for table in TABLES {
        let number = if table == "message" { "seq" } else { "message" };
        run(transaction, &format!("delete from {table} where {number} = any($1)"), &[&gone]).await.map_err(failed)?;
    }
    Ok(())
}

/// Content that is past its time; the record stays.
async fn empty(
    transaction: &Transaction<'_>,
    order: &Prune,
    old: &[i64],
    pruned: &mut Pruned,
) -> Result<(), StoreError> {
    let failed = |error: Error| connect::unread(&error);
    let own = order.own.iter().filter_map(|(name, before)| Some((name.as_str(), before.content_ms?)));
    let (names, before): (Vec<&str>, Vec<i64>) = own.unzip();
    if names.is_empty() {
        return Ok(());
    }
    let full = rows(transaction, FULL, &[&old, &names, &before]).await.map_err(failed)?;
    let seqs: Vec<i64> = full.iter().map(|row| rows::get(row, "message")).collect::<Result<_, StoreError>>()?;
    if !seqs.is_empty() {
        erase::content(&**transaction, &seqs, (WHO, order.now_ms)).await.map_err(failed)?;
        pruned.content += seqs.len() as u64;
    }
    Ok(())
}

/// What follows from the messages that are gone: alerts about them, data keys that open nothing any more, counts.
async fn end_of_round(transaction: &Transaction<'_>, order: &Prune) -> Result<(), Error> {
    let before_ms = order.all.ended_ms.min(order.all.dead_ms);
    run(transaction, "delete from post where state <> 'PENDING' and created_ms < $1", &[&before_ms]).await?;
    run(transaction, "delete from incident where not firing and last_ms < $1", &[&before_ms]).await?;
    run(transaction, "delete from calls where day < $1", &[&(day_of(order.now_ms) - 2)]).await?;
    let sql = "delete from data_key where interface <> '' and day < $1 and at_ms < $2 \
               and not exists (select 1 from message where message.interface = data_key.interface \
               and accepted_ms >= day * $3::bigint and accepted_ms < (day + 1) * $3::bigint) \
               and not exists (select 1 from incident where last_ms >= day * $3 and last_ms < (day + 1) * $3) \
               and not exists (select 1 from post where state = 'PENDING' and created_ms < (day + 1) * $3)";
    run(transaction, sql, &[&day_of(before_ms), &before_ms, &DAY_MS]).await.map(drop)
}

/// Never the newest day before today: a message may just be taking a number of it.
const EMPTY: &str = "select day from day \
                     where day < (select max(day) from day where day < (now() at time zone 'utc')::date - date '1970-01-01') \
                     and not exists (select 1 from progress where message >= day::bigint << $1::int \
                     and message < (day::bigint + 1) << $1::int) order by day limit $2";

/// Drops the partitions of days without messages. Whoever waits for its turn behind a long reader holds up those that
/// write, so it does not wait long: there is another round.
async fn drop_days(client: &mut ClientWrapper) -> Result<(), StoreError> {
    match try_drop_days(client).await {
        Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => Ok(()),
        other => other.map_err(|error| connect::unread(&error)),
    }
}

async fn try_drop_days(client: &mut ClientWrapper) -> Result<(), Error> {
    let transaction = client.transaction().await?;
    transaction.batch_execute("set local lock_timeout = '300ms'").await?;
    transaction.execute("select pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let bits = i32::try_from(DAY_BITS).unwrap_or_default();
    for row in rows(&transaction, EMPTY, &[&bits, &DAYS]).await? {
        let day: i32 = row.try_get(0)?;
        let tables = BY_DAY.map(|(table, _)| format!("drop table {table}_{day};")).concat();
        let rest = format!("drop sequence message_{day}_seq; delete from day where day = {day};");
        transaction.batch_execute(&(tables + &rest)).await?;
    }
    transaction.commit().await
}

type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

async fn run(transaction: &Transaction<'_>, sql: &str, values: Values<'_>) -> Result<u64, Error> {
    let statement = transaction.prepare_cached(sql).await?;
    transaction.execute(&statement, values).await
}

async fn rows(transaction: &Transaction<'_>, sql: &str, values: Values<'_>) -> Result<Vec<Row>, Error> {
    let statement = transaction.prepare_cached(sql).await?;
    transaction.query(&statement, values).await
}

fn most(order: &Prune) -> i64 {
    i64::try_from(order.most).unwrap_or(i64::MAX)
}

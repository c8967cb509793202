//! Deleting what is past its time, as statements.
//!
//! In: a slice of a round. Out: what was deleted. Never knows: how long things are kept.

use rusqlite::{Connection, params};

use super::{
    erase, read, rows,
    spool::{self, Named},
};
use crate::{
    journal::{Prune, Pruned, datakey::DAY_MS, day_of, retention::WHO},
    lifecycle::State,
};

/// What belongs to one message, outermost last.
const TABLES: [&str; 9] = [
    "delete from reply where delivery in (select id from delivery where message = ?1)",
    "delete from delivery where message = ?1",
    "delete from attempt where message = ?1",
    "delete from dead where message = ?1",
    "delete from answer where message = ?1",
    "delete from origin where message = ?1",
    "delete from body where message = ?1",
    "delete from searchable where message = ?1",
    "delete from progress where message = ?1",
];

struct Old {
    seq: i64,
    interface: String,
    erased: bool,
    accepted_ms: i64,
    state: State,
    ended_ms: Option<i64>,
    marked: bool,
}

/// Looks at the next messages by place. Whoever was accepted after the time has not ended before it, so that a round ends
/// where the young ones begin.
pub(super) fn prune(connection: &Connection, order: &Prune, left: &mut Vec<Named>) -> rusqlite::Result<Pruned> {
    let mut pruned = Pruned::default();
    let newest_ms = order.newest_ms();
    let found = oldest(connection, order)?;
    let whole = found.len() == order.most;
    let mut next = None;
    for old in found {
        if old.accepted_ms >= newest_ms {
            next = None;
            break;
        }
        next = Some(old.seq).filter(|_| whole);
        let Some(ended_ms) = old.ended_ms.filter(|_| old.state.is_end() && !old.marked) else { continue };
        let before = order.of(&old.interface);
        let dead = old.state == State::Dead;
        if ended_ms < if dead { before.dead_ms } else { before.ended_ms } {
            delete(connection, old.seq, left)?;
            pruned.messages += 1;
            if dead {
                *pruned.dead.entry(old.interface).or_default() += 1;
            }
        } else if !dead && !old.erased && before.content_ms.is_some_and(|before_ms| ended_ms < before_ms) {
            erase::erase(connection, old.seq, (WHO, order.now_ms), left)?;
            pruned.content += 1;
        }
    }
    pruned.keys = forget_keys(connection, order)?;
    // As long as whole slices of keys are forgotten there may be more.
    let more_keys = usize::try_from(pruned.keys).is_ok_and(|keys| keys == order.most);
    pruned.next = next.or_else(|| more_keys.then_some(i64::MAX));
    if pruned.next.is_none() {
        end_of_round(connection, order)?;
    }
    Ok(pruned)
}

fn oldest(connection: &Connection, order: &Prune) -> rusqlite::Result<Vec<Old>> {
    connection
        .prepare_cached(
            "select seq, accepted_ms, state, ended_ms, mark is not null, interface, erased_ms is not null from message \
             cross join progress on progress.message = message.seq where seq > ?1 order by seq limit ?2",
        )?
        .query_map(params![order.after, read::limit(order.most)], |row| {
            Ok(Old {
                seq: row.get(0)?,
                accepted_ms: row.get(1)?,
                state: State::from_word(&row.get::<_, String>(2)?).ok_or_else(|| rows::unreadable("state"))?,
                ended_ms: row.get(3)?,
                marked: row.get(4)?,
                interface: row.get(5)?,
                erased: row.get(6)?,
            })
        })?
        .collect()
}

fn delete(connection: &Connection, seq: i64, left: &mut Vec<Named>) -> rusqlite::Result<()> {
    spool::leave(connection, seq, left)?;
    for table in TABLES {
        connection.prepare_cached(table)?.execute([seq])?;
    }
    connection.prepare_cached("delete from message where seq = ?1")?.execute([seq]).map(drop)
}

fn forget_keys(connection: &Connection, order: &Prune) -> rusqlite::Result<u64> {
    let forgotten = connection
        .prepare_cached(
            "delete from idem where (interface, principal, key_hash) in \
             (select interface, principal, key_hash from idem where expires_ms < ?1 order by expires_ms limit ?2)",
        )?
        .execute(params![order.now_ms, read::limit(order.most)])?;
    Ok(u64::try_from(forgotten).unwrap_or_default())
}

/// What follows from the messages that are gone: alerts about them, data keys that open nothing any more, counts.
fn end_of_round(connection: &Connection, order: &Prune) -> rusqlite::Result<()> {
    let before_ms = order.all.ended_ms.min(order.all.dead_ms);
    connection.prepare_cached("delete from post where state <> 'PENDING' and created_ms < ?1")?.execute([before_ms])?;
    connection.prepare_cached("delete from incident where firing = 0 and last_ms < ?1")?.execute([before_ms])?;
    connection.prepare_cached("delete from calls where day < ?1")?.execute([day_of(order.now_ms) - 2])?;
    connection
        .prepare_cached(
            "delete from data_key where interface <> '' and day < ?1 and at_ms < ?2 \
             and not exists (select 1 from message where message.interface = data_key.interface \
             and accepted_ms >= day * ?3 and accepted_ms < (day + 1) * ?3) \
             and not exists (select 1 from incident where last_ms >= day * ?3 and last_ms < (day + 1) * ?3) \
             and not exists (select 1 from post where state = 'PENDING' and created_ms < (day + 1) * ?3)",
        )?
        .execute(params![day_of(before_ms), before_ms, DAY_MS])
        .map(drop)
}

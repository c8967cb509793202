//! Questions to the journal as statements.
//!
//! In: a connection that reads. Out: types. Never knows: who asks.

use rusqlite::{Connection, OptionalExtension as _, ToSql, params_from_iter};

use super::{
    operating, rows,
    spool::{self, Named, Spool},
};
use crate::{
    journal::{
        Answer, Attempt, Delivery, Erased, Filter, Grave, IdempotencyKey, Incident, Material, NewMessage, Post, Row,
        StoreError, Story, Unfinished,
    },
    lifecycle::{Reason, State},
};

pub(super) fn unfinished(connection: &Connection) -> rusqlite::Result<Vec<Unfinished>> {
    connection
        .prepare_cached(
            "select seq, id, interface, digest, order_key, lease, mark, state, reason, due_ms, crashes, accepted_ms \
             from progress join message on message.seq = progress.message where progress.message in \
             (select message from progress where ended_ms is null union \
              select message from progress where mark is not null) order by seq",
        )?
        .query_map([], |row| {
            Ok(Unfinished {
                seq: row.get("seq")?,
                id: row.get("id")?,
                interface: row.get("interface")?,
                digest: row.get("digest")?,
                order_key: row.get("order_key")?,
                lease: row.get("lease")?,
                mark: rows::mark(row.get("mark")?)?,
                state: state(row)?,
                reason: reason(row)?,
                due_ms: row.get("due_ms")?,
                crashes: row.get("crashes")?,
                accepted_ms: row.get("accepted_ms")?,
            })
        })?
        .collect()
}

/// A message with its body. The inner error says that the body is not there as it was written.
pub(super) fn material(
    connection: &Connection,
    seq: i64,
    spool: &Spool,
) -> rusqlite::Result<Result<Option<Material>, StoreError>> {
    let mut tried = None;
    loop {
        let Some((mut message, file)) = accepted(connection, seq)? else { return Ok(Ok(None)) };
        if let Some((file, sha256)) = file {
            match spool.read(&file, &sha256) {
                Ok(raw) => message.raw = raw,
                Err(damage) if tried.as_ref() == Some(&file) => return Ok(Err(damage)),
                // It may have been erased or deleted since its row was read.
                Err(_) => {
                    tried = Some(file);
                    continue;
                }
            }
        }
        message.origin = operating::origin(connection, seq)?.map(Box::new);
        return Ok(Ok(Some(Material { message, deliveries: deliveries(connection, seq)? })));
    }
}

/// A file, and the digest of what was written to it.
type InFile = (Named, Vec<u8>);

/// A message as its row has it, and where its body lies if that is not in its row.
fn accepted(connection: &Connection, seq: i64) -> rusqlite::Result<Option<(NewMessage, Option<InFile>)>> {
    connection
        .prepare_cached(
            "select message.*, body.raw, body.sha256, body_file.file, body_file.bytes from message \
             join body on body.message = message.seq left join body_file on body_file.message = message.seq \
             where seq = ?1",
        )?
        .query_row([seq], |row| {
            let file = match row.get::<_, Option<String>>("file")? {
                Some(_) => Some((spool::named(row, "file", "bytes")?, row.get("sha256")?)),
                None => None,
            };
            let message = NewMessage {
                id: row.get("id")?,
                interface: row.get("interface")?,
                digest: row.get("digest")?,
                principal: row.get("principal")?,
                key: None,
                order_key: row.get("order_key")?,
                traceparent: row.get("traceparent")?,
                request_id: row.get("request_id")?,
                parameters: rows::pairs(&row.get::<_, String>("parameters")?)?,
                raw: row.get("raw")?,
                tokens: Vec::new(),
                accepted_ms: row.get("accepted_ms")?,
                origin: None,
                relayed: false,
                sealed: None,
            };
            Ok((message, file))
        })
        .optional()
}

fn deliveries(connection: &Connection, seq: i64) -> rusqlite::Result<Vec<Delivery>> {
    connection
        .prepare_cached(
            "select * from delivery left join reply on reply.delivery = delivery.id where message = ?1 order by id",
        )?
        .query_map([seq], |row| {
            Ok(Delivery {
                step: row.get("step")?,
                system: row.get("system")?,
                operation: row.get("operation")?,
                done: row.get("done")?,
                doubt: row.get("doubt")?,
                tries: row.get("tries")?,
                attempts: row.get("attempts")?,
                decided: row.get("decided")?,
                reply: row.get("bytes")?,
            })
        })?
        .collect()
}

pub(super) fn answer(connection: &Connection, id: &str) -> rusqlite::Result<Option<Answer>> {
    connection
        .prepare_cached(
            "select status, body from answer join message on message.seq = answer.message where message.id = ?1",
        )?
        .query_row([id], |row| Ok(Answer { status: row.get(0)?, body: row.get(1)? }))
        .optional()
}

const ROW: &str = "select message.*, progress.state, progress.reason, progress.detail, progress.due_ms, \
                   progress.crashes, progress.lease, progress.gap, progress.mark, progress.ended_ms, \
                   progress.erased_ms, progress.erased_by from message join progress on progress.message = message.seq";

/// Tables in the order in which they are asked: the planner does not know how rare a state is, and we do.
fn state_first(query: &str) -> String {
    query.replacen(
        "from message join progress on progress.message = message.seq",
        "from progress cross join message on message.seq = progress.message",
        1,
    )
}

pub(super) fn messages(connection: &Connection, filter: &Filter) -> rusqlite::Result<Vec<Row>> {
    let (query, narrowed) = list(filter);
    connection.prepare_cached(&query)?.query_map(params_from_iter(narrowed.values()), row)?.collect()
}

/// The question behind a list.
pub(super) fn list(filter: &Filter) -> (String, Narrowed<'_>) {
    let narrowed = Narrowed::by(filter);
    let limit = limit(filter.limit);
    let (columns, order) =
        if narrowed.by_state { (state_first(ROW), "progress.message") } else { (ROW.to_owned(), "seq") };
    (format!("{columns}{} order by {order} desc limit {limit}", narrowed.clause()), narrowed)
}

/// The conditions of a filter: only those that are asked for, so that their indexes are used.
#[derive(Default)]
pub(super) struct Narrowed<'a> {
    conditions: Vec<String>,
    values: Vec<&'a dyn ToSql>,
    /// The state is so rare that it is looked for first.
    by_state: bool,
}

impl<'a> Narrowed<'a> {
    fn by(filter: &'a Filter) -> Self {
        // An end that most messages come to narrows nothing; an open state is found among the open ones.
        let by_state = filter.state.is_some_and(|state| state != State::Delivered);
        let mut narrowed = Self { by_state, ..Self::default() };
        if filter.state.is_some_and(|state| !state.is_end()) {
            narrowed.conditions.push("ended_ms is null".to_owned());
        }
        narrowed.add(if narrowed.by_state { "progress.message < ?" } else { "seq < ?" }, filter.before.as_ref());
        narrowed.add("interface = ?", filter.interface.as_ref());
        narrowed.add("accepted_ms >= ?", filter.from_ms.as_ref());
        narrowed.add("accepted_ms < ?", filter.until_ms.as_ref());
        narrowed.add_word("state", filter.state.map(State::as_str));
        narrowed.add_word("reason", filter.reason.map(Reason::as_str));
        narrowed.add("principal = ?", filter.principal.as_ref());
        narrowed.add("order_key = ?", filter.order_key.as_ref());
        narrowed.add(
            "exists (select 1 from delivery where delivery.message = seq and delivery.system = ?)",
            filter.system.as_ref(),
        );
        for token in &filter.tokens {
            narrowed.conditions.push("seq in (select message from searchable where token = ?)".to_owned());
            narrowed.values.push(token.as_bytes());
        }
        if let Some(id) = &filter.id {
            // Ids of messages and requests have an index. Traces have none: it would be written at random places, which
            // costs every message more than the rare question is worth; only what looks like a trace asks for one.
            let trace = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            let (condition, count) = if trace {
                ("(id = ? or request_id = ? or substr(traceparent, 4, 32) = ?)", 3)
            } else {
                ("seq in (select seq from message where id = ? union select seq from message where request_id = ?)", 2)
            };
            narrowed.conditions.push(condition.to_owned());
            narrowed.values.extend(std::iter::repeat_n(id as &dyn ToSql, count));
        }
        narrowed
    }

    pub(super) fn values(&self) -> &[&'a dyn ToSql] {
        &self.values
    }

    fn add<T: ToSql>(&mut self, condition: &'static str, value: Option<&'a T>) {
        if let Some(value) = value {
            self.conditions.push(condition.to_owned());
            self.values.push(value);
        }
    }

    /// Words of a closed set of our own.
    fn add_word(&mut self, column: &str, word: Option<&'static str>) {
        self.conditions.extend(word.map(|word| format!("{column} = '{word}'")));
    }

    fn clause(&self) -> String {
        if self.conditions.is_empty() { String::new() } else { format!(" where {}", self.conditions.join(" and ")) }
    }
}

pub(super) fn story(connection: &Connection, id: &str) -> rusqlite::Result<Option<Story>> {
    let found = connection
        .prepare_cached(&format!("{ROW} where id = ?1"))?
        .query_row([id], |found| Ok((row(found)?, found.get::<_, i64>("size")?)))
        .optional()?;
    let Some((row, size)) = found else { return Ok(None) };
    let grave =
        connection.prepare_cached("select * from dead where message = ?1")?.query_row([row.seq], grave).optional()?;
    Ok(Some(Story {
        size_bytes: u64::try_from(size).unwrap_or_default(),
        deliveries: deliveries(connection, row.seq)?,
        attempts: attempts(connection, row.seq)?,
        grave,
        origin: operating::origin(connection, row.seq)?,
        replays: operating::replays(connection, id)?,
        row,
    }))
}

/// Failed tries have rows of their own; the successful one is folded into its delivery.
fn attempts(connection: &Connection, seq: i64) -> rusqlite::Result<Vec<Attempt>> {
    connection
        .prepare_cached(
            "select step, n, class, status, start_ms, end_ms, note, excerpt from attempt where message = ?1 \
             union all \
             select step, attempts, class, status, start_ms, end_ms, note, excerpt from delivery \
             where message = ?1 and done = 1 \
             order by start_ms, step, 2",
        )?
        .query_map([seq], |row| {
            Ok(Attempt {
                step: row.get(0)?,
                n: row.get(1)?,
                class: rows::class(&row.get::<_, String>(2)?)?,
                status: row.get(3)?,
                start_ms: row.get(4)?,
                end_ms: row.get(5)?,
                reason: row.get(6)?,
                excerpt: row.get(7)?,
            })
        })?
        .collect()
}

pub(super) fn graves(connection: &Connection, filter: &Filter) -> rusqlite::Result<Vec<(Row, Grave)>> {
    let columns = ROW.replacen(
        "progress.ended_ms",
        "progress.ended_ms, dead.sentence, dead.class, dead.step, dead.system, dead.operation, dead.tries, \
         dead.mapped, dead.field_errors, dead.at_ms",
        1,
    );
    let filter = Filter { state: Some(filter.state.unwrap_or(State::Dead)), ..filter.clone() };
    let narrowed = Narrowed::by(&filter);
    connection
        .prepare_cached(&format!(
            "{} join dead on dead.message = progress.message{} order by progress.message desc limit {}",
            state_first(&columns),
            narrowed.clause(),
            limit(filter.limit)
        ))?
        .query_map(params_from_iter(&narrowed.values), |found| Ok((row(found)?, grave(found)?)))?
        .collect()
}

pub(super) fn dead(connection: &Connection) -> rusqlite::Result<Vec<(String, u64)>> {
    connection
        .prepare_cached(
            "select interface, count(*) from dead join progress on progress.message = dead.message \
             join message on message.seq = dead.message where state = 'DEAD' group by interface order by interface",
        )?
        .query_map([], |row| Ok((row.get(0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default())))?
        .collect()
}

pub(super) fn incidents(connection: &Connection, most: usize) -> rusqlite::Result<Vec<Incident>> {
    connection
        .prepare_cached("select record from incident order by firing desc, last_ms desc, dedup_key limit ?1")?
        .query_map([limit(most)], |row| rows::incident(&row.get::<_, String>(0)?))?
        .collect()
}

pub(super) fn posts(connection: &Connection, sent: bool, most: usize) -> rusqlite::Result<Vec<Post>> {
    let which = if sent { "true" } else { "state = 'PENDING'" };
    connection
        .prepare_cached(&format!("select * from post where {which} order by created_ms, id limit ?1"))?
        .query_map([limit(most)], rows::post)?
        .collect()
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        seq: row.get("seq")?,
        id: row.get("id")?,
        interface: row.get("interface")?,
        digest: row.get("digest")?,
        principal: row.get("principal")?,
        order_key: row.get("order_key")?,
        traceparent: row.get("traceparent")?,
        request_id: row.get("request_id")?,
        state: state(row)?,
        reason: reason(row)?,
        detail: row.get("detail")?,
        due_ms: row.get("due_ms")?,
        crashes: row.get("crashes")?,
        lease: row.get("lease")?,
        gap: row.get("gap")?,
        mark: rows::mark(row.get("mark")?)?,
        accepted_ms: row.get("accepted_ms")?,
        ended_ms: row.get("ended_ms")?,
        erased: erased(row)?,
    })
}

fn erased(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Erased>> {
    let (at_ms, who): (Option<i64>, Option<String>) = (row.get("erased_ms")?, row.get("erased_by")?);
    Ok(at_ms.zip(who).map(|(at_ms, who)| Erased { at_ms, who }))
}

fn grave(row: &rusqlite::Row<'_>) -> rusqlite::Result<Grave> {
    Ok(Grave {
        sentence: row.get("sentence")?,
        class: row.get::<_, Option<String>>("class")?.map(|word| rows::class(&word)).transpose()?,
        step: row.get("step")?,
        system: row.get("system")?,
        operation: row.get("operation")?,
        tries: row.get("tries")?,
        mapped: row.get("mapped")?,
        field_errors: row.get("field_errors")?,
        at_ms: row.get("at_ms")?,
    })
}

fn state(row: &rusqlite::Row<'_>) -> rusqlite::Result<State> {
    State::from_word(&row.get::<_, String>("state")?).ok_or_else(|| rows::unreadable("state"))
}

fn reason(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Reason>> {
    let word: Option<String> = row.get("reason")?;
    word.map(|word| Reason::from_word(&word).ok_or_else(|| rows::unreadable("reason"))).transpose()
}

pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

pub(super) fn calls(connection: &Connection, day: i64) -> rusqlite::Result<Vec<(String, u64)>> {
    connection
        .prepare_cached("select system, calls from calls where day = ?1")?
        .query_map([day], |row| Ok((row.get(0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default())))?
        .collect()
}

pub(super) fn last_starts(connection: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
    connection
        .prepare_cached("select interface, nominal_ms from start order by interface")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

pub(super) fn known_keys(connection: &Connection, now_ms: i64) -> rusqlite::Result<Vec<(i64, IdempotencyKey)>> {
    connection
        .prepare_cached("select message, key_hash, body_hash, expires_ms from idem where expires_ms > ?1")?
        .query_map([now_ms], |row| {
            let key = IdempotencyKey { key_hash: row.get(1)?, body_hash: row.get(2)?, expires_ms: row.get(3)? };
            Ok((row.get(0)?, key))
        })?
        .collect()
}

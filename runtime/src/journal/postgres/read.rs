//! Questions to the journal as statements.
//!
//! In: a connection that reads. Out: types. Never knows: who asks.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::{
    Row as Found,
    types::{ToSql, Type},
};

use super::{connect, rows};
use crate::{
    journal::{
        Answer, AuditFilter, AuditPage, Audited, Filter, Grave, Head, IdempotencyKey, Incident, Material, Origin,
        Pause, Post, Replay, Row, StoreError, Story, Unfinished,
    },
    lifecycle::{Reason, State},
};

type Read<T> = Result<T, StoreError>;
type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

async fn query(client: &ClientWrapper, sql: &str, values: Values<'_>) -> Read<Vec<Found>> {
    let statement = client.prepare_cached(sql).await.map_err(|error| connect::unread(&error))?;
    client.query(&statement, values).await.map_err(|error| connect::unread(&error))
}

async fn all<T>(client: &ClientWrapper, sql: &str, values: Values<'_>, read: fn(&Found) -> Read<T>) -> Read<Vec<T>> {
    query(client, sql, values).await?.iter().map(read).collect()
}

async fn one<T>(client: &ClientWrapper, sql: &str, values: Values<'_>, read: fn(&Found) -> Read<T>) -> Read<Option<T>> {
    query(client, sql, values).await?.first().map(read).transpose()
}

/// Messages of these lanes that have not ended, and those whose end later ones must know of.
pub(super) async fn unfinished(client: &ClientWrapper, lanes: &[i16]) -> Read<Vec<Unfinished>> {
    let sql = "select seq, id, interface, digest, order_key, lease, mark, state, reason, due_ms, crashes, accepted_ms \
               from progress join message on message.seq = progress.message \
               where progress.lane = any($1) and (ended_ms is null or mark is not null) order by seq";
    all(client, sql, &[&lanes], rows::unfinished).await
}

/// Takes from the list of what was handed over to lanes of this process. If the answer is lost, the list is too: what
/// is in it then is among the unfinished.
pub(super) async fn arrivals(client: &ClientWrapper, instance: &str) -> Read<Vec<Unfinished>> {
    let sql = "with seen as (update progress set handed = false from (select message from progress \
               where handed and lane in (select no from lane where owner = $1) \
               order by mark is distinct from 'HEIR', message limit 1000 \
               for update) as new where progress.message = new.message returning progress.message) \
               select seq, id, interface, digest, order_key, lease, mark, state, reason, due_ms, crashes, accepted_ms \
               from seen join progress using (message) join message on message.seq = seen.message order by seq";
    all(client, sql, &[&instance], rows::unfinished).await
}

pub(super) async fn material(client: &ClientWrapper, seq: i64) -> Read<Option<Material>> {
    let sql = "select message.*, raw from message join body on body.message = message.seq where seq = $1";
    let Some(mut message) = one(client, sql, &[&seq], rows::message).await? else { return Ok(None) };
    message.origin = origin(client, seq).await?.map(Box::new);
    Ok(Some(Material { message, deliveries: deliveries(client, seq).await? }))
}

async fn deliveries(client: &ClientWrapper, seq: i64) -> Read<Vec<crate::journal::Delivery>> {
    let sql = "select delivery.*, reply.bytes from delivery \
               left join reply on reply.message = $1 and reply.step = delivery.step \
               where delivery.message = $1 order by delivery.id";
    all(client, sql, &[&seq], rows::delivery).await
}

async fn origin(client: &ClientWrapper, seq: i64) -> Read<Option<Origin>> {
    one(client, "select * from origin where message = $1", &[&seq], rows::origin).await
}

pub(super) async fn answer(client: &ClientWrapper, id: &str) -> Read<Option<Answer>> {
    let sql = "select status, body from answer where message = (select seq from message where id = $1)";
    one(client, sql, &[&id], rows::answer).await
}

const ROW: &str = "message.*, progress.state, progress.reason, progress.detail, progress.due_ms, progress.crashes, \
                   progress.lease, progress.gap, progress.mark, progress.ended_ms, progress.erased_ms, progress.erased_by";
const FROM: &str = "from message join progress on progress.message = message.seq";

pub(super) async fn messages(client: &ClientWrapper, filter: &Filter) -> Read<Vec<Row>> {
    let narrowed = Narrowed::by(filter);
    let sql = format!("select {ROW} {FROM}{} order by seq desc limit {}", narrowed.clause(), limit(filter.limit));
    all(client, &sql, &narrowed.values, rows::row).await
}

/// The conditions of a filter: only those that are asked for, so that their indexes are used.
#[derive(Default)]
struct Narrowed<'a> {
    conditions: Vec<String>,
    values: Vec<&'a (dyn ToSql + Sync)>,
}

impl<'a> Narrowed<'a> {
    fn by(filter: &'a Filter) -> Self {
        let mut narrowed = Self::default();
        narrowed.add("seq < {}", filter.before.as_ref());
        narrowed.add("message.interface = {}", filter.interface.as_ref());
        narrowed.add("accepted_ms >= {}", filter.from_ms.as_ref());
        narrowed.add("accepted_ms < {}", filter.until_ms.as_ref());
        narrowed.add_word("progress.state", filter.state.map(State::as_str));
        narrowed.add_word("progress.reason", filter.reason.map(Reason::as_str));
        narrowed.add("principal = {}", filter.principal.as_ref());
        narrowed.add("order_key = {}", filter.order_key.as_ref());
        narrowed.add(
            "exists (select 1 from delivery where delivery.message = seq and delivery.system = {})",
            filter.system.as_ref(),
        );
        for token in &filter.tokens {
            narrowed.add("seq in (select message from searchable where token = {})", Some(token));
        }
        narrowed.add("{} in (message.id, request_id, substr(traceparent, 4, 32))", filter.id.as_ref());
        if filter.state.is_some_and(|state| !state.is_end()) {
            // So that the index of those that have not ended is used.
            narrowed.conditions.push("ended_ms is null".to_owned());
        }
        narrowed
    }

    fn add<T: ToSql + Sync>(&mut self, condition: &'static str, value: Option<&'a T>) {
        if let Some(value) = value {
            self.values.push(value);
            self.conditions.push(condition.replace("{}", &format!("${}", self.values.len())));
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

pub(super) async fn story(client: &ClientWrapper, id: &str) -> Read<Option<Story>> {
    let found = query(client, &format!("select {ROW} {FROM} where message.id = $1"), &[&id]).await?;
    let Some(found) = found.first() else { return Ok(None) };
    let row = rows::row(found)?;
    Ok(Some(Story {
        size_bytes: u64::try_from(rows::get::<i64>(found, "size")?).unwrap_or_default(),
        deliveries: deliveries(client, row.seq).await?,
        attempts: attempts(client, row.seq).await?,
        grave: one(client, "select * from dead where message = $1", &[&row.seq], rows::grave).await?,
        origin: origin(client, row.seq).await?,
        replays: replays(client, id).await?,
        row,
    }))
}

/// Failed tries have rows of their own; the successful one is folded into its delivery.
async fn attempts(client: &ClientWrapper, seq: i64) -> Read<Vec<crate::journal::Attempt>> {
    let sql = "select step, n, class, status, start_ms, end_ms, note, excerpt from attempt where message = $1 \
               union all \
               select step, attempts, class, status, start_ms, end_ms, note, excerpt from delivery \
               where message = $1 and done \
               order by start_ms, step, n";
    all(client, sql, &[&seq], rows::attempt).await
}

async fn replays(client: &ClientWrapper, id: &str) -> Read<Vec<Replay>> {
    let sql = "select message.id, state from origin join message on message.seq = origin.message \
               join progress on progress.message = origin.message where replay_of = $1 order by seq";
    all(client, sql, &[&id], |row| Ok(Replay { id: rows::get(row, "id")?, state: rows::state(row)? })).await
}

pub(super) async fn graves(client: &ClientWrapper, filter: &Filter) -> Read<Vec<(Row, Grave)>> {
    let filter = Filter { state: Some(filter.state.unwrap_or(State::Dead)), ..filter.clone() };
    let narrowed = Narrowed::by(&filter);
    let sql = format!(
        "select {ROW}, dead.sentence, dead.class, dead.step, dead.system, dead.operation, dead.tries, dead.mapped, \
         dead.field_errors, dead.at_ms {FROM} join dead on dead.message = message.seq{} order by seq desc limit {}",
        narrowed.clause(),
        limit(filter.limit)
    );
    all(client, &sql, &narrowed.values, |found| Ok((rows::row(found)?, rows::grave(found)?))).await
}

pub(super) async fn dead(client: &ClientWrapper, lanes: &[i16]) -> Read<Vec<(String, u64)>> {
    let sql = "select interface, count(*) from dead join progress on progress.message = dead.message \
               join message on message.seq = dead.message where state = 'DEAD' and progress.lane = any($1) \
               group by interface order by interface";
    all(client, sql, &[&lanes], |row| Ok((rows::get(row, "interface")?, positive(rows::get(row, "count")?)))).await
}

pub(super) async fn incidents(client: &ClientWrapper, most: usize) -> Read<Vec<Incident>> {
    let sql = "select record from incident order by firing desc, last_ms desc, dedup_key limit $1";
    all(client, sql, &[&limit(most)], rows::incident).await
}

pub(super) async fn posts(client: &ClientWrapper, sent: bool, most: usize) -> Read<Vec<Post>> {
    let which = if sent { "true" } else { "state = 'PENDING'" };
    let sql = format!("select * from post where {which} order by created_ms, id limit $1");
    all(client, &sql, &[&limit(most)], rows::post).await
}

pub(super) async fn audit(client: &ClientWrapper, filter: &AuditFilter) -> Read<Vec<Audited>> {
    let (range, page) = match filter.page {
        AuditPage::Newest { before } => (before.unwrap_or(i64::MAX), ("no < $1", "order by no desc")),
        AuditPage::Oldest { after } => (after, ("no > $1", "order by no")),
    };
    let about = if filter.subject.is_some() { "subject = $2" } else { "$2 is null" };
    let sql = format!("select * from audit where {} and {about} {} limit $3", page.0, page.1);
    let types = [Type::INT8, Type::TEXT, Type::INT8];
    let statement = client.prepare_typed_cached(&sql, &types).await.map_err(|error| connect::unread(&error))?;
    let found = client.query(&statement, &[&range, &filter.subject, &limit(filter.limit)]).await;
    found.map_err(|error| connect::unread(&error))?.iter().map(rows::audited).collect()
}

pub(super) async fn audit_head(client: &ClientWrapper) -> Read<Head> {
    let head = one(client, "select no, hash from audit_head", &[], head).await?;
    Ok(head.unwrap_or_default())
}

fn head(row: &Found) -> Read<Head> {
    Ok(Head { no: rows::get(row, "no")?, hash: rows::hash(row)? })
}

pub(super) async fn pauses(client: &ClientWrapper) -> Read<Vec<Pause>> {
    all(client, "select * from pause order by scope collate \"C\"", &[], rows::pause).await
}

pub(super) async fn calls(client: &ClientWrapper, day: i64) -> Read<Vec<(String, u64)>> {
    let sql = "select system, calls from calls where day = $1 order by system collate \"C\"";
    all(client, sql, &[&day], |row| Ok((rows::get(row, "system")?, positive(rows::get(row, "calls")?)))).await
}

pub(super) async fn last_starts(client: &ClientWrapper) -> Read<Vec<(String, i64)>> {
    let sql = "select interface, nominal_ms from start order by interface collate \"C\"";
    all(client, sql, &[], |row| Ok((rows::get(row, "interface")?, rows::get(row, "nominal_ms")?))).await
}

/// Keys that are not forgotten yet, each with its message.
pub(super) async fn known_keys(client: &ClientWrapper, now_ms: i64) -> Read<Vec<(i64, IdempotencyKey)>> {
    let sql = "select message, key_hash, body_hash, expires_ms from idem where expires_ms > $1";
    all(client, sql, &[&now_ms], rows::known_key).await
}

fn positive(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

//! A plan as statements: each kind of row in one statement, whatever their number.
//!
//! In: a plan and an open transaction. Out: rows. Never knows: when the transaction ends.

use deadpool_postgres::ClientWrapper;
use futures_util::future::try_join_all;
use tokio_postgres::{Error, types::ToSql};

use super::{batch::Plan, data_keys, erase};
use crate::journal::{Audited, Entry, Grave, Head, Origin, audit::START, class_word, words};

/// Text that PostgreSQL keeps: it has no NUL.
pub(super) fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

type Values<'a> = Vec<&'a (dyn ToSql + Sync)>;

/// Runs a statement that is prepared once per connection.
pub(super) async fn run(client: &ClientWrapper, sql: &str, values: Values<'_>) -> Result<u64, Error> {
    let statement = client.prepare_cached(sql).await?;
    client.execute(&statement, &values).await
}

/// Writes everything of a plan. Statements that do not depend on each other travel together.
pub(super) async fn write(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    tokio::try_join!(
        biased;
        progress(client, plan),
        again(client, plan),
        begun(client, plan),
        replies(client, plan),
        attempts(client, plan),
        graves(client, plan),
        answers(client, plan),
        calls(client, plan),
        starts(client, plan),
    )?;
    // A step that begins and ends within the batch has its row by now.
    outcomes(client, plan).await?;
    alerts(client, plan).await?;
    pauses(client, plan).await?;
    for change in &plan.keys {
        data_keys::change(client, change).await?;
    }
    erase::erase(client, plan).await?;
    audit(client, plan).await
}

async fn progress(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    if plan.touched.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = plan.touched.iter().filter_map(|seq| Some((*seq, plan.progress.get(seq)?))).collect();
    let seqs: Vec<i64> = rows.iter().map(|(seq, _)| *seq).collect();
    let states: Vec<&str> = rows.iter().map(|(_, row)| row.state.as_str()).collect();
    let crashes: Vec<i32> = rows.iter().map(|(_, row)| int(row.crashes)).collect();
    let leases: Vec<i32> = rows.iter().map(|(_, row)| int(row.lease)).collect();
    let gaps: Vec<bool> = rows.iter().map(|(_, row)| row.gap).collect();
    let marks: Vec<Option<&str>> = rows.iter().map(|(_, row)| row.mark.map(|mark| mark.as_str())).collect();
    let handed: Vec<Option<bool>> = rows.iter().map(|(_, row)| row.handed).collect();
    let moved: Vec<bool> = rows.iter().map(|(_, row)| row.moved.is_some()).collect();
    let of = |row: &super::batch::Progress| row.moved.clone().unwrap_or_default();
    let reasons: Vec<Option<&str>> =
        rows.iter().map(|(_, row)| row.moved.as_ref().and_then(|moved| moved.reason).map(|it| it.as_str())).collect();
    let details: Vec<String> = rows.iter().map(|(_, row)| clean(&of(row).detail)).collect();
    let dues: Vec<Option<i64>> = rows.iter().map(|(_, row)| of(row).due_ms).collect();
    let ends: Vec<Option<i64>> = rows.iter().map(|(_, row)| of(row).ended_ms).collect();
    let sql = "update progress set state = new.state, crashes = new.crashes, lease = new.lease, gap = new.gap, \
               mark = new.mark, handed = coalesce(new.handed, progress.handed), \
               reason = case when moved then new.reason else progress.reason end, \
               detail = case when moved then new.detail else progress.detail end, \
               due_ms = case when moved then new.due_ms else progress.due_ms end, \
               ended_ms = case when moved then new.ended_ms else progress.ended_ms end \
               from unnest($1::bigint[], $2::text[], $3::int[], $4::int[], $5::bool[], $6::text[], $7::bool[], \
               $8::bool[], $9::text[], $10::text[], $11::bigint[], $12::bigint[]) \
               as new (message, state, crashes, lease, gap, mark, handed, moved, reason, detail, due_ms, ended_ms) \
               where progress.message = new.message";
    let values: Values<'_> =
        vec![&seqs, &states, &crashes, &leases, &gaps, &marks, &handed, &moved, &reasons, &details, &dues, &ends];
    run(client, sql, values).await.map(drop)
}

async fn again(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    if plan.again.is_empty() {
        return Ok(());
    }
    let sql = "update delivery set tries = 0, decided = true where message = any($1) and not done";
    run(client, sql, vec![&plan.again]).await.map(drop)
}

async fn begun(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    if plan.begun.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<_> = plan.begun.iter().collect();
    // In the order in which they began: that is the order in which they are told.
    rows.sort_by_key(|(_, (place, _))| *place);
    let seqs: Vec<i64> = rows.iter().map(|((seq, _), _)| *seq).collect();
    let steps: Vec<&str> = rows.iter().map(|((_, step), _)| *step).collect();
    let systems: Vec<&str> = rows.iter().map(|(_, (_, begun))| begun.system).collect();
    let operations: Vec<&str> = rows.iter().map(|(_, (_, begun))| begun.operation).collect();
    let starts: Vec<i64> = rows.iter().map(|(_, (_, begun))| begun.at_ms).collect();
    let sql = "insert into delivery (message, step, system, operation, doubt, start_ms) \
               select message, step, system, operation, true, start_ms \
               from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[]) with ordinality \
               as new (message, step, system, operation, start_ms, place) order by place \
               on conflict (message, step) do update set doubt = true, decided = false, start_ms = excluded.start_ms";
    run(client, sql, vec![&seqs, &steps, &systems, &operations, &starts]).await.map(drop)
}

async fn outcomes(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    if plan.outcomes.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = plan.outcomes.iter().collect();
    let seqs: Vec<i64> = rows.iter().map(|((seq, _), _)| *seq).collect();
    let steps: Vec<&str> = rows.iter().map(|((_, step), _)| *step).collect();
    let doubts: Vec<bool> = rows.iter().map(|(_, row)| row.doubt).collect();
    let decided: Vec<Option<bool>> = rows.iter().map(|(_, row)| row.decided).collect();
    let tries: Vec<Option<i32>> = rows.iter().map(|(_, row)| row.tries.map(int)).collect();
    let done: Vec<bool> = rows.iter().map(|(_, row)| row.done).collect();
    let attempts: Vec<Option<i32>> = rows.iter().map(|(_, row)| row.attempt.map(|it| int(it.n))).collect();
    let classes: Vec<Option<&str>> = rows.iter().map(|(_, row)| row.attempt.map(|it| class_word(it.class))).collect();
    let statuses: Vec<Option<i32>> = rows.iter().map(|(_, row)| row.attempt?.status.map(i32::from)).collect();
    let starts: Vec<Option<i64>> = rows.iter().map(|(_, row)| row.attempt.map(|it| it.start_ms)).collect();
    let ends: Vec<Option<i64>> = rows.iter().map(|(_, row)| row.attempt.map(|it| it.end_ms)).collect();
    let notes: Vec<Option<String>> = rows.iter().map(|(_, row)| row.attempt.map(|it| clean(&it.reason))).collect();
    let excerpts: Vec<Option<String>> = rows.iter().map(|(_, row)| row.attempt.map(|it| clean(&it.excerpt))).collect();
    let sql = "update delivery set doubt = new.doubt, decided = coalesce(new.decided, delivery.decided), \
               tries = coalesce(new.tries, delivery.tries), done = new.done or delivery.done, \
               attempts = coalesce(new.attempts, delivery.attempts), class = coalesce(new.class, delivery.class), \
               status = case when new.attempts is null then delivery.status else new.status end, \
               start_ms = case when new.done then new.start_ms else delivery.start_ms end, \
               end_ms = case when new.done then new.end_ms else delivery.end_ms end, \
               note = case when new.done then new.note else delivery.note end, \
               excerpt = case when new.done then new.excerpt else delivery.excerpt end \
               from unnest($1::bigint[], $2::text[], $3::bool[], $4::bool[], $5::int[], $6::bool[], $7::int[], \
               $8::text[], $9::int[], $10::bigint[], $11::bigint[], $12::text[], $13::text[]) \
               as new (message, step, doubt, decided, tries, done, attempts, class, status, start_ms, end_ms, note, \
               excerpt) where delivery.message = new.message and delivery.step = new.step";
    let values: Values<'_> = vec![
        &seqs, &steps, &doubts, &decided, &tries, &done, &attempts, &classes, &statuses, &starts, &ends, &notes,
        &excerpts,
    ];
    run(client, sql, values).await.map(drop)
}

async fn replies(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    if plan.replies.is_empty() {
        return Ok(());
    }
    let (keys, bytes): (Vec<_>, Vec<&[u8]>) = plan.replies.iter().map(|(key, bytes)| (*key, *bytes)).unzip();
    let (seqs, steps): (Vec<i64>, Vec<&str>) = keys.into_iter().unzip();
    let sql = "insert into reply (message, step, bytes) select * from unnest($1::bigint[], $2::text[], $3::bytea[]) \
               on conflict (message, step) do update set bytes = excluded.bytes";
    run(client, sql, vec![&seqs, &steps, &bytes]).await.map(drop)
}

async fn attempts(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    if plan.attempts.is_empty() {
        return Ok(());
    }
    let seqs: Vec<i64> = plan.attempts.keys().map(|(seq, _, _)| *seq).collect();
    let rows: Vec<_> = plan.attempts.values().collect();
    let steps: Vec<&str> = rows.iter().map(|row| row.step.as_str()).collect();
    let numbers: Vec<i32> = rows.iter().map(|row| int(row.n)).collect();
    let classes: Vec<&str> = rows.iter().map(|row| class_word(row.class)).collect();
    let statuses: Vec<Option<i32>> = rows.iter().map(|row| row.status.map(i32::from)).collect();
    let starts: Vec<i64> = rows.iter().map(|row| row.start_ms).collect();
    let ends: Vec<i64> = rows.iter().map(|row| row.end_ms).collect();
    let notes: Vec<String> = rows.iter().map(|row| clean(&row.reason)).collect();
    let excerpts: Vec<String> = rows.iter().map(|row| clean(&row.excerpt)).collect();
    let sql = "insert into attempt (message, step, n, class, status, start_ms, end_ms, note, excerpt) \
               select * from unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::int[], $6::bigint[], \
               $7::bigint[], $8::text[], $9::text[]) \
               on conflict (message, step, n) do update set class = excluded.class, status = excluded.status, \
               start_ms = excluded.start_ms, end_ms = excluded.end_ms, note = excluded.note, excerpt = excluded.excerpt";
    run(client, sql, vec![&seqs, &steps, &numbers, &classes, &statuses, &starts, &ends, &notes, &excerpts])
        .await
        .map(drop)
}

async fn graves(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    let sql = "insert into dead (message, sentence, class, step, system, operation, tries, mapped, field_errors, at_ms) \
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
               on conflict (message) do update set sentence = excluded.sentence, class = excluded.class, \
               step = excluded.step, system = excluded.system, operation = excluded.operation, tries = excluded.tries, \
               mapped = excluded.mapped, field_errors = excluded.field_errors, at_ms = excluded.at_ms";
    try_join_all(plan.graves.iter().map(|(seq, grave)| async move {
        let (sentence, errors) = (clean(&grave.sentence), clean(&grave.field_errors));
        let (class, tries) = (grave.class.map(class_word), int(grave.tries));
        let Grave { step, system, operation, mapped, at_ms, .. } = *grave;
        let values: Values<'_> = vec![seq, &sentence, &class, step, system, operation, &tries, mapped, &errors, at_ms];
        run(client, sql, values).await
    }))
    .await
    .map(drop)
}

async fn answers(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    if plan.answers.is_empty() {
        return Ok(());
    }
    let seqs: Vec<i64> = plan.answers.keys().copied().collect();
    let statuses: Vec<i32> = plan.answers.values().map(|answer| i32::from(answer.status)).collect();
    let bodies: Vec<&[u8]> = plan.answers.values().map(|answer| answer.body.as_slice()).collect();
    let sql = "insert into answer (message, status, body) select * from unnest($1::bigint[], $2::int[], $3::bytea[]) \
               on conflict (message) do update set status = excluded.status, body = excluded.body";
    run(client, sql, vec![&seqs, &statuses, &bodies]).await.map(drop)
}

async fn calls(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    if plan.calls.is_empty() {
        return Ok(());
    }
    let (keys, counts): (Vec<_>, Vec<i64>) = plan.calls.iter().map(|(key, count)| (*key, *count)).unzip();
    let (days, systems): (Vec<i64>, Vec<&str>) = keys.into_iter().unzip();
    let sql = "insert into calls (day, system, calls) select * from unnest($1::bigint[], $2::text[], $3::bigint[]) \
               on conflict (day, system) do update set calls = calls.calls + excluded.calls";
    run(client, sql, vec![&days, &systems, &counts]).await.map(drop)
}

async fn starts(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    if plan.starts.is_empty() {
        return Ok(());
    }
    let (interfaces, nominals): (Vec<&str>, Vec<i64>) = plan.starts.iter().map(|(name, ms)| (*name, *ms)).unzip();
    let sql = "insert into start (interface, nominal_ms) select * from unnest($1::text[], $2::bigint[]) \
               on conflict (interface) do update set nominal_ms = greatest(start.nominal_ms, excluded.nominal_ms)";
    run(client, sql, vec![&interfaces, &nominals]).await.map(drop)
}

async fn alerts(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    for (key, incident) in &plan.incidents {
        let sql = "insert into incident (dedup_key, firing, last_ms, record) values ($1, $2, $3, $4) \
                   on conflict (dedup_key) do update set firing = excluded.firing, last_ms = excluded.last_ms, \
                   record = excluded.record";
        let record = words::incident_to_text(incident);
        run(client, sql, vec![key, &incident.firing, &incident.last_ms, &record]).await?;
    }
    for (id, post) in &plan.posts {
        let sql = "insert into post (id, channel, state, tries, due_ms, created_ms, error, record) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8) \
                   on conflict (id) do update set state = excluded.state, tries = excluded.tries, \
                   due_ms = excluded.due_ms, error = excluded.error";
        let (state, tries, error) = (words::post_word(post.state), int(post.tries), clean(&post.error));
        let record = words::incident_to_text(&post.incident);
        let values: Values<'_> =
            vec![id, &post.channel, &state, &tries, &post.due_ms, &post.created_ms, &error, &record];
        run(client, sql, values).await?;
    }
    Ok(())
}

async fn pauses(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    for (scope, pause) in &plan.pauses {
        let scope = scope.to_text();
        match pause {
            Some(pause) => {
                let sql = "insert into pause (scope, since_ms, who, why) values ($1, $2, $3, $4) \
                           on conflict (scope) do update set since_ms = excluded.since_ms, who = excluded.who, \
                           why = excluded.why";
                let (who, why) = (clean(&pause.who), clean(&pause.why));
                run(client, sql, vec![&scope, &pause.since_ms, &who, &why]).await?;
            }
            None => drop(run(client, "delete from pause where scope = $1", vec![&scope]).await?),
        }
    }
    Ok(())
}

/// Appends to the audit log. Its end is locked first: all processes write one chain.
async fn audit(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    if plan.audit.is_empty() {
        return Ok(());
    }
    let locked = client.query_one("select no, hash from audit_head for update", &[]).await?;
    // A hash of another length was written by nobody here: what is chained to nothing is found by whoever verifies.
    let hash = locked.try_get::<_, Vec<u8>>("hash")?.try_into().unwrap_or(START);
    let mut head = Head { no: locked.try_get("no")?, hash };
    for entry in &plan.audit {
        let row = head.chain(legible(entry));
        append(client, &row).await?;
        head = row.head();
    }
    let Head { no, hash } = head;
    run(client, "update audit_head set no = $1, hash = $2", vec![&no, &hash.as_slice()]).await.map(drop)
}

fn legible(entry: &Entry) -> Entry {
    let Entry { at_ms, who, role, action, subject, why, result } = entry;
    Entry {
        at_ms: *at_ms,
        who: clean(who),
        role: clean(role),
        action: clean(action),
        subject: clean(subject),
        why: clean(why),
        result: clean(result),
    }
}

async fn append(client: &ClientWrapper, row: &Audited) -> Result<(), Error> {
    let sql = "insert into audit (no, at_ms, who, role, action, subject, why, result, hash) \
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let entry = &row.entry;
    let values: Values<'_> =
        vec![&row.no, &entry.at_ms, &entry.who, &entry.role, &entry.action, &entry.subject, &entry.why, &entry.result];
    let hash = row.hash.as_slice();
    run(client, sql, [values, vec![&hash]].concat()).await.map(drop)
}

/// Where a replay comes from.
pub(super) async fn keep_origin(client: &ClientWrapper, seq: i64, origin: &Origin) -> Result<(), Error> {
    let sql = "insert into origin (message, replay_of, batch, nonce, edited, who, role, why) \
               values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let Origin { replay_of, batch, nonce, edited, who, role, why } = origin;
    let (nonce, who, role, why) = (int(*nonce), clean(who), clean(role), clean(why));
    run(client, sql, vec![&seq, replay_of, batch, &nonce, edited, &who, &role, &why]).await.map(drop)
}

/// A count as a column; it stays at the largest that there is.
pub(super) fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

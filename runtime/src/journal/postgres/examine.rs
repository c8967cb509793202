//! What is wrong with the database itself.
//!
//! In: a connection. Out: problems, one sentence each. Never knows: what a message means.

use deadpool_postgres::ClientWrapper;

use super::{connect, rows::get};
use crate::journal::StoreError;

/// Rows that belong to nothing: table and condition, and what they are.
const ORPHANS: [(&str, &str); 9] = [
    ("message where not exists (select 1 from progress where progress.message = seq)", "messages without a state"),
    ("message where not exists (select 1 from body where body.message = seq)", "messages without a body"),
    ("body where not exists (select 1 from message where seq = body.message)", "bodies of no message"),
    ("progress where not exists (select 1 from message where seq = progress.message)", "states of no message"),
    ("delivery where not exists (select 1 from message where seq = delivery.message)", "steps of no message"),
    (
        "reply where not exists (select 1 from delivery where (delivery.message, delivery.step) = (reply.message, reply.step))",
        "recorded replies of no step",
    ),
    ("attempt where not exists (select 1 from message where seq = attempt.message)", "tries of no message"),
    ("dead where not exists (select 1 from message where seq = dead.message)", "dead-letter records of no message"),
    ("answer where not exists (select 1 from message where seq = answer.message)", "answers of no message"),
];

/// Rows that say what is wrong in their only column.
const PROBLEMS: [&str; 3] = [
    "select format('the body of %s is not the one that was written', id) from body \
     join message on message.seq = body.message where pg_catalog.sha256(raw) <> body.sha256 order by seq limit 100",
    "select format('the index %s is not valid', indexrelid::regclass) from pg_index \
     join pg_class on pg_class.oid = indexrelid where not indisvalid and relnamespace = current_schema()::regnamespace",
    "select format('the server has met %s damaged pages in this database', checksum_failures) from pg_stat_database \
     where datname = current_database() and checksum_failures > 0",
];

/// Rows that belong together, and whether bodies are what was written. All at one moment, whatever is written meanwhile.
pub(super) async fn examine(client: &ClientWrapper) -> Result<Vec<String>, StoreError> {
    let failed = |error: tokio_postgres::Error| connect::unread(&error);
    client.batch_execute("begin isolation level repeatable read read only").await.map_err(failed)?;
    let mut problems = Vec::new();
    for (rows, what) in ORPHANS {
        let row = client.query_one(&format!("select count(*) as count from {rows}"), &[]).await.map_err(failed)?;
        let count: i64 = get(&row, "count")?;
        if count > 0 {
            problems.push(format!("there are {count} {what}"));
        }
    }
    for sql in PROBLEMS {
        for row in client.query(sql, &[]).await.map_err(failed)? {
            problems.push(row.try_get(0).map_err(failed)?);
        }
    }
    client.batch_execute("commit").await.map_err(failed)?;
    Ok(problems)
}

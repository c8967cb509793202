//! Erasure as statements.
//!
//! In: places, who, when. Out: messages without content. Never knows: which messages are erased, and why.
//!
//! What a row held before stays in its page until the server vacuums it, and in the server's log and backups as long as
//! those are kept: the server's administrator decides about these.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::{Error, GenericClient};

use super::batch::Plan;
use crate::journal::{erasure::GONE, words};

/// What goes; `$1` is the messages.
const STATEMENTS: [&str; 7] = [
    "delete from reply where message = any($1)",
    "update delivery set note = '', excerpt = '' where message = any($1)",
    "update attempt set note = '', excerpt = '' where message = any($1)",
    "delete from answer where message = any($1)",
    "delete from searchable where message = any($1)",
    "update body set raw = '', sha256 = sha256('') where message = any($1)",
    "update message set parameters = '[]', order_key = null where seq = any($1)",
];

/// The same, with a word in place of what goes.
const DEAD: &str = "update dead set sentence = $2, mapped = null, field_errors = '' where message = any($1)";

/// The plan says that they have ended and that nobody has to decide about them.
pub(super) async fn erase(client: &ClientWrapper, plan: &Plan<'_>) -> Result<(), Error> {
    for (seq, who, at_ms) in &plan.erased {
        content(&**client, &[*seq], (who, *at_ms)).await?;
    }
    Ok(())
}

/// Takes the content of messages whose rows are locked. Rare enough that nothing is prepared.
pub(super) async fn content(client: &impl GenericClient, seqs: &[i64], (who, at_ms): (&str, i64)) -> Result<(), Error> {
    let sql = "update progress set detail = '', erased_ms = $2, erased_by = $3 where message = any($1)";
    client.execute(sql, &[&seqs, &at_ms, &who]).await?;
    client.execute(DEAD, &[&seqs, &GONE]).await?;
    for sql in STATEMENTS {
        client.execute(sql, &[&seqs]).await?;
    }
    let found = client.query("select id from message where seq = any($1)", &[&seqs]).await?;
    let ids: Vec<String> = found.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    records(client, ("post", "id"), &ids).await?;
    records(client, ("incident", "dedup_key"), &ids).await
}

/// Alerts are few, and are read to see which of them are about these messages.
async fn records(client: &impl GenericClient, (table, key): (&str, &str), ids: &[String]) -> Result<(), Error> {
    let find = format!(
        "select {key}, record from {table} where exists (select 1 from unnest($1::text[]) id where strpos(record, id) > 0) \
         order by {key} for update"
    );
    for row in client.query(&find, &[&ids]).await? {
        let (name, record): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        if let Some(record) = words::incident_without_content(&record, ids) {
            client.execute(&format!("update {table} set record = $2 where {key} = $1"), &[&name, &record]).await?;
        }
    }
    Ok(())
}

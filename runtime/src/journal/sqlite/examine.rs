//! What is wrong with the file itself.
//!
//! In: a connection. Out: problems, one sentence each. Never knows: what a message means.

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

/// Most problems of one kind that are told.
const MOST: usize = 100;

/// Rows that belong to nothing: table and condition, and what they are.
const ORPHANS: [(&str, &str); 10] = [
    ("message where not exists (select 1 from progress where progress.message = seq)", "messages without a state"),
    ("message where not exists (select 1 from body where body.message = seq)", "messages without a body"),
    ("body where message not in (select seq from message)", "bodies of no message"),
    ("body_file where message not in (select message from body)", "files of no body"),
    ("progress where message not in (select seq from message)", "states of no message"),
    ("delivery where message not in (select seq from message)", "steps of no message"),
    ("reply where delivery not in (select id from delivery)", "recorded replies of no step"),
    ("attempt where message not in (select seq from message)", "tries of no message"),
    ("dead where message not in (select seq from message)", "dead-letter records of no message"),
    ("answer where message not in (select seq from message)", "answers of no message"),
];

/// Pages, indexes, rows that belong together, and whether bodies are what was written.
pub(super) fn examine(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut problems: Vec<String> = connection
        .prepare(&format!("pragma integrity_check({MOST})"))?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    problems.retain(|line| line != "ok");
    for (rows, what) in ORPHANS {
        let count: i64 = connection.query_row(&format!("select count(*) from {rows}"), [], |row| row.get(0))?;
        if count > 0 {
            problems.push(format!("there are {count} {what}"));
        }
    }
    bodies(connection, &mut problems)?;
    Ok(problems)
}

/// Bodies from before their digests were kept have none, and are passed over; so are those in files, which whoever reads
/// them compares.
fn bodies(connection: &Connection, problems: &mut Vec<String>) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "select id, raw, sha256 from body join message on message.seq = body.message \
         where sha256 is not null and body.message not in (select message from body_file)",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (raw, sha256) = (row.get_ref(1)?.as_blob()?, row.get_ref(2)?.as_blob()?);
        if Sha256::digest(raw).as_slice() != sha256 {
            problems.push(format!("the body of {} is not the one that was written", row.get::<_, String>(0)?));
        }
    }
    Ok(())
}

/// Makes every index anew from its table.
pub(super) fn mend(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("reindex")
}

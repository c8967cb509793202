//! A group-committing SQLite writer in as few lines as it takes.
//!
//! In: orders, ends of orders. Out: commits with `synchronous=FULL`. Never knows: keys, states, steps, limits.

use std::{path::Path, sync::mpsc, thread};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::process::Failed;

/// Most jobs of a transaction.
const MOST: usize = 512;

pub(super) enum Job {
    Accept(Vec<u8>, oneshot::Sender<i64>),
    Done(i64),
}

pub(super) fn start(path: &Path) -> Result<mpsc::Sender<Job>, Failed> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.execute_batch(
        "create table if not exists message (seq integer primary key, done integer not null, body blob not null) strict",
    )?;
    let (sender, jobs) = mpsc::channel();
    thread::spawn(move || {
        while let Ok(first) = jobs.recv() {
            let batch: Vec<Job> = std::iter::once(first).chain(jobs.try_iter().take(MOST - 1)).collect();
            if write(&connection, batch).is_err() {
                // Whoever waits sees the sender of the answer go away.
                return;
            }
        }
    });
    Ok(sender)
}

fn write(connection: &Connection, batch: Vec<Job>) -> rusqlite::Result<()> {
    connection.prepare_cached("begin immediate")?.execute([])?;
    let mut answers = Vec::with_capacity(batch.len());
    for job in batch {
        match job {
            Job::Accept(body, answer) => {
                connection.prepare_cached("insert into message (done, body) values (0, ?1)")?.execute([body])?;
                answers.push((answer, connection.last_insert_rowid()));
            }
            Job::Done(seq) => {
                connection.prepare_cached("update message set done = 1 where seq = ?1")?.execute([seq])?;
            }
        }
    }
    connection.prepare_cached("commit")?.execute([])?;
    for (answer, seq) in answers {
        // A caller that has gone away is no longer interested.
        answer.send(seq).ok();
    }
    Ok(())
}

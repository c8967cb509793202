//! Rows to types and back: words of states, classes, reasons; records as JSON.
//!
//! In: columns. Out: types. Never knows: statements.

use rusqlite::types::{FromSqlError, Type};

use crate::{
    descriptor::Class,
    journal::{Incident, Mark, Post, PostState, words},
};

/// The class of a word.
pub(super) fn class(word: &str) -> rusqlite::Result<Class> {
    words::class(word).ok_or_else(|| unreadable("class"))
}

pub(super) fn post_state(word: &str) -> rusqlite::Result<PostState> {
    words::post_state(word).ok_or_else(|| unreadable("post state"))
}

pub(super) fn mark(word: Option<String>) -> rusqlite::Result<Option<Mark>> {
    word.map(|word| Mark::from_word(&word).ok_or_else(|| unreadable("mark"))).transpose()
}

/// A change comes too late: the message is not as it was seen.
pub(super) const fn stale() -> rusqlite::Error {
    rusqlite::Error::StatementChangedRows(0)
}

/// What a row holds that this build cannot read.
pub(super) fn unreadable(what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(FromSqlError::Other(what.into())))
}

pub(super) fn pairs(text: &str) -> rusqlite::Result<Vec<(String, String)>> {
    words::pairs(text).ok_or_else(|| unreadable("parameters"))
}

pub(super) fn incident(text: &str) -> rusqlite::Result<Incident> {
    words::incident(text).ok_or_else(|| unreadable("incident"))
}

pub(super) fn post(row: &rusqlite::Row<'_>) -> rusqlite::Result<Post> {
    Ok(Post {
        id: row.get("id")?,
        channel: row.get("channel")?,
        incident: incident(&row.get::<_, String>("record")?)?,
        state: post_state(&row.get::<_, String>("state")?)?,
        tries: row.get("tries")?,
        due_ms: row.get("due_ms")?,
        created_ms: row.get("created_ms")?,
        error: row.get("error")?,
    })
}

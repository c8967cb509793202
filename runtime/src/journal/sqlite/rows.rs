//! Rows to types and back: words of states, classes, reasons; records as JSON.
//!
//! In: columns. Out: types. Never knows: statements.

use rusqlite::types::{FromSqlError, Type};

use crate::{
    descriptor::Class,
    journal::{Acknowledged, Incident, Mark, Post, PostState},
    lifecycle::Trouble,
};

/// The class of a word.
pub(super) fn class(word: &str) -> rusqlite::Result<Class> {
    Ok(match word {
        "delivered" => Class::Delivered,
        "duplicate" => Class::Duplicate,
        "retryable" => Class::Retryable,
        "unknown" => Class::Unknown,
        "target" => Class::Target,
        "permanent" => Class::Permanent,
        _ => return Err(unreadable("class")),
    })
}

pub(super) const fn post_word(state: PostState) -> &'static str {
    match state {
        PostState::Pending => "PENDING",
        PostState::Sent => "SENT",
        PostState::GivenUp => "GIVEN_UP",
    }
}

pub(super) fn post_state(word: &str) -> rusqlite::Result<PostState> {
    Ok(match word {
        "PENDING" => PostState::Pending,
        "SENT" => PostState::Sent,
        "GIVEN_UP" => PostState::GivenUp,
        _ => return Err(unreadable("post state")),
    })
}

pub(super) fn mark(word: Option<String>) -> rusqlite::Result<Option<Mark>> {
    word.map(|word| Mark::from_word(&word).ok_or_else(|| unreadable("mark"))).transpose()
}

/// What a row holds that this build cannot read.
pub(super) fn unreadable(what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(FromSqlError::Other(what.into())))
}

pub(super) fn pairs_to_text(pairs: &[(String, String)]) -> String {
    serde_json::to_string(pairs).unwrap_or_default()
}

pub(super) fn pairs(text: &str) -> rusqlite::Result<Vec<(String, String)>> {
    serde_json::from_str(text).map_err(|_| unreadable("parameters"))
}

pub(super) fn incident_to_text(incident: &Incident) -> String {
    serde_json::json!({
        "dedup_key": incident.dedup_key,
        "interface": incident.interface,
        "target": incident.target,
        "reason": incident.reason.as_str(),
        "firing": incident.firing,
        "acknowledged_by": incident.acknowledged.as_ref().map(|it| &it.who),
        "acknowledged_ms": incident.acknowledged.as_ref().map(|it| it.at_ms),
        "count": incident.count,
        "first_ms": incident.first_ms,
        "last_ms": incident.last_ms,
        "updates": incident.updates,
        "told": incident.told,
        "channels": incident.channels,
        "message_id": incident.message_id,
        "detail": incident.detail,
    })
    .to_string()
}

pub(super) fn incident(text: &str) -> rusqlite::Result<Incident> {
    let record: serde_json::Value = serde_json::from_str(text).map_err(|_| unreadable("incident"))?;
    let word = |key: &str| record[key].as_str().map(str::to_owned).ok_or_else(|| unreadable("incident"));
    let number = |key: &str| record[key].as_i64().ok_or_else(|| unreadable("incident"));
    Ok(Incident {
        dedup_key: word("dedup_key")?,
        interface: word("interface")?,
        target: word("target")?,
        reason: Trouble::from_word(&word("reason")?).ok_or_else(|| unreadable("reason"))?,
        firing: record["firing"].as_bool().unwrap_or_default(),
        // Absent in incidents that an earlier build wrote.
        acknowledged: record["acknowledged_by"]
            .as_str()
            .zip(record["acknowledged_ms"].as_i64())
            .map(|(who, at_ms)| Acknowledged { who: who.to_owned(), at_ms }),
        count: u64::try_from(number("count")?).unwrap_or_default(),
        first_ms: number("first_ms")?,
        last_ms: number("last_ms")?,
        updates: u32::try_from(number("updates")?).unwrap_or_default(),
        told: u64::try_from(number("told")?).unwrap_or_default(),
        channels: record["channels"]
            .as_array()
            .map(|names| names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
            .unwrap_or_default(),
        message_id: word("message_id")?,
        detail: word("detail")?,
    })
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

//! Words of closed sets and records as JSON: what every store on a disk writes the same way.
//!
//! In: types. Out: texts, and the other way round (`None`: this build cannot read it). Never knows: SQL.

use super::{Acknowledged, Incident, PostState, erasure::GONE};
use crate::{descriptor::Class, lifecycle::Trouble};

/// The class of a word.
pub(super) fn class(word: &str) -> Option<Class> {
    Some(match word {
        "delivered" => Class::Delivered,
        "duplicate" => Class::Duplicate,
        "retryable" => Class::Retryable,
        "unknown" => Class::Unknown,
        "target" => Class::Target,
        "permanent" => Class::Permanent,
        _ => return None,
    })
}

/// The word of a post's state.
pub(super) const fn post_word(state: PostState) -> &'static str {
    match state {
        PostState::Pending => "PENDING",
        PostState::Sent => "SENT",
        PostState::GivenUp => "GIVEN_UP",
    }
}

/// The state of a word.
pub(super) fn post_state(word: &str) -> Option<PostState> {
    [PostState::Pending, PostState::Sent, PostState::GivenUp].into_iter().find(|state| post_word(*state) == word)
}

pub(super) fn pairs_to_text(pairs: &[(String, String)]) -> String {
    serde_json::to_string(pairs).unwrap_or_default()
}

pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    serde_json::from_str(text).ok()
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

/// The record of an incident without what it quotes, if it is about one of these messages.
pub(super) fn incident_without_content(text: &str, messages: &[String]) -> Option<String> {
    let found = incident(text).filter(|incident| messages.contains(&incident.message_id))?;
    Some(incident_to_text(&Incident { detail: GONE.to_owned(), ..found }))
}

pub(super) fn incident(text: &str) -> Option<Incident> {
    let record: serde_json::Value = serde_json::from_str(text).ok()?;
    let word = |key: &str| record[key].as_str().map(str::to_owned);
    let number = |key: &str| record[key].as_i64();
    Some(Incident {
        dedup_key: word("dedup_key")?,
        interface: word("interface")?,
        target: word("target")?,
        reason: Trouble::from_word(&word("reason")?)?,
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

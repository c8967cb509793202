//! What requests to the operator's listener say: filters and decisions as types.
//!
//! In: query strings and JSON bodies. Out: filters of the journal, wishes. Never knows: who asks.

use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    http::Problem,
    journal::{Filter, Token, day_of},
    lifecycle,
};

/// Most rows of a list.
pub(super) const MOST_ROWS: usize = 500;
/// Longest reason that a person may give.
const MAX_WHY: usize = 500;

/// What lists can be narrowed by; bulk decisions too.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Asked {
    interface: Option<String>,
    state: Option<String>,
    reason: Option<String>,
    /// RFC 3339, this or later.
    from: Option<String>,
    /// RFC 3339, before this.
    until: Option<String>,
    principal: Option<String>,
    order_key: Option<String>,
    target: Option<String>,
    id: Option<String>,
    /// `NAME=VALUE` of a searchable field; several with a line feed between them, all of which must fit.
    field: Option<String>,
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<i64>,
}

impl Asked {
    /// The filter, with at most so many rows.
    pub(super) fn filter(self, most: usize) -> Result<Filter, Problem> {
        Ok(Filter {
            state: word("state", self.state, lifecycle::State::from_word, lifecycle::State::ALL)?,
            reason: word("reason", self.reason, lifecycle::Reason::from_word, lifecycle::Reason::ALL)?,
            from_ms: time("from", self.from)?,
            until_ms: time("until", self.until)?,
            interface: self.interface,
            principal: self.principal,
            order_key: self.order_key,
            system: self.target,
            id: self.id,
            tokens: self.field.as_deref().map_or(Ok(Vec::new()), tokens)?,
            before: self.after,
            limit: self.limit.unwrap_or(50).clamp(1, most),
        })
    }

    /// True if it says nothing that narrows.
    pub(super) fn is_everything(&self) -> bool {
        let texts = [
            &self.interface,
            &self.state,
            &self.reason,
            &self.from,
            &self.until,
            &self.principal,
            &self.order_key,
            &self.target,
            &self.id,
            &self.field,
        ];
        texts.iter().all(|text| text.is_none())
    }
}

fn word<T: Copy + std::fmt::Display>(
    name: &str,
    text: Option<String>,
    read: fn(&str) -> Option<T>,
    all: &[T],
) -> Result<Option<T>, Problem> {
    let Some(text) = text else { return Ok(None) };
    read(&text.to_uppercase()).map(Some).ok_or_else(|| {
        let words: Vec<_> = all.iter().map(ToString::to_string).collect();
        Problem::new(400, format!("`{name}` is one of {}", words.join(", ")))
    })
}

fn tokens(fields: &str) -> Result<Vec<Token>, Problem> {
    let token = |field: &str| field.split_once('=').and_then(|(name, value)| Token::of(name.trim(), value));
    let say = "`field` is NAME=VALUE of a field that a document marks searchable, like `order=4711`";
    fields.lines().map(|field| token(field).ok_or_else(|| Problem::new(400, say))).collect()
}

fn time(name: &str, text: Option<String>) -> Result<Option<i64>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let time = text
        .parse::<Timestamp>()
        .map_err(|_| Problem::new(400, format!("`{name}` is a time like 2026-01-31T13:00:00Z")))?;
    Ok(Some(time.as_millisecond()))
}

/// Rows of the audit log.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AuditAsked {
    pub(super) subject: Option<String>,
    pub(super) limit: Option<usize>,
    pub(super) after: Option<i64>,
}

/// A decision about one thing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wish {
    why: String,
    /// Retry under today's document.
    pub(super) today: bool,
    /// Replay although a replay is under way or was delivered.
    pub(super) again: bool,
    /// Only show.
    pub(super) dry_run: bool,
    /// The content instead of the original.
    pub(super) body: Option<serde_json::Value>,
}

/// A decision about whatever a filter finds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Bulk {
    pub(super) filter: Asked,
    why: String,
    pub(super) today: bool,
    pub(super) dry_run: bool,
    batch: Option<String>,
}

/// An erasure: of one message, or of whatever a filter finds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Erasing {
    pub(super) filter: Asked,
    why: String,
    /// Also what has not ended or waits for a decision.
    pub(super) discard: bool,
    pub(super) dry_run: bool,
    confirm: bool,
}

/// The end of a day's data keys.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Shredding {
    /// A day like 2026-01-31, UTC.
    day: String,
    why: String,
    confirm: bool,
}

/// What cannot be taken back is said twice.
fn confirmed(confirm: bool) -> Result<(), Problem> {
    if confirm {
        return Ok(());
    }
    Err(Problem::new(
        400,
        "this cannot be taken back: look with `dry_run` where there is one, then say `\"confirm\": true`",
    ))
}

impl Erasing {
    /// Why, once it was confirmed.
    pub(super) fn why(&self) -> Result<String, Problem> {
        confirmed(self.confirm).and_then(|()| why(&self.why))
    }
}

impl Shredding {
    /// Why, once it was confirmed.
    pub(super) fn why(&self) -> Result<String, Problem> {
        confirmed(self.confirm).and_then(|()| why(&self.why))
    }

    /// Days since 1970, UTC.
    pub(super) fn day(&self) -> Result<i64, Problem> {
        let start = format!("{}T00:00:00Z", self.day).parse::<Timestamp>();
        let say = |_| Problem::new(400, "`day` is a day like 2026-01-31 (UTC)");
        start.map(|start| day_of(start.as_millisecond())).map_err(say)
    }
}

impl Wish {
    pub(super) fn why(&self) -> Result<String, Problem> {
        why(&self.why)
    }
}

impl Bulk {
    pub(super) fn why(&self) -> Result<String, Problem> {
        why(&self.why)
    }

    /// The batch that this goes on with, if it is a further page of one.
    pub(super) fn batch(&self) -> Result<Option<String>, Problem> {
        let fits = |id: &str| id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match &self.batch {
            Some(id) if !fits(id) => Err(Problem::new(400, "`batch` is the batch of the page before")),
            batch => Ok(batch.clone()),
        }
    }
}

fn why(text: &str) -> Result<String, Problem> {
    match text.trim() {
        "" => Err(Problem::new(400, "say why: `why` stands in the audit log")),
        text if text.len() > MAX_WHY => Err(Problem::new(400, format!("`why` has at most {MAX_WHY} bytes"))),
        text => Ok(text.to_owned()),
    }
}

/// A JSON body; none is an empty one.
pub(super) fn read<T: DeserializeOwned + Default>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(bytes).map_err(|error| Problem::new(400, format!("the body: {error}")))
}

//! The one table that turns what came back into a class.
//!
//! In: an operation's rules, statuses, codes. Out: [`Class`] and reason. Never knows: how the reply came.

use jiff::{Timestamp, fmt::rfc2822};

use super::{Outcome, wire::Reply};
use crate::{
    descriptor::{Class, Matches, Operation},
    format::mask,
    value::{Record, Value},
};

/// Longest excerpt of a reply.
pub(super) const EXCERPT: usize = 4096;

/// Keys under which error bodies of partners carry a code: OData and REST (`code`), Salesforce (`errorCode`), SAP API
/// Management (`fault.detail.errorcode`), OAuth (`error`).
const CODE_KEYS: [&str; 4] = ["code", "errorcode", "error_code", "error"];

/// The outcome of a reply with a status: the operation's rules first, HTTP's meaning after.
pub(super) fn http(operation: &Operation, reply: &Reply, tree: Value, now: Timestamp) -> Outcome {
    let codes = codes(&tree);
    let (class, reason) = by_rules(operation, reply.status, &codes).unwrap_or_else(|| by_status(reply, &tree, &codes));
    outcome(operation, reply, tree, (class, reason), now)
}

/// An outcome with everything a reply brings besides its class.
pub(super) fn outcome(
    operation: &Operation,
    reply: &Reply,
    tree: Value,
    (class, reason): (Class, String),
    now: Timestamp,
) -> Outcome {
    Outcome {
        class,
        status: Some(reply.status),
        excerpt: mask::excerpt(&reply.body, &tree, operation.sensitive, EXCERPT),
        reply: tree,
        retry_after_ms: reply.header("retry-after").and_then(|text| retry_after_ms(text, now)),
        reason,
    }
}

/// The first rule that matches a status or a code.
pub(super) fn by_rules(operation: &Operation, status: u16, codes: &[&str]) -> Option<(Class, String)> {
    let rule = operation.outcomes.iter().find(|rule| match rule.matches {
        Matches::Status(wanted) => wanted == status,
        Matches::ErrorCode(wanted) => codes.contains(&wanted),
        Matches::Bapi { .. } => false,
    })?;
    Some((rule.class, rule.reason.to_owned()))
}

fn by_status(reply: &Reply, tree: &Value, codes: &[&str]) -> (Class, String) {
    let status = reply.status;
    let class = match status {
        200..=299 if says_no(tree) => return (Class::Permanent, "the reply says that it did not succeed".to_owned()),
        200..=299 => Class::Delivered,
        401 | 403 | 407 => Class::Target,
        501 | 505 => Class::Permanent,
        // SAP API Management reports threat protection as 500: the same body fails again.
        500 if codes.iter().any(|code| code.contains("threatprotection")) => Class::Permanent,
        408 | 425 | 429 | 500..=599 => Class::Retryable,
        _ => Class::Permanent,
    };
    (class, describe(status, codes))
}

/// `"success": false` inside a 200.
fn says_no(tree: &Value) -> bool {
    let Value::Record(record) = tree else { return false };
    ["success", "Success"].iter().any(|name| record.get(name) == Some(&Value::Bool(false)))
}

fn describe(status: u16, codes: &[&str]) -> String {
    let known = http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
    let words = known.map_or_else(|| status.to_string(), |phrase| format!("{status} {phrase}"));
    match codes.first() {
        Some(code) if !(200..300).contains(&status) => format!("{words} ({})", mask::cut(code, 80)),
        _ => words,
    }
}

/// Every code in an error body, outer ones first.
pub(super) fn codes(tree: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    collect(tree, &mut found);
    found
}

fn collect<'a>(tree: &'a Value, found: &mut Vec<&'a str>) {
    match tree {
        Value::Record(record) => {
            found.extend(own_codes(record));
            record.iter().for_each(|(_, value)| collect(value, found));
        }
        Value::List(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn own_codes(record: &Record) -> impl Iterator<Item = &str> {
    record.iter().filter_map(|(name, value)| {
        let is_code = CODE_KEYS.iter().any(|key| name.eq_ignore_ascii_case(key));
        match value {
            Value::Text(text) | Value::Number(text) if is_code => Some(text.as_str()),
            _ => None,
        }
    })
}

/// `Retry-After` (RFC 9110 §10.2.3): seconds, or a date that is compared with the clock.
pub(crate) fn retry_after_ms(text: &str, now: Timestamp) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1000));
    }
    let date = rfc2822::parse(text).ok()?.timestamp();
    Some(u64::try_from(date.as_millisecond() - now.as_millisecond()).unwrap_or(0))
}

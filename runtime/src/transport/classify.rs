//! The one table that turns what came back into a class.
//!
//! In: the rules of interface and operation, statuses, codes. Out: [`Class`] and reason. Never knows: how the reply came.

use jiff::Timestamp;

use super::{Call, Outcome, wire::Reply};
use crate::{
    descriptor::{Class, Matches, Operation, OutcomeRule},
    format::mask,
    value::{Record, Value},
};

/// Longest excerpt of a reply.
pub(super) const EXCERPT: usize = 4096;

/// Keys under which error bodies of partners carry a code: OData and REST (`code`), Salesforce (`errorCode`), SAP API
/// Management (`fault.detail.errorcode`), OAuth (`error`).
const CODE_KEYS: [&str; 4] = ["code", "errorcode", "error_code", "error"];

/// The outcome of a reply with a status: the rules of interface and operation first, HTTP's meaning after.
pub(super) fn http(call: &Call<'_>, reply: &Reply, tree: Value, now: Timestamp) -> Outcome {
    let codes = codes(&tree);
    let (class, reason) = by_rules(call, reply.status, &codes).unwrap_or_else(|| by_status(reply, &tree, &codes));
    outcome(call.operation, reply, tree, (class, reason), now)
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

/// The rules about a call's replies in the order in which they decide: the interface's, then the operation's.
pub(super) fn rules(call: &Call<'_>) -> impl Iterator<Item = &'static OutcomeRule> {
    let Call { operation, overrides, .. } = *call;
    let about = move |named: &Operation| named.name == operation.name && named.system.name == operation.system.name;
    let own = overrides.iter().filter(move |own| own.operation.is_none_or(about)).map(|own| &own.rule);
    own.chain(operation.outcomes)
}

/// The first rule that matches a status or a code.
pub(super) fn by_rules(call: &Call<'_>, status: u16, codes: &[&str]) -> Option<(Class, String)> {
    let rule = rules(call).find(|rule| match rule.matches {
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
        Some(code) if !(200..300).contains(&status) && is_code(code) => format!("{words} ({code})"),
        _ => words,
    }
}

/// A code is one word; under the same keys partners also write sentences, which quote what they were sent.
fn is_code(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
    (1..=80).contains(&text.len()) && text.bytes().all(fits)
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

/// `Retry-After` (RFC 9110 §10.2.3): seconds, or a date in any of the three forms of §5.6.7, compared with the clock.
pub(crate) fn retry_after_ms(text: &str, now: Timestamp) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1000));
    }
    let date = Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()?;
    Some(u64::try_from(date.as_millisecond() - now.as_millisecond()).unwrap_or(0))
}

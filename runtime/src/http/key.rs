//! The idempotency key that a request brings, where its message does not hold it.
//!
//! In: what the document says, headers, body. Out: the key, or the refusal of a request that lacks it. Never knows: where
//! keys are kept.

use http::HeaderMap;

use super::problem::Problem;
use crate::{descriptor::KeySource, value::Value};

/// Longest key, bytes.
const LONGEST: usize = 1_024;

/// The key of a request; `None` where it is computed from the message.
pub(super) fn key(source: KeySource, headers: &HeaderMap, body: &Value) -> Result<Option<String>, Problem> {
    match source {
        KeySource::Message | KeySource::Body => Ok(None),
        KeySource::Header(name) => required(headers, name).map(Some),
        KeySource::Webhook => required(headers, "webhook-id").map(Some),
        KeySource::CloudEvent => cloud_event(headers, body).map(Some),
    }
}

fn required(headers: &HeaderMap, name: &'static str) -> Result<String, Problem> {
    let missing = || Problem::new(400, format!("the header `{name}` is missing: it says which message this is"));
    header(headers, name)?.ok_or_else(missing)
}

/// The one value of a header.
fn header(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::new(400, format!("the header `{name}` comes more than once")));
    }
    let text = value.to_str().ok().map(unquoted).filter(|text| !text.is_empty() && text.len() <= LONGEST);
    match text {
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(Problem::new(400, format!("the header `{name}` is no key of 1 to {LONGEST} visible characters"))),
    }
}

/// `Idempotency-Key` is a structured field by its draft, whose text is quoted; senders differ.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text)
}

/// Source and id of a CloudEvent: from the headers (binary mode), else from the body (structured mode).
fn cloud_event(headers: &HeaderMap, body: &Value) -> Result<String, Problem> {
    let attribute = |name: &'static str, inside: &str| -> Result<String, Problem> {
        let field = || match body {
            Value::Record(record) => match record.get(inside) {
                Some(Value::Text(text)) if !text.is_empty() && text.len() <= LONGEST => Some(text.clone()),
                _ => None,
            },
            _ => None,
        };
        let missing = || Problem::new(400, format!("neither a header `{name}` nor a field `{inside}` is there"));
        header(headers, name)?.or_else(field).ok_or_else(missing)
    };
    let (source, id) = (attribute("ce-source", "source")?, attribute("ce-id", "id")?);
    // The length keeps `a` `bc` apart from `ab` `c`.
    Ok(format!("{}:{source}{id}", source.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::json;

    fn check(source: KeySource, headers: &[(&'static str, &str)], body: &str, expect: Result<Option<&str>, &str>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let body = json::read(body.as_bytes()).unwrap();
        let found = key(source, &map, &body).map_err(|problem| (problem.status, problem.detail));
        let expect = expect.map(|key| key.map(str::to_owned)).map_err(|detail| (400, detail.to_owned()));
        assert_eq!(found, expect, "{source:?} {headers:?}");
    }

    #[test]
    fn keys_are_found_where_the_document_says() {
        let header = KeySource::Header("idempotency-key");
        check(KeySource::Message, &[], "{}", Ok(None));
        check(KeySource::Body, &[], "{}", Ok(None));
        check(header, &[("idempotency-key", "\"k-1\"")], "{}", Ok(Some("k-1")));
        check(header, &[("idempotency-key", "k-1")], "{}", Ok(Some("k-1")));
        let missing = "the header `idempotency-key` is missing: it says which message this is";
        check(header, &[], "{}", Err(missing));
        let twice = "the header `idempotency-key` comes more than once";
        check(header, &[("idempotency-key", "a"), ("idempotency-key", "b")], "{}", Err(twice));
        let none = "the header `idempotency-key` is no key of 1 to 1024 visible characters";
        check(header, &[("idempotency-key", "")], "{}", Err(none));
        check(header, &[("idempotency-key", &"x".repeat(1_025))], "{}", Err(none));
        check(KeySource::Webhook, &[("webhook-id", "msg_1")], "{}", Ok(Some("msg_1")));
        let event = r#"{"id":"1","source":"/shop"}"#;
        check(KeySource::CloudEvent, &[], event, Ok(Some("5:/shop1")));
        check(KeySource::CloudEvent, &[("ce-id", "2"), ("ce-source", "/erp")], "{}", Ok(Some("4:/erp2")));
        check(KeySource::CloudEvent, &[("ce-id", "2")], event, Ok(Some("5:/shop2")));
        let lacks = "neither a header `ce-id` nor a field `id` is there";
        check(KeySource::CloudEvent, &[("ce-source", "/erp")], r#"{"id":1}"#, Err(lacks));
    }
}

//! REST: a method, a path, a body in the operation's format.
//!
//! In: a call. Out: an outcome. Never knows: tokens, sessions.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};

use super::{
    Call, Outcome,
    classify::{self, outcome},
    partner::{self, Partner},
    url::{self, Quoting},
    wire::{Reply, Wire},
};
use crate::{
    descriptor::{self, Class, Format},
    format::{csv, json, xml},
    value::Value,
};

/// Makes one call.
pub(super) async fn exchange(
    partner: &Partner,
    call: Call<'_>,
    method: descriptor::Method,
    path: &str,
) -> Result<Outcome, Outcome> {
    let operation = call.operation;
    let base = partner.base_url(operation.system)?;
    let url =
        url::build(base, path, operation.query, call.request, Quoting::Plain).map_err(|reason| unsendable(&reason))?;
    let wire = prepare(&call, method, url)?;
    let reply = partner.send(operation.system, wire, operation.timeout_ms).await?;
    Ok(judge(partner, &call, &reply))
}

/// The outcome of a reply in the operation's format.
pub(super) fn judge(partner: &Partner, call: &Call<'_>, reply: &Reply) -> Outcome {
    let now = partner.clock().now();
    let (tree, unreadable) = read(call.operation.format, reply);
    let judged = classify::http(call, reply, tree, now);
    if judged.class != Class::Delivered {
        return judged;
    }
    let harmless = matches!(
        call.operation.protocol,
        descriptor::Protocol::Rest { method: descriptor::Method::Get, .. }
            | descriptor::Protocol::OData { method: descriptor::Method::Get, .. }
    );
    match (reply.cut_off, unreadable, harmless) {
        (true, _, true) => outcome(call.operation, reply, judged.reply, (Class::Retryable, cut_off()), now),
        (true, _, false) => outcome(call.operation, reply, judged.reply, (Class::Unknown, cut_off()), now),
        (false, Some(reason), true) => outcome(
            call.operation,
            reply,
            judged.reply,
            (Class::Retryable, format!("the reply is unreadable: {reason}")),
            now,
        ),
        _ => judged,
    }
}

/// A request with body and headers.
pub(super) fn prepare(call: &Call<'_>, method: descriptor::Method, url: String) -> Result<Wire, Outcome> {
    let mut headers = partner::headers(call);
    let (accept, content_type) = media_types(call.operation.format);
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    let body = body(call.operation.format, call.request.payload())?;
    if body.is_some() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    Ok(Wire { method: to_http(method), url, headers, body })
}

pub(super) fn to_http(method: descriptor::Method) -> Method {
    match method {
        descriptor::Method::Get => Method::GET,
        descriptor::Method::Post => Method::POST,
        descriptor::Method::Put => Method::PUT,
        descriptor::Method::Patch => Method::PATCH,
        descriptor::Method::Delete => Method::DELETE,
    }
}

/// Something about the call itself is wrong: trying again would not help.
pub(super) fn unsendable(reason: &str) -> Outcome {
    Outcome::without_reply(Class::Permanent, format!("not sent: {reason}"))
}

fn body(format: Format, payload: &Value) -> Result<Option<Bytes>, Outcome> {
    if *payload == Value::Null {
        return Ok(None);
    }
    let bytes = match format {
        Format::Json => json::write(payload).into_bytes(),
        Format::Xml => xml_document(payload)?.into_bytes(),
        Format::Csv { separator, columns } => {
            csv::write(payload, separator, columns).map_err(|error| unsendable(&error.to_string()))?
        }
    };
    Ok(Some(bytes.into()))
}

/// A record with one field is an XML document: the field is the root element.
fn xml_document(payload: &Value) -> Result<String, Outcome> {
    let Value::Record(record) = payload else { return Err(unsendable("an XML body must be a record")) };
    if record.len() != 1 {
        return Err(unsendable("an XML body needs exactly one field at the top: the root element"));
    }
    let mut out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>".to_owned();
    xml::write_fields(record, &mut out);
    Ok(out)
}

/// The reply as a tree; the reason if it could not be read. An error may come in another format than asked for.
fn read(format: Format, reply: &Reply) -> (Value, Option<String>) {
    if reply.body.is_empty() {
        return (Value::Null, None);
    }
    let is_json = content_type(&reply.headers).contains("json");
    let tree = match format {
        Format::Xml if !is_json => xml::read(&reply.body).map(|element| {
            let mut record = crate::value::Record::new();
            record.put(&element.name, &element.to_value());
            Value::Record(record)
        }),
        _ => json::read(&reply.body),
    };
    match tree {
        Ok(tree) => (tree, None),
        Err(error) => (Value::Null, Some(error.to_string())),
    }
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

const fn media_types(format: Format) -> (&'static str, &'static str) {
    match format {
        Format::Json => ("application/json", "application/json"),
        Format::Xml => ("application/xml, text/xml;q=0.9", "application/xml; charset=utf-8"),
        Format::Csv { .. } => ("application/json", "text/csv; charset=utf-8"),
    }
}

fn cut_off() -> String {
    "connection lost inside the reply".to_owned()
}

//! Addresses of operations.
//!
//! In: base URL, path template, parameters. Out: a URL in which every parameter stays inside its place.
//! Never knows: which system.

use std::fmt::Write as _;

use crate::flow::Request;

/// How values are written into braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// As they are.
    Plain,
    /// Inside an OData literal: `'` is doubled.
    Literal,
}

/// Puts base, path and query together. A query of the base (`?sap-client=100`) stays.
///
/// # Errors
/// A parameter is missing, or would change the path (empty, `.` or `..`).
pub(super) fn build(
    base: &str,
    path: &str,
    query: &[&str],
    request: &Request,
    quoting: Quoting,
) -> Result<String, String> {
    let (base, base_query) = base.split_once('?').unwrap_or((base, ""));
    let mut url = base.trim_end_matches('/').to_owned();
    fill(path, request, quoting, &mut url)?;
    let mut separator = '?';
    if !base_query.is_empty() {
        url.push('?');
        url.push_str(base_query);
        separator = '&';
    }
    for name in query {
        if let Some(value) = request.get(name) {
            push_query(&mut url, &mut separator, name, value);
        }
    }
    Ok(url)
}

/// Adds `name=value`, encoded.
pub(super) fn push_query(url: &mut String, separator: &mut char, name: &str, value: &str) {
    url.push(*separator);
    *separator = '&';
    encode(name, url);
    url.push('=');
    encode(value, url);
}

fn fill(path: &str, request: &Request, quoting: Quoting, url: &mut String) -> Result<(), String> {
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or_else(|| format!("the path {path} has an open brace"))?;
        let value = request.get(name).ok_or_else(|| format!("the parameter {name} is missing"))?;
        if matches!(value, "" | "." | "..") {
            return Err(format!("the parameter {name} would change the path"));
        }
        url.push_str(before);
        match quoting {
            Quoting::Plain => encode(value, url),
            Quoting::Literal => encode(&value.replace('\'', "''"), url),
        }
        rest = after;
    }
    url.push_str(rest);
    Ok(())
}

/// RFC 3986: everything but unreserved characters as `%XX`.
pub(super) fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

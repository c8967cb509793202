//! `idempotency:` of a trigger becomes an [`Idempotency`].
//!
//! In: an expression or a mapping. Out: [`Idempotency`]. Never knows: where keys are kept.

use crate::expr::{self, Scope, Want};
use crate::fields::{Record, Text, interface, shown};
use crate::findings::Findings;
use crate::model::{Idempotency, KeySource, Type};
use crate::yaml::Entry;

const WINDOW_S: u64 = 7 * 24 * 3600;

/// Lowers what makes two messages the same.
pub(crate) fn idempotency(entry: &Entry, scope: &Scope<'_>, findings: &mut Findings) -> Option<Idempotency> {
    if let Some(scalar) = entry.value.scalar() {
        let text = Text { text: &scalar.text, span: entry.value.span };
        return Some(Idempotency { key: expression(text, scope, findings)?, window_s: WINDOW_S });
    }
    let long = Record::read(&entry.value, &interface::IDEMPOTENCY, entry.key_span, findings)?;
    let window_s = long.duration_ms("window").map_or(WINDOW_S, |ms| ms / 1000);
    if window_s == 0 {
        findings
            .add("E-DURATION", long.span("window"), "a key that is forgotten at once recognises nothing")
            .help("remember it at least as long as the sender repeats");
    }
    let given: Vec<_> = ["key", "header", "by"].into_iter().filter(|key| long.entry(key).is_some()).collect();
    let [source] = given[..] else {
        let message = match given.len() {
            0 => "the idempotency rule does not say what the key is".to_owned(),
            _ => format!("the idempotency rule names several keys: {}", given.join(", ")),
        };
        findings.add("E-IDEMPOTENCY", long.place, message).help("give it exactly one of key, header and by");
        return None;
    };
    let text = long.text(source)?;
    let key = match (source, text.text) {
        ("key", _) => expression(text, scope, findings)?,
        ("header", _) => header(text, findings)?,
        (_, "cloudevent") => KeySource::CloudEvent,
        (_, "webhook") => KeySource::Webhook,
        _ => KeySource::Body,
    };
    Some(Idempotency { key, window_s })
}

fn expression(text: Text<'_>, scope: &Scope<'_>, findings: &mut Findings) -> Option<KeySource> {
    match expr::check(text.text, text.span, scope, Want::Type(&Type::Text)) {
        Ok(key) => Some(KeySource::Expr(key)),
        Err(problems) => {
            findings.problems(problems);
            None
        }
    }
}

/// Headers that say who sends, or how; equal for different messages.
const NOT_OF_THE_MESSAGE: &[&str] =
    &["authorization", "content-length", "content-type", "cookie", "date", "host", "traceparent", "user-agent"];

fn header(text: Text<'_>, findings: &mut Findings) -> Option<KeySource> {
    let name = text.text.trim().to_ascii_lowercase();
    let token = !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    let (message, help) = if !token {
        (format!("`{}` is no name of an HTTP header", shown(text.text)), "write it like `Idempotency-Key`")
    } else if NOT_OF_THE_MESSAGE.contains(&name.as_str()) {
        (format!("`{name}` does not identify a message"), "choose a header that is new for every message")
    } else {
        return Some(KeySource::Header(name));
    };
    findings.add("E-IDEMPOTENCY", text.span, message).help(help);
    None
}

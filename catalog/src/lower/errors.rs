//! `errors:` becomes an [`ErrorPolicy`].
//!
//! In: its keys. Out: [`ErrorPolicy`]. Never knows: the flow whose failures it is about.

use crate::expr::{self, Scope, Want};
use crate::fields::{Record, interface, shown};
use crate::findings::Findings;
use crate::model::{Alert, Backoff, ErrorPolicy, OnDead, OnUnknown, Order, ResponseRule, Retry};
use crate::phrase;
use crate::yaml::Entry;

const CAP_MS: u64 = 3_600_000;
const JITTER_PERCENT: u8 = 10;

/// Lowers the error policy; `scope` holds what the trigger gives.
pub(crate) fn errors(fields: &Record<'_>, scope: &Scope<'_>, findings: &mut Findings) -> Option<ErrorPolicy> {
    let retry = fields.entry("retry").and_then(|entry| retry(entry, findings));
    let alerts = fields.texts("alert").into_iter();
    let alerts = alerts.map(|text| Alert { channel: text.text.to_owned(), span: text.span }).collect();
    let on_unknown = match fields.text("on_unknown") {
        Some(text) if text.text == "hold" => OnUnknown::Hold,
        _ => OnUnknown::Retry,
    };
    let order = match fields.entry("order") {
        Some(entry) => order(entry, scope, findings)?,
        None => Order::None,
    };
    let responses = responses(fields, findings);
    Some(ErrorPolicy {
        retry: retry?,
        dead_letter: fields.text("dead_letter")?.text == "enabled",
        alerts,
        on_unknown,
        order,
        responses,
        audit: fields.entry("audit").is_some(),
        encryption: fields.string("encryption"),
        span: fields.place,
    })
}

fn retry(entry: &Entry, findings: &mut Findings) -> Option<Retry> {
    if let Some(scalar) = entry.value.scalar() {
        return match phrase::retry(&scalar.text, entry.value.span) {
            Ok(retry) => Some(retry),
            Err(problem) => {
                findings.problem(problem);
                None
            }
        };
    }
    let fields = Record::read(&entry.value, &interface::RETRY, entry.key_span, findings)?;
    let jitter_percent = match fields.text("jitter") {
        Some(text) => match phrase::percent(text.text, text.span) {
            Ok(percent) => percent,
            Err(problem) => {
                findings.problem(problem);
                return None;
            }
        },
        None => JITTER_PERCENT,
    };
    let retries = fields.small("retries")?;
    if retries > 100 {
        findings
            .add("E-RETRY", fields.span("retries"), "more than 100 retries are no timetable")
            .help("use a longer interval");
    }
    Some(Retry {
        phrase: String::new(),
        retries,
        interval_ms: fields.duration_ms("interval")?,
        backoff: if fields.string("backoff").as_deref() == Some("exponential") {
            Backoff::Exponential
        } else {
            Backoff::Fixed
        },
        cap_ms: fields.duration_ms("cap").unwrap_or(CAP_MS),
        jitter_percent,
        retry_after_cap_ms: CAP_MS,
        span: entry.key_span,
    })
}

fn order(entry: &Entry, scope: &Scope<'_>, findings: &mut Findings) -> Option<Order> {
    if let Some(scalar) = entry.value.scalar() {
        if scalar.text == "strict" {
            return Some(Order::Strict(OnDead::BlockKey));
        }
        findings
            .add("E-SHAPE", entry.value.span, format!("`{}` is no order of messages", shown(&scalar.text)))
            .help("write `strict`, or `{ per_key: an expression }`; without `order` there is none");
        return None;
    }
    let fields = Record::read(&entry.value, &interface::ORDER, entry.key_span, findings)?;
    let text = fields.text("per_key")?;
    let on_dead = match fields.text("on_dead") {
        Some(word) if word.text == "continue" => OnDead::Continue,
        _ => OnDead::BlockKey,
    };
    match expr::check(text.text, text.span, scope, Want::Scalar) {
        Ok(key) => Some(Order::PerKey(key, on_dead)),
        Err(problems) => {
            findings.problems(problems);
            None
        }
    }
}

fn responses(fields: &Record<'_>, findings: &mut Findings) -> Vec<ResponseRule> {
    let mut rules = Vec::new();
    for (entry, meaning) in fields.names("responses") {
        match entry.key.parse::<u16>() {
            Ok(status) if (200..600).contains(&status) => {
                rules.push(ResponseRule { status, meaning: meaning.text.to_owned() });
            }
            _ => {
                let message = format!("`{}` is no HTTP status", shown(&entry.key));
                findings.add("E-SHAPE", entry.key_span, message).help("write `400: what it means`");
            }
        }
    }
    rules
}

//! `errors:` becomes an [`ErrorPolicy`].
//!
//! In: its keys. Out: [`ErrorPolicy`]. Never knows: the flow whose failures it is about.

use super::operation;
use crate::expr::{self, Scope, Want};
use crate::fields::{Record, interface, shown};
use crate::findings::Findings;
use crate::model::{Alert, Backoff, ErrorPolicy, OnDead, OnUnknown, Order, Override, ResponseRule, Retry};
use crate::phrase::{self, RetryForm};
use crate::symbols::Symbols;
use crate::yaml::Entry;

/// Lowers the error policy; `scope` holds what the trigger gives.
pub(crate) fn errors(
    fields: &Record<'_>,
    scope: &Scope<'_>,
    symbols: &Symbols,
    findings: &mut Findings,
) -> Option<ErrorPolicy> {
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
    let outcomes = outcomes(fields, symbols, findings);
    Some(ErrorPolicy {
        retry: retry?,
        dead_letter: fields.text("dead_letter")?.text == "enabled",
        alerts,
        on_unknown,
        order,
        responses,
        outcomes,
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
    let jitter_percent = match fields.text("jitter").map(|text| phrase::percent(text.text, text.span)) {
        Some(Ok(percent)) => Some(percent),
        Some(Err(problem)) => {
            findings.problem(problem);
            return None;
        }
        None => None,
    };
    let exponential = fields.text("backoff").is_some_and(|text| text.text == "exponential");
    let form = RetryForm {
        retries: fields.small("retries")?,
        interval_ms: Some(fields.duration_ms("interval")?),
        backoff: exponential.then_some(Backoff::Exponential),
        cap_ms: fields.duration_ms("cap"),
        jitter_percent,
        give_up_after_ms: fields.duration_ms("give_up_after"),
        retry_after_cap_ms: fields.duration_ms("retry_after_cap"),
    };
    match phrase::explicit_retry(&form, entry.key_span) {
        Ok(retry) => Some(retry),
        Err(problem) => {
            findings.problem(problem);
            None
        }
    }
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

fn outcomes(fields: &Record<'_>, symbols: &Symbols, findings: &mut Findings) -> Vec<Override> {
    let rules = fields.records("outcomes", findings);
    let lower = |rule: &Record<'_>| {
        let operation = match rule.text("operation") {
            Some(text) => Some(symbols.expect_operation(text, findings)?.0),
            None => None,
        };
        Some(Override { operation, rule: operation::outcome(rule, findings)? })
    };
    rules.iter().filter_map(lower).collect()
}

//! Errors and retry: the timetable, what answers mean, what callers get.
//!
//! In: policies and operations. Out: [`Errors`]. Never knows: what really happened.

use catalog::model::{Durability, OnUnknown, Protocol, Retry, StepKind, TriggerKind};

use super::Sheet;
use crate::draw::timeline::{self, Timeline};
use crate::html::Html;
use crate::view::context::{operations, walk};
use crate::words;

/// The section.
#[derive(Debug)]
pub(super) struct Errors {
    pub(super) phrase: String,
    pub(super) line: Html,
    pub(super) sentence: String,
    pub(super) timeline: Html,
    pub(super) checks: Vec<Check>,
    pub(super) notes: Vec<Html>,
    pub(super) outcomes: Vec<OutcomeRow>,
    pub(super) defaults: Vec<Defaults>,
    pub(super) responses: Vec<ResponseRow>,
}

/// The timetable held against what was agreed.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) text: String,
}

/// What an answer of a system means.
#[derive(Debug)]
pub(super) struct OutcomeRow {
    pub(super) operation: Html,
    pub(super) answer: String,
    pub(super) class: &'static str,
    pub(super) effect: &'static str,
    pub(super) reason: String,
    pub(super) line: Html,
}

/// What answers mean without a rule of their own.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) protocol: &'static str,
    pub(super) rows: &'static [(&'static str, &'static str)],
}

/// What callers get.
#[derive(Debug)]
pub(super) struct ResponseRow {
    pub(super) status: u16,
    pub(super) meaning: String,
    pub(super) line: Html,
}

/// Builds the section.
pub(super) fn errors(sheet: &Sheet<'_>) -> Errors {
    let interface = sheet.interface;
    let policy = &interface.errors;
    let end = if policy.dead_letter { "dead letter" } else { "failed" };
    let drawing =
        Timeline { sends_ms: policy.retry.sends_ms(), end: end.to_owned(), agreed_ms: interface.sla.latency_p95_ms };
    Errors {
        phrase: policy.retry.phrase.clone(),
        line: sheet.place(policy.retry.span),
        sentence: words::retry_sentence(&policy.retry),
        timeline: timeline::draw(&drawing),
        checks: checks(sheet),
        notes: notes(sheet),
        outcomes: outcomes(sheet),
        defaults: defaults(sheet),
        responses: responses(sheet),
    }
}

fn checks(sheet: &Sheet<'_>) -> Vec<Check> {
    let interface = sheet.interface;
    let retry = &interface.errors.retry;
    let last = retry.sends_ms().last().copied().unwrap_or(0);
    let mut checks = Vec::new();
    if let Some(agreed) = interface.sla.latency_p95_ms {
        let (last_words, agreed_words) = (words::duration(last), words::duration(agreed));
        checks.push(if last <= agreed {
            let text = format!("Even a message that needs its last send, at {last_words}, can be through within the agreed {agreed_words}.");
            Check { class: "good", word: "fits", text }
        } else {
            let text = format!("The last send is at {last_words}; {agreed_words} is agreed for 95 of 100 messages. A message that needs it is late.");
            Check { class: "warn", word: "longer than agreed", text }
        });
    }
    if let TriggerKind::Request { durability: Durability::Durable, timeout_ms, .. } = interface.trigger.kind
        && last > timeout_ms
    {
        let text = format!(
            "The caller waits {} at most, then gets 202; later sends go on without it.",
            words::duration(timeout_ms)
        );
        checks.push(Check { class: "plain", word: "caller", text });
    }
    let worst = worst_case(sheet, retry);
    let text =
        format!("When every send waits for its time-out, the end comes after {} at most.", words::duration(worst));
    checks.push(Check { class: "plain", word: "worst case", text });
    checks
}

/// Longest time to the end: every delay with its random share, every send up to its time-out.
fn worst_case(sheet: &Sheet<'_>, retry: &Retry) -> u64 {
    let slowest = operations(&sheet.interface.flow)
        .into_iter()
        .filter_map(|reference| sheet.operation(reference))
        .map(|operation| operation.timeout_ms)
        .max()
        .unwrap_or(0);
    let delays = retry.sends_ms().last().copied().unwrap_or(0);
    let jitter = delays.saturating_mul(u64::from(retry.jitter_percent)) / 100;
    let sends = u64::from(retry.retries) + 1;
    let whole = delays.saturating_add(jitter).saturating_add(sends.saturating_mul(slowest));
    // A worst case to the millisecond would be a false precision.
    whole.div_ceil(1000) * 1000
}

fn notes(sheet: &Sheet<'_>) -> Vec<Html> {
    let policy = &sheet.interface.errors;
    let retry = &policy.retry;
    let mut notes = Vec::new();
    if retry.retries > 0 {
        notes.push(Html::of(&format!(
            "Each pause is counted from the end of the failed send and may be up to {} % longer, never shorter. No pause is longer than {}. A Retry-After of the system is honoured up to {}.",
            retry.jitter_percent,
            words::duration(retry.cap_ms),
            words::duration(retry.retry_after_cap_ms)
        )));
    }
    let end = if policy.dead_letter {
        Html::of(
            "Dead-letter list: enabled. A message that cannot be delivered stays there with everything needed to decide.",
        )
    } else {
        Html::of("Dead-letter list: not applicable. A message that cannot be delivered stays as a FAILED record.")
    };
    notes.push(end.text(" ").html(&sheet.line(sheet.front.line(&["errors", "dead_letter"]))));
    let unknown = match policy.on_unknown {
        OnUnknown::Retry => "When nobody knows whether an operation without a probe did its work, it is sent again.",
        OnUnknown::Hold => {
            "When nobody knows whether an operation without a probe did its work, the message is held for a person."
        }
    };
    let line = sheet.front.line(&["errors", "on_unknown"]);
    notes.push(Html::of(unknown).text(" ").html(&sheet.line(line)));
    notes
}

fn outcomes(sheet: &Sheet<'_>) -> Vec<OutcomeRow> {
    let mut rows = Vec::new();
    for reference in operations(&sheet.interface.flow) {
        let Some(operation) = sheet.operation(reference) else {
            continue;
        };
        let link = Html::new().link(&sheet.operation_href(reference), &reference.operation);
        rows.extend(operation.outcomes.iter().map(|rule| OutcomeRow {
            operation: link.clone(),
            answer: words::target_name(&rule.target),
            class: words::class_name(rule.class),
            effect: words::class_sentence(rule.class),
            reason: rule.reason.clone(),
            line: sheet.system_line(&reference.system, rule.span),
        }));
    }
    rows
}

const HTTP: &[(&str, &str)] = &[
    ("2xx", "delivered"),
    ("408, 425, 429, 500, 502, 503, 504; refused; no address yet; time-out before the request was sent", "retryable"),
    ("no reply after the request was sent", "unknown"),
    ("401, 403 with a fresh token; certificate refused", "target"),
    ("every other 4xx; 501, 505", "permanent"),
];
const RFC: &[(&str, &str)] = &[
    ("reply without fault; RETURN of type S, I or W", "delivered"),
    ("COMMUNICATION_FAILURE, SYSTEM_FAILURE; fault of the server", "retryable"),
    ("no reply after the call was sent", "unknown"),
    ("logon refused", "target"),
    ("RETURN of type E or A; ABAP exception; fault of the client", "permanent"),
];
const SFTP: &[(&str, &str)] = &[
    ("file renamed to its final name", "delivered"),
    ("connection lost; no space", "retryable"),
    ("reply to the rename lost", "unknown"),
    ("logon refused; host key changed", "target"),
    ("no permission; path does not exist", "permanent"),
];

fn defaults(sheet: &Sheet<'_>) -> Vec<Defaults> {
    let mut found: Vec<Defaults> = Vec::new();
    for reference in operations(&sheet.interface.flow) {
        let (protocol, rows) = match sheet.operation(reference).map(|operation| &operation.protocol) {
            Some(Protocol::Rest { .. } | Protocol::OData { .. }) => ("HTTP", HTTP),
            Some(Protocol::Rfc { .. }) => ("RFC", RFC),
            Some(Protocol::SftpPut { .. }) => ("SFTP", SFTP),
            None => continue,
        };
        if !found.iter().any(|known| known.protocol == protocol) {
            found.push(Defaults { protocol, rows });
        }
    }
    found
}

fn responses(sheet: &Sheet<'_>) -> Vec<ResponseRow> {
    let interface = sheet.interface;
    if matches!(interface.trigger.kind, TriggerKind::Schedule(_)) {
        return Vec::new();
    }
    let line = sheet.front.line(&["errors", "responses"]);
    let mut rows: Vec<ResponseRow> = interface
        .errors
        .responses
        .iter()
        .map(|rule| {
            let own = sheet.front.line(&["errors", "responses", &rule.status.to_string()]);
            ResponseRow { status: rule.status, meaning: rule.meaning.clone(), line: sheet.line(own.max(line)) }
        })
        .collect();
    for (status, meaning) in implied(sheet) {
        if !rows.iter().any(|row| row.status == status) {
            rows.push(ResponseRow { status, meaning, line: Html::new() });
        }
    }
    rows.sort_by_key(|row| row.status);
    rows
}

/// What the trigger implies without a word in the document.
fn implied(sheet: &Sheet<'_>) -> Vec<(u16, String)> {
    let trigger = &sheet.interface.trigger;
    let mut rows: Vec<(u16, String)> = Vec::new();
    match trigger.kind {
        TriggerKind::Http { .. } => rows.push((202, "Stored; the message's address is in the answer".to_owned())),
        TriggerKind::Request { durability, .. } => {
            walk(&sheet.interface.flow, &mut |step| {
                if let StepKind::Reply { status, .. } = step.kind
                    && !rows.iter().any(|row| row.0 == status)
                {
                    rows.push((status, "Done; the answer is in the body".to_owned()));
                }
            });
            if durability == Durability::Durable {
                rows.push((202, "Not done in time; the message is stored and goes on".to_owned()));
            }
        }
        TriggerKind::Schedule(_) => {}
    }
    if trigger.message.is_some() {
        rows.push((400, "The body is not valid; the problem lists every field at fault".to_owned()));
        rows.push((413, format!("The body is larger than {}", words::bytes(trigger.max_body_bytes))));
    }
    match &trigger.auth {
        catalog::model::Auth::None => {}
        auth => {
            rows.push((401, "No credentials, or they are not valid".to_owned()));
            if matches!(auth, catalog::model::Auth::OAuth2 { scopes, .. } if !scopes.is_empty()) {
                rows.push((403, "The token lacks the scope of this interface".to_owned()));
            }
        }
    }
    if let Some(rate) = trigger.max_per_minute {
        rows.push((
            429,
            format!("More than {} requests in a minute; Retry-After says when to come back", words::number(rate)),
        ));
    }
    rows
}

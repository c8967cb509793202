//! Errors and retry: the timetable, what answers mean, what callers get.
//!
//! In: policies and operations. Out: [`Errors`]. Never knows: what really happened.

use catalog::model::{Auth, Durability, OnUnknown, Protocol, Retry, StepKind, TriggerKind};

use super::Sheet;
use super::breaks::is_journalled;
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
    pub(super) rows: Vec<(&'static str, &'static str)>,
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
    let end = match (is_journalled(interface), policy.dead_letter) {
        (false, _) => "error to the caller",
        (true, true) => "dead letter",
        (true, false) => "failed",
    };
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
    if let Some(latest_ms) = retry.give_up_after_ms {
        notes.push(Html::of(&format!(
            "Nothing is sent later than {} after the message was accepted, however many sends are left; waiting for a system counts.",
            words::duration(latest_ms)
        )));
    }
    if !is_journalled(sheet.interface) {
        notes.push(Html::of(
            "Nothing is stored, so there is no dead-letter list: the caller learns of the failure and asks again.",
        ));
        return notes;
    }
    let end = if policy.dead_letter {
        "Dead-letter list: enabled. A message that cannot be delivered stays there with everything needed to decide."
    } else {
        "Dead-letter list: not applicable. A message that cannot be delivered stays as a FAILED record."
    };
    notes.push(Html::of(end).html(&sheet.line(sheet.front.line(&["errors", "dead_letter"]))));
    let unknown = match policy.on_unknown {
        OnUnknown::Retry => "When nobody knows whether an operation without a probe did its work, it is sent again.",
        OnUnknown::Hold => {
            "When nobody knows whether an operation without a probe did its work, the message is held for a person."
        }
    };
    let line = sheet.front.line(&["errors", "on_unknown"]);
    notes.push(Html::of(unknown).html(&sheet.line(line)));
    notes
}

/// The rules of this interface, then those of the operations, in the order in which they decide.
fn outcomes(sheet: &Sheet<'_>) -> Vec<OutcomeRow> {
    let own = sheet.interface.errors.outcomes.iter();
    let mut rows: Vec<OutcomeRow> = own
        .map(|own| OutcomeRow {
            operation: own.operation.as_ref().map_or_else(
                || Html::of("every operation"),
                |reference| Html::new().link(&sheet.operation_href(reference), &reference.operation),
            ),
            answer: words::target_name(&own.rule.target),
            class: words::class_name(own.rule.class),
            effect: words::class_sentence(own.rule.class),
            reason: own.rule.reason.clone(),
            line: sheet.place(own.rule.span),
        })
        .collect();
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

fn defaults(sheet: &Sheet<'_>) -> Vec<Defaults> {
    let mut found: Vec<Defaults> = Vec::new();
    for reference in operations(&sheet.interface.flow) {
        let Some(operation) = sheet.operation(reference) else { continue };
        let protocol = match operation.protocol {
            Protocol::Rest { .. } | Protocol::OData { .. } => "HTTP",
            Protocol::Rfc { .. } => "RFC",
            Protocol::SftpPut { .. } => "SFTP",
        };
        if !found.iter().any(|known| known.protocol == protocol) {
            let rows = catalog::outcomes::defaults(&operation.protocol).iter();
            found.push(Defaults {
                protocol,
                rows: rows.map(|row| (row.answers, words::class_name(row.class))).collect(),
            });
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
        TriggerKind::Http { .. } => rows.push((202, "Stored; the answer says where its state can be read".to_owned())),
        TriggerKind::Request { durability, .. } => answers(sheet, durability, &mut rows),
        TriggerKind::Schedule(_) => {}
    }
    if trigger.message.is_some() || !trigger.parameters.is_empty() {
        rows.push((400, "Body or parameters are not valid; every field at fault is listed".to_owned()));
    }
    if trigger.message.is_some() {
        rows.push((413, format!("The body is larger than {}", words::bytes(trigger.max_body_bytes))));
        rows.push((415, "The media type is not JSON".to_owned()));
    }
    if trigger.auth != Auth::None {
        rows.push((401, "No credentials, or they are not valid".to_owned()));
    }
    if matches!(&trigger.auth, Auth::OAuth2 { scopes, .. } if !scopes.is_empty()) {
        rows.push((403, "The token lacks the scope of this interface".to_owned()));
    }
    if trigger.idempotency.is_some() {
        rows.push((422, "The idempotency key came back with another body".to_owned()));
    }
    if let Some(rate) = trigger.max_per_minute {
        let rate = words::number(rate);
        rows.push((429, format!("More than {rate} requests in a minute; Retry-After says when to come back")));
    }
    rows.push((503, "Starting, stopping, or the store cannot write; Retry-After says when to come back".to_owned()));
    rows
}

/// What callers who wait get from the flow.
fn answers(sheet: &Sheet<'_>, durability: Durability, rows: &mut Vec<(u16, String)>) {
    walk(&sheet.interface.flow, &mut |step| {
        if let StepKind::Reply { status, .. } = step.kind
            && !rows.iter().any(|row| row.0 == status)
        {
            rows.push((status, "Done".to_owned()));
        }
    });
    if durability == Durability::Durable {
        rows.push((202, "Not done in time; the message is stored and goes on".to_owned()));
    }
    rows.push((404, "The system that was asked says so; so do 409 and 410".to_owned()));
    rows.push((422, "The system that was asked, or a rule of the document, refuses".to_owned()));
    rows.push((502, "The system cannot be reached or understood".to_owned()));
    rows.push((504, "Nobody knows whether the system did the work".to_owned()));
}

//! Policies of an interface as Rust: trigger, retry, outcome rules, keys.
//!
//! In: the model's policies. Out: expressions of the runtime's descriptor, as text. Never knows: flows, messages.

use catalog::model::{
    Auth, Backoff, Durability, KeySource, Method, Missed, Overlap, Override, Place, Retention, Retry, Schedule,
    Searchable, Trigger, TriggerKind,
};

use super::{system, types::system_module};
use crate::names;

/// A start of a timetable is recognised for at least this long: longer than anybody catches up.
const SCHEDULE_WINDOW_S: u64 = 7 * 24 * 3600;

/// `Kept` in Rust.
pub(super) fn kept(retention: Retention) -> String {
    if retention == Retention::default() {
        return "Kept::BY_ENVIRONMENT".to_owned();
    }
    let Retention { body_days, record_days, dead_letter_days } = retention;
    format!("Kept {{ content_days: {body_days:?}, days: {record_days:?}, dead_days: {dead_letter_days:?} }}")
}

/// `Searchable` in Rust.
pub(super) fn searchable(field: &Searchable) -> String {
    let place = match &field.place {
        Place::Body(pointer) => format!("Body({pointer:?})"),
        Place::Parameter(name) => format!("Parameter({name:?})"),
    };
    format!("Searchable {{ name: {:?}, place: Place::{place} }}", field.name)
}

/// How long the key of a message is remembered, in seconds.
pub(super) fn idempotency_window_s(trigger: &Trigger) -> u64 {
    match &trigger.kind {
        TriggerKind::Schedule(schedule) => SCHEDULE_WINDOW_S.max(schedule.catch_up_ms.div_ceil(1000).saturating_mul(2)),
        _ => trigger.idempotency.as_ref().map_or(0, |idempotency| idempotency.window_s),
    }
}

/// `KeySource` in Rust.
pub(super) fn key_source(trigger: &Trigger) -> String {
    match trigger.idempotency.as_ref().map(|idempotency| &idempotency.key) {
        None | Some(KeySource::Expr(_)) => "KeySource::Message".to_owned(),
        Some(KeySource::Header(name)) => format!("KeySource::Header({name:?})"),
        Some(KeySource::CloudEvent) => "KeySource::CloudEvent".to_owned(),
        Some(KeySource::Webhook) => "KeySource::Webhook".to_owned(),
        Some(KeySource::Body) => "KeySource::Body".to_owned(),
    }
}

/// `Override` in Rust.
pub(super) fn outcome_override(own: &Override) -> String {
    let operation = own.operation.as_ref().map_or("None".to_owned(), |reference| {
        format!("Some(&{}::{})", system_module(&reference.system), names::constant(&reference.operation))
    });
    format!("Override {{ operation: {operation}, rule: {} }}", system::outcome(&own.rule))
}

/// `Trigger` in Rust.
pub(super) fn trigger(trigger: &Trigger) -> String {
    let endpoint = |method: &Method, path: &str| {
        format!(
            "Endpoint {{ method: Method::{method:?}, path: {path:?}, auth: {}, max_body_bytes: {}, max_per_minute: {}, has_body: {} }}",
            inbound(&trigger.auth),
            number(trigger.max_body_bytes),
            trigger.max_per_minute.map(number).map_or("None".to_owned(), |number| format!("Some({number})")),
            trigger.message.is_some()
        )
    };
    match &trigger.kind {
        TriggerKind::Http { method, path } => format!("Trigger::Http({})", endpoint(method, path)),
        TriggerKind::Request { method, path, durability, timeout_ms } => format!(
            "Trigger::Request {{ endpoint: {}, durable: {}, timeout_ms: {} }}",
            endpoint(method, path),
            *durability == Durability::Durable,
            number(*timeout_ms)
        ),
        TriggerKind::Schedule(schedule) => timed(schedule),
    }
}

fn timed(schedule: &Schedule) -> String {
    let missed = match schedule.missed {
        Missed::Once => "Missed::Once".to_owned(),
        Missed::Skip => "Missed::Skip".to_owned(),
        Missed::All { most } => format!("Missed::All {{ most: {most} }}"),
    };
    let overlap = match schedule.overlap {
        Overlap::Skip => "Skip",
        Overlap::QueueOne => "QueueOne",
        Overlap::Allow => "Allow",
    };
    format!(
        "Trigger::Schedule {{ cron: {:?}, zone: {:?}, missed: {missed}, catch_up_ms: {}, overlap: Overlap::{overlap} }}",
        schedule.cron,
        schedule.zone,
        number(schedule.catch_up_ms)
    )
}

fn inbound(auth: &Auth) -> String {
    match auth {
        Auth::OAuth2 { scopes, .. } => {
            let scopes: Vec<String> = scopes.iter().map(|scope| format!("{scope:?}")).collect();
            format!("InboundAuth::OAuth2 {{ scopes: &[{}] }}", scopes.join(", "))
        }
        Auth::None => "InboundAuth::None".to_owned(),
        // The other ways are outbound only; the checker has refused them here.
        Auth::Basic | Auth::ClientCertificate | Auth::SshPassword | Auth::SshKey => "InboundAuth::Basic".to_owned(),
    }
}

/// `Retry` in Rust.
pub(super) fn retry(retry: &Retry) -> String {
    let factor = match retry.backoff {
        Backoff::Fixed => 1,
        Backoff::Exponential => 2,
    };
    format!(
        "Retry {{ retries: {}, interval_ms: {}, factor: {factor}, cap_ms: {}, jitter_percent: {}, retry_after_cap_ms: {}, give_up_after_ms: {} }}",
        retry.retries,
        number(retry.interval_ms),
        number(retry.cap_ms),
        retry.jitter_percent,
        number(retry.retry_after_cap_ms),
        retry.give_up_after_ms.map(number).map_or("None".to_owned(), |number| format!("Some({number})"))
    )
}

/// `Line 44: 3 attempts every 30s, so sends at 0 s, 30 s, 1 min`.
pub(super) fn timetable(retry: &Retry) -> String {
    const MOST: usize = 6;
    let sends = retry.sends_ms();
    let mut times: Vec<String> = sends.iter().take(MOST).map(|ms| duration(*ms)).collect();
    if sends.len() > MOST {
        times.push("…".to_owned());
    }
    let phrase = if retry.phrase.is_empty() { "retry".to_owned() } else { format!("`{}`", retry.phrase) };
    format!("Line {}: {phrase}, so sends at {}", retry.span.line, times.join(", "))
}

/// `90_000` ms as `1 min 30 s`.
fn duration(ms: u64) -> String {
    if ms == 0 {
        return "0 s".to_owned();
    }
    let parts = [(ms / 3_600_000, "h"), (ms / 60_000 % 60, "min"), (ms / 1000 % 60, "s"), (ms % 1000, "ms")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    parts.join(" ")
}

/// `30_000`.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len() > 4 && (digits.len() - index).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

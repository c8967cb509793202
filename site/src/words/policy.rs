//! Policies in words: retry, authentication, outcomes, life cycle.
//!
//! In: policies of the model. Out: names for tables and sentences for people. Never knows: pages.

use catalog::model::{
    Auth, Backoff, Delivered, KeySource, Method, Missed, OutcomeClass, Overlap, Protocol, Retry, Schedule, Status,
    Style, Target,
};

use super::{duration, list, times};
use crate::html::Html;

/// What happens to a send that failed: `A failed send is repeated twice, every 30 s.`
pub(crate) fn retry_sentence(retry: &Retry) -> String {
    if retry.retries == 0 {
        return "A failed send is not repeated.".to_owned();
    }
    let times = times(retry.retries);
    match retry.backoff {
        Backoff::Fixed if retry.retries == 1 => {
            format!("A failed send is repeated once, after {}.", duration(retry.interval_ms))
        }
        Backoff::Fixed => format!("A failed send is repeated {times}, every {}.", duration(retry.interval_ms)),
        Backoff::Exponential => {
            format!(
                "A failed send is repeated {times}: after {}, then each time after twice as long.",
                duration(retry.interval_ms)
            )
        }
    }
}

/// The name of a way to authenticate, for a table.
pub(crate) fn auth_name(auth: &Auth) -> &'static str {
    match auth {
        Auth::OAuth2 { .. } => "OAuth 2.0",
        Auth::Basic => "User and password (basic)",
        Auth::ClientCertificate => "Client certificate",
        Auth::SshPassword => "SSH user and password",
        Auth::SshKey => "SSH user and key",
        Auth::None => "None",
    }
}

/// What exactly is checked or asked for.
pub(crate) fn auth_sentence(auth: &Auth) -> String {
    match auth {
        Auth::OAuth2 { scopes, audience } => {
            let mut parts = Vec::new();
            if !scopes.is_empty() {
                parts.push(format!("{} {}", if scopes.len() == 1 { "scope" } else { "scopes" }, list(scopes)));
            }
            if let Some(audience) = audience {
                parts.push(format!("audience {audience}"));
            }
            parts.join(", ")
        }
        Auth::SshPassword | Auth::SshKey => "host key pinned".to_owned(),
        Auth::Basic | Auth::ClientCertificate | Auth::None => String::new(),
    }
}

/// The protocol's name: `REST`.
pub(crate) fn protocol_name(protocol: &Protocol) -> &'static str {
    match protocol {
        Protocol::Rest { .. } => "REST",
        Protocol::OData { .. } => "OData",
        Protocol::Rfc { .. } => "RFC",
        Protocol::SftpPut { .. } => "SFTP",
    }
}

/// The method as it goes over the wire.
pub(crate) fn method_name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}

/// What a second call does.
pub(crate) fn delivered_sentence(delivered: &Delivered) -> String {
    match delivered {
        Delivered::Naturally => "A repetition changes nothing.".to_owned(),
        Delivered::ByKey { header } => format!("A repetition is recognised by the key in the header {header}."),
        Delivered::Twice => "A repetition does the work twice.".to_owned(),
    }
}

/// What an outcome rule looks at: `409`, `ME 006`.
pub(crate) fn target_name(target: &Target) -> String {
    match target {
        Target::Status(status) => format!("HTTP {status}"),
        Target::ErrorCode(code) => code.clone(),
        Target::BapiMessage { id, number } => format!("{id} {number}"),
    }
}

/// The class's name.
pub(crate) fn class_name(class: OutcomeClass) -> &'static str {
    match class {
        OutcomeClass::Delivered => "delivered",
        OutcomeClass::Duplicate => "duplicate",
        OutcomeClass::Retryable => "retryable",
        OutcomeClass::Unknown => "unknown",
        OutcomeClass::Target => "target",
        OutcomeClass::Permanent => "permanent",
    }
}

/// What the class makes the runtime do.
pub(crate) fn class_sentence(class: OutcomeClass) -> &'static str {
    match class {
        OutcomeClass::Delivered => "The work is done.",
        OutcomeClass::Duplicate => "Was done before; counts as done.",
        OutcomeClass::Retryable => "Sent again at the next time of the timetable.",
        OutcomeClass::Unknown => "Nobody knows yet whether the work was done.",
        OutcomeClass::Target => "The system refuses us as such: messages wait, no try is used.",
        OutcomeClass::Permanent => "Never sent again.",
    }
}

/// What makes two messages the same.
pub(crate) fn key_source(key: &KeySource) -> Html {
    match key {
        KeySource::Expr(expr) => super::in_words(expr),
        KeySource::Header(name) => Html::of("the header ").code(name),
        KeySource::CloudEvent => Html::of("source and id of the CloudEvent"),
        KeySource::Webhook => Html::of("the header ").code("webhook-id"),
        KeySource::Body => Html::of("its body, byte for byte"),
    }
}

/// What becomes of starts that nobody was there for.
pub(crate) fn missed_sentence(schedule: &Schedule) -> String {
    let back = duration(schedule.catch_up_ms);
    match schedule.missed {
        Missed::Once => format!("the last one is made up for, if it is not older than {back}"),
        Missed::Skip => "none is made up for".to_owned(),
        Missed::All { most } => format!("the last {most} at most are made up for in order, none older than {back}"),
    }
}

/// What happens to a start while an earlier run is unfinished.
pub(crate) fn overlap_sentence(overlap: Overlap) -> &'static str {
    match overlap {
        Overlap::Skip => "recorded as DISCARDED for OVERLAP, and does not run",
        Overlap::QueueOne => "waits for the end of the earlier run; a further one is recorded as DISCARDED for OVERLAP",
        Overlap::Allow => "runs beside the earlier one",
    }
}

/// The life cycle's word.
pub(crate) fn status_name(status: Status) -> &'static str {
    match status {
        Status::Draft => "draft",
        Status::Active => "active",
        Status::Deprecated => "deprecated",
        Status::Retired => "retired",
    }
}

/// The class that colours the life cycle's word.
pub(crate) fn status_class(status: Status) -> &'static str {
    match status {
        Status::Active => "good",
        Status::Draft => "plain",
        Status::Deprecated | Status::Retired => "warn",
    }
}

/// The style's name.
pub(crate) fn style_name(style: Style) -> &'static str {
    match style {
        Style::Application => "Application integration",
        Style::EventDriven => "Event-driven",
        Style::ApiManaged => "API-managed",
        Style::FileTransfer => "File transfer",
        Style::DataReplication => "Data replication",
        Style::B2b => "B2B",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::model::Span;

    #[test]
    fn retry_says_when() {
        let policy = |retries, backoff| Retry {
            phrase: String::new(),
            retries,
            interval_ms: 30_000,
            backoff,
            cap_ms: 3_600_000,
            jitter_percent: 10,
            retry_after_cap_ms: 3_600_000,
            give_up_after_ms: None,
            span: Span::default(),
        };
        for (retries, backoff, expected) in [
            (0, Backoff::Fixed, "A failed send is not repeated."),
            (1, Backoff::Fixed, "A failed send is repeated once, after 30 s."),
            (2, Backoff::Fixed, "A failed send is repeated twice, every 30 s."),
            (
                3,
                Backoff::Exponential,
                "A failed send is repeated 3 times: after 30 s, then each time after twice as long.",
            ),
        ] {
            assert_eq!(retry_sentence(&policy(retries, backoff)), expected);
        }
    }
}

//! Policies that contradict each other, or that are not what they look like.
//!
//! In: an interface. Out: diagnostics. Never knows: other interfaces.

use super::Subject;
use crate::findings::Findings;
use crate::model::TriggerKind;
use crate::phrase;

/// Lints trigger and error policy.
pub(super) fn lint(subject: &Subject<'_>, findings: &mut Findings) {
    retry(subject, findings);
    ends(subject, findings);
    let interface = subject.interface;
    if matches!(interface.trigger.kind, TriggerKind::Http { .. }) && interface.trigger.idempotency.is_none() {
        findings
            .add("W-IDEMPOTENCY", interface.trigger.span, "a notification that is sent twice is processed twice")
            .help("say what makes two messages the same, like `idempotency: event.eventId`");
    }
    if let Some(span) = subject.places.audit {
        findings
            .add("I-DOCUMENTATION", span, "the audit log is documentation: the runtime does not have it yet")
            .help("the page marks it so");
    }
}

fn retry(subject: &Subject<'_>, findings: &mut Findings) {
    let interface = subject.interface;
    let retry = &interface.errors.retry;
    if retry.retries == 0 {
        return;
    }
    let times = phrase::timetable(retry);
    findings.add("I-RETRY", retry.span, format!("a message whose target fails is sent at {}", times.join(", ")));
    let last = retry.sends_ms().last().copied().unwrap_or_default();
    if let Some(limit) = interface.sla.latency_p95_ms.filter(|limit| last > *limit) {
        let message = format!(
            "the last send is at {}, and 95 of 100 messages shall be through in {}",
            phrase::human(last),
            phrase::human(limit)
        );
        findings
            .add("W-SLA-RETRY", retry.span, message)
            .help("a message that needs all retries breaks the service level: shorten the timetable, or agree that the level holds for messages that succeed at once");
    }
}

/// What happens in the end, and who hears of it.
fn ends(subject: &Subject<'_>, findings: &mut Findings) {
    let errors = &subject.interface.errors;
    if !errors.dead_letter && errors.retry.retries > 0 {
        findings
            .add("W-DLQ", subject.places.dead_letter, "a message that fails after the last retry is not kept for a decision")
            .help("it ends as FAILED with its body removed; enable the dead-letter list unless the sender sends again by itself");
    }
    if errors.alerts.is_empty() {
        findings
            .add("W-ALERT", errors.span, "nobody is told when a message fails")
            .help("name a channel, like `alert: [SAP Alert Notification]`");
    }
    for (index, alert) in errors.alerts.iter().enumerate() {
        if errors.alerts[..index].iter().any(|earlier| earlier.channel == alert.channel) {
            findings.add("W-ALERT", alert.span, format!("the channel `{}` stands twice", alert.channel));
        }
    }
}

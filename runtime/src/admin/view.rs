//! What the operator sees: rows as JSON.
//!
//! In: rows of the journal, descriptors. Out: JSON; times both in milliseconds since 1970 and as RFC 3339. Never knows:
//! requests.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    descriptor::{Interface, Operation, Trigger},
    engine::Backlog,
    flow::Handler,
    format::{json as text, mask::masked},
    journal::{Attempt, Delivery, Grave, Incident, Post, PostState, Row, Story, class_word, codec},
    lifecycle::Reason,
};

pub(super) fn interface(interface: &Interface, backlog: Backlog) -> Value {
    let trigger = match &interface.trigger {
        Trigger::Http(endpoint) | Trigger::Request { endpoint, .. } => {
            format!("{} {}", format!("{:?}", endpoint.method).to_uppercase(), endpoint.path)
        }
        Trigger::Schedule { cron, zone } => format!("{cron} {zone}"),
    };
    json!({
        "smart_id": interface.smart_id,
        "title": interface.title,
        "document": interface.document,
        "digest": interface.digest,
        "source": interface.source,
        "target": interface.target,
        "trigger": trigger,
        "dead_letter": interface.dead_letter,
        "alerts": interface.alerts,
        "backlog": backlog.messages,
        "oldest_ms": backlog.oldest_ms,
    })
}

pub(super) fn row(row: &Row) -> Value {
    json!({
        "id": row.id,
        "interface": row.interface,
        "digest": row.digest,
        "principal": row.principal,
        "trace_id": crate::log::trace_id(&row.traceparent),
        "error_id": row.request_id,
        "state": row.state.as_str(),
        "reason": row.reason.map(Reason::as_str),
        "detail": row.detail,
        "crashes": row.crashes,
        "accepted_ms": row.accepted_ms,
        "accepted_at": at(row.accepted_ms),
        "due_ms": row.due_ms,
        "due_at": row.due_ms.map(at),
        "ended_ms": row.ended_ms,
        "ended_at": row.ended_ms.map(at),
    })
}

pub(super) fn story(story: &Story, handlers: &[Arc<dyn Handler>]) -> Value {
    let mut value = row(&story.row);
    value["size_bytes"] = story.size_bytes.into();
    value["deliveries"] = story.deliveries.iter().map(delivery).collect();
    value["attempts"] = story.attempts.iter().map(attempt).collect();
    value["dead_letter"] = story.grave.as_ref().map(|found| last_words(&story.row, found, handlers)).into();
    value
}

pub(super) fn grave(buried: &Row, grave: &Grave, handlers: &[Arc<dyn Handler>]) -> Value {
    let mut value = row(buried);
    value["dead_letter"] = last_words(buried, grave, handlers);
    value
}

fn last_words(row: &Row, grave: &Grave, handlers: &[Arc<dyn Handler>]) -> Value {
    json!({
        "sentence": grave.sentence,
        "reason": row.reason.map(Reason::as_str),
        "runbook": row.reason.map(|reason| format!("#{}", reason.as_str().to_lowercase().replace('_', "-"))),
        "class": grave.class.map(class_word),
        "step": grave.step,
        "system": grave.system,
        "operation": grave.operation,
        "tries": grave.tries,
        "mapped": preview(row, grave, handlers),
        "field_errors": grave.field_errors,
        "at_ms": grave.at_ms,
        "at": at(grave.at_ms),
    })
}

/// The body that was to be sent, masked. Without the operation's list of sensitive fields nothing is shown.
fn preview(row: &Row, grave: &Grave, handlers: &[Arc<dyn Handler>]) -> Option<Value> {
    let operation = operation(row, grave, handlers)?;
    let tree = codec::decode(grave.mapped.as_ref()?).ok()?;
    serde_json::from_str(&text::write(&masked(&tree, operation.sensitive))).ok()
}

fn operation(row: &Row, grave: &Grave, handlers: &[Arc<dyn Handler>]) -> Option<&'static Operation> {
    let handler = handlers.iter().find(|handler| handler.interface().smart_id == row.interface)?;
    let mut operations = handler.interface().operations.iter().copied();
    operations.find(|operation| operation.system.name == grave.system && operation.name == grave.operation)
}

fn delivery(delivery: &Delivery) -> Value {
    json!({
        "step": delivery.step,
        "system": delivery.system,
        "operation": delivery.operation,
        "done": delivery.done,
        "in_doubt": delivery.doubt,
        "tries": delivery.tries,
        "attempts": delivery.attempts,
    })
}

fn attempt(attempt: &Attempt) -> Value {
    json!({
        "step": attempt.step,
        "n": attempt.n,
        "class": class_word(attempt.class),
        "status": attempt.status,
        "start_ms": attempt.start_ms,
        "start_at": at(attempt.start_ms),
        "end_ms": attempt.end_ms,
        "end_at": at(attempt.end_ms),
        "reason": attempt.reason,
        "excerpt": attempt.excerpt,
    })
}

pub(super) fn incident(incident: &Incident) -> Value {
    json!({
        "dedup_key": incident.dedup_key,
        "interface": incident.interface,
        "target": incident.target,
        "reason": incident.reason.as_str(),
        "status": if incident.firing { "firing" } else { "resolved" },
        "count": incident.count,
        "first_ms": incident.first_ms,
        "first_at": at(incident.first_ms),
        "last_ms": incident.last_ms,
        "last_at": at(incident.last_ms),
        "channels": incident.channels,
        "message": incident.message_id,
        "detail": incident.detail,
    })
}

pub(super) fn post(post: &Post) -> Value {
    json!({
        "id": post.id,
        "channel": post.channel,
        "dedup_key": post.incident.dedup_key,
        "closes": !post.incident.firing,
        "state": match post.state {
            PostState::Pending => "PENDING",
            PostState::Sent => "SENT",
            PostState::GivenUp => "GIVEN_UP",
        },
        "tries": post.tries,
        "due_ms": post.due_ms,
        "created_ms": post.created_ms,
        "created_at": at(post.created_ms),
        "error": post.error,
    })
}

fn at(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
}

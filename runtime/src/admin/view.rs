//! What the operator sees: rows as JSON.
//!
//! In: rows of the journal, descriptors. Out: JSON; times both in milliseconds since 1970 and as RFC 3339. Never knows:
//! requests.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    descriptor::{Interface, Operation, Trigger},
    engine::{Backlog, Rehearsal, Standing, Way},
    flow::Handler,
    format::{json as text, mask::masked},
    journal::{
        Attempt, Audited, Delivery, Grave, Incident, Pause, Post, PostState, Row, Scope, Story, audit, class_word,
        codec,
    },
    lifecycle::Reason,
    metrics::Totals,
};

pub(super) fn interface(interface: &Interface, backlog: Backlog, totals: &Totals, paused: Option<&Pause>) -> Value {
    let trigger = match &interface.trigger {
        Trigger::Http(endpoint) | Trigger::Request { endpoint, .. } => {
            format!("{} {}", format!("{:?}", endpoint.method).to_uppercase(), endpoint.path)
        }
        Trigger::Schedule { cron, zone, .. } => format!("{cron} {zone}"),
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
        "oldest_at": backlog.oldest_ms.map(at),
        "accepted": totals.accepted,
        "ended": totals.ended,
        "dead_letters": totals.dead_letters,
        "paused": paused.map(pause),
    })
}

/// Whether a pause is of this interface.
pub(super) fn is_of(pause: &Pause, smart_id: &str) -> bool {
    matches!(&pause.scope, Scope::Interface(name) if name == smart_id)
}

pub(super) fn pause(pause: &Pause) -> Value {
    let (kind, name) = match &pause.scope {
        Scope::Interface(name) => ("interface", name),
        Scope::Target(name) => ("target", name),
    };
    json!({
        "scope": pause.scope.to_text(),
        "kind": kind,
        "name": name,
        "since_ms": pause.since_ms,
        "since_at": at(pause.since_ms),
        "who": pause.who,
        "why": pause.why,
    })
}

pub(super) fn way(way: &Way) -> Value {
    let (breaker, until_ms) = match way.standing {
        Standing::Closed => ("closed", None),
        Standing::Open { until_ms } => ("open", Some(until_ms)),
        Standing::HalfOpen => ("half-open", None),
    };
    json!({
        "system": way.system,
        "breaker": breaker,
        "open_until_ms": until_ms,
        "open_until_at": until_ms.map(at),
        "in_flight": way.in_flight,
        "at_a_time": way.at_a_time,
        "paused": way.paused.as_ref().map(pause),
    })
}

pub(super) fn audited(row: &Audited) -> Value {
    let entry = &row.entry;
    json!({
        "no": row.no,
        "at_ms": entry.at_ms,
        "at": at(entry.at_ms),
        "who": entry.who,
        "role": entry.role,
        "action": entry.action,
        "subject": entry.subject,
        "why": entry.why,
        "result": entry.result,
        "hash": audit::hex(&row.hash),
    })
}

pub(super) fn rehearsal(id: &str, rehearsal: &Rehearsal) -> Value {
    let calls = rehearsal.calls.iter().map(|call| {
        json!({
            "step": call.step,
            "system": call.system,
            "operation": call.operation,
            "before": call.before,
            "after": call.after,
            "diff": call.diff,
        })
    });
    json!({ "id": id, "dry_run": true, "calls": calls.collect::<Vec<_>>(), "end": rehearsal.end })
}

/// `waits_for` is what keeps a message that has not ended, where the journal does not say so.
pub(super) fn row(row: &Row, waits_for: Option<Reason>) -> Value {
    json!({
        "id": row.id,
        "seq": row.seq,
        "interface": row.interface,
        "digest": row.digest,
        "principal": row.principal,
        "order_key": row.order_key,
        "trace_id": crate::log::trace_id(&row.traceparent),
        "error_id": row.request_id,
        "state": row.state.as_str(),
        "reason": row.reason.map(Reason::as_str),
        "waits_for": waits_for.map(Reason::as_str),
        "detail": row.erased.as_ref().map_or_else(|| row.detail.clone(), ToString::to_string),
        "erased_ms": row.erased.as_ref().map(|erased| erased.at_ms),
        "erased_at": row.erased.as_ref().map(|erased| at(erased.at_ms)),
        "erased_by": row.erased.as_ref().map(|erased| &erased.who),
        "crashes": row.crashes,
        "accepted_ms": row.accepted_ms,
        "accepted_at": at(row.accepted_ms),
        "due_ms": row.due_ms,
        "due_at": row.due_ms.map(at),
        "ended_ms": row.ended_ms,
        "ended_at": row.ended_ms.map(at),
    })
}

/// With `previews`, the body that was to be sent is shown, masked.
pub(super) fn story(story: &Story, handlers: &[Arc<dyn Handler>], waits_for: Option<Reason>, previews: bool) -> Value {
    let mut value = row(&story.row, waits_for);
    value["size_bytes"] = story.size_bytes.into();
    value["deliveries"] = story.deliveries.iter().map(delivery).collect();
    value["attempts"] = story.attempts.iter().map(attempt).collect();
    value["dead_letter"] = story.grave.as_ref().map(|found| last_words(&story.row, found, handlers, previews)).into();
    value["replay_of"] = story.origin.as_ref().map(|origin| origin.replay_of.clone()).into();
    value["replay"] = story.origin.as_ref().map(|origin| {
        json!({ "batch": origin.batch, "nonce": origin.nonce, "edited": origin.edited, "who": origin.who, "why": origin.why })
    }).into();
    let replays = story.replays.iter().map(|replay| json!({ "id": replay.id, "state": replay.state.as_str() }));
    value["replays"] = replays.collect();
    value
}

pub(super) fn grave(buried: &Row, grave: &Grave, handlers: &[Arc<dyn Handler>], previews: bool) -> Value {
    let mut value = row(buried, None);
    value["dead_letter"] = last_words(buried, grave, handlers, previews);
    value
}

fn last_words(row: &Row, grave: &Grave, handlers: &[Arc<dyn Handler>], previews: bool) -> Value {
    json!({
        "sentence": grave.sentence,
        "reason": row.reason.map(Reason::as_str),
        "runbook": row.reason.map(|reason| format!("#{}", reason.as_str().to_lowercase().replace('_', "-"))),
        "class": grave.class.map(class_word),
        "step": grave.step,
        "system": grave.system,
        "operation": grave.operation,
        "tries": grave.tries,
        "mapped": previews.then(|| preview(row, grave, handlers)).flatten(),
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
        "status": match (incident.firing, &incident.acknowledged) {
            (false, _) => "resolved",
            (true, Some(_)) => "acknowledged",
            (true, None) => "firing",
        },
        "acknowledged_by": incident.acknowledged.as_ref().map(|it| &it.who),
        "acknowledged_at": incident.acknowledged.as_ref().map(|it| at(it.at_ms)),
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

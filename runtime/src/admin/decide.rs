//! Decisions at the operator's listener.
//!
//! In: who, what, why. Out: decisions of the engine, and what came of them. Never knows: how a decision is carried out.
//! What the engine declines is put on record too.

use std::future::Future;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use serde_json::json;

use super::{
    Api,
    ask::{self, Bulk, Wish},
    guard::answer,
    identity::Caller,
    view,
};
use crate::{
    engine::{Decision, Declined, MOST_IN_BULK, Order, Verb},
    environment::Role,
    http::Problem,
    journal::{Filter, Row, Scope},
    lifecycle,
};

/// Most dry runs of one request.
pub(super) const MOST_REHEARSED: usize = 50;

pub(super) type Answer = Result<Response, Problem>;

/// Retry, discard, resolve or skip one message.
pub(super) async fn one(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    verb: Verb,
    body: Bytes,
) -> Response {
    done(&api, decide(&api, &caller, &id, verb, &body)).await
}

async fn decide(api: &Api, caller: &Caller, id: &str, verb: Verb, body: &[u8]) -> Answer {
    let wish: Wish = ask::read(body)?;
    let verb = if verb == Verb::Retry && wish.today { Verb::RetryToday } else { verb };
    let decision = decision(caller, wish.why()?);
    match api.engine.decide(id, verb, &decision).await {
        Ok(state) => Ok(Json(json!({ "id": id, "state": state.as_str() })).into_response()),
        Err(declined) => Err(on_record(api, &decision, verb.as_str(), id, declined).await),
    }
}

/// Replays one message, or shows what that would send.
pub(super) async fn replay(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    done(&api, replay_one(&api, &caller, &id, &body)).await
}

async fn replay_one(api: &Api, caller: &Caller, id: &str, body: &[u8]) -> Answer {
    let wish: Wish = ask::read(body)?;
    let order = Order { body: wish.body.as_ref().map(|body| body.to_string().into_bytes()), again: wish.again };
    if order.body.is_some() && !caller.may(Role::Admin) {
        let why = format!("{} is {}, and edited content needs admin", caller.who, caller.role_word());
        let decision = decision(caller, String::new());
        api.engine.record_refusal(&decision, "replay", id, &why).await;
        return Err(Problem::new(403, why));
    }
    if wish.dry_run {
        let rehearsal = api.engine.rehearse(id, &order).await.map_err(problem)?;
        return Ok(Json(view::rehearsal(id, &rehearsal)).into_response());
    }
    let (batch, decision) = (api.engine.new_id(), decision(caller, wish.why()?));
    match api.engine.replay(id, &order, &batch, &decision).await {
        Ok(new) => {
            let location = [(header::LOCATION, format!("/messages/{new}"))];
            let told = json!({ "id": new, "replay_of": id, "batch": batch });
            Ok((StatusCode::ACCEPTED, location, Json(told)).into_response())
        }
        Err(declined) => Err(on_record(api, &decision, "replay", id, declined).await),
    }
}

/// What a bulk does with each message.
#[derive(Clone, Copy)]
pub(super) enum Each {
    Verb(Verb),
    Replay,
}

/// Decides about whatever a filter finds, newest first, dead messages unless it says otherwise. `next` is `after` of the
/// following request.
pub(super) async fn bulk(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    each: Each,
    body: Bytes,
) -> Response {
    done(&api, many(&api, &caller, each, &body)).await
}

async fn many(api: &Api, caller: &Caller, each: Each, body: &[u8]) -> Answer {
    let bulk: Bulk = ask::read(body)?;
    if bulk.filter.is_everything() {
        return Err(Problem::new(400, "`filter` must narrow: by interface, state, reason, time, sender, key, target"));
    }
    let batch = bulk.batch()?.unwrap_or_else(|| api.engine.new_id());
    let (dry_run, today) = (bulk.dry_run, bulk.today);
    let why = if dry_run { String::new() } else { bulk.why()? };
    let most = if dry_run { MOST_REHEARSED } else { MOST_IN_BULK };
    let filter = bulk.filter.filter(most)?;
    let filter = Filter { state: filter.state.or(Some(lifecycle::State::Dead)), ..filter };
    // One at a time: each keeps a pace, and together they would not.
    let Ok(_turn) = api.bulk.try_lock() else {
        return Err(Problem::new(409, "another bulk decision is being carried out: try again when it is done"));
    };
    let limit = filter.limit;
    if dry_run {
        return would(api, each, filter).await;
    }
    let decision = decision(caller, why);
    let (rows, outcomes) = match each {
        Each::Replay => replay_all(api, filter, &batch, &decision).await?,
        Each::Verb(verb) => {
            let verb = if verb == Verb::Retry && today { Verb::RetryToday } else { verb };
            decide_all(api, filter, verb, &decision).await?
        }
    };
    let next = rows.last().filter(|_| rows.len() == limit);
    let (mut kept, mut declined) = (Vec::new(), Vec::new());
    for (id, outcome) in outcomes {
        match outcome {
            Ok((name, value)) => kept.push(json!({ "id": id, name: value })),
            Err(why) => declined.push(json!({ "id": id, "why": sentence(&why) })),
        }
    }
    Ok(Json(json!({ "batch": batch, "done": kept, "declined": declined, "next": next })).into_response())
}

/// Places of the messages looked at, and what came of each.
type Outcomes = (Vec<i64>, Vec<(String, Result<(&'static str, String), Declined>)>);

async fn replay_all(api: &Api, filter: Filter, batch: &str, decision: &Decision) -> Result<Outcomes, Problem> {
    let replayed = api.engine.replay_all(filter, batch, decision).await.map_err(problem)?;
    let (mut seqs, mut outcomes) = (Vec::new(), Vec::new());
    for one in replayed {
        if let Err(declined) = &one.outcome {
            record(api, decision, "replay", &one.id, declined).await;
        }
        seqs.push(one.seq);
        outcomes.push((one.id, one.outcome.map(|new| ("replay", new))));
    }
    Ok((seqs, outcomes))
}

async fn decide_all(api: &Api, filter: Filter, verb: Verb, decision: &Decision) -> Result<Outcomes, Problem> {
    let rows = api.engine.store().messages(filter).await?;
    let (mut seqs, mut outcomes) = (Vec::new(), Vec::new());
    for Row { id, seq, .. } in rows {
        let outcome = api.engine.decide(&id, verb, decision).await;
        match &outcome {
            Ok(_) => api.engine.pace().await,
            Err(declined) => record(api, decision, verb.as_str(), &id, declined).await,
        }
        let is_over = matches!(outcome, Err(Declined::Unavailable(_)));
        seqs.push(seq);
        outcomes.push((id, outcome.map(|state| ("state", state.as_str().to_owned()))));
        if is_over {
            break;
        }
    }
    Ok((seqs, outcomes))
}

/// A dry run of a bulk: what a replay would send, or what a decision would be about.
async fn would(api: &Api, each: Each, filter: Filter) -> Answer {
    let limit = filter.limit;
    let rows = api.engine.store().messages(filter).await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.seq);
    let mut told = Vec::with_capacity(rows.len());
    for row in &rows {
        told.push(match each {
            Each::Verb(_) => view::row(row, api.engine.waits_for(row)),
            Each::Replay => match api.engine.rehearse(&row.id, &Order::default()).await {
                Ok(rehearsal) => view::rehearsal(&row.id, &rehearsal),
                Err(declined) => json!({ "id": row.id, "declined": sentence(&declined) }),
            },
        });
    }
    Ok(Json(json!({ "dry_run": true, "would": told, "next": next })).into_response())
}

/// Takes an incident on.
pub(super) async fn acknowledge(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
    body: Bytes,
) -> Response {
    let acknowledging = async {
        let wish: Wish = ask::read(&body)?;
        let decision = decision(&caller, wish.why()?);
        match api.engine.acknowledge(&key, &decision).await {
            Ok(()) => Ok(Json(json!({ "acknowledged": key })).into_response()),
            Err(declined) => Err(on_record(&api, &decision, "acknowledge", &key, declined).await),
        }
    };
    done(&api, acknowledging).await
}

/// Pauses.
pub(super) async fn pause(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    scope: Scope,
    body: Bytes,
) -> Response {
    let pausing = async {
        let wish: Wish = ask::read(&body)?;
        let decision = decision(&caller, wish.why()?);
        match api.engine.pause(scope.clone(), &decision).await {
            Ok(pause) => Ok(Json(view::pause(&pause)).into_response()),
            Err(declined) => Err(on_record(&api, &decision, "pause", &scope.to_text(), declined).await),
        }
    };
    done(&api, pausing).await
}

/// Resumes.
pub(super) async fn resume(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    scope: Scope,
    body: Bytes,
) -> Response {
    let resuming = async {
        let wish: Wish = ask::read(&body)?;
        let decision = decision(&caller, wish.why()?);
        match api.engine.resume(scope.clone(), &decision).await {
            Ok(()) => Ok(Json(json!({ "resumed": scope.to_text() })).into_response()),
            Err(declined) => Err(on_record(&api, &decision, "resume", &scope.to_text(), declined).await),
        }
    };
    done(&api, resuming).await
}

/// The content as it came. That somebody looked is put on record first.
pub(super) async fn body(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    let reading = async {
        let missing = || Problem::new(404, format!("there is no message {id}"));
        let story = api.engine.store().story(&id).await?.ok_or_else(missing)?;
        if let Some(erased) = &story.row.erased {
            return Err(Problem::new(410, format!("{id} was {erased}: its content is gone")));
        }
        let material = api.engine.store().material(story.row.seq).await?.ok_or_else(missing)?;
        let decision = decision(&caller, String::new());
        api.engine.record(&decision, "read body", &id, "done").await.map_err(problem)?;
        Ok(([(header::CONTENT_TYPE, "application/json")], material.message.raw).into_response())
    };
    done(&api, reading).await
}

pub(super) async fn done(api: &Api, work: impl Future<Output = Answer>) -> Response {
    work.await.unwrap_or_else(|problem| answer(api, problem))
}

pub(super) fn decision(caller: &Caller, why: String) -> Decision {
    Decision { who: caller.who.clone(), role: caller.role_word(), why }
}

pub(super) async fn on_record(
    api: &Api,
    decision: &Decision,
    action: &str,
    subject: &str,
    declined: Declined,
) -> Problem {
    record(api, decision, action, subject, &declined).await;
    problem(declined)
}

pub(super) async fn record(api: &Api, decision: &Decision, action: &str, subject: &str, declined: &Declined) {
    let subject = crate::format::mask::cut(subject, 200);
    api.engine.record_refusal(decision, action, subject, &sentence(declined)).await;
}

pub(super) fn sentence(declined: &Declined) -> String {
    match declined {
        Declined::Missing(why) | Declined::Conflict(why) | Declined::Unavailable(why) => why.clone(),
        Declined::Invalid(violations) => format!("the content breaks the rules of today's document: {violations}"),
    }
}

pub(super) fn problem(declined: Declined) -> Problem {
    match declined {
        Declined::Missing(why) => Problem::new(404, why),
        Declined::Conflict(why) => Problem::new(409, why),
        Declined::Invalid(violations) => Problem::invalid(*violations),
        Declined::Unavailable(why) => Problem::new(503, why).retry_after(1),
    }
}

impl From<crate::journal::StoreError> for Problem {
    fn from(error: crate::journal::StoreError) -> Self {
        Self::new(503, error.to_string()).retry_after(1)
    }
}

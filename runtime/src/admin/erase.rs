//! Erasure at the operator's listener.
//!
//! In: who, what, why, and that they mean it. Out: erasures of the engine, and what came of them. Never knows: how content
//! is erased.

use std::collections::BTreeSet;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{
    Api,
    ask::{self, Erasing, Shredding},
    decide::{Answer, MOST_REHEARSED, decision, done, on_record, problem, record, sentence},
    identity::Caller,
    view,
};
use crate::{
    engine::{Declined, MOST_IN_BULK, Open},
    http::Problem,
};

/// Erases one message with all that share its content, or says which these are.
pub(super) async fn one(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let erasing = async {
        let wish: Erasing = ask::read(&body)?;
        if !wish.filter.is_everything() {
            return Err(Problem::new(400, "`filter` is for /bulk/erase: this is about one message"));
        }
        if wish.dry_run {
            let rows = api.engine.would_erase(&id, open(&wish)).await.map_err(problem)?;
            let would: Vec<Value> = rows.iter().map(|row| view::row(row, None)).collect();
            return Ok(Json(json!({ "dry_run": true, "count": would.len(), "would": would })).into_response());
        }
        let decision = decision(&caller, wish.why()?);
        match api.engine.erase(&id, open(&wish), &decision).await {
            Ok(erased) => Ok(Json(json!({ "id": id, "erased": erased })).into_response()),
            Err(declined) => Err(on_record(&api, &decision, "erase", &id, declined).await),
        }
    };
    done(&api, erasing).await
}

/// Erases whatever a filter finds, newest first. `next` is `after` of the following request.
pub(super) async fn bulk(State(api): State<Api>, Extension(caller): Extension<Caller>, body: Bytes) -> Response {
    done(&api, many(&api, &caller, &body)).await
}

async fn many(api: &Api, caller: &Caller, body: &[u8]) -> Answer {
    let wish: Erasing = ask::read(body)?;
    if wish.filter.is_everything() {
        return Err(Problem::new(
            400,
            "`filter` must narrow: by field, interface, time, sender, key, state, target, id",
        ));
    }
    let (dry_run, open) = (wish.dry_run, open(&wish));
    let decision = decision(caller, if dry_run { String::new() } else { wish.why()? });
    let filter = wish.filter.filter(if dry_run { MOST_REHEARSED } else { MOST_IN_BULK })?;
    let Ok(_turn) = api.bulk.try_lock() else {
        return Err(Problem::new(409, "another bulk decision is being carried out: try again when it is done"));
    };
    let limit = filter.limit;
    let rows = api.engine.store().messages(filter).await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.seq);
    let (mut told, mut declined, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for row in rows.iter().filter(|row| row.erased.is_none()) {
        let outcome = if dry_run {
            let fresh = |rows: Vec<_>| -> Vec<Value> {
                let new = rows.iter().filter(|row: &&crate::journal::Row| seen.insert(row.id.clone()));
                new.map(|row| view::row(row, None)).collect()
            };
            api.engine.would_erase(&row.id, open).await.map(fresh)
        } else {
            let erased = api.engine.erase(&row.id, open, &decision).await;
            erased.map(|ids| ids.into_iter().map(|id| json!({ "id": id, "erased": true })).collect())
        };
        match outcome {
            Ok(rows) => told.extend(rows),
            Err(why) => {
                declined.push(json!({ "id": row.id, "why": sentence(&why) }));
                if !dry_run {
                    record(api, &decision, "erase", &row.id, &why).await;
                }
                if matches!(why, Declined::Unavailable(_)) {
                    break;
                }
            }
        }
    }
    let name = if dry_run { "would" } else { "done" };
    let answer = json!({ "dry_run": dry_run, "count": told.len(), name: told, "declined": declined, "next": next });
    Ok(Json(answer).into_response())
}

/// Destroys the data keys of a day.
pub(super) async fn shred(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    let shredding = async {
        let wish: Shredding = ask::read(&body)?;
        let (day, decision) = (wish.day()?, decision(&caller, wish.why()?));
        match api.engine.shred(&name, day, &decision).await {
            Ok(keys) => Ok(Json(json!({ "interface": name, "keys": keys })).into_response()),
            Err(declined) => Err(on_record(&api, &decision, "shred", &format!("interface:{name}"), declined).await),
        }
    };
    done(&api, shredding).await
}

const fn open(wish: &Erasing) -> Open {
    if wish.discard { Open::Discard } else { Open::Refuse }
}

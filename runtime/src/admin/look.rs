//! What operators look at.
//!
//! In: filters. Out: rows of the journal and figures of the engine as JSON. Never knows: who may look. Lists are paged by
//! the last one seen; nothing is counted by reading rows.

use std::collections::VecDeque;

use axum::{
    Extension, Json,
    body::{Body, Bytes},
    extract::{Path, State, rejection::QueryRejection},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::{
    Api,
    ask::{Asked, AuditAsked, MOST_ROWS},
    decide, endpoints,
    guard::answer,
    identity::Caller,
    view,
};
use crate::{
    door::Door as _,
    engine::Decision,
    environment::Role,
    http::Problem,
    journal::{AuditFilter, AuditPage, Filter, StoreError, audit},
};

/// Rows of the audit log that a story shows.
const MOST_DECISIONS: usize = 100;
/// Dead letters that an export reads at a time.
const EXPORTED_AT_A_TIME: usize = 50;

type Told = Result<Value, Problem>;
type Query<T> = Result<axum::extract::Query<T>, QueryRejection>;

fn told(api: &Api, value: Told) -> Response {
    value.map_or_else(|problem| answer(api, problem), |value| Json(value).into_response())
}

fn asked<T>(query: Query<T>) -> Result<T, Problem> {
    query.map(|axum::extract::Query(asked)| asked).map_err(|error| Problem::new(400, error.body_text()))
}

pub(super) async fn live() -> Json<Value> {
    Json(json!({ "live": true }))
}

pub(super) async fn ready(State(api): State<Api>) -> Response {
    let health = api.engine.health();
    let status = if health.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let parts: serde_json::Map<_, _> = health
        .parts
        .into_iter()
        .map(|(name, part)| {
            (name, json!({ "status": if part.fine { "up" } else { "degraded" }, "detail": part.detail }))
        })
        .collect();
    (status, Json(json!({ "ready": health.ready, "digest": api.digest, "parts": parts }))).into_response()
}

pub(super) async fn openapi() -> Json<Value> {
    Json(endpoints::openapi())
}

pub(super) async fn whoami(Extension(caller): Extension<Caller>) -> Json<Value> {
    Json(json!({ "who": caller.who, "role": caller.role_word() }))
}

pub(super) async fn metrics(State(api): State<Api>) -> Response {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], api.engine.metrics_text(api.digest)).into_response()
}

pub(super) async fn interfaces(State(api): State<Api>) -> Json<Value> {
    let figures = api.engine.metrics();
    let rows = api.engine.handlers().iter().enumerate().map(|(index, handler)| {
        let interface = handler.interface();
        let paused = api.engine.pauses().into_iter().find(|pause| view::is_of(pause, interface.smart_id));
        view::interface(interface, api.engine.backlog(index), &figures.totals(interface.smart_id), paused.as_ref())
    });
    let rows: Vec<_> = rows.collect();
    Json(json!({ "digest": api.digest, "interfaces": rows }))
}

pub(super) async fn systems(State(api): State<Api>) -> Json<Value> {
    Json(json!({ "systems": api.engine.ways().iter().map(view::way).collect::<Vec<_>>() }))
}

pub(super) async fn pauses(State(api): State<Api>) -> Json<Value> {
    Json(json!({ "pauses": api.engine.pauses().iter().map(view::pause).collect::<Vec<_>>() }))
}

pub(super) async fn messages(State(api): State<Api>, query: Query<Asked>) -> Response {
    let listing = async {
        let filter = asked(query)?.filter(MOST_ROWS)?;
        let limit = filter.limit;
        let rows = api.engine.store().messages(filter).await?;
        let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.seq);
        let rows: Vec<_> = rows.iter().map(|row| view::row(row, api.engine.waits_for(row))).collect();
        Ok(json!({ "messages": rows, "next": next }))
    };
    told(&api, listing.await)
}

pub(super) async fn story(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    told(&api, whole_story(&api, &id, caller.may(Role::Operator)).await)
}

async fn whole_story(api: &Api, id: &str, previews: bool) -> Told {
    let missing = || Problem::new(404, format!("there is no message {id}"));
    let story = api.engine.store().story(id).await?.ok_or_else(missing)?;
    let mut value = view::story(&story, api.engine.handlers(), api.engine.waits_for(&story.row), previews);
    let page = AuditPage::Newest { before: None };
    let decisions = AuditFilter { subject: Some(id.to_owned()), page, limit: MOST_DECISIONS };
    value["decisions"] = api.engine.store().audit(decisions).await?.iter().map(view::audited).collect();
    Ok(value)
}

pub(super) async fn dead_letters(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    query: Query<Asked>,
) -> Response {
    let listing = async {
        let filter = asked(query)?.filter(MOST_ROWS)?;
        let limit = filter.limit;
        let graves = api.engine.store().graves(filter).await?;
        let next = graves.last().filter(|_| graves.len() == limit).map(|(row, _)| row.seq);
        let previews = caller.may(Role::Operator);
        let rows: Vec<_> =
            graves.iter().map(|(row, grave)| view::grave(row, grave, api.engine.handlers(), previews)).collect();
        Ok(json!({ "dead_letters": rows, "next": next }))
    };
    told(&api, listing.await)
}

/// Everything that a filter finds, one story a line, read a page at a time as the client takes it.
/// That it left is put on record first.
pub(super) async fn export(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    query: Query<Asked>,
) -> Response {
    let beginning = async {
        let filter = asked(query)?.filter(MOST_ROWS)?;
        let decision = Decision { who: caller.who.clone(), role: caller.role_word(), why: String::new() };
        api.engine.record(&decision, "export", "dead-letters", "done").await.map_err(decide::problem)?;
        Ok(filter)
    };
    match beginning.await {
        Err(problem) => answer(&api, problem),
        Ok(filter) => {
            let filter = Filter { limit: EXPORTED_AT_A_TIME, ..filter };
            let export = Export { api, filter, ids: VecDeque::new(), ended: false };
            let lines = stream::try_unfold(export, |mut export| async {
                Ok::<_, StoreError>(export.line().await?.map(|line| (line, export)))
            });
            ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
        }
    }
}

struct Export {
    api: Api,
    filter: Filter,
    ids: VecDeque<String>,
    ended: bool,
}

impl Export {
    async fn line(&mut self) -> Result<Option<Bytes>, StoreError> {
        let store = self.api.engine.store();
        loop {
            while let Some(id) = self.ids.pop_front() {
                // One that was pruned meanwhile is left out.
                let Some(story) = store.story(&id).await? else { continue };
                let waits_for = self.api.engine.waits_for(&story.row);
                let line = view::story(&story, self.api.engine.handlers(), waits_for, true);
                return Ok(Some(Bytes::from(format!("{line}\n"))));
            }
            if self.ended {
                return Ok(None);
            }
            let page = store.graves(self.filter.clone()).await?;
            self.ended = page.len() < self.filter.limit;
            self.filter.before = page.last().map(|(row, _)| row.seq);
            self.ids = page.into_iter().map(|(row, _)| row.id).collect();
        }
    }
}

pub(super) async fn alerts(State(api): State<Api>) -> Response {
    let listing = async {
        let store = api.engine.store();
        let (incidents, posts) = (store.incidents(MOST_ROWS).await?, store.posts(true, MOST_ROWS).await?);
        Ok(json!({
            "incidents": incidents.iter().map(view::incident).collect::<Vec<_>>(),
            "posts": posts.iter().filter(|post| !post.is_word()).map(view::post).collect::<Vec<_>>(),
        }))
    };
    told(&api, listing.await)
}

pub(super) async fn audit_log(State(api): State<Api>, query: Query<AuditAsked>) -> Response {
    let listing = async {
        let AuditAsked { subject, limit, after } = asked(query)?;
        let limit = limit.unwrap_or(50).clamp(1, MOST_ROWS);
        let filter = AuditFilter { subject, page: AuditPage::Newest { before: after }, limit };
        let rows = api.engine.store().audit(filter).await?;
        let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.no);
        Ok(json!({ "audit": rows.iter().map(view::audited).collect::<Vec<_>>(), "next": next }))
    };
    told(&api, listing.await)
}

/// Reads the whole log; one at a time.
pub(super) async fn verify(State(api): State<Api>) -> Response {
    let verifying = async {
        let _turn = api.verifying.lock().await;
        Ok(match audit::verify(&*api.engine.store()).await? {
            audit::Verdict::Intact(head) => json!({ "intact": true, "rows": head.no, "hash": audit::hex(&head.hash) }),
            audit::Verdict::Broken { no, problem } => json!({ "intact": false, "row": no, "problem": problem }),
        })
    };
    told(&api, verifying.await)
}

//! The operator's listener: health, figures, messages with their stories.
//!
//! In: an [`Engine`]. Out: JSON. Never knows: how a message is worked on. Shows no body: excerpts and mapped bodies are
//! masked as documents say. It asks nobody who they are, so it is placed on loopback unless an environment says
//! otherwise; lists are paged by the last one seen.

mod view;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    door::Door as _,
    engine::Engine,
    journal::{Filter, StoreError},
    lifecycle,
};

/// Most rows of a list.
const MOST_ROWS: usize = 500;

/// Serves until `shutdown`.
pub async fn serve(listener: TcpListener, engine: Arc<Engine>, digest: &'static str, shutdown: CancellationToken) {
    let router = Router::new()
        .route("/health/live", get(async || Json(json!({ "live": true }))))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/interfaces", get(interfaces))
        .route("/messages", get(messages))
        .route("/messages/{id}", get(story))
        .route("/dead-letters", get(dead_letters))
        .route("/alerts", get(alerts))
        .with_state(Admin { engine, digest });
    let served = axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "the operator's listener ended");
    }
}

#[derive(Clone)]
struct Admin {
    engine: Arc<Engine>,
    digest: &'static str,
}

/// What lists can be narrowed by.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    interface: Option<String>,
    state: Option<String>,
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<i64>,
}

impl Asked {
    fn filter(self) -> Result<Filter, Refused> {
        let state = match self.state {
            None => None,
            Some(word) => Some(lifecycle::State::from_word(&word).ok_or_else(|| {
                Refused(StatusCode::BAD_REQUEST, format!("`{word}` is no state: {}", words(lifecycle::State::ALL)))
            })?),
        };
        let limit = self.limit.unwrap_or(50).clamp(1, MOST_ROWS);
        Ok(Filter { interface: self.interface, state, before: self.after, limit, ..Filter::default() })
    }
}

fn words(states: &[lifecycle::State]) -> String {
    states.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", ")
}

struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(status, detail) = self;
        let body = json!({ "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail });
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

type Answer = Result<Json<Value>, Refused>;

async fn ready(State(admin): State<Admin>) -> Response {
    let ready = admin.engine.ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready, "digest": admin.digest }))).into_response()
}

async fn metrics(State(admin): State<Admin>) -> Response {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], admin.engine.metrics_text()).into_response()
}

async fn interfaces(State(admin): State<Admin>) -> Json<Value> {
    let handlers = admin.engine.handlers().iter().enumerate();
    let rows: Vec<_> =
        handlers.map(|(index, handler)| view::interface(handler.interface(), admin.engine.backlog(index))).collect();
    Json(json!({ "digest": admin.digest, "interfaces": rows }))
}

async fn messages(State(admin): State<Admin>, Query(asked): Query<Asked>) -> Answer {
    let filter = asked.filter()?;
    let limit = filter.limit;
    let rows = admin.engine.store().messages(filter).await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.seq);
    Ok(Json(json!({ "messages": rows.iter().map(view::row).collect::<Vec<_>>(), "next": next })))
}

async fn story(State(admin): State<Admin>, Path(id): Path<String>) -> Answer {
    let story = admin.engine.store().story(&id).await?;
    let story = story.ok_or_else(|| Refused(StatusCode::NOT_FOUND, format!("there is no message {id}")))?;
    Ok(Json(view::story(&story, admin.engine.handlers())))
}

async fn dead_letters(State(admin): State<Admin>, Query(asked): Query<Asked>) -> Answer {
    let filter = asked.filter()?;
    let limit = filter.limit;
    let graves = admin.engine.store().graves(filter).await?;
    let next = graves.last().filter(|_| graves.len() == limit).map(|(row, _)| row.seq);
    let rows: Vec<_> = graves.iter().map(|(row, grave)| view::grave(row, grave, admin.engine.handlers())).collect();
    Ok(Json(json!({ "dead_letters": rows, "next": next })))
}

async fn alerts(State(admin): State<Admin>) -> Answer {
    let store = admin.engine.store();
    let (incidents, posts) = (store.incidents(MOST_ROWS).await?, store.posts(true, MOST_ROWS).await?);
    Ok(Json(json!({
        "incidents": incidents.iter().map(view::incident).collect::<Vec<_>>(),
        "posts": posts.iter().map(view::post).collect::<Vec<_>>(),
    })))
}

#[cfg(test)]
mod tests;

//! The operator's listener: health, figures, messages with their stories, decisions.
//!
//! In: an [`Engine`], who may do what. Out: JSON over HTTP. Never knows: how a message is worked on, or a decision carried
//! out.
//!
//! `guard` lets a request in: host, origin, who, role, by the table in `endpoints`. `look` answers questions, `decide`
//! carries decisions to the engine, `ask` reads what was said, `view` says what is told. Content is masked as documents
//! say; only an admin reads it whole, and that is put on record.

mod ask;
mod decide;
mod endpoints;
mod erase;
mod guard;
mod identity;
mod look;
mod view;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use rustls::ServerConfig;
use secrecy::SecretString;
use tokio::{net::TcpListener, sync::Mutex};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{
    clock::Clock,
    engine::{Engine, Verb},
    environment::Admin,
    http::{Limits, Problem, RateLimit, serve_router},
    journal::Scope,
    tls::Unusable,
};
use decide::Each;
use identity::Identity;

pub(crate) use identity::write_token;

/// Largest body: an edited message.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// Connections at a time.
const CONNECTIONS: usize = 256;
/// Attempts without credentials that are put on record in a minute.
const STRANGERS_PER_MINUTE: u64 = 30;

/// Everything the operator's listener needs.
pub struct Console {
    engine: Arc<Engine>,
    digest: &'static str,
    identity: Identity,
    hosts: Vec<String>,
    strangers: RateLimit,
    /// Held while a bulk decision is carried out.
    bulk: Mutex<()>,
    /// Held while the audit log is read from end to end.
    verifying: Mutex<()>,
    tls: Option<Arc<ServerConfig>>,
}

type Api = Arc<Console>;

impl Console {
    /// As the environment says. `local` is the token that the bearer of the token file shows.
    ///
    /// # Errors
    /// Certificates that cannot be used.
    pub fn new(
        engine: Arc<Engine>,
        digest: &'static str,
        admin: &Admin,
        local: Option<&SecretString>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Unusable> {
        Ok(Self {
            engine,
            digest,
            identity: Identity::new(admin, local, clock),
            hosts: admin.hosts.clone(),
            strangers: RateLimit::per_minute(STRANGERS_PER_MINUTE),
            bulk: Mutex::default(),
            verifying: Mutex::default(),
            tls: admin.tls()?.map(Arc::new),
        })
    }
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// Serves until `shutdown`.
pub async fn serve(listener: TcpListener, console: Console, shutdown: CancellationToken) {
    let (tls, api) = (console.tls.clone(), Arc::new(console));
    let limits = Limits { connections: CONNECTIONS, drain: std::time::Duration::from_secs(1), ..Limits::default() };
    serve_router(listener, router(api), tls, limits, shutdown).await;
}

fn router(api: Api) -> Router {
    Router::new()
        .merge(looks())
        .merge(decisions())
        // Also asked where a path is known and the method is not: nothing is answered without.
        .route_layer(from_fn_with_state(Arc::clone(&api), guard::guard))
        .fallback(nothing)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(api)
}

fn looks() -> Router<Api> {
    Router::new()
        .route("/health/live", get(look::live))
        .route("/health/ready", get(look::ready))
        .route("/openapi.json", get(look::openapi))
        .route("/whoami", get(look::whoami))
        .route("/metrics", get(look::metrics))
        .route("/interfaces", get(look::interfaces))
        .route("/systems", get(look::systems))
        .route("/pauses", get(look::pauses))
        .route("/messages", get(look::messages))
        .route("/messages/{id}", get(look::story))
        .route("/messages/{id}/body", get(decide::body))
        .route("/dead-letters", get(look::dead_letters))
        .route("/dead-letters/export", get(look::export))
        .route("/alerts", get(look::alerts))
        .route("/audit", get(look::audit_log))
        .route("/audit/verify", get(look::verify))
}

fn decisions() -> Router<Api> {
    let one = |verb| post(move |api, caller, id, body: Bytes| decide::one(api, caller, id, verb, body));
    let bulk = |each| post(move |api, caller, body: Bytes| decide::bulk(api, caller, each, body));
    let pause = |scope: fn(String) -> Scope| {
        post(move |api, caller, Path(name): Path<String>, body: Bytes| decide::pause(api, caller, scope(name), body))
    };
    let resume = |scope: fn(String) -> Scope| {
        post(move |api, caller, Path(name): Path<String>, body: Bytes| decide::resume(api, caller, scope(name), body))
    };
    Router::new()
        .route("/messages/{id}/retry", one(Verb::Retry))
        .route("/messages/{id}/discard", one(Verb::Discard))
        .route("/messages/{id}/resolve", one(Verb::Resolve))
        .route("/messages/{id}/skip", one(Verb::Skip))
        .route("/messages/{id}/replay", post(decide::replay))
        .route("/messages/{id}/erase", post(erase::one))
        .route("/bulk/erase", post(erase::bulk))
        .route("/interfaces/{name}/shred", post(erase::shred))
        .route("/bulk/retry", bulk(Each::Verb(Verb::Retry)))
        .route("/bulk/discard", bulk(Each::Verb(Verb::Discard)))
        .route("/bulk/resolve", bulk(Each::Verb(Verb::Resolve)))
        .route("/bulk/replay", bulk(Each::Replay))
        .route("/alerts/{key}/acknowledge", post(decide::acknowledge))
        .route("/interfaces/{name}/pause", pause(Scope::Interface))
        .route("/interfaces/{name}/resume", resume(Scope::Interface))
        .route("/systems/{name}/pause", pause(Scope::Target))
        .route("/systems/{name}/resume", resume(Scope::Target))
        .layer(from_fn(to_the_end))
}

/// Carries a decision out to its end. Whoever asked may hang up at any moment; what the journal was handed must be followed
/// by what the engine does about it, or a message would lie there until the next start.
async fn to_the_end(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn nothing(State(api): State<Api>) -> Response {
    guard::answer(&api, Problem::new(404, "there is nothing here; /openapi.json says what there is"))
}

#[cfg(test)]
mod tests;

/// What the operator's listener answers to the bytes of one connection: for fuzz targets.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) async fn converse(console: Arc<Console>, bytes: &[u8]) -> Vec<u8> {
    crate::http::fuzz::converse(router(console), bytes).await
}

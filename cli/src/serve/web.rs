//! A web server for a built site, and for questions about what is running.
//!
//! In: a folder, services. Out: pages with strict headers, answers. Never knows: what either says.

use std::{collections::HashMap, net::SocketAddr, path::PathBuf, sync::Arc};

use axum::{
    Extension, Router,
    body::{Body, Bytes, to_bytes},
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    middleware::{from_fn_with_state, map_response},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use reqwest::{
    Method, StatusCode,
    header::{self, HeaderMap, HeaderValue},
};
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpListener, task::JoinHandle};
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

use super::{
    guard::{guard, problem},
    instance::{DECISION, GLANCE, Instance, Question},
    key::{Key, shown},
    passing, state,
};
use crate::failure::Failure;

/// Largest page that is made live.
const MAX_PAGE_BYTES: usize = 64 * 1024 * 1024;
/// Largest decision.
const MAX_BODY_BYTES: usize = 64 * 1024;
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What is served.
#[derive(Debug)]
pub(crate) struct Serving {
    /// The site.
    pub(crate) folder: PathBuf,
    /// Path below which it stands: nothing, or `/catalog`.
    pub(crate) base: String,
    /// Names by which it is known, besides localhost and addresses.
    pub(crate) hosts: Vec<String>,
    /// Services whose state is shown.
    pub(crate) instances: Vec<Instance>,
}

/// A site being served; ends when dropped.
#[derive(Debug)]
pub(crate) struct Web {
    address: SocketAddr,
    base: String,
    key: Option<Key>,
    task: JoinHandle<()>,
}

impl Web {
    /// Serves at an address; port 0 means any free one.
    pub(crate) async fn serve(serving: Serving, listen: SocketAddr) -> Result<Self, Failure> {
        let at = || PathBuf::from(listen.to_string());
        let listener = TcpListener::bind(listen).await.map_err(Failure::file("listening at", at()))?;
        let address = listener.local_addr().map_err(Failure::file("listening at", at()))?;
        let key = (address.ip().is_loopback() && !serving.instances.is_empty()).then(Key::new);
        let base = serving.base.clone();
        let router = router(serving, key.clone());
        let task = tokio::spawn(async move {
            let _ended = axum::serve(listener, router).await;
        });
        Ok(Self { address, base, key, task })
    }

    /// The address of a page.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{}{path}", self.address, self.base)
    }

    /// The address that lets whoever opens it decide, if one is given out.
    pub(crate) fn entrance(&self) -> Option<String> {
        // Browsers keep what stands behind # to themselves: the key is in no log.
        let key = self.key.as_ref()?;
        Some(self.url(&format!("/operate/index.html#key={}", key.text())))
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Live {
    instances: Arc<Vec<Instance>>,
    key: Option<Key>,
}

fn router(serving: Serving, key: Option<Key>) -> Router {
    let Serving { folder, base, hosts, instances } = serving;
    let pages = Pages { folder: ServeDir::new(folder), base: base.clone(), live: !instances.is_empty() };
    let mut router = Router::new().fallback(page).layer(Extension(pages));
    if !instances.is_empty() {
        let live = Live { instances: Arc::new(instances), key };
        let questions = Router::new()
            .route("/live/state", get(look))
            .route("/live/api/{instance}/{*path}", get(pass).post(pass))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .route_layer(from_fn_with_state(hosts, guard))
            .with_state(live);
        router = router.merge(questions);
    }
    let router = router.layer(map_response(strict));
    if base.is_empty() {
        return router;
    }
    Router::new().fallback(move |request: Request| below(base.clone(), router.clone(), request))
}

/// Requests below the base, as if they were made at the root.
async fn below(base: String, router: Router, mut request: Request) -> Response {
    let uri = request.uri().clone();
    if uri.path() == "/" || uri.path() == base {
        return Redirect::temporary(&format!("{base}/")).into_response();
    }
    let rest = uri.path_and_query().and_then(|it| it.as_str().strip_prefix(&base)).filter(|it| it.starts_with('/'));
    let Some(Ok(inner)) = rest.map(str::parse) else {
        return (StatusCode::NOT_FOUND, format!("the site stands below {base}/")).into_response();
    };
    *request.uri_mut() = inner;
    router.oneshot(request).await.into_response()
}

/// Headers that let a page load what is its own, and nothing else.
pub(crate) async fn strict(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages change with the next build: browsers ask whether they have.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    response
}

#[derive(Clone)]
struct Pages {
    folder: ServeDir,
    base: String,
    live: bool,
}

async fn page(Extension(pages): Extension<Pages>, request: Request) -> Response {
    let mut response = match pages.folder.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    if response.status() == StatusCode::NOT_FOUND {
        return (StatusCode::NOT_FOUND, "there is no such page\n").into_response();
    }
    // A folder's address without its slash leads to the one with it, below the base.
    if let Some(to) = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok())
        && let Ok(to) = HeaderValue::from_str(&format!("{}{to}", pages.base))
    {
        response.headers_mut().insert(header::LOCATION, to);
    }
    let html =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if pages.live && html && response.status() == StatusCode::OK { alive(response).await } else { response }
}

/// The page with what asks for the running services.
async fn alive(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, MAX_PAGE_BYTES).await else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be read\n").into_response();
    };
    let text = String::from_utf8_lossy(&body);
    let Some(page) = site::live(&text) else { return Response::from_parts(parts, Body::from(body)) };
    for name in [header::CONTENT_LENGTH, header::LAST_MODIFIED, header::ACCEPT_RANGES] {
        parts.headers.remove(name);
    }
    Response::from_parts(parts, Body::from(page))
}

async fn look(State(live): State<Live>, headers: HeaderMap, Query(asked): Query<HashMap<String, String>>) -> Response {
    let shown = shown(headers.get(header::AUTHORIZATION), live.key.as_ref());
    let state = state::state(&live.instances, &shown, asked.get("interface").map(String::as_str)).await;
    tagged(200, state.to_string().into_bytes(), &headers)
}

async fn pass(
    State(live): State<Live>,
    Path((number, path)): Path<(usize, String)>,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    // Axum has decoded the path; segments may hold slashes, so they are taken as they came.
    let raw = parts.uri.path().splitn(5, '/').nth(4).unwrap_or(&path);
    let (Some(instance), Some(segments)) = (live.instances.get(number), passing::segments(&parts.method, raw)) else {
        return problem(StatusCode::NOT_FOUND, "pages may not ask for this");
    };
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return problem(StatusCode::PAYLOAD_TOO_LARGE, "a decision is smaller than this");
    };
    let shown = shown(parts.headers.get(header::AUTHORIZATION), live.key.as_ref());
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let decides = parts.method == Method::POST;
    let question = Question {
        method: parts.method,
        segments: &segments,
        query: &query,
        body: decides.then(|| Bytes::into(body)),
        patience: if decides { DECISION } else { GLANCE },
    };
    match instance.ask(question, &shown).await {
        Ok((status, body)) => tagged(status, body, &parts.headers),
        Err(failure) => problem(StatusCode::BAD_GATEWAY, &state::first_line(&failure)),
    }
}

/// An answer, or that it is the same as before.
fn tagged(status: u16, body: Vec<u8>, asked: &HeaderMap) -> Response {
    let digest = Sha256::digest(&body);
    let tag = format!("\"{}\"", digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    if status == StatusCode::OK
        && asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    (status, [(header::CONTENT_TYPE, "application/json".to_owned()), (header::ETAG, tag)], body).into_response()
}

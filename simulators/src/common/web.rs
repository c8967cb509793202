//! In: an HTTP/1.1 connection. Out: calls of a partner's `answer`, with the fault plan applied and every call journalled.
//! Never knows: paths or bodies of any partner.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::core::Core;
use super::faults::{Call, Effect};
use super::journal::Entry;
use super::text::{pairs, percent_decode, strip_scheme};

const MAX_REQUEST: usize = 32 * 1024 * 1024;

/// A request with its whole body.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The target as sent: a path, or an absolute URI when the client thinks it talks to a proxy.
    pub(crate) uri: http::Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Calls already in flight at this partner when this one arrived.
    pub(crate) others: usize,
    /// A business message the fault plan wants in the reply (SAP only).
    pub(crate) forced: Option<Effect>,
}

impl Request {
    /// The path without its leading slash, percent-decoded, split at slashes.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.uri.path().trim_start_matches('/').split('/').map(percent_decode).collect()
    }

    /// A header's text, if present and readable.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The token of `Authorization: Bearer …`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        strip_scheme(self.header("authorization")?, "bearer")
    }

    /// The query as decoded pairs.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        pairs(self.uri.query().unwrap_or_default())
    }

    /// The body as an HTML form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }
}

/// What a partner answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    /// Close the connection instead of sending this.
    pub(crate) drop: bool,
    /// The business key, where only the work reveals it.
    pub(crate) key: Option<String>,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Answer {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body: body.into(),
            drop: false,
            key: None,
        }
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Answer::new(status, "application/json", body.to_string())
    }

    pub(crate) fn empty(status: u16) -> Self {
        Answer { status, headers: Vec::new(), body: Bytes::new(), drop: false, key: None }
    }

    pub(crate) fn dropped() -> Self {
        Answer { drop: true, ..Answer::empty(0) }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}

/// A partner that speaks HTTP.
pub(crate) trait Site: Send + Sync + 'static {
    fn core(&self) -> &Core;

    /// What is asked for: the operation's name, and its business key where the request shows it.
    fn identify(&self, request: &Request) -> (String, Option<String>);

    /// Does the work.
    fn answer(&self, request: &Request) -> impl Future<Output = Answer> + Send;

    /// The partner's own body for a status the fault plan asks for.
    fn fault(&self, status: u16) -> Answer {
        let reason = StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Error");
        Answer::json(status, &serde_json::json!({ "message": reason }))
    }

    /// Virtual time a call takes when nothing disturbs it.
    fn latency(&self) -> Duration {
        Duration::ZERO
    }

    /// What the journal keeps of a body; secrets of token requests never land there.
    fn journal_body<'a>(&self, operation: &str, request: &'a Request) -> &'a [u8] {
        if operation == "token" { b"" } else { &request.body }
    }
}

/// Serves one connection until it ends.
pub(crate) async fn serve<S: Site>(site: Arc<S>, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let site = site.clone();
        async move { handle(site, request).await }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    // Ends with an error whenever a fault drops the connection: nothing to report.
    let _ = connection.await;
}

/// The reply is lost: hyper closes the connection without a byte.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped on purpose")]
struct Dropped;

type Body = UnsyncBoxBody<Bytes, Infallible>;

async fn handle<S: Site>(site: Arc<S>, request: hyper::Request<Incoming>) -> Result<hyper::Response<Body>, Dropped> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_REQUEST).collect().await else {
        return Ok(send(Answer::json(413, &serde_json::json!({ "message": "body too large" })), None));
    };
    let core = site.core();
    let mut request = Request {
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        body: body.to_bytes(),
        others: 0,
        forced: None,
    };
    let (operation, key) = site.identify(&request);
    let guard = (operation != "token").then(|| core.enter());
    request.others = guard.as_ref().map_or(0, |guard| guard.others);
    let path = request.uri.path_and_query().map_or_else(|| request.uri.to_string(), ToString::to_string);
    let effects = core.faults.take(Call { operation: &operation, path: &path, key: key.as_deref() });
    let entry = Entry {
        at: core.clock.now_ms(),
        operation: operation.clone(),
        method: request.method.to_string(),
        path,
        key,
        effect: (!effects.is_empty()).then(|| effects.iter().map(Effect::name).collect::<Vec<_>>().join("+")),
        ..Entry::default()
    };
    let seq = core.journal.open(entry, site.journal_body(&operation, &request));
    let answer = work(&*site, request, &effects).await;
    core.journal.close(seq, |entry| {
        entry.until = Some(core.clock.now_ms());
        entry.status = (!answer.drop).then_some(answer.status);
        entry.key = entry.key.take().or_else(|| answer.key.clone());
    });
    drop(guard);
    if answer.drop {
        return Err(Dropped);
    }
    let pace = effects.iter().find_map(|effect| match effect {
        Effect::Slow(pause) => Some(core.clock.to_real(Duration::from_millis(*pause))),
        _ => None,
    });
    Ok(send(answer, pace))
}

/// Applies the effects around the partner's own work.
async fn work<S: Site>(site: &S, mut request: Request, effects: &[Effect]) -> Answer {
    let core = site.core();
    let mut drop_after = false;
    let mut duplicate = false;
    core.clock.sleep(site.latency()).await;
    for effect in effects {
        match effect {
            Effect::Delay(span) => core.clock.sleep(Duration::from_millis(*span)).await,
            Effect::DropBefore => return Answer::dropped(),
            Effect::Status { code, body, retry_after } => {
                return scripted(site, *code, body.as_deref(), *retry_after);
            }
            Effect::ExpireToken => {
                if let Some(token) = request.bearer() {
                    core.tokens.revoke(token);
                }
            }
            Effect::DropAfter => drop_after = true,
            Effect::Duplicate => duplicate = true,
            Effect::Bapi { .. } => request.forced = Some(effect.clone()),
            Effect::Slow(_) | Effect::Down | Effect::Up => {}
        }
    }
    let mut answer = site.answer(&request).await;
    if duplicate {
        answer = site.answer(&request).await;
    }
    answer.drop |= drop_after;
    answer
}

fn scripted<S: Site>(site: &S, code: u16, body: Option<&str>, retry_after: Option<u64>) -> Answer {
    let mut answer = site.fault(code);
    if let Some(body) = body {
        answer.body = Bytes::from(body.to_owned());
    }
    if let Some(seconds) = retry_after {
        answer = answer.header("retry-after", seconds.to_string());
    }
    answer
}

fn send(answer: Answer, pace: Option<Duration>) -> hyper::Response<Body> {
    let length = answer.body.len();
    let body = match pace {
        None => Full::new(answer.body).boxed_unsync(),
        Some(pause) => slowly(answer.body, pause),
    };
    let mut response = hyper::Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    if pace.is_some() && length > 0 {
        response.headers_mut().insert("content-length", HeaderValue::from(length));
    }
    response
}

/// The body in ten pieces with a pause before each.
fn slowly(body: Bytes, pause: Duration) -> Body {
    let size = body.len().div_ceil(10).max(1);
    let pieces: Vec<Bytes> =
        (0..body.len()).step_by(size).map(|at| body.slice(at..body.len().min(at + size))).collect();
    let frames = stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(Frame::data(piece))
    });
    StreamBody::new(frames).boxed_unsync()
}

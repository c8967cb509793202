//! One request, from its first header to its answer.
//!
//! In: a request and what it was led to. Out: a response; on the way, an [`Arrival`] through the door. Never knows: what becomes of messages.
//!
//! Refused in this order: not ready, unknown path or method, caller, rate, media type, size, JSON; the door checks the
//! rest. Every refusal has an error id that stands in the answer and in the log.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    body::{Body, HttpBody as _},
    extract::{FromRequestParts as _, RawPathParams},
};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method as HttpMethod, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};

use super::{
    Front, key,
    problem::Problem,
    routes::{self, Aim},
    trace,
};
use crate::{
    descriptor::{Endpoint, Interface, Method, Trigger},
    door::{Arrival, Receipt, Replied},
    format::json,
    telemetry,
    value::{Record, Value},
};

/// Longest time for a body, real time.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Of a refused request so much body is read and thrown away, so that the caller gets to read the refusal.
const DISCARD_BYTES: usize = 16 * 1024 * 1024;
/// And for so long.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Answers a request, whatever happens.
pub(super) async fn handle(front: &Front, aim: &Aim, request: Request<Body>) -> Response<Full<Bytes>> {
    let start_ms = front.clock.now_ms();
    let request_id = front.random.id(start_ms);
    let incoming = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let traceparent = trace::traceparent(incoming, &front.random);
    let (mut parts, mut body) = request.into_parts();
    let path = path_values(&mut parts).await;
    let mut interface = None;
    let work = Work { front, parts: &parts, path, request_id: &request_id, traceparent: &traceparent };
    let served = AssertUnwindSafe(work.serve(aim, &mut body, &mut interface)).catch_unwind().await;
    let result = served.unwrap_or_else(|_| Err(Problem::new(500, "something broke; nothing is known to be stored")));
    let mut response = match result {
        Ok(response) => response,
        Err(problem) => {
            work.note(&problem, interface);
            discard(&mut body, &parts.headers).await;
            problem.into_response(interface, &request_id)
        }
    };
    if let Some(interface) = interface {
        tell(&parts, interface, (&traceparent, &request_id), response.status(), (start_ms, front.clock.now_ms()));
    }
    if let Ok(value) = HeaderValue::from_str(&traceparent) {
        response.headers_mut().insert(TRACEPARENT, value);
    }
    response
}

/// Makes a span of the request.
fn tell(
    parts: &http::request::Parts,
    interface: &'static Interface,
    (traceparent, request_id): (&str, &str),
    status: StatusCode,
    times_ms: (i64, i64),
) {
    let (Trigger::Http(endpoint) | Trigger::Request { endpoint, .. }) = &interface.trigger else { return };
    telemetry::served(&telemetry::Served {
        traceparent,
        caller: parts.headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()),
        smart_id: interface.smart_id,
        method: parts.method.as_str(),
        route: endpoint.path,
        status: status.as_u16(),
        request_id,
        times_ms,
    });
}

struct Work<'a> {
    front: &'a Front,
    parts: &'a http::request::Parts,
    /// Values of the path's parameters; `None` if they are no UTF-8.
    path: Option<Vec<String>>,
    request_id: &'a str,
    traceparent: &'a str,
}

impl Work<'_> {
    async fn serve(
        &self,
        aim: &Aim,
        body: &mut Body,
        interface: &mut Option<&'static Interface>,
    ) -> Result<Response<Full<Bytes>>, Problem> {
        let front = self.front;
        if !front.door.ready() {
            return Err(Problem::new(503, "the service is starting or stopping").retry_after(1));
        }
        let (handler, endpoint) = match aim {
            Aim::Interface { handler, endpoint } => (*handler, *endpoint),
            Aim::Message => return self.message().await,
            Aim::OtherMethods(methods) if self.parts.method == HttpMethod::OPTIONS => return self.handshake(methods),
            Aim::OtherMethods(methods) => return Err(Problem::method_not_allowed(methods)),
            Aim::Nothing => return Err(nothing()),
        };
        let values = self.path.as_deref().ok_or_else(nothing)?.iter().cloned();
        let mut parameters: Vec<_> = routes::names(endpoint.path).map(str::to_owned).zip(values).collect();
        let found = front.door.handlers()[handler].interface();
        *interface = Some(found);
        let principal = front.auth.check(&endpoint.auth, &self.parts.headers).await?;
        if let Some(limit) = &front.limits[handler] {
            let too_many = |seconds| Problem::new(429, "too many requests for this interface").retry_after(seconds);
            limit.take(front.clock.now_ms()).map_err(too_many)?;
        }
        let query = routes::query(self.parts.uri.query().unwrap_or_default());
        parameters.extend(query.ok_or_else(|| Problem::new(400, "the query is not UTF-8"))?);
        let (raw, tree) = if endpoint.has_body { self.read(body, endpoint).await? } else { Default::default() };
        let key = key::key(found.idempotency, &self.parts.headers, &tree)?;
        let arrival = Arrival {
            handler,
            raw,
            body: tree,
            key,
            parameters,
            principal,
            traceparent: self.traceparent.to_owned(),
            request_id: self.request_id.to_owned(),
        };
        self.hand_in(&found.trigger, arrival).await
    }

    async fn hand_in(&self, trigger: &Trigger, arrival: Arrival) -> Result<Response<Full<Bytes>>, Problem> {
        let door = &self.front.door;
        match trigger {
            Trigger::Http(_) => Ok(accepted(&door.accept(arrival).await?)),
            Trigger::Request { .. } => Ok(match door.request(arrival).await? {
                Replied::Done { status, body } => replied(status, &body),
                Replied::Later(receipt) => accepted(&receipt),
            }),
            Trigger::Schedule { .. } => Err(nothing()),
        }
    }

    /// The body: of the right type, whole, within its limit, and JSON.
    async fn read(&self, body: &mut Body, endpoint: &Endpoint) -> Result<(Vec<u8>, Value), Problem> {
        check_media_type(&self.parts.headers)?;
        let limit = usize::try_from(endpoint.max_body_bytes).unwrap_or(usize::MAX);
        let too_large = || Problem::new(413, format!("the body is larger than {limit} bytes"));
        if body.size_hint().lower() > endpoint.max_body_bytes {
            return Err(too_large());
        }
        let collecting = Limited::new(&mut *body, limit).collect();
        let collected = match tokio::time::timeout(BODY_TIMEOUT, collecting).await {
            Ok(Ok(collected)) => collected.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large()),
            Ok(Err(_)) => return Err(Problem::new(400, "the body broke off")),
            Err(_) => return Err(Problem::new(408, "the body took too long")),
        };
        if collected.is_empty() {
            return Err(Problem::new(400, "the body is empty"));
        }
        let tree = json::read(&collected)
            .map_err(|malformed| Problem::new(400, format!("the body is not acceptable JSON: {malformed}")))?;
        Ok((collected.into(), tree))
    }

    /// `GET /messages/{id}`: the state of a message, for its sender.
    async fn message(&self) -> Result<Response<Full<Bytes>>, Problem> {
        let [id] = self.path.as_deref().unwrap_or_default() else { return Err(nothing()) };
        let principal = self.front.auth.identify(&self.parts.headers).await?;
        let state = self.front.door.state(id, &principal).await.ok_or_else(nothing)?;
        let mut body = Record::new();
        body.put("id", id);
        body.put("state", &state);
        Ok(replied(200, &Value::Record(body)))
    }

    /// CloudEvents webhook handshake: consent is given to configured origins only.
    fn handshake(&self, methods: &[Method]) -> Result<Response<Full<Bytes>>, Problem> {
        let header = |name: &str| self.parts.headers.get(name).and_then(|value| value.to_str().ok());
        let origin = header("webhook-request-origin").filter(|origin| {
            methods.contains(&Method::Post) && self.front.webhook_origins.iter().any(|allowed| allowed == origin)
        });
        let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(origin).ok()) else {
            return Err(Problem::method_not_allowed(methods));
        };
        let mut response = Response::new(Full::default());
        let headers = response.headers_mut();
        headers.insert("webhook-allowed-origin", origin);
        headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
        if header("webhook-request-rate").is_some() {
            headers.insert("webhook-allowed-rate", HeaderValue::from_static("*"));
        }
        Ok(response)
    }

    fn note(&self, problem: &Problem, interface: Option<&'static Interface>) {
        let smart_id = interface.map(|interface| interface.smart_id);
        self.front.observer.refused(smart_id, problem.status);
        tracing::info!(
            error_id = self.request_id,
            interface = smart_id,
            status = problem.status,
            method = %self.parts.method,
            trace = self.traceparent,
            reason = %problem.detail,
            violations = problem.violations.iter().len(),
            "refused"
        );
    }
}

/// What the router found at the places of the path's parameters, decoded.
async fn path_values(parts: &mut http::request::Parts) -> Option<Vec<String>> {
    let values = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    Some(values.iter().map(|(_, value)| value.to_owned()).collect())
}

fn nothing() -> Problem {
    Problem::new(404, "nothing is here")
}

/// `202`: the promise, and where to follow it up.
fn accepted(receipt: &Receipt) -> Response<Full<Bytes>> {
    let mut body = Record::new();
    body.put("id", &receipt.message_id);
    body.put("state", &"ACCEPTED".to_owned());
    let mut response = replied(202, &Value::Record(body));
    if let Ok(location) = HeaderValue::from_str(&format!("/messages/{}", receipt.message_id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if receipt.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

fn replied(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    if *body != Value::Null {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = Full::new(Bytes::from(json::write(body)));
    }
    response
}

/// JSON in UTF-8, not compressed.
fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = text(header::CONTENT_TYPE).to_ascii_lowercase();
    let mut parts = content_type.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let is_json = media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"));
    let charset_fits = parts
        .filter_map(|part| part.strip_prefix("charset="))
        .all(|charset| matches!(charset.trim_matches('"'), "utf-8" | "utf8"));
    let encoding = text(header::CONTENT_ENCODING);
    if !is_json || !charset_fits {
        return Err(Problem::new(415, "the body must be application/json in UTF-8"));
    }
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return Err(Problem::new(415, "compressed bodies are not accepted"));
    }
    Ok(())
}

/// Reads past what is left of a body.
async fn discard(body: &mut Body, headers: &HeaderMap) {
    if headers.contains_key(header::EXPECT) {
        // The caller waits for a word before it sends the body.
        return;
    }
    let reading = async {
        let mut left = DISCARD_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    let _ = tokio::time::timeout(DISCARD_TIMEOUT, reading).await;
}

//! What every request to the operator's listener goes through before anybody looks at what it wants.
//!
//! In: a request. Out: the same with its [`Caller`], or a refusal. Never knows: what an endpoint does.
//!
//! There are no cookies, but a browser on an operator's machine can still be made to send requests. Therefore: the host
//! must be one that we are known by, or an address (a name that was rebound to our address is neither); a request that
//! names its origin must come from ourselves; what changes anything must be JSON, which no form sends. What an endpoint
//! needs stands in the table of [`super::endpoints`]; what is not there is refused.

use std::net::{IpAddr, Ipv6Addr};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, header, request::Parts};
use percent_encoding::percent_decode_str;

use super::{
    Api,
    endpoints::{self, Endpoint},
    identity::{Caller, challenge},
};
use crate::{
    engine::Decision,
    format::mask::cut,
    http::{PeerCertificate, Problem},
};

/// Longest subject of an audit row that comes from a request line.
const MAX_SUBJECT: usize = 200;

/// The gate.
pub(super) async fn guard(State(api): State<Api>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut response = match admit(&api, &parts).await {
        Ok(caller) => {
            parts.extensions.insert(caller);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(problem) => answer(&api, problem),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A problem as a response, with an id of its own.
pub(super) fn answer(api: &Api, problem: Problem) -> Response {
    let error_id = api.engine.new_id();
    tracing::info!(status = problem.status, detail = problem.detail, error_id, "the operator's listener refused");
    problem.into_response(None, &error_id).into_response()
}

async fn admit(api: &Api, request: &Parts) -> Result<Caller, Problem> {
    let headers = &request.headers;
    let host = request.uri.authority().map(http::uri::Authority::as_str);
    let host = host.or_else(|| headers.get(header::HOST)?.to_str().ok()).unwrap_or_default();
    check_host(host, &api.hosts)?;
    check_origin(host, headers)?;
    let path = request.extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let endpoint = endpoints::find(&request.method, path)?;
    if request.method == Method::POST {
        check_json(headers)?;
    }
    let certificate = request.extensions.get::<PeerCertificate>();
    let caller = match api.identity.caller(headers, certificate).await {
        Ok(caller) => caller,
        // Probes and figures of who is alive are for everybody.
        Err(_) if endpoint.needs.is_none() => Caller { who: String::new(), role: None, known: false },
        Err(problem) => return Err(problem),
    };
    match endpoint.needs {
        Some(needs) if !caller.may(needs) => {
            let why = lacking(&caller, endpoint);
            refused(api, &caller, endpoint, request.uri.path(), &why).await;
            Err(if caller.known { Problem::new(403, why) } else { challenge(why) })
        }
        _ => Ok(caller),
    }
}

fn lacking(caller: &Caller, endpoint: &Endpoint) -> String {
    let needs = endpoint.needs.map_or("", crate::environment::Role::as_str);
    match (caller.known, caller.role) {
        (true, Some(role)) => format!("{} is {}, and this needs {needs}", caller.who, role.as_str()),
        (true, None) => format!("{} has no role here, and this needs {needs}", caller.who),
        (false, _) => format!("this needs {needs}: show the token of the token file, a token, or a client certificate"),
    }
}

/// Attempts to decide are put on record. Those of nobody in particular only as far as they do not fill the log.
async fn refused(api: &Api, caller: &Caller, endpoint: &Endpoint, path: &str, why: &str) {
    let Some(action) = endpoint.decides else { return };
    if !caller.known && api.strangers.take(api.engine.now_ms()).is_err() {
        return;
    }
    let decision = Decision { who: caller.who.clone(), role: caller.role_word(), why: String::new() };
    api.engine.record_refusal(&decision, action, &subject(path), why).await;
}

/// What a path is about, as in the audit log.
fn subject(path: &str) -> String {
    let mut parts = path.split('/').skip(1);
    let (kind, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let name = percent_decode_str(name).decode_utf8_lossy();
    let text = match kind {
        "messages" | "alerts" => name.into_owned(),
        "interfaces" => format!("interface:{name}"),
        "systems" => format!("target:{name}"),
        _ => path.to_owned(),
    };
    cut(&text, MAX_SUBJECT).to_owned()
}

fn check_host(host: &str, known: &[String]) -> Result<(), Problem> {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_address = name.parse::<IpAddr>().is_ok() || name.parse::<Ipv6Addr>().is_ok();
    if is_address || name.eq_ignore_ascii_case("localhost") || known.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    Err(Problem::new(421, "this is not a host that the operator's listener is known by; name it in admin.hosts"))
}

fn check_origin(host: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let own = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    match own {
        Some(("http" | "https", authority)) if authority.eq_ignore_ascii_case(host) => Ok(()),
        _ => Err(Problem::new(403, "a page of another origin may not ask here")),
    }
}

fn check_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(415, "send JSON, with Content-Type: application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_an_address_or_known() {
        let known = ["ops.example.org".to_owned()];
        for host in ["127.0.0.1:8081", "[::1]:8081", "localhost", "LOCALHOST:1", "10.0.0.7:80", "OPS.example.org:443"] {
            assert_eq!(check_host(host, &known), Ok(()), "{host}");
        }
        for host in ["", "evil.example.org", "evil.example.org:8081", "localhost.evil.org", "127.0.0.1.evil.org", "[x]"]
        {
            assert!(check_host(host, &known).is_err(), "{host}");
        }
    }

    #[test]
    fn a_refusal_is_about_what_was_asked_for() {
        for (path, expect) in [
            ("/messages/7/retry", "7"),
            ("/systems/SAP%20SRM7/pause", "target:SAP SRM7"),
            ("/interfaces/A-B/resume", "interface:A-B"),
            ("/bulk/discard", "/bulk/discard"),
        ] {
            assert_eq!(subject(path), expect);
        }
        assert_eq!(subject(&format!("/messages/{}", "x".repeat(999))).len(), MAX_SUBJECT);
    }
}

//! What every question about the running services goes through.
//!
//! In: a request. Out: the same, or a refusal. Never knows: services, roles.
//!
//! A browser can be made to ask by a page of somebody else: the host must be one that we are known by or an address (a
//! name that was bound anew to our address is neither), an origin that is named must be our own, a decision must be JSON.

use std::net::IpAddr;

use axum::{
    Json,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use reqwest::{Method, StatusCode, header};
use serde_json::json;

/// Lets a request pass, and its answer be kept by nobody.
pub(crate) async fn guard(State(hosts): State<Vec<String>>, request: Request, next: Next) -> Response {
    let mut response = match check(&request, &hosts) {
        Ok(()) => next.run(request).await,
        Err((status, detail)) => problem(status, detail),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// Lets a request pass that names us as we are known.
pub(crate) async fn known(State(hosts): State<Vec<String>>, request: Request, next: Next) -> Response {
    match check_host(&request, &hosts) {
        Ok(_) => next.run(request).await,
        Err((status, detail)) => problem(status, detail),
    }
}

/// A problem document (RFC 9457).
pub(super) fn problem(status: StatusCode, detail: &str) -> Response {
    let body = Json(json!({ "status": status.as_u16(), "detail": detail }));
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}

type Refusal = (StatusCode, &'static str);

fn text(request: &Request, name: header::HeaderName) -> Option<&str> {
    request.headers().get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// The host that a request names, if it is ours.
fn check_host<'a>(request: &'a Request, hosts: &[String]) -> Result<&'a str, Refusal> {
    let authority = request.uri().authority().map(axum::http::uri::Authority::as_str);
    let host = text(request, header::HOST).or(authority).unwrap_or_default();
    if is_known(host, hosts) {
        return Ok(host);
    }
    Err((StatusCode::MISDIRECTED_REQUEST, "this is no name of this site; name it with --host"))
}

fn check(request: &Request, hosts: &[String]) -> Result<(), Refusal> {
    let host = check_host(request, hosts)?;
    let text = |name| text(request, name);
    let foreign = text(header::ORIGIN).is_some_and(
        |origin| !matches!(origin.split_once("://"), Some(("http" | "https", own)) if own.eq_ignore_ascii_case(host)),
    );
    if foreign
        || text(header::HeaderName::from_static("sec-fetch-site"))
            .is_some_and(|site| !matches!(site, "same-origin" | "none"))
    {
        return Err((StatusCode::FORBIDDEN, "only pages of this site may ask"));
    }
    let json = text(header::CONTENT_TYPE).is_some_and(|kind| kind.split(';').next() == Some("application/json"));
    if request.method() == Method::POST && !json {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON, with Content-Type: application/json"));
    }
    Ok(())
}

fn is_known(host: &str, hosts: &[String]) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    /// Method, headers, and the status of a refusal.
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], Option<u16>);

    #[test]
    fn pages_of_others_are_kept_out() {
        let ours = ("host", "127.0.0.1:8090");
        let json = ("content-type", "application/json");
        let cases: &[Case<'_>] = &[
            ("GET", &[ours], None),
            ("GET", &[("host", "[::1]:8090")], None),
            ("GET", &[("host", "catalog.example.org")], None),
            ("GET", &[("host", "evil.example.org:8090")], Some(421)),
            ("GET", &[], Some(421)),
            ("POST", &[ours, json, ("origin", "http://127.0.0.1:8090")], None),
            ("POST", &[ours, json], None),
            ("POST", &[ours, json, ("origin", "http://127.0.0.1:9999")], Some(403)),
            ("POST", &[ours, json, ("origin", "null")], Some(403)),
            ("POST", &[ours, json, ("sec-fetch-site", "same-site")], Some(403)),
            ("POST", &[ours, json, ("sec-fetch-site", "same-origin")], None),
            ("POST", &[ours], Some(415)),
            ("POST", &[ours, ("content-type", "text/plain")], Some(415)),
        ];
        for (method, headers, expect) in cases {
            let request =
                headers.iter().fold(Request::builder().method(*method), |it, (name, value)| it.header(*name, *value));
            let request = request.uri("/live/state").body(Body::empty()).unwrap();
            let got = check(&request, &["catalog.example.org".to_owned()]).err().map(|(status, _)| status.as_u16());
            assert_eq!(got, *expect, "{method} {headers:?}");
        }
    }
}

//! What fuzz targets reach of this module.
//!
//! In: bytes as partners send them. Out: nothing; whoever comes back has held. Never knows: sockets.

#![allow(clippy::expect_used, reason = "whoever fuzzes wants to hear of it")]

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;

use super::{
    Call, Credentials, Outcome, TokenSource, csrf, http_client, odata,
    partner::Partner,
    rest, rfc, sftp,
    url::{Quoting, build},
    wire::Reply,
};
use crate::{
    clock::{Clock, ScaledClock},
    descriptor::{Operation, Protocol},
    environment::{Placement, TokenAuth},
    flow::Request,
    tls,
};

/// Longest excerpt: 4 KiB, and what says that it was cut.
const LONGEST: usize = 4_200;

/// A reply to an operation: judged, and read as a session and as a token.
pub(crate) fn reply(operation: &'static Operation, head: &str, body: &[u8]) {
    let (partner, tokens) = parts();
    let request = Request::new();
    let call = Call { operation, request: &request, overrides: &[], key: "k", traceparent: "t" };
    let reply =
        Reply { status: status(head), headers: headers(head), body: Bytes::copy_from_slice(body), cut_off: false };
    let outcome: Outcome = match operation.protocol {
        Protocol::Rfc { function } => rfc::judge(partner, &call, function, &reply),
        Protocol::OData { .. } => odata::unwrap(rest::judge(partner, &call, &reply)),
        _ => rest::judge(partner, &call, &reply),
    };
    assert!(outcome.excerpt.len() <= LONGEST, "an excerpt is short: {}", outcome.excerpt.len());
    csrf::read(&reply);
    csrf::is_required(&reply);
    tokens.judge(&reply).ok();
}

/// A value of a message in an address: it stays in its place.
pub(crate) fn address(value: &str) {
    let request = Request::new().parameter("id", value);
    for quoting in [Quoting::Plain, Quoting::Literal] {
        let Ok(text) =
            build("https://erp.example.org/api?client=100", "/orders/{id}/items", &["id"], &request, quoting)
        else {
            continue;
        };
        let url = Url::parse(&text).expect("an address is one");
        let segments: Vec<_> = url.path_segments().into_iter().flatten().collect();
        assert!(matches!(segments[..], ["api", "orders", _, "items"]), "another path: {url}");
        assert_eq!((url.host_str(), url.fragment()), (Some("erp.example.org"), None), "another host: {url}");
        let query: Vec<_> = url.query_pairs().collect();
        assert_eq!(query.len(), 2, "another query: {url}");
        assert_eq!(query[1].1, value, "another value: {url}");
    }
    let stays = !value.contains(['/', '\\', '\0']) && !value.contains("..") && !value.starts_with('.');
    assert!(stays || !sftp::is_safe(value), "the file leaves its directory: {value}");
}

fn status(head: &str) -> u16 {
    head.lines().next().and_then(|line| line.parse().ok()).filter(|status| (100..600).contains(status)).unwrap_or(200)
}

fn headers(head: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    headers
}

fn parts() -> &'static (Partner, TokenSource) {
    static PARTS: OnceLock<(Partner, TokenSource)> = OnceLock::new();
    PARTS.get_or_init(|| {
        let clock: Arc<dyn Clock> = Arc::new(ScaledClock::SYSTEM);
        let tls = tls::client(None, None).expect("the public authorities are known");
        let client = http_client(tls, None).expect("a client without a proxy");
        let credentials = Credentials {
            url: "https://erp.example.org/token".to_owned(),
            client_id: "tieline".to_owned(),
            client_secret: "secret".to_owned().into(),
            scopes: Vec::new(),
            audience: None,
            auth: TokenAuth::Basic,
        };
        let partner = Partner::new(Placement::default(), Arc::clone(&clock));
        (partner.expect("a partner that is nowhere"), TokenSource::new(client, credentials, clock))
    })
}

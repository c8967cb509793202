//! In: one TLS connection's requests and the certificate behind it. Out: refusals of the proxy, or the host's answers.
//! Never knows: how tokens are issued.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;

use super::{CloudConnector, EXPOSED, VIRTUAL_HOST};
use crate::common::core::Core;
use crate::common::text::{basic, strip_scheme};
use crate::common::web::{Answer, Request, Site};

/// Longest request line plus headers.
const MAX_HEAD: usize = 8192;
/// How long the proxy waits for the host, real time.
const HOST_TIMEOUT: Duration = Duration::from_secs(120);
/// Headers that belong to one hop (RFC 9110 §7.6.1), or that only the proxy may set.
const NOT_FORWARDED: [&str; 9] = [
    "connection",
    "proxy-authorization",
    "proxy-connection",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
    "ssl_client_cert",
    "content-length",
];

/// The proxy as one connection sees it.
pub(super) struct Front {
    pub(super) scc: Arc<CloudConnector>,
    /// Base64 of the client certificate's DER.
    pub(super) certificate: String,
}

impl Front {
    /// Nothing, or why this request does not pass.
    fn refuse(&self, request: &Request) -> Option<Answer> {
        if head_size(request) > MAX_HEAD {
            return Some(refusal(431, "request line and headers are longer than 8192 bytes"));
        }
        if request.method == "CONNECT" || request.uri.scheme_str() == Some("https") {
            return Some(refusal(405, "use http for the virtual host: the tunnel is encrypted anyway"));
        }
        let Some(host) = request.uri.authority() else {
            return Some(refusal(400, "this is a proxy: send the absolute URI"));
        };
        if host.as_str().contains('_') {
            return Some(refusal(400, "underscores are not allowed in virtual hosts"));
        }
        if !self.authorized(request) {
            return Some(
                refusal(407, "a token of the connectivity service is needed").header("proxy-authenticate", "Bearer"),
            );
        }
        let location = request.header("sap-connectivity-scc-location_id").filter(|id| !id.is_empty());
        if location != self.scc.settings().location_id.as_deref() {
            return Some(refusal(503, "there is no Cloud Connector with this location id for your subaccount"));
        }
        let exposed = request.uri.path() == EXPOSED || request.uri.path().starts_with(&format!("{EXPOSED}/"));
        (host.as_str() != VIRTUAL_HOST || !exposed)
            .then(|| refusal(403, "this host or path is not exposed in access control"))
    }

    fn authorized(&self, request: &Request) -> bool {
        let Some(value) = request.header("proxy-authorization") else { return false };
        // Clients that can only do Basic send the token as the user name.
        let token = strip_scheme(value, "bearer").map(str::to_owned).or_else(|| basic(value).map(|(token, _)| token));
        let core = &self.scc.core;
        token.is_some_and(|token| core.tokens.valid(&token, core.clock.now_ms()))
    }

    async fn forward(&self, request: &Request) -> Answer {
        let path = request.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            if !NOT_FORWARDED.contains(&name.as_str()) && name != "host" {
                headers.append(name.clone(), value.clone());
            }
        }
        let outgoing = self
            .scc
            .http
            .request(request.method.clone(), format!("{}{path}", self.scc.backend))
            .headers(headers)
            .header("host", VIRTUAL_HOST)
            .header("ssl_client_cert", &self.certificate)
            .timeout(HOST_TIMEOUT)
            .body(request.body.clone());
        match outgoing.send().await {
            Ok(response) => hand_back(response).await,
            Err(error) if error.is_connect() => refusal(502, "cannot open a connection to the host"),
            Err(_) => self.lost(),
        }
    }

    /// The host closed the connection without a reply.
    fn lost(&self) -> Answer {
        match self.scc.settings().lost_reply_status {
            Some(status) => refusal(status, "the host closed the connection"),
            None => Answer::dropped(),
        }
    }
}

async fn hand_back(response: reqwest::Response) -> Answer {
    let status = response.status().as_u16();
    let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let kind = text("content-type").unwrap_or_else(|| "application/octet-stream".to_owned());
    let extra: Vec<(&'static str, String)> =
        ["www-authenticate", "retry-after", "allow"].into_iter().filter_map(|name| Some((name, text(name)?))).collect();
    match response.bytes().await {
        Ok(body) => {
            let mut answer = Answer::new(status, &kind, body);
            answer.headers.extend(extra);
            answer
        }
        Err(_) => Answer::dropped(),
    }
}

fn head_size(request: &Request) -> usize {
    let line = request.method.as_str().len() + request.uri.to_string().len() + 12;
    line + request.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>()
}

fn refusal(status: u16, reason: &str) -> Answer {
    Answer::new(status, "text/plain; charset=utf-8", reason.to_owned())
        .header("x-error-origin", "cloud-connector")
        .header("x-error-message", reason)
}

impl Site for Front {
    fn core(&self) -> &Core {
        &self.scc.core
    }

    fn identify(&self, _: &Request) -> (String, Option<String>) {
        ("proxy".to_owned(), None)
    }

    async fn answer(&self, request: &Request) -> Answer {
        match self.refuse(request) {
            Some(answer) => answer,
            None => self.forward(request).await,
        }
    }

    fn fault(&self, status: u16) -> Answer {
        refusal(status, "the fault plan asked for this answer")
    }
}

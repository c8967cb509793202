//! What channels that take JSON over HTTP have in common.
//!
//! In: a body. Out: the reply, or why there is none; secrets never stand in it. Never knows: what the body says.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, header};
use reqwest::{Client, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;

use super::Undelivered;
use crate::{
    clock::Clock,
    format::mask::cut,
    tls,
    transport::{Wire, http_client, retry_after_ms, send},
};

const TIMEOUT_MS: u64 = 20_000;

/// Longest part of a refusal that is kept.
const MOST_WORDS: usize = 200;

/// A client for one address.
pub(super) struct Hook {
    client: Client,
    clock: Arc<dyn Clock>,
    /// What must not be seen in any error: the address itself, or the key inside the body.
    secret: SecretString,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) text: String,
    retry_after_ms: Option<u64>,
}

impl Hook {
    pub(super) fn new(secret: SecretString, clock: &Arc<dyn Clock>) -> Result<Self, String> {
        let tls = tls::client(None, None).map_err(|error| error.to_string())?;
        Ok(Self { client: http_client(tls, None)?, clock: Arc::clone(clock), secret })
    }

    pub(super) async fn post(&self, url: &str, body: &Json) -> Result<Answer, Undelivered> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = Some(body.to_string().into_bytes().into());
        let wire = Wire { method: Method::POST, url: url.to_owned(), headers, body };
        let reply = send(&self.client, wire, TIMEOUT_MS, &*self.clock).await;
        let reply = reply.map_err(|failure| Undelivered {
            permanent: false,
            retry_after_ms: None,
            detail: self.without_secret(&failure.reason),
        })?;
        Ok(Answer {
            status: reply.status,
            retry_after_ms: reply.header("retry-after").and_then(|text| retry_after_ms(text, self.clock.now())),
            text: self.without_secret(&String::from_utf8_lossy(&reply.body)),
        })
    }

    fn without_secret(&self, text: &str) -> String {
        let secret = self.secret.expose_secret();
        if secret.is_empty() { text.to_owned() } else { text.replace(secret, "***") }
    }
}

impl Answer {
    /// Turns a refusal into what the outbox needs to know.
    pub(super) fn refused(self, permanent: bool) -> Undelivered {
        let text = cut(self.text.trim(), MOST_WORDS);
        Undelivered {
            permanent,
            retry_after_ms: self.retry_after_ms,
            detail: format!("status {}: {}", self.status, if text.is_empty() { "no words" } else { text }),
        }
    }
}

/// An address that can be posted to: HTTPS, or plain HTTP on this machine.
pub(super) fn address(url: &str) -> Result<Url, String> {
    // The address may be a secret: it is not repeated.
    let url: Url = url.trim().parse().map_err(|_| "the address is no URL".to_owned())?;
    let local = url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if local => Ok(url),
        _ => Err("the address must begin with https://".to_owned()),
    }
}

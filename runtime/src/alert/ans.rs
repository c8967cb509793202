//! SAP Alert Notification service for SAP BTP: the producer API.
//!
//! In: posts. Out: `POST {url}/cf/producer/v1/resource-events`, token by client credentials. Never knows: the outbox.
//!
//! The API takes no idempotency key: a repeated event is collapsed downstream by `ans:sourceEventId` together with
//! `ans:status` `CREATE_OR_UPDATE`; `CLOSE` under the same id ends it.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, header};
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value as Json, json};

use super::{
    Channel, Links, Undelivered,
    words::{body, severity, subject},
};
use crate::{
    clock::Clock,
    descriptor::Class,
    door::Promise,
    environment::TokenAuth,
    format::mask::cut,
    journal::Post,
    lifecycle::Severity,
    tls,
    transport::{Credentials, TokenError, TokenSource, Wire, http_client, retry_after_ms, send},
};

/// Longest texts: the service publishes no limits, these are safe (its own clients cut at the same size).
const MAX_SUBJECT: usize = 255;
const MAX_BODY: usize = 4_000;
const MAX_TAG: usize = 255;

const TIMEOUT_MS: u64 = 20_000;

/// A producer of one service instance.
pub struct SapAlertNotification {
    url: String,
    client: Client,
    token: TokenSource,
    links: Links,
    clock: Arc<dyn Clock>,
}

impl SapAlertNotification {
    /// A producer for the service key's `url`, `oauth_url`, `client_id` and `client_secret`.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn new(
        url: String,
        token_url: String,
        (client_id, client_secret): (String, SecretString),
        links: Links,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let tls = tls::client(None, None).map_err(|error| error.to_string())?;
        let client = http_client(tls, None)?;
        let credentials = Credentials {
            url: token_endpoint(&token_url),
            client_id,
            client_secret,
            auth: TokenAuth::Basic,
            scopes: Vec::new(),
            audience: None,
        };
        let token = TokenSource::new(client.clone(), credentials, Arc::clone(clock));
        let url = format!("{}/cf/producer/v1/resource-events", url.trim_end_matches('/'));
        Ok(Self { url, client, token, links, clock: Arc::clone(clock) })
    }

    async fn post(&self, post: &Post) -> Result<(), Undelivered> {
        let token = self.token.token().await.map_err(no_token)?;
        match self.send(post, &token).await {
            // The token may have been revoked: once more with a new one.
            Err(Refused { status: 401, .. }) => {
                self.token.forget(&token).await;
                let token = self.token.token().await.map_err(no_token)?;
                self.send(post, &token).await.map_err(Refused::into_undelivered)
            }
            other => other.map_err(Refused::into_undelivered),
        }
    }

    async fn send(&self, post: &Post, token: &SecretString) -> Result<(), Refused> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
        let mut bearer = bearer.map_err(|_| Refused::unsent("the token is no header value".to_owned()))?;
        bearer.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, bearer);
        let body = Some(event(post, &self.links).to_string().into_bytes().into());
        let wire = Wire { method: Method::POST, url: self.url.clone(), headers, body };
        let reply = send(&self.client, wire, TIMEOUT_MS, &*self.clock).await;
        let reply = reply.map_err(|failure| Refused::unsent(failure.reason))?;
        if matches!(reply.status, 200..=202) {
            return Ok(());
        }
        let request = reply.header("x-vcap-request-id").unwrap_or("none");
        let text = String::from_utf8_lossy(&reply.body);
        Err(Refused {
            status: reply.status,
            retry_after_ms: reply.header("retry-after").and_then(|text| retry_after_ms(text, self.clock.now())),
            detail: format!("status {}, x-vcap-request-id {request}: {}", reply.status, cut(&text, 200)),
        })
    }
}

impl Channel for SapAlertNotification {
    fn tell<'a>(&'a self, post: &'a Post) -> Promise<'a, Result<(), Undelivered>> {
        Box::pin(self.post(post))
    }
}

impl std::fmt::Debug for SapAlertNotification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SapAlertNotification").field("url", &self.url).finish_non_exhaustive()
    }
}

struct Refused {
    /// 0: nothing came back.
    status: u16,
    retry_after_ms: Option<u64>,
    detail: String,
}

impl Refused {
    fn unsent(detail: String) -> Self {
        Self { status: 0, retry_after_ms: None, detail }
    }

    /// Only what the event itself is at fault for is given up; credentials can be put right while the alert waits.
    fn into_undelivered(self) -> Undelivered {
        let permanent = matches!(self.status, 400 | 404 | 405 | 413 | 415 | 422);
        Undelivered { permanent, retry_after_ms: self.retry_after_ms, detail: self.detail }
    }
}

fn no_token(error: TokenError) -> Undelivered {
    debug_assert!(error.class != Class::Delivered);
    Undelivered { permanent: false, retry_after_ms: error.retry_after_ms, detail: error.reason }
}

/// Service keys hold the token URL with or without the grant in its query.
fn token_endpoint(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default().trim_end_matches('/');
    if url.ends_with("/oauth/token") { url.to_owned() } else { format!("{url}/oauth/token") }
}

/// The event of a post.
fn event(post: &Post, links: &Links) -> Json {
    let incident = &post.incident;
    json!({
        "eventType": if incident.firing { "InterfaceDeliveryFailed" } else { "InterfaceDeliveryRecovered" },
        "eventTimestamp": incident.last_ms.div_euclid(1_000).max(0),
        "severity": match severity(incident) {
            Severity::Info => "INFO",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
            Severity::Critical => "FATAL",
        },
        "category": "ALERT",
        "subject": cut(&subject(incident), MAX_SUBJECT),
        "body": cut(&body(incident, links), MAX_BODY),
        "resource": {
            "resourceName": incident.interface,
            "resourceType": "integration-interface",
            "resourceInstance": incident.target,
        },
        "tags": {
            "ans:status": if incident.firing { "CREATE_OR_UPDATE" } else { "CLOSE" },
            "ans:correlationId": cut(&incident.message_id, MAX_TAG),
            "ans:sourceEventId": cut(&incident.dedup_key, MAX_TAG),
            "tieline:reason": incident.reason.as_str(),
            "tieline:count": incident.count.to_string(),
            "tieline:message": cut(&incident.message_id, MAX_TAG),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_urls_come_in_two_shapes() {
        for url in ["https://a/oauth/token", "https://a", "https://a/oauth/token?grant_type=client_credentials"] {
            assert_eq!(token_endpoint(url), "https://a/oauth/token");
        }
    }
}

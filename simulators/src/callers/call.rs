//! In: method, path, body and the token to show. Out: the service's reply, whatever it is.
//! Never knows: what a good reply would be; that is for the scene or test that calls.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;

use super::Sender;
use crate::common::faults::{self, Effect};
use crate::common::journal::Entry;
use crate::idp::{Idp, Token};

/// A trigger about to be played. Nothing is sent before [`Call::send`].
#[derive(Clone, Debug)]
pub struct Call {
    sender: Sender,
    operation: &'static str,
    key: String,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Bytes>,
    token: Token,
}

/// Where the service under test listens and how callers get tokens.
#[derive(Debug)]
pub(crate) struct ServiceDoor {
    pub(crate) service: SocketAddr,
    pub(crate) idp: Arc<Idp>,
    pub(crate) http: reqwest::Client,
}

/// What the service answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Response headers.
    pub headers: HeaderMap,
    /// Response body.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON; `Null` if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text; bytes that are no UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's text, empty if absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// No reply: the service does not listen, or closed the connection.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The connection failed or broke; the text says how.
    #[error("no reply from the service: {0}")]
    NoReply(String),
}

impl Call {
    pub(super) fn new(sender: &Sender, operation: &'static str, method: Method, path: String) -> Self {
        Call {
            sender: sender.clone(),
            operation,
            key: String::new(),
            method,
            path,
            headers: Vec::new(),
            body: None,
            token: Token::Valid,
        }
    }

    /// The business key that the sender's journal shows.
    pub(super) fn key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// Sends this JSON.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.body = Some(Bytes::from(body.to_string()));
        self.content_type("application/json")
    }

    /// Shows another token than a valid one.
    #[must_use]
    pub fn token(mut self, token: Token) -> Self {
        self.token = token;
        self
    }

    /// Sends these bytes instead of the payload; the content type stays.
    #[must_use]
    pub fn raw_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends a body that is no JSON.
    #[must_use]
    pub fn not_json(self) -> Self {
        self.raw_body("{\"unfinished\": ")
    }

    /// Sends a JSON body of `megabytes` × 1,000,000 bytes and a little more.
    #[must_use]
    pub fn oversized(self, megabytes: usize) -> Self {
        let padding = "x".repeat(megabytes * 1_000_000);
        self.raw_body(format!("{{\"padding\":\"{padding}\"}}"))
    }

    /// Removes a top-level field from the payload.
    #[must_use]
    pub fn without(self, field: &str) -> Self {
        self.edit(|body| {
            if let Value::Object(fields) = body {
                fields.shift_remove(field);
            }
        })
    }

    /// Sets a top-level field of the payload.
    #[must_use]
    pub fn with(self, field: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.edit(|body| {
            if let Value::Object(fields) = body {
                fields.insert(field.to_owned(), value);
            }
        })
    }

    /// Changes the JSON payload; does nothing if there is none.
    #[must_use]
    pub fn edit(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let Some(Ok(mut body)) = self.body.as_ref().map(|bytes| serde_json::from_slice::<Value>(bytes)) else {
            return self;
        };
        change(&mut body);
        self.body = Some(Bytes::from(body.to_string()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Replaces the content type.
    #[must_use]
    pub fn content_type(mut self, value: &str) -> Self {
        self.headers.retain(|(name, _)| name != "content-type");
        self.header("content-type", value)
    }

    /// Replaces the path, query included.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// The payload as it will be sent; empty if there is none.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// Sends the call once over a new connection, without following redirects and without a retry; a pending fault on
    /// this operation may send it twice or lose the reply.
    ///
    /// # Errors
    /// [`CallError::NoReply`] if no complete HTTP response came back.
    pub async fn send(self) -> Result<Reply, CallError> {
        let core = &self.sender.core;
        let call = faults::Call { operation: self.operation, path: &self.path, key: Some(&self.key) };
        let effects = core.faults.take(call);
        let names: Vec<&str> = effects.iter().map(Effect::name).collect();
        let entry = Entry {
            at: core.clock.now_ms(),
            operation: self.operation.to_owned(),
            method: self.method.to_string(),
            path: self.path.clone(),
            effect: (!names.is_empty()).then(|| names.join("+")),
            key: Some(self.key.clone()),
            ..Entry::default()
        };
        let seq = core.journal.open(entry, self.body());
        let result = self.play(&effects).await;
        core.journal.close(seq, |entry| {
            entry.until = Some(core.clock.now_ms());
            entry.status = result.as_ref().ok().map(|reply| reply.status);
        });
        result
    }

    /// Sends again, up to `attempts` times with a virtual pause between them, until the service answers 2xx: what a
    /// sender of webhooks does. Returns the last result.
    ///
    /// # Errors
    /// [`CallError::NoReply`] if the last attempt had no reply.
    pub async fn send_until_accepted(self, attempts: u32, pause: Duration) -> Result<Reply, CallError> {
        let mut result = self.clone().send().await;
        for _ in 1..attempts {
            if result.as_ref().is_ok_and(|reply| (200..300).contains(&reply.status)) {
                break;
            }
            self.sender.core.clock.sleep(pause).await;
            result = self.clone().send().await;
        }
        result
    }

    async fn play(&self, effects: &[Effect]) -> Result<Reply, CallError> {
        let mut lost = false;
        let mut twice = false;
        for effect in effects {
            match effect {
                Effect::Delay(span) => self.sender.core.clock.sleep(Duration::from_millis(*span)).await,
                Effect::DropBefore => return Err(CallError::NoReply("not sent: planned fault".to_owned())),
                Effect::DropAfter => lost = true,
                Effect::Duplicate => twice = true,
                _ => {}
            }
        }
        if twice {
            self.transmit().await?;
        }
        let reply = self.transmit().await?;
        if lost { Err(CallError::NoReply("reply lost: planned fault".to_owned())) } else { Ok(reply) }
    }

    async fn transmit(&self) -> Result<Reply, CallError> {
        let Sender { door, client, .. } = &self.sender;
        let url = format!("http://{}{}", door.service, self.path);
        let mut request = door.http.request(self.method.clone(), url);
        if let Some(token) = door.idp.token(*client, self.token) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        let response = request.send().await.map_err(no_reply)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.map_err(no_reply)?;
        Ok(Reply { status, headers, body })
    }
}

#[allow(clippy::needless_pass_by_value)]
fn no_reply(error: reqwest::Error) -> CallError {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    CallError::NoReply(text)
}

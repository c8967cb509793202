//! In: method, path, body and the token to show. Out: the service's reply, whatever it is.
//! Never knows: what a good reply would be; that is for the scene or test that calls.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::idp::{Client, Idp, Token};

/// A trigger about to be played. Nothing is sent before [`Call::send`].
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) door: Arc<ServiceDoor>,
    pub(crate) client: Client,
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
    pub(crate) fn new(door: &Arc<ServiceDoor>, client: Client, method: Method, path: impl Into<String>) -> Self {
        Call {
            door: door.clone(),
            client,
            method,
            path: path.into(),
            headers: Vec::new(),
            body: None,
            token: Token::Valid,
        }
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

    /// Sends the call once, fresh connections allowed, without following redirects and without a retry.
    ///
    /// # Errors
    /// [`CallError::NoReply`] if no complete HTTP response came back.
    pub async fn send(self) -> Result<Reply, CallError> {
        let url = format!("http://{}{}", self.door.service, self.path);
        let mut request = self.door.http.request(self.method, url);
        if let Some(token) = self.door.idp.token(self.client, self.token) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = self.body {
            request = request.body(body);
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

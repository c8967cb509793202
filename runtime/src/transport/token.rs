//! OAuth 2.0 client credentials (RFC 6749 §4.4), one request for everybody who waits.
//!
//! In: credentials, a clock. Out: bearer tokens. Never knows: what they are used for. Tokens and secrets are never
//! printed.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use super::{
    classify::{codes, retry_after_ms},
    url::encode,
    wire::{self, Reply, Wire},
};
use crate::{
    clock::Clock,
    descriptor::Class,
    environment::TokenAuth,
    format::{json, mask::cut},
    value::{Record, Value},
};

/// How long before its end a token is renewed.
const EARLY_MS: i64 = 60_000;
/// Life of a token that does not say.
const DEFAULT_LIFE_S: i64 = 300;
/// Longest wait for the token endpoint.
const TIMEOUT_MS: u64 = 30_000;

/// Where to get tokens and what to show for them.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Token endpoint.
    pub url: String,
    /// Client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// Where client and secret go.
    pub auth: TokenAuth,
    /// Scopes to ask for.
    pub scopes: Vec<String>,
    /// `audience` parameter.
    pub audience: Option<String>,
}

/// No token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct TokenError {
    /// `Target`: our credentials are refused. `Retryable`: the endpoint is not well.
    pub class: Class,
    /// Why.
    pub reason: String,
    /// What the endpoint asked for with `Retry-After`.
    pub retry_after_ms: Option<u64>,
}

/// A cache of one token.
pub struct TokenSource {
    client: Client,
    credentials: Credentials,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Answers of the endpoint so far, good or bad.
    answered: AtomicU64,
    /// Those that held a token.
    granted: AtomicU64,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    failure: Option<TokenError>,
}

#[derive(Clone)]
pub(super) struct Token {
    value: SecretString,
    renew_at_ms: i64,
}

impl TokenSource {
    /// An empty cache.
    #[must_use]
    pub fn new(client: Client, credentials: Credentials, clock: Arc<dyn Clock>) -> Self {
        Self {
            client,
            credentials,
            clock,
            state: Mutex::default(),
            answered: AtomicU64::new(0),
            granted: AtomicU64::new(0),
        }
    }

    /// The cached token, or a new one. However many ask at once, the endpoint is asked once.
    ///
    /// # Errors
    /// The endpoint gave none.
    pub async fn token(&self) -> Result<SecretString, TokenError> {
        let answered_before = self.answered.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        if let Some(token) = state.token.as_ref().filter(|token| token.renew_at_ms > self.clock.now_ms()) {
            return Ok(token.value.clone());
        }
        // Whoever waited while somebody else asked in vain shares that answer.
        if let Some(failure) = state.failure.as_ref()
            && self.answered.load(Ordering::Acquire) > answered_before
        {
            return Err(failure.clone());
        }
        let fetched = self.fetch().await;
        if fetched.is_ok() {
            self.granted.fetch_add(1, Ordering::Relaxed);
        }
        self.answered.fetch_add(1, Ordering::AcqRel);
        state.token = fetched.as_ref().ok().cloned();
        state.failure = fetched.as_ref().err().cloned();
        fetched.map(|token| token.value)
    }

    /// Tokens got, and requests that brought none.
    pub(super) fn counts(&self) -> (u64, u64) {
        let answered = self.answered.load(Ordering::Relaxed);
        let granted = self.granted.load(Ordering::Relaxed);
        (granted, answered.saturating_sub(granted))
    }

    /// Forgets a token that a partner refused, unless it has been renewed since.
    pub async fn forget(&self, refused: &SecretString) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|token| token.value.expose_secret() == refused.expose_secret()) {
            state.token = None;
        }
    }

    async fn fetch(&self) -> Result<Token, TokenError> {
        let reply = wire::send(&self.client, self.request(), TIMEOUT_MS, &*self.clock).await.map_err(|failure| {
            // A token request can be repeated whatever became of it.
            let class = if failure.class == Class::Target { Class::Target } else { Class::Retryable };
            TokenError { class, reason: format!("token endpoint: {}", failure.reason), retry_after_ms: None }
        })?;
        self.judge(&reply)
    }

    /// What the endpoint said.
    pub(super) fn judge(&self, reply: &wire::Reply) -> Result<Token, TokenError> {
        let tree = json::read(&reply.body).unwrap_or_default();
        match (&tree, reply.status) {
            (Value::Record(record), 200..=299) => self.read_token(record),
            _ => Err(self.refusal(reply, &tree)),
        }
    }

    fn request(&self) -> Wire {
        let Credentials { client_id, client_secret, scopes, audience, .. } = &self.credentials;
        let mut form = "grant_type=client_credentials".to_owned();
        let mut field = |name: &str, value: &str| {
            form.push('&');
            form.push_str(name);
            form.push('=');
            encode(value, &mut form);
        };
        if !scopes.is_empty() {
            field("scope", &scopes.join(" "));
        }
        if let Some(audience) = audience {
            field("audience", audience);
        }
        let mut headers = HeaderMap::new();
        match self.credentials.auth {
            TokenAuth::Body => {
                field("client_id", client_id);
                field("client_secret", client_secret.expose_secret());
            }
            TokenAuth::Basic => {
                let (mut user, mut password) = (String::new(), String::new());
                encode(client_id, &mut user);
                encode(client_secret.expose_secret(), &mut password);
                headers.insert(header::AUTHORIZATION, basic(&user, &password));
            }
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        Wire { method: Method::POST, url: self.credentials.url.clone(), headers, body: Some(Bytes::from(form)) }
    }

    fn read_token(&self, record: &Record) -> Result<Token, TokenError> {
        let Some(Value::Text(value)) = record.get("access_token") else {
            let reason = "token endpoint: the reply holds no access_token".to_owned();
            return Err(TokenError { class: Class::Target, reason, retry_after_ms: None });
        };
        let life_s = match record.get("expires_in") {
            Some(Value::Number(text) | Value::Text(text)) => text.parse().unwrap_or(DEFAULT_LIFE_S),
            _ => DEFAULT_LIFE_S,
        };
        let life_ms = life_s.clamp(0, 366 * 86_400) * 1000;
        // Of a very short life at least half is used.
        let usable_ms = (life_ms - EARLY_MS).max(life_ms / 2);
        Ok(Token { value: SecretString::from(value.clone()), renew_at_ms: self.clock.now_ms() + usable_ms })
    }

    fn refusal(&self, reply: &Reply, tree: &Value) -> TokenError {
        let class = match reply.status {
            408 | 425 | 429 | 500..=599 => Class::Retryable,
            _ => Class::Target,
        };
        let code = codes(tree).first().map(|code| format!(" ({})", cut(code, 80))).unwrap_or_default();
        TokenError {
            class,
            reason: format!("token endpoint: {}{code}", reply.status),
            retry_after_ms: reply.header("retry-after").and_then(|text| retry_after_ms(text, self.clock.now())),
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource").field("url", &self.credentials.url).finish_non_exhaustive()
    }
}

/// `Basic` credentials (RFC 7617), marked so that they are never printed.
pub(super) fn basic(user: &str, password: &str) -> HeaderValue {
    sensitive(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

/// `Bearer` credentials (RFC 6750), marked so that they are never printed.
pub(super) fn bearer(token: &SecretString) -> HeaderValue {
    sensitive(&format!("Bearer {}", token.expose_secret()))
}

fn sensitive(text: &str) -> HeaderValue {
    // A token with control characters cannot be sent; the partner will refuse the empty one.
    let mut value = HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

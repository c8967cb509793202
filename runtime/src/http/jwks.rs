//! The issuer's public keys (RFC 7517), kept for ten minutes.
//!
//! In: key ids. Out: keys. Never knows: tokens. The address comes from the environment, never from a token.
//!
//! A key id that is not known makes the set be read again, once for all who wait and at most every thirty seconds, so
//! that nobody can make us hammer the issuer with invented ids.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, Method, header};
use reqwest::Client;
use tokio::sync::RwLock;

use super::jwt::{Algorithm, Key, Material};
use crate::{
    clock::Clock,
    format::json,
    tls,
    transport::{Wire, http_client, send},
    value::{Record, Value},
};

/// How long a set is good.
const LIFE_MS: i64 = 10 * 60_000;
/// How long a set may be used when the issuer cannot be reached.
const STALE_MS: i64 = 60 * 60_000;
/// Least time between reading the set again for unknown key ids.
const UNKNOWN_EVERY_MS: i64 = 30_000;
/// Least time between tries when the issuer does not answer.
const FAILED_EVERY_MS: i64 = 2_000;
/// Longest wait for the issuer.
const TIMEOUT_MS: u64 = 10_000;
/// Most keys that are kept.
const MAX_KEYS: usize = 1000;

/// No key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The issuer does not publish it.
    Unknown,
    /// The issuer could not be asked.
    Unreachable,
}

/// A set of keys that keeps itself fresh.
pub(super) struct KeySet {
    url: String,
    client: Option<Client>,
    clock: Arc<dyn Clock>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    keys: HashMap<String, Arc<Key>>,
    read_at_ms: Option<i64>,
    failed_at_ms: Option<i64>,
}

impl KeySet {
    pub(super) fn new(url: String, clock: Arc<dyn Clock>) -> Self {
        let client = tls::client(None, None).ok().and_then(|tls| http_client(tls, None).ok());
        Self { url, client, clock, state: RwLock::default() }
    }

    /// The key of an id.
    pub(super) async fn find(&self, kid: &str) -> Result<Arc<Key>, NoKey> {
        let now_ms = self.clock.now_ms();
        if let Some(answer) = self.state.read().await.answer(kid, now_ms) {
            return answer;
        }
        let mut state = self.state.write().await;
        // Whoever held the lock before may have read the set.
        let now_ms = self.clock.now_ms();
        if let Some(answer) = state.answer(kid, now_ms) {
            return answer;
        }
        match self.fetch().await {
            Some(keys) => {
                *state = State { keys, read_at_ms: Some(self.clock.now_ms()), failed_at_ms: None };
            }
            None => state.failed_at_ms = Some(self.clock.now_ms()),
        }
        state.settled(kid, self.clock.now_ms())
    }

    async fn fetch(&self) -> Option<HashMap<String, Arc<Key>>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/jwk-set+json, application/json"));
        let wire = Wire { method: Method::GET, url: self.url.clone(), headers, body: None };
        let reply = match send(self.client.as_ref()?, wire, TIMEOUT_MS, &*self.clock).await {
            Ok(reply) if reply.status == 200 => reply,
            Ok(reply) => {
                tracing::warn!(status = reply.status, "the identity provider's keys cannot be read");
                return None;
            }
            Err(failure) => {
                tracing::warn!(reason = failure.reason, "the identity provider's keys cannot be read");
                return None;
            }
        };
        read_set(&reply.body)
    }
}

impl State {
    /// The answer without asking the issuer; `None` if it must be asked.
    fn answer(&self, kid: &str, now_ms: i64) -> Option<Result<Arc<Key>, NoKey>> {
        let since = |at_ms: Option<i64>| at_ms.map_or(i64::MAX, |at_ms| now_ms.saturating_sub(at_ms));
        let (age_ms, failed_ms) = (since(self.read_at_ms), since(self.failed_at_ms));
        if age_ms < LIFE_MS
            && let Some(key) = self.keys.get(kid)
        {
            return Some(Ok(Arc::clone(key)));
        }
        if age_ms < UNKNOWN_EVERY_MS || failed_ms < FAILED_EVERY_MS {
            return Some(self.settled(kid, now_ms));
        }
        None
    }

    /// The best answer there is now.
    fn settled(&self, kid: &str, now_ms: i64) -> Result<Arc<Key>, NoKey> {
        let age_ms = self.read_at_ms.map_or(i64::MAX, |at_ms| now_ms.saturating_sub(at_ms));
        match self.keys.get(kid) {
            Some(key) if age_ms < STALE_MS => Ok(Arc::clone(key)),
            _ if self.failed_at_ms.is_some() || self.read_at_ms.is_none() => Err(NoKey::Unreachable),
            _ => Err(NoKey::Unknown),
        }
    }
}

/// The signature keys of a set that we can use; others are read past.
fn read_set(body: &[u8]) -> Option<HashMap<String, Arc<Key>>> {
    let Value::Record(set) = json::read(body).ok()? else { return None };
    let Some(Value::List(keys)) = set.get("keys") else { return None };
    let usable = keys.iter().take(MAX_KEYS).filter_map(|key| match key {
        Value::Record(key) => read_key(key),
        _ => None,
    });
    Some(usable.collect())
}

fn read_key(key: &Record) -> Option<(String, Arc<Key>)> {
    let text = |name: &str| match key.get(name) {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?.trim_end_matches('=')).ok();
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let material = match (text("kty")?, text("crv")) {
        ("RSA", _) => Material::Rsa { n: bytes("n")?, e: bytes("e")? },
        ("EC", Some("P-256")) => Material::P256([&[4], bytes("x")?.as_slice(), bytes("y")?.as_slice()].concat()),
        ("OKP", Some("Ed25519")) => Material::Ed25519(bytes("x")?),
        _ => return None,
    };
    let only = match text("alg") {
        Some(name) => Some(Algorithm::named(name)?),
        None => None,
    };
    Some((text("kid")?.to_owned(), Arc::new(Key { material, only })))
}

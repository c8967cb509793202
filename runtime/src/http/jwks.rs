//! The issuer's public keys (RFC 7517), kept for ten minutes.
//!
//! In: key ids. Out: keys. Never knows: tokens. The address comes from the environment, never from a token.
//!
//! A key id that is not known makes the set be read again, once for all who wait and at most every thirty seconds, so
//! that nobody can make us hammer the issuer with invented ids.

use std::{collections::HashMap, sync::Arc};

use http::{HeaderMap, HeaderValue, Method, header};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use reqwest::Client;
use serde::Deserialize;
use tokio::sync::RwLock;

use super::jwt::Key;
use crate::{
    clock::Clock,
    tls,
    transport::{Wire, http_client, send},
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

/// A set whose keys are looked at one by one: a key that cannot be read must not hide the others.
#[derive(Deserialize)]
struct Published {
    keys: Vec<serde_json::Value>,
}

/// The signature keys of a set that we can use; others are read past.
pub(super) fn read_set(body: &[u8]) -> Option<HashMap<String, Arc<Key>>> {
    let set: Published = serde_json::from_slice(body).ok()?;
    let keys = set.keys.into_iter().take(MAX_KEYS).filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    Some(keys.filter_map(|jwk| Some((jwk.common.key_id.clone()?, Arc::new(read_key(&jwk)?)))).collect())
}

/// The key, with the algorithms that its kind and its publisher allow.
fn read_key(jwk: &Jwk) -> Option<Key> {
    if jwk.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
        return None;
    }
    // Some publishers pad.
    let bare = |text: &str| text.trim_end_matches('=').to_owned();
    let (decoding, mut algorithms) = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            let key = DecodingKey::from_rsa_components(&bare(&rsa.n), &bare(&rsa.e));
            (key, vec![Algorithm::RS256, Algorithm::PS256])
        }
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            (DecodingKey::from_ec_components(&bare(&ec.x), &bare(&ec.y)), vec![Algorithm::ES256])
        }
        AlgorithmParameters::OctetKeyPair(okp) if okp.curve == EllipticCurve::Ed25519 => {
            (DecodingKey::from_ed_components(&bare(&okp.x)), vec![Algorithm::EdDSA])
        }
        _ => return None,
    };
    if let Some(only) = jwk.common.key_algorithm {
        algorithms.retain(|algorithm| KeyAlgorithm::from(*algorithm) == only);
    }
    if algorithms.is_empty() { None } else { Some(Key { decoding: decoding.ok()?, algorithms }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Algorithms of the only key of a set, which has these members besides its id.
    fn check(members: &str, expect: Option<&[Algorithm]>) {
        let set = format!(r#"{{"keys":[{{"kid":"broken","kty":5}},{{"kid":"k",{members}}}],"more":1.5}}"#);
        let keys = read_set(set.as_bytes()).unwrap();
        assert_eq!(keys.get("k").map(|key| key.algorithms.as_slice()), expect, "{members}");
        assert!(!keys.contains_key("broken"));
    }

    #[test]
    fn keys_are_for_what_their_kind_and_their_publisher_allow() {
        let rsa = r#""kty":"RSA","n":"AQAB","e":"AQAB""#;
        check(rsa, Some(&[Algorithm::RS256, Algorithm::PS256]));
        check(&format!(r#"{rsa},"use":"sig","alg":"PS256","exp":1.5,"x5c":["MII="]"#), Some(&[Algorithm::PS256]));
        check(&format!(r#"{rsa},"use":"enc""#), None);
        check(&format!(r#"{rsa},"alg":"RS512""#), None);
        check(&format!(r#"{rsa},"alg":"HS256""#), None);
        check(&format!(r#"{rsa},"alg":"of-tomorrow""#), None);
        check(r#""kty":"RSA","n":"AQ==","e":"AQAB""#, Some(&[Algorithm::RS256, Algorithm::PS256]));
        check(r#""kty":"RSA","n":"*","e":"AQAB""#, None);
        check(r#""kty":"EC","crv":"P-256","x":"AQ","y":"AQ""#, Some(&[Algorithm::ES256]));
        check(r#""kty":"EC","crv":"P-384","x":"AQ","y":"AQ""#, None);
        check(r#""kty":"EC","crv":"P-256","alg":"EdDSA","x":"AQ","y":"AQ""#, None);
        check(r#""kty":"OKP","crv":"Ed25519","x":"AQ""#, Some(&[Algorithm::EdDSA]));
        check(r#""kty":"OKP","crv":"X25519","x":"AQ""#, None);
        check(r#""kty":"oct","k":"c2VjcmV0","alg":"HS256""#, None);
        check(r#""kty":"of-tomorrow""#, None);
    }

    #[test]
    fn what_is_no_set_is_no_set() {
        for body in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]} x"#] {
            assert!(read_set(body.as_bytes()).is_none(), "{body}");
        }
        assert_eq!(read_set(br#"{"keys":[]}"#).unwrap().len(), 0);
    }
}

//! In: claims. Out: JWTs signed with ES256 (RFC 7518 §3.4), and the public keys as JWKS (RFC 7517).
//! Never knows: who asks, or what the claims say.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

/// A signing key and its name.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// The operating system gave no key.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a signing key")]
pub struct KeyError;

impl SigningKey {
    pub(crate) fn generate(kid: String) -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| KeyError)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).map_err(|_| KeyError)?;
        Ok(SigningKey { kid, pair, random })
    }

    /// A compact JWS over `claims`; empty if the signer fails, which no verifier takes for a token.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": self.kid });
        let head = format!("{}.{}", encode(&header), encode(claims));
        match self.pair.sign(&self.random, head.as_bytes()) {
            Ok(signature) => format!("{head}.{}", URL_SAFE_NO_PAD.encode(signature)),
            Err(_) => String::new(),
        }
    }

    /// True if `token` is a JWS made by this key; says nothing about its claims.
    pub(crate) fn verifies(&self, token: &str) -> bool {
        let Some((head, signature)) = token.rsplit_once('.') else { return false };
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        let public = self.pair.public_key().as_ref();
        ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, public)
            .verify(head.as_bytes(), &signature)
            .is_ok()
    }

    /// The public half as a JWK.
    pub(crate) fn jwk(&self) -> Value {
        // RFC 5480: an uncompressed point is 0x04, then x and y of 32 bytes each.
        let point = self.pair.public_key().as_ref();
        let coordinate = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(point.get(range).unwrap_or_default());
        json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid,
            "x": coordinate(1..33), "y": coordinate(33..65),
        })
    }
}

/// A token that claims `alg: none`; every careful verifier refuses it.
pub(crate) fn unsigned(claims: &Value) -> String {
    format!("{}.{}.", encode(&json!({ "alg": "none", "typ": "JWT" })), encode(claims))
}

/// The claims of a JWT, unverified.
pub(crate) fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// The key name in a JWT's header, unverified.
pub(crate) fn kid(token: &str) -> Option<String> {
    let header = token.split('.').next()?;
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    Some(header.get("kid")?.as_str()?.to_owned())
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_verifies_under_its_key_only() {
        let (key, other) = (SigningKey::generate("a".into()).unwrap(), SigningKey::generate("b".into()).unwrap());
        let token = key.sign(&json!({ "sub": "x" }));
        assert!(key.verifies(&token));
        assert!(!other.verifies(&token));
        assert!(!key.verifies(&unsigned(&json!({ "sub": "x" }))));
        assert_eq!(kid(&token).as_deref(), Some("a"));
        assert_eq!(claims(&token).unwrap()["sub"], "x");
    }

    #[test]
    fn the_published_key_verifies_with_an_independent_reader() {
        let key = SigningKey::generate("a".into()).unwrap();
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.jwk()).unwrap();
        assert!(matches!(jwk.algorithm, jsonwebtoken::jwk::AlgorithmParameters::EllipticCurve(_)));
    }
}

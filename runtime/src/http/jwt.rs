//! JSON web tokens (RFC 7519, RFC 9068): signature first, claims after.
//!
//! In: a compact token, a key, what is expected. Out: [`Claims`], or what is wrong. Never knows: where keys come from.
//!
//! Why not a token library: ours checks times on the service's clock, needs no provider for the whole process, and
//! asks `ring` for four algorithms only. Symmetric ones and `none` do not exist here, so they cannot be confused.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
};
use rust_decimal::Decimal;

use crate::{
    format::json,
    value::{Record, Value},
};

/// Longest token that is looked at.
const MAX_LENGTH: usize = 16 * 1024;
/// How far clocks may be apart.
const LEEWAY_MS: i64 = 60_000;

/// What is wrong with a token, for the caller; never a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Invalid(pub(super) &'static str);

/// What a token must say.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) issuer: String,
    pub(super) audience: String,
}

/// What a verified token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) principal: String,
    pub(super) scopes: Vec<String>,
}

/// Signature algorithms that are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Ps256,
    Es256,
    EdDsa,
}

impl Algorithm {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "PS256" => Self::Ps256,
            "ES256" => Self::Es256,
            "EdDSA" => Self::EdDsa,
            _ => return None,
        })
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Material {
    /// Modulus and exponent, big-endian.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// Uncompressed point on P-256.
    P256(Vec<u8>),
    /// Ed25519.
    Ed25519(Vec<u8>),
}

/// A public key and, where its publisher says so, the only algorithm it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) material: Material,
    pub(super) only: Option<Algorithm>,
}

/// A token whose signature has not been looked at.
#[derive(Debug)]
pub(super) struct Unverified<'a> {
    pub(super) kid: String,
    algorithm: Algorithm,
    signed: &'a str,
    claims: &'a str,
    signature: Vec<u8>,
}

/// Takes a token apart.
pub(super) fn parse(token: &str) -> Result<Unverified<'_>, Invalid> {
    const SHAPE: Invalid = Invalid("the token is not a signed JSON web token");
    if token.len() > MAX_LENGTH {
        return Err(Invalid("the token is too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(SHAPE)?;
    let (header, claims) = signed.split_once('.').filter(|(_, claims)| !claims.contains('.')).ok_or(SHAPE)?;
    let header = record(header).ok_or(SHAPE)?;
    if header.get("crit").is_some() {
        return Err(Invalid("the token has extensions that are not understood"));
    }
    let kind_fits = text(&header, "typ").is_none_or(|typ| {
        let typ = typ.to_ascii_lowercase();
        matches!(typ.strip_prefix("application/").unwrap_or(&typ), "jwt" | "at+jwt")
    });
    if !kind_fits {
        return Err(Invalid("the token is not an access token"));
    }
    let algorithm = text(&header, "alg").and_then(Algorithm::named);
    let algorithm = algorithm.ok_or(Invalid("the token's signature algorithm is not accepted"))?;
    let kid = text(&header, "kid").ok_or(Invalid("the token names no key"))?.to_owned();
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| SHAPE)?;
    Ok(Unverified { kid, algorithm, signed, claims, signature })
}

impl Unverified<'_> {
    /// Checks signature and claims.
    pub(super) fn verify(&self, key: &Key, expected: &Expected, now_ms: i64) -> Result<Claims, Invalid> {
        if !self.is_signed_with(key) {
            return Err(Invalid("the token's signature is wrong"));
        }
        let claims = record(self.claims).ok_or(Invalid("the token's claims cannot be read"))?;
        check_times(&claims, now_ms)?;
        if text(&claims, "iss") != Some(expected.issuer.as_str()) {
            return Err(Invalid("the token comes from another issuer"));
        }
        if !texts(&claims, "aud").any(|audience| audience == expected.audience) {
            return Err(Invalid("the token is for another audience"));
        }
        if matches!(claims.get("cnf"), Some(Value::Record(cnf)) if !cnf.is_empty()) {
            // Bound to a certificate or key that this listener does not see.
            return Err(Invalid("the token is bound to a key that was not shown"));
        }
        let principal = ["sub", "client_id", "cid", "azp"].iter().find_map(|name| text(&claims, name));
        let principal = principal.ok_or(Invalid("the token names no subject"))?.to_owned();
        let scopes = texts(&claims, "scope").chain(texts(&claims, "scp"));
        let scopes = scopes.flat_map(str::split_whitespace).map(str::to_owned).collect();
        Ok(Claims { principal, scopes })
    }

    fn is_signed_with(&self, key: &Key) -> bool {
        if key.only.is_some_and(|only| only != self.algorithm) {
            return false;
        }
        let message = self.signed.as_bytes();
        match (&key.material, self.algorithm) {
            (Material::Rsa { n, e }, Algorithm::Rs256) => {
                let key = signature::RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, &self.signature).is_ok()
            }
            (Material::Rsa { n, e }, Algorithm::Ps256) => {
                let key = signature::RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PSS_2048_8192_SHA256, message, &self.signature).is_ok()
            }
            (Material::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, &self.signature).is_ok()
            }
            (Material::Ed25519(point), Algorithm::EdDsa) => {
                UnparsedPublicKey::new(&ED25519, point).verify(message, &self.signature).is_ok()
            }
            _ => false,
        }
    }
}

fn check_times(claims: &Record, now_ms: i64) -> Result<(), Invalid> {
    let expires_ms = time_ms(claims, "exp")?.ok_or(Invalid("the token has no expiry"))?;
    if expires_ms.saturating_add(LEEWAY_MS) <= now_ms {
        return Err(Invalid("the token has expired"));
    }
    for name in ["nbf", "iat"] {
        if time_ms(claims, name)?.is_some_and(|from_ms| from_ms.saturating_sub(LEEWAY_MS) > now_ms) {
            return Err(Invalid("the token is not valid yet"));
        }
    }
    Ok(())
}

/// A NumericDate: seconds, maybe with a fraction.
fn time_ms(claims: &Record, name: &str) -> Result<Option<i64>, Invalid> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let wrong = Invalid("a time of the token is not a number");
    let Value::Number(text) = value else { return Err(wrong) };
    let seconds = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text)).map_err(|_| wrong)?;
    let ms = seconds.checked_mul(Decimal::ONE_THOUSAND).ok_or(wrong)?.trunc();
    i64::try_from(ms).map(Some).map_err(|_| wrong)
}

fn record(part: &str) -> Option<Record> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    match json::read(&bytes).ok()? {
        Value::Record(record) => Some(record),
        _ => None,
    }
}

fn text<'a>(record: &'a Record, name: &str) -> Option<&'a str> {
    match record.get(name)? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// A text, or every text of a list.
fn texts<'a>(record: &'a Record, name: &str) -> impl Iterator<Item = &'a str> {
    let values = match record.get(name) {
        Some(Value::List(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    values.iter().filter_map(|value| match value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

//! JSON web tokens (RFC 7519, RFC 9068): signature first, claims after.
//!
//! In: a compact token, a key, what is expected. Out: [`Claims`], or what is wrong. Never knows: where keys come from.
//!
//! The library decodes, verifies, and compares issuer and audience. Times are judged here: the library knows only the
//! system's clock, a service may run on another. The key says which algorithms it is for; what a token claims about
//! itself never widens that.

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    errors::{Error, ErrorKind},
};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// Longest token that is looked at.
const MAX_LENGTH: usize = 16 * 1024;
/// How far clocks may be apart.
const LEEWAY_MS: i64 = 60_000;

const SHAPE: Invalid = Invalid("the token is not a signed JSON web token");
const ALGORITHM: Invalid = Invalid("the token's signature algorithm is not accepted");
const ISSUER: Invalid = Invalid("the token comes from another issuer");

/// What is wrong with a token, for the caller; never a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Invalid(pub(super) &'static str);

/// What a token must say.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) issuer: String,
    pub(super) audience: String,
    /// The claim that names roles, where somebody asks for them.
    pub(super) roles_claim: Option<String>,
}

/// What a verified token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) principal: String,
    pub(crate) scopes: Vec<String>,
    /// As the roles claim has them: a text is split at spaces, a list is taken as it is.
    pub(crate) roles: Vec<String>,
}

/// A public key and the algorithms it is for: at least one, all of one family, none symmetric.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) decoding: DecodingKey,
    pub(super) algorithms: Vec<Algorithm>,
}

/// A token whose signature has not been looked at.
#[derive(Debug)]
pub(super) struct Unverified<'a> {
    pub(super) kid: String,
    token: &'a str,
}

/// Reads what a token says about itself, and refuses what no key could make good.
pub(super) fn parse(token: &str) -> Result<Unverified<'_>, Invalid> {
    if token.len() > MAX_LENGTH {
        return Err(Invalid("the token is too long"));
    }
    let header = decode_header(token).map_err(|error| match error.kind() {
        // JSON, but no header: `none`, or an algorithm that nobody knows.
        ErrorKind::Json(error) if error.is_data() => ALGORITHM,
        _ => SHAPE,
    })?;
    if header.crit.is_some() {
        return Err(Invalid("the token has extensions that are not understood"));
    }
    let kind_fits = header.typ.is_none_or(|typ| {
        let typ = typ.to_ascii_lowercase();
        matches!(typ.strip_prefix("application/").unwrap_or(&typ), "jwt" | "at+jwt")
    });
    if !kind_fits {
        return Err(Invalid("the token is not an access token"));
    }
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 | Algorithm::EdDSA) {
        return Err(ALGORITHM);
    }
    let kid = header.kid.ok_or(Invalid("the token names no key"))?;
    Ok(Unverified { kid, token })
}

impl Unverified<'_> {
    /// Checks signature and claims.
    pub(super) fn verify(&self, key: &Key, expected: &Expected, now_ms: i64) -> Result<Claims, Invalid> {
        let token = decode::<Map<String, Value>>(self.token, &key.decoding, &expected.validation(key));
        let claims = token.map_err(|error| refused(&error))?.claims;
        // The library would take one issuer of several.
        text(&claims, "iss").ok_or(ISSUER)?;
        check_times(&claims, now_ms)?;
        if matches!(claims.get("cnf"), Some(Value::Object(cnf)) if !cnf.is_empty()) {
            // Bound to a certificate or key that this listener does not see.
            return Err(Invalid("the token is bound to a key that was not shown"));
        }
        let principal = ["sub", "client_id", "cid", "azp"].iter().find_map(|name| text(&claims, name));
        let principal = principal.ok_or(Invalid("the token names no subject"))?.to_owned();
        let scopes = texts(&claims, "scope").chain(texts(&claims, "scp"));
        let scopes = scopes.flat_map(str::split_whitespace).map(str::to_owned).collect();
        let roles = expected.roles_claim.as_deref().map(|claim| match claims.get(claim) {
            Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
            _ => texts(&claims, claim).map(str::to_owned).collect(),
        });
        Ok(Claims { principal, scopes, roles: roles.unwrap_or_default() })
    }
}

impl Expected {
    fn validation(&self, key: &Key) -> Validation {
        let mut validation = Validation::default();
        validation.algorithms.clone_from(&key.algorithms);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud"]);
        // `check_times` does it, on the service's clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation
    }
}

fn refused(error: &Error) -> Invalid {
    match error.kind() {
        ErrorKind::InvalidIssuer => ISSUER,
        ErrorKind::MissingRequiredClaim(claim) if claim == "iss" => ISSUER,
        ErrorKind::InvalidAudience | ErrorKind::MissingRequiredClaim(_) => Invalid("the token is for another audience"),
        ErrorKind::InvalidToken | ErrorKind::Base64(_) => SHAPE,
        ErrorKind::Json(_) => Invalid("the token's claims cannot be read"),
        _ => Invalid("the token's signature is wrong"),
    }
}

fn check_times(claims: &Map<String, Value>, now_ms: i64) -> Result<(), Invalid> {
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
fn time_ms(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, Invalid> {
    let wrong = Invalid("a time of the token is not a number");
    let number = match claims.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(wrong),
    };
    let seconds = number.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&number)).map_err(|_| wrong)?;
    let ms = seconds.checked_mul(Decimal::ONE_THOUSAND).ok_or(wrong)?.trunc();
    i64::try_from(ms).map(Some).map_err(|_| wrong)
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

/// A text, or every text of a list.
fn texts<'a>(claims: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a str> {
    let values = match claims.get(name) {
        Some(Value::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    values.iter().filter_map(Value::as_str)
}

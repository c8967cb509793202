//! Who is calling.
//!
//! In: an `Authorization` header, what the endpoint asks for. Out: a principal, or a refusal with the right challenge
//! (RFC 6750, RFC 7617). Never knows: bodies. Tokens and passwords are never repeated.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use secrecy::ExposeSecret as _;

use super::{
    jwks::{KeySet, NoKey},
    jwt::{self, Expected, Invalid},
    problem::Problem,
    signature,
};
use crate::{clock::Clock, descriptor::InboundAuth, environment::Identity};

/// The principal where nobody is asked.
pub(super) const ANONYMOUS: &str = "anonymous";

/// Checks credentials against the environment.
pub(super) struct Authenticator {
    tokens: Option<Tokens>,
    users: Users,
    clock: Arc<dyn Clock>,
}

/// Tokens of one issuer for one audience.
pub(crate) struct Tokens {
    expected: Expected,
    keys: KeySet,
}

/// Passwords as tags under a key of this process: compared in constant time, not kept in the clear.
struct Users {
    key: hmac::Key,
    tags: HashMap<String, hmac::Tag>,
    /// Compared with where there is no such user, so that both cases take the same time.
    nobody: hmac::Tag,
}

impl Authenticator {
    pub(super) fn new(identity: &Identity, clock: Arc<dyn Clock>) -> Self {
        let tokens = match (&identity.issuer, &identity.audience, &identity.jwks_url) {
            (Some(issuer), Some(audience), Some(url)) => {
                Some(Tokens::new((issuer, audience, url), None, Arc::clone(&clock)))
            }
            _ => None,
        };
        Self { tokens, users: Users::new(identity), clock }
    }

    /// The principal, if it may call an endpoint with these demands.
    pub(super) async fn check(&self, demands: &InboundAuth, headers: &HeaderMap) -> Result<String, Problem> {
        match demands {
            InboundAuth::None => Ok(ANONYMOUS.to_owned()),
            InboundAuth::Basic => self.basic(headers),
            InboundAuth::OAuth2 { scopes } => self.bearer(headers, scopes).await,
        }
    }

    /// The principal of whatever credentials there are: for reading back one's own messages.
    pub(super) async fn identify(&self, headers: &HeaderMap) -> Result<String, Problem> {
        match scheme(headers) {
            None => Ok(ANONYMOUS.to_owned()),
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("basic") => self.basic(headers),
            Some(_) => self.bearer(headers, &[]).await,
        }
    }

    fn basic(&self, headers: &HeaderMap) -> Result<String, Problem> {
        let credentials = scheme(headers)
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, text)| STANDARD.decode(text).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let checked = credentials.as_ref().and_then(|text| {
            let (user, password) = text.split_once(':')?;
            self.users.matches(user, password).then(|| user.to_owned())
        });
        checked.ok_or_else(|| {
            let detail = if credentials.is_some() { "user or password is wrong" } else { "credentials are missing" };
            Problem::new(401, detail)
                .with_header(header::WWW_AUTHENTICATE, "Basic realm=\"tieline\", charset=\"UTF-8\"".to_owned())
        })
    }

    async fn bearer(&self, headers: &HeaderMap, scopes: &[&str]) -> Result<String, Problem> {
        let Some((_, token)) = scheme(headers).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
            return Err(Problem::new(401, "a bearer token is missing")
                .with_header(header::WWW_AUTHENTICATE, "Bearer realm=\"tieline\"".to_owned()));
        };
        let Some(tokens) = &self.tokens else {
            return Err(Problem::new(503, "no identity provider is set up"));
        };
        let claims = tokens.verify(token, &*self.clock).await?;
        match scopes.iter().find(|scope| !claims.scopes.iter().any(|held| held == *scope)) {
            None => Ok(claims.principal),
            Some(_) => Err(insufficient(scopes)),
        }
    }
}

impl Tokens {
    /// Tokens of this issuer, for this audience, under the keys at this address.
    pub(crate) fn new(
        (issuer, audience, jwks_url): (&str, &str, &str),
        roles_claim: Option<&str>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        signature::install();
        let (issuer, audience) = (issuer.to_owned(), audience.to_owned());
        let expected = Expected { issuer, audience, roles_claim: roles_claim.map(str::to_owned) };
        Self { expected, keys: KeySet::new(jwks_url.to_owned(), clock) }
    }

    pub(crate) async fn verify(&self, token: &str, clock: &dyn Clock) -> Result<jwt::Claims, Problem> {
        let unverified = jwt::parse(token).map_err(invalid)?;
        let key = self.keys.find(&unverified.kid).await.map_err(|no_key| match no_key {
            NoKey::Unknown => invalid(Invalid("the token is signed with a key the issuer does not publish")),
            NoKey::Unreachable => {
                Problem::new(503, "the identity provider's keys cannot be read at present").retry_after(5)
            }
        })?;
        unverified.verify(&key, &self.expected, clock.now_ms()).map_err(invalid)
    }
}

impl Users {
    fn new(identity: &Identity) -> Self {
        let mut secret = [0; 32];
        // Without randomness of its own the key is still unknown to callers; the passwords are what protects.
        let _ = SystemRandom::new().fill(&mut secret);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let tags = identity
            .basic_users
            .iter()
            .map(|(user, password)| (user.clone(), hmac::sign(&key, password.expose_secret().as_bytes())))
            .collect();
        let nobody = hmac::sign(&key, &secret);
        Self { key, tags, nobody }
    }

    fn matches(&self, user: &str, password: &str) -> bool {
        let known = self.tags.get(user);
        let tag = known.unwrap_or(&self.nobody);
        let equal = hmac::verify(&self.key, password.as_bytes(), tag.as_ref()).is_ok();
        equal && known.is_some()
    }
}

/// Scheme and rest of the only `Authorization` header.
pub(crate) fn scheme(headers: &HeaderMap) -> Option<(&str, &str)> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (first, None) = (all.next()?, all.next()) else { return None };
    let (scheme, rest) = first.to_str().ok()?.split_once(' ')?;
    Some((scheme, rest.trim()))
}

fn invalid(Invalid(why): Invalid) -> Problem {
    Problem::new(401, why).with_header(
        header::WWW_AUTHENTICATE,
        format!("Bearer realm=\"tieline\", error=\"invalid_token\", error_description=\"{why}\""),
    )
}

fn insufficient(scopes: &[&str]) -> Problem {
    let scopes = scopes.join(" ");
    Problem::new(403, format!("the token lacks the scope {scopes}")).with_header(
        header::WWW_AUTHENTICATE,
        format!("Bearer realm=\"tieline\", error=\"insufficient_scope\", scope=\"{scopes}\""),
    )
}

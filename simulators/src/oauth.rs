//! In: requests to a token endpoint. Out: who asks, or the error RFC 6749 §5.2 wants.
//! Never knows: what a token looks like; each partner makes its own.

use serde_json::json;

use crate::common::random::Random;
use crate::common::text::{basic, find};
use crate::common::web::{Answer, Request};

/// Where a token endpoint accepts client credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// HTTP Basic only.
    Basic,
    /// HTTP Basic or `client_id` and `client_secret` in the form.
    BasicOrForm,
}

/// A client that proved itself and asked for `client_credentials`.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) form: Vec<(String, String)>,
}

/// An OAuth2 error body.
pub(crate) fn error(status: u16, code: &str, description: &str) -> Answer {
    let answer = Answer::json(status, &json!({ "error": code, "error_description": description }))
        .header("cache-control", "no-store");
    if status == 401 { answer.header("www-authenticate", "Basic realm=\"token endpoint\"") } else { answer }
}

/// Client id and secret as the request shows them.
fn credentials(request: &Request, form: &[(String, String)], allowed: Credentials) -> Option<(String, String)> {
    if let Some(found) = request.header("authorization").and_then(basic) {
        return Some(found);
    }
    if allowed == Credentials::Basic {
        return None;
    }
    Some((find(form, "client_id")?.to_owned(), find(form, "client_secret")?.to_owned()))
}

/// The client id of a token request, for the journal.
pub(crate) fn client_id(request: &Request) -> Option<String> {
    credentials(request, &request.form(), Credentials::BasicOrForm).map(|(id, _)| id)
}

/// Checks grant type and credentials.
pub(crate) fn authenticate(
    request: &Request,
    allowed: Credentials,
    check: impl Fn(&str, &str) -> bool,
) -> Result<Grant, Box<Answer>> {
    let mut form = request.form();
    // XSUAA and its clients also put the parameters into the query.
    form.extend(request.query());
    let Some((client_id, secret)) = credentials(request, &form, allowed) else {
        return Err(Box::new(error(401, "invalid_client", "client credentials are missing")));
    };
    if !check(&client_id, &secret) {
        return Err(Box::new(error(401, "invalid_client", "bad credentials")));
    }
    match find(&form, "grant_type") {
        Some("client_credentials") => Ok(Grant { client_id, form }),
        Some(_) => Err(Box::new(error(400, "unsupported_grant_type", "only client_credentials is supported"))),
        None => Err(Box::new(error(400, "invalid_request", "grant_type is missing"))),
    }
}

/// The scopes asked for, or all granted ones; asking for more is `invalid_scope`.
pub(crate) fn requested_scopes(form: &[(String, String)], granted: &[&str]) -> Result<Vec<String>, Box<Answer>> {
    let wanted: Vec<String> = find(form, "scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if wanted.is_empty() {
        return Ok(granted.iter().map(ToString::to_string).collect());
    }
    match wanted.iter().find(|scope| !granted.contains(&scope.as_str())) {
        None => Ok(wanted),
        Some(scope) => Err(Box::new(error(400, "invalid_scope", &format!("scope {scope} is not granted")))),
    }
}

/// A secret that depends on seed, partner and client only.
pub(crate) fn secret(seed: u64, partner: &str, client: &str) -> String {
    Random::new(seed, &format!("secret/{partner}/{client}")).hex(32)
}

/// Issues an opaque token that lives for `lifetime_s` virtual seconds.
pub(crate) fn opaque(core: &crate::common::core::Core, lifetime_s: u64) -> String {
    let token = core.random.hex(40);
    let life = i64::try_from(lifetime_s).unwrap_or(i64::MAX / 4000);
    core.tokens.issue(token.clone(), core.clock.now_ms() + life * 1000);
    token
}

/// The usual success body of a token endpoint.
pub(crate) fn granted(token: &str, lifetime_s: u64) -> Answer {
    Answer::json(200, &json!({ "access_token": token, "token_type": "Bearer", "expires_in": lifetime_s }))
        .header("cache-control", "no-store")
}

/// True if the request carries a live opaque token of this partner.
pub(crate) fn has_token(core: &crate::common::core::Core, request: &Request) -> bool {
    request.bearer().is_some_and(|token| core.tokens.valid(token, core.clock.now_ms()))
}

//! One partner system as this installation knows it.
//!
//! In: its placement, its descriptor. Out: an HTTP client with proofs of identity on every request.
//! Never knows: operations, classes of replies.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use http::{HeaderMap, HeaderName, header};
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Outcome,
    csrf::Csrf,
    token::{Credentials, TokenError, TokenSource, basic, bearer},
    wire::{self, Failure, Reply, Wire, http_client},
};
use crate::{
    clock::Clock,
    descriptor::{Class, OutboundAuth, System},
    environment::{Placement, TokenAuth},
    metrics::SystemFigures,
    tls,
};

/// A partner system: client, tokens, sessions.
pub(super) struct Partner {
    pub(super) placement: Placement,
    pub(super) csrf: Csrf,
    client: Client,
    /// For token endpoints.
    direct: Client,
    clock: Arc<dyn Clock>,
    token: OnceLock<Option<TokenSource>>,
    proxy_token: Option<TokenSource>,
    certificate_expires_ms: Option<i64>,
}

/// Tokens that a request went out with, to be forgotten if they are refused.
#[derive(Default)]
struct Shown {
    token: Option<SecretString>,
    proxy_token: Option<SecretString>,
}

impl Partner {
    /// Prepares the client.
    ///
    /// # Errors
    /// A certificate, key or address of the placement cannot be used: its key and what is wrong.
    pub(super) fn new(placement: Placement, clock: Arc<dyn Clock>) -> Result<Self, (&'static str, String)> {
        let text = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        let (certificate, key, ca) =
            (text(&placement.client_certificate), text(&placement.client_key), text(&placement.ca));
        let identity = match (&certificate, &key) {
            (Some(certificate), Some(key)) => Some(tls::Identity { certificate, key }),
            (None, None) => None,
            _ => return Err(("client_certificate", "certificate and client_key belong together".to_owned())),
        };
        tls::client(ca.as_deref(), None).map_err(|error| ("ca", error.to_string()))?;
        let tls = tls::client(ca.as_deref(), identity).map_err(|error| ("client_certificate", error.to_string()))?;
        let client = http_client(tls.clone(), placement.proxy_url.as_deref()).map_err(|error| ("proxy_url", error))?;
        // Token endpoints are not behind the proxy that leads to the system.
        let direct = http_client(tls, None).map_err(|error| ("token_url", error))?;
        let proxy_token = proxy_credentials(&placement)
            .map(|credentials| TokenSource::new(direct.clone(), credentials, Arc::clone(&clock)));
        let certificate_expires_ms = certificate.as_deref().and_then(tls::expires_ms);
        Ok(Self {
            placement,
            csrf: Csrf::default(),
            client,
            direct,
            clock,
            token: OnceLock::new(),
            proxy_token,
            certificate_expires_ms,
        })
    }

    /// Base URL of HTTP operations.
    pub(super) fn base_url(&self, system: &System) -> Result<&str, Outcome> {
        self.placement.base_url.as_deref().ok_or_else(|| missing(system, "base_url"))
    }

    /// What is known about the system by now.
    pub(super) fn figures(&self) -> SystemFigures {
        let sources = [self.token.get().and_then(Option::as_ref), self.proxy_token.as_ref()];
        let counts: Vec<_> = sources.into_iter().flatten().map(TokenSource::counts).collect();
        SystemFigures {
            tokens: counts.iter().map(|(granted, _)| granted).sum(),
            token_failures: counts.iter().map(|(_, refused)| refused).sum(),
            certificate_expires_ms: self.certificate_expires_ms,
            secret_expires_ms: self.placement.secret_expires_ms,
        }
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Sends with proofs of identity; a refused token is renewed once and the request repeated: it was not processed.
    pub(super) async fn send(&self, system: &System, wire: Wire, timeout_ms: u64) -> Result<Reply, Outcome> {
        let shows_tokens = self.proxy_token.is_some() || matches!(system.auth, OutboundAuth::OAuth2 { .. });
        let again = shows_tokens.then(|| wire.clone());
        let (reply, shown) = self.send_once(system, wire, timeout_ms).await?;
        match again {
            Some(again) if self.forget_refused(&reply, shown).await => {
                self.send_once(system, again, timeout_ms).await.map(|(reply, _)| reply)
            }
            _ => Ok(reply),
        }
    }

    async fn send_once(&self, system: &System, mut wire: Wire, timeout_ms: u64) -> Result<(Reply, Shown), Outcome> {
        let shown = self.prove(system, &mut wire.headers).await?;
        let reply = wire::send(&self.client, wire, timeout_ms, &*self.clock).await.map_err(Failure::into_outcome)?;
        Ok((reply, shown))
    }

    async fn prove(&self, system: &System, headers: &mut HeaderMap) -> Result<Shown, Outcome> {
        let mut shown = Shown::default();
        if let Some(source) = &self.proxy_token {
            let token = source.token().await.map_err(TokenError::into_outcome)?;
            headers.insert(header::PROXY_AUTHORIZATION, bearer(&token));
            shown.proxy_token = Some(token);
        }
        match system.auth {
            OutboundAuth::OAuth2 { .. } => {
                let source = self.token_source(system).ok_or_else(|| missing(system, "token_url"))?;
                let token = source.token().await.map_err(TokenError::into_outcome)?;
                headers.insert(header::AUTHORIZATION, bearer(&token));
                shown.token = Some(token);
            }
            OutboundAuth::Basic => {
                let (Some(user), Some(password)) = (&self.placement.user, &self.placement.password) else {
                    return Err(missing(system, "user"));
                };
                headers.insert(header::AUTHORIZATION, basic(user, password.expose_secret()));
            }
            // The client shows its certificate by itself; the rest has no business with HTTP.
            OutboundAuth::ClientCertificate | OutboundAuth::SshPassword | OutboundAuth::SshKey | OutboundAuth::None => {
            }
        }
        Ok(shown)
    }

    /// True if a token was refused that may be renewed.
    async fn forget_refused(&self, reply: &Reply, shown: Shown) -> bool {
        let (source, token) = match reply.status {
            401 => (self.token.get().and_then(Option::as_ref), shown.token),
            407 => (self.proxy_token.as_ref(), shown.proxy_token),
            _ => return false,
        };
        let (Some(source), Some(token)) = (source, token) else { return false };
        source.forget(&token).await;
        true
    }

    fn token_source(&self, system: &System) -> Option<&TokenSource> {
        let build = || {
            let OutboundAuth::OAuth2 { scopes, audience } = &system.auth else { return None };
            let credentials = Credentials {
                url: self.placement.token_url.clone()?,
                client_id: self.placement.client_id.clone()?,
                client_secret: self.placement.client_secret.clone()?,
                auth: self.placement.token_auth,
                scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
                audience: audience.map(str::to_owned),
            };
            Some(TokenSource::new(self.direct.clone(), credentials, Arc::clone(&self.clock)))
        };
        self.token.get_or_init(build).as_ref()
    }
}

impl fmt::Debug for Partner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partner").field("base_url", &self.placement.base_url).finish_non_exhaustive()
    }
}

impl Failure {
    fn into_outcome(self) -> Outcome {
        self.into()
    }
}

impl TokenError {
    fn into_outcome(self) -> Outcome {
        Outcome { retry_after_ms: self.retry_after_ms, ..Outcome::without_reply(self.class, self.reason) }
    }
}

/// Headers of every call: trace context, the delivery's key where the operation takes one.
pub(super) fn headers(call: &super::Call<'_>) -> HeaderMap {
    use crate::descriptor::Repeat;
    let mut headers = HeaderMap::new();
    if let Ok(value) = call.traceparent.parse() {
        headers.insert(HeaderName::from_static("traceparent"), value);
    }
    if let Repeat::Keyed { header } = call.operation.repeat {
        // The draft's own header is a structured field: its text is quoted.
        let text = if header.eq_ignore_ascii_case("idempotency-key") {
            format!("\"{}\"", call.key)
        } else {
            call.key.to_owned()
        };
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(header.as_bytes()), text.parse()) {
            headers.insert(name, value);
        }
    }
    headers
}

fn proxy_credentials(placement: &Placement) -> Option<Credentials> {
    Some(Credentials {
        url: placement.proxy_token_url.clone()?,
        client_id: placement.proxy_client_id.clone()?,
        client_secret: placement.proxy_client_secret.clone()?,
        auth: TokenAuth::Basic,
        scopes: Vec::new(),
        audience: None,
    })
}

fn missing(system: &System, key: &str) -> Outcome {
    Outcome::without_reply(Class::Target, format!("the environment has no {key} for {}", system.name))
}

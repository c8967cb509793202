//! In: client credentials. Out: JWT access tokens, and the keys that verify them.
//! Never knows: what the tokens are used for.
//!
//! The company's identity provider: `POST /oauth/token` (RFC 6749 §4.4, credentials by HTTP Basic or in the form),
//! `GET /token_keys` (JWKS), `GET /.well-known/openid-configuration`. Tokens follow RFC 9068.

mod keys;
mod token;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

pub use keys::KeyError;
pub use token::Token;

use crate::StartError;
use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::random::lock;
use crate::common::web::{Answer, Request, Site, serve};
use crate::oauth::{self, Credentials};
use keys::SigningKey;

/// The clients the identity provider knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// 11VMS, as a sender of notifications.
    Vms,
    /// SAP SRM7, as a sender of carts.
    Srm,
    /// Kinaxis Maestro, as a sender of notifications.
    Maestro,
    /// Salesforce, as a caller.
    Salesforce,
    /// SAP ERP, as a caller.
    Erp,
    /// Tieline itself, calling SAP ERP.
    Tieline,
}

impl Client {
    /// Every client.
    pub const ALL: [Client; 6] =
        [Client::Vms, Client::Srm, Client::Maestro, Client::Salesforce, Client::Erp, Client::Tieline];

    /// The client id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Client::Vms => "11vms",
            Client::Srm => "srm7",
            Client::Maestro => "maestro",
            Client::Salesforce => "salesforce",
            Client::Erp => "sap-erp",
            Client::Tieline => "tieline",
        }
    }

    /// The scopes it is granted.
    #[must_use]
    pub fn scopes(self) -> &'static [&'static str] {
        match self {
            Client::Vms => &["activity-report.write"],
            Client::Srm => &["shopping-cart.write"],
            Client::Maestro => &["planned-order.write"],
            Client::Salesforce => &["orders.write", "customers.read", "payments.write"],
            Client::Erp => &["customers.read", "customers.write", "payments.write"],
            Client::Tieline => &["sales-order.write"],
        }
    }

    /// The audience of its tokens: `tieline` for the partners, `sap-erp` for Tieline.
    #[must_use]
    pub fn audience(self) -> &'static str {
        if self == Client::Tieline { "sap-erp" } else { AUDIENCE }
    }
}

/// The audience that the service under test demands.
pub const AUDIENCE: &str = "tieline";

const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);

/// The identity provider.
#[derive(Debug)]
pub struct Idp {
    core: Arc<Core>,
    seed: u64,
    issuer: Mutex<String>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The last one signs; the others still verify.
    keys: Vec<SigningKey>,
    lifetime: Duration,
    audience: Option<String>,
    expired: bool,
}

impl Idp {
    pub(crate) async fn start(clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("idp", clock, seed));
        let state = State {
            keys: vec![SigningKey::generate("key-1".to_owned())?],
            lifetime: DEFAULT_LIFETIME,
            audience: None,
            expired: false,
        };
        let idp = Arc::new(Idp { core: core.clone(), seed, issuer: Mutex::default(), state: Mutex::new(state) });
        let site = idp.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        *lock(&idp.issuer) = format!("http://{address}");
        Ok(idp)
    }

    /// The issuer, which is also the base URL.
    #[must_use]
    pub fn issuer(&self) -> String {
        lock(&self.issuer).clone()
    }

    /// Where tokens are asked for.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("{}/oauth/token", self.issuer())
    }

    /// Where the public keys are.
    #[must_use]
    pub fn jwks_url(&self) -> String {
        format!("{}/token_keys", self.issuer())
    }

    /// A client's secret: fixed by the seed.
    #[must_use]
    pub fn secret(&self, client: Client) -> String {
        oauth::secret(self.seed, "idp", client.id())
    }

    /// Life of tokens issued from now on; one hour at first.
    pub fn set_lifetime(&self, lifetime: Duration) {
        lock(&self.state).lifetime = lifetime;
    }

    /// Tokens issued from now on carry this audience instead of the client's own; `None` ends it.
    pub fn set_audience(&self, audience: Option<&str>) {
        lock(&self.state).audience = audience.map(str::to_owned);
    }

    /// Tokens issued from now on are already expired, while the reply still promises a life.
    pub fn set_expired(&self, expired: bool) {
        lock(&self.state).expired = expired;
    }

    /// Signs with a new key from now on. Tokens of older keys still verify; the JWKS lists all.
    ///
    /// # Errors
    /// If the operating system gives no key.
    pub fn rotate_key(&self) -> Result<(), KeyError> {
        let mut state = lock(&self.state);
        let kid = format!("key-{}", state.keys.len() + 1);
        state.keys.push(SigningKey::generate(kid)?);
        Ok(())
    }

    /// True if `token` was signed here, is alive and carries `audience`.
    pub(crate) fn accepts(&self, token: &str, audience: &str) -> bool {
        let Some(kid) = keys::kid(token) else { return false };
        let signed = lock(&self.state).keys.iter().any(|key| key.kid == kid && key.verifies(token));
        let Some(claims) = keys::claims(token).filter(|_| signed) else { return false };
        let alive = claims["exp"].as_i64().is_some_and(|exp| self.core.clock.now_s() < exp);
        alive && claims["aud"] == audience && !self.core.tokens.is_revoked(token)
    }

    fn issue(&self, form: &[(String, String)], client: Client) -> Answer {
        let scopes = match oauth::requested_scopes(form, client.scopes()) {
            Ok(scopes) => scopes,
            Err(answer) => return *answer,
        };
        let lifetime = lock(&self.state).lifetime;
        let token = self.mint(client, &scopes);
        Answer::json(
            200,
            &json!({
                "access_token": token, "token_type": "Bearer",
                "expires_in": lifetime.as_secs(), "scope": scopes.join(" "),
            }),
        )
        .header("cache-control", "no-store")
        .key(client.id())
    }
}

impl Partner for Idp {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        let state = lock(&self.state);
        json!({
            "issuer": self.issuer(),
            "keys": state.keys.iter().map(|key| key.kid.clone()).collect::<Vec<_>>(),
            "lifetime_s": state.lifetime.as_secs(),
            "audience": state.audience,
            "expired": state.expired,
            "clients": Client::ALL.map(|client| json!({
                "client_id": client.id(), "scopes": client.scopes(), "audience": client.audience(),
            })),
        })
    }

    fn reset_state(&self) {
        let mut state = lock(&self.state);
        state.lifetime = DEFAULT_LIFETIME;
        state.audience = None;
        state.expired = false;
    }
}

impl Site for Idp {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, request: &Request) -> (String, Option<String>) {
        match request.uri.path() {
            "/oauth/token" => ("token".to_owned(), oauth::client_id(request)),
            "/token_keys" => ("keys".to_owned(), None),
            _ => ("metadata".to_owned(), None),
        }
    }

    async fn answer(&self, request: &Request) -> Answer {
        match (request.method.as_str(), request.uri.path()) {
            ("POST", "/oauth/token") => {
                let known = |id: &str| Client::ALL.into_iter().find(|client| client.id() == id);
                let check = |id: &str, secret: &str| known(id).is_some_and(|client| self.secret(client) == secret);
                match oauth::authenticate(request, Credentials::BasicOrForm, check) {
                    Ok(grant) => match known(&grant.client_id) {
                        Some(client) => self.issue(&grant.form, client),
                        None => oauth::error(401, "invalid_client", "unknown client"),
                    },
                    Err(answer) => *answer,
                }
            }
            ("GET", "/token_keys") => {
                let keys: Vec<Value> = lock(&self.state).keys.iter().map(SigningKey::jwk).collect();
                Answer::json(200, &json!({ "keys": keys }))
            }
            ("GET", "/.well-known/openid-configuration") => Answer::json(
                200,
                &json!({
                    "issuer": self.issuer(), "token_endpoint": self.token_url(), "jwks_uri": self.jwks_url(),
                    "grant_types_supported": ["client_credentials"],
                    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                }),
            ),
            (_, "/oauth/token" | "/token_keys" | "/.well-known/openid-configuration") => Answer::empty(405),
            _ => Answer::empty(404),
        }
    }

    fn fault(&self, status: u16) -> Answer {
        oauth::error(status, if status < 500 { "invalid_client" } else { "server_error" }, "scripted")
    }
}

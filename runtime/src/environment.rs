//! Where things are: the environment file.
//!
//! In: TOML, with secrets as `env:NAME` or `file:/path`. Out: a checked [`Environment`], or every [`Mistake`] at once
//! with its key path. Never knows: interfaces' behaviour; an environment changes where, never what.

mod admin;
mod channel;
mod read;
mod secret;
mod store;
mod telemetry;

use std::{collections::BTreeMap, path::Path};

pub(crate) use admin::ROLES_CLAIM;
pub use admin::{Admin, Role};
pub use channel::{Channel, SmtpTls};
pub use secrecy::{ExposeSecret, SecretString};
pub use store::{Encryption, Store, StorePlace};
pub use telemetry::Telemetry;

use crate::{
    descriptor::{InboundAuth, Interface, Operation, OutboundAuth, Protocol, Trigger},
    flow::Handler,
};
use read::{Section, quoted};

/// All places and secrets of one installation.
#[derive(Debug)]
pub struct Environment {
    /// Listeners.
    pub listen: Listen,
    /// The journal.
    pub store: Store,
    /// Who vouches for callers.
    pub identity: Identity,
    /// Who may look and decide at the operator's listener.
    pub admin: Admin,
    /// Partner systems by name.
    pub systems: BTreeMap<String, Placement>,
    /// Alert channels by name.
    pub alerts: BTreeMap<String, Channel>,
    /// Where the website is published: alerts lead there.
    pub site: Option<String>,
    /// Where spans and log records go; `None`: nowhere.
    pub telemetry: Option<Telemetry>,
}

/// Addresses to listen on; port 0 takes any free one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The public listener: triggers.
    pub http: String,
    /// The operator's listener. Loopback by default.
    pub admin: String,
}

/// Who vouches for callers.
#[derive(Debug, Default)]
pub struct Identity {
    /// Issuer of tokens, as in `iss`.
    pub issuer: Option<String>,
    /// What `aud` must hold.
    pub audience: Option<String>,
    /// JWKS (RFC 7517) of the issuer.
    pub jwks_url: Option<String>,
    /// Users of basic authentication with their passwords.
    pub basic_users: BTreeMap<String, SecretString>,
    /// Origins that may register endpoints as webhooks (CloudEvents HTTP webhook handshake).
    pub webhook_origins: Vec<String>,
}

/// Where a system is and how we prove ourselves to it. Which of these must be there follows from the operations.
#[derive(Debug, Default)]
pub struct Placement {
    /// Scheme, host and path prefix of HTTP operations.
    pub base_url: Option<String>,
    /// OAuth 2.0 token endpoint.
    pub token_url: Option<String>,
    /// OAuth 2.0 client.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<SecretString>,
    /// How the client proves itself at the token endpoint.
    pub token_auth: TokenAuth,
    /// User of basic authentication or SFTP.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<SecretString>,
    /// SSH private key, OpenSSH text.
    pub private_key: Option<SecretString>,
    /// TLS client certificate chain, PEM.
    pub client_certificate: Option<SecretString>,
    /// Its key, PEM.
    pub client_key: Option<SecretString>,
    /// Certificate authorities to trust for this system besides the public ones, PEM.
    pub ca: Option<SecretString>,
    /// Cloud Connector's HTTP proxy.
    pub proxy_url: Option<String>,
    /// Token endpoint for the proxy.
    pub proxy_token_url: Option<String>,
    /// Client for the proxy.
    pub proxy_client_id: Option<String>,
    /// Its secret.
    pub proxy_client_secret: Option<SecretString>,
    /// SFTP host and port.
    pub host: Option<String>,
    /// SHA-256 fingerprint of the SFTP host key, `SHA256:…`.
    pub host_key: Option<String>,
    /// When its secret expires, milliseconds since 1970: somebody is told in time.
    pub secret_expires_ms: Option<i64>,
}

/// How an OAuth client proves itself at the token endpoint (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenAuth {
    /// `Authorization: Basic`.
    #[default]
    Basic,
    /// `client_id` and `client_secret` in the form.
    Body,
}

/// Something wrong with an environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct Mistake {
    /// Key path, e.g. `systems."11VMS".client_secret`.
    pub path: String,
    /// What is wrong and what to do.
    pub problem: String,
}

impl Environment {
    /// Reads a file; relative paths inside it are relative to the working directory.
    ///
    /// # Errors
    /// Every mistake at once.
    pub fn load(file: &Path) -> Result<Self, Vec<Mistake>> {
        Self::parse(&text(file)?)
    }

    /// Reads TOML.
    ///
    /// # Errors
    /// Every mistake at once.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let table = table(text)?;
        let mut mistakes = Vec::new();
        let environment = environment(&mut Section::root(&table, &mut mistakes));
        if mistakes.is_empty() { Ok(environment) } else { Err(mistakes) }
    }

    /// What these handlers need and the environment does not give.
    #[must_use]
    pub fn check(&self, handlers: &[std::sync::Arc<dyn Handler>]) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for handler in handlers {
            self.check_interface(handler.interface(), &mut mistakes);
        }
        mistakes.extend(self.admin.check(&self.listen.admin));
        mistakes.sort_by(|one, two| (&one.path, &one.problem).cmp(&(&two.path, &two.problem)));
        mistakes.dedup();
        mistakes
    }

    fn check_interface(&self, interface: &'static Interface, mistakes: &mut Vec<Mistake>) {
        for operation in interface.operations {
            let path = format!("systems.{}", quoted(operation.system.name));
            match self.systems.get(operation.system.name) {
                None => mistakes.push(Mistake { path, problem: "is called by interfaces and not placed".to_owned() }),
                Some(placement) => mistakes.extend(placement.missing(operation).into_iter().map(|key| Mistake {
                    path: format!("{path}.{key}"),
                    problem: format!("is needed by operation `{}`", operation.name),
                })),
            }
        }
        for channel in interface.alerts.iter().filter(|channel| !self.alerts.contains_key(**channel)) {
            let problem = "is named by interfaces and not placed".to_owned();
            mistakes.push(Mistake { path: format!("alerts.{}", quoted(channel)), problem });
        }
        if interface.encrypted && self.store.encryption.is_none() {
            let problem = format!("is needed: {} asks for encryption at rest", interface.smart_id);
            mistakes.push(Mistake { path: "store.encryption".to_owned(), problem });
        }
        // A message must be there as long as its sender may send it again.
        // Where the document says how long, it was checked with it.
        let kept_s = u64::from(interface.kept.days.unwrap_or(self.store.retention.keep_days)) * 86_400;
        if interface.idempotency_window_s > kept_s {
            let (days, smart_id) = (interface.idempotency_window_s.div_ceil(86_400), interface.smart_id);
            let problem = format!("must be at least {days}: so long {smart_id} remembers idempotency keys");
            mistakes.push(Mistake { path: "store.keep_days".to_owned(), problem });
        }
        let endpoint = match &interface.trigger {
            Trigger::Http(endpoint) | Trigger::Request { endpoint, .. } => endpoint,
            Trigger::Schedule { .. } => return,
        };
        let missing = match endpoint.auth {
            InboundAuth::OAuth2 { .. } => self.identity.missing_for_tokens(),
            InboundAuth::Basic if self.identity.basic_users.is_empty() => vec!["basic_users"],
            InboundAuth::Basic | InboundAuth::None => Vec::new(),
        };
        mistakes.extend(missing.into_iter().map(|key| Mistake {
            path: format!("identity.{key}"),
            problem: "is needed to authenticate callers".to_owned(),
        }));
    }
}

impl Identity {
    fn missing_for_tokens(&self) -> Vec<&'static str> {
        let keys = [("issuer", &self.issuer), ("audience", &self.audience), ("jwks_url", &self.jwks_url)];
        keys.into_iter().filter(|(_, value)| value.is_none()).map(|(key, _)| key).collect()
    }
}

impl Placement {
    /// Keys that calling this operation needs and that are not there.
    fn missing(&self, operation: &Operation) -> Vec<&'static str> {
        let mut needed: Vec<(&'static str, bool)> = Vec::new();
        match operation.protocol {
            Protocol::SftpPut { .. } => {
                needed.extend([("host", self.host.is_some()), ("host_key", self.host_key.is_some())]);
            }
            Protocol::Rest { .. } | Protocol::OData { .. } | Protocol::Rfc { .. } => {
                needed.push(("base_url", self.base_url.is_some()));
            }
        }
        match operation.system.auth {
            OutboundAuth::OAuth2 { .. } => needed.extend([
                ("token_url", self.token_url.is_some()),
                ("client_id", self.client_id.is_some()),
                ("client_secret", self.client_secret.is_some()),
            ]),
            OutboundAuth::Basic | OutboundAuth::SshPassword => {
                needed.extend([("user", self.user.is_some()), ("password", self.password.is_some())]);
            }
            OutboundAuth::ClientCertificate => needed.extend([
                ("client_certificate", self.client_certificate.is_some()),
                ("client_key", self.client_key.is_some()),
            ]),
            OutboundAuth::SshKey => {
                needed.extend([("user", self.user.is_some()), ("private_key", self.private_key.is_some())]);
            }
            OutboundAuth::None => {}
        }
        if operation.system.cloud_connector {
            needed.push(("proxy_url", self.proxy_url.is_some()));
        }
        needed.into_iter().filter(|(_, there)| !there).map(|(key, _)| key).collect()
    }
}

fn text(file: &Path) -> Result<String, Vec<Mistake>> {
    let path = file.display().to_string();
    std::fs::read_to_string(file).map_err(|error| vec![Mistake { path, problem: format!("cannot be read: {error}") }])
}

fn table(text: &str) -> Result<toml::Table, Vec<Mistake>> {
    text.parse().map_err(|error: toml::de::Error| {
        vec![Mistake { path: "(file)".to_owned(), problem: error.to_string().trim_end().to_owned() }]
    })
}

fn environment(root: &mut Section<'_>) -> Environment {
    let environment = Environment {
        listen: root.section("listen", listen),
        store: root.section("store", store::read),
        identity: root.section("identity", identity),
        admin: root.section("admin", admin::read),
        systems: root.sections("systems", placement),
        alerts: root.sections("alerts", channel::read).into_iter().filter_map(|(k, v)| Some((k, v?))).collect(),
        site: root.section("site", |section| section.text("url")),
        telemetry: root.section("telemetry", telemetry::read),
    };
    root.finish();
    environment
}

fn listen(section: &mut Section<'_>) -> Listen {
    let address = |value: Option<String>, default: &str| value.unwrap_or_else(|| default.to_owned());
    Listen {
        http: address(section.text("http"), "127.0.0.1:8080"),
        admin: address(section.text("admin"), "127.0.0.1:8081"),
    }
}

fn identity(section: &mut Section<'_>) -> Identity {
    Identity {
        issuer: section.text("issuer"),
        audience: section.text("audience"),
        jwks_url: section.text("jwks_url"),
        basic_users: section.secrets("basic_users"),
        webhook_origins: section.texts("webhook_origins"),
    }
}

fn placement(section: &mut Section<'_>) -> Placement {
    Placement {
        base_url: section.text("base_url"),
        token_url: section.text("token_url"),
        client_id: section.text("client_id"),
        client_secret: section.secret("client_secret"),
        token_auth: section
            .choice("token_auth", &[("basic", TokenAuth::Basic), ("body", TokenAuth::Body)])
            .unwrap_or_default(),
        user: section.text("user"),
        password: section.secret("password"),
        private_key: section.secret("private_key"),
        client_certificate: section.secret("client_certificate"),
        client_key: section.secret("client_key"),
        ca: section.secret("ca"),
        proxy_url: section.text("proxy_url"),
        proxy_token_url: section.text("proxy_token_url"),
        proxy_client_id: section.text("proxy_client_id"),
        proxy_client_secret: section.secret("proxy_client_secret"),
        host: section.text("host"),
        host_key: section.text("host_key"),
        secret_expires_ms: section.day("secret_expires"),
    }
}

#[cfg(test)]
mod tests;

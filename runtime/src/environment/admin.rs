//! Who may look and decide at the operator's listener.
//!
//! In: the section `admin`. Out: a checked [`Admin`]. Never knows: requests.
//!
//! There are three ways to be somebody: a token of an issuer, a client certificate, and on a listener that only this
//! machine reaches the token that the service writes to a file. The last one is there only where neither of the others
//! is set up.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use secrecy::{ExposeSecret, SecretString};

use super::{Mistake, read::Section};
use crate::tls;

/// What somebody may do; each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look: lists, stories, figures, the audit log. No content of messages.
    Viewer,
    /// Look at masked content; retry, replay, discard, resolve, skip, pause, resume.
    Operator,
    /// Look at whole content; replay edited content; end many messages at once.
    Admin,
}

impl Role {
    /// All of them, with their words.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("viewer", Self::Viewer), ("operator", Self::Operator), ("admin", Self::Admin)];

    /// The word in environments, tokens and the audit log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, role)| *role)
    }
}

/// Who may look and decide.
#[derive(Debug, Default)]
pub struct Admin {
    /// Issuer of operators' tokens, as in `iss`.
    pub issuer: Option<String>,
    /// What `aud` must hold.
    pub audience: Option<String>,
    /// JWKS (RFC 7517) of the issuer.
    pub jwks_url: Option<String>,
    /// The claim that names roles.
    pub roles_claim: Option<String>,
    /// Which value of that claim means which role. Without any, the words of the roles themselves count.
    pub roles: BTreeMap<String, Role>,
    /// Certificate chain of the listener, PEM: it then speaks TLS only.
    pub certificate: Option<SecretString>,
    /// Its key, PEM.
    pub key: Option<SecretString>,
    /// Authorities whose client certificates are taken, PEM.
    pub client_ca: Option<SecretString>,
    /// Which subject has which role: `C=DE, O=Example, CN=ana`, in the order of the certificate.
    pub certificates: BTreeMap<String, Role>,
    /// Names under which clients reach the listener, besides `localhost` and addresses.
    pub hosts: Vec<String>,
    /// Where the token for this machine is written, if neither tokens nor certificates are set up.
    pub token_file: Option<PathBuf>,
}

/// The claim that names roles where nothing else is said.
pub(crate) const ROLES_CLAIM: &str = "roles";

pub(super) fn read(section: &mut Section<'_>) -> Admin {
    Admin {
        issuer: section.text("issuer"),
        audience: section.text("audience"),
        jwks_url: section.text("jwks_url"),
        roles_claim: section.text("roles_claim"),
        roles: section.choices("roles", Role::ALL),
        certificate: section.secret("certificate"),
        key: section.secret("key"),
        client_ca: section.secret("client_ca"),
        certificates: section.choices("certificates", Role::ALL),
        hosts: section.texts("hosts"),
        token_file: section.text("token_file").map(PathBuf::from),
    }
}

impl Admin {
    /// Issuer, audience and key set, if tokens are set up.
    #[must_use]
    pub fn tokens(&self) -> Option<(&str, &str, &str)> {
        Some((self.issuer.as_deref()?, self.audience.as_deref()?, self.jwks_url.as_deref()?))
    }

    /// True if tokens or certificates say who somebody is.
    #[must_use]
    pub fn has_identity(&self) -> bool {
        self.tokens().is_some() || !self.certificates.is_empty()
    }

    /// The set-up for TLS, if the listener has a certificate.
    ///
    /// # Errors
    /// PEM texts that cannot be used.
    pub fn tls(&self) -> Result<Option<rustls::ServerConfig>, tls::Unusable> {
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else { return Ok(None) };
        let identity = tls::Identity { certificate: certificate.expose_secret(), key: key.expose_secret() };
        tls::server(identity, self.client_ca.as_ref().map(ExposeSecret::expose_secret)).map(Some)
    }

    /// What does not fit together. `listen` is the address of the listener.
    pub(super) fn check(&self, listen: &str) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let mut mistake = |path: &str, problem: &str| {
            mistakes.push(Mistake { path: path.to_owned(), problem: problem.to_owned() });
        };
        let tokens = [("issuer", &self.issuer), ("audience", &self.audience), ("jwks_url", &self.jwks_url)];
        if tokens.iter().any(|(_, value)| value.is_some()) {
            for (key, _) in tokens.iter().filter(|(_, value)| value.is_none()) {
                mistake(&format!("admin.{key}"), "is needed to check operators' tokens");
            }
        }
        if self.tokens().is_none() && (self.roles_claim.is_some() || !self.roles.is_empty()) {
            mistake("admin.roles", "is of use only with issuer, audience and jwks_url");
        }
        if self.certificate.is_some() != self.key.is_some() {
            let missing = if self.key.is_none() { "admin.key" } else { "admin.certificate" };
            mistake(missing, "is needed: certificate and key belong together");
        }
        if self.certificates.is_empty() == self.client_ca.is_some() {
            let missing = if self.client_ca.is_none() { "admin.client_ca" } else { "admin.certificates" };
            mistake(missing, "is needed: client_ca says which certificates are taken, certificates who has which role");
        }
        if self.client_ca.is_some() && self.certificate.is_none() {
            mistake("admin.certificate", "is needed: client certificates come with TLS");
        }
        if let Err(unusable) = self.tls() {
            mistake("admin.certificate", &unusable.to_string());
        }
        if !self.has_identity() && !is_loopback(listen) {
            let problem = "is reachable from other machines, and nothing says who may look and decide there: keep it on \
                           127.0.0.1, or set up [admin] with issuer, audience and jwks_url, or with client_ca and \
                           certificates";
            mistake("listen.admin", problem);
        }
        mistakes
    }
}

/// Whether only this machine reaches an address. A name other than `localhost` may lead anywhere.
fn is_loopback(listen: &str) -> bool {
    match listen.parse::<SocketAddr>() {
        Ok(address) => match address.ip() {
            IpAddr::V6(ip) => ip.to_canonical().is_loopback(),
            IpAddr::V4(ip) => ip.is_loopback(),
        },
        Err(_) => listen.rsplit_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case("localhost")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Environment;

    fn problems(text: &str) -> Vec<String> {
        let text = format!("[store]\nsqlite = \":memory:\"\n{text}");
        match Environment::parse(&text) {
            Ok(environment) => environment.check(&[]).iter().map(ToString::to_string).collect(),
            Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_listener_that_others_reach_needs_an_identity() {
        for address in ["0.0.0.0:8081", "[::]:8081", "10.1.2.3:8081", "tieline.example.org:8081", "nonsense"] {
            let found = problems(&format!("[listen]\nadmin = \"{address}\""));
            assert!(found.len() == 1 && found[0].starts_with("listen.admin: is reachable"), "{address}: {found:?}");
        }
        for address in ["127.0.0.1:0", "127.9.9.9:1", "[::1]:8081", "[::ffff:127.0.0.1]:1", "localhost:8081"] {
            assert_eq!(problems(&format!("[listen]\nadmin = \"{address}\"")), [""; 0], "{address}");
        }
        let tokens = "[listen]\nadmin = \"0.0.0.0:8081\"\n[admin]\nissuer = \"https://i\"\naudience = \"a\"\n\
                      jwks_url = \"https://i/keys\"\n[admin.roles]\n\"tieline-ops\" = \"operator\"";
        assert_eq!(problems(tokens), [""; 0]);
    }

    #[test]
    fn halves_are_mistakes() {
        for (text, expect) in [
            ("issuer = \"x\"", "admin.audience: is needed to check operators' tokens"),
            ("roles_claim = \"groups\"", "admin.roles: is of use only with issuer, audience and jwks_url"),
            ("key = \"env:PATH\"", "admin.certificate: is needed: certificate and key belong together"),
            (
                "client_ca = \"env:PATH\"",
                "admin.certificates: is needed: client_ca says which certificates are taken, certificates who has which role",
            ),
            ("[admin.roles]\nops = \"root\"", "admin.roles.ops: must be \"viewer\" or \"operator\" or \"admin\""),
            ("certificate = \"env:PATH\"\nkey = \"env:PATH\"", "admin.certificate: the PEM holds no certificate"),
        ] {
            let found = problems(&format!("[admin]\n{text}"));
            assert!(found.iter().any(|problem| problem == expect), "{text}: {found:?}");
        }
    }
}

//! Who is at the operator's listener, and as what.
//!
//! In: an `Authorization` header, a client certificate. Out: a [`Caller`], or a refusal. Never knows: what is asked for.
//!
//! Where neither tokens nor certificates are set up, the listener is on loopback (the environment is refused otherwise):
//! whoever is on this machine may look, and whoever can read the token file may do everything.

use std::sync::Arc;
use std::{
    collections::BTreeMap, fmt::Write as _, fs, io, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header};
use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use secrecy::{ExposeSecret as _, SecretString};
use x509_parser::{objects::oid2abbrev, oid_registry::OidRegistry, prelude::FromDer as _, x509::X509Name};

use crate::{
    clock::Clock,
    environment::{Admin, ROLES_CLAIM, Role},
    http::{PeerCertificate, Problem, Tokens, scheme},
};

/// The bearer of the token file.
const LOCAL: &str = "local";
/// Somebody on this machine without credentials.
const ANONYMOUS: &str = "anonymous";

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// Subject of a token or certificate.
    pub(super) who: String,
    /// As what; `None` for somebody who is known and has no role here.
    pub(super) role: Option<Role>,
    /// Credentials were shown and were good.
    pub(super) known: bool,
}

impl Caller {
    /// Whether this is allowed.
    pub(super) fn may(&self, needs: Role) -> bool {
        self.role.is_some_and(|role| role >= needs)
    }

    /// The word for the audit log.
    pub(super) const fn role_word(&self) -> &'static str {
        match self.role {
            Some(role) => role.as_str(),
            None => "none",
        }
    }
}

/// Checks credentials.
pub(super) struct Identity {
    tokens: Option<Tokens>,
    roles: BTreeMap<String, Role>,
    certificates: BTreeMap<String, Role>,
    local: Option<Local>,
    /// Nothing is set up: who is on this machine may look.
    open: bool,
    clock: Arc<dyn Clock>,
}

/// The token of the file as a tag under a key of this process: compared in constant time, not kept in the clear.
struct Local {
    key: hmac::Key,
    tag: hmac::Tag,
}

impl Identity {
    /// As the environment says. `local` is the token of the token file.
    pub(super) fn new(admin: &Admin, local: Option<&SecretString>, clock: Arc<dyn Clock>) -> Self {
        let claim = admin.roles_claim.as_deref().unwrap_or(ROLES_CLAIM);
        let tokens = admin.tokens().map(|issuer| Tokens::new(issuer, Some(claim), Arc::clone(&clock)));
        let words = Role::ALL.iter().map(|(word, role)| ((*word).to_owned(), *role));
        Self {
            tokens,
            roles: if admin.roles.is_empty() { words.collect() } else { admin.roles.clone() },
            certificates: admin.certificates.clone(),
            local: local.and_then(Local::new),
            open: !admin.has_identity(),
            clock,
        }
    }

    /// Who asks. Credentials that are shown must be good; they are not passed over for others.
    pub(super) async fn caller(
        &self,
        headers: &HeaderMap,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Caller, Problem> {
        if headers.contains_key(header::AUTHORIZATION) {
            return self.bearer(headers).await;
        }
        if let Some(PeerCertificate(der)) = certificate {
            let who = subject(der).ok_or_else(|| Problem::new(401, "the client certificate cannot be read"))?;
            let role = self.certificates.get(&who).copied();
            return Ok(Caller { who, role, known: true });
        }
        let role = self.open.then_some(Role::Viewer);
        Ok(Caller { who: ANONYMOUS.to_owned(), role, known: false })
    }

    async fn bearer(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let bearer = scheme(headers).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = bearer else { return Err(challenge("a bearer token is expected")) };
        if self.local.as_ref().is_some_and(|local| local.is(token)) {
            return Ok(Caller { who: LOCAL.to_owned(), role: Some(Role::Admin), known: true });
        }
        let Some(tokens) = &self.tokens else {
            return Err(challenge(
                "this is not the token of the token file; the service writes a new one at each start",
            ));
        };
        let claims = tokens.verify(token, &*self.clock).await?;
        let role = claims.roles.iter().filter_map(|word| self.roles.get(word)).max().copied();
        Ok(Caller { who: claims.principal, role, known: true })
    }
}

/// A refusal for lack of credentials.
pub(super) fn challenge(detail: impl Into<String>) -> Problem {
    Problem::new(401, detail).with_header(header::WWW_AUTHENTICATE, "Bearer realm=\"tieline-admin\"".to_owned())
}

impl Local {
    fn new(token: &SecretString) -> Option<Self> {
        let mut secret = [0; 32];
        SystemRandom::new().fill(&mut secret).ok()?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let tag = hmac::sign(&key, token.expose_secret().as_bytes());
        Some(Self { key, tag })
    }

    fn is(&self, token: &str) -> bool {
        hmac::verify(&self.key, token.as_bytes(), self.tag.as_ref()).is_ok()
    }
}

/// Writes a new token into a new file that only its owner can read. Whatever was there is removed first: a file that
/// somebody else prepared is never written to.
///
/// # Errors
/// The file cannot be written, or the system has no randomness.
pub(crate) fn write_token(path: &Path) -> io::Result<SecretString> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system has no randomness"))?;
    let token = URL_SAFE_NO_PAD.encode(bytes);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{token}")?;
    Ok(token.into())
}

/// The subject of a certificate, e.g. `C=DE, O=Example, CN=ana`. What separates attributes is escaped inside them, so
/// that no subject reads like another.
fn subject(der: &[u8]) -> Option<String> {
    let (_, certificate) = x509_parser::certificate::X509Certificate::from_der(der).ok()?;
    name(certificate.subject())
}

fn name(name: &X509Name<'_>) -> Option<String> {
    let registry = OidRegistry::default().with_x509();
    let mut text = String::new();
    for attribute in name.iter_attributes() {
        let oid = attribute.attr_type();
        let key = oid2abbrev(oid, &registry).map_or_else(|_| oid.to_id_string(), str::to_owned);
        let separator = if text.is_empty() { "" } else { ", " };
        write!(text, "{separator}{key}=").ok()?;
        for letter in attribute.as_str().ok()?.chars() {
            if matches!(letter, ',' | '=' | '+' | '\\') {
                text.push('\\');
            }
            text.push(letter);
        }
    }
    Some(text)
}

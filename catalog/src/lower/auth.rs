//! `auth:` of triggers and systems becomes [`Auth`].
//!
//! In: the key's value. Out: [`Auth`]. Never knows: secrets, hosts.

use crate::fields::{Record, interface};
use crate::findings::Findings;
use crate::model::Auth;
use crate::yaml::{Entry, Node};

/// Reads `{ oauth2: {..} }`, `{ basic: {} }`, … or `none`.
pub(crate) fn auth(entry: &Entry, findings: &mut Findings) -> Option<Auth> {
    let node = &entry.value;
    if node.scalar().is_some_and(|scalar| scalar.text == "none") {
        return Some(Auth::None);
    }
    let record = Record::read(node, &interface::AUTH, entry.key_span, findings)?;
    let mut found = Vec::new();
    if let Some(oauth2) = record.record("oauth2", findings) {
        found.push(Auth::OAuth2 { scopes: oauth2.strings("scopes"), audience: oauth2.string("audience") });
    }
    for (key, auth) in [
        ("basic", Auth::Basic),
        ("client_certificate", Auth::ClientCertificate),
        ("ssh_password", Auth::SshPassword),
        ("ssh_key", Auth::SshKey),
    ] {
        if record.record(key, findings).is_some() {
            found.push(auth);
        }
    }
    if node.map().is_some_and(|entries| entries.len() > 1) {
        report(node, "an authentication is exactly one of its kinds", findings);
        return None;
    }
    if node.map().is_some_and(<[Entry]>::is_empty) {
        report(node, "the authentication says nothing", findings);
    }
    found.pop()
}

fn report(node: &Node, message: &str, findings: &mut Findings) {
    findings
        .add("E-AUTH", node.place(), message)
        .help("write one of oauth2, basic, client_certificate, ssh_password, ssh_key, or `auth: none`");
}

//! Who is let in on loopback and over TLS, and what browsers are kept from.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::{
    environment::Role,
    journal::{AuditFilter, AuditPage},
    tls,
};

#[tokio::test]
async fn on_this_machine_anybody_looks_and_the_bearer_of_the_token_decides() {
    let world = World::start().await;
    assert_eq!(world.json("/whoami").await, serde_json::json!({ "who": "anonymous", "role": "viewer" }));
    assert_eq!(world.as_admin("/whoami").await, serde_json::json!({ "who": "local", "role": "admin" }));
    let id = world.dead().await;
    let path = format!("/messages/{id}/discard");
    let (status, text) = said(world.request(Method::POST, &path).json(&serde_json::json!({ "why": "w" }))).await;
    assert_eq!(status, 401, "{text}");
    let (status, _) = said(world.request(Method::POST, &path).bearer_auth("wrong").json(&serde_json::json!({}))).await;
    assert_eq!(status, 401);
    assert_eq!(world.as_admin(&format!("/messages/{id}")).await["state"], "DEAD");
    let why = "this needs operator: show the token of the token file, a token, or a client certificate";
    assert_eq!(world.audited().await, [format!("discard {id} refused: {why}")]);
    for _ in 0..STRANGERS_PER_MINUTE + 5 {
        said(world.request(Method::POST, &path).json(&serde_json::json!({}))).await;
    }
    let rows = world.audited().await.len();
    assert!(rows <= usize::try_from(STRANGERS_PER_MINUTE).unwrap() + 1, "strangers do not fill the log: {rows}");
}

#[tokio::test]
async fn without_a_token_file_nobody_decides() {
    let world = World::under(&Admin::default(), None).await;
    assert_eq!(world.json("/whoami").await["role"], "viewer");
    let request = world.request(Method::POST, "/systems/ERP/pause").json(&serde_json::json!({ "why": "w" }));
    assert_eq!(said(request).await.0, 401);
}

#[test]
fn the_token_file_is_new_and_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/tieline.db.token");
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let first = write_token(&path).unwrap();
    assert_eq!(mode(), 0o600);
    let in_file = std::fs::read_to_string(&path).unwrap();
    assert_eq!(in_file.trim_end(), secrecy::ExposeSecret::expose_secret(&first));
    assert!(in_file.len() >= 43);
    // Somebody else's file in its place is not written to.
    let theirs = folder.path().join("theirs");
    std::fs::write(&theirs, "").unwrap();
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&theirs, &path).unwrap();
    write_token(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "");
    assert_eq!(mode(), 0o600);
    assert_ne!(std::fs::read_to_string(&path).unwrap(), in_file);
}

#[tokio::test]
async fn browsers_cannot_be_made_to_ask() {
    let world = World::start().await;
    let own = world.address.to_string();
    let pause = |headers: &[(&str, &str)]| {
        let request = world.request(Method::POST, "/systems/ERP/pause").bearer_auth(TOKEN).body("{\"why\":\"w\"}");
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    let json = ("content-type", "application/json");
    let own_origin = format!("http://{own}");
    for (what, headers, expect) in [
        ("a form", vec![("content-type", "text/plain")], 415),
        ("a form", vec![("content-type", "application/x-www-form-urlencoded")], 415),
        ("nothing said", vec![], 415),
        ("another page", vec![json, ("origin", "https://evil.example.org")], 403),
        ("a sandboxed page", vec![json, ("origin", "null")], 403),
        ("a page on another port", vec![json, ("origin", "http://127.0.0.1:1")], 403),
        ("a name that leads here", vec![json, ("host", "evil.example.org")], 421),
        ("itself", vec![json, ("origin", &own_origin)], 200),
        ("a command", vec![("content-type", "application/json; charset=utf-8")], 200),
    ] {
        let (status, text) = said(pause(&headers)).await;
        assert_eq!(status, expect, "{what}: {text}");
    }
    for host in ["evil.example.org", "localhost.evil.org:80"] {
        let (status, text) = said(world.request(Method::GET, "/messages").header("host", host)).await;
        assert_eq!(status, 421, "{text}");
    }
    let reply = world.request(Method::GET, "/messages").header("host", "localhost").send().await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.headers()["cache-control"].to_str().unwrap()), (200, "no-store"));
    let (status, text) = world.get("/nowhere").await;
    assert_eq!(status, 404);
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert!(problem["errorId"].is_string() && problem["title"] == "Not Found", "{text}");
    assert_eq!(said(world.request(Method::DELETE, "/messages/m-1")).await.0, 405);
}

/// An authority, and certificates with keys that it issued.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, names: &[&str], subject: &[(DnType, &str)]) -> (String, String) {
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        subject.iter().for_each(|(kind, value)| params.distinguished_name.push(kind.clone(), *value));
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

#[tokio::test]
async fn a_client_certificate_says_who_somebody_is() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (certificate, key) = authority.issue(&["127.0.0.1"], &[(DnType::CommonName, "tieline")]);
    let admin = Admin {
        certificate: Some(certificate.into()),
        key: Some(key.into()),
        client_ca: Some(authority.0.pem().into()),
        certificates: [("O=Example, CN=ana".to_owned(), Role::Operator), ("O=Example, CN=eve".to_owned(), Role::Admin)]
            .into(),
        ..Admin::default()
    };
    let world = World::under(&admin, None).await;
    let ask = async |identity: Option<&(String, String)>, method: Method, path: &str| {
        let identity = identity.map(|(certificate, key)| tls::Identity { certificate, key });
        let client = tls::client(Some(&authority.0.pem()), identity).unwrap();
        let client = crate::transport::http_client(client, None).unwrap();
        let request = client.request(method.clone(), format!("https://{}{path}", world.address));
        let request = if method == Method::POST { request.json(&serde_json::json!({ "why": "w" })) } else { request };
        request.send().await.map(|reply| reply.status().as_u16())
    };
    let ana = authority.issue(&[], &[(DnType::OrganizationName, "Example"), (DnType::CommonName, "ana")]);
    assert_eq!(ask(Some(&ana), Method::GET, "/messages").await.unwrap(), 200);
    assert_eq!(ask(Some(&ana), Method::POST, "/systems/ERP/pause").await.unwrap(), 200);
    assert_eq!(ask(Some(&ana), Method::POST, "/bulk/discard").await.unwrap(), 403, "she is no admin");
    let bob = authority.issue(&[], &[(DnType::OrganizationName, "Example"), (DnType::CommonName, "bob")]);
    assert_eq!(ask(Some(&bob), Method::GET, "/messages").await.unwrap(), 403, "known, and nobody here");
    let disguised = authority.issue(&[], &[(DnType::OrganizationName, "Example, CN=eve")]);
    assert_eq!(ask(Some(&disguised), Method::GET, "/messages").await.unwrap(), 403, "no subject reads like another");
    assert_eq!(ask(None, Method::GET, "/messages").await.unwrap(), 401);
    assert_eq!(ask(None, Method::GET, "/health/live").await.unwrap(), 200, "probes have no certificate");
    let forged = other.issue(&[], &[(DnType::OrganizationName, "Example"), (DnType::CommonName, "ana")]);
    assert!(ask(Some(&forged), Method::GET, "/messages").await.is_err(), "another authority");
    let plain = world.request(Method::GET, "/messages").send().await;
    assert!(plain.is_err(), "nothing is answered in the clear: {plain:?}");
    let page = AuditPage::Newest { before: None };
    let filter = AuditFilter { subject: Some("target:ERP".to_owned()), page, limit: 9 };
    let rows = world.engine.store().audit(filter).await.unwrap();
    assert_eq!((rows.len(), rows[0].entry.who.as_str()), (1, "O=Example, CN=ana"));
}

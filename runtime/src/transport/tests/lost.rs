//! What is known when no reply comes.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use peer::Act;

async fn check(placement: Placement, method: Method, expect: Class, words: &str) {
    let operation = Operation { timeout_ms: 300, ..operation(system(OutboundAuth::None), rest(method, "/x")) };
    let outcome = Net::new(placement).call(operation, Request::new().body(tree("{}"))).await;
    assert_eq!(outcome.class, expect, "{}", outcome.reason);
    assert!(outcome.reason.starts_with(words), "{}", outcome.reason);
    assert!(!outcome.reason.contains("secret"), "{}", outcome.reason);
}

fn at(url: String) -> Placement {
    Placement { base_url: Some(format!("{url}?key=secret")), ..Placement::default() }
}

#[tokio::test]
async fn a_refused_connection_is_retryable() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    check(at(format!("http://{free}")), Method::Post, Class::Retryable, "no connection").await;
}

#[tokio::test]
async fn a_connection_lost_after_the_body_is_unknown_unless_it_was_a_read() {
    let peer = Peer::start(vec![Act::HangUp]).await;
    let words = "connection lost before the reply";
    for method in [Method::Post, Method::Put, Method::Patch, Method::Delete] {
        check(at(peer.url("")), method, Class::Unknown, words).await;
    }
    check(at(peer.url("")), Method::Get, Class::Retryable, words).await;
}

#[tokio::test]
async fn silence_is_unknown_after_the_body_and_retryable_before_it() {
    let peer = Peer::start(vec![Act::Silence]).await;
    check(at(peer.url("")), Method::Post, Class::Unknown, "no reply within 300 ms").await;
    check(at(peer.url("")), Method::Get, Class::Retryable, "no reply within 300 ms").await;
    // Accepts, and never speaks TLS: the request has not left.
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", deaf.local_addr().unwrap());
    check(at(url), Method::Post, Class::Retryable, "no reply within 300 ms").await;
}

#[tokio::test]
async fn a_certificate_we_do_not_trust_is_the_targets_fault() {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let acceptor = acceptor(&certificate, &key);
    let peer = Peer::start_tls(vec![Act::json(200, "")], acceptor).await;
    check(at(peer.url("")), Method::Post, Class::Target, "no connection").await;
    assert!(peer.seen().is_empty());
    let trusting = Placement { ca: Some(certificate.pem().into()), ..at(peer.url("")) };
    check(trusting, Method::Post, Class::Delivered, "200").await;
}

fn acceptor(certificate: &rcgen::Certificate, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn what_the_environment_lacks_is_named() {
    check(Placement::default(), Method::Get, Class::Target, "the environment has no base_url for Partner").await;
    let clock: Arc<dyn Clock> = Arc::new(HandClock(AtomicI64::new(NOON_MS)));
    let placement = Placement { ca: Some("no PEM".to_owned().into()), ..Placement::default() };
    let mistakes = NetTransport::new(BTreeMap::from([("SAP SRM7".to_owned(), placement)]), &clock).unwrap_err();
    assert_eq!(mistakes[0].to_string(), "systems.\"SAP SRM7\".ca: the PEM holds no certificate");
}

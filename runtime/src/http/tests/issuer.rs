//! An issuer of tokens for tests: real keys, a JWKS over HTTP that counts its readers.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{Router, http::StatusCode, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
        RsaKeyPair, RsaPublicKeyComponents,
    },
};

use super::NOON_MS;

/// A key for tests only; `ring` does not make RSA keys itself.
const RSA: &[u8] = include_bytes!("rsa.pk8");

pub(crate) struct Issuer {
    address: SocketAddr,
    reads: Arc<AtomicUsize>,
    published: Arc<Mutex<String>>,
    broken: Arc<AtomicBool>,
    ed: Ed25519KeyPair,
    ec: EcdsaKeyPair,
    rsa: RsaKeyPair,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let random = SystemRandom::new();
        let ed = Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&random).unwrap().as_ref()).unwrap();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let ec = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        let rsa = RsaKeyPair::from_pkcs8(RSA).unwrap();
        let reads = Arc::new(AtomicUsize::new(0));
        let published = Arc::new(Mutex::new(String::new()));
        let broken = Arc::new(AtomicBool::new(false));
        let (count, text, is_broken) = (Arc::clone(&reads), Arc::clone(&published), Arc::clone(&broken));
        let keys = get(move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            let status = if is_broken.load(Ordering::SeqCst) { 500 } else { 200 };
            (StatusCode::from_u16(status).unwrap(), text.lock().unwrap().clone())
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, Router::new().route("/keys", keys)).into_future());
        let issuer = Self { address, reads, published, broken, ed, ec, rsa };
        issuer.publish(&["ed", "ec", "rsa", "ps-only", "enc"]);
        issuer
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// Whether reading the keys fails from now on.
    pub(crate) fn break_down(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// Changes which of the keys are published.
    pub(crate) fn publish(&self, kids: &[&str]) {
        let rsa = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        let rsa = format!("\"kty\":\"RSA\",\"n\":\"{}\",\"e\":\"{}\"", b64(&rsa.n), b64(&rsa.e));
        let point = self.ec.public_key().as_ref();
        let keys = kids.iter().map(|kid| match *kid {
            "ed" => format!(
                "{{\"kid\":\"ed\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"{}\"}}",
                b64(self.ed.public_key().as_ref())
            ),
            "ec" => format!(
                "{{\"kid\":\"ec\",\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\"x\":\"{}\",\"y\":\"{}\"}}",
                b64(&point[1..33]),
                b64(&point[33..])
            ),
            "rsa" => format!("{{\"kid\":\"rsa\",{rsa}}}"),
            "ps-only" => format!("{{\"kid\":\"ps-only\",\"alg\":\"PS256\",{rsa}}}"),
            other => format!("{{\"kid\":\"{other}\",\"use\":\"enc\",{rsa}}}"),
        });
        *self.published.lock().unwrap() = format!("{{\"keys\":[{}]}}", keys.collect::<Vec<_>>().join(","));
    }

    /// A token with these claims; `claims` replaces or adds to the good ones.
    pub(crate) fn token(&self, algorithm: &str, kid: &str, claims: &str) -> String {
        let header = format!(r#"{{"alg":"{algorithm}","typ":"at+jwt","kid":"{kid}"}}"#);
        self.signed(&header, algorithm, &merged(claims))
    }

    pub(crate) fn signed(&self, header: &str, algorithm: &str, claims: &str) -> String {
        let signed = format!("{}.{}", b64(header.as_bytes()), b64(claims.as_bytes()));
        let signature = self.sign(algorithm, signed.as_bytes());
        format!("{signed}.{}", b64(&signature))
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |padding| {
            let mut signature = vec![0; self.rsa.public().modulus_len()];
            self.rsa.sign(padding, &random, message, &mut signature).unwrap();
            signature
        };
        match algorithm {
            "EdDSA" => self.ed.sign(message).as_ref().to_vec(),
            "ES256" => self.ec.sign(&random, message).unwrap().as_ref().to_vec(),
            "RS256" => rsa(&RSA_PKCS1_SHA256),
            "PS256" => rsa(&RSA_PSS_SHA256),
            // The classic confusion: a public key taken for a shared secret.
            "HS256" => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, self.ed.public_key().as_ref());
                hmac::sign(&key, message).as_ref().to_vec()
            }
            _ => Vec::new(),
        }
    }
}

/// Good claims, with those of `changes` in place of (or besides) them; `null` takes one away.
pub(crate) fn merged(changes: &str) -> String {
    use crate::{
        format::json,
        value::{Record, Value},
    };
    let now_s = NOON_MS / 1000;
    let good = format!(
        r#"{{"iss":"https://idp.example.org","aud":"tieline","sub":"salesforce","scope":"orders.write orders.read","exp":{},"iat":{now_s}}}"#,
        now_s + 600
    );
    let read = |text: &str| match json::read(text.as_bytes()).unwrap() {
        Value::Record(record) => record,
        other => panic!("{other:?}"),
    };
    let (good, changes) = (read(&good), read(changes));
    let mut claims = Record::new();
    for (name, value) in good.iter() {
        claims.put(name, changes.get(name).unwrap_or(value));
    }
    for (name, value) in changes.iter().filter(|(name, _)| good.get(name).is_none()) {
        claims.put(name, value);
    }
    json::write(&Value::Record(claims))
}

pub(crate) fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

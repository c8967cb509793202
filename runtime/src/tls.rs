//! TLS for calls to partners and for operators; the only module that knows how it is set up.
//!
//! In: PEM texts. Out: a [`rustls::ClientConfig`], a [`rustls::ServerConfig`]. Never knows: hosts, HTTP.
//!
//! Trusted are Mozilla's authorities and those the environment adds; verification cannot be switched off.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};

/// PEM that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

/// A client's certificate chain and key, PEM.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// Certificate first, then its issuers.
    pub certificate: &'a str,
    /// PKCS#8, PKCS#1 or SEC1.
    pub key: &'a str,
}

/// Set-up of a client: who it trusts, and who it is where a server asks.
///
/// # Errors
/// A PEM text holds no certificate or key, or they do not belong together.
pub fn client(authorities: Option<&str>, identity: Option<Identity<'_>>) -> Result<ClientConfig, Unusable> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = authorities {
        for certificate in certificates(pem)? {
            roots.add(certificate).map_err(|error| Unusable(format!("certificate authority: {error}")))?;
        }
    }
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| Unusable(error.to_string()))?
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder
            .with_client_auth_cert(certificates(identity.certificate)?, private_key(identity.key)?)
            .map_err(|error| Unusable(format!("client certificate: {error}")))?,
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Set-up of a listener: who it is, and whose certificates it takes from clients that have one. Clients without are let
/// in; what they may do is for others to say.
///
/// # Errors
/// A PEM text holds no certificate or key, or they do not belong together.
pub fn server(identity: Identity<'_>, client_authorities: Option<&str>) -> Result<ServerConfig, Unusable> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| Unusable(error.to_string()))?;
    let builder = match client_authorities {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(pem)? {
                roots.add(certificate).map_err(|error| Unusable(format!("client authority: {error}")))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
                .allow_unauthenticated()
                .build()
                .map_err(|error| Unusable(format!("client authority: {error}")))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder
        .with_single_cert(certificates(identity.certificate)?, private_key(identity.key)?)
        .map_err(|error| Unusable(format!("certificate: {error}")))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, Unusable> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| Unusable("the PEM holds no private key".to_owned()))
}

/// When the first certificate of a PEM text expires, milliseconds since 1970; `None` if it cannot be read.
pub(crate) fn expires_ms(pem: &str) -> Option<i64> {
    let certificate = certificates(pem).ok()?.into_iter().next()?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&certificate).ok()?;
    Some(certificate.validity().not_after.timestamp().saturating_mul(1_000))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let unusable = || Unusable("the PEM holds no certificate".to_owned());
    let list = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>().map_err(|_| unusable())?;
    if list.is_empty() { Err(unusable()) } else { Ok(list) }
}

//! In: requests that a cloud application sends to its HTTP proxy for an on-premise host. Out: what the host answers.
//! Never knows: SOAP, or what SAP SRM7 does.
//!
//! Cloud Connector: absolute-form requests `http://<virtual host>:<port>/path`, `Proxy-Authorization` with a token of the
//! connectivity service, one virtual host, one path prefix. Assumption: the proxy itself is reached over TLS with a
//! client certificate, which is passed on to SAP SRM7 as `SSL_CLIENT_CERT` (base64 of the DER).

mod front;

use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;

use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::random::lock;
use crate::common::web::{Answer, Request, Site, serve};
use crate::environment::CLIENT_ID;
use crate::oauth::{self, Credentials};
use crate::srm::Srm;
use crate::tls::{Authority, Identity, TlsError};
use crate::{Options, StartError, callers};
use front::Front;

/// The virtual host that SAP SRM7 has behind Cloud Connector.
pub const VIRTUAL_HOST: &str = "srm7.virtual:44300";
/// The paths that access control exposes.
const EXPOSED: &str = "/sap/bc/soap/rfc";

/// What can be different between one Cloud Connector and another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Life of a connectivity token in seconds.
    pub token_lifetime_s: u64,
    /// The location id under which this Cloud Connector is registered; `None` means the default location.
    pub location_id: Option<String>,
    /// What the caller sees when SAP SRM7 closes the connection without a reply: a status, or (`None`) the same.
    pub lost_reply_status: Option<u16>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { token_lifetime_s: 43_200, location_id: None, lost_reply_status: None }
    }
}

/// Cloud Connector in front of SAP SRM7.
#[derive(Debug)]
pub struct CloudConnector {
    core: Arc<Core>,
    seed: u64,
    identity: Identity,
    backend: String,
    http: reqwest::Client,
    settings: Mutex<Settings>,
    urls: OnceLock<(String, String)>,
}

impl CloudConnector {
    pub(crate) async fn start(
        options: Options,
        authority: &Authority,
        srm: &Arc<Srm>,
    ) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("scc", options.clock, options.seed));
        let identity = authority.client("tieline")?;
        let der = CertificateDer::from_pem_slice(identity.certificate.as_bytes())
            .map_err(|error| TlsError::Use(error.to_string()))?;
        srm.map_certificate(STANDARD.encode(&der));
        let scc = Arc::new(CloudConnector {
            core: core.clone(),
            seed: options.seed,
            identity,
            backend: srm.internal_url(),
            http: callers::plain_client()?,
            settings: Mutex::default(),
            urls: OnceLock::new(),
        });
        let acceptor = TlsAcceptor::from(authority.server_config()?);
        let (site, proxy) = (scc.clone(), scc.clone());
        let tokens = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        let front = listen(&core, move |stream| {
            let (acceptor, scc) = (acceptor.clone(), proxy.clone());
            async move {
                // A client without a certificate of ours ends in a TLS alert: nothing to report.
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let peer = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
                let certificate = peer.map(|der| STANDARD.encode(der)).unwrap_or_default();
                serve(Arc::new(Front { scc, certificate }), stream).await;
            }
        })
        .await?;
        let _ = scc.urls.set((format!("https://{front}"), format!("http://{tokens}/oauth/token")));
        Ok(scc)
    }

    pub(crate) fn client_identity(&self) -> &Identity {
        &self.identity
    }

    /// The URL under which callers of the proxy address SAP SRM7.
    #[must_use]
    pub fn virtual_url(&self) -> String {
        format!("http://{VIRTUAL_HOST}")
    }

    /// The HTTP proxy; reached over TLS with a client certificate.
    #[must_use]
    pub fn proxy_url(&self) -> String {
        self.urls.get().map(|(proxy, _)| proxy.clone()).unwrap_or_default()
    }

    /// Token endpoint of the connectivity service.
    #[must_use]
    pub fn token_url(&self) -> String {
        self.urls.get().map(|(_, token)| token.clone()).unwrap_or_default()
    }

    /// The secret of client `tieline` at the connectivity service.
    #[must_use]
    pub fn client_secret(&self) -> String {
        oauth::secret(self.seed, "scc", CLIENT_ID)
    }

    /// Changes settings from now on, until a reset.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut lock(&self.settings));
    }

    fn settings(&self) -> Settings {
        lock(&self.settings).clone()
    }
}

impl Partner for CloudConnector {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({ "virtualHost": VIRTUAL_HOST, "exposed": EXPOSED, "locationId": self.settings().location_id })
    }

    fn reset_state(&self) {
        *lock(&self.settings) = Settings::default();
    }
}

/// The connectivity service's token endpoint.
impl Site for CloudConnector {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, request: &Request) -> (String, Option<String>) {
        ("token".to_owned(), oauth::client_id(request))
    }

    async fn answer(&self, request: &Request) -> Answer {
        if (request.method.as_str(), request.uri.path()) != ("POST", "/oauth/token") {
            return Answer::empty(404);
        }
        let secret = self.client_secret();
        let check = |id: &str, given: &str| id == CLIENT_ID && given == secret;
        match oauth::authenticate(request, Credentials::BasicOrForm, check) {
            Ok(_) => {
                let lifetime = self.settings().token_lifetime_s;
                oauth::granted(&oauth::opaque(&self.core, lifetime), lifetime)
            }
            Err(answer) => *answer,
        }
    }
}

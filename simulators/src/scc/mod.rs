//! In: calls of Tieline. Out: the answers of Cloud Connector.
//! Never knows: who calls.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::web::{Answer, Request, Site, serve};
use crate::{StartError, oauth};

/// Cloud Connector in front of SAP SRM7.
#[derive(Debug)]
pub struct CloudConnector {
    core: Arc<Core>,
    seed: u64,
    identity: crate::tls::Identity,
    url: std::sync::OnceLock<String>,
}

impl CloudConnector {
    pub(crate) async fn start(
        options: crate::Options,
        authority: &crate::tls::Authority,
        _srm: &Arc<crate::srm::Srm>,
    ) -> Result<Arc<Self>, StartError> {
        let crate::Options { clock, seed } = options;
        let identity = authority.client("tieline")?;
        let core = Arc::new(Core::new("scc", clock, seed));
        let partner = Arc::new(CloudConnector { core: core.clone(), seed, identity, url: std::sync::OnceLock::new() });
        let site = partner.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        let _ = partner.url.set(format!("http://{address}"));
        Ok(partner)
    }

    pub(crate) fn client_identity(&self) -> &crate::tls::Identity {
        &self.identity
    }

    /// Base URL of its API.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.url.get().cloned().unwrap_or_default()
    }

    /// Where tokens are asked for.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("{}/oauth/token", self.base_url())
    }

    /// The secret of client `tieline`.
    #[must_use]
    pub fn client_secret(&self) -> String {
        oauth::secret(self.seed, "scc", "tieline")
    }

    /// The host that SAP SRM7 has behind Cloud Connector.
    #[must_use]
    pub fn virtual_url(&self) -> String {
        "http://srm7.virtual:44300".to_owned()
    }

    /// The HTTP proxy.
    #[must_use]
    pub fn proxy_url(&self) -> String {
        self.base_url()
    }
}

impl Partner for CloudConnector {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({})
    }

    fn reset_state(&self) {}
}

impl Site for CloudConnector {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, request: &Request) -> (String, Option<String>) {
        (request.uri.path().to_owned(), None)
    }

    async fn answer(&self, _: &Request) -> Answer {
        Answer::empty(501)
    }
}

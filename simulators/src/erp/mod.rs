//! In: calls of Tieline. Out: the answers of SAP ERP.
//! Never knows: who calls.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::web::{Answer, Request, Site, serve};
use crate::{StartError, oauth};

/// SAP ERP's OData service.
#[derive(Debug)]
pub struct Erp {
    core: Arc<Core>,
    seed: u64,
    url: std::sync::OnceLock<String>,
}

impl Erp {
    pub(crate) async fn start(
        clock: SimClock,
        seed: u64,
        _idp: &Arc<crate::idp::Idp>,
    ) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("erp", clock, seed));
        let partner = Arc::new(Erp { core: core.clone(), seed, url: std::sync::OnceLock::new() });
        let site = partner.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        let _ = partner.url.set(format!("http://{address}"));
        Ok(partner)
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
        oauth::secret(self.seed, "erp", "tieline")
    }

    /// Sales orders, by number.
    #[must_use]
    pub fn orders(&self) -> Vec<Value> {
        Vec::new()
    }

    /// Adds or replaces a sales order.
    pub fn put_order(&self, _order: Value) {}
}

impl Partner for Erp {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({})
    }

    fn reset_state(&self) {}
}

impl Site for Erp {
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

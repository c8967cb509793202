//! In: calls of Tieline. Out: the answers of Salesforce.
//! Never knows: who calls.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::web::{Answer, Request, Site, serve};
use crate::{StartError, oauth};

/// Salesforce.
#[derive(Debug)]
pub struct Salesforce {
    core: Arc<Core>,
    seed: u64,
    url: std::sync::OnceLock<String>,
}

impl Salesforce {
    pub(crate) async fn start(clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("salesforce", clock, seed));
        let partner = Arc::new(Salesforce { core: core.clone(), seed, url: std::sync::OnceLock::new() });
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
        oauth::secret(self.seed, "salesforce", "tieline")
    }

    /// Accounts, by id.
    #[must_use]
    pub fn accounts(&self) -> Vec<Value> {
        Vec::new()
    }

    /// Orders, by ERP number.
    #[must_use]
    pub fn orders(&self) -> Vec<Value> {
        Vec::new()
    }

    /// Adds or replaces an account; see [`crate::samples::account`].
    pub fn put_account(&self, _account: Value) {}
}

impl Partner for Salesforce {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({})
    }

    fn reset_state(&self) {}
}

impl Site for Salesforce {
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

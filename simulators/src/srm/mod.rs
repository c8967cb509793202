//! In: calls of Tieline. Out: the answers of SAP SRM7.
//! Never knows: who calls.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::web::{Answer, Request, Site, serve};
use crate::{StartError, oauth};

/// SAP SRM7.
#[derive(Debug)]
pub struct Srm {
    core: Arc<Core>,
    seed: u64,
    url: std::sync::OnceLock<String>,
}

impl Srm {
    pub(crate) async fn start(clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("srm", clock, seed));
        let partner = Arc::new(Srm { core: core.clone(), seed, url: std::sync::OnceLock::new() });
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
        oauth::secret(self.seed, "srm", "tieline")
    }

    /// Confirmations posted, oldest first.
    #[must_use]
    pub fn confirmations(&self) -> Vec<Confirmation> {
        Vec::new()
    }

    /// Makes a purchase order known.
    pub fn add_purchase_order(&self, _number: &str) {}

    /// The next confirmation against this purchase order meets a lock (ME 006).
    pub fn lock_once(&self, _po_number: &str) {}
}

impl Partner for Srm {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({})
    }

    fn reset_state(&self) {}
}

impl Site for Srm {
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

/// A confirmation (goods receipt) as SAP SRM7 posted it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Confirmation {
    /// Its number.
    pub number: String,
    /// The sender's document number.
    pub ref_doc_no: String,
    /// Purchase order.
    pub po_number: String,
    /// Item of the purchase order.
    pub po_item: String,
    /// Quantity as sent.
    pub quantity: String,
    /// Unit as sent.
    pub unit: String,
    /// Price as sent.
    pub price: String,
    /// Currency as sent.
    pub currency: String,
    /// Posting date as sent.
    pub posting_date: String,
    /// Text.
    pub description: String,
}

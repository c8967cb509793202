//! In: calls of Tieline. Out: mails kept.
//! Never knows: who calls.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::web::{Answer, Request, Site, serve};
use crate::{StartError, oauth};

/// A mail server that delivers nothing and keeps everything.
#[derive(Debug)]
pub struct SmtpSink {
    core: Arc<Core>,
    seed: u64,
    url: std::sync::OnceLock<String>,
}

impl SmtpSink {
    pub(crate) async fn start(clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("smtp", clock, seed));
        let partner = Arc::new(SmtpSink { core: core.clone(), seed, url: std::sync::OnceLock::new() });
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
        oauth::secret(self.seed, "smtp", "tieline")
    }

    /// `host:port` of the server.
    #[must_use]
    pub fn address(&self) -> String {
        String::new()
    }

    /// Mails accepted, oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        Vec::new()
    }
}

impl Partner for SmtpSink {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({})
    }

    fn reset_state(&self) {}
}

impl Site for SmtpSink {
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

/// A mail that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Mail {
    /// Virtual Unix milliseconds.
    pub at: i64,
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// Headers and body as sent, dots un-stuffed.
    pub data: String,
}

//! In: calls of Tieline. Out: files kept.
//! Never knows: who calls.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::web::{Answer, Request, Site, serve};
use crate::{StartError, oauth};

/// An SFTP server over a tree in memory.
#[derive(Debug)]
pub struct SftpServer {
    core: Arc<Core>,
    seed: u64,
    url: std::sync::OnceLock<String>,
}

impl SftpServer {
    pub(crate) async fn start(name: &'static str, clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new(name, clock, seed));
        let partner = Arc::new(SftpServer { core: core.clone(), seed, url: std::sync::OnceLock::new() });
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
        oauth::secret(self.seed, "sftp", "tieline")
    }

    /// `host:port` of the server.
    #[must_use]
    pub fn address(&self) -> String {
        String::new()
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> String {
        "tieline".to_owned()
    }

    /// The user's password.
    #[must_use]
    pub fn password(&self) -> String {
        self.client_secret()
    }

    /// Fingerprint of the host key, `SHA256:…`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        String::new()
    }

    /// All files, by path.
    #[must_use]
    pub fn files(&self) -> Vec<StoredFile> {
        Vec::new()
    }

    /// Files that a reader could see under a final name (`*.csv`) before they were complete: must stay empty.
    #[must_use]
    pub fn partial_sightings(&self) -> Vec<String> {
        Vec::new()
    }

    /// Answers with a new host key from now on, until reset.
    pub fn change_host_key(&self) {}
}

impl Partner for SftpServer {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({})
    }

    fn reset_state(&self) {}
}

impl Site for SftpServer {
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

/// A file on an SFTP server.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StoredFile {
    /// Absolute path.
    pub path: String,
    /// Content.
    pub content: Vec<u8>,
}

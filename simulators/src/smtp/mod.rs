//! In: SMTP sessions. Out: the mails they handed over, kept instead of delivered.
//! Never knows: who reads them.
//!
//! RFC 5321 with `STARTTLS` (RFC 3207) and `AUTH PLAIN|LOGIN` (RFC 4954). Faults hit the operations `connect`, `ehlo`,
//! `auth`, `mail`, `rcpt` and `data` (after the final dot); [`crate::Effect::Status`] is an SMTP reply code: 450 is try
//! again, 550 is never.

mod session;

use std::sync::{Arc, Mutex, OnceLock};

use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;

use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::random::lock;
use crate::environment::CLIENT_ID;
use crate::tls::Authority;
use crate::{StartError, oauth};

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

impl Mail {
    /// A header's value, unfolded, encoded words left as they are; empty if absent.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ").replace("\r\n\t", " ");
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    }
}

/// What can be different between one mail server and another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Refuse `MAIL` before a successful `AUTH` (530).
    pub require_auth: bool,
    /// Refuse `MAIL` and `AUTH` before `STARTTLS` (530).
    pub require_tls: bool,
    /// Largest mail in bytes (552 beyond).
    pub max_size: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { require_auth: false, require_tls: false, max_size: 10_000_000 }
    }
}

/// A mail server that delivers nothing and keeps everything.
#[derive(Debug)]
pub struct SmtpSink {
    core: Arc<Core>,
    seed: u64,
    address: OnceLock<String>,
    settings: Mutex<Settings>,
    mails: Mutex<Vec<Mail>>,
}

impl SmtpSink {
    pub(crate) async fn start(clock: SimClock, seed: u64, authority: &Authority) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("smtp", clock, seed));
        let sink = Arc::new(SmtpSink {
            core: core.clone(),
            seed,
            address: OnceLock::new(),
            settings: Mutex::default(),
            mails: Mutex::default(),
        });
        let acceptor = TlsAcceptor::from(authority.open_server_config()?);
        let server = sink.clone();
        let address = listen(&core, move |stream| session::run(server.clone(), acceptor.clone(), stream)).await?;
        let _ = sink.address.set(address.to_string());
        Ok(sink)
    }

    /// `host:port` of the server.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.get().cloned().unwrap_or_default()
    }

    /// The user that `AUTH` accepts.
    #[must_use]
    pub fn user(&self) -> &'static str {
        CLIENT_ID
    }

    /// The password of [`SmtpSink::user`].
    #[must_use]
    pub fn password(&self) -> String {
        oauth::secret(self.seed, "smtp", CLIENT_ID)
    }

    /// Changes settings from now on, until a reset.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut lock(&self.settings));
    }

    /// Mails accepted, oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        lock(&self.mails).clone()
    }
}

impl Partner for SmtpSink {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({ "mails": self.mails() })
    }

    fn reset_state(&self) {
        *lock(&self.settings) = Settings::default();
        lock(&self.mails).clear();
    }
}

//! Where spans and log records go.
//!
//! In: the section `telemetry`. Out: [`Telemetry`], or mistakes. Never knows: what is exported.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::read::Section;

/// A collector that speaks OTLP over HTTP.
#[derive(Debug)]
pub struct Telemetry {
    /// Base address; `/v1/traces` and `/v1/logs` are below it.
    pub endpoint: Option<String>,
    /// Whole address for spans, where it is another.
    pub traces_url: Option<String>,
    /// Whole address for log records, where it is another.
    pub logs_url: Option<String>,
    /// Headers of every request; their values are secrets.
    pub headers: BTreeMap<String, SecretString>,
    /// OAuth 2.0 token endpoint, client and its secret, where the collector asks for tokens.
    pub login: Option<(String, String, SecretString)>,
    /// Authorities to trust besides the public ones, PEM.
    pub ca: Option<SecretString>,
    /// Of traces that begin here so many in a hundred are recorded; callers decide about theirs.
    pub sample_percent: u8,
    /// `service.name`.
    pub service_name: String,
    /// `service.instance.id`.
    pub instance: String,
    /// `deployment.environment.name`.
    pub stage: Option<String>,
    /// More attributes of the resource.
    pub attributes: Vec<(String, String)>,
}

/// `None` if the section names no address: nothing is exported then.
pub(super) fn read(section: &mut Section<'_>) -> Option<Telemetry> {
    let url = |section: &mut Section<'_>, key| {
        let url = section.text(key)?;
        let fine = url.parse().is_ok_and(|url: reqwest::Url| matches!(url.scheme(), "http" | "https"));
        if !fine {
            section.mistake(key, "must be a URL with http:// or https://");
        }
        Some(url)
    };
    let (endpoint, traces_url) = (url(section, "endpoint"), url(section, "traces_url"));
    let logs_url = url(section, "logs_url");
    let (token_url, client_id) = (url(section, "token_url"), section.text("client_id"));
    let client_secret = section.secret("client_secret");
    if token_url.is_some() {
        section.need("client_id", "belongs to token_url");
        section.need("client_secret", "belongs to token_url");
    }
    let percent = section.integer("sample_percent").unwrap_or(100);
    if percent > 100 {
        section.mistake("sample_percent", "must be 0 to 100");
    }
    let mut attributes = Vec::new();
    for text in section.texts("attributes") {
        match text.split_once('=') {
            Some((key, value)) => attributes.push((key.trim().to_owned(), value.trim().to_owned())),
            None => section.mistake("attributes", "must be a list of \"key=value\""),
        }
    }
    let telemetry = Telemetry {
        headers: section.secrets("headers"),
        login: token_url.zip(client_id).zip(client_secret).map(|((url, id), secret)| (url, id, secret)),
        ca: section.secret("ca"),
        sample_percent: u8::try_from(percent).unwrap_or(100),
        service_name: section.text("service_name").unwrap_or_else(|| "tieline".to_owned()),
        instance: section.text("instance").unwrap_or_else(host),
        stage: section.text("stage"),
        attributes,
        endpoint,
        traces_url,
        logs_url,
    };
    let somewhere = telemetry.endpoint.is_some() || telemetry.traces_url.is_some() || telemetry.logs_url.is_some();
    somewhere.then_some(telemetry)
}

/// The name of this machine, as Linux gives it.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "unnamed" } else { name }.to_owned()
}

//! An environment becomes an [`Environment`].
//!
//! In: the parsed TOML. Out: [`Environment`]. Never knows: what the runtime does with addresses and secrets.

use crate::document::Document;
use crate::fields::{Record, Text, environment, shown};
use crate::findings::Findings;
use crate::model::{Environment, Span};
use crate::symbols::Symbols;

/// An environment with the places of its systems and channels.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) environment: Environment,
    /// Where to point for what is missing.
    pub(crate) place: Span,
}

/// Lowers one environment.
pub(crate) fn environment(document: &Document<'_>, symbols: &Symbols, findings: &mut Findings) -> Option<Placed> {
    let front = document.front.as_ref()?;
    let place = document.source.span(0, document.source.text.lines().next().map_or(0, str::len));
    let fields = Record::read(front, &environment::ENVIRONMENT, place, findings)?;
    for table in ["listen", "site"] {
        fields.record(table, findings);
    }
    let encryption = fields.record("store", findings).is_some_and(|store| encryption(&store, findings));
    if let Some(identity) = fields.record("identity", findings) {
        for (_, text) in identity.names("basic_users") {
            secret("password", text, findings);
        }
    }
    if let Some(telemetry) = fields.record("telemetry", findings) {
        secrets(&telemetry, findings);
        for (_, text) in telemetry.names("headers") {
            secret("headers", text, findings);
        }
    }
    let mut systems = Vec::new();
    for (entry, record) in fields.named("systems", findings) {
        secrets(&record, findings);
        let name = Text { text: &entry.key, span: entry.key_span };
        systems.extend(symbols.expect_system(name, findings).map(|system| system.name.clone()));
    }
    let mut alerts = Vec::new();
    for (entry, record) in fields.named("alerts", findings) {
        secrets(&record, findings);
        alerts.push(entry.key.clone());
    }
    let (path, name) = (document.source.path.clone(), document.source.stem().to_owned());
    Some(Placed { environment: Environment { path, name, systems, alerts, encryption }, place })
}

/// Whether the store is encrypted.
fn encryption(store: &Record<'_>, findings: &mut Findings) -> bool {
    let Some(encryption) = store.record("encryption", findings) else { return false };
    for (_, text) in encryption.names("keys") {
        secret("keys", text, findings);
    }
    true
}

fn secrets(record: &Record<'_>, findings: &mut Findings) {
    for key in environment::SECRETS {
        if let Some(text) = record.text(key) {
            secret(key, text, findings);
        }
    }
}

/// Never quotes the value: it would end in a log.
fn secret(key: &str, text: Text<'_>, findings: &mut Findings) {
    let reference =
        ["env:", "file:"].iter().any(|prefix| text.text.strip_prefix(prefix).is_some_and(|name| !name.is_empty()));
    if !reference {
        let span = Span { end: text.span.start, ..text.span };
        findings
            .add("E-SECRET", span, format!("`{}` is not a reference to a secret", shown(key)))
            .help("write where it is: `env:NAME` or `file:/run/secrets/name`, and replace the secret, because it has been in a file");
    }
}

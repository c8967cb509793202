//! Identity, people and life cycle: the front matter's simple facts.
//!
//! In: the keys of the front matter. Out: small model types. Never knows: trigger, flow, messages.

use crate::fields::{Record, Text, shown};
use crate::findings::Findings;
use crate::model::{
    Artefact, Change, Component, Monitoring, Owners, Related, Sla, SmartId, Status, Style, Volume, object_key,
};
use crate::phrase;

/// A longer name of a business object is no name.
const MOST_LETTERS: usize = 60;

/// Reads `<Domain>-<Source>-<Target>-<Object>-V<n>`.
pub(crate) fn smart_id(text: Text<'_>, findings: &mut Findings) -> Option<SmartId> {
    let parsed = split_smart_id(text.text);
    if parsed.is_none() {
        let upper = text.text.trim().to_uppercase();
        let diagnostic = findings.add("E-SMART-ID", text.span, format!("`{}` is no Smart ID", shown(text.text)));
        diagnostic.help("it is `<Domain>-<Source>-<Target>-<Object>-V<n>` in capitals, digits, `&` and `_`; the object may hold hyphens");
        if split_smart_id(&upper).is_some() {
            diagnostic.fix(upper);
        }
    }
    parsed
}

fn split_smart_id(text: &str) -> Option<SmartId> {
    let tokens: Vec<&str> = text.split('-').collect();
    let fits = |token: &&str| {
        !token.is_empty()
            && token.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '&' | '_'))
    };
    if tokens.len() < 5 || text.len() > 120 || !tokens.iter().all(fits) {
        return None;
    }
    let last = tokens.len() - 1;
    let version = tokens[last].strip_prefix('V')?.parse().ok()?;
    Some(SmartId {
        text: text.to_owned(),
        domain: tokens[0].to_owned(),
        source: tokens[1].to_owned(),
        target: tokens[2].to_owned(),
        object: tokens[3..last].join("-"),
        version,
    })
}

/// Reads `objects`: names with their places.
pub(crate) fn objects<'n>(fields: &Record<'n>, findings: &mut Findings) -> Vec<Text<'n>> {
    let mut known = Vec::new();
    let mut names = Vec::new();
    for name in fields.texts("objects") {
        let key = object_key(name.text);
        let problem = if !key.contains(char::is_alphabetic) {
            "has no letter"
        } else if name.text.chars().count() > MOST_LETTERS {
            "is longer than 60 characters"
        } else if known.contains(&key) {
            "is named twice"
        } else {
            known.push(key);
            names.push(name);
            continue;
        };
        findings
            .add("E-OBJECT", name.span, format!("the business object `{}` {problem}", shown(name.text)))
            .help("name each object once, in the words of the business, for example `Purchase order`");
    }
    names
}

/// Reads `status`.
pub(crate) fn status(fields: &Record<'_>) -> Option<Status> {
    Some(match fields.text("status")?.text {
        "draft" => Status::Draft,
        "active" => Status::Active,
        "deprecated" => Status::Deprecated,
        _ => Status::Retired,
    })
}

/// Reads `style`.
pub(crate) fn style(fields: &Record<'_>) -> Option<Style> {
    Some(match fields.text("style")?.text {
        "application" => Style::Application,
        "event-driven" => Style::EventDriven,
        "api-managed" => Style::ApiManaged,
        "file-transfer" => Style::FileTransfer,
        "data-replication" => Style::DataReplication,
        _ => Style::B2b,
    })
}

/// Reads `volume`.
pub(crate) fn volume(fields: &Record<'_>, findings: &mut Findings) -> Option<Volume> {
    let volume = fields.record("volume", findings)?;
    let (per_day, per_minute) = (volume.integer("per_day"), volume.integer("per_minute"));
    Some(Volume { per_day, per_minute, span: volume.place })
}

/// Reads `owners`.
pub(crate) fn owners(fields: &Record<'_>, findings: &mut Findings) -> Owners {
    fields.record("owners", findings).map_or_else(Owners::default, |owners| Owners {
        business: owners.string("business"),
        technical: owners.string("technical"),
        support: owners.string("support"),
    })
}

/// Reads `sla`.
pub(crate) fn sla(fields: &Record<'_>, findings: &mut Findings) -> Sla {
    let Some(sla) = fields.record("sla", findings) else { return Sla::default() };
    let availability = sla
        .text("availability")
        .and_then(|text| phrase::availability(text.text, text.span).map_err(|problem| findings.problem(problem)).ok());
    Sla {
        latency_p95_ms: sla.duration_ms("latency_p95"),
        latency_avg_ms: sla.duration_ms("latency_avg"),
        availability,
        span: sla.place,
    }
}

/// Reads `history`.
pub(crate) fn history(fields: &Record<'_>, findings: &mut Findings) -> Vec<Change> {
    let entries = fields.records("history", findings);
    if fields.entry("history").is_some() && entries.is_empty() && !findings.has_errors() {
        findings
            .add("E-MISSING", fields.key_span("history"), "the history is empty")
            .help("begin with `- { date: 2026-01-31, version: 1, change: Created }`");
    }
    entries.iter().filter_map(change).collect()
}

fn change(entry: &Record<'_>) -> Option<Change> {
    let (date, change) = (entry.string("date")?, entry.string("change")?);
    Some(Change { date, version: entry.small("version")?, change, span: entry.place })
}

/// Reads `related`.
pub(crate) fn related(fields: &Record<'_>, findings: &mut Findings) -> Vec<Related> {
    let entries = fields.records("related", findings);
    let read =
        |entry: &Record<'_>| Some(Related { smart_id: entry.string("smart_id")?, relation: entry.string("relation")? });
    entries.iter().filter_map(read).collect()
}

/// Reads `artefacts`.
pub(crate) fn artefacts(fields: &Record<'_>, findings: &mut Findings) -> Vec<Artefact> {
    let entries = fields.records("artefacts", findings);
    let read = |entry: &Record<'_>| {
        Some(Artefact { kind: entry.string("kind")?, name: entry.string("name")?, url: entry.string("url") })
    };
    entries.iter().filter_map(read).collect()
}

/// Reads `components`.
pub(crate) fn components(fields: &Record<'_>, findings: &mut Findings) -> Vec<Component> {
    let entries = fields.records("components", findings);
    let read = |entry: &Record<'_>| {
        let text = |key: &str| entry.string(key).unwrap_or_default();
        Some(Component {
            name: entry.string("name")?,
            authentication: text("authentication"),
            transport: text("transport"),
            authorization: text("authorization"),
            notes: text("notes"),
        })
    };
    entries.iter().filter_map(read).collect()
}

/// Reads `monitoring`.
pub(crate) fn monitoring(fields: &Record<'_>, findings: &mut Findings) -> Monitoring {
    fields.record("monitoring", findings).map_or_else(Monitoring::default, |monitoring| Monitoring {
        tools: monitoring.strings("tools"),
        dashboard: monitoring.string("dashboard"),
        runbook: monitoring.string("runbook"),
        logging: monitoring.strings("logging"),
    })
}

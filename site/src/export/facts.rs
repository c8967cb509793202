//! The facts of the whole catalog as JSON and CSV.
//!
//! In: the catalog. Out: texts. Never knows: pages beyond their addresses.

use catalog::model::{Interface, System};
use serde_json::{Value, json};

use super::{filled, pretty};
use crate::view::{Context, operations, protocols};
use crate::words;

/// Everything a program may want to know about the catalog without reading its documents.
pub(super) fn json(context: &Context<'_>) -> String {
    let catalog = context.catalog;
    let outline = json!({
        "name": context.options.name,
        "digest": catalog.digest(),
        "commit": context.options.commit,
        "interfaces": null,
        "systems": null,
    });
    let interfaces = catalog.interfaces().iter().map(|it| interface(context, it)).collect();
    let systems = catalog.systems().iter().map(|it| system(context, it)).collect();
    pretty(&filled(outline, [("/interfaces", interfaces), ("/systems", systems)]))
}

fn interface(context: &Context<'_>, interface: &Interface) -> Value {
    let retry = &interface.errors.retry;
    let called: Vec<String> =
        operations(&interface.flow).into_iter().map(|it| format!("{}.{}", it.system, it.operation)).collect();
    json!({
        "smart_id": interface.smart_id.text,
        "legacy_ids": interface.legacy_ids,
        "title": interface.title,
        "status": words::status_name(interface.status),
        "domain": interface.domain,
        "objects": interface.objects,
        "process": interface.process,
        "style": words::style_name(interface.style),
        "source": interface.source,
        "target": interface.target,
        "systems": interface.systems,
        "protocols": protocols(context, interface),
        "trigger": crate::view::wire(interface),
        "operations": called,
        "owners": {
            "business": interface.owners.business,
            "technical": interface.owners.technical,
            "support": interface.owners.support,
        },
        "sla": {
            "latency_p95_ms": interface.sla.latency_p95_ms,
            "latency_avg_ms": interface.sla.latency_avg_ms,
            "availability": interface.sla.availability,
        },
        "retry": { "phrase": retry.phrase, "sends_ms": retry.sends_ms() },
        "dead_letter": interface.errors.dead_letter,
        "alerts": interface.errors.alerts.iter().map(|it| it.channel.clone()).collect::<Vec<_>>(),
        "open_points": context.open_points(&interface.path),
        "digest": interface.digest,
        "document": interface.path,
        "page": context.routes.interface(&interface.smart_id.text),
    })
}

fn system(context: &Context<'_>, system: &System) -> Value {
    json!({
        "name": system.name,
        "code": system.code,
        "aliases": system.aliases,
        "title": system.title,
        "vendor": system.vendor,
        "part_of": system.part_of,
        "owner": system.owner,
        "limits": {
            "concurrency": system.limits.concurrency,
            "per_second": system.limits.per_second,
            "per_day": system.limits.per_day,
        },
        "operations": system.operations.iter().map(|it| json!({
            "name": it.name, "title": it.title, "protocol": words::protocol_name(&it.protocol),
        })).collect::<Vec<_>>(),
        "assumptions": system.assumptions,
        "digest": system.digest,
        "document": system.path,
        "page": context.routes.system(&system.name),
    })
}

/// One line an interface, RFC 4180.
pub(super) fn csv(context: &Context<'_>) -> String {
    let mut text = "smart_id,legacy_ids,title,status,domain,style,source,target,protocols,business_owner,technical_owner,support,retry,dead_letter,alerts,open_points,digest,page\r\n".to_owned();
    for it in context.catalog.interfaces() {
        let alerts: Vec<&str> = it.errors.alerts.iter().map(|alert| alert.channel.as_str()).collect();
        let protocols: Vec<&str> = protocols(context, it).into_iter().collect();
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        let cells = [
            it.smart_id.text.clone(),
            it.legacy_ids.join(" "),
            it.title.clone(),
            words::status_name(it.status).to_owned(),
            it.domain.clone(),
            words::style_name(it.style).to_owned(),
            it.source.clone(),
            it.target.clone(),
            protocols.join(" "),
            name(&it.owners.business),
            name(&it.owners.technical),
            name(&it.owners.support),
            it.errors.retry.phrase.clone(),
            if it.errors.dead_letter { "enabled" } else { "not applicable" }.to_owned(),
            alerts.join("; "),
            context.open_points(&it.path).to_string(),
            it.digest.clone(),
            context.routes.interface(&it.smart_id.text).unwrap_or_default(),
        ];
        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell; what a spreadsheet would run as a formula is marked as text.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_data_in_every_program() {
        for (cell, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=cmd()", "'=cmd()"),
            ("@x,y", "\"'@x,y\""),
        ] {
            assert_eq!(quoted(cell), expected);
        }
    }
}

//! Head and facts: who, what, how, how much.
//!
//! In: one interface. Out: chips, trust line, rows of facts. Never knows: the flow's order.

use std::collections::BTreeSet;

use catalog::diagnostic::Severity;
use catalog::model::{Auth, Durability, Format, Interface, OnDead, Operation, Order, Retention, TriggerKind};

use super::Sheet;
use crate::html::Html;
use crate::view::context::{Fact, operations};
use crate::view::programs;
use crate::words;

/// Labels under the title.
pub(super) fn chips(sheet: &Sheet<'_>) -> Html {
    let interface = sheet.interface;
    let mut chips = Html::new()
        .chip(words::status_class(interface.status), words::status_name(interface.status))
        .chip("plain", words::style_name(interface.style));
    if let Some(volume) = volume(interface) {
        chips = chips.chip("plain", &volume);
    }
    chips
}

/// What the wire between the two ends carries: `POST /11vms/activity-reports`.
pub(crate) fn wire(interface: &Interface) -> String {
    match &interface.trigger.kind {
        TriggerKind::Http { method, path } | TriggerKind::Request { method, path, .. } => {
            format!("{} {path}", words::method_name(*method))
        }
        TriggerKind::Schedule(schedule) => schedule.phrase.clone(),
    }
}

/// Protocol and format of the source side in two words.
pub(super) fn source_short(sheet: &Sheet<'_>) -> String {
    match sheet.interface.trigger.kind {
        TriggerKind::Schedule(_) => "asked by timetable".to_owned(),
        TriggerKind::Http { .. } | TriggerKind::Request { .. } => "REST · JSON".to_owned(),
    }
}

/// Protocol and format of the target side in two words.
pub(super) fn target_short(sheet: &Sheet<'_>) -> String {
    let (protocols, formats) = target_wire(sheet);
    [protocols, formats].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Documented revision, digest, document: what a reader may hold on to.
pub(super) fn trust(sheet: &Sheet<'_>) -> Vec<Fact> {
    let interface = sheet.interface;
    let plain = |label: &str, value: Html| Fact { label: label.to_owned(), value, line: Html::new() };
    let mut trust = Vec::new();
    if let Some(latest) = interface.history.iter().max_by_key(|change| (change.version, &change.date)) {
        let value = Html::of(&latest.version.to_string()).muted(&format!(" of {}", latest.date));
        trust.push(plain("Revision", value));
    }
    trust.push(plain("Contract digest", Html::new().code(&interface.digest)));
    trust.push(plain("Document", Html::new().link("document/index.html", &interface.path)));
    if let Some(commit) = &sheet.context.options.commit {
        trust.push(plain("Built from", Html::new().code(commit)));
    }
    let found = sheet.context.diagnostics(&interface.path);
    let open = found.iter().filter(|item| item.severity >= Severity::Warning).count();
    let points = if open == 0 { "none".to_owned() } else { words::count(open, "open point") };
    trust.push(plain("Open points", Html::new().link("#points", &points)));
    trust
}

/// The table that every architect's template begins with, derived where it can be.
pub(super) fn facts(sheet: &Sheet<'_>) -> Vec<Fact> {
    let mut facts = identity(sheet);
    facts.extend(ends(sheet));
    facts.extend(service(sheet));
    facts.extend(intake(sheet));
    let mut beside = vec!["index.md", "asyncapi.json"];
    if !matches!(sheet.interface.trigger.kind, TriggerKind::Schedule(_)) {
        beside.push("openapi.json");
    }
    beside.extend(["alerts.yaml", "dashboard.json"]);
    facts.push(Fact { label: "For programs".to_owned(), value: programs::beside(&beside), line: Html::new() });
    facts
}

fn identity(sheet: &Sheet<'_>) -> Vec<Fact> {
    let interface = sheet.interface;
    let mut facts = vec![sheet.fact("Smart ID", Html::new().code(&interface.smart_id.text), &["smart_id"])];
    if !interface.legacy_ids.is_empty() {
        let ids = interface.legacy_ids.iter().map(|id| Html::new().code(id));
        facts.push(sheet.fact("Legacy IDs", Html::join(ids, ", "), &["legacy_ids"]));
    }
    let status = Html::new().chip(words::status_class(interface.status), words::status_name(interface.status));
    facts.push(sheet.fact("Status", status, &["status"]));
    let domain = match sheet.context.routes.domain(&interface.domain) {
        Some(path) => Html::new().link(&sheet.at.to(&path), &interface.domain),
        None => Html::of(&interface.domain),
    };
    facts.push(sheet.fact("Domain", domain, &["domain"]));
    let objects = interface.objects.iter().map(|name| {
        let route = sheet.context.routes.object(&catalog::model::object_key(name)).unwrap_or_default();
        Html::new().link(&sheet.at.to(&route), name)
    });
    facts.push(sheet.fact("Business objects", Html::join(objects, ", "), &["objects"]));
    if let Some(process) = &interface.process {
        facts.push(sheet.fact("Process", Html::new().code(process), &["process"]));
    }
    facts.push(sheet.fact("Integration style", Html::of(words::style_name(interface.style)), &["style"]));
    facts
}

fn ends(sheet: &Sheet<'_>) -> Vec<Fact> {
    let interface = sheet.interface;
    let trigger = &interface.trigger;
    let link = |name: &str| sheet.context.system_link(&sheet.at, name);
    let mut facts = vec![sheet.fact("Source system", link(&interface.source), &["source"])];
    let (protocol, format) = match &trigger.kind {
        TriggerKind::Schedule(_) => ("asked by timetable", ""),
        TriggerKind::Http { .. } => ("REST, answered 202 at once", "JSON"),
        TriggerKind::Request { .. } => ("REST, answered with the result", "JSON"),
    };
    let at_trigger =
        |label: &str, value: Html| Fact { label: label.to_owned(), value, line: sheet.place(trigger.span) };
    facts.push(at_trigger("Source protocol", Html::of(protocol)));
    if !format.is_empty() {
        facts.push(at_trigger("Source data format", Html::of(format)));
    }
    facts.push(sheet.fact("Source authentication", auth(&trigger.auth), &["trigger", "auth"]));
    facts.push(sheet.fact("Target system", link(&interface.target), &["target"]));
    let (protocols, formats) = target_wire(sheet);
    let derived = |label: &str, value: Html| Fact { label: label.to_owned(), value, line: Html::new() };
    if !protocols.is_empty() {
        facts.push(derived("Target protocol", Html::of(&protocols)));
        facts.push(derived("Target data format", Html::of(&formats)));
    }
    let ways = target_auths(sheet);
    if !ways.is_empty() {
        facts.push(derived("Target authentication", Html::of(&ways)));
    }
    facts
}

fn service(sheet: &Sheet<'_>) -> Vec<Fact> {
    let interface = sheet.interface;
    let mut facts = Vec::new();
    if let Some(frequency) = &interface.frequency {
        facts.push(sheet.fact("Frequency", Html::of(frequency), &["frequency"]));
    }
    if let TriggerKind::Schedule(schedule) = &interface.trigger.kind {
        let value = Html::of(&schedule.phrase).text(" ").code(&schedule.cron).text(&format!(" in {}", schedule.zone));
        facts.push(sheet.fact("Timetable", value, &["trigger", "schedule"]));
        let missed = Html::of(&words::missed_sentence(schedule));
        facts.push(sheet.fact("Missed starts", missed, &["trigger", "missed"]));
        let overlap = Html::of(words::overlap_sentence(schedule.overlap));
        facts.push(sheet.fact("Start during a run", overlap, &["trigger", "overlap"]));
    }
    if let Some(volume) = volume(interface) {
        facts.push(sheet.fact("Data volume", Html::of(&volume), &["volume"]));
    }
    let sla = &interface.sla;
    if let Some(p95) = sla.latency_p95_ms {
        let value = Html::of(&format!("95 of 100 messages within {}", words::duration(p95)));
        facts.push(sheet.fact("Agreed latency", value, &["sla", "latency_p95"]));
    }
    if let Some(average) = sla.latency_avg_ms {
        let value = Html::of(&format!("{} on average", words::duration(average)));
        facts.push(sheet.fact("Agreed response time", value, &["sla", "latency_avg"]));
    }
    if let Some(availability) = &sla.availability {
        let value = Html::of(&format!("{} %", availability.trim_end_matches('%').trim_end()));
        facts.push(sheet.fact("Agreed availability", value, &["sla", "availability"]));
    }
    facts.push(sheet.fact(
        "Version",
        Html::of(&format!("V{}, by its Smart ID", interface.smart_id.version)),
        &["smart_id"],
    ));
    facts
}

fn intake(sheet: &Sheet<'_>) -> Vec<Fact> {
    let interface = sheet.interface;
    let trigger = &interface.trigger;
    let mut facts = Vec::new();
    let key = match &trigger.idempotency {
        Some(key) => Html::of("recognised by ")
            .html(&words::key_source(&key.key))
            .text(&format!(", remembered for {}", words::duration(key.window_s.saturating_mul(1000)))),
        None => Html::of("every message counts as new"),
    };
    facts.push(sheet.fact("Repeated messages", key, &["trigger", "idempotency"]));
    if !trigger.searchable.is_empty() {
        let found = trigger.searchable.iter().map(|it| Html::new().code(&it.name).text(&format!(" ({})", it.path)));
        facts.push(sheet.fact("Found by", Html::join(found, ", "), &["trigger", "searchable"]));
    }
    if let TriggerKind::Request { durability, timeout_ms, .. } = &trigger.kind {
        let (kept, after) = match durability {
            Durability::Durable => ("yes, before the flow runs", "then 202, and the message goes on"),
            Durability::Transient => ("no; after a failure the caller asks again", "then 504"),
        };
        facts.push(sheet.fact("Kept in the journal", Html::of(kept), &["trigger", "durable"]));
        let value = format!("{}, {after}", words::duration(*timeout_ms));
        facts.push(sheet.fact("Caller waits at most", Html::of(&value), &["trigger", "timeout"]));
    }
    if trigger.message.is_some() {
        facts.push(sheet.fact(
            "Largest body",
            Html::of(&words::bytes(trigger.max_body_bytes)),
            &["trigger", "max_body"],
        ));
    }
    if let Some(rate) = trigger.max_per_minute {
        let value = Html::of(&format!("{} a minute, over all callers; more are answered 429", words::number(rate)));
        facts.push(sheet.fact("Most requests", value, &["trigger", "max_per_minute"]));
    }
    facts.push(sheet.fact("Order of messages", order(interface), &["errors", "order"]));
    facts.push(sheet.fact("Kept after the end", kept(interface), &["retention"]));
    if interface.errors.audit {
        facts.push(sheet.fact("Audit log", documentation_only("asked for"), &["errors", "audit"]));
    }
    if let Some(cipher) = &interface.errors.encryption {
        let value = format!("{cipher}: content is kept only encrypted (AES-256-GCM), under keys of the environment");
        facts.push(sheet.fact("Encryption at rest", Html::of(&value), &["errors", "encryption"]));
    }
    facts
}

/// How long messages are kept: what the document says, and what it leaves to the environment.
fn kept(interface: &Interface) -> Html {
    if matches!(interface.trigger.kind, TriggerKind::Request { durability: Durability::Transient, .. }) {
        return Html::of("nothing");
    }
    let days = |days: Option<u32>| match days {
        Some(1) => "1 day".to_owned(),
        Some(days) => format!("{days} days"),
        None => "as long as the environment says".to_owned(),
    };
    let Retention { body_days, record_days, dead_letter_days } = interface.retention;
    let content = body_days.map(|_| format!("content {}, ", days(body_days))).unwrap_or_default();
    let (records, dead) = (days(record_days), days(dead_letter_days));
    Html::of(&match interface.errors.dead_letter {
        true => format!("{content}records {records}; dead letters {dead}"),
        false => format!("{content}records {records}"),
    })
}

/// Documents may ask for what this version of the runtime does not do; the page never lets that pass as done.
fn order(interface: &Interface) -> Html {
    let (kept, on_dead) = match &interface.errors.order {
        Order::None => return Html::of("not kept"),
        Order::PerKey(key, on_dead) => (Html::of("kept for each ").html(&words::in_words(key)), on_dead),
        Order::Strict(on_dead) => (Html::of("kept for all messages"), on_dead),
    };
    // Without a dead-letter list there is nobody to decide.
    kept.text(match on_dead {
        OnDead::BlockKey if interface.errors.dead_letter => {
            "; a dead letter holds those behind it until a person decides about it"
        }
        OnDead::BlockKey | OnDead::Continue => "; those behind a message that is given up go on, marked with a gap",
    })
}

fn documentation_only(text: &str) -> Html {
    Html::of(text).text(" ").chip("warn", "documentation only")
}

/// Owners, with pages of their own.
pub(super) fn owners(sheet: &Sheet<'_>) -> Vec<Fact> {
    let owners = &sheet.interface.owners;
    [
        ("Business owner", &owners.business, "business"),
        ("Technical owner", &owners.technical, "technical"),
        ("Support", &owners.support, "support"),
    ]
    .into_iter()
    .map(|(label, name, key)| {
        let value = match name {
            Some(name) => sheet.context.team_link(&sheet.at, name),
            None => Html::new().muted("not stated"),
        };
        sheet.fact(label, value, &["owners", key])
    })
    .collect()
}

/// `1,000 a day · up to 10,000 a minute`.
pub(super) fn volume(interface: &Interface) -> Option<String> {
    let volume = interface.volume.as_ref()?;
    let day = volume.per_day.map(|count| format!("{} a day", words::number(count)));
    let minute = volume.per_minute.map(|count| format!("up to {} a minute", words::number(count)));
    let parts: Vec<String> = day.into_iter().chain(minute).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// What callers must show, in words.
pub(super) fn auth(auth: &Auth) -> Html {
    let detail = words::auth_sentence(auth);
    let html = Html::of(words::auth_name(auth));
    if detail.is_empty() { html } else { html.muted(&format!(", {detail}")) }
}

/// Operations of the target, or of the systems called on its behalf when it has none itself.
fn target_operations<'a>(sheet: &Sheet<'a>) -> Vec<(&'a str, &'a Operation)> {
    let called = operations(&sheet.interface.flow);
    let of = |wanted: &dyn Fn(&str) -> bool| -> Vec<(&'a str, &'a Operation)> {
        let matching = called.iter().filter(|reference| wanted(&reference.system));
        matching.filter_map(|it| Some((it.system.as_str(), sheet.context.catalog.operation(it)?))).collect()
    };
    let target = sheet.interface.target.as_str();
    let own = of(&|system| system == target);
    if own.is_empty() {
        of(&|system| sheet.context.catalog.system(system).is_some_and(|it| it.part_of.as_deref() == Some(target)))
    } else {
        own
    }
}

fn target_wire(sheet: &Sheet<'_>) -> (String, String) {
    let operations = target_operations(sheet);
    let protocols: BTreeSet<&str> = operations.iter().map(|(_, it)| words::protocol_name(&it.protocol)).collect();
    let formats: BTreeSet<&str> = operations
        .iter()
        .map(|(_, it)| match it.format {
            Format::Json => "JSON",
            Format::Xml => "XML",
            Format::Csv { .. } => "CSV",
        })
        .collect();
    let join = |parts: BTreeSet<&str>| parts.into_iter().collect::<Vec<_>>().join(", ");
    (join(protocols), join(formats))
}

fn target_auths(sheet: &Sheet<'_>) -> String {
    let systems: BTreeSet<&str> = target_operations(sheet).into_iter().map(|(system, _)| system).collect();
    let names = systems.into_iter().filter_map(|name| {
        let system = sheet.context.catalog.system(name)?;
        let via = system.via.as_ref().map(|via| format!(" through {via}")).unwrap_or_default();
        Some(format!("{}{via}", words::auth_name(&system.auth)))
    });
    let distinct: BTreeSet<String> = names.collect();
    distinct.into_iter().collect::<Vec<_>>().join(", ")
}

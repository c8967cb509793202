//! Security per hop: what is configured, what the document states, and what nobody states.
//!
//! In: trigger, systems, components. Out: [`Security`]. Never knows: hosts, secrets.

use catalog::model::{Auth, MessageRef, Sensitivity, System, TriggerKind};

use super::Sheet;
use super::messages::sensitive_fields;
use crate::html::Html;
use crate::view::context::operations;

/// The section.
#[derive(Debug)]
pub(super) struct Security {
    pub(super) hops: Vec<Hop>,
    pub(super) components: Vec<ComponentRow>,
    /// Systems that take part without a row in the document's table.
    pub(super) missing: Html,
    pub(super) sensitive: Vec<(Html, String)>,
    pub(super) line: Html,
}

/// One hop as it is configured.
#[derive(Debug)]
pub(super) struct Hop {
    pub(super) from: Html,
    pub(super) to: Html,
    pub(super) transport: &'static str,
    pub(super) authentication: Html,
    pub(super) notes: String,
    pub(super) line: Html,
}

/// One row of the document's own table.
#[derive(Debug)]
pub(super) struct ComponentRow {
    pub(super) name: Html,
    pub(super) authentication: String,
    pub(super) transport: String,
    pub(super) authorization: String,
    pub(super) notes: String,
}

/// Builds the section.
pub(super) fn security(sheet: &Sheet<'_>) -> Security {
    Security {
        hops: hops(sheet),
        components: components(sheet),
        missing: missing(sheet),
        sensitive: sensitive(sheet),
        line: sheet.line(sheet.front.line(&["components"])),
    }
}

fn hops(sheet: &Sheet<'_>) -> Vec<Hop> {
    let interface = sheet.interface;
    let trigger = &interface.trigger;
    let mut hops = Vec::new();
    if !matches!(trigger.kind, TriggerKind::Schedule(_)) {
        hops.push(Hop {
            from: sheet.context.system_link(&sheet.at, &interface.source),
            to: Html::of("Tieline"),
            transport: "HTTPS",
            authentication: super::facts::auth(&trigger.auth),
            notes: match &trigger.auth {
                Auth::OAuth2 { .. } => "signature, issuer, audience, expiry and scope are checked".to_owned(),
                _ => String::new(),
            },
            line: sheet.line(sheet.front.line(&["trigger", "auth"])),
        });
    }
    let mut seen: Vec<&str> = Vec::new();
    for reference in operations(&interface.flow) {
        if seen.contains(&reference.system.as_str()) {
            continue;
        }
        seen.push(&reference.system);
        let Some(system) = sheet.context.catalog.system(&reference.system) else {
            continue;
        };
        hops.push(Hop {
            from: Html::of("Tieline"),
            to: sheet.context.system_link(&sheet.at, &system.name),
            transport: transport(&system.auth),
            authentication: super::facts::auth(&system.auth),
            notes: notes(system),
            line: crate::view::context::line_link(
                &sheet.context.system_href(&sheet.at, &system.name).replace("index.html", "document/index.html"),
                crate::front::Front::of(&system.text).line(&["auth"]),
            ),
        });
    }
    hops
}

fn transport(auth: &Auth) -> &'static str {
    match auth {
        Auth::SshPassword | Auth::SshKey => "SSH",
        Auth::ClientCertificate => "TLS, both sides",
        Auth::OAuth2 { .. } | Auth::Basic | Auth::None => "HTTPS",
    }
}

fn notes(system: &System) -> String {
    let via = system.via.as_ref().map(|via| format!("through {via}"));
    let proxy = system.proxy.as_ref().map(|proxy| format!("behind {proxy}"));
    via.into_iter().chain(proxy).collect::<Vec<_>>().join(", ")
}

fn components(sheet: &Sheet<'_>) -> Vec<ComponentRow> {
    let components = sheet.interface.components.iter();
    components
        .map(|component| ComponentRow {
            name: sheet.context.system_link(&sheet.at, &component.name),
            authentication: component.authentication.clone(),
            transport: component.transport.clone(),
            authorization: component.authorization.clone(),
            notes: component.notes.clone(),
        })
        .collect()
}

fn missing(sheet: &Sheet<'_>) -> Html {
    let stated = |name: &str| {
        let component = |text: &str| sheet.interface.components.iter().any(|it| it.name.contains(text));
        component(name)
            || sheet.context.catalog.system(name).is_some_and(|system| system.aliases.iter().any(|it| component(it)))
    };
    let called: Vec<&str> = operations(&sheet.interface.flow).into_iter().map(|it| it.system.as_str()).collect();
    let part_of_is_called = |name: &str| {
        let mut parts = called.iter().filter_map(|it| sheet.context.catalog.system(it));
        parts.any(|system| system.part_of.as_deref() == Some(name))
    };
    let names = sheet.interface.systems.iter().filter(|name| !stated(name) && !part_of_is_called(name));
    Html::join(names.map(|name| sheet.context.system_link(&sheet.at, name)), ", ")
}

/// Sensitive fields by message.
fn sensitive(sheet: &Sheet<'_>) -> Vec<(Html, String)> {
    let trigger = sheet.interface.trigger.message.iter();
    let called = operations(&sheet.interface.flow).into_iter().filter_map(|it| sheet.operation(it));
    let bodies = called.flat_map(|operation| operation.request.iter().chain(&operation.response));
    let mut seen: Vec<&MessageRef> = Vec::new();
    let mut rows = Vec::new();
    for reference in trigger.chain(bodies) {
        if seen.contains(&reference) {
            continue;
        }
        seen.push(reference);
        let Some(message) = sheet.context.catalog.message(reference) else {
            continue;
        };
        let fields: Vec<String> = sensitive_fields(message)
            .into_iter()
            .map(|(path, class)| if class == Sensitivity::Secret { format!("{path} (secret)") } else { path })
            .collect();
        if !fields.is_empty() {
            let link = Html::new().link(&format!("#message-{}", crate::routes::slug(&reference.name)), &reference.name);
            rows.push((link, fields.join(", ")));
        }
    }
    rows
}

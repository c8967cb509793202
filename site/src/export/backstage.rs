//! Entities for a Backstage catalog (`catalog-info.yaml`, apiVersion backstage.io/v1alpha1).
//!
//! In: the catalog. Out: one YAML document an entity: domains, owners, systems, interfaces. Never knows: an instance.
//!
//! A partner system becomes a `Resource`, an interface a `Component` that provides its own API and depends on both ends.
//! Every document is written as JSON, which YAML 1.2 contains: no text of an author can break out of its quotes.

use std::collections::BTreeSet;

use catalog::model::{Interface, Status, System};
use serde_json::{Value, json};

use super::{openapi, pretty};
use crate::routes::slug;
use crate::view::Context;
use crate::words;

const API_VERSION: &str = "backstage.io/v1alpha1";

/// All entities.
pub(super) fn text(context: &Context<'_>) -> String {
    let mut entities: Vec<Value> = Vec::new();
    let mut owners = BTreeSet::new();
    for domain in context.routes.domains() {
        entities.push(json!({
            "apiVersion": API_VERSION,
            "kind": "Domain",
            "metadata": { "name": name(domain), "title": domain },
            "spec": { "owner": "group:default/unknown" },
        }));
    }
    entities.extend(context.catalog.systems().iter().map(|it| resource(it, &mut owners)));
    for interface in context.catalog.interfaces() {
        entities.push(component(context, interface, &mut owners));
        if openapi::has(interface) {
            entities.push(api(context, interface, &mut owners));
        }
    }
    owners.insert("unknown");
    entities.extend(owners.into_iter().map(group));
    let documents: Vec<String> = entities.iter().map(|entity| format!("---\n{}", pretty(entity))).collect();
    documents.concat()
}

/// Backstage names: letters, digits, `-`, `_`, `.`; at most 63.
fn name(text: &str) -> String {
    let name: String = slug(text).chars().take(63).collect();
    name.trim_end_matches('-').to_owned()
}

fn owner<'a>(found: Option<&'a String>, owners: &mut BTreeSet<&'a str>) -> String {
    let Some(found) = found else { return "group:default/unknown".to_owned() };
    owners.insert(found);
    format!("group:default/{}", name(found))
}

fn group(title: &str) -> Value {
    json!({
        "apiVersion": API_VERSION,
        "kind": "Group",
        "metadata": { "name": name(title), "title": title },
        "spec": { "type": "team", "children": [] },
    })
}

fn resource<'a>(system: &'a System, owners: &mut BTreeSet<&'a str>) -> Value {
    let mut entity = json!({
        "apiVersion": API_VERSION,
        "kind": "Resource",
        "metadata": { "name": name(&system.name), "title": system.name, "description": system.title },
        "spec": { "type": "system", "owner": owner(system.owner.as_ref(), owners) },
    });
    if let Some(whole) = &system.part_of {
        entity["spec"]["dependencyOf"] = json!([format!("resource:default/{}", name(whole))]);
    }
    entity
}

fn component<'a>(context: &Context<'_>, interface: &'a Interface, owners: &mut BTreeSet<&'a str>) -> Value {
    let id = &interface.smart_id.text;
    let depends: Vec<String> =
        interface.systems.iter().map(|system| format!("resource:default/{}", name(system))).collect();
    let mut entity = json!({
        "apiVersion": API_VERSION,
        "kind": "Component",
        "metadata": {
            "name": name(id),
            "title": id,
            "description": interface.title,
            "annotations": { "tieline/smart-id": id, "tieline/digest": interface.digest },
            "tags": [slug(words::style_name(interface.style))],
        },
        "spec": {
            "type": "integration",
            "lifecycle": lifecycle(interface.status),
            "owner": owner(technical(interface), owners),
            "dependsOn": depends,
        },
    });
    if let Some(page) =
        context.options.address.as_deref().and_then(|base| Some(format!("{}{}", base, context.routes.interface(id)?)))
    {
        entity["metadata"]["links"] = json!([{ "url": page, "title": "Interface page" }]);
    }
    if openapi::has(interface) {
        entity["spec"]["providesApis"] = json!([name(id)]);
    }
    entity
}

fn api<'a>(context: &Context<'_>, interface: &'a Interface, owners: &mut BTreeSet<&'a str>) -> Value {
    let definition = openapi::service(context, std::slice::from_ref(interface));
    json!({
        "apiVersion": API_VERSION,
        "kind": "API",
        "metadata": { "name": name(&interface.smart_id.text), "title": interface.smart_id.text, "description": interface.title },
        "spec": {
            "type": "openapi",
            "lifecycle": lifecycle(interface.status),
            "owner": owner(technical(interface), owners),
            "definition": definition.to_string(),
        },
    })
}

fn technical(interface: &Interface) -> Option<&String> {
    interface.owners.technical.as_ref().or(interface.owners.business.as_ref())
}

/// Backstage's well-known words.
fn lifecycle(status: Status) -> &'static str {
    match status {
        Status::Draft => "experimental",
        Status::Active => "production",
        Status::Deprecated | Status::Retired => "deprecated",
    }
}

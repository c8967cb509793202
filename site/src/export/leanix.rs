//! LeanIX Data Interchange Format: applications and the interfaces between them, for an inbound processor.
//!
//! In: the catalog. Out: one LDIF document (JSON). Never knows: a workspace; its processor decides what becomes of it.

use catalog::model::{Interface, System};
use serde_json::{Value, json};

use crate::view::{Context, protocols, wire};
use crate::words;

/// The whole catalog as LDIF.
pub(super) fn document(context: &Context<'_>) -> Value {
    let systems = context.catalog.systems().iter().map(application);
    let interfaces = context.catalog.interfaces().iter().map(|it| interface(context, it));
    json!({
        "connectorType": "tieline",
        "connectorId": "tieline-catalog",
        "connectorVersion": "1.0.0",
        "lxVersion": "1.0.0",
        "processingDirection": "inbound",
        "processingMode": "full",
        "description": context.options.name,
        "customFields": { "digest": context.catalog.digest() },
        "content": systems.chain(interfaces).collect::<Vec<Value>>(),
    })
}

fn application(system: &System) -> Value {
    json!({
        "type": "Application",
        "id": format!("system/{}", system.name),
        "data": {
            "name": system.name,
            "description": system.title,
            "vendor": system.vendor,
            "owner": system.owner,
            "partOf": system.part_of,
        },
    })
}

fn interface(context: &Context<'_>, interface: &Interface) -> Value {
    let protocols: Vec<&str> = protocols(context, interface).into_iter().collect();
    let systems: Vec<String> = interface.systems.iter().map(|system| format!("system/{system}")).collect();
    json!({
        "type": "Interface",
        "id": interface.smart_id.text,
        "data": {
            "name": interface.smart_id.text,
            "description": interface.title,
            "lifecycle": words::status_name(interface.status),
            "domain": interface.domain,
            "provider": format!("system/{}", interface.source),
            "consumer": format!("system/{}", interface.target),
            "systems": systems,
            "style": words::style_name(interface.style),
            "protocols": protocols,
            "trigger": wire(interface),
            "businessOwner": interface.owners.business,
            "technicalOwner": interface.owners.technical,
            "legacyIds": interface.legacy_ids,
            "digest": interface.digest,
        },
    })
}

//! AsyncAPI 3.0: which messages go where.
//!
//! In: interfaces. Out: one document in which the service receives what sources send and sends what targets get.
//! Never knows: hosts.
//!
//! A channel is an address at one system: the path of a trigger, the operation of a target, the folder of a file.

use std::collections::BTreeMap;

use catalog::model::{Interface, MessageRef, Operation, OperationRef, Protocol, StepKind, System, TriggerKind};
use serde_json::{Map, Value, json};

use super::schema::{self, Schemas};
use super::{component, filled};
use crate::view::{Context, walk};
use crate::words;

/// The exchanges of these interfaces.
pub(super) fn document(context: &Context<'_>, interfaces: &[Interface]) -> Value {
    let mut parts = Parts {
        context,
        schemas: Schemas::new(context.catalog),
        channels: BTreeMap::new(),
        operations: BTreeMap::new(),
        messages: BTreeMap::new(),
    };
    for interface in interfaces {
        parts.receives(interface);
        parts.sends(interface);
    }
    let (title, version, about) = match interfaces {
        [only] => (only.title.as_str(), only.digest.as_str(), only.smart_id.text.as_str()),
        _ => (context.options.name.as_str(), context.catalog.digest(), "What the service receives and sends."),
    };
    let outline = json!({
        "asyncapi": "3.0.0",
        "info": { "title": title, "version": version, "description": about },
        "defaultContentType": "application/json",
        "channels": null,
        "operations": null,
        "components": { "messages": null, "schemas": null },
    });
    let schemas = parts.schemas.into_value();
    let parts = [
        ("/channels", object(parts.channels).into()),
        ("/operations", object(parts.operations).into()),
        ("/components/messages", object(parts.messages).into()),
        ("/components/schemas", schemas.into()),
    ];
    filled(outline, parts)
}

fn object(map: BTreeMap<String, Value>) -> Map<String, Value> {
    map.into_iter().collect()
}

struct Parts<'c, 'a> {
    context: &'c Context<'a>,
    schemas: Schemas<'a>,
    channels: BTreeMap<String, Value>,
    operations: BTreeMap<String, Value>,
    messages: BTreeMap<String, Value>,
}

/// One exchange before it has a name.
struct Exchange<'m> {
    action: &'static str,
    system: &'m str,
    address: String,
    content_type: &'static str,
    message: Option<&'m MessageRef>,
    reply: Option<&'m MessageRef>,
    summary: &'m str,
    bindings: Value,
}

impl Parts<'_, '_> {
    /// What starts the interface; a timetable receives nothing.
    fn receives(&mut self, interface: &Interface) {
        let (TriggerKind::Http { method, path } | TriggerKind::Request { method, path, .. }) = &interface.trigger.kind
        else {
            return;
        };
        let method = words::method_name(*method);
        let exchange = Exchange {
            action: "receive",
            system: &interface.source,
            address: path.clone(),
            content_type: "application/json",
            message: interface.trigger.message.as_ref(),
            reply: None,
            summary: &interface.title,
            bindings: json!({ "http": { "method": method, "bindingVersion": "0.3.0" } }),
        };
        self.exchange(interface, "receive", &exchange);
    }

    /// What the interface asks of other systems, reads left out: nobody waits for a read.
    fn sends(&mut self, interface: &Interface) {
        let mut called: Vec<&OperationRef> = Vec::new();
        walk(&interface.flow, &mut |step| {
            if let StepKind::Call { operation, .. } | StepKind::Send { operation, .. } = &step.kind
                && !called.contains(&operation)
            {
                called.push(operation);
            }
        });
        for reference in called {
            let catalog = self.context.catalog;
            let (Some(system), Some(operation)) = (catalog.system(&reference.system), catalog.operation(reference))
            else {
                continue;
            };
            let exchange = sent(system, operation);
            self.exchange(interface, &format!("send.{}.{}", reference.system, reference.operation), &exchange);
        }
    }

    fn exchange(&mut self, interface: &Interface, what: &str, exchange: &Exchange<'_>) {
        let channel = component(&format!("{}:{}", exchange.system, exchange.address));
        let message = self.message(exchange.message, exchange.content_type);
        let reply = exchange.reply.map(|reply| self.message(Some(reply), exchange.content_type));
        let entry = self.channels.entry(channel.clone()).or_insert_with(|| {
            json!({
                "address": exchange.address,
                "title": format!("{} of {}", exchange.address, exchange.system),
                "messages": {},
            })
        });
        for name in reply.iter().chain([&message]) {
            entry["messages"][name] = json!({ "$ref": format!("#/components/messages/{name}") });
        }
        let pointer = format!("#/channels/{channel}");
        let mut operation = json!({
            "action": exchange.action,
            "channel": { "$ref": pointer },
            "summary": exchange.summary,
            "messages": [{ "$ref": format!("{pointer}/messages/{message}") }],
            "tags": [{ "name": interface.smart_id.text }, { "name": interface.domain }],
            "bindings": exchange.bindings,
        });
        if let Some(reply) = reply {
            operation["reply"] = json!({
                "channel": { "$ref": pointer },
                "messages": [{ "$ref": format!("{pointer}/messages/{reply}") }],
            });
        }
        self.operations.insert(component(&format!("{}.{what}", interface.smart_id.text)), operation);
    }

    /// The component name of a message; a call without a body has an empty one.
    fn message(&mut self, message: Option<&MessageRef>, content_type: &str) -> String {
        let Some(message) = message else {
            let name = "Empty".to_owned();
            self.messages.entry(name.clone()).or_insert_with(|| json!({ "title": "No body", "payload": {} }));
            return name;
        };
        let name = schema::name(message);
        let payload = self.schemas.reference(message);
        self.messages
            .entry(name.clone())
            .or_insert_with(|| json!({ "name": message.name, "contentType": content_type, "payload": payload }));
        name
    }
}

fn sent<'m>(system: &'m System, operation: &'m Operation) -> Exchange<'m> {
    let (address, bindings) = match &operation.protocol {
        Protocol::Rest { method, path } => (path.clone(), http(words::method_name(*method))),
        Protocol::OData { method, service, path } => (
            format!("{}/{}", service.trim_end_matches('/'), path.trim_start_matches('/')),
            http(words::method_name(*method)),
        ),
        Protocol::Rfc { function } => (function.clone(), json!({})),
        Protocol::SftpPut { directory } => (directory.clone(), json!({})),
    };
    let content_type = match (&operation.protocol, &operation.format) {
        (Protocol::Rfc { .. }, _) => "application/soap+xml",
        (_, catalog::model::Format::Json) => "application/json",
        (_, catalog::model::Format::Xml) => "application/xml",
        (_, catalog::model::Format::Csv { .. }) => "text/csv",
    };
    Exchange {
        action: "send",
        system: &system.name,
        address,
        content_type,
        message: operation.request.as_ref(),
        reply: operation.response.as_ref(),
        summary: &operation.title,
        bindings,
    }
}

fn http(method: &str) -> Value {
    json!({ "http": { "method": method, "bindingVersion": "0.3.0" } })
}

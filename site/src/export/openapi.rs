//! OpenAPI 3.1: what the service offers to callers, and what it asks of partner systems.
//!
//! In: interfaces with an HTTP trigger, systems with HTTP operations. Out: one document each. Never knows: hosts; the
//! server of a document is a variable that the environment fills.

use std::collections::{BTreeMap, BTreeSet};

use catalog::model::{
    Auth, Format, Interface, Method, Operation, Protocol, StepKind, System, Trigger, TriggerKind, UnknownFields,
};
use serde_json::{Map, Value, json};

use super::filled;
use super::schema::{Schemas, of_field};
use crate::view::{Context, walk};
use crate::words;

const VERSION: &str = "3.1.0";

/// Whether callers reach the interface over HTTP.
pub(super) fn has(interface: &Interface) -> bool {
    endpoint(&interface.trigger).is_some()
}

/// What the service offers: the triggers of these interfaces.
pub(super) fn service(context: &Context<'_>, interfaces: &[Interface]) -> Value {
    let mut parts = Parts::new(context, "the service of this catalog");
    let mut tags = BTreeSet::new();
    for interface in interfaces {
        let Some((method, path)) = endpoint(&interface.trigger) else { continue };
        tags.insert(interface.domain.as_str());
        let operation = trigger(&mut parts, interface);
        parts.add(method, path, operation);
    }
    let (title, version, about) = match interfaces {
        [only] => (only.title.clone(), only.digest.as_str(), only.smart_id.text.clone()),
        _ => (
            context.options.name.clone(),
            context.catalog.digest(),
            "Every interface that is called over HTTP.".to_owned(),
        ),
    };
    let tags: Vec<Value> = tags.into_iter().map(|name| json!({ "name": name })).collect();
    parts.document(&title, version, &about, &tags)
}

/// What interfaces ask of a system.
pub(super) fn system(context: &Context<'_>, system: &System) -> Value {
    let mut parts = Parts::new(context, &system.name);
    for operation in &system.operations {
        let Some((method, path)) = address(operation) else { continue };
        let description = called(&mut parts, system, operation);
        parts.add(method, &path, description);
    }
    parts.document(&system.name, &system.digest, &system.title, &[json!({ "name": system.name })])
}

fn endpoint(trigger: &Trigger) -> Option<(Method, &str)> {
    match &trigger.kind {
        TriggerKind::Http { method, path } | TriggerKind::Request { method, path, .. } => Some((*method, path)),
        TriggerKind::Schedule(_) => None,
    }
}

/// Method and path of an operation that is plain HTTP.
fn address(operation: &Operation) -> Option<(Method, String)> {
    match &operation.protocol {
        Protocol::Rest { method, path } => Some((*method, path.clone())),
        Protocol::OData { method, service, path } => {
            Some((*method, format!("{}/{}", service.trim_end_matches('/'), path.trim_start_matches('/'))))
        }
        Protocol::Rfc { .. } | Protocol::SftpPut { .. } => None,
    }
}

/// A document in the making.
struct Parts<'a> {
    schemas: Schemas<'a>,
    paths: BTreeMap<String, Map<String, Value>>,
    security: BTreeMap<&'static str, Value>,
    server: String,
    problem: bool,
}

impl<'a> Parts<'a> {
    fn new(context: &Context<'a>, server: &str) -> Self {
        Self {
            schemas: Schemas::new(context.catalog),
            paths: BTreeMap::new(),
            security: BTreeMap::new(),
            server: format!("Where {server} listens; the environment says it."),
            problem: false,
        }
    }

    fn add(&mut self, method: Method, path: &str, operation: Value) {
        // A query in the path of an operation is a matter of its parameters.
        let path = path.split('?').next().unwrap_or(path);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let methods = self.paths.entry(path).or_default();
        methods.entry(words::method_name(method).to_lowercase()).or_insert(operation);
    }

    /// Names the scheme of an operation; nothing where callers need not prove who they are.
    fn secured(&mut self, auth: &Auth) -> Value {
        let (name, scheme, scopes) = match auth {
            Auth::OAuth2 { scopes, .. } => (
                "bearer",
                json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                        "description": "OAuth 2.0 access token of the configured issuer" }),
                scopes.clone(),
            ),
            Auth::Basic => ("basic", json!({ "type": "http", "scheme": "basic" }), Vec::new()),
            Auth::ClientCertificate => ("certificate", json!({ "type": "mutualTLS" }), Vec::new()),
            Auth::SshPassword | Auth::SshKey | Auth::None => return json!([]),
        };
        self.security.insert(name, scheme);
        json!([{ name: scopes }])
    }

    fn problem(&mut self, description: &str) -> Value {
        self.problem = true;
        json!({
            "description": description,
            "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
        })
    }

    fn document(self, title: &str, version: &str, about: &str, tags: &[Value]) -> Value {
        let mut schemas = self.schemas.into_value();
        if self.problem {
            schemas.insert("Problem".to_owned(), problem_schema());
        }
        let mut components = Map::new();
        components.insert("schemas".to_owned(), schemas.into());
        if !self.security.is_empty() {
            let schemes: Map<String, Value> =
                self.security.into_iter().map(|(name, scheme)| (name.to_owned(), scheme)).collect();
            components.insert("securitySchemes".to_owned(), schemes.into());
        }
        let paths: Map<String, Value> = self.paths.into_iter().map(|(path, methods)| (path, methods.into())).collect();
        let outline = json!({
            "openapi": VERSION,
            "info": { "title": title, "version": version, "description": about },
            "servers": [{
                "url": "{address}",
                "description": self.server,
                "variables": { "address": { "default": "http://localhost" } },
            }],
            "tags": tags,
            "paths": null,
            "components": null,
        });
        filled(outline, [("/paths", paths.into()), ("/components", components.into())])
    }
}

/// The operation that callers of an interface see.
fn trigger(parts: &mut Parts<'_>, interface: &Interface) -> Value {
    let trigger = &interface.trigger;
    let path = endpoint(trigger).map_or("", |(_, path)| path);
    let mut operation = Map::new();
    operation.insert("operationId".to_owned(), super::component(&interface.smart_id.text).into());
    operation.insert("summary".to_owned(), interface.title.clone().into());
    operation.insert("tags".to_owned(), json!([interface.domain]));
    if matches!(interface.status, catalog::model::Status::Deprecated | catalog::model::Status::Retired) {
        operation.insert("deprecated".to_owned(), true.into());
    }
    let parameters: Vec<Value> = trigger.parameters.iter().map(|field| parameter(path, field)).collect();
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), parameters.into());
    }
    if let Some(message) = &trigger.message {
        let schema = parts.schemas.reference(message);
        let body = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        operation.insert("requestBody".to_owned(), body);
    }
    let responses = responses(parts, interface);
    operation.insert("responses".to_owned(), responses.into());
    operation.insert("security".to_owned(), parts.secured(&trigger.auth));
    operation.insert("x-smart-id".to_owned(), interface.smart_id.text.clone().into());
    operation.into()
}

/// A parameter; what the path does not name stands in the query.
fn parameter(path: &str, field: &catalog::model::Field) -> Value {
    let in_path = path.contains(&format!("{{{}}}", field.name));
    let mut schema = of_field(field, UnknownFields::Ignore);
    let description = schema.shift_remove("description");
    let mut parameter = Map::new();
    parameter.insert("name".to_owned(), field.name.clone().into());
    parameter.insert("in".to_owned(), if in_path { "path" } else { "query" }.into());
    parameter.insert("required".to_owned(), (in_path || field.required).into());
    if let Some(description) = description {
        parameter.insert("description".to_owned(), description);
    }
    parameter.insert("schema".to_owned(), schema.into());
    parameter.into()
}

/// Every answer: of the flow, of the door, and the rows of the document's own table, whose words win.
fn responses(parts: &mut Parts<'_>, interface: &Interface) -> Map<String, Value> {
    let mut answers: BTreeMap<u16, Value> = BTreeMap::new();
    for (status, description) in refusals(&interface.trigger) {
        answers.insert(status, parts.problem(description));
    }
    for row in &interface.errors.responses {
        answers.insert(row.status, parts.problem(&row.meaning));
    }
    if let TriggerKind::Http { .. } | TriggerKind::Request { durability: catalog::model::Durability::Durable, .. } =
        interface.trigger.kind
    {
        answers.insert(202, accepted(&interface.trigger));
    }
    walk(&interface.flow, &mut |step| {
        if let StepKind::Reply { status, message, .. } = &step.kind {
            let mut answer = json!({ "description": "The reply of the flow." });
            if let Some(message) = message {
                answer["content"] = json!({ "application/json": { "schema": parts.schemas.reference(message) } });
            }
            answers.insert(*status, answer);
        }
    });
    answers.into_iter().map(|(status, answer)| (status.to_string(), answer)).collect()
}

/// What the door refuses, whatever the interface does.
fn refusals(trigger: &Trigger) -> Vec<(u16, &'static str)> {
    let mut refusals =
        vec![(503, "Starting, stopping, or the store takes nothing now. Send again after `Retry-After`.")];
    if !matches!(trigger.auth, Auth::None) {
        refusals.push((401, "The caller did not prove who it is."));
    }
    if let Auth::OAuth2 { scopes, .. } = &trigger.auth
        && !scopes.is_empty()
    {
        refusals.push((403, "The token lacks a scope."));
    }
    if trigger.message.is_some() {
        refusals.push((400, "The body is not JSON, or a field is missing or wrong."));
        refusals.push((413, "The body is too large."));
        refusals.push((415, "The body is not JSON by its media type."));
    } else {
        refusals.push((400, "A parameter is missing or wrong."));
    }
    if trigger.idempotency.is_some() {
        refusals.push((422, "The idempotency key was used before with another body."));
    }
    if trigger.max_per_minute.is_some() {
        refusals.push((429, "Too many requests. Send again after `Retry-After`."));
    }
    refusals
}

fn accepted(trigger: &Trigger) -> Value {
    let description = match trigger.kind {
        TriggerKind::Request { .. } => "Committed and synced; the reply took longer than callers wait.",
        TriggerKind::Http { .. } | TriggerKind::Schedule(_) => "Committed and synced: the message survives a crash.",
    };
    json!({
        "description": description,
        "headers": {
            "Location": { "description": "Where the state of the message can be asked for.",
                          "schema": { "type": "string", "format": "uri-reference" } },
        },
    })
}

/// Problem details (RFC 9457) as the service writes them.
fn problem_schema() -> Value {
    json!({
        "title": "Problem",
        "description": "RFC 9457",
        "type": "object",
        "required": ["type", "title", "status", "errorId", "retryable"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "errorId": { "type": "string", "description": "finds the request in log and journal" },
            "retryable": { "type": "boolean" },
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "pointer": { "type": "string", "description": "JSON Pointer (RFC 6901)" },
                        "detail": { "type": "string" },
                    },
                },
            },
        },
    })
}

/// An operation of a partner system.
fn called(parts: &mut Parts<'_>, system: &System, operation: &Operation) -> Value {
    let path = address(operation).map(|(_, path)| path).unwrap_or_default();
    let mut out = Map::new();
    out.insert("operationId".to_owned(), operation.name.clone().into());
    out.insert("summary".to_owned(), operation.title.clone().into());
    out.insert("tags".to_owned(), json!([system.name]));
    let parameters: Vec<Value> = operation.parameters.iter().map(|field| parameter(&path, field)).collect();
    if !parameters.is_empty() {
        out.insert("parameters".to_owned(), parameters.into());
    }
    let media = media_type(&operation.format);
    if let Some(request) = &operation.request {
        let schema = parts.schemas.reference(request);
        out.insert("requestBody".to_owned(), json!({ "required": true, "content": { media: { "schema": schema } } }));
    }
    let mut success = json!({ "description": "Done." });
    if let Some(response) = &operation.response {
        success["content"] = json!({ media: { "schema": parts.schemas.reference(response) } });
    }
    let mut responses = Map::new();
    responses.insert("2XX".to_owned(), success);
    for rule in &operation.outcomes {
        if let catalog::model::Target::Status(status) = rule.target {
            let description = if rule.reason.is_empty() { words::class_name(rule.class) } else { &rule.reason };
            responses.insert(status.to_string(), json!({ "description": description }));
        }
    }
    out.insert("responses".to_owned(), responses.into());
    out.insert("security".to_owned(), parts.secured(&system.auth));
    out.into()
}

fn media_type(format: &Format) -> &'static str {
    match format {
        Format::Json => "application/json",
        Format::Xml => "application/xml",
        Format::Csv { .. } => "text/csv",
    }
}

//! The table of endpoints: what there is, and which role it needs. The router, the gate, the OpenAPI description and the
//! test of roles all read it.
//!
//! In: nothing. Out: [`ALL`]. Never knows: how a request is answered.

use http::Method;
use serde_json::{Map, Value, json};

use crate::{
    environment::Role::{self, Admin, Operator, Viewer},
    http::Problem,
};

/// One endpoint.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// `GET` or `POST`.
    pub(super) method: Method,
    /// Path with parameters.
    pub(super) path: &'static str,
    /// Least role; `None` for everybody.
    pub(super) needs: Option<Role>,
    /// What it is called in the audit log, if it decides something.
    pub(super) decides: Option<&'static str>,
    /// One sentence.
    pub(super) summary: &'static str,
}

const fn look(path: &'static str, needs: Option<Role>, summary: &'static str) -> Endpoint {
    Endpoint { method: Method::GET, path, needs, decides: None, summary }
}

/// Content that leaves is put on record like a decision.
const fn on_record(path: &'static str, needs: Role, action: &'static str, summary: &'static str) -> Endpoint {
    Endpoint { method: Method::GET, path, needs: Some(needs), decides: Some(action), summary }
}

const fn decide(path: &'static str, needs: Role, action: &'static str, summary: &'static str) -> Endpoint {
    Endpoint { method: Method::POST, path, needs: Some(needs), decides: Some(action), summary }
}

/// Everything there is.
pub(super) static ALL: &[Endpoint] = &[
    look("/health/live", None, "The process answers."),
    look("/health/ready", None, "It takes messages."),
    look("/openapi.json", None, "This description."),
    look("/whoami", Some(Viewer), "Who asks, and as what."),
    look("/metrics", Some(Viewer), "Figures for Prometheus."),
    look("/interfaces", Some(Viewer), "Interfaces with digest, backlog and totals since the start."),
    look("/systems", Some(Viewer), "Target systems with breaker, calls under way and pause."),
    look("/pauses", Some(Viewer), "Everything that is paused."),
    look("/messages", Some(Viewer), "Messages by filter, newest first."),
    look("/messages/{id}", Some(Viewer), "The whole story of a message."),
    on_record("/messages/{id}/body", Admin, "read body", "The content as it came, unmasked."),
    look("/dead-letters", Some(Viewer), "Dead letters by filter, newest first."),
    on_record("/dead-letters/export", Operator, "export", "Stories of dead letters, a JSON object a line, masked."),
    look("/alerts", Some(Viewer), "Incidents, and alerts on their way."),
    look("/audit", Some(Viewer), "Rows of the audit log, newest first."),
    look("/audit/verify", Some(Viewer), "Whether the audit log is as it was written."),
    decide("/messages/{id}/retry", Operator, "retry", "The same message goes on, with a new timetable."),
    decide("/messages/{id}/replay", Operator, "replay", "Its content becomes a new message; or a dry run of that."),
    decide("/messages/{id}/discard", Operator, "discard", "Nothing more is to be delivered."),
    decide("/messages/{id}/resolve", Operator, "resolve", "It was dealt with elsewhere."),
    decide("/messages/{id}/skip", Operator, "skip", "Those behind it in its order key may pass."),
    decide("/messages/{id}/erase", Admin, "erase", "Its content goes for good; or a dry run of that."),
    decide("/bulk/erase", Admin, "erase", "Erases what a filter finds; or a dry run of that."),
    decide("/interfaces/{name}/shred", Admin, "shred", "Destroys the data keys of a day whose messages are erased."),
    decide("/bulk/retry", Operator, "retry", "Retries what a filter finds."),
    decide("/bulk/replay", Operator, "replay", "Replays what a filter finds; or a dry run of that."),
    decide("/bulk/discard", Admin, "discard", "Discards what a filter finds."),
    decide("/bulk/resolve", Admin, "resolve", "Resolves what a filter finds."),
    decide("/alerts/{key}/acknowledge", Operator, "acknowledge", "Somebody takes the incident on."),
    decide("/interfaces/{name}/pause", Operator, "pause", "Accepts its messages and starts none."),
    decide("/interfaces/{name}/resume", Operator, "resume", "Lets it go on."),
    decide("/systems/{name}/pause", Operator, "pause", "Sends nothing to it."),
    decide("/systems/{name}/resume", Operator, "resume", "Lets it go on."),
];

/// The endpoint of a request. HEAD asks like GET.
pub(super) fn find(method: &Method, path: &str) -> Result<&'static Endpoint, Problem> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let at_path = || ALL.iter().filter(|endpoint| endpoint.path == path);
    if let Some(endpoint) = at_path().find(|endpoint| endpoint.method == method) {
        return Ok(endpoint);
    }
    let allow: Vec<_> = at_path().map(|endpoint| endpoint.method.as_str()).collect();
    if allow.is_empty() {
        return Err(Problem::new(404, "there is nothing here; /openapi.json says what there is"));
    }
    let problem = Problem::new(405, "this path takes other methods");
    Err(problem.with_header(http::header::ALLOW, allow.join(", ")))
}

/// OpenAPI 3.1: paths, parameters, roles.
pub(super) fn openapi() -> Value {
    let mut paths = Map::new();
    for endpoint in ALL {
        let names = endpoint.path.split('{').skip(1).filter_map(|part| part.split_once('}'));
        let in_path = names.map(|(name, _)| parameter(name, "path"));
        let in_query = query(endpoint.path).iter().map(|name| parameter(name, "query"));
        let mut operation = json!({
            "summary": endpoint.summary,
            "parameters": in_path.chain(in_query).collect::<Vec<_>>(),
            "responses": { "2XX": { "description": "Done." }, "default": { "description": "A problem (RFC 9457)." } },
            "x-role": endpoint.needs.map(Role::as_str),
        });
        if endpoint.needs.is_none() {
            operation["security"] = json!([]);
        }
        if endpoint.method == Method::POST {
            operation["requestBody"] = json!({ "content": { "application/json": { "schema": body(endpoint) } } });
        }
        let method = endpoint.method.as_str().to_ascii_lowercase();
        let place = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        place[method] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Tieline: operator's listener", "version": env!("CARGO_PKG_VERSION") },
        "security": [{ "bearer": [] }, { "certificate": [] }],
        "components": { "securitySchemes": {
            "bearer": { "type": "http", "scheme": "bearer" }, "certificate": { "type": "mutualTLS" },
        } },
        "paths": paths,
    })
}

fn parameter(name: &str, place: &str) -> Value {
    json!({ "name": name, "in": place, "required": place == "path", "schema": { "type": "string" } })
}

/// What lists can be narrowed by.
pub(super) const FILTER: &[&str] = &[
    "interface",
    "state",
    "reason",
    "from",
    "until",
    "principal",
    "order_key",
    "target",
    "id",
    "field",
    "limit",
    "after",
];

fn query(path: &str) -> &'static [&'static str] {
    match path {
        "/messages" | "/dead-letters" | "/dead-letters/export" => FILTER,
        "/audit" => &["subject", "limit", "after"],
        _ => &[],
    }
}

fn body(endpoint: &Endpoint) -> Value {
    let text = json!({ "type": "string" });
    let flag = json!({ "type": "boolean" });
    let mut properties = Map::new();
    properties.insert("why".to_owned(), text.clone());
    let more: &[(&str, &Value)] = match endpoint.decides {
        Some("retry") => &[("today", &flag)],
        Some("replay") => &[("again", &flag), ("dry_run", &flag)],
        Some("erase") => &[("discard", &flag), ("confirm", &flag), ("dry_run", &flag)],
        Some("shred") => &[("day", &text), ("confirm", &flag)],
        _ => &[],
    };
    properties.extend(more.iter().map(|(name, schema)| ((*name).to_owned(), (*schema).clone())));
    if endpoint.path.ends_with("}/replay") {
        properties
            .insert("body".to_owned(), json!({ "description": "The content instead of the original; needs admin." }));
    }
    if endpoint.path.starts_with("/bulk/") {
        let fields = FILTER.iter().map(|name| ((*name).to_owned(), json!({})));
        properties.insert("filter".to_owned(), json!({ "type": "object", "properties": Map::from_iter(fields) }));
        if endpoint.decides != Some("erase") {
            properties.insert("batch".to_owned(), text);
        }
        properties.insert("dry_run".to_owned(), flag);
    }
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

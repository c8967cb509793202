//! `trigger:` becomes a [`Trigger`].
//!
//! In: its keys. Out: [`Trigger`], and its parameters first, because expressions see them. Never knows: the flow.

use super::auth;
use super::parameters::{check_path, method_and_path, parameters};
use super::searchable::{Roots, not_kept, searchable};
use super::{repeated, timetable};
use crate::expr::Scope;
use crate::fields::{Record, Text};
use crate::findings::Findings;
use crate::model::{Auth, Durability, Field, MessageRef, Method, Trigger, TriggerKind};
use crate::phrase;
use crate::symbols::{PATH, View, record};
use crate::yaml::Entry;

const EVENT: &str = "event";
const REQUEST: &str = "request";
const MAX_BODY_BYTES: u64 = 1_000_000;
const TIMEOUT_MS: u64 = 5_000;

/// How the interface is started, before its message is known.
#[derive(Debug)]
pub(crate) struct Start {
    kind: Option<TriggerKind>,
    /// Under which names the flow sees the message; two when the trigger names two starts.
    pub(crate) bindings: &'static [&'static str],
    /// There should be a message: without one, expressions about it are not at fault.
    pub(crate) has_message: bool,
    /// A timetable starts it, readable or not.
    scheduled: bool,
}

/// First step: kind and parameters of the trigger.
pub(crate) fn start(trigger: &Record<'_>, findings: &mut Findings) -> (Start, Vec<Field>) {
    let parameters = parameters(trigger, findings);
    let given: Vec<_> =
        ["http", "request", "schedule"].into_iter().filter(|kind| trigger.entry(kind).is_some()).collect();
    let [kind] = given[..] else {
        let message = match given.len() {
            0 => "the trigger does not say what starts the interface".to_owned(),
            _ => format!("the trigger names several starts: {}", given.join(", ")),
        };
        findings.add("E-TRIGGER", trigger.place, message).help("give it exactly one of http, request and schedule");
        let bindings = &[EVENT, REQUEST];
        return (Start { kind: None, bindings, has_message: true, scheduled: false }, parameters);
    };
    misplaced(trigger, kind, findings);
    let scheduled = kind == "schedule";
    let bindings: &[&str] = if kind == "request" { &[REQUEST] } else { &[EVENT] };
    let kind = match kind {
        "schedule" => timetable::schedule(trigger, findings).map(TriggerKind::Schedule),
        kind => http(trigger, kind, &parameters, findings),
    };
    let needs_message = match &kind {
        Some(TriggerKind::Http { method, .. } | TriggerKind::Request { method, .. }) => takes_body(*method),
        Some(TriggerKind::Schedule(_)) => false,
        None => !scheduled,
    };
    let has_message = needs_message || trigger.entry("message").is_some();
    (Start { kind, bindings, has_message, scheduled }, parameters)
}

fn http(trigger: &Record<'_>, key: &str, parameters: &[Field], findings: &mut Findings) -> Option<TriggerKind> {
    let text = trigger.text(key)?;
    let (method, path) = method_and_path(text, findings)?;
    check_path(Text { text: path, span: text.span }, parameters, findings);
    let path = path.to_owned();
    if key == "http" {
        if method == Method::Get {
            findings
                .add("E-TRIGGER", text.span, "an asynchronous trigger takes a message, so it cannot be a GET")
                .help("use `request: GET …` for a read, or POST");
        }
        return Some(TriggerKind::Http { method, path });
    }
    let durability = match trigger.flag("durable") {
        Some(false) => Durability::Transient,
        _ => Durability::Durable,
    };
    let timeout_ms = trigger.duration_ms("timeout").unwrap_or(TIMEOUT_MS);
    Some(TriggerKind::Request { method, path, durability, timeout_ms })
}

/// Keys that mean nothing for this kind of trigger.
fn misplaced(trigger: &Record<'_>, kind: &str, findings: &mut Findings) {
    let keys: &[&str] = match kind {
        "http" => &["zone", "missed", "catch_up", "overlap", "durable", "timeout"],
        "request" => &["zone", "missed", "catch_up", "overlap"],
        _ => &[
            "message",
            "parameters",
            "auth",
            "idempotency",
            "searchable",
            "max_body",
            "max_per_minute",
            "durable",
            "timeout",
        ],
    };
    for key in keys.iter().filter(|key| trigger.entry(key).is_some()) {
        let message = format!("`{key}` means nothing for a trigger of kind `{kind}`");
        findings.add("E-TRIGGER", trigger.key_span(key), message).help("leave it out");
    }
}

/// Second step: message, authentication and the rest. `None` when something that the flow needs is broken.
pub(crate) fn trigger(
    fields: &Record<'_>,
    start: Start,
    view: &View<'_>,
    findings: &mut Findings,
) -> (Option<Trigger>, Option<MessageRef>) {
    let message = fields.text("message").and_then(|text| view.expect_message(text, findings));
    check_body(fields, start.kind.as_ref(), findings);
    let auth = match fields.entry("auth") {
        Some(entry) => inbound(entry, findings),
        None if start.scheduled => Some(Auth::None),
        None => {
            let help = "write `auth: { oauth2: { scopes: [..] } }`, or `auth: none` if anybody may send";
            findings.add("E-MISSING", fields.place, "the trigger lacks the key `auth`").help(help);
            None
        }
    };
    let scope = names(view, start.bindings, message.as_ref(), start.has_message);
    let idempotency = fields.entry("idempotency").and_then(|entry| repeated::idempotency(entry, &scope, findings));
    let roots = Roots { view, bindings: start.bindings, message: message.as_ref(), has_message: start.has_message };
    let searchable = searchable(fields, &roots, findings);
    if matches!(start.kind, Some(TriggerKind::Request { durability: Durability::Transient, .. })) {
        fields.entry("searchable").iter().for_each(|entry| not_kept(entry.key_span, findings));
    }
    let lowered = || {
        Some(Trigger {
            kind: start.kind?,
            message: message.clone(),
            binding: start.bindings.first()?.to_string(),
            parameters: view.own?.parameters.clone(),
            auth: auth?,
            idempotency,
            searchable,
            max_body_bytes: max_body(fields),
            max_per_minute: fields.integer("max_per_minute"),
            span: fields.place,
        })
    };
    (lowered(), message)
}

/// The names that the trigger gives to the flow.
pub(crate) fn names<'v>(
    view: &'v View<'v>,
    bindings: &[&str],
    message: Option<&MessageRef>,
    has_message: bool,
) -> Scope<'v> {
    let mut scope = view.scope();
    for binding in bindings {
        match message {
            Some(message) => scope.bind(*binding, record(message)),
            None if has_message => scope.bind_broken(*binding),
            None => {}
        }
    }
    if let Some(own) = view.own.filter(|own| !own.parameters.is_empty()) {
        let path = MessageRef::parameters_of_trigger(&own.smart_id);
        scope.bind(PATH, record(&path));
    }
    scope
}

fn takes_body(method: Method) -> bool {
    matches!(method, Method::Post | Method::Put | Method::Patch)
}

fn check_body(fields: &Record<'_>, kind: Option<&TriggerKind>, findings: &mut Findings) {
    let (Some(TriggerKind::Http { method, .. } | TriggerKind::Request { method, .. }), message) =
        (kind, fields.entry("message"))
    else {
        return;
    };
    match (method, message) {
        (Method::Get, Some(entry)) => {
            findings
                .add("E-TRIGGER", entry.key_span, "a GET has no body, so it has no message")
                .help("name what it takes under `parameters`");
        }
        (method, None) if takes_body(*method) => {
            findings
                .add("E-MISSING", fields.place, "the trigger lacks the key `message`")
                .help("name the message of the body, like `message: System.OrderCreated`");
        }
        _ => {}
    }
}

fn inbound(entry: &Entry, findings: &mut Findings) -> Option<Auth> {
    let auth = auth::auth(entry, findings)?;
    let span = entry.value.place();
    match &auth {
        Auth::OAuth2 { scopes, .. } if scopes.is_empty() => {
            findings
                .add("E-SCOPES", span, "OAuth 2.0 without scopes lets in every token of the company")
                .help("name the scope that callers need, like `scopes: [orders.write]`");
        }
        Auth::OAuth2 { audience: Some(_), .. } => {
            findings
                .add("E-AUTH", span, "the audience of callers' tokens is a matter of the environment")
                .help("leave `audience` out");
        }
        Auth::ClientCertificate | Auth::SshPassword | Auth::SshKey => {
            findings.add("E-AUTH", span, "callers cannot prove themselves this way yet").help("use oauth2 or basic");
        }
        Auth::None => {
            findings
                .add("W-NO-AUTH", span, "anybody who reaches the service may send")
                .help("use `{ oauth2: { scopes: [..] } }` unless the sender cannot");
        }
        _ => {}
    }
    Some(auth)
}

fn max_body(fields: &Record<'_>) -> u64 {
    let size = fields.text("max_body").and_then(|text| phrase::bytes(text.text, text.span).ok());
    size.unwrap_or(MAX_BODY_BYTES)
}

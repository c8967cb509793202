//! The page of a system, and the index of systems.
//!
//! In: one system and the interfaces around it. Out: [`SystemPage`], [`SystemsPage`]. Never knows: hosts.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use catalog::model::{Durability, Format, Interface, Operation, OperationRef, Probe, Protocol, System, TriggerKind};

use super::context::{Context, Fact, Shell, line_link};
use super::interface::messages::{MessageView, view};
use super::interface::papers::{PointRow, Prose, point, prose};
use super::list::{Row, rows};
use super::programs;
use crate::draw::neighbours::{self, Neighbour, Neighbours};
use crate::front::Front;
use crate::html::Html;
use crate::markdown::Anchors;
use crate::routes::{At, slug};
use crate::words;

/// Everything on the page, top to bottom.
#[derive(Template)]
#[template(path = "system.html")]
pub(crate) struct SystemPage {
    shell: Shell,
    name: String,
    code: String,
    title: String,
    facts: Vec<Fact>,
    neighbours: Html,
    stops: Vec<(Html, String)>,
    assumptions: Vec<String>,
    operations: Vec<OperationView>,
    messages: Vec<MessageView>,
    rows: Vec<Row>,
    prose: Vec<Prose>,
    points: Vec<PointRow>,
    toc: Vec<(&'static str, &'static str)>,
}

/// One operation.
#[derive(Debug)]
struct OperationView {
    id: String,
    name: String,
    title: String,
    protocol: &'static str,
    call: String,
    facts: Vec<Fact>,
    outcomes: Vec<(String, &'static str, &'static str, String, Html)>,
    line: Html,
}

const TAKEN: &[&str] =
    &["facts", "neighbours", "stops", "assumptions", "operations", "messages", "interfaces", "points", "main", "top"];

impl SystemPage {
    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, system: &System, path: &str) -> Self {
        let at = At::new(path);
        let mut anchors = Anchors::besides(TAKEN);
        let involved = context.involving(&system.name);
        let mut page = Self {
            shell: context
                .shell(&at, "systems", &system.name)
                .under("Systems", &at.to("systems/index.html"))
                .about(&system.title),
            name: system.name.clone(),
            code: system.code.clone(),
            title: system.title.clone(),
            facts: facts(context, &at, system),
            neighbours: draw_neighbours(context, &at, system),
            stops: stops(context, &at, system, involved),
            assumptions: system.assumptions.clone(),
            operations: system.operations.iter().map(|it| operation(context, &at, system, it)).collect(),
            messages: system.messages.iter().map(|it| view(it, "", "document/index.html")).collect(),
            rows: rows(context, &at, involved),
            prose: prose(context, &at, &system.sections, &mut anchors),
            points: context.diagnostics(&system.path).iter().map(|it| point(&at, it, "document/index.html")).collect(),
            toc: Vec::new(),
        };
        for message in &mut page.messages {
            message.open = false;
        }
        page.toc = page.contents();
        page
    }

    fn contents(&self) -> Vec<(&'static str, &'static str)> {
        let all = [
            ("facts", "Facts", true),
            ("neighbours", "Neighbours", true),
            ("stops", "If it stops", !self.stops.is_empty()),
            ("interfaces", "Interfaces", !self.rows.is_empty()),
            ("operations", "Operations", !self.operations.is_empty()),
            ("assumptions", "Assumptions", !self.assumptions.is_empty()),
            ("messages", "Messages", !self.messages.is_empty()),
            ("more", "From the document", !self.prose.is_empty()),
            ("points", "Open points", !self.points.is_empty()),
        ];
        all.into_iter().filter(|entry| entry.2).map(|entry| (entry.0, entry.1)).collect()
    }
}

fn facts(context: &Context<'_>, at: &At, system: &System) -> Vec<Fact> {
    let front = Front::of(&system.text);
    let fact = |label: &str, value: Html, key: &[&str]| Fact {
        label: label.to_owned(),
        value,
        line: line_link("document/index.html", front.line(key)),
    };
    let mut facts = vec![fact("Code in Smart IDs", Html::new().code(&system.code), &["code"])];
    if !system.aliases.is_empty() {
        facts.push(fact("Also written", Html::of(&system.aliases.join(", ")), &["aliases"]));
    }
    for (label, value, key) in [
        ("Vendor", &system.vendor, "vendor"),
        ("API proxy", &system.proxy, "proxy"),
        ("Reached through", &system.via, "via"),
    ] {
        if let Some(value) = value {
            facts.push(fact(label, Html::of(value), &[key]));
        }
    }
    if let Some(whole) = &system.part_of {
        facts.push(fact("Part of", context.system_link(at, whole), &["part_of"]));
    }
    let parts = context.catalog.systems().iter().filter(|it| it.part_of.as_deref() == Some(&system.name));
    let parts = Html::join(parts.map(|it| context.system_link(at, &it.name)), ", ");
    if !parts.is_empty() {
        facts.push(fact("Instances", parts, &[]));
    }
    if let Some(owner) = &system.owner {
        facts.push(fact("Owner", context.team_link(at, owner), &["owner"]));
    }
    if !system.operations.is_empty() {
        let detail = words::auth_sentence(&system.auth);
        let auth = Html::of(words::auth_name(&system.auth));
        let auth = if detail.is_empty() { auth } else { auth.muted(&format!(", {detail}")) };
        facts.push(fact("We prove who we are by", auth, &["auth"]));
        facts.push(fact("Limits", limits(system), &["limits"]));
    }
    let places = context.catalog.environments().iter().filter(|it| it.systems.contains(&system.name));
    let places: Vec<String> = places.map(|it| it.name.clone()).collect();
    if !places.is_empty() {
        facts.push(fact("Placed in environments", Html::of(&words::list(&places)), &[]));
    }
    facts.push(fact("Contract digest", Html::new().code(&system.digest), &[]));
    facts.push(fact("Document", Html::new().link("document/index.html", &system.path), &[]));
    let beside: &[&str] = if speaks_http(system) { &["index.md", "openapi.json"] } else { &["index.md"] };
    facts.push(fact("For programs", programs::beside(beside), &[]));
    facts
}

/// Whether a system has an operation that OpenAPI can describe.
pub(crate) fn speaks_http(system: &System) -> bool {
    let mut operations = system.operations.iter();
    operations.any(|it| matches!(it.protocol, Protocol::Rest { .. } | Protocol::OData { .. }))
}

fn limits(system: &System) -> Html {
    let limits = &system.limits;
    let mut parts = Vec::new();
    parts.extend(limits.concurrency.map(|n| format!("{} at a time", words::count(n as usize, "call"))));
    parts.extend(limits.per_second.map(|n| format!("{} a second", words::number(u64::from(n)))));
    parts.extend(limits.per_day.map(|n| format!("{} a day", words::number(n))));
    if parts.is_empty() { Html::new().muted("none stated") } else { Html::of(&parts.join(" · ")) }
}

fn draw_neighbours(context: &Context<'_>, at: &At, system: &System) -> Html {
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    let mut targets: BTreeMap<&str, usize> = BTreeMap::new();
    let parts = context.catalog.systems().iter().filter(|it| it.part_of.as_deref() == Some(&system.name));
    let own: BTreeSet<&str> = parts.map(|it| it.name.as_str()).chain([system.name.as_str()]).collect();
    for name in own {
        for interface in context.to(name) {
            *sources.entry(&interface.source).or_default() += 1;
        }
        for interface in context.from(name) {
            *targets.entry(&interface.target).or_default() += 1;
        }
    }
    // An instance is nobody's end by name; what is sent to it by operations counts.
    if sources.is_empty() && targets.is_empty() {
        for interface in context.involving(&system.name) {
            *sources.entry(&interface.source).or_default() += 1;
        }
    }
    let nodes = |counts: BTreeMap<&str, usize>| {
        let mut nodes: Vec<Neighbour> = counts
            .into_iter()
            .map(|(name, count)| Neighbour { name: name.to_owned(), href: context.system_href(at, name), count })
            .collect();
        nodes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        nodes
    };
    if sources.is_empty() && targets.is_empty() {
        return Html::new();
    }
    neighbours::draw(&Neighbours {
        title: "Neighbours",
        headings: ["sends to it", "system", "receives from it"],
        name: system.name.clone(),
        sources: nodes(sources),
        targets: nodes(targets),
    })
}

/// What no longer works when the system does not.
fn stops(context: &Context<'_>, at: &At, system: &System, involved: &[&Interface]) -> Vec<(Html, String)> {
    let rows = involved.iter().map(|interface| {
        let link = context.routes.interface(&interface.smart_id.text).map(|path| at.to(&path)).unwrap_or_default();
        let called = super::context::operations(&interface.flow).iter().any(|it| it.system == system.name);
        let kept = !matches!(interface.trigger.kind, TriggerKind::Request { durability: Durability::Transient, .. });
        let effect = match (interface.source == system.name, called) {
            (true, true) => "sends nothing; what was accepted before waits, because it is asked back",
            (true, false) => "sends nothing; what was accepted before goes on",
            (false, _) if !kept => "callers get an error and have to ask again",
            (false, _) if interface.errors.dead_letter => {
                "messages are kept and tried by the timetable, then wait as dead letters"
            }
            (false, _) => "messages are kept and tried by the timetable, then end as failed",
        };
        (Html::new().link(&link, &interface.title), effect.to_owned())
    });
    rows.collect()
}

fn operation(context: &Context<'_>, at: &At, system: &System, operation: &Operation) -> OperationView {
    OperationView {
        id: format!("op-{}", slug(&operation.name)),
        name: operation.name.clone(),
        title: operation.title.clone(),
        protocol: words::protocol_name(&operation.protocol),
        call: call(&operation.protocol),
        facts: operation_facts(context, at, system, operation),
        outcomes: operation
            .outcomes
            .iter()
            .map(|rule| {
                let line = line_link("document/index.html", rule.span.line);
                let (class, effect) = (words::class_name(rule.class), words::class_sentence(rule.class));
                (words::target_name(&rule.target), class, effect, rule.reason.clone(), line)
            })
            .collect(),
        line: line_link("document/index.html", operation.span.line),
    }
}

fn call(protocol: &Protocol) -> String {
    match protocol {
        Protocol::Rest { method, path } => format!("{} {path}", words::method_name(*method)),
        Protocol::OData { method, service, path } => format!("{} {service}{path}", words::method_name(*method)),
        Protocol::Rfc { function } => function.clone(),
        Protocol::SftpPut { directory } => format!("put {directory}"),
    }
}

fn operation_facts(context: &Context<'_>, at: &At, system: &System, operation: &Operation) -> Vec<Fact> {
    let fact = |label: &str, value: Html| Fact { label: label.to_owned(), value, line: Html::new() };
    let mut facts = Vec::new();
    let message = |reference: &catalog::model::MessageRef| {
        let anchor = format!("#message-{}", slug(&reference.name));
        match &reference.owner {
            catalog::model::Owner::System(name) if *name == system.name => Html::new().link(&anchor, &reference.name),
            catalog::model::Owner::System(name) => {
                Html::new().link(&format!("{}{anchor}", context.system_href(at, name)), &reference.name)
            }
            catalog::model::Owner::Interface(_) => Html::new().code(&reference.name),
        }
    };
    if !operation.parameters.is_empty() {
        let parameters = operation
            .parameters
            .iter()
            .map(|it| Html::new().code(&it.name).muted(&format!(" {}", words::field_type(&it.ty))));
        facts.push(fact("Parameters", Html::join(parameters, ", ")));
    }
    facts.extend(operation.request.as_ref().map(|it| {
        fact(if matches!(operation.format, Format::Csv { .. }) { "One row" } else { "Request" }, message(it))
    }));
    facts.extend(operation.response.as_ref().map(|it| fact("Response", message(it))));
    facts.push(fact("Format", Html::of(&words::format_name(&operation.format))));
    facts.push(fact("Repetition", Html::of(&words::delivered_sentence(&operation.delivered))));
    facts.extend(operation.probe.as_ref().map(|it| fact("When a reply is lost", probe(it))));
    if let Some(paging) = &operation.paging {
        let value = Html::of(&format!("{} rows a page, until ", words::number(u64::from(paging.size))))
            .code(&paging.total)
            .text(" rows of ")
            .code(&paging.rows)
            .text(" are read");
        facts.push(fact("Pages", value));
    }
    facts.push(fact("Longest wait", Html::of(&words::duration(operation.timeout_ms))));
    let reference = OperationRef { system: system.name.clone(), operation: operation.name.clone() };
    let users = context.users(&reference);
    let users = Html::join(users.iter().map(|it| context.interface_link(at, &it.smart_id.text)), ", ");
    facts.push(fact("Used by", if users.is_empty() { Html::new().muted("no interface") } else { users }));
    facts
}

fn probe(probe: &Probe) -> Html {
    Html::new()
        .link(&format!("#op-{}", slug(&probe.operation)), &probe.operation)
        .text(" is asked; the work was done if ")
        .html(&words::in_words(&probe.found))
}

/// The index of systems.
#[derive(Template)]
#[template(path = "systems.html")]
pub(crate) struct SystemsPage {
    shell: Shell,
    rows: Vec<SystemRow>,
}

/// One system of the index.
#[derive(Debug)]
struct SystemRow {
    name: Html,
    code: String,
    title: String,
    owner: Html,
    sends: usize,
    receives: usize,
    operations: usize,
    limits: Html,
}

impl SystemsPage {
    /// Its path.
    pub(crate) const PATH: &'static str = "systems/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>) -> Self {
        let at = At::new(Self::PATH);
        let rows = context.catalog.systems().iter().map(|system| SystemRow {
            name: context.system_link(&at, &system.name),
            code: system.code.clone(),
            title: system.title.clone(),
            owner: system.owner.as_ref().map(|name| context.team_link(&at, name)).unwrap_or_default(),
            sends: context.from(&system.name).len(),
            receives: context.to(&system.name).len(),
            operations: system.operations.len(),
            limits: if system.operations.is_empty() { Html::new() } else { limits(system) },
        });
        let about = format!("All {} of the catalog.", words::count(context.catalog.systems().len(), "system"));
        Self { shell: context.shell(&at, "systems", "Systems").about(&about), rows: rows.collect() }
    }
}

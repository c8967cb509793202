//! The page of an interface, in the order in which people need it.
//!
//! In: one interface and its surroundings. Out: [`InterfacePage`]. Never knows: how a section looks.

mod breaks;
mod errors;
mod facts;
mod flow;
mod lanes;
mod mapping;
pub(crate) mod messages;
pub(crate) mod papers;
mod security;
mod sequence;
mod sheet;
mod watch;

use askama::Template;
use catalog::model::Interface;

use super::context::{Context, Fact, Shell};
use crate::html::Html;
use crate::markdown::Anchors;
use breaks::Breaks;
use errors::Errors;
pub(crate) use facts::wire;
use flow::StepRow;
pub(crate) use mapping::path;
use mapping::{LookupView, MappingView};
use messages::MessageView;
use papers::{ArtefactRow, ChangeRow, ExampleView, PointRow, Prose, RelatedRow};
use security::Security;
use sheet::Sheet;
use watch::Watch;

use super::revisions::{self, RevisionRow};

/// Everything on the page, top to bottom.
#[derive(Template)]
#[template(path = "interface.html")]
pub(crate) struct InterfacePage {
    shell: Shell,
    smart_id: String,
    digest: String,
    /// Agreed latency in milliseconds; empty if nothing is agreed.
    p95: String,
    /// Systems that take part, a line each.
    systems: String,
    legacy_ids: Vec<String>,
    title: String,
    lead: Html,
    chips: Html,
    source: End,
    target: End,
    wire: String,
    trust: Vec<Fact>,
    toc: Vec<(&'static str, &'static str)>,
    breaks: Breaks,
    lanes: Html,
    sequence: Html,
    steps: Vec<StepRow>,
    rules: Vec<Prose>,
    facts: Vec<Fact>,
    mappings: Vec<MappingView>,
    lookups: Vec<LookupView>,
    messages: Vec<MessageView>,
    errors: Errors,
    security: Security,
    watch: Watch,
    runbook: Vec<Prose>,
    artefacts: Vec<ArtefactRow>,
    owners: Vec<Fact>,
    history: Vec<ChangeRow>,
    revisions: Vec<RevisionRow>,
    /// Why there are no revisions, or what limits them.
    revisions_note: String,
    related: Vec<RelatedRow>,
    points: Vec<PointRow>,
    examples: Vec<ExampleView>,
    custom: Vec<Fact>,
    prose: Vec<Prose>,
}

/// One end of the line.
#[derive(Debug)]
struct End {
    name: String,
    href: String,
    how: String,
}

/// Names of the systems, a line each.
fn systems(interface: &Interface) -> String {
    interface.systems.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// Anchors that sections of the page have; prose gets others.
const TAKEN: &[&str] = &[
    "breaks",
    "flow",
    "facts",
    "mapping",
    "messages",
    "errors",
    "security",
    "watch",
    "runbook",
    "artefacts",
    "owners",
    "history",
    "related",
    "points",
    "examples",
    "steps",
    "sequence",
    "top",
    "live",
    "main",
    "custom",
];

impl InterfacePage {
    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, interface: &Interface) -> Self {
        let sheet = Sheet::new(context, interface);
        let mut anchors = Anchors::besides(TAKEN);
        let mut sections = papers::sections(&sheet, &mut anchors);
        let runbook = take(&mut sections, |heading| heading == "runbook");
        let rules = take(&mut sections, |heading| heading.contains("rules"));
        let effect = take(&mut sections, |heading| heading.contains("effect") || heading.contains("impact"));
        let summary = take(&mut sections, |heading| heading == "summary");
        let (revisions, revisions_note) = revisions::rows(context, interface);
        let lead = summary.into_iter().next().map(|prose| prose.body).unwrap_or_default();
        let mut page = Self {
            shell: shell(&sheet),
            smart_id: interface.smart_id.text.clone(),
            digest: interface.digest.clone(),
            p95: interface.sla.latency_p95_ms.map(|it| it.to_string()).unwrap_or_default(),
            systems: systems(interface),
            legacy_ids: interface.legacy_ids.clone(),
            title: interface.title.clone(),
            lead,
            chips: facts::chips(&sheet),
            source: end(&sheet, &interface.source, facts::source_short(&sheet)),
            target: end(&sheet, &interface.target, facts::target_short(&sheet)),
            wire: facts::wire(interface),
            trust: facts::trust(&sheet),
            toc: Vec::new(),
            breaks: breaks::breaks(&sheet, &runbook, effect),
            lanes: lanes::draw(&sheet),
            sequence: sequence::draw(&sheet),
            steps: flow::steps(&sheet),
            rules,
            facts: facts::facts(&sheet),
            mappings: mapping::mappings(&sheet),
            lookups: mapping::lookups(&sheet),
            messages: messages::messages(&sheet),
            errors: errors::errors(&sheet),
            security: security::security(&sheet),
            watch: watch::watch(&sheet),
            runbook,
            artefacts: papers::artefacts(&sheet),
            owners: facts::owners(&sheet),
            history: papers::history(&sheet),
            revisions,
            revisions_note,
            related: papers::related(&sheet),
            points: papers::points(&sheet),
            examples: papers::examples(&sheet, &mut anchors),
            custom: papers::custom(&sheet),
            prose: sections,
        };
        page.toc = page.contents();
        page
    }

    /// The sections that exist, for the list beside the page.
    fn contents(&self) -> Vec<(&'static str, &'static str)> {
        let all = [
            ("breaks", "If it breaks", true),
            ("flow", "Flow", true),
            ("facts", "Facts", true),
            ("mapping", "Mapping", !self.mappings.is_empty() || !self.lookups.is_empty()),
            ("messages", "Messages", !self.messages.is_empty()),
            ("errors", "Errors and retry", true),
            ("security", "Security", true),
            ("watch", "Alerts and monitoring", true),
            ("runbook", "Runbook", !self.runbook.is_empty()),
            ("examples", "Examples", !self.examples.is_empty()),
            ("custom", "Custom steps", !self.custom.is_empty()),
            ("artefacts", "Artefacts", !self.artefacts.is_empty()),
            ("owners", "Owners", true),
            ("history", "History", !self.history.is_empty()),
            ("related", "Related", !self.related.is_empty()),
            ("points", "Open points", true),
            ("more", "More from the document", !self.prose.is_empty()),
        ];
        all.into_iter().filter(|entry| entry.2).map(|entry| (entry.0, entry.1)).collect()
    }
}

fn shell(sheet: &Sheet<'_>) -> Shell {
    let interface = sheet.interface;
    let title = format!("{} · {}", interface.title, interface.smart_id.text);
    let shell = sheet.context.shell(&sheet.at, "interfaces", &title);
    let shell = shell.under("Interfaces", &sheet.at.to("interfaces/index.html")).about(&interface.title);
    match sheet.context.routes.domain(&interface.domain) {
        Some(path) => shell.under(&interface.domain, &sheet.at.to(&path)),
        None => shell,
    }
}

fn end(sheet: &Sheet<'_>, name: &str, how: String) -> End {
    End { name: name.to_owned(), href: sheet.context.system_href(&sheet.at, name), how }
}

/// Takes the sections whose heading, in lower case, is wanted.
fn take(sections: &mut Vec<Prose>, wanted: impl Fn(&str) -> bool) -> Vec<Prose> {
    let (taken, rest) = std::mem::take(sections).into_iter().partition(|prose| wanted(&prose.heading.to_lowercase()));
    *sections = rest;
    taken
}

//! What the site offers to programs, and to whom each file is of use.
//!
//! In: which files there are. Out: [`ProgramsPage`], and links to the files beside one page. Never knows: what is in them.

use askama::Template;

use super::context::{Context, Shell};
use crate::html::Html;
use crate::routes::At;

/// A file for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) href: String,
    pub(crate) name: &'static str,
    pub(crate) format: &'static str,
    pub(crate) purpose: &'static str,
}

/// Links to the files beside a page: those of these names.
pub(crate) fn beside(names: &[&str]) -> Html {
    let files = BESIDE.iter().filter(|(name, ..)| names.contains(name));
    Html::join(files.map(|(name, format, _)| Html::new().link(name, format)), ", ")
}

/// The page.
#[derive(Template)]
#[template(path = "programs.html")]
pub(crate) struct ProgramsPage {
    shell: Shell,
    digest: String,
    commit: String,
    whole: Vec<File>,
    beside: Vec<File>,
}

const WHOLE: &[(&str, &str, &str)] = &[
    ("catalog.json", "JSON", "every fact of every interface and system, for scripts and reports"),
    ("catalog.csv", "CSV (RFC 4180)", "one line an interface, for spreadsheets"),
    ("openapi.json", "OpenAPI 3.1", "all endpoints that the service offers, for API portals and client generators"),
    ("asyncapi.json", "AsyncAPI 3.0", "all messages that the service receives and sends"),
    ("catalog-info.yaml", "Backstage entities", "domains, teams, systems and interfaces for a developer portal"),
    ("leanix.ldif.json", "LeanIX LDIF", "applications and interfaces for an enterprise architecture inventory"),
    ("changes/feed.atom", "Atom (RFC 4287)", "what changed, for feed readers and chat rooms"),
    ("alerts.yaml", "Prometheus alert rules", "what every document promises, watched from outside"),
    ("dashboard.json", "Grafana dashboard", "all interfaces, systems and the service, to be imported"),
    ("llms.txt", "llms.txt", "links to the documents in Markdown, for language models"),
];

const BESIDE: &[(&str, &str, &str)] = &[
    ("index.md", "Markdown", "the document itself"),
    ("openapi.json", "OpenAPI 3.1", "what an interface offers over HTTP, or what is called of a system"),
    ("asyncapi.json", "AsyncAPI 3.0", "which messages an interface receives and sends"),
    ("alerts.yaml", "Prometheus alert rules", "what an interface promises, watched from outside"),
    ("dashboard.json", "Grafana dashboard", "an interface and the systems that it calls"),
];

impl ProgramsPage {
    /// Its path.
    pub(crate) const PATH: &'static str = "programs/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>) -> Self {
        let at = At::new(Self::PATH);
        let file = |(name, format, purpose): &(&'static str, &'static str, &'static str), href: String| File {
            href,
            name,
            format,
            purpose,
        };
        Self {
            shell: context.shell(&at, "docs", "For programs").under("Manual", &at.to("docs/index.html")),
            digest: context.catalog.digest().to_owned(),
            commit: context.options.commit.clone().unwrap_or_default(),
            whole: WHOLE.iter().map(|it| file(it, at.to(it.0))).collect(),
            beside: BESIDE.iter().map(|it| file(it, String::new())).collect(),
        }
    }
}

//! Diagnostics: one page a code, and where it was found in this catalog.
//!
//! In: explanations of the catalog. Out: one structure a page. Never knows: checks.

use std::collections::BTreeMap;

use askama::Template;
use catalog::diagnostic::Severity;
use catalog::explain::{self, Page};

use super::context::{Context, Shell, line_link};
use crate::html::Html;
use crate::markdown::{self, Anchors, Setting};
use crate::routes::{At, slug};

/// The path of a code's page.
pub(crate) fn path(code: &str) -> String {
    format!("codes/{}/index.html", slug(code))
}

/// One code.
#[derive(Template)]
#[template(path = "code.html")]
pub(crate) struct CodePage {
    shell: Shell,
    code: &'static str,
    title: &'static str,
    class: &'static str,
    severity: &'static str,
    body: Html,
    found: Vec<(Html, String, Html)>,
}

impl CodePage {
    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, page: Page) -> Self {
        let at = At::new(&path(page.code));
        let resolve = |href: &str| context.resolve(&at, href).or_else(|| other_code(&at, href));
        let setting = Setting { shift: 0, anchors: &mut Anchors::besides(&["main", "found"]), resolve: &resolve };
        let (body, _) = markdown::render(without_title(page.markdown), setting);
        let (class, severity) = severity(page.code);
        Self {
            shell: context
                .shell(&at, "docs", page.code)
                .under("Diagnostics", &at.to("codes/index.html"))
                .about(page.title()),
            code: page.code,
            title: page.title(),
            class,
            severity,
            body,
            found: found(context, &at, page.code),
        }
    }
}

fn found(context: &Context<'_>, at: &At, code: &str) -> Vec<(Html, String, Html)> {
    // Of all documents, few have it: addresses are made for those alone.
    let has = |path: &str| context.diagnostics(path).iter().any(|item| item.code == code);
    let interfaces = context.catalog.interfaces().iter().filter(|it| has(&it.path));
    let interfaces = interfaces.map(|it| (&it.path, &it.title, context.routes.interface(&it.smart_id.text)));
    let systems = context.catalog.systems().iter().filter(|it| has(&it.path));
    let systems = systems.map(|it| (&it.path, &it.name, context.routes.system(&it.name)));
    let mut rows = Vec::new();
    for (path, title, route) in interfaces.chain(systems) {
        let page = at.to(&route.unwrap_or_default());
        let document = page.replace("index.html", "document/index.html");
        for item in context.diagnostics(path).iter().filter(|item| item.code == code) {
            rows.push((Html::new().link(&page, title), item.message.clone(), line_link(&document, item.span.line)));
        }
    }
    rows
}

fn severity(code: &str) -> (&'static str, &'static str) {
    match Severity::of(code) {
        Severity::Error => ("bad", "error"),
        Severity::Warning => ("warn", "warning"),
        Severity::Info => ("plain", "note"),
    }
}

/// The page's own head says the title already.
fn without_title(markdown: &str) -> &str {
    let body = markdown.trim_start();
    match body.split_once('\n') {
        Some((first, rest)) if first.starts_with('#') => rest,
        _ => body,
    }
}

fn other_code(at: &At, href: &str) -> Option<String> {
    let stem = href.rsplit('/').next()?.trim_end_matches(".md");
    explain::explain(stem).map(|page| at.to(&path(page.code)))
}

/// All codes.
#[derive(Template)]
#[template(path = "codes.html")]
pub(crate) struct CodesPage {
    shell: Shell,
    groups: Vec<(&'static str, Vec<CodeRow>)>,
}

/// One code of the index.
#[derive(Debug)]
struct CodeRow {
    code: Html,
    title: &'static str,
    found: usize,
}

impl CodesPage {
    /// Its path.
    pub(crate) const PATH: &'static str = "codes/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, all: &[Page]) -> Self {
        let at = At::new(Self::PATH);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let interfaces = context.catalog.interfaces().iter().map(|it| &it.path);
        for path in interfaces.chain(context.catalog.systems().iter().map(|it| &it.path)) {
            for item in context.diagnostics(path) {
                *counts.entry(item.code).or_default() += 1;
            }
        }
        let of = |wanted: Severity| -> Vec<CodeRow> {
            let own = all.iter().filter(|page| Severity::of(page.code) == wanted);
            own.map(|page| CodeRow {
                code: Html::new().link(&at.to(&path(page.code)), page.code),
                title: page.title(),
                found: counts.get(page.code).copied().unwrap_or(0),
            })
            .collect()
        };
        let groups = vec![
            ("Errors: the catalog does not exist until they are mended", of(Severity::Error)),
            ("Warnings: open points on the page", of(Severity::Warning)),
            ("Notes: worth knowing", of(Severity::Info)),
        ];
        Self { shell: context.shell(&at, "docs", "Diagnostics"), groups }
    }
}

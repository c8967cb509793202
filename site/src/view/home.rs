//! The first page: search, counts, what needs attention, what changed, who talks to whom.
//!
//! In: the catalog. Out: [`HomePage`]. Never knows: today's date; the latest changes are the latest written.

use askama::Template;
use catalog::diagnostic::Severity;
use catalog::model::{Interface, Status};

use super::context::{Context, Shell};
use super::landscape::{Matrix, matrix};
use super::people::{ChangeLine, changes};
use crate::html::Html;
use crate::routes::At;
use crate::words;

/// The page.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage {
    shell: Shell,
    counts: Vec<Count>,
    attention: Vec<Attention>,
    /// Said when nothing needs attention.
    calm: &'static str,
    changes: Vec<ChangeLine>,
    more_changes: bool,
    domains: Vec<(Html, String)>,
    matrix: Matrix,
}

/// A number with its noun.
#[derive(Debug)]
struct Count {
    number: String,
    noun: String,
    href: String,
}

/// One interface somebody should look at.
#[derive(Debug)]
struct Attention {
    href: String,
    title: String,
    smart_id: String,
    why: String,
}

const MOST: usize = 8;

impl HomePage {
    /// Its path.
    pub(crate) const PATH: &'static str = "index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>) -> Self {
        let at = At::new(Self::PATH);
        let all: Vec<&Interface> = context.catalog.interfaces().iter().collect();
        let attention = attention(context, &at, &all);
        let mut changes = changes(context, &at);
        let more_changes = changes.len() > MOST;
        changes.truncate(MOST);
        let about = format!(
            "{} between {}: what they do, what happens when they fail, whom to call.",
            words::count(all.len(), "interface"),
            words::count(context.catalog.systems().len(), "system")
        );
        Self {
            shell: context.shell(&at, "home", &context.options.name).about(&about),
            counts: counts(context),
            calm: if attention.is_empty() { "Nothing: no open points, nothing deprecated." } else { "" },
            attention,
            changes,
            more_changes,
            domains: domains(context, &at),
            matrix: matrix(context, &at, &all, "Systems", 14),
        }
    }
}

fn counts(context: &Context<'_>) -> Vec<Count> {
    let catalog = context.catalog;
    let active = catalog.interfaces().iter().filter(|it| it.status == Status::Active).count();
    let open: usize = catalog.interfaces().iter().map(|it| context.open_points(&it.path)).sum();
    let count = |number: usize, one: &str, href: &str| {
        let noun = words::count(number, one).split_once(' ').map_or_else(String::new, |(_, noun)| noun.to_owned());
        Count { number: words::number(number as u64), noun, href: href.to_owned() }
    };
    let shown_active = Count {
        number: words::number(active as u64),
        noun: "active".to_owned(),
        href: "interfaces/index.html?status=active".to_owned(),
    };
    vec![
        count(catalog.interfaces().len(), "interface", "interfaces/index.html"),
        shown_active,
        count(catalog.systems().len(), "system", "systems/index.html"),
        count(context.routes.domains().count(), "domain", "domains/index.html"),
        count(open, "open point", "health/index.html"),
    ]
}

fn attention(context: &Context<'_>, at: &At, interfaces: &[&Interface]) -> Vec<Attention> {
    let mut found: Vec<(usize, Attention)> = Vec::new();
    for interface in interfaces {
        let open = context.diagnostics(&interface.path).iter().filter(|it| it.severity >= Severity::Warning).count();
        let mut why = Vec::new();
        if open > 0 {
            why.push(words::count(open, "open point"));
        }
        if interface.status == Status::Deprecated {
            why.push("deprecated".to_owned());
        }
        if interface.owners.support.is_none() && interface.owners.technical.is_none() {
            why.push("nobody to call".to_owned());
        }
        if !why.is_empty() {
            let href = context.routes.interface(&interface.smart_id.text).map(|path| at.to(&path)).unwrap_or_default();
            let (title, smart_id) = (interface.title.clone(), interface.smart_id.text.clone());
            found.push((open, Attention { href, title, smart_id, why: why.join(" · ") }));
        }
    }
    found.sort_by_key(|it| std::cmp::Reverse(it.0));
    found.into_iter().map(|(_, it)| it).take(MOST).collect()
}

fn domains(context: &Context<'_>, at: &At) -> Vec<(Html, String)> {
    let names = context.routes.domains();
    names
        .map(|name| {
            let count = context.of_domain(name).len();
            let link = context.routes.domain(name).map(|path| at.to(&path)).unwrap_or_default();
            (Html::new().link(&link, name), words::number(count as u64))
        })
        .collect()
}

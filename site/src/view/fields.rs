//! Fields by name: who carries `customer_id`, where its value comes from, where it goes, and under which names.
//!
//! In: moves of values. Out: one page a name, and an index. Never knows: how a mapping is executed.

use std::collections::BTreeMap;

use askama::Template;
use catalog::model::Owner;

use super::context::{Context, Shell, line_link};
use super::interface::path;
use crate::fields::{Carrier, Filled, Move, Name, last};
use crate::html::Html;
use crate::routes::{At, slug};
use crate::words;

/// More rows than this make no page that anybody reads; the table says how many there are.
pub(super) const MOST_ROWS: usize = 200;

/// One field name.
#[derive(Template)]
#[template(path = "field.html")]
pub(crate) struct FieldPage {
    shell: Shell,
    name: String,
    summary: String,
    others: Vec<Html>,
    carriers: Vec<CarrierRow>,
    onward: Vec<MoveRow>,
    inward: Vec<MoveRow>,
    more: [String; 3],
}

#[derive(Debug)]
struct CarrierRow {
    message: Html,
    path: Html,
    ty: String,
    sensitive: &'static str,
    description: String,
}

#[derive(Debug)]
pub(super) struct MoveRow {
    pub(super) interface: Html,
    pub(super) from: Html,
    pub(super) rule: Html,
    pub(super) into: Html,
    pub(super) line: Html,
}

impl FieldPage {
    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, name: &str, about: &Name<'_>, route: &str) -> Self {
        let at = At::new(route);
        let interfaces: std::collections::BTreeSet<&str> =
            about.onward.iter().chain(&about.inward).map(|it| it.interface.smart_id.text.as_str()).collect();
        let summary = format!(
            "In {}; {} {} it on.",
            words::count(about.carriers.len(), "message"),
            words::count(interfaces.len(), "interface"),
            if interfaces.len() == 1 { "passes" } else { "pass" },
        );
        let shell = context.shell(&at, "interfaces", name).under("Fields", &at.to(FieldsPage::PATH)).about(&summary);
        Self {
            shell,
            name: name.to_owned(),
            summary,
            others: about.others(name).into_iter().map(|other| link(context, &at, other)).collect(),
            carriers: about.carriers.iter().take(MOST_ROWS).map(|it| carrier(context, &at, it)).collect(),
            onward: moves(context, &at, &about.onward),
            inward: moves(context, &at, &about.inward),
            more: [about.carriers.len(), about.onward.len(), about.inward.len()].map(more),
        }
    }
}

pub(super) fn more(all: usize) -> String {
    if all > MOST_ROWS { format!("The first {MOST_ROWS} of {}.", words::number(all as u64)) } else { String::new() }
}

/// A link to the page of a field; its name alone if it has none.
fn link(context: &Context<'_>, at: &At, name: &str) -> Html {
    match context.routes.field(name) {
        Some(route) => Html::new().link(&at.to(&route), name),
        None => Html::new().code(name),
    }
}

fn carrier(context: &Context<'_>, at: &At, it: &Carrier<'_>) -> CarrierRow {
    CarrierRow {
        message: message(context, at, &it.message.owner, &it.message.name),
        path: path(&it.path),
        ty: words::field_type(&it.field.ty),
        sensitive: words::sensitivity(it.field.sensitive),
        description: it.field.description.clone(),
    }
}

/// `SAP SRM7: ShoppingCart`, leading to the place where the message is described.
fn message(context: &Context<'_>, at: &At, owner: &Owner, name: &str) -> Html {
    let (page, who) = match owner {
        Owner::System(system) => (context.routes.system(system), system),
        Owner::Interface(smart_id) => (context.routes.interface(smart_id), smart_id),
    };
    let href = page.map(|page| format!("{}#message-{}", at.to(&page), slug(name)));
    Html::new().link(&href.unwrap_or_default(), name).muted(&format!(" {who}"))
}

pub(super) fn moves(context: &Context<'_>, at: &At, all: &[Move<'_>]) -> Vec<MoveRow> {
    all.iter().take(MOST_ROWS).map(|it| row(context, at, it)).collect()
}

fn row(context: &Context<'_>, at: &At, it: &Move<'_>) -> MoveRow {
    let page = at.to(&context.routes.interface(&it.interface.smart_id.text).unwrap_or_default());
    let (rule, into) = match it.into {
        Filled::Message(target, row) => {
            (words::rule(&row.rule, &page), Html::new().muted(&format!(" {}", target.name)))
        }
        Filled::Request(operation) => (
            Html::new().muted("put into the request"),
            Html::new().muted(&format!(" {}: {}", operation.system, operation.operation)),
        ),
    };
    MoveRow {
        interface: context.interface_link(at, &it.interface.smart_id.text),
        from: if it.from.trim().is_empty() { Html::new().muted("fixed") } else { Html::new().code(&it.from) },
        rule,
        into: path(it.filled).html(&into),
        line: line_link(&page.replace("index.html", "document/index.html"), it.span.line),
    }
}

/// All field names.
#[derive(Template)]
#[template(path = "fields.html")]
pub(crate) struct FieldsPage {
    shell: Shell,
    summary: String,
    names: Vec<NameRow>,
}

#[derive(Debug)]
struct NameRow {
    name: Html,
    others: Html,
    messages: usize,
    moves: usize,
    sensitive: &'static str,
}

impl FieldsPage {
    /// Its path.
    pub(crate) const PATH: &'static str = "fields/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, index: &BTreeMap<&str, Name<'_>>) -> Self {
        let at = At::new(Self::PATH);
        // As people look them up: capital letters make no difference.
        let mut sorted: Vec<_> = index.iter().collect();
        sorted.sort_by_key(|(name, _)| (name.to_lowercase(), **name));
        let names: Vec<NameRow> = sorted
            .into_iter()
            .map(|(name, about)| NameRow {
                name: link(context, &at, name),
                others: others(about, name),
                messages: about.carriers.len(),
                moves: about.onward.len() + about.inward.len(),
                sensitive: about.carriers.iter().map(|it| it.field.sensitive).max().map_or("", words::sensitivity),
            })
            .collect();
        let summary = format!(
            "{}. The same value often has another name at the other end.",
            words::count(names.len(), "field name")
        );
        Self { shell: context.shell(&at, "interfaces", "Fields").about(&summary), summary, names }
    }
}

/// The first few other names.
fn others(about: &Name<'_>, name: &str) -> Html {
    const SHOWN: usize = 4;
    let all = about.others(name);
    let shown = Html::join(all.iter().take(SHOWN).map(|other| Html::new().code(last(other))), ", ");
    if all.len() > SHOWN { shown.muted(&format!(" and {} more", all.len() - SHOWN)) } else { shown }
}

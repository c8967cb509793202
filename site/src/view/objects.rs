//! Business objects: who carries a purchase order, from where to where, and what its fields are called on either side.
//!
//! In: objects of the catalog. Out: one page an object, and an index. Never knows: how objects are found.

use std::collections::BTreeMap;

use askama::Template;

use super::context::{Context, Shell};
use super::fields::{MOST_ROWS, MoveRow, more, moves};
use super::list::{Row, rows};
use crate::draw::neighbours::{self, Neighbour, Neighbours};
use crate::html::Html;
use crate::objects::{Ends, Object};
use crate::routes::At;
use crate::words;

/// One business object.
#[derive(Template)]
#[template(path = "object.html")]
pub(crate) struct ObjectPage {
    shell: Shell,
    name: String,
    summary: String,
    /// Said when no document names the object.
    derived: bool,
    drawing: Html,
    rows: Vec<Row>,
    moves: Vec<MoveRow>,
    more: String,
}

impl ObjectPage {
    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, object: &Object<'_>, path: &str) -> Self {
        let at = At::new(path);
        let (from, to) = object.ends();
        let names = |ends: &Ends<'_>| words::list(&ends.keys().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        let carried = words::count(object.interfaces.len(), "interface");
        let summary = if from.is_empty() {
            format!("Carried by {carried}.")
        } else {
            format!("Carried by {carried}, from {} to {}.", names(&from), names(&to))
        };
        let mut all: Vec<_> = object.interfaces.iter().flat_map(|it| crate::fields::moves(it)).collect();
        // The same field of several interfaces stands together.
        all.sort_by_cached_key(|it| it.read.first().map(|name| name.to_lowercase()));
        let shell = context.shell(&at, "interfaces", object.name).under("Business objects", &at.to(ObjectsPage::PATH));
        Self {
            shell: shell.about(&summary),
            name: object.name.to_owned(),
            summary,
            derived: !object.stated,
            drawing: draw(context, &at, object.name, (&from, &to)),
            rows: rows(context, &at, &object.interfaces),
            moves: moves(context, &at, &all[..all.len().min(MOST_ROWS)]),
            more: more(all.len()),
        }
    }
}

fn draw(context: &Context<'_>, at: &At, name: &str, (from, to): (&Ends<'_>, &Ends<'_>)) -> Html {
    if from.is_empty() {
        return Html::new();
    }
    let nodes = |ends: &Ends<'_>| {
        let nodes = ends.iter().map(|(name, count)| Neighbour {
            name: (*name).to_owned(),
            href: context.system_href(at, name),
            count: *count,
        });
        let mut nodes: Vec<Neighbour> = nodes.collect();
        nodes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        nodes
    };
    neighbours::draw(&Neighbours {
        title: "Where it comes from and goes to",
        headings: ["comes from", "business object", "goes to"],
        name: name.to_owned(),
        sources: nodes(from),
        targets: nodes(to),
    })
}

/// All business objects.
#[derive(Template)]
#[template(path = "objects.html")]
pub(crate) struct ObjectsPage {
    shell: Shell,
    summary: String,
    objects: Vec<ObjectRow>,
}

/// One row of the index.
#[derive(Debug)]
struct ObjectRow {
    name: Html,
    interfaces: usize,
    from: Html,
    to: Html,
    derived: bool,
}

impl ObjectsPage {
    /// Its path.
    pub(crate) const PATH: &'static str = "objects/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, index: &BTreeMap<String, Object<'_>>) -> Self {
        let at = At::new(Self::PATH);
        let links = |ends: &Ends<'_>| Html::join(ends.keys().map(|it| context.system_link(&at, it)), ", ");
        let objects = index.iter().map(|(key, object)| {
            let (from, to) = object.ends();
            ObjectRow {
                name: Html::new().link(&at.to(&context.routes.object(key).unwrap_or_default()), object.name),
                interfaces: object.interfaces.len(),
                from: links(&from),
                to: links(&to),
                derived: !object.stated,
            }
        });
        let objects: Vec<ObjectRow> = objects.collect();
        let summary = format!(
            "{}: what the business calls the things that interfaces carry.",
            words::count(objects.len(), "business object")
        );
        Self { shell: context.shell(&at, "interfaces", "Business objects").about(&summary), summary, objects }
    }
}

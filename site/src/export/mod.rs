//! The catalog for machines: facts as JSON and CSV, interface descriptions in the formats of other tools, a feed.
//!
//! In: the catalog. Out: texts with the path each lives at. Never knows: pages beyond their addresses.

mod asyncapi;
mod backstage;
mod facts;
mod feed;
mod grafana;
mod grafana_format;
mod leanix;
mod llms;
mod metrics;
mod openapi;
mod prometheus;
mod schema;
mod sitemap;

use catalog::model::{Interface, System};
use serde::Serialize;
use serde_json::Value;

use crate::view::{Context, speaks_http};

/// Name of a file, and what makes its text of something.
pub(crate) type Export<Of> = (&'static str, fn(&Context<'_>, &Of) -> String);

/// Makes a text of the whole catalog.
type Whole = fn(&Context<'_>) -> String;

/// Every file that describes the catalog as a whole: its path, and what makes it.
pub(crate) const WHOLE: &[(&str, Whole)] = &[
    ("catalog.json", facts::json),
    ("catalog.csv", facts::csv),
    ("llms.txt", llms::text),
    ("openapi.json", |context| pretty(&openapi::service(context, context.catalog.interfaces()))),
    ("asyncapi.json", |context| pretty(&asyncapi::document(context, context.catalog.interfaces()))),
    ("catalog-info.yaml", backstage::text),
    ("leanix.ldif.json", |context| pretty(&leanix::document(context))),
    ("changes/feed.atom", feed::text),
    ("alerts.yaml", prometheus::whole),
    ("dashboard.json", grafana::whole),
];

/// The map of all pages, which needs the address of the site: pages themselves are linked relative to each other.
pub(crate) fn sitemap(base: &str, pages: &[String]) -> String {
    sitemap::text(base, pages)
}

/// Beside the page of an interface: what it offers and exchanges.
pub(crate) fn of_interface(interface: &Interface) -> impl Iterator<Item = Export<Interface>> {
    let offered: Export<Interface> =
        ("openapi.json", |context, it| pretty(&openapi::service(context, std::slice::from_ref(it))));
    let always: [Export<Interface>; 3] = [
        ("asyncapi.json", |context, it| pretty(&asyncapi::document(context, std::slice::from_ref(it)))),
        ("alerts.yaml", prometheus::of_interface),
        ("dashboard.json", grafana::of_interface),
    ];
    openapi::has(interface).then_some(offered).into_iter().chain(always)
}

/// Beside the page of a system: the operations that interfaces call.
pub(crate) fn of_system(system: &System) -> impl Iterator<Item = Export<System>> {
    let called: Export<System> = ("openapi.json", |context, it| pretty(&openapi::system(context, it)));
    speaks_http(system).then_some(called).into_iter()
}

/// A file in the folder of a page.
pub(crate) fn beside(page: &str, name: &str) -> String {
    page.replace("index.html", name)
}

/// With line ends and indentation; ends in a line end.
fn pretty(value: &impl Serialize) -> String {
    // Our values have texts as keys, and writing to memory does not fail.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// Puts parts into an outline that has `null` in their places: `json!` would copy all that is in them.
fn filled<const COUNT: usize>(mut outline: Value, parts: [(&str, Value); COUNT]) -> Value {
    for (place, part) in parts {
        if let Some(place) = outline.pointer_mut(place) {
            *place = part;
        }
    }
    outline
}

/// A name made of letters, digits, `.`, `-` and `_`, as the component names of OpenAPI and AsyncAPI have to be.
fn component(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }).collect()
}

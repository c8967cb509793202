//! The catalog for machines: facts as JSON and CSV, interface descriptions in the formats of other tools, a feed.
//!
//! In: the catalog. Out: texts with the path each lives at. Never knows: pages beyond their addresses.

mod asyncapi;
mod backstage;
mod facts;
mod feed;
mod grafana;
mod leanix;
mod llms;
mod metrics;
mod openapi;
mod prometheus;
mod schema;
mod sitemap;

use serde_json::Value;

use crate::view::{Context, speaks_http};

/// A file for machines.
pub(crate) type Export = (String, String);

/// Every file that describes the catalog as a whole.
pub(crate) fn whole(context: &Context<'_>) -> impl Iterator<Item = Export> {
    let files = vec![
        ("catalog.json".to_owned(), facts::json(context)),
        ("catalog.csv".to_owned(), facts::csv(context)),
        ("llms.txt".to_owned(), llms::text(context)),
        ("openapi.json".to_owned(), pretty(&openapi::service(context, context.catalog.interfaces()))),
        ("asyncapi.json".to_owned(), pretty(&asyncapi::document(context, context.catalog.interfaces()))),
        ("catalog-info.yaml".to_owned(), backstage::text(context)),
        ("leanix.ldif.json".to_owned(), pretty(&leanix::document(context))),
        ("changes/feed.atom".to_owned(), feed::text(context)),
        ("alerts.yaml".to_owned(), prometheus::whole(context)),
        ("dashboard.json".to_owned(), pretty(&grafana::whole(context))),
    ];
    files.into_iter().chain(of_interfaces(context)).chain(of_systems(context))
}

/// The map of all pages, which needs the address of the site: pages themselves are linked relative to each other.
pub(crate) fn sitemap(base: &str, paths: &[&str]) -> Export {
    ("sitemap.xml".to_owned(), sitemap::text(base, paths))
}

/// Beside the pages of interfaces: what each offers and exchanges. Made one interface after the other.
fn of_interfaces(context: &Context<'_>) -> impl Iterator<Item = Export> {
    context.catalog.interfaces().iter().flat_map(|interface| {
        let Some(page) = context.routes.interface(&interface.smart_id.text) else { return Vec::new() };
        let only = std::slice::from_ref(interface);
        let mut files = Vec::new();
        if openapi::has(interface) {
            files.push((beside(&page, "openapi.json"), pretty(&openapi::service(context, only))));
        }
        files.push((beside(&page, "asyncapi.json"), pretty(&asyncapi::document(context, only))));
        files.push((beside(&page, "alerts.yaml"), prometheus::of_interface(context, interface)));
        files.push((beside(&page, "dashboard.json"), pretty(&grafana::of_interface(context, interface))));
        files
    })
}

/// Beside the pages of systems: the operations that interfaces call.
fn of_systems(context: &Context<'_>) -> impl Iterator<Item = Export> {
    let described = context.catalog.systems().iter().filter(|system| speaks_http(system));
    described.filter_map(|system| {
        let page = context.routes.system(&system.name)?;
        Some((beside(&page, "openapi.json"), pretty(&openapi::system(context, system))))
    })
}

/// A file in the folder of a page.
fn beside(page: &str, name: &str) -> String {
    page.replace("index.html", name)
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// A name made of letters, digits, `.`, `-` and `_`, as the component names of OpenAPI and AsyncAPI have to be.
fn component(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }).collect()
}

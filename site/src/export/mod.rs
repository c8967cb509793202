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
pub(crate) fn whole(context: &Context<'_>) -> Vec<Export> {
    let mut files = vec![
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
    files.extend(of_interfaces(context));
    files.extend(of_systems(context));
    files
}

/// The map of all pages, which needs the address of the site: pages themselves are linked relative to each other.
pub(crate) fn sitemap(base: &str, paths: &[&str]) -> Export {
    ("sitemap.xml".to_owned(), sitemap::text(base, paths))
}

/// Beside the page of an interface: what it offers and exchanges.
fn of_interfaces(context: &Context<'_>) -> Vec<Export> {
    let mut files = Vec::new();
    for interface in context.catalog.interfaces() {
        let Some(page) = context.routes.interface(&interface.smart_id.text) else { continue };
        let only = std::slice::from_ref(interface);
        if openapi::has(interface) {
            files.push((beside(&page, "openapi.json"), pretty(&openapi::service(context, only))));
        }
        files.push((beside(&page, "asyncapi.json"), pretty(&asyncapi::document(context, only))));
        files.push((beside(&page, "alerts.yaml"), prometheus::of_interface(context, interface)));
        files.push((beside(&page, "dashboard.json"), pretty(&grafana::of_interface(context, interface))));
    }
    files
}

/// Beside the page of a system: the operations that interfaces call.
fn of_systems(context: &Context<'_>) -> Vec<Export> {
    let described = context.catalog.systems().iter().filter(|system| speaks_http(system));
    let files = described.filter_map(|system| {
        let page = context.routes.system(&system.name)?;
        Some((beside(&page, "openapi.json"), pretty(&openapi::system(context, system))))
    });
    files.collect()
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

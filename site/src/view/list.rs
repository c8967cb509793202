//! Lists of interfaces, and the page that holds all of them with facets.
//!
//! In: interfaces. Out: [`Row`]s and [`ListPage`]. Never knows: how filters are executed in the browser.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use catalog::model::{Interface, TriggerKind};

use super::context::{Context, Shell, operations};
use crate::html::Html;
use crate::routes::{At, slug};
use crate::words;

/// One interface in a list.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) href: String,
    pub(crate) smart_id: String,
    pub(crate) legacy_ids: String,
    pub(crate) title: String,
    pub(crate) source: Html,
    pub(crate) target: Html,
    pub(crate) status: &'static str,
    pub(crate) status_class: &'static str,
    pub(crate) style: &'static str,
    pub(crate) domain: Html,
    pub(crate) owner: Html,
    pub(crate) points: usize,
    /// Keys of the facets it belongs to: `status:active|system:srm7`.
    pub(crate) keys: String,
}

/// A group of facets.
#[derive(Debug)]
pub(crate) struct Facets {
    pub(crate) title: &'static str,
    pub(crate) values: Vec<Facet>,
}

/// One facet: a link that narrows the list.
#[derive(Debug)]
pub(crate) struct Facet {
    pub(crate) label: String,
    pub(crate) key: String,
    pub(crate) href: String,
    pub(crate) count: usize,
}

/// The list of all interfaces.
#[derive(Template)]
#[template(path = "list.html")]
pub(crate) struct ListPage {
    shell: Shell,
    total: String,
    facets: Vec<Facets>,
    rows: Vec<Row>,
    csv_href: String,
    json_href: String,
}

impl ListPage {
    /// Its path.
    pub(crate) const PATH: &'static str = "interfaces/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>) -> Self {
        let at = At::new(Self::PATH);
        let interfaces: Vec<&Interface> = context.catalog.interfaces().iter().collect();
        let about = format!("All {} of the catalog.", words::count(interfaces.len(), "interface"));
        Self {
            shell: context.shell(&at, "interfaces", "Interfaces").about(&about),
            total: words::count(interfaces.len(), "interface"),
            facets: facets(context, &interfaces),
            rows: rows(context, &at, &interfaces),
            csv_href: at.to("catalog.csv"),
            json_href: at.to("catalog.json"),
        }
    }
}

/// Rows of a list on the page `at`.
pub(crate) fn rows(context: &Context<'_>, at: &At, interfaces: &[&Interface]) -> Vec<Row> {
    interfaces.iter().map(|interface| row(context, at, interface)).collect()
}

fn row(context: &Context<'_>, at: &At, interface: &Interface) -> Row {
    let owner = interface.owners.technical.as_ref().or(interface.owners.business.as_ref());
    Row {
        href: context.routes.interface(&interface.smart_id.text).map(|path| at.to(&path)).unwrap_or_default(),
        smart_id: interface.smart_id.text.clone(),
        legacy_ids: interface.legacy_ids.join(", "),
        title: interface.title.clone(),
        source: context.system_link(at, &interface.source),
        target: context.system_link(at, &interface.target),
        status: words::status_name(interface.status),
        status_class: words::status_class(interface.status),
        style: words::style_name(interface.style),
        domain: match context.routes.domain(&interface.domain) {
            Some(path) => Html::new().link(&at.to(&path), &interface.domain),
            None => Html::of(&interface.domain),
        },
        owner: owner.map(|name| context.team_link(at, name)).unwrap_or_default(),
        points: context.open_points(&interface.path),
        keys: keys(context, interface).into_iter().map(|(_, key, _)| key).collect::<Vec<_>>().join("|"),
    }
}

/// Group, key and label of every facet of an interface.
fn keys(context: &Context<'_>, interface: &Interface) -> Vec<(&'static str, String, String)> {
    let mut keys = Vec::new();
    let mut add = |group: &'static str, name: &str, label: &str| {
        keys.push((group, format!("{name}:{}", slug(label)), label.to_owned()));
    };
    add("Status", "status", words::status_name(interface.status));
    add("Domain", "domain", &interface.domain);
    for system in &interface.systems {
        add("System", "system", system);
    }
    add("Source", "source", &interface.source);
    add("Target", "target", &interface.target);
    add("Style", "style", words::style_name(interface.style));
    for protocol in protocols(context, interface) {
        add("Protocol", "protocol", protocol);
    }
    let owners = [&interface.owners.business, &interface.owners.technical, &interface.owners.support];
    let teams: BTreeSet<&String> = owners.into_iter().flatten().collect();
    for team in teams {
        add("Owner", "owner", team);
    }
    let quality = if context.open_points(&interface.path) > 0 { "with open points" } else { "no open points" };
    add("Quality", "quality", quality);
    keys
}

/// Protocols in use on either side.
pub(crate) fn protocols(context: &Context<'_>, interface: &Interface) -> BTreeSet<&'static str> {
    let inbound = match interface.trigger.kind {
        TriggerKind::Http { .. } | TriggerKind::Request { .. } => Some("REST"),
        TriggerKind::Schedule(_) => None,
    };
    let called = operations(&interface.flow).into_iter().filter_map(|it| context.catalog.operation(it));
    called.map(|operation| words::protocol_name(&operation.protocol)).chain(inbound).collect()
}

fn facets(context: &Context<'_>, interfaces: &[&Interface]) -> Vec<Facets> {
    let mut counts: BTreeMap<(&'static str, String), (String, usize)> = BTreeMap::new();
    for interface in interfaces {
        for (group, key, label) in keys(context, interface) {
            counts.entry((group, key)).or_insert((label, 0)).1 += 1;
        }
    }
    ["Status", "Domain", "System", "Style", "Protocol", "Owner", "Quality"]
        .into_iter()
        .map(|title| {
            let own = counts.iter().filter(|((group, _), _)| *group == title);
            let values = own.map(|((_, key), (label, count))| Facet {
                label: label.clone(),
                href: format!("?{}", key.replacen(':', "=", 1)),
                key: key.clone(),
                count: *count,
            });
            Facets { title, values: values.collect() }
        })
        .filter(|facets| !facets.values.is_empty())
        .collect()
}

//! Domains and owners: the interfaces of each.
//!
//! In: the catalog. Out: one page a domain, one an owner, one index each. Never knows: facets.

use std::collections::BTreeSet;

use askama::Template;
use catalog::model::Interface;

use super::context::{Context, Shell};
use super::landscape::{Matrix, matrix};
use super::list::{Row, rows};
use crate::html::Html;
use crate::routes::At;
use crate::words;

/// What interfaces are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Domain,
    Team,
}

impl Group {
    const fn one(self) -> &'static str {
        match self {
            Self::Domain => "Domain",
            Self::Team => "Owner",
        }
    }

    const fn many(self) -> &'static str {
        match self {
            Self::Domain => "Domains",
            Self::Team => "Owners",
        }
    }

    /// Path of the index.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Domain => "domains/index.html",
            Self::Team => "teams/index.html",
        }
    }

    fn members<'c, 'a>(self, context: &'c Context<'a>, name: &str) -> &'c [&'a Interface] {
        match self {
            Self::Domain => context.of_domain(name),
            Self::Team => context.of_team(name),
        }
    }
}

/// One domain or owner.
#[derive(Template)]
#[template(path = "group.html")]
pub(crate) struct GroupPage {
    shell: Shell,
    kind: &'static str,
    name: String,
    summary: String,
    systems: Vec<Html>,
    matrix: Option<Matrix>,
    rows: Vec<Row>,
}

impl GroupPage {
    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, group: Group, name: &str, path: &str) -> Self {
        let at = At::new(path);
        let members = group.members(context, name);
        let involved: BTreeSet<&str> = members.iter().flat_map(|it| &it.systems).map(String::as_str).collect();
        let stewarded = context.catalog.systems().iter().filter(|system| match group {
            Group::Team => system.owner.as_deref() == Some(name),
            Group::Domain => involved.contains(system.name.as_str()),
        });
        let systems: Vec<Html> = stewarded.map(|system| context.system_link(&at, &system.name)).collect();
        let summary =
            format!("{}, {}", words::count(members.len(), "interface"), words::count(systems.len(), "system"));
        Self {
            shell: context.shell(&at, "interfaces", name).under(group.many(), &at.to(group.path())).about(&summary),
            kind: group.one(),
            name: name.to_owned(),
            summary,
            systems,
            matrix: (!members.is_empty()).then(|| matrix(context, &at, members, name, 40)),
            rows: rows(context, &at, members),
        }
    }
}

/// All domains, or all owners.
#[derive(Template)]
#[template(path = "groups.html")]
pub(crate) struct GroupsPage {
    shell: Shell,
    title: &'static str,
    kind: &'static str,
    groups: Vec<GroupRow>,
}

/// One row of the index.
#[derive(Debug)]
struct GroupRow {
    name: Html,
    interfaces: usize,
    systems: Html,
}

impl GroupsPage {
    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, group: Group) -> Self {
        let at = At::new(group.path());
        let names: Vec<&str> = match group {
            Group::Domain => context.routes.domains().collect(),
            Group::Team => context.routes.teams().collect(),
        };
        let groups = names.into_iter().map(|name| {
            let members = group.members(context, name);
            let mut systems: Vec<&str> =
                members.iter().flat_map(|it| [it.source.as_str(), it.target.as_str()]).collect();
            systems.sort_unstable();
            systems.dedup();
            let path = match group {
                Group::Domain => context.routes.domain(name),
                Group::Team => context.routes.team(name),
            };
            GroupRow {
                name: Html::new().link(&at.to(&path.unwrap_or_default()), name),
                interfaces: members.len(),
                systems: Html::join(systems.into_iter().map(|system| context.system_link(&at, system)), ", "),
            }
        });
        let groups = groups.collect();
        Self { shell: context.shell(&at, "interfaces", group.many()), title: group.many(), kind: group.one(), groups }
    }
}

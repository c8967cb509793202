//! What every page builder needs: the catalog, indexes over it, links.
//!
//! In: catalog, diagnostics, options. Out: [`Context`], [`Shell`], [`Fact`]. Never knows: a particular page.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use catalog::Catalog;
use catalog::diagnostic::{Diagnostic, Diagnostics, Severity};
use catalog::model::{Interface, OperationRef, Step, StepKind};

use crate::Options;
use crate::html::Html;
use crate::noted::Noted;
use crate::revisions::{self, Trail};
use crate::routes::{At, Routes};

/// The catalog with its indexes.
pub(crate) struct Context<'a> {
    pub(crate) catalog: Noted<'a>,
    pub(crate) options: &'a Options,
    pub(crate) routes: Routes,
    /// Revisions of each interface that has any, by Smart ID.
    trails: BTreeMap<&'a str, Trail<'a>>,
    diagnostics: HashMap<&'a str, Vec<&'a Diagnostic>>,
    /// Interfaces by the path of their document.
    of_path: HashMap<&'a str, &'a Interface>,
    /// Interfaces that take part in each operation.
    users: HashMap<OperationRef, BTreeSet<&'a str>>,
    /// Interfaces that name another one as related, by the other's Smart ID.
    named_by: BTreeMap<&'a str, Vec<(&'a Interface, &'a str)>>,
    from: ByName<'a>,
    to: ByName<'a>,
    involving: ByName<'a>,
    of_domain: ByName<'a>,
    of_team: ByName<'a>,
}

/// Interfaces by the name of something, each list by Smart ID: to look through all of them on every page would take as long as the
/// catalog is large, on as many pages.
type ByName<'a> = HashMap<&'a str, Vec<&'a Interface>>;

fn by_name<'a, Names: IntoIterator<Item = &'a str>>(
    catalog: &'a Catalog,
    names: impl Fn(&'a Interface) -> Names,
) -> ByName<'a> {
    let mut found = ByName::new();
    for interface in catalog.interfaces() {
        for name in names(interface) {
            let list = found.entry(name).or_default();
            // An interface may have one owner for two things.
            if list.last().is_none_or(|last| !std::ptr::eq(*last, interface)) {
                list.push(interface);
            }
        }
    }
    found
}

impl<'a> Context<'a> {
    /// Builds the indexes.
    pub(crate) fn new(catalog: &'a Catalog, diagnostics: &'a Diagnostics, options: &'a Options) -> Self {
        let mut by_path: HashMap<&str, Vec<&Diagnostic>> = HashMap::new();
        for item in diagnostics.items() {
            by_path.entry(item.path.as_str()).or_default().push(item);
        }
        let mut users: HashMap<OperationRef, BTreeSet<&str>> = HashMap::new();
        let mut named_by: BTreeMap<&str, Vec<(&Interface, &str)>> = BTreeMap::new();
        for interface in catalog.interfaces() {
            for operation in operations(&interface.flow) {
                users.entry(operation.clone()).or_default().insert(&interface.smart_id.text);
            }
            for related in &interface.related {
                named_by.entry(&related.smart_id).or_default().push((interface, &related.relation));
            }
        }
        let trails = revisions::trails(catalog, &options.history);
        Self {
            catalog: Noted::new(catalog),
            options,
            routes: Routes::of(catalog),
            trails,
            diagnostics: by_path,
            of_path: catalog.interfaces().iter().map(|it| (it.path.as_str(), it)).collect(),
            users,
            named_by,
            from: by_name(catalog, |it| [it.source.as_str()]),
            to: by_name(catalog, |it| [it.target.as_str()]),
            involving: by_name(catalog, |it| it.systems.iter().map(String::as_str)),
            of_domain: by_name(catalog, |it| [it.domain.as_str()]),
            of_team: by_name(catalog, |it| {
                let owners = [&it.owners.business, &it.owners.technical, &it.owners.support];
                owners.into_iter().filter_map(|owner| owner.as_deref())
            }),
        }
    }

    /// What was found in a document, in order of place.
    pub(crate) fn diagnostics(&self, path: &str) -> &[&'a Diagnostic] {
        if let Some(interface) = self.of_path.get(path) {
            self.catalog.read(interface);
        }
        self.diagnostics.get(path).map_or(&[], Vec::as_slice)
    }

    /// Open points of a document: what was found and is more than information.
    pub(crate) fn open_points(&self, path: &str) -> usize {
        self.diagnostics(path).iter().filter(|item| item.severity >= Severity::Warning).count()
    }

    /// Interfaces that call an operation.
    pub(crate) fn users(&self, operation: &OperationRef) -> Vec<&'a Interface> {
        let ids = self.users.get(operation).into_iter().flatten();
        ids.filter_map(|id| self.catalog.interface(id)).collect()
    }

    /// Interfaces that name this one, with the words they use.
    pub(crate) fn named_by(&self, smart_id: &str) -> &[(&'a Interface, &'a str)] {
        let found = self.named_by.get(smart_id).map_or(&[][..], Vec::as_slice);
        found.iter().for_each(|(it, _)| self.catalog.read(it));
        found
    }

    /// Interfaces with this source.
    pub(crate) fn from(&self, system: &str) -> &[&'a Interface] {
        self.list(&self.from, system)
    }

    /// Interfaces with this target.
    pub(crate) fn to(&self, system: &str) -> &[&'a Interface] {
        self.list(&self.to, system)
    }

    /// Interfaces that have this system as one end, or call it.
    pub(crate) fn involving(&self, system: &str) -> &[&'a Interface] {
        self.list(&self.involving, system)
    }

    /// Interfaces of a domain.
    pub(crate) fn of_domain(&self, name: &str) -> &[&'a Interface] {
        self.list(&self.of_domain, name)
    }

    /// Interfaces that somebody owns, in whatever way.
    pub(crate) fn of_team(&self, name: &str) -> &[&'a Interface] {
        self.list(&self.of_team, name)
    }

    /// Who is in a list is noted, not who is not: lists change only with what `made` counts as the world.
    fn list<'c>(&'c self, lists: &'c ByName<'a>, name: &str) -> &'c [&'a Interface] {
        let found = lists.get(name).map_or(&[][..], Vec::as_slice);
        found.iter().for_each(|it| self.catalog.read(it));
        found
    }

    /// An interface whose file is about to be made.
    pub(crate) fn own(&self, interface: &'a Interface) -> &'a Interface {
        self.catalog.read(interface);
        interface
    }

    /// Revisions of an interface, if there are any.
    pub(crate) fn trail(&self, interface: &Interface) -> Option<&Trail<'a>> {
        self.catalog.read(interface);
        self.trails.get(interface.smart_id.text.as_str())
    }

    /// A link to the page of a system; its name alone if it has none.
    pub(crate) fn system_link(&self, at: &At, name: &str) -> Html {
        match self.routes.system(name) {
            Some(path) => Html::new().link(&at.to(&path), name),
            None => Html::of(name),
        }
    }

    /// A link to the page of an interface; its id alone if it has none.
    pub(crate) fn interface_link(&self, at: &At, smart_id: &str) -> Html {
        match self.routes.interface(smart_id) {
            Some(path) => Html::new().link(&at.to(&path), smart_id),
            None => Html::of(smart_id),
        }
    }

    /// A link to the page of an owner.
    pub(crate) fn team_link(&self, at: &At, name: &str) -> Html {
        match self.routes.team(name) {
            Some(path) => Html::new().link(&at.to(&path), name),
            None => Html::of(name),
        }
    }

    /// Page address of a system, relative; empty if it has none.
    pub(crate) fn system_href(&self, at: &At, name: &str) -> String {
        self.routes.system(name).map(|path| at.to(&path)).unwrap_or_default()
    }

    /// Where a relative link inside a document leads: to the page of the document it names.
    pub(crate) fn resolve(&self, at: &At, href: &str) -> Option<String> {
        if let Some(smart_id) = href.strip_prefix("id:") {
            return self.routes.interface(smart_id).map(|path| at.to(&path));
        }
        let (path, fragment) = href.split_once('#').map_or((href, None), |(path, fragment)| (path, Some(fragment)));
        let stem = path.rsplit('/').next()?.strip_suffix(".md")?;
        let page = self.routes.interface(stem).or_else(|| self.system_of_file(stem));
        // A fragment names an anchor of a document, which a page made from it need not have.
        page.map(|page| at.to(&page)).or_else(|| Some(at.to(&self.manual_of_file(stem, fragment)?)))
    }

    fn system_of_file(&self, stem: &str) -> Option<String> {
        let file = format!("/{stem}.md");
        let system = self.catalog.systems().iter().find(|system| system.path.ends_with(&file))?;
        self.routes.system(&system.name)
    }

    fn manual_of_file(&self, stem: &str, fragment: Option<&str>) -> Option<String> {
        let page = self.options.manual.iter().find(|page| page.stem() == stem)?;
        match fragment.filter(|it| page.has_anchor(it)) {
            Some(fragment) => Some(format!("{}#{fragment}", page.route())),
            None => Some(page.route()),
        }
    }

    /// Name, sort and address of a page for its head.
    pub(crate) fn shell(&self, at: &At, section: &'static str, title: &str) -> Shell {
        Shell {
            title: title.to_owned(),
            description: String::new(),
            root: at.root.clone(),
            site: self.options.name.clone(),
            section,
            crumbs: Vec::new(),
            icon: match &self.options.logo {
                Some(logo) => {
                    (format!("logo.{}", logo.ending), if logo.ending == "png" { "image/png" } else { "image/svg+xml" })
                }
                None => ("icon.svg".to_owned(), "image/svg+xml"),
            },
            logo: self.options.logo.is_some(),
            pages: self
                .options
                .manual
                .iter()
                .filter(|it| it.featured)
                .map(|it| (at.to(&it.route()), it.title()))
                .collect(),
        }
    }
}

/// What all pages have around them.
#[derive(Debug, Clone)]
pub(crate) struct Shell {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) root: String,
    pub(crate) site: String,
    /// Which entry of the navigation is current.
    pub(crate) section: &'static str,
    pub(crate) crumbs: Vec<(String, String)>,
    /// File and media type of the picture that stands for the site.
    pub(crate) icon: (String, &'static str),
    /// The icon is a logo of its own, shown in the head of the page.
    pub(crate) logo: bool,
    /// Pages that every page links to.
    pub(crate) pages: Vec<(String, String)>,
}

impl Shell {
    /// Adds a step of the way to this page.
    #[must_use]
    pub(crate) fn under(mut self, text: &str, href: &str) -> Self {
        self.crumbs.push((text.to_owned(), href.to_owned()));
        self
    }

    /// Sets the sentence that search engines and messengers show.
    #[must_use]
    pub(crate) fn about(mut self, description: &str) -> Self {
        self.description = description.chars().take(200).collect();
        self
    }

    /// `page` for the navigation entry that is current.
    pub(crate) fn current(&self, section: &str) -> &'static str {
        if self.section == section { "page" } else { "false" }
    }
}

/// One row of a table of facts.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) value: Html,
    /// Link to the line of the document that states it; empty for what was derived.
    pub(crate) line: Html,
}

/// A link to a line of a document, `href` being the document's page.
pub(crate) fn line_link(href: &str, line: u32) -> Html {
    if line == 0 {
        return Html::new();
    }
    let mut escaped = String::new();
    crate::html::escape_into(&mut escaped, href);
    Html::trusted(format!(
        "\u{a0}<a class=\"ln\" href=\"{escaped}#L{line}\" aria-label=\"line {line} of the document\">{line}</a>"
    ))
}

/// Every operation that a flow calls, in order, branches included, each once.
pub(crate) fn operations(flow: &[Step]) -> Vec<&OperationRef> {
    let mut found = Vec::new();
    walk(flow, &mut |step| {
        if let StepKind::Fetch { operation, .. } | StepKind::Call { operation, .. } | StepKind::Send { operation, .. } =
            &step.kind
            && !found.contains(&operation)
        {
            found.push(operation);
        }
    });
    found
}

/// Visits every step, outer before inner.
pub(crate) fn walk<'a>(flow: &'a [Step], visit: &mut impl FnMut(&'a Step)) {
    for step in flow {
        visit(step);
        match &step.kind {
            StepKind::When { then, otherwise, .. } => {
                walk(then, visit);
                walk(otherwise, visit);
            }
            StepKind::Route { cases, otherwise } => {
                for case in cases {
                    walk(&case.steps, visit);
                }
                walk(otherwise, visit);
            }
            StepKind::ForEach { steps, .. } => walk(steps, visit),
            _ => {}
        }
    }
}

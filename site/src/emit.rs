//! Catalog in, files out.
//!
//! In: catalog, diagnostics, options. Out: every file of the site with its path, one after the other, or only one of them. Never
//! knows: the disk.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use catalog::Catalog;
use catalog::colour::{DARK, LIGHT};
use catalog::diagnostic::Diagnostics;
use catalog::model::Interface;

use crate::revisions::Trail;
use crate::routes::{Slugs, slug};
use crate::view::revisions::{change_route, revision_route};
use crate::view::{
    ChangesPage, CodePage, CodesPage, Context, DiffPage, DocumentPage, DocumentSource, FieldPage, FieldsPage, Group,
    GroupPage, GroupsPage, HealthPage, HomePage, InterfacePage, LandscapePage, ListPage, ManualIndex, ManualPage,
    ObjectPage, ObjectsPage, OperatePage, PathsPage, ProgramsPage, ReachPage, ReasonsPage, RevisionPage, ShortPage,
    SystemPage, SystemsPage, code_path,
};
use crate::{Options, export, search};

/// Files of a site: path with `/`, and bytes; sorted by path, each path once.
pub type Files = Vec<(String, Vec<u8>)>;

/// Makes the whole site. The same arguments give the same bytes.
#[must_use]
pub fn emit(catalog: &Catalog, diagnostics: &Diagnostics, options: &Options) -> Files {
    let mut files = Files::new();
    emit_each(catalog, diagnostics, options, &mut |path, bytes| files.push((path, bytes)));
    files.sort_unstable();
    files
}

/// Makes the whole site and gives every file away as soon as it is made, each path once: a site never lies in memory as a whole.
pub fn emit_each(
    catalog: &Catalog,
    diagnostics: &Diagnostics,
    options: &Options,
    give: &mut dyn FnMut(String, Vec<u8>),
) {
    let context = Context::new(catalog, diagnostics, options);
    let mut site = Site { give, only: None, found: false, paths: BTreeSet::new() };
    everything(&context, &mut site);
}

/// Makes one file of the site, and no more than it takes to find it; nothing if the site has no such file.
#[must_use]
pub fn emit_one(catalog: &Catalog, diagnostics: &Diagnostics, options: &Options, path: &str) -> Option<Vec<u8>> {
    let context = Context::new(catalog, diagnostics, options);
    let mut found = None;
    let give = &mut |_, bytes| found = Some(bytes);
    everything(&context, &mut Site { give, only: Some(path), found: false, paths: BTreeSet::new() });
    found
}

fn everything(context: &Context<'_>, site: &mut Site<'_>) {
    assets(context, site);
    overview(context, site);
    interfaces(context, site);
    systems(context, site);
    paths(context, site);
    groups(context, site);
    objects(context, site);
    fields(context, site);
    help(context, site);
    short_links(context, site);
    if site.is_done() {
        return;
    }
    if site.wants_below("search/") {
        search::scripts(context).into_iter().for_each(|(path, text)| site.add(&path, text));
    }
    if !site.is_done() && !site.only.is_some_and(|only| only.starts_with("search/")) {
        export::whole(context).for_each(|(path, text)| site.add(&path, text));
    }
    if let Some(base) = &context.options.address {
        let paths: Vec<&str> = site.paths.iter().map(String::as_str).collect();
        let (path, text) = export::sitemap(base, &paths);
        site.add(&path, text);
    }
}

/// Where files go, and which are wanted.
struct Site<'a> {
    give: &'a mut dyn FnMut(String, Vec<u8>),
    /// The only file that is wanted, if not all are.
    only: Option<&'a str>,
    /// Whether anything that is wanted was made.
    found: bool,
    paths: BTreeSet<String>,
}

impl Site<'_> {
    fn add(&mut self, path: &str, text: String) {
        self.put(path, text.into_bytes());
    }

    fn put(&mut self, path: &str, bytes: Vec<u8>) {
        // A path belongs to whoever takes it first.
        if self.paths.insert(path.to_owned()) && self.wants(path) {
            (self.give)(path.to_owned(), bytes);
            self.found = true;
        }
    }

    fn wants(&self, path: &str) -> bool {
        self.only.is_none_or(|only| only == path)
    }

    /// Whether some file in a folder may be wanted.
    fn wants_below(&self, folder: &str) -> bool {
        self.only.is_none_or(|only| only.starts_with(folder))
    }

    /// Whether the only file that is wanted was made, or is a page, all of which were looked through: files for machines, which
    /// come after them, take longer to make.
    fn is_done(&self) -> bool {
        self.only.is_some_and(|only| self.found || only.ends_with(".html"))
    }

    /// A page that is made only if it is wanted.
    fn page<Page: Template>(&mut self, path: &str, page: impl FnOnce() -> Page) {
        if !self.wants(path) {
            self.paths.insert(path.to_owned());
            return;
        }
        // Our templates call nothing that fails, and writing to a String does not.
        let mut text = page().render().unwrap_or_default();
        text.push('\n');
        self.add(path, text);
    }
}

fn assets(context: &Context<'_>, site: &mut Site<'_>) {
    site.add("assets/site.css", include_str!("../assets/site.css").to_owned() + &accent(context));
    site.add("assets/site.js", include_str!("../assets/site.js").to_owned());
    site.add("assets/live.js", include_str!("../assets/live.js").to_owned());
    site.add("assets/operate.js", include_str!("../assets/operate.js").to_owned());
    site.add("assets/operate.css", include_str!("../assets/operate.css").to_owned());
    if let Some(logo) = &context.options.logo {
        site.put(&format!("assets/logo.{}", logo.ending), logo.bytes.clone());
    } else {
        site.add("assets/icon.svg", include_str!("../assets/icon.svg").to_owned());
    }
}

/// The colours that the settings chose, after ours.
fn accent(context: &Context<'_>) -> String {
    let Some(accent) = context.catalog.settings().accent else { return String::new() };
    let (light, dark) = (LIGHT.wash(accent.light), DARK.wash(accent.dark));
    format!(
        ":root {{ --accent: light-dark({}, {}); --wash: light-dark({light}, {dark}) }}\n",
        accent.light, accent.dark
    )
}

fn overview(context: &Context<'_>, site: &mut Site<'_>) {
    site.page(HomePage::PATH, || HomePage::new(context));
    site.page(ListPage::PATH, || ListPage::new(context));
    site.page(SystemsPage::PATH, || SystemsPage::new(context));
    site.page(LandscapePage::PATH, || LandscapePage::new(context));
    site.page(ChangesPage::PATH, || ChangesPage::new(context));
    site.page(HealthPage::PATH, || HealthPage::new(context));
}

fn interfaces(context: &Context<'_>, site: &mut Site<'_>) {
    for interface in context.catalog.interfaces() {
        let Some(path) = context.routes.interface(&interface.smart_id.text) else {
            continue;
        };
        site.page(&path, || InterfacePage::new(context, interface));
        site.add(&path.replace("index.html", "index.md"), interface.text.clone());
        let source = DocumentSource {
            page: &path,
            title: &interface.title,
            section: "interfaces",
            path: &interface.path,
            text: &interface.text,
        };
        site.page(&DocumentPage::route(&path), || DocumentPage::new(context, &source));
        if let Some(trail) = context.trails.get(interface.smart_id.text.as_str()) {
            revisions(context, interface, (trail, &path), site);
        }
    }
}

/// Every revision of an interface as it stood, and what changed from each to the next.
fn revisions(context: &Context<'_>, interface: &Interface, (trail, path): (&Trail<'_>, &str), site: &mut Site<'_>) {
    for (index, revision) in trail.revisions.iter().enumerate() {
        let route = revision_route(path, &revision.short());
        site.page(&route, || RevisionPage::new(context, interface, trail, (index, path)));
    }
    for (index, change) in trail.changes.iter().enumerate() {
        let route = change_route(path, &change.name());
        site.page(&route, || DiffPage::new(context, interface, trail, (index, path)));
    }
}

fn systems(context: &Context<'_>, site: &mut Site<'_>) {
    for system in context.catalog.systems() {
        let Some(path) = context.routes.system(&system.name) else {
            continue;
        };
        site.page(&path, || SystemPage::new(context, system, &path));
        site.add(&path.replace("index.html", "index.md"), system.text.clone());
        let source = DocumentSource {
            page: &path,
            title: &system.name,
            section: "systems",
            path: &system.path,
            text: &system.text,
        };
        site.page(&DocumentPage::route(&path), || DocumentPage::new(context, &source));
    }
}

fn paths(context: &Context<'_>, site: &mut Site<'_>) {
    if !site.wants(PathsPage::PATH) && !site.wants_below("systems/") {
        return;
    }
    let network = crate::paths::Network::of(context.catalog);
    let reach = crate::view::paths::reach(context, &network);
    site.page(PathsPage::PATH, || PathsPage::new(context, &reach));
    for system in context.catalog.systems() {
        if let Some(path) = context.routes.system(&system.name).map(|it| ReachPage::route(&it)) {
            site.page(&path, || ReachPage::new(context, system, &reach, &path));
        }
    }
}

fn groups(context: &Context<'_>, site: &mut Site<'_>) {
    for group in [Group::Domain, Group::Team] {
        site.page(group.path(), || GroupsPage::new(context, group));
    }
    for name in context.routes.domains() {
        if let Some(path) = context.routes.domain(name) {
            site.page(&path, || GroupPage::new(context, Group::Domain, name, &path));
        }
    }
    for name in context.routes.teams() {
        if let Some(path) = context.routes.team(name) {
            site.page(&path, || GroupPage::new(context, Group::Team, name, &path));
        }
    }
}

fn objects(context: &Context<'_>, site: &mut Site<'_>) {
    let index = crate::objects::index(context.catalog);
    site.page(ObjectsPage::PATH, || ObjectsPage::new(context, &index));
    for (key, object) in &index {
        if let Some(path) = context.routes.object(key) {
            site.page(&path, || ObjectPage::new(context, object, &path));
        }
    }
}

fn fields(context: &Context<'_>, site: &mut Site<'_>) {
    let index = crate::fields::index(context.catalog);
    site.page(FieldsPage::PATH, || FieldsPage::new(context, &index));
    for (name, about) in &index {
        if let Some(path) = context.routes.field(name) {
            site.page(&path, || FieldPage::new(context, name, about, &path));
        }
    }
}

fn help(context: &Context<'_>, site: &mut Site<'_>) {
    let codes: Vec<_> = catalog::explain::pages().to_vec();
    site.page(CodesPage::PATH, || CodesPage::new(context, &codes));
    for code in codes {
        site.page(&code_path(code.code), || CodePage::new(context, code));
    }
    site.page(OperatePage::PATH, || OperatePage::new(context));
    site.page(ReasonsPage::PATH, || ReasonsPage::new(context));
    site.page(ProgramsPage::PATH, || ProgramsPage::new(context));
    site.page(ManualIndex::PATH, || ManualIndex::new(context));
    for manual in &context.options.manual {
        site.page(&manual.route(), || ManualPage::new(context, manual));
    }
}

/// `i/<id>/` for every Smart ID and every legacy ID. A legacy ID that several interfaces carry lists them all.
fn short_links(context: &Context<'_>, site: &mut Site<'_>) {
    let mut ids: BTreeMap<String, (&str, Vec<&str>)> = BTreeMap::new();
    let mut slugs = Slugs::default();
    for interface in context.catalog.interfaces() {
        let smart_id = interface.smart_id.text.as_str();
        ids.insert(slugs.take(smart_id), (smart_id, vec![smart_id]));
    }
    for interface in context.catalog.interfaces() {
        for legacy in &interface.legacy_ids {
            let entry = ids.entry(slug(legacy)).or_insert((legacy, Vec::new()));
            if !entry.1.contains(&interface.smart_id.text.as_str()) {
                entry.1.push(&interface.smart_id.text);
            }
        }
    }
    for (name, (id, targets)) in ids {
        let path = format!("i/{name}/index.html");
        site.page(&path, || ShortPage::new(context, &path, id, &targets));
    }
}

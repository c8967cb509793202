//! Catalog in, files out.
//!
//! In: catalog, diagnostics, options. Out: every file of the site with its path, or only one of them. Never knows: the disk.
//!
//! First every path is given to whoever takes it first; then the files are made, in any order and by as many threads as there are
//! processors, because no file reads another.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{thread, vec};

use askama::Template;
use catalog::Catalog;
use catalog::colour::{DARK, LIGHT};
use catalog::diagnostic::Diagnostics;
use catalog::model::Interface;

use crate::fields::Name;
use crate::objects::Object;
use crate::paths::Network;
use crate::reads::{Reads, note_all, noting, quietly};
use crate::revisions::Trail;
use crate::routes::{Slugs, slug};
use crate::view::paths::{Reach, reach};
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

/// Takes files as they are made, from several threads, with what each was made of.
pub(crate) type Give<'g> = dyn Fn(String, Vec<u8>, &Reads) + Sync + 'g;

/// Whether the file of this path, or the folder whose path ends in `/`, need not be made.
pub(crate) type Skip<'s> = dyn Fn(&str) -> bool + Sync + 's;

/// Makes the whole site. The same arguments give the same bytes.
#[must_use]
pub fn emit(catalog: &Catalog, diagnostics: &Diagnostics, options: &Options) -> Files {
    let files = Mutex::new(Files::new());
    let context = Context::new(catalog, diagnostics, options);
    emit_each(&context, &|_| false, &|path, bytes, _| {
        files.lock().unwrap_or_else(PoisonError::into_inner).push((path, bytes));
    });
    let mut files = files.into_inner().unwrap_or_else(PoisonError::into_inner);
    files.sort_unstable();
    files
}

/// Makes the whole site and gives every file away as soon as it is made, each path once: a site never lies in memory as a whole.
pub(crate) fn emit_each(context: &Context<'_>, skip: &Skip<'_>, give: &Give<'_>) {
    let (indexes, reached) = (Indexes::default(), OnceLock::new());
    make(everything(context, &indexes, &reached).jobs, skip, give);
}

/// Makes one file of the site, and no more than it takes to find it; nothing if the site has no such file.
#[must_use]
pub fn emit_one(catalog: &Catalog, diagnostics: &Diagnostics, options: &Options, path: &str) -> Option<Vec<u8>> {
    let context = Context::new(catalog, diagnostics, options);
    let (indexes, reached) = (Indexes::default(), OnceLock::new());
    let jobs = everything(&context, &indexes, &reached).jobs;
    let job = jobs.into_iter().find(|job| match job.work {
        Work::File(_) => job.place == path,
        Work::Folder(_) => path.starts_with(&job.place),
    })?;
    job.run().into_iter().find(|(made, _)| made == path).map(|(_, bytes)| bytes)
}

/// What several pages read, made when the first of them asks for it.
#[derive(Default)]
struct Indexes<'a> {
    network: OnceLock<Network<'a>>,
    objects: OnceLock<BTreeMap<String, Object<'a>>>,
    fields: OnceLock<BTreeMap<&'a str, Name<'a>>>,
}

/// The files of a site before they are made.
#[derive(Default)]
struct Plan<'p> {
    jobs: Vec<Job<'p>>,
    paths: BTreeSet<String>,
}

/// One file that is to be made, or a folder of them.
struct Job<'p> {
    /// Path of the file, or of the folder with `/` at its end.
    place: String,
    work: Work<'p>,
}

/// From the path of a file to what stands in it.
type MakeFile<'p> = dyn FnOnce(&str) -> Vec<u8> + Send + 'p;

/// All files of a folder, with their paths.
type MakeFolder<'p> = dyn FnOnce() -> Vec<(String, String)> + Send + 'p;

enum Work<'p> {
    File(Box<MakeFile<'p>>),
    /// Files whose names show when they are made.
    Folder(Box<MakeFolder<'p>>),
}

impl Job<'_> {
    fn run(self) -> Files {
        match self.work {
            Work::File(make) => {
                let bytes = make(&self.place);
                vec![(self.place, bytes)]
            }
            Work::Folder(make) => make().into_iter().map(|(path, text)| (path, text.into_bytes())).collect(),
        }
    }
}

impl<'p> Plan<'p> {
    /// A path belongs to whoever takes it first.
    fn file(&mut self, path: impl Into<String>, make: impl FnOnce(&str) -> Vec<u8> + Send + 'p) {
        let place = path.into();
        if self.paths.insert(place.clone()) {
            self.jobs.push(Job { place, work: Work::File(Box::new(make)) });
        }
    }

    fn text(&mut self, path: impl Into<String>, text: &'p str) {
        self.file(path, move |_| text.as_bytes().to_vec());
    }

    fn page<Page: Template>(&mut self, path: impl Into<String>, page: impl FnOnce(&str) -> Page + Send + 'p) {
        self.file(path, move |path| {
            // Our templates call nothing that fails, and writing to a String does not.
            let mut text = page(path).render().unwrap_or_default();
            text.push('\n');
            text.into_bytes()
        });
    }
}

/// Does the work on all processors, except what need not be done.
fn make(jobs: Vec<Job<'_>>, skip: &Skip<'_>, give: &Give<'_>) {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    // What takes long stands at the end of the plan: last, it would leave the other threads without work.
    let queue = Mutex::new(jobs.into_iter());
    let work = || {
        while let Some(job) = next(&queue) {
            if skip(&job.place) {
                continue;
            }
            let (files, reads) = noting(|| job.run());
            files.into_iter().for_each(|(path, bytes)| give(path, bytes, &reads));
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
}

fn next<'p>(queue: &Mutex<vec::IntoIter<Job<'p>>>) -> Option<Job<'p>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).next_back()
}

fn everything<'p, 'n: 'p>(
    context: &'n Context<'n>,
    indexes: &'n Indexes<'n>,
    reached: &'p OnceLock<Reach<'n, 'n>>,
) -> Plan<'p> {
    let mut plan = Plan::default();
    let site = &mut plan;
    assets(context, site);
    overview(context, site);
    interfaces(context, site);
    systems(context, site);
    paths(context, indexes, reached, site);
    groups(context, site);
    objects(context, indexes, site);
    fields(context, indexes, site);
    help(context, site);
    short_links(context, site);
    exports(context, site);
    let search = Work::Folder(Box::new(move || search::scripts(context)));
    plan.jobs.push(Job { place: "search/".to_owned(), work: search });
    plan
}

fn assets<'p>(context: &'p Context<'p>, site: &mut Plan<'p>) {
    let style = include_str!("../assets/site.css");
    site.file("assets/site.css", move |_| (style.to_owned() + &accent(context)).into_bytes());
    site.text("assets/site.js", include_str!("../assets/site.js"));
    site.text("assets/live.js", include_str!("../assets/live.js"));
    site.text("assets/operate.js", include_str!("../assets/operate.js"));
    site.text("assets/operate.css", include_str!("../assets/operate.css"));
    if let Some(logo) = &context.options.logo {
        site.file(format!("assets/logo.{}", logo.ending), move |_| logo.bytes.clone());
    } else {
        site.text("assets/icon.svg", include_str!("../assets/icon.svg"));
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

fn overview<'p>(context: &'p Context<'p>, site: &mut Plan<'p>) {
    site.page(HomePage::PATH, move |_| HomePage::new(context));
    site.page(ListPage::PATH, move |_| ListPage::new(context));
    site.page(SystemsPage::PATH, move |_| SystemsPage::new(context));
    site.page(LandscapePage::PATH, move |_| LandscapePage::new(context));
    site.page(ChangesPage::PATH, move |_| ChangesPage::new(context));
    site.page(HealthPage::PATH, move |_| HealthPage::new(context));
}

fn interfaces<'p>(context: &'p Context<'p>, site: &mut Plan<'p>) {
    for interface in context.catalog.interfaces() {
        let Some(path) = context.routes.interface(&interface.smart_id.text) else {
            continue;
        };
        site.page(path.as_str(), move |_| InterfacePage::new(context, context.own(interface)));
        let markdown = path.replace("index.html", "index.md");
        site.file(markdown, move |_| context.own(interface).text.clone().into_bytes());
        let own = path.clone();
        site.page(DocumentPage::route(&path), move |_| {
            let interface = context.own(interface);
            let source = DocumentSource {
                page: &own,
                title: &interface.title,
                section: "interfaces",
                path: &interface.path,
                text: &interface.text,
            };
            DocumentPage::new(context, &source)
        });
        if let Some(trail) = context.trail(interface) {
            revisions(context, interface, (trail, &path), site);
        }
    }
}

/// Every revision of an interface as it stood, and what changed from each to the next.
fn revisions<'p>(
    context: &'p Context<'p>,
    interface: &'p Interface,
    (trail, path): (&'p Trail<'p>, &str),
    site: &mut Plan<'p>,
) {
    for (index, revision) in trail.revisions.iter().enumerate() {
        let own = path.to_owned();
        let route = revision_route(path, &revision.short());
        site.page(route, move |_| RevisionPage::new(context, context.own(interface), trail, (index, &own)));
    }
    for (index, change) in trail.changes.iter().enumerate() {
        let own = path.to_owned();
        let route = change_route(path, &change.name());
        site.page(route, move |_| DiffPage::new(context, context.own(interface), trail, (index, &own)));
    }
}

fn systems<'p>(context: &'p Context<'p>, site: &mut Plan<'p>) {
    for system in context.catalog.systems() {
        let Some(path) = context.routes.system(&system.name) else {
            continue;
        };
        site.page(path.as_str(), move |path| SystemPage::new(context, system, path));
        site.text(path.replace("index.html", "index.md"), &system.text);
        let route = DocumentPage::route(&path);
        site.page(route, move |_| {
            let source = DocumentSource {
                page: &path,
                title: &system.name,
                section: "systems",
                path: &system.path,
                text: &system.text,
            };
            DocumentPage::new(context, &source)
        });
    }
}

fn paths<'p, 'n: 'p>(
    context: &'n Context<'n>,
    indexes: &'n Indexes<'n>,
    reached: &'p OnceLock<Reach<'n, 'n>>,
    site: &mut Plan<'p>,
) {
    let whole = context.catalog.unnoted();
    let all =
        move || quietly(|| reached.get_or_init(|| reach(context, indexes.network.get_or_init(|| Network::of(whole)))));
    site.page(PathsPage::PATH, move |_| PathsPage::new(context, all()));
    for system in context.catalog.systems() {
        if let Some(path) = context.routes.system(&system.name).map(|it| ReachPage::route(&it)) {
            site.page(path, move |path| ReachPage::new(context, system, all(), path));
        }
    }
}

fn groups<'p>(context: &'p Context<'p>, site: &mut Plan<'p>) {
    for group in [Group::Domain, Group::Team] {
        site.page(group.path(), move |_| GroupsPage::new(context, group));
    }
    for name in context.routes.domains() {
        if let Some(path) = context.routes.domain(name) {
            site.page(path, move |path| GroupPage::new(context, Group::Domain, name, path));
        }
    }
    for name in context.routes.teams() {
        if let Some(path) = context.routes.team(name) {
            site.page(path, move |path| GroupPage::new(context, Group::Team, name, path));
        }
    }
}

fn objects<'p, 'n: 'p>(context: &'p Context<'n>, indexes: &'p Indexes<'n>, site: &mut Plan<'p>) {
    let whole = context.catalog.unnoted();
    let all = move || indexes.objects.get_or_init(|| crate::objects::index(whole));
    site.page(ObjectsPage::PATH, move |_| {
        note_all();
        ObjectsPage::new(context, all())
    });
    for key in context.routes.objects() {
        if let Some(path) = context.routes.object(key) {
            site.page(path, move |path| {
                let none = Object::default();
                let object = all().get(key).unwrap_or(&none);
                object.interfaces.iter().for_each(|it| context.catalog.read(it));
                ObjectPage::new(context, object, path)
            });
        }
    }
}

fn fields<'p, 'n: 'p>(context: &'p Context<'n>, indexes: &'p Indexes<'n>, site: &mut Plan<'p>) {
    let whole = context.catalog.unnoted();
    // Which interface moves which field is written in any of them.
    let all = move || {
        note_all();
        indexes.fields.get_or_init(|| crate::fields::index(whole))
    };
    site.page(FieldsPage::PATH, move |_| FieldsPage::new(context, all()));
    for name in context.routes.fields() {
        if let Some(path) = context.routes.field(name) {
            site.page(path, move |path| {
                FieldPage::new(context, name, all().get(name).unwrap_or(&Name::default()), path)
            });
        }
    }
}

fn help<'p>(context: &'p Context<'p>, site: &mut Plan<'p>) {
    let codes = catalog::explain::pages();
    site.page(CodesPage::PATH, move |_| CodesPage::new(context, codes));
    for code in codes {
        site.page(code_path(code.code), move |_| CodePage::new(context, *code));
    }
    site.page(OperatePage::PATH, move |_| OperatePage::new(context));
    site.page(ReasonsPage::PATH, move |_| ReasonsPage::new(context));
    site.page(ProgramsPage::PATH, move |_| ProgramsPage::new(context));
    site.page(ManualIndex::PATH, move |_| ManualIndex::new(context));
    for manual in &context.options.manual {
        site.page(manual.route(), move |_| ManualPage::new(context, manual));
    }
}

/// `i/<id>/` for every Smart ID and every legacy ID. A legacy ID that several interfaces carry lists them all.
fn short_links<'p>(context: &'p Context<'p>, site: &mut Plan<'p>) {
    let mut ids: BTreeMap<String, (&'p str, Vec<&'p str>)> = BTreeMap::new();
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
        site.page(format!("i/{name}/index.html"), move |path| ShortPage::new(context, path, id, &targets));
    }
}

/// Files for machines.
fn exports<'p>(context: &'p Context<'p>, site: &mut Plan<'p>) {
    for interface in context.catalog.interfaces() {
        let Some(page) = context.routes.interface(&interface.smart_id.text) else { continue };
        for (name, text) in export::of_interface(interface) {
            site.file(export::beside(&page, name), move |_| text(context, context.own(interface)).into_bytes());
        }
    }
    for system in context.catalog.systems() {
        let Some(page) = context.routes.system(&system.name) else { continue };
        for (name, text) in export::of_system(system) {
            site.file(export::beside(&page, name), move |_| text(context, system).into_bytes());
        }
    }
    if let Some(base) = &context.options.address {
        let paths: Vec<String> = site.paths.iter().filter(|path| path.ends_with(".html")).cloned().collect();
        site.file("sitemap.xml", move |_| export::sitemap(base, &paths).into_bytes());
    }
    for (path, text) in export::WHOLE {
        site.file(*path, move |_| text(context).into_bytes());
    }
}

//! The way of the documents in one place: load, parse, lower, check.
//!
//! In: a folder, or sources. Out: the [`Catalog`] and everything worth saying. Never knows: how any stage works.

use crate::catalog::{Catalog, CatalogParts};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::document::{self, Document};
use crate::findings::Findings;
use crate::kept::{Kept, Known};
use crate::lint::residue::{self, Residue};
use crate::load::{Loaded, load};
use crate::lower::environment::{self, Placed};
use crate::lower::interface::{self, Lowered};
use crate::lower::{settings, system};
use crate::model::{Interface, Settings, System};
use crate::source::{Source, SourceKind, Sources};
use crate::spread::spread;
use crate::symbols::Symbols;
use crate::{check, digest, lint};
use std::collections::HashMap;
use std::path::Path;

/// Loads and checks the project at `root`: the catalog if there is no error, all diagnostics, and the sources that
/// their spans point into.
#[must_use]
pub fn open(root: &Path) -> (Option<Catalog>, Diagnostics, Sources) {
    open_with(root, &mut Kept::nothing())
}

/// Opens a project again and again, and reads what did not change only once.
#[derive(Debug, Default)]
pub struct Reader(Kept);

impl Reader {
    /// What [`open`] says.
    pub fn open(&mut self, root: &Path) -> (Option<Catalog>, Diagnostics, Sources) {
        open_with(root, &mut self.0)
    }
}

fn open_with(root: &Path, kept: &mut Kept) -> (Option<Catalog>, Diagnostics, Sources) {
    let Loaded { sources, mut diagnostics } = load(root);
    let (catalog, found) = check_with(&sources, kept);
    diagnostics.extend(found.items().iter().cloned());
    if let Some(catalog) = &catalog {
        diagnostics.extend(settings::files(root, catalog.settings()));
    }
    diagnostics.sort();
    let catalog = catalog.filter(|_| !diagnostics.has_errors());
    (catalog, diagnostics, sources)
}

/// Checks documents that are in memory.
#[must_use]
pub fn check_sources(sources: &Sources) -> (Option<Catalog>, Diagnostics) {
    check_with(sources, &mut Kept::nothing())
}

fn check_with(sources: &Sources, kept: &mut Kept) -> (Option<Catalog>, Diagnostics) {
    let mut files: Vec<File<'_>> = spread(sources.iter().collect(), File::new);
    let mut symbols = Symbols::default();
    let systems = lower_systems(&mut files, &mut symbols);
    kept.begin(sources);
    let interfaces = lower_interfaces(&mut files, &symbols, kept);
    let environments = lower_environments(&mut files, &symbols);
    let settings = lower_settings(&mut files);
    let mut project = Project { symbols: &symbols, systems, interfaces, environments, settings };
    check::check(&mut project, &mut files);
    lint::lint(&project, &mut files);
    let mut diagnostics = Diagnostics::default();
    spread(files, File::into_diagnostics).into_iter().for_each(|found| diagnostics.extend(found));
    diagnostics.sort();
    let catalog = (!diagnostics.has_errors() && !sources.is_empty()).then(|| bless(project));
    (catalog, diagnostics)
}

/// A document and what was found in it.
pub(crate) struct File<'s> {
    pub(crate) source: &'s Source,
    /// The document of an interface is parsed when it is lowered, and then let go: there are many of them.
    pub(crate) document: Option<Document<'s>>,
    pub(crate) findings: Findings,
    /// Digest of its own facts.
    pub(crate) digest: String,
    /// Text of a template that was left standing.
    pub(crate) residue: Vec<Residue>,
}

impl<'s> File<'s> {
    fn new(source: &'s Source) -> Self {
        let findings = Findings::new(&source.path);
        let mut file = Self { source, document: None, findings, digest: String::new(), residue: Vec::new() };
        if source.kind != SourceKind::Interface {
            file.document = Some(file.parse());
        }
        file
    }

    fn parse(&mut self) -> Document<'s> {
        let document = document::parse(self.source, &mut self.findings);
        if matches!(self.source.kind, SourceKind::Interface | SourceKind::System) {
            self.digest = digest::document(&document);
        }
        self.residue = residue::find(&document);
        document
    }

    /// Expressions over several lines know only the line they begin on.
    fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut list = self.findings.into_list();
        for item in list.iter_mut().filter(|item| item.span.line > 0) {
            item.span = self.source.span(item.span.start, item.span.end);
        }
        list
    }

    fn is(&self, kind: SourceKind) -> bool {
        self.source.kind == kind
    }
}

/// Everything that was lowered, each with the index of its file.
pub(crate) struct Project<'s> {
    pub(crate) symbols: &'s Symbols,
    pub(crate) systems: Vec<(usize, System)>,
    pub(crate) interfaces: Vec<(usize, Lowered)>,
    pub(crate) environments: Vec<(usize, Placed)>,
    pub(crate) settings: Settings,
}

impl Project<'_> {
    /// Systems by name.
    pub(crate) fn systems(&self) -> HashMap<&str, &System> {
        self.systems.iter().map(|(_, system)| (system.name.as_str(), system)).collect()
    }
}

impl<'p> Project<'p> {
    /// Every interface that could be read, beside what was found in its document.
    pub(crate) fn each<'f>(&'p self, files: &'f mut [File<'_>]) -> Vec<(&'p Interface, &'p Lowered, &'f mut Findings)> {
        let mut lowered = self.interfaces.iter().peekable();
        let own = files.iter_mut().enumerate().filter_map(|(at, file)| {
            // Both are in the order of the files.
            let (_, lowered) = lowered.next_if(|(index, _)| *index == at)?;
            Some((lowered.interface.as_ref()?, lowered, &mut file.findings))
        });
        own.collect()
    }
}

fn lower_systems(files: &mut [File<'_>], symbols: &mut Symbols) -> Vec<(usize, System)> {
    let mut drafts = Vec::new();
    for (index, File { source, document, findings, .. }) in files.iter_mut().enumerate() {
        if let Some(document) = document.as_ref().filter(|_| source.kind == SourceKind::System) {
            let draft = system::declare(document, findings, symbols);
            drafts.push((index, document, findings, draft));
        }
    }
    for (_, _, findings, draft) in &mut drafts {
        let operations = system::operations(draft, symbols, findings);
        symbols.systems[draft.index].operations = operations;
    }
    let mut systems = Vec::new();
    for (index, document, findings, draft) in drafts {
        let mut probes = system::probes(&draft, symbols, findings);
        let system = system::finish(document, draft, symbols, &mut probes, findings);
        systems.extend(system.map(|system| (index, system)));
    }
    systems
}

fn lower_interfaces(files: &mut [File<'_>], symbols: &Symbols, kept: &mut Kept) -> Vec<(usize, Lowered)> {
    let interfaces = files.iter_mut().enumerate().filter(|(_, file)| file.is(SourceKind::Interface)).collect();
    let before = &*kept;
    let lowered = spread(interfaces, |(index, file): (usize, &mut File<'_>)| {
        if let Some(known) = before.find(file.source) {
            return (index, known.hand_out(file), None);
        }
        let document = file.parse();
        let lowered = interface::interface(&document, symbols, &mut file.findings);
        let known = before.keeps().then(|| Known::of(file, &lowered)).flatten();
        (index, lowered, known)
    });
    let mut interfaces = Vec::with_capacity(lowered.len());
    for (index, lowered, known) in lowered {
        kept.keep(files[index].source, known);
        interfaces.push((index, lowered));
    }
    interfaces
}

fn lower_environments(files: &mut [File<'_>], symbols: &Symbols) -> Vec<(usize, Placed)> {
    let environments = files.iter_mut().enumerate().filter(|(_, file)| file.is(SourceKind::Environment));
    environments
        .filter_map(|(index, File { document, findings, .. })| {
            Some((index, environment::environment(document.as_ref()?, symbols, findings)?))
        })
        .collect()
}

fn lower_settings(files: &mut [File<'_>]) -> Settings {
    let file = files.iter_mut().find(|file| file.is(SourceKind::Settings));
    file.and_then(|File { document, findings, .. }| Some(settings::settings(document.as_ref()?, findings)))
        .unwrap_or_default()
}

/// Only called without errors: everything that was read is there.
fn bless(project: Project<'_>) -> Catalog {
    let mut parts = CatalogParts {
        interfaces: project.interfaces.into_iter().filter_map(|(_, lowered)| lowered.interface).collect(),
        systems: project.systems.into_iter().map(|(_, system)| system).collect(),
        environments: project.environments.into_iter().map(|(_, placed)| placed.environment).collect(),
        settings: project.settings,
        digest: String::new(),
    };
    parts.interfaces.sort_by(|a, b| a.smart_id.text.cmp(&b.smart_id.text));
    parts.systems.sort_by(|a, b| a.name.cmp(&b.name));
    parts.environments.sort_by(|a, b| a.name.cmp(&b.name));
    parts.digest = digest::catalog(&parts);
    Catalog::blessed(parts)
}

//! Building: documents become generated crates and the website.
//!
//! In: a project. Out: files, and what was done to them. Never knows: how either is made, who asked.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use catalog::{
    Catalog,
    diagnostic::{Diagnostic, Diagnostics},
};
use codegen::{FileSet, Mode, Report};
use site::{History, Logo, Manual, Options};

use crate::{args::Part, diagnostics, failure::Failure, history, project::Project, terminal::Terminal, workspace};

/// What a build was made from.
#[derive(Debug)]
pub(crate) struct Built {
    /// The checked catalog.
    pub(crate) catalog: Catalog,
}

/// Builds everything; `None` when the documents have errors, which are then printed.
pub(crate) fn build_all(project: &Project, site: &Path, terminal: &Terminal) -> Result<Option<Built>, Failure> {
    build_parts(project, site, &[Part::Generated, Part::Site], terminal)
}

/// Builds these parts; `None` when the documents have errors, which are then printed.
pub(crate) fn build_parts(
    project: &Project,
    site: &Path,
    parts: &[Part],
    terminal: &Terminal,
) -> Result<Option<Built>, Failure> {
    let start = Instant::now();
    let (catalog, found, sources) = catalog::open(&project.root);
    let Some(catalog) = catalog else {
        diagnostics::print_urgent(&found, &sources, terminal)?;
        return Ok(None);
    };
    terminal.note("Checked", format!("{} interfaces, {} systems", catalog.interfaces().len(), catalog.systems().len()));
    if parts.contains(&Part::Generated) {
        workspace::ensure(project, terminal)?;
        match files(project, &catalog)? {
            Ok(files) => generated(project, &files, terminal)?,
            Err(collisions) => {
                let mut found = Diagnostics::default();
                collisions.into_iter().for_each(|collision| found.push(collision));
                diagnostics::print_urgent(&found, &sources, terminal)?;
                return Ok(None);
            }
        }
    }
    if parts.contains(&Part::Site) {
        website(project, &catalog, &found, site, terminal)?;
    }
    terminal.note("Finished", format!("in {} ms", start.elapsed().as_millis()));
    Ok(Some(Built { catalog }))
}

/// What `generated/` is to hold, or the names of the documents that collide in Rust.
pub(crate) fn files(project: &Project, catalog: &Catalog) -> Result<Result<FileSet, Vec<Diagnostic>>, Failure> {
    match codegen::generate(catalog, &project.root) {
        Ok(files) => Ok(Ok(files)),
        Err(codegen::Error::Names(collisions)) => Ok(Err(collisions)),
        Err(error) => Err(Failure::Other(error.to_string())),
    }
}

fn generated(project: &Project, files: &FileSet, terminal: &Terminal) -> Result<(), Failure> {
    let report =
        codegen::sync(files, &project.generated, Mode::Write).map_err(|error| Failure::Other(error.to_string()))?;
    let Report { written, removed, .. } = &report;
    let done = format!("{} written, {} unchanged, {} removed", written.len(), report.unchanged(), removed.len());
    terminal.note("Generated", format!("{} ({done})", shown(&project.generated, project)));
    let refused: Vec<String> = report.refused().filter_map(codegen::Finding::message).collect();
    if refused.is_empty() { Ok(()) } else { Err(Failure::Other(refused.join("\n"))) }
}

fn website(
    project: &Project,
    catalog: &Catalog,
    diagnostics: &Diagnostics,
    folder: &Path,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let options = Options { history: history::read(project), ..options(project, catalog)? };
    let built = match program() {
        Some(program) => site::rebuild(catalog, diagnostics, &options, (folder, &program)),
        None => site::build(catalog, diagnostics, &options, folder),
    };
    let report = built.map_err(|error| Failure::Other(error.to_string()))?;
    let done = format!("{} written, {} unchanged, {} removed", report.written, report.unchanged, report.removed);
    terminal.note("Drew", format!("{} ({done})", shown(&folder.join("index.html"), project)));
    Ok(())
}

/// Tells this program from every other that makes sites; nothing where it cannot be looked at.
fn program() -> Option<String> {
    let properties = std::env::current_exe().ok()?.metadata().ok()?;
    let written = properties.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), properties.len(), written.as_nanos()))
}

/// What the site of a project is made with. The catalog is of the same project, so its settings name files that are there.
pub(crate) fn options(project: &Project, catalog: &Catalog) -> Result<Options, Failure> {
    let history = History::Unknown("Revisions are shown by the site that `tieline build` makes.".to_owned());
    let settings = catalog.settings();
    let mut options =
        Options { manual: manual(project)?, history, address: settings.address.clone(), ..Options::default() };
    if let Some(name) = &settings.name {
        options.name.clone_from(name);
    }
    if let Some(logo) = &settings.logo {
        let path = project.root.join(&logo.path);
        let bytes = std::fs::read(&path).map_err(Failure::file("reading", &path))?;
        options.logo = Some(Logo { ending: if logo.path.ends_with(".png") { "png" } else { "svg" }, bytes });
    }
    for page in &settings.pages {
        // A page that stands in `docs/` is there already; it only becomes easier to find.
        if let Some(known) = options.manual.iter_mut().find(|it| it.path == page.path) {
            known.featured = true;
            continue;
        }
        let path = project.root.join(&page.path);
        let markdown = std::fs::read_to_string(&path).map_err(Failure::file("reading", &path))?;
        options.manual.push(Manual { path: page.path.clone(), featured: true, markdown });
    }
    Ok(options)
}

/// The project's own pages: every Markdown file in `docs/`, the tutorial first.
fn manual(project: &Project) -> Result<Vec<Manual>, Failure> {
    let folder = project.root.join("docs");
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    paths.sort_by_key(|path| (!path.ends_with("tutorial.md"), path.clone()));
    let page = |path: PathBuf| {
        let markdown = std::fs::read_to_string(&path).map_err(Failure::file("reading", &path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Manual { path: format!("docs/{name}"), featured: false, markdown })
    };
    paths.into_iter().map(page).collect()
}

/// A path as people know it: from the project's root where it lies there.
fn shown(path: &Path, project: &Project) -> String {
    path.strip_prefix(&project.root).unwrap_or(path).display().to_string()
}

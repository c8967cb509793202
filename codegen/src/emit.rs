//! A plan becomes files.
//!
//! In: a [`Plan`] and [`Templates`]. Out: a [`FileSet`]. Never knows: the catalog, the disk, the clock.

use std::{num::NonZero, panic::resume_unwind, thread};

use serde::Serialize;

use crate::{
    Error, FileSet, Plan, Templates,
    format::{self, Modules},
    plan::{CratePlan, InterfacePlan},
};

/// Prints every file of `generated/` but the manifest. The same plan and templates give the same files.
///
/// # Errors
/// A template is broken, or prints something that is not Rust.
pub fn emit(plan: &Plan, templates: &Templates) -> Result<FileSet, Error> {
    let mut files = FileSet {
        documents: plan.documents.clone(),
        catalog: plan.digest.clone(),
        templates: templates.digest().to_owned(),
        ..FileSet::default()
    };
    for part in crates(plan, templates)? {
        files.files.extend(part.files);
    }
    emit_service(plan, templates, &mut files)?;
    let all = documents(plan.crates.iter().flat_map(|part| &part.interfaces));
    files.insert("rustfmt.toml".to_owned(), templates.render("rustfmt.toml.tera", &ModuleView { module: "" })?, all);
    Ok(files)
}

/// Prints every crate, as many at a time as the machine has cores: they share nothing but the templates.
fn crates(plan: &Plan, templates: &Templates) -> Result<Vec<FileSet>, Error> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(plan.crates.len()).max(1);
    let share = |worker: usize| -> Result<Vec<FileSet>, Error> {
        plan.crates.iter().skip(worker).step_by(workers).map(|part| emit_crate(part, templates)).collect()
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|worker| scope.spawn(move || share(worker))).collect();
        let mut printed = Vec::with_capacity(plan.crates.len());
        for worker in running {
            printed.extend(worker.join().unwrap_or_else(|panic| resume_unwind(panic))?);
        }
        Ok(printed)
    })
}

/// A crate as its own files list it.
#[derive(Debug, Serialize)]
struct CrateView<'a> {
    domain: &'a str,
    folder: &'a str,
    package: &'a str,
    library: &'a str,
    interfaces: Vec<ModuleView<'a>>,
    systems: Vec<ModuleView<'a>>,
}

#[derive(Debug, Serialize)]
struct ModuleView<'a> {
    module: &'a str,
}

impl<'a> CrateView<'a> {
    fn of(part: &'a CratePlan) -> Self {
        Self {
            domain: &part.domain,
            folder: &part.folder,
            package: &part.package,
            library: &part.library,
            interfaces: part.interfaces.iter().map(|interface| ModuleView { module: &interface.module }).collect(),
            systems: part.systems.iter().map(|system| ModuleView { module: &system.module }).collect(),
        }
    }
}

fn emit_crate(part: &CratePlan, templates: &Templates) -> Result<FileSet, Error> {
    let mut files = FileSet::default();
    let (folder, view) = (&part.folder, CrateView::of(part));
    let modules = Modules { systems: part.systems.iter().map(|system| system.module.clone()).collect() };
    let all = documents(&part.interfaces);
    let mut rust = |path: String, text: String, from: Vec<String>| -> Result<(), Error> {
        let text = format::rust(&path, &text, &modules)?;
        files.insert(path, text, from);
        Ok(())
    };
    for interface in &part.interfaces {
        let text = templates.render("interface.rs.tera", interface)?;
        rust(format!("{folder}/src/{}.rs", interface.module), text, interface.documents.clone())?;
    }
    for interface in part.interfaces.iter().filter(|interface| !interface.examples.is_empty()) {
        let text = templates.render("examples.rs.tera", interface)?;
        rust(format!("{folder}/src/{}/examples.rs", interface.module), text, interface.documents.clone())?;
    }
    for system in &part.systems {
        let text = templates.render("system.rs.tera", system)?;
        let from = std::iter::once(&system.document).chain(&all).cloned().collect();
        rust(format!("{folder}/src/systems/{}.rs", system.module), text, from)?;
    }
    if !part.systems.is_empty() {
        rust(format!("{folder}/src/systems/mod.rs"), templates.render("systems.rs.tera", &view)?, all.clone())?;
    }
    rust(format!("{folder}/src/lib.rs"), templates.render("lib.rs.tera", &view)?, all.clone())?;
    files.insert(format!("{folder}/Cargo.toml"), templates.render("cargo.toml.tera", &view)?, all);
    Ok(files)
}

/// The crate that registers every interface.
#[derive(Debug, Serialize)]
struct ServiceView<'a> {
    digest: &'a str,
    crates: Vec<CrateView<'a>>,
    handlers: Vec<HandlerView<'a>>,
    count: usize,
    custom: Vec<HandlerView<'a>>,
}

/// An interface as the service registers it.
#[derive(Debug, Clone, Serialize)]
struct HandlerView<'a> {
    library: &'a str,
    module: &'a str,
    smart_id: &'a str,
    custom: bool,
    generic: String,
}

fn emit_service(plan: &Plan, templates: &Templates, files: &mut FileSet) -> Result<(), Error> {
    let handlers: Vec<HandlerView<'_>> =
        plan.crates.iter().flat_map(|part| part.interfaces.iter().map(|interface| handler(part, interface))).collect();
    let crates = plan.crates.iter().map(CrateView::of).collect();
    let custom = handlers.iter().filter(|handler| handler.custom).cloned().collect();
    let view = ServiceView { digest: &plan.digest, crates, count: handlers.len(), handlers, custom };
    let all = documents(plan.crates.iter().flat_map(|part| &part.interfaces));
    let mut rust = |name: &str, template: &str| -> Result<(), Error> {
        let path = format!("service/src/{name}");
        let text = format::rust(&path, &templates.render(template, &view)?, &Modules::default())?;
        files.insert(path, text, all.clone());
        Ok(())
    };
    rust("lib.rs", "service.rs.tera")?;
    if view.custom.is_empty() {
        rust("main.rs", "main.rs.tera")?;
    }
    files.insert("service/Cargo.toml".to_owned(), templates.render("service.toml.tera", &view)?, all);
    Ok(())
}

fn handler<'a>(part: &'a CratePlan, interface: &'a InterfacePlan) -> HandlerView<'a> {
    HandlerView {
        library: &part.library,
        module: &interface.module,
        smart_id: &interface.smart_id,
        custom: !interface.custom.is_empty(),
        generic: crate::names::camel(&interface.smart_id),
    }
}

fn documents<'a>(interfaces: impl IntoIterator<Item = &'a InterfacePlan>) -> Vec<String> {
    interfaces.into_iter().map(|interface| interface.document.clone()).collect()
}

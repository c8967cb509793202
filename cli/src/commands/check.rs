//! `tieline check`: the gate. Documents valid, examples pass, generated code fresh.
//!
//! In: arguments. Out: everything that is wrong, at once. Never knows: how it is found.

use catalog::diagnostic::Severity;
use codegen::{Finding, Mode};

use crate::{
    args::{self, Deny, Format},
    building::files,
    diagnostics,
    failure::Failure,
    outcome::Outcome,
    project::Project,
    terminal::Terminal,
};

/// Runs the verb.
pub(crate) fn check(arguments: &args::Check, terminal: &Terminal) -> Result<Outcome, Failure> {
    let project = Project::find(&arguments.place)?;
    let (catalog, mut found, sources) = catalog::open(&project.root);
    let files = catalog.as_ref().map(|catalog| files(&project, catalog)).transpose()?;
    if let Some(Err(collisions)) = &files {
        collisions.iter().for_each(|collision| found.push(collision.clone()));
    }
    if arguments.all || arguments.format != Format::Text {
        diagnostics::print(&found, &sources, arguments.format, terminal)?;
    } else {
        diagnostics::print_urgent(&found, &sources, terminal)?;
    }
    let (Some(catalog), Some(Ok(files))) = (catalog, files) else { return Ok(Outcome::Errors) };
    let warned = found.items().iter().any(|item| item.severity == Severity::Warning);
    if warned && arguments.deny == Some(Deny::Warnings) {
        return Ok(Outcome::Errors);
    }
    let fresh =
        codegen::sync(&files, &project.generated, Mode::Check).map_err(|error| Failure::Other(error.to_string()))?;
    if !fresh.is_fresh() {
        for message in fresh.findings.iter().filter_map(Finding::message) {
            terminal.note("Stale", message);
        }
        return Ok(Outcome::Stale);
    }
    let (interfaces, systems) = (catalog.interfaces().len(), catalog.systems().len());
    terminal.note(
        "Fine",
        format!("{interfaces} interfaces, {systems} systems, digest {}; generated code is fresh", catalog.digest()),
    );
    Ok(Outcome::Fine)
}

//! `tieline check`: the gate. Documents valid, examples pass, generated code fresh.
//!
//! In: arguments. Out: everything that is wrong, at once. Never knows: how it is found.

use catalog::{
    Sources,
    diagnostic::{Diagnostic, Diagnostics, Severity},
    render,
};
use codegen::{Finding, Mode};

use super::Outcome;
use crate::{
    args::{self, Deny, Format},
    failure::Failure,
    project::Project,
    terminal::Terminal,
};

/// Runs the verb.
pub(crate) fn check(arguments: &args::Check, terminal: &Terminal) -> Result<Outcome, Failure> {
    let project = Project::find(&arguments.place)?;
    let (catalog, diagnostics, sources) = catalog::open(&project.root);
    let shown = if arguments.all { diagnostics.clone() } else { without_remarks(&diagnostics, arguments.format) };
    report(&shown, &sources, arguments.format, terminal)?;
    let Some(catalog) = catalog else { return Ok(Outcome::Errors) };
    let warned = diagnostics.items().iter().any(|item| item.severity == Severity::Warning);
    if warned && arguments.deny == Some(Deny::Warnings) {
        return Ok(Outcome::Errors);
    }
    let files = codegen::generate(&catalog, &project.root).map_err(|error| Failure::Other(error.to_string()))?;
    let fresh = codegen::sync(&files, &project.root, Mode::Check).map_err(|error| Failure::Other(error.to_string()))?;
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

/// People asked for what needs them; remarks are for `--all`, pages and programs.
fn without_remarks(diagnostics: &Diagnostics, format: Format) -> Diagnostics {
    let mut shown = Diagnostics::default();
    let wanted = |item: &&Diagnostic| format != Format::Text || item.severity > Severity::Info;
    diagnostics.items().iter().filter(wanted).for_each(|item| shown.push(item.clone()));
    shown
}

/// Prints diagnostics in the asked format.
pub(crate) fn report(
    diagnostics: &Diagnostics,
    sources: &Sources,
    format: Format,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let text = match format {
        Format::Text => {
            let style = if terminal.out_color() { render::Style::Colour } else { render::Style::Plain };
            render::text(diagnostics, sources, style)
        }
        Format::Json => render::json(diagnostics, sources),
        Format::Sarif => render::sarif(diagnostics, sources),
        Format::Github => render::github(diagnostics, sources),
    };
    terminal.write(&text)
}

//! Diagnostics on standard output.
//!
//! In: what was found. Out: text in the asked format. Never knows: how it was found.

use catalog::{
    Sources,
    diagnostic::{Diagnostics, Severity},
    render,
};

use crate::{args::Format, failure::Failure, terminal::Terminal};

/// Prints diagnostics in the asked format.
pub(crate) fn print(
    found: &Diagnostics,
    sources: &Sources,
    format: Format,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let text = match format {
        Format::Text => {
            let style = if terminal.out_color() { render::Style::Colour } else { render::Style::Plain };
            render::text(found, sources, style)
        }
        Format::Json => render::json(found, sources),
        Format::Sarif => render::sarif(found, sources),
        Format::Github => render::github(found, sources),
    };
    terminal.write(&text)
}

/// Prints what needs somebody. Remarks are for `check --all`, pages and programs.
pub(crate) fn print_urgent(found: &Diagnostics, sources: &Sources, terminal: &Terminal) -> Result<(), Failure> {
    let mut urgent = Diagnostics::default();
    let wanted = found.items().iter().filter(|item| item.severity > Severity::Info);
    wanted.for_each(|item| urgent.push(item.clone()));
    print(&urgent, sources, Format::Text, terminal)
}

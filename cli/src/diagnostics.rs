//! Diagnostics on standard output.
//!
//! In: what was found. Out: text in the asked format. Never knows: how it was found.

use catalog::{Sources, diagnostic::Diagnostics, render};

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

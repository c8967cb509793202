//! `tieline reference`: the language reference, from the field help that also feeds the diagnostics.
//!
//! In: the language's field help. Out: `docs/reference.md`. Never knows: the fields.

use std::fmt::Write as _;

use catalog::FieldHelp;

use super::Outcome;
use crate::{args, failure::Failure, project::Project, terminal::Terminal};

/// Runs the verb.
pub(crate) fn reference(arguments: &args::Reference, terminal: &Terminal) -> Result<Outcome, Failure> {
    let path = Project::find(&arguments.place)?.root.join("docs/reference.md");
    let text = page(&catalog::reference());
    let fresh = std::fs::read_to_string(&path).is_ok_and(|on_disk| on_disk == text);
    if fresh {
        return Ok(Outcome::Fine);
    }
    if arguments.check {
        terminal.note("Stale", "docs/reference.md; run `cargo run -- reference`");
        return Ok(Outcome::Stale);
    }
    std::fs::write(&path, text).map_err(Failure::file("writing", &path))?;
    terminal.note("Wrote", "docs/reference.md");
    Ok(Outcome::Fine)
}

const HEAD: &str = "| Key | Value | Required | What it says | Example |\n|---|---|---|---|---|";

/// The reference as Markdown: one table a group of fields.
fn page(fields: &[FieldHelp]) -> String {
    let mut text = String::from(
        "# Language reference\n\nEvery key of the front matter, as the checker knows it. \
         Written by `tieline reference` from the field help in `catalog/`; edit it there.\n",
    );
    let mut group = "";
    for field in fields {
        let (above, key) = field.path.rsplit_once('.').unwrap_or(("", &field.path));
        if group != above {
            group = above;
            let _infallible = writeln!(text, "\n## `{above}`\n\n{HEAD}");
        }
        let required = if field.required { "yes" } else { "" };
        let example = if field.example.is_empty() { String::new() } else { format!("`{}`", cell(field.example)) };
        let _infallible =
            writeln!(text, "| `{key}` | {} | {required} | {} | {example} |", cell(&field.kind), cell(field.help));
    }
    text
}

/// Text that may stand in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

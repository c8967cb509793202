//! `tieline reference`: the language reference, from the field help that also feeds the diagnostics.
//!
//! In: the language's field help. Out: `docs/reference.md`. Never knows: the fields.

use std::fmt::Write as _;

use catalog::FieldHelp;

use crate::{args, failure::Failure, outcome::Outcome, project::Project, terminal::Terminal};

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
    for above in groups(fields) {
        let _infallible = writeln!(text, "\n## `{above}`\n\n{HEAD}");
        for (field, key) in fields.iter().filter_map(|field| Some((field, key_in(field, above)?))) {
            let required = if field.required { "yes" } else { "" };
            let example = if field.example.is_empty() { String::new() } else { format!("`{}`", cell(field.example)) };
            let (kind, help) = (cell(&field.kind), cell(field.help));
            let _infallible = writeln!(text, "| `{key}` | {kind} | {required} | {help} | {example} |");
        }
    }
    text
}

/// Every mapping that has keys, in the order in which it first appears.
fn groups(fields: &[FieldHelp]) -> Vec<&str> {
    let mut groups = Vec::new();
    for field in fields {
        let above = field.path.rsplit_once('.').map_or("", |(above, _)| above);
        if !groups.contains(&above) {
            groups.push(above);
        }
    }
    groups
}

/// The key's own name, if it belongs to this mapping.
fn key_in<'a>(field: &'a FieldHelp, above: &str) -> Option<&'a str> {
    let (parent, key) = field.path.rsplit_once('.').unwrap_or(("", &field.path));
    (parent == above).then_some(key)
}

/// Text that may stand in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

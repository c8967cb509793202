//! Rendered Rust becomes formatted Rust.
//!
//! In: the text of a template, with notes and a place for imports. Out: what stands in the file.
//! Never knows: plans, templates, the disk.
//!
//! `prettyplease` drops comments and blank lines, so notes travel as macros and doc comments that no compiler ever sees.

mod imports;
mod layout;
mod raw;

pub(crate) use imports::Modules;
pub(crate) use raw::raw;

use crate::Error;

/// Marks a doc comment that is to become a plain comment.
pub(crate) const NOTE: &str = "~ ";

/// Macro that is to become a plain comment.
const NOTE_MACRO: &str = "__note";

/// Where a template wants its imports.
pub(crate) const IMPORTS: &str = "/* imports */";

/// A comment among statements.
pub(crate) fn note(text: &str) -> String {
    format!("{NOTE_MACRO}!({text:?});")
}

/// Parses, formats and lays out a file.
///
/// # Errors
/// The text is not Rust: a mistake of a template.
pub(crate) fn rust(path: &str, text: &str, modules: &Modules) -> Result<String, Error> {
    let text = text.replacen(IMPORTS, &imports::of(text, modules), 1);
    let file = syn::parse_file(&text).map_err(|error| Error::NotRust {
        path: path.to_owned(),
        reason: error.to_string(),
        text: text.clone(),
    })?;
    Ok(raw::spelled(&layout::lay_out(&prettyplease::unparse(&file))))
}

//! Diagnostics for readers: people at a terminal, programs, code scanning, pull requests.
//!
//! In: [`Diagnostics`] and the [`Sources`] they speak about. Out: text. Never knows: terminals, files, exit codes.

mod github;
mod json;
mod place;
mod sarif;
mod text;

#[cfg(test)]
mod tests;

pub use github::github;
pub use json::json;
pub use place::{Place, place};
pub use sarif::sarif;
pub use text::{Style, text};

use crate::diagnostic::{Diagnostics, Severity};
#[cfg(doc)]
use crate::source::Sources;

/// `3 errors, 2 warnings in 5 documents`; `no problems in 5 documents` when there is nothing to say.
#[must_use]
pub fn summary(diagnostics: &Diagnostics, documents: usize) -> String {
    let count = |severity: Severity| diagnostics.items().iter().filter(|item| item.severity == severity).count();
    let kinds = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "note")];
    let found: Vec<String> = kinds
        .into_iter()
        .map(|(severity, name)| (count(severity), name))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| plural(count, name))
        .collect();
    let found = if found.is_empty() { "no problems".to_owned() } else { found.join(", ") };
    format!("{found} in {}", plural(documents, "document"))
}

fn plural(count: usize, name: &str) -> String {
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

/// A severity as programs and rustc write it.
fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

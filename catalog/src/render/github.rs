//! Diagnostics as annotations of a pull request (GitHub workflow commands).
//!
//! In: diagnostics, sources. Out: one line each. Never knows: where the log goes.

use super::place::place;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::source::Sources;

/// One `::error file=…,line=…,col=…::message` line for each diagnostic.
#[must_use]
pub fn github(diagnostics: &Diagnostics, sources: &Sources) -> String {
    diagnostics.items().iter().map(|item| line(item, sources)).collect()
}

fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let kind = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut properties = format!("file={}", property(&diagnostic.path));
    if let Some(at) = sources.get(&diagnostic.path).and_then(|source| place(source, diagnostic.span)) {
        properties.push_str(&format!(",line={},endLine={},col={}", at.line, at.end_line, at.column));
        // GitHub knows an end column only within a line, and counts it inclusively.
        if at.line == at.end_line && at.end_column > at.column {
            properties.push_str(&format!(",endColumn={}", at.end_column - 1));
        }
    }
    let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!("\nhelp: {help}"));
    let message = data(&format!("{}{help}", diagnostic.message));
    format!("::{kind} {properties},title={}::{message}\n", property(diagnostic.code))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

//! Warnings that argue with the document: it is valid, and somebody should look.
//!
//! In: everything that was lowered. Out: diagnostics. Never knows: syntax.

use crate::open::{File, Project};

/// Lints a project.
pub(crate) fn lint(project: &Project<'_>, files: &mut [File<'_>]) {
    let _ = (project, files);
}

//! Why nothing was generated.
//!
//! In: what a stage could not do. Out: [`Error`]. Never knows: how it is shown.

use std::{io, path::PathBuf};

use catalog::diagnostic::Diagnostic;

/// Why nothing was generated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Names of documents that would be the same in Rust.
    #[error("{}", listed(.0))]
    Names(Vec<Diagnostic>),
    /// A template cannot be read or printed.
    #[error("template `{name}`: {reason}")]
    Template {
        /// File name of the template.
        name: String,
        /// What the template engine says.
        reason: String,
    },
    /// A template printed something that is not Rust.
    #[error("the templates print no Rust for {path}: {reason}")]
    NotRust {
        /// The file that would have been written.
        path: String,
        /// What the parser says.
        reason: String,
        /// What was printed.
        text: String,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// `generated/MANIFEST.json` is not one of ours.
    #[error("{path} cannot be read ({reason}); restore it from version control", path = path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another build writes at this moment.
    #[error("another build is writing {path}; wait for it to end", path = .0.display())]
    Busy(PathBuf),
}

fn listed(diagnostics: &[Diagnostic]) -> String {
    let line = |item: &Diagnostic| format!("{} {}:{}: {}", item.code, item.path, item.span.line, item.message);
    diagnostics.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

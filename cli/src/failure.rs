//! Why a command could not do its work.
//!
//! In: errors of the libraries. Out: [`Failure`]. Never knows: mistakes in documents; those are diagnostics.

use std::{io, path::PathBuf};

/// The tool failed (exit code 2).
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// No project here.
    #[error("no project found: there is no folder `spec` in {} or above it\n  help: go to the project's folder, or name it with --catalog FOLDER", .0.display())]
    NoProject(PathBuf),
    /// The folder that was named is no project.
    #[error("no project found: there is no folder `spec` in {}\n  help: --catalog names the folder that holds it", .0.display())]
    NotAProject(PathBuf),
    /// A file could not be read or written.
    #[error("{doing} {}: {source}", path.display())]
    File {
        /// Gerund, e.g. `reading`.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Standard output went away or is full.
    #[error("writing to standard output: {0}")]
    Output(io::Error),
    /// Cargo could not compile the service.
    #[error(
        "compiling the service failed (cargo's own words are above)\n  help: `tieline check` says whether generated/ is fresh; a compile error in it is a defect of tieline"
    )]
    Compile,
    /// Cargo is not there.
    #[error("starting cargo: {0}\n  help: a Rust toolchain is needed to compile the service (https://rustup.rs)")]
    NoCargo(io::Error),
    /// The service did not come up.
    #[error("the service did not start: {0}")]
    Service(String),
    /// Something else, with its sentence.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// For `map_err` on file operations.
    pub(crate) fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { doing, path, source }
    }

    /// A reader like `head` closed our output: not a failure of ours.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

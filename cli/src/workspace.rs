//! The cargo workspace that generated crates live in.
//!
//! In: a project. Out: `Cargo.toml`, `Cargo.lock` and `.gitignore` of a new project, written once and the user's from
//! then on. Never knows: what is generated.

use std::path::{Path, PathBuf};

use crate::{failure::Failure, project::Project, terminal::Terminal};

/// The versions of all dependencies that this build of Tieline was tested with.
const LOCK: &str = include_str!("../../Cargo.lock");

/// Folder of the runtime in the checkout that this command was compiled from.
const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runtime");

/// Makes the project a cargo workspace, unless it is one.
pub(crate) fn ensure(project: &Project, terminal: &Terminal) -> Result<(), Failure> {
    let manifest = project.root.join("Cargo.toml");
    if manifest.exists() {
        return Ok(());
    }
    let members = project.generated.strip_prefix(&project.root).unwrap_or(&project.generated);
    write(&manifest, &text(members))?;
    write_once(&project.root.join("Cargo.lock"), LOCK)?;
    write_once(&project.root.join(".gitignore"), "/target\n/data\n")?;
    terminal.note("Created", "Cargo.toml: the workspace of the generated crates; yours from now on");
    Ok(())
}

fn text(members: &Path) -> String {
    format!(
        "# The workspace of the generated crates. Tieline wrote it once; it is yours.\n\
         [workspace]\nresolver = \"3\"\nmembers = [\"{}/*\"]\n\n\
         [workspace.package]\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace.dependencies]\nruntime = {{ package = \"tieline-runtime\", {} }}\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n\n[profile.dev.package.\"*\"]\ndebug = false\n\n\
         [profile.release]\nlto = \"thin\"\ncodegen-units = 4\nstrip = \"symbols\"\n",
        members.to_string_lossy().replace('\\', "/"),
        runtime_source()
    )
}

/// The runtime beside the sources of this command while they are there, the published one otherwise.
fn runtime_source() -> String {
    match PathBuf::from(CHECKOUT).canonicalize() {
        Ok(folder) => format!("path = {:?}", folder.to_string_lossy()),
        Err(_) => format!("version = {:?}", env!("CARGO_PKG_VERSION")),
    }
}

fn write_once(path: &Path, text: &str) -> Result<(), Failure> {
    if path.exists() { Ok(()) } else { write(path, text) }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(Failure::file("writing", path))
}

//! What suites that need more than one crate share.
//!
//! In: nothing. Out: places, the compiled command, copies of the project. Never knows: what a suite proves.

#![allow(clippy::expect_used, reason = "test support: a broken workspace should stop the suite at once")]

pub mod tutorial;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The project itself: the folder that holds `spec/`.
///
/// # Panics
/// When the crate was moved out of its workspace.
#[must_use]
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate lives in the workspace").to_owned()
}

/// The compiled command `tieline`, compiled once per test process.
///
/// # Panics
/// When it does not compile.
pub fn tieline() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let status = Command::new(env!("CARGO"))
            .current_dir(project())
            .args(["build", "--quiet", "--package", "tieline-cli"])
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the command does not compile");
        target().join("debug/tieline")
    })
}

/// The folder that cargo builds into: tests that compile a project of their own share it, so that dependencies are
/// compiled once.
///
/// # Panics
/// When the test program does not lie in a target folder.
#[must_use]
pub fn target() -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a path");
    let debug = program.ancestors().find(|folder| folder.ends_with("debug")).expect("tests run in the dev profile");
    debug.parent().expect("debug lies in the target folder").to_owned()
}

/// A copy of everything in the project that is source: documents, generated code, crates.
///
/// # Panics
/// When the disk refuses.
pub fn copy_project(to: &Path) {
    copy(&project(), to);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a writable folder");
    for entry in fs::read_dir(from).expect("a readable folder").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if name != "target" && name != ".git" && name != "node_modules" {
                copy(&path, &to.join(name));
            }
        } else {
            fs::copy(&path, to.join(name)).expect("a readable file");
        }
    }
}

//! What suites that need more than one crate share.
//!
//! In: nothing. Out: places, compiled programs, copies of projects, ways to run things. Never knows: what a suite proves.

#![allow(clippy::expect_used, reason = "test support: a broken workspace should stop the suite at once")]

pub mod browser;
pub mod command;
pub mod copies;
pub mod hostile;
pub mod hostile_site;
pub mod postgres;
pub mod service;
pub mod tutorial;
mod wheel;

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
    BINARY.get_or_init(|| compile("tieline-cli", "tieline"))
}

/// The compiled service of the reference catalog, compiled once per test process.
///
/// # Panics
/// When it does not compile.
pub fn generated_service() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| compile("generated-service", "service"))
}

fn compile(package: &str, program: &str) -> PathBuf {
    let binary = target().join("debug").join(program);
    // cargo-nextest runs each test in a process of its own, and cargo takes its time to find that there is nothing to do.
    let run = std::env::var("NEXTEST_RUN_ID").ok();
    let mark = target().join("tmp").join(format!("{program}.compiled"));
    if run.is_some() && fs::read_to_string(&mark).ok() == run {
        return binary;
    }
    let mut cargo = Command::new(env!("CARGO"));
    command::plain(&mut cargo);
    cargo.current_dir(project()).env("CARGO_TARGET_DIR", target());
    let status = cargo.args(["build", "--quiet", "--package", package]).status().expect("cargo runs");
    assert!(status.success(), "{package} does not compile");
    if let Some(run) = run {
        fs::create_dir_all(target().join("tmp")).expect("a writable folder");
        fs::write(mark, run).expect("a writable folder");
    }
    binary
}

/// The folder that cargo builds into.
///
/// # Panics
/// When the test program does not lie in a target folder.
#[must_use]
pub fn target() -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a path");
    let debug = program.ancestors().find(|folder| folder.ends_with("debug")).expect("tests run in the dev profile");
    debug.parent().expect("debug lies in the target folder").to_owned()
}

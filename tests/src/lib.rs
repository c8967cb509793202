//! What suites that need more than one crate share.
//!
//! In: nothing. Out: places and helpers for the suites in `tests/tests`. Never knows: what a suite proves.

#![allow(clippy::expect_used, reason = "test support: a broken workspace should stop the suite at once")]

use std::path::{Path, PathBuf};

/// The project itself: the folder that holds `spec/`.
///
/// # Panics
/// When the crate was moved out of its workspace.
#[must_use]
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate lives in the workspace").to_owned()
}

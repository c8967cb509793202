//! The site in a real browser. The cases stand in `tests/browser/`, a folder a suite.

#![allow(clippy::expect_used, reason = "a test stops at the first thing that is not there")]

use std::path::Path;

use tempfile::TempDir;
use tieline_tests::{browser::Suite, command::run, hostile_site::hostile_site, project};

/// The site of a project, in a temporary folder.
fn site(root: &Path) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let built = run(root, &["build", "--only", "site", "--site", &folder.path().to_string_lossy()]);
    assert_eq!(built.code, Some(0), "{built}");
    folder
}

/// Search, facets, landscape, theme, keyboard, telephone, paper, no scripts; every kind of page under the rules of WCAG.
#[test]
fn readers_find_their_way() {
    let site = site(&project());
    Suite::new("reading").site("site", site.path()).play();
}

/// Scripts in every text, links that run, five thousand rows, text from right to left, very long names.
#[test]
fn hostile_documents_do_no_harm() {
    let project = hostile_site();
    let site = site(project.root());
    Suite::new("hostile").site("site", site.path()).play();
}

/// Pages that do what no page of ours may: each must be heard, or all other suites prove nothing.
#[test]
fn what_pages_must_not_do_is_heard() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Suite::new("watch").site("site", folder.path()).play();
}

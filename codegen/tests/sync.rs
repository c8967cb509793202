//! Files on disk: fresh, missing, stale, edited, orphaned, foreign; and what a build does about each.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

mod support;

use std::{fs, path::Path, thread, time::Duration};

use support::{catalog_with, documents, files, interface};
use tieline_codegen::{Error, FileSet, Finding, Mode, Report, State, Why, sync};

const MODULE: &str = "generated/test/src/test_pa_ho_thing_v1.rs";
const DOCUMENT: &str = "spec/interfaces/TEST-PA-HO-THING-V1.md";

fn one() -> FileSet {
    files(&catalog_with(&interface("  - discard: one\n", "")))
}

fn two() -> FileSet {
    files(&catalog_with(&interface("  - discard: two\n", "")))
}

/// A project in which `files` were generated.
fn project(files: &FileSet) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let report = sync(files, &root.path().join("generated"), Mode::Write).unwrap();
    assert_eq!(report.written.len(), files.files.len());
    root
}

/// Every file that is not in its right state, in words.
fn states(report: &Report) -> Vec<String> {
    let word = |finding: &Finding| match &finding.state {
        State::Unchanged => None,
        State::Missing => Some("missing".to_owned()),
        State::Stale(Why::Documents(documents)) => Some(format!("stale, {}", documents.join(" "))),
        State::Stale(Why::Generator) => Some("stale, generator".to_owned()),
        State::HandEdited { .. } => Some("edited".to_owned()),
        State::Orphan => Some("orphan".to_owned()),
        State::Foreign => Some("foreign".to_owned()),
    };
    report.findings.iter().filter_map(|finding| Some(format!("{}: {}", finding.path, word(finding)?))).collect()
}

#[track_caller]
fn check(files: &FileSet, root: &Path, expect: &[&str]) {
    let report = sync(files, &root.join("generated"), Mode::Check).unwrap();
    assert_eq!(states(&report), expect);
    assert_eq!(report.is_fresh(), expect.is_empty());
}

#[test]
fn what_was_written_is_fresh_and_keeps_its_times() {
    let root = project(&one());
    check(&one(), root.path(), &[]);
    let time = || fs::metadata(root.path().join(MODULE)).unwrap().modified().unwrap();
    let before = time();
    thread::sleep(Duration::from_millis(20));
    let report = sync(&one(), &root.path().join("generated"), Mode::Write).unwrap();
    assert!(report.written.is_empty() && report.removed.is_empty());
    assert_eq!(time(), before);
    sync(&two(), &root.path().join("generated"), Mode::Write).unwrap();
    assert_ne!(time(), before);
    check(&two(), root.path(), &[]);
}

#[test]
fn a_changed_document_makes_its_files_stale() {
    let root = project(&one());
    let lib = format!("generated/service/src/lib.rs: stale, {DOCUMENT}");
    check(&two(), root.path(), &[&lib, &format!("{MODULE}: stale, {DOCUMENT}")]);
}

#[test]
fn a_changed_generator_makes_files_stale() {
    let root = project(&one());
    let mut changed = one();
    changed.templates = "another".to_owned();
    changed.files.get_mut("rustfmt.toml").unwrap().text.push('\n');
    check(&changed, root.path(), &["generated/rustfmt.toml: stale, generator"]);
}

#[test]
fn line_ends_do_not_make_files_stale() {
    let root = project(&one());
    let path = root.path().join(MODULE);
    fs::write(&path, fs::read_to_string(&path).unwrap().replace('\n', "\r\n")).unwrap();
    check(&one(), root.path(), &[]);
}

#[test]
fn a_missing_file_is_written_again() {
    let root = project(&one());
    fs::remove_file(root.path().join(MODULE)).unwrap();
    check(&one(), root.path(), &[&format!("{MODULE}: missing")]);
    sync(&one(), &root.path().join("generated"), Mode::Write).unwrap();
    check(&one(), root.path(), &[]);
}

#[test]
fn an_edited_file_is_left_alone_and_named() {
    let root = project(&one());
    let path = root.path().join(MODULE);
    let edited = fs::read_to_string(&path).unwrap().replace("\"one\"", "\"mine\"");
    fs::write(&path, &edited).unwrap();
    for (files, mode) in [(one(), Mode::Check), (one(), Mode::Write), (two(), Mode::Write), (two(), Mode::Write)] {
        let report = sync(&files, &root.path().join("generated"), mode).unwrap();
        let refused: Vec<&Finding> = report.refused().collect();
        let [Finding { path, state: State::HandEdited { diff, belongs } }] = refused.as_slice() else {
            panic!("{refused:?}")
        };
        assert_eq!((path.as_str(), belongs[0].as_str()), (MODULE, DOCUMENT));
        assert!(diff.contains("+        reason: \"mine\".to_owned(),"), "{diff}");
        assert!(refused[0].message().unwrap().contains(&format!("make the change in {DOCUMENT}")));
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), edited, "an edited file is never overwritten");
    fs::remove_file(&path).unwrap();
    sync(&two(), &root.path().join("generated"), Mode::Write).unwrap();
    check(&two(), root.path(), &[]);
}

#[test]
fn orphans_go_unless_somebody_edited_them() {
    let custom = files(&catalog_with(&documents::custom_steps()));
    let root = project(&one());
    check(
        &custom,
        root.path(),
        &[
            &format!("generated/service/Cargo.toml: stale, {DOCUMENT}"),
            &format!("generated/service/src/lib.rs: stale, {DOCUMENT}"),
            "generated/service/src/main.rs: orphan",
            &format!("generated/test/src/systems/partner.rs: stale, {DOCUMENT}"),
            &format!("{MODULE}: stale, {DOCUMENT}"),
            "generated/test/src/test_pa_ho_thing_v1/examples.rs: missing",
        ],
    );
    let main = root.path().join("generated/service/src/main.rs");
    let ours = fs::read_to_string(&main).unwrap();
    fs::write(&main, format!("{ours}// mine\n")).unwrap();
    let report = sync(&custom, &root.path().join("generated"), Mode::Write).unwrap();
    assert_eq!((report.removed.len(), report.refused().count()), (0, 1));
    fs::write(&main, ours).unwrap();
    let report = sync(&custom, &root.path().join("generated"), Mode::Write).unwrap();
    assert_eq!(report.removed, ["service/src/main.rs"]);
    assert!(!main.exists());
    check(&custom, root.path(), &[]);
}

#[test]
fn a_foreign_file_is_reported_and_stays() {
    let root = project(&one());
    let path = root.path().join("generated/notes.txt");
    fs::write(&path, "mine").unwrap();
    let report = sync(&one(), &root.path().join("generated"), Mode::Write).unwrap();
    assert_eq!(states(&report), ["generated/notes.txt: foreign"]);
    assert_eq!(fs::read_to_string(path).unwrap(), "mine");
}

#[test]
fn a_build_that_was_killed_half_way_is_finished_by_the_next() {
    let root = project(&one());
    let manifest = root.path().join("generated/MANIFEST.json");
    let old = fs::read_to_string(&manifest).unwrap();
    sync(&two(), &root.path().join("generated"), Mode::Write).unwrap();
    // The manifest of the new build with what stood there before, and a file that was not yet written.
    let new = fs::read_to_string(&manifest).unwrap();
    let mut half: serde_json::Value = serde_json::from_str(&new).unwrap();
    half["before"] = serde_json::from_str::<serde_json::Value>(&old).unwrap()["files"].clone();
    fs::write(&manifest, half.to_string()).unwrap();
    fs::write(root.path().join(MODULE), one().get("test/src/test_pa_ho_thing_v1.rs").unwrap()).unwrap();
    let report = sync(&two(), &root.path().join("generated"), Mode::Write).unwrap();
    assert_eq!(report.refused().count(), 0);
    assert_eq!(fs::read_to_string(&manifest).unwrap(), new);
    check(&two(), root.path(), &[]);
}

#[test]
fn two_builds_at_once_are_refused() {
    let root = project(&one());
    let lock = root.path().join("generated/.lock");
    let other = fs::File::create(&lock).unwrap();
    other.lock().unwrap();
    assert!(matches!(sync(&two(), &root.path().join("generated"), Mode::Write), Err(Error::Busy(_))));
    drop(other);
    sync(&two(), &root.path().join("generated"), Mode::Write).unwrap();
    assert!(!lock.exists());
}

#[test]
fn the_same_documents_give_the_same_files() {
    assert_eq!(one(), one());
}

//! What is generated into the tree is what the documents ask for, and a tree that is not is told apart in words.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use catalog::{diagnostic::Diagnostics, open};
use codegen::{Finding, Mode};
use tieline_tests::{
    command::{Run, run},
    copies::Copy,
    project,
};

#[test]
fn generated_code_is_fresh() {
    let (catalog, diagnostics, _) = open(&project());
    assert!(!Diagnostics::has_errors(&diagnostics), "{diagnostics:?}");
    let files = codegen::generate(&catalog.expect("no errors"), &project()).expect("it generates");
    let report = codegen::sync(&files, &project().join("generated"), Mode::Check).expect("a readable tree");
    let messages: Vec<String> = report.findings.iter().filter_map(Finding::message).collect();
    assert_eq!(messages, Vec::<String>::new());
}

#[test]
fn the_language_reference_is_fresh() {
    let run = run(&project(), &["reference", "--check"]);
    assert_eq!(run.code, Some(0), "{run}");
}

#[test]
fn the_manual_has_the_table_of_metrics() {
    let manual = std::fs::read_to_string(project().join("docs/operating.md")).expect("the operating guide");
    let table = runtime::metrics::table::markdown();
    assert!(manual.contains(&table), "docs/operating.md, section Metrics, must hold this table:\n\n{table}");
}

/// One file for each way to differ.
fn disturb(project: &Copy) {
    project.remove("generated/sales/src/lib.rs");
    project.edit("spec/interfaces/PROC-SRM7-11VMS-PURCHASE-ORDER-V1.md", "retry: 3x every 30s", "retry: 5x every 30s");
    let edited = project.read(EDITED) + "// a hurried mend\n";
    project.write(EDITED, edited);
    project.write(FOREIGN, "remember the milk\n");
    project.remove("spec/interfaces/SALES-ERP-SF-PAYMENT-STATUS-V1.md");
}

const EDITED: &str = "generated/proc/src/proc_11vms_srm7_activity_report_v1.rs";
const FOREIGN: &str = "generated/notes.txt";

/// What was said about files, one sentence a line.
fn sentences(run: &Run) -> String {
    let about = |line: &&str| line.contains("generated/");
    run.err.lines().filter(about).map(|line| line.trim().to_owned() + "\n").collect()
}

#[test]
fn missing_stale_edited_orphaned_and_foreign_files_are_told_apart() {
    let project = Copy::of_reference();
    disturb(&project);
    let checked = run(project.root(), &["check"]);
    assert_eq!(checked.code, Some(4), "{checked}");
    insta::assert_snapshot!("told_apart", sentences(&checked));

    let built = run(project.root(), &["build", "--only", "generated"]);
    assert_eq!(built.code, Some(2), "a build that leaves something unbuilt does not succeed: {built}");
    insta::assert_snapshot!("refused", sentences(&built));
    assert!(project.read(EDITED).ends_with("// a hurried mend\n"), "somebody's work was overwritten");
    assert_eq!(project.read(FOREIGN), "remember the milk\n");
    let checked = run(project.root(), &["check"]);
    assert_eq!((checked.code, sentences(&checked).lines().count()), (Some(4), 2), "all else is mended: {checked}");

    project.remove(EDITED);
    project.remove(FOREIGN);
    let built = run(project.root(), &["build", "--only", "generated"]);
    assert_eq!(built.code, Some(0), "{built}");
    let checked = run(project.root(), &["check"]);
    assert_eq!(checked.code, Some(0), "{checked}");
}

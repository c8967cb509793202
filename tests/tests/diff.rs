//! `tieline diff`: two versions of the documents, from git and from folders, in business words.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use std::{path::Path, process::Command};

use serde_json::Value;
use tieline_tests::{
    command::{run, transcript},
    copies::Copy,
};

const INTERFACE: &str = "spec/interfaces/LOGISTICS-SHOP-WMS-PICKORDER-V1.md";

fn git(folder: &Path, words: &[&str]) {
    let who = ["-c", "user.name=Tieline", "-c", "user.email=tieline@example.org", "-c", "init.defaultBranch=main"];
    let output = Command::new("git").arg("-C").arg(folder).args(who).args(words).output().expect("git runs");
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The tutorial's project with one commit, and one edit of each weight since.
fn changed() -> Copy {
    let project = Copy::of_tutorial();
    git(project.root(), &["init", "--quiet"]);
    git(project.root(), &["add", "spec"]);
    git(project.root(), &["commit", "--quiet", "--message", "first"]);
    git(project.root(), &["tag", "v1"]);
    project.edit(INTERFACE, "retry: 3 attempts every 5s", "retry: 5 attempts every 5s");
    project.edit(INTERFACE, "http: POST /shop/paid-orders", "http: POST /shop/v2/paid-orders");
    project.edit(INTERFACE, "title: Paid order to pick order", "title: A paid order is picked");
    project
}

#[test]
fn versions_are_compared_in_business_words() {
    let project = changed();
    let all: [&[&str]; 7] = [
        &["diff"],
        &["diff", "v1", "HEAD"],
        &["diff", "v1", "--format", "markdown"],
        &["diff", "--only", "Warehouse"],
        &["diff", "--deny", "breaking"],
        &["diff", "v2"],
        &["diff", "--", "--output=x"],
    ];
    insta::assert_snapshot!(transcript(project.root(), &all));
}

#[test]
fn a_folder_is_a_version_too_and_programs_read_the_texts() {
    let (before, after) = (Copy::of_tutorial(), changed());
    let run = run(after.root(), &["diff", &before.root().to_string_lossy(), "--format", "json"]);
    assert_eq!(run.code, Some(0), "{run}");
    let found: Value = serde_json::from_str(&run.out).expect("JSON");
    let retry = found.as_array().unwrap().iter().find(|it| it["place"] == "errors.retry").expect("the timetable");
    assert_eq!((&retry["before"], &retry["after"]), (&"3 attempts every 5s".into(), &"5 attempts every 5s".into()));
    assert_eq!(retry["weight"], "behavioural");
}

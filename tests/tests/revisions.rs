//! Revisions on the website, read from real git.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use std::{fs, path::Path, process::Command};

use tieline_tests::{command::run, copies::Copy};

const INTERFACE: &str = "spec/interfaces/LOGISTICS-SHOP-WMS-PICKORDER-V1.md";
const PAGE: &str = "target/site/interfaces/logistics-shop-wms-pickorder-v1";

fn git(folder: &Path, words: &[&str]) -> String {
    let who = ["-c", "user.name=Tieline", "-c", "user.email=tieline@example.org", "-c", "init.defaultBranch=main"];
    let output = Command::new("git").arg("-C").arg(folder).args(who).args(words).output().expect("git runs");
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn commit(project: &Copy, message: &str) -> String {
    git(project.root(), &["add", "."]);
    git(project.root(), &["commit", "--quiet", "--message", message]);
    git(project.root(), &["rev-parse", "HEAD"])[..10].to_owned()
}

fn build(project: &Copy) -> String {
    let built = run(project.root(), &["build", "--only", "site"]);
    assert_eq!(built.code, Some(0), "{built}");
    fs::read_to_string(project.root().join(PAGE).join("index.html")).expect("the page of the interface")
}

#[test]
fn every_commit_of_a_document_is_a_revision() {
    let project = Copy::of_tutorial();
    project.write(".gitignore", "/target\n");
    git(project.root(), &["init", "--quiet"]);
    assert!(build(&project).contains("git knows no commit here yet"));
    let first = commit(&project, "first: <b>created</b>");
    project.edit(INTERFACE, "http: POST /shop/paid-orders", "http: POST /shop/v2/paid-orders");
    // On a branch, twice, and merged: one change of the main line.
    git(project.root(), &["checkout", "--quiet", "-b", "work"]);
    commit(&project, "another address");
    project.edit(INTERFACE, "retry: 3 attempts every 5s", "retry: 5 attempts every 5s");
    let inner = commit(&project, "more patience");
    git(project.root(), &["checkout", "--quiet", "main"]);
    git(project.root(), &["merge", "--quiet", "--no-ff", "--message", "a better interface", "work"]);
    let second = git(project.root(), &["rev-parse", "HEAD"])[..10].to_owned();
    project.edit(INTERFACE, "title: Paid order to pick order", "title: A paid order is picked");
    let page = build(&project);
    for link in [
        format!("r/{first}/index.html"),
        format!("r/{second}/index.html"),
        format!("diff/{first}..{second}/index.html"),
        format!("diff/{second}..today/index.html"),
    ] {
        assert!(page.contains(&link), "{link}");
        assert!(project.root().join(PAGE).join(&link).exists(), "{link}");
    }
    assert!(!page.contains(&inner), "what a merge brought is one change");
    assert!(page.contains("a better interface") && !page.contains("<b>created</b>"));
    let differences =
        fs::read_to_string(project.root().join(PAGE).join(format!("diff/{first}..{second}/index.html"))).unwrap();
    assert!(differences.contains("Callers must use <code>POST /shop/v2/paid-orders</code>"));
    assert!(differences.contains("A message whose target fails is sent at"));
}

#[test]
fn without_git_the_page_says_why_there_are_no_revisions() {
    let project = Copy::of_tutorial();
    let page = build(&project);
    assert!(page.contains("the documents are in no git repository"), "{page}");
    assert!(!project.root().join(PAGE).join("r").exists());
}

#[test]
fn a_project_below_the_root_of_a_shallow_clone_shows_what_is_there() {
    let origin = Copy::of_tutorial();
    let inner = origin.root().join("projects/lines");
    fs::create_dir_all(&inner).unwrap();
    fs::rename(origin.root().join("spec"), inner.join("spec")).unwrap();
    git(origin.root(), &["init", "--quiet"]);
    commit(&origin, "first");
    let path = inner.join(INTERFACE);
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("every 5s", "every 7s")).unwrap();
    let second = commit(&origin, "second");
    let clone = tempfile::tempdir().unwrap();
    let from = format!("file://{}", origin.root().display());
    git(clone.path(), &["clone", "--quiet", "--depth", "1", &from, "copy"]);
    let folder = clone.path().join("copy/projects/lines");
    let built = run(&folder, &["build", "--only", "site"]);
    assert_eq!(built.code, Some(0), "{built}");
    let page = fs::read_to_string(folder.join(PAGE).join("index.html")).unwrap();
    assert!(page.contains(&format!("r/{second}/index.html")));
    assert!(page.contains("The repository is a shallow clone"));
}

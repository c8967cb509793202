//! The house stays as drawn: arrows between crates, and the tidiness rules that no compiler checks.

#![allow(clippy::expect_used, reason = "a test stops at the first thing that is not there")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate lives in the workspace").to_owned()
}

/// Every arrow that may exist, by folder. `tests` and `bench` may use everything.
fn allowed(folder: &str) -> &'static [&'static str] {
    match folder {
        "codegen" | "site" => &["catalog"],
        "cli" => &["catalog", "codegen", "site", "simulators"],
        _ => &[],
    }
}

#[test]
fn crates_depend_only_as_drawn() {
    let wrong: Vec<String> = arrows()
        .into_iter()
        .filter(|(from, _)| from != "tests" && from != "bench")
        .flat_map(|(from, to)| to.into_iter().map(move |to| (from.clone(), to)))
        .filter(|(from, to)| {
            let generated = from.starts_with("generated/")
                && (to == "runtime" || (from == "generated/service" && to.starts_with("generated/")));
            !generated && !allowed(from).contains(&to.as_str())
        })
        .map(|(from, to)| format!("{from} -> {to}"))
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "arrows that the design does not draw");
}

#[test]
fn leaves_are_leaves() {
    let arrows = arrows();
    for leaf in ["catalog", "runtime", "simulators"] {
        assert_eq!(arrows.get(leaf), Some(&BTreeSet::new()), "{leaf} must not depend on another crate of ours");
    }
}

/// Libraries of what is compiled, each with the sets of features that somebody asks for.
fn features(words: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--offline", "--prefix", "none", "--format", "{p}|{f}"])
        .args(words)
        .output()
        .expect("cargo tree runs");
    let text = String::from_utf8(output.stdout).expect("cargo tree speaks UTF-8");
    let mut libraries: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (library, features) in text.lines().filter_map(|line| line.trim_end_matches(" (*)").split_once('|')) {
        libraries.entry(library.replace(" (proc-macro)", "")).or_default().insert(features.to_owned());
    }
    libraries
}

/// Whoever runs the demo compiles the command and the service, and whoever runs the tests all three. A library with one
/// set of features is compiled once; with two it is compiled twice, and so is all that is built on it.
#[test]
fn every_library_is_compiled_once() {
    let mut libraries = features(&["--workspace", "--edges", "normal,build,dev"]);
    assert!(libraries.len() > 300, "{} libraries", libraries.len());
    for program in ["tieline-cli", "generated-service"] {
        for (library, sets) in features(&["--package", program, "--edges", "normal,build"]) {
            libraries.entry(library).or_default().extend(sets);
        }
    }
    libraries.retain(|_, sets| sets.len() > 1);
    assert_eq!(
        libraries,
        BTreeMap::new(),
        "name features in `cli/Cargo.toml`, `runtime/Cargo.toml` or `bench/Cargo.toml`"
    );
}

/// Folder of each workspace crate → folders of the workspace crates it depends on (dev-dependencies apart).
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .expect("cargo metadata runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata speaks JSON");
    let mut arrows = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let to = package["dependencies"]
            .as_array()
            .expect("dependencies")
            .iter()
            .filter(|dependency| dependency["kind"].as_str() != Some("dev"))
            .filter_map(|dependency| dependency["path"].as_str().map(|path| relative(Path::new(path))))
            .collect();
        let manifest = package["manifest_path"].as_str().expect("manifest_path");
        arrows.insert(relative(Path::new(manifest).parent().expect("a folder")), to);
    }
    arrows
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).expect("inside the workspace").to_string_lossy().into_owned()
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> =
        rust_files().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert_eq!(silent, Vec::<String>::new(), "files without a module comment (`//! …`) on their first line");
}

#[test]
fn no_unfinished_work_is_left_in_the_code() {
    let marks = ["TO\x44O", "FIX\x4dE", "X\x58X"];
    let unfinished: Vec<String> = rust_files()
        .into_iter()
        .filter(|(_, text)| marks.iter().any(|mark| text.contains(mark)))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(unfinished, Vec::<String>::new(), "work belongs into issues, limits into module comments");
}

/// Every Rust file of the workspace that people wrote or that was generated into the tree.
fn rust_files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() && name != "target" && name != "node_modules" && !name.to_string_lossy().starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push((relative(&path), fs::read_to_string(&path).expect("UTF-8")));
            }
        }
    }
    files.sort();
    files
}

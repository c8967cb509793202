//! What is generated is Rust without warnings: every construct, the naming obstacle course, custom steps.
//!
//! The crates go into a workspace of their own below the build folder, and share its compiled dependencies.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use support::{HOME, PARTNER, catalog_of, documents, obstacles};
use tieline_codegen::{Mode, generate, sync};

#[test]
fn what_is_generated_compiles_without_warnings() {
    let catalog =
        catalog_of(&everything().iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>());
    let root = workspace("compiles");
    let files = generate(&catalog, &root).unwrap_or_else(|error| panic!("{error}"));
    sync(&files, &root.join("generated"), Mode::Write).unwrap();
    user(&root, "complete", SCORES);
    user(&root, "incomplete", "");

    let output = cargo(&root, &["--workspace", "--exclude", "incomplete"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("warning"), "{said}");

    let output = cargo(&root, &["--package", "incomplete"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "a service without the user's function must not compile");
    assert!(said.contains("missing: `score_thing`, `note_thing`"), "{said}");
}

/// The functions that the document of custom steps asks for.
const SCORES: &str = "
    fn score_thing(&self, _: &partner::Thing, name: Option<&str>, _: Decimal) -> Result<i64, Stop> { Ok(name.map_or(0, |_| 1)) }
    fn note_thing(&self, _: &[partner::ThingParts], _: Option<i64>, _: partner::ThingKind) -> Result<(), Stop> { Ok(()) }
";

/// Documents of every suite, each interface under a Smart ID of its own.
fn everything() -> Vec<(String, String)> {
    let mut all = vec![
        ("systems/partner.md".to_owned(), PARTNER.to_owned()),
        ("systems/home.md".to_owned(), HOME.to_owned()),
        ("systems/odd.md".to_owned(), obstacles::partner()),
        ("systems/wp2.md".to_owned(), obstacles::WP2.to_owned()),
        (format!("interfaces/{}.md", obstacles::SMART_ID), obstacles::interface()),
    ];
    let constructs = documents::all()
        .into_iter()
        .chain([("custom", documents::custom_steps()), ("conditions", documents::conditions(documents::CONDITIONS))]);
    for (name, text) in constructs {
        let object = name.to_uppercase().replace('_', "-");
        let id = format!("TEST-PA-HO-{object}-V1");
        let text = text.replace("TEST-PA-HO-THING-V1", &id).replace("POST /in", &format!("POST /in/{name}"));
        all.push((format!("interfaces/{id}.md"), text));
    }
    all
}

/// An empty workspace that finds the runtime, with the versions and profiles of this one.
fn workspace(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&root).unwrap();
    let house = house();
    fs::copy(house.join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
    let manifest = format!(
        r#"[workspace]
resolver = "3"
members = ["generated/*", "users/*"]

[workspace.dependencies]
runtime = {{ path = {:?}, package = "tieline-runtime" }}

[profile.dev]
debug = false
"#,
        house.join("runtime")
    );
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    root
}

/// A user's crate that implements the custom steps with `body`.
fn user(root: &Path, name: &str, body: &str) {
    let folder = root.join("users").join(name);
    fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nruntime.workspace = true\ngenerated-service = {{ path = \"../../generated/service\" }}\ngenerated-test = {{ path = \"../../generated/test\" }}\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let used =
        if body.is_empty() { "" } else { "use runtime::{Decimal, Stop};\nuse generated_test::systems::partner;\n" };
    let main = format!(
        "use std::process::ExitCode;\nuse generated_test::test_pa_ho_custom_v1 as scored;\n{used}
struct Scores;
impl scored::Custom for Scores {{ {body} }}
fn main() -> ExitCode {{
    runtime::main(service::DIGEST, service::handlers(service::Custom {{ test_pa_ho_custom_v1: Scores }}))
}}\n"
    );
    fs::write(folder.join("src/main.rs"), main).unwrap();
}

fn cargo(root: &Path, arguments: &[&str]) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the build folder");
    let mut command = Command::new(env!("CARGO"));
    // What cargo told this test about its package: build scripts of dependencies look at it, and would run again.
    for (name, _) in std::env::vars_os() {
        let outer = ["CARGO_PKG_", "CARGO_MANIFEST_", "OUT_DIR"];
        if name.to_str().is_some_and(|name| outer.iter().any(|start| name.starts_with(start))) {
            command.env_remove(name);
        }
    }
    command
        .current_dir(root)
        .args(["build", "--offline", "--quiet", "--target-dir"])
        .arg(target)
        .args(arguments)
        .env_remove("RUSTFLAGS")
        // What judges our own crates has no say in those of others.
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .output()
        .expect("cargo runs")
}

fn house() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

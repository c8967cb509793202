//! What people and programs see of the command `tieline`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use std::{io::Read, path::Path, process::Stdio};

use serde_json::Value;
use tieline_tests::{
    command::{command, run, transcript},
    copies::Copy,
    project,
};

const INTERFACE: &str = "spec/interfaces/LOGISTICS-SHOP-WMS-PICKORDER-V1.md";

/// The tutorial's project, generated, with these edits made to its interface afterwards.
fn small(edits: &[(&str, &str)]) -> Copy {
    let project = Copy::of_tutorial();
    let built = run(project.root(), &["build", "--only", "generated"]);
    assert_eq!(built.code, Some(0), "{built}");
    edits.iter().for_each(|(before, after)| project.edit(INTERFACE, before, after));
    project
}

/// Three mistakes of three kinds: a key, an expression, a phrase.
const MISTAKES: [(&str, &str); 3] = [
    ("frequency:", "frequenzy:"),
    ("event.customerName", "event.custmerName"),
    ("retry: 3 attempts every 5s", "retry: 3 attempts every now and then"),
];

/// Everything that `tieline --help` lists.
const VERBS: [&str; 24] = [
    "check",
    "build",
    "diff",
    "explain",
    "run",
    "store",
    "serve",
    "dev",
    "demo",
    "completions",
    "messages",
    "dead-letters",
    "retry",
    "replay",
    "discard",
    "erase",
    "resolve",
    "skip",
    "pause",
    "resume",
    "interfaces",
    "breakers",
    "alerts",
    "audit",
];

#[test]
fn every_verb_explains_itself() {
    let pages: String = ["--help"]
        .iter()
        .chain(&VERBS)
        .map(|verb| transcript(&project(), &[&[verb, "--help"]]).replace("--help --help", "--help"))
        .collect();
    insta::assert_snapshot!("help", pages);
}

#[test]
fn a_project_is_checked_and_built() {
    let project = Copy::of_tutorial();
    let all: [&[&str]; 6] = [
        &["build", "--only", "generated"],
        &["check"],
        &["check", "--all"],
        &["check", "--deny", "warnings"],
        &["build", "--site", "public", "--only", "site"],
        &["build", "--site", "public"],
    ];
    let told = transcript(project.root(), &all);
    insta::assert_snapshot!("checked_and_built", told);
    assert!(project.root().join("public/index.html").is_file());
}

#[test]
fn three_mistakes_are_told_at_once() {
    let project = small(&MISTAKES);
    insta::assert_snapshot!("three_mistakes", transcript(project.root(), &[&["check"], &["build"]]));
    assert!(!project.root().join("target/site").exists(), "nothing is drawn from documents with mistakes");
}

#[test]
fn programs_read_the_same_mistakes_in_every_format() {
    let project = small(&MISTAKES);
    let said = |format: &str| {
        let run = run(project.root(), &["check", "--format", format]);
        assert_eq!(run.code, Some(1), "{run}");
        run.out
    };
    let json: Value = serde_json::from_str(&said("json")).expect("JSON");
    let place = |item: &Value| (text(item, "/code"), text(item, "/path"), item["line"].as_u64().unwrap());
    let expected: Vec<_> = json.as_array().unwrap().iter().map(place).collect();
    assert!(expected.iter().filter(|(code, ..)| code.starts_with("E-")).count() >= 3, "{expected:?}");

    let sarif: Value = serde_json::from_str(&said("sarif")).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(text(&sarif, "/runs/0/tool/driver/name"), "tieline");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let found: Vec<_> = results
        .iter()
        .map(|result| {
            assert!(!text(result, "/message/text").is_empty());
            assert!(["error", "warning", "note"].contains(&text(result, "/level").as_str()));
            assert_eq!(text(&rules[result["ruleIndex"].as_u64().unwrap() as usize], "/id"), text(result, "/ruleId"));
            let location = &result["locations"][0]["physicalLocation"];
            let line = location["region"]["startLine"].as_u64().unwrap();
            (text(result, "/ruleId"), text(location, "/artifactLocation/uri"), line)
        })
        .collect();
    assert_eq!(found, expected, "code scanning is told the same");

    let github = said("github");
    let found: Vec<_> = github.lines().map(annotation).collect();
    assert_eq!(found, expected, "pull requests are told the same");
}

fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer} in {value:#}")).to_owned()
}

/// `::error file=F,line=L,…,title=CODE::message` as code, file, line.
fn annotation(line: &str) -> (String, String, u64) {
    let (head, message) = line.strip_prefix("::").and_then(|rest| rest.split_once("::")).expect("a workflow command");
    assert!(!message.is_empty());
    let (kind, properties) = head.split_once(' ').expect("properties");
    assert!(["error", "warning", "notice"].contains(&kind), "{line}");
    let property = |name: &str| {
        properties
            .split(',')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            .expect("the property")
            .to_owned()
    };
    (property("title"), property("file"), property("line").parse().unwrap())
}

#[test]
fn wrong_uses_say_what_to_do() {
    let outside = tempfile::tempdir().expect("a temporary folder");
    let root = outside.path().canonicalize().unwrap();
    let all: [&[&str]; 10] = [
        &["check"],
        &["check", "--catalog", "nowhere"],
        &["chekc"],
        &["check", "--format", "xml"],
        &["explain", "E-RETYR"],
        &["explain", "42"],
        &["demo", "--json"],
        &["demo", "--once", "--scene", "no such scene"],
        &["completions", "cmd"],
        &["messages", "--field", "order"],
    ];
    insta::assert_snapshot!("wrong_uses", transcript(&root, &all));
    let project = small(&[]);
    insta::assert_snapshot!("wrong_environment", transcript(project.root(), &[&["run", "--environment", "lokal"]]));
}

#[test]
fn every_code_that_is_listed_is_explained() {
    let listed = run(&project(), &["explain"]).out;
    let codes: Vec<&str> = listed.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert!(codes.len() >= 30, "{codes:?}");
    for code in codes {
        let page = run(&project(), &["explain", code]);
        assert_eq!(page.code, Some(0), "{page}");
        assert!(page.out.starts_with(code) || page.out.starts_with(&format!("# {code}")), "{page}");
    }
    insta::assert_snapshot!("explain", transcript(&project(), &[&["explain", "E-RETRY"]]));
}

#[test]
fn colours_are_for_terminals_and_those_who_ask() {
    let project = small(&MISTAKES);
    let coloured = |words: &[&str], variables: &[(&str, &str)]| {
        let output = command(project.root(), words).envs(variables.iter().copied()).output().unwrap();
        output.stdout.contains(&0x1b) || output.stderr.contains(&0x1b)
    };
    assert!(!coloured(&["check"], &[]), "a pipe gets none");
    assert!(coloured(&["check", "--color", "always"], &[]), "who asks gets them");
    assert!(!coloured(&["check", "--color", "never"], &[]));
    let terminal = |variables: &str| {
        let script = format!("{variables} {} check", tieline_tests::tieline().display());
        let mut shell = std::process::Command::new("script");
        shell.args(["--quiet", "--return", "--command", &script, "/dev/null"]);
        let output = shell.current_dir(project.root()).stdin(Stdio::null()).output().expect("script runs");
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
        output.stdout.contains(&0x1b)
    };
    assert!(terminal(""), "a terminal gets them");
    assert!(!terminal("NO_COLOR=1"), "unless NO_COLOR is set");
}

#[test]
fn a_reader_may_leave() {
    for words in [&["explain"][..], &["explain", "E-RETRY"], &["completions", "bash"], &["--help"]] {
        let mut child = command(&project(), words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut complaints = String::new();
        child.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
        assert_eq!((child.wait().unwrap().code(), complaints.as_str()), (Some(0), ""), "{words:?}");
    }
}

#[test]
fn a_full_disk_is_a_failure() {
    for words in [&["explain"][..], &["completions", "bash"]] {
        let full = std::fs::OpenOptions::new().write(true).open(Path::new("/dev/full")).unwrap();
        let status = command(&project(), words).stdout(full).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(2), "{words:?}");
    }
}

#[test]
fn shells_complete_every_verb() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&project(), &["completions", shell]);
        assert_eq!(script.code, Some(0), "{script}");
        for verb in VERBS {
            assert!(script.out.contains(verb), "{shell} does not know {verb}");
        }
    }
    let bash = run(&project(), &["completions", "bash"]).out;
    let script = format!(
        "{bash}\nCOMP_WORDS=(tieline ch); COMP_CWORD=1; _tieline tieline ch tieline; echo \"${{COMPREPLY[*]}}\""
    );
    let output = std::process::Command::new("bash").args(["-c", &script]).output().expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "check");
}

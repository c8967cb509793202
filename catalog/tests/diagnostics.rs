//! What authors read when they make mistakes: every file under `tests/diagnostics` is a set of cases.
//!
//! A case is a heading of level 2 with fences of four back quotes: `change <path>` edits a document of the base project
//! (lines with `-` are replaced by those with `+`; lines with a blank only say where), `document <path>` adds or
//! replaces one, `expect` lists what is found beyond the base, one line `CODE document:line:column message` each.
//!
//! `UPDATE_EXPECT=1 cargo test -p tieline-catalog --test diagnostics` writes the lists anew; read the difference.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tieline_catalog::{SETTINGS, Source, SourceKind, Sources, check_sources, explain};

/// Codes with cases elsewhere: about files, not text (`hostile.rs`), and about generated code (the generator's tests).
const ELSEWHERE: [&str; 5] = ["E-NO-DOCUMENTS", "E-UNREADABLE", "E-TOO-LONG", "E-ENCODING", "E-COLLISION"];

#[test]
fn cases() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for path in case_files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let cases = parse(&text);
        assert!(!cases.is_empty(), "{} has no cases", path.display());
        let mut updated = text.clone();
        for case in &cases {
            let found = run(case);
            if found != case.expected {
                wrong.push(format!("{} · {}\n{}", path.display(), case.title, difference(&case.expected, &found)));
                updated = replace_expected(&updated, &case.title, &found);
            }
        }
        if update && updated != text {
            std::fs::write(&path, updated).unwrap();
        }
    }
    assert!(update || wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_base_has_no_mistakes() {
    let (catalog, diagnostics) = check_sources(&sources(&base()));
    let codes: Vec<&str> = diagnostics.items().iter().map(|item| item.code).collect();
    assert_eq!(codes, ["I-RETRY"]);
    assert!(catalog.is_some());
}

#[test]
fn every_code_has_a_case_and_every_case_a_code() {
    let mut shown: BTreeSet<String> = ELSEWHERE.iter().map(|code| (*code).to_owned()).collect();
    shown.insert("I-RETRY".to_owned()); // stands in the base
    for path in case_files() {
        for case in parse(&std::fs::read_to_string(path).unwrap()) {
            shown.extend(case.expected.iter().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())));
        }
    }
    let known: BTreeSet<String> = explain::pages().iter().map(|page| page.code.to_owned()).collect();
    assert_eq!(known.difference(&shown).collect::<Vec<_>>(), Vec::<&String>::new(), "codes without a case");
    assert_eq!(shown.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "cases without a page");
}

struct Case {
    title: String,
    /// Kind, path, text of each fence but `expect`.
    fences: Vec<(String, String, String)>,
    expected: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

fn case_files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ext| ext == "md")).collect();
    files.sort();
    files
}

fn base() -> BTreeMap<String, String> {
    let mut documents = BTreeMap::new();
    for folder in ["spec/interfaces", "spec/systems", "spec/environments"] {
        for entry in std::fs::read_dir(root().join("base").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            documents.insert(format!("{folder}/{name}"), std::fs::read_to_string(path).unwrap());
        }
    }
    documents
}

fn sources(documents: &BTreeMap<String, String>) -> Sources {
    let kind = |path: &str| match path.split('/').nth(1) {
        _ if path == SETTINGS => SourceKind::Settings,
        Some("interfaces") => SourceKind::Interface,
        Some("systems") => SourceKind::System,
        _ => SourceKind::Environment,
    };
    documents.iter().map(|(path, text)| Source::new(path.clone(), kind(path), text)).collect()
}

fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut fence: Option<(String, String)> = None;
    for line in text.lines() {
        match &mut fence {
            Some((info, body)) if line == "````" => {
                let case = cases.last_mut().expect("a fence stands under a case");
                let (kind, path) = info.split_once(' ').unwrap_or((info, ""));
                match kind {
                    "expect" => case.expected = body.lines().map(str::to_owned).collect(),
                    _ => case.fences.push((kind.to_owned(), path.to_owned(), std::mem::take(body))),
                }
                fence = None;
            }
            Some((_, body)) => {
                body.push_str(line);
                body.push('\n');
            }
            None => {
                if let Some(title) = line.strip_prefix("## ") {
                    cases.push(Case { title: title.to_owned(), fences: Vec::new(), expected: Vec::new() });
                } else if let Some(info) = line.strip_prefix("````") {
                    fence = Some((info.to_owned(), String::new()));
                }
            }
        }
    }
    assert!(fence.is_none(), "a fence is not closed");
    cases
}

fn run(case: &Case) -> Vec<String> {
    let known: BTreeSet<String> = lines(&base());
    let mut documents = base();
    for (kind, path, text) in &case.fences {
        match kind.as_str() {
            "document" => {
                documents.insert(path.clone(), text.clone());
            }
            "remove" => {
                documents.remove(path).unwrap_or_else(|| panic!("{}: no document {path}", case.title));
            }
            "change" => {
                let document = documents.get_mut(path).unwrap_or_else(|| panic!("{}: no document {path}", case.title));
                *document = change(document, text, &case.title);
            }
            other => panic!("{}: unknown fence {other}", case.title),
        }
    }
    let sources = sources(&documents);
    let (_, diagnostics) = check_sources(&sources);
    let mut found = Vec::new();
    for item in diagnostics.items() {
        let line = line_of(&sources, item);
        // The base's own information moves when lines are added.
        if item.code == "I-RETRY" || known.contains(&line) {
            continue;
        }
        found.push(line);
    }
    found
}

fn lines(documents: &BTreeMap<String, String>) -> BTreeSet<String> {
    let sources = sources(documents);
    let (_, diagnostics) = check_sources(&sources);
    diagnostics.items().iter().map(|item| line_of(&sources, item)).collect()
}

fn line_of(sources: &Sources, item: &tieline_catalog::diagnostic::Diagnostic) -> String {
    let name = item.path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let column = sources.get(&item.path).map_or(0, |source| source.column(item.span.start));
    format!("{} {stem}:{}:{column} {}", item.code, item.span.line, item.message)
}

/// Applies the hunks of a change; hunks are separated by empty lines.
fn change(document: &str, text: &str, title: &str) -> String {
    let mut document = document.to_owned();
    for hunk in text.split("\n\n") {
        let side = |sign: char| -> String {
            let kept = hunk.lines().filter(|line| line.starts_with([sign, ' ']));
            kept.map(|line| format!("{}\n", &line[1..])).collect()
        };
        let (old, new) = (side('-'), side('+'));
        assert_eq!(document.matches(&old).count(), 1, "{title}: the hunk must fit once:\n{old}");
        document = document.replacen(&old, &new, 1);
    }
    document
}

fn difference(expected: &[String], found: &[String]) -> String {
    let gone = expected.iter().filter(|line| !found.contains(line)).map(|line| format!("- {line}"));
    let new = found.iter().filter(|line| !expected.contains(line)).map(|line| format!("+ {line}"));
    gone.chain(new).collect::<Vec<_>>().join("\n")
}

fn replace_expected(text: &str, title: &str, found: &[String]) -> String {
    let heading = format!("## {title}\n");
    let at = text.find(&heading).expect("the case stands in the file");
    let open = at + text[at..].find("````expect\n").expect("a case has an expect fence") + "````expect\n".len();
    let close = open + text[open..].find("````").expect("a fence is closed");
    let lines: String = found.iter().map(|line| format!("{line}\n")).collect();
    format!("{}{lines}{}", &text[..open], &text[close..])
}

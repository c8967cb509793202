//! The list of codes, the pages and the sources agree.

use super::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const HEADINGS: [&str; 4] = ["## What it means", "## Why it matters", "## Example", "## What to do"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_file_is_listed_and_the_list_is_sorted() {
    let files: BTreeSet<String> = std::fs::read_dir(root().join("codes"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().trim_end_matches(".md").to_owned())
        .collect();
    // The other way round does not compile.
    assert_eq!(pages().iter().map(|page| page.code.to_owned()).collect::<Vec<_>>(), Vec::from_iter(files));
}

#[test]
fn every_page_has_its_parts() {
    for page in pages() {
        let first = page.markdown.lines().next().unwrap();
        assert!(first.starts_with(&format!("# {}: ", page.code)), "{}: first line is `{first}`", page.code);
        let headings: Vec<&str> = page.markdown.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(headings, HEADINGS, "{}", page.code);
        for heading in HEADINGS {
            let part = page.markdown.split_once(heading).unwrap().1.split("\n## ").next().unwrap();
            assert!(part.trim().len() > 20, "{}: `{heading}` is empty", page.code);
        }
    }
}

/// What the sources report has a page, and what has a page is reported.
#[test]
fn every_reported_code_has_a_page_and_every_page_is_reported() {
    let mut used = BTreeSet::new();
    for path in sources(&root().join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let is_test = path.ends_with("tests.rs") || path.components().any(|part| part.as_os_str() == "tests");
        if path.ends_with("codes.rs") || is_test {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let quoted = code.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| line.split('"'));
        used.extend(quoted.filter(|word| is_code(word)).map(str::to_owned));
    }
    let paged: BTreeSet<String> = pages().iter().map(|page| page.code.to_owned()).collect();
    assert_eq!(Vec::from_iter(used.difference(&paged)), Vec::<&String>::new(), "reported without a page");
    assert_eq!(Vec::from_iter(paged.difference(&used)), Vec::<&String>::new(), "paged but never reported");
}

#[test]
fn near_misses() {
    #[track_caller]
    fn check(asked: &str, expected: &[&str]) {
        assert_eq!(similar(asked), expected, "{asked}");
    }
    assert_eq!(explain("e-retry").map(|page| page.code), Some("E-RETRY"));
    assert_eq!(explain("E-RETRIES"), None);
    assert!(!explain("E-RETRY").unwrap().title().contains("E-RETRY"));
    check("E-RETRI", &["E-RETRY", "I-RETRY"]);
    check("retry", &["E-RETRY", "I-RETRY", "W-SLA-RETRY"]);
    check("W-ZONE", &["E-ZONE"]);
    check("quetzalcoatl", &[]);
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn is_code(word: &str) -> bool {
    let Some((kind, word)) = word.split_once('-') else { return false };
    matches!(kind, "E" | "W" | "I")
        && word.len() > 1
        && word.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '-')
}

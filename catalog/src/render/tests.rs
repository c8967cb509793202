//! Renderers through one door, and the hostile probe.

use super::*;
use crate::diagnostic::Diagnostic;
use crate::model::Span;
use crate::source::{Source, SourceKind, Sources};

const PATH: &str = "spec/interfaces/A B.md";

fn sources(text: &str) -> Sources {
    Sources::from_iter([Source::new(PATH, SourceKind::Interface, text)])
}

/// A diagnostic of every shape about the word `wrong`.
fn examples() -> (Diagnostics, Sources) {
    let sources = sources("---\ntitle: Über\nflow:\n  - when: é == wrong\n---\n");
    let text = &sources.get(PATH).unwrap().text;
    let start = text.find("wrong").unwrap();
    let span = sources.get(PATH).unwrap().span(start, start + 5);
    let mut all = Diagnostics::default();
    let mut fixed = Diagnostic::new("E-NAME", PATH, span, "nothing here is called `wrong`");
    fixed.label("not bound").help("did you mean `right`?").fix("right");
    all.push(fixed);
    let mut helped = Diagnostic::new("W-OLD", PATH, span, "this is old");
    helped.help("100 %,\nreally");
    all.push(helped);
    all.push(Diagnostic::new("I-TOLD", PATH, Span::default(), "about the whole document"));
    all.push(Diagnostic::new("E-GONE", "elsewhere.md", span, "about a document that was not read"));
    let lines = sources.get(PATH).unwrap().span(4, text.len());
    all.push(Diagnostic::new("E-LINES", PATH, lines, "about several lines"));
    (all, sources)
}

#[test]
fn text_for_people() {
    let (all, sources) = examples();
    insta::assert_snapshot!(text(&all, &sources, Style::Plain));
    assert!(text(&all, &sources, Style::Colour).contains("\u{1b}["));
    assert_eq!(text(&Diagnostics::default(), &sources, Style::Plain), "");
}

#[test]
fn json_for_programs() {
    let (all, sources) = examples();
    insta::assert_snapshot!(json(&all, &sources));
    assert_eq!(json(&Diagnostics::default(), &sources), "[]\n");
}

#[test]
fn sarif_for_code_scanning() {
    let (all, sources) = examples();
    let log: serde_json::Value = serde_json::from_str(&sarif(&all, &sources)).unwrap();
    // The pages of codes are long and tested elsewhere.
    let run = &log["runs"][0];
    let rules: Vec<&str> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(rules, ["E-GONE", "E-LINES", "E-NAME", "I-TOLD", "W-OLD"]);
    for result in run["results"].as_array().unwrap() {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize], result["ruleId"].as_str().unwrap());
    }
    insta::assert_snapshot!(format!("{:#}", run["results"]));
}

#[test]
fn annotations_for_pull_requests() {
    let (all, sources) = examples();
    insta::assert_snapshot!(github(&all, &sources));
}

#[test]
fn summaries() {
    let (all, _) = examples();
    assert_eq!(summary(&all, 5), "3 errors, 1 warning, 1 note in 5 documents");
    assert_eq!(summary(&Diagnostics::default(), 1), "no problems in 1 document");
}

/// Every span of hostile texts, inside and outside of them, in every format.
#[test]
fn no_span_makes_a_renderer_panic() {
    let long = "x".repeat(3000);
    let texts =
        ["", "\n", "é", "a\u{202e}b\u{1b}[31m", "\0\t\u{0}", "👩‍👩‍👧\nß\r\n\r", "a\n\n\n\n\n\n\n\n\nb", "\u{feff}x", &long];
    for text in texts {
        let sources = sources(text);
        let ends = (0..text.len().min(12) + 4).chain([usize::MAX, text.len().saturating_sub(1)]);
        let ends: Vec<usize> = ends.collect();
        let mut all = Diagnostics::default();
        for (start, end) in ends.iter().flat_map(|start| ends.iter().map(move |end| (*start, *end))) {
            let span = Span { start, end, line: 1 };
            let mut diagnostic = Diagnostic::new("E-NAME", PATH, span, "mess\u{1b}[31mage\u{202e}");
            diagnostic.label("l\u{7}").help("h\u{1b}").fix("f\u{1b}\n");
            all.push(diagnostic);
            all.push(Diagnostic::new("W-X", PATH, span, ""));
        }
        let shown = super::text(&all, &sources, Style::Plain);
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text:?} steers the terminal");
        for output in [json(&all, &sources), sarif(&all, &sources)] {
            serde_json::from_str::<serde_json::Value>(&output).unwrap();
        }
        assert_eq!(github(&all, &sources).lines().count(), all.items().len());
    }
}

#[test]
fn columns_count_characters() {
    #[track_caller]
    fn check(text: &str, found: &str, expected: (u32, u32)) {
        let sources = sources(text);
        let source = sources.get(PATH).unwrap();
        let at = source.text.find(found).unwrap();
        let place = place(source, source.span(at, at + found.len())).unwrap();
        assert_eq!((place.line, place.column), expected);
        let mut all = Diagnostics::default();
        all.push(Diagnostic::new("E-NAME", PATH, source.span(at, at + found.len()), "x"));
        let shown = super::text(&all, &sources, Style::Plain);
        assert!(shown.contains(&format!("{PATH}:{}:{}\n", expected.0, expected.1)), "{shown}");
    }
    check("wrong", "wrong", (1, 1));
    check("a\r\nüß wrong", "wrong", (2, 4));
    check("a\n\twrong", "wrong", (2, 2));
    check("👩‍👩‍👧 wrong", "wrong", (1, 7));
    check("漢字 wrong", "wrong", (1, 4));
}

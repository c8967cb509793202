//! Whatever the bytes: no panic, spans inside the text, and the same answer twice.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use std::fs;
use std::path::Path;
use tieline_catalog::{Source, SourceKind, Sources, check_sources};

/// Pieces that matter to some reader.
const PIECES: &[&str] = &[
    "---\n",
    "\n",
    "  ",
    "- ",
    ": ",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "${",
    "}",
    "|",
    "\\|",
    "`",
    "```",
    "## ",
    "## Message: A\n",
    "## Mapping: Booking\n",
    "## Lookup: Kind\n",
    "&a ",
    "*a",
    "!t ",
    "#",
    "é",
    "\u{202e}",
    "🦀",
    "\t",
    "(",
    ")",
    "event",
    ".",
    "[]",
    "each",
    "lookup Kind",
    "const \"\"",
    "default",
    "null",
    "~",
    "99999999999999999999",
    "-1",
    "0",
    "3x every 30s",
    "true",
    "yes",
    "record",
    "list of ",
    "code",
    "decimal(1,2)",
    "pattern /",
    "1..",
    "; ",
    "then:",
    "otherwise:",
    "as:",
    "with:",
    "Shop.",
    "Books.book",
];

#[derive(Debug, Clone)]
enum Edit {
    /// Cut from a place, so many bytes.
    Cut(f64, usize),
    /// Insert a piece.
    Insert(f64, usize),
    /// Copy a stretch from one place to another.
    Copy(f64, f64, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (0.0..1.0, 1_usize..60).prop_map(|(at, length)| Edit::Cut(at, length)),
        (0.0..1.0, 0..PIECES.len()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (0.0..1.0, 0.0..1.0, 1_usize..200).prop_map(|(from, to, length)| Edit::Copy(from, to, length)),
    ]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a length"
)]
fn place(text: &str, share: f64) -> usize {
    text.floor_char_boundary((text.len() as f64 * share) as usize)
}

fn apply(text: &mut String, edit: &Edit) {
    match edit {
        Edit::Cut(at, length) => {
            let start = place(text, *at);
            let end = text.floor_char_boundary((start + length).min(text.len())).max(start);
            text.replace_range(start..end, "");
        }
        Edit::Insert(at, piece) => text.insert_str(place(text, *at), PIECES[*piece]),
        Edit::Copy(from, to, length) => {
            let start = place(text, *from);
            let end = text.floor_char_boundary((start + length).min(text.len())).max(start);
            let copied = text[start..end].to_owned();
            text.insert_str(place(text, *to), &copied);
        }
    }
}

fn base() -> Vec<(String, SourceKind, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics/base");
    let folders = [
        ("spec/interfaces", SourceKind::Interface),
        ("spec/systems", SourceKind::System),
        ("spec/environments", SourceKind::Environment),
    ];
    let mut documents = Vec::new();
    for (folder, kind) in folders {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            documents.push((format!("{folder}/{name}"), kind, fs::read_to_string(path).unwrap()));
        }
    }
    documents.sort();
    documents
}

fn judge(documents: &[(String, SourceKind, String)]) {
    let sources: Sources = documents.iter().map(|(path, kind, text)| Source::new(path.clone(), *kind, text)).collect();
    let (catalog, diagnostics) = check_sources(&sources);
    assert_eq!(catalog.is_some(), !diagnostics.has_errors());
    for item in diagnostics.items() {
        let source = sources.get(&item.path).unwrap();
        assert!(source.text.get(item.span.start..item.span.end).is_some(), "{item:?}");
        assert!(item.span.line == 0 || item.span.line == source.line(item.span.start), "{item:?}");
    }
    let again = check_sources(&sources);
    assert_eq!(again.1, diagnostics);
    assert_eq!(again.0, catalog);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_project_is_judged(which in 0_usize..5, edits in prop::collection::vec(edit(), 1..6)) {
        let mut documents = base();
        let index = which % documents.len();
        let text = &mut documents[index].2;
        edits.iter().for_each(|edit| apply(text, edit));
        judge(&documents);
    }

    #[test]
    fn any_text_is_judged(text in any::<String>(), kind in 0_usize..3) {
        let kind = [SourceKind::Interface, SourceKind::System, SourceKind::Environment][kind];
        judge(&[("spec/x".to_owned(), kind, text)]);
    }

    #[test]
    fn any_pieces_are_judged(pieces in prop::collection::vec(0..PIECES.len(), 0..120), kind in 0_usize..2) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        let kind = [SourceKind::Interface, SourceKind::System][kind];
        judge(&[("spec/x".to_owned(), kind, format!("---\n{text}"))]);
    }
}

//! Documents that want to hurt: each ends in a diagnostic, soon, and in little memory.
//!
//! Times are processor times of a release build; a debug build gets ten times as long.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "support/processor.rs"]
mod processor;

use std::fs;
use std::path::Path;
use std::time::Duration;

use processor::processor_time;
use tieline_catalog::open;

/// A name, the documents by path, and the code that must be among the diagnostics.
struct Hostile {
    name: &'static str,
    documents: Vec<(String, Vec<u8>)>,
    code: &'static str,
}

const INTERFACE: &str = "spec/interfaces/SALES-SHOP-BOOKS-ORDER-V1.md";
const SYSTEM: &str = "spec/systems/shop.md";
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });
const MEMORY_KB: u64 = 200_000;

#[test]
fn hostile_documents_end_in_a_diagnostic() {
    let mut wrong = Vec::new();
    let all = [files(), yaml(), markdown(), tables(), languages(), references()].into_iter().flatten();
    let mut count = 0;
    for hostile in all {
        count += 1;
        let root = tempfile::tempdir().unwrap();
        for (path, bytes) in &hostile.documents {
            let file = root.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
        if let Some(problem) = judge(&hostile, root.path()) {
            wrong.push(format!("{}: {problem}", hostile.name));
        }
    }
    assert!(count >= 20);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if let Some(peak) = peak_memory_kb() {
        assert!(peak < MEMORY_KB, "peak memory {peak} kB");
    }
}

/// Sparse, so that the test does not write 50 MB.
#[test]
fn a_file_of_50_mb_is_not_read() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join(INTERFACE);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::File::create(file).unwrap().set_len(50 * 1024 * 1024).unwrap();
    assert_eq!(codes(root.path()), ["E-TOO-LONG"]);
}

#[test]
fn what_is_no_file_is_refused() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join(INTERFACE)).unwrap();
    assert_eq!(codes(root.path()), ["E-UNREADABLE"]);
}

#[cfg(unix)]
#[test]
fn a_link_to_itself_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join(INTERFACE);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&file, &file).unwrap();
    assert_eq!(codes(root.path()), ["E-UNREADABLE"]);
}

#[test]
fn a_folder_without_documents_is_said_to_be_one() {
    assert_eq!(codes(tempfile::tempdir().unwrap().path()), ["E-NO-DOCUMENTS"]);
}

fn codes(root: &Path) -> Vec<&'static str> {
    open(root).1.items().iter().map(|item| item.code).collect()
}

fn judge(hostile: &Hostile, root: &Path) -> Option<String> {
    let start = processor_time();
    let (catalog, diagnostics, sources) = open(root);
    let took = processor_time() - start;
    let codes: Vec<_> = diagnostics.items().iter().map(|item| item.code).collect();
    for item in diagnostics.items() {
        if let Some(source) = sources.get(&item.path) {
            assert!(source.text.get(item.span.start..item.span.end).is_some(), "{}: bad span", hostile.name);
            assert!(item.message.len() < 2_000, "{}: endless message", hostile.name);
        }
    }
    if took > LIMIT {
        return Some(format!("took {took:?}"));
    }
    if catalog.is_some() {
        return Some("is valid".to_owned());
    }
    let shown = &codes[..codes.len().min(12)];
    (!codes.contains(&hostile.code)).then(|| format!("expected {}, found {shown:?}", hostile.code))
}

fn one(name: &'static str, code: &'static str, text: impl Into<Vec<u8>>) -> Hostile {
    Hostile { name, documents: vec![(INTERFACE.to_owned(), text.into())], code }
}

fn front(text: &str) -> String {
    format!("---\n{text}\n---\n\n## Summary\n\nHostile.\n")
}

fn body(text: &str) -> String {
    format!("---\nsmart_id: SALES-SHOP-BOOKS-ORDER-V1\n---\n\n## Summary\n\n{text}\n")
}

/// A system with a message under attack.
fn message(rows: &str) -> String {
    let head =
        "---\nsystem: Shop\ncode: SHOP\ntitle: Shop\nauth: none\n---\n\n## Summary\n\nShop.\n\n## Message: Order\n\n";
    format!("{head}| Field | Type | Required | Constraint |\n|---|---|---|---|\n{rows}")
}

fn system(name: &'static str, code: &'static str, rows: &str) -> Hostile {
    Hostile { name, documents: vec![(SYSTEM.to_owned(), message(rows).into_bytes())], code }
}

fn files() -> Vec<Hostile> {
    vec![
        one("invalid UTF-8", "E-ENCODING", b"---\ntitle: \xff\xfe\n---\n".to_vec()),
        one("NUL", "E-ENCODING", "---\ntitle: a\0b\n---\n"),
        one("escape sequences", "E-ENCODING", "---\ntitle: \u{1b}[2J\n---\n"),
        one("nothing", "E-FRONT-MATTER", ""),
        one("one byte", "E-FRONT-MATTER", "-"),
        one("front matter that never ends", "E-FRONT-MATTER", format!("---\n{}", "a: b\n".repeat(200_000))),
        one("one long line", "E-FRONT-MATTER", "x".repeat(1_000_000)),
        one("a megabyte of line ends", "E-FRONT-MATTER", "\n".repeat(1_000_000)),
    ]
}

fn yaml() -> Vec<Hostile> {
    let laughs = (1..20).fold("a0: &a0 [x, x, x]".to_owned(), |text, level| {
        let below = level - 1;
        format!("{text}\na{level}: &a{level} [*a{below}, *a{below}, *a{below}]")
    });
    let deep: String = (0..3_000).map(|level| format!("{}a:\n", " ".repeat(level % 300 + level / 300))).collect();
    let whens: String = (0..200).map(|level| format!("{0}- when: true\n{0}  then:\n", " ".repeat(level * 4))).collect();
    vec![
        one("a hundred thousand brackets", "E-DEPTH", front(&format!("a: {}", "[".repeat(100_000)))),
        one("a hundred thousand braces", "E-DEPTH", front(&format!("a: {}", "{a: ".repeat(100_000)))),
        one("deep blocks", "E-DEPTH", front(&deep)),
        one("a billion laughs", "E-YAML", front(&laughs)),
        one("nested conditions", "E-DEPTH", front(&format!("flow:\n{whens}"))),
        one(
            "50,000 unknown keys",
            "E-UNKNOWN-KEY",
            front(&(0..50_000).map(|n| format!("smart_ix{n}: 1\n")).collect::<String>()),
        ),
        one("50,000 equal keys", "E-DUPLICATE-KEY", front(&"title: a\n".repeat(50_000))),
        one("an endless key", "E-UNKNOWN-KEY", front(&format!("? {}\n: 1", "k".repeat(500_000)))),
        one("an endless value", "E-CHOICE", front(&format!("status: {}", "v".repeat(900_000)))),
        one("50,000 steps", "E-STEP", front(&format!("trigger: {{}}\nflow:\n{}", "  - stop: now\n".repeat(50_000)))),
        one("50,000 comments", "E-MISSING", front(&format!("title: x\n{}", "# no\n".repeat(150_000)))),
    ]
}

fn markdown() -> Vec<Hostile> {
    vec![
        one("brackets in Markdown", "E-MISSING", body(&"[".repeat(100_000))),
        one("links in links", "E-MISSING", body(&"[a](".repeat(100_000))),
        one("quotes in quotes", "E-MISSING", body(&">".repeat(100_000))),
        one(
            "lists in lists",
            "E-MISSING",
            body(&(0..1_000).map(|level| format!("{}- x\n", "  ".repeat(level % 400))).collect::<String>()),
        ),
        one("emphasis", "E-MISSING", body(&"*a **a ".repeat(50_000))),
        one("back quotes", "E-MISSING", body(&(1..1_000).map(|n| format!("a{}", "`".repeat(n))).collect::<String>())),
        one("100,000 headings", "E-MISSING", body(&"## a\n".repeat(100_000))),
        one("100,000 messages", "E-HEADING", body(&"## Message: A\n".repeat(60_000))),
        one("HTML", "E-MISSING", body(&"<div><script>".repeat(50_000))),
        one("footnotes", "E-MISSING", body(&(0..20_000).map(|n| format!("[^{n}]: a [^{n}]\n\n")).collect::<String>())),
        one("direction marks", "E-MISSING", body(&"\u{202e}\u{2066}\u{301}".repeat(50_000))),
    ]
}

fn tables() -> Vec<Hostile> {
    let rows = |count: usize, row: &dyn Fn(usize) -> String| (0..count).map(row).collect::<String>();
    let wide = format!("{}|\n{}|\n{}|\n", "| a ".repeat(20_000), "|---".repeat(20_000), "| b ".repeat(20_000));
    let path = vec!["a"; 5_000].join(".");
    vec![
        system("10,000 rows", "E-TABLE", &rows(10_000, &|n| format!("| f{n} | text | yes | |\n"))),
        system("10,000 bad rows", "E-TABLE", &rows(10_000, &|n| format!("| record{n}.field | text | yes | |\n"))),
        system("10,000 bad types", "E-FIELD-TYPE", &rows(10_000, &|n| format!("| f{n} | texxt | maybe | 1..2..3 |\n"))),
        system(
            "10,000 values",
            "E-MESSAGE",
            &format!("| a.b | code | yes | {} |\n", rows(50_000, &|n| format!("v{n}, "))),
        ),
        system("a deep path", "E-MESSAGE", &format!("| {path} | text | yes | |\n")),
        system("lists of lists", "E-FIELD-TYPE", &format!("| a | {}text | yes | |\n", "list of ".repeat(50_000))),
        system("a greedy pattern", "E-CONSTRAINT", "| a | text | yes | pattern /((a{1000}){1000}){1000}/ |\n"),
        system("a deep pattern", "E-CONSTRAINT", &format!("| a | text | yes | pattern /{}/ |\n", "(".repeat(50_000))),
        system("an endless number", "E-CONSTRAINT", &format!("| a | decimal | yes | > {} |\n", "9".repeat(100_000))),
        system("a long row", "E-TABLE", &"| a ".repeat(100_000)),
        one("a wide table", "E-TABLE", body(&format!("## Message: A\n\n{wide}"))),
    ]
}

/// The base project of the diagnostics with one line replaced.
fn changed(name: &'static str, code: &'static str, (old, new): (&str, &str)) -> Hostile {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics/base");
    let mut documents = Vec::new();
    for path in [INTERFACE, SYSTEM, "spec/systems/books.md"] {
        let mut text = fs::read_to_string(base.join(path)).unwrap();
        if path == INTERFACE {
            assert!(text.contains(old), "{name}");
            text = text.replacen(old, new, 1);
        }
        documents.push((path.to_owned(), text.into_bytes()));
    }
    Hostile { name, documents, code }
}

fn languages() -> Vec<Hostile> {
    let condition = "event.total == 0";
    let deep =
        |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(100_000), close.repeat(100_000));
    let json = |text: String| ("  \"items\": [ { \"article\": \"PUMP\", \"amount\": 1 } ] }", text);
    let (old, nested) = json(deep("[", "", "]"));
    let rule = "date in Europe/Paris";
    let cases: String =
        (0..3_000).map(|n| format!("      - {{ when: event.total == {n}, label: l{n}, then: [] }}\n")).collect();
    vec![
        changed("deep parentheses", "E-LIMIT", (condition, &deep("(", condition, ")"))),
        changed(
            "a long chain",
            "E-LIMIT",
            (condition, &format!("{condition}{}", format!(" && {condition}").repeat(20_000))),
        ),
        changed("many negations", "E-LIMIT", (condition, &format!("\"{}event.paid\"", "!".repeat(100_000)))),
        changed("a long name", "E-LIMIT", (condition, &"n".repeat(200_000))),
        changed("many open templates", "E-TEMPLATE", ("nothing to book", &"${".repeat(100_000))),
        changed("many templates", "E-NAME", ("nothing to book", &"${x}".repeat(50_000))),
        changed("endless retries", "E-RETRY", ("3x every 30s", "4000000000x every 1s")),
        changed("an endless interval", "E-RETRY", ("3x every 30s", "3x every 99999999999999999999h")),
        changed("an endless date pattern", "E-MAP-TYPE", (rule, &format!("date {}", "%%%Q".repeat(20_000)))),
        changed("a wide date pattern", "E-MAP-TYPE", (rule, "date %255Y%255d")),
        changed("a wide pad", "E-RULE", (rule, "pad 4000000000 with 0")),
        changed("deep JSON", "E-EXAMPLE", (old, &nested)),
        changed("long JSON", "E-EXAMPLE", (old, &format!("\"items\": [{}", "{},".repeat(100_000)))),
        changed(
            "many cases",
            "E-STEP",
            (
                "  - when: event.total == 0\n    then:\n      - discard: nothing to book\n",
                &format!("  - route:\n{cases}    otherwise: []\n"),
            ),
        ),
    ]
}

fn references() -> Vec<Hostile> {
    let system = |n: usize, next: usize| {
        let text =
            format!("---\nsystem: S{n}\ncode: S{n}\ntitle: S\nauth: none\npart_of: S{next}\n---\n\n## Summary\n\nS.\n");
        (format!("spec/systems/s{n}.md"), text.into_bytes())
    };
    let circle = (0..300).map(|n| system(n, (n + 1) % 300)).collect();
    let tail = (0..300).map(|n| system(n, if n == 299 { 150 } else { n + 1 })).collect();
    let same = (0..300).map(|n| (format!("spec/systems/s{n}.md"), system(0, 1).1)).collect();
    vec![
        Hostile { name: "a circle of systems", documents: circle, code: "E-REFERENCE-CYCLE" },
        Hostile { name: "a tail into a circle", documents: tail, code: "E-REFERENCE-CYCLE" },
        Hostile { name: "300 equal systems", documents: same, code: "E-DUPLICATE-SYSTEM" },
    ]
}

/// `VmHWM` of Linux; other systems are not measured.
fn peak_memory_kb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

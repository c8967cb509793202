//! Which edits change the contract digest, and which do not.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use tieline_catalog::{Catalog, Source, SourceKind, Sources, check_sources};

const ORDER: &str = "spec/interfaces/SALES-SHOP-BOOKS-ORDER-V1.md";
const BOOKS: &str = "spec/systems/books.md";
const ID: &str = "SALES-SHOP-BOOKS-ORDER-V1";

fn catalog(edit: Option<(&str, &str, &str)>, ends: &str) -> Catalog {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics/base");
    let mut sources = Sources::default();
    for path in [ORDER, "spec/interfaces/SALES-BOOKS-SHOP-STATUS-V1.md", "spec/systems/shop.md", BOOKS] {
        let mut text = fs::read_to_string(base.join(path)).unwrap();
        if let Some((_, old, new)) = edit.filter(|(edited, ..)| *edited == path) {
            assert_eq!(text.matches(old).count(), 1, "{old}");
            text = text.replacen(old, new, 1);
        }
        let kind = if path.contains("interfaces") { SourceKind::Interface } else { SourceKind::System };
        sources.insert(Source::new(path, kind, &text.replace('\n', ends)));
    }
    let (catalog, diagnostics) = check_sources(&sources);
    catalog.unwrap_or_else(|| panic!("{:?}", diagnostics.items()))
}

#[track_caller]
fn check(path: &str, old: &str, new: &str, changes: bool) {
    let (before, after) = (catalog(None, "\n"), catalog(Some((path, old, new)), "\n"));
    let of = |catalog: &Catalog| catalog.interface(ID).unwrap().digest.clone();
    assert_eq!(of(&before) != of(&after), changes, "interface: {old} → {new}");
    assert_eq!(before.digest() != after.digest(), changes, "catalog: {old} → {new}");
}

#[test]
fn facts_count() {
    check(ORDER, "retry: 3x every 30s", "retry: 5x every 30s", true);
    check(ORDER, "scopes: [orders.write]", "scopes: [orders.send]", true);
    check(ORDER, "| person | P |", "| person | C |", true);
    check(ORDER, "| total | event.total | | |", "| total | event.total | round 2 | |", true);
    check(ORDER, "- discard: nothing to book", "- discard: nothing", true);
    check(BOOKS, "rest: POST /bookings", "rest: POST /v2/bookings", true);
    check(BOOKS, "| number | text | yes | 1..20 | |", "| number | text | yes | 1..30 | |", true);
}

#[test]
fn prose_and_layout_do_not() {
    check(ORDER, "title: Order to ledger", "title: Orders become bookings", false);
    check(ORDER, "Orders of the shop are booked.", "Every order of the shop is booked.", false);
    check(ORDER, "change: Created", "change: First version", false);
    check(ORDER, "owners: { business: Sales,", "owners: { business: Sales team,", false);
    check(ORDER, "| number | event.id | | |", "| number   | event.id | | kept for ever |", false);
    check(ORDER, "domain: Sales", "domain: \"Sales\"", false);
    check(ORDER, "status: active\ndomain: Sales", "domain: Sales\nstatus: active", false);
    check(BOOKS, "title: The ledger", "title: The general ledger", false);
}

#[test]
fn line_ends_and_byte_order_marks_do_not() {
    let (unix, windows) = (catalog(None, "\n"), catalog(None, "\r\n"));
    assert_eq!(unix.digest(), windows.digest());
    assert_eq!(unix.interface(ID).unwrap().flow, windows.interface(ID).unwrap().flow);
    assert_eq!(Source::new("x", SourceKind::System, "\u{feff}---\r\n").text, "---\n");
}

#[test]
fn a_digest_is_twelve_hex_digits() {
    let catalog = catalog(None, "\n");
    for digest in [catalog.digest(), &catalog.interface(ID).unwrap().digest, &catalog.system("Books").unwrap().digest] {
        assert!(digest.len() == 12 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
    }
}

//! What is read again and again is what is read once, whatever was changed in between.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use tieline_catalog::{Reader, open};

const ORDER: &str = "spec/interfaces/SALES-SHOP-BOOKS-ORDER-V1.md";
const STATUS: &str = "spec/interfaces/SALES-BOOKS-SHOP-STATUS-V1.md";
const COPY: &str = "spec/interfaces/SALES-SHOP-BOOKS-INVOICE-V1.md";

fn copy(folder: &str, root: &Path) {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics/base").join(folder);
    fs::create_dir_all(root.join(folder)).unwrap();
    for entry in fs::read_dir(base).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, root.join(folder).join(path.file_name().unwrap())).unwrap();
    }
}

fn edit(root: &Path, path: &str, before: &str, after: &str) {
    let text = fs::read_to_string(root.join(path)).unwrap();
    assert!(text.contains(before), "{path}: {before}");
    fs::write(root.join(path), text.replacen(before, after, 1)).unwrap();
}

#[test]
fn after_every_kind_of_edit_both_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    ["spec/interfaces", "spec/systems", "spec/environments"].iter().for_each(|it| copy(it, root));
    let mut reader = Reader::default();
    let edits: [(&str, &dyn Fn()); 13] = [
        ("nothing", &|| {}),
        ("nothing again", &|| {}),
        ("a title", &|| edit(root, ORDER, "title: Order to ledger", "title: An order is booked")),
        ("an open point", &|| edit(root, ORDER, "title: An order is booked", "title: TBD")),
        ("a mistake", &|| edit(root, ORDER, "status: active", "status: actve")),
        ("the mistake is gone", &|| edit(root, ORDER, "status: actve", "status: active")),
        ("what a system declares", &|| edit(root, "spec/systems/shop.md", "read-customer", "find-customer")),
        ("who calls it", &|| edit(root, STATUS, "Shop.read-customer", "Shop.find-customer")),
        ("an alias", &|| edit(root, STATUS, "target: Shop", "target: Store")),
        ("and the system that has it", &|| edit(root, "spec/systems/shop.md", "[Web shop]", "[Web shop, Store]")),
        ("a copy that keeps its identity", &|| assert!(fs::copy(root.join(ORDER), root.join(COPY)).unwrap() > 0)),
        ("an identity of its own", &|| edit(root, COPY, "SALES-SHOP-BOOKS-ORDER-V1", "SALES-SHOP-BOOKS-INVOICE-V1")),
        ("one document less", &|| fs::remove_file(root.join(ORDER)).unwrap()),
    ];
    for (what, change) in edits {
        change();
        let (again, once) = (reader.open(root), open(root));
        assert_eq!(again.1, once.1, "{what}");
        assert!(again == once, "{what}: the catalog differs");
    }
}

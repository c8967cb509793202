//! The project's own `generated/` is what its documents ask for; templates can be overridden; colliding names are said.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

mod support;

use std::{fs, path::Path};

use support::{HOME, PARTNER, catalog_of, catalog_with, interface};
use tieline_codegen::{Error, Finding, Mode, generate, plan, sync};

#[test]
fn generated_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (catalog, diagnostics, _) = catalog::open(root);
    let catalog = catalog.unwrap_or_else(|| panic!("{:?}", diagnostics.items()));
    let report = sync(&generate(&catalog, root).unwrap(), &root.join("generated"), Mode::Check).unwrap();
    let wrong: Vec<String> = report.findings.iter().filter_map(Finding::message).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_project_can_bring_its_own_templates() {
    let root = tempfile::tempdir().unwrap();
    let catalog = catalog_with(&interface("  - discard: enough\n", ""));
    let folder = root.path().join("templates");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("lib.rs.tera"),
        "//! Ours: {{ domain }}.\n{% for interface in interfaces %}pub mod {{ interface.module }};{% endfor %}",
    )
    .unwrap();
    let files = generate(&catalog, root.path()).unwrap();
    assert!(files.get("test/src/lib.rs").unwrap().starts_with("//! Ours: TEST.\n"));

    fs::write(folder.join("lib.rs.tera"), "pub mod {{ interfaces }").unwrap();
    assert!(matches!(generate(&catalog, root.path()), Err(Error::Template { .. })));
    fs::write(folder.join("lib.rs.tera"), "pub mod;").unwrap();
    assert!(matches!(generate(&catalog, root.path()), Err(Error::NotRust { path, .. }) if path == "test/src/lib.rs"));
    fs::write(folder.join("lib.tera"), "").unwrap();
    let Err(Error::Template { name, reason }) = generate(&catalog, root.path()) else { panic!("an unknown template") };
    assert_eq!(name, "lib.tera");
    assert!(reason.contains("lib.rs.tera"), "{reason}");
}

/// Documents whose names collide, and what is said about it.
#[track_caller]
fn check_collision(partner: &str, interface: &str, expect: &[&str]) {
    let catalog = catalog_of(&[
        ("systems/partner.md", partner),
        ("systems/home.md", HOME),
        ("interfaces/TEST-PA-HO-THING-V1.md", interface),
    ]);
    let problems = plan(&catalog).expect_err("names collide");
    let said: Vec<String> = problems
        .iter()
        .map(|item| format!("{} {}:{} {}", item.code, item.path, item.span.line, item.message))
        .collect();
    assert_eq!(said, expect);
}

#[test]
fn names_that_collide_are_refused_with_both_places() {
    let plain = interface("  - discard: enough\n", "");
    let doubled = PARTNER
        .replace("| note | text | no | ..80 | | |", "| note | text | no | ..80 | | |\n| Note | text | no | | | |");
    check_collision(
        &doubled,
        &plain,
        &[
            "E-COLLISION spec/systems/partner.md:40 `Note` and `note` (line 39) would both be called `note` in Rust (fields of Changed)",
        ],
    );
    let doubled =
        PARTNER.replace("| kind | code | yes | new, old | | |\n| note", "| kind | code | yes | a-b, a b | | |\n| note");
    check_collision(
        &doubled,
        &plain,
        &[
            "E-COLLISION spec/systems/partner.md:38 `a b` and `a-b` (line 38) would both be called `AB` in Rust (values of kind)",
        ],
    );
    let nested = interface(
        "  - discard: enough\n",
        "
## Message: Sheet

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
| rows | list of record | yes | | | |
| rows[].x | text | yes | | | |

## Message: SheetRows

| Field | Type | Required | Constraint | Sensitive | Description |
|---|---|---|---|---|---|
| x | text | yes | | | |
",
    );
    check_collision(
        PARTNER,
        &nested,
        &[
            "E-COLLISION spec/interfaces/TEST-PA-HO-THING-V1.md:38 `SheetRows` and `Sheet.rows` (line 35) would both be called `SheetRows` in Rust (types of TEST-PA-HO-THING-V1)",
        ],
    );
    let locals = interface(
        "  - let: a\n    as: orderId\n  - let: b\n    as: order_id\n  - discard: ${orderId}${order_id}\n",
        "",
    );
    check_collision(
        PARTNER,
        &locals,
        &[
            "E-COLLISION spec/interfaces/TEST-PA-HO-THING-V1.md:18 `order_id` and `orderId` (line 16) would both be called `order_id` in Rust (names of the flow of TEST-PA-HO-THING-V1)",
        ],
    );
}

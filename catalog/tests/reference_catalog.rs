//! The reference catalog of the repository is valid.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

#[test]
fn the_reference_catalog_is_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (catalog, diagnostics, sources) = tieline_catalog::open(root);
    let lines: Vec<String> = diagnostics
        .items()
        .iter()
        .map(|item| {
            let column = sources.get(&item.path).map_or(0, |source| source.column(item.span.start));
            let help = item.help.as_deref().unwrap_or_default();
            format!("{} {}:{}:{} {} | {help}", item.code, item.path, item.span.line, column, item.message)
        })
        .collect();
    assert!(catalog.is_some(), "{}", lines.join("\n"));
}

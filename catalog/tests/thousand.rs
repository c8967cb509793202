//! A thousand interfaces check in well under half a second of processor time (release; in a debug build the limit only
//! catches a time that grows with the square of their number, on any machine).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/processor.rs"]
mod processor;

use std::fs;
use std::path::Path;
use std::time::Duration;

use processor::processor_time;
use tieline_catalog::{Source, SourceKind, Sources, check_sources};

const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 60_000 } else { 500 });

fn sources(count: usize) -> Sources {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics/base/spec");
    let read = |path: &str| fs::read_to_string(base.join(path)).unwrap();
    let order = read("interfaces/SALES-SHOP-BOOKS-ORDER-V1.md");
    let mut sources = Sources::default();
    for name in ["shop", "books"] {
        let path = format!("systems/{name}.md");
        sources.insert(Source::new(format!("spec/{path}"), SourceKind::System, &read(&path)));
    }
    for number in 0..count {
        let id = format!("SALES-SHOP-BOOKS-ORDER{number}-V1");
        let text = order
            .replace("SALES-SHOP-BOOKS-ORDER-V1", &id)
            .replace("POST /orders", &format!("POST /orders/{number}"))
            .replace("SALES-BOOKS-SHOP-STATUS-V1", &format!("SALES-SHOP-BOOKS-ORDER{}-V1", (number + 1) % count));
        sources.insert(Source::new(format!("spec/interfaces/{id}.md"), SourceKind::Interface, &text));
    }
    sources
}

#[test]
fn a_thousand_interfaces_check_in_time() {
    let sources = sources(1_000);
    let start = processor_time();
    let (catalog, diagnostics) = check_sources(&sources);
    let took = processor_time() - start;
    assert!(!diagnostics.has_errors());
    let catalog = catalog.unwrap();
    assert_eq!(catalog.interfaces().len(), 1_000);
    assert!(catalog.interface("SALES-SHOP-BOOKS-ORDER999-V1").is_some());

    assert!(took < LIMIT, "1,000 interfaces took {took:?}");
}

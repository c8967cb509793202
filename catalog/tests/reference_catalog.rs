//! The reference catalog of the repository is valid.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use tieline_catalog::model::{MessageRef, RecordRef, Type};

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

/// Whoever holds a catalog can find the fields of every record that anything in it names.
#[test]
fn every_record_can_be_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let catalog = tieline_catalog::open(root).0.unwrap();
    let mut found = 0;
    for record in records(&catalog) {
        assert!(catalog.fields(&record).is_some(), "{record:?}");
        found += 1;
    }
    assert!(found > 20, "{found}");
}

fn records(catalog: &tieline_catalog::Catalog) -> Vec<RecordRef> {
    let mut records = Vec::new();
    let whole = |message: MessageRef| RecordRef { message, path: Vec::new() };
    for interface in catalog.interfaces() {
        records.extend(interface.mappings.iter().map(|mapping| whole(mapping.target.clone())));
        let sources = interface.mappings.iter().flat_map(|mapping| &mapping.sources);
        records.extend(sources.filter_map(|(_, ty)| match ty {
            Type::Record(record) => Some(record.clone()),
            _ => None,
        }));
        records.extend(interface.trigger.message.clone().map(whole));
        if !interface.trigger.parameters.is_empty() {
            records.push(whole(MessageRef::parameters_of_trigger(&interface.smart_id.text)));
        }
    }
    for system in catalog.systems() {
        for operation in &system.operations {
            records.extend(operation.request.clone().map(whole));
            records.extend(operation.response.clone().map(whole));
            records.push(whole(MessageRef::parameters_of_operation(&system.name, &operation.name)));
        }
    }
    records
}

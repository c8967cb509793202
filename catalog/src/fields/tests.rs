//! The key tables keep their own promises: every example fits its key, every help is a sentence, every path is unique.

use super::{Key, Kind, Record, Table, environment, flow, interface, reference, system};
use crate::findings::Findings;
use crate::source::{Source, SourceKind};
use crate::yaml;
use std::collections::BTreeSet;

/// Reads `key: example` against a table and returns what is wrong with this key.
fn mistakes(table: &'static Table, key: &Key) -> Vec<String> {
    let environment = std::ptr::eq(table, &environment::ENVIRONMENT) || is_below_environment(table);
    let text = if environment {
        format!("{} = {}", key.name, toml_value(key))
    } else {
        format!("{}: {}", key.name, key.example)
    };
    let kind = if environment { SourceKind::Environment } else { SourceKind::Interface };
    let source = Source::new("example", kind, &text);
    let mut findings = Findings::new("example");
    let node = if environment {
        yaml::parse_toml(&source, &mut findings)
    } else {
        yaml::parse(&source, (0, source.text.len()), &mut findings)
    };
    if let Some(node) = &node {
        let record = Record::read(node, table, source.span(0, 0), &mut findings);
        if let (Some(record), Kind::Record(_) | Kind::Records(_)) = (record, key.kind) {
            record.record(key.name, &mut findings);
            record.records(key.name, &mut findings);
        }
    }
    let list = findings.into_list();
    let others = |code: &str| code == "E-MISSING" || code == "E-ROUTE-OTHERWISE";
    list.into_iter().filter(|item| !others(item.code)).map(|item| format!("{text}: {}", item.message)).collect()
}

fn is_below_environment(table: &'static Table) -> bool {
    environment::ENVIRONMENT
        .keys
        .iter()
        .any(|key| matches!(key.kind, Kind::Record(below) | Kind::Named(below) if std::ptr::eq(below, table)))
}

/// Examples of texts are shown without quotes, which TOML needs.
fn toml_value(key: &Key) -> String {
    match key.kind {
        Kind::Text | Kind::Word(_) => format!("{:?}", key.example),
        _ => key.example.to_owned(),
    }
}

fn tables() -> Vec<&'static Table> {
    let mut tables: Vec<&'static Table> = vec![
        &interface::INTERFACE,
        &system::SYSTEM,
        &environment::ENVIRONMENT,
        &interface::AUTH,
        &interface::IDEMPOTENCY,
        &interface::RETRY,
    ];
    tables.extend(flow::STEPS);
    let mut at = 0;
    while at < tables.len() {
        for key in tables[at].keys {
            if let Kind::Record(below) | Kind::Records(below) | Kind::Named(below) = key.kind {
                tables.push(below);
            }
        }
        at += 1;
    }
    tables
}

#[test]
fn every_example_fits_its_key() {
    let wrong: Vec<String> =
        tables().into_iter().flat_map(|table| table.keys.iter().flat_map(move |key| mistakes(table, key))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_help_is_a_sentence_and_every_path_is_unique() {
    let mut seen = BTreeSet::new();
    for field in reference() {
        assert!(
            field.help.ends_with('.') && field.help.starts_with(char::is_uppercase),
            "{}: {}",
            field.path,
            field.help
        );
        assert!(!field.example.is_empty(), "{} has no example", field.path);
        assert!(seen.insert(field.path.clone()), "{} stands twice", field.path);
    }
    assert!(seen.len() > 150, "{}", seen.len());
}

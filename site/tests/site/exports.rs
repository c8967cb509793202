//! Files for programs: valid in the shape of their format, complete, and safe against what authors write.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::projects;

/// Every `$ref` of a document leads to something in it.
fn references(document: &Value, at: &Value, path: &str) -> usize {
    match at {
        Value::Object(fields) => {
            let mut count = 0;
            if let Some(Value::String(pointer)) = fields.get("$ref") {
                let pointer = pointer.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{path}: {pointer} leads nowhere");
                count += 1;
            }
            count + fields.values().map(|it| references(document, it, path)).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(|it| references(document, it, path)).sum(),
        _ => 0,
    }
}

#[test]
fn references_resolve_and_names_are_allowed() {
    let site = projects::reference();
    let mut seen = 0;
    for (path, text) in site.iter().filter(|(path, _)| path.ends_with("api.json")) {
        let document: Value = serde_json::from_str(text).unwrap();
        assert!(references(&document, &document, path) > 0 || path.ends_with("openapi.json"), "{path} says nothing");
        for kind in ["schemas", "messages", "securitySchemes"] {
            let names = document["components"][kind].as_object().into_iter().flat_map(|it| it.keys());
            for name in names {
                let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                assert!(name.chars().all(allowed), "{path}: {name}");
            }
        }
        seen += 1;
    }
    assert!(seen > 10, "{seen} documents");
}

#[test]
fn openapi_of_an_interface() {
    insta::assert_snapshot!(projects::small()["interfaces/sales-shop-books-order-v1/openapi.json"]);
}

#[test]
fn asyncapi_of_an_interface() {
    insta::assert_snapshot!(projects::small()["interfaces/sales-shop-books-order-v1/asyncapi.json"]);
}

#[test]
fn operation_ids_and_answers_are_complete() {
    let site = projects::reference();
    let document: Value = serde_json::from_str(&site["openapi.json"]).unwrap();
    let mut ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path}");
            let declared: BTreeSet<&str> =
                operation["parameters"].as_array().into_iter().flatten().filter_map(|it| it["name"].as_str()).collect();
            for name in path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name) {
                assert!(declared.contains(name), "{path}: {name}");
            }
            let answers: BTreeSet<&str> =
                operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
            assert!(answers.contains("401") && answers.iter().any(|it| it.starts_with('2')), "{path}: {answers:?}");
        }
    }
    let catalog: Value = serde_json::from_str(&site["catalog.json"]).unwrap();
    assert_eq!(ids.len(), catalog["interfaces"].as_array().unwrap().len());
}

#[test]
fn entities_refer_to_each_other() {
    let site = projects::reference();
    let entities: Vec<Value> = site["catalog-info.yaml"]
        .split("---\n")
        .filter(|part| !part.trim().is_empty())
        .map(|part| serde_json::from_str(part).unwrap())
        .collect();
    let known: BTreeSet<String> = entities
        .iter()
        .map(|it| {
            let kind = it["kind"].as_str().unwrap().to_lowercase();
            format!("{kind}:default/{}", it["metadata"]["name"].as_str().unwrap())
        })
        .collect();
    assert_eq!(known.len(), entities.len(), "names are unique in their kind");
    for entity in &entities {
        let spec = &entity["spec"];
        let depends = spec["dependsOn"].as_array().into_iter().flatten();
        let apis = spec["providesApis"].as_array().into_iter().flatten();
        let apis = apis.map(|it| format!("api:default/{}", it.as_str().unwrap()));
        let owner = spec["owner"].as_str().map(str::to_owned);
        for reference in depends.map(|it| it.as_str().unwrap().to_owned()).chain(apis).chain(owner) {
            assert!(known.contains(&reference), "{reference}");
        }
    }
}

#[test]
fn the_feed_holds_every_change_once() {
    let site = projects::reference();
    let feed = &site["changes/feed.atom"];
    let catalog = projects::open(&projects::reference_root()).0;
    let changes: usize = catalog.interfaces().iter().map(|it| it.history.len()).sum();
    assert_eq!(feed.matches("<entry>").count(), changes);
    let ids: BTreeSet<&str> = feed.split("<id>").skip(1).filter_map(|part| part.split("</id>").next()).collect();
    assert_eq!(ids.len(), changes + 1);
}

/// A site that knows its address has a map of its pages with whole addresses.
#[test]
fn a_site_with_an_address_has_a_map() {
    let (catalog, diagnostics) = projects::open(&projects::small_root());
    let options = tieline_site::Options {
        address: Some("https://example.org/catalog/".to_owned()),
        ..tieline_site::Options::default()
    };
    let files = tieline_site::emit(&catalog, &diagnostics, &options);
    let text = |path: &str| files.iter().find(|it| it.0 == path).map(|it| String::from_utf8_lossy(&it.1).into_owned());
    let map = text("sitemap.xml").unwrap();
    let pages = files.iter().filter(|it| it.0.ends_with(".html")).count();
    assert_eq!(map.matches("<loc>https://example.org/catalog/").count(), pages);
    assert!(text("changes/feed.atom").unwrap().contains("xml:base=\"https://example.org/catalog/changes/\""));
    assert!(!projects::small().contains_key("sitemap.xml"), "without an address there is none");
}

/// Every expression of the rules and dashboards: those of the whole site and those beside each interface.
fn expressions(site: &projects::Site) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, text) in site.iter().filter(|(path, _)| path.ends_with("dashboard.json")) {
        let dashboard: Value = serde_json::from_str(text).unwrap();
        for panel in dashboard["panels"].as_array().unwrap() {
            assert!(!panel["description"].as_str().unwrap().is_empty(), "{path}: {} has a metric", panel["title"]);
            let targets = panel["targets"].as_array().unwrap();
            found.extend(targets.iter().map(|it| (path.clone(), it["expr"].as_str().unwrap().to_owned())));
        }
    }
    for (path, text) in site.iter().filter(|(path, _)| path.ends_with("alerts.yaml")) {
        let lines = text.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
        found.extend(lines.map(|line| (path.clone(), serde_json::from_str(line).unwrap())));
    }
    found
}

#[test]
fn rules_and_dashboards_name_only_metrics_that_exist() {
    let known: BTreeSet<&str> = include_str!("../../../runtime/src/metrics/table.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next())
        .collect();
    let found = expressions(&projects::reference());
    let mut used = BTreeSet::new();
    for (path, expr) in &found {
        let words = expr.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for word in words.filter(|word| word.starts_with("tieline_") || word.starts_with("process_")) {
            let ends = ["_total", "_bucket", "_sum", "_count", ""];
            let name = ends.iter().filter_map(|end| word.strip_suffix(end)).find(|name| known.contains(name));
            assert!(name.is_some(), "{path}: {word} is no metric in {expr}");
            used.extend(name);
        }
    }
    assert!(used.len() > 20, "{used:?}");
}

#[test]
fn alert_rules_of_an_interface() {
    insta::assert_snapshot!(projects::small()["interfaces/sales-shop-books-order-v1/alerts.yaml"]);
}

#[test]
fn dashboards_have_ids_of_their_own_that_are_short_enough() {
    let site = projects::reference();
    let mut ids = BTreeSet::new();
    for (path, text) in site.iter().filter(|(path, _)| path.ends_with("dashboard.json")) {
        let dashboard: Value = serde_json::from_str(text).unwrap();
        let id = dashboard["uid"].as_str().unwrap().to_owned();
        assert!(!id.is_empty() && id.len() <= 40, "{path}: {id}");
        assert!(ids.insert(id), "{path}");
    }
    assert_eq!(ids.len(), 10, "one an interface and one over all");
}

//! What the site offers to Prometheus and Grafana, held against Prometheus' own tool.

#![allow(clippy::expect_used, reason = "a test stops at the first thing that is not there")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use tieline_tests::{command::run, project};

/// The site of the reference catalog in a folder of its own.
fn site() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("site");
    let built = run(&project(), &["build", "--only", "site", "--site", &path.to_string_lossy()]);
    assert_eq!(built.code, Some(0), "{built}");
    (folder, path)
}

/// Files of this name, anywhere below a folder.
fn named(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(named(&path, name));
        } else if path.file_name().is_some_and(|it| it == name) {
            found.push(path);
        }
    }
    found
}

/// Runs `promtool`; what it says where it is not content.
fn promtool(arguments: &[&str], files: &[PathBuf]) {
    let done = Command::new("promtool").args(arguments).args(files).output().expect("promtool, of Debian's prometheus");
    let said = [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(done.status.success(), "{said}");
}

#[test]
fn every_rule_file_is_one_for_prometheus() {
    let (_folder, site) = site();
    let files = named(&site, "alerts.yaml");
    assert_eq!(files.len(), 10, "one an interface and one over all");
    promtool(&["check", "rules", "--lint-fatal"], &files);
}

#[test]
fn every_query_of_the_dashboards_is_one_for_prometheus() {
    let (folder, site) = site();
    let mut rules = Vec::new();
    for path in named(&site, "dashboard.json") {
        let dashboard: Value = serde_json::from_slice(&fs::read(&path).expect("a file")).expect("JSON");
        let panels = dashboard["panels"].as_array().expect("panels");
        for query in panels.iter().flat_map(|panel| panel["targets"].as_array().expect("queries")) {
            // What Grafana fills in before it asks.
            let expr = query["expr"].as_str().expect("a query").replace("$__rate_interval", "5m");
            rules.push(json!({ "record": format!("query:{}", rules.len()), "expr": expr.replace("$interface", ".*") }));
        }
    }
    assert!(rules.len() > 200, "{}", rules.len());
    let file = folder.path().join("queries.yaml");
    // Prometheus reads YAML, which JSON is.
    fs::write(&file, json!({ "groups": [{ "name": "queries", "rules": rules }] }).to_string()).expect("a file");
    promtool(&["check", "rules"], &[file]);
}

/// A series that has one value for an hour, and the alerts that fire at its end.
const CASES: &[(&str, &str, &[&str])] = &[
    ("tieline_build_info{digest=\"DIGEST\"}", "1", &[]),
    ("tieline_build_info{digest=\"old\"}", "1", &["TielineNotAsDocumented"]),
    (
        "tieline_dead_letters{interface=\"PROC-11VMS-SRM7-ACTIVITY-REPORT-V1\"}",
        "3",
        &["TielineAbsent", "TielineDeadLetters"],
    ),
    ("tieline_dead_letters{interface=\"PROC-11VMS-SRM7-ACTIVITY-REPORT-V1\"}", "0", &["TielineAbsent"]),
    (
        "tieline_oldest_message_age_seconds{interface=\"PROC-SRM7-11VMS-PURCHASE-ORDER-V1\"}",
        "7200",
        &["TielineAbsent", "TielineMessagesLate"],
    ),
    ("tieline_oldest_message_age_seconds{interface=\"PROC-SRM7-11VMS-PURCHASE-ORDER-V1\"}", "60", &["TielineAbsent"]),
    ("tieline_target_breaker{target=\"11VMS\"}", "2", &["TielineAbsent", "TielineTargetDown"]),
    ("tieline_target_breaker{target=\"11VMS\"}", "1", &["TielineAbsent"]),
    ("tieline_alert_outbox_age_seconds", "900", &["TielineAbsent", "TielineAlertsWait"]),
];

#[test]
fn rules_fire_when_and_only_when_they_should() {
    let (folder, site) = site();
    let catalog = fs::read(site.join("catalog.json")).expect("a file");
    let catalog: Value = serde_json::from_slice(&catalog).expect("JSON");
    let digest = catalog["digest"].as_str().expect("a digest");
    let tests: Vec<Value> = CASES
        .iter()
        .map(|(series, value, fires)| {
            let samples: Vec<Value> =
                fires.iter().map(|name| json!({ "labels": format!("{{alertname=\"{name}\"}}"), "value": 1 })).collect();
            json!({
                "interval": "1m",
                "input_series": [{ "series": series.replace("DIGEST", digest), "values": format!("{value}x60") }],
                // Which alerts fire, by their own series: what they say is a snapshot elsewhere.
                "promql_expr_test": [{
                    "expr": "count by (alertname) (ALERTS{alertstate=\"firing\"})",
                    "eval_time": "1h",
                    "exp_samples": samples,
                }],
            })
        })
        .collect();
    let file = folder.path().join("rules.test.yaml");
    let suite = json!({ "rule_files": [site.join("alerts.yaml")], "evaluation_interval": "1m", "tests": tests });
    fs::write(&file, suite.to_string()).expect("a file");
    promtool(&["test", "rules"], &[file]);
}

//! A changed document changes page, code and behaviour after one build, and nobody touches Rust.

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use tieline_tests::{copy_project, target, tieline};

/// The edits a business asks for: in which document, what stands there, what shall stand there.
const EDITS: [(&str, &str, &str); 3] = [
    ("PROC-SRM7-11VMS-PURCHASE-ORDER-V1", "retry: 3x every 30s, exponential backoff", "retry: 5x every 10s"),
    ("PROC-11VMS-SRM7-ACTIVITY-REPORT-V1", "| day | DAY |", "| day | TAG |"),
    (
        "SUPPLYCHAIN-MAESTRO-ECC-PLANNEDORDER-V1",
        "    otherwise:\n      - dead_letter:",
        "      - when: event.fileName.endsWith('XX')\n        label: everything else\n        then:\n          - send: WP2.put-planned-orders\n            name: put-the-rest\n            with:\n              fileName: ${event.fileName}.csv\n              body: ${rows}\n    otherwise:\n      - dead_letter:",
    ),
];

#[test]
fn a_changed_number_row_and_route_change_page_and_behaviour() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    copy_project(root);
    for (smart_id, before, after) in EDITS {
        let path = root.join(format!("spec/interfaces/{smart_id}.md"));
        let text = fs::read_to_string(&path).expect("the document");
        assert!(text.contains(before), "{smart_id} no longer says {before:?}");
        fs::write(&path, text.replacen(before, after, 1)).expect("a writable document");
    }
    assert_eq!(run(root, &["check"]).0, 4, "changed documents make generated code stale");
    assert_eq!(run(root, &["build"]).0, 0);
    let page = fs::read_to_string(root.join("target/site/interfaces/proc-srm7-11vms-purchase-order-v1/index.html"))
        .expect("the page");
    assert!(page.contains("50 s"), "the page prints the new timetable");
    let (_, observed) = run(root, &["demo", "--once", "--json", "--scene", "11VMS stays down"]);
    assert_eq!(sentence(&observed, "sends at"), "sends at 0 s, 10 s, 20 s, 30 s, 40 s, 50 s", "{observed:?}");
    let (_, observed) = run(root, &["demo", "--once", "--json", "--scene", "becomes a confirmation"]);
    assert_eq!(sentence(&observed, "1 confirmation"), "1 confirmation of 21.5 TAG for AR-1001", "{observed:?}");
    let (_, observed) = run(root, &["demo", "--once", "--json", "--scene", "planned orders go"]);
    assert_eq!(sentence(&observed, "a name that fits neither"), "a name that fits neither: DELIVERED", "{observed:?}");
}

/// Runs the command in a folder: exit code and standard output line by line.
fn run(root: &Path, arguments: &[&str]) -> (i32, Vec<String>) {
    let output = Command::new(tieline())
        .current_dir(root)
        .args(arguments)
        .env("CARGO_TARGET_DIR", target())
        .output()
        .expect("the command runs");
    let lines = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    (output.status.code().unwrap_or(-1), lines)
}

/// What was observed for the promise that begins with these words; times without their lateness of a second.
fn sentence(lines: &[String], begins: &str) -> String {
    let objects = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let observed: Vec<Value> =
        objects.filter(|object| object["promised"].as_str().is_some_and(|text| text.starts_with(begins))).collect();
    let Some(object) = observed.first() else { return String::new() };
    let observed = object["observed"].as_str().unwrap_or_default();
    if object["ok"] == true && begins == "sends at" {
        let promised = object["promised"].as_str().unwrap_or_default();
        return promised.split(", each late").next().unwrap_or_default().to_owned();
    }
    observed.to_owned()
}

//! A changed document changes page, code and behaviour after one build, and nobody touches Rust.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use serde_json::Value;
use tieline_tests::{command::run, copies::Copy};

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
    let project = Copy::of_reference_to_compile("change");
    for (smart_id, before, after) in EDITS {
        project.edit(&format!("spec/interfaces/{smart_id}.md"), before, after);
    }
    assert_eq!(run(project.root(), &["check"]).code, Some(4), "changed documents make generated code stale");
    let built = run(project.root(), &["build"]);
    assert_eq!(built.code, Some(0), "{built}");
    let page = project.read("target/site/interfaces/proc-srm7-11vms-purchase-order-v1/index.html");
    assert!(page.contains("50 s"), "the page prints the new timetable");
    let scenes = [
        ("11VMS stays down", "sends at", "sends at 0 s, 10 s, 20 s, 30 s, 40 s, 50 s"),
        ("becomes a confirmation", "1 confirmation", "1 confirmation of 21.5 TAG for AR-1001"),
        ("planned orders go", "a name that fits neither", "a name that fits neither: DELIVERED"),
    ];
    for (scene, begins, expected) in scenes {
        let played = run(project.root(), &["demo", "--once", "--json", "--scene", scene]);
        assert_eq!(sentence(&played.out, begins), expected, "{played}");
    }
}

/// What was observed for the promise that begins with these words; times without their lateness of a second.
fn sentence(lines: &str, begins: &str) -> String {
    let objects = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
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

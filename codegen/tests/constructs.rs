//! Every construct of the language, and the Rust it becomes.
//!
//! In: a flow and tables as an architect writes them. Out: the snapshot of what an engineer reads.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

mod support;

use support::{catalog_with, documents, files, interface};

/// Snapshots the module from the flow down to the first message.
#[track_caller]
fn check(name: &str, document: &str) {
    let files = files(&catalog_with(document));
    let module = files.get("test/src/test_pa_ho_thing_v1.rs").expect("the module of the interface");
    let flow = module.find("/// The steps of the document").expect("a flow");
    let shown = module.get(flow..).unwrap();
    insta::with_settings!({ description => document, omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, shown);
    });
}

/// One condition over a thing; the snapshot shows the function it becomes.
#[track_caller]
fn condition(text: &str) -> String {
    let files = files(&catalog_with(&documents::conditions(&[text])));
    let module = files.get("test/src/test_pa_ho_thing_v1.rs").unwrap();
    let from = module.find("/// `").expect("the condition's function");
    format!("{}\n", module.get(from..).unwrap().trim_end())
}

#[test]
fn conditions() {
    let shown: Vec<String> = documents::CONDITIONS.iter().map(|text| condition(text)).collect();
    insta::assert_snapshot!("conditions", shown.join("\n"));
}

#[test]
fn steps_mappings_and_replies() {
    documents::all().iter().for_each(|(name, document)| check(name, document));
}

/// The constants of the module, with this trigger and this error policy.
#[track_caller]
fn descriptor(trigger: &str, policy: &str) -> String {
    let flow = "  - fetch: Partner.read-thing\n    with: { id: all }\n    as: thing\n  - when: thing.count > 1\n    then:\n      - discard: enough";
    let document = support::with_trigger(trigger, flow, "");
    let retry = "  retry: 3x every 30s, exponential backoff\n";
    assert!(document.contains(retry));
    let files = files(&catalog_with(&document.replace(retry, policy)));
    let module = files.get("test/src/test_pa_ho_thing_v1.rs").unwrap();
    let (from, to) = (module.find("    trigger: ").unwrap(), module.find("    sla_p95_ms").unwrap());
    format!("{trigger}\n{policy}=>\n{}\n", &module[from..to])
}

#[test]
fn policies_become_constants() {
    let http = "http: POST /in\n  message: Partner.Changed\n  auth: none\n  idempotency: ";
    let rules = "  retry: { retries: 5, interval: 30s, give_up_after: 10min, retry_after_cap: 5min }\n  outcomes:\n    - { operation: Partner.read-thing, status: 404, class: retryable, reason: it comes later }\n    - { error_code: CLOSED, class: target, reason: the books are closed }\n";
    let retry = "  retry: none\n";
    let shown = [
        descriptor(&format!("{http}event.id"), rules),
        descriptor(&format!("{http}{{ header: X-Message-Id, window: 14d }}"), retry),
        descriptor(&format!("{http}{{ by: cloudevent }}"), retry),
        descriptor(&format!("{http}{{ by: webhook }}"), retry),
        descriptor(&format!("{http}{{ by: body }}"), retry),
        descriptor("schedule: daily at 06:00\n  zone: Europe/Paris", retry),
        descriptor("schedule: hourly\n  zone: UTC\n  missed: all(max 3)\n  catch_up: 10d\n  overlap: queue_one", retry),
        descriptor("schedule: hourly\n  zone: UTC\n  missed: skip\n  overlap: allow", retry),
    ];
    insta::assert_snapshot!("policies", shown.join("\n"));
}

#[test]
fn examples_become_tests() {
    let module = |document: &str| {
        let files = files(&catalog_with(document));
        files.get("test/src/test_pa_ho_thing_v1/examples.rs").map(str::to_owned)
    };
    let shown = documents::all().into_iter().filter_map(|(_, document)| module(&document));
    let shown: Vec<String> = shown.chain(module(&documents::custom_steps())).collect();
    insta::assert_snapshot!("examples_as_tests", shown.join("\n"));
}

#[test]
fn custom_steps() {
    let document = documents::custom_steps();
    check("custom_steps", &document);
    let files = files(&catalog_with(&document));
    let module = files.get("test/src/test_pa_ho_thing_v1.rs").unwrap();
    let from = module.find("/// The flow of this interface").unwrap();
    let to = module.find("/// The steps of the document").unwrap();
    insta::assert_snapshot!("custom_trait", module.get(from..to).unwrap());
    insta::assert_snapshot!("custom_service", files.get("service/src/lib.rs").unwrap());
    assert_eq!(files.get("service/src/main.rs"), None, "with custom steps the program is the user's own");
}

#[test]
fn a_system() {
    let flow =
        "  - fetch: Partner.read-thing\n    with: { id: \"${event.id}\" }\n    as: thing\n  - discard: ${thing.id}\n";
    let files = files(&catalog_with(&interface(flow, "")));
    insta::assert_snapshot!("system", files.get("test/src/systems/partner.rs").unwrap());
}

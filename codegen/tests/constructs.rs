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

//! What was kept before: journals and exports, which somebody else may have touched meanwhile.
//!
//! In: any bytes. Out: nothing. Never knows: files.

use super::{Target, wait};
use crate::{
    journal::{self, MemoryStore, codec},
    tool,
};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "journal-codec",
        run: |bytes| {
            if let Ok(value) = codec::decode(bytes) {
                assert_eq!(codec::decode(&codec::encode(&value)).ok(), Some(value));
            }
        },
        examples: &[r#"{"b":21.50,"a":[1,"x",true,1000]}"#, ""],
    },
    Target { name: "sealed", run: journal::fuzz_sealed, examples: &["", "short", include_str!("export.jsonl")] },
    Target {
        name: "store-import",
        run: |bytes| {
            // What came in can be brought out, and is the same again.
            let store = MemoryStore::new();
            let mut first = Vec::new();
            wait(async {
                if tool::import(&store, &mut &*bytes, &[], 0, &|_| {}).await.is_ok() {
                    tool::export(&store, &mut first, 0, &|_| {}).await.expect("what was imported can be exported");
                }
            });
        },
        examples: &[include_str!("export.jsonl")],
    },
];

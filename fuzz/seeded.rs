//! Bytes for fuzz targets in a usual run: what is well formed, changed in a few places, the same way each time.
//!
//! In: examples. Out: the shortest changes that break a target. Never knows: what a target does. Taken into the tests of
//! each crate that has targets, which know nothing of each other.

use std::time::{Duration, Instant};

use proptest::{
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};

/// No input of a few kilobytes takes longer, however busy the machine is.
const LONGEST: Duration = Duration::from_secs(10);

/// What readers trip over.
const ODD: &[&str] = &[
    "\u{0}",
    "\u{feff}",
    "9999999999999999999999",
    "-",
    "\"",
    "[",
    "{",
    "(",
    "<!DOCTYPE a [",
    "\u{1f600}",
    "\r\n",
    "---\n",
    "|",
    "`",
    "${",
    "%00",
    "\u{202e}",
];

/// One change.
#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Insert(Index, u8),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Odd(Index, &'static str),
    Cut(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        (at(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        (at(), 1..12_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        (at(), 1..12_usize, 1..200_usize).prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        (at(), select(ODD)).prop_map(|(at, odd)| Change::Odd(at, odd)),
        at().prop_map(Change::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let place = |index: &Index, bytes: &[u8]| index.index(bytes.len() + 1);
    let until = |at: usize, length: usize, bytes: &[u8]| (at + length).min(bytes.len());
    match change {
        Change::Flip(at, bit) => {
            let at = place(at, bytes);
            bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << bit);
        }
        Change::Insert(at, byte) => bytes.insert(place(at, bytes), *byte),
        Change::Remove(at, length) => {
            let at = place(at, bytes);
            drop(bytes.drain(at..until(at, *length, bytes)));
        }
        Change::Repeat(at, length, times) => {
            let at = place(at, bytes);
            let again = bytes[at..until(at, *length, bytes)].repeat(*times);
            bytes.splice(at..at, again);
        }
        Change::Odd(at, odd) => {
            let at = place(at, bytes);
            bytes.splice(at..at, odd.bytes());
        }
        Change::Cut(at) => bytes.truncate(place(at, bytes)),
    }
}

/// An example, changed.
fn changed(examples: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    (select(examples), prop::collection::vec(change(), 0..6)).prop_map(|(example, changes)| {
        let mut bytes = example.as_bytes().to_vec();
        changes.iter().for_each(|change| apply(&mut bytes, change));
        bytes
    })
}

/// Runs a target over its examples and changes of them; `FUZZ=100000` makes so many instead of `runs`.
pub(crate) fn holds(name: &str, target: fn(&[u8]), examples: &'static [&'static str], runs: u32) {
    let driver = format!("{}/../fuzz/fuzz_targets/{}.rs", env!("CARGO_MANIFEST_DIR"), name.replace('-', "_"));
    let drives = std::fs::read_to_string(&driver).is_ok_and(|text| text.contains(&format!("\"{name}\"")));
    assert!(drives, "libFuzzer does not reach `{name}`: write {driver}, and name it in Cargo.toml beside it");
    let runs = std::env::var("FUZZ").map_or(runs, |text| text.parse().expect("FUZZ is a number"));
    examples.iter().for_each(|example| target(example.as_bytes()));
    let config = Config { cases: runs, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let result = TestRunner::new_with_rng(config, rng).run(&changed(examples), |bytes| {
        let began = Instant::now();
        target(&bytes);
        prop_assert!(began.elapsed() < LONGEST, "it took {:?}", began.elapsed());
        Ok(())
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, bytes)) => {
            panic!("`{name}`: {reason}\nits shortest input: {:?}", String::from_utf8_lossy(&bytes))
        }
        Err(abort @ TestError::Abort(_)) => panic!("`{name}`: {abort}"),
    }
}

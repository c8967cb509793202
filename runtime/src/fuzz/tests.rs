//! A short run of every target, the same each time.

#[path = "../../../fuzz/seeded.rs"]
mod seeded;

use super::{Target, formats, kept, listeners, messages, partners};

/// Inputs of a target in a usual run.
const RUNS: u32 = 1_000;

/// Every target comes back from whatever it is given.
fn hold(targets: &[Target]) {
    targets.iter().for_each(|target| seeded::holds(target.name, target.run, target.examples, RUNS));
}

#[test]
fn formats_come_back_from_whatever_they_are_given() {
    hold(formats::TARGETS);
}

#[test]
fn messages_come_back_from_whatever_they_are_given() {
    hold(messages::TARGETS);
}

#[test]
fn listeners_come_back_from_whatever_they_are_given() {
    hold(listeners::TARGETS);
}

#[test]
fn partners_come_back_from_whatever_they_are_given() {
    hold(partners::TARGETS);
}

#[test]
fn what_was_kept_comes_back_from_whatever_it_is_given() {
    hold(kept::TARGETS);
}

/// No incident of that key is there to be acknowledged.
const OPERATORS: [&str; 12] = ["200", "200", "200", "200", "200", "200", "200", "200", "200", "200", "200", "404"];

/// The statuses that the examples of a listener are answered with.
fn statuses(name: &str, answer: fn(&[u8]) -> Vec<u8>) -> Vec<String> {
    let target = super::targets().find(|target| target.name == name).unwrap();
    let status = |example: &&str| {
        let answer = String::from_utf8(answer(example.as_bytes())).unwrap();
        answer.split_whitespace().nth(1).unwrap_or_default().to_owned()
    };
    target.examples.iter().map(status).collect()
}

#[test]
fn the_examples_of_the_listeners_reach_what_is_behind_them() {
    assert_eq!(statuses("intake", listeners::intake), ["202", "202", "422", "422", "200", "503", "404"]);
    assert_eq!(statuses("operators-listener", listeners::operators), OPERATORS);
}

//! Random operations and crashes against the reference model, with the shortest plan that fails.
//!
//! In: plans made by proptest. Out: a failure with its smallest plan. Never knows: how a world works.
//!
//! The worlds are those of the seeds. Seeds replay exactly and reach far; a plan that proptest made shrinks to the few
//! actions that matter.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestCaseResult, TestError, TestRng, TestRunner},
};

use super::{
    live,
    medium::{Kind, Medium},
    operator::{Choice, SCOPES},
    plan::{self, FATES, OPERATIONS},
    quiet_poison,
    server::Server,
    world::Action,
    wrong::RIGHT,
};

/// Plans of a usual run.
const PLANS: u32 = 150;
/// A transaction of a server takes a while: as many of these as there is time for.
const PLANS_ON_A_SERVER: u32 = 20;
const TIME_ON_A_SERVER: Duration = Duration::from_secs(5);
/// More than anything else takes.
const TIME: Duration = Duration::from_secs(600);

fn action() -> impl Strategy<Value = Action> {
    let caller = || (0..64_u32).prop_map(plan::caller);
    prop_oneof![
        40 => caller().prop_map(Action::Call),
        3 => caller().prop_map(Action::OtherBody),
        2 => Just(Action::HangUp),
        18 => (0..50_u64).prop_map(Action::Wait),
        8 => (0..60_000_u64).prop_map(Action::Wait),
        2 => (0..4_000_000_u64).prop_map(Action::Wait),
        7 => (0..2_000_u64).prop_map(Action::Crash),
        3 => (0..20_000_u64).prop_map(Action::Stop),
        2 => Just(Action::FailSync),
        1 => (0..3_000_u64).prop_map(Action::NoSpace),
        1 => (0..10_000_u64).prop_map(Action::OverQuota),
        1 => select(vec![0, 2, 20, 500]).prop_map(Action::SlowDisk),
        2 => (0..90_u64).prop_map(Action::Storm),
        8 => (select(&Choice::ALL[..]), 0..64_usize).prop_map(|(choice, number)| Action::Decide(choice, number)),
        1 => (0..SCOPES).prop_map(Action::Pause),
        1 => (0..SCOPES).prop_map(Action::Resume),
        6 => (select(OPERATIONS), select(FATES)).prop_map(|(operation, fate)| Action::Next(operation, fate)),
    ]
}

/// Runs so many plans; what is wrong with the shortest that fails.
fn first_failure(medium: impl Fn() -> Medium, (plans, time): (u32, Duration)) -> Option<(String, Vec<Action>)> {
    let (begin, tried) = (Instant::now(), Cell::new(0));
    let config = Config { cases: plans, max_shrink_iters: plans * 3, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let plans = (0..1_000_u64, prop::collection::vec(action(), 1..60));
    let holds = |(seed, plan): (u64, Vec<Action>)| -> TestCaseResult {
        if begin.elapsed() > time {
            return Ok(());
        }
        tried.set(tried.get() + 1);
        let report = live(seed, RIGHT, medium(), plan);
        if report.wrong.is_empty() { Ok(()) } else { Err(TestCaseError::fail(report.wrong.join("\n  "))) }
    };
    let result = TestRunner::new_with_rng(config, rng).run(&plans, holds);
    println!("{} plans in {:.1} s", tried.get(), begin.elapsed().as_secs_f64());
    match result {
        Ok(()) => None,
        Err(TestError::Fail(reason, (_, plan))) => Some((reason.to_string(), plan)),
        Err(abort @ TestError::Abort(_)) => panic!("{abort}"),
    }
}

#[test]
fn every_plan_keeps_every_promise() {
    quiet_poison();
    for (kind, plans) in [(Kind::Memory, PLANS), (Kind::Sqlite, PLANS / 10)] {
        if let Some((wrong, plan)) = first_failure(|| Medium::new(kind), (plans, TIME)) {
            panic!("{kind:?}: {wrong}\nthe shortest plan that does this: {plan:#?}");
        }
    }
}

#[test]
fn every_plan_keeps_every_promise_on_postgresql() {
    quiet_poison();
    let server = Server::start();
    if let Some((wrong, plan)) = first_failure(|| Medium::on(&server), (PLANS_ON_A_SERVER, TIME_ON_A_SERVER)) {
        panic!("{wrong}\nthe shortest plan that does this: {plan:#?}");
    }
}

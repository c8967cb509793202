//! Deterministic simulation of the whole runtime: one thread, a clock that jumps, a disk and a network that misbehave.
//!
//! A seed decides everything. Each seed's history is judged by a reference model of the life of a message ([`life`]) as
//! it happens, and by a checker of histories ([`checker`]) in the end. `SEED=123 cargo nextest run -p tieline-runtime
//! --test simulation seeds --no-capture` replays a seed and prints its history; `SEEDS=5000` runs so many.

#![allow(clippy::expect_used, clippy::print_stdout, clippy::panic, reason = "a test, with histories worth reading")]

mod checker;
mod coverage;
mod disk;
mod flows;
mod history;
mod known;
mod life;
mod network;
mod plan;
mod world;
mod wrong;

use std::{env, time::Instant};

use coverage::Coverage;
use world::World;
use wrong::{RIGHT, Variant, WRONG};

/// Seeds of a usual run.
const SEEDS: u64 = 400;

/// Within so many seeds every broken variant must be caught.
const PATIENCE: u64 = 200;

/// What came of a seed.
struct Report {
    wrong: Vec<String>,
    history: Vec<String>,
    coverage: Coverage,
}

fn simulate(seed: u64, variant: Variant) -> Report {
    world::in_its_own_time(async {
        let mut world = World::new(seed, variant).await;
        let wrong = world.live(plan::of_seed(seed)).await;
        Report { wrong, history: world.history.lines(), coverage: world.history.coverage.clone() }
    })
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().expect("SEED and SEEDS are numbers"))
}

/// A flow that panics on purpose need not say so in the output of the tests.
fn quiet_poison() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str() != Some(flows::POISON) {
            usual(panic);
        }
    }));
}

fn fail(seed: u64, report: &Report) -> ! {
    let last = &report.history[report.history.len().saturating_sub(60)..];
    panic!(
        "seed {seed}:\n  {}\nthe end of its history:\n{}\nreplay: SEED={seed} cargo nextest run -p tieline-runtime --test \
         simulation seeds --no-capture",
        report.wrong.join("\n  "),
        last.join("\n"),
    )
}

#[test]
fn seeds_keep_every_promise() {
    quiet_poison();
    if let Some(seed) = number("SEED") {
        let report = simulate(seed, RIGHT);
        report.history.iter().for_each(|line| println!("{line}"));
        if !report.wrong.is_empty() {
            fail(seed, &report);
        }
        return;
    }
    let (begin, seeds, coverage) = (Instant::now(), number("SEEDS").unwrap_or(SEEDS), Coverage::default());
    let mut failed = Vec::new();
    for seed in 1..=seeds {
        let report = simulate(seed, RIGHT);
        coverage.add(&report.coverage);
        if !report.wrong.is_empty() {
            failed.push((seed, report));
        }
    }
    for (seed, report) in &failed {
        println!("seed {seed}: {}", report.wrong.join("; "));
    }
    if let Some((seed, report)) = failed.first() {
        fail(*seed, report);
    }
    println!("{seeds} seeds in {:.1} s\n{}", begin.elapsed().as_secs_f64(), coverage.lines().join("\n"));
    assert_eq!(coverage.missing(), Vec::<&str>::new(), "never happened in {seeds} seeds: the simulation proves less");
}

#[test]
fn a_seed_replays_exactly() {
    quiet_poison();
    for seed in 1..=10 {
        assert_eq!(simulate(seed, RIGHT).history, simulate(seed, RIGHT).history, "seed {seed} differs from itself");
    }
}

#[test]
fn every_broken_variant_is_caught() {
    quiet_poison();
    let mut missed = Vec::new();
    for variant in WRONG {
        let caught = (1..=PATIENCE).find_map(|seed| {
            let report = simulate(seed, *variant);
            report.wrong.first().map(|first| (seed, first.clone()))
        });
        match caught {
            Some((seed, first)) => println!("`{}` was caught by seed {seed}: {first}", variant.name),
            None => missed.push(variant.name),
        }
    }
    assert_eq!(missed, Vec::<&str>::new(), "not caught within {PATIENCE} seeds");
}

//! Deterministic simulation of the whole runtime: one thread, a clock that jumps, a disk and a network that misbehave.
//!
//! A seed decides everything. Each seed's history is judged by a reference model of the life of a message ([`life`]) as
//! it happens, and by a checker of histories ([`checker`]) in the end. `SEED=123 cargo nextest run -p tieline-runtime
//! --test simulation seeds_keep_every_promise_in --no-capture` replays a seed and prints its history; `SEEDS=5000` runs
//! so many.

#![allow(clippy::expect_used, clippy::print_stdout, clippy::panic, reason = "a test, with histories worth reading")]

mod along;
mod checker;
mod coverage;
mod disk;
mod flows;
mod handle;
mod history;
mod known;
mod life;
mod lines;
mod medium;
mod network;
mod operator;
mod plan;
mod properties;
mod sealing;
mod server;
mod world;
mod wrong;

use std::{env, time::Instant};

use coverage::Coverage;
use medium::{Kind, Medium};
use world::{Action, World};
use wrong::{RIGHT, Variant, WRONG};

/// Seeds of a usual run.
const SEEDS: u64 = 300;

/// Within so many seeds every broken variant must be caught.
const PATIENCE: u64 = 200;

/// What came of a seed.
struct Report {
    wrong: Vec<String>,
    history: Vec<String>,
    coverage: Coverage,
}

fn simulate(seed: u64, variant: Variant, kind: Kind) -> Report {
    live(seed, variant, Medium::new(kind), plan::of_seed(seed))
}

fn live(seed: u64, variant: Variant, medium: Medium, plan: Vec<Action>) -> Report {
    world::in_its_own_time(async {
        let mut world = World::new(seed, variant, medium).await;
        let wrong = world.live(plan).await;
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

fn fail(seed: u64, kind: Kind, report: &Report) -> ! {
    let last = &report.history[report.history.len().saturating_sub(60)..];
    panic!(
        "seed {seed}:\n  {}\nthe end of its history:\n{}\nreplay: {}SEED={seed} cargo nextest run -p tieline-runtime \
         --test simulation seeds_keep_every_promise_in --no-capture",
        report.wrong.join("\n  "),
        last.join("\n"),
        match kind {
            Kind::Memory => "",
            Kind::Sqlite => "STORE=sqlite ",
            Kind::Sealed => "STORE=sealed ",
        },
    )
}

/// Replays the seed that is asked for; true if one was.
fn replayed() -> bool {
    let Some(seed) = number("SEED") else { return false };
    let kind = match env::var("STORE").as_deref() {
        Ok("sqlite") => Kind::Sqlite,
        Ok("sealed") => Kind::Sealed,
        _ => Kind::Memory,
    };
    let report = simulate(seed, RIGHT, kind);
    report.history.iter().for_each(|line| println!("{line}"));
    if !report.wrong.is_empty() {
        fail(seed, kind, &report);
    }
    true
}

/// Runs seeds, and shows the first that fails.
fn run(seeds: u64, kind: Kind) -> Coverage {
    let (begin, coverage, mut failed) = (Instant::now(), Coverage::default(), Vec::new());
    for seed in 1..=seeds {
        let report = simulate(seed, RIGHT, kind);
        coverage.add(&report.coverage);
        if !report.wrong.is_empty() {
            println!("seed {seed}: {}", report.wrong.join("; "));
            failed.push((seed, report));
        }
    }
    if let Some((seed, report)) = failed.first() {
        fail(*seed, kind, report);
    }
    println!("{seeds} seeds in {:.1} s\n{}", begin.elapsed().as_secs_f64(), coverage.lines().join("\n"));
    coverage
}

#[test]
fn seeds_keep_every_promise_in_memory() {
    quiet_poison();
    if replayed() {
        return;
    }
    let seeds = number("SEEDS").unwrap_or(SEEDS);
    let missing = run(seeds, Kind::Memory).missing(coverage::INTERESTING);
    assert_eq!(missing, Vec::<&str>::new(), "never happened in {seeds} seeds: the simulation proves less");
}

#[test]
fn seeds_keep_every_promise_on_a_real_file() {
    quiet_poison();
    let seeds = number("SEEDS").unwrap_or(SEEDS) / 10;
    let missing = run(seeds, Kind::Sqlite).missing(coverage::OF_FILES);
    assert_eq!(missing, Vec::<&str>::new(), "never happened in {seeds} seeds: the simulation proves less");
}

#[test]
fn seeds_keep_every_promise_behind_encryption() {
    quiet_poison();
    let seeds = number("SEEDS").unwrap_or(SEEDS) / 10;
    let missing = run(seeds, Kind::Sealed).missing(coverage::OF_SEALED);
    assert_eq!(missing, Vec::<&str>::new(), "never happened in {seeds} seeds: the simulation proves less");
}

#[test]
fn a_seed_replays_exactly() {
    quiet_poison();
    for seed in 1..=10 {
        assert_eq!(
            simulate(seed, RIGHT, Kind::Memory).history,
            simulate(seed, RIGHT, Kind::Memory).history,
            "seed {seed} differs from itself"
        );
    }
}

#[test]
fn every_broken_variant_is_caught() {
    quiet_poison();
    let mut missed = Vec::new();
    for variant in WRONG {
        let caught = (1..=PATIENCE).find_map(|seed| {
            let report = simulate(seed, *variant, variant.kind);
            report.wrong.first().map(|first| (seed, first.clone()))
        });
        match caught {
            Some((seed, first)) => println!("`{}` was caught by seed {seed}: {first}", variant.name),
            None => missed.push(variant.name),
        }
    }
    assert_eq!(missed, Vec::<&str>::new(), "not caught within {PATIENCE} seeds");
}

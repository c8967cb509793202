//! Families of figures, made from the table.
//!
//! In: the table. Out: a registry with every metric of it, and handles by name. Never knows: when figures change.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
};

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::table::{self, Row};

/// Labels with their values. Values come from documents, so most are static.
pub(super) type Labels = Vec<(&'static str, Cow<'static, str>)>;

pub(super) type Counters = Family<Labels, Counter>;
/// Numbers of things; a gauge of seconds has fractions.
pub(super) type Gauges = Family<Labels, Gauge>;
type SecondsGauges = Family<Labels, Gauge<f64, AtomicU64>>;
type SecondsCounters = Family<Labels, Counter<f64, AtomicU64>>;
pub(super) type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// Durations in seconds. 0.3 is there because an agreed 300 ms cannot be read off 0.25 and 0.5.
const SECONDS: [f64; 16] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.3, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0];
/// Durations of commits: a good disk syncs in 0.2 ms.
const COMMIT_SECONDS: [f64; 12] = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0];
/// Sizes of transactions.
const CHANGES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// Everything of the table.
pub(super) struct Families {
    pub(super) registry: Registry,
    counters: HashMap<&'static str, Counters>,
    counted_seconds: HashMap<&'static str, SecondsCounters>,
    gauges: HashMap<&'static str, Gauges>,
    seconds: HashMap<&'static str, SecondsGauges>,
    histograms: HashMap<&'static str, Histograms>,
}

impl Families {
    pub(super) fn new() -> Self {
        let mut families = Self {
            registry: Registry::default(),
            counters: HashMap::new(),
            counted_seconds: HashMap::new(),
            seconds: HashMap::new(),
            gauges: HashMap::new(),
            histograms: HashMap::new(),
        };
        table::rows().for_each(|row| families.add(row));
        families
    }

    fn add(&mut self, row: Row) {
        let registry = &mut self.registry;
        match (row.kind, row.unit) {
            ("counter", "seconds") => {
                let family = self.counted_seconds.entry(row.name).or_default().clone();
                registry.register(row.name, row.meaning, family);
            }
            ("counter", _) => {
                let family = self.counters.entry(row.name).or_default().clone();
                registry.register(row.name, row.meaning, family);
            }
            ("histogram", _) => {
                let family = Histograms::new_with_constructor(buckets(row));
                registry.register(row.name, row.meaning, family.clone());
                self.histograms.insert(row.name, family);
            }
            (_, "seconds") => {
                let family = self.seconds.entry(row.name).or_default().clone();
                registry.register(row.name, row.meaning, family);
            }
            _ => {
                let family = self.gauges.entry(row.name).or_default().clone();
                registry.register(row.name, row.meaning, family);
            }
        }
    }

    // A name that is not in the table gives a family that nobody sees; a test of `Metrics` looks for every name.

    pub(super) fn counter(&self, name: &str) -> Counters {
        self.counters.get(name).cloned().unwrap_or_default()
    }

    pub(super) fn gauge(&self, name: &str) -> Gauges {
        self.gauges.get(name).cloned().unwrap_or_default()
    }

    pub(super) fn histogram(&self, name: &str) -> Histograms {
        let known = self.histograms.get(name).cloned();
        known.unwrap_or_else(|| Histograms::new_with_constructor(|| Histogram::new(SECONDS)))
    }

    /// Sets a gauge.
    pub(super) fn set(&self, name: &str, labels: Labels, value: i64) {
        if let Some(family) = self.gauges.get(name) {
            family.get_or_create(&labels).set(value);
        }
    }

    /// Sets a gauge of seconds.
    pub(super) fn set_seconds(&self, name: &str, labels: Labels, seconds: f64) {
        if let Some(family) = self.seconds.get(name) {
            family.get_or_create(&labels).set(seconds);
        }
    }

    /// Forgets the values of a gauge whose labels come and go.
    pub(super) fn forget(&self, name: &str) {
        if let Some(family) = self.gauges.get(name) {
            family.clear();
        }
    }

    /// Sets a counter to what somebody else has counted.
    pub(super) fn count_to(&self, name: &str, labels: Labels, value: u64) {
        if let Some(family) = self.counters.get(name) {
            family.get_or_create(&labels).inner().store(value, Ordering::Relaxed);
        }
    }

    /// Sets a counter of seconds to what somebody else has counted.
    pub(super) fn count_seconds_to(&self, name: &str, seconds: f64) {
        if let Some(family) = self.counted_seconds.get(name) {
            family.get_or_create(&Vec::new()).inner().store(seconds.to_bits(), Ordering::Relaxed);
        }
    }
}

fn buckets(row: Row) -> fn() -> Histogram {
    match row.name {
        "tieline_journal_commit_seconds" => || Histogram::new(COMMIT_SECONDS),
        "tieline_journal_commit_changes" => || Histogram::new(CHANGES),
        _ => || Histogram::new(SECONDS),
    }
}

//! Figures, with what is wanted of them.
//!
//! In: numbers. Out: a table or JSON, and whether everything wanted was reached. Never knows: how they were measured.

use std::fmt::Write as _;

use serde::Serialize;

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    workload: &'static str,
    what: String,
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<bool>,
}

/// What a figure must be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    AtLeast(f64),
    AtMost(f64),
    Exactly(f64),
}

/// All figures of a run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Figures {
    cores: usize,
    load_before: String,
    load_after: String,
    version: &'static str,
    figures: Vec<Figure>,
}

impl Figures {
    pub(crate) fn start() -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            load_before: load_average(),
            version: env!("CARGO_PKG_VERSION"),
            ..Self::default()
        }
    }

    /// A figure that is only told.
    pub(crate) fn tell(&mut self, workload: &'static str, what: &str, value: f64, unit: &'static str) {
        let figure = Figure { workload, what: what.to_owned(), value, unit, wanted: None, reached: None };
        self.figures.push(figure);
    }

    /// A figure with a demand.
    pub(crate) fn want(
        &mut self,
        workload: &'static str,
        what: &str,
        (value, unit): (f64, &'static str),
        wanted: Wanted,
    ) {
        let (words, reached) = match wanted {
            Wanted::AtLeast(bound) => (format!(">= {}", number(bound)), value >= bound),
            Wanted::AtMost(bound) => (format!("<= {}", number(bound)), value <= bound),
            Wanted::Exactly(bound) => (format!("= {}", number(bound)), (value - bound).abs() < f64::EPSILON),
        };
        let (wanted, reached) = (Some(words), Some(reached));
        self.figures.push(Figure { workload, what: what.to_owned(), value, unit, wanted, reached });
    }

    /// Whether every demand is met.
    pub(crate) fn reached(&self) -> bool {
        self.figures.iter().all(|figure| figure.reached != Some(false))
    }

    pub(crate) fn finish(&mut self) {
        self.load_after = load_average();
    }

    pub(crate) fn table(&self) -> String {
        let mut table = format!(
            "{} cores, load average {} before and {} after\n\n{:<10} {:<58} {:>12} {:<8} {:<12} reached\n",
            self.cores, self.load_before, self.load_after, "workload", "figure", "value", "unit", "wanted"
        );
        for figure in &self.figures {
            let reached = figure.reached.map_or("", |reached| if reached { "yes" } else { "NO" });
            let wanted = figure.wanted.as_deref().unwrap_or_default();
            let value = number(figure.value);
            // Writing to a String cannot fail.
            let _ = writeln!(
                table,
                "{:<10} {:<58} {value:>12} {:<8} {wanted:<12} {reached}",
                figure.workload, figure.what, figure.unit
            );
        }
        table
    }
}

/// As many digits as are worth reading.
fn number(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 1000.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// The middle one; 0 of nothing.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// A count as a figure.
#[allow(clippy::cast_precision_loss, reason = "counts of a run fit 53 bits")]
pub(crate) fn count(number: u64) -> f64 {
    number as f64
}

/// The value that so many per cent stay below, in milliseconds. Sorts.
pub(crate) fn percentile_ms(latencies_us: &mut [u32], per_cent: usize) -> f64 {
    latencies_us.sort_unstable();
    let at = (latencies_us.len() * per_cent / 100).min(latencies_us.len().saturating_sub(1));
    latencies_us.get(at).map_or(0.0, |us| f64::from(*us) / 1000.0)
}

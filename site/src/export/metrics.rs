//! The metrics that a running service has, by name.
//!
//! In: the table from which the runtime registers them, read when the site is compiled: one list for both. Out:
//! [`Metric`]s, and queries over them in PromQL. Never knows: values, pages.

use std::collections::HashMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../../../runtime/src/metrics/table.tsv");

/// A metric of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Metric {
    name: &'static str,
    kind: &'static str,
    unit: &'static str,
    /// One phrase.
    pub(super) meaning: &'static str,
}

/// The metric of this name. A name that is not in the table gives one without a name, which a test finds.
pub(super) fn metric(name: &str) -> Metric {
    static METRICS: LazyLock<HashMap<&str, Metric>> = LazyLock::new(|| rows().map(|it| (it.name, it)).collect());
    METRICS.get(name).copied().unwrap_or(Metric { name: "", kind: "", unit: "", meaning: "" })
}

fn rows() -> impl Iterator<Item = Metric> {
    TABLE.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        let (name, kind, unit) = (cells.next()?, cells.next()?, cells.next()?);
        Some(Metric { name, kind, unit, meaning: cells.nth(1)? })
    })
}

impl Metric {
    /// Those with these labels. `matchers` is written as in PromQL, without braces.
    pub(super) fn of(self, matchers: &str) -> String {
        format!("{}{{{matchers}}}", self.series())
    }

    /// How many of them in a window (`5m`).
    pub(super) fn increase(self, matchers: &str, window: &str) -> String {
        format!("increase({}[{window}])", self.of(matchers))
    }

    /// How many a second.
    pub(super) fn rate(self, matchers: &str, window: &str) -> String {
        format!("rate({}[{window}])", self.of(matchers))
    }

    /// Of a histogram: so many per cent were not more than this.
    pub(super) fn percentile(self, percent: u32, by: &str, matchers: &str, window: &str) -> String {
        let (name, by) = (self.name, if by.is_empty() { String::new() } else { format!(", {by}") });
        let share = f64::from(percent) / 100.0;
        format!("histogram_quantile({share}, sum by (le{by}) (rate({name}_bucket{{{matchers}}}[{window}])))")
    }

    /// Of a histogram: the average.
    pub(super) fn average(self, matchers: &str, window: &str) -> String {
        let (name, on) = (self.name, format!("{{{matchers}}}[{window}]"));
        format!("sum(rate({name}_sum{on})) / sum(rate({name}_count{on}))")
    }

    /// Of a histogram: how many were above one of its bounds.
    pub(super) fn above(self, bound_s: u32, matchers: &str, window: &str) -> String {
        let (name, comma) = (self.name, if matchers.is_empty() { "" } else { "," });
        // Written as `60.0` or `60`, by the format that was scraped.
        format!(
            "increase({name}_count{{{matchers}}}[{window}]) - ignoring (le) \
             increase({name}_bucket{{{matchers}{comma}le=~\"{bound_s}(\\\\.0)?\"}}[{window}])"
        )
    }

    /// The unit by the name that Grafana knows.
    pub(super) fn grafana_unit(self) -> &'static str {
        match self.unit {
            "seconds" => "s",
            "bytes" => "bytes",
            _ => "short",
        }
    }

    fn series(self) -> String {
        if self.kind == "counter" { format!("{}_total", self.name) } else { self.name.to_owned() }
    }
}

/// A matcher for one value of a label.
pub(super) fn label(name: &str, value: &str) -> String {
    format!("{name}={}", quoted(value))
}

/// A text between double quotes, as PromQL and YAML both read it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

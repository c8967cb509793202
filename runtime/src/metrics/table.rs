//! The table of metrics: every name, type, unit, label and meaning, once.
//!
//! In: `table.tsv`, compiled in. Out: [`Row`]s, for registration, documentation and whoever makes dashboards. Never
//! knows: values.
//!
//! Why a file of tab-separated text: what makes dashboards and alert rules from it may not depend on this crate, but can
//! read the same file.

/// The file.
pub const TEXT: &str = include_str!("table.tsv");

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Name, without the `_total` that counters get when they are written.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// What is counted or measured; empty for pure numbers.
    pub unit: &'static str,
    /// Label names, separated by commas. Their values come from documents and environments, never from messages.
    pub labels: &'static str,
    /// One phrase.
    pub meaning: &'static str,
}

/// All metrics in the order of the file.
pub fn rows() -> impl Iterator<Item = Row> {
    TEXT.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        let mut next = || cells.next();
        Some(Row { name: next()?, kind: next()?, unit: next()?, labels: next()?, meaning: next()? })
    })
}

/// The table as Markdown, for the manual.
#[must_use]
pub fn markdown() -> String {
    let mut text = "| name | type | labels | meaning |\n|---|---|---|---|\n".to_owned();
    for row in rows() {
        let total = if row.kind == "counter" { "_total" } else { "" };
        let labels = row.labels.replace(',', ", ");
        text.push_str(&format!("| `{}{total}` | {} | {labels} | {} |\n", row.name, row.kind, row.meaning));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_is_a_metric_with_a_name_of_its_own() {
        let rows: Vec<_> = rows().collect();
        assert_eq!(rows.len(), TEXT.lines().count() - 1, "a line lacks a column");
        assert_eq!(rows.iter().map(|row| row.name).collect::<BTreeSet<_>>().len(), rows.len());
        for row in rows {
            assert!(["counter", "gauge", "histogram"].contains(&row.kind), "{row:?}");
            assert!(!row.meaning.is_empty() && !row.name.ends_with("_total"), "{row:?}");
            assert_eq!(row.name.ends_with("_seconds"), row.unit == "seconds", "{row:?}");
            assert_eq!(row.name.ends_with("_bytes"), row.unit == "bytes", "{row:?}");
        }
    }
}

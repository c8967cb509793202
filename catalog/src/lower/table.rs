//! A Markdown table read against the columns that its heading asks for.
//!
//! In: [`Part`] and column list. Out: [`Columns`]: cells by column name. Never knows: what a cell means.

use crate::fields::{Key, did_you_mean, shown};
use crate::findings::Findings;
use crate::markdown::{Cell, Part, Row, Table};

/// A table whose columns are known.
#[derive(Debug)]
pub(crate) struct Columns<'d> {
    pub(crate) table: &'d Table,
    keys: &'static [Key],
    /// Index of each known column in the table.
    at: Vec<Option<usize>>,
}

/// Reads the one table of `part`; a missing, second or strange table is reported.
pub(crate) fn read<'d>(part: &'d Part, keys: &'static [Key], findings: &mut Findings) -> Option<Columns<'d>> {
    let Some(table) = part.tables.first() else {
        let columns: Vec<_> = keys.iter().map(|key| key.name).collect();
        findings
            .add("E-TABLE", part.span, format!("there is no table under `{}`", shown(&part.heading)))
            .help(format!("give it a table with the columns {}", columns.join(" | ")));
        return None;
    };
    for second in part.tables.iter().skip(1) {
        let message = format!("there is a second table under `{}`", shown(&part.heading));
        findings.add("E-TABLE", second.header.first().map_or(second.span, |cell| cell.span), message);
    }
    columns(table, keys, findings)
}

fn columns<'d>(table: &'d Table, keys: &'static [Key], findings: &mut Findings) -> Option<Columns<'d>> {
    let mut at = vec![None; keys.len()];
    let mut complete = true;
    for (index, cell) in table.header.iter().enumerate() {
        let found = keys.iter().position(|key| key.name.eq_ignore_ascii_case(&cell.text));
        match found {
            Some(key) if at[key].is_none() => at[key] = Some(index),
            Some(_) => {
                findings.add("E-TABLE", cell.span, format!("the column `{}` stands twice", shown(&cell.text)));
            }
            None => {
                unknown_column(cell, keys, findings);
                complete = false;
            }
        }
    }
    for (key, _) in keys.iter().zip(&at).filter(|(key, at)| key.required && at.is_none()) {
        let span = table.header.first().map_or(table.span, |cell| cell.span);
        findings.add("E-TABLE", span, format!("the table lacks the column `{}`", key.name)).help(key.help);
        complete = false;
    }
    complete.then_some(Columns { table, keys, at })
}

fn unknown_column(cell: &Cell, keys: &'static [Key], findings: &mut Findings) {
    let names: Vec<_> = keys.iter().map(|key| key.name).collect();
    let diagnostic = findings.add("E-TABLE", cell.span, format!("there is no column `{}` here", shown(&cell.text)));
    match did_you_mean(&cell.text, names.iter().copied()) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).fix(meant),
        None => diagnostic.help(format!("the columns are {}", names.join(", "))),
    };
}

impl<'d> Columns<'d> {
    /// The cell of a column; `None` when the table has no such column or the cell is empty.
    pub(crate) fn cell(&self, row: &'d Row, column: &str) -> Option<&'d Cell> {
        let key = self.keys.iter().position(|key| key.name == column)?;
        row.cells.get(self.at[key]?).filter(|cell| !cell.text.is_empty())
    }

    /// The text of a cell, empty when there is none.
    pub(crate) fn text(&self, row: &'d Row, column: &str) -> &'d str {
        self.cell(row, column).map_or("", |cell| cell.text.as_str())
    }
}

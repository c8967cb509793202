//! Tables on a terminal, and lines for programs.
//!
//! In: headings and rows of text. Out: aligned columns, cut to the width of a terminal; uncut elsewhere. Never knows: what
//! they are about.

use std::io::{self, IsTerminal as _};

use anstyle::{AnsiColor, Style};
use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table as Layout, presets::NOTHING};
use serde_json::Value;

use crate::{failure::Failure, terminal::Terminal};

/// A table. The first column holds a word that may have a colour.
#[derive(Debug)]
pub(crate) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// Columns that are never cut.
    whole: usize,
}

impl Table {
    /// A table whose first columns, `whole` of them, are never cut.
    pub(crate) fn new(headings: &[&'static str], whole: usize) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new(), whole }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| clean(&cell)).collect());
    }

    /// Prints it; without rows, the sentence instead. Without `headed` the headings stay away.
    pub(crate) fn print(&self, headed: bool, nothing: &str, terminal: &Terminal) -> Result<(), Failure> {
        if self.rows.is_empty() {
            return if nothing.is_empty() { Ok(()) } else { terminal.say(nothing) };
        }
        let lines = self.lines();
        let (heading, rows) = lines.split_at(1);
        if headed {
            terminal.say(terminal.paint(Style::new().bold(), &heading.concat()))?;
        }
        for (line, row) in rows.iter().zip(&self.rows) {
            let word = row.first().map(String::as_str).unwrap_or_default();
            terminal.say(match style(word) {
                Some(style) => line.replacen(word, &terminal.paint(style, word), 1),
                None => line.clone(),
            })?;
        }
        Ok(())
    }

    /// The heading and a line each row.
    fn lines(&self) -> Vec<String> {
        let mut layout = Layout::new();
        layout.load_preset(NOTHING).set_truncation_indicator("…").set_header(self.headings.clone());
        match width() {
            Some(width) => layout.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => layout.set_content_arrangement(ContentArrangement::Disabled),
        };
        for cells in &self.rows {
            let mut row = Row::from(cells.clone());
            row.max_height(1);
            layout.add_row(row);
        }
        for (index, column) in layout.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if index < self.whole {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        layout.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

/// Prints rows one JSON object a line.
pub(crate) fn json_lines(rows: &[Value], terminal: &Terminal) -> Result<(), Failure> {
    rows.iter().try_for_each(|row| terminal.say(row))
}

/// A text of a JSON object; numbers and others as JSON writes them, nothing for null.
pub(crate) fn cell(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A time of a JSON object, to the second.
pub(crate) fn time(value: &Value, pointer: &str) -> String {
    let text = cell(value, pointer);
    match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z").replace('T', " "),
        None => text.replace('T', " "),
    }
}

/// The colour of a word for a state.
pub(crate) fn style(word: &str) -> Option<Style> {
    let color = match word.split_whitespace().next().unwrap_or_default() {
        "DELIVERED" | "closed" | "resolved" | "done" => AnsiColor::Green,
        "DEAD" | "FAILED" | "open" | "firing" | "refused" => AnsiColor::Red,
        "HELD" | "RETRYING" | "half-open" | "acknowledged" | "paused" => AnsiColor::Yellow,
        "IN_FLIGHT" | "READY" | "ACCEPTED" => AnsiColor::Cyan,
        "DISCARDED" | "RESOLVED" => AnsiColor::BrightBlack,
        _ => return None,
    };
    Some(Style::new().fg_color(Some(color.into())))
}

/// Text from outside, made safe for a terminal: a line, without control characters.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// The width of the terminal; `None` elsewhere.
fn width() -> Option<u16> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let (terminal_size::Width(width), _) = terminal_size::terminal_size()?;
    Some(width.max(40))
}

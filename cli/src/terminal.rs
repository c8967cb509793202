//! How the command speaks to people.
//!
//! In: what to say. Out: text on the two standard streams, coloured only where that helps. Never knows: why.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    time::Duration,
};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{args::Color, failure::Failure};

/// The two streams, and whether they take colours.
#[derive(Debug)]
pub(crate) struct Terminal {
    out_color: bool,
    err_color: bool,
}

impl Terminal {
    /// Decides about colours once.
    pub(crate) fn new(color: Color) -> Self {
        let automatic = |terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        Self { out_color: automatic(io::stdout().is_terminal()), err_color: automatic(io::stderr().is_terminal()) }
    }

    /// Whether standard output takes colours.
    pub(crate) fn out_color(&self) -> bool {
        self.out_color
    }

    /// One line on standard output.
    pub(crate) fn say(&self, line: impl fmt::Display) -> Result<(), Failure> {
        writeln!(io::stdout().lock(), "{line}").map_err(Failure::Output)
    }

    /// Text on standard output as it is.
    pub(crate) fn write(&self, text: &str) -> Result<(), Failure> {
        io::stdout().lock().write_all(text.as_bytes()).map_err(Failure::Output)
    }

    /// Bytes on standard output as they are.
    pub(crate) fn write_bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        io::stdout().lock().write_all(bytes).map_err(Failure::Output)
    }

    /// One line of progress on standard error. Lost output is not worth failing for.
    pub(crate) fn note(&self, verb: &str, rest: impl fmt::Display) {
        let green = Style::new().bold().fg_color(Some(AnsiColor::Green.into()));
        let _lost = writeln!(io::stderr().lock(), "{} {rest}", self.err_paint(green, &format!("{verb:>12}")));
    }

    /// Why the tool failed, on standard error.
    pub(crate) fn complain(&self, failure: &Failure) {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let _lost = writeln!(io::stderr().lock(), "{} {failure}", self.err_paint(red, "tieline:"));
    }

    /// A spinner with a sentence for work that takes minutes. Where there is no terminal, the sentence alone, once.
    pub(crate) fn progress(&self, label: &str, sentence: String) -> ProgressBar {
        if !io::stderr().is_terminal() {
            self.note(label, &sentence);
        }
        self.spinner(format!("{} {sentence}", label.to_lowercase()))
    }

    /// A spinner with a sentence on standard error, silent where nobody watches.
    pub(crate) fn spinner(&self, sentence: String) -> ProgressBar {
        let target =
            if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner:>12.green} {msg} {elapsed:.dim}") {
            bar.set_style(style);
        }
        bar.set_message(sentence);
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }

    /// Paints text for standard output.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        paint(self.out_color, style, text)
    }

    fn err_paint(&self, style: Style, text: &str) -> String {
        paint(self.err_color, style, text)
    }
}

fn paint(color: bool, style: Style, text: &str) -> String {
    if color { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

//! Diagnostics as rustc writes them: what, where with excerpt, why, what to do.
//!
//! In: diagnostics, sources, a [`Style`]. Out: text for a terminal or a file. Never knows: which of the two.

use super::place::{Place, place};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::source::{Source, Sources};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};
use std::borrow::Cow;
use std::ops::Range;

/// With or without colours; whoever knows the terminal decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Plain text.
    Plain,
    /// ANSI colours.
    Colour,
}

/// Lines longer than this many bytes are named, not shown.
const LONGEST_LINE: usize = 2000;
/// Lines of one excerpt.
const MOST_LINES: u32 = 6;

/// All diagnostics, each with its excerpt, separated by blank lines; empty when there is none.
#[must_use]
pub fn text(diagnostics: &Diagnostics, sources: &Sources, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    };
    let mut out = String::new();
    for diagnostic in diagnostics.items() {
        out.push_str(&one(diagnostic, sources.get(&diagnostic.path), &renderer));
        out.push_str("\n\n");
    }
    out
}

fn one(diagnostic: &Diagnostic, source: Option<&Source>, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let message = clean(&diagnostic.message);
    let path = clean(&diagnostic.path);
    let label = clean(&diagnostic.label);
    let title = level.primary_title(message).id(diagnostic.code);
    let place = source.and_then(|source| place(source, diagnostic.span));
    let excerpt = source.zip(place).and_then(|(source, place)| Excerpt::cut(source, place));
    let group = match (&excerpt, place) {
        (Some(excerpt), _) => {
            let annotation = AnnotationKind::Primary.span(excerpt.span.clone());
            let annotation = if label.is_empty() { annotation } else { annotation.label(label) };
            title.element(excerpt.snippet(&path).annotation(annotation))
        }
        (None, Some(place)) => {
            let origin = Origin::path(path.clone()).line(place.line as usize);
            title.element(origin.char_column(place.column as usize))
        }
        (None, None) => title.element(Origin::path(path.clone())),
    };
    let mut report = vec![];
    let help = diagnostic.help.as_deref().map(clean);
    match (&excerpt, &diagnostic.fix) {
        (Some(excerpt), Some(fix)) => {
            let fix = clean(fix);
            let title = help.unwrap_or_else(|| format!("write `{fix}`").into());
            report.push(group);
            let patch = excerpt.snippet(&path).patch(Patch::new(excerpt.span.clone(), fix));
            report.push(Group::with_title(Level::HELP.secondary_title(title)).element(patch));
        }
        _ => report.push(match help {
            Some(help) => group.element(Level::HELP.message(help)),
            None => group,
        }),
    }
    renderer.render(&report)
}

/// The lines around a span: a document of a megabyte is not copied for every diagnostic in it.
struct Excerpt<'s> {
    text: &'s str,
    first_line: u32,
    span: Range<usize>,
}

impl<'s> Excerpt<'s> {
    /// The lines of a place, or `None` where showing them helps nobody. A place of many lines is cut to its first one.
    fn cut(source: &'s Source, place: Place) -> Option<Self> {
        let text = source.text.as_str();
        let start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = |at: usize| text[at..].find('\n').map_or(text.len(), |length| at + length);
        let last = if place.end_line - place.line < MOST_LINES { place.end } else { line_end(place.start) };
        let end = line_end(last);
        let too_long = text[start..end].lines().any(|line| line.len() > LONGEST_LINE);
        let span = place.start - start..last - start;
        (!too_long).then_some(Self { text: &text[start..end], first_line: place.line, span })
    }

    fn snippet<T: Clone>(&self, path: &str) -> Snippet<'s, T> {
        Snippet::source(self.text).line_start(self.first_line as usize).path(path.to_owned())
    }
}

/// Text of a document inside a message cannot steer a terminal or turn a line around.
fn clean(text: &str) -> Cow<'_, str> {
    let hostile = |letter: char| {
        (letter.is_control() && letter != '\n')
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(hostile) { text.replace(hostile, "\u{fffd}").into() } else { text.into() }
}

//! A document as it was written, line by line, so that every fact on a page can point at its line.
//!
//! In: the text of a document and what was found in it. Out: [`DocumentPage`]. Never knows: what the lines mean.

use std::collections::BTreeMap;

use askama::Template;

use super::context::{Context, Shell};
use super::interface::papers::{PointRow, point};
use crate::html::Html;
use crate::routes::At;

/// The page.
#[derive(Template)]
#[template(path = "document.html")]
pub(crate) struct DocumentPage {
    shell: Shell,
    path: String,
    back: Html,
    lines: Vec<DocumentLine>,
}

/// One line.
#[derive(Debug)]
pub(super) struct DocumentLine {
    pub(super) number: usize,
    pub(super) text: String,
    pub(super) class: &'static str,
    pub(super) points: Vec<PointRow>,
}

/// Which document, and whose it is.
pub(crate) struct Source<'a> {
    /// Page that is made from the document: `interfaces/<slug>/index.html`.
    pub(crate) page: &'a str,
    /// Its title.
    pub(crate) title: &'a str,
    /// Entry of the navigation.
    pub(crate) section: &'static str,
    /// Path of the document.
    pub(crate) path: &'a str,
    /// Text of the document.
    pub(crate) text: &'a str,
}

impl DocumentPage {
    /// Where the lines of a page's document stand.
    pub(crate) fn route(page: &str) -> String {
        page.replace("index.html", "document/index.html")
    }

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, source: &Source<'_>) -> Self {
        let at = At::new(&Self::route(source.page));
        let mut points: BTreeMap<usize, Vec<PointRow>> = BTreeMap::new();
        for item in context.diagnostics(source.path) {
            let line = usize::try_from(item.span.line).unwrap_or(0).max(1);
            points.entry(line).or_default().push(point(&at, item, ""));
        }
        let title = format!("Document of {}", source.title);
        Self {
            shell: context.shell(&at, source.section, &title).under(source.title, "../index.html"),
            path: source.path.to_owned(),
            back: Html::new().link("../index.html", source.title),
            lines: lines(source.text, &mut points),
        }
    }
}

/// The lines of a document, each with the points that were found in it.
pub(super) fn lines(text: &str, points: &mut BTreeMap<usize, Vec<PointRow>>) -> Vec<DocumentLine> {
    let mut place = Place::Start;
    let lines = text.lines().enumerate().map(|(index, text)| {
        place = place.after(text);
        DocumentLine {
            number: index + 1,
            text: text.to_owned(),
            class: place.class(text),
            points: points.remove(&(index + 1)).unwrap_or_default(),
        }
    });
    lines.collect()
}

/// Where in a document a line stands; enough to tell head, headings and fences apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Front,
    FrontEnds,
    Body,
    Fence,
}

impl Place {
    fn after(self, line: &str) -> Self {
        let rule = line.trim_end() == "---";
        let fence = line.trim_start().starts_with("```");
        match self {
            Self::Start if rule => Self::Front,
            Self::Front if rule => Self::FrontEnds,
            Self::Front => Self::Front,
            Self::Fence if fence => Self::Body,
            Self::Fence => Self::Fence,
            _ if fence => Self::Fence,
            _ => Self::Body,
        }
    }

    fn class(self, line: &str) -> &'static str {
        match self {
            Self::Front | Self::FrontEnds | Self::Start if line.trim_start().starts_with('#') => "comment",
            Self::Front | Self::FrontEnds | Self::Start => "front",
            Self::Fence => "fence",
            Self::Body if line.starts_with('#') => "heading",
            Self::Body => "",
        }
    }
}

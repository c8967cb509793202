//! The manual as part of the site.
//!
//! In: Markdown files. Out: one page each, and an index. Never knows: where the files came from.

use askama::Template;

use super::context::{Context, Shell};
use crate::Manual;
use crate::html::Html;
use crate::markdown::{self, Anchors, Heading, Setting};
use crate::routes::{At, slug};

impl Manual {
    /// File name without folder and extension.
    pub(crate) fn stem(&self) -> &str {
        let file = self.path.rsplit('/').next().unwrap_or(&self.path);
        file.strip_suffix(".md").unwrap_or(file)
    }

    /// Path of its page.
    pub(crate) fn route(&self) -> String {
        format!("docs/{}/index.html", slug(self.stem()))
    }

    /// First heading, or the file's name.
    pub(crate) fn title(&self) -> String {
        let text = self.text();
        let heading = text.lines().find_map(|line| line.strip_prefix("# "));
        heading.map_or_else(|| self.stem().to_owned(), |heading| heading.trim().to_owned())
    }

    /// First paragraph, plain.
    fn summary(&self) -> String {
        let text = self.text();
        let body = text.split("\n\n").find(|part| !part.trim().is_empty() && !part.trim_start().starts_with('#'));
        body.map(markdown::plain).unwrap_or_default()
    }

    /// True when a heading of the page has this anchor.
    pub(crate) fn has_anchor(&self, fragment: &str) -> bool {
        let setting = Setting { shift: 0, anchors: &mut Anchors::besides(&["main"]), resolve: &|_| None };
        let (_, headings) = markdown::render(&self.text(), setting);
        headings.iter().any(|heading| heading.id == fragment)
    }

    /// The text without comments for those who maintain it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(self.markdown.len());
        let mut rest = self.markdown.as_str();
        // Only comments that begin a line: a comment inside a fence is part of an example.
        while let Some(start) = comment_start(rest) {
            let Some(length) = rest[start..].find("-->") else {
                break;
            };
            text.push_str(&rest[..start]);
            rest = &rest[start + length + 3..];
        }
        text.push_str(rest);
        text
    }
}

fn comment_start(text: &str) -> Option<usize> {
    let mut offset = 0;
    let mut fenced = false;
    for line in text.split_inclusive('\n') {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with("<!--") {
            return Some(offset);
        }
        offset += line.len();
    }
    None
}

/// One page of the manual.
#[derive(Template)]
#[template(path = "manual.html")]
pub(crate) struct ManualPage {
    shell: Shell,
    pages: Vec<(String, String, &'static str)>,
    headings: Vec<Heading>,
    body: Html,
}

impl ManualPage {
    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, manual: &Manual) -> Self {
        let at = At::new(&manual.route());
        let resolve = |href: &str| match href.strip_prefix('#') {
            Some(fragment) => manual.has_anchor(fragment).then(|| href.to_owned()),
            None => context.resolve(&at, href),
        };
        let text = manual.text();
        let setting = Setting { shift: 0, anchors: &mut Anchors::besides(&["main"]), resolve: &resolve };
        let (body, headings) = markdown::render(&text, setting);
        let title = manual.title();
        Self {
            shell: context
                .shell(&at, "docs", &title)
                .under("Manual", &at.to("docs/index.html"))
                .about(&manual.summary()),
            pages: pages(context, &at, manual),
            headings: headings.into_iter().filter(|heading| heading.level == 2).collect(),
            body,
        }
    }
}

fn pages(context: &Context<'_>, at: &At, current: &Manual) -> Vec<(String, String, &'static str)> {
    let pages = context.options.manual.iter();
    pages
        .map(|page| (at.to(&page.route()), page.title(), if page.path == current.path { "page" } else { "false" }))
        .collect()
}

/// The index of the manual.
#[derive(Template)]
#[template(path = "manuals.html")]
pub(crate) struct ManualIndex {
    shell: Shell,
    pages: Vec<(Html, String)>,
    codes_href: String,
    reasons_href: String,
}

impl ManualIndex {
    /// Its path.
    pub(crate) const PATH: &'static str = "docs/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>) -> Self {
        let at = At::new(Self::PATH);
        let pages = context.options.manual.iter();
        Self {
            shell: context.shell(&at, "docs", "Manual"),
            pages: pages.map(|page| (Html::new().link(&at.to(&page.route()), &page.title()), page.summary())).collect(),
            codes_href: at.to("codes/index.html"),
            reasons_href: at.to("reasons/index.html"),
        }
    }
}

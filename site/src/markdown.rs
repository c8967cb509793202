//! Prose of documents as HTML.
//!
//! In: Markdown that anybody may have written. Out: HTML without foreign markup, with links that are known to be
//! harmless, and the headings found. Never knows: pages, front matter.

use std::collections::HashMap;

use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

use crate::html::{Html, is_harmless};
use crate::routes::slug;

/// Anchors of one page; each is given out once.
#[derive(Debug, Default)]
pub(crate) struct Anchors {
    taken: HashMap<String, usize>,
}

impl Anchors {
    /// Anchors of a page on which these stand already.
    pub(crate) fn besides(taken: &[&str]) -> Self {
        Self { taken: taken.iter().map(|id| ((*id).to_owned(), 1)).collect() }
    }

    /// A free anchor that resembles `wanted`.
    pub(crate) fn take(&mut self, wanted: &str) -> String {
        let base = slug(wanted);
        let mut candidate = base.clone();
        while self.taken.contains_key(&candidate) {
            let count = self.taken.entry(base.clone()).or_insert(1);
            *count += 1;
            candidate = format!("{base}-{count}");
        }
        self.taken.insert(candidate.clone(), 1);
        candidate
    }
}

/// A heading of rendered prose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    /// 1 to 6, after the shift.
    pub(crate) level: u8,
    /// Anchor.
    pub(crate) id: String,
    /// Plain text.
    pub(crate) text: String,
}

/// How prose is put on a page.
pub(crate) struct Setting<'a> {
    /// Added to every heading level.
    pub(crate) shift: u8,
    /// Anchors of the page.
    pub(crate) anchors: &'a mut Anchors,
    /// Where a relative link leads; `None` leaves its text without a link. Asked with `id:NAME` for every name in the
    /// prose that looks like a Smart ID, so that interfaces that are mentioned can be reached.
    pub(crate) resolve: &'a dyn Fn(&str) -> Option<String>,
}

/// Renders prose.
pub(crate) fn render(markdown: &str, setting: Setting<'_>) -> (Html, Vec<Heading>) {
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut kept_links = Vec::new();
    let mut quiet = 0_u32;
    for event in parser {
        quiet = match event {
            Event::Start(Tag::Link { .. } | Tag::Heading { .. } | Tag::CodeBlock(_)) => quiet + 1,
            Event::End(TagEnd::Link | TagEnd::Heading(_) | TagEnd::CodeBlock) => quiet.saturating_sub(1),
            _ => quiet,
        };
        match event {
            Event::Text(text) if quiet == 0 && text.contains('-') => mention(&text, setting.resolve, &mut events),
            // Markup in a document is text: it is shown as it was written.
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            // A picture would be a request to somewhere else; its description stays.
            Event::Start(Tag::Image { .. } | Tag::HtmlBlock) | Event::End(TagEnd::Image | TagEnd::HtmlBlock) => {}
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let target = target_of(&dest_url, setting.resolve);
                kept_links.push(target.is_some());
                if let Some(href) = target {
                    events.push(Event::Start(Tag::Link { link_type, dest_url: CowStr::from(href), title, id }));
                }
            }
            Event::End(TagEnd::Link) => {
                if kept_links.pop() == Some(true) {
                    events.push(event);
                }
            }
            // Alignment would become a style attribute, which the content security policy forbids.
            Event::Start(Tag::Table(columns)) => {
                let plain = vec![pulldown_cmark::Alignment::None; columns.len()];
                events.push(Event::Html(CowStr::from(
                    // A group, no region: regions are landmarks, which need names of their own.
                    "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">",
                )));
                events.push(Event::Start(Tag::Table(plain)));
            }
            Event::End(TagEnd::Table) => {
                events.push(event);
                events.push(Event::Html(CowStr::from("</div>")));
            }
            other => events.push(other),
        }
    }
    let headings = name_headings(&mut events, setting.shift, setting.anchors);
    let mut markup = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut markup, events.into_iter());
    // What may scroll sideways must be reachable with the keyboard; text cannot hold this markup, it is escaped.
    (Html::trusted(markup.replace("<pre><code", "<pre tabindex=\"0\"><code")), headings)
}

/// Plain words of Markdown, for search and summaries.
pub(crate) fn plain(markdown: &str) -> String {
    let mut words = String::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak
            | Event::HardBreak
            | Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell | TagEnd::CodeBlock,
            ) if !words.ends_with(' ') => words.push(' '),
            _ => {}
        }
    }
    words.trim_end().to_owned()
}

/// Text with links on the Smart IDs in it.
fn mention<'a>(text: &str, resolve: &dyn Fn(&str) -> Option<String>, events: &mut Vec<Event<'a>>) {
    let part_of_id = |it: char| it.is_ascii_uppercase() || it.is_ascii_digit() || matches!(it, '-' | '&' | '_');
    let mut plain = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|it| !part_of_id(it)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        let target = if name.matches('-').count() >= 4 { resolve(&format!("id:{name}")) } else { None };
        if let Some(href) = target {
            events.push(Event::Text(CowStr::from(std::mem::take(&mut plain))));
            events.push(Event::Start(Tag::Link {
                link_type: LinkType::Inline,
                dest_url: CowStr::from(href),
                title: CowStr::from(""),
                id: CowStr::from(""),
            }));
            events.push(Event::Text(CowStr::from(name.to_owned())));
            events.push(Event::End(TagEnd::Link));
        } else {
            plain.push_str(name);
        }
        let other = after.find(part_of_id).unwrap_or(after.len());
        plain.push_str(&after[..other]);
        rest = &after[other..];
    }
    events.push(Event::Text(CowStr::from(plain)));
}

fn target_of(href: &str, resolve: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    if is_harmless(href) {
        return Some(href.trim().to_owned());
    }
    resolve(href)
}

/// Shifts heading levels and gives each heading an anchor made of its own words.
fn name_headings(events: &mut [Event<'_>], shift: u8, anchors: &mut Anchors) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut index = 0;
    while index < events.len() {
        if matches!(events[index], Event::Start(Tag::Heading { .. })) {
            let text = text_until_heading_ends(&events[index + 1..]);
            let anchor = anchors.take(&text);
            if let Event::Start(Tag::Heading { level, id, classes, attrs }) = &mut events[index] {
                let shifted = (*level as u8).saturating_add(shift).min(6);
                *level = level_of(shifted);
                *id = Some(CowStr::from(anchor.clone()));
                classes.clear();
                attrs.clear();
                headings.push(Heading { level: shifted, id: anchor, text });
            }
        } else if let Event::End(TagEnd::Heading(level)) = &mut events[index] {
            *level = level_of((*level as u8).saturating_add(shift).min(6));
        }
        index += 1;
    }
    headings
}

fn text_until_heading_ends(events: &[Event<'_>]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::End(TagEnd::Heading(_)) => break,
            Event::Text(part) | Event::Code(part) => text.push_str(part),
            _ => {}
        }
    }
    text
}

fn level_of(level: u8) -> HeadingLevel {
    HeadingLevel::try_from(usize::from(level)).unwrap_or(HeadingLevel::H6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(markdown: &str, expected: &str) {
        let resolve = |href: &str| match href {
            "id:A-B-C-D-V1" => Some("../a/index.html".to_owned()),
            _ => href.strip_suffix(".md").map(|stem| format!("../{stem}/index.html")),
        };
        let setting = Setting { shift: 1, anchors: &mut Anchors::besides(&["flow"]), resolve: &resolve };
        let (html, _) = render(markdown, setting);
        assert_eq!(html.to_string().trim(), expected);
    }

    #[test]
    fn prose_is_prose() {
        check("a *b* `c`", "<p>a <em>b</em> <code>c</code></p>");
        check("# Flow", "<h2 id=\"flow-2\">Flow</h2>");
        check("[x](other.md)", "<p><a href=\"../other/index.html\">x</a></p>");
        check("see A-B-C-D-V1, A-B-C-D-V2", "<p>see <a href=\"../a/index.html\">A-B-C-D-V1</a>, A-B-C-D-V2</p>");
        check(
            "`A-B-C-D-V1` [A-B-C-D-V1](x.md)",
            "<p><code>A-B-C-D-V1</code> <a href=\"../x/index.html\">A-B-C-D-V1</a></p>",
        );
        check("[x](https://example.org)", "<p><a href=\"https://example.org\">x</a></p>");
    }

    #[test]
    fn nothing_foreign_gets_through() {
        check("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;");
        check("a <b onclick=x>c</b>", "<p>a &lt;b onclick=x&gt;c&lt;/b&gt;</p>");
        check("[x](javascript:alert(1))", "<p>x</p>");
        check("[x](JaVaScRiPt:alert(1))", "<p>x</p>");
        check("[x](&#106;avascript:alert(1))", "<p>x</p>");
        check("<javascript:alert(1)>", "<p>javascript:alert(1)</p>");
        check("[x](data:text/html;base64,AAAA)", "<p>x</p>");
        check("![alt](https://example.org/spy.png)", "<p>alt</p>");
        check("[x](missing)", "<p>x</p>");
        check("# x {#evil onclick=alert}", "<h2 id=\"x-evil-onclick-alert\">x {#evil onclick=alert}</h2>");
    }

    #[test]
    fn tables_carry_no_style() {
        let resolve = |_: &str| None;
        let setting = Setting { shift: 0, anchors: &mut Anchors::default(), resolve: &resolve };
        let (html, _) = render("| a |\n|--:|\n| 1 |", setting);
        assert!(!html.to_string().contains("style"));
        assert!(html.to_string().contains("class=\"scroll\""));
    }
}

//! Text that may stand in a page.
//!
//! In: text of documents. Out: [`Html`], which was escaped when it was built. Never knows: what the text means.

use std::fmt;

/// A piece of HTML. Whatever text went in was escaped on the way; markup came only from this crate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Html(String);

impl askama::filters::HtmlSafe for Html {}

impl fmt::Display for Html {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Html {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Only this text.
    pub(crate) fn of(text: &str) -> Self {
        Self::new().text(text)
    }

    /// Markup that this crate produced.
    pub(crate) fn trusted(markup: String) -> Self {
        Self(markup)
    }

    /// Adds text.
    #[must_use]
    pub(crate) fn text(mut self, text: &str) -> Self {
        escape_into(&mut self.0, text);
        self
    }

    /// Adds text in the typeface of names that machines read.
    #[must_use]
    pub(crate) fn code(mut self, text: &str) -> Self {
        self.0.push_str("<code>");
        escape_into(&mut self.0, text);
        self.0.push_str("</code>");
        self
    }

    /// Adds a sentence in which names of machines stand between back quotes.
    #[must_use]
    pub(crate) fn sentence(self, text: &str) -> Self {
        if text.matches('`').count() % 2 == 1 {
            return self.text(text);
        }
        let parts = text.split('`').enumerate();
        parts.fold(self, |html, (at, part)| if at % 2 == 1 { html.code(part) } else { html.text(part) })
    }

    /// Adds text with weight.
    #[must_use]
    pub(crate) fn strong(mut self, text: &str) -> Self {
        self.0.push_str("<strong>");
        escape_into(&mut self.0, text);
        self.0.push_str("</strong>");
        self
    }

    /// Adds text that stands back.
    #[must_use]
    pub(crate) fn muted(mut self, text: &str) -> Self {
        self.0.push_str("<span class=\"muted\">");
        escape_into(&mut self.0, text);
        self.0.push_str("</span>");
        self
    }

    /// Adds a label in a box; `class` chooses its colour and is ours.
    #[must_use]
    pub(crate) fn chip(mut self, class: &'static str, text: &str) -> Self {
        self.0.push_str("<span class=\"chip ");
        self.0.push_str(class);
        self.0.push_str("\">");
        escape_into(&mut self.0, text);
        self.0.push_str("</span>");
        self
    }

    /// Adds a link inside this site.
    #[must_use]
    pub(crate) fn link(mut self, href: &str, text: &str) -> Self {
        self.0.push_str("<a href=\"");
        escape_into(&mut self.0, href);
        self.0.push_str("\">");
        escape_into(&mut self.0, text);
        self.0.push_str("</a>");
        self
    }

    /// Adds a link that came from a document: a link only if its scheme is harmless, plain text otherwise.
    #[must_use]
    pub(crate) fn outside(mut self, href: &str, text: &str) -> Self {
        if !is_harmless(href) {
            return self.text(text);
        }
        self.0.push_str("<a rel=\"noopener noreferrer\" class=\"out\" href=\"");
        escape_into(&mut self.0, href);
        self.0.push_str("\">");
        escape_into(&mut self.0, text);
        self.0.push_str("</a>");
        self
    }

    /// Adds other HTML.
    #[must_use]
    pub(crate) fn html(mut self, other: &Html) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// True when nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Pieces with a separator between them.
    pub(crate) fn join(pieces: impl IntoIterator<Item = Html>, separator: &str) -> Self {
        let mut whole = Self::new();
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            if !whole.is_empty() {
                whole = whole.text(separator);
            }
            whole = whole.html(&piece);
        }
        whole
    }
}

/// True for the schemes that a document may link to outside the site.
pub(crate) fn is_harmless(href: &str) -> bool {
    let lower = href.trim().to_ascii_lowercase();
    ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme))
}

/// Appends `text` so that it is text in an element and in a quoted attribute. Control characters that HTML forbids
/// become the replacement character.
pub(crate) fn escape_into(out: &mut String, text: &str) {
    let mut rest = text;
    // Most text is as it may stand, and goes over in long pieces.
    while let Some(at) = rest.bytes().position(may_be_special) {
        out.push_str(&rest[..at]);
        let mut characters = rest[at..].chars();
        match characters.next() {
            Some('&') => out.push_str("&amp;"),
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('"') => out.push_str("&quot;"),
            Some('\'') => out.push_str("&#39;"),
            Some(character @ ('\n' | '\t')) => out.push(character),
            Some(control) if control.is_control() => out.push('\u{FFFD}'),
            Some(other) => out.push(other),
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}

/// Whether a character that begins with this byte may have to be replaced: markup, control characters, and the first byte of
/// those from U+0080 on.
const fn may_be_special(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'' | 0..0x20 | 0x7F | 0xC2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let built = Html::of("<script>&\"'\u{0}").code("</code><b>");
        assert_eq!(Html::of("é\u{85}\u{a0}\u{7f}ü\n系").to_string(), "é\u{FFFD}\u{a0}\u{FFFD}ü\n系");
        assert_eq!(Html::new().sentence("`<a>` is `b`.").to_string(), "<code>&lt;a&gt;</code> is <code>b</code>.");
        assert_eq!(Html::new().sentence("one ` alone").to_string(), "one ` alone");
        assert_eq!(built.to_string(), "&lt;script&gt;&amp;&quot;&#39;\u{FFFD}<code>&lt;/code&gt;&lt;b&gt;</code>");
    }

    #[test]
    fn only_harmless_schemes_become_links() {
        for (href, linked) in [
            ("https://example.org", true),
            ("  HTTPS://example.org", true),
            ("mailto:a@example.org", true),
            ("javascript:alert(1)", false),
            ("JAVA\tscript:alert(1)", false),
            ("data:text/html,x", false),
            ("//example.org", false),
            ("file:///etc/passwd", false),
        ] {
            let html = Html::new().outside(href, "x").to_string();
            assert_eq!(html.contains("<a "), linked, "{href}");
        }
    }
}

//! Every diagnostic code, explained.
//!
//! In: a code. Out: its [`Page`], or the codes that look like it. Never knows: terminals, HTML.

/// The explanation of one code; the text stands in `codes/<CODE>.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The code, e.g. `E-RETRY`.
    pub code: &'static str,
    /// The page's first line: what is wrong, in one sentence.
    pub title: &'static str,
    /// The whole page, Markdown.
    pub markdown: &'static str,
}

/// The page of a code, in any case of letters.
#[must_use]
pub fn explain(code: &str) -> Option<Page> {
    pages().find(|page| page.code.eq_ignore_ascii_case(code))
}

/// All pages, sorted by code.
pub fn pages() -> impl Iterator<Item = Page> {
    std::iter::empty()
}

/// Up to three codes that look like `code`, best first.
#[must_use]
pub fn similar(code: &str) -> Vec<&'static str> {
    let _ = code;
    Vec::new()
}

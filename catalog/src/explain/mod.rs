//! Every diagnostic code, explained.
//!
//! In: a code. Out: its [`Page`], or the codes that look like it. Never knows: terminals, HTML.

mod codes;

#[cfg(test)]
mod tests;

/// The explanation of one code; the text stands in `codes/<CODE>.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The code, e.g. `E-RETRY`.
    pub code: &'static str,
    /// The whole page, Markdown.
    pub markdown: &'static str,
}

impl Page {
    /// What is wrong, in one sentence: the page's heading without the code.
    #[must_use]
    pub fn title(&self) -> &'static str {
        let first = self.markdown.lines().next().unwrap_or_default();
        first.split_once(": ").map_or(first, |(_, title)| title)
    }
}

/// The page of a code, in any case of letters.
#[must_use]
pub fn explain(code: &str) -> Option<Page> {
    pages().iter().find(|page| page.code.eq_ignore_ascii_case(code.trim())).copied()
}

/// All pages, sorted by code.
#[must_use]
pub fn pages() -> &'static [Page] {
    &codes::PAGES
}

/// Up to three codes that look like `code`, best first: the same word with another severity, a part of the word, or a
/// slip of the finger.
#[must_use]
pub fn similar(code: &str) -> Vec<&'static str> {
    let asked: String = code.trim().to_uppercase().chars().take(40).collect();
    let word = word_of(&asked);
    let mut near: Vec<(usize, &'static str)> = pages()
        .iter()
        .filter_map(|page| {
            let known = word_of(page.code);
            let part = word.len() > 2 && (known.contains(word) || word.contains(known));
            let distance = if part { 0 } else { strsim::damerau_levenshtein(word, known) };
            (distance <= (known.len() / 2).clamp(1, 3)).then_some((distance, page.code))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, code)| code).collect()
}

/// `RETRY` of `E-RETRY`, and of `RETRY`.
fn word_of(code: &str) -> &str {
    match code.split_once('-') {
        Some(("E" | "W" | "I", word)) => word,
        _ => code,
    }
}

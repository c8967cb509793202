//! Sensitive values inside texts of others: partners quote what they were sent.
//!
//! In: trees with pointers to their sensitive fields, then texts. Out: the texts with `***` where a value stood. Never
//! knows: who wrote them.

use super::{json, mask::MASK};
use crate::value::{Record, Value};

/// Shorter values are left alone: they stand in any text by chance.
const SHORTEST: usize = 3;

/// Most values looked for in one text.
const MOST: usize = 1_000;

/// Values that no text may hold.
#[derive(Default, Clone)]
pub struct Scrubber {
    /// Longest first: one value may be a part of another.
    values: Vec<String>,
}

impl Scrubber {
    /// The values of a tree that these pointers name (`/a/b`, `*` for any list item; list levels need not be spelled).
    pub fn add(&mut self, tree: &Value, pointers: &[&str]) {
        for pointer in pointers {
            let path: Vec<&str> = pointer.split('/').skip(1).collect();
            self.collect(tree, &path);
        }
        self.values.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        self.values.dedup();
        self.values.truncate(MOST);
    }

    /// The text without the values, however they are written in JSON, XML or a URL.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, value| {
            if text.contains(value.as_str()) { text.replace(value.as_str(), MASK) } else { text }
        })
    }

    fn collect(&mut self, tree: &Value, path: &[&str]) {
        match (tree, path) {
            (Value::List(items), [first, rest @ ..]) => {
                let rest = if *first == "*" { rest } else { path };
                items.iter().for_each(|item| self.collect(item, rest));
            }
            (Value::Record(record), [first, rest @ ..]) => {
                if let Some(field) = record.get(first) {
                    self.collect(field, rest);
                }
            }
            (tree, []) => self.leaves(tree),
            _ => {}
        }
    }

    fn leaves(&mut self, tree: &Value) {
        match tree {
            Value::Text(text) | Value::Number(text) => self.remember(text),
            Value::List(items) => items.iter().for_each(|item| self.leaves(item)),
            Value::Record(record) => Record::iter(record).for_each(|(_, value)| self.leaves(value)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn remember(&mut self, text: &str) {
        let text = text.trim();
        if text.chars().count() < SHORTEST {
            return;
        }
        let quoted = json::write(&Value::Text(text.to_owned()));
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let encoded = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        self.values.extend([text.to_owned(), quoted.trim_matches('"').to_owned(), escaped, encoded]);
    }
}

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scrubber").field("values", &self.values.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_however_they_are_written() {
        let tree =
            json::read(br#"{"name":"Ann & \"Bo\"","tags":[{"iban":"DE02120300000000202051"}],"n":"ab"}"#).unwrap();
        let mut scrubber = Scrubber::default();
        scrubber.add(&tree, &["/name", "/tags/iban", "/n", "/missing"]);
        for text in [
            "Ann & \"Bo\" is unknown",
            r#"{"error":"Ann & \"Bo\""}"#,
            "<f>Ann &amp; \"Bo\"</f>",
            "/q?n=Ann%20%26%20%22Bo%22",
            "IBAN DE02120300000000202051, twice: DE02120300000000202051",
        ] {
            let clean = scrubber.clean(text);
            assert!(clean.contains("***") && !clean.contains("Ann") && !clean.contains("DE02"), "{clean}");
        }
        assert_eq!(scrubber.clean("a table"), "a table", "short values stand in any text");
        assert!(!format!("{scrubber:?}").contains("Ann"));
    }
}

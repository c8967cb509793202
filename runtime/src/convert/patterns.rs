//! Regular expressions, each compiled once.
//!
//! In: texts and the patterns of documents. Out: whether they match. Never knows: who asks.

use std::{
    collections::HashMap,
    sync::{LazyLock, PoisonError, RwLock},
};

use regex::Regex;

/// Compiled patterns; `None` for one that does not compile.
type Compiled = HashMap<(&'static str, Ends), Option<Regex>>;

static COMPILED: LazyLock<RwLock<Compiled>> = LazyLock::new(RwLock::default);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Ends {
    Open,
    Closed,
}

/// The pattern matches somewhere in the text (`text.matches('…')`). Time is linear in the text.
#[must_use]
pub fn matches(text: &str, pattern: &'static str) -> bool {
    with(pattern, Ends::Open, text)
}

/// The pattern matches the text from end to end.
pub(crate) fn matches_whole(text: &str, pattern: &'static str) -> bool {
    with(pattern, Ends::Closed, text)
}

fn with(pattern: &'static str, ends: Ends, text: &str) -> bool {
    let key = (pattern, ends);
    if let Some(regex) = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return regex.as_ref().is_some_and(|regex| regex.is_match(text));
    }
    // The catalog has compiled the pattern before; one that does not compile here matches nothing.
    let regex = match ends {
        Ends::Open => Regex::new(pattern),
        Ends::Closed => Regex::new(&format!(r"\A(?:{pattern})\z")),
    }
    .ok();
    let found = regex.as_ref().is_some_and(|regex| regex.is_match(text));
    COMPILED.write().unwrap_or_else(PoisonError::into_inner).insert(key, regex);
    found
}

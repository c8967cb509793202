//! The key that stands for our own credentials.
//!
//! In: an `Authorization` header. Out: whose credentials it means. Never knows: what is asked for.
//!
//! There are no cookies: browsers send those to every port of a machine, and with questions that other pages make them
//! ask. A page shows the key that its reader was handed; it is worth nothing anywhere else, and ends with this process.

use reqwest::header::HeaderValue;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A key made at start.
#[derive(Debug, Clone)]
pub(crate) struct Key(String);

/// Whose credentials a question carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Ours.
    Ours,
    /// Those of the asker, as they came.
    Theirs(HeaderValue),
    /// None.
    Nothing,
}

impl Key {
    /// A new one: 244 random bits.
    pub(crate) fn new() -> Self {
        Self(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    /// Its text, for the address that is printed.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// Whose credentials this header means.
pub(crate) fn shown(header: Option<&HeaderValue>, key: Option<&Key>) -> Shown {
    let Some(header) = header else { return Shown::Nothing };
    let ours = key.is_some_and(|key| {
        // Digests are compared: how long that takes tells nothing about the key.
        Sha256::digest(header.as_bytes()) == Sha256::digest(format!("Bearer {}", key.0))
    });
    if ours { Shown::Ours } else { Shown::Theirs(header.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_means_ours_and_everything_else_is_passed_on() {
        let key = Key::new();
        assert_ne!(key.text(), Key::new().text());
        let header = |text: &str| HeaderValue::from_str(text).unwrap();
        let (ours, theirs) = (header(&format!("Bearer {}", key.text())), header("Bearer abc"));
        assert_eq!(shown(Some(&ours), Some(&key)), Shown::Ours);
        assert_eq!(shown(Some(&theirs), Some(&key)), Shown::Theirs(theirs.clone()));
        assert_eq!(shown(Some(&ours), None), Shown::Theirs(ours.clone()));
        assert_eq!(shown(None, Some(&key)), Shown::Nothing);
    }
}

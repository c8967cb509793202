//! What a message can be looked for by, without saying what it is.
//!
//! In: the name of a searchable field and a value. Out: a [`Token`]. Never knows: which fields are searchable, stores.
//!
//! Values are compared as people type them: blanks around them, the case of letters, and zeros that add nothing to a number
//! (`0000004711`, `12.50`) make no difference. A token is a hash. A store that is encrypted keeps its HMAC under a key of
//! the store ([`super::SealedStore`]), so that whoever has the file cannot try out values; in one that is not, the body
//! stands beside it in clear.

use sha2::{Digest as _, Sha256};

/// SHA-256 of name and value, or of a token under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token([u8; 32]);

impl Token {
    /// The token of a value; none for one that says nothing.
    #[must_use]
    pub fn of(name: &str, value: &str) -> Option<Self> {
        let value = normal(value);
        if value.is_empty() {
            return None;
        }
        let mut hash = Sha256::new();
        hash.update(b"tieline searchable 1");
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name);
        hash.update(value);
        Some(Self(hash.finalize().into()))
    }

    pub(super) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes that a store keeps.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A value as it is compared.
fn normal(value: &str) -> String {
    let value = value.trim();
    plain_number(value).unwrap_or_else(|| value.to_lowercase())
}

/// A number without what adds nothing to it: `-007.50` is `-7.5`. Never through a float: these may be forty digits.
fn plain_number(text: &str) -> Option<String> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || part.is_some_and(|part| !all_digits(part)) {
        return None;
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.unwrap_or_default().trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if whole == "0" && part.is_empty() { "" } else { sign };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Token, normal};

    #[test]
    fn values_are_compared_as_people_type_them() {
        let cases = [
            (" 0000004711 ", "4711"),
            ("0", "0"),
            ("-0.00", "0"),
            ("-007.50", "-7.5"),
            ("1.", "1."),
            (".5", ".5"),
            ("1.2.3", "1.2.3"),
            ("PO-0042", "po-0042"),
            ("MÜLLER", "müller"),
            ("00000000000000000000000000000000000000000012", "12"),
            ("", ""),
        ];
        for (value, expect) in cases {
            assert_eq!(normal(value), expect, "{value:?}");
        }
    }

    #[test]
    fn a_token_tells_names_and_values_apart() {
        let tokens = [("order", "1"), ("order", "2"), ("orde", "r1"), ("customer", "1"), ("order1", "1")];
        let tokens: std::collections::BTreeSet<_> =
            tokens.iter().filter_map(|(name, value)| Token::of(name, value)).collect();
        assert_eq!(tokens.len(), 5);
        assert_eq!(Token::of("order", "  "), None);
    }

    proptest! {
        #[test]
        fn what_is_normal_stays_as_it_is(value in "[-0-9.a-zß ]{0,12}") {
            prop_assert_eq!(normal(&normal(&value)), normal(&value));
        }
    }
}

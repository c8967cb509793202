//! Digests: 12 hex digits of SHA-256 over text with LF line ends.
//!
//! In: text. Out: digest. Never knows: files.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Digest of a text; the same for CRLF and LF line ends.
#[must_use]
pub(crate) fn of(text: &str) -> String {
    let hash = if text.contains('\r') { Sha256::digest(text.replace("\r\n", "\n")) } else { Sha256::digest(text) };
    hash.iter().take(6).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

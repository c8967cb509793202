//! Where the journal lies, and the keys that it is encrypted under.
//!
//! In: a table. Out: [`Store`]. Never knows: how a store works, how a key is used.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::read::Section;

/// Where the journal lies.
#[derive(Debug)]
pub struct Store {
    /// SQLite file; `:memory:` keeps nothing and is for trying out.
    pub sqlite: String,
    /// Largest store in bytes. At 90 % nothing more is accepted. `None`: no limit.
    pub max_bytes: Option<u64>,
    /// Encryption at rest. `None`: content is kept as it is.
    pub encryption: Option<Encryption>,
}

/// Encryption at rest: the key-encryption keys.
#[derive(Debug)]
pub struct Encryption {
    /// Keys by name, each 32 bytes as base64 or hexadecimal text.
    pub keys: BTreeMap<String, SecretString>,
    /// The one that wraps from now on; may be absent if there is only one.
    pub current: Option<String>,
}

pub(super) fn read(section: &mut Section<'_>) -> Store {
    Store {
        sqlite: section.required("sqlite"),
        max_bytes: section.integer("max_bytes"),
        encryption: section.optional("encryption", encryption),
    }
}

fn encryption(section: &mut Section<'_>) -> Encryption {
    section.need("keys", "must hold at least one key");
    Encryption { keys: section.secrets("keys"), current: section.text("current") }
}

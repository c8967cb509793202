//! Where the journal lies, and the keys that it is encrypted under.
//!
//! In: a table. Out: [`Store`]. Never knows: how a store works, how a key is used.

use std::{collections::BTreeMap, path::Path};

use secrecy::SecretString;

use super::{Mistake, read::Section};
use crate::journal::{Lease, retention::Retention};

/// Where the journal lies.
#[derive(Debug)]
pub struct Store {
    /// In a file, or on a server.
    pub place: StorePlace,
    /// Largest store in bytes. At 90 % nothing more is accepted. `None`: no limit.
    pub max_bytes: Option<u64>,
    /// How long messages are kept after their end.
    pub retention: Retention,
    /// Encryption at rest. `None`: content is kept as it is.
    pub encryption: Option<Encryption>,
}

/// The kinds of stores.
#[derive(Debug)]
pub enum StorePlace {
    /// SQLite file; `:memory:` keeps nothing and is for trying out.
    Sqlite(String),
    /// PostgreSQL database, which several processes may share.
    Postgres {
        /// `postgres://user:password@host:port/database`.
        url: SecretString,
        /// Certificate authorities to trust for it besides the public ones, PEM.
        ca: Option<SecretString>,
        /// How long a service holds its lanes without renewing them.
        lease: Lease,
    },
}

impl Store {
    /// The file, if there is one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match &self.place {
            StorePlace::Sqlite(path) => Some(path.as_str()).filter(|path| *path != ":memory:"),
            StorePlace::Postgres { .. } => None,
        }
    }
}

/// Encryption at rest: the key-encryption keys.
#[derive(Debug)]
pub struct Encryption {
    /// Keys by name, each 32 bytes as base64 or hexadecimal text.
    pub keys: BTreeMap<String, SecretString>,
    /// The one that wraps from now on; may be absent if there is only one.
    pub current: Option<String>,
}

impl Store {
    /// Reads only this of an environment file: tools for the store need no secret of a partner.
    ///
    /// # Errors
    /// Every mistake at once.
    pub fn load(file: &Path) -> Result<Self, Vec<Mistake>> {
        let table = super::table(&super::text(file)?)?;
        let mut mistakes = Vec::new();
        let store = Section::root(&table, &mut mistakes).section("store", read);
        if mistakes.is_empty() { Ok(store) } else { Err(mistakes) }
    }
}

pub(super) fn read(section: &mut Section<'_>) -> Store {
    let default = Retention::default();
    Store {
        place: place(section),
        max_bytes: section.integer("max_bytes"),
        retention: Retention {
            keep_days: days(section, "keep_days", default.keep_days),
            keep_dead_days: days(section, "keep_dead_days", default.keep_dead_days),
        },
        encryption: section.optional("encryption", encryption),
    }
}

/// Whole days, at least one: what ended a moment ago may still be asked about.
fn days(section: &mut Section<'_>, key: &'static str, default: u32) -> u32 {
    let Some(days) = section.integer(key) else { return default };
    u32::try_from(days).ok().filter(|days| (1..=36_500).contains(days)).unwrap_or_else(|| {
        section.mistake(key, "must be from 1 to 36500 days");
        default
    })
}

fn place(section: &mut Section<'_>) -> StorePlace {
    let on_server = section.either("sqlite", "postgres");
    let (sqlite, url, ca) = (section.text("sqlite"), section.secret("postgres"), section.secret("ca"));
    if on_server {
        return StorePlace::Postgres { url: url.unwrap_or_default(), ca, lease: lease(section) };
    }
    section.out_of_place("ca", "is for `postgres`");
    section.out_of_place("lease_seconds", "is for `postgres`");
    StorePlace::Sqlite(sqlite.unwrap_or_default())
}

fn lease(section: &mut Section<'_>) -> Lease {
    let Some(seconds) = section.integer("lease_seconds") else { return Lease::default() };
    Lease::of_seconds(seconds).unwrap_or_else(|| {
        let (least, most) = Lease::BOUNDS_S;
        section.mistake("lease_seconds", &format!("must be from {least} to {most} seconds"));
        Lease::default()
    })
}

fn encryption(section: &mut Section<'_>) -> Encryption {
    section.need("keys", "must hold at least one key");
    Encryption { keys: section.secrets("keys"), current: section.text("current") }
}

//! The audit log: who did what to whom, when, and why; append-only and chained by hashes.
//!
//! In: entries. Out: rows whose hash covers the row before them, and a verdict on a whole chain. Never knows: stores'
//! tables, HTTP.
//!
//! A row's hash is SHA-256 over the hash of the row before it, its number and every field with its length. An edited or
//! removed row breaks the chain; rows cut off at the end are missed by the head, which a store keeps apart and writes in
//! the same transaction. Whoever can write the whole store can forge both: the head is logged with every entry, so that
//! a log kept elsewhere tells.

use sha2::{Digest as _, Sha256};

use super::{Store, StoreError};

/// SHA-256.
pub type Hash = [u8; 32];

/// What the first row is chained to.
pub const START: Hash = [0; 32];

/// Rows that are verified at a time.
const PAGE: usize = 1_000;

/// One thing that somebody did, or tried to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// Who: subject of a token or certificate.
    pub who: String,
    /// As what: viewer, operator, admin.
    pub role: String,
    /// What: retry, replay, discard, …
    pub action: String,
    /// To whom: a message id, `interface:…`, `target:…`, an alert's key.
    pub subject: String,
    /// The person's own reason.
    pub why: String,
    /// What came of it: `done`, or why it was refused.
    pub result: String,
}

/// An entry in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// 1, 2, … without gaps.
    pub no: i64,
    /// What happened.
    pub entry: Entry,
    /// Covers this row and every row before it.
    pub hash: Hash,
}

/// The end of the chain, kept apart from the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of the last row; 0 if there is none.
    pub no: i64,
    /// Its hash.
    pub hash: Hash,
}

impl Default for Head {
    fn default() -> Self {
        Self { no: 0, hash: START }
    }
}

impl Head {
    /// The row that this entry becomes behind this head.
    #[must_use]
    pub fn chain(&self, entry: Entry) -> Audited {
        let no = self.no + 1;
        Audited { no, hash: link(&self.hash, no, &entry), entry }
    }
}

impl Audited {
    /// The head, with this row as the last one.
    #[must_use]
    pub const fn head(&self) -> Head {
        Head { no: self.no, hash: self.hash }
    }
}

/// Which rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only about this subject.
    pub subject: Option<String>,
    /// Which page.
    pub page: AuditPage,
    /// At most so many.
    pub limit: usize,
}

/// A page of rows, by keyset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditPage {
    /// Newest first, before this number.
    Newest {
        /// The last one seen.
        before: Option<i64>,
    },
    /// Oldest first, after this number.
    Oldest {
        /// The last one seen; 0 for the first page.
        after: i64,
    },
}

/// What verifying found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every row is as it was written, and none is missing.
    Intact(Head),
    /// The chain breaks at this number.
    Broken {
        /// The first row that is not as it was written, or is missing.
        no: i64,
        /// What is wrong, one sentence.
        problem: String,
    },
}

/// Hash of a row.
fn link(previous: &Hash, no: i64, entry: &Entry) -> Hash {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(no.to_be_bytes());
    hash.update(entry.at_ms.to_be_bytes());
    for text in [&entry.who, &entry.role, &entry.action, &entry.subject, &entry.why, &entry.result] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}

/// Reads the whole log and checks every link. Rows that are written meanwhile are left for the next time.
///
/// # Errors
/// The store cannot be read.
pub async fn verify(store: &dyn Store) -> Result<Verdict, StoreError> {
    let head = store.audit_head().await?;
    let mut last = Head::default();
    while last.no < head.no {
        let page = AuditPage::Oldest { after: last.no };
        let rows = store.audit(AuditFilter { subject: None, page, limit: PAGE }).await?;
        if rows.is_empty() {
            let problem = format!("the log ends before row {}; it should have {}", last.no + 1, head.no);
            return Ok(Verdict::Broken { no: last.no + 1, problem });
        }
        for row in rows.into_iter().take_while(|row| row.no <= head.no) {
            let no = last.no + 1;
            if row.no != no {
                let problem = format!("row {no} is missing; the next one is {}", row.no);
                return Ok(Verdict::Broken { no, problem });
            }
            if last.chain(row.entry.clone()).hash != row.hash {
                let problem = format!("row {no}, or its link to the row before it, was changed");
                return Ok(Verdict::Broken { no, problem });
            }
            last = row.head();
        }
    }
    if last != head {
        let problem = "the last row is not the one that was written last".to_owned();
        return Ok(Verdict::Broken { no: last.no, problem });
    }
    Ok(Verdict::Intact(head))
}

/// A hash as hexadecimal digits.
#[must_use]
pub fn hex(hash: &Hash) -> String {
    use std::fmt::Write as _;
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

//! In: tokens issued by a partner. Out: whether a token presented later is still good.
//! Never knows: how tokens are asked for; see `oauth`.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use super::random::lock;

/// Opaque bearer tokens with their end of life (virtual Unix milliseconds), and a list of revoked ones of any kind.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    live: Mutex<HashMap<String, i64>>,
    revoked: Mutex<HashSet<String>>,
}

impl Tokens {
    pub(crate) fn issue(&self, token: String, expires_at_ms: i64) {
        lock(&self.live).insert(token, expires_at_ms);
    }

    /// True if `token` was issued here, has not expired at `now_ms` and was not revoked.
    pub(crate) fn valid(&self, token: &str, now_ms: i64) -> bool {
        lock(&self.live).get(token).is_some_and(|expires| now_ms < *expires) && !self.is_revoked(token)
    }

    pub(crate) fn is_revoked(&self, token: &str) -> bool {
        lock(&self.revoked).contains(token)
    }

    pub(crate) fn revoke(&self, token: &str) {
        lock(&self.revoked).insert(token.to_owned());
    }

    /// Every token issued so far stops being valid.
    pub(crate) fn revoke_all(&self) {
        lock(&self.live).clear();
    }
}

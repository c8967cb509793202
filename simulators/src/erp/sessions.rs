//! In: token fetches and modifying calls. Out: whether a CSRF token belongs to the session whose cookie came along.
//! Never knows: what is modified.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::common::core::Core;
use crate::common::random::lock;
use crate::common::web::Request;

/// A session with its token lives this long, virtual milliseconds.
const LIFETIME_MS: i64 = 30 * 60 * 1000;
/// Name of the session's cookie: system ERP, client 100.
const COOKIE: &str = "SAP_SESSIONID_ERP_100";

/// Sessions by cookie value: token and end of life.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<String, (String, i64)>>);

impl Sessions {
    /// Opens a session; returns its CSRF token and the `Set-Cookie` values.
    pub(super) fn open(&self, core: &Core) -> (String, [String; 2]) {
        let (cookie, token) = (core.random.hex(32), core.random.hex(24));
        lock(&self.0).insert(cookie.clone(), (token.clone(), core.clock.now_ms() + LIFETIME_MS));
        let session = format!("{COOKIE}={cookie}; path=/; HttpOnly");
        (token, [session, "sap-usercontext=sap-client=100; path=/".to_owned()])
    }

    /// True if the call carries the token of the session that its cookie names.
    pub(super) fn allows(&self, core: &Core, request: &Request) -> bool {
        let Some(token) = request.header("x-csrf-token") else { return false };
        let cookies = request.headers.get_all("cookie").iter().filter_map(|value| value.to_str().ok());
        let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut sessions = pairs.filter(|(name, _)| *name == COOKIE);
        let known = lock(&self.0);
        sessions.any(|(_, id)| known.get(id).is_some_and(|(own, end)| own == token && core.clock.now_ms() < *end))
    }

    /// Ends every session.
    pub(super) fn end(&self) {
        lock(&self.0).clear();
    }
}

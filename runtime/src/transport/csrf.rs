//! SAP Gateway's protection against cross-site requests: a token and the session it belongs to.
//!
//! In: a service root. Out: headers for modifying calls. Never knows: what they modify.

use std::collections::HashMap;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tokio::sync::Mutex;

use super::{
    Outcome,
    partner::Partner,
    wire::{Reply, Wire},
};
use crate::descriptor::{Class, System};

pub(super) const TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");

/// Sessions by service root.
#[derive(Debug, Default)]
pub(super) struct Csrf {
    sessions: Mutex<HashMap<String, Session>>,
}

/// A token with the cookies it is good for.
#[derive(Clone)]
pub(super) struct Session {
    token: HeaderValue,
    cookies: Option<HeaderValue>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session(***)")
    }
}

impl Session {
    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        headers.insert(TOKEN, self.token.clone());
        if let Some(cookies) = &self.cookies {
            headers.insert(header::COOKIE, cookies.clone());
        }
    }
}

impl Csrf {
    /// The session of a service, fetched if there is none. However many ask at once, it is fetched once.
    pub(super) async fn session(
        &self,
        partner: &Partner,
        system: &System,
        root: &str,
        timeout_ms: u64,
    ) -> Result<Session, Outcome> {
        let mut sessions = self.sessions.lock().await;
        if let Some(session) = sessions.get(root) {
            return Ok(session.clone());
        }
        let mut headers = HeaderMap::new();
        headers.insert(TOKEN, HeaderValue::from_static("fetch"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let wire = Wire { method: Method::GET, url: root.to_owned(), headers, body: None };
        let reply = partner.send(system, wire, timeout_ms).await?;
        // A token counts even on an error reply: some services refuse the root and give one all the same.
        let Some(session) = read(&reply) else { return Err(no_token(&reply)) };
        sessions.insert(root.to_owned(), session.clone());
        Ok(session)
    }

    /// Forgets a session that was refused, unless it has been renewed since.
    pub(super) async fn forget(&self, root: &str, refused: &Session) {
        let mut sessions = self.sessions.lock().await;
        if sessions.get(root).is_some_and(|session| session.token == refused.token) {
            sessions.remove(root);
        }
    }
}

/// The gateway wants another token.
pub(super) fn is_required(reply: &Reply) -> bool {
    reply.status == 403 && reply.header("x-csrf-token").is_some_and(|text| text.eq_ignore_ascii_case("required"))
}

pub(super) fn read(reply: &Reply) -> Option<Session> {
    let mut token = reply.headers.get(TOKEN)?.clone();
    if token.is_empty() || token.as_bytes().eq_ignore_ascii_case(b"required") {
        return None;
    }
    token.set_sensitive(true);
    let pairs: Vec<&str> = reply
        .headers
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok()?.split(';').next().map(str::trim))
        .collect();
    let mut cookies = HeaderValue::from_str(&pairs.join("; ")).ok().filter(|value| !value.is_empty());
    if let Some(cookies) = &mut cookies {
        cookies.set_sensitive(true);
    }
    Some(Session { token, cookies })
}

fn no_token(reply: &Reply) -> Outcome {
    let class = match reply.status {
        408 | 429 | 500..=599 => Class::Retryable,
        _ => Class::Target,
    };
    Outcome {
        status: Some(reply.status),
        ..Outcome::without_reply(class, format!("the service gave no CSRF token ({})", reply.status))
    }
}

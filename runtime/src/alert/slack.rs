//! Slack, incoming webhook.
//!
//! In: posts. Out: a message of blocks. Never knows: the outbox.
//!
//! The address is the credential. Slack answers in plain text: `ok`, or a word for what is wrong. A webhook cannot change
//! an earlier message: every update is a new one.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value as Json, json};

use super::{
    Channel, Links, Undelivered,
    hook::{Hook, address},
    words::{facts, severity, subject},
};
use crate::{clock::Clock, door::Promise, format::mask::cut, journal::Post, lifecycle::Severity};

/// Limits of Block Kit.
const MAX_HEADER: usize = 150;
const MAX_SECTION: usize = 3_000;
const MAX_FIELD: usize = 2_000;
const MAX_FIELDS: usize = 10;

/// What Slack says about a message that it will never take.
const HOPELESS: [&str; 4] = ["invalid_payload", "no_text", "too_many_attachments", "invalid_blocks"];

/// One incoming webhook.
pub struct Slack {
    webhook: SecretString,
    links: Links,
    hook: Hook,
}

impl Slack {
    /// A channel to a webhook.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn new(webhook: SecretString, links: Links, clock: &Arc<dyn Clock>) -> Result<Self, String> {
        address(webhook.expose_secret())?;
        Ok(Self { hook: Hook::new(webhook.clone(), clock)?, webhook, links })
    }

    async fn post(&self, post: &Post) -> Result<(), Undelivered> {
        let answer = self.hook.post(self.webhook.expose_secret().trim(), &self.message(post)).await?;
        match answer.status {
            200 => Ok(()),
            400 => {
                let permanent = HOPELESS.contains(&answer.text.trim());
                Err(answer.refused(permanent))
            }
            413 => Err(answer.refused(true)),
            // An archived channel or a webhook that was taken away can be put right while the alert waits.
            _ => Err(answer.refused(false)),
        }
    }

    fn message(&self, post: &Post) -> Json {
        let incident = &post.incident;
        let sign = match (severity(incident), &incident.acknowledged) {
            (Severity::Info, _) => ":white_check_mark:",
            (_, Some(_)) => ":eyes:",
            (Severity::Warning, _) => ":warning:",
            (Severity::Error | Severity::Critical, _) => ":rotating_light:",
        };
        let subject = subject(incident);
        let fields: Vec<_> = facts(incident)
            .into_iter()
            .take(MAX_FIELDS)
            .map(|(name, value)| mrkdwn(&format!("*{name}*\n{}", escaped(&value)), MAX_FIELD))
            .collect();
        let mut blocks = vec![
            json!({ "type": "header", "text": { "type": "plain_text", "text": cut(&subject, MAX_HEADER) } }),
            json!({ "type": "section", "fields": fields }),
        ];
        if !incident.detail.is_empty() {
            blocks.push(json!({ "type": "section", "text": mrkdwn(&escaped(&incident.detail), MAX_SECTION) }));
        }
        if let Some(page) = self.links.page(incident) {
            let link = format!("<{}|What to do>", escaped(&page));
            blocks.push(json!({ "type": "context", "elements": [mrkdwn(&link, MAX_SECTION)] }));
        }
        json!({ "text": format!("{sign} {}", escaped(cut(&subject, MAX_SECTION))), "blocks": blocks })
    }
}

fn mrkdwn(text: &str, limit: usize) -> Json {
    json!({ "type": "mrkdwn", "text": cut(text, limit) })
}

/// Slack's own three: nothing in an alert may become a link, a mention of `@channel`, or a command.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Channel for Slack {
    fn tell<'a>(&'a self, post: &'a Post) -> Promise<'a, Result<(), Undelivered>> {
        Box::pin(self.post(post))
    }
}

impl std::fmt::Debug for Slack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slack").finish_non_exhaustive()
    }
}

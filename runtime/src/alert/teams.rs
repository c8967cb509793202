//! Microsoft Teams, by a webhook of Workflows.
//!
//! In: posts. Out: a message with one adaptive card. Never knows: the outbox.
//!
//! The address is the credential. Texts are rich text runs, which Teams does not read as Markdown: nothing in an alert
//! becomes a link or a heading. A webhook cannot change an earlier message: every update is a new one.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value as Json, json};

use super::{
    Channel, Links, Undelivered,
    hook::{Hook, address},
    words::{facts, severity, subject},
};
use crate::{clock::Clock, door::Promise, format::mask::cut, journal::Post, lifecycle::Severity};

/// A message may have about 28 KB; what is long in it is a detail.
const MAX_SUBJECT: usize = 500;
const MAX_VALUE: usize = 1_000;
const MAX_DETAIL: usize = 4_000;

/// Retired connectors and the services behind them put a refusal into a body whose status says 200.
const HIDDEN: &str = "returned HTTP error";

/// One webhook.
pub struct Teams {
    webhook: SecretString,
    links: Links,
    hook: Hook,
}

impl Teams {
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
            200..=202 if answer.text.contains(HIDDEN) => Err(answer.refused(false)),
            200..=202 => Ok(()),
            400 | 413 => Err(answer.refused(true)),
            // A workflow that was switched off or lost its owner can be put right while the alert waits.
            _ => Err(answer.refused(false)),
        }
    }

    fn message(&self, post: &Post) -> Json {
        let incident = &post.incident;
        let color = match severity(incident) {
            Severity::Info => "Good",
            Severity::Warning => "Warning",
            Severity::Error | Severity::Critical => "Attention",
        };
        let title = json!({ "type": "TextRun", "text": cut(&subject(incident), MAX_SUBJECT), "weight": "Bolder",
            "size": "Medium", "color": color });
        let mut body = vec![line(vec![title])];
        if !incident.detail.is_empty() {
            body.push(line(vec![run(cut(&incident.detail, MAX_DETAIL))]));
        }
        body.extend(facts(incident).into_iter().map(|(name, value)| {
            let name = json!({ "type": "TextRun", "text": format!("{name}: "), "weight": "Bolder" });
            line(vec![name, run(cut(&value, MAX_VALUE))])
        }));
        let mut card = json!({
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": body,
        });
        if let Some(page) = self.links.page(incident) {
            card["actions"] = json!([{ "type": "Action.OpenUrl", "title": "What to do", "url": page }]);
        }
        let attachment = json!({ "contentType": "application/vnd.microsoft.card.adaptive", "content": card });
        json!({ "type": "message", "attachments": [attachment] })
    }
}

fn line(runs: Vec<Json>) -> Json {
    json!({ "type": "RichTextBlock", "inlines": runs })
}

fn run(text: &str) -> Json {
    json!({ "type": "TextRun", "text": text })
}

impl Channel for Teams {
    fn tell<'a>(&'a self, post: &'a Post) -> Promise<'a, Result<(), Undelivered>> {
        Box::pin(self.post(post))
    }
}

impl std::fmt::Debug for Teams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Teams").finish_non_exhaustive()
    }
}

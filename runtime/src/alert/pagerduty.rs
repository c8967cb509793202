//! PagerDuty, Events API v2.
//!
//! In: posts. Out: `POST {url}/v2/enqueue` with `trigger`, `acknowledge` or `resolve` under the incident's key. Never
//! knows: the outbox.
//!
//! The routing key travels in the body and is the credential. A `trigger` under a known key is folded into the open
//! alert, so repeating a post harms nobody. 429 means that the event was not taken.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::{
    Channel, Links, Undelivered,
    hook::{Hook, address},
    words::{facts, severity, subject},
};
use crate::{clock::Clock, door::Promise, format::mask::cut, journal::Post, lifecycle::Severity};

/// Limits of the API.
const MAX_KEY: usize = 255;
const MAX_SUMMARY: usize = 1_024;

/// A wait where PagerDuty refuses for the moment and names none: its limit is counted over a minute.
const PAUSE_MS: u64 = 60_000;

/// One integration of a service.
pub struct PagerDuty {
    url: String,
    routing_key: SecretString,
    links: Links,
    hook: Hook,
}

impl PagerDuty {
    /// A channel to the integration of this routing key; `url` is `https://events.pagerduty.com` or its European twin.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn new(url: &str, routing_key: SecretString, links: Links, clock: &Arc<dyn Clock>) -> Result<Self, String> {
        address(url)?;
        let url = format!("{}/v2/enqueue", url.trim_end_matches('/'));
        Ok(Self { url, hook: Hook::new(routing_key.clone(), clock)?, routing_key, links })
    }

    async fn post(&self, post: &Post) -> Result<(), Undelivered> {
        let answer = self.hook.post(&self.url, &self.event(post)).await?;
        match answer.status {
            200..=202 => Ok(()),
            429 => {
                let mut refused = answer.refused(false);
                refused.retry_after_ms.get_or_insert(PAUSE_MS);
                Err(refused)
            }
            // A wrong routing key can be put right while the alert waits; any other 400 is about this event.
            400 => {
                let key = answer.text.to_ascii_lowercase().replace('_', " ").contains("routing key");
                Err(answer.refused(!key))
            }
            413 | 422 => Err(answer.refused(true)),
            _ => Err(answer.refused(false)),
        }
    }

    fn event(&self, post: &Post) -> Json {
        let incident = &post.incident;
        let key = self.routing_key.expose_secret();
        let dedup_key = dedup_key(&incident.dedup_key);
        let action = match (incident.firing, &incident.acknowledged) {
            (true, None) => "trigger",
            (true, Some(_)) => "acknowledge",
            (false, _) => "resolve",
        };
        let mut event = json!({ "routing_key": key, "event_action": action, "dedup_key": dedup_key });
        if action == "trigger" {
            let details: Map<String, Json> =
                facts(incident).into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            event["payload"] = json!({
                "summary": cut(&subject(incident), MAX_SUMMARY),
                "source": incident.target,
                "severity": match severity(incident) {
                    Severity::Info => "info",
                    Severity::Warning => "warning",
                    Severity::Error => "error",
                    Severity::Critical => "critical",
                },
                "timestamp": jiff::Timestamp::from_millisecond(incident.last_ms).unwrap_or_default().to_string(),
                "component": incident.interface,
                "group": incident.interface,
                "class": incident.reason.as_str(),
                "custom_details": details,
            });
            event["payload"]["custom_details"]["Detail"] = cut(&incident.detail, MAX_SUMMARY).into();
            event["client"] = "Tieline".into();
            if let Some(page) = self.links.page(incident) {
                event["client_url"] = page.as_str().into();
                event["links"] = json!([{ "href": page, "text": "What to do" }]);
            }
        }
        event
    }
}

/// The incident's key, or as much of it as fits with a digest that keeps it apart.
fn dedup_key(key: &str) -> String {
    if key.len() <= MAX_KEY {
        return key.to_owned();
    }
    let digest: String = Sha256::digest(key.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}#{digest}", cut(key, MAX_KEY - digest.len() - 1))
}

impl Channel for PagerDuty {
    fn tell<'a>(&'a self, post: &'a Post) -> Promise<'a, Result<(), Undelivered>> {
        Box::pin(self.post(post))
    }
}

impl std::fmt::Debug for PagerDuty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PagerDuty").field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_keys_are_shortened_and_stay_apart() {
        let (one, two) = (format!("{}a", "k".repeat(300)), format!("{}b", "k".repeat(300)));
        assert_eq!(dedup_key("A/B/C"), "A/B/C");
        assert_eq!(dedup_key(&one).len(), MAX_KEY);
        assert_ne!(dedup_key(&one), dedup_key(&two));
    }
}

//! In: messages to an incoming webhook. Out: the same messages, kept. Never knows: channels' members.
//!
//! Slack answers webhooks in plain text: `ok`, or a word for what is wrong. About one message a second goes through a
//! webhook; short bursts are allowed.
//!
//! Assumption: a burst of 5 is allowed before 429 with `Retry-After: 1`; Slack publishes only the rate.

mod blocks;

use std::sync::{Arc, Mutex, OnceLock};

use serde_json::{Value, json};

use crate::StartError;
use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::random::lock;
use crate::common::web::{Answer, Request, Site, serve};
use crate::environment::CLIENT_ID;
use crate::oauth;

/// Messages at once beyond one a second.
const BURST: i64 = 5;

/// Slack, one incoming webhook.
#[derive(Debug)]
pub struct Slack {
    core: Arc<Core>,
    seed: u64,
    url: OnceLock<String>,
    messages: Mutex<Vec<Value>>,
    /// When a message that came alone would be due, milliseconds.
    paced_ms: Mutex<i64>,
}

impl Slack {
    pub(crate) async fn start(clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("slack", clock, seed));
        let slack = Arc::new(Slack {
            core: core.clone(),
            seed,
            url: OnceLock::new(),
            messages: Mutex::default(),
            paced_ms: Mutex::default(),
        });
        let site = slack.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        let _ = slack.url.set(format!("http://{address}"));
        Ok(slack)
    }

    /// The webhook's address, which is its credential.
    #[must_use]
    pub fn webhook(&self) -> String {
        format!("{}{}", self.url.get().map_or("", String::as_str), self.path())
    }

    /// Messages taken, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Value> {
        lock(&self.messages).clone()
    }

    fn path(&self) -> String {
        format!("/services/T00000001/B00000001/{}", oauth::secret(self.seed, "slack", CLIENT_ID))
    }

    fn take(&self, request: &Request) -> Answer {
        let Ok(message) = serde_json::from_slice::<Value>(&request.body) else { return words(400, "invalid_payload") };
        if let Some(mistake) = blocks::mistake(&message) {
            return words(400, mistake);
        }
        let now_ms = self.core.clock.now_ms();
        let mut paced_ms = lock(&self.paced_ms);
        if *paced_ms - now_ms >= BURST * 1_000 {
            return words(429, "rate_limited").header("retry-after", "1");
        }
        *paced_ms = (*paced_ms).max(now_ms) + 1_000;
        lock(&self.messages).push(message);
        words(200, "ok")
    }
}

fn words(status: u16, text: &str) -> Answer {
    Answer::new(status, "text/html", text.to_owned())
}

impl Partner for Slack {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({ "messages": self.messages() })
    }

    fn reset_state(&self) {
        lock(&self.messages).clear();
        *lock(&self.paced_ms) = 0;
    }
}

impl Site for Slack {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, request: &Request) -> (String, Option<String>) {
        let operation = if request.uri.path().starts_with("/services/") { "webhook" } else { "other" };
        (operation.to_owned(), None)
    }

    async fn answer(&self, request: &Request) -> Answer {
        match request.method.as_str() {
            "POST" if request.uri.path() == self.path() => self.take(request),
            "POST" if request.uri.path().starts_with("/services/") => words(404, "no_service"),
            _ => words(404, "not found"),
        }
    }

    fn fault(&self, status: u16) -> Answer {
        words(
            status,
            match status {
                403 => "action_prohibited",
                404 => "channel_not_found",
                410 => "channel_is_archived",
                429 => "rate_limited",
                _ => "rollup_error",
            },
        )
    }
}

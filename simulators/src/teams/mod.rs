//! In: messages to a webhook of Workflows. Out: the same messages, kept. Never knows: who reads them.
//!
//! Microsoft Teams: a message with one adaptive card, answered with 202. Four requests a second; messages above 28 KB are
//! refused.
//!
//! Assumption: the limits are answered with 429 and 413; refusals have the error body of Power Automate
//! (`{"error":{"code","message"}}`). Microsoft documents the limits, not the bodies.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::{Value, json};

use crate::StartError;
use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::random::lock;
use crate::common::text::find;
use crate::common::web::{Answer, Request, Site, serve};
use crate::environment::CLIENT_ID;
use crate::oauth;

const MOST_A_SECOND: usize = 4;
const LARGEST: usize = 28 * 1024;
const PATH: &str = "/workflows/3f1c/triggers/manual/paths/invoke";
const CARD: &str = "application/vnd.microsoft.card.adaptive";

/// Microsoft Teams, one webhook.
#[derive(Debug)]
pub struct Teams {
    core: Arc<Core>,
    seed: u64,
    url: OnceLock<String>,
    messages: Mutex<Vec<Value>>,
    recent: Mutex<VecDeque<i64>>,
}

impl Teams {
    pub(crate) async fn start(clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("teams", clock, seed));
        let teams = Arc::new(Teams {
            core: core.clone(),
            seed,
            url: OnceLock::new(),
            messages: Mutex::default(),
            recent: Mutex::default(),
        });
        let site = teams.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        let _ = teams.url.set(format!("http://{address}"));
        Ok(teams)
    }

    /// The webhook's address; the signature in its query is the credential.
    #[must_use]
    pub fn webhook(&self) -> String {
        let base = self.url.get().map_or("", String::as_str);
        format!("{base}{PATH}?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={}", self.signature())
    }

    /// Messages taken, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Value> {
        lock(&self.messages).clone()
    }

    fn signature(&self) -> String {
        oauth::secret(self.seed, "teams", CLIENT_ID)
    }

    fn take(&self, request: &Request) -> Answer {
        if find(&request.query(), "sig").is_none_or(|sig| sig != self.signature()) {
            return refusal(401, "DirectApiAuthorizationRequired", "The signature does not match.");
        }
        if request.body.len() > LARGEST {
            return refusal(413, "RequestEntityTooLarge", "The message is too large.");
        }
        let message = serde_json::from_slice::<Value>(&request.body).ok().filter(is_message);
        let Some(message) = message else {
            return refusal(400, "TriggerInputSchemaMismatch", "The input body does not match the schema.");
        };
        let now_ms = self.core.clock.now_ms();
        let mut recent = lock(&self.recent);
        recent.retain(|at_ms| now_ms - at_ms < 1_000);
        if recent.len() >= MOST_A_SECOND {
            return refusal(429, "TooManyRequests", "Rate limit is exceeded.").header("retry-after", "1");
        }
        recent.push_back(now_ms);
        lock(&self.messages).push(message);
        Answer::empty(202)
    }
}

fn is_message(message: &Value) -> bool {
    let attachments = message["attachments"].as_array();
    message["type"] == "message" && attachments.is_some_and(|all| !all.is_empty() && all.iter().all(is_card))
}

fn is_card(attachment: &Value) -> bool {
    let card = &attachment["content"];
    attachment["contentType"] == CARD
        && card["type"] == "AdaptiveCard"
        && card["version"].is_string()
        && card["body"].as_array().is_some_and(|body| !body.is_empty())
}

fn refusal(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, &json!({ "error": { "code": code, "message": message } }))
}

impl Partner for Teams {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({ "messages": self.messages() })
    }

    fn reset_state(&self) {
        lock(&self.messages).clear();
        lock(&self.recent).clear();
    }
}

impl Site for Teams {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, request: &Request) -> (String, Option<String>) {
        (if request.uri.path() == PATH { "webhook" } else { "other" }.to_owned(), None)
    }

    async fn answer(&self, request: &Request) -> Answer {
        match (request.method.as_str(), request.uri.path()) {
            ("POST", PATH) => self.take(request),
            _ => refusal(404, "WorkflowTriggerNotFound", "There is no such trigger."),
        }
    }

    fn fault(&self, status: u16) -> Answer {
        refusal(status, "Fault", "The fault plan asked for this answer.")
    }
}

//! In: events of integrations. Out: alerts, folded by their key. Never knows: who is on call.
//!
//! PagerDuty, Events API v2: `POST /v2/enqueue`. The routing key in the body is the credential. One state machine for each
//! key: triggered, acknowledged, resolved. What does not fit an open alert is taken with 202 and dropped without a word,
//! as PagerDuty does. More than 120 events a minute are refused with 429 and not taken.
//!
//! Assumption: an unknown routing key is refused with 400 (depending on the kind of integration, PagerDuty may take the
//! event and drop it). Assumption: a 429 carries `Retry-After`.

mod event;

use std::collections::{BTreeMap, VecDeque};
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

/// Events that an integration may send in a minute.
const MOST_A_MINUTE: usize = 120;

/// Largest request.
const LARGEST: usize = 512 * 1024;

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Somebody is called.
    Triggered,
    /// Somebody has taken it on: further triggers call nobody.
    Acknowledged,
    /// Over. A further trigger opens a new alert.
    Resolved,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Alert {
    /// What events are folded by.
    pub dedup_key: String,
    /// Where it stands.
    pub status: Status,
    /// Triggers taken since it opened.
    pub triggers: u32,
    /// The last trigger's `payload`.
    pub payload: Value,
}

/// PagerDuty.
#[derive(Debug)]
pub struct PagerDuty {
    core: Arc<Core>,
    seed: u64,
    url: OnceLock<String>,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// Oldest first; the last one of a key is the one that may be open.
    alerts: Vec<Alert>,
    events: Vec<Value>,
    /// When the events of the last minute came.
    recent: VecDeque<i64>,
}

impl PagerDuty {
    pub(crate) async fn start(clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("pagerduty", clock, seed));
        let pagerduty =
            Arc::new(PagerDuty { core: core.clone(), seed, url: OnceLock::new(), memory: Mutex::default() });
        let site = pagerduty.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        let _ = pagerduty.url.set(format!("http://{address}"));
        Ok(pagerduty)
    }

    /// What stands for `https://events.pagerduty.com`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.url.get().cloned().unwrap_or_default()
    }

    /// The integration key: 32 characters.
    #[must_use]
    pub fn routing_key(&self) -> String {
        oauth::secret(self.seed, "pagerduty", CLIENT_ID).chars().cycle().take(32).collect()
    }

    /// All alerts, oldest first.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        lock(&self.memory).alerts.clone()
    }

    /// All events that were taken, those that were dropped too, oldest first; without their routing keys.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        lock(&self.memory).events.clone()
    }

    fn enqueue(&self, request: &Request) -> Answer {
        if request.body.len() > LARGEST {
            return refusal(413, "Request Entity Too Large", &[]);
        }
        let Ok(event) = serde_json::from_slice::<Value>(&request.body) else {
            return refusal(400, "Event object is invalid", &["Event object could not be parsed".to_owned()]);
        };
        let mistakes = event::mistakes(&event);
        if !mistakes.is_empty() {
            return refusal(400, "Event object is invalid", &mistakes);
        }
        if event["routing_key"] != self.routing_key() {
            return refusal(400, "Invalid routing key", &["routing_key is unknown".to_owned()]);
        }
        let mut memory = lock(&self.memory);
        let now_ms = self.core.clock.now_ms();
        memory.recent.retain(|at_ms| now_ms - at_ms < 60_000);
        if memory.recent.len() >= MOST_A_MINUTE {
            let wait_s = memory.recent.front().map_or(60, |first_ms| (60_000 - (now_ms - first_ms)) / 1_000 + 1);
            let answer = json!({ "status": "throttle exceeded", "message": "Requests for this service arrive too quickly. Please retry later." });
            return Answer::json(429, &answer).header("retry-after", wait_s.to_string());
        }
        memory.recent.push_back(now_ms);
        let key = event["dedup_key"].as_str().map_or_else(|| self.core.random.hex(32), str::to_owned);
        memory.take(&key, event);
        let body = json!({ "status": "success", "message": "Event processed", "dedup_key": key });
        Answer::json(202, &body).key(key)
    }
}

impl Memory {
    fn take(&mut self, key: &str, mut event: Value) {
        let open = self.alerts.iter_mut().rfind(|alert| alert.dedup_key == key && alert.status != Status::Resolved);
        match (event["event_action"].as_str(), open) {
            (Some("trigger"), Some(alert)) => {
                alert.triggers += 1;
                alert.payload = event["payload"].clone();
            }
            (Some("trigger"), None) => self.alerts.push(Alert {
                dedup_key: key.to_owned(),
                status: Status::Triggered,
                triggers: 1,
                payload: event["payload"].clone(),
            }),
            (Some("acknowledge"), Some(alert)) => alert.status = Status::Acknowledged,
            (Some("resolve"), Some(alert)) => alert.status = Status::Resolved,
            // Nothing open: dropped without a word.
            _ => {}
        }
        if let Some(fields) = event.as_object_mut() {
            fields.remove("routing_key");
        }
        self.events.push(event);
    }
}

fn refusal(status: u16, message: &str, errors: &[String]) -> Answer {
    Answer::json(status, &json!({ "status": "invalid event", "message": message, "errors": errors }))
}

impl Partner for PagerDuty {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        let memory = lock(&self.memory);
        let by_status: BTreeMap<String, usize> = memory.alerts.iter().fold(BTreeMap::new(), |mut counts, alert| {
            *counts.entry(format!("{:?}", alert.status).to_lowercase()).or_default() += 1;
            counts
        });
        json!({ "alerts": memory.alerts, "by_status": by_status })
    }

    fn reset_state(&self) {
        *lock(&self.memory) = Memory::default();
    }
}

impl Site for PagerDuty {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, request: &Request) -> (String, Option<String>) {
        let key = || Some(serde_json::from_slice::<Value>(&request.body).ok()?["dedup_key"].as_str()?.to_owned());
        match request.uri.path() {
            "/v2/enqueue" => ("enqueue".to_owned(), key()),
            _ => ("other".to_owned(), None),
        }
    }

    async fn answer(&self, request: &Request) -> Answer {
        match (request.method.as_str(), request.uri.path()) {
            ("POST", "/v2/enqueue") => self.enqueue(request),
            (_, "/v2/enqueue") => Answer::empty(405),
            _ => Answer::empty(404),
        }
    }

    fn fault(&self, status: u16) -> Answer {
        refusal(status, "the fault plan asked for this answer", &[])
    }
}

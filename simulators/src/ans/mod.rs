//! In: events of producers. Out: the same events for consumers, with ids.
//! Never knows: what an event means to anybody.
//!
//! SAP Alert Notification service: `POST /cf/producer/v1/resource-events[-batch]`, `GET /cf/consumer/v1/matched-events`.
//! One subscription stores every event. Every response carries `x-vcap-request-id`.

mod event;

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
use crate::oauth::{self, Credentials};

const TOKEN_LIFETIME_S: u64 = 3600;

/// SAP Alert Notification.
#[derive(Debug)]
pub struct Ans {
    core: Arc<Core>,
    seed: u64,
    url: OnceLock<String>,
    events: Mutex<Vec<Value>>,
}

impl Ans {
    pub(crate) async fn start(clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new("ans", clock, seed));
        let ans = Arc::new(Ans { core: core.clone(), seed, url: OnceLock::new(), events: Mutex::default() });
        let site = ans.clone();
        let address = listen(&core, move |stream| serve(site.clone(), stream)).await?;
        let _ = ans.url.set(format!("http://{address}"));
        Ok(ans)
    }

    /// The `url` of the service key.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.url.get().cloned().unwrap_or_default()
    }

    /// The `oauth_url` of the service key.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("{}/oauth/token", self.base_url())
    }

    /// The secret of client `tieline`.
    #[must_use]
    pub fn client_secret(&self) -> String {
        oauth::secret(self.seed, "ans", CLIENT_ID)
    }

    /// Events accepted, oldest first, each with the `id` the service gave it and `receivedAt` (virtual Unix
    /// milliseconds).
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        lock(&self.events).clone()
    }

    /// The events about one resource (`resource.resourceName`, an interface's Smart ID).
    #[must_use]
    pub fn events_of(&self, resource: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["resource"]["resourceName"] == resource).collect()
    }

    fn accept(&self, mut event: Value) -> Result<Value, String> {
        if let Some(mistake) = event::mistake(&event) {
            return Err(mistake);
        }
        event["id"] = json!(self.core.random.uuid());
        if event["eventTimestamp"].is_null() {
            event["eventTimestamp"] = json!(self.core.clock.now_s());
        }
        let mut kept = event.clone();
        kept["receivedAt"] = json!(self.core.clock.now_ms());
        lock(&self.events).push(kept);
        Ok(event)
    }

    fn produce_one(&self, request: &Request) -> Answer {
        let Ok(event) = serde_json::from_slice::<Value>(&request.body) else {
            return message(400, "the body is not JSON");
        };
        match self.accept(event) {
            Ok(event) => Answer::json(202, &event).key(event["id"].as_str().unwrap_or_default()),
            Err(mistake) => message(400, &mistake),
        }
    }

    /// In index order; the first bad event stops the ingestion, and the error tells which ones went through.
    fn produce_batch(&self, request: &Request) -> Answer {
        let Ok(Value::Array(events)) = serde_json::from_slice::<Value>(&request.body) else {
            return message(400, "the body is not a JSON array");
        };
        let mut accepted = Vec::new();
        for (index, event) in events.iter().enumerate() {
            match self.accept(event.clone()) {
                Ok(event) => accepted.push(event),
                Err(mistake) => {
                    let text = format!("event {index}: {mistake}");
                    let body = json!({ "message": text, "accepted": accepted, "rejected": events[index..] });
                    return Answer::json(400, &body);
                }
            }
        }
        Answer::json(202, &Value::Array(accepted))
    }

    fn matched(&self, request: &Request, id: Option<&str>) -> Answer {
        let query = request.query();
        let wanted = |event: &&Value| {
            id.is_none_or(|id| event["id"] == id)
                && ["severity", "category", "eventType"].iter().all(|f| find(&query, f).is_none_or(|v| event[*f] == v))
                && find(&query, "resourceName").is_none_or(|v| event["resource"]["resourceName"] == v)
                && find(&query, "sourceEventId").is_none_or(|v| event["tags"]["ans:sourceEventId"] == v)
                && find(&query, "correlationId").is_none_or(|v| event["tags"]["ans:correlationId"] == v)
        };
        let events: Vec<Value> = lock(&self.events).iter().filter(wanted).cloned().collect();
        let number = |name: &str, default: usize| find(&query, name).and_then(|n| n.parse().ok()).unwrap_or(default);
        let (page, size) = (number("page", 0), number("pageSize", 100).max(1));
        let results: Vec<&Value> = events.iter().skip(page.saturating_mul(size)).take(size).collect();
        let (total, pages) = (events.len(), events.len().div_ceil(size));
        let metadata = json!({ "page": page, "pageSize": size, "totalPages": pages, "totalResultsCount": total });
        Answer::json(200, &json!({ "responseMetadata": metadata, "results": results }))
    }

    fn token(&self, request: &Request) -> Answer {
        let secret = self.client_secret();
        let check = |id: &str, given: &str| id == CLIENT_ID && given == secret;
        match oauth::authenticate(request, Credentials::BasicOrForm, check) {
            Ok(_) => oauth::granted(&oauth::opaque(&self.core, TOKEN_LIFETIME_S), TOKEN_LIFETIME_S),
            Err(answer) => *answer,
        }
    }

    fn api(&self, request: &Request) -> Answer {
        if !oauth::has_token(&self.core, request) {
            return message(401, "the token is missing, unknown or expired");
        }
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (request.method.as_str(), path.as_slice()) {
            ("POST", ["cf" | "neo", "producer", "v1", "resource-events"]) => self.produce_one(request),
            ("POST", ["cf" | "neo", "producer", "v1", "resource-events-batch"]) => self.produce_batch(request),
            ("GET", ["cf" | "neo", "consumer", "v1", "matched-events"]) => self.matched(request, None),
            ("GET", ["cf" | "neo", "consumer", "v1", "matched-events", id]) => self.matched(request, Some(id)),
            ("GET", ["cf" | "neo", "consumer", "v1", "undelivered-events", ..]) => {
                self.matched(request, Some("none: everything is stored"))
            }
            _ => message(404, "no such resource"),
        }
    }

    fn traced(&self, answer: Answer) -> Answer {
        answer.header("x-vcap-request-id", self.core.random.uuid())
    }
}

fn message(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({ "message": text }))
}

impl Partner for Ans {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        json!({ "events": self.events() })
    }

    fn reset_state(&self) {
        lock(&self.events).clear();
    }
}

impl Site for Ans {
    fn core(&self) -> &Core {
        &self.core
    }

    fn identify(&self, request: &Request) -> (String, Option<String>) {
        let path = request.uri.path();
        let event = || serde_json::from_slice::<Value>(&request.body).ok();
        let source = || Some(event()?["tags"]["ans:sourceEventId"].as_str()?.to_owned());
        match path.rsplit('/').next() {
            Some("token") => ("token".to_owned(), oauth::client_id(request)),
            Some(name @ ("resource-events" | "resource-events-batch")) => (name.to_owned(), source()),
            _ if path.contains("matched-events") => ("matched-events".to_owned(), None),
            _ => ("other".to_owned(), None),
        }
    }

    async fn answer(&self, request: &Request) -> Answer {
        self.traced(match (request.method.as_str(), request.uri.path()) {
            ("POST", "/oauth/token") => self.token(request),
            (_, "/oauth/token") => Answer::empty(405),
            _ => self.api(request),
        })
    }

    fn fault(&self, status: u16) -> Answer {
        self.traced(message(status, "the fault plan asked for this answer"))
    }
}

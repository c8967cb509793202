//! The listener, called over real sockets.

mod intake;
pub(crate) mod issuer;
mod parts;
mod tokens;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use reqwest::{Client, Response};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Front, Limits, Observer, serve};
use crate::{
    clock::Clock,
    descriptor::{DeliveryOrder, Endpoint, InboundAuth, Interface, KeySource, Method, OnUnknown, Retry, Trigger},
    door::{Arrival, Door, Promise, Receipt, Refusal, Replied},
    environment::{Identity, SecretString},
    flow::{Admitted, End, Handler, Input, Run, Running},
    format::json,
    message::Violations,
    random::Random,
    tls,
    transport::http_client,
    value::Value,
};

/// 2026-02-01T12:00:00Z.
const NOON_MS: i64 = 1_769_947_200_000;

/// A clock that stands until it is moved; waits are real.
#[derive(Debug)]
struct HandClock(AtomicI64);

impl HandClock {
    fn forward(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn sleep_until(&self, due_ms: i64) -> Promise<'_, ()> {
        let left_ms = u64::try_from(due_ms - self.now_ms()).unwrap_or(0);
        Box::pin(tokio::time::sleep(std::time::Duration::from_millis(left_ms)))
    }
}

const fn endpoint(method: Method, path: &'static str, auth: InboundAuth) -> Endpoint {
    let has_body = !matches!(method, Method::Get);
    Endpoint { method, path, auth, max_body_bytes: 1000, max_per_minute: None, has_body }
}

const fn interface(smart_id: &'static str, trigger: Trigger) -> Interface {
    Interface {
        smart_id,
        title: "",
        document: "",
        digest: "",
        source: "",
        target: "",
        trigger,
        retry: Retry {
            retries: 0,
            interval_ms: 0,
            factor: 1,
            cap_ms: 0,
            jitter_percent: 0,
            retry_after_cap_ms: 0,
            give_up_after_ms: None,
        },
        dead_letter: true,
        alerts: &[],
        on_unknown: OnUnknown::Retry,
        order: DeliveryOrder::None,
        outcomes: &[],
        idempotency: KeySource::Message,
        idempotency_window_s: 0,
        encrypted: false,
        kept: crate::Kept::BY_ENVIRONMENT,
        sla_p95_ms: None,
        sensitive: &[],
        searchable: &[],
        operations: &[],
        responses: &[(400, "The order is not well formed")],
    }
}

const WRITE: InboundAuth = InboundAuth::OAuth2 { scopes: &["orders.write"] };

static ORDERS: Interface = interface("ORDERS", Trigger::Http(endpoint(Method::Post, "/orders", WRITE)));
static CHANGES: Interface = interface(
    "CHANGES",
    Trigger::Request {
        endpoint: endpoint(Method::Put, "/orders/{id}", InboundAuth::None),
        durable: true,
        timeout_ms: 5000,
    },
);
static CUSTOMERS: Interface = interface(
    "CUSTOMERS",
    Trigger::Request {
        endpoint: endpoint(Method::Get, "/customers/{id}", InboundAuth::Basic),
        durable: false,
        timeout_ms: 5000,
    },
);
static OPEN: Interface = interface(
    "OPEN",
    Trigger::Http(Endpoint { max_per_minute: Some(2), ..endpoint(Method::Post, "/open", InboundAuth::None) }),
);

struct Named(&'static Interface);

impl Handler for Named {
    fn interface(&self) -> &'static Interface {
        self.0
    }

    fn admit(&self, _: &Input) -> Result<Admitted, Violations> {
        Ok(Admitted::default())
    }

    fn run<'a>(&'a self, _: &'a Input, _: &'a Run) -> Running<'a> {
        Box::pin(async { Ok(End::Delivered) })
    }
}

/// A door that does what the body's `do` says and keeps what came through.
struct Script {
    handlers: Vec<Arc<dyn Handler>>,
    arrivals: Mutex<Vec<Arrival>>,
    ready: std::sync::atomic::AtomicBool,
}

impl Script {
    fn act(&self, arrival: Arrival) -> Result<Receipt, Refusal> {
        let wanted = match &arrival.body {
            Value::Record(record) => match record.get("do") {
                Some(Value::Text(text)) => text.clone(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        self.arrivals.lock().unwrap().push(arrival);
        let receipt = Receipt { message_id: "m-1".to_owned(), replayed: wanted == "replay" };
        match wanted.as_str() {
            "invalid" => Err(Refusal::Invalid(Violations::one("/order_number", "is missing"))),
            "reuse" => Err(Refusal::KeyReused),
            "full" => Err(Refusal::Unavailable { retry_after_s: 7, reason: "the store is nearly full".to_owned() }),
            "fail" => {
                Err(Refusal::Failed { status: 502, reason: "EXHAUSTED", detail: "SAP ERP does not answer".to_owned() })
            }
            "panic" => panic!("the door broke"),
            _ => Ok(receipt),
        }
    }
}

impl Door for Script {
    fn handlers(&self) -> &[Arc<dyn Handler>] {
        &self.handlers
    }

    fn accept(&self, arrival: Arrival) -> Promise<'_, Result<Receipt, Refusal>> {
        Box::pin(async move { self.act(arrival) })
    }

    fn request(&self, arrival: Arrival) -> Promise<'_, Result<Replied, Refusal>> {
        Box::pin(async move {
            let body = arrival.body.clone();
            let receipt = self.act(arrival)?;
            Ok(match json::write(&body).as_str() {
                r#"{"do":"later"}"# => Replied::Later(receipt),
                "null" => Replied::Done { status: 200, body: json::read(br#"{"name":"Example"}"#).unwrap() },
                _ => Replied::Done { status: 204, body: Value::Null },
            })
        })
    }

    fn state(&self, message_id: &str, principal: &str) -> Promise<'_, Option<String>> {
        let mine = message_id == "m-1" && principal == "salesforce";
        Box::pin(async move { mine.then(|| "DELIVERED".to_owned()) })
    }

    fn ready(&self) -> bool {
        self.ready.load(Ordering::SeqCst)
    }
}

#[derive(Default)]
struct Refused(Mutex<Vec<(Option<&'static str>, u16)>>);

impl Observer for Refused {
    fn refused(&self, interface: Option<&'static str>, status: u16) {
        self.0.lock().unwrap().push((interface, status));
    }
}

/// A listener on loopback with its issuer, its door and its clock.
struct Stage {
    address: SocketAddr,
    issuer: issuer::Issuer,
    clock: Arc<HandClock>,
    script: Arc<Script>,
    refused: Arc<Refused>,
    client: Client,
    shutdown: CancellationToken,
    server: tokio::task::JoinHandle<()>,
}

impl Stage {
    async fn start() -> Self {
        Self::start_with(Limits::default()).await
    }

    async fn start_with(limits: Limits) -> Self {
        let issuer = issuer::Issuer::start().await;
        let clock = Arc::new(HandClock(AtomicI64::new(NOON_MS)));
        let handlers = [&ORDERS, &CHANGES, &CUSTOMERS, &OPEN].map(|i| Arc::new(Named(i)) as Arc<dyn Handler>).to_vec();
        let script = Arc::new(Script { handlers, arrivals: Mutex::default(), ready: true.into() });
        let refused = Arc::new(Refused::default());
        let identity = Identity {
            issuer: Some("https://idp.example.org".to_owned()),
            audience: Some("tieline".to_owned()),
            jwks_url: Some(issuer.url()),
            basic_users: [("salesforce".to_owned(), SecretString::from("p:w".to_owned()))].into(),
            webhook_origins: vec!["eventmesh.example.org".to_owned()],
        };
        let door: Arc<dyn Door> = Arc::clone(&script) as _;
        let random = Arc::new(Random::seeded(1));
        let front = Front::new(door, &identity, Arc::clone(&clock) as _, random, Arc::clone(&refused) as _).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let server = tokio::spawn(serve(listener, Arc::new(front), limits, shutdown.clone()));
        let client = http_client(tls::client(None, None).unwrap(), None).unwrap();
        Self { address, issuer, clock, script, refused, client, shutdown, server }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `POST /orders` with a token.
    async fn order(&self, token: &str, body: &str) -> Response {
        self.post("/orders", &[("authorization", &format!("Bearer {token}"))], body).await
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = self.client.post(self.url(path)).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(body.to_owned()).send().await.unwrap()
    }
}

/// What a problem says: status, detail, and that it has an error id of its own.
async fn problem(response: Response) -> String {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let text = response.text().await.unwrap();
    let Value::Record(body) = json::read(text.as_bytes()).unwrap() else { panic!("{text}") };
    let field = |name: &str| match body.get(name) {
        Some(Value::Text(text) | Value::Number(text)) => text.clone(),
        other => panic!("{name} is {other:?} in {text}"),
    };
    assert_eq!(field("status"), status.to_string());
    assert_eq!(field("errorId").len(), 36, "{text}");
    format!("{status} {}", field("detail"))
}

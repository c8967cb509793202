//! Listeners: the bytes of a connection, as anybody may send them.
//!
//! In: any bytes. Out: nothing; whatever came, the answer is none of a defect: no status 500. Never knows: sockets.

use std::sync::{Arc, OnceLock};

use super::{Target, partners::CREATE, wait};
use crate::{
    admin::{self, Console},
    alert::Channels,
    clock::ScaledClock,
    descriptor::{
        Class, DeliveryOrder, Endpoint, InboundAuth, Interface, KeySource, Method, OnUnknown, Retry, Trigger,
    },
    door::{Arrival, Door as _, Promise},
    engine::{Engine, Ports},
    environment::{Admin, Identity},
    flow::{Admitted, End, Handler, Input, Request, Run, Running},
    http::{self, Front, Observer},
    journal::MemoryStore,
    message::Violations,
    metrics::Metrics,
    random::Random,
    transport::{Call, Outcome, Transport},
    value::Value,
};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "intake",
        run: |bytes| well_said(&intake(bytes)),
        examples: &[
            "POST /events HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nce-id: 1\r\nce-source: /shop\r\nce-specversion: 1.0\r\ncontent-length: 9\r\n\r\n{\"id\":41}",
            "POST /hooks HTTP/1.1\r\nhost: a\r\nwebhook-id: msg_1\r\nwebhook-timestamp: 1769947200\r\nwebhook-signature: v1,c2ln\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"id\":41}\r\n0\r\n\r\n",
            "PUT /orders/4711?mode=full&x=%C3%A9 HTTP/1.1\r\nhost: a\r\nidempotency-key: \"k-1\"\r\ncontent-type: application/json; charset=utf-8\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ncontent-length: 2\r\n\r\n{}",
            "GET /customers/7?since=2026-01-01 HTTP/1.1\r\nhost: a\r\nauthorization: Basic c2hvcDpzZWNyZXQ=\r\n\r\nGET /customers/8 HTTP/1.1\r\nhost: a\r\n\r\n",
            "OPTIONS /events HTTP/1.1\r\nhost: a\r\nwebhook-request-origin: events.example.org\r\nwebhook-request-rate: 120\r\n\r\n",
            "POST /orders HTTP/1.1\r\nhost: a\r\nauthorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln\r\ncontent-length: 2\r\n\r\n{}",
            "GET /messages/01920000-0000-7000-8000-000000000000 HTTP/1.0\r\n\r\n",
        ],
    },
    Target {
        name: "operators-listener",
        run: |bytes| well_said(&operators(bytes)),
        examples: &[
            "GET /messages?interface=SALES-A-ERP-ORDER-V1&state=DEAD&limit=10&after=99",
            "GET /dead-letters?reason=PERMANENT&from=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z",
            "GET /dead-letters/export?interface=SALES-A-ERP-ORDER-V1",
            "GET /messages/{id}",
            "GET /messages/{id}/body?kind=raw",
            "GET /audit?limit=5&after=7&subject=store",
            "GET /alerts?limit=5",
            "POST /messages/{id}/replay\n{\"why\":\"checked\",\"dry_run\":true,\"body\":{\"id\":41}}",
            "POST /messages/{id}/retry\n{\"why\":\"checked\"}",
            "POST /bulk/discard\n{\"why\":\"checked\",\"filter\":{\"interface\":\"SALES-A-ERP-ORDER-V1\",\"state\":\"DEAD\"},\"dry_run\":true}",
            "POST /interfaces/SALES-A-ERP-ORDER-V1/pause\n{\"why\":\"checked\"}",
            "POST /alerts/a%2Fb/acknowledge\n{\"why\":\"checked\"}",
        ],
    },
];

/// What opens the operator's listener.
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// What the public listener answers.
pub(super) fn intake(bytes: &[u8]) -> Vec<u8> {
    wait(http::fuzz::intake(&service().front, bytes))
}

/// What the operator's listener answers to a line with method, path and query; the rest is the body.
pub(super) fn operators(bytes: &[u8]) -> Vec<u8> {
    let (text, service) = (String::from_utf8_lossy(bytes), service());
    let (line, body) = text.split_once('\n').unwrap_or((&text, ""));
    let line = line.replace("{id}", &service.message_id);
    let request = format!(
        "{line} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    wait(admin::converse(Arc::clone(&service.console), request.as_bytes()))
}

/// An answer, if there is one, says what is wrong with the question.
fn well_said(answer: &[u8]) {
    let defect = b" 500 ";
    let line = answer.split(|byte| *byte == b'\n').next().unwrap_or_default();
    assert!(
        !line.windows(defect.len()).any(|window| window == defect),
        "an answer of a defect: {}",
        String::from_utf8_lossy(answer)
    );
}

/// A whole service whose partner refuses everything, and one dead letter in it.
struct Service {
    front: Arc<Front>,
    console: Arc<Console>,
    message_id: String,
}

fn service() -> &'static Service {
    static SERVICE: OnceLock<Service> = OnceLock::new();
    SERVICE.get_or_init(|| wait(start()))
}

async fn start() -> Service {
    let clock = Arc::new(ScaledClock::SYSTEM);
    let ports = Ports {
        store: Arc::new(MemoryStore::new()),
        transport: Arc::new(Refusing),
        clock: Arc::clone(&clock) as _,
        random: Arc::new(Random::seeded(1)),
        metrics: Arc::new(Metrics::new()),
        channels: Channels::new(),
    };
    let handlers = INTERFACES.iter().map(|interface| Arc::new(Flow(interface)) as Arc<dyn Handler>).collect();
    let engine = Arc::new(Engine::start(handlers, ports).await.expect("a journal in memory can be read"));
    let arrival = Arrival {
        handler: 0,
        raw: b"{\"id\":41}".to_vec(),
        body: Value::Null,
        key: Some("1".to_owned()),
        parameters: Vec::new(),
        principal: "shop".to_owned(),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        request_id: "r-1".to_owned(),
    };
    let message_id = engine.accept(arrival).await.expect("a message is accepted").message_id;
    let identity = Identity {
        basic_users: [("shop".to_owned(), "secret".to_owned().into())].into(),
        webhook_origins: vec!["events.example.org".to_owned()],
        ..Identity::default()
    };
    let random = Arc::new(Random::seeded(2));
    let front = Front::new(Arc::clone(&engine) as _, &identity, Arc::clone(&clock) as _, random, Arc::new(Deaf));
    let front = front.expect("no two interfaces want the same path");
    let console = Console::new(engine, "0123456789ab", &Admin::default(), Some(&TOKEN.to_owned().into()), clock);
    let console = console.expect("there are no certificates");
    Service { front: Arc::new(front), console: Arc::new(console), message_id }
}

struct Deaf;

impl Observer for Deaf {
    fn refused(&self, _: Option<&'static str>, _: u16) {}
}

struct Refusing;

impl Transport for Refusing {
    fn exchange<'a>(&'a self, _: Call<'a>) -> Promise<'a, Outcome> {
        let outcome = Outcome { status: Some(400), ..Outcome::without_reply(Class::Permanent, "status 400") };
        Box::pin(std::future::ready(outcome))
    }
}

const fn endpoint(method: Method, path: &'static str, auth: InboundAuth) -> Endpoint {
    let has_body = !matches!(method, Method::Get);
    Endpoint { method, path, auth, max_body_bytes: 10_000, max_per_minute: None, has_body }
}

const fn request(endpoint: Endpoint) -> Trigger {
    Trigger::Request { endpoint, durable: false, timeout_ms: 5_000 }
}

const BASE: Interface = Interface {
    smart_id: "SALES-A-ERP-ORDER-V1",
    title: "Order",
    document: "none",
    digest: "0123456789ab",
    source: "A",
    target: "ERP",
    trigger: Trigger::Http(endpoint(Method::Post, "/events", InboundAuth::None)),
    retry: Retry {
        retries: 0,
        interval_ms: 1,
        factor: 1,
        cap_ms: 1,
        jitter_percent: 0,
        retry_after_cap_ms: 1,
        give_up_after_ms: None,
    },
    dead_letter: true,
    alerts: &[],
    on_unknown: OnUnknown::Retry,
    order: DeliveryOrder::None,
    outcomes: &[],
    idempotency: KeySource::CloudEvent,
    idempotency_window_s: 60,
    encrypted: false,
    kept: crate::Kept::BY_ENVIRONMENT,
    sla_p95_ms: None,
    sensitive: &["/email"],
    searchable: &[],
    operations: &[&CREATE],
    responses: &[],
};

static INTERFACES: [Interface; 5] = [
    BASE,
    Interface {
        smart_id: "HOOKS",
        trigger: Trigger::Http(endpoint(Method::Post, "/hooks", InboundAuth::None)),
        idempotency: KeySource::Webhook,
        ..BASE
    },
    Interface {
        smart_id: "CHANGES",
        trigger: request(endpoint(Method::Put, "/orders/{id}", InboundAuth::None)),
        idempotency: KeySource::Header("idempotency-key"),
        ..BASE
    },
    Interface {
        smart_id: "CUSTOMERS",
        trigger: request(endpoint(Method::Get, "/customers/{id}", InboundAuth::Basic)),
        idempotency: KeySource::Message,
        ..BASE
    },
    Interface {
        smart_id: "ORDERS",
        trigger: Trigger::Http(endpoint(Method::Post, "/orders", InboundAuth::OAuth2 { scopes: &["orders.write"] })),
        idempotency: KeySource::Body,
        ..BASE
    },
];

struct Flow(&'static Interface);

impl Handler for Flow {
    fn interface(&self) -> &'static Interface {
        self.0
    }

    fn admit(&self, _: &Input) -> Result<Admitted, Violations> {
        Ok(Admitted::default())
    }

    fn run<'a>(&'a self, input: &'a Input, run: &'a Run) -> Running<'a> {
        Box::pin(async move {
            run.step("create").exchange(&CREATE, Request::new().body(input.body.clone())).await?;
            Ok(End::Delivered)
        })
    }
}

//! The operator's listener over a socket.

use std::{net::SocketAddr, path::Path};

use serde_json::Value;

use super::*;
use crate::{
    clock::ScaledClock,
    descriptor::{
        Class, Endpoint, Format, InboundAuth, Interface, Method, OnUnknown, Operation, OutboundAuth, Protocol, Repeat,
        Retry, System, Trigger,
    },
    door::{Arrival, Promise},
    engine::Ports,
    flow::{Admitted, End, Handler, Input, Request, Run, Running},
    journal::SqliteStore,
    message::Violations,
    metrics::Metrics,
    random::Random,
    transport::{Call, Outcome, Transport},
    value::{Record, Value as Tree},
};

static TARGET: System = System {
    name: "ERP",
    auth: OutboundAuth::None,
    cloud_connector: false,
    max_concurrency: None,
    max_per_second: None,
    max_per_day: None,
};

static CREATE: Operation = Operation {
    system: &TARGET,
    name: "create",
    protocol: Protocol::Rest { method: Method::Post, path: "/" },
    format: Format::Json,
    query: &[],
    repeat: Repeat::Repeats,
    outcomes: &[],
    paging: None,
    timeout_ms: 1_000,
    sensitive: &["/email"],
};

static INTERFACE: Interface = Interface {
    smart_id: "SALES-A-ERP-ORDER-V1",
    title: "Order",
    document: "spec/interfaces/SALES-A-ERP-ORDER-V1.md",
    digest: "0123456789ab",
    source: "A",
    target: "ERP",
    trigger: Trigger::Http(Endpoint {
        method: Method::Post,
        path: "/orders",
        auth: InboundAuth::None,
        max_body_bytes: 1_000,
        max_per_minute: None,
        has_body: true,
    }),
    retry: Retry { retries: 0, interval_ms: 1, factor: 1, cap_ms: 1, jitter_percent: 0, retry_after_cap_ms: 1 },
    dead_letter: true,
    alerts: &[],
    on_unknown: OnUnknown::Retry,
    ordered: false,
    idempotency_window_s: 60,
    sla_p95_ms: None,
    sensitive: &["/email"],
    operations: &[&CREATE],
    responses: &[],
};

struct Orders;

impl Handler for Orders {
    fn interface(&self) -> &'static Interface {
        &INTERFACE
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

/// Refuses everything.
struct Refusing;

impl Transport for Refusing {
    fn exchange<'a>(&'a self, _: Call<'a>) -> Promise<'a, Outcome> {
        let outcome = Outcome { status: Some(400), ..Outcome::without_reply(Class::Permanent, "status 400") };
        Box::pin(std::future::ready(outcome))
    }
}

async fn start(folder: &Path) -> (Arc<Engine>, SocketAddr) {
    let ports = Ports {
        store: Arc::new(SqliteStore::open(&folder.join("tieline.db"), None).unwrap()),
        transport: Arc::new(Refusing),
        clock: Arc::new(ScaledClock::SYSTEM),
        random: Arc::new(Random::seeded(1)),
        metrics: Arc::new(Metrics::new()),
        channels: crate::alert::Channels::new(),
    };
    let engine = Arc::new(Engine::start(vec![Arc::new(Orders)], ports).await.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, Arc::clone(&engine), "0123456789ab", CancellationToken::new()));
    (engine, address)
}

async fn accept(engine: &Engine) -> String {
    let mut record = Record::new();
    record.put("email", &"x@example.org".to_owned());
    record.put("id", &1_i64);
    let body = Tree::Record(record);
    let arrival = Arrival {
        handler: 0,
        raw: crate::format::json::write(&body).into_bytes(),
        body,
        parameters: Vec::new(),
        principal: "a".to_owned(),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        request_id: "r-1".to_owned(),
    };
    engine.accept(arrival).await.unwrap().message_id
}

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let client = crate::transport::http_client(crate::tls::client(None, None).unwrap(), None).unwrap();
    let reply = client.get(format!("http://{address}{path}")).send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

async fn json(address: SocketAddr, path: &str) -> Value {
    let (status, text) = get(address, path).await;
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn operators_see_everything_but_sensitive_values() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, address) = start(folder.path()).await;
    let id = accept(&engine).await;
    let story = loop {
        let story = json(address, &format!("/messages/{id}")).await;
        if story["state"] == "DEAD" {
            break story;
        }
    };
    assert_eq!(
        (&story["reason"], &story["trace_id"]),
        (&"PERMANENT".into(), &"0af7651916cd43dd8448eb211c80319c".into())
    );
    assert_eq!((&story["attempts"][0]["class"], &story["attempts"][0]["status"]), (&"permanent".into(), &400.into()));
    assert_eq!(story["dead_letter"]["mapped"], serde_json::json!({ "email": "***", "id": 1 }));
    assert_eq!(story["dead_letter"]["runbook"], "#permanent");

    let dead = json(address, "/dead-letters").await;
    assert_eq!(dead["dead_letters"][0]["id"], id.as_str());
    let alerts = json(address, "/alerts").await;
    assert_eq!((&alerts["incidents"][0]["status"], &alerts["posts"]), (&"firing".into(), &serde_json::json!([])));
    let interfaces = json(address, "/interfaces").await;
    assert_eq!(interfaces["interfaces"][0]["trigger"], "POST /orders");
    let (_, metrics) = get(address, "/metrics").await;
    assert!(metrics.contains("tieline_dead_letters{interface=\"SALES-A-ERP-ORDER-V1\"} 1"), "{metrics}");
    for path in [&format!("/messages/{id}"), "/dead-letters", "/alerts", "/messages", "/metrics"] {
        assert!(!get(address, path).await.1.contains("x@example.org"), "{path} shows a sensitive value");
    }
}

#[tokio::test]
async fn lists_are_paged_and_narrowed() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, address) = start(folder.path()).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(accept(&engine).await);
    }
    let page = json(address, "/messages?limit=2").await;
    let seen = |page: &Value| -> Vec<String> {
        page["messages"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(seen(&page), [ids[2].clone(), ids[1].clone()]);
    let rest = json(address, &format!("/messages?limit=2&after={}", page["next"])).await;
    assert_eq!((seen(&rest), &rest["next"]), (vec![ids[0].clone()], &Value::Null));
    assert_eq!(seen(&json(address, "/messages?interface=OTHER").await), Vec::<String>::new());
    assert_eq!(get(address, "/messages?state=GONE").await.0, 400);
    assert_eq!(get(address, "/messages?stat=DEAD").await.0, 400);
    assert_eq!(get(address, "/messages/nobody").await.0, 404);
}

#[tokio::test]
async fn health_follows_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, address) = start(folder.path()).await;
    assert_eq!((get(address, "/health/live").await.0, get(address, "/health/ready").await.0), (200, 200));
    engine.refuse();
    assert_eq!((get(address, "/health/live").await.0, get(address, "/health/ready").await.0), (200, 503));
}

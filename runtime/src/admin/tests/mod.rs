//! The operator's listener over a socket.

mod decisions;
mod erase;
mod gate;
mod roles;

use std::net::SocketAddr;

use http::Method;
use serde_json::Value;

use super::*;
use crate::{
    clock::ScaledClock,
    descriptor::{
        Class, DeliveryOrder, Endpoint, Format, InboundAuth, Interface, KeySource, OnUnknown, Operation, OutboundAuth,
        Place, Protocol, Repeat, Retry, Searchable, System, Trigger,
    },
    door::{Arrival, Door as _, Promise},
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
    protocol: Protocol::Rest { method: crate::descriptor::Method::Post, path: "/" },
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
        method: crate::descriptor::Method::Post,
        path: "/orders",
        auth: InboundAuth::None,
        max_body_bytes: 1_000,
        max_per_minute: None,
        has_body: true,
    }),
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
    idempotency: KeySource::Message,
    idempotency_window_s: 60,
    encrypted: false,
    kept: crate::Kept::BY_ENVIRONMENT,
    sla_p95_ms: None,
    sensitive: &["/email"],
    searchable: &[Searchable { name: "number", place: Place::Body("/id") }],
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

/// A service with an operator's listener, and what the tests ask it with.
struct World {
    engine: Arc<Engine>,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl World {
    /// On loopback, nobody set up: whoever is here may look, [`TOKEN`] may do everything.
    async fn start() -> Self {
        Self::under(&Admin::default(), Some(&TOKEN.to_owned().into())).await
    }

    async fn under(admin: &Admin, local: Option<&SecretString>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = Ports {
            store: Arc::new(SqliteStore::open(&folder.path().join("tieline.db"), None).unwrap()),
            transport: Arc::new(Refusing),
            clock: Arc::new(ScaledClock::SYSTEM),
            random: Arc::new(Random::seeded(1)),
            metrics: Arc::new(Metrics::new()),
            channels: crate::alert::Channels::new(),
        };
        let engine = Arc::new(Engine::start(vec![Arc::new(Orders)], ports).await.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let clock = Arc::new(ScaledClock::SYSTEM);
        let console = Console::new(Arc::clone(&engine), "0123456789ab", admin, local, clock).unwrap();
        tokio::spawn(serve(listener, console, CancellationToken::new()));
        Self { engine, address, _folder: folder }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let client = crate::transport::http_client(crate::tls::client(None, None).unwrap(), None).unwrap();
        client.request(method, format!("http://{}{path}", self.address))
    }

    async fn get(&self, path: &str) -> (u16, String) {
        said(self.request(Method::GET, path)).await
    }

    async fn json(&self, path: &str) -> Value {
        read(self.get(path).await)
    }

    /// With the token of the token file.
    async fn as_admin(&self, path: &str) -> Value {
        read(said(self.request(Method::GET, path).bearer_auth(TOKEN)).await)
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let (status, text) = said(self.request(Method::POST, path).bearer_auth(TOKEN).json(&body)).await;
        (status, serde_json::from_str(&text).unwrap())
    }

    /// `action subject result` of the audit log, newest first.
    async fn audited(&self) -> Vec<String> {
        let rows = self.as_admin("/audit").await;
        let word = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let rows = rows["audit"].as_array().unwrap().iter();
        rows.map(|row| format!("{} {} {}", word(row, "action"), word(row, "subject"), word(row, "result"))).collect()
    }

    /// A message that ends in the dead-letter list.
    async fn dead(&self) -> String {
        let id = accept(&self.engine).await;
        loop {
            if self.as_admin(&format!("/messages/{id}")).await["state"] == "DEAD" {
                return id;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

/// What is in the token file.
const TOKEN: &str = "correct-horse-battery-staple";

async fn said(request: reqwest::RequestBuilder) -> (u16, String) {
    let reply = request.send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

fn read((status, text): (u16, String)) -> Value {
    assert!(status < 300, "{status} {text}");
    serde_json::from_str(&text).unwrap()
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
        key: None,
        parameters: Vec::new(),
        principal: "a".to_owned(),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        request_id: "r-1".to_owned(),
    };
    engine.accept(arrival).await.unwrap().message_id
}

#[tokio::test]
async fn operators_see_everything_but_sensitive_values() {
    let world = World::start().await;
    let id = world.dead().await;
    let story = world.as_admin(&format!("/messages/{id}")).await;
    assert_eq!(
        (&story["reason"], &story["trace_id"]),
        (&"PERMANENT".into(), &"0af7651916cd43dd8448eb211c80319c".into())
    );
    assert_eq!((&story["attempts"][0]["class"], &story["attempts"][0]["status"]), (&"permanent".into(), &400.into()));
    assert_eq!(story["dead_letter"]["mapped"], serde_json::json!({ "email": "***", "id": 1 }));
    assert_eq!(story["dead_letter"]["runbook"], "#permanent");
    let viewed = world.json(&format!("/messages/{id}")).await;
    assert_eq!((&viewed["state"], &viewed["dead_letter"]["mapped"]), (&"DEAD".into(), &Value::Null));

    let dead = world.json("/dead-letters").await;
    assert_eq!(dead["dead_letters"][0]["id"], id.as_str());
    let alerts = world.json("/alerts").await;
    assert_eq!((&alerts["incidents"][0]["status"], &alerts["posts"]), (&"firing".into(), &serde_json::json!([])));
    let interfaces = world.json("/interfaces").await;
    let interface = &interfaces["interfaces"][0];
    assert_eq!((&interface["trigger"], &interface["accepted"]), (&"POST /orders".into(), &1.into()));
    assert_eq!((&interface["ended"]["DEAD"], &interface["dead_letters"]), (&1.into(), &1.into()));
    let systems = world.json("/systems").await;
    assert_eq!(
        (&systems["systems"][0]["system"], &systems["systems"][0]["breaker"]),
        (&"ERP".into(), &"closed".into())
    );
    let (_, metrics) = world.get("/metrics").await;
    assert!(metrics.contains("tieline_dead_letters{interface=\"SALES-A-ERP-ORDER-V1\"} 1"), "{metrics}");
    for path in
        [&format!("/messages/{id}"), "/dead-letters", "/alerts", "/messages", "/metrics", "/dead-letters/export"]
    {
        let (status, text) = said(world.request(Method::GET, path).bearer_auth(TOKEN)).await;
        assert_eq!(status, 200, "{text}");
        assert!(!text.contains("x@example.org"), "{path} shows a sensitive value");
    }
    assert_eq!(world.audited().await, ["export dead-letters done"]);
}

#[tokio::test]
async fn lists_are_paged_and_narrowed() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(world.dead().await);
    }
    ids.reverse();
    let seen = |page: &Value| -> Vec<String> {
        page["messages"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let page = world.json("/messages?limit=2").await;
    assert_eq!(seen(&page), ids[..2]);
    let rest = world.json(&format!("/messages?limit=2&after={}", page["next"])).await;
    assert_eq!((seen(&rest), &rest["next"]), (vec![ids[2].clone()], &Value::Null));
    for (query, found) in [
        ("interface=OTHER", 0),
        ("interface=SALES-A-ERP-ORDER-V1", 3),
        ("state=dead", 3),
        ("state=HELD", 0),
        ("reason=PERMANENT", 3),
        ("reason=MAP", 0),
        ("principal=a", 3),
        ("principal=b", 0),
        ("order_key=k", 0),
        ("target=ERP", 3),
        ("target=SRM7", 0),
        ("from=2020-01-01T00:00:00Z", 3),
        ("until=2020-01-01T00:00:00Z", 0),
        ("id=0af7651916cd43dd8448eb211c80319c", 3),
        ("id=r-1&limit=1", 1),
        ("field=number%3D1", 3),
        ("field=number%3D001.0", 3),
        ("field=number%3D1%0Anumber%3D2", 0),
        ("field=number%3D2", 0),
        ("field=other%3D1", 0),
    ] {
        assert_eq!(seen(&world.json(&format!("/messages?{query}")).await).len(), found, "{query}");
    }
    for query in [
        "state=GONE",
        "stat=DEAD",
        "from=yesterday",
        "reason=WHY",
        "limit=x",
        "limit=-1",
        "field=4711",
        "field=number%3D",
    ] {
        let (status, text) = world.get(&format!("/messages?{query}")).await;
        assert_eq!(status, 400, "{query}: {text}");
    }
    assert_eq!(world.get("/messages/nobody").await.0, 404);
    let lines = said(world.request(Method::GET, "/dead-letters/export").bearer_auth(TOKEN)).await.1;
    let exported: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(exported.iter().map(|story| story["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    assert_eq!(exported[0]["attempts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn health_follows_the_engine() {
    let world = World::start().await;
    assert_eq!((world.get("/health/live").await.0, world.get("/health/ready").await.0), (200, 200));
    world.engine.refuse();
    assert_eq!((world.get("/health/live").await.0, world.get("/health/ready").await.0), (200, 503));
}

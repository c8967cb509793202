//! One trace from acceptance over retries and a crash to delivery, as a collector gets it: protobuf over HTTP.
//!
//! The journal, the listener, the target and the collector are real; the process "dies" by dropping the engine, which
//! stops as a process does that is killed (`kill.rs` kills real ones).

#![allow(clippy::unwrap_used, reason = "a test")]

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{KeyValue, any_value},
    trace::v1::{Span, span::SpanKind},
};
use prost::Message as _;
use tieline_runtime::{
    Admitted, DeliveryOrder, End, Endpoint, Format, Handler, InboundAuth, Input, Interface, KeySource, Method,
    OnUnknown, Operation, OutboundAuth, Protocol, Repeat, Request, Retry, Run, Running, System, Trigger, Violations,
    alert::Channels,
    clock::{Clock, ScaledClock},
    engine::{Engine, Ports},
    environment::Environment,
    http::{Front, Limits, Observer, serve},
    journal::SqliteStore,
    log,
    metrics::Metrics,
    random::Random,
    telemetry::Exporter,
    transport::NetTransport,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Stands in every sensitive field.
const MARKER: &str = "DE02120300000000202051";
const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

static TARGET: System = System {
    name: "Bank",
    auth: OutboundAuth::None,
    cloud_connector: false,
    max_concurrency: None,
    max_per_second: None,
    max_per_day: None,
};

static PAY: Operation = Operation {
    system: &TARGET,
    name: "pay",
    protocol: Protocol::Rest { method: Method::Post, path: "/payments" },
    format: Format::Json,
    query: &[],
    repeat: Repeat::Harmless,
    outcomes: &[],
    paging: None,
    timeout_ms: 30_000,
    sensitive: &["/iban"],
};

static INTERFACE: Interface = Interface {
    smart_id: "PAY-A-BANK-PAYMENT-V1",
    title: "Payment",
    document: "none",
    digest: "000000000000",
    source: "A",
    target: "Bank",
    trigger: Trigger::Http(Endpoint {
        method: Method::Post,
        path: "/payments",
        auth: InboundAuth::None,
        max_body_bytes: 10_000,
        max_per_minute: None,
        has_body: true,
    }),
    retry: Retry {
        retries: 3,
        interval_ms: 400,
        factor: 1,
        cap_ms: 400,
        jitter_percent: 0,
        retry_after_cap_ms: 1,
        give_up_after_ms: None,
    },
    dead_letter: true,
    alerts: &[],
    on_unknown: OnUnknown::Retry,
    order: DeliveryOrder::None,
    encrypted: false,
    outcomes: &[],
    idempotency: KeySource::Message,
    idempotency_window_s: 60,
    kept: tieline_runtime::Kept::BY_ENVIRONMENT,
    sla_p95_ms: None,
    sensitive: &["/iban"],
    searchable: &[],
    operations: &[&PAY],
    responses: &[],
};

struct Payments;

impl Handler for Payments {
    fn interface(&self) -> &'static Interface {
        &INTERFACE
    }

    fn admit(&self, _: &Input) -> Result<Admitted, Violations> {
        Ok(Admitted::default())
    }

    fn run<'a>(&'a self, input: &'a Input, run: &'a Run) -> Running<'a> {
        Box::pin(async move {
            run.step("pay").exchange(&PAY, Request::new().body(input.body.clone())).await?;
            Ok(End::Delivered)
        })
    }
}

struct Nobody;

impl Observer for Nobody {
    fn refused(&self, _: Option<&'static str>, _: u16) {}
}

/// Refuses the first three payments and quotes them; then takes them. Remembers the traces.
#[derive(Default)]
struct Bank {
    traces: Mutex<Vec<String>>,
}

async fn bank() -> (Arc<Bank>, SocketAddr) {
    async fn pay(State(bank): State<Arc<Bank>>, headers: HeaderMap, body: String) -> (StatusCode, String) {
        let mut traces = bank.traces.lock().unwrap();
        traces.push(headers["traceparent"].to_str().unwrap().to_owned());
        let status = if traces.len() <= 3 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        (status, format!(r#"{{"error":"no such account in {}"}}"#, body.replace('"', "'")))
    }
    let bank = Arc::new(Bank::default());
    let address = listen(Router::new().route("/payments", post(pay)).with_state(Arc::clone(&bank))).await;
    (bank, address)
}

/// What came over the wire.
#[derive(Default)]
struct Collector {
    spans: Mutex<Vec<Span>>,
    logs: Mutex<Vec<(String, Vec<u8>)>>,
    resource: Mutex<Vec<KeyValue>>,
    bytes: Mutex<Vec<u8>>,
    refusals: AtomicUsize,
}

async fn collector() -> (Arc<Collector>, SocketAddr) {
    async fn traces(State(it): State<Arc<Collector>>, headers: HeaderMap, body: Bytes) -> StatusCode {
        assert!(headers["content-type"] == "application/x-protobuf" && headers["api-key"] == "k1");
        // The first request of all is refused for the moment.
        if it.refusals.fetch_add(1, Ordering::Relaxed) == 0 {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        it.bytes.lock().unwrap().extend_from_slice(&body);
        for resource in ExportTraceServiceRequest::decode(body).unwrap().resource_spans {
            it.resource.lock().unwrap().clone_from(&resource.resource.unwrap().attributes);
            it.spans.lock().unwrap().extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
        StatusCode::OK
    }
    async fn logs(State(it): State<Arc<Collector>>, body: Bytes) -> StatusCode {
        it.bytes.lock().unwrap().extend_from_slice(&body);
        for resource in ExportLogsServiceRequest::decode(body).unwrap().resource_logs {
            let records = resource.scope_logs.into_iter().flat_map(|scope| scope.log_records);
            it.logs.lock().unwrap().extend(records.map(|record| {
                let body = record.body.and_then(|body| body.value);
                let Some(any_value::Value::StringValue(text)) = body else { panic!("a line without words") };
                (text, record.trace_id)
            }));
        }
        StatusCode::OK
    }
    let collector = Arc::new(Collector::default());
    let router = Router::new()
        .route("/otlp/v1/traces", post(traces))
        .route("/otlp/v1/logs", post(logs))
        .with_state(Arc::clone(&collector));
    let address = listen(router).await;
    (collector, address)
}

async fn listen(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn engine(folder: &Path, bank: SocketAddr, metrics: &Arc<Metrics>) -> Arc<Engine> {
    let text = format!("[store]\nsqlite = \":memory:\"\n[systems.Bank]\nbase_url = \"http://{bank}\"\n");
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::SYSTEM);
    let systems = Environment::parse(&text).unwrap().systems;
    let ports = Ports {
        store: Arc::new(SqliteStore::open(&folder.join("tieline.db"), None).unwrap()),
        transport: Arc::new(NetTransport::new(systems, &clock).unwrap()),
        clock,
        random: Arc::new(Random::from_system()),
        metrics: Arc::clone(metrics),
        channels: Channels::new(),
    };
    Arc::new(Engine::start(vec![Arc::new(Payments)], ports).await.unwrap())
}

async fn front(engine: &Arc<Engine>) -> (SocketAddr, CancellationToken) {
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::SYSTEM);
    let identity = Environment::parse("[store]\nsqlite = \":memory:\"").unwrap().identity;
    let random = Arc::new(Random::from_system());
    let front = Front::new(Arc::clone(engine) as _, &identity, clock, random, Arc::new(Nobody)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    tokio::spawn(serve(listener, Arc::new(front), Limits::default(), stop.clone()));
    (address, stop)
}

fn exporter(folder: &Path, collector: SocketAddr, metrics: &Arc<Metrics>) -> Exporter {
    let key = folder.join("key");
    std::fs::write(&key, "k1\n").unwrap();
    let text = format!(
        "[store]\nsqlite = \":memory:\"\n[telemetry]\nendpoint = \"http://{collector}/otlp\"\nservice_name = \"pay\"\n\
         stage = \"test\"\nattributes = [\"team=payments\"]\n[telemetry.headers]\napi-key = \"file:{}\"\n",
        key.display()
    );
    let telemetry = Environment::parse(&text).unwrap().telemetry.unwrap();
    Exporter::start(telemetry, "000000000000", Arc::clone(metrics)).unwrap().unwrap()
}

fn attribute(span: &Span, key: &str) -> String {
    let value = span.attributes.iter().find(|attribute| attribute.key == key).and_then(|it| it.value.clone());
    match value.and_then(|value| value.value) {
        Some(any_value::Value::StringValue(text)) => text,
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_leads_from_the_caller_over_retries_and_a_crash_to_delivery() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let metrics = Arc::new(Metrics::new());
    let ((bank, bank_at), (collector, collector_at)) = (bank().await, collector().await);
    log::start(log::Format::Json);
    let exporter = exporter(folder.path(), collector_at, &metrics);
    let first = engine(folder.path(), bank_at, &metrics).await;
    let (address, stop) = front(&first).await;
    let client = reqwest::Client::builder().build().unwrap();
    let sent = client
        .post(format!("http://{address}/payments"))
        .header("traceparent", CALLER)
        .json(&serde_json::json!({ "iban": MARKER, "id": "7" }))
        .send();
    let reply = sent.await.unwrap();
    assert_eq!(reply.status(), 202);
    let location = reply.headers()["location"].to_str().unwrap().to_owned();
    let id = location.rsplit('/').next().unwrap().to_owned();
    wait(|| bank.traces.lock().unwrap().len() >= 2).await;
    // The process dies between two tries, and another goes on.
    stop.cancel();
    first.store().close().await;
    drop(first);
    let second = engine(folder.path(), bank_at, &metrics).await;
    let until = Instant::now() + Duration::from_secs(60);
    while second.store().story(&id).await.unwrap().unwrap().row.state.as_str() != "DELIVERED" {
        assert!(Instant::now() < until, "it is not delivered");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let story = second.store().story(&id).await.unwrap().unwrap();
    second.shut_down(10_000).await;
    exporter.shut_down(Duration::from_secs(30)).await;

    let spans: Vec<Span> = collector.spans.lock().unwrap().clone();
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "one trace, the caller's");
    let by_id: BTreeMap<String, &Span> = spans.iter().map(|span| (hex(&span.span_id), span)).collect();
    let of = |kind: SpanKind| spans.iter().filter(move |span| span.kind == i32::from(kind)).collect::<Vec<_>>();
    let [accepted] = of(SpanKind::Server)[..] else { panic!("{spans:#?}") };
    assert_eq!(
        (accepted.name.as_str(), hex(&accepted.parent_span_id).as_str()),
        ("POST /payments", "b7ad6b7169203331")
    );
    assert_eq!(attribute(accepted, "http.response.status_code"), "202");
    let tries = of(SpanKind::Consumer);
    assert!(
        tries
            .iter()
            .all(|span| span.parent_span_id == accepted.span_id
                && span.name == format!("process {}", INTERFACE.smart_id))
    );
    assert_eq!(tries.iter().filter(|span| attribute(span, "tieline.state") == "DELIVERED").count(), 1);
    assert!(tries.iter().filter(|span| attribute(span, "tieline.state") == "RETRYING").count() >= 2);
    let calls = of(SpanKind::Client);
    let seen = bank.traces.lock().unwrap().clone();
    assert!(seen.len() >= 4, "three refusals and a success: {seen:?}");
    for traceparent in &seen {
        // The call's own span went out, and lies below a try. (Of a try that the crash cut off there may be none.)
        let parts: Vec<&str> = traceparent.split('-').collect();
        assert_eq!(parts[1], TRACE);
        if let Some(call) = by_id.get(parts[2]) {
            assert_eq!(call.name, format!("{} pay", INTERFACE.smart_id));
            assert!(attribute(call, "messaging.message.id") == id);
        }
    }
    let last = by_id[seen.last().unwrap().split('-').nth(2).unwrap()];
    let parent = by_id[&hex(&last.parent_span_id)];
    assert_eq!(attribute(parent, "tieline.state"), "DELIVERED");
    assert!(calls.len() >= 4 && attribute(last, "http.response.status_code") == "200");
    collected_beside_the_spans(&collector);
    assert!(!format!("{story:?}").contains(MARKER), "in the story: {story:?}");
    assert!(story.attempts.iter().any(|attempt| attempt.excerpt.contains("***")), "{story:?}");
}

/// Logs of the trace, who they come from, and nothing of what is sensitive.
fn collected_beside_the_spans(collector: &Collector) {
    let logs = collector.logs.lock().unwrap().clone();
    assert!(logs.iter().any(|(text, trace)| text == "called" && hex(trace) == TRACE), "{logs:?}");
    let resource = collector.resource.lock().unwrap().clone();
    for key in ["service.name", "service.instance.id", "deployment.environment.name", "team", "tieline.digest"] {
        assert!(resource.iter().any(|attribute| attribute.key == key), "{key}");
    }
    // The bank quoted the account in every refusal.
    let bytes = collector.bytes.lock().unwrap().clone();
    assert!(!bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes()), "exported");
}

async fn wait(done: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < until, "it does not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

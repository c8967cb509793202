//! `kill -9` on a real process, again and again, with exact accounting.
//!
//! The test runs itself as the service ([`service_process`]), sends messages, kills it while they are in flight, and
//! starts it on the same journal. In the end every message that was acknowledged has been delivered or is dead, and no
//! message was delivered more often than crashes can explain.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test, with figures worth reading")]

#[allow(unreachable_pub, dead_code, reason = "other suites use it too, and use more of it")]
#[path = "../../tests/src/postgres.rs"]
mod cluster;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, extract::State, http::HeaderMap, routing::post};
use tieline_runtime::{
    Admitted, DeliveryOrder, End, Endpoint, Format, Handler, InboundAuth, Input, Interface, KeySource, Method,
    OnUnknown, Operation, OutboundAuth, Protocol, Repeat, Request, Retry, Run, Running, System, Trigger, Value,
    Violations, service,
};

static TARGET: System = System {
    name: "Target",
    auth: OutboundAuth::None,
    cloud_connector: false,
    max_concurrency: Some(MAX_IN_FLIGHT),
    max_per_second: None,
    max_per_day: None,
};

static PUT: Operation = Operation {
    system: &TARGET,
    name: "put",
    protocol: Protocol::Rest { method: Method::Post, path: "/orders" },
    format: Format::Json,
    query: &[],
    repeat: Repeat::Keyed { header: "Idempotency-Key" },
    outcomes: &[],
    paging: None,
    timeout_ms: 30_000,
    sensitive: &[],
};

static INTERFACE: Interface = Interface {
    smart_id: "TEST-CALLER-TARGET-ORDER-V1",
    title: "DeliveryOrder",
    document: "none",
    digest: "000000000000",
    source: "Caller",
    target: "Target",
    trigger: Trigger::Http(Endpoint {
        method: Method::Post,
        path: "/orders",
        auth: InboundAuth::None,
        max_body_bytes: 400_000,
        max_per_minute: None,
        has_body: true,
    }),
    retry: Retry {
        retries: 20,
        interval_ms: 50,
        factor: 1,
        cap_ms: 50,
        jitter_percent: 10,
        retry_after_cap_ms: 1_000,
        give_up_after_ms: None,
    },
    dead_letter: true,
    alerts: &[],
    on_unknown: OnUnknown::Retry,
    order: DeliveryOrder::None,
    outcomes: &[],
    idempotency: KeySource::Message,
    idempotency_window_s: 3_600,
    encrypted: false,
    kept: tieline_runtime::Kept::BY_ENVIRONMENT,
    sla_p95_ms: None,
    sensitive: &[],
    searchable: &[],
    operations: &[&PUT],
    responses: &[],
};

const MAX_IN_FLIGHT: u32 = 16;
/// Kills of a usual run; `KILLS=20` asks for more.
const KILLS: usize = 6;
/// The same over PostgreSQL.
const KILLS_ON_A_SERVER: usize = 3;
/// From the start of a process to its word that it is ready. The machine of the tests is busy, and the build is not
/// optimised: on a quiet one it takes a tenth of it.
const READY: Duration = Duration::from_secs(3);
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const ENVIRONMENT: &str = "TIELINE_KILL_TEST_ENVIRONMENT";

struct Orders;

impl Handler for Orders {
    fn interface(&self) -> &'static Interface {
        &INTERFACE
    }

    fn admit(&self, input: &Input) -> Result<Admitted, Violations> {
        let Value::Record(order) = &input.body else { return Err(Violations::one("", "is no record")) };
        match order.get("id") {
            Some(Value::Text(id)) => Ok(Admitted { idempotency_key: Some(id.clone()), order_key: None }),
            _ => Err(Violations::one("/id", "is missing")),
        }
    }

    fn run<'a>(&'a self, input: &'a Input, run: &'a Run) -> Running<'a> {
        Box::pin(async move {
            run.step("put").exchange(&PUT, Request::new().body(input.body.clone())).await?;
            Ok(End::Delivered)
        })
    }
}

/// The process that is killed. Does nothing unless the other test starts it.
#[test]
#[ignore = "is the service of the other test, not a test"]
fn service_process() {
    let Ok(environment) = std::env::var(ENVIRONMENT) else { return };
    let words = ["--environment".to_owned(), environment];
    let _ends_only_when_killed = service::run("000000000000", vec![Arc::new(Orders)], words);
}

/// How often each order arrived, with the key and the length of its body each time.
type Arrived = Arc<Mutex<BTreeMap<String, Vec<(String, usize)>>>>;

/// What a sender says under this name: now and then so much that a SQLite store keeps it in a file.
fn order(id: &str) -> serde_json::Value {
    let long = if id.ends_with('3') { 300_000 } else { 0 };
    serde_json::json!({ "id": id, "note": "x".repeat(long) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_little_is_sent_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite = {:?}", folder.path().join("tieline.db").display().to_string());
    let mut ready = killed_again_and_again(folder.path(), &store, kills(KILLS)).await;
    no_file_is_left_over(&folder.path().join("tieline.db"));
    // The first start makes the store; all others recover what a kill has left.
    ready.remove(0);
    ready.sort_unstable();
    let (median, longest) = (ready[ready.len() / 2], ready[ready.len() - 1]);
    println!("ready again after {} ms (median), {} ms (longest)", median.as_millis(), longest.as_millis());
    assert!(median < READY, "ready again after {median:?}");
}

/// What a killed process held is free once its lanes have run out: a successor accepts at once and delivers then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_on_postgresql_either() {
    let cluster = tokio::task::spawn_blocking(cluster::Cluster::start).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("url");
    std::fs::write(&url, cluster.database("killed")).unwrap();
    let store = format!("postgres = {:?}\nlease_seconds = 5", format!("file:{}", url.display()));
    killed_again_and_again(folder.path(), &store, kills(KILLS_ON_A_SERVER)).await;
}

fn kills(usual: usize) -> usize {
    std::env::var("KILLS").map_or(usual, |text| text.parse().expect("KILLS is a number"))
}

/// Kills a service under load so many times, and accounts for every message. How long it took to be ready, each time.
async fn killed_again_and_again(folder: &Path, store: &str, kills: usize) -> Vec<Duration> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arrived = Arrived::default();
    let target = target(Arc::clone(&arrived)).await;
    let environment = environment(folder, store, target);
    let client = reqwest::Client::builder().build().unwrap();
    let (mut acknowledged, mut ready) = (BTreeSet::new(), Vec::new());
    for round in 0..kills {
        let mut service = Service::start(&environment);
        ready.push(service.ready_after);
        let (count, wanted) = (AtomicUsize::new(0), 10 + 7 * (round % 10));
        let senders = (0..8).map(|sender| send(client.clone(), service.http, (round, sender), (&count, wanted)));
        let sent = futures_util::future::join_all(senders);
        let (sent, ()) = tokio::join!(sent, async {
            let hangs = Instant::now() + PATIENCE;
            while count.load(Ordering::Relaxed) < wanted && Instant::now() < hangs {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            service.kill();
        });
        acknowledged.extend(sent.into_iter().flatten());
    }
    let last = Service::start(&environment);
    ready.push(last.ready_after);
    let dead = settle(&client, &last).await;
    account(&acknowledged, &arrived, dead, kills);
    ready
}

/// Orders that were answered 202, until the service is gone: it is killed once so many of all senders are counted.
async fn send(
    client: reqwest::Client,
    to: SocketAddr,
    name: (usize, usize),
    (count, wanted): (&AtomicUsize, usize),
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let hangs = Instant::now() + PATIENCE;
    for number in 0.. {
        if Instant::now() >= hangs {
            break;
        }
        let id = format!("{}-{}-{number}", name.0, name.1);
        let sent = client.post(format!("http://{to}/orders")).json(&order(&id)).send().await;
        match sent {
            Ok(reply) if reply.status() == 202 => {
                acknowledged.push(id);
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok(_) => {}
            Err(_) if count.load(Ordering::Relaxed) >= wanted => break,
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    acknowledged
}

/// Waits until all lanes are worked on and nothing is under way. How many are dead.
async fn settle(client: &reqwest::Client, service: &Service) -> usize {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let url = |path: &str| format!("http://{}{path}", service.admin);
        let metrics = client.get(url("/metrics")).send().await.unwrap().text().await.unwrap();
        let figure = |name: &str| metrics.lines().find(|line| line.starts_with(name)).unwrap();
        let (backlog, lanes) = (figure("tieline_backlog{"), figure("tieline_lanes_held"));
        if backlog.ends_with(" 0") && lanes.ends_with(" 64") {
            let dead = client.get(url("/dead-letters?limit=500")).send().await.unwrap().text().await.unwrap();
            let dead: serde_json::Value = serde_json::from_str(&dead).unwrap();
            return dead["dead_letters"].as_array().unwrap().len();
        }
        assert!(Instant::now() < deadline, "still under way: {backlog}, {lanes}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Every body in a file is that of a message: kills leave nothing behind for ever.
fn no_file_is_left_over(store: &Path) {
    let connection = rusqlite::Connection::open(store).unwrap();
    let mut statement = connection.prepare("select file from body_file").unwrap();
    let known: BTreeSet<String> = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let files = std::fs::read_dir(store.with_extension("db.bodies")).unwrap();
    let files: BTreeSet<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    println!("{} bodies in files", files.len());
    assert!(!files.is_empty() && files == known, "{files:?} are there, {known:?} are known");
}

fn account(acknowledged: &BTreeSet<String>, arrived: &Arrived, dead: usize, kills: usize) {
    let arrived = arrived.lock().unwrap();
    let missing = acknowledged.iter().filter(|id| !arrived.contains_key(*id)).count();
    let sends: usize = arrived.values().map(Vec::len).sum();
    let keys_that_changed = arrived.values().filter(|sends| sends.iter().any(|send| send != &sends[0])).count();
    let repeated = sends - arrived.len();
    let most = kills * usize::try_from(MAX_IN_FLIGHT).unwrap();
    let cut = |(id, sends): &(&String, &Vec<_>)| sends.iter().any(|(_, bytes)| *bytes != order(id).to_string().len());
    assert_eq!(arrived.iter().find(cut), None, "every body arrives whole");
    println!(
        "{kills} kills: {} acknowledged, {} lost, {dead} dead, {repeated} sent again (at most {most})",
        acknowledged.len(),
        missing.saturating_sub(dead),
    );
    assert!(acknowledged.len() > 50, "too few to prove anything: {}", acknowledged.len());
    assert!(missing <= dead, "lost: {missing} were never sent, {dead} are dead");
    assert_eq!(keys_that_changed, 0, "a delivery keeps its key over crashes");
    assert!(repeated <= most, "{repeated} sent again");
}

/// A target that takes a while and remembers.
async fn target(arrived: Arrived) -> SocketAddr {
    async fn take(State(arrived): State<Arrived>, headers: HeaderMap, body: String) -> &'static str {
        let order: serde_json::Value = serde_json::from_str(&body).unwrap();
        let key = headers["idempotency-key"].to_str().unwrap().to_owned();
        arrived.lock().unwrap().entry(order["id"].as_str().unwrap().to_owned()).or_default().push((key, body.len()));
        tokio::time::sleep(Duration::from_millis(5)).await;
        "{}"
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/orders", post(take)).with_state(arrived);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn environment(folder: &Path, store: &str, target: SocketAddr) -> std::path::PathBuf {
    let file = folder.join("environment.toml");
    let text = format!(
        "[listen]\nhttp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[store]\n{store}\n[systems.Target]\n\
         base_url = \"http://{target}\"\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

struct Service {
    child: Child,
    http: SocketAddr,
    admin: SocketAddr,
    ready_after: Duration,
}

impl Service {
    fn start(environment: &Path) -> Self {
        let begin = Instant::now();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "service_process", "--nocapture"])
            .env(ENVIRONMENT, environment)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.map_while(Result::ok).find_map(|line| line.find('{').map(|at| line[at..].to_owned()));
        let ready: serde_json::Value = serde_json::from_str(&ready.expect("it starts")).unwrap();
        let address = |key: &str| ready[key].as_str().unwrap().parse().unwrap();
        Self { http: address("http"), admin: address("admin"), child, ready_after: begin.elapsed() }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

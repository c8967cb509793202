//! Three instances on one PostgreSQL: one is killed, one is stopped past its lease, one is cut off from the database, and
//! one has a clock of its own. What was acknowledged is delivered, in the order of its key, and nobody delivers under a
//! lease that has run out. What goes wrong on all of them is one incident, and is told once; decisions
//! are made on any.
//!
//! In: the real service three times, a real server, a partner that writes down every call. Out: books that balance. Never
//! knows: lanes of single messages.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first thing that is not there"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use simulators::{Effect, Fault, Landscape, Options, Partner, samples};
use tieline_tests::{
    postgres::Cluster,
    service::{Launch, Service},
};
use tokio::task::JoinSet;

const INTERFACE: &str = "SALES-ERP-SF-CUSTOMER-CHANGE-V1";
const LEASE_S: u32 = 6;
/// Whoever is stopped or cut off stays so for this long: well past its lease.
const AWAY: Duration = Duration::from_secs(9);
/// Customers, each with changes that have an order.
const CUSTOMERS: usize = 24;
/// An instance that does not answer is not asked twice.
const ANSWER: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(60);
const PATIENCE: Duration = Duration::from_secs(60);
/// Calls at a time that one instance may have had under way when it was interrupted.
const IN_FLIGHT: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_instances_lose_nothing_keep_the_order_and_send_nothing_under_a_stale_lease() {
    let begin = Instant::now();
    let told = |what: &str| println!("{:6.1} s  {what}", begin.elapsed().as_secs_f64());
    let cluster = Cluster::start();
    let url = cluster.database("several");
    let relay = Relay::before(cluster.port);
    let relayed = url.replace(&format!(":{}/", cluster.port), &format!(":{}/", relay.port));
    let landscape = Arc::new(Landscape::start(Options::default()).await.unwrap());
    let folders: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let launch = |number: usize, url: &str| {
        if number > 0 {
            // All of them know the key that the store is encrypted under.
            let key = |number: usize| folders[number].path().join("store.key");
            std::fs::copy(key(0), key(number)).unwrap();
        }
        Launch::new(&landscape, folders[number].path()).on_postgres(url).with_lease(LEASE_S)
    };
    let launches = [launch(0, &url), launch(1, &url).ahead_by(30), launch(2, &relayed)];
    let mut services: Vec<_> = launches.iter().map(Launch::start).collect();
    shared_fairly(&services, &[0, 1, 2]).await;
    told("three instances hold their shares; the clock of the second is 30 s ahead");

    let doors = Arc::new(Mutex::new(services.iter().map(|service| service.http).collect::<Vec<_>>()));
    let load = Load::start(&landscape, &doors);
    load.goes_on().await;

    services.remove(0).kill();
    told("the first was killed");
    load.goes_on().await;
    let first = launches[0].start();
    doors.lock().unwrap()[0] = first.http;
    services.insert(0, first);
    shared_fairly(&services, &[0, 1, 2]).await;
    told("the first is back, and has its share again");
    // A message that is in flight at two crashes in a row is taken for their cause: what was interrupted ends first.
    load.goes_on().await;

    services[1].freeze(true);
    tokio::time::sleep(AWAY).await;
    shared_fairly(&services, &[0, 2]).await;
    told("the second was stopped past its lease; the others have its lanes");
    services[1].freeze(false);
    shared_fairly(&services, &[0, 1, 2]).await;
    told("the second went on, and has its share again");
    load.goes_on().await;

    relay.cut(true);
    tokio::time::sleep(AWAY).await;
    shared_fairly(&services, &[0, 1]).await;
    let health = services[2].ask("/health/ready");
    assert_eq!(
        (&health["ready"], &health["parts"]["lanes"]["status"]),
        (&false.into(), &"degraded".into()),
        "{health}"
    );
    told("the third was cut off from the database past its lease, and says so; the others have its lanes");
    relay.cut(false);
    shared_fairly(&services, &[0, 1, 2]).await;
    told("the third is back, and has its share again");
    load.goes_on().await;

    let acknowledged = load.stop().await;
    let changes: usize = acknowledged.values().map(BTreeMap::len).sum();
    told(&format!("{changes} changes of {CUSTOMERS} customers are acknowledged"));
    all_delivered(&cluster, &acknowledged).await;
    let again = in_order_and_complete(&landscape, &acknowledged);
    told(&format!("all are delivered in the order of their customers; {again} calls were made again"));
    assert!(again <= 3 * IN_FLIGHT, "{again} calls were made again: no interruption explains that");

    let dead = refused_everywhere(&landscape, &services, &cluster).await;
    told("changes were refused on every instance: one incident counts them all, each channel was told once");
    decided_anywhere(&landscape, &services, &cluster, &dead).await;
    told("whichever instance is asked: the incident is taken on, dead letters run again, a pause holds everywhere");
    clock_is_told(&landscape).await;
    told("the channels know that a clock is ahead of the database's");
}

/// Customers whose changes the partner refuses.
const REFUSED: usize = 12;

/// Every instance has dead letters for the same reason: that is one incident, and its channels hear of it once. Ids of the dead.
async fn refused_everywhere(landscape: &Landscape, services: &[Service], cluster: &Cluster) -> Vec<String> {
    landscape.salesforce.faults((0..REFUSED).map(|it| Fault::on_key(&name(it), 99, Effect::status(400))).collect());
    let dead = send_to_all(landscape, services, 9_998).await;
    let ask = |sql: &str| asked(cluster, sql);
    let counted = of_the_incident("record::json->>'count'");
    let begin = Instant::now();
    while ask(&counted) != REFUSED.to_string() {
        assert!(begin.elapsed() < PATIENCE, "{:?} are counted: {}", ask(&counted), ask("select record from incident"));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let raisers = ask("select count(distinct lane) from progress where state = 'DEAD'");
    assert!(raisers.parse::<usize>().unwrap() > 3, "dead letters are in {raisers} lanes");
    assert_eq!(landscape.ans.events_of(INTERFACE).len(), 1, "{:?}", landscape.ans.events_of(INTERFACE));
    dead
}

/// Decisions about messages of all instances, each made on an instance that was picked without a look at who works on it.
async fn decided_anywhere(landscape: &Landscape, services: &[Service], cluster: &Cluster, dead: &[String]) {
    let why = serde_json::json!({ "why": "the partner takes them now" });
    let done = |service: usize, path: &str| {
        let (status, answer) = services[service % 3].decide(path, &why);
        assert_eq!(status, 200, "{path}: {answer}");
    };
    let key = asked(cluster, &of_the_incident("dedup_key"));
    let escaped = key.replace('/', "%2F").replace(' ', "%20");
    for service in 0..3 {
        done(service, &format!("/alerts/{escaped}/acknowledge"));
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    assert_eq!(asked(cluster, &of_the_incident("record::json->>'acknowledged_ms' is not null")), "t");
    assert_eq!(landscape.ans.events_of(INTERFACE).len(), 2, "the alert and its acknowledgement");

    landscape.salesforce.clear_faults();
    for (service, id) in dead.iter().enumerate() {
        done(service + 1, &format!("/messages/{id}/retry"));
    }
    none_is(cluster, "state <> 'DELIVERED'").await;

    done(2, &format!("/interfaces/{INTERFACE}/pause"));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let calls = landscape.salesforce.journal().len();
    send_to_all(landscape, services, 9_999).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(landscape.salesforce.journal().len(), calls, "nothing is sent while it is paused");
    done(0, &format!("/interfaces/{INTERFACE}/resume"));
    none_is(cluster, "state <> 'DELIVERED'").await;
}

/// A change of each of these customers, spread over the instances. The ids.
async fn send_to_all(landscape: &Landscape, services: &[Service], number: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for customer in 0..REFUSED {
        let id = send(landscape, services[customer % 3].http, customer, number).await;
        ids.push(id.expect("nothing is the matter with the instances"));
    }
    ids
}

/// Waits until no message is as the condition says.
async fn none_is(cluster: &Cluster, condition: &str) {
    let begin = Instant::now();
    loop {
        let left = asked(cluster, &format!("select message, state, reason, lane from progress where {condition}"));
        if left.is_empty() {
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "{condition}:\n{left}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// A question about the incident of the interface.
fn of_the_incident(what: &str) -> String {
    format!("select {what} from incident where firing and record::json->>'interface' = '{INTERFACE}'")
}

/// The clock that is ahead is found by its instance, and told by the one that leads.
async fn clock_is_told(landscape: &Landscape) {
    let begin = Instant::now();
    loop {
        let told = format!("{:?}", landscape.ans.events_of("tieline"));
        if told.contains("s ahead of the database's") {
            return;
        }
        assert!(begin.elapsed() < 2 * PATIENCE, "the instances' clocks differ, and nobody says so: {told}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn asked(cluster: &Cluster, sql: &str) -> String {
    let told = cluster.ask("several", &format!("set search_path = tieline; {sql}")).stdout;
    String::from_utf8(told).unwrap().trim().to_owned()
}

/// Waits until these instances have all lanes among them, each its share.
async fn shared_fairly(services: &[Service], who: &[usize]) {
    let begin = Instant::now();
    loop {
        let lanes: Vec<u32> = who.iter().map(|number| lanes(&services[*number])).collect();
        let fair = 64 / u32::try_from(who.len()).unwrap();
        if lanes.iter().sum::<u32>() == 64 && lanes.iter().all(|lanes| (fair - 2..=fair + 2).contains(lanes)) {
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "the lanes are not shared fairly: {lanes:?} of {who:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// `works on 22 of 64 lanes; …`.
fn lanes(service: &Service) -> u32 {
    let health = service.ask("/health/ready");
    let detail = health["parts"]["lanes"]["detail"].as_str().expect("a shared store").to_owned();
    detail.split(' ').nth(2).and_then(|lanes| lanes.parse().ok()).unwrap_or_default()
}

/// Message ids by customer and number of the change.
type Acknowledged = BTreeMap<usize, BTreeMap<usize, String>>;

/// Customers whose data change again and again. The next change of a customer is sent when the last one was acknowledged.
struct Load {
    senders: JoinSet<(usize, BTreeMap<usize, String>)>,
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicUsize>,
}

impl Load {
    fn start(landscape: &Arc<Landscape>, doors: &Arc<Mutex<Vec<SocketAddr>>>) -> Self {
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut senders = JoinSet::new();
        for customer in 0..CUSTOMERS {
            let (landscape, doors) = (Arc::clone(landscape), Arc::clone(doors));
            let (stop, sent) = (Arc::clone(&stop), Arc::clone(&sent));
            senders.spawn(async move {
                let (mut acknowledged, mut door) = (BTreeMap::new(), customer);
                for number in 0.. {
                    if stop.load(Ordering::Acquire) {
                        break;
                    }
                    let id = loop {
                        door += 1;
                        let address = doors.lock().unwrap()[door % 3];
                        match send(&landscape, address, customer, number).await {
                            Some(id) => break id,
                            None => tokio::time::sleep(PAUSE).await,
                        }
                    };
                    acknowledged.insert(number, id);
                    sent.fetch_add(1, Ordering::AcqRel);
                    tokio::time::sleep(PAUSE * 2).await;
                }
                (customer, acknowledged)
            });
        }
        Self { senders, stop, sent }
    }

    /// Waits until every customer has changed a few times more, as far as one can tell.
    async fn goes_on(&self) {
        let (begin, before) = (Instant::now(), self.sent.load(Ordering::Acquire));
        while self.sent.load(Ordering::Acquire) < before + CUSTOMERS * 3 {
            assert!(begin.elapsed() < PATIENCE, "nothing is accepted any more");
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn stop(mut self) -> Acknowledged {
        self.stop.store(true, Ordering::Release);
        let mut all = Acknowledged::new();
        while let Some(sender) = self.senders.join_next().await {
            let (customer, acknowledged) = sender.unwrap();
            all.insert(customer, acknowledged);
        }
        all
    }
}

/// The id, if it was acknowledged. The event has the same id each time: no instance takes it twice.
async fn send(landscape: &Landscape, door: SocketAddr, customer: usize, number: usize) -> Option<String> {
    let mut change = samples::customer_change(&format!("E-{customer}-{number}"), &name(customer));
    change["contact_number"] = format!("+33 1 00 00 {:02} {:02}", number / 100, number % 100).into();
    let call = landscape.callers(door).erp.change_customer(&change);
    let reply = tokio::time::timeout(ANSWER, call.send()).await.ok()?.ok()?;
    if reply.status == 503 {
        return None;
    }
    assert_eq!(reply.status, 202, "{}", reply.text());
    let (_, id) = reply.header("location").rsplit_once('/').expect("the address of the message");
    Some(id.to_owned())
}

fn name(customer: usize) -> String {
    format!("C-{customer:04}")
}

/// Waits until nothing is left to do: all that was acknowledged is delivered, and nothing else was accepted.
async fn all_delivered(cluster: &Cluster, acknowledged: &Acknowledged) {
    none_is(cluster, "state <> 'DELIVERED'").await;
    let kept = asked(cluster, "select id from message");
    let mut kept: Vec<&str> = kept.lines().collect();
    let mut ids: Vec<&str> = acknowledged.values().flat_map(BTreeMap::values).map(String::as_str).collect();
    kept.sort_unstable();
    ids.sort_unstable();
    assert_eq!(kept, ids, "every change is one message");
}

/// What the partner saw: every change of every customer, none after a later one. How many calls were made again.
fn in_order_and_complete(landscape: &Landscape, acknowledged: &Acknowledged) -> usize {
    let mut seen = BTreeMap::<String, Vec<usize>>::new();
    for call in landscape.salesforce.journal() {
        if call.operation == "upsert-account" {
            let body: Value = serde_json::from_str(&call.body).expect("an account");
            let digits: String = body["Phone"].as_str().unwrap().chars().filter(char::is_ascii_digit).collect();
            let number = digits[digits.len() - 4..].parse().expect("the number of the change");
            seen.entry(call.key.expect("a customer")).or_default().push(number);
        }
    }
    let mut again = 0;
    for (customer, changes) in acknowledged {
        let calls = &seen[&name(*customer)];
        // A call that an instance was about to make when it was stopped may be made when it goes on: the partner sees one
        // change twice, and never a change for the first time after a later one.
        let mut known = BTreeSet::new();
        let once: Vec<usize> = calls.iter().copied().filter(|number| known.insert(*number)).collect();
        assert!(once.is_sorted(), "a change of customer {customer} was sent after a later one: {calls:?}");
        assert!(changes.keys().eq(&once), "customer {customer}: {} changes, {calls:?}", changes.len());
        again += calls.len() - once.len();
    }
    again
}

/// Stands before the server, and can stop passing anything on, as a network that is cut does: nobody is told.
struct Relay {
    port: u16,
    cut: Arc<AtomicBool>,
}

impl Relay {
    fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Arc::new(AtomicBool::new(false));
        let is_cut = Arc::clone(&cut);
        // Threads end with the test's process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let is_cut = Arc::clone(&is_cut);
                    thread::spawn(move || pass_on(from, to, &is_cut));
                }
            }
        });
        Self { port, cut }
    }

    fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::Release);
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, is_cut: &AtomicBool) {
    let mut buffer = [0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        while is_cut.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(10));
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    from.shutdown(std::net::Shutdown::Both).ok();
    to.shutdown(std::net::Shutdown::Both).ok();
}

//! The books balance after `kill -9`: what was acknowledged is delivered, once.
//!
//! The real service runs with real partner systems beside it and is killed three times while carts keep coming in, or it and
//! the PostgreSQL server of its store are, in turn. When that happens and what else goes wrong is drawn from a seed;
//! `SEED=<number>` before the test command draws the same.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first thing that is not there"
)]

use std::{
    collections::BTreeMap,
    env,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use serde_json::Value;
use simulators::{Callers, Effect, Fault, Landscape, Options, Partner, SimClock, samples};
use tieline_tests::{
    postgres::Cluster,
    service::{Launch, Service},
};
use tokio::task::JoinSet;

/// Carts of one run.
const CARTS: usize = 120;
/// Senders at work at the same time.
const SENDERS: usize = 12;
const KILLS: usize = 3;
/// How fast waiting goes: thirty seconds between two tries become one and a half.
const SPEED: f64 = 20.0;
/// From its start, the service is ready within this time, however it ended: a guard against hanging on a busy machine. How
/// fast it really is, the benchmark `w2k` measures.
const READY: Duration = Duration::from_secs(20);
/// Until everything must have ended.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_delivered_once_whenever_the_service_is_killed() {
    let seed = seed();
    println!("SEED={seed}");
    let mut chance = Chance(seed);
    let folder = tempfile::tempdir().unwrap();
    let landscape = Landscape::start(Options { clock: SimClock::scaled_from_now(SPEED), seed }).await.unwrap();
    disturb(&landscape, &mut chance);
    let launch = Launch::new(&landscape, folder.path());
    let mut service = launch.start();
    let mut books = Books::default();
    for _ in 0..KILLS {
        let wanted = books.acknowledged.len() + 1 + chance.below(CARTS / (KILLS + 1));
        let moment = Duration::from_millis(chance.below(60));
        books.send(&landscape.callers(service.http), Some((wanted, moment, Box::new(|| service.kill())))).await;
        service = launch.start();
        assert!(service.ready_after < READY, "SEED={seed}: ready only after {:?}", service.ready_after);
        suspects_end(&service).await;
    }
    books.send(&landscape.callers(service.http), None).await;
    books.balance(&landscape, &service, seed).await;

    // The store that was torn out of the service's hands four times is whole, and tells nothing to whoever reads the disk.
    service.kill();
    let checked = launch.check_store();
    assert_eq!((&checked["findings"], checked["messages"].as_u64()), (&Value::Array(Vec::new()), Some(CARTS as u64)));
    // Whoever opened it last has taken its log in.
    let bytes = std::fs::read(folder.path().join("tieline.db")).expect("the store");
    let content = cart(0).into_bytes();
    assert!(!bytes.windows(content.len()).any(|window| window == content), "the store holds content in clear");
}

/// While the server is away, what is under way has no commit behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_delivered_once_whenever_postgresql_or_the_service_is_killed() {
    let seed = seed();
    println!("SEED={seed}");
    let mut chance = Chance(seed);
    let folder = tempfile::tempdir().unwrap();
    let cluster = Arc::new(Mutex::new(Cluster::start()));
    let url = cluster.lock().unwrap().database("crash");
    let landscape = Landscape::start(Options { clock: SimClock::scaled_from_now(SPEED), seed }).await.unwrap();
    disturb(&landscape, &mut chance);
    let launch = Launch::new(&landscape, folder.path()).on_postgres(&url);
    let mut service = launch.start();
    let mut books = Books::default();
    let mut draw = |acknowledged: usize| {
        (acknowledged + 1 + chance.below(CARTS / (KILLS + 1)), Duration::from_millis(chance.below(60)))
    };

    let (wanted, moment) = draw(books.acknowledged.len());
    let server = Arc::clone(&cluster);
    let kill: Blow = Box::new(move || server.lock().unwrap().kill());
    books.send(&landscape.callers(service.http), Some((wanted, moment, kill))).await;
    let away = books.ask_for_one(&landscape.callers(service.http)).await;
    assert_eq!(away, Some(503), "SEED={seed}: the server is away");
    cluster.lock().unwrap().restart();
    let begin = Instant::now();
    while books.ask_for_one(&landscape.callers(service.http)).await != Some(202) {
        assert!(begin.elapsed() < PATIENCE, "SEED={seed}: it does not take messages again");
        // Nobody knows what was under way: as the manual says, whoever looks after the service starts it again.
        if let Some(code) = service.ended() {
            assert_eq!(code, Some(70), "SEED={seed}: it ended for another reason");
            service = launch.start();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    suspects_end(&service).await;

    let (wanted, moment) = draw(books.acknowledged.len());
    books.send(&landscape.callers(service.http), Some((wanted, moment, Box::new(|| service.kill())))).await;
    service = launch.start();
    suspects_end(&service).await;
    books.send(&landscape.callers(service.http), None).await;
    books.balance(&landscape, &service, seed).await;

    service.kill();
    let checked = launch.check_store();
    assert_eq!((&checked["findings"], checked["messages"].as_u64()), (&Value::Array(Vec::new()), Some(CARTS as u64)));
}

/// The partner has bad moments of its own: replies that are lost, calls that never arrive, slow ones.
fn disturb(landscape: &Landscape, chance: &mut Chance) {
    let effects = [Effect::DropAfter, Effect::DropBefore, Effect::Delay(2_000), Effect::status(503)];
    let faults = effects.map(|effect| {
        let cart = cart(chance.below(CARTS));
        Fault::on_key(&cart, 1, effect)
    });
    landscape.vms.faults(faults.to_vec());
}

/// Waits until those that were at work when the service was killed have ended: two kills during the same message would
/// make it the suspect, and it would end as the cause of a crash loop, as documents say.
async fn suspects_end(service: &Service) {
    let begin = Instant::now();
    loop {
        let list = service.ask("/messages?limit=500");
        let suspect = |row: &Value| row["crashes"] != 0 && is_open(row);
        if !list["messages"].as_array().expect("messages").iter().any(suspect) || begin.elapsed() > PATIENCE {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether a message leaves its state by itself.
fn is_open(message: &Value) -> bool {
    message["state"].as_str().is_some_and(|state| ["ACCEPTED", "READY", "IN_FLIGHT", "RETRYING"].contains(&state))
}

/// What is done to whom when it is time.
type Blow = Box<dyn FnOnce() + Send>;

/// What the senders know.
#[derive(Default)]
struct Books {
    /// Cart number → id of the message, for each cart that was answered 202.
    acknowledged: BTreeMap<String, String>,
}

impl Books {
    /// Sends every cart that was not acknowledged yet, some at a time. With an end, the blow falls a moment after so
    /// many carts are acknowledged, and who has no answer then, or a refusal, knows nothing.
    async fn send(&mut self, callers: &Callers, mut end: Option<(usize, Duration, Blow)>) {
        let blow_falls = end.is_some();
        let mut waiting = (0..CARTS).map(cart).filter(|cart| !self.acknowledged.contains_key(cart)).collect::<Vec<_>>();
        waiting.reverse();
        let mut senders = JoinSet::new();
        let mut killer = JoinSet::new();
        loop {
            while senders.len() < SENDERS && killer.is_empty() {
                let Some(cart) = waiting.pop() else { break };
                let call = callers.srm.approve_cart(&samples::shopping_cart(&cart));
                senders.spawn(async move { (cart, call.send().await) });
            }
            let Some(answered) = senders.join_next().await else { break };
            if let (cart, Ok(reply)) = answered.unwrap() {
                if reply.status == 503 && blow_falls {
                    continue;
                }
                assert_eq!(reply.status, 202, "{cart}: {}", reply.text());
                self.acknowledge(cart, reply.header("location"));
            }
            if let Some((_, moment, blow)) = end.take_if(|(wanted, ..)| self.acknowledged.len() >= *wanted) {
                killer.spawn(async move {
                    tokio::time::sleep(moment).await;
                    blow();
                });
            }
        }
        killer.join_all().await;
    }

    fn acknowledge(&mut self, cart: String, location: &str) {
        let (_, id) = location.rsplit_once('/').expect("the address of the message");
        self.acknowledged.insert(cart, id.to_owned());
    }

    /// Sends the next cart that was not acknowledged yet. The status of the answer, if there is one.
    async fn ask_for_one(&mut self, callers: &Callers) -> Option<u16> {
        let next = (0..CARTS).map(cart).find(|cart| !self.acknowledged.contains_key(cart)).expect("one more cart");
        let reply = callers.srm.approve_cart(&samples::shopping_cart(&next)).send().await.ok()?;
        if reply.status == 202 {
            self.acknowledge(next, reply.header("location"));
        }
        Some(reply.status)
    }

    /// Every cart was acknowledged and is delivered, once, and nothing else is.
    async fn balance(&self, landscape: &Landscape, service: &Service, seed: u64) {
        assert_eq!(self.acknowledged.len(), CARTS, "SEED={seed}: every sender has its acknowledgement in the end");
        let lost = self.undelivered(service).await;
        assert!(lost.is_empty(), "SEED={seed}: {} acknowledged, but not delivered:\n{}", lost.len(), lost.join("\n"));
        let orders = |cart: &String| landscape.vms.purchase_orders_of(cart).len();
        let wrong: Vec<_> = self.acknowledged.keys().filter(|cart| orders(cart) != 1).collect();
        assert!(wrong.is_empty(), "SEED={seed}: not exactly one purchase order: {wrong:?}");
        assert_eq!(landscape.vms.purchase_orders().len(), CARTS, "SEED={seed}: orders that nobody sent");
    }

    /// Waits until every acknowledged message has ended; those that were not delivered, with what the operator sees.
    async fn undelivered(&self, service: &Service) -> Vec<String> {
        let begin = Instant::now();
        loop {
            let stories: Vec<_> =
                self.acknowledged.iter().map(|(cart, id)| (cart, service.ask(&format!("/messages/{id}")))).collect();
            if begin.elapsed() > PATIENCE || !stories.iter().any(|(_, story)| is_open(story)) {
                let told = |story: &Value| format!("{} {} {}", story["state"], story["reason"], story["detail"]);
                let lost = stories.iter().filter(|(_, story)| story["state"] != "DELIVERED");
                return lost.map(|(cart, story)| format!("{cart}: {}", told(story))).collect();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn cart(number: usize) -> String {
    format!("SC-{number:04}")
}

/// What `SEED` says, or another number each time.
fn seed() -> u64 {
    let given = env::var("SEED").ok().map(|text| text.parse().expect("SEED is a number"));
    given.unwrap_or_else(|| SystemTime::UNIX_EPOCH.elapsed().expect("a clock after 1970").subsec_nanos().into())
}

/// A row of numbers that depends on the seed only (SplitMix64, Steele and others 2014).
struct Chance(u64);

impl Chance {
    fn below<T: TryFrom<u64> + TryInto<u64>>(&mut self, bound: T) -> T {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bound = bound.try_into().ok().filter(|bound| *bound > 0).unwrap_or(1);
        T::try_from((word ^ (word >> 31)) % bound).unwrap_or_else(|_| unreachable!("below a number of the type"))
    }
}

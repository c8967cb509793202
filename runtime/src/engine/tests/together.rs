//! Two processes over one store: what each raises, and what the channel hears of it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::world::PLAIN;
use crate::{
    alert::{Alerts, Cause, Channel, Channels, Condition, Part, Undelivered, Watch},
    clock::{Clock, TokioClock},
    door::Promise,
    journal::{Incident, MemoryStore, Post, Store as _},
    lifecycle::{Reason, Trouble},
    metrics::Metrics,
    random::Random,
};

/// Counts of what was told, and whether it still goes on.
#[derive(Default)]
struct Mailbox(Mutex<Vec<(u64, bool)>>);

impl Channel for Mailbox {
    fn tell<'a>(&'a self, post: &'a Post) -> Promise<'a, Result<(), Undelivered>> {
        self.0.lock().unwrap().push((post.incident.count, post.incident.firing));
        Box::pin(std::future::ready(Ok(())))
    }
}

/// What a process sees.
#[derive(Default)]
struct Sight {
    leads: AtomicBool,
    goes_on: AtomicBool,
    late: AtomicBool,
}

impl Watch for Sight {
    fn goes_on(&self, _: &Incident) -> bool {
        self.goes_on.load(Ordering::Relaxed)
    }

    fn conditions(&self) -> Vec<Condition> {
        let late = Condition {
            interface: "SALES-A-B-ORDER-V1".to_owned(),
            target: "B".to_owned(),
            trouble: Trouble::Late,
            count: 3,
            message_id: String::new(),
            detail: "3 messages are late".to_owned(),
            channels: None,
        };
        self.late.load(Ordering::Relaxed).then_some(late).into_iter().collect()
    }

    fn part(&self) -> Part {
        if self.leads.load(Ordering::Relaxed) { Part::Leads } else { Part::Raises }
    }
}

struct Process {
    alerts: Arc<Alerts>,
    sight: Arc<Sight>,
}

struct Pair {
    store: MemoryStore,
    mailbox: Arc<Mailbox>,
    first: Process,
    second: Process,
}

/// The first one leads.
fn pair() -> Pair {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(0));
    let (store, mailbox) = (MemoryStore::new(), Arc::new(Mailbox::default()));
    let process = |seed| {
        let channels = Channels::from([("Email".to_owned(), Arc::clone(&mailbox) as _)]);
        let (random, metrics) = (Arc::new(Random::seeded(seed)), Arc::new(Metrics::new()));
        let alerts = Arc::new(Alerts::new(channels, Arc::new(store.clone()), Arc::clone(&clock), random, metrics));
        let sight = Arc::new(Sight::default());
        let (tended, seen) = (Arc::clone(&alerts), Arc::clone(&sight));
        tokio::spawn(async move { tended.tend(&*seen).await });
        Process { alerts, sight }
    };
    let (first, second) = (process(1), process(2));
    first.sight.leads.store(true, Ordering::Relaxed);
    Pair { store, mailbox, first, second }
}

impl Pair {
    /// A message ends badly in a process.
    async fn fails(&self, process: &Process, message_id: &str) {
        let cause =
            Cause { interface: &PLAIN, target: "B", reason: Reason::Permanent, message_id, detail: "status 400" };
        let changes = process.alerts.raise(&cause);
        self.store.commit(changes).await.unwrap();
        process.alerts.wake();
    }

    fn told(&self) -> Vec<(u64, bool)> {
        self.mailbox.0.lock().unwrap().clone()
    }

    async fn incident(&self) -> Incident {
        let all = self.store.incidents(9).await.unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        all.into_iter().next().unwrap()
    }
}

async fn wait_s(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn what_several_processes_raise_is_one_incident_told_once() {
    let pair = pair();
    wait_s(1).await;
    for number in 0..3 {
        pair.fails(&pair.first, &format!("a{number}")).await;
        pair.fails(&pair.second, &format!("b{number}")).await;
        wait_s(3).await;
    }
    assert_eq!(pair.told(), [(1, true)]);
    assert_eq!(pair.incident().await.count, 6);
    wait_s(60).await;
    assert_eq!(pair.told(), [(1, true), (6, true)], "and updated with what all of them have counted");
    wait_s(300).await;
    assert_eq!(pair.told().last(), Some(&(6, false)));
}

#[tokio::test(start_paused = true)]
async fn an_incident_stays_open_while_it_goes_on_in_a_process_that_does_not_lead() {
    let pair = pair();
    wait_s(1).await;
    pair.second.sight.goes_on.store(true, Ordering::Relaxed);
    pair.fails(&pair.second, "b").await;
    wait_s(1_000).await;
    assert!(pair.incident().await.firing);
    let mut words = pair.store.posts(true, 99).await.unwrap();
    words.retain(|post| post.is_word() && post.incident.count == 0);
    assert!(words.len() > 3, "{words:?}");
    let quotes = |word: &Post| !word.incident.message_id.is_empty() || !word.incident.detail.is_empty();
    assert!(!words.iter().any(quotes), "said again without the message, which may have been erased by then");
    pair.second.sight.goes_on.store(false, Ordering::Relaxed);
    wait_s(600).await;
    assert!(!pair.incident().await.firing);
    assert_eq!(pair.told(), [(1, true), (1, false)]);
}

#[tokio::test(start_paused = true)]
async fn a_condition_of_one_process_is_told_by_the_one_that_leads() {
    let pair = pair();
    pair.second.sight.late.store(true, Ordering::Relaxed);
    wait_s(1_000).await;
    assert_eq!(pair.told(), [(3, true)]);
    pair.second.sight.late.store(false, Ordering::Relaxed);
    wait_s(600).await;
    assert_eq!(pair.told(), [(3, true), (3, false)]);
}

#[tokio::test(start_paused = true)]
async fn whoever_leads_next_takes_up_what_is_open_and_what_was_said_meanwhile() {
    let pair = pair();
    wait_s(1).await;
    pair.fails(&pair.first, "a").await;
    wait_s(5).await;
    pair.first.sight.leads.store(false, Ordering::Relaxed);
    wait_s(5).await;
    pair.fails(&pair.first, "b").await;
    pair.fails(&pair.second, "c").await;
    wait_s(5).await;
    assert_eq!(pair.incident().await.count, 1, "nobody leads");
    pair.second.sight.leads.store(true, Ordering::Relaxed);
    wait_s(5).await;
    assert_eq!(pair.incident().await.count, 3);
    wait_s(60).await;
    assert_eq!(pair.told(), [(1, true), (3, true)]);
}

#[tokio::test(start_paused = true)]
async fn an_incident_is_taken_on_wherever_one_asks() {
    let pair = pair();
    wait_s(1).await;
    pair.fails(&pair.first, "a").await;
    wait_s(5).await;
    let key = pair.incident().await.dedup_key;
    assert_eq!(pair.second.alerts.acknowledge("no/such/KEY", "ann").await.unwrap(), None);
    let changes = pair.second.alerts.acknowledge(&key, "ann").await.unwrap().unwrap();
    pair.store.commit(changes).await.unwrap();
    wait_s(5).await;
    assert_eq!(pair.incident().await.acknowledged.map(|it| it.who), Some("ann".to_owned()));
    assert_eq!(pair.second.alerts.acknowledge(&key, "bob").await.unwrap(), Some(Vec::new()));
    pair.fails(&pair.second, "b").await;
    wait_s(90).await;
    assert_eq!(pair.told(), [(1, true), (1, true)], "the alert and its acknowledgement, no update");
}

//! A network and the partners at its other end, and everything that can happen on the way.
//!
//! In: calls of the engine, weather. Out: outcomes, and work that was done or was not. Never knows: disks, flows.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use tieline_runtime::{
    Class, Repeat, Value,
    alert::{Channel, Undelivered},
    door::Promise,
    journal::Post,
    random::Random,
    transport::{Call, Outcome, Transport},
};

use super::{
    flows::FIND,
    history::{Event, History},
    wrong::Lie,
};

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It arrives, and so does its answer, after this long.
    Fine(u64),
    /// Nobody listens: it does not arrive.
    NoConnection,
    /// It is lost on its way; the wait is in vain.
    LostBefore,
    /// The work is done, its answer is lost.
    LostAfter(u64),
    /// The wait is in vain, and only then it arrives: harmless calls and such with a key only.
    Late,
    /// It arrives twice: calls with a key only.
    Twice,
    /// The target is overloaded.
    Unavailable,
    /// The target is overloaded and says until when.
    Later(u64),
    /// The target refuses this message.
    Refused,
    /// The target refuses us: an expired token, a wrong certificate.
    Denied,
}

const TIMEOUT: Duration = Duration::from_secs(30);

/// The network of one world: it outlives processes.
pub(super) struct Network {
    history: History,
    lie: Lie,
    random: Random,
    /// How many of a hundred calls meet with something.
    storm: AtomicU64,
    /// Calls of the dead go nowhere.
    process: AtomicU32,
    script: Mutex<HashMap<&'static str, VecDeque<Fate>>>,
    /// How often the work of a key was done, by key and operation.
    effects: Mutex<BTreeMap<(String, &'static str), u32>>,
}

impl Network {
    pub(super) fn new(history: History, seed: u64, lie: Lie) -> Self {
        Self {
            history,
            lie,
            random: Random::seeded(seed),
            storm: AtomicU64::new(0),
            process: AtomicU32::new(0),
            script: Mutex::default(),
            effects: Mutex::default(),
        }
    }

    /// A handle for the next process.
    pub(super) fn open(self: &Arc<Self>) -> Handle {
        Handle { network: Arc::clone(self), process: self.process.fetch_add(1, Ordering::Relaxed) + 1 }
    }

    /// The process died: what it has sent is on its way, nothing more goes out.
    pub(super) fn close(&self) {
        self.process.fetch_add(1, Ordering::Relaxed);
    }

    /// How many of a hundred calls meet with something.
    pub(super) fn storm(&self, percent: u64) {
        self.storm.store(percent, Ordering::Relaxed);
    }

    /// The next call of an operation meets with this.
    pub(super) fn next(&self, operation: &'static str, fate: Fate) {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default().push_back(fate);
    }

    pub(super) fn heal(&self) {
        self.storm(0);
        self.script.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// How often work was done, by key and operation.
    pub(super) fn effects(&self) -> MutexGuard<'_, BTreeMap<(String, &'static str), u32>> {
        self.effects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fate(&self, call: &Call<'_>) -> Fate {
        let scripted = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        let scripted = { scripted }.get_mut(call.operation.name).and_then(VecDeque::pop_front);
        let fate = scripted.unwrap_or_else(|| self.draw());
        let once = call.operation.repeat == Repeat::Repeats;
        match fate {
            Fate::Late if once => Fate::LostBefore,
            Fate::Twice if once => Fate::Fine(1),
            fate => fate,
        }
    }

    /// The key of a call; with a lie, a replay has that of what it repeats.
    fn key(&self, key: &str) -> String {
        let repeated = (self.lie == Lie::ReplaysUnderOldKeys).then(|| key.split_once('.')).flatten();
        let repeated = repeated.and_then(|(id, step)| {
            let of = self.history.life(|life| life.repeats(id))?;
            Some(format!("{of}.{step}"))
        });
        repeated.unwrap_or_else(|| key.to_owned())
    }

    fn draw(&self) -> Fate {
        let quick_ms = self.random.up_to(40);
        if self.random.up_to(99) >= self.storm.load(Ordering::Relaxed) {
            return Fate::Fine(quick_ms);
        }
        match self.random.up_to(20) {
            0..=2 => Fate::Fine(self.random.up_to(29_000)),
            3 | 4 => Fate::NoConnection,
            5 | 6 => Fate::LostBefore,
            7..=9 => Fate::LostAfter(self.random.up_to(29_000)),
            10 => Fate::Late,
            11 => Fate::Twice,
            12..=14 => Fate::Unavailable,
            15 => Fate::Later(self.random.up_to(600_000)),
            16 | 17 => Fate::Refused,
            18 => Fate::Denied,
            _ => Fate::Fine(quick_ms),
        }
    }

    /// The call arrives and its work is done; the answer to it.
    fn arrive(&self, key: &str, operation: &'static str, repeat: Repeat) -> (Class, Value) {
        self.history.add(Event::Arrived { key: key.to_owned(), operation });
        let mut effects = self.effects();
        if operation == FIND.name {
            let found = effects.contains_key(&(key.to_owned(), "create"));
            self.history.coverage.sometimes(if found { "a probe found the work" } else { "a probe found nothing" });
            return (Class::Delivered, if found { Value::Text("found".to_owned()) } else { Value::Null });
        }
        let count = effects.entry((key.to_owned(), operation)).or_default();
        if *count > 0 && matches!(repeat, Repeat::Keyed { .. }) {
            return (Class::Duplicate, Value::Text("known".to_owned()));
        }
        *count += 1;
        (Class::Delivered, Value::Text("done".to_owned()))
    }
}

/// One process's hand on the network.
pub(super) struct Handle {
    network: Arc<Network>,
    process: u32,
}

impl Transport for Handle {
    fn exchange<'a>(&'a self, call: Call<'a>) -> Promise<'a, Outcome> {
        Box::pin(async move {
            let network = &self.network;
            if network.process.load(Ordering::Relaxed) != self.process {
                return std::future::pending().await;
            }
            let (key, operation, repeat) = (network.key(call.key), call.operation.name, call.operation.repeat);
            network.history.add(Event::Sent { key: key.clone(), operation, repeat });
            let fate = network.fate(&call);
            let outcome = self.meet(fate, &key, operation, repeat).await;
            let (class, later_ms) = (outcome.class, outcome.retry_after_ms);
            network.history.add(Event::Answered { key, operation, class, later_ms });
            outcome
        })
    }
}

impl Handle {
    async fn meet(&self, fate: Fate, key: &str, operation: &'static str, repeat: Repeat) -> Outcome {
        let (network, coverage) = (&self.network, &self.network.history.coverage);
        let nothing = |class| Outcome::without_reply(class, format!("{fate:?}"));
        match fate {
            Fate::Fine(ms) => {
                // Half of the way there, half of it back.
                tokio::time::sleep(Duration::from_millis(ms / 2)).await;
                let (class, reply) = network.arrive(key, operation, repeat);
                tokio::time::sleep(Duration::from_millis(ms / 2)).await;
                Outcome { reply, ..nothing(class) }
            }
            Fate::NoConnection | Fate::Unavailable => nothing(Class::Retryable),
            Fate::LostBefore => {
                tokio::time::sleep(TIMEOUT).await;
                coverage.sometimes("an outcome was unknown");
                nothing(Class::Unknown)
            }
            Fate::LostAfter(ms) => {
                network.arrive(key, operation, repeat);
                network.history.fault("a reply was lost after the work");
                tokio::time::sleep(Duration::from_millis(ms)).await;
                nothing(Class::Unknown)
            }
            Fate::Late => {
                network.history.fault("a request came late");
                let (late, key) = (Arc::clone(network), key.to_owned());
                tokio::spawn(async move {
                    tokio::time::sleep(TIMEOUT * 2).await;
                    late.arrive(&key, operation, repeat);
                });
                tokio::time::sleep(TIMEOUT).await;
                nothing(Class::Unknown)
            }
            Fate::Twice => {
                network.history.fault("a request came twice");
                let (class, reply) = network.arrive(key, operation, repeat);
                network.arrive(key, operation, repeat);
                Outcome { reply, ..nothing(class) }
            }
            Fate::Later(ms) => {
                coverage.sometimes("the target named a time");
                Outcome { retry_after_ms: Some(ms), ..nothing(Class::Retryable) }
            }
            Fate::Refused => nothing(Class::Permanent),
            Fate::Denied => {
                coverage.sometimes("the target refused us");
                nothing(Class::Target)
            }
        }
    }
}

/// An alert channel that is down now and then.
pub(super) struct Mailbox(pub(super) Arc<Network>);

impl Channel for Mailbox {
    fn tell<'a>(&'a self, post: &'a Post) -> Promise<'a, Result<(), Undelivered>> {
        let down = self.0.random.up_to(99) < self.0.storm.load(Ordering::Relaxed) / 2;
        let told = if down {
            Err(Undelivered { permanent: false, retry_after_ms: None, detail: "down".to_owned() })
        } else {
            let (incident, firing) = (post.incident.dedup_key.clone(), post.incident.firing);
            self.0.history.add(Event::Told { incident, firing });
            Ok(())
        };
        Box::pin(std::future::ready(told))
    }
}

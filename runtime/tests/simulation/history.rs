//! What happened, in order.
//!
//! In: events of disk, network, callers and processes. Out: a list that can be read, and the judgement of [`Life`] on
//! each as it comes. Never knows: what is simulated.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tieline_runtime::{
    Class, Repeat, Value,
    clock::Clock,
    journal::{Change, NewMessage},
};

use super::{coverage::Coverage, life::Life};

/// Something that happened.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// A process is up.
    Started,
    /// A process died; what it had not synced may be gone.
    Died,
    /// A process is shutting down in order.
    Stopping,
    /// It has.
    Stopped,
    /// A caller got its promise.
    Acked { name: String, id: String, replayed: bool },
    /// A caller that waited for a reply has it.
    Replied { name: String, smart_id: &'static str, status: u16, body: Value },
    /// It was told that there will be none, for this reason.
    Failed { name: String, smart_id: &'static str, reason: &'static str },
    /// A caller was refused: for good, or to come again.
    Refused { name: String, for_good: bool, why: String },
    /// A message is on the disk.
    Kept { seq: i64, message: Box<NewMessage> },
    /// Changes are on the disk, all of them in one transaction.
    Changed(Vec<Change>),
    /// The disk refused changes: full, they are not there; broken, nobody knows.
    NotWritten(Vec<Change>),
    /// Changes came too late: their message had been taken or ended since.
    Stale(Vec<Change>),
    /// A call goes out.
    Sent { key: String, operation: &'static str, repeat: Repeat },
    /// A call does its work at the target.
    Arrived { key: String, operation: &'static str },
    /// A call comes to an outcome.
    Answered { key: String, operation: &'static str, class: Class, later_ms: Option<u64> },
    /// An alert arrived at its channel.
    Told { incident: String, firing: bool },
    /// Disk, network or people do something unusual.
    Fault(String),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("a process starts"),
            Self::Died => f.write_str("the process died"),
            Self::Stopping => f.write_str("the process is asked to stop"),
            Self::Stopped => f.write_str("the process has stopped"),
            Self::Acked { name, id, replayed } => {
                write!(f, "caller {name} has its promise: {id}{}", if *replayed { ", again" } else { "" })
            }
            Self::Replied { name, status, body, .. } => write!(f, "caller {name} has its reply: {status} {body:?}"),
            Self::Failed { name, reason, .. } => write!(f, "caller {name} is told that it failed: {reason}"),
            Self::Refused { name, why, .. } => write!(f, "caller {name} is refused: {why}"),
            Self::Kept { seq, message } => {
                write!(f, "disk: {seq} is kept, {} of {}", message.id, message.interface)?;
                message.order_key.as_ref().map_or(Ok(()), |key| write!(f, ", in the line of {key}"))
            }
            Self::Changed(changes) => write!(f, "disk: {}", briefly(changes)),
            Self::NotWritten(changes) => write!(f, "disk: refused: {}", briefly(changes)),
            Self::Stale(changes) => write!(f, "disk: stale: {}", briefly(changes)),
            Self::Sent { key, operation, .. } => write!(f, "network: {operation} goes out for {key}"),
            Self::Arrived { key, operation } => write!(f, "network: {operation} arrives for {key}"),
            Self::Answered { key, operation, class, later_ms } => {
                write!(f, "network: {operation} for {key} comes to {class:?}")?;
                later_ms.map_or(Ok(()), |ms| write!(f, ", not before {ms} ms"))
            }
            Self::Told { incident, firing } => {
                write!(f, "alert: {incident} {}", if *firing { "fires" } else { "is over" })
            }
            Self::Fault(what) => write!(f, "{what}"),
        }
    }
}

/// Changes as a reader of histories wants them.
fn briefly(changes: &[Change]) -> String {
    let words = changes.iter().map(|change| match change {
        Change::State { seq, state, reason, due_ms, .. } => {
            let reason = reason.map_or_else(String::new, |reason| format!(" {reason}"));
            let due = due_ms.map_or_else(String::new, |ms| format!(" until {:.3} s", seconds(ms)));
            format!("{seq} is {state}{reason}{due}")
        }
        Change::Claim { seq, guard, gap } => {
            let gap = if *gap { ", with a gap before it" } else { "" };
            format!("{seq} is taken under lease {}{gap}", guard.lease + 1)
        }
        Change::Crashes { seq, crashes } => format!("{seq} has seen {crashes} crashes"),
        Change::Begin { seq, step, .. } => format!("{seq} begins `{step}`"),
        Change::Done { seq, attempt, .. } => format!("{seq} has done `{}` ({:?})", attempt.step, attempt.class),
        Change::Failed { seq, attempt, tries, doubt } => {
            let doubt = if *doubt { ", in doubt" } else { "" };
            format!("{seq} failed at `{}` ({:?}), {tries} tries{doubt}", attempt.step, attempt.class)
        }
        Change::Incident(incident) => format!("incident {} firing {}", incident.dedup_key, incident.firing),
        Change::Post(post) => format!("post {} {:?}", post.incident.dedup_key, post.state),
        Change::Bury { seq, grave } => format!("{seq} is buried: {}", grave.sentence),
        other => format!("{other:?}"),
    });
    words.collect::<Vec<_>>().join("; ")
}

#[derive(Default)]
struct Told {
    events: Vec<(i64, Event)>,
    life: Life,
}

/// The history of one world. Clones share it.
#[derive(Clone)]
pub(super) struct History {
    pub(super) clock: Arc<dyn Clock>,
    told: Arc<Mutex<Told>>,
    pub(super) coverage: Coverage,
}

impl History {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, told: Arc::default(), coverage: Coverage::default() }
    }

    pub(super) fn add(&self, event: Event) {
        let at_ms = self.clock.now_ms();
        let mut told = self.told();
        told.life.see(at_ms, &event, &self.coverage);
        told.events.push((at_ms, event));
    }

    pub(super) fn fault(&self, what: &'static str) {
        self.coverage.sometimes(what);
        self.add(Event::Fault(what.to_owned()));
    }

    /// Looks at the life of every message.
    pub(super) fn life<T>(&self, look: impl FnOnce(&mut Life) -> T) -> T {
        look(&mut self.told().life)
    }

    /// Looks at every event.
    pub(super) fn each(&self, mut look: impl FnMut(i64, &Event)) {
        self.told().events.iter().for_each(|(at_ms, event)| look(*at_ms, event));
    }

    /// One line an event.
    pub(super) fn lines(&self) -> Vec<String> {
        let told = self.told();
        told.events.iter().map(|(at_ms, event)| format!("{:>14.3} s  {event}", seconds(*at_ms))).collect()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds of a few days")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

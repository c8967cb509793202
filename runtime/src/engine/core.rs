//! What all parts of the engine share.
//!
//! In: the ports of the runtime. Out: one place to reach them. Never knows: HTTP.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use futures_util::future::join_all;
use tokio::sync::Notify;

use super::{
    board::Board,
    lanes::Held,
    limits::{Gate, Shut},
    pace::Pace,
    paused::{Parked, Paused},
    queue::{Queue, Tenure, Ticket},
    waiters::Waiters,
};
use crate::{
    alert::Alerts,
    clock::Clock,
    descriptor::{Interface, System},
    flow::{Handler, Input},
    format::scrub::Scrubber,
    journal::{Change, Guard, Lanes, NewMessage, Pause, Store, StoreError, lane::lane_of},
    lifecycle::{Event, Reason, Remains, Rules, State},
    metrics::Metrics,
    random::Random,
    transport::Transport,
};

/// Bytes of new messages that are kept in memory as they were read, which takes some times as many. Those behind them are kept
/// as bytes, and the rest is read back from the journal.
const MOST_READ: usize = 1 << 20;
const MOST_RAW: usize = 8 << 20;

/// So many ids are drawn to find one of a lane of ours.
const MOST_IDS: usize = 256;

/// The outside world, by parameter.
#[derive(Clone)]
pub struct Ports {
    /// The journal.
    pub store: Arc<dyn Store>,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<Random>,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// Alert channels by name.
    pub channels: crate::alert::Channels,
}

/// The shared state of an engine.
pub(crate) struct Core {
    pub(super) handlers: Vec<Arc<dyn Handler>>,
    pub(super) rules: Rules,
    pub(crate) store: Arc<dyn Store>,
    pub(super) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(super) random: Arc<Random>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) alerts: Arc<Alerts>,
    pub(super) board: Board,
    pub(super) waiters: Waiters,
    pub(super) paused: Paused,
    pub(super) parked: Parked,
    /// Held while a person's decision is carried out.
    pub(super) deciding: tokio::sync::Mutex<()>,
    pub(super) held: Held,
    gates: Mutex<HashMap<&'static str, Arc<Gate>>>,
    queue: Mutex<Queue<Payload>>,
    pub(super) pace: Pace,
    pub(super) wake: Notify,
    read: Room,
    raw: Room,
    /// Messages that are being tried, with the lease they were taken under.
    running: Mutex<BTreeMap<i64, u32>>,
    ready: AtomicBool,
    broken: Mutex<Option<StoreError>>,
    pub(super) broke: Notify,
}

/// What the engine keeps with a queued message.
#[derive(Debug, Clone)]
pub(super) struct Payload {
    pub(super) id: String,
    pub(super) accepted_ms: i64,
    /// It was accepted under another revision of its document, and nobody has said that it runs under this one.
    pub(super) outdated: bool,
    /// The system that it could not call when it was tried last.
    pub(super) waits_on: Option<&'static str>,
    /// A message that was just accepted need not be read back.
    pub(super) fresh: Option<Kept>,
}

/// Room in memory for so many bytes.
#[derive(Debug)]
struct Room {
    most: usize,
    taken: Arc<AtomicUsize>,
}

/// A part of it, for as long as something is kept there.
#[derive(Debug)]
pub(super) struct Place {
    bytes: usize,
    of: Arc<AtomicUsize>,
}

impl Room {
    fn of(most: usize) -> Self {
        Self { most, taken: Arc::default() }
    }

    fn take(&self, bytes: usize) -> Option<Place> {
        let place = Place { bytes, of: Arc::clone(&self.taken) };
        (self.taken.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.most).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.of.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A new message in memory: read, or, behind many others, only its bytes.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    Read(Arc<Fresh>),
    Raw(Arc<Raw>),
}

/// The bytes of a message.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) bytes: Vec<u8>,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) traceparent: String,
    _place: Place,
}

/// A message as it came, while it is new.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) input: Input,
    pub(super) traceparent: String,
    /// Where it is kept, unless it was read for this try.
    pub(super) _place: Option<Place>,
}

/// The message a try is about.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) seq: i64,
    pub(super) id: String,
    pub(super) interface: &'static Interface,
    pub(super) tenure: Tenure,
    /// The try's own, child of the message's.
    pub(super) traceparent: String,
    /// Values of the message that no text may quote.
    pub(super) scrubber: Scrubber,
}

impl Core {
    pub(super) fn new(rules: Rules, handlers: Vec<Arc<dyn Handler>>, ports: Ports) -> Self {
        let count = handlers.len();
        Self {
            board: Board::new(count),
            queue: Mutex::new(Queue::new(count)),
            pace: Pace::new(),
            alerts: Arc::new(Alerts::new(
                ports.channels,
                Arc::clone(&ports.store),
                Arc::clone(&ports.clock),
                Arc::clone(&ports.random),
                Arc::clone(&ports.metrics),
            )),
            store: ports.store,
            transport: ports.transport,
            clock: ports.clock,
            random: ports.random,
            metrics: ports.metrics,
            rules,
            handlers,
            held: Held::new(),
            gates: Mutex::default(),
            waiters: Waiters::default(),
            paused: Paused::default(),
            parked: Parked::default(),
            deciding: tokio::sync::Mutex::default(),
            wake: Notify::new(),
            read: Room::of(MOST_READ),
            raw: Room::of(MOST_RAW),
            running: Mutex::default(),
            ready: AtomicBool::new(false),
            broken: Mutex::default(),
            broke: Notify::new(),
        }
    }

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue<Payload>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, ticket: Ticket<Payload>) {
        self.queue().push(ticket);
        self.wake.notify_one();
    }

    pub(super) fn push_at(&self, due_ms: i64, ticket: Ticket<Payload>) {
        self.queue().push_at(due_ms, ticket);
        self.wake.notify_one();
    }

    /// Keeps the ticket of a message that waits for a person, or that keeps its place in a line although it has ended.
    pub(super) fn park(&self, ticket: Ticket<Payload>) {
        let queue = self.queue();
        if queue.holds(ticket.tenure) {
            self.parked.keep(ticket);
        }
    }

    /// Lanes are not ours any more: whatever is known of their messages is forgotten.
    pub(super) fn shut(&self, lanes: Lanes) {
        let mut queue = self.queue();
        queue.shut(lanes);
        self.board.shut(lanes);
        self.parked.shut(lanes);
    }

    /// What was left in lanes is queued; newcomers come behind it. Those of the lanes that are still held.
    pub(super) fn settle(&self, lanes: Lanes) -> Lanes {
        let mut queue = self.queue();
        let settled = lanes.and(queue.held());
        for (mut ticket, key) in queue.settle(settled) {
            if self.board.opened(ticket.handler, (ticket.seq, ticket.tenure.lane), ticket.payload.accepted_ms) {
                ticket.turn = key.map(|key| queue.reserve(ticket.handler, &key, ticket.tenure));
                queue.push(ticket);
            }
        }
        drop(queue);
        self.wake.notify_one();
        settled
    }

    /// Whether something may be sent for a message that was taken in this tenure.
    pub(super) fn may_send(&self, tenure: Tenure) -> bool {
        !self.held.is_shared() || self.held.counts() && self.queue().holds(tenure)
    }

    /// What is paused, as the journal has it: what somebody let go on elsewhere goes on here, too.
    pub(super) fn take_over_pauses(&self, pauses: Vec<Pause>) {
        let resumed = self.paused.list().iter().any(|old| pauses.iter().all(|new| new.scope != old.scope));
        self.paused.replace(pauses);
        if resumed {
            self.queue().hurry(&self.board.held(Reason::Paused));
            self.wake.notify_one();
        }
    }

    /// The next messages to run, and when to look again at the latest.
    pub(super) fn next(&self) -> (Vec<Ticket<Payload>>, Option<i64>) {
        let steady_ms = self.clock.steady_ms();
        let most = |waiting| self.pace.most(waiting, steady_ms);
        self.queue().take(self.clock.now_ms(), most, |handler| self.is_paused(handler))
    }

    /// Whether a person paused the interface.
    pub(super) fn is_paused(&self, handler: usize) -> bool {
        self.paused.interface(self.handlers[handler].interface().smart_id)
    }

    /// All systems that interfaces call, by name.
    pub(super) fn systems(&self) -> impl Iterator<Item = &'static System> + use<> {
        let interfaces = self.handlers.iter().map(|handler| handler.interface());
        let systems = interfaces.flat_map(|interface| interface.operations.iter().map(|operation| operation.system));
        let by_name: BTreeMap<&'static str, &'static System> = systems.map(|system| (system.name, system)).collect();
        by_name.into_values()
    }

    /// Keeps the bytes of a new message in memory, if there is room.
    pub(super) fn keep_raw(&self, message: &NewMessage) -> Option<Kept> {
        let _place = self.raw.take(message.raw.len())?;
        Some(Kept::Raw(Arc::new(Raw {
            bytes: message.raw.clone(),
            parameters: message.parameters.clone(),
            traceparent: message.traceparent.clone(),
            _place,
        })))
    }

    /// A place for a new message as it was read, if there is room.
    pub(super) fn place(&self, bytes: usize) -> Option<Place> {
        self.read.take(bytes)
    }

    /// The way to a system.
    pub(super) fn gate(&self, system: &'static System) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(system.name).or_insert_with(|| Arc::new(Gate::new(system, Arc::clone(&self.clock)))))
    }

    /// The ways to all systems called so far.
    pub(super) fn gates(&self) -> Vec<Arc<Gate>> {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Until when not even to try a message: the system that it needs is not to be called. Derived, not journalled: its
    /// backlog must not be written down each time that somebody looks.
    pub(super) fn held_back(&self, interface: &'static Interface, waits_on: Option<&'static str>) -> Option<Shut> {
        let mut systems = interface.operations.iter().map(|operation| operation.system.name);
        let only = || systems.next().filter(|first| systems.all(|system| system == *first));
        let system = waits_on.or_else(only)?;
        let gate = self.gates.lock().unwrap_or_else(PoisonError::into_inner).get(system).cloned();
        gate?.look().err()
    }

    /// Looks at an error of the journal: a broken one ends the service.
    pub(super) fn store_failed(&self, error: &StoreError) {
        tracing::error!(%error, "the journal failed");
        if matches!(error, StoreError::Broken(_)) {
            self.set_ready(false);
            *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
            self.broke.notify_waiters();
            self.broke.notify_one();
        }
    }

    pub(super) fn broken(&self) -> Option<StoreError> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A try has begun: the journal has the message in flight under this lease.
    pub(super) fn took(&self, seq: i64, lease: u32) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(seq, lease);
    }

    /// What came of a try is handed to the journal.
    pub(super) fn settled(&self, seq: i64) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&seq);
    }

    /// A try is over: there is room for another.
    pub(super) fn over(&self, handler: usize, lane: u8) {
        self.queue().rest(handler, lane);
        self.wake.notify_one();
    }

    /// The service stops before these tries are over: they are no crashes.
    pub(super) async fn interrupt(&self) {
        let running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        // Each on its own: what was concluded meanwhile must not keep the others from being written.
        let writes = running.into_iter().filter_map(|(seq, lease)| {
            let next = (self.rules)(State::InFlight, Event::Interrupted, Remains::DeadLetter).ok()?;
            Some(self.store.commit(vec![Change::State {
                seq,
                guard: Guard { lease, from: State::InFlight },
                state: next.state,
                reason: next.reason,
                detail: String::new(),
                due_ms: None,
                at_ms: self.clock.now_ms(),
            }]))
        });
        for written in join_all(writes).await {
            match written {
                Ok(()) | Err(StoreError::Stale) => {}
                Err(error) => self.store_failed(&error),
            }
        }
    }

    pub(super) fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }

    /// Whether messages could be accepted now.
    pub(super) fn ready(&self) -> bool {
        self.ready.load(Ordering::Acquire) && self.held.counts()
    }

    /// An id for a message without an order key: of a lane that this process works on, if it works on any. So whoever
    /// accepts such a message delivers it, too, and can tell a caller who waits.
    pub(super) fn new_id(&self, accepted_ms: i64) -> String {
        let open = self.held.open();
        let mut id = self.random.id(accepted_ms);
        for _ in 0..MOST_IDS {
            if open.is_empty() || open.contains(lane_of("", None, &id)) {
                break;
            }
            id = self.random.id(accepted_ms);
        }
        id
    }
}

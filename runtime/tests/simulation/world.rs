//! One world: a disk, a network, a service that comes and goes, and callers.
//!
//! In: a seed, a plan, a variant of the runtime. Out: a history, and what is wrong with it. Never knows: how a plan was
//! made.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use tieline_runtime::{
    Record, Value,
    alert::Channels,
    clock::{Clock, TokioClock},
    door::{Arrival, Door as _, Receipt, Refusal, Replied},
    engine::{Engine, Ports},
    format::json,
    journal::{Store, StoreError},
    lifecycle::State,
    metrics::Metrics,
    random::Random,
};
use tokio::task::JoinSet;

use super::{
    checker,
    disk::Disk,
    flows,
    history::{Event, History},
    medium::{Medium, at_once},
    network::{Fate, Mailbox, Network},
    operator::{self, Choice},
    sealing,
    wrong::{Lie, Variant},
};

/// What happens next.
#[derive(Debug, Clone)]
pub(super) enum Action {
    /// Somebody calls for the first time, or again with the same words.
    Call(Caller),
    /// Somebody uses a key again for something else.
    OtherBody(Caller),
    /// All who wait for an answer hang up.
    HangUp,
    /// Time passes, milliseconds.
    Wait(u64),
    /// The process dies and is back this much later.
    Crash(u64),
    /// The process stops in order, waiting so long for what is in flight, and is back at once.
    Stop(u64),
    /// The next sync fails.
    FailSync,
    /// The disk is full for a while.
    NoSpace(u64),
    /// The store cannot be reached for a while, and answers are lost.
    Away(u64),
    /// The quota is reached for a while.
    OverQuota(u64),
    /// Syncs take up to this long from now on.
    SlowDisk(u64),
    /// An operator decides about a message.
    Decide(Choice, usize),
    /// An operator pauses an interface or a system, by number.
    Pause(usize),
    /// An operator lets it go on.
    Resume(usize),
    /// So many of a hundred calls meet with something from now on.
    Storm(u64),
    /// The next call of this operation meets with this.
    Next(&'static str, Fate),
}

/// Who calls, and with what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Caller {
    /// Index of the handler.
    pub(super) door: usize,
    /// Idempotency key.
    pub(super) id: u32,
    /// Order key.
    pub(super) customer: u32,
    /// What the flow does with it.
    pub(super) kind: &'static str,
}

impl Caller {
    /// A name for the history.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.door, self.id)
    }

    fn arrival(&self, note: &str) -> Arrival {
        let mut record = Record::new();
        for (name, value) in [
            ("id", self.id.to_string()),
            ("customer", self.customer.to_string()),
            ("kind", self.kind.to_owned()),
            ("note", note.to_owned()),
        ] {
            record.put(name, &value);
        }
        let body = Value::Record(record);
        Arrival {
            handler: self.door,
            raw: json::write(&body).into_bytes(),
            body,
            key: None,
            parameters: Vec::new(),
            principal: "shop".to_owned(),
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
            request_id: "r-1".to_owned(),
        }
    }
}

/// Everything there is.
pub(super) struct World {
    pub(super) history: History,
    pub(super) disk: Disk,
    pub(super) network: Arc<Network>,
    pub(super) callers: BTreeMap<String, Caller>,
    pub(super) crashes: u32,
    clock: Arc<dyn Clock>,
    seed: u64,
    variant: Variant,
    engine: Option<Arc<Engine>>,
    calls: JoinSet<()>,
    /// Whoever asks for a decision may hang up, and it is carried out all the same.
    decisions: JoinSet<()>,
}

impl World {
    pub(super) async fn new(seed: u64, variant: Variant, medium: Medium) -> Self {
        // A Thursday noon in January: schedules fire every hour from then on.
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(1_767_265_200_000));
        let history = History::new(Arc::clone(&clock));
        let disk = Disk::new(history.clone(), seed ^ 1, variant.lie, medium);
        let network = Arc::new(Network::new(history.clone(), seed ^ 2, variant.lie));
        let mut world = Self {
            history,
            disk,
            network,
            callers: BTreeMap::new(),
            crashes: 0,
            clock,
            seed,
            variant,
            engine: None,
            calls: JoinSet::new(),
            decisions: JoinSet::new(),
        };
        world.start().await;
        world
    }

    /// Goes through a plan, then lets everything heal, and judges.
    pub(super) async fn live(&mut self, plan: Vec<Action>) -> Vec<String> {
        for action in plan {
            self.act(action).await;
            if self.is_wrong() {
                break;
            }
        }
        self.settle().await;
        checker::judge(self)
    }

    pub(super) async fn act(&mut self, action: Action) {
        match action {
            Action::Call(caller) => {
                self.call(&caller, "");
                self.callers.insert(caller.name(), caller);
            }
            Action::OtherBody(caller) => self.call(&caller, "other"),
            Action::HangUp => {
                // What they said has been heard by then.
                tokio::task::yield_now().await;
                if !self.calls.is_empty() {
                    self.history.fault("callers hung up");
                }
                self.calls.shutdown().await;
            }
            Action::Wait(ms) => self.wait(ms).await,
            Action::Crash(down_ms) => {
                self.crash().await;
                self.clock.sleep(down_ms).await;
                self.start().await;
            }
            Action::Stop(drain_ms) => self.stop(drain_ms).await,
            Action::FailSync => self.disk.fail_sync(),
            Action::NoSpace(ms) => {
                self.disk.no_space(true);
                self.wait(ms).await;
                self.disk.no_space(false);
            }
            Action::Away(ms) => {
                self.disk.away(true);
                self.wait(ms).await;
                self.disk.away(false);
            }
            Action::OverQuota(ms) => {
                self.disk.over_quota(true);
                self.wait(ms).await;
                self.disk.over_quota(false);
            }
            Action::Decide(choice, number) => self.decide(choice, number),
            Action::Pause(number) => self.operate(move |engine, _| Box::pin(operator::pause(engine, number))),
            Action::Resume(number) => self.operate(move |engine, _| Box::pin(operator::resume(engine, number))),
            Action::SlowDisk(ms) => self.disk.slowest_ms(ms),
            Action::Storm(percent) => self.network.storm(percent),
            Action::Next(operation, fate) => self.network.next(operation, fate),
        }
    }

    fn call(&mut self, caller: &Caller, note: &str) {
        let Some(engine) = self.engine.clone() else { return };
        let (arrival, history) = (caller.arrival(note), self.history.clone());
        let name = if note.is_empty() { caller.name() } else { format!("{}+", caller.name()) };
        let waits = caller.door == flows::REQUESTS;
        self.calls.spawn(async move {
            let smart_id = engine.handlers()[arrival.handler].interface().smart_id;
            let answer =
                if waits { engine.request(arrival).await } else { engine.accept(arrival).await.map(Replied::Later) };
            history.add(match answer {
                Ok(Replied::Done { status, body }) => Event::Replied { name, smart_id, status, body },
                Ok(Replied::Later(Receipt { message_id, replayed })) => {
                    if replayed {
                        history.coverage.sometimes("a message was accepted again");
                    }
                    if waits {
                        history.coverage.sometimes("a reply took too long");
                    }
                    Event::Acked { name, id: message_id, replayed }
                }
                Err(Refusal::Failed { reason, .. }) => Event::Failed { name, smart_id, reason },
                Err(refusal) => {
                    let for_good = refusal == Refusal::KeyReused;
                    if for_good {
                        history.coverage.sometimes("a key came with another body");
                    }
                    Event::Refused { name, for_good, why: format!("{refusal:?}") }
                }
            });
        });
    }

    fn decide(&mut self, choice: Choice, number: usize) {
        let Some(id) = self.history.life(|life| operator::pick(life, choice, number)) else { return };
        self.operate(move |engine, history| Box::pin(operator::decide(engine, history, choice, id)));
    }

    fn operate(&mut self, decision: impl FnOnce(Arc<Engine>, History) -> Pin<Box<dyn Future<Output = ()> + Send>>) {
        if let Some(engine) = self.engine.clone() {
            self.decisions.spawn(decision(engine, self.history.clone()));
        }
    }

    /// Time passes; a service whose journal broke ends and is started again, as a supervisor would.
    pub(super) async fn wait(&mut self, ms: u64) {
        let due_ms = self.clock.now_ms().saturating_add_unsigned(ms);
        loop {
            let Some(engine) = self.engine.clone() else { return };
            let broken = tokio::select! {
                biased;
                _ = engine.broken() => true,
                () = self.clock.sleep_until(due_ms) => false,
            };
            drop(engine);
            if !broken {
                return;
            }
            self.crash().await;
            self.clock.sleep(1_000).await;
            self.start().await;
        }
    }

    /// The process dies: its callers hear nothing more, what it had not synced may be gone.
    async fn crash(&mut self) {
        self.crashes += 1;
        self.network.close();
        self.end_process().await;
        // First the disk decides what is there, then the dead are counted.
        self.disk.crash();
        self.history.add(Event::Died);
    }

    async fn end_process(&mut self) {
        self.calls.shutdown().await;
        self.decisions.shutdown().await;
        drop(self.engine.take());
        // Tries are tasks of their own; they are dropped at their next turn.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    async fn stop(&mut self, drain_ms: u64) {
        let Some(engine) = self.engine.clone() else { return };
        let flying = self.history.life(|life| life.messages.values().any(|known| known.state == State::InFlight));
        if flying {
            self.history.coverage.sometimes("a process stopped in order with messages in flight");
        }
        self.history.add(Event::Stopping);
        engine.shut_down(drain_ms).await;
        drop(engine);
        self.network.close();
        self.end_process().await;
        self.disk.crash();
        self.history.add(Event::Stopped);
        self.start().await;
    }

    async fn start(&mut self) {
        for attempt in 0..1_000 {
            let random =
                Random::seeded(self.seed.wrapping_mul(31).wrapping_add(u64::from(self.crashes) << 8 | attempt));
            self.history.add(Event::Started);
            let store = match self.store().await {
                Ok(store) => store,
                Err(error) => {
                    self.starts_later(&error.to_string()).await;
                    continue;
                }
            };
            let ports = Ports {
                store,
                transport: Arc::new(self.network.open()),
                clock: Arc::clone(&self.clock),
                random: Arc::new(random),
                metrics: Arc::new(Metrics::new()),
                channels: Channels::from([("Email".to_owned(), Arc::new(Mailbox(Arc::clone(&self.network))) as _)]),
            };
            let handlers = flows::handlers(self.variant.forgotten);
            match Engine::start_under(self.variant.rules, handlers, ports).await {
                Ok(engine) => return self.engine = Some(Arc::new(engine)),
                Err(error) => self.starts_later(&error.to_string()).await,
            }
        }
    }

    async fn starts_later(&mut self, error: &str) {
        self.history.add(Event::Fault(format!("it does not start: {error}")));
        self.crash().await;
        self.clock.sleep(1_000).await;
    }

    /// What the next process has of the disk.
    async fn store(&self) -> Result<Arc<dyn Store>, StoreError> {
        let hand = Arc::new(self.disk.open());
        if !self.disk.is_sealed() || self.variant.lie == Lie::SealsNothing {
            return Ok(hand);
        }
        let sealed = sealing::over(hand, self.crashes, &self.clock).await?;
        let (rewrapping, coverage) = (sealed.clone(), self.history.coverage.clone());
        tokio::spawn(async move {
            // One that is broken off is made again by the next process.
            if rewrapping.rewrap().await.is_ok_and(|keys| keys > 0) {
                coverage.sometimes("data keys were wrapped anew");
            }
        });
        Ok(Arc::new(sealed))
    }

    /// Everything heals; callers who have no answer call again; time passes until nothing is under way.
    async fn settle(&mut self) {
        self.disk.heal();
        self.network.heal();
        // Nothing starts over from here on: what these leave behind in memory has to be right.
        for number in 0..4 {
            self.decide(Choice::Discard, number);
        }
        for _ in 0..200 {
            let answered = self.answered();
            let waiting: Vec<_> =
                self.callers.iter().filter(|(name, _)| !answered.contains(*name)).map(|(_, it)| it.clone()).collect();
            let open = self
                .history
                .life(|life| life.messages.values().any(|known| !known.state.is_end() && !known.waits_for_a_person()));
            // A broken promise is enough; what broke it may never come to rest.
            if self.is_wrong() {
                return;
            }
            if waiting.is_empty() && !open && !self.history.life(|life| life.is_paused()) {
                break;
            }
            waiting.iter().for_each(|caller| self.call(caller, ""));
            for id in self.history.life(|life| life.blocking()) {
                self.operate(move |engine, history| Box::pin(operator::decide(engine, history, Choice::Skip, id)));
            }
            for number in 0..operator::SCOPES {
                self.operate(move |engine, _| Box::pin(operator::resume(engine, number)));
            }
            self.wait(600_000).await;
        }
        // Alerts are retried for a while.
        self.wait(1_200_000).await;
    }

    /// A promise is broken already.
    fn is_wrong(&self) -> bool {
        self.history.life(|life| !life.wrong.is_empty())
    }

    /// Callers who know what became of their message: it is kept, or their key is another's.
    pub(super) fn answered(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.history.each(|_, event| {
            if let Event::Acked { name, .. }
            | Event::Replied { name, .. }
            | Event::Failed { name, .. }
            | Event::Refused { name, for_good: true, .. } = event
            {
                names.insert(name.clone());
            }
        });
        names
    }

    /// Nothing more happens.
    pub(super) fn rows(&self) -> Vec<tieline_runtime::journal::Row> {
        let filter = tieline_runtime::journal::Filter { limit: 100_000, ..Default::default() };
        at_once(self.disk.kept().messages(filter)).unwrap_or_default()
    }
}

/// Runs a future in a world of its own: one thread, and a clock that jumps to the next wait.
pub(super) fn in_its_own_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime without threads").block_on(async {
        tokio::time::timeout(Duration::from_secs(400 * 86_400), future).await.expect("a world ends within a year")
    })
}

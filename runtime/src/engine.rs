//! The engine: accepts, journals, runs flows, keeps what came of them.
//!
//! In: handlers and the outside world by parameter ([`Ports`]). Out: a [`Door`] for listeners, and messages that end
//! delivered, discarded or visibly dead. Never knows: HTTP, documents, environments.
//!
//! The way of a message: `accept` makes it durable → `queue` says whose turn it is → `work` runs its flow once, `steps`
//! performing what the flow asks for within the `limits` of partners → `verdict` and the life cycle say what follows →
//! `work` writes state, dead-letter record and alert in one transaction. `recover` starts on what the last process left.
//! Where several processes share a store, `lanes` says which messages are this one's.
//!
//! Where this departs from the whole semantics: old handlers are not linked into a new build. A message that was begun
//! under another revision of its document is HELD(REVISION) until a person decides; one without effect so far runs on.

mod accept;
mod board;
mod breaker;
mod conclusion;
mod core;
mod direct;
mod figures;
mod finish;
mod jumps;
mod lanes;
mod ledger;
mod limits;
mod material;
mod operate;
mod order;
mod pace;
mod paused;
mod queue;
mod recover;
mod request;
mod schedule;
mod steps;
mod verdict;
mod waiters;
mod watch;
mod work;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

pub use self::core::Ports;
pub(crate) use board::Backlog;
pub use breaker::Standing;
pub use lanes::Share;
pub use operate::{Decision, Declined, MOST as MOST_IN_BULK, Open, Order, Rehearsal, Rehearsed, Replayed, Verb, Way};
pub use watch::{Health, Part};

use self::{core::Core, lanes::Keeper};
use crate::{
    door::{Arrival, Door, Promise, Receipt, Refusal, Replied},
    flow::Handler,
    journal::{Store, StoreError},
    lifecycle::{self, Rules},
    metrics::Metrics,
};

/// A running engine.
pub struct Engine {
    core: Arc<Core>,
    stop: CancellationToken,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// Keeps other processes off the store, also while what is in flight comes to its end.
    hold: JoinHandle<()>,
}

impl Engine {
    /// Recovers what the journal holds and starts working. Call inside a tokio runtime.
    ///
    /// # Errors
    /// The journal cannot be read or written.
    pub async fn start(handlers: Vec<Arc<dyn Handler>>, ports: Ports) -> Result<Self, StoreError> {
        Self::start_under(lifecycle::next, handlers, ports).await
    }

    /// Like [`Engine::start`] under other rules of life: for tests that show that wrong rules are noticed.
    ///
    /// # Errors
    /// The journal cannot be read or written.
    pub async fn start_under(rules: Rules, handlers: Vec<Arc<dyn Handler>>, ports: Ports) -> Result<Self, StoreError> {
        let core = Arc::new(Core::new(rules, handlers, ports));
        core.store.watch(Arc::clone(&core.metrics));
        recover::prepare(&core).await?;
        let (keeper, recovered) = Keeper::start(&core).await?;
        if recovered > 0 {
            tracing::info!(messages = recovered, "recovered");
        }
        let stop = CancellationToken::new();
        let mut tasks = vec![
            tokio::spawn(dispatch(Arc::clone(&core), stop.clone())),
            tokio::spawn(tend_alerts(Arc::clone(&core), stop.clone())),
        ];
        let hold = tokio::spawn(keeper.keep(stop.clone()));
        core.set_ready(true);
        tasks.push(jumps::watch_clock(&core, &stop));
        tasks.extend(schedule::start(&core, &stop));
        Ok(Self { core, stop, tasks: Mutex::new(tasks), hold })
    }

    /// Accepts nothing more; what was accepted goes on.
    pub fn refuse(&self) {
        self.core.set_ready(false);
    }

    /// Accepts nothing more, lets what is in flight finish for at most `drain_ms` of real time, and closes the journal.
    /// What did not finish is found by the next start and uses up no try.
    pub async fn shut_down(&self, drain_ms: u64) {
        self.refuse();
        self.stop.cancel();
        let mut tasks = std::mem::take(&mut *self.tasks());
        let drained = join_all(tasks.iter_mut());
        if tokio::time::timeout(Duration::from_millis(drain_ms), drained).await.is_err() {
            tasks.iter().for_each(JoinHandle::abort);
            self.core.interrupt().await;
        }
        self.hold.abort();
        self.core.store.close().await;
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops as a process that dies: nothing more is done, nothing is written.
    #[cfg(test)]
    pub(crate) async fn kill(&self) {
        self.hold.abort();
        let tasks = std::mem::take(&mut *self.tasks());
        for task in tasks {
            task.abort();
            task.await.ok();
        }
        // Tries are tasks of their own; they are dropped at their next turn.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    /// Resolves if the journal breaks: the process must stop then, and recover from what is on the disk.
    pub async fn broken(&self) -> StoreError {
        loop {
            let notified = self.core.broke.notified();
            if let Some(error) = self.core.broken() {
                return error;
            }
            notified.await;
        }
    }

    /// The journal, for reading.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.core.store)
    }

    /// All figures as OpenMetrics text; `digest` is that of the documents the service was built from.
    #[must_use]
    pub fn metrics_text(&self, digest: &str) -> String {
        self.core.metrics.text(figures::snapshot(&self.core, digest))
    }

    pub(crate) fn backlog(&self, handler: usize) -> Backlog {
        self.core.board.backlog(handler)
    }

    /// How the store is shared with other processes; `None` if it cannot be.
    #[must_use]
    pub fn share(&self) -> Option<Share> {
        self.core.held.share()
    }

    /// Whether messages are accepted now, and how each part does.
    #[must_use]
    pub fn health(&self) -> Health {
        watch::health(&self.core)
    }

    /// The figures themselves.
    #[must_use]
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.core.metrics)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("handlers", &self.core.handlers.len()).finish_non_exhaustive()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // An engine that is dropped without `shut_down` stops as a process does that dies: at once.
        self.stop.cancel();
        self.hold.abort();
        self.tasks().iter().for_each(JoinHandle::abort);
    }
}

impl Door for Engine {
    fn handlers(&self) -> &[Arc<dyn Handler>] {
        &self.core.handlers
    }

    fn accept(&self, arrival: Arrival) -> Promise<'_, Result<Receipt, Refusal>> {
        Box::pin(accept::accept(&self.core, arrival, |_| {}))
    }

    fn request(&self, arrival: Arrival) -> Promise<'_, Result<Replied, Refusal>> {
        Box::pin(request::request(&self.core, arrival))
    }

    fn state(&self, message_id: &str, principal: &str) -> Promise<'_, Option<String>> {
        let (story, principal) = (self.core.store.story(message_id), principal.to_owned());
        Box::pin(async move {
            let row = story.await.ok()??.row;
            (row.principal == principal).then(|| row.state.as_str().to_owned())
        })
    }

    fn ready(&self) -> bool {
        self.core.ready()
    }

    fn refused(&self, handler: usize, status: u16) {
        if let Some(handler) = self.core.handlers.get(handler) {
            self.core.metrics.refused(handler.interface().smart_id, status);
        }
    }
}

/// Starts whatever may run, whenever something may have changed. When stopped, waits for what is in flight.
async fn dispatch(core: Arc<Core>, stop: CancellationToken) {
    let mut running = JoinSet::new();
    while !stop.is_cancelled() {
        let (tickets, due_ms) = core.next();
        for ticket in tickets {
            running.spawn(work::run(Arc::clone(&core), ticket));
        }
        let due = async {
            match due_ms {
                Some(due_ms) => core.clock.sleep_until(due_ms).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = core.wake.notified() => {}
            Some(_) = running.join_next() => {}
            () = due => {}
        }
    }
    while running.join_next().await.is_some() {}
}

/// Sends alerts, updates and closes incidents.
async fn tend_alerts(core: Arc<Core>, stop: CancellationToken) {
    let alerts = Arc::clone(&core.alerts);
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = alerts.tend(&*core) => {}
    }
}

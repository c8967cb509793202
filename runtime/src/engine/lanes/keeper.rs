//! The hold of this process on its lanes: renewed, taken over, given up.
//!
//! In: what the store answers when it is asked. Out: lanes that are opened and shut. Never knows: how stores share.
//!
//! Whoever has more lanes than a fair share starts nothing new in some of them, and lets go of each when nothing of it is
//! under way. What was taken is recovered before newcomers of it run; as long as that takes, the hold is renewed beside
//! it. When the store is away for too long, or says that lanes are somebody else's, whatever is in memory about them is
//! dropped: tries are stopped where they stand, and their results have no say.
//!
//! A store with one process (`alone`) is another matter: if nobody knows what was written last, the process ends and
//! starts over on what the store has.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::arrivals::Ear;
use crate::{
    engine::{core::Core, recover},
    journal::{Holding, Lanes, StoreError, lane::RENEW_MS},
};

/// How soon the store is asked again where something is about to change.
const LOOK: Duration = Duration::from_millis(500);
/// Newcomers from other processes are looked for this often, if nobody rings.
const FLOOR: Duration = Duration::from_millis(250);
/// Tries that were stopped are over within this time.
const OVER: Duration = Duration::from_millis(5);
/// Longest wait for a store that is to be closed because it cannot be trusted.
const CLOSING: Duration = Duration::from_secs(3);

/// When the store was asked, by a clock that nobody sets and by the one that due times follow.
struct Asked {
    at: Instant,
    clock_ms: i64,
}

impl Asked {
    fn now(core: &Core) -> Self {
        Self { at: Instant::now(), clock_ms: core.clock.now_ms() }
    }
}

/// Keeps the hold.
pub(in crate::engine) struct Keeper {
    core: Arc<Core>,
    ear: Ear,
    /// Surplus lanes: nothing new is started in them.
    leaving: Lanes,
    /// When the store is asked next.
    next: Instant,
    alone: Option<Holding>,
}

impl Keeper {
    /// Takes what there is to take, and recovers it. How many messages that were.
    pub(in crate::engine) async fn start(core: &Arc<Core>) -> Result<(Self, usize), StoreError> {
        let asked = Asked::now(core);
        let holding = core.store.hold(Lanes::NONE).await?;
        let mut keeper = Self {
            core: Arc::clone(core),
            ear: Ear::default(),
            leaving: Lanes::NONE,
            next: asked.at,
            alone: holding.members.is_none().then_some(holding),
        };
        keeper.ask_again(&asked, &holding);
        let recovered = keeper.take(holding.held, holding.orphaned).await?;
        Ok((keeper, recovered))
    }

    /// Keeps it until dropped. When `stop` is told, lanes are let go of one by one.
    pub(in crate::engine) async fn keep(mut self, stop: CancellationToken) {
        if let Some(holding) = self.alone {
            return alone(&self.core, holding).await;
        }
        let (core, mut told) = (Arc::clone(&self.core), false);
        loop {
            let news = async {
                tokio::select! {
                    () = core.held.bell.notified() => {}
                    () = core.store.rung() => {}
                    () = tokio::time::sleep(FLOOR) => {}
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled(), if !told => (told, self.next) = (true, Instant::now()),
                () = tokio::time::sleep_until(self.next) => self.renew(told).await,
                () = news => {
                    if !told {
                        self.ear.listen(&self.core).await;
                    }
                }
            }
            if !core.held.counts() {
                self.step_down();
            }
        }
    }

    /// Asks the store, and follows.
    async fn renew(&mut self, stopping: bool) {
        if stopping {
            let open = self.core.held.open();
            self.shut(open, false);
            self.leaving = self.leaving.or(open);
        }
        let idle = self.leaving.without(self.core.queue().busy());
        let Some(mut holding) = self.ask(idle, stopping).await else { return };
        loop {
            let mine = self.core.held.open().or(self.leaving);
            let lost = mine.without(holding.held).without(idle).or(holding.taken.and(mine));
            if !lost.without(self.leaving).is_empty() {
                tracing::warn!(lanes = lost.len(), "lanes were lost: what is under way in them is stopped");
            }
            self.shut(lost, true);
            self.leaving = self.leaving.and(holding.held).without(lost);
            let taken = holding.held.without(self.core.held.open()).without(self.leaving);
            if stopping || taken.is_empty() {
                break;
            }
            match self.take_beside(taken, holding.orphaned).await {
                Some(newer) => holding = newer,
                None => break,
            }
        }
        let surplus = holding.surplus.saturating_sub(self.leaving.len());
        if surplus > 0 && !stopping {
            let leaving = self.core.held.open().last(surplus);
            tracing::info!(lanes = leaving.len(), "other processes have too few lanes: these are handed over");
            self.shut(leaving, false);
            self.leaving = self.leaving.or(leaving);
        }
        if !self.leaving.is_empty() || holding.is_short() {
            self.next = self.next.min(Instant::now() + LOOK);
        }
    }

    /// Recovers lanes, and renews the hold meanwhile. What the store said last, if it has to be looked at again.
    async fn take_beside(&mut self, lanes: Lanes, orphaned: Lanes) -> Option<Holding> {
        let core = Arc::clone(&self.core);
        let mut newer: Option<Holding> = None;
        let mut taking = pin!(take(&core, lanes, orphaned));
        let taken = loop {
            tokio::select! {
                biased;
                taken = &mut taking => break taken,
                () = tokio::time::sleep_until(self.next) => {
                    let Some(asked) = self.ask(Lanes::NONE, false).await else { continue };
                    let before = newer.map_or(Lanes::NONE, |newer| newer.taken);
                    newer = Some(Holding { taken: asked.taken.or(before), ..asked });
                }
            }
        };
        match taken {
            Ok(messages) => tracing::info!(lanes = lanes.len(), messages, "lanes were taken"),
            Err(error) => {
                tracing::warn!(%error, "lanes could not be taken: tried again");
                self.shut(lanes, true);
                self.next = self.next.min(Instant::now() + LOOK);
            }
        }
        newer
    }

    async fn take(&mut self, lanes: Lanes, orphaned: Lanes) -> Result<usize, StoreError> {
        take(&self.core, lanes, orphaned).await
    }

    /// Asks for the hold; nothing if the store does not answer. Steps down in time, however long that takes.
    async fn ask(&mut self, release: Lanes, stopping: bool) -> Option<Holding> {
        let (asked, core) = (Asked::now(&self.core), Arc::clone(&self.core));
        let asking = if stopping { core.store.depart(release) } else { core.store.hold(release) };
        let mut asking = pin!(asking);
        let answer = tokio::select! {
            biased;
            answer = &mut asking => answer,
            () = tokio::time::sleep_until(core.held.until()) => {
                self.step_down();
                asking.await
            }
        };
        match answer {
            Ok(holding) => {
                self.ask_again(&asked, &holding);
                Some(holding)
            }
            Err(error) => {
                // As long as it is away, nothing is accepted and nothing that has an effect is sent.
                tracing::warn!(%error, "the hold on the store could not be renewed");
                self.next = Instant::now() + LOOK;
                None
            }
        }
    }

    fn ask_again(&mut self, asked: &Asked, holding: &Holding) {
        let trust = Duration::from_millis(holding.trust_ms.unwrap_or(RENEW_MS));
        self.next = asked.at + trust / 2;
        if let Some(members) = holding.members {
            self.core.held.trust(asked.at + trust, members);
        }
        if let Some(server_ms) = holding.clock_ms.filter(|_| self.core.clock.keeps_pace()) {
            self.core.held.compare(server_ms, asked.clock_ms, self.core.clock.now_ms());
        }
    }

    /// The hold has run out.
    fn step_down(&mut self) {
        let lanes = self.core.queue().held().or(self.leaving);
        if !lanes.is_empty() {
            tracing::warn!(lanes = lanes.len(), "the hold on the store has run out: all work on lanes stops");
            self.shut(lanes, true);
            self.leaving = Lanes::NONE;
        }
    }

    fn shut(&self, lanes: Lanes, stop_tries: bool) {
        if !lanes.is_empty() {
            self.core.held.closed(lanes, stop_tries);
            self.core.shut(lanes);
        }
    }
}

/// Opens lanes: queues what was left in them, then newcomers.
async fn take(core: &Arc<Core>, lanes: Lanes, orphaned: Lanes) -> Result<usize, StoreError> {
    // Tries that were stopped write nothing any more once they are over.
    while !core.queue().busy().and(lanes).is_empty() {
        tokio::time::sleep(OVER).await;
    }
    // Whoever decides about a message sees all of them, or none.
    let _deciding = core.deciding.lock().await;
    if core.held.is_shared() {
        // What was handed in before is written, or is not, before it is looked at.
        core.store.commit(Vec::new()).await?;
    }
    core.held.prepare(lanes);
    core.queue().open(lanes);
    let recovered = recover::recover(core, lanes, orphaned).await?;
    core.held.opened(core.settle(lanes));
    Ok(recovered)
}

/// Renews the hold of the only process until dropped. If it is lost, or if nobody knows what was written last, the process
/// has to start over on what the store has.
async fn alone(core: &Core, holding: Holding) {
    if holding.trust_ms.is_none() {
        return;
    }
    loop {
        tokio::time::sleep(Duration::from_millis(RENEW_MS)).await;
        let problem = match core.store.hold(Lanes::NONE).await {
            Ok(holding) if holding.held != Lanes::ALL => "another process has taken over the work on this store",
            Ok(holding) if !holding.taken.is_empty() => "the store was away, and nobody knows what was written last",
            Ok(_) => continue,
            Err(error) => {
                // As long as it is away, nothing is accepted and nothing that has an effect is sent.
                tracing::warn!(%error, "the hold on the store could not be renewed");
                continue;
            }
        };
        tokio::time::timeout(CLOSING, core.store.close()).await.ok();
        core.store_failed(&StoreError::Broken(problem.to_owned()));
        return;
    }
}

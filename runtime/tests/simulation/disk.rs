//! A disk with a write-ahead log, and everything that can be wrong with one.
//!
//! In: writes of the engine, faults. Out: a medium that holds what was synced and nothing else. Never knows: flows.
//!
//! Writes queue up and are synced together. A crash loses what waits; the batch that is being synced is there as a whole
//! or, torn, not at all. A sync that fails leaves nobody knowing which. Readers see what is committed.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use tieline_runtime::{
    journal::{Accepted, Change, Holding, Lanes, NewMessage, Store, StoreError},
    random::Random,
};
use tokio::sync::oneshot;

use super::{
    handle::Handle,
    history::{Event, History},
    medium::{Bodies, Medium, at_once},
    sealing,
    wrong::Lie,
};

/// Most writes that are synced together.
const BATCH: usize = 16;

/// A write, and who waits for it.
pub(super) enum Write {
    Accept(Box<NewMessage>, oneshot::Sender<Result<Accepted, StoreError>>),
    Commit(Vec<Change>, oneshot::Sender<Result<(), StoreError>>),
}

#[derive(Default)]
struct Inside {
    /// Which process may write: the dead do not.
    process: u32,
    waiting: VecDeque<Write>,
    /// Being synced, or of a sync that failed.
    uncertain: Vec<Write>,
    syncing: bool,
    broken: Option<StoreError>,
    /// The next sync fails.
    fail_sync: bool,
    no_space: bool,
    /// The store cannot be reached.
    away: bool,
    /// It was, and nobody knows what was written: this process writes nothing more until it starts over.
    lapsed: bool,
    over_quota: bool,
    slowest_ms: u64,
}

/// The disk: what is on it outlives processes.
#[derive(Clone)]
pub(super) struct Disk {
    inside: Arc<Mutex<Inside>>,
    medium: Medium,
    /// Opens what is sealed on it.
    reader: Arc<OnceLock<Arc<dyn Store>>>,
    pub(super) history: History,
    random: Arc<Random>,
    pub(super) lie: Lie,
}

impl Disk {
    pub(super) fn new(history: History, seed: u64, lie: Lie, medium: Medium) -> Self {
        let inside = Inside { slowest_ms: 3, ..Inside::default() };
        let reader = Arc::default();
        Self {
            inside: Arc::new(Mutex::new(inside)),
            medium,
            reader,
            history,
            random: Arc::new(Random::seeded(seed)),
            lie,
        }
    }

    /// A handle for the next process.
    pub(super) fn open(&self) -> Handle {
        let mut inside = self.inside();
        inside.process += 1;
        Handle::new(self.clone(), inside.process)
    }

    /// What is on it, for the checker.
    pub(super) fn kept(&self) -> Arc<dyn Store> {
        self.medium.store()
    }

    /// Whether only ciphertext is to reach it.
    pub(super) fn is_sealed(&self) -> bool {
        self.medium.is_sealed
    }

    /// What is on it, in clear.
    pub(super) fn read(&self) -> Arc<dyn Store> {
        if !self.medium.is_sealed {
            return self.kept();
        }
        let open = || {
            let opened = at_once(sealing::over(self.kept(), 0, &self.history.clock));
            Arc::new(opened.expect("its keys open")) as Arc<dyn Store>
        };
        Arc::clone(self.reader.get_or_init(open))
    }

    /// A message as it was before it was sealed.
    fn opened(&self, seq: i64, message: Box<NewMessage>) -> Box<NewMessage> {
        if !self.medium.is_sealed {
            return message;
        }
        match at_once(self.read().material(seq)) {
            Ok(Some(material)) => Box::new(material.message),
            other => {
                self.history.life(|life| life.wrong.push(format!("{} does not open: {other:?}", message.id)));
                message
            }
        }
    }

    /// Changes as they were before they were sealed, in so far as the model looks at what is.
    fn opened_answers(&self, changes: &mut [Change]) {
        if !self.medium.is_sealed {
            return;
        }
        for change in changes {
            let Change::Answer { seq, answer } = change else { continue };
            let id = self.history.life(|life| life.messages.get(seq).map(|known| known.message.id.clone()));
            if let Ok(Some(opened)) = at_once(self.read().answer(&id.unwrap_or_default())) {
                *answer = opened;
            }
        }
    }

    /// The machine loses its power.
    pub(super) fn crash(&self) {
        let mut inside = self.inside();
        inside.process += 1;
        inside.waiting.clear();
        let uncertain = std::mem::take(&mut inside.uncertain);
        (inside.syncing, inside.broken, inside.fail_sync, inside.lapsed) = (false, None, false, false);
        drop(inside);
        match self.medium.log_bytes() {
            Some(log_bytes) => self.crash_of_a_file(uncertain, log_bytes),
            None if uncertain.is_empty() => {}
            None if self.random.up_to(1) == 0 => {
                self.history.fault("a batch was torn by a crash");
                if self.lie == Lie::HalfTransactions {
                    let half = uncertain.len().div_ceil(2);
                    uncertain.into_iter().take(half).for_each(|write| self.half(write));
                }
            }
            None => {
                self.history.fault("a batch was committed, but nobody heard of it");
                uncertain.into_iter().for_each(|write| self.apply(write));
            }
        }
        self.medium.next_process();
    }

    /// The batch is written, and the log is cut somewhere in it: what is before the cut is there, and nothing else.
    fn crash_of_a_file(&self, uncertain: Vec<Write>, begin: u64) {
        let before = self.bodies();
        let mut bodies = before.clone();
        let written: Vec<_> = uncertain
            .into_iter()
            .map(|write| {
                let (event, answer) = self.perform(write);
                drop(answer);
                bodies = self.medium.bodies(&bodies);
                (event, self.medium.log_bytes().unwrap_or(0), bodies.clone())
            })
            .collect();
        let mut ends = written.iter().map(|(_, end, _)| *end);
        let end = ends.clone().next_back().unwrap_or(begin);
        // After a checkpoint the log is written from its beginning again: where a transaction ends in it is not known.
        let grows = ends.try_fold(begin, |before, end| (end > before).then_some(end)).is_some();
        let left = if grows { begin + self.random.up_to(end - begin) } else { end };
        let (there, torn): (Vec<_>, Vec<_>) = written.into_iter().partition(|(_, end, _)| !grows || *end <= left);
        let mut image = there.last().map_or(&before, |(.., bodies)| bodies).clone();
        if self.lie == Lie::BodiesUnsynced {
            image.retain(|name, _| before.contains_key(name));
        }
        torn.iter().for_each(|(.., bodies)| self.tear(bodies, &mut image));
        self.medium.crash(left, &image, &self.random);
        if !torn.is_empty() {
            self.history.fault("a batch was torn by a crash");
        }
        if !there.is_empty() {
            self.history.fault("a batch was committed, but nobody heard of it");
        }
        there.into_iter().filter_map(|(event, ..)| event).for_each(|event| self.history.add(event));
    }

    /// What became of bodies whose transactions are not there: anything.
    fn tear(&self, bodies: &Bodies, image: &mut Bodies) {
        for (name, body) in bodies {
            if image.contains_key(name) {
                continue;
            }
            let length = usize::try_from(self.random.up_to(body.len() as u64)).unwrap_or(0);
            match self.random.up_to(2) {
                0 => continue,
                1 => drop(image.insert(name.clone(), body[..length].into())),
                _ => drop(image.insert(name.clone(), Arc::clone(body))),
            }
            self.history.coverage.sometimes("a body was there without its message");
        }
    }

    /// Whether bodies lie in files.
    pub(super) fn has_files(&self) -> bool {
        self.medium.log_bytes().is_some()
    }

    /// Bodies in files that are there now.
    pub(super) fn bodies(&self) -> Bodies {
        self.medium.bodies(&Bodies::new())
    }

    /// The next sync fails.
    pub(super) fn fail_sync(&self) {
        self.inside().fail_sync = true;
    }

    /// Nothing can be written (or it can again).
    pub(super) fn no_space(&self, full: bool) {
        self.inside().no_space = full;
    }

    /// The store cannot be reached (or it can again).
    pub(super) fn away(&self, away: bool) {
        self.inside().away = away;
    }

    /// The quota is reached (or not any more).
    pub(super) fn over_quota(&self, over: bool) {
        self.inside().over_quota = over;
    }

    /// A sync takes this long at most.
    pub(super) fn slowest_ms(&self, ms: u64) {
        self.inside().slowest_ms = ms;
    }

    pub(super) fn heal(&self) {
        let mut inside = self.inside();
        (inside.fail_sync, inside.no_space, inside.over_quota, inside.slowest_ms) = (false, false, false, 3);
        inside.away = false;
    }

    pub(super) fn is_over_quota(&self) -> bool {
        self.inside().over_quota
    }

    /// A process writes, if it is not dead.
    pub(super) fn write(&self, process: u32, write: Write) {
        let mut inside = self.inside();
        if inside.process != process {
            return;
        }
        let lapsed = inside.lapsed.then(unreachable);
        if let Some(error) = inside.broken.clone().or(lapsed) {
            drop(inside);
            drop(self.fail(write, &error));
            return;
        }
        inside.waiting.push_back(write);
        if !inside.syncing {
            inside.syncing = true;
            drop(inside);
            tokio::spawn(self.clone().sync(process));
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Syncs until nothing waits.
    async fn sync(self, process: u32) {
        loop {
            let pause_ms = {
                let mut inside = self.inside();
                if inside.process != process {
                    return;
                }
                let count = inside.waiting.len().min(BATCH);
                if count == 0 || inside.broken.is_some() {
                    inside.syncing = false;
                    return;
                }
                inside.uncertain = inside.waiting.drain(..count).collect();
                self.random.up_to(inside.slowest_ms)
            };
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            if !self.finish(process) {
                return;
            }
        }
    }

    /// What came of a sync; false if there is no next.
    fn finish(&self, process: u32) -> bool {
        let mut inside = self.inside();
        if inside.process != process {
            return false;
        }
        if inside.no_space {
            let refused = std::mem::take(&mut inside.uncertain);
            drop(inside);
            let error = StoreError::Refused("no space left".to_owned());
            refused.into_iter().for_each(|write| self.refuse(write, &error));
            return true;
        }
        if inside.away {
            inside.lapsed = self.lie != Lie::GoesOn;
            let uncertain = std::mem::take(&mut inside.uncertain);
            let waiting = std::mem::take(&mut inside.waiting);
            drop(inside);
            self.history.fault("the store could not be reached");
            self.lose(uncertain);
            waiting.into_iter().for_each(|write| drop(self.fail(write, &unreachable())));
            return true;
        }
        if inside.fail_sync {
            inside.fail_sync = false;
            if self.lie == Lie::SyncTriedAgain {
                let lost = std::mem::take(&mut inside.uncertain);
                drop(inside);
                self.history.fault("a sync failed");
                lost.into_iter().for_each(pretend);
                return true;
            }
            let error = StoreError::Broken("sync failed".to_owned());
            inside.broken = Some(error.clone());
            inside.syncing = false;
            // Whoever waits hears of it; what was being written stays, and nobody knows how much of it.
            let (waiting, uncertain) = (std::mem::take(&mut inside.waiting), std::mem::take(&mut inside.uncertain));
            let told: Vec<_> = uncertain.into_iter().map(|write| self.fail(write, &error)).collect();
            inside.uncertain = told;
            drop(inside);
            self.history.fault("a sync failed");
            waiting.into_iter().for_each(|write| drop(self.fail(write, &error)));
            return false;
        }
        let written = std::mem::take(&mut inside.uncertain);
        drop(inside);
        written.into_iter().for_each(|write| self.apply(write));
        true
    }

    /// It is on the disk, and whoever waits hears of it.
    fn apply(&self, write: Write) {
        let (event, answer) = self.perform(write);
        if let Some(event) = event {
            self.history.add(event);
        }
        answer();
    }

    /// Writes. What that means for the history, and how to tell whoever waits.
    fn perform(&self, write: Write) -> (Option<Event>, Box<dyn FnOnce()>) {
        match write {
            Write::Accept(mut message, reply) => {
                if self.lie == Lie::ForgetsKeys {
                    message.key = None;
                }
                if let (Lie::LosesDataKeys, Some(sealed)) = (self.lie, &mut message.sealed) {
                    sealed.data_key = None;
                }
                let result = at_once(self.kept().accept((*message).clone()));
                let event = match &result {
                    Ok(Accepted::New { seq }) => Some(Event::Kept { seq: *seq, message: self.opened(*seq, message) }),
                    _ => None,
                };
                (event, Box::new(move || drop(reply.send(result))))
            }
            Write::Commit(mut changes, reply) => {
                self.lie.spoil(&mut changes);
                let mut written = changes.clone();
                match self.lie {
                    Lie::ForgetsPauses => written.retain(|change| !matches!(change, Change::Pause(_))),
                    Lie::KeepsContent => written.retain(|change| !matches!(change, Change::Erase { .. })),
                    _ => {}
                }
                let result = at_once(self.kept().commit(written));
                if result.is_ok() {
                    self.opened_answers(&mut changes);
                }
                let event = match &result {
                    Ok(()) => Event::Changed(changes),
                    Err(_) => Event::Stale(changes),
                };
                (Some(event), Box::new(move || drop(reply.send(result))))
            }
        }
    }

    /// A batch is done or it is not, and whoever waits does not hear which.
    fn lose(&self, batch: Vec<Write>) {
        let done = self.random.up_to(1) == 0;
        if done {
            self.history.coverage.sometimes("it was done, but the answer was lost");
        }
        let lost: Vec<_> = batch.into_iter().map(|write| self.fail(write, &unreachable())).collect();
        lost.into_iter().filter(|_| done).for_each(|write| self.apply(write));
    }

    /// What a process holds of the store: all of it, and whether it has to start over.
    pub(super) fn hold(&self, process: u32) -> Result<Holding, StoreError> {
        let inside = self.inside();
        if inside.process != process || inside.away {
            return Err(unreachable());
        }
        let taken = if inside.lapsed { Lanes::ALL } else { Lanes::NONE };
        Ok(Holding { taken, trust_ms: Some(10_000), ..Holding::all() })
    }

    /// Part of a transaction, as no disk may leave it.
    fn half(&self, write: Write) {
        match write {
            Write::Commit(mut changes, reply) if changes.len() > 1 => {
                changes.truncate(changes.len() - 1);
                self.apply(Write::Commit(changes, reply));
            }
            write => self.apply(write),
        }
    }

    fn refuse(&self, write: Write, error: &StoreError) {
        self.history.coverage.sometimes("the disk was full");
        drop(self.fail(write, error));
    }

    /// Tells whoever waits; what is left is written, or not.
    fn fail(&self, write: Write, error: &StoreError) -> Write {
        match write {
            Write::Accept(message, reply) => {
                reply.send(Err(error.clone())).ok();
                Write::Accept(message, oneshot::channel().0)
            }
            Write::Commit(changes, reply) => {
                self.history.add(Event::NotWritten(changes.clone()));
                reply.send(Err(error.clone())).ok();
                Write::Commit(changes, oneshot::channel().0)
            }
        }
    }
}

fn unreachable() -> StoreError {
    StoreError::Unavailable("connection lost".to_owned())
}

/// Says it is written, which it is not.
fn pretend(write: Write) {
    match write {
        Write::Accept(_, reply) => drop(reply.send(Ok(Accepted::New { seq: 1_000_000 }))),
        Write::Commit(_, reply) => drop(reply.send(Ok(()))),
    }
}

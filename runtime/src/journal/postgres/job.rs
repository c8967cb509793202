//! What the writer is asked for.
//!
//! In: jobs in the order in which they were handed in. Out: batches of them. Never knows: SQL.

use std::collections::HashSet;

use tokio::sync::{mpsc::UnboundedReceiver, oneshot};

use crate::journal::{Accepted, Change, NewMessage, StoreError};

/// Something to write, and who waits for it.
pub(super) enum Job {
    Accept(Box<NewMessage>, oneshot::Sender<Result<Accepted, StoreError>>),
    Commit(Vec<Change>, oneshot::Sender<Result<(), StoreError>>),
    Close(oneshot::Sender<()>),
}

/// What a job is answered.
#[derive(Debug, Clone)]
pub(super) enum Answered {
    Accept(Result<Accepted, StoreError>),
    Commit(Result<(), StoreError>),
}

/// Most jobs and bytes of one transaction.
const MOST_JOBS: usize = 256;
const MOST_BYTES: usize = 4 << 20;

/// The queue before the writer.
pub(super) struct Jobs {
    incoming: UnboundedReceiver<Job>,
    /// It does not go together with the batch before it.
    held_back: Option<Job>,
}

/// What belongs into one transaction.
pub(super) struct Batch {
    pub(super) jobs: Vec<Job>,
    /// Close after it.
    pub(super) close: Option<oneshot::Sender<()>>,
}

impl Jobs {
    pub(super) const fn new(incoming: UnboundedReceiver<Job>) -> Self {
        Self { incoming, held_back: None }
    }

    /// Waits for a job and takes those that are there already. `None`: nobody can hand in any more.
    pub(super) async fn next(&mut self) -> Option<Batch> {
        let first = match self.held_back.take() {
            Some(job) => job,
            None => self.incoming.recv().await?,
        };
        let (mut batch, mut bytes) = (Batch { jobs: Vec::new(), close: None }, 0);
        let (mut keys, mut next) = (HashSet::new(), Some(first));
        while let Some(job) = next {
            if let Job::Close(done) = job {
                batch.close = Some(done);
                break;
            }
            let alone = job.stands_alone();
            let meets = job.key().is_some_and(|key| !keys.insert(key));
            if meets || (alone && !batch.jobs.is_empty()) {
                self.held_back = Some(job);
                break;
            }
            bytes += job.bytes();
            batch.jobs.push(job);
            if alone || batch.jobs.len() >= MOST_JOBS || bytes >= MOST_BYTES {
                break;
            }
            next = self.incoming.try_recv().ok();
        }
        Some(batch)
    }
}

impl Job {
    pub(super) fn answer(self, answered: Answered) {
        match (self, answered) {
            (Self::Accept(_, reply), Answered::Accept(accepted)) => drop(reply.send(accepted)),
            (Self::Commit(_, reply), Answered::Commit(done)) => drop(reply.send(done)),
            (Self::Close(reply), _) => drop(reply.send(())),
            (Self::Accept(..), Answered::Commit(_)) | (Self::Commit(..), Answered::Accept(_)) => {}
        }
    }

    pub(super) fn fail(self, error: &StoreError) {
        match self {
            Self::Accept(_, reply) => drop(reply.send(Err(error.clone()))),
            Self::Commit(_, reply) => drop(reply.send(Err(error.clone()))),
            Self::Close(reply) => drop(reply.send(())),
        }
    }

    /// A person's decision changes rows that a batch folds, and so does a replay, which takes over the place of the
    /// message that it repeats: each is written by itself.
    fn stands_alone(&self) -> bool {
        let decides = |change: &Change| matches!(change, Change::Again { .. } | Change::Audit(_));
        match self {
            Self::Accept(message, _) => message.origin.is_some(),
            Self::Commit(changes, _) => changes.iter().any(decides),
            Self::Close(_) => false,
        }
    }

    /// What must not come twice in a batch: the second one is recognised when the first is kept.
    fn key(&self) -> Option<(String, String, [u8; 32])> {
        match self {
            Self::Accept(message, _) => {
                let key = message.key.as_ref()?;
                Some((message.interface.clone(), message.principal.clone(), key.key_hash))
            }
            Self::Commit(..) | Self::Close(_) => None,
        }
    }

    fn bytes(&self) -> usize {
        let of = |change: &Change| match change {
            Change::Done { reply, attempt, .. } => reply.len() + attempt.excerpt.len(),
            Change::Failed { attempt, .. } => attempt.excerpt.len(),
            Change::Bury { grave, .. } => grave.mapped.as_ref().map_or(0, Vec::len),
            Change::Answer { answer, .. } => answer.body.len(),
            _ => 0,
        };
        match self {
            Self::Accept(message, _) => message.raw.len(),
            Self::Commit(changes, _) => changes.iter().map(of).sum(),
            Self::Close(_) => 0,
        }
    }
}

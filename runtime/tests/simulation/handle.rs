//! One process's hand on the disk.
//!
//! In: writes and questions of an engine. Out: a [`Store`] whose promises the disk keeps, or not. Never knows: what is
//! written.

use tieline_runtime::{
    door::Promise,
    journal::{
        Accepted, Answer, AuditFilter, Audited, Change, DataKey, Filter, Grave, Head, Holding, Incident, KeyFilter,
        Lanes, Material, NewMessage, Pause, Post, Row, Store, StoreError, Story, Unfinished,
    },
};
use tokio::sync::oneshot;

use super::{
    disk::{Disk, Write},
    medium::at_once,
    wrong::Lie,
};

/// One process's hand on the disk.
pub(super) struct Handle {
    disk: Disk,
    process: u32,
}

/// What is read is read at once: no simulated time passes, and nothing else happens meanwhile.
fn ready<T: Send + 'static>(
    promise: Promise<'static, Result<T, StoreError>>,
) -> Promise<'static, Result<T, StoreError>> {
    Box::pin(std::future::ready(at_once(promise)))
}

impl Handle {
    pub(super) fn new(disk: Disk, process: u32) -> Self {
        Self { disk, process }
    }
}

impl Store for Handle {
    fn accept(&self, message: NewMessage) -> Promise<'static, Result<Accepted, StoreError>> {
        let (reply, result) = oneshot::channel();
        if self.disk.is_over_quota() {
            self.disk.history.coverage.sometimes("the quota refused a message");
            return Box::pin(std::future::ready(Err(StoreError::Full { used_bytes: 90, max_bytes: 100 })));
        }
        let seq = self.disk.lie.guess(&*self.disk.kept());
        self.disk.write(self.process, Write::Accept(Box::new(message), reply));
        Box::pin(async move {
            match seq {
                Some(seq) => Ok(Accepted::New { seq }),
                None => result.await.unwrap_or(Err(StoreError::Closed)),
            }
        })
    }

    fn commit(&self, changes: Vec<Change>) -> Promise<'static, Result<(), StoreError>> {
        let (reply, result) = oneshot::channel();
        let answers = changes.iter().any(|change| matches!(change, Change::Answer { .. }));
        let hasty = match self.disk.lie {
            Lie::HastyBegin => matches!(changes[..], [Change::Begin { .. }]),
            Lie::HastyAnswer => answers,
            _ => false,
        };
        self.disk.write(self.process, Write::Commit(changes, reply));
        Box::pin(async move { if hasty { Ok(()) } else { result.await.unwrap_or(Err(StoreError::Closed)) } })
    }

    fn hold(&self, _: Lanes) -> Promise<'static, Result<Holding, StoreError>> {
        Box::pin(std::future::ready(self.disk.hold(self.process)))
    }

    fn unfinished(&self, lanes: Lanes) -> Promise<'static, Result<Vec<Unfinished>, StoreError>> {
        ready(self.disk.kept().unfinished(lanes))
    }

    fn material(&self, seq: i64) -> Promise<'static, Result<Option<Material>, StoreError>> {
        ready(self.disk.kept().material(seq))
    }

    fn answer(&self, id: &str) -> Promise<'static, Result<Option<Answer>, StoreError>> {
        ready(self.disk.kept().answer(id))
    }

    fn messages(&self, filter: Filter) -> Promise<'static, Result<Vec<Row>, StoreError>> {
        ready(self.disk.kept().messages(filter))
    }

    fn story(&self, id: &str) -> Promise<'static, Result<Option<Story>, StoreError>> {
        ready(self.disk.kept().story(id))
    }

    fn graves(&self, filter: Filter) -> Promise<'static, Result<Vec<(Row, Grave)>, StoreError>> {
        ready(self.disk.kept().graves(filter))
    }

    fn dead(&self, lanes: Lanes) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
        ready(self.disk.kept().dead(lanes))
    }

    fn incidents(&self, limit: usize) -> Promise<'static, Result<Vec<Incident>, StoreError>> {
        ready(self.disk.kept().incidents(limit))
    }

    fn posts(&self, sent: bool, limit: usize) -> Promise<'static, Result<Vec<Post>, StoreError>> {
        ready(self.disk.kept().posts(sent, limit))
    }

    fn audit(&self, filter: AuditFilter) -> Promise<'static, Result<Vec<Audited>, StoreError>> {
        ready(self.disk.kept().audit(filter))
    }

    fn audit_head(&self) -> Promise<'static, Result<Head, StoreError>> {
        ready(self.disk.kept().audit_head())
    }

    fn pauses(&self) -> Promise<'static, Result<Vec<Pause>, StoreError>> {
        ready(self.disk.kept().pauses())
    }

    fn calls(&self, day: i64) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
        ready(self.disk.kept().calls(day))
    }

    fn last_starts(&self) -> Promise<'static, Result<Vec<(String, i64)>, StoreError>> {
        ready(self.disk.kept().last_starts())
    }

    fn data_keys(&self, filter: KeyFilter) -> Promise<'static, Result<Vec<DataKey>, StoreError>> {
        ready(self.disk.kept().data_keys(filter))
    }

    fn close(&self) -> Promise<'static, ()> {
        // Everything handed in before is durable once this is.
        let done = self.commit(Vec::new());
        Box::pin(async move { done.await.map_or((), |()| ()) })
    }
}

//! The journal in PostgreSQL 13 or newer: for several processes on one store, or where PostgreSQL is looked after anyway.
//!
//! In: messages and changes. Out: commits with `synchronous_commit=on`. Never knows: what they mean.
//!
//! One task writes over one connection: whatever has queued up while it committed goes into the next transaction together
//! (group commit). A pool of connections reads beside it, and one more renews leases. Lanes and fencing: see [`lanes`];
//! lost connections: see [`writer`]; layout: `schema-1.sql`.
//!
//! A departure from tables of finished messages that take over the rows of `progress` and `delivery`: pages of these two
//! have room left, so that an update stays in its page (HOT) until the message ends, and the index of unfinished messages
//! holds nothing else, so that the way of a message does not get longer with the number of those that ended.

mod accept;
mod apply;
mod batch;
mod connect;
mod data_keys;
mod erase;
mod examine;
mod job;
mod lanes;
mod migrate;
mod prune;
mod read;
mod rows;
mod writer;

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::{ClientWrapper, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{mpsc, oneshot};

use super::{
    Accepted, Answer, AuditFilter, Audited, Change, DataKey, Filter, Grave, Head, IdempotencyKey, Incident, KeyFilter,
    Material, NewMessage, Pause, Post, Prune, Pruned, Row, Size, Store, StoreError, Story, Unfinished,
    lane::{Holding, Lanes, Lease},
};
use crate::{door::Promise, metrics::Metrics};
use connect::Connector;
use job::Job;
use lanes::Keeper;

/// Connections that read.
const READERS: usize = 4;

/// Longest wait for one of them, and for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST_READ: Duration = Duration::from_secs(16);

/// Where the database is, and how it is used.
#[derive(Debug)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database`.
    pub url: SecretString,
    /// Certificate authorities to trust besides the public ones, PEM.
    pub authorities: Option<SecretString>,
    /// Largest database in bytes. At 90 % nothing more is accepted.
    pub max_bytes: Option<u64>,
    /// Names this process among those that share the store: another one at each start.
    pub instance: String,
    /// How long lanes are held without being renewed.
    pub lease: Lease,
}

/// A journal in a PostgreSQL database. Cheap to clone.
#[derive(Clone)]
pub struct PostgresStore {
    jobs: mpsc::UnboundedSender<Job>,
    readers: Pool,
    connector: Connector,
    keeper: Arc<Keeper>,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

/// What the connections of a process have in common.
struct Shared {
    instance: String,
    max_bytes: Option<u64>,
    used_bytes: AtomicU64,
    lapsed: AtomicBool,
    /// Whom to tell about transactions, once somebody wants to know.
    metrics: OnceLock<Arc<Metrics>>,
}

impl Shared {
    /// From now on nobody knows what was written last.
    fn lapse(&self) {
        self.lapsed.store(true, Ordering::Release);
    }

    fn has_lapsed(&self) -> bool {
        self.lapsed.load(Ordering::Acquire)
    }

    fn take_lapse(&self) {
        self.lapsed.store(false, Ordering::Release);
    }

    fn set_used(&self, bytes: u64) {
        self.used_bytes.store(bytes, Ordering::Release);
    }

    /// The error for newcomers if 90 % are used.
    fn full(&self) -> Option<StoreError> {
        let (max_bytes, used_bytes) = (self.max_bytes?, self.used_bytes.load(Ordering::Acquire));
        (used_bytes >= max_bytes / 10 * 9).then_some(StoreError::Full { used_bytes, max_bytes })
    }
}

impl PostgresStore {
    /// Connects, brings the schema forward, and takes a share of the lanes. Call inside a tokio runtime.
    ///
    /// # Errors
    /// The database cannot be reached or used, or a newer build wrote to it.
    pub async fn open(options: PostgresOptions) -> Result<Self, StoreError> {
        let authorities = options.authorities.as_ref().map(|pem| pem.expose_secret());
        let connector = Connector::new(options.url.expose_secret(), authorities)?;
        let shared = Arc::new(Shared {
            instance: options.instance,
            max_bytes: options.max_bytes,
            used_bytes: AtomicU64::new(0),
            lapsed: AtomicBool::new(false),
            metrics: OnceLock::new(),
        });
        let mut client = connector.open(None).await.map_err(|error| StoreError::Unavailable(connect::text(&error)))?;
        migrate::migrate(&mut client).await?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_connect(connector.config().clone(), connector.clone(), recycling);
        let readers = Pool::builder(manager)
            .max_size(READERS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        let keeper = Arc::new(Keeper::new(connector.clone(), Arc::clone(&shared), options.lease));
        let (jobs, incoming) = mpsc::unbounded_channel();
        writer::start(connector.clone(), Arc::clone(&shared), incoming);
        Ok(Self { jobs, readers, connector, keeper, shared })
    }

    /// Makes every index anew from its table. Nothing else may be at work on the database.
    ///
    /// # Errors
    /// The database cannot be reached, or refuses.
    pub async fn reindex(url: &SecretString, authorities: Option<&SecretString>) -> Result<(), StoreError> {
        let failed = |error: tokio_postgres::Error| connect::unread(&error);
        let connector = Connector::new(url.expose_secret(), authorities.map(|pem| pem.expose_secret()))?;
        let client = connector.open(None).await.map_err(failed)?;
        client.batch_execute("set statement_timeout = 0").await.map_err(failed)?;
        client.batch_execute(&format!("reindex schema {}", connect::SCHEMA)).await.map_err(failed)
    }

    /// Reads over a connection of the pool, for a bounded time.
    fn read<T, F>(&self, query: impl FnOnce(Object) -> F + Send + 'static) -> Promise<'static, Result<T, StoreError>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send,
    {
        let readers = self.readers.clone();
        let read = async move {
            let client = readers.get().await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
            query(client).await
        };
        Box::pin(async move {
            let read = tokio::time::timeout(LONGEST_READ, read).await;
            read.unwrap_or_else(|_| Err(StoreError::Unavailable("no answer".to_owned())))
        })
    }

    /// Reads everything there is of something, over a connection of its own: however long it takes.
    fn survey<T, F>(
        &self,
        query: impl FnOnce(ClientWrapper) -> F + Send + 'static,
    ) -> Promise<'static, Result<T, StoreError>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send,
    {
        let connector = self.connector.clone();
        Box::pin(async move {
            let client = connector.open(None).await.map_err(|error| connect::unread(&error))?;
            client.batch_execute("set statement_timeout = 0").await.map_err(|error| connect::unread(&error))?;
            query(client).await
        })
    }

    fn hand_in<T: Send + 'static>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Promise<'static, Result<T, StoreError>> {
        let (reply, result) = oneshot::channel();
        let sent = self.jobs.send(job(reply));
        Box::pin(async move {
            sent.map_err(|_| StoreError::Closed)?;
            result.await.map_err(|_| StoreError::Closed)?
        })
    }
}

impl Store for PostgresStore {
    fn accept(&self, message: NewMessage) -> Promise<'static, Result<Accepted, StoreError>> {
        self.hand_in(|reply| Job::Accept(Box::new(message), reply))
    }

    fn commit(&self, changes: Vec<Change>) -> Promise<'static, Result<(), StoreError>> {
        self.hand_in(|reply| Job::Commit(changes, reply))
    }

    fn hold(&self, release: Lanes) -> Promise<'static, Result<Holding, StoreError>> {
        let keeper = Arc::clone(&self.keeper);
        Box::pin(async move { keeper.hold(release, false).await })
    }

    fn depart(&self, release: Lanes) -> Promise<'static, Result<Holding, StoreError>> {
        let keeper = Arc::clone(&self.keeper);
        Box::pin(async move { keeper.hold(release, true).await })
    }

    fn rung(&self) -> Promise<'static, ()> {
        let rung = self.keeper.rung();
        Box::pin(async move { rung.notified().await })
    }

    fn unfinished(&self, lanes: Lanes) -> Promise<'static, Result<Vec<Unfinished>, StoreError>> {
        self.read(async move |client| read::unfinished(&client, &lanes::numbers(lanes)).await)
    }

    fn arrivals(&self) -> Promise<'static, Result<Vec<Unfinished>, StoreError>> {
        let keeper = Arc::clone(&self.keeper);
        self.read(async move |client| keeper.arrivals(&client).await)
    }

    fn material(&self, seq: i64) -> Promise<'static, Result<Option<Material>, StoreError>> {
        self.read(async move |client| read::material(&client, seq).await)
    }

    fn answer(&self, id: &str) -> Promise<'static, Result<Option<Answer>, StoreError>> {
        let id = id.to_owned();
        self.read(async move |client| read::answer(&client, &id).await)
    }

    fn messages(&self, filter: Filter) -> Promise<'static, Result<Vec<Row>, StoreError>> {
        self.read(async move |client| read::messages(&client, &filter).await)
    }

    fn story(&self, id: &str) -> Promise<'static, Result<Option<Story>, StoreError>> {
        let id = id.to_owned();
        self.read(async move |client| read::story(&client, &id).await)
    }

    fn graves(&self, filter: Filter) -> Promise<'static, Result<Vec<(Row, Grave)>, StoreError>> {
        self.read(async move |client| read::graves(&client, &filter).await)
    }

    fn dead(&self, lanes: Lanes) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
        self.read(async move |client| read::dead(&client, &lanes::numbers(lanes)).await)
    }

    fn incidents(&self, limit: usize) -> Promise<'static, Result<Vec<Incident>, StoreError>> {
        self.read(async move |client| read::incidents(&client, limit).await)
    }

    fn posts(&self, sent: bool, limit: usize) -> Promise<'static, Result<Vec<Post>, StoreError>> {
        self.read(async move |client| read::posts(&client, sent, limit).await)
    }

    fn audit(&self, filter: AuditFilter) -> Promise<'static, Result<Vec<Audited>, StoreError>> {
        self.read(async move |client| read::audit(&client, &filter).await)
    }

    fn audit_head(&self) -> Promise<'static, Result<Head, StoreError>> {
        self.read(async move |client| read::audit_head(&client).await)
    }

    fn pauses(&self) -> Promise<'static, Result<Vec<Pause>, StoreError>> {
        self.read(async move |client| read::pauses(&client).await)
    }

    fn calls(&self, day: i64) -> Promise<'static, Result<Vec<(String, u64)>, StoreError>> {
        self.read(async move |client| read::calls(&client, day).await)
    }

    fn last_starts(&self) -> Promise<'static, Result<Vec<(String, i64)>, StoreError>> {
        self.read(async move |client| read::last_starts(&client).await)
    }

    fn data_keys(&self, filter: KeyFilter) -> Promise<'static, Result<Vec<DataKey>, StoreError>> {
        self.read(async move |client| data_keys::data_keys(&client, &filter).await)
    }

    fn size(&self) -> Option<Size> {
        let used_bytes = self.shared.used_bytes.load(Ordering::Acquire);
        Some(Size { used_bytes, max_bytes: self.shared.max_bytes })
    }

    fn watch(&self, metrics: Arc<Metrics>) {
        // The first engine on this store is told; there is only one.
        self.shared.metrics.set(metrics).ok();
    }

    fn known_keys(&self, now_ms: i64) -> Promise<'static, Result<Vec<(i64, IdempotencyKey)>, StoreError>> {
        self.survey(async move |client| read::known_keys(&client, now_ms).await)
    }

    fn examine(&self) -> Promise<'static, Result<Vec<String>, StoreError>> {
        self.survey(async move |client| examine::examine(&client).await)
    }

    fn prune(&self, slice: Prune) -> Promise<'static, Result<Pruned, StoreError>> {
        self.read(async move |mut client| prune::prune(&mut client, &slice).await)
    }

    fn close(&self) -> Promise<'static, ()> {
        let (reply, done) = oneshot::channel();
        let sent = self.jobs.send(Job::Close(reply));
        let (keeper, readers) = (Arc::clone(&self.keeper), self.readers.clone());
        Box::pin(async move {
            if sent.is_ok() {
                done.await.ok();
            }
            keeper.leave().await;
            readers.close();
        })
    }
}

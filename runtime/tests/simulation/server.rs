//! A PostgreSQL server, and databases on it that hold what a world has on its disk.
//!
//! In: statements of worlds. Out: real stores. Never knows: simulated time.
//!
//! A world has one thread and a clock that jumps; connections need threads and a clock that runs. So they live on a
//! runtime of their own, and whoever asks waits for the answer.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tieline_runtime::{
    door::Promise,
    journal::{
        Accepted, Answer, AuditFilter, Audited, Change, DataKey, Filter, Grave, Head, Holding, Incident, KeyFilter,
        Lanes, Lease, Material, NewMessage, Pause, Post, PostgresOptions, PostgresStore, Row, Store, StoreError, Story,
        Unfinished,
    },
};
use tokio::runtime::{Builder, Runtime};

use super::medium::at_once;

#[allow(unreachable_pub, dead_code, reason = "other suites use it too, and use more of it")]
#[path = "../../../tests/src/postgres.rs"]
mod cluster;

/// A lease that nobody has to renew while a world lasts.
const LEASE_S: u64 = 300;

/// A server.
pub(super) struct Server {
    runtime: Runtime,
    cluster: cluster::Cluster,
    databases: AtomicU32,
}

impl Server {
    pub(super) fn start() -> Arc<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        Arc::new(Self { runtime, cluster: cluster::Cluster::start_in_memory(), databases: AtomicU32::new(0) })
    }

    pub(super) fn database(self: &Arc<Self>) -> Database {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let url = self.cluster.database(&format!("world_{number}"));
        Database { server: Arc::clone(self), url, processes: AtomicU32::new(0) }
    }
}

/// A database of one world.
pub(super) struct Database {
    server: Arc<Server>,
    url: String,
    processes: AtomicU32,
}

impl Database {
    /// The store of the next process, which holds all lanes.
    pub(super) fn open(&self) -> Arc<dyn Store> {
        let instance = format!("process-{}", self.processes.fetch_add(1, Ordering::Relaxed));
        let lease = Lease::of_seconds(LEASE_S).expect("a lease within its bounds");
        let url = self.url.clone().into();
        let options = PostgresOptions { url, authorities: None, max_bytes: None, instance, lease };
        let opened = self.server.runtime.spawn(async move {
            let store = PostgresStore::open(options).await?;
            let holding = store.hold(Lanes::NONE).await?;
            assert_eq!(holding.held, Lanes::ALL, "the process before it let go of them");
            Ok::<_, StoreError>(store)
        });
        let store = at_once(opened).expect("opening does not panic").expect("a store on a new database opens");
        Arc::new(Far { store, server: Arc::clone(&self.server) })
    }
}

/// A store whose connections live elsewhere.
struct Far {
    store: PostgresStore,
    server: Arc<Server>,
}

impl Far {
    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&PostgresStore) -> Promise<'static, T>,
    ) -> Promise<'static, T> {
        let there = self.server.runtime.handle();
        let _inside = there.enter();
        let answer = there.spawn(question(&self.store));
        Box::pin(async move { answer.await.expect("a store does not panic") })
    }
}

macro_rules! ask_far {
    ($($question:ident($($given:ident: $kind:ty),*) -> $answer:ty;)*) => {
        impl Store for Far {
            $(fn $question(&self, $($given: $kind),*) -> Promise<'static, $answer> {
                self.ask(|store| store.$question($($given),*))
            })*
        }
    };
}

type Asked<T> = Result<T, StoreError>;

ask_far! {
    accept(message: NewMessage) -> Asked<Accepted>;
    commit(changes: Vec<Change>) -> Asked<()>;
    hold(release: Lanes) -> Asked<Holding>;
    unfinished(lanes: Lanes) -> Asked<Vec<Unfinished>>;
    material(seq: i64) -> Asked<Option<Material>>;
    answer(id: &str) -> Asked<Option<Answer>>;
    messages(filter: Filter) -> Asked<Vec<Row>>;
    story(id: &str) -> Asked<Option<Story>>;
    graves(filter: Filter) -> Asked<Vec<(Row, Grave)>>;
    dead(lanes: Lanes) -> Asked<Vec<(String, u64)>>;
    incidents(limit: usize) -> Asked<Vec<Incident>>;
    posts(sent: bool, limit: usize) -> Asked<Vec<Post>>;
    audit(filter: AuditFilter) -> Asked<Vec<Audited>>;
    audit_head() -> Asked<Head>;
    pauses() -> Asked<Vec<Pause>>;
    calls(day: i64) -> Asked<Vec<(String, u64)>>;
    last_starts() -> Asked<Vec<(String, i64)>>;
    data_keys(filter: KeyFilter) -> Asked<Vec<DataKey>>;
    close() -> ();
}

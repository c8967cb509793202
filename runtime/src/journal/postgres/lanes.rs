//! Which lanes this process owns: taken, renewed, handed over.
//!
//! In: the table of lanes. Out: what is held, and what was taken over from whom. Never knows: messages.
//!
//! The server's clock is the authority. A lane whose lease ran out is taken with the next epoch, but only if the row of
//! the process that had it can be locked: so a lane never changes hands in the middle of a transaction of its owner, and
//! every later transaction of that process sees that the lane is gone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool_postgres::ClientWrapper;
use tokio::sync::{Mutex, Notify};
use tokio_postgres::Error;

use super::{
    Shared,
    connect::{self, Connector},
    migrate, read,
};
use crate::journal::{
    StoreError, Unfinished,
    lane::{Holding, LANES, Lanes, Lease},
};

/// Longest wait for an answer, unless the lease is shorter still.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often partitions for the coming days are made, and the size of the store is read.
const DAYS: Duration = Duration::from_secs(3_600);
const SIZE: Duration = Duration::from_secs(5);

/// A connection of its own: renewing a lease does not wait for messages.
pub(super) struct Keeper {
    connector: Connector,
    shared: Arc<Shared>,
    rung: Arc<Notify>,
    lease: Lease,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    client: Option<ClientWrapper>,
    held: Lanes,
    days: Option<Instant>,
    size: Option<Instant>,
}

impl Keeper {
    pub(super) fn new(connector: Connector, shared: Arc<Shared>, lease: Lease) -> Self {
        Self { connector, shared, rung: Arc::new(Notify::new()), lease, state: Mutex::default() }
    }

    /// Rings when another process has accepted something for one of our lanes.
    pub(super) fn rung(&self) -> Arc<Notify> {
        Arc::clone(&self.rung)
    }

    /// Renews, lets go of some, takes what is free up to a fair share; nothing if this process is leaving.
    pub(super) async fn hold(&self, release: Lanes, leaving: bool) -> Result<Holding, StoreError> {
        let mut state = self.state.lock().await;
        let patience = PATIENCE.min(Duration::from_millis(self.lease.renew_ms()));
        let held = tokio::time::timeout(patience, self.turn(&mut state, (release, leaving))).await;
        let held = held.unwrap_or_else(|_| Err(StoreError::Unavailable("no answer".to_owned())));
        if held.is_err() {
            state.client = None;
        }
        held
    }

    async fn turn(&self, state: &mut State, (release, leaving): (Lanes, bool)) -> Result<Holding, StoreError> {
        let mut client = match state.client.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => self.open().await.map_err(|error| StoreError::Unavailable(connect::text(&error)))?,
        };
        // Waiting may be given up at any moment: the lapse is forgotten only when the lanes are held again.
        let lapsed = self.shared.has_lapsed();
        let turned = self.transaction(&mut client, (release, leaving, lapsed)).await;
        let Turned { held, kept, surplus, orphaned, members, clock_ms } =
            turned.map_err(|error| connect::unread(&error))?;
        if lapsed {
            self.shared.take_lapse();
        }
        let before = if lapsed { Lanes::NONE } else { state.held.and(kept) };
        state.held = held;
        self.look_after(state, &mut client).await.map_err(|error| connect::unread(&error))?;
        state.client = Some(client);
        let (trust_ms, members) = (Some(self.lease.trust_ms()), u32::try_from(members).ok());
        let taken = held.without(before);
        Ok(Holding { held, taken, orphaned, surplus, trust_ms, members, clock_ms: Some(clock_ms) })
    }

    async fn open(&self) -> Result<ClientWrapper, Error> {
        let client = self.connector.open(Some(Arc::clone(&self.rung))).await?;
        client.batch_execute("listen tieline_handed").await?;
        Ok(client)
    }

    async fn transaction(&self, client: &mut ClientWrapper, asked: (Lanes, bool, bool)) -> Result<Turned, Error> {
        let (me, (release, leaving, lapsed)) = (&self.shared.instance, asked);
        let lease = f64::from(u32::try_from(self.lease.lasts_ms()).unwrap_or(u32::MAX)) / 1_000.0;
        let transaction = client.transaction().await?;
        if lapsed {
            // A transaction of ours that nobody heard of any more ends first: after this, nothing is written that was
            // handed in before the lapse.
            transaction.query("select commits from instance where id = $1 for update", &[me]).await?;
        }
        let (members, clock_ms): (i64, i64) = {
            if leaving {
                transaction.execute("delete from member where id = $1", &[me]).await?;
            } else {
                let sql = "insert into member values ($1, now() + make_interval(secs => $2)) \
                           on conflict (id) do update set expires_at = excluded.expires_at";
                transaction.execute(sql, &[me, &lease]).await?;
            }
            let sql = "select count(*), (extract(epoch from clock_timestamp()) * 1000)::bigint from member \
                       where expires_at > now() and id <> $1";
            let row = transaction.query_one(sql, &[me]).await?;
            (row.get::<_, i64>(0) + 1, row.get(1))
        };
        let sql = "update lane set owner = null, expires_at = '-infinity' where owner = $1 and no = any($2)";
        transaction.execute(sql, &[me, &numbers(release)]).await?;
        let sql = "update lane set expires_at = now() + make_interval(secs => $2), epoch = epoch + $3 where owner = $1 \
                   returning no";
        let kept = lanes(&transaction.query(sql, &[me, &lease, &i64::from(lapsed)]).await?)?;
        let fair = (i64::from(LANES) + members - 1) / members.max(1);
        let room = if leaving { 0 } else { fair - i64::from(kept.len()) };
        let (mut held, mut orphaned) = (kept, Lanes::NONE);
        if room > 0 {
            let (taken, from_others) = take(&transaction, (me, lease), room).await?;
            held = held.or(taken);
            orphaned = from_others;
        }
        transaction.commit().await?;
        if !release.is_empty() {
            client.batch_execute("notify tieline_handed").await?;
        }
        Ok(Turned { held, kept, orphaned, surplus: u32::try_from(-room).unwrap_or_default(), members, clock_ms })
    }

    async fn look_after(&self, state: &mut State, client: &mut ClientWrapper) -> Result<(), Error> {
        if state.size.is_none_or(|last| last.elapsed() >= SIZE) {
            let size: i64 = client.query_one("select pg_database_size(current_database())", &[]).await?.get(0);
            self.shared.set_used(u64::try_from(size).unwrap_or_default());
            state.size = Some(Instant::now());
        }
        if state.days.is_none_or(|last| last.elapsed() >= DAYS) {
            let transaction = client.transaction().await?;
            migrate::prepare_days(&transaction).await?;
            // Processes that ended without saying so, and whose lanes have long been taken over.
            transaction
                .batch_execute(
                    "delete from member where expires_at < now() - interval '1 day';
                     delete from instance where seen_at < now() - interval '1 day' \
                     and id not in (select owner from lane where owner is not null) \
                     and id not in (select id from member)",
                )
                .await?;
            transaction.commit().await?;
            state.days = Some(Instant::now());
        }
        Ok(())
    }

    /// Messages of our lanes that other processes accepted, or changed by a person's decision, since the last time.
    pub(super) async fn arrivals(&self, client: &ClientWrapper) -> Result<Vec<Unfinished>, StoreError> {
        read::arrivals(client, &self.shared.instance).await
    }

    /// Lets go of everything: others need not wait until the lease runs out.
    pub(super) async fn leave(&self) {
        let mut state = self.state.lock().await;
        let client = match state.client.take().filter(|client| !client.is_closed()) {
            Some(client) => Some(client),
            None => tokio::time::timeout(PATIENCE, self.open()).await.ok().and_then(Result::ok),
        };
        // Without a server the leases run out by themselves.
        let Some(client) = client else { return };
        let me = &self.shared.instance;
        let left = async {
            let sql = "update lane set owner = null, expires_at = '-infinity' where owner = $1";
            client.execute(sql, &[me]).await?;
            client.execute("delete from member where id = $1", &[me]).await?;
            client.execute("delete from instance where id = $1", &[me]).await?;
            client.batch_execute("notify tieline_handed").await
        };
        if let Ok(Err(error)) = tokio::time::timeout(PATIENCE, left).await {
            tracing::warn!(error = connect::text(&error), "lanes could not be handed over; their leases run out");
        }
    }
}

/// What a turn came to.
struct Turned {
    held: Lanes,
    /// Those that we had before.
    kept: Lanes,
    orphaned: Lanes,
    surplus: u32,
    members: i64,
    /// The server's present, milliseconds since 1970-01-01T00:00:00Z.
    clock_ms: i64,
}

/// Takes free lanes. Those among them that their owner did not let go of itself.
async fn take(
    transaction: &deadpool_postgres::Transaction<'_>,
    (me, lease): (&String, f64),
    room: i64,
) -> Result<(Lanes, Lanes), Error> {
    let sql = "select no, owner from lane where owner is distinct from $1 and expires_at < now() order by random() \
               limit $2 for update skip locked";
    let free = transaction.query(sql, &[me, &room]).await?;
    let owners: Vec<String> = free.iter().filter_map(|row| row.get(1)).collect();
    // An owner in the middle of a transaction keeps its lanes until the next time we look.
    let sql = "select id from instance where id = any($1) order by id for update skip locked";
    let quiet: Vec<String> = transaction.query(sql, &[&owners]).await?.iter().map(|row| row.get(0)).collect();
    let sql = "select id from instance where id = any($1)";
    let there: Vec<String> = transaction.query(sql, &[&owners]).await?.iter().map(|row| row.get(0)).collect();
    let (mut taken, mut orphaned) = (Lanes::NONE, Lanes::NONE);
    for row in &free {
        let (no, owner): (i16, Option<String>) = (row.get(0), row.get(1));
        let Ok(no) = u8::try_from(no) else { continue };
        match owner {
            Some(owner) if there.contains(&owner) && !quiet.contains(&owner) => continue,
            Some(_) => orphaned = orphaned.with(no),
            None => {}
        }
        taken = taken.with(no);
    }
    let sql = "update lane set owner = $1, epoch = epoch + 1, expires_at = now() + make_interval(secs => $2) \
               where no = any($3)";
    transaction.execute(sql, &[me, &lease, &numbers(taken)]).await?;
    Ok((taken, orphaned))
}

/// As a column.
pub(super) fn numbers(lanes: Lanes) -> Vec<i16> {
    lanes.iter().map(i16::from).collect()
}

fn lanes(found: &[tokio_postgres::Row]) -> Result<Lanes, Error> {
    found.iter().map(|row| Ok(u8::try_from(row.try_get::<_, i16>(0)?).unwrap_or_default())).collect()
}

//! The writing task: group commit over one connection, and what happens when it is lost.
//!
//! In: batches of jobs. Out: one transaction each, then the answers. Never knows: statements of single rows.
//!
//! Every transaction raises the count of commits in the row of this process. When the reply to a commit is lost, the
//! count says whether it was made: it is read with a lock, which waits for the old connection's transaction to end. So
//! nothing is written twice and nothing is answered that was not written.
//!
//! If the server stays away for longer than `PATIENCE`, whoever waits is told [`StoreError::Unavailable`], and nobody hands
//! in that work again, neither here nor in the engine. A lease is not renewed while the server is away, and others take
//! lanes whose lease is over; a commit that came late could then act on a turn that is not ours any more. Guards would
//! stop it where a message has been taken since, but not where it stands as it stood. So this process starts over on the
//! lanes that it still has once the server is back, with what the database says: either the commit was made, or the
//! message runs again under the same idempotency key. A sender that was told 503 sends again.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool_postgres::ClientWrapper;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_postgres::{Error, Row, types::ToSql};

use super::{
    Shared,
    accept::{self, Candidate},
    apply,
    batch::{Plan, Progress, subject},
    connect::{self, Connector, Meaning},
    job::{Answered, Batch, Job, Jobs},
    rows,
};
use crate::journal::{Accepted, Entry, Lanes, NewMessage, StoreError};

/// Whoever waits is not kept waiting longer than this for a server that is away.
const PATIENCE: Duration = Duration::from_secs(5);
/// A transaction that takes longer is taken for lost.
const LONGEST: Duration = Duration::from_secs(10);
/// Pauses between tries to connect: doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A transaction that met another one is done again this often.
const MOST_AGAIN: u32 = 8;
/// Owners are woken at most this often.
const DEBOUNCE: Duration = Duration::from_millis(50);

pub(super) fn start(connector: Connector, shared: Arc<Shared>, incoming: UnboundedReceiver<Job>) {
    let writer = Writer {
        connector,
        shared,
        client: None,
        commits: 0,
        pending: None,
        down_since: None,
        pause: FIRST_PAUSE,
        not_before: Instant::now(),
        rang: None,
    };
    tokio::spawn(writer.run(Jobs::new(incoming)));
}

struct Writer {
    connector: Connector,
    shared: Arc<Shared>,
    client: Option<ClientWrapper>,
    /// Commits of this process so far.
    commits: i64,
    /// A commit whose reply has not come, and what its jobs are answered if it was made.
    pending: Option<(i64, Vec<Answered>)>,
    down_since: Option<Instant>,
    pause: Duration,
    not_before: Instant,
    rang: Option<Instant>,
}

/// Why a transaction was not made.
enum Trouble {
    Gone(String),
    Again(String),
    Refused(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let text = connect::text(&error);
        match connect::meaning(&error) {
            Meaning::Gone => Self::Gone(text),
            Meaning::Again => Self::Again(text),
            Meaning::Refused => Self::Refused(text),
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl Writer {
    async fn run(mut self, mut jobs: Jobs) {
        while let Some(Batch { jobs, close }) = jobs.next().await {
            if !jobs.is_empty() {
                self.write(jobs).await;
            }
            if let Some(done) = close {
                drop(self);
                done.send(()).ok();
                return;
            }
        }
    }

    async fn write(&mut self, jobs: Vec<Job>) {
        let (mut again, begin) = (0, Instant::now());
        let failed = loop {
            let tried = tokio::time::timeout(LONGEST, self.attempt(&jobs)).await;
            match tried.unwrap_or_else(|_| Err(Trouble::Gone("no answer".to_owned()))) {
                Ok(answers) => {
                    (self.down_since, self.pause, self.pending) = (None, FIRST_PAUSE, None);
                    return jobs.into_iter().zip(answers).for_each(|(job, answer)| job.answer(answer));
                }
                // One bad change must not take its neighbours with it.
                Err(Trouble::Refused(_)) if jobs.len() > 1 => {
                    for job in jobs {
                        Box::pin(self.write(vec![job])).await;
                    }
                    return;
                }
                Err(Trouble::Refused(text)) => break StoreError::Refused(text),
                Err(Trouble::Again(_)) if again < MOST_AGAIN && begin.elapsed() < PATIENCE => again += 1,
                Err(Trouble::Again(text) | Trouble::Gone(text)) => {
                    if self.gave_up(&text) {
                        break StoreError::Unavailable(text);
                    }
                }
            }
        };
        if matches!(failed, StoreError::Unavailable(_)) {
            // Nobody knows what was written: whatever is in memory about our lanes is started over.
            self.shared.lapse();
        }
        self.pending = None;
        jobs.into_iter().for_each(|job| job.fail(&failed));
    }

    /// The connection is lost. Whether whoever waits is told now.
    fn gave_up(&mut self, text: &str) -> bool {
        self.client = None;
        let now = Instant::now();
        if self.down_since.is_none() {
            tracing::warn!(error = text, "the connection to the store is lost");
        }
        let since = *self.down_since.get_or_insert(now);
        now.duration_since(since) >= PATIENCE
    }

    /// One transaction; what each job is to be answered.
    async fn attempt(&mut self, jobs: &[Job]) -> Result<Vec<Answered>, Trouble> {
        if self.client.as_ref().is_none_or(|client| client.is_closed()) {
            self.connect().await?;
            if let Some((number, answers)) = self.pending.take()
                && number == self.commits
            {
                return Ok(answers);
            }
        }
        let client = self.client.take().ok_or_else(|| Trouble::Gone("not connected".to_owned()))?;
        let made = self.transaction(&client, jobs).await;
        match &made {
            Ok(_) => self.client = Some(client),
            Err(Trouble::Again(_) | Trouble::Refused(_)) => {
                // A transaction that cannot even be rolled back went with its connection.
                if client.batch_execute("rollback").await.is_ok() {
                    self.client = Some(client);
                }
            }
            Err(Trouble::Gone(_)) => {}
        }
        made
    }

    /// Connects, and reads how many commits of this process were made.
    async fn connect(&mut self) -> Result<(), Trouble> {
        self.client = None;
        let waits = self.not_before.saturating_duration_since(Instant::now());
        let over = self.down_since.is_some_and(|since| since.elapsed() >= PATIENCE);
        if over && !waits.is_zero() {
            return Err(Trouble::Gone("the server is away".to_owned()));
        }
        tokio::time::sleep(waits).await;
        // Counted from tries to connect, not from jobs that were refused: those may come faster than any pause.
        self.not_before = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        let client = self.connector.open(None).await.map_err(|error| Trouble::Gone(connect::text(&error)))?;
        let me = &self.shared.instance;
        client.execute("insert into instance values ($1, 0, now()) on conflict (id) do nothing", &[me]).await?;
        let row = client.query_one("select commits from instance where id = $1 for update", &[me]).await?;
        self.commits = row.get(0);
        self.client = Some(client);
        Ok(())
    }

    async fn transaction(&mut self, client: &ClientWrapper, jobs: &[Job]) -> Result<Vec<Answered>, Trouble> {
        let number = self.commits + 1;
        let (accepts, subjects) = asked(jobs);
        let scene = Scene::read(client, (&self.shared.instance, number), accepts, subjects).await?;
        let full = self.shared.full();
        let Scene { mut numbers, mine, progress } = scene;
        let mut plan = Plan::over(progress);
        let (mut answers, mut candidates, mut places) = (Vec::with_capacity(jobs.len()), Vec::new(), Vec::new());
        for (place, job) in jobs.iter().enumerate() {
            answers.push(match (job, &full) {
                (Job::Accept(..), Some(error)) => Answered::Accept(Err(error.clone())),
                (Job::Accept(message, _), None) => {
                    let seq = numbers.next().ok_or_else(|| Trouble::Refused("no number is left".to_owned()))?;
                    candidates.push(Candidate { seq, message });
                    places.push(place);
                    Answered::Accept(Err(StoreError::Closed))
                }
                (Job::Commit(changes, _), _) => Answered::Commit(plan.take(changes, mine)),
                (Job::Close(_), _) => Answered::Commit(Ok(())),
            });
        }
        let accepted = accept::accept(client, &candidates, mine).await?;
        plan.audit.extend(origins(&candidates, &accepted));
        let handed = plan.hands_over() || candidates.iter().any(|it| !mine.contains(it.message.lane()));
        for ((place, candidate), accepted) in places.into_iter().zip(&candidates).zip(accepted) {
            let accepted = match accepted {
                Accepted::New { seq } if candidate.is_handed(mine) => Accepted::Handed { seq },
                accepted => accepted,
            };
            answers[place] = Answered::Accept(Ok(accepted));
        }
        apply::write(client, &plan).await?;
        if handed && self.rang.is_none_or(|rang| rang.elapsed() >= DEBOUNCE) {
            self.rang = Some(Instant::now());
            client.batch_execute("notify tieline_handed").await?;
        }
        self.pending = Some((number, answers.clone()));
        let started = Instant::now();
        client.batch_execute("commit").await?;
        (self.commits, self.pending) = (number, None);
        if let Some(metrics) = self.shared.metrics.get() {
            metrics.committed(jobs.len(), started.elapsed());
        }
        Ok(answers)
    }
}

/// How many numbers are needed, and which rows are touched.
fn asked(jobs: &[Job]) -> (i64, Vec<i64>) {
    let (mut accepts, mut subjects) = (0, Vec::new());
    for job in jobs {
        match job {
            Job::Accept(..) => accepts += 1,
            Job::Commit(changes, _) => subjects.extend(changes.iter().filter_map(subject)),
            Job::Close(_) => {}
        }
    }
    subjects.sort_unstable();
    subjects.dedup();
    (accepts, subjects)
}

/// A replay's audit entry is written with the message.
fn origins<'a>(candidates: &'a [Candidate<'a>], accepted: &[Accepted]) -> impl Iterator<Item = Entry> {
    let new = |accepted: &Accepted| matches!(accepted, Accepted::New { .. });
    let entry = |message: &NewMessage| message.origin.as_ref().map(|origin| origin.entry(message));
    let entries: Vec<_> = candidates
        .iter()
        .zip(accepted)
        .filter(|(_, accepted)| new(accepted))
        .filter_map(|(candidate, _)| entry(candidate.message))
        .collect();
    entries.into_iter()
}

type Value<'a> = &'a (dyn ToSql + Sync);

/// What a transaction sees: all under locks that hold until it ends.
struct Scene {
    numbers: std::vec::IntoIter<i64>,
    mine: Lanes,
    progress: BTreeMap<i64, Progress>,
}

impl Scene {
    /// Begins the transaction, counts it, and reads what its jobs depend on, in one round trip.
    async fn read(
        client: &ClientWrapper,
        (instance, number): (&String, i64),
        accepts: i64,
        subjects: Vec<i64>,
    ) -> Result<Self, Trouble> {
        let count = client
            .prepare_cached(
                "update instance set commits = $2, seen_at = now() where id = $1 and commits = $2::bigint - 1",
            )
            .await?;
        // The day's own sequence: what is accepted later, by whichever process, has the higher number.
        let numbers = client
            .prepare_cached(
                "select nextval(format('message_%s_seq', day)::regclass) as seq from (select max(day) as day from day \
                 where day <= (now() at time zone 'utc')::date - date '1970-01-01') as today, generate_series(1::bigint, $1)",
            )
            .await?;
        let mine = client.prepare_cached("select no from lane where owner = $1").await?;
        let touched = client
            .prepare_cached(
                "select message, lane, state, crashes, lease, gap, mark from progress where message = any($1) \
                 order by message for update",
            )
            .await?;
        let begin = client.batch_execute("begin isolation level read committed");
        let (counted, number_of, owner, about): ([Value<'_>; 2], [Value<'_>; 1], [Value<'_>; 1], [Value<'_>; 1]) =
            ([instance, &number], [&accepts], [instance], [&subjects]);
        let ((), count, numbers, mine, touched) = tokio::try_join!(
            biased;
            begin,
            client.execute(&count, &counted),
            client.query(&numbers, &number_of),
            client.query(&mine, &owner),
            client.query(&touched, &about),
        )?;
        if count != 1 {
            return Err(Trouble::Gone("the row of this process was changed by somebody else".to_owned()));
        }
        let mut numbers: Vec<i64> = numbers.iter().map(|row| row.get(0)).collect();
        numbers.sort_unstable();
        let mine = mine.iter().filter_map(|row| u8::try_from(row.get::<_, i16>(0)).ok()).collect();
        let progress = touched.iter().map(progress).collect::<Result<_, StoreError>>()?;
        Ok(Self { numbers: numbers.into_iter(), mine, progress })
    }
}

fn progress(row: &Row) -> Result<(i64, Progress), StoreError> {
    let progress = Progress {
        lane: u8::try_from(rows::get::<i16>(row, "lane")?).unwrap_or_default(),
        state: rows::state(row)?,
        crashes: rows::count(row, "crashes")?,
        lease: rows::count(row, "lease")?,
        gap: rows::get(row, "gap")?,
        mark: rows::mark(row)?,
        moved: None,
        handed: None,
    };
    Ok((rows::get(row, "message")?, progress))
}

//! What keeps a database well: old days go, damage is found, and a question is not answered by reading everything.

use std::sync::Arc;

use super::{
    super::{Filter, Guard, Lanes, State, Store, begin, keyed, message, moved, new},
    Cluster, DEADLINE, ask, claim, open,
};
use crate::journal::{Prune, retention::Before};

/// The first slice of a round in which everything that ended before is past its time.
fn slice(before_ms: i64) -> Prune {
    let all = Before { content_ms: None, ended_ms: before_ms, dead_ms: before_ms };
    Prune { after: 0, all, own: Arc::default(), now_ms: 1, most: 100 }
}

/// A day as the store makes them, `ago` days before today.
fn make_day(cluster: &Cluster, database: &str, ago: u32) {
    let table = |table: &str| {
        format!(
            "execute format('create table {table}_%s (like {table} including all)', day); \
             execute format('alter table {table} attach partition {table}_%s for values from (%s) to (%s)', \
             day, day << 34, (day + 1) << 34);"
        )
    };
    let tables: String = ["message", "body", "reply", "attempt", "answer", "searchable"].map(table).concat();
    let day = format!("((now() at time zone 'utc')::date - date '1970-01-01' - {ago})::bigint");
    let rest = "execute format('create sequence message_%s_seq', day); insert into day values (day);";
    ask(cluster, database, &format!("do $$ declare day bigint := {day}; begin {tables} {rest} end $$"));
}

fn days(cluster: &Cluster, database: &str) -> String {
    let today = "(now() at time zone 'utc')::date - date '1970-01-01'";
    ask(
        cluster,
        database,
        &format!("select string_agg(({today} - day)::text, ' ' order by day) from day where day < {today}"),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_without_messages_are_dropped_and_no_others() {
    let cluster = Cluster::start();
    let store = open(&cluster, "days").await;
    for ago in [6, 5, 4] {
        make_day(&cluster, "days", ago);
    }
    let day = "((now() at time zone 'utc')::date - date '1970-01-01' - 5)::bigint << 34";
    let row = format!("insert into progress (message, lane, handed, state) values (({day}) + 1, 0, false, 'READY')");
    ask(&cluster, "days", &row);
    let round = slice(1);
    assert_eq!(store.prune(round.clone()).await.unwrap().next, None);
    assert_eq!(days(&cluster, "days"), "5 4", "the newest one may still be written to");
    assert_eq!(
        ask(&cluster, "days", "select count(*) from pg_class where relname like 'message%' and relkind = 'r'"),
        "6"
    );

    // A long reader is not waited for, and holds nobody up.
    ask(&cluster, "days", "delete from progress");
    let url = format!("postgres://tieline@127.0.0.1:{}/days", cluster.port);
    let (reader, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    reader.batch_execute("begin; select count(*) from tieline.message").await.unwrap();
    assert_eq!(store.prune(round.clone()).await.unwrap().next, None);
    assert_eq!(days(&cluster, "days"), "5 4");
    new(&store, message("m1")).await;
    reader.batch_execute("commit").await.unwrap();
    store.prune(round).await.unwrap();
    assert_eq!(days(&cluster, "days"), "4");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_found() {
    let cluster = Cluster::start();
    let store = open(&cluster, "damage").await;
    for id in ["m1", "m2", "m3"] {
        new(&store, message(id)).await;
    }
    assert_eq!(store.examine().await, Ok(Vec::new()));
    ask(&cluster, "damage", "update body set raw = 'other' where message = (select seq from message where id = 'm2')");
    ask(&cluster, "damage", "delete from body where message = (select seq from message where id = 'm3')");
    ask(&cluster, "damage", "insert into answer values (7 + (select max(seq) from message), 200, '')");
    assert_eq!(
        store.examine().await.unwrap(),
        [
            "there are 1 messages without a body",
            "there are 1 answers of no message",
            "the body of m2 is not the one that was written"
        ]
    );
    store.close().await;
}

/// Finished messages beside those that the questions are about.
const FULL: &str = "
    insert into message select d.day::bigint << 34 | n, 'old-' || n, n % 64, 'I-' || n % 5, 'd', 'p', 'k' || n, '', '', '[]', n, 9
    from generate_series(100000, 140000) n, (select min(day) as day from day) d;
    insert into body select seq, 'x', sha256('x') from message;
    insert into progress (message, lane, handed, state, ended_ms) select seq, lane, false, 'DELIVERED', 5000000 from message;
    insert into delivery (message, step, system, operation, done) select seq, 's', 'ERP', 'o', true from message;
    insert into idem select 'I', 'p', sha256(id::bytea), sha256('x'), seq, id, 0, 9000000000000 from message;
    select setval(format('message_%s_seq', day)::regclass, (day::bigint << 34) | 150000) from (select min(day) as day from day) d;
    analyze";

/// Large tables that were read from one end to the other.
const READ: &str = "select coalesce(string_agg(relname || ' ' || seq_scan, ', ' order by relname), '') from pg_stat_user_tables \
                    where pg_relation_size(relid) > 1000000 and seq_scan > 0";

/// More than the five runs after which a statement gets a plan that does not know its values.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_step_of_a_life_reads_a_whole_table() {
    let cluster = Cluster::start();
    let store = open(&cluster, "plans").await;
    ask(&cluster, "plans", FULL);
    ask(&cluster, "plans", "select pg_stat_reset()");
    for round in 0..8 {
        let id = format!("new-{round}");
        let seq = new(&store, keyed(&id, round, 1)).await;
        store.commit(claim(seq, 0, State::Accepted)).await.unwrap();
        store.commit(vec![begin(seq)]).await.unwrap();
        assert_eq!(store.unfinished(Lanes::ALL).await.unwrap().len(), 1);
        store.arrivals().await.unwrap();
        let guard = Guard { lease: 1, from: State::InFlight };
        store.commit(vec![moved(seq, guard, (State::Delivered, None))]).await.unwrap();
        assert!(store.story(&id).await.unwrap().is_some() && store.material(seq).await.unwrap().is_some());
        let page = Filter { limit: 50, before: Some(seq), interface: Some("I-3".to_owned()), ..Filter::default() };
        assert_eq!(store.messages(page.clone()).await.unwrap().len(), 50);
        assert_eq!(store.messages(Filter { interface: None, ..page.clone() }).await.unwrap().len(), 50);
        let open = Filter { interface: None, state: Some(State::Ready), ..page };
        assert!(store.messages(open).await.unwrap().is_empty());
        let after = store.prune(slice(200_000));
        assert_eq!(after.await.unwrap().next.map(|_| ()), Some(()));
    }
    // What connections counted is known when they end.
    store.close().await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(ask(&cluster, "plans", READ), "");
    // And one that does read a whole table is seen.
    ask(&cluster, "plans", "select count(*) from delivery where note = 'x'");
    let begin = std::time::Instant::now();
    while ask(&cluster, "plans", READ).is_empty() {
        assert!(begin.elapsed() < DEADLINE, "nothing is counted, nothing is proved");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

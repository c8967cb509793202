//! What only a store on a server has to prove: several processes, a server that is lost, replies that are lost.

#[allow(unreachable_pub, dead_code, reason = "other suites use it too, and use more of it")]
#[path = "../../../../tests/src/postgres.rs"]
mod cluster;
mod proxy;
mod upkeep;

pub(super) use cluster::Cluster;

use std::{sync::Arc, time::Duration};

use super::*;
use proxy::{Cut, Proxy};

/// On a machine that is busy with other things.
const DEADLINE: Duration = Duration::from_secs(60);

/// The store of a process on a database.
async fn join(url: &str, instance: &str, max_bytes: Option<u64>) -> Result<PostgresStore, StoreError> {
    let (instance, lease) = (instance.to_owned(), Lease::default());
    let options = PostgresOptions { url: url.into(), authorities: None, max_bytes, instance, lease };
    PostgresStore::open(options).await
}

/// A store of its own that holds all lanes.
pub(super) async fn open(cluster: &Cluster, name: &str) -> PostgresStore {
    let store = join(&cluster.database(name), "one", None).await.unwrap();
    assert_eq!(store.hold(Lanes::NONE).await.unwrap().held, Lanes::ALL);
    store
}

/// One line of an answer.
fn ask(cluster: &Cluster, database: &str, sql: &str) -> String {
    let output = cluster.ask(database, &format!("set search_path = tieline; {sql}"));
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A message in this lane.
fn in_lane(lane: u8) -> NewMessage {
    (0..).map(|number| message(&format!("lane-{lane}-{number}"))).find(|message| message.lane() == lane).unwrap()
}

fn claim(seq: i64, lease: u32, from: State) -> Vec<Change> {
    vec![Change::Claim { seq, guard: Guard { lease, from }, gap: false }]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_lanes_and_have_no_say_in_those_of_others() {
    let cluster = Cluster::start();
    let url = cluster.database("shared");
    let (one, two) = (join(&url, "one", None).await.unwrap(), join(&url, "two", None).await.unwrap());
    let first = one.hold(Lanes::NONE).await.unwrap();
    assert_eq!((first.held, first.taken, first.orphaned, first.surplus), (Lanes::ALL, Lanes::ALL, Lanes::NONE, 0));
    assert_eq!(two.hold(Lanes::NONE).await.unwrap().held, Lanes::NONE, "nobody takes what another one works on");
    let again = one.hold(Lanes::NONE).await.unwrap();
    assert_eq!((again.members, again.is_short()), (Some(2), false));
    assert_eq!((again.taken, again.surplus), (Lanes::NONE, 32), "but it is told that others have too little");
    let (mine, yours): (Vec<u8>, Vec<u8>) = Lanes::ALL.iter().partition(|lane| *lane < 32);
    let (mine, yours): (Lanes, Lanes) = (mine.into_iter().collect(), yours.into_iter().collect());
    assert_eq!(one.hold(yours).await.unwrap().held, mine);
    let second = two.hold(Lanes::NONE).await.unwrap();
    assert_eq!((second.taken, second.orphaned), (yours, Lanes::NONE));

    // What two accepts for a lane of one is one's to work on, and one hears of it once.
    let Ok(Accepted::Handed { seq }) = two.accept(in_lane(3)).await else { panic!("it is another one's") };
    assert_eq!(two.commit(claim(seq, 0, State::Accepted)).await, Err(StoreError::Stale));
    tokio::time::timeout(Duration::from_secs(10), one.rung()).await.expect("it is told");
    let heard = one.arrivals().await.unwrap();
    assert_eq!(heard.iter().map(|message| message.seq).collect::<Vec<_>>(), [seq]);
    assert_eq!((one.arrivals().await.unwrap(), two.arrivals().await.unwrap()), (vec![], vec![]));
    one.commit(claim(seq, 0, State::Accepted)).await.unwrap();

    // A person's decision may be made anywhere; whoever works on the message hears of it.
    let end = |lease, state| Change::State {
        seq,
        guard: Guard { lease, from: State::InFlight },
        state,
        reason: None,
        detail: String::new(),
        due_ms: None,
        at_ms: 5,
    };
    let entry = Entry { action: "retry".to_owned(), ..Entry::default() };
    two.commit(vec![end(1, State::Ready), Change::Audit(Box::new(entry))]).await.unwrap();
    assert_eq!(one.arrivals().await.unwrap()[0].state, State::Ready);

    // One is stopped, its lease runs out, two takes over: whatever one still writes is thrown away.
    one.commit(claim(seq, 1, State::Ready)).await.unwrap();
    ask(&cluster, "shared", "update lane set expires_at = now() - interval '1 s' where owner = 'one'");
    ask(&cluster, "shared", "update member set expires_at = now() - interval '1 s' where id = 'one'");
    let taken = two.hold(Lanes::NONE).await.unwrap();
    assert_eq!((taken.held, taken.taken, taken.orphaned), (Lanes::ALL, mine, mine));
    assert_eq!(one.commit(vec![begin(seq)]).await, Err(StoreError::Stale));
    assert_eq!(one.commit(vec![end(2, State::Delivered)]).await, Err(StoreError::Stale));
    assert_eq!(two.unfinished(Lanes::NONE.with(3)).await.unwrap()[0].lease, 2);
    two.commit(vec![end(2, State::Delivered)]).await.unwrap();
    assert_eq!(one.hold(Lanes::NONE).await.unwrap().held, Lanes::NONE);

    // Dead letters are counted by whoever holds their lane.
    let dead = new(&two, in_lane(60)).await;
    let bury = Change::Bury { seq: dead, grave: Box::default() };
    two.commit(vec![state(dead, State::Dead, Some(Reason::Permanent)), bury]).await.unwrap();
    assert_eq!(two.dead(Lanes::NONE.with(60)).await, Ok(vec![(message("").interface, 1)]));
    assert_eq!(two.dead(Lanes::NONE.with(59)).await, Ok(vec![]));

    // Who leaves lets go at once.
    two.close().await;
    let last = one.hold(Lanes::NONE).await.unwrap();
    assert_eq!((last.taken, last.orphaned), (Lanes::ALL, Lanes::NONE));
    one.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_brought_to_two_processes_at_once_makes_one_message() {
    let cluster = Cluster::start();
    let url = cluster.database("keys");
    let (one, two) = (join(&url, "one", None).await.unwrap(), join(&url, "two", None).await.unwrap());
    for key in 0..20 {
        let bring = |store: &PostgresStore, name: &str| store.accept(keyed(&format!("{name}-{key}"), key, 1));
        let both = tokio::join!(bring(&one, "one"), bring(&two, "two"));
        // Nobody holds a lane: both accept for whoever will.
        let new = [&both.0, &both.1].iter().filter(|accepted| matches!(accepted, Ok(Accepted::Handed { .. }))).count();
        let known = |accepted: &Result<Accepted, StoreError>| matches!(accepted, Ok(Accepted::Replayed { .. }));
        assert!(new == 1 && (known(&both.0) || known(&both.1)), "{both:?}");
    }
    assert_eq!(ask(&cluster, "keys", "select count(*) from message"), "20");
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_reply_is_lost_is_asked_about_and_never_made_twice() {
    let cluster = Cluster::start();
    let _url = cluster.database("lost");
    let proxy = Proxy::before(cluster.port);
    let url = format!("postgres://tieline@127.0.0.1:{}/lost", proxy.port);
    let store = join(&url, "one", None).await.unwrap();
    store.hold(Lanes::NONE).await.unwrap();
    for (cut, id) in [(Cut::AfterCommit, "m1"), (Cut::BeforeCommit, "m2"), (Cut::AfterCommit, "m3")] {
        proxy.cut_at_next_commit(cut);
        let seq = new(&store, message(id)).await;
        assert!(proxy.has_cut(), "{id}: nothing was cut, nothing is proved");
        assert_eq!(store.story(id).await.unwrap().unwrap().row.seq, seq);
        // A step that is counted shows whether a batch was made twice.
        proxy.cut_at_next_commit(cut);
        store.commit(vec![Change::Called { system: "ERP", day: 1 }]).await.unwrap();
        assert!(proxy.has_cut(), "{id}: nothing was cut, nothing is proved");
    }
    assert_eq!(ask(&cluster, "lost", "select count(*) from message"), "3");
    assert_eq!(store.calls(1).await.unwrap(), [("ERP".to_owned(), 3)]);
    assert_eq!(store.hold(Lanes::NONE).await.unwrap().taken, Lanes::NONE, "nothing stayed unknown");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_loses_nothing_that_was_acknowledged() {
    let mut cluster = Cluster::start();
    let url = cluster.database("killed");
    let store = join(&url, "one", None).await.unwrap();
    store.hold(Lanes::NONE).await.unwrap();
    let mut acknowledged = Vec::new();
    let told = Arc::new(tokio::sync::Barrier::new(9));
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..8 {
        let (store, told) = (store.clone(), Arc::clone(&told));
        senders.spawn(async move {
            let (mut acknowledged, mut refused) = (Vec::new(), false);
            for number in 0.. {
                let id = format!("{sender}-{number}");
                match store.accept(message(&id)).await {
                    Ok(_) => acknowledged.push(id.clone()),
                    Err(StoreError::Unavailable(_)) => {
                        if !std::mem::replace(&mut refused, true) {
                            let told = Arc::clone(&told);
                            tokio::spawn(async move { told.wait().await });
                        }
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                    Err(other) => panic!("{other}"),
                }
                // Until the server has been away and is back.
                if refused && acknowledged.last().is_some_and(|last| *last == id) {
                    break;
                }
            }
            acknowledged
        });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    cluster.kill();
    // It stays away until everybody has been told, and goes on asking.
    tokio::time::timeout(DEADLINE, told.wait()).await.expect("whoever waits is told");
    tokio::time::sleep(Duration::from_secs(2)).await;
    tokio::task::block_in_place(|| cluster.restart());
    let back = async {
        while let Some(sent) = senders.join_next().await {
            acknowledged.extend(sent.unwrap());
        }
    };
    tokio::time::timeout(DEADLINE, back).await.expect("the store comes back by itself, however much it is asked");
    assert!(acknowledged.len() > 16, "too few to prove anything: {}", acknowledged.len());
    let holding = store.hold(Lanes::NONE).await.unwrap();
    assert_eq!((holding.taken, holding.orphaned), (Lanes::ALL, Lanes::NONE), "what is in memory is started over");
    let kept: Vec<_> = store.unfinished(Lanes::ALL).await.unwrap().into_iter().map(|message| message.id).collect();
    let mut lost = acknowledged.iter().filter(|id| !kept.contains(id));
    assert_eq!(lost.next(), None);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_database_must_not_be_is_said() {
    let cluster = Cluster::start();
    let url = cluster.database("odd");
    let store = join(&url, "one", Some(1_000_000)).await.unwrap();
    assert!(store.accept(message("m1")).await.is_ok(), "the size is not known yet");
    store.hold(Lanes::NONE).await.unwrap();
    assert!(matches!(store.accept(message("m2")).await, Err(StoreError::Full { max_bytes: 1_000_000, .. })));
    let odd = NewMessage { principal: "a\0b".to_owned(), ..message("m3") };
    let roomy = join(&url, "two", None).await.unwrap();
    let Ok(Accepted::Handed { seq }) = roomy.accept(odd).await else { panic!("it has no lane") };
    assert_eq!(roomy.material(seq).await.unwrap().unwrap().message.principal, "a\u{fffd}b");
    roomy.close().await;
    store.close().await;

    ask(&cluster, "odd", "update meta set value = 99");
    assert!(matches!(join(&url, "three", None).await.err(), Some(StoreError::Newer { found: 99, .. })));
    let wrong = join("postgres://tieline:hunter2@127.0.0.1:1/odd?hunter2=1", "four", None).await.err().unwrap();
    assert!(!wrong.to_string().contains("hunter2"), "{wrong}");
    let away = join("postgres://tieline:hunter2@127.0.0.1:1/odd", "five", None).await.err().unwrap();
    assert!(matches!(&away, StoreError::Unavailable(text) if !text.contains("hunter2")), "{away}");
}

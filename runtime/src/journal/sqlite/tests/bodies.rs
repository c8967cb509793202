//! Bodies in files: they are there before their message is, and go with it, whatever happens in between.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use super::{
    super::{
        SqliteStore,
        spool::{LARGE, Spool},
    },
    message,
};
use crate::{
    journal::{
        Accepted, Change, Filter, Guard, IdempotencyKey, NewMessage, Store, StoreError, Token,
        retention::{Retention, Rules, sweep},
    },
    lifecycle::State,
    metrics::Metrics,
};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn large(id: usize) -> NewMessage {
    message(id, LARGE + 1)
}

fn folder_of(path: &Path) -> PathBuf {
    path.with_extension("db.bodies")
}

fn files(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder_of(path)).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Files go soon after their rows.
async fn comes_to(path: &Path, count: usize) {
    let deadline = Instant::now() + PATIENCE;
    while files(path).len() != count {
        assert!(Instant::now() < deadline, "{:?} are there, not {count}", files(path));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn end(seq: i64) -> Change {
    Change::State {
        seq,
        guard: Guard { lease: 0, from: State::Accepted },
        state: State::Delivered,
        reason: None,
        detail: String::new(),
        due_ms: None,
        at_ms: 9,
    }
}

fn erase(seq: i64) -> Change {
    Change::Erase { seq, who: "ana".to_owned(), at_ms: 9 }
}

async fn delete_all(store: &SqliteStore) {
    let rules = Rules { all: Retention { keep_days: 1, keep_dead_days: 1 }, own: Vec::new() };
    sweep(store, &rules, 3 * 86_400_000, &Metrics::new()).await.unwrap();
}

async fn raw(store: &SqliteStore, seq: i64) -> Vec<u8> {
    store.material(seq).await.unwrap().unwrap().message.raw
}

#[tokio::test]
async fn files_come_and_go_with_their_messages() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let store = SqliteStore::open(&path, None).unwrap();
    for accepted in [large(1), message(2, LARGE), large(3)] {
        store.accept(accepted).await.unwrap();
    }
    assert_eq!(files(&path).len(), 2, "what is not longer lies in its page");
    assert!(store.size().unwrap().used_bytes > 2 * LARGE as u64, "the quota counts files");
    assert_eq!(store.spool.bytes(), 2 * (LARGE as u64 + 1));
    store.close().await;

    let store = SqliteStore::open(&path, None).unwrap();
    for (seq, kept) in [(1, large(1)), (2, message(2, LARGE)), (3, large(3))] {
        assert_eq!(store.material(seq).await.unwrap().unwrap().message, kept);
    }
    assert_eq!(store.spool.bytes(), 2 * (LARGE as u64 + 1), "also those from before");
    assert_eq!(store.examine().await, Ok(vec![]));
    store.commit(vec![end(1), erase(1), end(3)]).await.unwrap();
    comes_to(&path, 1).await;
    assert_eq!(raw(&store, 1).await, b"");
    delete_all(&store).await;
    assert_eq!(store.accept(large(4)).await, Ok(Accepted::New { seq: 4 }));
    comes_to(&path, 1).await;
    assert_eq!(raw(&store, 4).await, large(4).raw);
    store.close().await;
    assert_eq!(store.spool.bytes(), LARGE as u64 + 1, "what is gone is not counted");
}

#[tokio::test]
async fn a_transaction_that_is_not_made_leaves_files_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let store = SqliteStore::open(&path, None).unwrap();
    let key = |body| Some(IdempotencyKey { key_hash: [1; 32], body_hash: [body; 32], expires_ms: 9 });
    store.accept(NewMessage { key: key(1), ..large(1) }).await.unwrap();
    let again = store.accept(NewMessage { key: key(1), ..large(2) }).await;
    assert_eq!(again, Ok(Accepted::Replayed { id: "m1".to_owned() }));
    assert_eq!(store.accept(NewMessage { key: key(2), ..large(3) }).await, Ok(Accepted::KeyReused));
    assert!(matches!(store.accept(large(1)).await, Err(StoreError::Refused(_))), "its id is taken");
    let token = || Token::of("order", "1").unwrap();
    let twice = store.accept(NewMessage { tokens: vec![token(), token()], ..large(6) }).await;
    assert!(matches!(twice, Err(StoreError::Refused(_))), "found out after its file had its row: {twice:?}");
    // The second message does not exist: neither is the first erased.
    assert_eq!(store.commit(vec![end(1), erase(1), erase(9)]).await, Err(StoreError::Stale));
    // One that cannot be kept does not take its neighbours' files with it.
    let (bad, good) = tokio::join!(store.accept(large(1)), store.accept(large(4)));
    assert!(bad.is_err() && good.is_ok(), "{bad:?} {good:?}");
    store.close().await;
    assert_eq!(files(&path).len(), 2);

    let store = SqliteStore::open(&path, None).unwrap();
    assert_eq!((raw(&store, 1).await, raw(&store, 2).await), (large(1).raw, large(4).raw));
    drop(store.accept(large(5)));
    store.close().await;
    let store = SqliteStore::open(&path, None).unwrap();
    assert_eq!(raw(&store, 3).await, large(5).raw, "whoever hangs up has said it all the same");
    store.close().await;
}

/// What a crash may leave behind: a file whose transaction was not made, whole or not.
#[tokio::test]
async fn a_crash_leaves_only_what_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let store = SqliteStore::open(&path, None).unwrap();
    store.accept(large(1)).await.unwrap();
    store.close().await;
    let orphan = folder_of(&path).join("01936c1e-7d1a-7000-8000-000000000001");
    let foreign = folder_of(&path).join("lost+found");
    fs::write(&orphan, b"half a bo").unwrap();
    fs::write(&foreign, b"somebody's").unwrap();
    let store = SqliteStore::open(&path, None).unwrap();
    assert_eq!((files(&path).len(), orphan.exists(), foreign.exists()), (2, false, true));
    assert_eq!(raw(&store, 1).await, large(1).raw);
    store.close().await;

    // A database that was put elsewhere is no reason to destroy what belongs to it.
    fs::rename(&path, folder.path().join("elsewhere.db")).unwrap();
    let refused = SqliteStore::open(&path, None).err();
    assert!(matches!(&refused, Some(StoreError::Refused(why)) if why.contains("put it back")), "{refused:?}");
    assert_eq!(files(&path).len(), 2);
}

#[tokio::test]
async fn a_file_that_is_missing_or_changed_is_never_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let store = SqliteStore::open(&path, None).unwrap();
    for id in 1..=3 {
        store.accept(large(id)).await.unwrap();
    }
    // Names are given in the order of messages.
    let files = files(&path);
    fs::write(&files[0], vec![b'y'; LARGE + 1]).unwrap();
    fs::remove_file(&files[1]).unwrap();
    File::options().write(true).open(&files[2]).unwrap().set_len(LARGE as u64).unwrap();
    for (seq, name) in (1..).zip(&files) {
        let found = store.material(seq).await;
        let named = matches!(&found, Err(StoreError::Damaged(why)) if why.contains(name.to_str().unwrap()));
        assert!(named, "{seq}: {found:?}");
    }
    let found = crate::tool::check(&store, &|_| {}).await.unwrap().findings;
    assert_eq!(found.iter().map(|finding| &*finding.subject).collect::<Vec<_>>(), ["m3", "m2", "m1"], "{found:?}");
    let aside = crate::tool::repair(&store, 9).await.unwrap();
    assert_eq!(aside.len(), 3, "they are dead letters now");
    store.close().await;
}

/// Whether the row is there while its file is being synced.
static SYNCING: AtomicBool = AtomicBool::new(false);
static GO_ON: AtomicBool = AtomicBool::new(false);

fn wait_for_the_test(file: &File) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while SYNCING.load(Ordering::SeqCst) && !GO_ON.load(Ordering::SeqCst) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
    file.sync_all()
}

#[tokio::test]
async fn a_message_is_there_after_its_body_and_in_its_turn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let mut spool = Spool::beside(&path, LARGE);
    spool.sync = wait_for_the_test;
    let store = SqliteStore::over(&path, None, spool).unwrap();
    SYNCING.store(true, Ordering::SeqCst);
    let (first, second) = (store.accept(large(1)), store.accept(message(2, 9)));
    let told = tokio::spawn(async { (first.await, second.await) });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!((store.story("m1").await, told.is_finished()), (Ok(None), false), "it is not synced yet");
    GO_ON.store(true, Ordering::SeqCst);
    assert_eq!(told.await.unwrap(), (Ok(Accepted::New { seq: 1 }), Ok(Accepted::New { seq: 2 })));
    store.close().await;
}

/// Syncs until one fails.
static LEFT: AtomicUsize = AtomicUsize::new(usize::MAX);

fn fail_after_some(file: &File) -> io::Result<()> {
    if LEFT.fetch_sub(1, Ordering::SeqCst) == 0 {
        return Err(io::Error::other("the disk is gone"));
    }
    file.sync_all()
}

/// The folder's own name, the file, the file's name.
#[tokio::test]
async fn whatever_cannot_be_synced_is_not_acknowledged_and_nothing_after_it() {
    for left in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tieline.db");
        let mut spool = Spool::beside(&path, LARGE);
        spool.sync = fail_after_some;
        let store = SqliteStore::over(&path, None, spool).unwrap();
        LEFT.store(left, Ordering::SeqCst);
        let refused = store.accept(large(1)).await;
        assert!(matches!(refused, Err(StoreError::Broken(_))), "{left}: {refused:?}");
        assert!(matches!(store.accept(message(2, 9)).await, Err(StoreError::Broken(_))), "as after a failed commit");
        store.close().await;
        let store = SqliteStore::open(&path, None).unwrap();
        assert_eq!(store.messages(Filter { limit: 9, ..Filter::default() }).await, Ok(vec![]));
        assert_eq!(files(&path), [""; 0].map(PathBuf::from));
        store.close().await;
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_written_is_refused_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let store = SqliteStore::open(&path, Some(100 * LARGE as u64)).unwrap();
    fs::write(folder_of(&path), b"no folder").unwrap();
    let (bad, good) = tokio::join!(store.accept(large(1)), store.accept(message(2, 9)));
    assert!(matches!(bad, Err(StoreError::Refused(_))), "{bad:?}");
    assert!(good.is_ok(), "{good:?}");
    fs::remove_file(folder_of(&path)).unwrap();
    store.accept(large(3)).await.unwrap();
    store.close().await;

    let store = SqliteStore::open(&path, Some(LARGE as u64)).unwrap();
    assert!(matches!(store.accept(large(4)).await, Err(StoreError::Full { .. })), "files count");
    assert_eq!(files(&path).len(), 1, "it was not even written");
    store.close().await;
}

/// Another name of the file shows what is in it after it is gone.
#[tokio::test]
async fn erasing_writes_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let store = SqliteStore::open(&path, None).unwrap();
    store.accept(large(1)).await.unwrap();
    let link = folder.path().join("link");
    fs::hard_link(&files(&path)[0], &link).unwrap();
    store.commit(vec![end(1), erase(1)]).await.unwrap();
    store.close().await;
    assert_eq!(files(&path).len(), 0, "a store that is closed is tidy");
    assert!(fs::read(link).unwrap().iter().all(|byte| *byte == 0));
}

/// The file is a pipe here, which is read to its end when the test lets go of it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_erased_while_it_is_read_is_not_taken_for_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let store = SqliteStore::open(&path, None).unwrap();
    store.accept(large(1)).await.unwrap();
    let file = files(&path).remove(0);
    fs::remove_file(&file).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
    let pipe = File::options().read(true).write(true).open(file).unwrap();
    let reading = tokio::spawn(store.material(1));
    // By then its row has been read, or nothing is proved.
    tokio::time::sleep(Duration::from_millis(100)).await;
    store.commit(vec![end(1), erase(1)]).await.unwrap();
    comes_to(&path, 0).await;
    drop(pipe);
    let read = reading.await.unwrap().unwrap().unwrap();
    assert_eq!(read.message.raw, b"");
    store.close().await;
}

/// The steps of the manual: files, database, files again. Meanwhile messages come and go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_running_store_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("tieline.db"), folder.path().join("copy.db"));
    let store = SqliteStore::open(&path, None).unwrap();
    for id in 0..10 {
        store.accept(large(id)).await.unwrap();
    }
    store.commit((1..=5).map(end).collect()).await.unwrap();
    fs::create_dir(folder_of(&copy)).unwrap();
    let copy_files = || {
        for file in files(&path) {
            let to = folder_of(&copy).join(file.file_name().unwrap());
            if !to.exists() {
                fs::copy(&file, &to).ok();
            }
        }
    };
    copy_files();
    store.accept(large(10)).await.unwrap();
    store.commit(vec![erase(1)]).await.unwrap();
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute("vacuum into ?1", [copy.to_str().unwrap()]).unwrap();
    store.accept(large(11)).await.unwrap();
    store.commit(vec![erase(2)]).await.unwrap();
    comes_to(&path, 10).await;
    copy_files();
    store.close().await;

    let copied = SqliteStore::open(&copy, None).unwrap();
    assert_eq!(crate::tool::check(&copied, &|_| {}).await.unwrap().findings, []);
    assert_eq!((raw(&copied, 11).await, raw(&copied, 2).await), (large(10).raw, large(1).raw));
    assert_eq!(files(&copy).len(), 10, "and nothing that its database does not know");
    copied.close().await;
}

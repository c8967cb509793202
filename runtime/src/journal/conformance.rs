//! One suite over every store.

mod bodies;
mod erasure;
mod file;
mod lives;
mod operating;
mod postgres;
mod retention;
mod say;

use bodies::{large_bodies_come_back_whole_and_go_with_their_messages, large_bodies_travel_from_a_file_and_back};
use erasure::{erasing_takes_the_content_and_leaves_the_story, what_is_needed_is_not_erased};
use lives::{
    a_failed_message_frees_its_key, a_life_is_told_from_begin_to_end, answers_are_remembered,
    calls_of_the_day_are_counted, crashes_are_counted, incidents_and_posts_are_kept, keys_recognise_messages,
    lists_are_paged_by_the_last_one_seen, the_dead_are_listed_with_their_reasons,
};
use operating::{
    a_replay_knows_where_it_comes_from, a_stale_batch_leaves_no_audit_row, another_round_starts_from_the_first_try,
    lists_are_narrowed, pauses_are_kept, searchable_fields_find_their_messages, the_audit_log_is_a_chain,
};
use retention::{
    a_document_says_how_long_its_messages_are_kept, the_count_of_dead_letters_is_right_after_they_are_pruned,
    the_last_start_outlives_its_message, what_is_past_its_time_is_deleted_and_nothing_else,
};
use say::{
    a_replay_takes_the_place_that_its_source_blocked, an_end_is_left_only_by_who_saw_it,
    marks_outlive_the_end_they_speak_of, who_lost_a_message_has_no_say_any_more,
};

use super::*;
use crate::{
    descriptor::Class,
    lifecycle::{Reason, State},
};

fn message(id: &str) -> NewMessage {
    NewMessage {
        id: id.to_owned(),
        interface: "PROC-A-B-C-V1".to_owned(),
        digest: "0123456789ab".to_owned(),
        principal: "vms".to_owned(),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        request_id: "r-1".to_owned(),
        parameters: vec![("id".to_owned(), "4711".to_owned())],
        raw: br#"{"a":1.50}"#.to_vec(),
        accepted_ms: 1_000,
        ..NewMessage::default()
    }
}

fn keyed(id: &str, key: u8, body: u8) -> NewMessage {
    let key = IdempotencyKey { key_hash: [key; 32], body_hash: [body; 32], expires_ms: 2_000 };
    NewMessage { key: Some(key), ..message(id) }
}

fn attempt(n: u32, class: Class) -> Attempt {
    Attempt {
        step: "create".to_owned(),
        n,
        class,
        status: Some(503),
        start_ms: 1_000 + i64::from(n),
        end_ms: 1_010 + i64::from(n),
        reason: "because".to_owned(),
        excerpt: "busy".to_owned(),
    }
}

fn begin(seq: i64) -> Change {
    let (step, system, operation) = ("create".to_owned(), "ERP".to_owned(), "create-order".to_owned());
    Change::Begin { seq, step, system, operation, at_ms: 1_001 }
}

fn state(seq: i64, state: State, reason: Option<Reason>) -> Change {
    moved(seq, Guard { lease: 0, from: State::Accepted }, (state, reason))
}

fn moved(seq: i64, guard: Guard, (state, reason): (State, Option<Reason>)) -> Change {
    Change::State { seq, guard, state, reason, detail: "so it is".to_owned(), due_ms: Some(9), at_ms: 1_500 }
}

fn claim(seq: i64, lease: u32, from: State) -> Change {
    Change::Claim { seq, guard: Guard { lease, from }, gap: false }
}

async fn new(store: &dyn Store, message: NewMessage) -> i64 {
    match store.accept(message).await.unwrap() {
        Accepted::New { seq } => seq,
        other => panic!("not new: {other:?}"),
    }
}

/// A store behind encryption, as every environment with keys has it.
async fn sealed(behind: impl Store) -> SealedStore {
    let keys = [("k1".to_owned(), "0f".repeat(31) + "10")].map(|(name, key)| (name, key.into()));
    let ring = KeyRing::new(&keys.into(), None).unwrap();
    let clock = std::sync::Arc::new(crate::clock::ScaledClock::SYSTEM);
    SealedStore::open(std::sync::Arc::new(behind), ring, clock).await.unwrap()
}

/// Every case over every store, each on a fresh one.
macro_rules! conformance {
    ($($case:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $case() {
                super::$case(&super::MemoryStore::new()).await;
            })*
        }
        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                let folder = tempfile::tempdir().unwrap();
                let store = super::SqliteStore::open(&folder.path().join("new/tieline.db"), None).unwrap();
                super::$case(&store).await;
                super::Store::close(&store).await;
            })*
        }
        mod sealed_memory {
            $(#[tokio::test]
            async fn $case() {
                super::$case(&super::sealed(super::MemoryStore::new()).await).await;
            })*
        }
        mod sealed_sqlite {
            $(#[tokio::test]
            async fn $case() {
                let folder = tempfile::tempdir().unwrap();
                let store = super::SqliteStore::open(&folder.path().join("tieline.db"), None).unwrap();
                let store = super::sealed(store).await;
                super::$case(&store).await;
                super::Store::close(&store).await;
            })*
        }
        /// One server for all: each case has a database of its own.
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn every_case_holds_on_postgresql() {
            let cluster = postgres::Cluster::start_in_memory();
            let mut broken = Vec::new();
            $({
                let store = postgres::open(&cluster, stringify!($case)).await;
                let case = async move {
                    $case(&store).await;
                    Store::close(&store).await;
                };
                if tokio::spawn(case).await.is_err() {
                    broken.push(stringify!($case));
                }
            })*
            assert_eq!(broken, [""; 0], "their panics stand above");
        }
    };
}

conformance!(
    keys_recognise_messages,
    a_failed_message_frees_its_key,
    a_life_is_told_from_begin_to_end,
    the_dead_are_listed_with_their_reasons,
    lists_are_paged_by_the_last_one_seen,
    incidents_and_posts_are_kept,
    answers_are_remembered,
    crashes_are_counted,
    the_audit_log_is_a_chain,
    a_stale_batch_leaves_no_audit_row,
    a_replay_knows_where_it_comes_from,
    another_round_starts_from_the_first_try,
    pauses_are_kept,
    lists_are_narrowed,
    searchable_fields_find_their_messages,
    who_lost_a_message_has_no_say_any_more,
    an_end_is_left_only_by_who_saw_it,
    marks_outlive_the_end_they_speak_of,
    a_replay_takes_the_place_that_its_source_blocked,
    calls_of_the_day_are_counted,
    what_is_past_its_time_is_deleted_and_nothing_else,
    a_document_says_how_long_its_messages_are_kept,
    the_count_of_dead_letters_is_right_after_they_are_pruned,
    the_last_start_outlives_its_message,
    erasing_takes_the_content_and_leaves_the_story,
    what_is_needed_is_not_erased,
    large_bodies_come_back_whole_and_go_with_their_messages,
    large_bodies_travel_from_a_file_and_back,
);

//! Lives of messages, told by what the network saw and what the journal says.

use super::world::*;
use crate::{
    alert::Undelivered,
    convert::MappingError,
    descriptor::{Class, Interface, Retry},
    door::{Door as _, Refusal},
    flow::{End, Input, Request, Run, Running, Stop},
    journal::StoreError,
    lifecycle::{Reason, State},
    message::Violations,
};

/// A read, then a write that repeats its work, with a probe.
fn fetch_and_create<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        let reply = run.step("fetch").exchange(&FETCH, Request::new()).await?;
        create_with_probe(run, Request::new().body(reply)).await?;
        Ok(End::Delivered)
    })
}

/// A write that repeats its work, without a probe.
fn create<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        run.step("create").exchange(&CREATE, Request::new()).await?;
        Ok(End::Delivered)
    })
}

fn ended(story: &crate::journal::Story) -> (State, Option<Reason>) {
    (story.row.state, story.row.reason)
}

#[tokio::test(start_paused = true)]
async fn a_phrase_is_a_timetable() {
    let world = World::new(&PLAIN, put).await;
    world.network.give(&PUT, [Class::Retryable; 9]);
    let receipt = world.accept("1").await.unwrap();
    let story = world.end(&receipt).await;
    assert_eq!(world.network.times(&PUT), [0, 30, 90, 210]);
    assert_eq!(ended(&story), (State::Dead, Some(Reason::Exhausted)));
    assert_eq!(story.attempts.iter().map(|attempt| attempt.n).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let grave = story.grave.unwrap();
    assert_eq!((grave.tries, grave.step.as_str(), grave.class), (4, "put", Some(Class::Retryable)));
    world.wait_s(600).await;
    assert_eq!(world.network.times(&PUT).len(), 4, "the dead are not sent");
    let told = world.mailbox.posts();
    assert_eq!(told, [(210, "EXHAUSTED".to_owned(), true), (510, "EXHAUSTED".to_owned(), false)], "once, then closed");
}

#[tokio::test(start_paused = true)]
async fn a_key_is_stable_over_tries_and_a_success_ends_them() {
    let world = World::new(&PLAIN, put).await;
    world.network.give(&PUT, [Class::Retryable, Class::Retryable]);
    let receipt = world.accept("1").await.unwrap();
    assert_eq!(ended(&world.end(&receipt).await), (State::Delivered, None));
    let keys: std::collections::BTreeSet<_> = world.network.sent().into_iter().map(|sent| sent.key).collect();
    assert_eq!(keys, [format!("{}.put", receipt.message_id)].into());
    assert_eq!(world.network.times(&PUT), [0, 30, 90]);
    assert_eq!(world.mailbox.posts(), []);
}

#[tokio::test(start_paused = true)]
async fn a_later_retry_after_is_honoured() {
    let world = World::new(&PLAIN, put).await;
    world.network.script(&PUT, [Answer::Later(100_000), Answer::Later(1_000)]);
    let receipt = world.accept("1").await.unwrap();
    world.end(&receipt).await;
    assert_eq!(world.network.times(&PUT), [0, 100, 160]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_time_that_the_document_gives() {
    static SHORT: Interface = Interface { retry: Retry { give_up_after_ms: Some(91_000), ..BASE.retry }, ..BASE };
    let world = World::new(&SHORT, put).await;
    world.network.give(&PUT, [Class::Retryable; 9]);
    let receipt = world.accept("1").await.unwrap();
    let story = world.end(&receipt).await;
    assert_eq!(ended(&story), (State::Dead, Some(Reason::Expired)), "the fourth send would be at 210 s");
    assert_eq!(world.network.times(&PUT), [0, 30, 90]);
    assert_eq!(story.grave.unwrap().tries, 3);
    world.network.heal();

    // Waiting for a target uses up no try, but time.
    world.network.give(&PUT, [Class::Target; 99]);
    let receipt = world.accept("2").await.unwrap();
    let before_s = world.clock.now_ms() / 1_000;
    assert_eq!(ended(&world.end(&receipt).await), (State::Dead, Some(Reason::Expired)));
    let waited_s = world.clock.now_ms() / 1_000 - before_s;
    assert!((91..=93).contains(&waited_s), "{waited_s}");
}

#[tokio::test(start_paused = true)]
async fn permanent_is_at_once() {
    let world = World::new(&PLAIN, put).await;
    world.network.give(&PUT, [Class::Permanent]);
    let receipt = world.accept("1").await.unwrap();
    assert_eq!(ended(&world.end(&receipt).await), (State::Dead, Some(Reason::Permanent)));
    assert_eq!(world.network.times(&PUT), [0]);
}

#[tokio::test(start_paused = true)]
async fn without_dead_letters_a_record_stays_and_somebody_is_told() {
    let world = World::new(&WITHOUT_DEAD_LETTERS, put).await;
    world.network.give(&PUT, [Class::Permanent]);
    let receipt = world.accept("1").await.unwrap();
    assert_eq!(ended(&world.end(&receipt).await), (State::Failed, Some(Reason::Permanent)));
    world.wait_s(1).await;
    assert_eq!(world.mailbox.posts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_asked_about_and_the_work_is_done_once() {
    let world = World::new(&PLAIN, fetch_and_create).await;
    world.network.script(&CREATE, [Answer::Lost]);
    let receipt = world.accept("1").await.unwrap();
    let story = world.end(&receipt).await;
    assert_eq!(ended(&story), (State::Delivered, None));
    assert_eq!((world.network.times(&CREATE), world.network.times(&FIND)), (vec![0], vec![30]));
    assert_eq!(world.network.times(&FETCH), [0], "a step that is done is not done again");
    assert_eq!(story.attempts.last().map(|attempt| attempt.class), Some(Class::Duplicate));
}

#[tokio::test(start_paused = true)]
async fn work_that_is_not_found_is_sent_again() {
    let world = World::new(&PLAIN, fetch_and_create).await;
    world.network.give(&CREATE, [Class::Unknown]);
    let receipt = world.accept("1").await.unwrap();
    assert_eq!(ended(&world.end(&receipt).await), (State::Delivered, None));
    assert_eq!((world.network.times(&CREATE), world.network.times(&FIND)), (vec![0, 30], vec![30]));
}

#[tokio::test(start_paused = true)]
async fn after_the_last_send_the_question_is_still_asked() {
    let world = World::new(&PLAIN, fetch_and_create).await;
    world.network.give(&CREATE, [Class::Unknown; 3]);
    world.network.script(&CREATE, [Answer::Lost]);
    let receipt = world.accept("1").await.unwrap();
    assert_eq!(ended(&world.end(&receipt).await), (State::Delivered, None));
    assert_eq!(
        (world.network.times(&CREATE), world.network.times(&FIND)),
        (vec![0, 30, 90, 210], vec![30, 90, 210, 240])
    );
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_without_a_question_waits_for_a_person_where_the_document_says_so() {
    let world = World::new(&HOLDING, create).await;
    world.network.give(&CREATE, [Class::Unknown]);
    let receipt = world.accept("1").await.unwrap();
    assert_eq!(ended(&world.end(&receipt).await), (State::Held, Some(Reason::Unknown)));
    world.wait_s(3_600).await;
    assert_eq!(world.network.times(&CREATE), [0]);
    assert_eq!(world.mailbox.posts(), [(0, "UNKNOWN".to_owned(), true)], "open as long as it is held");
}

#[tokio::test(start_paused = true)]
async fn otherwise_it_is_sent_again() {
    let world = World::new(&PLAIN, create).await;
    world.network.give(&CREATE, [Class::Unknown]);
    let receipt = world.accept("1").await.unwrap();
    assert_eq!(ended(&world.end(&receipt).await), (State::Delivered, None));
    assert_eq!(world.network.times(&CREATE), [0, 30]);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_refuses_us_uses_no_tries_and_somebody_is_told_once() {
    let world = World::new(&PLAIN, put).await;
    world.network.give(&PUT, [Class::Target, Class::Target, Class::Target]);
    let receipt = world.accept("1").await.unwrap();
    let story = world.end(&receipt).await;
    assert_eq!(world.network.times(&PUT), [0, 33, 101, 236], "growing pauses, each an eighth behind the breaker");
    assert_eq!((ended(&story), story.deliveries[0].tries), ((State::Delivered, None), 0));
    world.wait_s(600).await;
    let told = world.mailbox.posts();
    assert_eq!(
        (told[0].clone(), told.last().cloned()),
        ((0, "TARGET".to_owned(), true), Some((401, "TARGET".to_owned(), false)))
    );
    assert_eq!(told.len(), 3, "one update with the count in between: {told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_alone_is_refused_is_not_sent_without_end() {
    fn put_or_create<'a>(input: &'a Input, run: &'a Run) -> Running<'a> {
        Box::pin(async move {
            let refused = text(input, "id").as_deref() == Some("refused");
            let operation = if refused { &CREATE } else { &PUT };
            run.step("send").exchange(operation, Request::new()).await?;
            Ok(End::Delivered)
        })
    }
    let world = World::new(&PLAIN, put_or_create).await;
    world.network.give(&CREATE, [Class::Target; 100]);
    world.accept("refused").await.unwrap();
    for id in 0..60 {
        world.accept(&id.to_string()).await.unwrap();
        world.wait_s(10).await;
    }
    let (refused, others) = (world.network.times(&CREATE), world.network.times(&PUT));
    assert!(refused.len() <= 5, "growing pauses although others get through: {refused:?}");
    assert!(others.len() > 30, "and others do get through: {others:?}");
}

#[tokio::test(start_paused = true)]
async fn poison_blocks_nobody() {
    let world = World::new(&PLAIN, put).await;
    world.network.give(&PUT, [Class::Retryable]);
    let poison = world.accept("1").await.unwrap();
    world.wait_s(1).await;
    let healthy = world.accept("2").await.unwrap();
    world.wait_s(1).await;
    assert_eq!(world.story(&healthy).await.row.state, State::Delivered);
    assert_eq!(world.story(&poison).await.row.state, State::Retrying);
}

#[tokio::test(start_paused = true)]
async fn what_flows_stop_for_is_told_apart() {
    fn mapping<'a>(_: &'a Input, _: &'a Run) -> Running<'a> {
        Box::pin(async { Err(MappingError { field: "a", line: 7, reason: "no number".to_owned() }.into()) })
    }
    fn schema<'a>(_: &'a Input, _: &'a Run) -> Running<'a> {
        Box::pin(async { Err(Violations::one("/a", "is missing").into()) })
    }
    fn business<'a>(_: &'a Input, _: &'a Run) -> Running<'a> {
        Box::pin(async { Err(Stop::dead("neither PF nor WP")) })
    }
    fn discard<'a>(_: &'a Input, _: &'a Run) -> Running<'a> {
        Box::pin(async { Ok(End::Discarded { reason: "nothing to do".to_owned() }) })
    }
    fn swallow<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
        Box::pin(async move {
            drop(run.step("put").exchange(&PUT, Request::new()).await);
            drop(run.step("again").exchange(&PUT, Request::new()).await);
            Ok(End::Delivered)
        })
    }
    let cases: [(Steps, State, Option<Reason>); 5] = [
        (mapping, State::Dead, Some(Reason::Map)),
        (schema, State::Dead, Some(Reason::Schema)),
        (business, State::Dead, Some(Reason::Business)),
        (discard, State::Discarded, None),
        (swallow, State::Dead, Some(Reason::Permanent)),
    ];
    for (steps, state, reason) in cases {
        let world = World::new(&PLAIN, steps).await;
        world.network.give(&PUT, [Class::Permanent]);
        let receipt = world.accept("1").await.unwrap();
        let story = world.end(&receipt).await;
        assert_eq!(ended(&story), (state, reason));
        assert_eq!(story.grave.is_some(), state == State::Dead);
        assert!(world.network.sent().len() <= 1, "after a halt nothing is sent any more");
    }
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_panics_twice_is_taken_for_the_cause() {
    fn panics<'a>(_: &'a Input, _: &'a Run) -> Running<'a> {
        Box::pin(async { panic!("out of bounds") })
    }
    let world = World::new(&PLAIN, panics).await;
    let receipt = world.accept("1").await.unwrap();
    let story = world.end(&receipt).await;
    assert_eq!((ended(&story), story.row.crashes), ((State::Dead, Some(Reason::CrashLoop)), 2));
    assert!(story.row.detail.contains("out of bounds"));
}

#[tokio::test(start_paused = true)]
async fn the_door_recognises_messages() {
    let world = World::new(&PLAIN, put).await;
    let first = world.accept("1").await.unwrap();
    let again = world.accept("1").await.unwrap();
    assert_eq!((again.message_id == first.message_id, first.replayed, again.replayed), (true, false, true));
    let other = world.engine.accept(order(&[("id", "1"), ("more", "x")])).await;
    assert_eq!(other, Err(Refusal::KeyReused));
    let invalid = world.engine.accept(order(&[])).await;
    assert!(matches!(invalid, Err(Refusal::Invalid(_))));
    world.end(&first).await;
    assert_eq!(world.network.times(&PUT), [0], "one message, one effect");
    assert_eq!(world.engine.state(&first.message_id, "vms").await.as_deref(), Some("DELIVERED"));
    assert_eq!(world.engine.state(&first.message_id, "somebody else").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_crash_repeats_only_what_is_not_known_done() {
    let mut world = World::new(&PLAIN, fetch_and_create).await;
    world.network.script(&CREATE, [Answer::Hang]);
    let receipt = world.accept("1").await.unwrap();
    world.wait_s(5).await;
    world.crash().await;
    let story = world.end(&receipt).await;
    assert_eq!((ended(&story), story.row.crashes), ((State::Delivered, None), 1));
    assert_eq!(world.network.times(&FETCH), [0], "known done");
    assert_eq!(world.network.times(&FIND), [5], "in doubt: asked first");
    assert_eq!(world.network.times(&CREATE), [0], "and found");
    assert_eq!(story.deliveries[1].tries, 0, "a crash uses up no try");
}

#[tokio::test(start_paused = true)]
async fn the_timetable_survives_a_crash() {
    let mut world = World::new(&PLAIN, put).await;
    world.network.give(&PUT, [Class::Retryable; 9]);
    let receipt = world.accept("1").await.unwrap();
    world.wait_s(40).await;
    world.crash().await;
    world.wait_s(100).await;
    world.crash().await;
    let story = world.end(&receipt).await;
    assert_eq!(world.network.times(&PUT), [0, 30, 90, 210], "due times are absolute");
    assert_eq!(story.row.crashes, 0, "it was not in flight");
    world.wait_s(400).await;
    assert_eq!(world.mailbox.posts().len(), 2, "alerts are in the journal too");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_in_flight_at_two_crashes_is_taken_for_the_cause() {
    let mut world = World::new(&PLAIN, put).await;
    world.network.script(&PUT, [Answer::Hang, Answer::Hang]);
    let receipt = world.accept("1").await.unwrap();
    for _ in 0..2 {
        world.wait_s(1).await;
        world.crash().await;
    }
    assert_eq!(ended(&world.end(&receipt).await), (State::Dead, Some(Reason::CrashLoop)));
}

#[tokio::test(start_paused = true)]
async fn messages_of_a_key_go_in_the_order_of_acceptance() {
    let mut world = World::new(&ORDERED, put).await;
    world.network.give(&PUT, [Class::Retryable]);
    let mut receipts = Vec::new();
    for (id, key) in [("1", "a"), ("2", "a"), ("3", "b")] {
        receipts.push(world.engine.accept(order(&[("id", id), ("order", key)])).await.unwrap());
        world.wait_s(1).await;
    }
    world.crash().await;
    for receipt in &receipts {
        world.end(receipt).await;
    }
    let order: Vec<_> = world.network.sent().into_iter().map(|sent| (sent.at_s, sent.key)).collect();
    let key = |index: usize| format!("{}.put", receipts[index].message_id);
    assert_eq!(order, [(0, key(0)), (2, key(2)), (30, key(0)), (30, key(1))]);
}

#[tokio::test(start_paused = true)]
async fn alerts_are_retried_on_their_own() {
    let world = World::new(&PLAIN, put).await;
    let refused = |permanent| Undelivered { permanent, retry_after_ms: None, detail: "450 later".to_owned() };
    world.mailbox.refuse(refused(false));
    world.mailbox.refuse(refused(false));
    world.network.give(&PUT, [Class::Permanent; 3]);
    for id in ["1", "2", "3"] {
        let receipt = world.accept(id).await.unwrap();
        world.end(&receipt).await;
    }
    world.wait_s(30).await;
    assert_eq!(world.mailbox.posts(), [(15, "PERMANENT".to_owned(), true)], "5 s, then 10 s later; one for all three");
    world.wait_s(60).await;
    assert_eq!(world.mailbox.posts().len(), 2, "an update with the count");
}

#[tokio::test(start_paused = true)]
async fn a_broken_journal_takes_nothing_more_and_says_so() {
    let world = World::new(&PLAIN, put).await;
    world.store.break_with(StoreError::Broken("fsync failed".to_owned()));
    assert!(matches!(world.accept("1").await, Err(Refusal::Unavailable { .. })));
    assert_eq!(world.engine.broken().await, StoreError::Broken("fsync failed".to_owned()));
    assert!(!world.engine.ready());
}

#[tokio::test(start_paused = true)]
async fn a_full_journal_takes_nothing_more_for_a_while() {
    let world = World::new(&PLAIN, put).await;
    world.store.break_with(StoreError::Full { used_bytes: 9, max_bytes: 10 });
    assert!(matches!(world.accept("1").await, Err(Refusal::Unavailable { retry_after_s: 60, .. })));
    assert!(world.engine.ready());
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_finishes_what_is_under_way() {
    let world = World::new(&PLAIN, put).await;
    world.network.script(&PUT, [Answer::Slow(2_000)]);
    let receipt = world.accept("1").await.unwrap();
    world.wait_s(1).await;
    world.engine.shut_down(30_000).await;
    assert_eq!(world.story(&receipt).await.row.state, State::Delivered);
    assert!(matches!(world.accept("2").await, Err(Refusal::Unavailable { .. })));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_finish_in_time_is_no_crash() {
    let mut world = World::new(&PLAIN, put).await;
    world.network.script(&PUT, [Answer::Hang]);
    let receipt = world.accept("1").await.unwrap();
    world.wait_s(1).await;
    world.engine.shut_down(30_000).await;
    assert_eq!(world.story(&receipt).await.row.state, State::Ready);
    world.crash().await;
    let story = world.end(&receipt).await;
    assert_eq!((ended(&story), story.row.crashes), ((State::Delivered, None), 0));
}

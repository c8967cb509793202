//! What people decide, told by what the network saw and what journal and audit log say.

use super::world::*;
use crate::{
    descriptor::{Class, DeliveryOrder, Interface, OnDead, OnUnknown},
    door::{Door as _, Receipt},
    engine::{Decision, Declined, Order, Verb},
    flow::{End, Input, Request, Run, Running},
    journal::{AuditFilter, AuditPage, Filter, Scope, Store as _, audit},
    lifecycle::{Reason, State},
    message::Violations,
    value::{Record, Value},
};

fn ana(why: &str) -> Decision {
    Decision { who: "ana".to_owned(), role: "operator", why: why.to_owned() }
}

fn put<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        run.step("put").exchange(&PUT, Request::new()).await?;
        Ok(End::Delivered)
    })
}

/// A read, then a write of what was read and what came in.
fn fetch_and_put<'a>(input: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        let found = run.step("fetch").exchange(&FETCH, Request::new()).await?;
        let mut body = Record::new();
        body.put("id", &text(input, "id"));
        body.put("email", &text(input, "email"));
        body.put("found", &found);
        run.step("put").exchange(&PUT, Request::new().parameter("for", "A").body(Value::Record(body))).await?;
        Ok(End::Delivered)
    })
}

fn create<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        run.step("create").exchange(&CREATE, Request::new()).await?;
        Ok(End::Delivered)
    })
}

fn state(story: &crate::journal::Story) -> (State, Option<Reason>) {
    (story.row.state, story.row.reason)
}

fn conflict<T: std::fmt::Debug>(decided: Result<T, Declined>) -> String {
    match decided {
        Err(Declined::Conflict(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// `action subject result` of the audit log, oldest first; the log must be intact.
async fn audited(world: &World) -> Vec<String> {
    assert!(matches!(audit::verify(&world.store).await, Ok(audit::Verdict::Intact(_))));
    let filter = AuditFilter { subject: None, page: AuditPage::Oldest { after: 0 }, limit: 99 };
    let rows = world.store.audit(filter).await.unwrap();
    rows.into_iter().map(|row| format!("{} {} {}", row.entry.action, row.entry.subject, row.entry.result)).collect()
}

async fn dead(world: &World, id: &str) -> Receipt {
    world.network.give(&PUT, [Class::Permanent]);
    let receipt = world.accept(id).await.unwrap();
    assert_eq!(state(&world.end(&receipt).await), (State::Dead, Some(Reason::Permanent)));
    receipt
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_the_same_delivery_with_a_new_timetable() {
    let world = World::new(&PLAIN, fetch_and_put).await;
    let receipt = dead(&world, "1").await;
    world.network.give(&PUT, [Class::Retryable; 3]);
    let id = &receipt.message_id;
    assert_eq!(world.engine.decide(id, Verb::Retry, &ana("target is back")).await, Ok(State::Ready));
    let story = world.end(&receipt).await;
    assert_eq!(state(&story), (State::Delivered, None), "three retries: the timetable starts again");
    assert_eq!(world.network.times(&FETCH), [0], "what is done is not done again");
    let keys: std::collections::BTreeSet<_> =
        world.network.sent().into_iter().filter(|sent| sent.operation == "put").map(|sent| sent.key).collect();
    assert_eq!(keys, [format!("{id}.put")].into());
    assert_eq!(audited(&world).await, [format!("retry {id} done")]);
    let why = conflict(world.engine.decide(id, Verb::Retry, &ana("again")).await);
    assert_eq!(why, format!("{id} is DELIVERED: there is nothing to retry"));
    assert_eq!(audited(&world).await.len(), 1);
    assert_eq!(
        world.engine.decide("nobody", Verb::Retry, &ana("")).await,
        Err(Declined::Missing("there is no message nobody".to_owned()))
    );
}

#[tokio::test(start_paused = true)]
async fn a_crash_behind_a_decision_takes_nothing_back() {
    let mut world = World::new(&PLAIN, put).await;
    let receipt = dead(&world, "1").await;
    world.network.script(&PUT, [Answer::Hang]);
    world.engine.decide(&receipt.message_id, Verb::Retry, &ana("go on")).await.unwrap();
    world.wait_s(1).await;
    world.crash().await;
    assert_eq!(state(&world.end(&receipt).await), (State::Delivered, None));
}

#[tokio::test(start_paused = true)]
async fn doubt_is_for_a_person_and_the_line_goes_on_behind_it() {
    static HOLDING_ORDERED: Interface =
        Interface { on_unknown: OnUnknown::Hold, order: DeliveryOrder::PerKey(OnDead::BlockKey), ..BASE };
    for (verb, end, sends) in
        [(Verb::Retry, State::Delivered, 3), (Verb::Discard, State::Discarded, 2), (Verb::Resolve, State::Resolved, 2)]
    {
        let mut world = World::new(&HOLDING_ORDERED, create).await;
        world.network.script(&CREATE, [Answer::Lost]);
        let keyed = |id: &str| order(&[("id", id), ("order", "k")]);
        let first = world.engine.accept(keyed("1")).await.unwrap();
        assert_eq!(state(&world.end(&first).await), (State::Held, Some(Reason::Unknown)));
        let second = world.engine.accept(keyed("2")).await.unwrap();
        world.wait_s(60).await;
        let row = world.story(&second).await.row;
        assert_eq!((row.state, world.engine.waits_for(&row)), (State::Accepted, Some(Reason::Key)));
        if verb == Verb::Resolve {
            world.crash().await;
        }
        world.engine.decide(&first.message_id, verb, &ana("looked there")).await.unwrap();
        assert_eq!(world.end(&first).await.row.state, end);
        assert_eq!(world.end(&second).await.row.state, State::Delivered, "{verb:?}");
        assert_eq!(world.network.times(&CREATE).len(), sends, "{verb:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_can_be_hurried_or_ended_and_what_runs_cannot() {
    let world = World::new(&PLAIN, put).await;
    world.network.give(&PUT, [Class::Retryable]);
    let receipt = world.accept("1").await.unwrap();
    world.wait_s(5).await;
    world.engine.decide(&receipt.message_id, Verb::Retry, &ana("now")).await.unwrap();
    world.end(&receipt).await;
    assert_eq!(world.network.times(&PUT), [0, 5]);

    world.network.give(&PUT, [Class::Retryable]);
    let receipt = world.accept("2").await.unwrap();
    world.wait_s(5).await;
    let why = conflict(world.engine.decide(&receipt.message_id, Verb::Skip, &ana("")).await);
    assert!(why.contains("is RETRYING: there is nothing to skip"), "{why}");
    world.engine.decide(&receipt.message_id, Verb::Discard, &ana("ordered by phone")).await.unwrap();
    let story = world.end(&receipt).await;
    assert_eq!(state(&story), (State::Discarded, Some(Reason::Operator)));
    assert_eq!(story.row.detail, "ana: ordered by phone");
    world.wait_s(600).await;
    assert_eq!(world.network.times(&PUT).len(), 3, "the ended are not sent");
    assert_eq!(world.engine.backlog(0).messages, 0);

    world.network.script(&PUT, [Answer::Slow(10_000)]);
    let receipt = world.accept("3").await.unwrap();
    world.wait_s(1).await;
    let why = conflict(world.engine.decide(&receipt.message_id, Verb::Discard, &ana("")).await);
    assert!(why.contains("is being worked on now"), "{why}");
    assert_eq!(world.end(&receipt).await.row.state, State::Delivered);
}

#[tokio::test(start_paused = true)]
async fn a_replay_is_a_new_message_and_makes_the_old_one_good() {
    let world = World::new(&PLAIN, fetch_and_put).await;
    let old = dead(&world, "1").await;
    let again = Order { again: true, ..Order::default() };
    world.network.give(&PUT, [Class::Permanent]);
    let failed = world.engine.replay(&old.message_id, &Order::default(), "b1", &ana("fixed")).await.unwrap();
    let receipt = |id: &str| Receipt { message_id: id.to_owned(), replayed: false };
    assert_eq!(world.end(&receipt(&failed)).await.row.state, State::Dead);
    assert_eq!(world.story(&old).await.row.state, State::Dead, "a replay that dies makes nothing good");

    let good = world.engine.replay(&old.message_id, &Order::default(), "b2", &ana("fixed now")).await.unwrap();
    let story = world.end(&receipt(&good)).await;
    assert_eq!(story.row.state, State::Delivered);
    let origin = story.origin.unwrap();
    assert_eq!((origin.replay_of, origin.batch, origin.nonce), (old.message_id.clone(), "b2".to_owned(), 2));
    let made_good = world.story(&old).await;
    assert_eq!(state(&made_good), (State::Resolved, Some(Reason::Operator)));
    assert_eq!(made_good.row.detail, format!("made good by {good}"));
    assert_eq!(world.network.times(&FETCH).len(), 3, "a replay runs from the start");
    let keys = world.network.sent().into_iter().map(|sent| sent.key);
    assert!(keys.collect::<Vec<_>>().contains(&format!("{good}.put")), "under a key of its own");

    let why = conflict(world.engine.replay(&old.message_id, &Order::default(), "b3", &ana("")).await);
    assert_eq!(why, format!("{} was replayed already as {good}, which is DELIVERED", old.message_id));
    assert!(world.engine.replay(&old.message_id, &again, "b4", &ana("on purpose")).await.is_ok());
    assert_eq!(audited(&world).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_edited_body_is_checked_like_any_other() {
    let world = World::new(&PLAIN, fetch_and_put).await;
    let old = dead(&world, "1").await;
    let edited = |body: &str| Order { body: Some(body.as_bytes().to_vec()), again: false };
    let wrong = world.engine.replay(&old.message_id, &edited(r#"{"name":1}"#), "b", &ana("")).await;
    assert_eq!(wrong, Err(Declined::Invalid(Box::new(Violations::one("/id", "is missing")))));
    let wrong = world.engine.replay(&old.message_id, &edited("{"), "b", &ana("")).await;
    assert!(matches!(wrong, Err(Declined::Invalid(_))), "{wrong:?}");
    let id = world.engine.replay(&old.message_id, &edited(r#"{"id":"2"}"#), "b", &ana("typo")).await.unwrap();
    let story = world.store.story(&id).await.unwrap().unwrap();
    assert!(story.origin.unwrap().edited);
    assert_eq!(world.store.material(story.row.seq).await.unwrap().unwrap().message.raw, br#"{"id":"2"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_what_would_be_sent_and_sends_nothing() {
    let world = World::new(&PLAIN, fetch_and_put).await;
    world.network.give(&PUT, [Class::Permanent]);
    let old = world.engine.accept(order(&[("id", "1"), ("email", "x@example.org")])).await.unwrap();
    world.end(&old).await;
    let sent = world.network.sent();
    let kept = world.store.messages(Filter { limit: 9, ..Filter::default() }).await;

    let same = world.engine.rehearse(&old.message_id, &Order::default()).await.unwrap();
    assert_eq!(same.calls.iter().map(|call| call.step.as_str()).collect::<Vec<_>>(), ["fetch", "put"]);
    assert_eq!(same.calls[1].diff, "", "{:?}", same.calls[1]);
    assert_eq!(same.end, "goes on after `put` as its target answers");

    let edited = Order { body: Some(br#"{"id":"2","email":"y@example.org"}"#.to_vec()), again: false };
    let other = world.engine.rehearse(&old.message_id, &edited).await.unwrap();
    let diff = &other.calls[1].diff;
    assert!(diff.contains("-  \"id\": \"1\",\n+  \"id\": \"2\","), "{diff}");
    assert!(!format!("{other:?}").contains("example.org"), "sensitive values are masked: {other:?}");

    assert_eq!(world.network.sent(), sent);
    assert_eq!(world.store.messages(Filter { limit: 9, ..Filter::default() }).await, kept);
    assert_eq!(audited(&world).await, [] as [String; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_bulk_replay_keeps_its_pace_and_takes_each_once() {
    let world = World::new(&PLAIN, put).await;
    for id in ["1", "2", "3"] {
        dead(&world, id).await;
    }
    let started_ms = world.clock.now_ms();
    let filter = Filter { state: Some(State::Dead), limit: 9, ..Filter::default() };
    let replayed = world.engine.replay_all(filter.clone(), "b", &ana("all of them")).await.unwrap();
    assert_eq!(replayed.iter().filter(|one| one.outcome.is_ok()).count(), 3);
    assert!(world.clock.now_ms() - started_ms >= 150, "not all at once");
    world.wait_s(1).await;
    assert_eq!(world.engine.replay_all(filter, "b", &ana("again")).await.unwrap(), [], "all are RESOLVED by now");
}

#[tokio::test(start_paused = true)]
async fn a_paused_interface_accepts_and_starts_nothing() {
    let mut world = World::new(&PLAIN, put).await;
    let scope = Scope::Interface(PLAIN.smart_id.to_owned());
    world.engine.pause(scope.clone(), &ana("month end")).await.unwrap();
    let receipt = world.accept("1").await.unwrap();
    world.wait_s(3_600).await;
    let row = world.story(&receipt).await.row;
    assert_eq!((row.state, world.engine.waits_for(&row)), (State::Accepted, Some(Reason::Paused)));
    world.crash().await;
    world.wait_s(3_600).await;
    assert_eq!(world.network.sent(), [], "a restart does not resume it");
    assert_eq!(world.engine.pauses()[0].why, "month end");
    world.engine.resume(scope.clone(), &ana("done")).await.unwrap();
    assert_eq!(world.end(&receipt).await.row.state, State::Delivered);
    let why = conflict(world.engine.resume(scope.clone(), &ana("done")).await);
    assert_eq!(why, format!("{} is not paused", scope.to_text()));
    assert_eq!(audited(&world).await.len(), 2);
    let unknown = world.engine.pause(Scope::Target("SRM8".to_owned()), &ana("")).await;
    assert_eq!(unknown, Err(Declined::Missing("this service has no target:SRM8".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_paused_target_is_not_called_and_uses_no_try() {
    for dies in [false, true] {
        let mut world = World::new(&PLAIN, put).await;
        let scope = Scope::Target("SRM7".to_owned());
        world.engine.pause(scope.clone(), &ana("maintenance")).await.unwrap();
        let receipt = world.accept("1").await.unwrap();
        world.wait_s(7_210).await;
        assert_eq!(state(&world.story(&receipt).await), (State::Held, Some(Reason::Paused)));
        assert!(world.engine.ways()[0].paused.is_some());
        if dies {
            world.crash().await;
            world.wait_s(1).await;
        }
        assert_eq!(world.network.sent(), []);
        world.engine.resume(scope, &ana("over")).await.unwrap();
        world.wait_s(1).await;
        assert_eq!(world.network.times(&PUT).len(), 1, "at once");
        let story = world.end(&receipt).await;
        assert_eq!((story.row.state, story.deliveries[0].tries), (State::Delivered, 0));
    }
}

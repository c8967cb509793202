//! Callers that wait for a reply.

use super::world::*;
use crate::{
    descriptor::Class,
    door::{Door as _, Refusal, Replied},
    flow::{End, Input, Request, Run, Running},
    lifecycle::State,
    value::Value,
};

fn reply<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        let body = run.step("put").exchange(&PUT, Request::new()).await?;
        Ok(End::Replied { status: 201, body })
    })
}

fn done() -> Replied {
    Replied::Done { status: 201, body: Value::Text("done".to_owned()) }
}

#[tokio::test(start_paused = true)]
async fn the_reply_is_given_and_given_again() {
    let world = World::new(&DURABLE_REQUEST, reply).await;
    for _ in 0..2 {
        assert_eq!(world.engine.request(order(&[("id", "1")])).await, Ok(done()));
    }
    assert_eq!(world.network.times(&PUT), [0], "the second time from the journal");
}

#[tokio::test(start_paused = true)]
async fn what_takes_longer_goes_on_without_the_caller() {
    let world = World::new(&DURABLE_REQUEST, reply).await;
    world.network.script(&PUT, [Answer::Slow(60_000)]);
    let Ok(Replied::Later(receipt)) = world.engine.request(order(&[("id", "1")])).await else {
        panic!("not later");
    };
    assert_eq!(world.clock.now_ms(), 5_000, "no longer than the document says");
    assert_eq!(world.end(&receipt).await.row.state, State::Delivered);
}

#[tokio::test(start_paused = true)]
async fn a_retry_beyond_the_callers_time_is_not_waited_for() {
    let world = World::new(&DURABLE_REQUEST, reply).await;
    world.network.give(&PUT, [Class::Retryable]);
    let Ok(Replied::Later(receipt)) = world.engine.request(order(&[("id", "1")])).await else {
        panic!("not later");
    };
    assert_eq!(world.clock.now_ms(), 0);
    assert_eq!(world.end(&receipt).await.row.state, State::Delivered);
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_is_told_why_each_time_it_is_made() {
    let world = World::new(&DURABLE_REQUEST, reply).await;
    world.network.give(&PUT, [Class::Permanent]);
    for _ in 0..2 {
        let refused = world.engine.request(order(&[("id", "1")])).await;
        assert!(matches!(refused, Err(Refusal::Failed { status: 422, reason: "PERMANENT", .. })), "{refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn direct_requests_leave_nothing_behind() {
    let world = World::new(&DIRECT_REQUEST, reply).await;
    assert_eq!(world.engine.request(order(&[("id", "1")])).await, Ok(done()));
    for (class, expect) in [(Class::Retryable, 502), (Class::Unknown, 504), (Class::Permanent, 422)] {
        world.network.give(&PUT, [class]);
        match world.engine.request(order(&[("id", "1")])).await {
            Err(Refusal::Failed { status, .. }) => assert_eq!(status, expect),
            other => panic!("{other:?}"),
        }
    }
    world.network.script(&PUT, [Answer::Hang]);
    let refused = world.engine.request(order(&[("id", "1")])).await;
    assert!(matches!(refused, Err(Refusal::Failed { status: 504, .. })), "{refused:?}");
    let kept = crate::journal::Store::messages(&world.store, crate::journal::Filter { limit: 9, ..Default::default() });
    assert_eq!(kept.await.unwrap(), []);
}

//! A target in trouble, and the limits of a partner, told by what the network saw.

use super::world::*;
use crate::{
    descriptor::{Class, Interface, Operation, OutboundAuth, Repeat, System},
    door::Receipt,
    flow::{End, Input, Request, Run, Running},
    journal::Store as _,
    lifecycle::{Reason, State},
};

static COUNTING: System = System {
    name: "Counting",
    auth: OutboundAuth::None,
    cloud_connector: false,
    max_concurrency: None,
    max_per_second: None,
    max_per_day: Some(3),
};
static COUNTED: Operation = operation(&COUNTING, "counted", Repeat::Harmless);
static DAILY: Interface = Interface { operations: &[&COUNTED], ..BASE };

fn put<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        run.step("put").exchange(&PUT, Request::new()).await?;
        Ok(End::Delivered)
    })
}

fn counted<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        run.step("counted").exchange(&COUNTED, Request::new()).await?;
        Ok(End::Delivered)
    })
}

async fn accept(world: &World, count: usize) -> Vec<Receipt> {
    let mut receipts = Vec::new();
    for id in 0..count {
        receipts.push(world.accept(&id.to_string()).await.unwrap());
    }
    receipts
}

#[tokio::test(start_paused = true)]
async fn an_outage_kills_nobody_and_the_backlog_follows_when_it_is_over() {
    for crash in [false, true] {
        let mut world = World::new(&PLAIN, put).await;
        world.network.give(&PUT, [Class::Retryable; 5_000]);
        let receipts = accept(&world, 100).await;
        world.wait_s(10).await;
        let before = world.network.times(&PUT).len();
        assert!((20..60).contains(&before), "{before} calls until it opened, and a few that found out");
        if crash {
            world.crash().await;
        }
        let last = world.story(&receipts[99]).await.row;
        assert!(!last.state.is_end() && last.state != State::InFlight);
        if !crash {
            assert_eq!(world.engine.waits_for(&last), Some(Reason::Circuit).filter(|_| last.state != State::Held));
        }
        world.wait_s(3_600).await;
        for receipt in &receipts {
            let row = world.story(receipt).await.row;
            assert!(!row.state.is_end(), "{crash}: {row:?}");
        }
        let during = world.network.times(&PUT).len() - before;
        assert!(during < 1_000, "{during} calls in an hour of outage");
        assert!(world.mailbox.posts().iter().any(|(_, reason, firing)| reason == "TARGET" && *firing));
        world.network.heal();
        world.wait_s(700).await;
        for receipt in &receipts {
            assert_eq!(world.story(receipt).await.row.state, State::Delivered);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiting_backlog_writes_nothing() {
    let world = World::new(&PLAIN, put).await;
    world.network.give(&PUT, [Class::Retryable; 5_000]);
    let receipts = accept(&world, 100).await;
    world.wait_s(60).await;
    let row = world.story(&receipts[99]).await.row;
    assert_eq!((row.state, row.lease), (State::Accepted, 0), "never claimed: HELD(CIRCUIT) is derived");
    assert_eq!(world.engine.waits_for(&row), Some(Reason::Circuit));
}

#[tokio::test(start_paused = true)]
async fn the_calls_of_a_day_are_counted_over_restarts() {
    let mut world = World::new(&DAILY, counted).await;
    let receipts = accept(&world, 2).await;
    for receipt in &receipts {
        world.end(receipt).await;
    }
    assert_eq!(world.store.calls(0).await.unwrap(), [("Counting".to_owned(), 2)]);
    world.crash().await;
    let (third, fourth) = (world.accept("3").await.unwrap(), world.accept("4").await.unwrap());
    assert_eq!(world.end(&third).await.row.state, State::Delivered);
    world.wait_s(3_600).await;
    let row = world.story(&fourth).await.row;
    assert_eq!((row.state, world.engine.waits_for(&row)), (State::Accepted, Some(Reason::Quota)));
    world.wait_s(86_400).await;
    assert_eq!(world.story(&fourth).await.row.state, State::Delivered);
    assert_eq!(world.network.times(&COUNTED).last(), Some(&86_400), "the next day");
}

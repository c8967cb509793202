//! Order by key: who goes before whom, whatever dies, and over restarts.

use super::world::*;
use crate::{
    descriptor::{Class, DeliveryOrder, Interface, OnDead},
    door::{Door as _, Receipt},
    engine::{Decision, Declined, Order, Verb},
    flow::{End, Input, Request, Run, Running},
    journal::Row,
    lifecycle::{Reason, State},
};

static CONTINUING: Interface = Interface { order: DeliveryOrder::PerKey(OnDead::Continue), ..BASE };
static STRICT: Interface = Interface { order: DeliveryOrder::Strict(OnDead::BlockKey), ..BASE };
static BLOCKING_RECORD: Interface = Interface { dead_letter: false, ..ORDERED_BASE };
const ORDERED_BASE: Interface = Interface { order: DeliveryOrder::PerKey(OnDead::BlockKey), ..BASE };

fn put<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        run.step("put").exchange(&PUT, Request::new()).await?;
        Ok(End::Delivered)
    })
}

fn ana() -> Decision {
    Decision { who: "ana".to_owned(), role: "operator", why: "looked there".to_owned() }
}

impl World {
    async fn accept_keyed(&self, id: &str, key: &str) -> Receipt {
        self.engine.accept(order(&[("id", id), ("order", key)])).await.unwrap()
    }

    /// The next message of the key dies of its first send.
    async fn dies(&self, id: &str, key: &str) -> Receipt {
        self.network.give(&PUT, [Class::Permanent]);
        let receipt = self.accept_keyed(id, key).await;
        assert!(self.end(&receipt).await.row.state.is_end());
        receipt
    }

    async fn row(&self, receipt: &Receipt) -> Row {
        self.story(receipt).await.row
    }

    async fn waits_for_its_key(&self, receipt: &Receipt) -> bool {
        let row = self.row(receipt).await;
        row.state == State::Accepted && self.engine.waits_for(&row) == Some(Reason::Key)
    }

    /// Messages in the order of their sends.
    fn sent_for(&self) -> Vec<String> {
        self.network.sent().into_iter().map(|sent| sent.key.trim_end_matches(".put").to_owned()).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn what_dies_blocks_its_key_and_no_other_until_a_person_decides() {
    let cases = [
        (Verb::Skip, State::Dead, true),
        (Verb::Discard, State::Discarded, false),
        (Verb::Resolve, State::Resolved, false),
        (Verb::Retry, State::Delivered, false),
    ];
    for (verb, end, gap) in cases {
        for crash in [false, true] {
            let mut world = World::new(&ORDERED, put).await;
            let first = world.dies("1", "k").await;
            let second = world.accept_keyed("2", "k").await;
            let other = world.accept_keyed("3", "l").await;
            assert_eq!(world.end(&other).await.row.state, State::Delivered);
            world.wait_s(60).await;
            if crash {
                world.crash().await;
                world.wait_s(60).await;
            }
            assert!(world.waits_for_its_key(&second).await, "{verb:?} {crash}");
            world.engine.decide(&first.message_id, verb, &ana()).await.unwrap();
            let row = world.end(&second).await.row;
            assert_eq!((row.state, row.gap), (State::Delivered, gap), "{verb:?} {crash}");
            assert_eq!(world.row(&first).await.state, end, "{verb:?} {crash}");
            let retried = usize::from(verb == Verb::Retry);
            let sent = world.sent_for();
            assert_eq!(sent.iter().filter(|id| **id == first.message_id).count(), 1 + retried);
            assert_eq!(sent.last(), Some(&second.message_id), "the retried one goes first");
            if crash {
                world.crash().await;
            }
            let later = world.accept_keyed("4", "k").await;
            let row = world.end(&later).await.row;
            assert_eq!((row.state, row.gap), (State::Delivered, gap), "{verb:?} {crash}");
            assert!(matches!(
                world.engine.decide(&first.message_id, Verb::Skip, &ana()).await,
                Err(Declined::Conflict(_))
            ));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_replay_takes_the_place_of_what_it_repeats() {
    for crash in [false, true] {
        let mut world = World::new(&ORDERED, put).await;
        let first = world.dies("1", "k").await;
        let second = world.accept_keyed("2", "k").await;
        world.network.give(&PUT, [Class::Retryable]);
        let replay = world.engine.replay(&first.message_id, &Order::default(), "b", &ana()).await.unwrap();
        world.wait_s(5).await;
        assert!(world.waits_for_its_key(&second).await, "the replay has its first retry ahead");
        if crash {
            world.crash().await;
            world.wait_s(5).await;
            assert!(world.waits_for_its_key(&second).await);
        }
        let row = world.end(&second).await.row;
        assert_eq!((row.state, row.gap), (State::Delivered, false));
        assert_eq!(world.sent_for(), [&first.message_id, &replay, &replay, &second.message_id].map(String::clone));
        assert_eq!(world.row(&first).await.state, State::Resolved);
    }
}

#[tokio::test(start_paused = true)]
async fn a_replay_that_dies_blocks_in_turn() {
    let mut world = World::new(&ORDERED, put).await;
    let first = world.dies("1", "k").await;
    let second = world.accept_keyed("2", "k").await;
    world.network.give(&PUT, [Class::Permanent]);
    let replay = world.engine.replay(&first.message_id, &Order::default(), "b", &ana()).await.unwrap();
    world.wait_s(5).await;
    world.crash().await;
    world.wait_s(5).await;
    assert!(world.waits_for_its_key(&second).await);
    let skipped = world.engine.decide(&first.message_id, Verb::Skip, &ana()).await;
    assert!(matches!(skipped, Err(Declined::Conflict(_))), "it is the replay that blocks now");
    world.engine.decide(&replay, Verb::Skip, &ana()).await.unwrap();
    assert!(world.end(&second).await.row.gap);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_is_asked_later_ones_say_that_one_is_missing() {
    for interface in [&CONTINUING, &BLOCKING_RECORD] {
        let mut world = World::new(interface, put).await;
        let first = world.dies("1", "k").await;
        let second = world.accept_keyed("2", "k").await;
        assert!(world.end(&second).await.row.gap);
        world.crash().await;
        let (third, other) = (world.accept_keyed("3", "k").await, world.accept_keyed("4", "l").await);
        assert!(world.end(&third).await.row.gap, "over a restart, too");
        assert!(!world.end(&other).await.row.gap);
        world.engine.replay(&first.message_id, &Order::default(), "b", &ana()).await.unwrap();
        world.wait_s(5).await;
        let fourth = world.accept_keyed("5", "k").await;
        assert!(!world.end(&fourth).await.row.gap, "it was made good");
    }
}

#[tokio::test(start_paused = true)]
async fn strict_order_is_one_line_for_all() {
    let world = World::new(&STRICT, put).await;
    world.network.give(&PUT, [Class::Retryable]);
    let first = world.accept_keyed("1", "k").await;
    let second = world.accept_keyed("2", "l").await;
    world.wait_s(5).await;
    assert!(world.waits_for_its_key(&second).await);
    world.end(&second).await;
    assert_eq!(world.sent_for(), [&first.message_id, &first.message_id, &second.message_id].map(String::clone));
}

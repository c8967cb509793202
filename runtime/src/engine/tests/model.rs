//! Random operations and crashes against what must hold for every message.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::world::*;
use crate::{
    descriptor::Class,
    door::Receipt,
    flow::{End, Input, Request, Run, Running},
    journal::{Filter, Store as _},
    lifecycle::{Reason, State},
    value::Value,
};

/// What happens to the world.
#[derive(Debug, Clone)]
enum Step {
    Accept(u8),
    Wait(u64),
    Crash,
    /// The next calls of the write come to this.
    Write(Class),
    /// The next write does its work, but its reply is lost.
    Lose,
    /// The next write does its work and hangs; only a crash ends it.
    Hang,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..20_u8).prop_map(Step::Accept),
        3 => (0..100_u64).prop_map(Step::Wait),
        1 => Just(Step::Crash),
        3 => prop_oneof![
            Just(Class::Retryable),
            Just(Class::Unknown),
            Just(Class::Target),
            Just(Class::Permanent),
        ].prop_map(Step::Write),
        1 => Just(Step::Lose),
        1 => Just(Step::Hang),
    ]
}

fn flow<'a>(input: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        let fetched = run.step("fetch").exchange(&FETCH, Request::new()).await?;
        let id = Value::Text(text(input, "id").unwrap_or_default());
        create_with_probe(run, Request::new().body(Value::List(vec![fetched, id]))).await?;
        Ok(End::Delivered)
    })
}

async fn check(steps: Vec<Step>) {
    let mut world = World::new(&PLAIN, flow).await;
    let mut accepted: BTreeMap<u8, Receipt> = BTreeMap::new();
    let mut crashes = 0;
    for step in steps {
        match step {
            Step::Accept(id) => {
                let receipt = world.accept(&id.to_string()).await.unwrap();
                let known = accepted.entry(id).or_insert_with(|| receipt.clone());
                assert_eq!(known.message_id, receipt.message_id, "the same key is the same message, over crashes too");
            }
            Step::Wait(seconds) => world.wait_s(seconds).await,
            Step::Crash => {
                crashes += 1;
                world.crash().await;
            }
            Step::Write(class) => world.network.give(&CREATE, [class]),
            Step::Lose => world.network.script(&CREATE, [Answer::Lost]),
            Step::Hang => world.network.script(&CREATE, [Answer::Hang]),
        }
    }
    // The world heals: what hangs is ended by a crash, and time passes.
    world.network.heal();
    crashes += 1;
    world.crash().await;
    for receipt in accepted.values() {
        world.end(receipt).await;
    }
    for receipt in accepted.values() {
        hold(&world, receipt, crashes).await;
    }
    let kept = world.store.messages(Filter { limit: 1_000, ..Filter::default() }).await.unwrap();
    assert_eq!(kept.len(), accepted.len(), "nothing is lost, nothing is made up");
}

/// What must hold for a message that has ended.
async fn hold(world: &World, receipt: &Receipt, crashes: usize) {
    let story = world.story(receipt).await;
    let key = format!("{}.create", receipt.message_id);
    let sends = world.network.sent().iter().filter(|sent| sent.key == key && sent.operation == CREATE.name).count();
    let fetches = format!("{}.fetch", receipt.message_id);
    let fetches = world.network.sent().iter().filter(|sent| sent.key == fetches).count();
    let targets = story.attempts.iter().filter(|attempt| attempt.class == Class::Target).count();
    assert!(sends <= 4 + targets + crashes, "no more sends than the policy and crashes allow: {story:?}");
    assert!(fetches <= 1 + crashes, "a step that is known done is not done again: {story:?}");
    let effects = world.network.effects(&key);
    assert!(effects <= 1, "the work was done {effects} times: {story:?}");
    match story.row.state {
        State::Delivered => assert_eq!(effects, 1, "delivered means done: {story:?}"),
        State::Dead => {
            assert!(story.grave.is_some() && story.row.reason.is_some(), "everything needed to decide: {story:?}");
            let incidents = world.store.incidents(100).await.unwrap();
            assert!(
                incidents.iter().any(|incident| Some(incident.reason) == story.row.reason.map(Into::into)),
                "nobody was told"
            );
        }
        other => panic!("{other} is no end: {story:?}"),
    }
    assert_ne!(story.row.reason, Some(Reason::Unknown), "there is a question to ask");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn nothing_accepted_is_lost(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(check(steps));
    }
}

//! Messages that were accepted under another revision of their document.

use super::world::*;
use crate::{
    descriptor::{Class, Interface},
    door::Receipt,
    engine::{Decision, Declined, Verb},
    flow::{End, Input, Request, Run, Running},
    lifecycle::{Reason, State},
};

static TODAY: Interface = Interface { digest: "ba9876543210", ..BASE };

fn fetch_and_put<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        run.step("fetch").exchange(&FETCH, Request::new()).await?;
        run.step("put").exchange(&PUT, Request::new()).await?;
        Ok(End::Delivered)
    })
}

fn ana() -> Decision {
    Decision { who: "ana".to_owned(), role: "operator", why: "the steps are the same".to_owned() }
}

/// A message that comes this far under the earlier revision, then another one runs.
async fn left_at(fetch: Option<Class>, put: Option<Class>) -> (World, Receipt) {
    let mut world = World::new(&PLAIN, fetch_and_put).await;
    world.network.give(&FETCH, fetch);
    world.network.give(&PUT, put);
    let receipt = world.accept("1").await.unwrap();
    world.wait_s(5).await;
    world.crash_into(&TODAY).await;
    (world, receipt)
}

#[tokio::test(start_paused = true)]
async fn what_has_had_no_effect_runs_under_the_revision_of_today() {
    let (world, receipt) = left_at(Some(Class::Retryable), None).await;
    assert_eq!(world.end(&receipt).await.row.state, State::Delivered);
    assert_eq!(world.network.times(&FETCH), [0, 30], "at its time");
}

#[tokio::test(start_paused = true)]
async fn half_a_flow_is_not_finished_under_other_steps_unless_a_person_says_so() {
    let cases =
        [(Verb::RetryToday, State::Delivered), (Verb::Discard, State::Discarded), (Verb::Resolve, State::Resolved)];
    for (verb, end) in cases {
        let (world, receipt) = left_at(None, Some(Class::Retryable)).await;
        let row = world.end(&receipt).await.row;
        assert_eq!((row.state, row.reason), (State::Held, Some(Reason::Revision)));
        assert_eq!(
            row.detail,
            "`fetch` was begun under revision 0123456789ab of the document; this service has ba9876543210"
        );
        world.wait_s(600).await;
        assert_eq!(world.network.times(&PUT), [0], "nothing more is sent");
        assert_eq!(world.mailbox.posts().first(), Some(&(30, "REVISION".to_owned(), true)));
        let retried = world.engine.decide(&receipt.message_id, Verb::Retry, &ana()).await;
        assert!(matches!(retried, Err(Declined::Conflict(_))), "{retried:?}");
        world.engine.decide(&receipt.message_id, verb, &ana()).await.unwrap();
        assert_eq!(world.end(&receipt).await.row.state, end);
        assert_eq!(world.network.times(&FETCH), [0], "what is done is done");
    }
}

//! Starts of timetables: missed, overlapping, repeated.

use super::world::*;
use crate::{
    descriptor::{Class, Interface, Missed, Overlap},
    flow::{End, Input, Request, Run, Running},
    journal::{
        Filter, Store as _,
        retention::{Retention, Rules, sweep},
    },
    lifecycle::{Reason, State},
};

/// One absolute write.
fn put<'a>(_: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        run.step("put").exchange(&PUT, Request::new()).await?;
        Ok(End::Delivered)
    })
}

#[tokio::test(start_paused = true)]
async fn a_timetable_starts_flows_and_one_missed_start_is_made_up_for() {
    let mut world = World::new(&HOURLY, put).await;
    world.wait_s(3 * 3_600 - 60).await;
    assert_eq!(world.network.times(&PUT), [3_600, 7_200]);
    world.crash_for_s(3 * 3_600).await;
    world.wait_s(3_600).await;
    assert_eq!(world.network.times(&PUT), [3_600, 7_200, 21_540, 21_600], "one for three that were missed");
    world.crash_for_s(1).await;
    world.wait_s(1).await;
    assert_eq!(world.network.times(&PUT).len(), 4, "nothing starts twice");
}

/// States of all starts in order, with their reasons.
async fn starts(world: &World) -> Vec<(State, Option<Reason>)> {
    let filter = Filter { limit: 100, ..Filter::default() };
    let mut rows = world.store.messages(filter).await.unwrap();
    rows.sort_by_key(|row| row.seq);
    rows.into_iter().map(|row| (row.state, row.reason)).collect()
}

const DONE: (State, Option<Reason>) = (State::Delivered, None);
const OVERLAPPED: (State, Option<Reason>) = (State::Discarded, Some(Reason::Overlap));
const NINETY_MINUTES: Answer = Answer::Slow(5_400_000);

#[tokio::test(start_paused = true)]
async fn a_start_during_a_run_does_what_the_document_says() {
    static SKIP: Interface = Interface { trigger: hourly(Missed::Once, Overlap::Skip), ..BASE };
    static QUEUE: Interface = Interface { trigger: hourly(Missed::Once, Overlap::QueueOne), ..BASE };
    static ALLOW: Interface = Interface { trigger: hourly(Missed::Once, Overlap::Allow), ..BASE };

    let world = World::new(&SKIP, put).await;
    world.network.script(&PUT, [NINETY_MINUTES]);
    world.wait_s(3 * 3_600 + 60).await;
    assert_eq!(world.network.times(&PUT), [3_600, 10_800]);
    assert_eq!(starts(&world).await, [DONE, OVERLAPPED, DONE]);

    let world = World::new(&QUEUE, put).await;
    world.network.script(&PUT, [Answer::Slow(3 * 3_600_000)]);
    world.wait_s(5 * 3_600 + 60).await;
    // 1:00 runs until 4:00; 2:00 waits for it; 3:00 is one too many. At 4:00 the one that waits may still count.
    let times = world.network.times(&PUT);
    assert_eq!(times[..2], [3_600, 14_400], "{times:?}");
    assert_eq!(starts(&world).await[..3], [DONE, DONE, OVERLAPPED]);

    let world = World::new(&ALLOW, put).await;
    world.network.script(&PUT, [NINETY_MINUTES, NINETY_MINUTES]);
    world.wait_s(4 * 3_600 + 60).await;
    assert_eq!(world.network.times(&PUT), [3_600, 7_200, 10_800, 14_400]);
    assert_eq!(starts(&world).await, [DONE; 4]);
}

#[tokio::test(start_paused = true)]
async fn a_skipped_start_is_on_record_and_a_crash_does_not_make_runs_overlap() {
    static SKIP: Interface = Interface { trigger: hourly(Missed::Once, Overlap::Skip), ..BASE };
    let mut world = World::new(&SKIP, put).await;
    world.network.give(&PUT, [Class::Target; 400]);
    world.wait_s(2 * 3_600 + 60).await;
    assert_eq!(starts(&world).await.last(), Some(&OVERLAPPED));
    world.crash().await;
    world.network.heal();
    world.wait_s(3_600).await;
    let all = starts(&world).await;
    assert_eq!(all.first(), Some(&DONE));
    assert!(all.iter().filter(|state| **state == DONE).count() >= 1);
}

#[tokio::test(start_paused = true)]
async fn all_missed_starts_are_made_up_for_one_after_the_other_where_the_document_says_so() {
    static ALL: Interface = Interface { trigger: hourly(Missed::All { most: 2 }, Overlap::Skip), ..BASE };
    let mut world = World::new(&ALL, put).await;
    world.wait_s(3_600 + 60).await;
    world.crash_for_s(4 * 3_600).await;
    world.network.script(&PUT, [Answer::Slow(600_000)]);
    world.wait_s(1_800).await;
    let restart_s = 3_660 + 4 * 3_600;
    let times = world.network.times(&PUT);
    assert_eq!(times[0], 3_600);
    assert_eq!(times.len(), 3, "two that are late: {times:?}");
    assert_eq!(starts(&world).await.last(), Some(&OVERLAPPED), "the one on time came while they were waiting");
    assert!(times[1] >= restart_s && times[2] >= times[1] + 600, "one after the other: {times:?}");
    world.wait_s(600).await;
    let told = world.mailbox.posts();
    assert!(told.iter().any(|(_, reason, firing)| reason == "SCHEDULE_MISSED" && *firing), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn no_missed_start_is_made_up_for_where_the_document_says_so() {
    static NONE: Interface = Interface { trigger: hourly(Missed::Skip, Overlap::Skip), ..BASE };
    let mut world = World::new(&NONE, put).await;
    world.wait_s(3_600 + 60).await;
    world.crash_for_s(3 * 3_600 + 600).await;
    world.wait_s(60).await;
    assert_eq!(world.network.times(&PUT), [3_600]);
    world.wait_s(3_600).await;
    assert_eq!(world.network.times(&PUT), [3_600, 5 * 3_600]);
}

#[tokio::test(start_paused = true)]
async fn a_missed_start_is_made_up_for_although_retention_took_the_one_before() {
    static MONTHLY: Interface = Interface { trigger: hourly(Missed::Once, Overlap::Skip), ..BASE };
    let mut world = World::new(&MONTHLY, put).await;
    world.wait_s(3_600 + 60).await;
    assert_eq!(world.network.times(&PUT), [3_600]);
    let rules = Rules { all: Retention { keep_days: 0, keep_dead_days: 0 }, own: Vec::new() };
    sweep(&world.store, &rules, i64::MAX, &crate::metrics::Metrics::new()).await.unwrap();
    assert_eq!(starts(&world).await, [], "its message is gone");
    world.crash_for_s(3_600).await;
    world.wait_s(60).await;
    assert_eq!(world.network.times(&PUT).len(), 2, "the start at 2:00 was missed and is made up for");
}

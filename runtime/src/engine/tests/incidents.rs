//! What is told, when, and to whom: incidents from their first event to their end.

use super::world::*;
use crate::{
    alert::{SERVICE, Undelivered},
    descriptor::Class,
    engine::{Decision, Declined},
    journal::{Incident, Store as _},
    lifecycle::Trouble,
};

async fn incidents(world: &World) -> Vec<Incident> {
    world.store.incidents(100).await.unwrap()
}

fn lost() -> Undelivered {
    Undelivered { permanent: false, retry_after_ms: None, detail: "status 503".to_owned() }
}

#[tokio::test(start_paused = true)]
async fn an_incident_is_told_updated_at_1_10_and_60_minutes_and_closed() {
    let world = World::new(&PLAIN, put).await;
    world.network.give(&PUT, [Class::Permanent; 40]);
    // A failure every two minutes for 70 minutes: never five quiet minutes.
    for id in 0..35 {
        world.accept(&id.to_string()).await.unwrap();
        world.wait_s(120).await;
    }
    world.wait_s(400).await;
    let told: Vec<_> = world.mailbox.posts().into_iter().map(|(at_s, _, firing)| (at_s, firing)).collect();
    // The first minute brings no news; the last event was at 34 × 120 s.
    assert_eq!(told, [(0, true), (600, true), (3_600, true), (4_380, false)]);
    let all = incidents(&world).await;
    assert_eq!((all.len(), all[0].count, all[0].firing), (1, 35, false));
}

#[tokio::test(start_paused = true)]
async fn an_incident_stays_open_while_messages_of_the_interface_are_overdue() {
    let world = World::new(&PLAIN, put).await;
    world.network.script(&PUT, [Answer::Give(Class::Permanent), Answer::Slow(1_000_000)]);
    world.accept("dies").await.unwrap();
    world.wait_s(1).await;
    world.accept("is slow").await.unwrap();
    world.wait_s(900).await;
    assert!(incidents(&world).await.iter().any(|incident| incident.firing), "quiet, but not over");
    world.wait_s(700).await;
    assert!(incidents(&world).await.iter().all(|incident| !incident.firing));
}

#[tokio::test(start_paused = true)]
async fn who_takes_an_incident_on_ends_its_updates() {
    let world = World::new(&PLAIN, put).await;
    world.network.give(&PUT, [Class::Permanent; 9]);
    for id in ["1", "2"] {
        world.accept(id).await.unwrap();
        world.wait_s(1).await;
    }
    let key = incidents(&world).await[0].dedup_key.clone();
    let decision = Decision { who: "ann".to_owned(), role: "operator", why: "on it".to_owned() };
    assert!(world.engine.acknowledge(&key, &decision).await.is_ok());
    assert!(matches!(world.engine.acknowledge("no/such/KEY", &decision).await, Err(Declined::Missing(_))));
    world.wait_s(90).await;
    assert_eq!(world.mailbox.posts().len(), 2, "the alert and its acknowledgement, no update");
    assert_eq!(incidents(&world).await[0].acknowledged.as_ref().map(|it| it.who.as_str()), Some("ann"));
    world.wait_s(600).await;
    assert_eq!(world.mailbox.posts().last().map(|post| post.2), Some(false), "closed all the same");
}

#[tokio::test(start_paused = true)]
async fn messages_older_than_agreed_and_all_retries_are_late() {
    let world = World::new(&AGREED, put).await;
    world.network.script(&PUT, [Answer::Slow(600_000)]);
    world.accept("1").await.unwrap();
    world.wait_s(250).await;
    assert_eq!(incidents(&world).await, [], "the timetable explains it");
    world.wait_s(120).await;
    let all = incidents(&world).await;
    assert_eq!((all[0].reason, all[0].count, all[0].firing), (Trouble::Late, 1, true), "{all:?}");
    world.wait_s(900).await;
    assert!(!incidents(&world).await[0].firing, "it ended");
}

#[tokio::test(start_paused = true)]
async fn a_lost_channel_is_itself_told_to_the_others() {
    let world = World::with_pager(&PLAIN, put).await;
    world.network.give(&PUT, [Class::Permanent]);
    // PLAIN names Email only, and nothing gets through it for ten minutes.
    for _ in 0..6 {
        world.mailbox.refuse(lost());
    }
    world.accept("1").await.unwrap();
    world.wait_s(30).await;
    let health = world.engine.health();
    let part = |name: &str| health.parts.iter().find(|(part, _)| part == name).map(|(_, part)| part.fine);
    assert_eq!((part("alert channel Email"), part("alert channel Pager")), (Some(false), Some(true)), "{health:?}");
    assert!(health.ready, "messages are accepted all the same");
    world.wait_s(120).await;
    let told = world.pager.posts();
    assert_eq!((told.len(), told[0].1.as_str(), told[0].2), (1, "ALERT_CHANNEL_FAILS", true));
    let all = incidents(&world).await;
    assert!(all.iter().any(|incident| incident.interface == SERVICE && incident.target == "Email"));
    world.wait_s(1_200).await;
    assert_eq!(world.pager.posts().last().map(|post| post.2), Some(false), "the channel works again");
}

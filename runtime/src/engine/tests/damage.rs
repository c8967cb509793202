//! Content that is not there any more as it was written.

use std::{fs, sync::Arc};

use super::world::*;
use crate::{
    descriptor::Class,
    door::Door as _,
    engine::{Engine, Ports},
    journal::{SqliteStore, Store, Story},
    lifecycle::{Reason, State},
};

/// Lets time pass until it is so.
async fn becomes(world: &World, store: &SqliteStore, id: &str, wanted: State) -> Story {
    for _ in 0..10_000 {
        let story = store.story(id).await.unwrap().unwrap();
        if story.row.state == wanted {
            return story;
        }
        world.clock.sleep(250).await;
    }
    panic!("{id} does not become {wanted}");
}

#[tokio::test(start_paused = true)]
async fn a_body_whose_file_is_gone_makes_a_dead_letter_and_stops_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tieline.db");
    let store = SqliteStore::open(&path, None).unwrap();
    let world = World::new(&PLAIN, put).await;
    let ports = ports(&world.clock, &world.store, &world.network, &world.mailbox);
    let ports = Ports { store: Arc::new(store.clone()), ..ports };
    let engine = Engine::start(vec![Arc::new(TestHandler(&PLAIN, put))], ports).await.unwrap();
    world.network.give(&PUT, [Class::Retryable]);
    let long = "x".repeat(300 << 10);
    let large = engine.accept(order(&[("id", "1"), ("note", &long)])).await.unwrap().message_id;
    becomes(&world, &store, &large, State::Retrying).await;
    let mut files = fs::read_dir(path.with_extension("db.bodies")).unwrap();
    fs::remove_file(files.next().unwrap().unwrap().path()).unwrap();

    let story = becomes(&world, &store, &large, State::Dead).await;
    assert_eq!(story.row.reason, Some(Reason::Schema));
    let sentence = story.grave.unwrap().sentence;
    assert!(sentence.contains("tieline.db.bodies") && sentence.contains("cannot be read"), "{sentence}");
    assert_eq!(world.network.times(&PUT).len(), 1, "nothing is sent of what is not known");
    let small = engine.accept(order(&[("id", "2")])).await.unwrap().message_id;
    becomes(&world, &store, &small, State::Delivered).await;
    engine.kill().await;
    store.close().await;
}

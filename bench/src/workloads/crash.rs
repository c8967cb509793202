//! W2k: `kill -9` under load at random moments. Nothing that was acknowledged is lost, little is sent twice.
//!
//! In: settings. Out: figures. Never knows: how recovery works.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use super::scene::Scene;
use crate::{
    figures::{Figures, Wanted, count, median},
    load::{Until, send},
    process::Failed,
    service::ORDERS,
    settings::Settings,
};

const W: &str = "W2k";
/// Calls at a time that the target's document allows: the bound on what a crash can repeat.
const MAX_IN_FLIGHT: u64 = 64;

pub(super) async fn measure(settings: &Settings, figures: &mut Figures) -> Result<(), Failed> {
    let mut scene = Scene::new(settings)?;
    let target = scene.target("127.0.0.1:0", false)?;
    let store = scene.store();
    let (mut acknowledged, mut starts, mut most_repeated) = (BTreeSet::new(), Vec::new(), 0);
    let mut service = scene.service(&store, target.address, 3)?;
    for kill in 0..settings.kills {
        let load = scene.load(service.address, ORDERS, Until::After(Duration::from_secs(5)), None);
        let before = scene.seen(&target).await?.repeated;
        // Spread evenly over a second, in an order that looks like none.
        let moment = Duration::from_millis(u64::from(kill * 379 % 997) + 100);
        let (answers, killed) = tokio::join!(send(&load), async {
            tokio::time::sleep(moment).await;
            service.kill().map_err(|error| error.to_string())
        });
        killed?;
        acknowledged.extend(answers.good.iter().map(|(order, _)| *order));
        service = scene.service(&store, target.address, 3)?;
        starts.push(service.ready.as_secs_f64() * 1000.0);
        // What the crash left in flight is sent at once; what it repeats is known soon.
        settle(&scene, &service).await?;
        most_repeated = most_repeated.max(scene.seen(&target).await?.repeated - before);
    }
    let seen = scene.seen(&target).await?;
    let arrived: BTreeSet<u64> = scene
        .orders(&target)
        .await?
        .iter()
        .filter(|order| order.tries.iter().any(|(_, status)| *status == 200))
        .map(|order| order.number)
        .collect();
    let dead = scene.counter(&service, "tieline_dead_letters{", "").await?;
    let missing = count(acknowledged.difference(&arrived).count() as u64);
    figures.tell(W, "kills", f64::from(settings.kills), "");
    figures.tell(W, "acknowledged", count(acknowledged.len() as u64), "messages");
    figures.tell(W, "dead", dead, "messages");
    figures.want(W, "lost: neither delivered nor dead", ((missing - dead).max(0.0), "messages"), Wanted::Exactly(0.0));
    figures.tell(W, "sent again, all kills", count(seen.repeated), "messages");
    figures.want(W, "sent again, worst kill", (count(most_repeated), "messages"), Wanted::AtMost(count(MAX_IN_FLIGHT)));
    figures.want(W, "sent under another idempotency key", (count(seen.other_key), "messages"), Wanted::Exactly(0.0));
    figures.tell(W, "start to ready, median", median(starts.iter().copied()), "ms");
    let worst = starts.iter().copied().fold(0.0, f64::max);
    figures.want(W, "start to ready, worst", (worst, "ms"), Wanted::AtMost(300.0));
    Ok(())
}

/// Waits until nothing is under way.
async fn settle(scene: &Scene, service: &crate::process::Process) -> Result<(), Failed> {
    let started = Instant::now();
    while scene.counter(service, "tieline_backlog{", "").await? > 0.0 {
        if started.elapsed() > Duration::from_secs(60) {
            return Err("still under way after a minute".into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

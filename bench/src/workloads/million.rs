//! A full store beside an empty one: what is finished must slow nothing down.
//!
//! In: settings. Out: figures. Never knows: the layout of a store: it is filled through the door.

use std::time::Duration;

use super::scene::Scene;
use crate::{
    figures::{Figures, Wanted, count, median},
    load::{Until, send},
    process::{Failed, Process},
    service::ORDERS,
    settings::Settings,
};

const W: &str = "million";

pub(super) async fn measure(settings: &Settings, figures: &mut Figures) -> Result<(), Failed> {
    let mut scene = Scene::new(settings)?;
    let target = scene.target("127.0.0.1:0", false)?;
    let (full_store, empty_store) = (scene.store(), scene.store());
    let full = scene.service(&full_store, target.address, 3)?;
    let filling = scene.load(full.address, ORDERS, Until::Orders(settings.stored), None);
    let filled = send(&filling).await;
    scene.delivered(&target, filled.good.len() as u64, Duration::from_secs(1_800)).await?;
    let empty = scene.service(&empty_store, target.address, 3)?;
    let mut ratios = Vec::new();
    for _ in 0..settings.rounds {
        let one = round(&mut scene, &full, &target).await?;
        let other = round(&mut scene, &empty, &target).await?;
        ratios.push((one.0 / other.0, one.1 / other.1));
    }
    figures.tell(W, "messages in the store", count(filled.good.len() as u64), "");
    figures.want(
        W,
        "accepted, full of empty",
        (median(ratios.iter().map(|ratio| ratio.0)), "ratio"),
        Wanted::AtLeast(0.9),
    );
    let delivered = median(ratios.iter().map(|ratio| ratio.1));
    figures.want(W, "accepted and delivered, full of empty", (delivered, "ratio"), Wanted::AtLeast(0.9));
    drop(full);
    let again = scene.service(&full_store, target.address, 3)?;
    figures.want(W, "start to ready, full store", (again.ready.as_secs_f64() * 1000.0, "ms"), Wanted::AtMost(300.0));
    figures.tell(W, "resident memory after start, full store", again.usage().rss_mib, "MiB");
    Ok(())
}

/// Accepted a second, and accepted and delivered a second.
async fn round(scene: &mut Scene, service: &Process, target: &Process) -> Result<(f64, f64), Failed> {
    let before = scene.seen(target).await?.delivered;
    let started = std::time::Instant::now();
    let load = scene.load(service.address, ORDERS, Until::After(scene.settings.window()), None);
    let answers = send(&load).await;
    let good = answers.good.len() as u64;
    scene.delivered(target, before + good, Duration::from_secs(300)).await?;
    Ok((answers.rate(), count(good) / started.elapsed().as_secs_f64()))
}

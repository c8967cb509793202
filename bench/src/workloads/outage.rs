//! W4: the target is gone, acceptance goes on; the target comes back, everything is delivered in the order of each customer.
//!
//! In: settings. Out: figures. Never knows: how order is kept.

use std::time::{Duration, Instant};

use super::scene::Scene;
use crate::{
    figures::{Figures, Wanted, count},
    load::{Until, send},
    process::Failed,
    service::IN_ORDER,
    settings::Settings,
};

const W: &str = "W4";
const WAITING: u64 = 10_000;

pub(super) async fn measure(settings: &Settings, figures: &mut Figures) -> Result<(), Failed> {
    let mut scene = Scene::new(settings)?;
    let mut target = scene.target("127.0.0.1:0", false)?;
    let store = scene.store();
    let service = scene.service(&store, target.address, 3)?;
    // As much as during the outage, with a target that works: the same interface, the same number.
    let warming = scene.load(service.address, IN_ORDER, Until::Orders(WAITING), None);
    send(&warming).await;
    let calm = scene.load(service.address, IN_ORDER, Until::Orders(WAITING), None);
    let calm = send(&calm).await;
    scene.delivered(&target, 2 * WAITING, Duration::from_secs(120)).await?;
    let before = service.usage();

    target.kill()?;
    let outage = scene.load(service.address, IN_ORDER, Until::Orders(WAITING), None);
    let outage = send(&outage).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let during = service.usage();

    let target = scene.target(&target.address.to_string(), false)?;
    let up = Instant::now();
    let seen = scene.delivered(&target, outage.good.len() as u64, Duration::from_secs(120)).await?;
    let drain = up.elapsed();
    figures.want(
        W,
        "accepted during the outage",
        (count(outage.good.len() as u64), "messages"),
        Wanted::Exactly(count(WAITING)),
    );
    figures.tell(W, "accepted, target up", calm.rate(), "1/s");
    figures.tell(W, "accepted, target down", outage.rate(), "1/s");
    figures.want(W, "accepted, down of up", (outage.rate() / calm.rate(), "ratio"), Wanted::AtLeast(0.9));
    let growth = (during.peak_rss_mib - before.peak_rss_mib).max(during.rss_mib - before.rss_mib);
    figures.want(W, "memory grown by the outage", (growth, "MiB"), Wanted::AtMost(32.0));
    figures.want(W, "up again to the last of 10,000", (drain.as_secs_f64(), "s"), Wanted::AtMost(5.0));
    figures.tell(W, "most deliveries in one second", count(seen.busiest_second), "1/s");
    figures.want(W, "out of order", (count(seen.out_of_order), "messages"), Wanted::Exactly(0.0));
    figures.tell(W, "delivered twice", count(seen.repeated), "messages");
    Ok(())
}

//! Start-up and memory at rest, with three interfaces and with a thousand.
//!
//! In: settings. Out: figures. Never knows: what is loaded.

use std::time::Duration;

use super::scene::Scene;
use crate::{
    figures::{Figures, Wanted, median},
    process::Failed,
    settings::Settings,
};

const W: &str = "start";

pub(super) async fn measure(settings: &Settings, figures: &mut Figures) -> Result<(), Failed> {
    let mut scene = Scene::new(settings)?;
    let target = scene.target("127.0.0.1:0", false)?;
    for (interfaces, words) in [(3, "3 interfaces"), (1_000, "1,000 interfaces")] {
        let (mut starts, mut memory) = (Vec::new(), Vec::new());
        for _ in 0..settings.rounds.max(3) {
            let store = scene.store();
            let service = scene.service(&store, target.address, interfaces)?;
            starts.push(service.ready.as_secs_f64() * 1000.0);
            tokio::time::sleep(Duration::from_millis(300)).await;
            memory.push(service.usage().rss_mib);
        }
        figures.want(W, &format!("process start to ready, {words}"), (median(starts), "ms"), Wanted::AtMost(100.0));
        figures.want(W, &format!("resident memory at rest, {words}"), (median(memory), "MiB"), Wanted::AtMost(40.0));
    }
    Ok(())
}

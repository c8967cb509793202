//! W1: a synchronous proxy with a mapping, beside axum and reqwest alone.
//!
//! In: settings. Out: figures. Never knows: the journal: nothing is kept here.

use super::scene::Scene;
use crate::{
    figures::{Figures, Wanted, count, median},
    process::Failed,
    service::NOW,
    settings::Settings,
};

const W: &str = "W1";

pub(super) async fn measure(settings: &Settings, figures: &mut Figures) -> Result<(), Failed> {
    let mut scene = Scene::new(settings)?;
    let target = scene.target("127.0.0.1:0", false)?;
    let store = scene.store();
    let (service, bare) = (scene.service(&store, target.address, 3)?, scene.proxy(target.address)?);
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        let before = service.usage();
        let our = scene.run(service.address, NOW).await;
        let cpu_s = service.usage().cpu_s - before.cpu_s;
        let their = scene.run(bare.address, NOW).await;
        ratios.push((our.rate() / their.rate(), our.p(99) / their.p(99)));
        let all = count(our.good.len() as u64) * (settings.seconds + settings.warmup) as f64 / settings.seconds as f64;
        ours.push((our.rate(), our.p(50), our.p(99), cpu_s * 10_000.0 / all));
        theirs.push((their.rate(), their.p(50), their.p(99)));
        if !our.others.is_empty() || !their.others.is_empty() {
            return Err(format!("refused: {:?} {:?}", our.others, their.others).into());
        }
    }
    figures.tell(W, "requests", median(ours.iter().map(|run| run.0)), "1/s");
    figures.tell(W, "requests, bare proxy", median(theirs.iter().map(|run| run.0)), "1/s");
    let ratio = median(ratios.iter().map(|ratio| ratio.0));
    figures.want(W, "requests, of the bare proxy's", (ratio, "ratio"), Wanted::AtLeast(0.7));
    figures.tell(W, "p50", median(ours.iter().map(|run| run.1)), "ms");
    figures.tell(W, "p50, bare proxy", median(theirs.iter().map(|run| run.1)), "ms");
    figures.tell(W, "p99", median(ours.iter().map(|run| run.2)), "ms");
    figures.tell(W, "p99, bare proxy", median(theirs.iter().map(|run| run.2)), "ms");
    figures.tell(W, "p99, of the bare proxy's", median(ratios.iter().map(|ratio| ratio.1)), "ratio");
    figures.tell(W, "CPU for 10,000 requests", median(ours.iter().map(|run| run.3)), "s");
    let usage = service.usage();
    figures.want(W, "resident memory, highest", (usage.peak_rss_mib, "MiB"), Wanted::AtMost(40.0));
    Ok(())
}

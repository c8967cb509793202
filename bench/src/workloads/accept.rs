//! W2: durable acceptance with delivery afterwards, beside a bare group-committing acceptor; and how much can be accepted
//! and delivered for as long as one likes.
//!
//! In: settings. Out: figures. Never knows: how a commit is made.

use std::time::{Duration, Instant};

use super::scene::Scene;
use crate::{
    figures::{Figures, Wanted, count, median},
    load::{Until, send},
    process::{Failed, Process, Usage},
    service::ORDERS,
    settings::Settings,
};

const W: &str = "W2";

/// One side of one round.
#[derive(Debug, Default, Clone, Copy)]
struct Run {
    rate: f64,
    p50: f64,
    p99: f64,
    /// Deliveries a second over the whole time, the time after the last acceptance included.
    delivered: f64,
    /// From the last acceptance to the last delivery, seconds.
    drain_s: f64,
    cpu_s: f64,
    written_bytes: f64,
    peak_rss_mib: f64,
}

pub(super) async fn measure(settings: &Settings, figures: &mut Figures) -> Result<(), Failed> {
    let mut scene = Scene::new(settings)?;
    let (mut ours, mut bare, mut both, mut ratios) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        let our = service(&mut scene).await?;
        let only = acceptor(&mut scene, false).await?;
        let also = acceptor(&mut scene, true).await?;
        ratios.push((our.rate / only.rate, our.rate / also.rate, our.delivered / also.delivered));
        ours.push(our);
        bare.push(only);
        both.push(also);
    }
    let of = |runs: &[Run], pick: fn(&Run) -> f64| median(runs.iter().map(pick));
    figures.tell(W, "accepted", of(&ours, |run| run.rate), "1/s");
    figures.tell(W, "accepted, bare, not delivering", of(&bare, |run| run.rate), "1/s");
    figures.tell(W, "accepted, bare, delivering too", of(&both, |run| run.rate), "1/s");
    let ratio = median(ratios.iter().map(|ratio| ratio.0));
    figures.want(W, "accepted, of the bare acceptor's", (ratio, "ratio"), Wanted::AtLeast(0.6));
    let ratio = median(ratios.iter().map(|ratio| ratio.1));
    figures.tell(W, "accepted, of the bare one's that delivers too", ratio, "ratio");
    figures.tell(W, "202, p50", of(&ours, |run| run.p50), "ms");
    figures.want(W, "202, p99", (of(&ours, |run| run.p99), "ms"), Wanted::AtMost(15.0));
    figures.tell(W, "202, p99, bare, not delivering", of(&bare, |run| run.p99), "ms");
    figures.tell(W, "accepted and delivered", of(&ours, |run| run.delivered), "1/s");
    figures.tell(W, "accepted and delivered, bare", of(&both, |run| run.delivered), "1/s");
    figures.tell(W, "accepted and delivered, of the bare one's", median(ratios.iter().map(|ratio| ratio.2)), "ratio");
    figures.tell(W, "last acceptance to last delivery", of(&ours, |run| run.drain_s), "s");
    figures.tell(W, "CPU for 10,000 messages", of(&ours, |run| run.cpu_s), "s");
    figures.tell(W, "CPU for 10,000 messages, bare, delivering too", of(&both, |run| run.cpu_s), "s");
    figures.tell(W, "written for each message", of(&ours, |run| run.written_bytes), "bytes");
    figures.tell(W, "written for each message, bare", of(&both, |run| run.written_bytes), "bytes");
    figures.tell(W, "resident memory, highest", of(&ours, |run| run.peak_rss_mib), "MiB");
    Ok(())
}

async fn service(scene: &mut Scene) -> Result<Run, Failed> {
    let target = scene.target("127.0.0.1:0", false)?;
    let store = scene.store();
    let service = scene.service(&store, target.address, 3)?;
    round(scene, &service, Some(&target)).await
}

async fn acceptor(scene: &mut Scene, delivers: bool) -> Result<Run, Failed> {
    let target = scene.target("127.0.0.1:0", false)?;
    let store = scene.store();
    let bare = scene.bare(&store, delivers.then_some(target.address))?;
    round(scene, &bare, delivers.then_some(&target)).await
}

async fn round(scene: &mut Scene, process: &Process, target: Option<&Process>) -> Result<Run, Failed> {
    let warming = scene.load(process.address, ORDERS, Until::After(scene.settings.warm()), None);
    let warmed = count(send(&warming).await.good.len() as u64);
    let before = match target {
        Some(target) => scene.delivered(target, warmed as u64, Duration::from_secs(120)).await?.delivered,
        None => 0,
    };
    let used = process.usage();
    let load = scene.load(process.address, ORDERS, Until::After(scene.settings.window()), None);
    let answers = send(&load).await;
    if !answers.others.is_empty() || answers.broken > 0 {
        return Err(format!("refused: {:?}, broken: {}", answers.others, answers.broken).into());
    }
    let ended = Instant::now();
    let good = answers.good.len() as u64;
    if let Some(target) = target {
        scene.delivered(target, before + good, Duration::from_secs(300)).await?;
    }
    let drain = ended.elapsed();
    Ok(run(&answers, (used, process.usage()), drain))
}

fn run(answers: &crate::load::Answers, (before, after): (Usage, Usage), drain: Duration) -> Run {
    let good = count(answers.good.len() as u64);
    Run {
        rate: answers.rate(),
        p50: answers.p(50),
        p99: answers.p(99),
        delivered: good / (answers.took + drain).as_secs_f64(),
        drain_s: drain.as_secs_f64(),
        cpu_s: (after.cpu_s - before.cpu_s) * 10_000.0 / good,
        written_bytes: (after.written_mib - before.written_mib) * 1_048_576.0 / good,
        peak_rss_mib: after.peak_rss_mib,
    }
}

/// At a fixed rate: does the target keep up with acceptance?
pub(super) async fn sustained(settings: &Settings, figures: &mut Figures) -> Result<(), Failed> {
    let mut scene = Scene::new(settings)?;
    let target = scene.target("127.0.0.1:0", false)?;
    let store = scene.store();
    let service = scene.service(&store, target.address, 3)?;
    let rate = Some(settings.rate);
    let warming = scene.load(service.address, ORDERS, Until::After(settings.warm()), rate);
    send(&warming).await;
    let load = scene.load(service.address, ORDERS, Until::After(settings.window()), rate);
    let watching = watch(&scene, &service, settings.window());
    let (answers, backlog) = tokio::join!(send(&load), watching);
    let backlog = backlog?;
    const S: &str = "sustained";
    figures.want(
        S,
        "accepted and delivered",
        (answers.rate(), "1/s"),
        Wanted::AtLeast(f64::from(settings.rate) * 0.98),
    );
    figures.want(S, "202, p99, from when it was due", (answers.p(99), "ms"), Wanted::AtMost(15.0));
    let (first, last) = backlog.split_at(backlog.len() / 2);
    figures.tell(S, "backlog, first half, median", median(first.iter().copied()), "messages");
    // A tenth of a second's worth is what is under way.
    let bound = median(first.iter().copied()) + f64::from(settings.rate) / 10.0;
    let held = median(last.iter().copied());
    figures.want(S, "backlog, second half, median", (held, "messages"), Wanted::AtMost(bound));
    Ok(())
}

/// Samples the backlog.
async fn watch(scene: &Scene, service: &Process, window: Duration) -> Result<Vec<f64>, Failed> {
    let (ends, mut samples) = (Instant::now() + window, Vec::new());
    while Instant::now() < ends {
        tokio::time::sleep(Duration::from_millis(250)).await;
        samples.push(scene.counter(service, "tieline_backlog{", "").await?);
    }
    Ok(samples)
}

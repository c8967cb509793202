//! W3: a target that fails by order number. Every count is exact.
//!
//! In: settings. Out: figures. Never knows: how a retry is timed.
//!
//! By order number mod 10: 0 always 503; 1 always 400; 2 two 503, then 200; 3 one 429 with `Retry-After: 2`, then 200.

use std::{collections::BTreeMap, time::Duration};

use super::scene::Scene;
use crate::{
    figures::{Figures, Wanted, count, percentile_ms},
    load::{Answers, Until, send},
    process::{Failed, Process},
    service::ORDERS,
    settings::Settings,
    target::Order,
};

const W: &str = "W3";
const ORDERS_SENT: u64 = 5_000;
const RATE: u32 = 1_000;

struct Outcome {
    answers: Answers,
    orders: Vec<Order>,
    /// Of orders whose number says that the target takes them at once: acceptance to delivery.
    healthy_p99: f64,
    graves: Vec<serde_json::Value>,
}

pub(super) async fn measure(settings: &Settings, figures: &mut Figures) -> Result<(), Failed> {
    let mut scene = Scene::new(settings)?;
    // The same load on a target that never fails: what the healthy ones are compared with.
    let calm = run(&mut scene, false).await?;
    let rough = run(&mut scene, true).await?;
    let mut tries: BTreeMap<usize, u64> = BTreeMap::new();
    for order in &rough.orders {
        *tries.entry(order.tries.len()).or_default() += 1;
    }
    let good = |order: &&Order| order.tries.iter().any(|(_, status)| *status == 200);
    let delivered = rough.orders.iter().filter(good).count() as u64;
    let (dead, whole) = (rough.graves.len() as u64, rough.graves.iter().filter(|grave| is_whole(grave)).count() as u64);
    let early = rough.orders.iter().filter(|order| order.number % 10 == 3 && pause_ms(order) < 2_000).count() as u64;
    let exactly = |figures: &mut Figures, what: &str, value: u64, wanted: f64| {
        figures.want(W, what, (count(value), "messages"), Wanted::Exactly(wanted));
    };
    exactly(figures, "accepted", rough.answers.good.len() as u64, 5_000.0);
    exactly(figures, "delivered", delivered, 4_000.0);
    exactly(figures, "dead", dead, 1_000.0);
    exactly(figures, "dead with reason and last reply", whole, 1_000.0);
    for (number, wanted) in [(1, 3_500.0), (2, 500.0), (3, 500.0), (4, 500.0)] {
        let what = format!("sent {number} times");
        exactly(figures, &what, tries.get(&number).copied().unwrap_or_default(), wanted);
    }
    exactly(figures, "sent again before Retry-After was over", early, 0.0);
    figures.tell(W, "202, p99, target healthy", calm.answers.p(99), "ms");
    figures.tell(W, "202, p99, target failing", rough.answers.p(99), "ms");
    figures.want(
        W,
        "202, p99, failing of healthy",
        (rough.answers.p(99) / calm.answers.p(99), "ratio"),
        Wanted::AtMost(1.2),
    );
    figures.tell(W, "to delivery, p99, target healthy", calm.healthy_p99, "ms");
    figures.tell(W, "to delivery, p99, healthy ones of a failing target", rough.healthy_p99, "ms");
    let ratio = rough.healthy_p99 / calm.healthy_p99;
    figures.want(W, "to delivery, p99, failing of healthy", (ratio, "ratio"), Wanted::AtMost(1.2));
    Ok(())
}

async fn run(scene: &mut Scene, failing: bool) -> Result<Outcome, Failed> {
    let target = scene.target("127.0.0.1:0", failing)?;
    let store = scene.store();
    let service = scene.service(&store, target.address, 3)?;
    let load = scene.load(service.address, ORDERS, Until::Orders(ORDERS_SENT), Some(RATE));
    let started_us = now_us();
    let answers = send(&load).await;
    let wanted = if failing { ORDERS_SENT / 10 * 8 } else { ORDERS_SENT };
    scene.delivered(&target, wanted, Duration::from_secs(120)).await?;
    let graves = if failing { graves(scene, &service).await? } else { Vec::new() };
    let orders = scene.orders(&target).await?;
    let mut healthy: Vec<u32> = orders
        .iter()
        .filter(|order| order.number % 10 > 3)
        .filter_map(|order| {
            let due_us = started_us + (order.number - load.first) * 1_000_000 / u64::from(RATE);
            let (arrived_us, _) = order.tries.first()?;
            u32::try_from(arrived_us.saturating_sub(due_us)).ok()
        })
        .collect();
    let healthy_p99 = percentile_ms(&mut healthy, 99);
    Ok(Outcome { answers, orders, healthy_p99, graves })
}

/// Waits until a thousand are dead, then reads them all.
async fn graves(scene: &Scene, service: &Process) -> Result<Vec<serde_json::Value>, Failed> {
    for _ in 0..600 {
        if scene.counter(service, "tieline_messages_ended_total{", "outcome=\"DEAD\"").await? >= 1_000.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let admin = service.admin.ok_or("the service has no admin listener")?;
    let (mut graves, mut after) = (Vec::new(), String::new());
    loop {
        let page: serde_json::Value = scene.get(admin, &format!("/dead-letters?limit=500{after}")).await?;
        graves.extend(page["dead_letters"].as_array().cloned().unwrap_or_default());
        match &page["next"] {
            serde_json::Value::Null => return Ok(graves),
            next => after = format!("&after={}", next.to_string().trim_matches('"')),
        }
    }
}

fn is_whole(grave: &serde_json::Value) -> bool {
    let (reason, sentence) = (&grave["reason"], &grave["dead_letter"]["sentence"]);
    reason.as_str().is_some_and(|reason| !reason.is_empty())
        && sentence.as_str().is_some_and(|sentence| sentence.contains("503") || sentence.contains("400"))
}

/// From the first try to the second.
fn pause_ms(order: &Order) -> u64 {
    match order.tries.as_slice() {
        [(first, _), (second, _), ..] => (second - first) / 1_000,
        _ => 0,
    }
}

fn now_us() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

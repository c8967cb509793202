//! A collector that is not there costs nobody anything but its records, and those are counted.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tieline_runtime::{
    environment::Environment,
    log,
    metrics::{Metrics, Snapshot},
    telemetry::Exporter,
};

/// More than the queue holds.
const LINES: u64 = 6_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_exported_is_counted_and_nobody_waits() {
    // A port that was free a moment ago: nobody listens there.
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let text = format!("[store]\nsqlite = \":memory:\"\n[telemetry]\nendpoint = \"http://{nobody}\"\n");
    let telemetry = Environment::parse(&text).unwrap().telemetry.unwrap();
    let metrics = Arc::new(Metrics::new());
    let exporter = Exporter::start(telemetry, "digest", Arc::clone(&metrics)).unwrap().unwrap();
    log::start(log::Format::Json);
    for line in 0..LINES {
        tracing::info!(line, "a line");
    }
    let dropped = || -> u64 {
        let text = metrics.text(Snapshot::default());
        let line = text.lines().find(|line| line.starts_with("tieline_telemetry_dropped_total{signal=\"logs\"}"));
        line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!(dropped() > 0, "the queue is bounded");
    let started = Instant::now();
    exporter.shut_down(Duration::from_secs(1)).await;
    assert!(started.elapsed() < Duration::from_secs(20), "a lost collector holds up no shutdown");
}

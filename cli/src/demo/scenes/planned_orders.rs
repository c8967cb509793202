//! SUPPLYCHAIN-MAESTRO-ECC-PLANNEDORDER-V1 on stage.
//!
//! In: a stage. Out: notes. Never knows: how Maestro, SFTP or the service work inside.

use simulators::{Landscape, Partner, samples, sftp::SftpServer};

use crate::{
    demo::{
        report::Notes,
        stage::{Stage, message_id},
    },
    failure::Failure,
};

/// Where a file is expected.
type Server = fn(&Landscape) -> &SftpServer;

/// More rows than one page of 5,000.
const ROWS: usize = 5_200;

pub(super) async fn routed(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    let ways: [(&str, Server); 2] = [("PF", |landscape| &landscape.pf2), ("WP", |landscape| &landscape.wp2)];
    for (end, server) in ways {
        let name = format!("PlannedOrders_20260201_0500_{end}");
        let worksheet = format!("PlannedOrders_{end}");
        stage.landscape.maestro.put_worksheet(&worksheet, samples::planned_orders(ROWS));
        let story = stage.play_to_end(stage.callers.maestro.export_ready(&name, &worksheet)).await?;
        notes.same(
            format!("{name}: DELIVERED, on {end}2 as {name}.csv with {ROWS} rows"),
            format!("{name}: {}, on {end}2 as {}", story.end(), listing(server(&stage.landscape))),
        );
    }
    let name = "PlannedOrders_20260201_0500_XX";
    stage.landscape.maestro.put_worksheet("PlannedOrders_XX", samples::planned_orders(1));
    let story = stage.play_to_end(stage.callers.maestro.export_ready(name, "PlannedOrders_XX")).await?;
    notes.same("a name that fits neither: DEAD (BUSINESS)", format!("a name that fits neither: {}", story.end()));
    notes.judged("its reason quotes the name", story.detail(), story.detail().contains(name));
    let seen = [stage.landscape.pf2.partial_sightings(), stage.landscape.wp2.partial_sightings()].concat();
    notes.same(
        "0 partial files seen under a final name",
        format!("{} partial files seen under a final name", seen.len()),
    );
    Ok(())
}

pub(super) async fn server_down(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    let name = "PlannedOrders_20260202_0500_PF";
    stage.landscape.maestro.put_worksheet("PlannedOrders_PF", samples::planned_orders(3));
    stage.landscape.pf2.down().await;
    let reply = stage.play(stage.callers.maestro.export_ready(name, "PlannedOrders_PF")).await?;
    let id = message_id(&reply)?;
    let waits = stage.watch(&id, |story| story.state() != "ACCEPTED" && story.state() != "IN_FLIGHT").await?;
    notes.same("while it is down: RETRYING", format!("while it is down: {}", waits.state()));
    stage.landscape.pf2.up().await;
    let story = stage.end_of(&id).await?;
    notes.same(
        format!("when it is back: DELIVERED, {name}.csv with 3 rows"),
        format!("when it is back: {}, {}", story.end(), listing(&stage.landscape.pf2)),
    );
    Ok(())
}

/// Name and rows of the newest file.
fn listing(server: &SftpServer) -> String {
    let files = server.files();
    files.last().map_or_else(
        || "no file".to_owned(),
        |file| {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            let lines = file.content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
            format!("{name} with {} rows", lines.saturating_sub(1))
        },
    )
}

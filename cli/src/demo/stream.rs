//! A small stream of traffic, so that there is something to look at.
//!
//! In: a stage. Out: calls of partners, a line about each. Never knows: scenes, promises.

use std::time::Duration;

use simulators::{Call, Effect, Fault, Partner, samples};

use super::stage::{Stage, message_id};
use crate::{failure::Failure, terminal::Terminal};

/// Wall-clock time between two calls.
const PACE: Duration = Duration::from_millis(1_500);

/// Every so many calls 11VMS has a bad moment, so that retries show.
const BAD_MOMENT: usize = 9;

/// Plays calls for ever.
pub(super) async fn flow(stage: &Stage, terminal: &Terminal) -> Result<(), Failure> {
    for number in 0_usize.. {
        if number % BAD_MOMENT == BAD_MOMENT - 1 {
            stage.landscape.vms.faults(vec![Fault::on("create-purchase-order", 2, Effect::status(503))]);
        }
        let (what, call) = next(stage, number);
        match stage.play(call).await {
            Ok(reply) => {
                let id = message_id(&reply).map_or_else(|_| String::new(), |id| format!(" as {id}"));
                terminal.note(&reply.status.to_string(), format!("{what}{id}"));
            }
            Err(failure) => terminal.note("no reply", format!("{what}: {failure}")),
        }
        tokio::time::sleep(PACE).await;
    }
    Ok(())
}

/// The partners take turns.
fn next(stage: &Stage, number: usize) -> (String, Call) {
    let callers = &stage.callers;
    let turn = number / 6;
    match number % 6 {
        0 => (
            format!("SAP SRM7 approves cart SC-2{turn:03}"),
            callers.srm.approve_cart(&samples::shopping_cart(&format!("SC-2{turn:03}"))),
        ),
        1 => {
            let report = format!("AR-2{turn:03}");
            let days = if turn % 4 == 3 { 0.0 } else { 18.5 };
            stage.landscape.vms.put_report(samples::activity_report(&report, days));
            (format!("11VMS validates report {report} with {days} days"), callers.vms.notify(&report))
        }
        2 => {
            let end = if turn.is_multiple_of(2) { "PF" } else { "WP" };
            let worksheet = format!("PlannedOrders_{end}");
            stage.landscape.maestro.put_worksheet(&worksheet, samples::planned_orders(40));
            let name = format!("PlannedOrders_{turn:04}_{end}");
            (format!("Kinaxis Maestro exports {name}"), callers.maestro.export_ready(&name, &worksheet))
        }
        3 => (
            format!("Salesforce creates order 5{turn:03}"),
            callers.salesforce.create_order(&samples::order(&format!("5{turn:03}"))),
        ),
        4 => {
            let change = samples::customer_change(&format!("stream-{turn}"), "C-1001");
            ("SAP ERP changes customer C-1001".to_owned(), callers.erp.change_customer(&change))
        }
        _ => {
            let paid = samples::payment_received(&format!("stream-paid-{turn}"), &format!("5{turn:03}"), "PAID");
            (format!("Salesforce reports order 5{turn:03} paid"), callers.salesforce.payment_status(&paid))
        }
    }
}

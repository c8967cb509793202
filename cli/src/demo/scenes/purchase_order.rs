//! PROC-SRM7-11VMS-PURCHASE-ORDER-V1 on stage.
//!
//! In: a stage. Out: notes. Never knows: how 11VMS or the service work inside.

use simulators::{Effect, Entry, Fault, Partner, samples};

use crate::{
    demo::{
        report::Notes,
        stage::{Stage, message_id},
        timetable,
    },
    failure::Failure,
};

const SMART_ID: &str = "PROC-SRM7-11VMS-PURCHASE-ORDER-V1";
const CREATE: &str = "create-purchase-order";

pub(super) async fn delivered(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    let reply = stage.play(stage.callers.srm.approve_cart(&samples::shopping_cart("SC-1001"))).await?;
    notes.same("202 once the cart is stored", format!("{} once the cart is stored", reply.status));
    let story = stage.end_of(&message_id(&reply)?).await?;
    notes.same("DELIVERED", story.end());
    let orders = stage.landscape.vms.purchase_orders_of("SC-1001");
    let lines = orders.first().map_or(0, |order| order["lines"].as_array().map_or(0, Vec::len));
    notes.same(
        "1 purchase order with 2 lines in 11VMS",
        format!("{} purchase order with {lines} lines in 11VMS", orders.len()),
    );
    Ok(())
}

pub(super) async fn comes_back(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    stage.landscape.vms.faults(vec![Fault::on(CREATE, 2, Effect::status(503))]);
    let story = stage.play_to_end(stage.callers.srm.approve_cart(&samples::shopping_cart("SC-1002"))).await?;
    let retry = &stage.interface(SMART_ID)?.errors.retry;
    let arrivals = times(&stage.landscape.vms.calls(CREATE));
    stage.seen(&story, &arrivals, |seen| timetable::compare_first(retry, seen, notes));
    notes.same("DELIVERED", story.end());
    let orders = stage.landscape.vms.purchase_orders_of("SC-1002").len();
    notes.same("1 purchase order in 11VMS", format!("{orders} purchase order in 11VMS"));
    Ok(())
}

pub(super) async fn stays_down(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    stage.landscape.vms.faults(vec![Fault::always(CREATE, Effect::status(503))]);
    let story = stage.play_to_end(stage.callers.srm.approve_cart(&samples::shopping_cart("SC-1003"))).await?;
    let errors = &stage.interface(SMART_ID)?.errors;
    let arrivals = times(&stage.landscape.vms.calls(CREATE));
    stage.seen(&story, &arrivals, |seen| timetable::compare(&errors.retry, seen, notes));
    let end = if errors.dead_letter { "DEAD (EXHAUSTED)" } else { "FAILED (EXHAUSTED)" };
    notes.same(end, story.end());
    for alert in &errors.alerts {
        let told = stage.until(|landscape| landscape.ans.events().iter().any(|event| names(event, SMART_ID))).await;
        let received = if told { "received" } else { "did not receive" };
        notes.same(format!("{} received the alert", alert.channel), format!("{} {received} the alert", alert.channel));
    }
    Ok(())
}

/// Whether an alert is about this interface.
pub(super) fn names(event: &serde_json::Value, smart_id: &str) -> bool {
    event["resource"]["resourceName"].as_str() == Some(smart_id)
}

/// When calls arrived, virtual milliseconds.
pub(super) fn times(calls: &[Entry]) -> Vec<i64> {
    calls.iter().map(|call| call.at).collect()
}

//! The service dies with messages in flight.
//!
//! In: a stage. Out: notes. Never knows: how the journal works.

use simulators::{Effect, Fault, Partner, samples};

use crate::{
    demo::{
        report::Notes,
        stage::{Stage, message_id},
    },
    failure::Failure,
};

const MESSAGES: usize = 25;

/// How long the partner takes for an order, in virtual milliseconds: a second of the wall at the usual speed.
const SLOW_MS: u64 = 20_000;

pub(super) async fn all_arrive(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    // A partner that takes its time keeps messages in flight while the service dies, however long a busy machine needs to
    // accept them. It takes one call at a time.
    stage.landscape.vms.faults(vec![Fault::always("create-purchase-order", Effect::Delay(SLOW_MS))]);
    let mut acknowledged = Vec::new();
    for number in 0..MESSAGES {
        let cart = format!("SC-9{number:03}");
        let reply = stage.play(stage.callers.srm.approve_cart(&samples::shopping_cart(&cart))).await?;
        acknowledged.push((cart, message_id(&reply)?));
    }
    let before = stage.landscape.vms.purchase_orders().len();
    stage.crash_and_restart().await?;
    notes.judged(
        "killed before everything was delivered",
        format!("killed with {before} of {MESSAGES} acknowledged carts delivered"),
        before < MESSAGES,
    );
    stage.landscape.vms.clear_faults();
    let mut ends = Vec::new();
    for (_, id) in &acknowledged {
        ends.push(stage.end_of(id).await?.end());
    }
    let delivered = ends.iter().filter(|end| *end == "DELIVERED").count();
    notes.same(
        format!("{MESSAGES} of {MESSAGES} DELIVERED after the restart"),
        format!("{delivered} of {MESSAGES} DELIVERED after the restart"),
    );
    let vms = &stage.landscape.vms;
    let exactly_one = acknowledged.iter().filter(|(cart, _)| vms.purchase_orders_of(cart).len() == 1).count();
    notes.same(
        format!("{MESSAGES} carts with exactly 1 purchase order"),
        format!("{exactly_one} carts with exactly 1 purchase order"),
    );
    Ok(())
}

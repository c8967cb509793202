//! PROC-11VMS-SRM7-ACTIVITY-REPORT-V1 on stage.
//!
//! In: a stage. Out: notes. Never knows: how SAP SRM7 or the service work inside.

use catalog::model::{Argument, Body, Step, StepKind, Template, TemplatePart};
use simulators::{Effect, Fault, Partner, samples};

use super::purchase_order::names;
use crate::{
    demo::{
        report::Notes,
        stage::{Stage, Story, message_id},
    },
    failure::Failure,
};

const SMART_ID: &str = "PROC-11VMS-SRM7-ACTIVITY-REPORT-V1";
const CREATE: &str = "create-confirmation";

pub(super) async fn confirmed(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    let story = validate(stage, "AR-1001", 21.5).await?;
    notes.same("DELIVERED", story.end());
    let confirmations = stage.landscape.srm.confirmations();
    let observed = confirmations.first().map_or_else(
        || "no confirmation".to_owned(),
        |one| {
            format!(
                "{} confirmation of {} {} for {}",
                confirmations.len(),
                plain(&one.quantity),
                one.unit,
                one.ref_doc_no
            )
        },
    );
    notes.same("1 confirmation of 21.5 DAY for AR-1001", observed);
    Ok(())
}

pub(super) async fn no_work(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    let story = validate(stage, "AR-1002", 0.0).await?;
    let flow = &stage.interface(SMART_ID)?.flow;
    let reason = reason(flow).unwrap_or_default();
    notes.same(format!("DISCARDED: {reason}"), format!("{}: {}", story.end(), story.detail()));
    let promised = message(flow).unwrap_or_default();
    let reception = stage.landscape.vms.reception("AR-1002");
    let observed = reception.map_or_else(
        || "no service reception".to_owned(),
        |one| format!("11VMS hears {}: {}", one.status, one.message.unwrap_or_default()),
    );
    notes.same(format!("11VMS hears validated: {promised}"), observed);
    notes.same("0 calls to SAP SRM7", format!("{} calls to SAP SRM7", stage.landscape.srm.journal().len()));
    Ok(())
}

pub(super) async fn refused(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    let refusal = Effect::Bapi {
        kind: "E".to_owned(),
        id: "BBP_PD".to_owned(),
        number: "428".to_owned(),
        message: "Quantity exceeds the tolerance".to_owned(),
    };
    stage.landscape.srm.faults(vec![Fault::on(CREATE, 1, refusal)]);
    let story = validate(stage, "AR-1003", 18.0).await?;
    notes.same("DEAD (PERMANENT)", story.end());
    notes.same("1 send, no retry", format!("{} send, no retry", stage.landscape.srm.calls(CREATE).len()));
    let told = stage.until(|landscape| landscape.ans.events().iter().any(|event| names(event, SMART_ID))).await;
    notes.same(
        "SAP Alert Notification received the alert: true",
        format!("SAP Alert Notification received the alert: {told}"),
    );
    Ok(())
}

pub(super) async fn reply_lost(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    stage.landscape.srm.faults(vec![Fault::on(CREATE, 1, Effect::DropAfter)]);
    let story = validate(stage, "AR-1004", 10.0).await?;
    notes.same("DELIVERED", story.end());
    let asked = !stage.landscape.srm.calls("find-confirmation").is_empty();
    notes.same("asks SAP SRM7 before it sends again: true", format!("asks SAP SRM7 before it sends again: {asked}"));
    let count = stage.landscape.srm.confirmations().len();
    notes.same("exactly 1 confirmation in the end", format!("exactly {count} confirmation in the end"));
    Ok(())
}

pub(super) async fn twice(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    stage.landscape.vms.put_report(samples::activity_report("AR-1005", 5.0));
    // The same bytes twice: a repetition that says another time would be another message under a used key.
    let notification = stage.callers.vms.notify("AR-1005");
    let first = stage.play(notification.clone()).await?;
    let second = stage.play(notification).await?;
    let (first_id, second_id) = (message_id(&first)?, message_id(&second)?);
    notes.same(
        "both notifications are one message: true",
        format!("both notifications are one message: {}", first_id == second_id),
    );
    notes.same("Idempotent-Replayed: true", format!("Idempotent-Replayed: {}", second.header("idempotent-replayed")));
    stage.end_of(&first_id).await?;
    notes.same("1 confirmation", format!("{} confirmation", stage.landscape.srm.confirmations().len()));
    Ok(())
}

/// 11VMS has a report of so many days, and notifies.
async fn validate(stage: &Stage, report: &str, days: f64) -> Result<Story, Failure> {
    stage.landscape.vms.put_report(samples::activity_report(report, days));
    stage.play_to_end(stage.callers.vms.notify(report)).await
}

/// `21.500` and `21.5` are the same quantity.
fn plain(quantity: &str) -> &str {
    if quantity.contains('.') { quantity.trim_end_matches('0').trim_end_matches('.') } else { quantity }
}

/// The message that the document sends to 11VMS.
fn message(flow: &[Step]) -> Option<String> {
    every_step(flow).into_iter().find_map(|step| match &step.kind {
        StepKind::Call { with, .. } => match &with.body {
            Some(Body::Fields { fields, .. }) => fields.iter().find(|field| field.name == "message").and_then(literal),
            _ => None,
        },
        _ => None,
    })
}

/// The reason with which the document discards.
fn reason(flow: &[Step]) -> Option<String> {
    every_step(flow).into_iter().find_map(|step| match &step.kind {
        StepKind::Discard { reason } => Some(text(reason)),
        _ => None,
    })
}

fn literal(argument: &Argument) -> Option<String> {
    Some(text(&argument.value))
}

fn text(template: &Template) -> String {
    let literal = |part: &TemplatePart| if let TemplatePart::Text(text) = part { Some(text.clone()) } else { None };
    template.parts.iter().filter_map(literal).collect()
}

/// The steps of a flow with those inside filters.
fn every_step(flow: &[Step]) -> Vec<&Step> {
    let mut steps = Vec::new();
    for step in flow {
        steps.push(step);
        if let StepKind::When { then, otherwise, .. } = &step.kind {
            steps.extend(every_step(then));
            steps.extend(every_step(otherwise));
        }
    }
    steps
}

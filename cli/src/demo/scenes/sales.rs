//! The interfaces between Salesforce and SAP ERP on stage.
//!
//! In: a stage. Out: notes. Never knows: how the two systems or the service work inside.

use serde_json::Value;
use simulators::samples;

use crate::{
    demo::{report::Notes, stage::Stage},
    failure::Failure,
};

pub(super) async fn order(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    let created = stage.play(stage.callers.salesforce.create_order(&samples::order("4711"))).await?;
    notes.same(
        "created: 201, order_id 4711",
        format!("created: {}, order_id {}", created.status, field(&created.text(), "order_id")),
    );
    let mut changed = samples::order("4711");
    changed["payment_status"] = "PAID".into();
    let reply = stage.play(stage.callers.salesforce.change_order("4711", &changed)).await?;
    notes.same("changed: 200", format!("changed: {}", reply.status));
    let orders = stage.landscape.erp.orders();
    let status = orders.first().map_or_else(String::new, |order| word(&order["status"]));
    notes.same(
        "SAP ERP has 1 order with status PAID",
        format!("SAP ERP has {} order with status {status}", orders.len()),
    );
    Ok(())
}

pub(super) async fn customer(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    stage.landscape.salesforce.put_account(samples::account("0015g00000ABCDEAA1", "C-1001"));
    let reply = stage.play(stage.callers.erp.read_customer("0015g00000ABCDEAA1")).await?;
    notes.same(
        "read: 200, customer C-1001",
        format!("read: {}, customer {}", reply.status, field(&reply.text(), "customer_id")),
    );
    let story =
        stage.play_to_end(stage.callers.erp.change_customer(&samples::customer_change("change-1", "C-1001"))).await?;
    notes.same("changed: DELIVERED", format!("changed: {}", story.end()));
    let accounts = stage.landscape.salesforce.accounts();
    let street = accounts
        .iter()
        .find(|account| account["ERP_Customer_Id__c"] == "C-1001")
        .map_or_else(String::new, |account| word(&account["BillingStreet"]));
    notes.same("Salesforce has the new address: 2 Example Street", format!("Salesforce has the new address: {street}"));
    Ok(())
}

pub(super) async fn payment(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    stage.play(stage.callers.salesforce.create_order(&samples::order("4712"))).await?;
    let paid = samples::payment_received("payment-1", "4712", "PAID");
    let story = stage.play_to_end(stage.callers.salesforce.payment_status(&paid)).await?;
    let status = stage.landscape.erp.orders().first().map_or_else(String::new, |order| word(&order["status"]));
    notes.same("Salesforce to SAP ERP: DELIVERED, PAID", format!("Salesforce to SAP ERP: {}, {status}", story.end()));
    let refunded = samples::payment_posted("payment-2", 4712, "REFUNDED");
    let story = stage.play_to_end(stage.callers.erp.payment_status(&refunded)).await?;
    let orders = stage.landscape.salesforce.orders();
    let status = orders.first().map_or_else(String::new, |order| word(&order["Payment_Status__c"]));
    notes.same(
        "SAP ERP to Salesforce: DELIVERED, REFUNDED",
        format!("SAP ERP to Salesforce: {}, {status}", story.end()),
    );
    Ok(())
}

/// A top-level field of a JSON reply, as a word.
fn field(reply: &str, name: &str) -> String {
    serde_json::from_str::<Value>(reply).map_or_else(|_| "nothing readable".to_owned(), |body| word(&body[name]))
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

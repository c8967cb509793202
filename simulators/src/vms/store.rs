//! In: requests that passed the door. Out: reports read, receptions approved once, purchase orders created once.
//! Never knows: tokens and limits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::problem;
use crate::common::web::Answer;
use crate::samples;

/// The reception of a report's services: the customer's last word before invoicing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reception {
    /// The report's id.
    pub id: String,
    /// `pending`, then finally `validated` or `rejected`.
    pub status: String,
    /// Text for the supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The customer's document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<String>,
}

/// What 11VMS remembers.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) reports: BTreeMap<String, Value>,
    pub(super) receptions: BTreeMap<String, Reception>,
    pub(super) purchase_orders: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    status: String,
    message: Option<String>,
    external_reference: Option<String>,
}

impl Store {
    /// Four reports: a month, no work at all, half a day, and one against an order that SAP SRM7 does not know.
    pub(super) fn fixtures() -> Self {
        let mut store = Store::default();
        store.put_report(samples::activity_report("AR-1001", 21.5));
        store.put_report(samples::activity_report("AR-1002", 0.0));
        store.put_report(samples::activity_report("AR-1003", 0.5));
        let mut stray = samples::activity_report("AR-1004", 18.0);
        stray["purchaseOrder"]["srmPoNumber"] = json!("4599999999");
        store.put_report(stray);
        store
    }

    pub(super) fn put_report(&mut self, report: Value) {
        let id = report["id"].as_str().unwrap_or_default().to_owned();
        let reception =
            Reception { id: id.clone(), status: "pending".to_owned(), message: None, external_reference: None };
        self.receptions.insert(id.clone(), reception);
        self.reports.insert(id, report);
    }

    pub(super) fn read_report(&self, id: &str) -> Answer {
        match self.reports.get(id) {
            Some(report) => Answer::json(200, report),
            None => problem(404, "NOT_FOUND", &format!("no activity report {id}")),
        }
    }

    pub(super) fn read_reception(&self, id: &str) -> Answer {
        match self.receptions.get(id) {
            Some(reception) => Answer::json(200, &json!(reception)),
            None => problem(404, "NOT_FOUND", &format!("no service reception for report {id}")),
        }
    }

    /// `pending` → `validated` | `rejected`; both are final.
    pub(super) fn update_reception(&mut self, id: &str, body: &[u8]) -> Answer {
        let update: Update = match serde_json::from_slice(body) {
            Ok(update) => update,
            Err(error) => return problem(400, "BAD_REQUEST", &error.to_string()),
        };
        let Some(reception) = self.receptions.get_mut(id) else {
            return problem(404, "NOT_FOUND", &format!("no service reception for report {id}"));
        };
        if reception.status != "pending" {
            return problem(409, "ALREADY_FINAL", &format!("the reception is already {}", reception.status));
        }
        if !["validated", "rejected"].contains(&update.status.as_str()) {
            return problem(422, "INVALID_STATUS", "status must be validated or rejected");
        }
        if update.message.as_ref().is_some_and(|message| message.chars().count() > 500) {
            return problem(422, "INVALID_MESSAGE", "message is longer than 500 characters");
        }
        reception.status = update.status;
        reception.message = update.message;
        reception.external_reference = update.external_reference;
        Answer::json(200, &json!(reception))
    }

    pub(super) fn create_order(&mut self, body: &[u8]) -> Answer {
        let mut order: Value = match serde_json::from_slice(body) {
            Ok(order) => order,
            Err(error) => return problem(400, "BAD_REQUEST", &error.to_string()),
        };
        let mistakes = mistakes(&order);
        if !mistakes.is_empty() {
            return problem(422, "VALIDATION_FAILED", &mistakes.join("; "));
        }
        if let Some(known) = self.purchase_orders.iter().find(|known| known["externalId"] == order["externalId"]) {
            let text = format!("externalId {} belongs to purchase order {}", order["externalId"], known["id"]);
            return problem(409, "DUPLICATE_EXTERNAL_ID", &text);
        }
        let id = format!("PO-{}", 1001 + self.purchase_orders.len());
        order["id"] = json!(id);
        let reply = json!({ "id": id, "externalId": order["externalId"], "status": "created" });
        self.purchase_orders.push(order);
        Answer::json(201, &reply)
    }

    pub(super) fn find_orders(&self, external_id: Option<&str>) -> Answer {
        let wanted = |order: &&Value| external_id.is_none_or(|id| order["externalId"] == id);
        Answer::json(200, &json!({ "items": self.purchase_orders.iter().filter(wanted).collect::<Vec<_>>() }))
    }
}

/// The `externalId` of a purchase order, for the journal.
pub(super) fn external_id(body: &[u8]) -> Option<String> {
    let order: Value = serde_json::from_slice(body).ok()?;
    order["externalId"].as_str().map(str::to_owned)
}

/// Everything 11VMS finds wrong with a purchase order.
fn mistakes(order: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for field in ["externalId", "title", "startDate", "endDate", "currency", "requester", "supplierId"] {
        if order[field].as_str().is_none_or(str::is_empty) {
            found.push(format!("{field} is required"));
        }
    }
    if number(&order["totalAmount"]).is_none_or(|amount| amount < 0.0) {
        found.push("totalAmount must be a number of at least 0".to_owned());
    }
    let dates = [&order["startDate"], &order["endDate"]]
        .map(|date| date.as_str().and_then(|d| d.parse::<jiff::civil::Date>().ok()));
    match dates {
        [Some(start), Some(end)] if end < start => found.push("endDate is before startDate".to_owned()),
        [Some(_), Some(_)] => {}
        _ => found.push("startDate and endDate must be dates (YYYY-MM-DD)".to_owned()),
    }
    if order["currency"].as_str().is_some_and(|currency| currency.len() != 3) {
        found.push("currency must have 3 letters".to_owned());
    }
    match order["lines"].as_array() {
        Some(lines) if !lines.is_empty() => found.extend(lines.iter().enumerate().filter_map(line_mistake)),
        _ => found.push("lines must hold at least one line".to_owned()),
    }
    found
}

fn line_mistake((n, line): (usize, &Value)) -> Option<String> {
    let unit = line["workUnit"].as_str().is_some_and(|unit| ["day", "hour"].contains(&unit));
    let sound = line["externalItem"].is_string()
        && line["description"].is_string()
        && unit
        && number(&line["workUnitNumber"]).is_some_and(|units| units > 0.0)
        && number(&line["unitPrice"]).is_some_and(|price| price >= 0.0);
    (!sound).then(|| {
        format!("lines[{n}] needs externalItem, description, workUnit (day, hour), workUnitNumber > 0 and unitPrice")
    })
}

/// Numbers come as JSON numbers or, from careful senders, as text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

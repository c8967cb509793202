//! In: a business key. Out: payloads as the partners would send them, the same for the same key.
//! Never knows: where they are sent.

use serde_json::{Value, json};

/// The workbook of the Maestro fixtures.
pub const WORKBOOK: &str = "Planned Orders Export";
/// The scenario of the Maestro fixtures.
pub const SCENARIO: &str = "Enterprise Data";
/// The Salesforce id of an account of the fixtures (customer C-1001).
pub const ACCOUNT_ID: &str = "0015g00000XyZabAAB";
/// A purchase order that SAP SRM7 knows.
pub const PO_NUMBER: &str = "4500001234";

/// An approved shopping cart with two items.
#[must_use]
pub fn shopping_cart(number: &str) -> Value {
    json!({
        "cartNumber": number, "title": format!("Consulting services, cart {number}"), "requester": "U0042",
        "supplierId": "0000100234", "currency": "EUR", "totalAmount": 13_000.5,
        "startDate": "2026-03-02", "endDate": "2026-05-29", "approvedAt": "2026-02-20T10:15:30Z",
        "items": [
            { "number": "1", "description": "Integration architect", "unit": "day", "quantity": 20,
              "price": 620.0, "costCenter": "4711" },
            { "number": "2", "description": "On-call hours", "unit": "hour", "quantity": 8.5, "price": 70.65 },
        ],
    })
}

/// A validated activity report with this many days, for a purchase order that SAP SRM7 knows.
#[must_use]
pub fn activity_report(id: &str, days: f64) -> Value {
    json!({
        "id": id, "title": "January 2026", "year": 2026, "month": 1,
        "status": "validated", "statusDetail": "validatedByOperationalManager",
        "purchaseOrder": { "id": "PO-778", "srmPoNumber": PO_NUMBER, "srmPoItem": "10" },
        "consultant": { "id": "C-55", "name": "Consultant 55" },
        "workUnitNumber": days, "workUnit": "day",
        "unitPrice": { "amount": "620.00", "currency": "EUR" },
        "overtime": [], "modifiedAt": "2026-02-02T08:15:29Z",
    })
}

/// An order as Salesforce sends it.
#[must_use]
pub fn order(number: &str) -> Value {
    json!({
        "order_number": number, "customer_id": "C-1001", "customer_email": "buyer@example.org",
        "payment_status": "OPEN", "currency": "EUR", "shipping_status": "PENDING",
        "items": [
            { "product_id": "MAT-100", "description": "Valve", "quantity": 2, "price": 149.9 },
            { "product_id": "MAT-200", "quantity": 0.5, "price": 12.0 },
        ],
    })
}

/// An account as Salesforce stores it.
#[must_use]
pub fn account(id: &str, customer_id: &str) -> Value {
    json!({
        "Id": id, "Name": format!("Customer {customer_id}"), "Phone": "+33 1 00 00 00 00",
        "ERP_Customer_Id__c": customer_id, "Email__c": format!("{}@example.org", customer_id.to_lowercase()),
        "BillingStreet": "1 Example Street", "BillingCity": "Lyon", "BillingPostalCode": "69000", "BillingCountry": "FR",
    })
}

/// A changed customer as SAP ERP pushes it.
#[must_use]
pub fn customer_change(event_id: &str, customer_id: &str) -> Value {
    json!({
        "eventId": event_id, "cust_id": customer_id, "name": format!("Customer {customer_id}"),
        "email": format!("{}@example.org", customer_id.to_lowercase()), "contact_number": "+33 1 00 00 00 01",
        "address": { "street": "2 Example Street", "city": "Lyon", "postal_code": "69001", "country": "FR" },
        "changedAt": "2026-02-20T10:15:30Z",
    })
}

/// A payment entered in Salesforce.
#[must_use]
pub fn payment_received(event_id: &str, order_number: &str, status: &str) -> Value {
    json!({
        "eventId": event_id, "order_number": order_number, "payment_status": status, "payment_method": "CARD",
        "amount": 305.8, "currency": "EUR", "payment_date": "2026-02-20", "changedAt": "2026-02-20T10:15:30Z",
    })
}

/// A payment posted in SAP ERP.
#[must_use]
pub fn payment_posted(event_id: &str, order_id: u64, status: &str) -> Value {
    json!({
        "eventId": event_id, "order_id": order_id, "status": status, "payment_method": "TRANSFER",
        "amount": 305.8, "currency": "EUR", "payment_date": "2026-02-20", "changedAt": "2026-02-20T10:15:30Z",
    })
}

/// Rows of a planned-order worksheet: material, plant, start, finish, quantity, unit.
#[must_use]
pub fn planned_orders(count: usize) -> Vec<Vec<String>> {
    (0..count)
        .map(|n| {
            vec![
                format!("MAT-{:05}", 1 + n),
                ["P100", "P200"][n % 2].to_owned(),
                format!("2026-03-{:02}", 1 + n % 28),
                format!("2026-04-{:02}", 1 + n % 28),
                format!("{}", 10 + n % 90),
                "PC".to_owned(),
            ]
        })
        .collect()
}

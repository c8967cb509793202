//! In: reads and upserts of Account and Order. Out: records, or the error list that Salesforce answers with.
//! Never knows: sessions and limits.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::errors;
use crate::common::web::Answer;
use crate::samples;

/// External id field of accounts.
const ACCOUNT_KEY: &str = "ERP_Customer_Id__c";
/// External id field of orders.
const ORDER_KEY: &str = "ERP_Order_Number__c";
const ACCOUNT_FIELDS: [&str; 9] = [
    "Name",
    "Phone",
    ACCOUNT_KEY,
    "Email__c",
    "BillingStreet",
    "BillingCity",
    "BillingPostalCode",
    "BillingCountry",
    "Website",
];
const ORDER_FIELDS: [&str; 8] = [
    "AccountId",
    "EffectiveDate",
    "Status",
    ORDER_KEY,
    "Payment_Status__c",
    "Payment_Method__c",
    "Payment_Amount__c",
    "Payment_Date__c",
];

/// The organisation's data.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) accounts: BTreeMap<String, Map<String, Value>>,
    pub(super) orders: BTreeMap<String, Map<String, Value>>,
    /// External ids whose next change meets a lock.
    pub(super) locked_once: BTreeSet<String>,
    created: u32,
}

/// What an upsert is about.
struct Kind {
    object: &'static str,
    key: &'static str,
    fields: &'static [&'static str],
    required: &'static [&'static str],
    prefix: &'static str,
}

const ACCOUNT: Kind =
    Kind { object: "Account", key: ACCOUNT_KEY, fields: &ACCOUNT_FIELDS, required: &["Name"], prefix: "001" };
const ORDER: Kind = Kind {
    object: "Order",
    key: ORDER_KEY,
    fields: &ORDER_FIELDS,
    required: &["AccountId", "EffectiveDate", "Status"],
    prefix: "801",
};

impl Records {
    /// One account with everything and one with a name only.
    pub(super) fn fixtures() -> Self {
        let mut records = Records::default();
        records.put_account(samples::account(samples::ACCOUNT_ID, "C-1001"));
        records.put_account(json!({ "Id": "0015g00000XyZacAAB", "Name": "Prospect without a number" }));
        records
    }

    /// Replaces what has the same id or the same external id.
    pub(super) fn put_account(&mut self, account: Value) {
        if account[ACCOUNT_KEY].is_string() {
            self.accounts.retain(|_, known| known.get(ACCOUNT_KEY) != Some(&account[ACCOUNT_KEY]));
        }
        self.put_twin(account);
    }

    pub(super) fn put_twin(&mut self, account: Value) {
        if let Value::Object(fields) = account {
            let id = fields.get("Id").and_then(Value::as_str).unwrap_or_default().to_owned();
            self.accounts.insert(id, fields);
        }
    }

    /// An order as Salesforce has it before anything is known about its payment.
    pub(super) fn put_order(&mut self, number: &str) {
        if self.orders.values().any(|order| order.get(ORDER_KEY).is_some_and(|known| known == number)) {
            return;
        }
        let id = self.next_id(ORDER.prefix);
        let order = json!({
            "Id": id, "AccountId": samples::ACCOUNT_ID, "EffectiveDate": "2026-02-01", "Status": "Activated",
            ORDER_KEY: number, "Payment_Status__c": "OPEN",
        });
        if let Value::Object(fields) = order {
            self.orders.insert(id, fields);
        }
    }

    pub(super) fn read_account(&self, id: &str, version: &str, wanted: Option<&str>) -> Answer {
        if !matches!(id.len(), 15 | 18) || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
            return errors(400, "MALFORMED_ID", &format!("Id malformed: {id}"), &["Id"]);
        }
        // The first 15 characters identify a record; the other three are a checksum of their case.
        let Some((full, fields)) = self.accounts.iter().find(|(known, _)| known.get(..15) == id.get(..15)) else {
            return errors(404, "NOT_FOUND", "The requested resource does not exist", &[]);
        };
        let url = format!("/services/data/{version}/sobjects/Account/{full}");
        let mut record = Map::new();
        record.insert("attributes".to_owned(), json!({ "type": "Account", "url": url }));
        let wanted: Option<Vec<&str>> = wanted.map(|list| list.split(',').collect());
        let shown = |name: &String| wanted.as_ref().is_none_or(|list| list.contains(&name.as_str()) || name == "Id");
        record.extend(fields.iter().filter(|(name, _)| shown(name)).map(|(k, v)| (k.clone(), v.clone())));
        Answer::json(200, &Value::Object(record))
    }

    pub(super) fn upsert_account(&mut self, external_id: &str, body: &[u8]) -> Answer {
        self.upsert(&ACCOUNT, external_id, body)
    }

    pub(super) fn upsert_order(&mut self, external_id: &str, body: &[u8]) -> Answer {
        self.upsert(&ORDER, external_id, body)
    }

    fn upsert(&mut self, kind: &Kind, external_id: &str, body: &[u8]) -> Answer {
        let Ok(Value::Object(changes)) = serde_json::from_slice::<Value>(body) else {
            return errors(400, "JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object", &[]);
        };
        if let Some(answer) = refuse(kind, &changes) {
            return answer;
        }
        if self.locked_once.remove(external_id) {
            return errors(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", &[]);
        }
        let table = if kind.object == "Account" { &self.accounts } else { &self.orders };
        let matching = |fields: &&Map<String, Value>| fields.get(kind.key).is_some_and(|known| known == external_id);
        let found: Vec<String> = table
            .values()
            .filter(matching)
            .filter_map(|fields| fields.get("Id").and_then(Value::as_str).map(str::to_owned))
            .collect();
        match found.as_slice() {
            [] => self.create(kind, external_id, changes),
            [id] => {
                let id = id.clone();
                let table = if kind.object == "Account" { &mut self.accounts } else { &mut self.orders };
                if let Some(fields) = table.get_mut(&id) {
                    fields.extend(changes);
                }
                Answer::json(200, &json!({ "id": id, "success": true, "errors": [], "created": false }))
            }
            several => {
                let urls: Vec<String> =
                    several.iter().map(|id| format!("/services/data/v60.0/sobjects/{}/{id}", kind.object)).collect();
                Answer::json(300, &json!(urls))
            }
        }
    }

    fn create(&mut self, kind: &Kind, external_id: &str, mut fields: Map<String, Value>) -> Answer {
        let missing: Vec<&str> = kind.required.iter().copied().filter(|name| !fields.contains_key(*name)).collect();
        if !missing.is_empty() {
            let text = format!("Required fields are missing: [{}]", missing.join(", "));
            return errors(400, "REQUIRED_FIELD_MISSING", &text, &missing);
        }
        let id = self.next_id(kind.prefix);
        fields.insert("Id".to_owned(), json!(id));
        fields.insert(kind.key.to_owned(), json!(external_id));
        let table = if kind.object == "Account" { &mut self.accounts } else { &mut self.orders };
        table.insert(id.clone(), fields);
        Answer::json(201, &json!({ "id": id, "success": true, "errors": [], "created": true }))
    }

    fn next_id(&mut self, prefix: &str) -> String {
        self.created += 1;
        format!("{prefix}5g{:010}AAA", self.created)
    }
}

/// What Salesforce refuses whatever the record.
fn refuse(kind: &Kind, changes: &Map<String, Value>) -> Option<Answer> {
    if changes.contains_key(kind.key) {
        let text = format!("The {} field should not be specified in the sobject data.", kind.key);
        return Some(errors(400, "INVALID_FIELD", &text, &[kind.key]));
    }
    if let Some(name) = changes.keys().find(|name| !kind.fields.contains(&name.as_str())) {
        let text = format!("No such column '{name}' on sobject of type {}", kind.object);
        return Some(errors(400, "INVALID_FIELD", &text, &[name]));
    }
    let mail = changes.get("Email__c").and_then(Value::as_str);
    let sound = |mail: &str| mail.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    mail.filter(|mail| !sound(mail))
        .map(|mail| errors(400, "INVALID_EMAIL_ADDRESS", &format!("invalid email address: {mail}"), &["Email__c"]))
}

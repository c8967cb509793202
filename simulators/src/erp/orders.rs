//! In: entities of `SalesOrders`. Out: orders kept, or what the application has against them.
//! Never knows: CSRF, sessions, how an error is written.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

const FIELDS: [&str; 9] =
    ["order_id", "cust_id", "cust_email", "status", "currency", "items", "payment_method", "amount", "payment_date"];
const REQUIRED: [&str; 5] = ["order_id", "cust_id", "status", "currency", "items"];
const STATUSES: [&str; 3] = ["OPEN", "PAID", "REFUNDED"];

/// The application refuses: code and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) text: String,
}

fn no(code: &'static str, text: impl Into<String>) -> Refusal {
    Refusal { code, text: text.into() }
}

/// No order has this number.
pub(super) const UNKNOWN: &str = "SD_ORDER/004";
/// An order with this number exists.
pub(super) const EXISTS: &str = "SD_ORDER/005";
const INVALID: &str = "SD_ORDER/010";
const SYNTAX: &str = "/IWFND/CM_MGW/096";

/// Sales orders by number.
#[derive(Debug, Default)]
pub(super) struct Orders(pub(super) BTreeMap<u64, Map<String, Value>>);

impl Orders {
    pub(super) fn put(&mut self, order: Value) {
        if let Value::Object(fields) = order {
            let number = fields.get("order_id").and_then(Value::as_u64).unwrap_or_default();
            self.0.insert(number, fields);
        }
    }

    pub(super) fn create(&mut self, body: &[u8]) -> Result<(u64, Value), Refusal> {
        let order = read(body)?;
        complete(&order)?;
        let number = number(&order)?;
        if self.0.contains_key(&number) {
            return Err(no(EXISTS, format!("Sales order {number} exists already")));
        }
        self.0.insert(number, order);
        self.read(number).map(|entity| (number, entity))
    }

    /// PUT: the whole entity.
    pub(super) fn replace(&mut self, key: u64, body: &[u8]) -> Result<(), Refusal> {
        self.known(key)?;
        let order = read(body)?;
        complete(&order)?;
        if number(&order)? != key {
            return Err(no(INVALID, "order_id is the key and cannot be changed"));
        }
        self.0.insert(key, order);
        Ok(())
    }

    /// PATCH: the properties given.
    pub(super) fn merge(&mut self, key: u64, body: &[u8]) -> Result<(), Refusal> {
        self.known(key)?;
        let changes = read(body)?;
        if changes.contains_key("order_id") && number(&changes)? != key {
            return Err(no(INVALID, "order_id is the key and cannot be changed"));
        }
        if let Some(order) = self.0.get_mut(&key) {
            order.extend(changes);
        }
        Ok(())
    }

    /// An entity as V2 shows it: items below `results`.
    pub(super) fn read(&self, key: u64) -> Result<Value, Refusal> {
        self.known(key)?;
        let mut entity = self.0.get(&key).cloned().unwrap_or_default();
        if let Some(items) = entity.get_mut("items") {
            *items = json!({ "results": items.take() });
        }
        Ok(Value::Object(entity))
    }

    fn known(&self, key: u64) -> Result<(), Refusal> {
        if self.0.contains_key(&key) { Ok(()) } else { Err(no(UNKNOWN, format!("Sales order {key} does not exist"))) }
    }
}

/// Reads the body, unwraps `items.results`, checks names and values of what is there.
fn read(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let Ok(Value::Object(mut order)) = serde_json::from_slice::<Value>(body) else {
        return Err(no(SYNTAX, "The request body is malformed"));
    };
    if let Some(name) = order.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(no(SYNTAX, format!("Property '{name}' is invalid")));
    }
    if let Some(results) = order.get_mut("items").and_then(|items| items.get_mut("results")) {
        let items = results.take();
        order.insert("items".to_owned(), items);
    }
    if order.get("status").is_some_and(|status| !STATUSES.iter().any(|known| status == known)) {
        return Err(no(INVALID, "status must be OPEN, PAID or REFUNDED"));
    }
    if let Some(items) = order.get("items") {
        check_items(items)?;
    }
    Ok(order)
}

fn check_items(items: &Value) -> Result<(), Refusal> {
    let Some(items) = items.as_array().filter(|items| !items.is_empty()) else {
        return Err(no(INVALID, "An order needs at least one item"));
    };
    for (n, item) in items.iter().enumerate() {
        let number = |field: &str| item[field].as_f64().or_else(|| item[field].as_str()?.parse().ok());
        let sound = item["material"].as_str().is_some_and(|material| !material.is_empty())
            && number("quantity").is_some_and(|quantity| quantity > 0.0)
            && number("price").is_some_and(|price| price >= 0.0);
        if !sound {
            return Err(no(INVALID, format!("Item {} needs material, quantity above 0 and price", n + 1)));
        }
    }
    Ok(())
}

fn complete(order: &Map<String, Value>) -> Result<(), Refusal> {
    match REQUIRED.iter().find(|field| order.get(**field).is_none_or(Value::is_null)) {
        Some(field) => Err(no(INVALID, format!("Property '{field}' is mandatory"))),
        None => Ok(()),
    }
}

fn number(order: &Map<String, Value>) -> Result<u64, Refusal> {
    let number = order.get("order_id").and_then(Value::as_u64).filter(|number| *number > 0);
    number.ok_or_else(|| no(SYNTAX, "Property 'order_id' has an invalid value"))
}

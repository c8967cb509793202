//! The message of all workloads: an order of exactly 1 KiB, and what a mapping must make of it.
//!
//! In: a number. Out: a body. Never knows: who sends it.

use serde::{Deserialize, Serialize};

/// Bytes of an order.
pub(crate) const SIZE: usize = 1024;
/// Order numbers have nine digits.
pub(crate) const FIRST: u64 = 100_000_000;
/// A multiple of the connections, so that a customer's orders always come over the same one, in order.
pub(crate) const CUSTOMERS: u64 = 640;

/// An order as the shop sends it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) order_number: String,
    pub(crate) customer: String,
    email: String,
    payment_status: Status,
    currency: String,
    ordered_on: String,
    net_amount: f64,
    tax_amount: f64,
    note: String,
    items: Vec<Item>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Open,
    Paid,
    Refunded,
}

#[derive(Debug, Serialize, Deserialize)]
struct Item {
    product: String,
    quantity: f64,
    price: f64,
}

/// An order as the target wants it: what bare peers send, written as plainly as serde allows.
#[derive(Debug, Serialize)]
pub(crate) struct Mapped {
    pub(crate) order_id: u64,
    cust_id: String,
    status: &'static str,
    currency: String,
    total: f64,
    day: String,
    items: Vec<MappedItem>,
}

#[derive(Debug, Serialize)]
struct MappedItem {
    material: String,
    quantity: f64,
    price: f64,
}

/// The bare mapping: rename, cast, enum, sum.
pub(crate) fn map(order: Order) -> Option<Mapped> {
    let item = |item: Item| MappedItem { material: item.product, quantity: item.quantity, price: item.price };
    Some(Mapped {
        order_id: order.order_number.parse().ok()?,
        cust_id: order.customer,
        status: match order.payment_status {
            Status::Open => "O",
            Status::Paid => "P",
            Status::Refunded => "R",
        },
        currency: order.currency,
        total: order.net_amount + order.tax_amount,
        day: order.ordered_on,
        items: order.items.into_iter().map(item).collect(),
    })
}

/// The parts of a mapped order that the target looks at: an unmapped one lacks them.
#[derive(Debug, Deserialize)]
pub(crate) struct Seen<'a> {
    pub(crate) order_id: u64,
    #[serde(borrow)]
    pub(crate) cust_id: &'a str,
    status: &'a str,
    total: f64,
}

impl Seen<'_> {
    /// Renamed, cast, translated and summed.
    pub(crate) fn is_mapped(&self) -> bool {
        self.status == "P" && (self.total - 1190.0).abs() < 0.001
    }
}

/// Writes orders one after the other into the same bytes.
#[derive(Debug)]
pub(crate) struct Writer {
    body: Vec<u8>,
    number_at: usize,
    customer_at: usize,
}

impl Writer {
    pub(crate) fn new() -> Self {
        let items: Vec<String> = (0..6)
            .map(|item| format!(r#"{{"product":"PUMP-{item:02}-STAINLESS","quantity":{}.5,"price":149.90}}"#, item + 1))
            .collect();
        let text = |note: &str| {
            format!(
                r#"{{"order_number":"000000000","customer":"C-000000","email":"orders@example.com","payment_status":"paid","currency":"EUR","ordered_on":"2026-11-24","net_amount":1000.00,"tax_amount":190.00,"note":"{note}","items":[{}]}}"#,
                items.join(",")
            )
        };
        let body = text(&"x".repeat(SIZE.saturating_sub(text("").len())));
        let at = |mark: &str| body.find(mark).map_or(0, |at| at + mark.len());
        Self { number_at: at(r#""order_number":""#), customer_at: at(r#""customer":"C-"#), body: body.into_bytes() }
    }

    /// The order of this number.
    pub(crate) fn write(&mut self, number: u64) -> &[u8] {
        digits(&mut self.body[self.number_at..self.number_at + 9], number);
        digits(&mut self.body[self.customer_at..self.customer_at + 6], number % CUSTOMERS);
        &self.body
    }
}

fn digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_one_kibibyte_and_maps_to_what_the_target_takes() {
        let mut writer = Writer::new();
        let bytes = writer.write(FIRST + 641).to_vec();
        assert_eq!(bytes.len(), SIZE);
        let order: Order = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((order.order_number.as_str(), order.customer.as_str()), ("100000641", "C-000001"));
        let mapped = serde_json::to_vec(&map(order).unwrap()).unwrap();
        let seen: Seen<'_> = serde_json::from_slice(&mapped).unwrap();
        assert!(seen.is_mapped());
        assert!(serde_json::from_slice::<Seen<'_>>(&bytes).is_err(), "an unmapped order is refused");
    }
}

//! What the target has seen.
//!
//! In: orders. Out: the reply each gets, sums over all. Never knows: HTTP.

use std::{
    collections::HashMap,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::orders;

/// One order and its tries.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) number: u64,
    /// Time of each try in microseconds since 1970, and its reply.
    pub(crate) tries: Vec<(u64, u16)>,
}

/// Sums.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Orders answered 200, each once.
    pub(crate) delivered: u64,
    /// Orders answered 200 again.
    pub(crate) repeated: u64,
    /// Orders whose idempotency key was another the second time.
    pub(crate) other_key: u64,
    /// Bodies that were not mapped.
    pub(crate) refused: u64,
    /// Orders that came after a later one of the same customer.
    pub(crate) out_of_order: u64,
    /// Time of the last first delivery, microseconds since 1970.
    pub(crate) last_us: u64,
    /// Most deliveries within one second.
    pub(crate) busiest_second: u64,
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    sums: Seen,
    orders: HashMap<u64, (Order, Option<String>)>,
    customers: HashMap<String, u64>,
    second: (u64, u64),
}

impl Memory {
    /// Status, and number in the books.
    pub(super) fn take(&mut self, order: &orders::Seen<'_>, key: Option<&str>, failing: bool) -> (u16, u64) {
        let now_us = now_us();
        let number = order.order_id;
        let (entry, known_key) = self.orders.entry(number).or_insert_with(|| {
            let entry = Order { number, tries: Vec::with_capacity(1) };
            (entry, key.map(str::to_owned))
        });
        let before = entry.tries.len();
        let status = if failing { plan(number, before) } else { 200 };
        let delivered_before = entry.tries.iter().any(|(_, status)| *status == 200);
        if before > 0 && known_key.as_deref() != key {
            self.sums.other_key += 1;
        }
        entry.tries.push((now_us, status));
        if status == 200 && delivered_before {
            self.sums.repeated += 1;
        } else if status == 200 {
            self.delivered(order, now_us);
        }
        (status, number)
    }

    fn delivered(&mut self, order: &orders::Seen<'_>, now_us: u64) {
        self.sums.delivered += 1;
        self.sums.last_us = now_us;
        let second = now_us / 1_000_000;
        self.second = if self.second.0 == second { (second, self.second.1 + 1) } else { (second, 1) };
        self.sums.busiest_second = self.sums.busiest_second.max(self.second.1);
        match self.customers.get_mut(order.cust_id) {
            Some(last) if *last > order.order_id => self.sums.out_of_order += 1,
            Some(last) => *last = order.order_id,
            None => {
                self.customers.insert(order.cust_id.to_owned(), order.order_id);
            }
        }
    }

    pub(super) fn refuse(&mut self) {
        self.sums.refused += 1;
    }

    pub(super) fn seen(&self) -> Seen {
        self.sums.clone()
    }

    pub(super) fn orders(&self) -> Vec<&Order> {
        self.orders.values().map(|(order, _)| order).collect()
    }
}

/// Workload W3: what the n-th try of an order is answered.
fn plan(number: u64, before: usize) -> u16 {
    match (number % 10, before) {
        (0, _) | (2, 0 | 1) => 503,
        (1, _) => 400,
        (3, 0) => 429,
        _ => 200,
    }
}

fn now_us() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

//! Long results, page by page.
//!
//! In: a read with a number of rows to expect. Out: one outcome with all rows. Never knows: how a page is fetched.
//!
//! A result that changes while it is read is no result: too few or too many rows make the whole read fail, and it is
//! tried again from the start.

use std::future::Future;

use super::Outcome;
use crate::{
    descriptor::{Class, Paging},
    flow::Request,
    value::{Record, Value},
};

/// Most rows of one read: what a message may reasonably hold.
const MAX_ROWS: u64 = 1_000_000;

/// Reads all pages in order.
pub(super) async fn read_all<F, Fut>(paging: &Paging, request: &Request, mut fetch: F) -> Outcome
where
    F: FnMut(Request) -> Fut,
    Fut: Future<Output = Outcome>,
{
    let Some(total) = request.get(paging.total).and_then(|text| text.parse::<u64>().ok()) else {
        return Outcome::without_reply(Class::Permanent, format!("not sent: {} must be a number", paging.total));
    };
    if total > MAX_ROWS {
        return Outcome::without_reply(Class::Permanent, format!("not sent: more than {MAX_ROWS} rows"));
    }
    let mut rows: Vec<Value> = Vec::new();
    loop {
        let offset = rows.len() as u64;
        let mut page = fetch(page_request(paging, request, offset)).await;
        if page.class != Class::Delivered {
            return page;
        }
        let wanted = (total - offset).min(u64::from(paging.size));
        let taken = take_rows(&mut page.reply, paging.rows);
        let got = taken.len() as u64;
        if got != wanted {
            page.class = Class::Retryable;
            page.reason =
                format!("the result changed while it was read: {wanted} rows expected from row {offset}, got {got}");
            return page;
        }
        rows.extend(taken);
        if rows.len() as u64 == total {
            put_rows(&mut page.reply, paging.rows, rows);
            page.reason = format!("{total} rows");
            return page;
        }
    }
}

fn page_request(paging: &Paging, request: &Request, offset: u64) -> Request {
    let mut page = Request::new().body(request.payload().clone());
    for (name, value) in request.parameters() {
        if name != paging.total && name != paging.offset && name != paging.limit {
            page = page.parameter(name, value);
        }
    }
    page.parameter(paging.offset, offset).parameter(paging.limit, paging.size)
}

fn take_rows(reply: &mut Value, name: &str) -> Vec<Value> {
    let Value::Record(record) = reply else { return Vec::new() };
    match record.get_mut(name).map(std::mem::take) {
        Some(Value::List(rows)) => rows,
        _ => Vec::new(),
    }
}

fn put_rows(reply: &mut Value, name: &str, rows: Vec<Value>) {
    if !matches!(reply, Value::Record(_)) {
        *reply = Value::Record(Record::new());
    }
    let Value::Record(record) = reply else { return };
    match record.get_mut(name) {
        Some(field) => *field = Value::List(rows),
        None => record.push(name.to_owned(), Value::List(rows)),
    }
}

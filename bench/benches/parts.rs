//! Parts of the runtime under the stopwatch: `cargo bench -p tieline-bench`.
//!
//! In: the 1 KiB order of the load harness. Out: a table of times. Never knows: whole services; the load harness measures those.

#![allow(clippy::unwrap_used, reason = "a benchmark stops at the first thing that is wrong")]

#[allow(clippy::all, unreachable_pub, dead_code, reason = "shapes follow the documents")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/entry.rs"));
}
use generated::systems;

#[path = "../src/orders.rs"]
#[allow(dead_code, unused_imports, reason = "shared with the load harness, which uses and tests all of it")]
mod orders;

use std::sync::Arc;

use divan::{Bencher, counter::ItemsCount};
use futures_util::future::join_all;
use runtime::{
    Class, Exchange, Handler as _, Input, Run, Steps, Stop, Value,
    door::Promise,
    format::{csv, json, xml},
    journal::{Attempt, Change, Guard, MemoryStore, NewMessage, SqliteStore, Store},
    lifecycle::State,
};

use generated::sales_shop_erp_order_v1::Flow;

/// Messages of one transaction at full load.
const BATCH: usize = 128;

fn main() {
    divan::main();
}

fn order() -> Vec<u8> {
    orders::Writer::new().write(orders::FIRST).to_vec()
}

fn input() -> Input {
    Input { body: json::read(&order()).unwrap(), parameters: Vec::new() }
}

#[divan::bench]
fn json_read(bencher: Bencher<'_, '_>) {
    let bytes = order();
    bencher.bench(|| json::read(divan::black_box(&bytes)).unwrap());
}

#[divan::bench]
fn json_write(bencher: Bencher<'_, '_>) {
    let value = input().body;
    bencher.bench(|| json::write(divan::black_box(&value)));
}

/// The order as XML: `<order>…</order>`.
fn xml_text() -> String {
    let mut text = String::new();
    xml::write_element("order", &input().body, &mut text);
    text
}

#[divan::bench]
fn xml_read(bencher: Bencher<'_, '_>) {
    let text = xml_text();
    bencher.bench(|| xml::read(divan::black_box(text.as_bytes())).unwrap().to_value());
}

#[divan::bench]
fn xml_write(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(input).bench_refs(|input| {
        let mut text = String::new();
        xml::write_element("order", &input.body, &mut text);
        text
    });
}

/// A hundred rows of three columns.
#[divan::bench]
fn csv_write(bencher: Bencher<'_, '_>) {
    let row = r#"{"material":"PUMP-20","quantity":2.500,"price":149.90}"#;
    let rows = json::read(format!("[{}]", vec![row; 100].join(",")).as_bytes()).unwrap();
    bencher
        .counter(ItemsCount::new(100_usize))
        .bench(|| csv::write(divan::black_box(&rows), ';', &["material", "quantity", "price"]).unwrap());
}

/// The door's typed reading and checking of every rule, and the idempotency key.
#[divan::bench]
fn admit(bencher: Bencher<'_, '_>) {
    let input = input();
    bencher.bench(|| Flow.admit(divan::black_box(&input)).unwrap());
}

/// Typed reading, mapping (rename, cast, enum, sum), checking and building of the target's message; nothing is sent.
#[divan::bench]
fn flow(bencher: Bencher<'_, '_>) {
    struct Deaf(Value);

    impl Steps for Deaf {
        fn exchange<'a>(&'a self, exchange: Exchange<'a>) -> Promise<'a, Result<Value, Stop>> {
            divan::black_box(exchange);
            Box::pin(async { Ok(self.0.clone()) })
        }
    }

    let (input, runtime) = (input(), runtime());
    let steps: Arc<dyn Steps> = Arc::new(Deaf(json::read(br#"{"document":1}"#).unwrap()));
    bencher.bench(|| runtime.block_on(Flow.run(divan::black_box(&input), &Run::new(Arc::clone(&steps)))).unwrap());
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn message(number: u64) -> NewMessage {
    NewMessage {
        id: format!("01980000-0000-7000-8000-{number:012x}"),
        interface: "SALES-SHOP-ERP-ORDER-V1".to_owned(),
        digest: "000000000000".to_owned(),
        principal: "anonymous".to_owned(),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        request_id: format!("01980000-0000-7000-8000-{number:012x}"),
        raw: order(),
        accepted_ms: 1_767_225_600_000,
        ..NewMessage::default()
    }
}

/// One batch of new messages, synced.
#[divan::bench(args = [1, 16, BATCH], sample_count = 50, sample_size = 1)]
fn sqlite_accept(bencher: Bencher<'_, '_>, batch: usize) {
    let folder = tempfile::tempdir().unwrap();
    accept(bencher, &SqliteStore::open(&folder.path().join("journal.db"), None).unwrap(), batch);
}

/// The same without a disk: what the engine's own part of it costs.
#[divan::bench(args = [BATCH], sample_count = 50, sample_size = 1)]
fn memory_accept(bencher: Bencher<'_, '_>, batch: usize) {
    accept(bencher, &MemoryStore::new(), batch);
}

fn accept(bencher: Bencher<'_, '_>, store: &dyn Store, batch: usize) {
    let (runtime, mut next) = (runtime(), 0);
    bencher
        .counter(ItemsCount::new(batch))
        .with_inputs(|| {
            next += batch as u64;
            (next..next + batch as u64).map(message).collect::<Vec<_>>()
        })
        .bench_local_values(|messages| {
            let promises: Vec<_> = messages.into_iter().map(|message| store.accept(message)).collect();
            runtime.block_on(join_all(promises))
        });
}

/// What a batch of messages with one step writes from its acceptance to its end.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn sqlite_apply_lives(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("journal.db"), None).unwrap();
    let (runtime, mut seq) = (runtime(), 0_i64);
    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(|| {
            let accepted = (0..BATCH as u64).map(|number| store.accept(message(seq.unsigned_abs() + number)));
            runtime.block_on(join_all(accepted));
            seq += BATCH as i64;
            seq - BATCH as i64 + 1
        })
        .bench_local_values(|first| {
            let lives = (first..first + BATCH as i64).flat_map(life);
            let promises: Vec<_> = lives.map(|changes| store.commit(changes)).collect();
            runtime.block_on(join_all(promises))
        });
}

fn life(seq: i64) -> [Vec<Change>; 2] {
    let claim = Change::Claim { seq, guard: Guard { lease: 0, from: State::Accepted }, gap: false };
    let end = Change::State {
        seq,
        guard: Guard { lease: 1, from: State::InFlight },
        state: State::Delivered,
        reason: None,
        detail: String::new(),
        due_ms: None,
        at_ms: 1,
    };
    let attempt = Attempt {
        step: "create-order".to_owned(),
        n: 1,
        class: Class::Delivered,
        status: Some(200),
        start_ms: 1,
        end_ms: 2,
        reason: "200 OK".to_owned(),
        excerpt: r#"{"document":1}"#.to_owned(),
    };
    let begin = Change::Begin {
        seq,
        step: "create-order".to_owned(),
        system: "ERP".to_owned(),
        operation: "create-order".to_owned(),
        at_ms: 1,
    };
    let done = Change::Done { seq, attempt, reply: br#"{"document":1}"#.to_vec() };
    [vec![claim, begin], vec![done, end]]
}

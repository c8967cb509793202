//! A store moves from a SQLite file to PostgreSQL and back by its own tool, and is the same.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::Value;
use simulators::{Effect, Fault, Landscape, Options, Partner, SimClock, samples};
use tieline_tests::{postgres::Cluster, service::Launch};

const CARTS: usize = 12;
const MESSAGES: usize = CARTS + 1;
/// The cart whose body is too long for a row of a SQLite file.
const LARGE: usize = 3;
const BODIES: &str = "tieline.db.bodies";
/// Where each of them ends.
const ENDS: [(&str, usize); 3] = [("DEAD", 1), ("DELIVERED", CARTS - 1), ("FAILED", 1)];
/// How fast waiting goes.
const SPEED: f64 = 20.0;
/// Until everything must have ended.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_is_the_same_after_a_journey_to_postgresql_and_back() {
    let (home, away, back) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cluster = Cluster::start();
    let landscape = Landscape::start(Options { clock: SimClock::scaled_from_now(SPEED), seed: 7 }).await.unwrap();
    // One that is tried twice, one that is refused: its document has no dead letters.
    let refused = [Fault::on_key(&cart(1), 1, Effect::status(503)), Fault::on_key(&cart(2), 99, Effect::status(400))];
    landscape.vms.faults(refused.to_vec());
    let first = Launch::new(&landscape, home.path());
    let service = first.start();
    let callers = landscape.callers(service.http);
    for number in 0..CARTS {
        let mut sent = samples::shopping_cart(&cart(number));
        if number == LARGE {
            sent["remark"] = long_text().into();
        }
        let reply = callers.srm.approve_cart(&sent).send().await.unwrap();
        assert_eq!(reply.status, 202, "{}", reply.text());
    }
    // The order of this payment is known to nobody: a dead letter.
    let payment = samples::payment_received("payment-1", "4703", "PAID");
    assert_eq!(callers.salesforce.payment_status(&payment).send().await.unwrap().status, 202);
    let begin = Instant::now();
    loop {
        let list = service.ask("/messages?limit=500");
        let in_state = |state: &str| rows(&list).iter().filter(|row| row["state"] == state).count();
        if ENDS.iter().all(|(state, count)| in_state(state) == *count) {
            break;
        }
        assert!(begin.elapsed() < PATIENCE, "{list}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    service.kill();

    let second = Launch::new(&landscape, away.path()).on_postgres(&cluster.database("journey"));
    let third = Launch::new(&landscape, back.path());
    let there = carry(&first, &second, home.path());
    let and_back = carry(&second, &third, away.path());
    let last = export(&third, back.path());
    assert_eq!((there.len(), &there), (MESSAGES, &and_back));
    assert_eq!(there, last);
    for folder in [home.path(), back.path()] {
        let bodies = fs::read_dir(folder.join(BODIES)).unwrap().count();
        assert_eq!(bodies, 1, "the large body lies in a file in {}", folder.display());
    }

    // What was carried is known: nobody has it twice, and the dead one still waits for a decision.
    let again = second.store_tool(&["import", "--from", home.path().join("export.jsonl").to_str().unwrap()]);
    assert_eq!((again["messages"].as_u64(), again["known"].as_u64()), (Some(0), Some(MESSAGES as u64)));
    let service = second.start();
    let reply =
        landscape.callers(service.http).srm.approve_cart(&samples::shopping_cart(&cart(0))).send().await.unwrap();
    assert_eq!((reply.status, reply.header("idempotent-replayed")), (202, "true"), "its key came with it");
    assert_eq!(rows(&service.ask("/messages?state=DEAD")).len(), 1);
    service.kill();
}

/// Long also once it is compressed, as it is before it is sealed.
fn long_text() -> String {
    let mixed = |number: u64| (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (0..32_000).map(|number| format!("{:016x}", mixed(number))).collect()
}

fn cart(number: usize) -> String {
    format!("SC-{number:04}")
}

fn rows(list: &Value) -> &[Value] {
    list["messages"].as_array().expect("messages")
}

/// Exports one store and imports it into another, which is whole then. The messages as lines.
fn carry(from: &Launch, to: &Launch, folder: &Path) -> Vec<Value> {
    let messages = export(from, folder);
    let file = folder.join("export.jsonl");
    let imported = to.store_tool(&["import", "--from", file.to_str().unwrap()]);
    assert_eq!((imported["messages"].as_u64(), imported["known"].as_u64()), (Some(MESSAGES as u64), Some(0)));
    let checked = to.check_store();
    assert_eq!(
        (&checked["findings"], checked["messages"].as_u64()),
        (&Value::Array(Vec::new()), Some(MESSAGES as u64))
    );
    messages
}

fn export(from: &Launch, folder: &Path) -> Vec<Value> {
    let file = folder.join("export.jsonl");
    let said = from.store_tool(&["export", "--to", file.to_str().unwrap()]);
    assert_eq!((said["messages"].as_u64(), &said["unreadable"]), (Some(MESSAGES as u64), &Value::Array(Vec::new())));
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter_map(|mut line| line.get_mut("message").map(Value::take)).collect()
}

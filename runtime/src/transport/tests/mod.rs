//! Transports against scripted peers on loopback.

mod auth;
mod lost;
mod odata;
mod paging;
mod peer;
mod rest;
mod rfc;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use super::{Call, NetTransport, Outcome, Transport as _};
use crate::{
    clock::Clock,
    descriptor::{Class, Format, Method, Operation, OutboundAuth, OutcomeRule, Protocol, Repeat, System},
    door::Promise,
    environment::Placement,
    flow::Request,
    format::json,
    value::Value,
};
use peer::Peer;

/// 2026-02-01T12:00:00Z.
const NOON_MS: i64 = 1_769_947_200_000;
const KEY: &str = "0198-delivery";
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A clock that stands until it is moved; waits are real.
#[derive(Debug)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn sleep_until(&self, due_ms: i64) -> Promise<'_, ()> {
        let left_ms = u64::try_from(due_ms - self.now_ms()).unwrap_or(0);
        Box::pin(tokio::time::sleep(std::time::Duration::from_millis(left_ms)))
    }
}

const SYSTEM: System = System {
    name: "Partner",
    auth: OutboundAuth::None,
    cloud_connector: false,
    max_concurrency: None,
    max_per_second: None,
    max_per_day: None,
};

/// A system with this authentication.
fn system(auth: OutboundAuth) -> &'static System {
    Box::leak(Box::new(System { auth, ..SYSTEM }))
}

/// An operation of that system; tests change what they are about.
fn operation(system: &'static System, protocol: Protocol) -> Operation {
    Operation {
        system,
        name: "op",
        protocol,
        format: Format::Json,
        query: &[],
        repeat: Repeat::Repeats,
        outcomes: &[],
        paging: None,
        timeout_ms: 5_000,
        sensitive: &[],
    }
}

const fn rest(method: Method, path: &'static str) -> Protocol {
    Protocol::Rest { method, path }
}

/// A transport that knows one partner.
struct Net {
    transport: NetTransport,
    clock: Arc<HandClock>,
}

impl Net {
    fn new(placement: Placement) -> Self {
        let clock = Arc::new(HandClock(AtomicI64::new(NOON_MS)));
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let transport = NetTransport::new(BTreeMap::from([("Partner".to_owned(), placement)]), &shared).unwrap();
        Self { transport, clock }
    }

    fn to(peer: &Peer) -> Self {
        Self::new(Placement { base_url: Some(peer.url("/base")), ..Placement::default() })
    }

    async fn call(&self, operation: Operation, request: Request) -> Outcome {
        let operation: &'static Operation = Box::leak(Box::new(operation));
        self.transport
            .exchange(Call { operation, request: &request, overrides: &[], key: KEY, traceparent: TRACE })
            .await
    }
}

/// Class and reason, in one line.
fn told(outcome: &Outcome) -> String {
    format!("{:?}: {}", outcome.class, outcome.reason)
}

fn tree(text: &str) -> Value {
    json::read(text.as_bytes()).unwrap()
}

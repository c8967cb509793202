//! The load: orders over a fixed number of connections, as fast as they are answered or at a rate.
//!
//! In: an address and how much. Out: what was answered, and how fast. Never knows: what is behind the address.
//!
//! Requests are written and replies read by hand: the load must cost as little as it can of the machine it shares.

mod connection;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::future::join_all;

use crate::orders::Writer;
use connection::Connection;

/// How much, and where to.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) to: SocketAddr,
    pub(crate) path: &'static str,
    pub(crate) connections: usize,
    /// Number of the first order.
    pub(crate) first: u64,
    pub(crate) until: Until,
    /// Orders a second over all connections; as fast as possible without one.
    pub(crate) rate: Option<u32>,
}

/// When it is enough.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    After(Duration),
    Orders(u64),
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Orders that were answered 2xx, each with its latency in microseconds.
    pub(crate) good: Vec<(u64, u32)>,
    /// Other answers by status.
    pub(crate) others: BTreeMap<u16, u64>,
    /// Connections that broke.
    pub(crate) broken: u64,
    pub(crate) took: Duration,
}

impl Answers {
    pub(crate) fn rate(&self) -> f64 {
        crate::figures::count(self.good.len() as u64) / self.took.as_secs_f64()
    }

    pub(crate) fn latencies_us(&self) -> Vec<u32> {
        self.good.iter().map(|(_, us)| *us).collect()
    }

    pub(crate) fn p(&self, per_cent: usize) -> f64 {
        crate::figures::percentile_ms(&mut self.latencies_us(), per_cent)
    }
}

/// Sends.
pub(crate) async fn send(load: &Load) -> Answers {
    let started = Instant::now();
    let all = join_all((0..load.connections).map(|number| stream(load, number, started))).await;
    let mut answers = Answers { took: started.elapsed(), ..Answers::default() };
    for one in all {
        answers.good.extend(one.good);
        answers.broken += one.broken;
        for (status, times) in one.others {
            *answers.others.entry(status).or_default() += times;
        }
    }
    answers
}

/// One connection: every n-th order is its own, so that a customer's orders come in order.
async fn stream(load: &Load, number: usize, started: Instant) -> Answers {
    let mut answers = Answers::default();
    let mut orders = Writer::new();
    let Ok(mut connection) = Connection::open(load.to, load.path).await else {
        answers.broken = 1;
        return answers;
    };
    for index in (number as u64..).step_by(load.connections) {
        // At a rate, the clock of an order starts when it is due, not when there was time for it.
        let mut from = Instant::now();
        if let Some(rate) = load.rate {
            let due = started + Duration::from_secs_f64(crate::figures::count(index) / f64::from(rate));
            tokio::time::sleep_until(due.into()).await;
            from = due;
        }
        let enough = match load.until {
            Until::After(time) => started.elapsed() >= time,
            Until::Orders(orders) => index >= orders,
        };
        if enough {
            break;
        }
        let order = load.first + index;
        match connection.post(orders.write(order)).await {
            Ok(200..=299) => answers.good.push((order, u32::try_from(from.elapsed().as_micros()).unwrap_or(u32::MAX))),
            Ok(status) => *answers.others.entry(status).or_default() += 1,
            Err(_) => {
                answers.broken += 1;
                break;
            }
        }
    }
    answers
}

//! The figures of this moment, for metrics.
//!
//! In: boards, gates, journal, transport. Out: a [`Snapshot`]. Never knows: names of metrics.

use super::{breaker::Standing, core::Core, limits::Gate};
use crate::metrics::{InterfaceFigures, Snapshot, TargetFigures};

/// What goes on now.
pub(super) fn snapshot(core: &Core, digest: &str) -> Snapshot {
    let size = core.store.size();
    Snapshot {
        build: (env!("CARGO_PKG_VERSION"), digest.to_owned()),
        now_ms: core.clock.now_ms(),
        interfaces: (0..core.handlers.len()).map(|handler| interface(core, handler)).collect(),
        targets: core.gates().iter().map(|gate| target(gate)).collect(),
        systems: core.transport.figures(),
        store_bytes: size.map(|size| size.used_bytes),
        store_limit_bytes: size.and_then(|size| size.max_bytes),
        incidents: core.alerts.count(),
        lanes: core.held.open().len(),
    }
}

fn interface(core: &Core, handler: usize) -> InterfaceFigures {
    let (backlog, waiting) = (core.board.backlog(handler), core.board.waiting(handler));
    let now_ms = core.clock.now_ms();
    InterfaceFigures {
        interface: core.handlers[handler].interface().smart_id,
        backlog: backlog.messages,
        oldest_ms: backlog.oldest_ms.map_or(0, |oldest_ms| now_ms.saturating_sub(oldest_ms)),
        retrying: waiting.retrying,
        held: waiting.held.into_iter().map(|(reason, count)| (reason.as_str(), count)).collect(),
    }
}

fn target(gate: &Gate) -> TargetFigures {
    let (in_flight, in_flight_limit) = gate.in_flight();
    let (calls_today, calls_limit) = gate.calls_today();
    TargetFigures {
        target: gate.name(),
        breaker: match gate.standing() {
            Standing::Closed => 0,
            Standing::HalfOpen => 1,
            Standing::Open { .. } => 2,
        },
        in_flight,
        in_flight_limit,
        calls_today,
        calls_limit,
    }
}

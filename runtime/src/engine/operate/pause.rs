//! Holding an interface or a target, and letting it go on.
//!
//! In: a scope and a decision. Out: a row in the journal that outlives restarts, and messages that wait. Never knows:
//! HTTP.
//!
//! Messages of a paused interface are accepted and not started. A message that comes to a paused target ends its try as
//! HELD(PAUSED) and uses up none. What is under way is not interrupted: a call that is out is not taken back.

use super::{Decision, Declined, Engine, failed};
use crate::{
    engine::{breaker::Standing, core::Core},
    journal::{Change, Pause, Row, Scope},
    lifecycle::{Reason, State},
};

/// A partner system as the engine sees it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The system.
    pub system: &'static str,
    /// Its breaker.
    pub standing: Standing,
    /// Calls under way.
    pub in_flight: usize,
    /// Most calls at a time.
    pub at_a_time: usize,
    /// It is paused.
    pub paused: Option<Pause>,
}

impl Engine {
    /// Pauses an interface or a target. Pausing again keeps the first time and takes the new reason.
    ///
    /// # Errors
    /// [`Declined`]: nothing is paused that was not before.
    pub async fn pause(&self, scope: Scope, decision: &Decision) -> Result<Pause, Declined> {
        let core = &self.core;
        let _turn = core.deciding.lock().await;
        known(core, &scope)?;
        let at_ms = core.clock.now_ms();
        let pause = Pause {
            since_ms: core.paused.get(&scope).map_or(at_ms, |pause| pause.since_ms),
            who: decision.who.clone(),
            why: decision.why.clone(),
            scope,
        };
        // In memory first: nothing is started between the commit and its answer.
        let before = core.paused.get(&pause.scope);
        core.paused.set(pause.clone());
        let entry = decision.entry(at_ms, "pause", &pause.scope.to_text(), "done");
        let changes = vec![Change::Pause(Box::new(pause.clone())), Change::Audit(Box::new(entry))];
        if let Err(error) = core.store.commit(changes).await {
            match before {
                Some(before) => core.paused.set(before),
                None => core.paused.clear(&pause.scope),
            }
            return Err(failed(core, &error));
        }
        tracing::info!(scope = pause.scope.to_text(), who = decision.who, "paused");
        Ok(pause)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// [`Declined`]: it stays as it was.
    pub async fn resume(&self, scope: Scope, decision: &Decision) -> Result<(), Declined> {
        let core = &self.core;
        let _turn = core.deciding.lock().await;
        if core.paused.get(&scope).is_none() {
            return Err(Declined::Conflict(format!("{} is not paused", scope.to_text())));
        }
        let entry = decision.entry(core.clock.now_ms(), "resume", &scope.to_text(), "done");
        let changes = vec![Change::Resume(scope.clone()), Change::Audit(Box::new(entry))];
        core.store.commit(changes).await.map_err(|error| failed(core, &error))?;
        core.paused.clear(&scope);
        core.queue().hurry(&core.board.held(Reason::Paused));
        core.wake.notify_one();
        tracing::info!(scope = scope.to_text(), who = decision.who, "resumed");
        Ok(())
    }

    /// Everything that is paused.
    pub fn pauses(&self) -> Vec<Pause> {
        self.core.paused.list()
    }

    /// The ways to all systems that interfaces call, by name.
    pub fn ways(&self) -> Vec<Way> {
        self.core
            .systems()
            .map(|system| {
                let gate = self.core.gate(system);
                let (in_flight, at_a_time) = gate.in_flight();
                let paused = self.core.paused.get(&Scope::Target(system.name.to_owned()));
                Way { system: system.name, standing: gate.standing(), in_flight, at_a_time, paused }
            })
            .collect()
    }

    /// What a message that has not ended waits for, where that is not in the journal.
    pub fn waits_for(&self, row: &Row) -> Option<Reason> {
        if row.state.is_end() || matches!(row.state, State::InFlight | State::Held) {
            return None;
        }
        if self.core.paused.interface(&row.interface) {
            return Some(Reason::Paused);
        }
        let handler = self.core.handlers.iter().find(|handler| handler.interface().smart_id == row.interface)?;
        if let Some(shut) = self.core.held_back(handler.interface(), None) {
            return Some(shut.hold);
        }
        (row.order_key.is_some() && self.core.queue().waits_for_key(row.seq)).then_some(Reason::Key)
    }
}

/// Pausing what is not there would only seem to work.
fn known(core: &Core, scope: &Scope) -> Result<(), Declined> {
    let there = match scope {
        Scope::Interface(name) => core.handlers.iter().any(|handler| handler.interface().smart_id == name),
        Scope::Target(name) => core.systems().any(|system| system.name == name),
    };
    if there { Ok(()) } else { Err(Declined::Missing(format!("this service has no {}", scope.to_text()))) }
}

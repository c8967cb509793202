//! One message in memory, and what changes make of it.
//!
//! In: changes. Out: a row, a story. Never knows: other messages.

use crate::{
    journal::{Answer, Attempt, Change, Delivery, Filter, Grave, NewMessage, Row},
    lifecycle::{Reason, State},
};

#[derive(Debug)]
pub(super) struct Life {
    pub(super) message: NewMessage,
    pub(super) row: Row,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) grave: Option<Grave>,
    pub(super) answer: Option<Answer>,
}

impl Life {
    pub(super) fn fits(&self, filter: &Filter) -> bool {
        let Self { row, message, deliveries, .. } = self;
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        let system = |name: &String| deliveries.iter().any(|delivery| delivery.system == *name);
        let id = |id: &String| *id == row.id || *id == row.request_id || crate::log::trace_id(&row.traceparent) == id;
        filter.before.is_none_or(|before| row.seq < before)
            && is(&filter.interface, &row.interface)
            && filter.state.is_none_or(|state| state == row.state)
            && filter.reason.is_none_or(|reason| Some(reason) == row.reason)
            && filter.from_ms.is_none_or(|from_ms| row.accepted_ms >= from_ms)
            && filter.until_ms.is_none_or(|until_ms| row.accepted_ms < until_ms)
            && is(&filter.principal, &row.principal)
            && filter.order_key.as_ref().is_none_or(|key| message.order_key.as_ref() == Some(key))
            && filter.system.as_ref().is_none_or(system)
            && filter.id.as_ref().is_none_or(id)
            && filter.tokens.iter().all(|token| message.tokens.contains(token))
    }

    pub(super) fn change(&mut self, change: Change) {
        match change {
            Change::State { state, reason, detail, due_ms, at_ms, .. } => {
                let ended_ms = state.is_end().then_some(at_ms);
                let mark = self.row.mark.filter(|_| !state.is_end() && !self.row.state.is_end());
                self.row = Row { state, reason, detail, due_ms, ended_ms, mark, ..self.row.clone() };
            }
            Change::Claim { guard, gap, .. } => {
                (self.row.state, self.row.lease) = (State::InFlight, guard.lease + 1);
                (self.row.reason, self.row.detail, self.row.due_ms) = (None, String::new(), None);
                self.row.gap |= gap;
            }
            Change::Mark { mark, .. } => self.row.mark = Some(mark),
            Change::Crashes { crashes, .. } => self.row.crashes = crashes,
            Change::Waits { .. } => {
                if self.row.state == State::InFlight {
                    self.row.state = State::Ready;
                }
            }
            Change::Begin { step, system, operation, .. } => {
                if self.row.state == State::Ready {
                    self.row.state = State::InFlight;
                }
                match self.delivery(&step) {
                    Some(delivery) => (delivery.doubt, delivery.decided) = (true, false),
                    None => {
                        self.deliveries.push(Delivery { step, system, operation, doubt: true, ..Delivery::default() });
                    }
                }
            }
            Change::Done { attempt, reply, .. } => {
                if let Some(delivery) = self.delivery(&attempt.step) {
                    (delivery.done, delivery.doubt) = (true, false);
                    (delivery.attempts, delivery.reply) = (attempt.n, Some(reply));
                }
                self.attempts.push(attempt);
            }
            Change::Failed { attempt, tries, doubt, .. } => {
                if let Some(delivery) = self.delivery(&attempt.step) {
                    (delivery.tries, delivery.attempts, delivery.doubt) = (tries, attempt.n, doubt);
                }
                self.attempts.push(attempt);
            }
            Change::Bury { grave, .. } => self.grave = Some(*grave),
            Change::Answer { answer, .. } => self.answer = Some(answer),
            Change::MadeGood { detail, at_ms, .. } => {
                if matches!(self.row.state, State::Dead | State::Failed) {
                    (self.row.state, self.row.reason) = (State::Resolved, Some(Reason::Operator));
                    (self.row.detail, self.row.ended_ms, self.row.mark) = (detail, Some(at_ms), None);
                }
            }
            Change::Again { .. } => {
                self.row.crashes = 0;
                for delivery in self.deliveries.iter_mut().filter(|delivery| !delivery.done) {
                    (delivery.tries, delivery.decided) = (0, true);
                }
            }
            Change::Incident(_)
            | Change::Post(_)
            | Change::Pause(_)
            | Change::Resume(_)
            | Change::Called { .. }
            | Change::Started { .. }
            | Change::Audit(_)
            | Change::DataKey(_)
            | Change::Rewrap(_)
            | Change::Erase { .. }
            | Change::Shred(_) => {}
        }
    }

    pub(super) fn delivery(&mut self, step: &str) -> Option<&mut Delivery> {
        self.deliveries.iter_mut().find(|delivery| delivery.step == step)
    }
}

/// Tries in the order in which they were made.
pub(super) fn sorted(attempts: &[Attempt]) -> Vec<Attempt> {
    let mut attempts = attempts.to_vec();
    attempts.sort_by_key(|attempt| (attempt.start_ms, attempt.step.clone(), attempt.n));
    attempts
}

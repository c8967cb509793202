//! The flow as a sequence of calls.
//!
//! In: the flow. Out: the description that [`crate::draw::sequence`] draws. Never knows: coordinates.

use catalog::model::{Bound, OperationRef, Step, StepKind, TriggerKind};

use super::Sheet;
use super::lanes::{OURS, plain};
use crate::draw::sequence::{self, Row, Sequence};
use crate::html::Html;
use crate::words;

/// Draws who talks to whom.
pub(super) fn draw(sheet: &Sheet<'_>) -> Html {
    let mut plan = Plan { sheet, sequence: Sequence::default(), caller: 0, ours: 0 };
    let interface = sheet.interface;
    let calls = !matches!(interface.trigger.kind, TriggerKind::Schedule(_));
    if calls {
        plan.caller = plan.participant(&interface.source);
    }
    plan.ours = plan.participant(OURS);
    plan.trigger();
    plan.steps(&interface.flow);
    sequence::draw(&plan.sequence)
}

struct Plan<'a, 'b> {
    sheet: &'b Sheet<'a>,
    sequence: Sequence,
    caller: usize,
    ours: usize,
}

impl Plan<'_, '_> {
    fn trigger(&mut self) {
        let trigger = &self.sheet.interface.trigger;
        let href = "#step-trigger";
        let wire = super::facts::wire(self.sheet.interface);
        match trigger.kind {
            TriggerKind::Schedule(_) => self.own(wire, href),
            TriggerKind::Http { .. } => {
                self.arrow((self.caller, self.ours), wire, false, href);
                self.own("store on disk".to_owned(), href);
                self.arrow((self.ours, self.caller), "202 accepted".to_owned(), true, href);
            }
            TriggerKind::Request { .. } => self.arrow((self.caller, self.ours), wire, false, href),
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        let href = self.sheet.step_href(step);
        let number = self.sheet.number(step);
        match &step.kind {
            StepKind::Fetch { operation, bind, .. } => self.exchange(step, operation, Some(bind)),
            StepKind::Call { operation, bind, .. } | StepKind::Send { operation, bind, .. } => {
                self.exchange(step, operation, bind.as_ref());
            }
            StepKind::When { condition, then, otherwise } => {
                self.sequence
                    .rows
                    .push(Row::Open { label: format!("{number} if {}", plain(&words::in_words(condition))) });
                self.steps(then);
                if !otherwise.is_empty() {
                    self.sequence.rows.push(Row::Else { label: "otherwise".to_owned() });
                    self.steps(otherwise);
                }
                self.sequence.rows.push(Row::Close);
            }
            StepKind::Route { cases, otherwise } => {
                for (index, case) in cases.iter().enumerate() {
                    let label = format!("{number} {}: if {}", case.label, plain(&words::in_words(&case.when)));
                    self.sequence.rows.push(if index == 0 { Row::Open { label } } else { Row::Else { label } });
                    self.steps(&case.steps);
                }
                self.sequence.rows.push(Row::Else { label: "otherwise".to_owned() });
                self.steps(otherwise);
                self.sequence.rows.push(Row::Close);
            }
            StepKind::ForEach { items, bind, steps } => {
                let label = format!("{number} for every {} of {}", bind.name, plain(&words::in_words(items)));
                self.sequence.rows.push(Row::Open { label });
                self.steps(steps);
                self.sequence.rows.push(Row::Close);
            }
            StepKind::Reply { status, message, .. } => {
                let name = message.as_ref().map_or("", |message| message.name.as_str());
                self.arrow((self.ours, self.caller), format!("{number} {status} {name}"), true, &href);
            }
            StepKind::Map { mapping, .. } => self.own(format!("{number} map {mapping}"), &href),
            StepKind::Let { bind, .. } => self.own(format!("{number} let {}", bind.name), &href),
            StepKind::Custom { function, .. } => self.own(format!("{number} {function}"), &href),
            StepKind::Discard { .. } => self.own(format!("{number} discard"), &href),
            StepKind::DeadLetter { .. } => self.own(format!("{number} dead letter"), &href),
        }
    }

    fn exchange(&mut self, step: &Step, operation: &OperationRef, bind: Option<&Bound>) {
        let href = self.sheet.step_href(step);
        let to = self.participant(&operation.system);
        let label = format!("{} {}", self.sheet.number(step), operation.operation);
        self.arrow((self.ours, to), label, false, &href);
        if let Some(bind) = bind {
            self.arrow((to, self.ours), bind.name.clone(), true, &href);
        }
    }

    fn participant(&mut self, name: &str) -> usize {
        let known = self.sequence.participants.iter().position(|(known, _)| known == name);
        known.unwrap_or_else(|| {
            let href = self.sheet.context.system_href(&self.sheet.at, name);
            self.sequence.participants.push((name.to_owned(), href));
            self.sequence.participants.len() - 1
        })
    }

    fn arrow(&mut self, (from, to): (usize, usize), label: String, dashed: bool, href: &str) {
        self.sequence.rows.push(Row::Arrow { from, to, label, dashed, href: href.to_owned() });
    }

    fn own(&mut self, label: String, href: &str) {
        self.sequence.rows.push(Row::Own { at: self.ours, label, href: href.to_owned() });
    }
}

//! What the reference model knows about one message, and what may follow from it.
//!
//! In: a next state. Out: a sentence about what is wrong with it, or nothing. Never knows: other messages.

use std::collections::BTreeMap;

use tieline_runtime::{
    Class, DeliveryOrder, Interface, OnDead, OnUnknown,
    journal::{Answer, NewMessage},
    lifecycle::{Reason, State},
};

use super::{along::Along, flows};

/// What is known about a message.
pub(super) struct Known {
    pub(super) message: NewMessage,
    pub(super) interface: &'static Interface,
    pub(super) order_key: Option<String>,
    pub(super) state: State,
    pub(super) reason: Option<Reason>,
    pub(super) crashes: u32,
    /// How often it was taken.
    pub(super) lease: u32,
    pub(super) steps: BTreeMap<String, Step>,
    pub(super) due_ms: Option<i64>,
    /// The process died while it was in flight, and nobody has counted that yet.
    pub(super) orphan: bool,
    /// The disk refused something about it: what the process knows may be more than what the disk has.
    pub(super) refused: bool,
    /// A worker has it: nobody may decide about it now.
    pub(super) worked_on: bool,
    /// It was FAILED once: its key was free from then on.
    pub(super) failed_once: bool,
    /// How often a person gave it another round.
    pub(super) rounds: u32,
    /// It had ended and was given another round: it stands at the end of its line, wherever that was then.
    pub(super) reopened: bool,
    /// Its place in its line.
    pub(super) place: i64,
    /// It is dead, and those behind it wait.
    pub(super) blocks: bool,
    /// Its content is gone.
    pub(super) erased: bool,
    /// What its caller may hear.
    pub(super) answer: Option<Answer>,
    /// For which reasons it was given up, over all rounds.
    pub(super) given_up_for: Vec<Reason>,
}

/// What is known about a step of a message.
#[derive(Default)]
pub(super) struct Step {
    /// Begun, and nothing came of it yet.
    pub(super) open: bool,
    pub(super) done: bool,
    pub(super) tries: u32,
    pub(super) sends: u32,
    /// Sends of earlier rounds that its tries do not explain.
    pub(super) unexplained: u32,
    /// The last call was a question about an earlier send.
    pub(super) asking: bool,
    pub(super) last: Option<Last>,
}

/// The last try of a step.
#[derive(Clone, Copy)]
pub(super) struct Last {
    pub(super) class: Class,
    pub(super) end_ms: i64,
    /// Which result of all it was: several may end in the same millisecond.
    pub(super) turn: u64,
    /// It was a question about an earlier send: whatever the answer, the message itself was not refused.
    pub(super) question: bool,
}

impl Known {
    pub(super) fn may_go(&self, to: State, stopping: bool) -> bool {
        use State::{Accepted, Dead, Delivered, Discarded, Failed, Held, InFlight, Ready, Retrying};
        match (self.state, to) {
            // Waiting at a target is no flight (READY); what comes of it is written all the same.
            (Accepted | Ready | Retrying | Held, InFlight)
            | (InFlight, Ready)
            | (InFlight | Ready, Delivered | Discarded | Retrying | Held | Dead | Failed) => true,
            (Ready | Accepted | Retrying | Held, Ready) => stopping,
            // The process knew more than the disk did.
            (InFlight, InFlight) => self.refused,
            _ => false,
        }
    }

    /// What a person may do to it as it stands.
    pub(super) fn may_be_decided(&self, action: &str, to: State) -> Option<String> {
        use State::{Accepted, Dead, Discarded, Failed, Held, Ready, Resolved, Retrying};
        let fits = match (action, to) {
            ("retry", Ready) => matches!(self.state, Dead | Held | Retrying),
            ("discard", Discarded) => matches!(self.state, Accepted | Ready | Retrying | Held | Dead),
            ("resolve", Resolved) => matches!(self.state, Held | Dead | Failed),
            ("skip", Dead) => self.state == Dead,
            _ => false,
        };
        // The process knew more than the disk did.
        let fits = fits || self.refused && self.state == State::InFlight;
        if self.worked_on {
            return Some(format!("an operator's {action} while it was being worked on"));
        }
        (!fits).then(|| format!("an operator's {action} made it {to}, but it was {}", self.state))
    }

    /// A person decided about it.
    pub(super) fn decided(
        &mut self,
        action: &str,
        (state, reason): (State, Option<Reason>),
        again: bool,
    ) -> Option<String> {
        let problem = self.may_be_decided(action, state);
        if again {
            self.reopened |= self.state.is_end() && !self.blocks;
            self.again();
        }
        self.blocks &= state == State::Dead;
        (self.state, self.reason, self.due_ms) = (state, reason, None);
        (problem.is_none() && again != (state == State::Ready))
            .then(|| format!("an operator's {action} is there by half"))
            .or(problem)
    }

    /// A person gives it another round: tries of what is not done begin anew, and a doubt is taken away.
    pub(super) fn again(&mut self) {
        self.rounds += 1;
        self.crashes = 0;
        for step in self.steps.values_mut().filter(|step| !step.done) {
            step.unexplained += step.sends.saturating_sub(1).saturating_sub(step.tries);
            (step.open, step.sends, step.tries, step.last) = (false, 0, 0, None);
        }
    }

    /// Held until a person decides.
    pub(super) fn waits_for_a_person(&self) -> bool {
        self.state == State::Held && self.due_ms.is_none()
    }

    pub(super) fn taken(&self, at_ms: i64) -> Option<String> {
        match (self.state, self.due_ms) {
            // It goes on when it is let go on, and is looked at now and then until then.
            (State::Held, Some(_)) if self.reason == Some(Reason::Paused) => None,
            (State::Retrying | State::Held, Some(due_ms)) if at_ms < due_ms => {
                Some(format!("taken {} ms too early", due_ms - at_ms))
            }
            (State::Held, None) => Some("taken although a person is to decide".to_owned()),
            _ => None,
        }
    }

    pub(super) fn delivered(&self) -> Option<String> {
        if let Some((name, _)) = self.steps.iter().find(|(_, step)| !step.done) {
            return Some(format!("delivered, but `{name}` is not done"));
        }
        let missing = flows::required(self.interface).iter().find(|name| !self.steps.contains_key(**name));
        missing.map(|name| format!("delivered, but `{name}` was never begun"))
    }

    fn last(&self) -> Option<(&Step, Last)> {
        self.steps.values().filter_map(|step| Some((step, step.last?))).max_by_key(|(_, last)| last.turn)
    }

    /// When the timetable has its next time.
    pub(super) fn retries(&self, due_ms: Option<i64>) -> Option<String> {
        let retry = &self.interface.retry;
        let candidates = self.steps.values().filter(|step| !step.done).filter_map(|step| Some((step, step.last?)));
        let Some((step, last)) = candidates.max_by_key(|(_, last)| last.turn) else {
            return Some("retried although nothing failed".to_owned());
        };
        if last.class == Class::Target || last.class == Class::Permanent && !last.question {
            return Some(format!("retried after {:?}", last.class));
        }
        let power = u64::from(retry.factor).saturating_pow(step.tries.saturating_sub(1));
        let mut delay_ms = retry.interval_ms.saturating_mul(power).min(retry.cap_ms);
        if step.tries > retry.retries {
            if last.class != Class::Unknown {
                return Some("retried although its tries are used up".to_owned());
            }
            // One question more.
            delay_ms = retry.interval_ms;
        }
        let earliest_ms = last.end_ms.saturating_add_unsigned(delay_ms);
        (due_ms.is_none_or(|due_ms| due_ms < earliest_ms))
            .then(|| format!("retried at {due_ms:?}, the timetable says {earliest_ms}"))
    }

    pub(super) fn held(&self, reason: Option<Reason>, due_ms: Option<i64>, told: bool) -> Option<String> {
        match (reason, due_ms) {
            (Some(Reason::Unknown), None) if self.interface.on_unknown != OnUnknown::Hold => {
                Some("held although the document says to send again".to_owned())
            }
            (Some(Reason::Unknown), None) if !told => Some("held, and nobody is told".to_owned()),
            (Some(Reason::Unknown), None) | (_, Some(_)) => None,
            (reason, None) => Some(format!("held for {reason:?} until nothing")),
        }
    }

    pub(super) fn given_up(&self, state: State, reason: Option<Reason>, along: &Along) -> Option<String> {
        let Some(reason) = reason else { return Some(format!("{state} without a reason")) };
        if (state == State::Dead) != self.interface.dead_letter {
            return Some(format!("{state}, but its document says otherwise"));
        }
        if !along.buried {
            return Some(format!("{state} without a record"));
        }
        if self.order_key.is_some() && self.interface.order == DeliveryOrder::PerKey(OnDead::BlockKey) && !along.blocks
        {
            return Some(format!("{state}, and those behind it do not wait"));
        }
        if !along.told {
            return Some(format!("{state}, and nobody is told"));
        }
        let refused = self.last().is_some_and(|(_, last)| last.class == Class::Permanent && !last.question);
        let most = self.interface.retry.retries + 1;
        let spent = self.steps.values().any(|step| !step.done && step.tries >= most);
        let fair = match reason {
            Reason::Permanent => refused,
            Reason::Exhausted | Reason::Unknown => spent,
            Reason::CrashLoop => self.crashes >= 2,
            Reason::Business => flows::buries(&self.message),
            _ => false,
        };
        (!fair).then(|| format!("{state} for {reason}, which is not so"))
    }
}

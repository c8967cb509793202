//! The reference model: what may happen to a message, written from the semantics and not from the code.
//!
//! In: every event of a history. Out: what must not have happened. Never knows: the engine, its queue, its state machine.
//!
//! It accepts histories rather than foretelling them: which message runs first is the engine's business; that none is
//! sent early, twice, out of order, after its end, or more often than its policy says is not.

use std::collections::{BTreeMap, HashMap};

use tieline_runtime::{
    Class, OnUnknown, Repeat, Value,
    format::json,
    journal::{Answer, Attempt, Change, Mark, NewMessage, Scope},
    lifecycle::{Reason, State},
};

use super::{
    along::Along,
    coverage::Coverage,
    flows,
    history::Event,
    known::{Known, Last},
    operator,
};

/// What was on its way when something was paused may still come, however slow the disk is.
const UNDER_WAY_MS: i64 = 60_000;

/// What is known about every message.
#[derive(Default)]
pub(super) struct Life {
    pub(super) messages: BTreeMap<i64, Known>,
    pub(super) by_id: BTreeMap<String, i64>,
    /// What must not have happened.
    pub(super) wrong: Vec<String>,
    stopping: bool,
    now_ms: i64,
    /// Results so far.
    turns: u64,
    /// What is paused, and since when.
    paused: HashMap<Scope, i64>,
}

impl Life {
    pub(super) fn see(&mut self, at_ms: i64, event: &Event, coverage: &Coverage) {
        self.now_ms = at_ms;
        match event {
            Event::Started => self.stopping = false,
            Event::Stopping => self.stopping = true,
            Event::Stopped => self.stopped(),
            Event::Died => self.died(coverage),
            Event::Kept { seq, message } => self.kept(*seq, message, coverage),
            Event::Changed(changes) => self.changed(changes, coverage),
            Event::NotWritten(changes) => self.not_written(changes),
            Event::Sent { key, operation, repeat } => self.sent(key, operation, *repeat),
            Event::Replied { name, smart_id, status, body } => {
                coverage.sometimes("a caller had its reply");
                self.replied(name, smart_id, *status, body);
            }
            Event::Failed { name, smart_id, reason } => {
                coverage.sometimes("a caller was told of a failure");
                self.told_of_failure(name, smart_id, reason);
            }
            Event::Acked { .. }
            | Event::Refused { .. }
            | Event::Stale(_)
            | Event::Arrived { .. }
            | Event::Answered { .. }
            | Event::Told { .. }
            | Event::Fault(_) => {}
        }
    }

    fn blame(&mut self, seq: i64, what: &str) {
        let id = self.messages.get(&seq).map_or_else(String::new, |known| known.message.id.clone());
        self.wrong.push(format!("at {} ms, message {seq} ({id}): {what}", self.now_ms));
    }

    fn died(&mut self, coverage: &Coverage) {
        for known in self.messages.values_mut() {
            if known.state == State::InFlight {
                coverage.sometimes("a message was in flight when the process died");
                known.orphan = true;
            }
            (known.refused, known.worked_on) = (false, false);
        }
        self.stopping = false;
    }

    /// What was in flight has been put back, where the disk took it.
    fn stopped(&mut self) {
        for known in self.messages.values_mut().filter(|known| known.refused) {
            known.orphan = known.state == State::InFlight;
            known.refused = false;
        }
        self.messages.values_mut().for_each(|known| known.worked_on = false);
        self.stopping = false;
    }

    /// Something is paused.
    pub(super) fn is_paused(&self) -> bool {
        !self.paused.is_empty()
    }

    /// Paused for so long that nothing of it is under way any more.
    fn pauses(&self, scope: &Scope) -> bool {
        self.paused.get(scope).is_some_and(|since_ms| self.now_ms > since_ms + UNDER_WAY_MS)
    }

    fn kept(&mut self, seq: i64, message: &NewMessage, coverage: &Coverage) {
        let Some(interface) = flows::interface(&message.interface) else { return };
        let known = Known {
            order_key: flows::order_key(message),
            message: message.clone(),
            interface,
            state: State::Accepted,
            reason: None,
            crashes: 0,
            lease: 0,
            steps: BTreeMap::new(),
            due_ms: None,
            orphan: false,
            refused: false,
            worked_on: false,
            failed_once: false,
            rounds: 0,
            reopened: false,
            place: self.place_of(seq, message),
            blocks: false,
            erased: false,
            answer: None,
            given_up_for: Vec::new(),
        };
        if self.messages.insert(seq, known).is_some() {
            self.blame(seq, "its place was another's");
        }
        self.by_id.insert(message.id.clone(), seq);
        if self.overtaken(seq).is_some() {
            coverage.sometimes("a message waited for its key");
        }
    }

    fn not_written(&mut self, changes: &[Change]) {
        for change in changes {
            if let Some(known) = seq(change).and_then(|seq| self.messages.get_mut(&seq)) {
                known.refused = true;
                // Whoever worked on it has let go of it, and knows what came of it.
                known.worked_on &= !matches!(change, Change::State { .. });
            }
        }
    }

    /// One transaction.
    fn changed(&mut self, changes: &[Change], coverage: &Coverage) {
        for change in changes {
            match change {
                Change::Pause(pause) => {
                    coverage.sometimes("an operator paused");
                    self.paused.entry(pause.scope.clone()).or_insert(self.now_ms);
                }
                Change::Resume(scope) => drop(self.paused.remove(scope)),
                _ => {}
            }
            let Some(seq) = seq(change) else { continue };
            if !self.messages.contains_key(&seq) {
                self.blame(seq, "a change of a message that is not there");
                continue;
            }
            let problem = match change {
                Change::Crashes { crashes, .. } => self.crashed(seq, *crashes, coverage),
                Change::Begin { step, .. } => self.begins(seq, step),
                Change::Done { attempt, .. } => self.done(seq, attempt),
                Change::Failed { attempt, tries, .. } => self.failed(seq, attempt, *tries),
                Change::Claim { guard, .. } => self.claimed(seq, guard.lease + 1),
                Change::Mark { mark, .. } => {
                    if let Some(known) = self.messages.get_mut(&seq) {
                        known.blocks = *mark == Mark::Blocks;
                        if known.blocks {
                            coverage.sometimes("a dead one held up its line");
                        }
                    }
                    None
                }
                Change::MadeGood { .. } => self.made_good(seq, changes, coverage),
                Change::Erase { .. } => self.erased(seq, coverage),
                Change::Answer { answer, .. } => {
                    if let Some(known) = self.messages.get_mut(&seq) {
                        known.answer = Some(answer.clone());
                    }
                    None
                }
                Change::Waits { .. } => {
                    if let Some(known) = self.messages.get_mut(&seq).filter(|known| known.state == State::InFlight) {
                        known.state = State::Ready;
                    }
                    None
                }
                Change::State { state, reason, due_ms, .. } => {
                    let problem = self.goes(seq, (*state, *reason, *due_ms), &Along::of(changes, *reason));
                    cover(coverage, *state, *reason);
                    problem
                }
                _ => None,
            };
            if let Some(problem) = problem {
                self.blame(seq, &problem);
            }
        }
    }

    fn crashed(&mut self, seq: i64, crashes: u32, coverage: &Coverage) -> Option<String> {
        let known = self.messages.get_mut(&seq)?;
        let panics = flows::panics(&known.message);
        if panics && !known.orphan {
            coverage.sometimes("a flow panicked");
        }
        let fair = crashes == known.crashes + 1 && (known.orphan || panics);
        known.crashes = crashes;
        known.orphan = false;
        (!fair).then(|| format!("a crash was counted that was none: {crashes}"))
    }

    /// A worker takes a message.
    fn claimed(&mut self, seq: i64, lease: u32) -> Option<String> {
        let (now_ms, stopping) = (self.now_ms, self.stopping);
        let smart_id = self.messages.get(&seq)?.message.interface.clone();
        let paused = self.pauses(&Scope::Interface(smart_id));
        let known = self.messages.get_mut(&seq)?;
        known.worked_on = true;
        let problem = if paused {
            Some("taken although its interface is paused".to_owned())
        } else if lease != known.lease + 1 {
            Some(format!("taken under lease {lease} after {}", known.lease))
        } else if !known.may_go(State::InFlight, stopping) {
            Some(format!("taken while {}", known.state))
        } else if known.erased {
            Some("taken although it was erased".to_owned())
        } else if known.orphan {
            Some("taken, but its crash was not counted".to_owned())
        } else {
            known.taken(now_ms)
        };
        (known.state, known.lease, known.reason, known.due_ms) = (State::InFlight, lease, None, None);
        problem
    }

    /// A replay is delivered, and what it repeats is dealt with.
    fn made_good(&mut self, seq: i64, changes: &[Change], coverage: &Coverage) -> Option<String> {
        let id = self.messages.get(&seq)?.message.id.clone();
        let delivered = changes.iter().any(|change| match change {
            Change::State { seq, state: State::Delivered, .. } => self
                .messages
                .get(seq)
                .is_some_and(|replay| replay.message.origin.as_ref().is_some_and(|origin| origin.replay_of == id)),
            _ => false,
        });
        let known = self.messages.get_mut(&seq)?;
        if matches!(known.state, State::Dead | State::Failed) {
            coverage.sometimes("a replay made a message good");
            (known.state, known.reason, known.blocks) = (State::Resolved, Some(Reason::Operator), false);
        }
        (!delivered).then(|| "made good although no replay of it was delivered".to_owned())
    }

    /// Messages of a caller.
    fn of_caller(&self, name: &str, smart_id: &str) -> impl Iterator<Item = &Known> {
        let id = format!("\"id\":\"{}\"", name.rsplit('/').next().unwrap_or(name).trim_end_matches('+'));
        let said = move |known: &&Known| String::from_utf8_lossy(&known.message.raw).contains(&id);
        let smart_id = smart_id.to_owned();
        self.messages.values().filter(move |known| known.message.interface == smart_id).filter(said)
    }

    /// A caller has a reply: its message is delivered, and the reply is on the disk with it.
    fn replied(&mut self, name: &str, smart_id: &str, status: u16, body: &Value) {
        let reply = Answer { status, body: json::write(body).into_bytes() };
        let says = |known: &Known| known.state == State::Delivered && known.answer.as_ref() == Some(&reply);
        let said = self.of_caller(name, smart_id).any(says);
        if !said {
            self.wrong.push(format!("caller {name} was told {status} {body:?}, and no message of it says so"));
        }
    }

    /// A caller is told that it failed: its message was given up, or ended, for that reason.
    fn told_of_failure(&mut self, name: &str, smart_id: &str, reason: &str) {
        let ended_for = |known: &Known| {
            let now = known.reason.filter(|_| known.state.is_end());
            known.given_up_for.iter().copied().chain(now).any(|known| known.as_str() == reason)
        };
        let failed = self.of_caller(name, smart_id).any(ended_for);
        if !failed {
            self.wrong.push(format!("caller {name} was told that it failed for {reason}, and no message of it did"));
        }
    }

    /// The content of a message goes.
    fn erased(&mut self, seq: i64, coverage: &Coverage) -> Option<String> {
        coverage.sometimes("a body was erased");
        let known = self.messages.get_mut(&seq)?;
        known.erased = true;
        let needed = !known.state.is_end() || known.state == State::Dead;
        needed.then(|| format!("erased while {}: nobody could finish it", known.state))
    }

    fn begins(&mut self, seq: i64, name: &str) -> Option<String> {
        let known = self.messages.get_mut(&seq)?;
        if known.state == State::Ready {
            known.state = State::InFlight;
        }
        let state = known.state;
        let step = known.steps.entry(name.to_owned()).or_default();
        step.open = true;
        if step.done {
            return Some(format!("`{name}` begins again, but is known done"));
        }
        (state != State::InFlight).then(|| format!("`{name}` begins, but the message is {state}"))
    }

    fn last(&mut self, attempt: &Attempt) -> Last {
        self.turns += 1;
        Last { class: attempt.class, end_ms: attempt.end_ms, turn: self.turns, question: false }
    }

    fn done(&mut self, seq: i64, attempt: &Attempt) -> Option<String> {
        let (name, class, last) = (&attempt.step, attempt.class, self.last(attempt));
        let step = self.messages.get_mut(&seq)?.steps.entry(name.clone()).or_default();
        (step.open, step.done, step.last) = (false, true, Some(last));
        (!matches!(class, Class::Delivered | Class::Duplicate)).then(|| format!("`{name}` is done although {class:?}"))
    }

    fn failed(&mut self, seq: i64, attempt: &Attempt, tries: u32) -> Option<String> {
        let (name, last) = (&attempt.step, self.last(attempt));
        let known = self.messages.get_mut(&seq)?;
        let most = known.interface.retry.retries + 1;
        let step = known.steps.entry(name.clone()).or_default();
        let before = step.tries;
        (step.open, step.tries, step.last) = (false, tries, Some(Last { question: step.asking, ..last }));
        if tries > most {
            return Some(format!("`{name}` has had {tries} tries, the policy allows {most}"));
        }
        if last.class == Class::Target && tries != before {
            return Some(format!("`{name}` lost a try to a refusal that was not the message's fault"));
        }
        (tries < before || tries > before + 1).then(|| format!("`{name}` went from {before} tries to {tries}"))
    }

    /// A message goes to another state.
    fn goes(
        &mut self,
        seq: i64,
        (state, reason, due_ms): (State, Option<Reason>, Option<i64>),
        along: &Along,
    ) -> Option<String> {
        let stopping = self.stopping;
        let known = self.messages.get_mut(&seq)?;
        let from = known.state;
        if let Some(action) = &along.decided {
            return known.decided(action, (state, reason), along.again);
        }
        let problem = if !known.may_go(state, stopping) {
            Some(format!("{state} cannot follow {from}"))
        } else if known.orphan && !along.counted && state != State::Ready {
            Some(format!("{state}, but its crash was not counted"))
        } else {
            match state {
                State::Delivered => known.delivered(),
                State::Discarded => (!flows::discards(&known.message)).then(|| "discarded for no reason".to_owned()),
                State::Retrying => known.retries(due_ms),
                State::Held => known.held(reason, due_ms, along.told),
                State::Ready if along.counted && known.crashes >= 2 => {
                    Some("goes on after its second crash".to_owned())
                }
                State::Ready if known.orphan && !along.counted && !stopping => {
                    Some("a crash was not counted".to_owned())
                }
                State::Dead | State::Failed => known.given_up(state, reason, along),
                _ => None,
            }
        };
        (known.state, known.reason, known.due_ms, known.worked_on) = (state, reason, due_ms, false);
        known.failed_once |= state == State::Failed;
        known.given_up_for.extend(reason.filter(|_| matches!(state, State::Dead | State::Failed)));
        problem
    }

    /// A call goes out.
    fn sent(&mut self, key: &str, operation: &str, repeat: Repeat) {
        let Some((id, name)) = key.split_once('.') else { return };
        let Some(&seq) = self.by_id.get(id) else {
            return self.wrong.push(format!("`{key}` was sent for a message that nobody kept"));
        };
        let (overtaken, beside) = (self.overtaken(seq), self.beside(seq));
        let paused = self.pauses(&operator::target_of(operation));
        let Some(known) = self.messages.get_mut(&seq) else { return };
        let mut problems = Vec::new();
        if paused {
            problems.push(format!("`{name}` was sent although its target is paused"));
        }
        if let Some(other) = beside {
            problems.push(format!("`{name}` was sent while message {other} of the same key was worked on"));
        }
        if known.state.is_end() {
            problems.push(format!("`{name}` was sent although the message is {}", known.state));
        }
        if let Some(earlier) = overtaken {
            problems.push(format!("`{name}` was sent before message {earlier} of the same key has ended"));
        }
        let (interface, state) = (known.interface, known.state);
        let step = known.steps.entry(name.to_owned()).or_default();
        if step.done {
            problems.push(format!("`{name}` was sent again, but is known done"));
        }
        step.asking = !flows::is_step(name, operation);
        if !step.asking {
            step.sends += 1;
            if repeat != Repeat::Harmless && !(step.open && state == State::InFlight) {
                problems.push(format!("`{name}` was sent before its beginning was on the disk"));
            }
            if repeat == Repeat::Repeats && interface.on_unknown == OnUnknown::Hold && step.sends > 1 {
                let unknown = step.last.is_none_or(|last| last.class == Class::Unknown);
                if unknown {
                    problems.push(format!("`{name}` was sent again although nobody knows what came of it"));
                }
            }
        }
        problems.into_iter().for_each(|problem| self.blame(seq, &problem));
    }
}

fn cover(coverage: &Coverage, state: State, reason: Option<Reason>) {
    match (state, reason) {
        (State::Dead | State::Held, Some(reason)) => coverage.sometimes(&format!("{state} {reason}")),
        (State::Delivered | State::Discarded | State::Failed, _) => coverage.sometimes(state.as_str()),
        _ => {}
    }
}

/// The message a change is about.
fn seq(change: &Change) -> Option<i64> {
    match change {
        Change::State { seq, .. }
        | Change::Claim { seq, .. }
        | Change::Crashes { seq, .. }
        | Change::Waits { seq }
        | Change::Begin { seq, .. }
        | Change::Done { seq, .. }
        | Change::Failed { seq, .. }
        | Change::Bury { seq, .. }
        | Change::Again { seq }
        | Change::Mark { seq, .. }
        | Change::MadeGood { seq, .. }
        | Change::Erase { seq, .. }
        | Change::Answer { seq, .. } => Some(*seq),
        _ => None,
    }
}

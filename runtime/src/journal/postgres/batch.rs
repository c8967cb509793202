//! What a batch of jobs comes to: each judged by what the journal holds, then folded into final rows.
//!
//! In: jobs, and the rows that they touch as the journal has them. Out: an answer for each, and the rows to write.
//! Pure. Never knows: SQL, connections.
//!
//! The rows are locked while this goes on, so what is read is what is written over. One job that comes too late takes
//! nothing from its neighbours.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry as Place};

use crate::{
    journal::{Answer, Attempt, Change, Entry, Grave, Guard, Incident, Lanes, Mark, Pause, Post, Scope, StoreError},
    lifecycle::{Reason, State},
};

/// A row of `progress`, as far as a change can depend on it.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    pub(super) lane: u8,
    pub(super) state: State,
    pub(super) crashes: u32,
    pub(super) lease: u32,
    pub(super) gap: bool,
    pub(super) mark: Option<Mark>,
    /// The rest of the row, where a change of state writes it over.
    pub(super) moved: Option<Moved>,
    /// Whoever owns the lane has to be told.
    pub(super) handed: Option<bool>,
}

/// What comes with a state.
#[derive(Debug, Clone, Default)]
pub(super) struct Moved {
    pub(super) reason: Option<Reason>,
    pub(super) detail: String,
    pub(super) due_ms: Option<i64>,
    pub(super) ended_ms: Option<i64>,
}

/// A step that begins to send.
#[derive(Debug)]
pub(super) struct Begun<'a> {
    pub(super) system: &'a str,
    pub(super) operation: &'a str,
    pub(super) at_ms: i64,
}

/// What came of a step.
#[derive(Debug, Default)]
pub(super) struct Outcome<'a> {
    pub(super) doubt: bool,
    pub(super) decided: Option<bool>,
    pub(super) tries: Option<u32>,
    pub(super) attempt: Option<&'a Attempt>,
    pub(super) done: bool,
}

type StepOf<'a> = (i64, &'a str);

/// The rows to write, each once, whatever happened to it within the batch.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    pub(super) progress: BTreeMap<i64, Progress>,
    /// Messages of which `progress` is to be written.
    pub(super) touched: BTreeSet<i64>,
    pub(super) begun: BTreeMap<StepOf<'a>, (usize, Begun<'a>)>,
    pub(super) outcomes: BTreeMap<StepOf<'a>, Outcome<'a>>,
    pub(super) attempts: BTreeMap<(i64, &'a str, u32), &'a Attempt>,
    pub(super) replies: BTreeMap<StepOf<'a>, &'a [u8]>,
    pub(super) graves: BTreeMap<i64, &'a Grave>,
    pub(super) answers: BTreeMap<i64, &'a Answer>,
    pub(super) again: Vec<i64>,
    pub(super) calls: BTreeMap<(i64, &'a str), i64>,
    pub(super) starts: BTreeMap<&'a str, i64>,
    pub(super) incidents: BTreeMap<&'a str, &'a Incident>,
    pub(super) posts: BTreeMap<&'a str, &'a Post>,
    pub(super) pauses: BTreeMap<Scope, Option<&'a Pause>>,
    /// Changes of data keys, in their order.
    pub(super) keys: Vec<&'a Change>,
    /// Messages whose content goes, by whom, when.
    pub(super) erased: Vec<(i64, &'a str, i64)>,
    pub(super) audit: Vec<Entry>,
}

/// The message that a change is about.
pub(super) const fn subject(change: &Change) -> Option<i64> {
    match change {
        Change::State { seq, .. }
        | Change::Claim { seq, .. }
        | Change::Mark { seq, .. }
        | Change::Crashes { seq, .. }
        | Change::Waits { seq }
        | Change::Begin { seq, .. }
        | Change::Done { seq, .. }
        | Change::Failed { seq, .. }
        | Change::Bury { seq, .. }
        | Change::Answer { seq, .. }
        | Change::MadeGood { seq, .. }
        | Change::Erase { seq, .. }
        | Change::Again { seq } => Some(*seq),
        Change::Called { .. }
        | Change::Started { .. }
        | Change::Pause(_)
        | Change::Resume(_)
        | Change::Audit(_)
        | Change::Incident(_)
        | Change::Post(_)
        | Change::DataKey(_)
        | Change::Rewrap(_)
        | Change::Shred(_) => None,
    }
}

/// A person's decision may be about a message of any lane: its owner is told. So may the good news about a message that
/// has ended. What a worker did may not.
fn is_for_any_lane(change: &Change, changes: &[Change]) -> bool {
    matches!(change, Change::MadeGood { .. }) || changes.iter().any(|change| matches!(change, Change::Audit(_)))
}

impl<'a> Plan<'a> {
    pub(super) fn over(progress: BTreeMap<i64, Progress>) -> Self {
        Self { progress, ..Self::default() }
    }

    /// Takes all changes of a job into the plan, or none and says why.
    pub(super) fn take(&mut self, changes: &'a [Change], mine: Lanes) -> Result<(), StoreError> {
        let mut rows = BTreeMap::new();
        for change in changes {
            let Some(seq) = subject(change) else { continue };
            let row = match rows.entry(seq) {
                Place::Occupied(row) => row.into_mut(),
                Place::Vacant(place) => match self.progress.get(&seq) {
                    Some(row) if mine.contains(row.lane) || is_for_any_lane(change, changes) => {
                        place.insert(row.clone())
                    }
                    Some(_) => return Err(StoreError::Stale),
                    None => return Err(missing(change, seq)),
                },
            };
            let handed = !mine.contains(row.lane);
            step(row, change, handed)?;
        }
        for (seq, row) in rows {
            if changes.iter().any(|change| subject(change) == Some(seq) && writes_progress(change)) {
                self.touched.insert(seq);
            }
            self.progress.insert(seq, row);
        }
        changes.iter().for_each(|change| self.keep(change));
        Ok(())
    }

    /// Whether another process has something to look at.
    pub(super) fn hands_over(&self) -> bool {
        !self.pauses.is_empty()
            || self.touched.iter().any(|seq| self.progress.get(seq).is_some_and(|row| row.handed == Some(true)))
    }

    fn keep(&mut self, change: &'a Change) {
        match change {
            Change::Begin { seq, step, system, operation, at_ms } => {
                let place = self.begun.len();
                let begun = Begun { system, operation, at_ms: *at_ms };
                self.begun.entry((*seq, step)).or_insert((place, begun)).1.at_ms = *at_ms;
                if let Some(outcome) = self.outcomes.get_mut(&(*seq, step.as_str())) {
                    (outcome.doubt, outcome.decided) = (true, Some(false));
                }
            }
            Change::Done { seq, attempt, reply } => {
                let outcome = self.outcomes.entry((*seq, &attempt.step)).or_default();
                (outcome.doubt, outcome.done, outcome.attempt) = (false, true, Some(attempt));
                self.replies.insert((*seq, &attempt.step), reply);
            }
            Change::Failed { seq, attempt, tries, doubt } => {
                let outcome = self.outcomes.entry((*seq, &attempt.step)).or_default();
                (outcome.doubt, outcome.tries, outcome.attempt) = (*doubt, Some(*tries), Some(attempt));
                self.attempts.insert((*seq, &attempt.step, attempt.n), attempt);
            }
            Change::Bury { seq, grave } => drop(self.graves.insert(*seq, grave)),
            Change::Answer { seq, answer } => drop(self.answers.insert(*seq, answer)),
            Change::Again { seq } => self.again.push(*seq),
            Change::Called { system, day } => *self.calls.entry((*day, system)).or_default() += 1,
            Change::Started { interface, nominal_ms } => {
                let last_ms = self.starts.entry(interface).or_insert(*nominal_ms);
                *last_ms = (*nominal_ms).max(*last_ms);
            }
            Change::Incident(incident) => drop(self.incidents.insert(&incident.dedup_key, incident)),
            Change::Post(post) => drop(self.posts.insert(&post.id, post)),
            Change::Pause(pause) => drop(self.pauses.insert(pause.scope.clone(), Some(pause))),
            Change::Resume(scope) => drop(self.pauses.insert(scope.clone(), None)),
            Change::Erase { seq, who, at_ms } => self.erased.push((*seq, who, *at_ms)),
            Change::Audit(entry) => self.audit.push(Entry::clone(entry)),
            Change::DataKey(_) | Change::Rewrap(_) | Change::Shred(_) => self.keys.push(change),
            Change::State { .. }
            | Change::Claim { .. }
            | Change::Mark { .. }
            | Change::Crashes { .. }
            | Change::MadeGood { .. }
            | Change::Waits { .. } => {}
        }
    }
}

const fn writes_progress(change: &Change) -> bool {
    matches!(
        change,
        Change::State { .. }
            | Change::Claim { .. }
            | Change::Mark { .. }
            | Change::Crashes { .. }
            | Change::Waits { .. }
            | Change::Begin { .. }
            | Change::MadeGood { .. }
            | Change::Again { .. }
    )
}

/// What a change makes of the row of its message.
fn step(row: &mut Progress, change: &Change, handed: bool) -> Result<(), StoreError> {
    match change {
        Change::State { guard, state, reason, detail, due_ms, at_ms, .. } => {
            holds(row, *guard)?;
            let (ended_ms, was_end) = (state.is_end().then_some(*at_ms), row.state.is_end());
            row.state = *state;
            // A mark is forgotten where an end is reached or left.
            row.mark = row.mark.filter(|_| !(was_end || state.is_end()));
            row.moved = Some(Moved { reason: *reason, detail: detail.clone(), due_ms: *due_ms, ended_ms });
            row.handed = Some(handed);
        }
        Change::Claim { guard, gap, .. } => {
            holds(row, *guard)?;
            (row.state, row.lease, row.gap) = (State::InFlight, guard.lease + 1, row.gap || *gap);
            (row.moved, row.handed) = (Some(Moved::default()), Some(handed));
        }
        Change::MadeGood { detail, at_ms, .. } if matches!(row.state, State::Dead | State::Failed) => {
            let (reason, ended_ms) = (Some(Reason::Operator), Some(*at_ms));
            (row.state, row.mark) = (State::Resolved, None);
            row.moved = Some(Moved { reason, detail: detail.clone(), due_ms: None, ended_ms });
            row.handed = Some(handed);
        }
        Change::Erase { .. } if row.state == State::Dead || !row.state.is_end() || row.mark.is_some() => {
            return Err(StoreError::Stale);
        }
        Change::Mark { mark, .. } => row.mark = Some(*mark),
        Change::Crashes { crashes, .. } => row.crashes = *crashes,
        Change::Again { .. } => row.crashes = 0,
        // Between waiting for room and being in flight; any other state stays.
        Change::Waits { .. } if row.state == State::InFlight => row.state = State::Ready,
        Change::Begin { .. } if row.state == State::Ready => row.state = State::InFlight,
        _ => {}
    }
    Ok(())
}

fn missing(change: &Change, seq: i64) -> StoreError {
    match change {
        Change::State { .. } | Change::Claim { .. } | Change::Erase { .. } => StoreError::Stale,
        _ => StoreError::Refused(format!("there is no message {seq}")),
    }
}

fn holds(row: &Progress, guard: Guard) -> Result<(), StoreError> {
    if guard.holds(row.lease, row.state) { Ok(()) } else { Err(StoreError::Stale) }
}

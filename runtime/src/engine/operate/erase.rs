//! Erasure: the content of a message, and of whatever repeats it, goes for good.
//!
//! In: an id, a decision. Out: what was erased, each in one transaction with its row in the audit log; data keys destroyed.
//! Never knows: HTTP; whether somebody may was found out before.
//!
//! A replay holds the same content, so a message is erased together with the one that it repeats and those that repeat it.
//! What has not ended, or waits for a person, is left alone unless it may be discarded: nobody could finish it afterwards.

use std::collections::BTreeSet;

use super::{Decision, Declined, Engine, Verb, decide, failed};
use crate::{
    engine::core::Core,
    journal::{Change, DAY_MS, Filter, KeyFilter, Row, Shred, day_of},
    lifecycle::State,
};

/// Messages and keys that are read at a time.
const PAGE: usize = 500;

/// What becomes of messages that have not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// They keep their content, and so does everything that they repeat.
    Refuse,
    /// They are discarded first.
    Discard,
}

impl Engine {
    /// The messages that [`Engine::erase`] would erase: this one and all that share its content, without those that are
    /// erased already.
    ///
    /// # Errors
    /// [`Declined`]: it would not be done.
    pub async fn would_erase(&self, id: &str, open: Open) -> Result<Vec<Row>, Declined> {
        let family = family(&self.core, id).await?;
        allowed(&family, open)?;
        Ok(family.into_iter().filter(|row| row.erased.is_none()).collect())
    }

    /// Erases a message and all that share its content; their ids. None if that was done before.
    ///
    /// # Errors
    /// [`Declined`]: the message keeps its content.
    pub async fn erase(&self, id: &str, open: Open, decision: &Decision) -> Result<Vec<String>, Declined> {
        let core = &self.core;
        let _turn = core.deciding.lock().await;
        let family = family(core, id).await?;
        allowed(&family, open)?;
        let mut erased = Vec::new();
        // What came last first: if this is broken off, the one that was asked for still leads to the rest.
        for row in family.iter().rev().filter(|row| row.erased.is_none()) {
            if waits(row) {
                decide(core, &row.id, Verb::Discard, decision).await?;
            }
            core.alerts.forget(&row.id);
            let at_ms = core.clock.now_ms();
            let changes = vec![
                Change::Erase { seq: row.seq, who: decision.who.clone(), at_ms },
                Change::Audit(Box::new(decision.entry(at_ms, "erase", &row.id, "done"))),
            ];
            core.store.commit(changes).await.map_err(|error| failed(core, &error))?;
            tracing::info!(message = row.id, who = decision.who, "erased");
            erased.push(row.id.clone());
        }
        Ok(erased)
    }

    /// Destroys the data keys of what an interface accepted on a day (days since 1970, UTC). How many that
    /// were; none in a store that is not encrypted.
    ///
    /// # Errors
    /// [`Declined`]: the day is not over, or a message of it still has its content.
    pub async fn shred(&self, interface: &str, day: i64, decision: &Decision) -> Result<u64, Declined> {
        let core = &self.core;
        let _turn = core.deciding.lock().await;
        let at_ms = core.clock.now_ms();
        if day >= day_of(at_ms) {
            let problem = "the day is not over (UTC): what is accepted now is sealed under its keys";
            return Err(Declined::Conflict(problem.to_owned()));
        }
        let whole = with_content(core, interface, day).await?;
        if whole > 0 {
            let problem = format!("{whole} messages of that day have their content: erase them first");
            return Err(Declined::Conflict(problem));
        }
        let keys = keys(core, interface, day).await?;
        let subject = format!("interface:{interface}");
        let result = format!("done: {keys} data keys of day {day}");
        let shred = Shred { interface: interface.to_owned(), from_day: day, until_day: day, at_ms };
        let changes = vec![
            Change::Shred(Box::new(shred)),
            Change::Audit(Box::new(decision.entry(at_ms, "shred", &subject, &result))),
        ];
        core.store.commit(changes).await.map_err(|error| failed(core, &error))?;
        tracing::info!(interface, day, keys, who = decision.who, "data keys destroyed");
        Ok(keys)
    }
}

/// Whether somebody or something still needs its content.
const fn waits(row: &Row) -> bool {
    !row.state.is_end() || matches!(row.state, State::Dead)
}

fn allowed(family: &[Row], open: Open) -> Result<(), Declined> {
    let waiting = family.iter().find(|row| row.erased.is_none() && waits(row)).filter(|_| open == Open::Refuse);
    let Some(Row { id, state, .. }) = waiting else { return Ok(()) };
    let why = if state.is_end() { "waits for a decision" } else { "has not ended" };
    Err(Declined::Conflict(format!(
        "{id} is {state}: it {why}, and without its content nobody could finish it. Wait for its end, decide about it, or \
         erase with `discard`, which ends it"
    )))
}

/// A message with all that share its content, the first first.
async fn family(core: &Core, id: &str) -> Result<Vec<Row>, Declined> {
    let (mut found, mut seen, mut ahead) = (Vec::new(), BTreeSet::new(), vec![id.to_owned()]);
    while let Some(next) = ahead.pop() {
        if !seen.insert(next.clone()) {
            continue;
        }
        match core.store.story(&next).await.map_err(|error| failed(core, &error))? {
            Some(story) => {
                ahead.extend(story.origin.map(|origin| origin.replay_of));
                ahead.extend(story.replays.into_iter().map(|replay| replay.id));
                found.push(story.row);
            }
            None if next == id => return Err(Declined::Missing(format!("there is no message {id}"))),
            // Retention was there first.
            None => {}
        }
    }
    found.sort_by_key(|row| row.seq);
    Ok(found)
}

/// How many messages of a day have their content.
async fn with_content(core: &Core, interface: &str, day: i64) -> Result<usize, Declined> {
    let (from_ms, until_ms) = (Some(day.saturating_mul(DAY_MS)), Some((day + 1).saturating_mul(DAY_MS)));
    let (interface, mut before, mut count) = (Some(interface.to_owned()), None, 0);
    loop {
        let filter =
            Filter { interface: interface.clone(), from_ms, until_ms, before, limit: PAGE, ..Filter::default() };
        let rows = core.store.messages(filter).await.map_err(|error| failed(core, &error))?;
        count += rows.iter().filter(|row| row.erased.is_none()).count();
        match rows.last() {
            Some(last) => before = Some(last.seq),
            None => return Ok(count),
        }
    }
}

/// How many data keys of that day are there.
async fn keys(core: &Core, interface: &str, day: i64) -> Result<u64, Declined> {
    let (mut after, mut count) = (None, 0);
    loop {
        let filter = KeyFilter { after, limit: PAGE, ..KeyFilter::default() };
        let keys = core.store.data_keys(filter).await.map_err(|error| failed(core, &error))?;
        count +=
            keys.iter().filter(|key| key.interface == interface && key.day == day && key.wrapped.is_some()).count();
        match keys.last() {
            Some(last) => after = Some(last.id.clone()),
            None => return Ok(count as u64),
        }
    }
}

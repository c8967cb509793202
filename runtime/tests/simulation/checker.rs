//! The history checker: what must hold at the end of a world.
//!
//! In: a world in which nothing is under way any more. Out: sentences about what is wrong; none if all is well. Never
//! knows: why things happened.

use std::collections::{BTreeMap, BTreeSet};

use tieline_runtime::{
    Class,
    journal::{Change, Row},
    lifecycle::State,
};

use super::{
    flows::{self, CREATE, MAX_IN_FLIGHT, PAY},
    history::Event,
    life::Life,
    medium::at_once,
    world::World,
};

/// Everything that is wrong.
pub(super) fn judge(world: &World) -> Vec<String> {
    let mut wrong = world.history.life(|life| std::mem::take(&mut life.wrong));
    if !wrong.is_empty() {
        // What follows from the first mistake says little.
        return wrong;
    }
    let rows = world.rows();
    promises(world, &rows, &mut wrong);
    agrees(&rows, world, &mut wrong);
    let allowed = allowance(world);
    world.history.life(|life| effects(world, life, allowed, &mut wrong));
    for row in rows.iter().filter(|row| matches!(row.state, State::Dead | State::Failed)) {
        graves(world, row, &mut wrong);
    }
    alerts(world, &rows, &mut wrong);
    bodies(world, &rows, &mut wrong);
    wrong
}

/// Every body is the one that was accepted, unless it was erased, and nothing else is left of any.
fn bodies(world: &World, rows: &[Row], wrong: &mut Vec<String>) {
    let mut in_files = 0;
    for row in rows {
        let material = at_once(world.disk.read().material(row.seq));
        let Ok(Some(material)) = material else {
            wrong.push(format!("the body of {} cannot be read: {material:?}", row.id));
            continue;
        };
        let raw = material.message.raw;
        let kept = at_once(world.disk.kept().material(row.seq)).ok().flatten();
        if world.disk.is_sealed() && !raw.is_empty() && kept.is_some_and(|kept| kept.message.raw == raw) {
            wrong.push(format!("the body of {} is on the disk in clear", row.id));
        }
        in_files += usize::from(!raw.is_empty());
        let expected = world.history.life(|life| {
            let known = life.messages.get(&row.seq)?;
            Some(if known.erased { Vec::new() } else { known.message.raw.clone() })
        });
        if expected.is_some_and(|expected| expected != raw) {
            wrong.push(format!("the body of {} is not what was accepted, or was not erased", row.id));
        }
    }
    let files = world.disk.bodies().len();
    if world.disk.has_files() && files != in_files {
        wrong.push(format!("{files} files for {in_files} bodies"));
    }
}

/// Acknowledged ⊆ delivered ∪ discarded ∪ dead ∪ held for a person; and every caller has an answer in the end.
fn promises(world: &World, rows: &[Row], wrong: &mut Vec<String>) {
    let states: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let mut promised = BTreeMap::<String, BTreeSet<String>>::new();
    world.history.each(|_, event| {
        if let Event::Acked { name, id, .. } = event {
            promised.entry(name.clone()).or_default().insert(id.clone());
        }
    });
    for (name, ids) in &promised {
        for id in ids {
            match states.get(id.as_str()) {
                None => wrong.push(format!("LOST: {name} was promised message {id}, which is nowhere")),
                Some(row) if !row.state.is_end() && row.due_ms.is_some() | (row.state != State::Held) => {
                    wrong.push(format!("message {id} of {name} never ended: {} until {:?}", row.state, row.due_ms));
                }
                Some(_) => {}
            }
        }
        let failed = |id: &&String| {
            let seq = states.get(id.as_str()).map(|row| row.seq);
            world.history.life(|life| seq.and_then(|seq| life.messages.get(&seq)).is_some_and(|it| it.failed_once))
        };
        let made_good = ids.iter().filter(failed);
        if ids.len() > made_good.count() + 1 {
            wrong.push(format!("{name} was promised {ids:?}: the same key is the same message"));
        }
    }
    let answered = world.answered();
    for name in world.callers.keys().filter(|name| !answered.contains(*name)) {
        wrong.push(format!("{name} never got an answer"));
    }
    if rows.iter().any(|row| !row.state.is_end() && row.state != State::Held) {
        wrong.push("something never ended".to_owned());
    }
}

/// The journal says what its history says; every key makes one message, every instant of a timetable one start.
fn agrees(rows: &[Row], world: &World, wrong: &mut Vec<String>) {
    let mut seen = BTreeMap::<(String, String), bool>::new();
    world.history.life(|life| {
        for row in rows {
            let Some(known) = life.messages.get(&row.seq) else {
                wrong.push(format!("message {} was made up", row.seq));
                continue;
            };
            if (row.state, row.lease, row.crashes) != (known.state, known.lease, known.crashes) {
                wrong.push(format!("{} is {} in the journal, its history says {}", row.id, row.state, known.state));
            }
            if known.message.origin.is_some() {
                // A replay repeats what was accepted, and says so.
                continue;
            }
            let key = match known.message.parameters.first() {
                Some((_, nominal)) => {
                    world.history.coverage.sometimes("a schedule fired");
                    nominal.clone()
                }
                None => String::from_utf8_lossy(&known.message.raw).into_owned(),
            };
            if let Some(failed_before) = seen.insert((row.interface.clone(), key.clone()), known.failed_once)
                && !failed_before
                && !known.failed_once
            {
                wrong.push(format!("{} was accepted twice for {key}", row.interface));
            }
        }
    });
}

/// How often a send may be repeated without a failed try: an interruption takes with it what was in flight, a target
/// that refuses us as such costs no try, and a result that a full disk did not take is found out again.
fn allowance(world: &World) -> u32 {
    let mut allowed = 0;
    world.history.each(|_, event| {
        allowed += match event {
            Event::Died | Event::Stopped => MAX_IN_FLIGHT,
            Event::Changed(changes) => changes.iter().map(|change| u32::from(is_refusal(change))).sum(),
            Event::NotWritten(changes) => changes.iter().map(|change| u32::from(is_result(change))).sum(),
            _ => 0,
        };
    });
    allowed
}

/// Refused by the target as such: in so many words, or because a call that found out for all came to nothing.
fn is_refusal(change: &Change) -> bool {
    matches!(change, Change::Failed { attempt, .. } if attempt.class == Class::Target)
}

fn is_result(change: &Change) -> bool {
    matches!(change, Change::Done { .. } | Change::Failed { .. })
}

/// Delivered ⊆ received, and little was done twice.
fn effects(world: &World, life: &Life, allowed: u32, wrong: &mut Vec<String>) {
    let effects = world.network.effects().clone();
    let mut repeated = 0;
    for known in life.messages.values() {
        let effect = |step: &str, operation| {
            effects.get(&(format!("{}.{step}", known.message.id), operation)).copied().unwrap_or(0)
        };
        if known.state == State::Delivered {
            for step in flows::required(known.interface) {
                let operation = step.rsplit('.').next().unwrap_or(step);
                let count = ["fetch", "create", "notify", "put", "pay"].iter().find(|name| **name == operation);
                if count.is_some_and(|operation| effect(step, operation) == 0) {
                    wrong.push(format!("{} is DELIVERED, but `{step}` was never done", known.message.id));
                }
            }
        }
        for (step, operation) in [("create", CREATE.name), ("pay", PAY.name)] {
            let count = effect(step, operation);
            // A person may have it sent again although nobody knows what came of it.
            if count > 1 + known.rounds {
                wrong.push(format!("`{step}` of {} was done {count} times", known.message.id));
            }
        }
        for step in known.steps.values() {
            let policy = known.interface.retry.retries + 1;
            repeated += step.unexplained;
            repeated += step.sends.saturating_sub(1).saturating_sub(step.tries.min(policy));
        }
    }
    if repeated > allowed {
        wrong.push(format!(
            "{repeated} sends more than tries; interruptions, refusals and a full disk explain {allowed}"
        ));
    }
}

/// Every dead one has a reason, a body and a record.
fn graves(world: &World, row: &Row, wrong: &mut Vec<String>) {
    let (Ok(Some(story)), Ok(Some(material))) =
        (at_once(world.disk.read().story(&row.id)), at_once(world.disk.read().material(row.seq)))
    else {
        return wrong.push(format!("{} is {}, and nothing is known of it", row.id, row.state));
    };
    if row.reason.is_none() || story.grave.is_none() {
        wrong.push(format!("{} is {} without a reason or a record", row.id, row.state));
    }
    let erased = story.row.erased.is_some();
    if material.message.raw.is_empty() && material.message.parameters.is_empty() && !erased {
        wrong.push(format!("{} is {} without its body", row.id, row.state));
    }
    if story.grave.is_some_and(|grave| grave.sentence.is_empty()) {
        wrong.push(format!("{} is {} without a sentence", row.id, row.state));
    }
}

/// Somebody was told of every reason for which messages are dead, failed or held for a person.
fn alerts(world: &World, rows: &[Row], wrong: &mut Vec<String>) {
    let mut told = BTreeSet::new();
    world.history.each(|_, event| {
        if let Event::Told { incident, firing: true } = event {
            told.insert(incident.clone());
        }
    });
    for row in rows.iter().filter(|row| matches!(row.state, State::Dead | State::Failed | State::Held)) {
        let Some(reason) = row.reason else { continue };
        let fits = |incident: &String| {
            incident.starts_with(&format!("{}/", row.interface)) && incident.ends_with(&format!("/{reason}"))
        };
        if !told.iter().any(fits) {
            wrong.push(format!("{} is {} ({reason}), and nobody was told", row.id, row.state));
        }
    }
}

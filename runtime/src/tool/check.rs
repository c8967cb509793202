//! Check and repair: does a store hold what it should, and does it open?
//!
//! In: a store. Out: findings, each with its subject and what is wrong. Never knows: files and tables; the store's own
//! structure is examined by the store.

use super::{Error, Progress, STEP};
use crate::{
    descriptor::Class,
    journal::{
        Change, Filter, Grave, Guard, Row, Store, StoreError, Story,
        audit::{Verdict, verify},
        unreadable,
    },
    lifecycle::{Reason, State},
};

/// Rows that are asked for at a time.
const PAGE: usize = 500;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A message id, or a part of the store.
    pub subject: String,
    /// What is wrong, one sentence.
    pub problem: String,
}

/// What checking found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Messages that were looked at.
    pub messages: u64,
    /// Rows of the audit log, all intact up to here.
    pub audit: u64,
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
}

/// Reads everything and opens everything.
///
/// # Errors
/// The store cannot be read at all.
pub async fn check(store: &dyn Store, progress: Progress<'_>) -> Result<Checked, Error> {
    let mut checked = Checked::default();
    for problem in store.examine().await? {
        checked.find("store", problem);
    }
    let mut before = None;
    loop {
        let rows = store.messages(Filter { before, limit: PAGE, ..Filter::default() }).await?;
        let Some(last) = rows.last() else { break };
        before = Some(last.seq);
        for row in rows {
            for problem in message(store, &row).await? {
                checked.find(&row.id, problem);
            }
            checked.messages += 1;
            if checked.messages % STEP == 0 {
                progress(checked.messages);
            }
        }
    }
    match verify(store).await? {
        Verdict::Intact(head) => checked.audit = u64::try_from(head.no).unwrap_or_default(),
        Verdict::Broken { no, problem } => {
            checked.audit = u64::try_from(no - 1).unwrap_or_default();
            checked.find("audit log", problem);
        }
    }
    Ok(checked)
}

/// Puts messages aside that have not ended and whose content is gone, as dead letters: nothing could be done with them, and
/// somebody has to know. Nothing is deleted. Which ones these were.
///
/// # Errors
/// The store cannot be read or written.
pub async fn repair(store: &dyn Store, now_ms: i64) -> Result<Vec<Finding>, Error> {
    let mut aside = Vec::new();
    for open in store.unfinished(crate::journal::Lanes::ALL).await? {
        let Err(StoreError::Damaged(why)) = store.material(open.seq).await else { continue };
        if open.state.is_end() {
            continue;
        }
        let sentence = format!("put aside by `store repair`: {why}");
        let grave = Grave { sentence: sentence.clone(), at_ms: now_ms, ..Grave::default() };
        let dead = Change::State {
            seq: open.seq,
            guard: Guard { lease: open.lease, from: open.state },
            state: State::Dead,
            reason: Some(Reason::Operator),
            detail: sentence.clone(),
            due_ms: None,
            at_ms: now_ms,
        };
        store.commit(vec![dead, Change::Bury { seq: open.seq, grave: Box::new(grave) }]).await?;
        aside.push(Finding { subject: open.id, problem: sentence });
    }
    Ok(aside)
}

impl Checked {
    fn find(&mut self, subject: &str, problem: String) {
        self.findings.push(Finding { subject: subject.to_owned(), problem });
    }
}

/// What is wrong with a message.
async fn message(store: &dyn Store, row: &Row) -> Result<Vec<String>, StoreError> {
    let mut problems = Vec::new();
    match store.material(row.seq).await {
        Ok(Some(_)) => {}
        Ok(None) => problems.push("its body is missing".to_owned()),
        Err(StoreError::Damaged(why)) => problems.push(why),
        Err(error) => return Err(error),
    }
    match store.story(&row.id).await? {
        Some(story) => consistent(&story, &mut problems),
        None => problems.push("it is listed and has no story".to_owned()),
    }
    match store.answer(&row.id).await {
        Err(StoreError::Damaged(why)) => problems.push(why),
        other => drop(other?),
    }
    Ok(problems)
}

/// Whether the parts of a story belong together.
fn consistent(story: &Story, problems: &mut Vec<String>) {
    let row = &story.row;
    let mut wrong = |is: bool, problem: String| {
        if is {
            problems.push(problem);
        }
    };
    wrong(
        row.state.is_end() != row.ended_ms.is_some(),
        format!("it is {} and the time of its end says otherwise", row.state),
    );
    wrong(row.state == State::Dead && story.grave.is_none(), "it is DEAD and has no dead-letter record".to_owned());
    let doubt = |state| row.state == state && story.deliveries.iter().any(|delivery| delivery.doubt);
    wrong(doubt(State::Delivered), "it is DELIVERED and the outcome of a step is in doubt".to_owned());
    for delivery in &story.deliveries {
        let (step, sent) = (&delivery.step, delivery.attempts);
        let tries = story.attempts.iter().filter(|attempt| attempt.step == *step);
        let kept = u32::try_from(tries.clone().count()).unwrap_or(u32::MAX);
        wrong(kept < sent, format!("step `{step}` was tried {sent} times, and {kept} tries are kept"));
        let done = tries.clone().any(|attempt| matches!(attempt.class, Class::Delivered | Class::Duplicate));
        wrong(delivery.done && !done, format!("step `{step}` is done and no try of it succeeded"));
    }
    let texts = story.attempts.iter().flat_map(|attempt| [&attempt.reason, &attempt.excerpt]);
    let grave = story.grave.iter().flat_map(|grave| [&grave.sentence, &grave.field_errors]);
    for text in texts.chain(grave).chain([&row.detail]).chain(&row.order_key) {
        if let Some(why) = unreadable(text) {
            problems.push(why.to_owned());
        }
    }
}

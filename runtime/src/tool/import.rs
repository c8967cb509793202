//! Import: what an export holds, into a store.
//!
//! In: lines. Out: the same messages in the same states, under their own ids. Never knows: where the lines come from.
//!
//! A message that is there already stays as it is, so an import that was broken off is simply made again. The audit log is
//! not imported: a log that can be imported can be forged. The store's own log says that something was imported, and how
//! the log of the export ended.

use std::io::BufRead;

use super::{
    Error, Progress, STEP,
    line::{Line, Message, VERSION, bytes},
};
use crate::{
    descriptor::Interface,
    flow::Input,
    journal::{Accepted, Change, Entry, Guard, Mark, NewMessage, Pause, Scope, Store, StoreError, Token, codec},
    lifecycle::{Reason, State},
    searchable,
};

/// Longest line: a body of the largest size, as base64, with room for what else there is about it.
const LONGEST: u64 = 256 << 20;

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    /// Messages that are new in the store.
    pub messages: u64,
    /// Messages that were there already.
    pub known: u64,
    /// Messages whose idempotency key belongs to another message of the store: they are there, without their key.
    pub without_key: Vec<String>,
}

/// Reads lines and keeps what they hold. What messages can be looked for by is not in an export: it is found anew, as the
/// documents of these interfaces say today.
///
/// # Errors
/// The store cannot be written, or a line is none of an export; what was read before is kept.
pub async fn import(
    store: &dyn Store,
    lines: &mut (dyn BufRead + Send),
    interfaces: &[&'static Interface],
    now_ms: i64,
    progress: Progress<'_>,
) -> Result<Imported, Error> {
    let (mut done, mut number, mut log_end) = (Imported::default(), 0, None);
    loop {
        let mut text = String::new();
        let read = std::io::Read::take(&mut *lines, LONGEST).read_line(&mut text)?;
        if read == 0 {
            break;
        }
        number += 1;
        let wrong = |problem: String| Error::Line { number, problem };
        let line = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        match line {
            Line::Head(head) if head.version != VERSION => {
                return Err(wrong(format!("its version is {}, this build reads {VERSION}", head.version)));
            }
            Line::Head(_) => {}
            _ if number == 1 => return Err(wrong("it is not the head of an export".to_owned())),
            Line::Message(message) => one(store, *message, interfaces, &mut done).await?.map_err(wrong)?,
            Line::Start { interface, nominal_ms } => {
                store.commit(vec![Change::Started { interface, nominal_ms }]).await?;
            }
            Line::Pause { scope, since_ms, who, why } => {
                let scope = Scope::from_text(&scope).ok_or_else(|| wrong(format!("`{scope}` is no scope")))?;
                store.commit(vec![Change::Pause(Box::new(Pause { scope, since_ms, who, why }))]).await?;
            }
            Line::Audit(row) => log_end = Some((row.no, row.hash)),
        }
        if (done.messages + done.known) % STEP == 0 {
            progress(done.messages + done.known);
        }
    }
    write_down(store, &done, log_end, now_ms).await?;
    Ok(done)
}

async fn write_down(
    store: &dyn Store,
    done: &Imported,
    log_end: Option<(i64, String)>,
    now_ms: i64,
) -> Result<(), StoreError> {
    let log = log_end.map_or_else(
        || "it had no audit log".to_owned(),
        |(no, hash)| format!("its audit log ended with row {no}, hash {hash}"),
    );
    let entry = Entry {
        at_ms: now_ms,
        who: "store import".to_owned(),
        role: "admin".to_owned(),
        action: "import".to_owned(),
        subject: "store".to_owned(),
        why: "an export was imported".to_owned(),
        result: format!("done: {} messages, {} known; {log}", done.messages, done.known),
    };
    store.commit(vec![Change::Audit(Box::new(entry))]).await
}

/// One message: the outer error is the store's, the inner one the line's.
async fn one(
    store: &dyn Store,
    line: Message,
    interfaces: &[&'static Interface],
    done: &mut Imported,
) -> Result<Result<(), String>, StoreError> {
    let state = State::from_word(&line.state);
    let (Some(state), Ok(raw)) = (state, bytes(&line.body)) else {
        return Ok(Err(format!("`{}` is no state, or the body is not base64", line.state)));
    };
    let key = match line.key.as_ref().map(super::line::Key::read).transpose() {
        Ok(key) => key,
        Err(problem) => return Ok(Err(problem)),
    };
    if let Some(story) = store.story(&line.id).await? {
        // Accepted, and then the import was broken off: what came after it is still to be written.
        if story.row.state != State::Accepted || state == State::Accepted {
            done.known += 1;
            return Ok(Ok(()));
        }
        return rest(store, story.row.seq, state, line).await.map(|rest| rest.map(|()| done.known += 1));
    }
    let mut line = line;
    let message = NewMessage {
        id: line.id.clone(),
        interface: line.interface.clone(),
        digest: line.digest.clone(),
        principal: line.principal.clone(),
        key,
        order_key: line.order_key.clone(),
        traceparent: line.traceparent.clone(),
        request_id: line.request_id.clone(),
        parameters: line.parameters.clone(),
        tokens: tokens(interfaces, &line, &raw),
        raw,
        accepted_ms: line.accepted_ms,
        origin: line.origin.take().map(|origin| Box::new(origin.read())),
        relayed: false,
        sealed: None,
    };
    let seq = match store.accept(message.clone()).await? {
        // Whoever imports holds every lane.
        Accepted::New { seq } | Accepted::Handed { seq } => seq,
        Accepted::Replayed { .. } | Accepted::KeyReused => {
            done.without_key.push(line.id.clone());
            match store.accept(NewMessage { key: None, ..message }).await? {
                Accepted::New { seq } | Accepted::Handed { seq } => seq,
                other => return Err(StoreError::Refused(format!("{} without a key was {other:?}", line.id))),
            }
        }
    };
    rest(store, seq, state, line).await.map(|rest| rest.map(|()| done.messages += 1))
}

fn tokens(interfaces: &[&'static Interface], line: &Message, raw: &[u8]) -> Vec<Token> {
    let known = interfaces.iter().find(|interface| interface.smart_id == line.interface);
    // A body that is not readable has no values; that it is kept all the same is why it is imported.
    let input = |body| Input { body, parameters: line.parameters.clone() };
    let found = |interface: &&&'static Interface| Some((interface.searchable, codec::decode(raw).ok().map(input)?));
    known.as_ref().and_then(found).map_or_else(Vec::new, |(marked, input)| searchable::tokens(marked, &input))
}

/// What happened to a message after it was accepted, in one transaction.
async fn rest(store: &dyn Store, seq: i64, state: State, line: Message) -> Result<Result<(), String>, StoreError> {
    match changes(seq, state, line) {
        Ok(changes) if changes.is_empty() => Ok(Ok(())),
        Ok(changes) => store.commit(changes).await.map(Ok),
        Err(problem) => Ok(Err(problem)),
    }
}

fn changes(seq: i64, state: State, line: Message) -> Result<Vec<Change>, String> {
    let mut changes = Vec::new();
    let mut guard = Guard { lease: 0, from: State::Accepted };
    if line.gap {
        changes.push(Change::Claim { seq, guard, gap: true });
        guard = Guard { lease: 1, from: State::InFlight };
    }
    let attempts = line.attempts.into_iter().map(super::line::Try::read).collect::<Result<Vec<_>, _>>()?;
    let decided = line.deliveries.iter().any(|step| step.decided);
    for delivery in line.deliveries {
        let own: Vec<_> = attempts.iter().filter(|attempt| attempt.step == delivery.step).cloned().collect();
        let at_ms = own.last().map_or(line.accepted_ms, |attempt| attempt.start_ms);
        let (step, system, operation) = (delivery.step, delivery.system, delivery.operation);
        changes.push(Change::Begin { seq, step, system, operation, at_ms });
        for attempt in own {
            if delivery.done && attempt.n == delivery.attempts {
                let reply = delivery.reply.as_deref().map_or(Ok(Vec::new()), bytes)?;
                changes.push(Change::Done { seq, attempt, reply });
            } else {
                changes.push(Change::Failed { seq, attempt, tries: delivery.tries, doubt: delivery.doubt });
            }
        }
    }
    if decided {
        changes.push(Change::Again { seq });
    }
    if line.crashes > 0 {
        changes.push(Change::Crashes { seq, crashes: line.crashes });
    }
    if let Some(dead) = line.dead_letter {
        changes.push(Change::Bury { seq, grave: Box::new(dead.read()?) });
    }
    if let Some(answer) = line.answer {
        changes.push(Change::Answer { seq, answer: answer.read()? });
    }
    if state != State::Accepted {
        let reason = line.reason.map(|word| Reason::from_word(&word).ok_or_else(|| format!("`{word}` is no reason")));
        let (reason, detail, due_ms) = (reason.transpose()?, line.detail, line.due_ms);
        let at_ms = line.ended_ms.unwrap_or(line.accepted_ms);
        changes.push(Change::State { seq, guard, state, reason, detail, due_ms, at_ms });
    }
    if let Some(erased) = line.erased {
        changes.push(Change::Erase { seq, who: erased.who, at_ms: erased.at_ms });
    }
    if let Some(word) = line.mark {
        let mark = Mark::from_word(&word).ok_or_else(|| format!("`{word}` is no mark"))?;
        changes.push(Change::Mark { seq, mark });
    }
    Ok(changes)
}

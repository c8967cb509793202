//! Export: everything that a store holds, as lines.
//!
//! In: a store. Out: lines. Never knows: files, encryption: content comes out in clear.

use std::{collections::HashMap, io::Write};

use super::{
    Error, Progress, STEP,
    line::{Audited, Head, Line, Message, VERSION},
};
use crate::journal::{AuditFilter, AuditPage, Filter, IdempotencyKey, Store, StoreError};

/// Rows that are asked for at a time.
const PAGE: usize = 1_000;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported {
    /// Messages.
    pub messages: u64,
    /// Messages whose content could not be read, with the reason: they are not in the export.
    pub unreadable: Vec<(String, String)>,
    /// Rows of the audit log.
    pub audit: u64,
}

/// Writes everything, oldest message first.
///
/// # Errors
/// The store cannot be read, or the lines cannot be written. One message that cannot be read is no error: it is named.
pub async fn export(
    store: &dyn Store,
    out: &mut (dyn Write + Send),
    now_ms: i64,
    progress: Progress<'_>,
) -> Result<Exported, Error> {
    let keys: HashMap<i64, IdempotencyKey> = store.known_keys(now_ms).await?.into_iter().collect();
    let messages = places(store).await?;
    let mut done = Exported::default();
    let head = Head { version: VERSION, messages: messages.len() as u64, exported_ms: now_ms };
    write(out, &Line::Head(head))?;
    for seq in messages.into_iter().rev() {
        match message(store, seq, keys.get(&seq)).await {
            Ok(Some(line)) => {
                write(out, &Line::Message(Box::new(line)))?;
                done.messages += 1;
            }
            Ok(None) => {}
            Err(StoreError::Damaged(why)) => done.unreadable.push((format!("at place {seq}"), why)),
            Err(error) => return Err(error.into()),
        }
        if done.messages % STEP == 0 {
            progress(done.messages);
        }
    }
    for (interface, nominal_ms) in store.last_starts().await? {
        write(out, &Line::Start { interface, nominal_ms })?;
    }
    for pause in store.pauses().await? {
        let (scope, since_ms) = (pause.scope.to_text(), pause.since_ms);
        write(out, &Line::Pause { scope, since_ms, who: pause.who, why: pause.why })?;
    }
    done.audit = audit(store, out).await?;
    out.flush()?;
    Ok(done)
}

/// Every message's place, newest first: eight bytes for each.
async fn places(store: &dyn Store) -> Result<Vec<i64>, StoreError> {
    let mut places = Vec::new();
    loop {
        let before = places.last().copied();
        let rows = store.messages(Filter { before, limit: PAGE, ..Filter::default() }).await?;
        if rows.is_empty() {
            return Ok(places);
        }
        places.extend(rows.into_iter().map(|row| row.seq));
    }
}

async fn message(store: &dyn Store, seq: i64, key: Option<&IdempotencyKey>) -> Result<Option<Message>, StoreError> {
    let Some(material) = store.material(seq).await? else { return Ok(None) };
    let id = material.message.id.clone();
    let Some(story) = store.story(&id).await? else { return Ok(None) };
    Ok(Some(Message::of(material, story, key, store.answer(&id).await?)))
}

async fn audit(store: &dyn Store, out: &mut (dyn Write + Send)) -> Result<u64, Error> {
    let mut after = 0;
    let mut count = 0;
    loop {
        let page = AuditPage::Oldest { after };
        let rows = store.audit(AuditFilter { subject: None, page, limit: PAGE }).await?;
        let Some(last) = rows.last() else { return Ok(count) };
        after = last.no;
        for row in rows {
            write(out, &Line::Audit(Audited::of(row)))?;
            count += 1;
        }
    }
}

fn write(out: &mut (dyn Write + Send), line: &Line) -> Result<(), Error> {
    let mut text = serde_json::to_vec(line).map_err(std::io::Error::from)?;
    text.push(b'\n');
    Ok(out.write_all(&text)?)
}

//! New messages as statements.
//!
//! In: messages with their numbers and an open transaction. Out: rows, and which of them were known. Never knows: when
//! the transaction ends.

use std::collections::HashMap;

use deadpool_postgres::ClientWrapper;
use sha2::{Digest as _, Sha256};
use tokio_postgres::Error;

use super::{
    apply::{clean, keep_origin, run},
    data_keys,
    lanes::numbers,
};
use crate::{
    journal::{Accepted, Lanes, Mark, NewMessage, Origin, words},
    lifecycle::State,
};

/// A message with the number it gets if it is new.
pub(super) struct Candidate<'a> {
    pub(super) seq: i64,
    pub(super) message: &'a NewMessage,
}

impl Candidate<'_> {
    /// Whether its owner hears of it from the store.
    pub(super) fn is_handed(&self, mine: Lanes) -> bool {
        self.message.relayed || !mine.contains(self.message.lane())
    }
}

/// What recognises a message.
type Key<'a> = (&'a str, &'a str, &'a [u8]);

fn key(message: &NewMessage) -> Option<Key<'_>> {
    let key = message.key.as_ref()?;
    Some((&message.interface, &message.principal, &key.key_hash))
}

/// Keeps those that are new. What each is answered, in their order; no two of them have the same key.
pub(super) async fn accept(
    client: &ClientWrapper,
    candidates: &[Candidate<'_>],
    mine: Lanes,
) -> Result<Vec<Accepted>, Error> {
    let known = recognise(client, candidates).await?;
    let mut answers = Vec::with_capacity(candidates.len());
    let mut new = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        answers.push(match key(candidate.message).and_then(|key| known.get(&key)) {
            None => {
                new.push(candidate);
                Accepted::New { seq: candidate.seq }
            }
            Some((body_hash, id)) => {
                let same = candidate.message.key.as_ref().is_some_and(|key| key.body_hash == body_hash.as_slice());
                if same { Accepted::Replayed { id: id.clone() } } else { Accepted::KeyReused }
            }
        });
    }
    if !new.is_empty() {
        tokio::try_join!(
            biased;
            messages(client, &new),
            bodies(client, &new),
            tokens(client, &new),
            progress(client, &new, mine),
        )?;
        for Candidate { seq, message } in new {
            if let Some(key) = message.sealed.as_ref().and_then(|sealed| sealed.data_key.as_ref()) {
                data_keys::keep(client, key).await?;
            }
            if let Some(origin) = &message.origin {
                keep_origin(client, *seq, origin).await?;
                succeed(client, *seq, origin, mine).await?;
            }
        }
    }
    Ok(answers)
}

/// A replay takes the place of the one it repeats, if that held the first of its order key.
async fn succeed(client: &ClientWrapper, seq: i64, origin: &Origin, mine: Lanes) -> Result<(), Error> {
    // Whoever works on the lane of the old one has to be told.
    let sql = "update progress set mark = null, handed = lane <> all($3) \
               where mark = $2 and message = (select seq from message where id = $1)";
    let mine = numbers(mine);
    if run(client, sql, vec![&origin.replay_of, &Mark::Blocks.as_str(), &mine]).await? > 0 {
        let sql = "update progress set mark = $2 where message = $1";
        run(client, sql, vec![&seq, &Mark::Heir.as_str()]).await?;
    }
    Ok(())
}

/// Body hash and id of the messages that had these keys before. In the transaction that keeps the messages: a message
/// is never durable without its key, nor a key without its message. Whoever brings the same key to another process at
/// the same moment waits here for our commit.
async fn recognise<'a>(
    client: &ClientWrapper,
    candidates: &[Candidate<'a>],
) -> Result<HashMap<Key<'a>, (Vec<u8>, String)>, Error> {
    let mut keyed: Vec<_> = candidates.iter().filter_map(|it| Some((key(it.message)?, it))).collect();
    if keyed.is_empty() {
        return Ok(HashMap::new());
    }
    // All processes lock keys in the same order: none waits for one that waits for it.
    keyed.sort_by_key(|(key, _)| *key);
    let interfaces: Vec<&str> = keyed.iter().map(|(key, _)| key.0).collect();
    let principals: Vec<String> = keyed.iter().map(|(key, _)| clean(key.1)).collect();
    let hashes: Vec<&[u8]> = keyed.iter().map(|(key, _)| key.2).collect();
    let keys = keyed.iter().map(|(_, it)| it.message.key.as_ref());
    let bodies: Vec<&[u8]> = keys.clone().flatten().map(|key| key.body_hash.as_slice()).collect();
    let expires: Vec<i64> = keys.flatten().map(|key| key.expires_ms).collect();
    let seqs: Vec<i64> = keyed.iter().map(|(_, it)| it.seq).collect();
    let ids: Vec<&str> = keyed.iter().map(|(_, it)| it.message.id.as_str()).collect();
    let times: Vec<i64> = keyed.iter().map(|(_, it)| it.message.accepted_ms).collect();
    // A message that ended FAILED was not kept for a decision: its sender sends it again, so its key is free.
    let sql = "insert into idem as known (interface, principal, key_hash, body_hash, expires_ms, message, id, at_ms) \
               select interface, principal, key_hash, body_hash, expires_ms, message, id, at_ms \
               from unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[], $7::text[], \
               $8::bigint[]) with ordinality \
               as new (interface, principal, key_hash, body_hash, expires_ms, message, id, at_ms, place) order by place \
               on conflict (interface, principal, key_hash) do update set body_hash = excluded.body_hash, \
               expires_ms = excluded.expires_ms, message = excluded.message, id = excluded.id, at_ms = excluded.at_ms \
               where known.expires_ms <= excluded.at_ms or exists (select 1 from progress \
               where progress.message = known.message and progress.state = 'FAILED') returning message";
    let statement = client.prepare_cached(sql).await?;
    let taken =
        client.query(&statement, &[&interfaces, &principals, &hashes, &bodies, &expires, &seqs, &ids, &times]).await?;
    let taken: std::collections::HashSet<i64> = taken.iter().map(|row| row.get(0)).collect();
    let mut known = HashMap::new();
    for (place, (key, candidate)) in keyed.iter().enumerate() {
        if !taken.contains(&candidate.seq) {
            let sql = "select body_hash, id from idem where interface = $1 and principal = $2 and key_hash = $3";
            let row = client.query_one(sql, &[&key.0, &principals[place], &key.2]).await?;
            known.insert(*key, (row.get(0), row.get(1)));
        }
    }
    Ok(known)
}

async fn messages(client: &ClientWrapper, new: &[&Candidate<'_>]) -> Result<(), Error> {
    let rows: Vec<_> = new.iter().map(|it| it.message).collect();
    let seqs: Vec<i64> = new.iter().map(|it| it.seq).collect();
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let lanes: Vec<i16> = rows.iter().map(|row| i16::from(row.lane())).collect();
    let interfaces: Vec<&str> = rows.iter().map(|row| row.interface.as_str()).collect();
    let digests: Vec<&str> = rows.iter().map(|row| row.digest.as_str()).collect();
    let principals: Vec<String> = rows.iter().map(|row| clean(&row.principal)).collect();
    let order_keys: Vec<Option<String>> = rows.iter().map(|row| row.order_key.as_deref().map(clean)).collect();
    let traces: Vec<String> = rows.iter().map(|row| clean(&row.traceparent)).collect();
    let requests: Vec<String> = rows.iter().map(|row| clean(&row.request_id)).collect();
    // NUL is an escape in JSON: parameters hold none.
    let parameters: Vec<String> = rows.iter().map(|row| words::pairs_to_text(&row.parameters)).collect();
    let times: Vec<i64> = rows.iter().map(|row| row.accepted_ms).collect();
    let sizes: Vec<i64> = rows.iter().map(|row| i64::try_from(row.size_bytes()).unwrap_or(i64::MAX)).collect();
    let sql = "insert into message (seq, id, lane, interface, digest, principal, order_key, traceparent, request_id, \
               parameters, accepted_ms, size) \
               select * from unnest($1::bigint[], $2::text[], $3::smallint[], $4::text[], $5::text[], $6::text[], \
               $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[])";
    let values: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = vec![
        &seqs,
        &ids,
        &lanes,
        &interfaces,
        &digests,
        &principals,
        &order_keys,
        &traces,
        &requests,
        &parameters,
        &times,
        &sizes,
    ];
    run(client, sql, values).await.map(drop)
}

async fn bodies(client: &ClientWrapper, new: &[&Candidate<'_>]) -> Result<(), Error> {
    let seqs: Vec<i64> = new.iter().map(|it| it.seq).collect();
    let bodies: Vec<&[u8]> = new.iter().map(|it| it.message.raw.as_slice()).collect();
    let digests: Vec<Vec<u8>> = bodies.iter().map(|raw| Sha256::digest(raw).to_vec()).collect();
    let sql = "insert into body (message, raw, sha256) select * from unnest($1::bigint[], $2::bytea[], $3::bytea[])";
    run(client, sql, vec![&seqs, &bodies, &digests]).await.map(drop)
}

async fn tokens(client: &ClientWrapper, new: &[&Candidate<'_>]) -> Result<(), Error> {
    let of = |it: &&Candidate<'_>| it.message.tokens.iter().map(|token| (it.seq, *token)).collect::<Vec<_>>();
    let rows: Vec<_> = new.iter().flat_map(of).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let seqs: Vec<i64> = rows.iter().map(|(seq, _)| *seq).collect();
    let tokens: Vec<&[u8]> = rows.iter().map(|(_, token)| token.as_bytes().as_slice()).collect();
    let sql = "insert into searchable (message, token) select * from unnest($1::bigint[], $2::bytea[])";
    run(client, sql, vec![&seqs, &tokens]).await.map(drop)
}

async fn progress(client: &ClientWrapper, new: &[&Candidate<'_>], mine: Lanes) -> Result<(), Error> {
    let seqs: Vec<i64> = new.iter().map(|it| it.seq).collect();
    let lanes: Vec<i16> = new.iter().map(|it| i16::from(it.message.lane())).collect();
    let handed: Vec<bool> = new.iter().map(|it| it.is_handed(mine)).collect();
    let sql = "insert into progress (message, lane, handed, state) \
               select message, lane, handed, $4 from unnest($1::bigint[], $2::smallint[], $3::bool[]) \
               as new (message, lane, handed)";
    run(client, sql, vec![&seqs, &lanes, &handed, &State::Accepted.as_str()]).await.map(drop)
}

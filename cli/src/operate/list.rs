//! Lists of a running service.
//!
//! In: arguments. Out: tables or JSON lines. Never knows: stores.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    client::{Answer, Client},
    show::declined,
    table::{Table, cell, json_lines, time},
};
use crate::{
    args::operate::{Alerts, Audit, DeadLetters, List, Look},
    failure::Failure,
    outcome::Outcome,
    terminal::Terminal,
};

/// Most rows that the service gives at a time.
const PAGE: usize = 500;
/// How often following looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A list that the service gives page by page.
struct Pages<'a> {
    client: &'a Client,
    path: &'a [&'a str],
    /// Name of the list in the answer.
    name: &'static str,
    query: Vec<(&'static str, String)>,
}

impl Pages<'_> {
    /// At most so many rows, and whether there are more; or why not.
    async fn read(&self, most: usize) -> Result<Result<(Vec<Value>, bool), String>, Failure> {
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let left = most.saturating_sub(rows.len()).min(PAGE);
            let mut query = self.query.clone();
            query.push(("limit", left.max(1).to_string()));
            query.extend(after.map(|after: i64| ("after", after.to_string())));
            let mut page = match self.client.get(self.path, &query).await? {
                Answer::Done(page) => page,
                Answer::Declined(why) => return Ok(Err(why)),
            };
            after = page["next"].as_i64();
            if let Value::Array(more) = page[self.name].take() {
                rows.extend(more);
            }
            if after.is_none() || rows.len() >= most {
                return Ok(Ok((rows, after.is_some())));
            }
        }
    }
}

/// Messages, newest first.
pub(crate) async fn messages(arguments: &List, terminal: &Terminal) -> Result<Outcome, Failure> {
    let client = Client::new(&arguments.reach)?;
    let pages = Pages { client: &client, path: &["messages"], name: "messages", query: arguments.narrow.query()? };
    let (mut rows, more) = match pages.read(arguments.limit).await? {
        Ok(read) => read,
        Err(why) => return Err(Failure::Other(why)),
    };
    if arguments.follow {
        rows.reverse();
    }
    print_messages(&rows, arguments, true, terminal)?;
    if arguments.follow {
        return follow(&pages, &rows, arguments, terminal).await;
    }
    tell_more(more && !arguments.reach.json, terminal);
    Ok(Outcome::Fine)
}

/// New messages as they come, oldest first, until somebody ends it.
async fn follow(pages: &Pages<'_>, seen: &[Value], arguments: &List, terminal: &Terminal) -> Result<Outcome, Failure> {
    let place = |row: &Value| row["seq"].as_i64().unwrap_or_default();
    let mut last = seen.iter().map(place).max().unwrap_or_default();
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        let (rows, _) = match pages.read(PAGE).await? {
            Ok(read) => read,
            Err(why) => return Err(Failure::Other(why)),
        };
        let mut new: Vec<_> = rows.into_iter().filter(|row| place(row) > last).collect();
        new.reverse();
        last = new.iter().map(place).max().unwrap_or(last);
        print_messages(&new, arguments, false, terminal)?;
    }
}

fn print_messages(rows: &[Value], arguments: &List, first: bool, terminal: &Terminal) -> Result<(), Failure> {
    if arguments.reach.json {
        return json_lines(rows, terminal);
    }
    let mut table = Table::new(&["STATE", "ID", "ACCEPTED", "INTERFACE", "DETAIL"], 3);
    for row in rows {
        let detail = cell(row, "/detail");
        table.row([state(row), cell(row, "/id"), time(row, "/accepted_at"), cell(row, "/interface"), detail]);
    }
    table.print(first, if first && !arguments.follow { "no messages" } else { "" }, terminal)
}

/// State with its reason: `HELD UNKNOWN`. What a message waits for counts where the journal has no reason.
pub(super) fn state(row: &Value) -> String {
    let waits_for = cell(row, "/waits_for");
    let (state, reason) =
        if waits_for.is_empty() { (cell(row, "/state"), cell(row, "/reason")) } else { ("HELD".to_owned(), waits_for) };
    format!("{state} {reason}").trim_end().to_owned()
}

/// Says that there are more rows, if there are.
fn tell_more(more: bool, terminal: &Terminal) {
    if more {
        terminal.note("More", "there are; --limit N shows them, a filter finds some");
    }
}

/// Dead letters, newest first, or all stories for a file.
pub(crate) async fn dead_letters(arguments: &DeadLetters, terminal: &Terminal) -> Result<Outcome, Failure> {
    let client = Client::new(&arguments.reach)?;
    let query = arguments.narrow.query()?;
    if arguments.export {
        let write = |chunk: &[u8]| terminal.write_bytes(chunk);
        return match client.stream(&["dead-letters", "export"], &query, write).await? {
            None => Ok(Outcome::Fine),
            Some(why) => Err(Failure::Other(why)),
        };
    }
    let pages = Pages { client: &client, path: &["dead-letters"], name: "dead_letters", query };
    let (rows, more) = match pages.read(arguments.limit).await? {
        Ok(read) => read,
        Err(why) => return Err(Failure::Other(why)),
    };
    if arguments.reach.json {
        json_lines(&rows, terminal)?;
        return Ok(Outcome::Fine);
    }
    let mut table = Table::new(&["STATE", "ID", "DIED", "INTERFACE", "STEP", "TRIES", "WHY"], 3);
    for row in &rows {
        let of = |name: &str| cell(row, &format!("/dead_letter/{name}"));
        let (died, interface) = (time(row, "/dead_letter/at"), cell(row, "/interface"));
        table.row([state(row), cell(row, "/id"), died, interface, of("step"), of("tries"), of("sentence")]);
    }
    table.print(true, "no dead letters", terminal)?;
    tell_more(more, terminal);
    Ok(Outcome::Fine)
}

/// Interfaces with what there is to do.
pub(crate) async fn interfaces(arguments: &Look, terminal: &Terminal) -> Result<Outcome, Failure> {
    let told = Client::new(&arguments.reach)?.ask(&["interfaces"], &[]).await?;
    let rows = list(&told, "interfaces");
    if arguments.reach.json {
        json_lines(rows, terminal)?;
        return Ok(Outcome::Fine);
    }
    let headings = ["STATE", "INTERFACE", "DIGEST", "ACCEPTED", "DELIVERED", "BACKLOG", "OLDEST", "DEAD"];
    let mut table = Table::new(&headings, 2);
    for row in rows {
        let state = if row["paused"].is_null() { "running" } else { "paused" };
        let (accepted, delivered) = (cell(row, "/accepted"), number(row, "/ended/DELIVERED"));
        let (backlog, dead) = (cell(row, "/backlog"), cell(row, "/dead_letters"));
        let (name, digest) = (cell(row, "/smart_id"), cell(row, "/digest"));
        table.row([state.to_owned(), name, digest, accepted, delivered, backlog, time(row, "/oldest_at"), dead]);
    }
    table.print(true, "no interfaces", terminal)?;
    Ok(Outcome::Fine)
}

fn number(row: &Value, pointer: &str) -> String {
    row.pointer(pointer).map_or_else(|| "0".to_owned(), ToString::to_string)
}

/// Breakers of the target systems.
pub(crate) async fn breakers(arguments: &Look, terminal: &Terminal) -> Result<Outcome, Failure> {
    let told = Client::new(&arguments.reach)?.ask(&["systems"], &[]).await?;
    let rows = list(&told, "systems");
    if arguments.reach.json {
        json_lines(rows, terminal)?;
        return Ok(Outcome::Fine);
    }
    let mut table = Table::new(&["BREAKER", "SYSTEM", "OPEN UNTIL", "IN FLIGHT", "AT MOST", "PAUSED"], 2);
    for row in rows {
        let paused = match row["paused"].is_null() {
            true => String::new(),
            false => format!("by {}: {}", cell(row, "/paused/who"), cell(row, "/paused/why")),
        };
        let until = time(row, "/open_until_at");
        let (calls, most) = (cell(row, "/in_flight"), cell(row, "/at_a_time"));
        table.row([cell(row, "/breaker"), cell(row, "/system"), until, calls, most, paused]);
    }
    table.print(true, "no interface calls a system", terminal)?;
    Ok(Outcome::Fine)
}

/// Incidents, and alerts that are on their way or could not be sent.
pub(crate) async fn alerts(arguments: &Alerts, terminal: &Terminal) -> Result<Outcome, Failure> {
    let client = Client::new(&arguments.reach)?;
    if let Some(key) = &arguments.acknowledge {
        let body = json!({ "why": arguments.why });
        return match client.post(&["alerts", key, "acknowledge"], &body).await? {
            Answer::Done(_) => terminal.say(format!("{key} is acknowledged")).map(|()| Outcome::Fine),
            Answer::Declined(why) => Ok(declined(Some(why), terminal)),
        };
    }
    let told = client.ask(&["alerts"], &[]).await?;
    if arguments.reach.json {
        json_lines(list(&told, "incidents"), terminal)?;
        return Ok(Outcome::Fine);
    }
    let mut table = Table::new(&["STATUS", "KEY", "COUNT", "LAST", "BY", "WHAT"], 4);
    for row in list(&told, "incidents") {
        let (key, count, last) = (cell(row, "/dedup_key"), cell(row, "/count"), time(row, "/last_at"));
        table.row([cell(row, "/status"), key, count, last, cell(row, "/acknowledged_by"), cell(row, "/detail")]);
    }
    table.print(true, "no incidents", terminal)?;
    let mut posts = Table::new(&["ALERT", "CHANNEL", "TRIES", "WRITTEN", "TROUBLE"], 4);
    for row in list(&told, "posts").iter().filter(|row| row["state"] != "SENT") {
        let (channel, tries) = (cell(row, "/channel"), cell(row, "/tries"));
        posts.row([cell(row, "/state"), channel, tries, time(row, "/created_at"), cell(row, "/error")]);
    }
    posts.print(true, "", terminal)?;
    Ok(Outcome::Fine)
}

/// The audit log, or whether it is as it was written.
pub(crate) async fn audit(arguments: &Audit, terminal: &Terminal) -> Result<Outcome, Failure> {
    let client = Client::new(&arguments.reach)?;
    if arguments.verify {
        return verify(&client, arguments.reach.json, terminal).await;
    }
    let query = arguments.subject.iter().map(|subject| ("subject", subject.clone())).collect();
    let pages = Pages { client: &client, path: &["audit"], name: "audit", query };
    let (rows, more) = match pages.read(arguments.limit).await? {
        Ok(read) => read,
        Err(why) => return Err(Failure::Other(why)),
    };
    if arguments.reach.json {
        json_lines(&rows, terminal)?;
        return Ok(Outcome::Fine);
    }
    let mut table = Table::new(&["NO", "AT", "WHO", "ROLE", "ACTION", "SUBJECT", "WHY", "RESULT"], 5);
    for row in &rows {
        let of = |name: &str| cell(row, &format!("/{name}"));
        let at = time(row, "/at");
        table.row([of("no"), at, of("who"), of("role"), of("action"), of("subject"), of("why"), of("result")]);
    }
    table.print(true, "nobody has decided anything yet", terminal)?;
    tell_more(more, terminal);
    Ok(Outcome::Fine)
}

async fn verify(client: &Client, json: bool, terminal: &Terminal) -> Result<Outcome, Failure> {
    let verdict = client.ask(&["audit", "verify"], &[]).await?;
    let intact = verdict["intact"] == true;
    if json {
        terminal.say(&verdict)?;
    } else if intact {
        let (rows, hash) = (cell(&verdict, "/rows"), cell(&verdict, "/hash"));
        terminal.say(format!("the audit log is as it was written: {rows} rows, up to {hash}"))?;
    } else {
        terminal.say(format!("the audit log was changed: {}", cell(&verdict, "/problem")))?;
    }
    Ok(if intact { Outcome::Fine } else { Outcome::Errors })
}

pub(super) fn list<'a>(told: &'a Value, name: &str) -> &'a [Value] {
    told[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

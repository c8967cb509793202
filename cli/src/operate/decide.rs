//! Decisions, handed to a running service.
//!
//! In: ids or a filter, why. Out: what came of each. Never knows: who may decide; the service says so.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};
use serde_json::{Map, Value, json};

use super::{
    client::{Answer, Client},
    list::{list, state},
    show::declined,
    table::{Table, cell, clean, json_lines, style, time},
};
use crate::{
    args::operate::{Decide, Pause, Replay, Resume, Retry, Scope, Skip},
    failure::Failure,
    outcome::Outcome,
    terminal::Terminal,
};

/// A verb with what it says besides ids, filter and reason.
struct Verb<'a> {
    name: &'static str,
    arguments: &'a Decide,
    extra: Map<String, Value>,
    client: Client,
    terminal: &'a Terminal,
}

/// Retries.
pub(crate) async fn retry(arguments: &Retry, terminal: &Terminal) -> Result<Outcome, Failure> {
    let mut extra = Map::new();
    if arguments.today {
        extra.insert("today".to_owned(), true.into());
    }
    run("retry", &arguments.decide, extra, terminal).await
}

/// Replays, or shows what that would send.
pub(crate) async fn replay(arguments: &Replay, terminal: &Terminal) -> Result<Outcome, Failure> {
    let mut extra = Map::new();
    if arguments.again {
        extra.insert("again".to_owned(), true.into());
    }
    if let Some(path) = &arguments.body {
        let text = std::fs::read_to_string(path).map_err(Failure::file("reading", path))?;
        let body: Value = serde_json::from_str(&text)
            .map_err(|error| Failure::Other(format!("{} is no JSON: {error}", path.display())))?;
        extra.insert("body".to_owned(), body);
    }
    if !extra.is_empty() && arguments.decide.ids.len() != 1 {
        return Err(Failure::Other("--body and --again are for one message: name it".to_owned()));
    }
    run("replay", &arguments.decide, extra, terminal).await
}

/// Discards or resolves.
pub(crate) async fn decide(name: &'static str, arguments: &Decide, terminal: &Terminal) -> Result<Outcome, Failure> {
    run(name, arguments, Map::new(), terminal).await
}

/// Lets those behind a dead message pass.
pub(crate) async fn skip(arguments: &Skip, terminal: &Terminal) -> Result<Outcome, Failure> {
    let client = Client::new(&arguments.reach)?;
    let body = json!({ "why": arguments.why });
    match client.post(&["messages", &arguments.id, "skip"], &body).await? {
        Answer::Done(told) if arguments.reach.json => terminal.say(told).map(|()| Outcome::Fine),
        Answer::Done(told) => {
            let state = cell(&told, "/state");
            terminal.say(format!("{} stays {state}; those behind it go on", arguments.id)).map(|()| Outcome::Fine)
        }
        Answer::Declined(why) => Ok(declined(Some(why), terminal)),
    }
}

async fn run(
    name: &'static str,
    arguments: &Decide,
    extra: Map<String, Value>,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let filter = arguments.narrow.query()?;
    match (arguments.ids.is_empty(), filter.is_empty()) {
        (true, true) => {
            let problem = format!("which messages?\n  help: name ids, or narrow: `tieline {name} --help` shows how");
            return Err(Failure::Other(problem));
        }
        (false, false) => return Err(Failure::Other("name ids or a filter, not both".to_owned())),
        _ => {}
    }
    let client = Client::new(&arguments.reach)?;
    let verb = Verb { name, arguments, extra, client, terminal };
    match (arguments.ids.is_empty(), arguments.dry_run) {
        (false, false) => verb.each().await,
        (false, true) => verb.rehearse_each().await,
        (true, true) => verb.rehearse_all().await,
        (true, false) => verb.all(&filter).await,
    }
}

impl Verb<'_> {
    fn json(&self) -> bool {
        self.arguments.reach.json
    }

    /// What is sent, with these fields besides.
    fn body(&self, more: &[(&str, Value)]) -> Value {
        let mut body = self.extra.clone();
        body.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Value::Object(body)
    }

    fn why(&self) -> Value {
        self.arguments.why.clone().unwrap_or_default().into()
    }

    fn filter(&self) -> Result<Map<String, Value>, Failure> {
        let query = self.arguments.narrow.query()?;
        Ok(query.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
    }

    /// One decision for each id.
    async fn each(&self) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::Fine;
        for id in &self.arguments.ids {
            match self.client.post(&["messages", id, self.name], &self.body(&[("why", self.why())])).await? {
                Answer::Declined(why) => outcome = declined(Some(why), self.terminal),
                Answer::Done(told) if self.json() => self.terminal.say(told)?,
                Answer::Done(told) if self.name == "replay" => self.done(id, "is replayed as", &told["id"])?,
                Answer::Done(told) => self.done(id, "is", &told["state"])?,
            }
        }
        Ok(outcome)
    }

    fn done(&self, id: &str, is: &str, word: &Value) -> Result<(), Failure> {
        let word = word.as_str().unwrap_or_default();
        let painted = style(word).map_or_else(|| word.to_owned(), |style| self.terminal.paint(style, word));
        self.terminal.say(format!("{id} {is} {painted}"))
    }

    /// What a decision about these ids would do.
    async fn rehearse_each(&self) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::Fine;
        for id in &self.arguments.ids {
            let answer = if self.name == "replay" {
                self.client.post(&["messages", id, "replay"], &self.body(&[("dry_run", true.into())])).await?
            } else {
                self.client.get(&["messages", id], &[]).await?
            };
            match answer {
                Answer::Declined(why) => outcome = declined(Some(why), self.terminal),
                Answer::Done(told) => self.print_would(&[told])?,
            }
        }
        Ok(outcome)
    }

    /// What a decision about everything that the filter finds would do.
    async fn rehearse_all(&self) -> Result<Outcome, Failure> {
        let (mut after, mut outcome) = (Value::Null, Outcome::Fine);
        loop {
            let told = match self.page(after, &[("dry_run", true.into())]).await? {
                Answer::Done(told) => told,
                Answer::Declined(why) => return Ok(declined(Some(why), self.terminal)),
            };
            for one in list(&told, "would").iter().filter(|one| !one["declined"].is_null()) {
                let why = format!("{}: {}", cell(one, "/id"), cell(one, "/declined"));
                outcome = declined(Some(why), self.terminal);
            }
            let would: Vec<Value> =
                list(&told, "would").iter().filter(|one| one["declined"].is_null()).cloned().collect();
            self.print_would(&would)?;
            after = told["next"].clone();
            if after.is_null() {
                return Ok(outcome);
            }
        }
    }

    async fn page(&self, after: Value, more: &[(&str, Value)]) -> Result<Answer, Failure> {
        let mut filter = self.filter()?;
        if !after.is_null() {
            filter.insert("after".to_owned(), after);
        }
        if more.iter().all(|(name, _)| *name != "dry_run") {
            // As many as the service takes at a time.
            filter.insert("limit".to_owned(), 200.into());
        }
        let body = self.body(&[more, &[("filter", filter.into())]].concat());
        self.client.post(&["bulk", self.name], &body).await
    }

    fn print_would(&self, would: &[Value]) -> Result<(), Failure> {
        if self.json() {
            return json_lines(would, self.terminal);
        }
        if self.name == "replay" {
            return would.iter().try_for_each(|one| print_rehearsal(one, self.terminal));
        }
        let mut table = Table::new(&["STATE", "ID", "ACCEPTED", "INTERFACE", "DETAIL"], 3);
        for row in would {
            let (id, accepted) = (cell(row, "/id"), time(row, "/accepted_at"));
            table.row([state(row), id, accepted, cell(row, "/interface"), cell(row, "/detail")]);
        }
        table.print(true, "nothing", self.terminal)
    }

    /// A decision about everything that the filter finds, page by page, after somebody agreed.
    async fn all(&self, filter: &[(&str, String)]) -> Result<Outcome, Failure> {
        if !self.arguments.yes {
            self.confirm(filter).await?;
        }
        let (mut after, mut batch, mut outcome) = (Value::Null, Value::Null, Outcome::Fine);
        let (mut done, mut refused) = (0, 0);
        loop {
            let mut more = vec![("why", self.why())];
            if !batch.is_null() {
                more.push(("batch", batch.clone()));
            }
            let told = match self.page(after, &more).await? {
                Answer::Done(told) => told,
                Answer::Declined(why) => return Ok(declined(Some(why), self.terminal)),
            };
            if self.json() {
                json_lines(list(&told, "done"), self.terminal)?;
            }
            done += list(&told, "done").len();
            refused += list(&told, "declined").len();
            for one in list(&told, "declined") {
                let why = format!("{}: {}", cell(one, "/id"), cell(one, "/why"));
                outcome = declined(Some(why), self.terminal);
            }
            (after, batch) = (told["next"].clone(), told["batch"].clone());
            if after.is_null() {
                break;
            }
        }
        if !self.json() {
            let declined = if refused == 0 { String::new() } else { format!(", {refused} declined") };
            self.terminal.say(format!("{}: {done} done{declined}, batch {}", self.name, cell(&batch, "")))?;
        }
        Ok(outcome)
    }

    /// Shows what it is about and asks. Where nobody can answer, nothing is done.
    async fn confirm(&self, filter: &[(&str, String)]) -> Result<(), Failure> {
        let mut query = filter.to_vec();
        if !query.iter().any(|(name, _)| *name == "state") {
            query.push(("state", "DEAD".to_owned()));
        }
        query.push(("limit", "10".to_owned()));
        let told = self.client.ask(&["messages"], &query).await?;
        let rows = list(&told, "messages");
        let some = if told["next"].is_null() { rows.len().to_string() } else { format!("{} or more", rows.len()) };
        let not_asked = || {
            Failure::Other(format!("{some} found, and nobody here to ask\n  help: look with --dry-run, then add --yes"))
        };
        if !io::stdin().is_terminal() {
            return Err(not_asked());
        }
        let mut table = Table::new(&["STATE", "ID", "ACCEPTED", "INTERFACE", "DETAIL"], 3);
        for row in rows {
            let (id, accepted) = (cell(row, "/id"), time(row, "/accepted_at"));
            table.row([state(row), id, accepted, cell(row, "/interface"), cell(row, "/detail")]);
        }
        table.print(true, "nothing", self.terminal)?;
        let mut err = io::stderr();
        write!(err, "{} {some}? [y/N] ", self.name).and_then(|()| err.flush()).map_err(Failure::Output)?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map_err(Failure::Output)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::Other("nothing was done".to_owned())),
        }
    }
}

/// Every call of a dry run, as a coloured difference.
fn print_rehearsal(told: &Value, terminal: &Terminal) -> Result<(), Failure> {
    terminal
        .say(terminal.paint(Style::new().bold(), &format!("{} {}", cell(told, "/id"), clean(&cell(told, "/end")))))?;
    for call in list(told, "calls") {
        terminal.say(format!("  {}: {} {}", cell(call, "/step"), cell(call, "/system"), cell(call, "/operation")))?;
        let (diff, before) = (cell(call, "/diff"), &call["before"]);
        if before.is_null() {
            for line in cell(call, "/after").lines() {
                terminal.say(format!("    {}", painted(&format!("+{line}"), terminal)))?;
            }
        } else if diff.is_empty() {
            terminal.say("    the same as before")?;
        }
        for line in diff.lines() {
            terminal.say(format!("    {}", painted(line, terminal)))?;
        }
    }
    Ok(())
}

fn painted(line: &str, terminal: &Terminal) -> String {
    let color = match line.as_bytes().first() {
        Some(b'+') => AnsiColor::Green,
        Some(b'-') => AnsiColor::Red,
        Some(b'@') => AnsiColor::Cyan,
        _ => return clean(line),
    };
    terminal.paint(Style::new().fg_color(Some(color.into())), &clean(line))
}

/// Pauses, or lists what is paused.
pub(crate) async fn pause(arguments: &Pause, terminal: &Terminal) -> Result<Outcome, Failure> {
    let client = Client::new(&arguments.reach)?;
    let Some((kind, name)) = place(&arguments.scope) else {
        return pauses(&client, arguments.reach.json, terminal).await;
    };
    let Some(why) = &arguments.why else {
        return Err(Failure::Other("why?\n  help: add --why WORDS; they stand in the audit log".to_owned()));
    };
    match client.post(&[kind, name, "pause"], &json!({ "why": why })).await? {
        Answer::Declined(why) => Ok(declined(Some(why), terminal)),
        Answer::Done(told) if arguments.reach.json => terminal.say(told).map(|()| Outcome::Fine),
        Answer::Done(told) => {
            let since = time(&told, "/since_at");
            terminal.say(format!("{name} is paused since {since}; `tieline resume` lets it go on"))?;
            Ok(Outcome::Fine)
        }
    }
}

async fn pauses(client: &Client, json: bool, terminal: &Terminal) -> Result<Outcome, Failure> {
    let told = client.ask(&["pauses"], &[]).await?;
    if json {
        json_lines(list(&told, "pauses"), terminal)?;
        return Ok(Outcome::Fine);
    }
    let mut table = Table::new(&["WHAT", "NAME", "SINCE", "WHO", "WHY"], 4);
    for row in list(&told, "pauses") {
        let of = |name: &str| cell(row, &format!("/{name}"));
        table.row([of("kind"), of("name"), time(row, "/since_at"), of("who"), of("why")]);
    }
    table.print(true, "nothing is paused", terminal)?;
    Ok(Outcome::Fine)
}

/// Lets it go on.
pub(crate) async fn resume(arguments: &Resume, terminal: &Terminal) -> Result<Outcome, Failure> {
    let Some((kind, name)) = place(&arguments.scope) else {
        return Err(Failure::Other("what?\n  help: name it with --interface SMART-ID or --target SYSTEM".to_owned()));
    };
    let client = Client::new(&arguments.reach)?;
    match client.post(&[kind, name, "resume"], &json!({ "why": arguments.why })).await? {
        Answer::Declined(why) => Ok(declined(Some(why), terminal)),
        Answer::Done(told) if arguments.reach.json => terminal.say(told).map(|()| Outcome::Fine),
        Answer::Done(_) => terminal.say(format!("{name} goes on")).map(|()| Outcome::Fine),
    }
}

fn place(scope: &Scope) -> Option<(&'static str, &str)> {
    let interface = scope.interface.as_deref().map(|name| ("interfaces", name));
    interface.or_else(|| scope.target.as_deref().map(|name| ("systems", name)))
}

//! Erasures, handed to a running service.
//!
//! In: ids or a filter, why. Out: what was erased. Never knows: who may erase; the service says so.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::{
    client::{Answer, Client},
    list::{list, state},
    show::declined,
    table::{Table, cell, json_lines, time},
};
use crate::{args::operate::Erase, failure::Failure, outcome::Outcome, terminal::Terminal};

/// Rows that are shown before somebody is asked.
const SHOWN: usize = 10;

/// Erases, or counts what would be erased.
pub(crate) async fn erase(arguments: &Erase, terminal: &Terminal) -> Result<Outcome, Failure> {
    let filter = filter(arguments)?;
    match (arguments.ids.is_empty(), filter.is_empty()) {
        (true, true) => {
            let problem = "which messages?\n  help: name ids, or narrow: `tieline erase --help` shows how";
            return Err(Failure::Other(problem.to_owned()));
        }
        (false, false) => return Err(Failure::Other("name ids or a filter, not both".to_owned())),
        _ => {}
    }
    let erasing = Erasing { arguments, filter, client: Client::new(&arguments.reach)?, terminal };
    let found = erasing.found().await?;
    if arguments.dry_run {
        return erasing.would(&found);
    }
    if !arguments.yes {
        erasing.confirm(&found)?;
    }
    erasing.carry_out().await
}

/// The filter as the service takes it; a day is its beginning and its end.
fn filter(arguments: &Erase) -> Result<Map<String, Value>, Failure> {
    let query = arguments.narrow.query()?;
    let mut filter: Map<_, _> = query.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    if let Some(day) = &arguments.day {
        let (from, until) = day_of(day)?;
        filter.insert("from".to_owned(), from.into());
        filter.insert("until".to_owned(), until.into());
    }
    Ok(filter)
}

fn day_of(day: &str) -> Result<(String, String), Failure> {
    let wrong = || Failure::Other(format!("{day:?} is no day\n  help: write a day like 2026-01-31 (UTC)"));
    let first: Date = day.parse().map_err(|_| wrong())?;
    let next = first.tomorrow().map_err(|_| wrong())?;
    Ok((format!("{first}T00:00:00Z"), format!("{next}T00:00:00Z")))
}

struct Erasing<'a> {
    arguments: &'a Erase,
    filter: Map<String, Value>,
    client: Client,
    terminal: &'a Terminal,
}

/// What a dry run found.
#[derive(Default)]
struct Found {
    rows: Vec<Value>,
    declined: Vec<String>,
}

impl Erasing<'_> {
    async fn found(&self) -> Result<Found, Failure> {
        let mut found = Found::default();
        for id in &self.arguments.ids {
            match self.client.post(&["messages", id, "erase"], &self.body(&[("dry_run", true.into())])).await? {
                Answer::Declined(why) => found.declined.push(why),
                Answer::Done(told) => found.take(&told),
            }
        }
        if self.arguments.ids.is_empty() {
            let mut after = Value::Null;
            loop {
                let told = self.page(after, &[("dry_run", true.into())], 50).await?;
                found.take(&told);
                after = told["next"].clone();
                if after.is_null() {
                    break;
                }
            }
        }
        // Messages that share their content are found with each of them.
        let mut seen = std::collections::BTreeSet::new();
        found.rows.retain(|row| seen.insert(cell(row, "/id")));
        Ok(found)
    }

    async fn page(&self, after: Value, more: &[(&str, Value)], limit: usize) -> Result<Value, Failure> {
        let mut filter = self.filter.clone();
        filter.insert("limit".to_owned(), limit.into());
        if !after.is_null() {
            filter.insert("after".to_owned(), after);
        }
        let body = self.body(&[more, &[("filter", filter.into())]].concat());
        match self.client.post(&["bulk", "erase"], &body).await? {
            Answer::Done(told) => Ok(told),
            Answer::Declined(why) => Err(Failure::Other(why)),
        }
    }

    fn body(&self, more: &[(&str, Value)]) -> Value {
        let mut body = Map::new();
        if self.arguments.discard {
            body.insert("discard".to_owned(), true.into());
        }
        body.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Value::Object(body)
    }

    fn would(&self, found: &Found) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::Fine;
        for why in &found.declined {
            outcome = declined(Some(why.clone()), self.terminal);
        }
        if self.arguments.reach.json {
            return json_lines(&found.rows, self.terminal).map(|()| outcome);
        }
        self.print(&found.rows)?;
        self.terminal.say(format!("would erase {}{}", messages(found.rows.len()), refused(found.declined.len())))?;
        Ok(outcome)
    }

    fn print(&self, rows: &[Value]) -> Result<(), Failure> {
        let mut table = Table::new(&["STATE", "ID", "ACCEPTED", "INTERFACE"], 3);
        for row in rows {
            table.row([state(row), cell(row, "/id"), time(row, "/accepted_at"), cell(row, "/interface")]);
        }
        table.print(true, "nothing", self.terminal)
    }

    /// Shows what it is about and has the number typed. Where nobody can answer, nothing is done.
    fn confirm(&self, found: &Found) -> Result<(), Failure> {
        let count = found.rows.len();
        if !io::stdin().is_terminal() {
            return Err(Failure::Other(format!(
                "{} found, and nobody here to ask\n  help: look with --dry-run, then add --yes",
                messages(count)
            )));
        }
        self.print(found.rows.get(..SHOWN).unwrap_or(&found.rows))?;
        let mut err = io::stderr();
        let question = format!(
            "The content of {}{} goes for good. Type {count} to erase: ",
            messages(count),
            refused(found.declined.len())
        );
        write!(err, "{question}").and_then(|()| err.flush()).map_err(Failure::Output)?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map_err(Failure::Output)?;
        match answer.trim() == count.to_string() {
            true => Ok(()),
            false => Err(Failure::Other("nothing was erased".to_owned())),
        }
    }

    async fn carry_out(&self) -> Result<Outcome, Failure> {
        let why = Value::from(self.arguments.why.clone().unwrap_or_default());
        let said = [("why", why), ("confirm", true.into())];
        let (mut erased, mut refusals) = (Vec::new(), Vec::new());
        for id in &self.arguments.ids {
            match self.client.post(&["messages", id, "erase"], &self.body(&said)).await? {
                Answer::Declined(why) => refusals.push(why),
                Answer::Done(told) => erased.extend(list(&told, "erased").iter().map(|id| json!({ "id": id }))),
            }
        }
        if self.arguments.ids.is_empty() {
            let mut after = Value::Null;
            loop {
                let told = self.page(after, &said, 200).await?;
                erased.extend(list(&told, "done").iter().map(|one| json!({ "id": one["id"] })));
                let why = |one: &Value| format!("{}: {}", cell(one, "/id"), cell(one, "/why"));
                refusals.extend(list(&told, "declined").iter().map(why));
                after = told["next"].clone();
                if after.is_null() {
                    break;
                }
            }
        }
        self.tell(&erased, &refusals)?;
        self.shred(&said, refusals.is_empty()).await
    }

    fn tell(&self, erased: &[Value], refusals: &[String]) -> Result<(), Failure> {
        for why in refusals {
            declined(Some(why.clone()), self.terminal);
        }
        if self.arguments.reach.json {
            return json_lines(erased, self.terminal);
        }
        self.terminal.say(format!("erased {}{}", messages(erased.len()), refused(refusals.len())))
    }

    /// A whole day of an interface: its data keys go too.
    async fn shred(&self, said: &[(&str, Value)], whole: bool) -> Result<Outcome, Failure> {
        let outcome = if whole { Outcome::Fine } else { Outcome::Errors };
        let interface = self.arguments.narrow.interface.as_deref();
        let (Some(day), Some(interface), true) = (&self.arguments.day, interface, whole) else { return Ok(outcome) };
        let only_the_day = self.filter.len() == 3;
        if !only_the_day {
            return Ok(outcome);
        }
        let body = json!({ "day": day, said[0].0: said[0].1, said[1].0: said[1].1 });
        match self.client.post(&["interfaces", interface, "shred"], &body).await? {
            Answer::Declined(why) => Ok(declined(Some(format!("its data keys are kept: {why}")), self.terminal)),
            Answer::Done(told) if self.arguments.reach.json => self.terminal.say(told).map(|()| outcome),
            Answer::Done(told) if told["keys"] == 0 => Ok(outcome),
            Answer::Done(told) => {
                let keys = cell(&told, "/keys");
                self.terminal.say(format!("destroyed {keys} data keys of {day}"))?;
                Ok(outcome)
            }
        }
    }
}

impl Found {
    fn take(&mut self, told: &Value) {
        self.rows.extend(list(told, "would").iter().cloned());
        self.declined.extend(list(told, "declined").iter().map(|one| cell(one, "/why")));
    }
}

fn messages(count: usize) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}

fn refused(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" ({count} refused)") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_a_beginning_and_an_end() {
        let of = |day| day_of(day).map_err(|failure| failure.to_string());
        assert_eq!(of("2026-02-28"), Ok(("2026-02-28T00:00:00Z".to_owned(), "2026-03-01T00:00:00Z".to_owned())));
        for wrong in ["", "2026-02-30", "yesterday", "9999-12-31"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}

//! The whole story of one message.
//!
//! In: an id. Out: what is known, for people or as JSON. Never knows: stores.

use anstyle::Style;
use serde_json::Value;

use super::{
    client::{Answer, Client},
    list::{list, state},
    table::{Table, cell, clean, style, time},
};
use crate::{args::operate::Show, failure::Failure, outcome::Outcome, terminal::Terminal};

/// Tells the story, or prints the content.
pub(crate) async fn show(arguments: &Show, terminal: &Terminal) -> Result<Outcome, Failure> {
    let client = Client::new(&arguments.reach)?;
    let id = arguments.id.as_str();
    if arguments.body {
        let written = client.stream(&["messages", id, "body"], &[], |chunk| terminal.write_bytes(chunk)).await?;
        return Ok(declined(written, terminal));
    }
    match client.get(&["messages", id], &[]).await? {
        Answer::Declined(why) => Ok(declined(Some(why), terminal)),
        Answer::Done(story) if arguments.reach.json => terminal.say(story).map(|()| Outcome::Fine),
        Answer::Done(story) => tell(&story, terminal).map(|()| Outcome::Fine),
    }
}

/// What the service declined is told on standard error.
pub(super) fn declined(why: Option<String>, terminal: &Terminal) -> Outcome {
    match why {
        None => Outcome::Fine,
        Some(why) => {
            terminal.complain(&Failure::Other(why));
            Outcome::Errors
        }
    }
}

fn tell(story: &Value, terminal: &Terminal) -> Result<(), Failure> {
    let state = state(story);
    let painted = style(&state).map_or_else(|| state.clone(), |style| terminal.paint(style, &state));
    terminal.say(format!("{painted}  {}", cell(story, "/id")))?;
    let facts = [
        ("interface", format!("{} (digest {})", cell(story, "/interface"), cell(story, "/digest"))),
        ("detail", cell(story, "/detail")),
        (
            "accepted",
            format!(
                "{} from {}, {} bytes",
                time(story, "/accepted_at"),
                cell(story, "/principal"),
                cell(story, "/size_bytes")
            ),
        ),
        ("due", time(story, "/due_at")),
        ("ended", time(story, "/ended_at")),
        ("order key", cell(story, "/order_key")),
        ("trace", cell(story, "/trace_id")),
        ("error id", cell(story, "/error_id")),
        ("crashes", cell(story, "/crashes")),
        ("replay of", cell(story, "/replay_of")),
    ];
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty() && value != "0") {
        terminal.say(format!("  {name:<10} {}", clean(value)))?;
    }
    for replay in list(story, "replays") {
        terminal.say(format!("  {:<10} {} {}", "replayed", cell(replay, "/id"), cell(replay, "/state")))?;
    }
    tell_work(story, terminal)?;
    tell_death(&story["dead_letter"], terminal)?;
    tell_decisions(story, terminal)
}

fn heading(text: &str, terminal: &Terminal) -> Result<(), Failure> {
    terminal.say(format!("\n{}", terminal.paint(Style::new().bold(), text)))
}

fn tell_work(story: &Value, terminal: &Terminal) -> Result<(), Failure> {
    if !list(story, "deliveries").is_empty() {
        heading("Steps", terminal)?;
        let mut table = Table::new(&["STATE", "STEP", "SYSTEM", "OPERATION", "TRIES"], 2);
        for step in list(story, "deliveries") {
            let state = match (step["done"] == true, step["in_doubt"] == true) {
                (true, _) => "done",
                (false, true) => "in doubt",
                (false, false) => "open",
            };
            let of = |name: &str| cell(step, &format!("/{name}"));
            table.row([state.to_owned(), of("step"), of("system"), of("operation"), of("attempts")]);
        }
        table.print(true, "", terminal)?;
    }
    if !list(story, "attempts").is_empty() {
        heading("Attempts", terminal)?;
        let mut table = Table::new(&["CLASS", "STEP", "N", "START", "MS", "STATUS", "REASON"], 4);
        for attempt in list(story, "attempts") {
            let of = |name: &str| cell(attempt, &format!("/{name}"));
            let ms = |name: &str| attempt[name].as_i64().unwrap_or_default();
            let took = ms("end_ms").saturating_sub(ms("start_ms")).to_string();
            let start = time(attempt, "/start_at");
            table.row([of("class"), of("step"), of("n"), start, took, of("status"), of("reason")]);
        }
        table.print(true, "", terminal)?;
    }
    Ok(())
}

fn tell_death(record: &Value, terminal: &Terminal) -> Result<(), Failure> {
    if record.is_null() {
        return Ok(());
    }
    heading("Dead letter", terminal)?;
    terminal.say(format!("  {}", clean(&cell(record, "/sentence"))))?;
    for (name, pointer) in
        [("step", "/step"), ("operation", "/operation"), ("fields", "/field_errors"), ("runbook", "/runbook")]
    {
        let value = cell(record, pointer);
        if !value.is_empty() {
            terminal.say(format!("  {name:<10} {}", clean(&value)))?;
        }
    }
    if !record["mapped"].is_null() {
        terminal.say("  to be sent, masked:")?;
        for line in format!("{:#}", record["mapped"]).lines() {
            terminal.say(format!("    {}", clean(line)))?;
        }
    }
    Ok(())
}

fn tell_decisions(story: &Value, terminal: &Terminal) -> Result<(), Failure> {
    if list(story, "decisions").is_empty() {
        return Ok(());
    }
    heading("Decisions", terminal)?;
    let mut table = Table::new(&["ACTION", "AT", "WHO", "ROLE", "WHY", "RESULT"], 4);
    for row in list(story, "decisions") {
        let of = |name: &str| cell(row, &format!("/{name}"));
        table.row([of("action"), time(row, "/at"), of("who"), of("role"), of("why"), of("result")]);
    }
    table.print(true, "", terminal)
}

//! What pages show of the running services.
//!
//! In: instances, whose eyes look. Out: their state as one JSON text. Never knows: the site. Nothing is looked at with
//! other credentials than the reader's, and nothing is asked while nobody looks.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::{
    figures,
    instance::{Instance, Question},
    key::Shown,
};

/// The state of all instances; of one interface only, if one is named.
pub(super) async fn state(instances: &[Instance], shown: &Shown, only: Option<&str>) -> Value {
    let mut rows = Vec::new();
    // One after the other: they are few, and each answers from memory.
    for instance in instances {
        let mut row = one(instance, shown, only).await;
        row.insert("number".to_owned(), instance.number.into());
        row.insert("address".to_owned(), instance.address().into());
        rows.push(Value::Object(row));
    }
    json!({ "instances": rows })
}

async fn one(instance: &Instance, shown: &Shown, only: Option<&str>) -> Map<String, Value> {
    let mut row = Map::new();
    let ready = match look(instance, &["health", "ready"], shown).await {
        Ok(ready) => ready,
        Err(why) => {
            row.insert("answers".to_owned(), false.into());
            row.insert("why".to_owned(), why.into());
            return row;
        }
    };
    row.insert("answers".to_owned(), true.into());
    for name in ["ready", "digest", "parts"] {
        row.insert(name.to_owned(), ready[name].clone());
    }
    match look(instance, &["whoami"], shown).await {
        Ok(who) => row.insert("who".to_owned(), who),
        Err(why) => {
            // Whoever may not look is told so, and shown what is for everybody.
            row.insert("why".to_owned(), why.into());
            return row;
        }
    };
    sample(instance, shown).await;
    if let Ok(told) = look(instance, &["interfaces"], shown).await {
        row.insert("interfaces".to_owned(), interfaces(instance, &told, only));
    }
    if let Ok(told) = look(instance, &["systems"], shown).await {
        row.insert("systems".to_owned(), told["systems"].clone());
    }
    if let Ok(told) = look(instance, &["alerts"], shown).await {
        row.insert("incidents".to_owned(), incidents(&told, only));
    }
    row
}

fn is_asked(row: &Value, name: &str, only: Option<&str>) -> bool {
    only.is_none_or(|id| row[name] == id)
}

fn interfaces(instance: &Instance, told: &Value, only: Option<&str>) -> Value {
    let samples = instance.samples.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let rows = told["interfaces"].as_array().into_iter().flatten().filter(|row| is_asked(row, "smart_id", only));
    let with_figures = rows.map(|row| {
        let figures = samples.of(row["smart_id"].as_str().unwrap_or_default());
        let mut row = row.clone();
        row["per_minute"] = figures.as_ref().and_then(|it| it.per_minute).into();
        row["latency"] =
            figures.map(|it| json!({ "p95_ms": it.p95_ms, "window_ms": it.window_ms })).unwrap_or_default();
        row
    });
    with_figures.collect()
}

/// Those that are not over first, newest first; of the others the last twenty.
fn incidents(told: &Value, only: Option<&str>) -> Value {
    let rows = told["incidents"].as_array().into_iter().flatten().filter(|row| is_asked(row, "interface", only));
    let (mut open, mut over): (Vec<&Value>, Vec<&Value>) = rows.partition(|row| row["status"] != "resolved");
    for rows in [&mut open, &mut over] {
        rows.sort_by_key(|row| std::cmp::Reverse(row["last_ms"].as_i64()));
    }
    over.truncate(20);
    open.into_iter().chain(over).cloned().collect()
}

/// Looks at the counters if that is due, with the reader's eyes.
async fn sample(instance: &Instance, shown: &Shown) {
    let now = Instant::now();
    let is_due = {
        let samples = instance.samples.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        samples.is_due(now)
    };
    if is_due && let Ok((200, text)) = instance.ask(Question::look(&["metrics"]), shown).await {
        let counters = figures::read(&String::from_utf8_lossy(&text));
        instance.samples.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(now, counters);
    }
}

/// An answer, or why there is none. A service that is not ready says so with 503 and tells the rest all the same.
async fn look(instance: &Instance, segments: &[&str], shown: &Shown) -> Result<Value, String> {
    let (status, body) = instance.ask(Question::look(segments), shown).await.map_err(|failure| first_line(&failure))?;
    let told: Value = serde_json::from_slice(&body).map_err(|_| format!("it answered {status} and no JSON"))?;
    match status {
        200 | 503 => Ok(told),
        _ => Err(told["detail"].as_str().map_or_else(|| format!("it answered {status}"), str::to_owned)),
    }
}

/// What failed; the way out is for whoever started us.
pub(super) fn first_line(failure: &crate::failure::Failure) -> String {
    failure.to_string().lines().next().unwrap_or_default().to_owned()
}

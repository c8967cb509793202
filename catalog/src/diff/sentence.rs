//! What a change means to the people around an interface.
//!
//! In: a change. Out: its weight and a sentence. Never knows: other changes.

use super::Weight;
use super::compare::Change;
use super::steps;
use crate::model::{Retry, Span};
use crate::phrase;

/// Weight and sentence.
pub(super) fn of(change: &Change<'_>) -> (Weight, String) {
    let way: Vec<&str> = change.way().iter().map(String::as_str).collect();
    let (before, after) = (change.before(), change.after());
    let known = match way.as_slice() {
        ["status"] => Some(status(&after)),
        ["errors", "retry"] => retry(&before, &after),
        ["errors", "dead_letter"] => Some(dead_letter(&after)),
        ["errors", "alert"] => Some(told(&before, &after)),
        ["trigger", "http" | "request"] => Some(address(&before, &after)),
        ["trigger", "auth", ..] => Some((Weight::Breaking, callers_prove(&before, &after))),
        ["trigger", "message"] => {
            Some((Weight::Breaking, format!("Callers must send {} instead of {}.", or_none(&after), or_none(&before))))
        }
        ["trigger", "max_body"] => limit("The longest body is", phrase::bytes, (&before, &after)),
        ["trigger", "max_per_minute"] => {
            limit("Callers may send a minute at most", |text, _| text.parse::<u64>().map_err(drop), (&before, &after))
        }
        ["flow", steps::ORDER] => Some((Weight::Behavioural, format!("The steps are now {after}; before: {before}."))),
        ["flow", step, rest @ ..] => Some((Weight::Behavioural, flow(change, step, rest))),
        [heading, field, rest @ ..] if heading.starts_with("Message:") => message(change, field, rest),
        [heading, target, ..] if heading.starts_with("Mapping:") => Some(mapping(change, target)),
        [heading, from, ..] if heading.starts_with("Lookup:") => Some(lookup(change, from)),
        _ => None,
    };
    let (weight, sentence) = known.unwrap_or_else(|| (Weight::Behavioural, plain(change, &before, &after)));
    if change.fact() { (weight, sentence) } else { (Weight::Editorial, sentence) }
}

fn plain(change: &Change<'_>, before: &str, after: &str) -> String {
    let place = change.place();
    match change {
        Change::Changed { .. } if short(before) && short(after) => {
            format!("`{place}` is `{after}` instead of `{before}`.")
        }
        Change::Changed { .. } => format!("`{place}` says something else."),
        Change::New { .. } if !after.is_empty() && short(after) => format!("`{place}` is new: {after}."),
        Change::New { .. } => format!("`{place}` is new."),
        Change::Gone { .. } => format!("`{place}` is gone."),
    }
}

fn short(text: &str) -> bool {
    text.chars().count() <= 80
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") }
}

fn status(after: &str) -> (Weight, String) {
    match after {
        "retired" => (Weight::Breaking, "The interface is retired: nothing is accepted any more.".to_owned()),
        "deprecated" => (Weight::Behavioural, "The interface is deprecated: look for its successor.".to_owned()),
        other => (Weight::Behavioural, format!("The interface is {other} now.")),
    }
}

/// Two timetables side by side.
fn retry(before: &str, after: &str) -> Option<(Weight, String)> {
    let read = |text: &str| phrase::retry(text, Span::default()).ok();
    let (was, is) = (read(before)?, read(after)?);
    let sends = |retry: &Retry| phrase::timetable(retry).join(", ");
    if was.sends_ms() == is.sends_ms() {
        return Some((Weight::Editorial, "The retry policy is said in other words; the timetable stays.".to_owned()));
    }
    let words = format!("A message whose target fails is sent at {} instead of {}.", sends(&is), sends(&was));
    Some((Weight::Behavioural, words))
}

fn dead_letter(after: &str) -> (Weight, String) {
    let sentence = if after == "enabled" {
        "What cannot be delivered is kept in the dead-letter list from now on."
    } else {
        "What cannot be delivered is no longer kept for a decision: it ends as FAILED."
    };
    (Weight::Behavioural, sentence.to_owned())
}

fn told(before: &str, after: &str) -> (Weight, String) {
    let list =
        |text: &str| -> Vec<String> { text.split(", ").filter(|it| !it.is_empty()).map(str::to_owned).collect() };
    let (was, is) = (list(before), list(after));
    let new: Vec<&str> = is.iter().filter(|it| !was.contains(it)).map(String::as_str).collect();
    let gone: Vec<&str> = was.iter().filter(|it| !is.contains(it)).map(String::as_str).collect();
    let mut parts = Vec::new();
    if !new.is_empty() {
        parts.push(format!("alerts go to {} from now on", new.join(", ")));
    }
    if !gone.is_empty() {
        parts.push(format!("{} is told no longer", gone.join(", ")));
    }
    let mut sentence =
        if parts.is_empty() { "the same channels are told in another order".to_owned() } else { parts.join("; ") };
    if let Some(first) = sentence.get(..1).map(str::to_uppercase) {
        sentence.replace_range(..1, &first);
    }
    (Weight::Behavioural, format!("{sentence}."))
}

fn address(before: &str, after: &str) -> (Weight, String) {
    let sentence = match (before, after) {
        ("", after) => format!("Callers must use `{after}` from now on."),
        (before, "") => format!("`{before}` is gone: callers get 404."),
        (before, after) => format!("Callers must use `{after}`: `{before}` is gone."),
    };
    (Weight::Breaking, sentence)
}

fn callers_prove(before: &str, after: &str) -> String {
    format!("Callers must prove who they are by {} instead of {}.", or_none(after), or_none(before))
}

/// A limit that shrinks breaks somebody; one that grows does not.
fn limit<E>(
    words: &str,
    read: impl Fn(&str, Span) -> Result<u64, E>,
    (before, after): (&str, &str),
) -> Option<(Weight, String)> {
    let (was, is) = (read(before, Span::default()).ok()?, read(after, Span::default()).ok()?);
    let weight = if is < was { Weight::Breaking } else { Weight::Behavioural };
    Some((weight, format!("{words} {after} instead of {before}.")))
}

fn flow(change: &Change<'_>, step: &str, rest: &[&str]) -> String {
    let (before, after) = (change.before(), change.after());
    match (change, rest) {
        (Change::New { .. }, []) => format!("Step `{step}` is new: {after}."),
        (Change::Gone { .. }, []) => format!("Step `{step}` is gone; before: {before}."),
        (_, rest) => {
            let key = rest.join(" › ");
            format!("Step `{step}`: `{key}` is {} instead of {}.", or_none(&after), or_none(&before))
        }
    }
}

fn message(change: &Change<'_>, field: &str, rest: &[&str]) -> Option<(Weight, String)> {
    let (before, after) = (change.before(), change.after());
    let said = match (change, rest) {
        (Change::New { parts, .. }, []) => {
            let required =
                parts.iter().any(|part| part.place.last().is_some_and(|it| it == "Required") && part.text == "yes");
            if required {
                (Weight::Breaking, format!("Field `{field}` is new and must be there."))
            } else {
                (Weight::Behavioural, format!("Field `{field}` is new and may be left out."))
            }
        }
        (Change::Gone { .. }, []) => (Weight::Breaking, format!("Field `{field}` is gone.")),
        (_, ["Required"]) if after == "yes" => {
            (Weight::Breaking, format!("Field `{field}` must be there from now on."))
        }
        (_, ["Required"]) => (Weight::Behavioural, format!("Field `{field}` may be left out from now on.")),
        (_, ["Type"]) => (Weight::Breaking, format!("Field `{field}` is {after} instead of {before}.")),
        (_, ["Constraint"]) if after.is_empty() => {
            (Weight::Behavioural, format!("Field `{field}` has no rule any more; before: {before}."))
        }
        (_, ["Constraint"]) => {
            (Weight::Breaking, format!("Field `{field}` must keep {after}; before: {}.", or_none(&before)))
        }
        (_, ["Sensitive"]) => {
            let word = if after.is_empty() { "public" } else { &after };
            (Weight::Behavioural, format!("Field `{field}` is {word} now, and masked accordingly."))
        }
        _ => return None,
    };
    Some(said)
}

fn mapping(change: &Change<'_>, target: &str) -> (Weight, String) {
    let (before, after) = (change.before(), change.after());
    let sentence = match change {
        Change::New { place, .. } if place.len() == 2 => format!("`{target}` is filled from now on: {after}."),
        Change::Gone { place, .. } if place.len() == 2 => format!("`{target}` is no longer filled; before: {before}."),
        _ if after.is_empty() => format!("`{target}`: {} is gone.", or_none(&before)),
        _ if before.is_empty() => format!("`{target}`: {} is new.", or_none(&after)),
        _ => format!("`{target}` is filled by {} instead of {}.", or_none(&after), or_none(&before)),
    };
    (Weight::Behavioural, sentence)
}

fn lookup(change: &Change<'_>, from: &str) -> (Weight, String) {
    let (before, after) = (change.before(), change.after());
    let sentence = match change {
        Change::Changed { .. } => format!("`{from}` becomes `{after}` instead of `{before}`."),
        Change::New { .. } => format!("`{from}` is known now: {after}."),
        Change::Gone { .. } => format!("`{from}` is not known any more; before: {before}."),
    };
    (Weight::Behavioural, sentence)
}

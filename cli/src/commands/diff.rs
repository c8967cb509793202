//! `tieline diff`: what changed between two versions of the documents, in business words.
//!
//! In: two versions. Out: differences, each with its weight and its place. Never knows: how they are found.

use anstyle::{AnsiColor, Style};
use catalog::diff::{Difference, Weight, between};
use serde_json::json;

use crate::{
    args::{self, Listing, Threshold},
    failure::Failure,
    outcome::Outcome,
    project::Project,
    terminal::Terminal,
    versions,
};

/// Runs the verb.
pub(crate) fn diff(arguments: &args::Diff, terminal: &Terminal) -> Result<Outcome, Failure> {
    let project = Project::find(&arguments.place)?;
    let before = versions::read(&project, &arguments.before, terminal)?;
    let after = match &arguments.after {
        Some(version) => versions::read(&project, version, terminal)?,
        None => versions::current(&project, terminal),
    };
    let wanted = |it: &Difference| arguments.only.as_ref().is_none_or(|only| it.subject.eq_ignore_ascii_case(only));
    let found: Vec<Difference> = between(&before, &after).into_iter().filter(wanted).collect();
    let text = match arguments.format {
        Listing::Text => text(&found, terminal),
        Listing::Json => serde_json::to_string_pretty(&json(&found)).unwrap_or_default() + "\n",
        Listing::Markdown => markdown(&found),
    };
    terminal.write(&text)?;
    terminal.note("Compared", summary(&found));
    let worst = found.iter().map(|it| it.weight).max();
    let least = arguments.deny.map(|deny| match deny {
        Threshold::Breaking => Weight::Breaking,
        Threshold::Behavioural => Weight::Behavioural,
    });
    Ok(if least.is_some() && worst >= least { Outcome::Errors } else { Outcome::Fine })
}

/// `3 differences: 1 breaking, 2 editorial`.
fn summary(found: &[Difference]) -> String {
    let count = |weight: Weight| found.iter().filter(|it| it.weight == weight).count();
    let parts: Vec<String> = [Weight::Breaking, Weight::Behavioural, Weight::Editorial]
        .into_iter()
        .map(|weight| (count(weight), weight.word()))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    match found.len() {
        0 => "no differences".to_owned(),
        1 => format!("1 difference: {}", parts.join(", ")),
        number => format!("{number} differences: {}", parts.join(", ")),
    }
}

/// Differences of one document follow each other.
fn documents(found: &[Difference]) -> impl Iterator<Item = &[Difference]> {
    found.chunk_by(|a, b| a.path == b.path)
}

fn text(found: &[Difference], terminal: &Terminal) -> String {
    let mut out = String::new();
    for document in documents(found) {
        let Some(first) = document.first() else { continue };
        let title = terminal.paint(Style::new().bold(), &first.subject);
        out += &format!("{title}  {}\n", first.path);
        for it in document {
            let weight = terminal.paint(style(it.weight), &format!("{:<11}", it.weight.word()));
            out += &format!("  {weight} {:<12} {}\n", lines(it), it.sentence);
        }
        out.push('\n');
    }
    out
}

fn style(weight: Weight) -> Style {
    let color = match weight {
        Weight::Breaking => AnsiColor::Red,
        Weight::Behavioural => AnsiColor::Yellow,
        Weight::Editorial => AnsiColor::Cyan,
    };
    Style::new().fg_color(Some(color.into()))
}

/// Where it was and where it is: `L12 → L14`.
fn lines(it: &Difference) -> String {
    match (it.line_before, it.line_after) {
        (0, after) => format!("L{after}"),
        (before, 0) => format!("L{before} (was)"),
        (before, after) if before == after => format!("L{after}"),
        (before, after) => format!("L{before} → L{after}"),
    }
}

fn json(found: &[Difference]) -> serde_json::Value {
    let all = found.iter().map(|it| {
        json!({
            "path": it.path, "subject": it.subject, "place": it.place, "weight": it.weight.word(), "sentence": it.sentence,
            "before": it.before, "after": it.after, "line_before": it.line_before, "line_after": it.line_after,
        })
    });
    all.collect()
}

/// For the comment on a change that somebody is asked to approve.
fn markdown(found: &[Difference]) -> String {
    let mut out = format!("**{}**\n", summary(found));
    for document in documents(found) {
        let Some(first) = document.first() else { continue };
        out += &format!("\n### {}\n\n", first.subject);
        for it in document {
            out += &format!("- **{}** {} <sub>{} {}</sub>\n", it.weight.word(), it.sentence, it.path, lines(it));
        }
    }
    out
}

//! `tieline explain`: what a diagnostic code means, or what an answer of a partner means to an interface.
//!
//! In: a code, or a Smart ID and an answer. Out: its page, or the outcome operation by operation. Never knows: where
//! codes are found, how outcomes are decided.

use anstyle::{AnsiColor, Style};
use catalog::{
    Catalog,
    model::{Interface, Operation, OperationRef, OutcomeClass, OutcomeRule, Target},
    outcomes::{self, Meaning},
    phrase,
};

use crate::{args, failure::Failure, outcome::Outcome, project::Project, terminal::Terminal};

/// Runs the verb.
pub(crate) fn explain(arguments: &args::Explain, terminal: &Terminal) -> Result<Outcome, Failure> {
    let Some(subject) = &arguments.subject else { return list(terminal) };
    if let (Some(page), true) = (catalog::explain::explain(subject), arguments.answer.is_empty()) {
        return terminal.write(&painted(page.markdown, terminal)).map(|()| Outcome::Fine);
    }
    // Without a project there are only codes.
    let Ok(project) = Project::find(&arguments.place) else { return Err(unknown(subject, &[])) };
    let (catalog, found, _) = catalog::open(&project.root);
    let Some(catalog) = catalog else {
        let errors = found.items().len();
        return Err(Failure::Other(format!(
            "{subject} is no code, and the documents have problems ({errors})\n  help: `tieline check` shows them"
        )));
    };
    let Some(interface) = interface(&catalog, subject) else { return Err(unknown(subject, catalog.interfaces())) };
    if arguments.answer.is_empty() {
        return policy(&catalog, interface, terminal);
    }
    let text = arguments.answer.join(" ");
    let answer = outcomes::answer(&text).map_err(Failure::Other)?;
    meanings(&catalog, interface, &text, &answer, terminal)
}

/// By Smart ID or legacy ID, in any case of letters.
fn interface<'c>(catalog: &'c Catalog, subject: &str) -> Option<&'c Interface> {
    let is = |id: &String| id.eq_ignore_ascii_case(subject.trim());
    catalog.interfaces().iter().find(|it| is(&it.smart_id.text) || it.legacy_ids.iter().any(is))
}

fn unknown(subject: &str, interfaces: &[Interface]) -> Failure {
    let codes = catalog::explain::similar(subject).into_iter().map(str::to_owned);
    let ids = catalog::nearest::nearest(subject, interfaces.iter().map(|it| it.smart_id.text.as_str()));
    let similar: Vec<String> = ids.map(str::to_owned).into_iter().chain(codes).collect();
    let hint = if similar.is_empty() { String::new() } else { format!("; did you mean {}?", similar.join(", ")) };
    Failure::Other(format!("there is no code or interface {subject}{hint}\n  help: `tieline explain` lists all codes"))
}

/// What one answer means, operation by operation.
fn meanings(
    catalog: &Catalog,
    interface: &Interface,
    text: &str,
    answer: &Target,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    terminal.say(format!("{}: what `{text}` means", terminal.paint(BOLD, &interface.smart_id.text)))?;
    for (reference, operation) in outcomes::called(catalog, interface) {
        let meaning = outcomes::meaning(interface, reference, operation, answer);
        terminal.say(format!("\n{}.{}", reference.system, reference.operation))?;
        match class(meaning) {
            Some(class) => {
                terminal.say(format!("  {}: {}", terminal.paint(BOLD, word(class)), effect(class, interface)))?;
            }
            None if meaning == Meaning::Never => terminal.say("  this operation never answers so")?,
            None => terminal.say("  the status it comes with decides")?,
        }
        if let Some(why) = why(catalog, interface, reference, meaning) {
            terminal.say(format!("  because {why}"))?;
        }
    }
    Ok(Outcome::Fine)
}

/// The timetable, and what answers mean.
fn policy(catalog: &Catalog, interface: &Interface, terminal: &Terminal) -> Result<Outcome, Failure> {
    let retry = &interface.errors.retry;
    terminal.say(format!("{}: {}", terminal.paint(BOLD, &interface.smart_id.text), interface.title))?;
    terminal.say(format!("  sends at {}", phrase::timetable(retry).join(", ")))?;
    if let Some(latest_ms) = retry.give_up_after_ms {
        terminal.say(format!("  nothing is sent later than {} after accepting", phrase::human(latest_ms)))?;
    }
    for (reference, operation) in outcomes::called(catalog, interface) {
        terminal.say(format!("\n{}.{}", reference.system, reference.operation))?;
        let line = |class: OutcomeClass, answers: &str| format!("  {:<10} {answers}", word(class));
        for rule in rules(interface, reference, operation) {
            terminal.say(line(rule.class, &format!("{}: {}", answer_text(&rule.target), rule.reason)))?;
        }
        for row in outcomes::defaults(&operation.protocol) {
            terminal.say(line(row.class, row.answers))?;
        }
    }
    Ok(Outcome::Fine)
}

fn rules<'a>(
    interface: &'a Interface,
    reference: &'a OperationRef,
    operation: &'a Operation,
) -> impl Iterator<Item = &'a OutcomeRule> {
    let own = interface.errors.outcomes.iter();
    let own = own.filter(move |own| own.operation.as_ref().is_none_or(|named| named == reference));
    own.map(|own| &own.rule).chain(&operation.outcomes)
}

fn class(meaning: Meaning<'_>) -> Option<OutcomeClass> {
    match meaning {
        Meaning::Interface(rule) | Meaning::System(rule) => Some(rule.class),
        Meaning::Protocol(row) => Some(row.class),
        Meaning::ByStatus | Meaning::Never => None,
    }
}

fn why(catalog: &Catalog, interface: &Interface, reference: &OperationRef, meaning: Meaning<'_>) -> Option<String> {
    match meaning {
        Meaning::Interface(rule) => Some(format!("{} ({}:{})", rule.reason, interface.path, rule.span.line)),
        Meaning::System(rule) => {
            let path = catalog.system(&reference.system).map_or("", |system| &system.path);
            Some(format!("{} ({path}:{})", rule.reason, rule.span.line))
        }
        Meaning::Protocol(row) => Some(format!("no rule says otherwise, and the protocol says: {}", row.answers)),
        Meaning::ByStatus | Meaning::Never => None,
    }
}

fn answer_text(target: &Target) -> String {
    match target {
        Target::Status(status) => status.to_string(),
        Target::ErrorCode(code) => code.clone(),
        Target::BapiMessage { id, number } => format!("{id} {number}"),
    }
}

fn word(class: OutcomeClass) -> &'static str {
    match class {
        OutcomeClass::Delivered => "delivered",
        OutcomeClass::Duplicate => "duplicate",
        OutcomeClass::Retryable => "retryable",
        OutcomeClass::Unknown => "unknown",
        OutcomeClass::Target => "target",
        OutcomeClass::Permanent => "permanent",
    }
}

/// What the class makes the runtime do with a message of this interface.
fn effect(class: OutcomeClass, interface: &Interface) -> String {
    let end = if interface.errors.dead_letter { "in the dead-letter list" } else { "as a FAILED record" };
    match class {
        OutcomeClass::Delivered => "the step is done".to_owned(),
        OutcomeClass::Duplicate => "the step was done before and counts as done".to_owned(),
        OutcomeClass::Retryable => {
            let times = phrase::timetable(&interface.errors.retry);
            format!("sent again by the timetable ({}); after the last send it ends {end}", times.join(", "))
        }
        OutcomeClass::Unknown => "nobody knows whether the work was done; `on_unknown` decides".to_owned(),
        OutcomeClass::Target => {
            "the system refuses us as such: messages wait, no send is used up, somebody is told".to_owned()
        }
        OutcomeClass::Permanent => format!("never sent again; it ends {end} at once"),
    }
}

fn list(terminal: &Terminal) -> Result<Outcome, Failure> {
    for page in catalog::explain::pages() {
        let code = terminal.paint(BOLD, &format!("{:<22}", page.code));
        terminal.say(format!("{code} {}", page.title()))?;
    }
    Ok(Outcome::Fine)
}

const BOLD: Style = Style::new().bold();

/// Headings stand out on a terminal.
fn painted(text: &str, terminal: &Terminal) -> String {
    let heading = BOLD.fg_color(Some(AnsiColor::Cyan.into()));
    text.lines()
        .map(|line| match line.trim_start_matches('#') {
            title if title.len() < line.len() => terminal.paint(heading, title.trim()) + "\n",
            _ => line.to_owned() + "\n",
        })
        .collect()
}

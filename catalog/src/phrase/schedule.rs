//! Schedules: phrases and cron expressions become five cron fields and a zone.
//!
//! In: `Daily 08:30 PM Europe/Paris`. Out: [`Schedule`]. Never knows: the clock, missed runs.

use super::zone::{looks_like_zone, zone};
use crate::model::{Missed, Overlap, Schedule, Span};
use crate::nearest::shorten;
use crate::problem::Problem;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// Longest phrase in bytes.
const LONGEST: usize = 200;

const HELP: &str = "write `Daily at 20:30`, `Every 4 hours`, `Monday to Friday at 06:00`, `Monthly on day 1 at 06:00` \
                    or five cron fields, with an IANA zone";

const DAYS: [(&str, u8); 7] =
    [("sunday", 0), ("monday", 1), ("tuesday", 2), ("wednesday", 3), ("thursday", 4), ("friday", 5), ("saturday", 6)];

/// A schedule: `Daily 08:30 PM Europe/Paris`, `Every 4 hours`, a five-field cron expression. `zone` is the front
/// matter's `zone:`; the phrase may name it instead.
///
/// # Errors
///
/// `E-SCHEDULE` when no times follow from it, `E-ZONE` when the zone is missing or no IANA name.
pub fn schedule(text: &str, zone: Option<&str>, at: Span) -> Result<Schedule, Problem> {
    if text.len() > LONGEST {
        return Err(Problem::new("E-SCHEDULE", at, format!("a schedule has at most {LONGEST} bytes")).help(HELP));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let (words, named) = match words.split_last() {
        Some((last, rest)) if looks_like_zone(last) && !rest.is_empty() => (rest, Some(*last)),
        _ => (words.as_slice(), None),
    };
    let cron = if is_cron(words) { words.join(" ") } else { phrase(words, text, at)? };
    let zone = agreed_zone(named, zone, at)?;
    let parsed = parse(&cron, at)?;
    fires(&parsed, &zone, text, at)?;
    let (missed, catch_up_ms, overlap) = (Missed::Once, 86_400_000, Overlap::Skip);
    Ok(Schedule { phrase: text.trim().to_owned(), cron, zone, missed, catch_up_ms, overlap })
}

/// A schedule in one sentence without full stop: `At 20:30, Europe/Paris`.
#[must_use]
pub fn describe_schedule(schedule: &Schedule) -> String {
    let words: Vec<&str> = schedule.phrase.split_whitespace().collect();
    let said = match words.split_last() {
        Some((last, rest)) if looks_like_zone(last) && !rest.is_empty() => rest,
        _ => words.as_slice(),
    };
    // A phrase already speaks to people; only cron has to be put into words.
    let described = match parser().parse(&schedule.cron) {
        Ok(cron) if is_cron(said) => cron.describe(),
        _ => said.join(" "),
    };
    format!("{}, {} time", described.trim_end_matches('.'), schedule.zone)
}

fn agreed_zone(named: Option<&str>, given: Option<&str>, at: Span) -> Result<String, Problem> {
    match (named, given) {
        (None, None) => {
            let problem = Problem::new("E-ZONE", at, "a schedule needs a time zone");
            Err(problem.help("add `zone: Europe/Paris`, or name the zone at the end of the phrase"))
        }
        (Some(name), None) | (None, Some(name)) => zone(name, at),
        (Some(named), Some(given)) => {
            let (named, given) = (zone(named, at)?, zone(given, at)?);
            if named == given {
                return Ok(named);
            }
            let message = format!("the phrase says `{named}`, `zone:` says `{given}`");
            Err(Problem::new("E-ZONE", at, message).help("name the zone once"))
        }
    }
}

fn is_cron(words: &[&str]) -> bool {
    let cron_like = |word: &&str| word.starts_with(|letter: char| letter.is_ascii_digit() || letter == '*');
    words.len() >= 5 && words.len() <= 7 && words.first().is_some_and(cron_like) && words.get(1).is_some_and(cron_like)
}

fn parser() -> CronParser {
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build()
}

fn parse(cron: &str, at: Span) -> Result<Cron, Problem> {
    parser().parse(cron).map_err(|error| {
        let message = format!(
            "`{}` is no cron expression: {}",
            shorten(cron),
            lower_first(error.to_string().trim_end_matches('.'))
        );
        Problem::new("E-SCHEDULE", at, message).help("five fields: minute, hour, day of month, month, day of week")
    })
}

/// 30 February is a correct expression that never fires.
fn fires(cron: &Cron, zone: &str, text: &str, at: Span) -> Result<(), Problem> {
    // A fixed day: whether a schedule is valid must not depend on when it is checked.
    let start = jiff::civil::date(2026, 1, 1).in_tz(zone);
    match start.ok().and_then(|start| cron.find_next_occurrence(&start, false).ok()) {
        Some(_) => Ok(()),
        None => {
            let message = format!("`{}` never comes", shorten(text));
            Err(Problem::new("E-SCHEDULE", at, message).help("there is no such day in any year"))
        }
    }
}

fn phrase(words: &[&str], text: &str, at: Span) -> Result<String, Problem> {
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase().trim_matches(',').to_owned()).collect();
    let words: Vec<&str> = lower.iter().map(String::as_str).collect();
    if let Some(problem) = not_a_timetable(&words, text, at) {
        return Err(problem);
    }
    let unclear = || Problem::new("E-SCHEDULE", at, format!("no times follow from `{}`", shorten(text))).help(HELP);
    match words.as_slice() {
        ["hourly"] | ["every", "hour"] => Ok("0 * * * *".to_owned()),
        ["every", count, unit] => every(count, unit, at)?.ok_or_else(unclear),
        ["daily" | "everyday", times @ ..] | ["every", "day", times @ ..] => {
            at_times(times, "* * *", at)?.ok_or_else(unclear)
        }
        ["weekdays", times @ ..] | ["every", "weekday", times @ ..] => {
            at_times(times, "* * 1-5", at)?.ok_or_else(unclear)
        }
        ["monthly", "on", rest @ ..] => monthly(rest, at)?.ok_or_else(unclear),
        ["weekly", "on", rest @ ..] | ["every", rest @ ..] | rest => weekly(rest, at)?.ok_or_else(unclear),
    }
}

/// Phrases that say how often or why, but not when.
fn not_a_timetable(words: &[&str], text: &str, at: Span) -> Option<Problem> {
    let problem = |why: &str| Problem::new("E-SCHEDULE", at, format!("`{}` {why}", shorten(text)));
    match words {
        [_, "times", "a" | "per", ..] | ["once" | "twice", "a" | "per", ..] | ["once" | "twice", "daily"] => Some(
            problem("says how often, not when")
                .help("name the times, `Daily at 06:00 and 14:00 and 22:00`, or let the source start it with `http:`"),
        ),
        ["real-time" | "realtime" | "real", ..]
        | ["each", ..]
        | ["batch", ..]
        | ["ad-hoc" | "adhoc" | "ad", ..]
        | ["manual" | "manually", ..]
        | ["on", "demand", ..] => {
            let help = "the source decides when it starts: use `http:` or `request:`, and say this in `frequency:`";
            Some(problem("is not a timetable").help(help))
        }
        _ => None,
    }
}

/// `every 4 hours`: only what divides a day or an hour comes evenly.
fn every(count: &str, unit: &str, at: Span) -> Result<Option<String>, Problem> {
    let Ok(count) = count.parse::<u32>() else { return Ok(None) };
    let (whole, name) = match unit {
        "hour" | "hours" | "h" => (24, "a day"),
        "minute" | "minutes" | "min" => (60, "an hour"),
        _ => return Ok(None),
    };
    if count == 0 || whole % count != 0 {
        let message = format!("{count} {unit} do not divide {name} evenly");
        let help = "name the times, or choose a number that divides it, so that the distance never changes";
        return Err(Problem::new("E-SCHEDULE", at, message).help(help));
    }
    Ok(Some(match (whole, count) {
        (24, 1) | (60, 60) => "0 * * * *".to_owned(),
        (24, 24) => "0 0 * * *".to_owned(),
        (24, _) => format!("0 */{count} * * *"),
        (_, 1) => "* * * * *".to_owned(),
        _ => format!("*/{count} * * * *"),
    }))
}

/// `day 1 at 06:00`.
fn monthly(words: &[&str], at: Span) -> Result<Option<String>, Problem> {
    let words = words.strip_prefix(&["day"]).or_else(|| words.strip_prefix(&["the"])).unwrap_or(words);
    let Some((day, times)) = words.split_first() else { return Ok(None) };
    let digits = day.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let day = match (*day, digits.parse::<u8>()) {
        ("last", _) => "L".to_owned(),
        (_, Ok(day @ 1..=28)) => day.to_string(),
        (_, Ok(29..=31)) => {
            let problem = Problem::new("E-SCHEDULE", at, format!("not every month has a day {digits}"));
            return Err(problem.help("write `Monthly on last day at …`, or a day up to 28"));
        }
        _ => return Ok(None),
    };
    let times = times.strip_prefix(&["day"]).unwrap_or(times);
    at_times(times, &format!("{day} * *"), at)
}

/// `monday at 06:00`, `monday to friday at 06:00`, `monday and thursday at 06:00`.
fn weekly(words: &[&str], at: Span) -> Result<Option<String>, Problem> {
    let number = |word: &str| {
        let plain = word.strip_suffix('s').filter(|plain| plain.ends_with("day")).unwrap_or(word);
        let full = |(name, _): &&(&str, u8)| *name == plain || (plain.len() == 3 && name.starts_with(plain));
        DAYS.iter().find(full).map(|(_, number)| *number)
    };
    let (days, times) = match words {
        [from, "to" | "-", until, times @ ..] => match (number(from), number(until)) {
            (Some(from), Some(until)) => (format!("{from}-{until}"), times),
            _ => return Ok(None),
        },
        words => {
            let spoken = words.iter().take_while(|word| **word == "and" || number(word).is_some()).count();
            let days: Vec<String> =
                words[..spoken].iter().filter_map(|word| number(word)).map(|day| day.to_string()).collect();
            if days.is_empty() {
                return Ok(None);
            }
            (days.join(","), &words[spoken..])
        }
    };
    at_times(times, &format!("* * {days}"), at)
}

/// `at 06:00 and 14:00`, `08:30 pm`: the times of a day, which one cron expression can hold when they share a minute.
fn at_times(words: &[&str], days: &str, at: Span) -> Result<Option<String>, Problem> {
    let words = words.strip_prefix(&["at"]).unwrap_or(words);
    let mut times = Vec::new();
    for spoken in words.split(|word| *word == "and") {
        let Some(time) = time(&spoken.join(" ")) else { return Ok(None) };
        times.push(time);
    }
    times.sort_unstable();
    times.dedup();
    let Some((_, minute)) = times.first().copied() else { return Ok(None) };
    if times.iter().any(|(_, other)| *other != minute) {
        let problem = Problem::new("E-SCHEDULE", at, "the times of one schedule share their minute");
        return Err(problem.help("choose the same minute for all of them, or write one interface for each"));
    }
    let hours: Vec<String> = times.iter().map(|(hour, _)| hour.to_string()).collect();
    Ok(Some(format!("{minute} {} {days}", hours.join(","))))
}

/// `20:30`, `8:30 pm`, `4 am`, `08:30pm`.
fn time(text: &str) -> Option<(u8, u8)> {
    let text = text.trim();
    let clock = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic() || letter == '.').trim_end();
    let half = text[clock.len()..].trim().replace('.', "");
    let (hour, minute) = clock.split_once(':').unwrap_or((clock, ""));
    if minute.is_empty() && half.is_empty() || hour.len() > 2 || !matches!(minute.len(), 0 | 2) {
        return None;
    }
    let hour: u8 = hour.parse().ok()?;
    let minute: u8 = if minute.is_empty() { 0 } else { minute.parse().ok()? };
    let hour = match half.as_str() {
        "" => hour,
        "am" if (1..=12).contains(&hour) => hour % 12,
        "pm" if (1..=12).contains(&hour) => hour % 12 + 12,
        _ => return None,
    };
    (hour < 24 && minute < 60).then_some((hour, minute))
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

//! Time zones: only names that say where, because only they know about summer time.
//!
//! In: a name. Out: the IANA name, or the problem. Never knows: schedules.

use crate::model::Span;
use crate::nearest::{nearest, shorten};
use crate::problem::Problem;

/// Abbreviations of offsets, and a place that keeps them.
const ABBREVIATIONS: [(&str, &str); 16] = [
    ("CET", "Europe/Paris"),
    ("CEST", "Europe/Paris"),
    ("MET", "Europe/Berlin"),
    ("MEZ", "Europe/Berlin"),
    ("WET", "Europe/Lisbon"),
    ("EET", "Europe/Helsinki"),
    ("BST", "Europe/London"),
    ("IST", "Asia/Kolkata"),
    ("EST", "America/New_York"),
    ("EDT", "America/New_York"),
    ("ET", "America/New_York"),
    ("CST", "America/Chicago"),
    ("PST", "America/Los_Angeles"),
    ("PDT", "America/Los_Angeles"),
    ("JST", "Asia/Tokyo"),
    ("SGT", "Asia/Singapore"),
];

/// The IANA name of a zone.
pub(super) fn zone(name: &str, at: Span) -> Result<String, Problem> {
    let name = name.trim();
    let problem = |message: String| Problem::new("E-ZONE", at, message);
    if let Some((short, place)) = ABBREVIATIONS.iter().find(|(short, _)| short.eq_ignore_ascii_case(name)) {
        let message =
            format!("`{short}` is an offset, not a place: nobody knows what it means in the other half of the year");
        return Err(problem(message).help(format!("name the place whose clock counts, e.g. `{place}`")));
    }
    if matches!(name.to_ascii_uppercase().as_str(), "UTC" | "GMT" | "Z" | "ETC/UTC") {
        return Ok("UTC".to_owned());
    }
    if name.contains(['+', '-']) && name.contains(|letter: char| letter.is_ascii_digit()) {
        let message = format!("`{}` is a fixed offset: clocks on the wall change twice a year", shorten(name));
        return Err(problem(message).help("name the place whose clock counts, e.g. `Europe/Paris`, or write `UTC`"));
    }
    if !name.contains('/') || jiff::tz::TimeZone::get(name).is_err() {
        return Err(unknown(name, problem(format!("`{}` is not a time zone", shorten(name)))));
    }
    let known = jiff::tz::db().available().find(|known| known.as_str().eq_ignore_ascii_case(name));
    Ok(known.map_or_else(|| name.to_owned(), |known| known.as_str().to_owned()))
}

/// True for a word that can only be meant as a zone.
pub(super) fn looks_like_zone(word: &str) -> bool {
    let upper = word.to_ascii_uppercase();
    let short = ABBREVIATIONS.iter().any(|(short, _)| *short == upper);
    let offset = ["UTC", "GMT"].iter().any(|name| upper.starts_with(name));
    short || offset || (word.contains('/') && word.starts_with(|letter: char| letter.is_alphabetic()))
}

fn unknown(name: &str, problem: Problem) -> Problem {
    let zones: Vec<String> = jiff::tz::db().available().map(|zone| zone.as_str().to_owned()).collect();
    let places = zones.iter().map(String::as_str).filter(|zone| zone.contains('/'));
    let city = |zone: &&str| zone.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(name));
    let meant = places.clone().find(city).or_else(|| nearest(name, places));
    match meant {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem.help("write an IANA name such as `Europe/Paris` or `UTC`"),
    }
}

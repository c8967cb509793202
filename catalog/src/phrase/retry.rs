//! Retry policies: the architects' phrase becomes a timetable.
//!
//! In: `3x every 30s, exponential backoff`. Out: [`Retry`]. Never knows: what is sent, where.
//!
//! `3x` and `3 retries` count repetitions, `3 attempts` counts sends: that is how the phrases are used. A phrase from
//! which no timetable follows is refused, and the refusal names the phrases that would do.

use super::amount::{duration_ms, human};
use crate::model::{Backoff, Retry, Span};
use crate::nearest::shorten;
use crate::problem::Problem;

const HOUR_MS: u64 = 3_600_000;
/// Most sends of one message.
const MOST: u32 = 100;
/// Shortest delay; less is an attack on the target.
const SHORTEST_MS: u64 = 100;
/// Longest delay.
const LONGEST_MS: u64 = 7 * 24 * HOUR_MS;

const HELP: &str = "write `3x every 30s` (3 repetitions), `3 attempts every 30s` (3 sends), either with \
                    `, exponential backoff` and `, give up after 15min`, or `none`";

/// A retry phrase: `3x every 30s, exponential backoff`, `3 attempts every 30s`, `none`.
///
/// # Errors
///
/// `E-RETRY` for a phrase that cannot become a timetable, `E-CHOICE` for a left-over choice of a template.
pub fn retry(text: &str, at: Span) -> Result<Retry, Problem> {
    if let Some(problem) = choice(text, at) {
        return Err(problem);
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let words = words.trim_end_matches('.');
    let form = if is_none(words) { RetryForm::default() } else { phrase(words, text, at)? };
    let retry = explicit_retry(&form, at)?;
    Ok(Retry { phrase: text.trim().to_owned(), ..retry })
}

/// The explicit form of a policy; what is `None` has its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetryForm {
    /// Repetitions after the first send.
    pub retries: u32,
    /// First delay, milliseconds; compulsory when there are repetitions.
    pub interval_ms: Option<u64>,
    /// Growth, default fixed.
    pub backoff: Option<Backoff>,
    /// Longest delay, milliseconds; default one hour, or the interval if that is longer.
    pub cap_ms: Option<u64>,
    /// Largest share added at random, default 10.
    pub jitter_percent: Option<u8>,
    /// Time from accepting after which nothing is sent any more, milliseconds.
    pub give_up_after_ms: Option<u64>,
    /// Longest `Retry-After` that is honoured, milliseconds; default one hour.
    pub retry_after_cap_ms: Option<u64>,
}

/// The policy of an explicit form.
///
/// # Errors
///
/// `E-RETRY` when numbers make no sense: no interval, a delay under 100 ms or over 7 days, more than 100 sends, a cap
/// below the interval, an end before the first repetition.
pub fn explicit_retry(form: &RetryForm, at: Span) -> Result<Retry, Problem> {
    let wrong = |message: String| Problem::new("E-RETRY", at, message);
    let interval_ms = match form.interval_ms {
        None if form.retries > 0 => {
            return Err(wrong("repetitions need an interval".to_owned()).help("add `interval: 30s`"));
        }
        interval => interval.unwrap_or(0),
    };
    if form.retries >= MOST {
        let message = format!("{} repetitions are more than the {} that are allowed", form.retries, MOST - 1);
        return Err(wrong(message).help("a target that is down for longer is a case for the dead-letter list"));
    }
    if form.retries > 0 && !(SHORTEST_MS..=LONGEST_MS).contains(&interval_ms) {
        let message = format!("an interval of {} is outside of 100 ms to 7 days", human(interval_ms));
        return Err(wrong(message).help("a target needs time to recover, and a message must end one day"));
    }
    let cap_ms = form.cap_ms.unwrap_or(HOUR_MS.max(interval_ms));
    if cap_ms < interval_ms || cap_ms > LONGEST_MS {
        let message =
            format!("a cap of {} is below the interval of {} or above 7 days", human(cap_ms), human(interval_ms));
        return Err(wrong(message).help("the cap is the longest delay: set it to the interval or more"));
    }
    if let Some(latest_ms) = form.give_up_after_ms.filter(|latest_ms| form.retries > 0 && *latest_ms <= interval_ms) {
        let message = format!(
            "giving up after {} leaves no time for a repetition after {}",
            human(latest_ms),
            human(interval_ms)
        );
        return Err(wrong(message).help("choose a longer time, or `none` for a single send"));
    }
    let retry_after_cap_ms = form.retry_after_cap_ms.unwrap_or(HOUR_MS);
    if retry_after_cap_ms > LONGEST_MS {
        let message = format!("a wait of {} that a partner asks for is longer than 7 days", human(retry_after_cap_ms));
        return Err(wrong(message).help("a message must end one day"));
    }
    Ok(Retry {
        phrase: String::new(),
        retries: form.retries,
        interval_ms,
        backoff: form.backoff.unwrap_or(Backoff::Fixed),
        cap_ms,
        jitter_percent: form.jitter_percent.unwrap_or(10),
        retry_after_cap_ms,
        give_up_after_ms: form.give_up_after_ms,
        span: at,
    })
}

/// A choice that a template offered and nobody made: `Enabled, Not Applicable`, `<number> attempts`, `TBD`.
#[must_use]
pub fn choice(text: &str, at: Span) -> Option<Problem> {
    let words = text.trim().to_lowercase();
    let parts: Vec<&str> = words.split([',', '/', '|', ';']).map(str::trim).collect();
    let is_option = |part: &str| is_none(part) || matches!(part, "enabled" | "disabled" | "yes" | "no");
    let offered = parts.len() > 1 && words != "n/a" && parts.iter().filter(|part| is_option(part)).count() > 1;
    let either = words.split_once(" or ").is_some_and(|(one, other)| is_option(one.trim()) || is_option(other.trim()));
    let slot = words.contains('<') && words.contains('>');
    let open = matches!(words.as_str(), "tbd" | "to be defined" | "to be determined" | "todo" | "?" | "xx" | "xxx");
    if !(offered || either || slot || open) {
        return None;
    }
    let message = format!("`{}` is a choice of the template that nobody made", shorten(text));
    Some(Problem::new("E-CHOICE", at, message).help("decide, and write only what was decided"))
}

/// When a message that fails at once is sent, for people: `0 s`, `30 s`, `1 min 30`, `3 min 30`.
#[must_use]
pub fn timetable(retry: &Retry) -> Vec<String> {
    retry.sends_ms().iter().map(|at| human(*at)).collect()
}

/// A retry policy in one sentence without full stop: `3 repetitions after 30 s, 1 min and 2 min`.
#[must_use]
pub fn describe_retry(retry: &Retry) -> String {
    let sends = retry.sends_ms();
    let delays: Vec<String> = sends.windows(2).map(|pair| human(pair[1] - pair[0])).collect();
    match (delays.as_slice(), retry.backoff) {
        ([], _) => "no repetition".to_owned(),
        ([only], _) => format!("1 repetition after {only}"),
        (delays, Backoff::Fixed) => format!("{} repetitions, {} apart", delays.len(), delays[0]),
        ([first, .., last], Backoff::Exponential) if delays.len() > 4 => {
            format!("{} repetitions after {first}, each delay doubled up to {last}", delays.len())
        }
        ([first @ .., last], _) => format!("{} repetitions after {} and {last}", delays.len(), first.join(", ")),
    }
}

/// The ways to say that nothing is repeated.
fn is_none(words: &str) -> bool {
    matches!(words, "none" | "n/a" | "na" | "n.a." | "no" | "no retry" | "not applicable" | "never")
}

fn phrase(words: &str, text: &str, at: Span) -> Result<RetryForm, Problem> {
    let wrong = |message: String| Problem::new("E-RETRY", at, message);
    let unclear = || wrong(format!("no timetable follows from `{}`", shorten(text))).help(HELP);
    if words.starts_with("no retry") {
        let problem = wrong(format!("`{}` says more than a policy", shorten(text)));
        return Err(problem.help("write `none`; the reason belongs into the prose of the document"));
    }
    let words = words.strip_prefix("retry ").unwrap_or(words);
    let (count, rest) = number(words).ok_or_else(unclear)?;
    let (unit, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    if unit == "times" || unit == "time" || rest.starts_with("over ") {
        let help = format!(
            "say what counts and how long to wait: `{count}x every 30s` repeats {count} times, `{count} attempts every \
             30s` sends {count} times"
        );
        return Err(wrong(format!("`{}` leaves the delay or the number open", shorten(text))).help(help));
    }
    let retries = match unit {
        "x" | "retries" | "retry" | "repetitions" | "repetition" => count,
        "attempts" | "attempt" | "tries" | "sends" => count.checked_sub(1).ok_or_else(|| {
            wrong("0 attempts would never send anything".to_owned()).help("write `none` for a single send")
        })?,
        _ => return Err(unclear()),
    };
    let mut parts = rest.split(',').map(str::trim);
    let interval = parts.next().and_then(|part| part.strip_prefix("every ")).ok_or_else(unclear)?;
    let (interval, with) = interval.split_once(" with ").map_or((interval, None), |(every, with)| (every, Some(with)));
    let interval_ms = duration_ms(interval, at).map_err(|problem| Problem { code: "E-RETRY", ..problem })?;
    let mut form = RetryForm { retries, interval_ms: Some(interval_ms), ..RetryForm::default() };
    for part in with.into_iter().chain(parts) {
        if let Some(time) = part.strip_prefix("give up after ") {
            let ms = duration_ms(time, at).map_err(|problem| Problem { code: "E-RETRY", ..problem })?;
            form.give_up_after_ms = Some(ms);
            continue;
        }
        form.backoff = Some(growth(part).ok_or_else(|| {
            wrong(format!("`{}` says nothing about a retry", shorten(part)))
                .help("`exponential backoff` and `give up after 15min` may follow; the explicit form has `cap:` and `jitter:`")
        })?);
    }
    if count == 0 {
        return Err(wrong("0 repetitions need no interval".to_owned()).help("write `none`"));
    }
    Ok(form)
}

fn growth(part: &str) -> Option<Backoff> {
    match part.strip_prefix("with ").unwrap_or(part) {
        "exponential" | "exponential backoff" | "exponential back-off" | "exponential back off" => {
            Some(Backoff::Exponential)
        }
        "fixed" | "fixed backoff" | "fixed interval" => Some(Backoff::Fixed),
        _ => None,
    }
}

/// A leading number, and what follows: `3x every` and `3 x every` alike.
fn number(words: &str) -> Option<(u32, &str)> {
    let digits = words.find(|letter: char| !letter.is_ascii_digit())?;
    let count = words[..digits].parse().ok()?;
    Some((count, words[digits..].trim_start()))
}

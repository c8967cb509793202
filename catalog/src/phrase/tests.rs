//! Phrases through one door each.

use super::*;
use crate::model::{Backoff, Span};

fn one_line(problem: &Problem) -> String {
    let help = problem.help.as_deref().map_or_else(String::new, |help| format!(" · {help}"));
    format!("{} {}{help}", problem.code, problem.message)
}

fn show_retry(text: &str) -> String {
    match retry(text, Span::default()) {
        Ok(retry) => {
            let growth = if retry.backoff == Backoff::Exponential { "doubling" } else { "fixed" };
            format!(
                "{} retries, {growth}: {} ({})",
                retry.retries,
                timetable(&retry).join(", "),
                describe_retry(&retry)
            )
        }
        Err(problem) => one_line(&problem),
    }
}

fn table(inputs: &[&str], show: impl Fn(&str) -> String) -> String {
    inputs.iter().map(|input| format!("{input} => {}\n", show(input))).collect()
}

#[test]
fn retry_phrases() {
    let phrases = [
        "3x every 30s, exponential backoff",
        "3x every 30s",
        "3 x every 30 s",
        "3 attempts every 30s",
        "3 attempts every 30s, exponential backoff",
        "1 attempt every 30s",
        "5 retries every 1h 30m",
        "3x every 4h",
        "6x every 10s with exponential backoff",
        "N/A",
        "none",
        "Not Applicable",
        "No retry",
        "Retry 3x every 2 min",
        "3x every 30s, give up after 1 min 30",
        "9x every 30s, exponential backoff, give up after 15min",
    ];
    insta::assert_snapshot!(table(&phrases, show_retry));
}

#[test]
fn retry_refusals() {
    let phrases = [
        "retry 5 times over 1h",
        "3 times every 30s",
        "Enabled, Not Applicable",
        "none or 3x every 30s",
        "<number>x every <interval>",
        "TBD",
        "3x every 30s, give up after 10s",
        "3x every 30s, give up after a while",
        "",
        "sometimes",
        "3x",
        "3x every",
        "3x every 30",
        "3x every day after tomorrow",
        "3x every 30s, linear backoff",
        "0x every 30s",
        "0 attempts every 30s",
        "100x every 1s",
        "3x every 1ms",
        "3x every 8d",
        "99999999999x every 1s",
        "no retry, data will be uploaded next day",
    ];
    insta::assert_snapshot!(table(&phrases, show_retry));
}

fn show_schedule(text: &str) -> String {
    let (phrase, zone) = text.split_once(" @ ").map_or((text, None), |(phrase, zone)| (phrase, Some(zone)));
    match schedule(phrase, zone, Span::default()) {
        Ok(schedule) => format!("{} {} ({})", schedule.cron, schedule.zone, describe_schedule(&schedule)),
        Err(problem) => one_line(&problem),
    }
}

#[test]
fn schedules() {
    let phrases = [
        "Daily 08:30 PM Europe/Paris",
        "Daily at 09:30 PM europe/paris",
        "Daily 4:00 AM @ Europe/Brussels",
        "daily at 4 am @ UTC",
        "Daily at 06:00 and 14:00 and 22:00 @ Europe/Paris",
        "Daily at 12:00 AM UTC",
        "Every 4 hours @ Europe/Paris",
        "Every hour UTC",
        "hourly UTC",
        "Every 15 minutes UTC",
        "Monday to Friday at 06:00 Europe/Paris",
        "Weekly on Monday at 06:00 Europe/Paris",
        "Mondays and Thursdays at 18:15 Europe/Paris",
        "Every Sunday at 23:00 UTC",
        "Weekdays at 7:05 UTC",
        "Monthly on day 1 at 06:00 UTC",
        "Monthly on the 15th at 06:00 UTC",
        "Monthly on last day at 06:00 UTC",
        "30 20 * * * @ Europe/Paris",
        "*/10 8-18 * * 1-5 Europe/Paris",
    ];
    insta::assert_snapshot!(table(&phrases, show_schedule));
}

#[test]
fn schedule_refusals() {
    let phrases = [
        "3 times a day @ Europe/Paris",
        "twice a day @ Europe/Paris",
        "Daily 08:30 PM CET",
        "Daily 08:30 PM",
        "Daily 08:30 PM @ Paris",
        "Daily 08:30 PM @ Europe/Pariss",
        "Daily 08:30 PM Europe/Paris @ UTC",
        "Daily 08:30 PM GMT+1",
        "Daily @ UTC",
        "Daily at 25:00 @ UTC",
        "Daily at 13:00 PM @ UTC",
        "Daily at 06:00 and 06:30 @ UTC",
        "Every 5 hours @ UTC",
        "Every 0 hours @ UTC",
        "Real-time @ UTC",
        "each time a request is approved @ UTC",
        "Batch running on SAP SRM7 @ UTC",
        "Adhoc @ UTC",
        "Monthly on day 31 at 06:00 @ UTC",
        "61 * * * * @ UTC",
        "0 0 30 2 * @ UTC",
        "0 0 0 * * * @ UTC",
        "",
        "soon @ UTC",
    ];
    insta::assert_snapshot!(table(&phrases, show_schedule));
}

#[test]
fn durations() {
    let texts = [
        "30s",
        "2 min",
        "1h 30m",
        "7d",
        "300 ms",
        "2min",
        "1 min 30",
        "0.5s",
        "1 day",
        "2 weeks",
        "1h30m",
        "0s",
        "",
        "30",
        "s",
        "1m 1h",
        "1h 1h",
        "-5s",
        "5 parsecs",
        "0.0001ms",
        "9999999d",
        "99999999999999999999999s",
        "1..5s",
        "3 min 30 40",
    ];
    let show = |text: &str| match duration_ms(text, Span::default()) {
        Ok(ms) => format!("{ms} ({})", human(ms)),
        Err(problem) => one_line(&problem),
    };
    insta::assert_snapshot!(table(&texts, show));
}

#[test]
fn amounts() {
    let sizes = ["10 MB", "10MB", "512 KiB", "100", "1.5 MB", "1 GiB", "0", "0.3 B", "10 TB", "ten", "-1 MB", ""];
    let show =
        |text: &str| bytes(text, Span::default()).map_or_else(|problem| one_line(&problem), |size| size.to_string());
    let mut all = table(&sizes, show);
    let shares = ["10%", "10 %", "0%", "100%", "101%", "10", "1.5%", "%"];
    let show = |text: &str| {
        percent(text, Span::default()).map_or_else(|problem| one_line(&problem), |share| share.to_string())
    };
    all += &table(&shares, show);
    let shares = ["99.9%", "99.99 %", "100%", "0%", "high"];
    all += &table(&shares, |text| availability(text, Span::default()).unwrap_or_else(|problem| one_line(&problem)));
    insta::assert_snapshot!(all);
}

proptest::proptest! {
    /// Whatever a page prints is read back as the same duration.
    #[test]
    fn printed_durations_are_read_back(ms in 0_u64..1_000_000_000) {
        proptest::prop_assert_eq!(duration_ms(&human(ms), Span::default()).ok(), Some(ms), "{}", human(ms));
    }

    #[test]
    fn no_text_makes_a_phrase_panic(text in "\\PC{0,60}") {
        let at = Span::default();
        let _ = (retry(&text, at), schedule(&text, Some("UTC"), at), duration_ms(&text, at), bytes(&text, at));
        let _ = (percent(&text, at), availability(&text, at), choice(&text, at));
    }

    #[test]
    fn no_almost_phrase_panics(text in "[0-9a-z/:,.%*LW#é -]{0,40}", cron in "[0-9*/,LW#?-]{1,6}( [0-9*/,LW#?A-Z-]{1,6}){4}") {
        let at = Span::default();
        let _ = (retry(&text, at), schedule(&text, Some("UTC"), at), duration_ms(&text, at), bytes(&text, at));
        let _ = schedule(&cron, Some("Europe/Paris"), at);
    }
}

#[test]
fn missed_starts() {
    let phrases =
        ["once", "Skip", "all(max 10)", "all ( max 1 )", "all", "all(10)", "all(max 0)", "all(max 1001)", "none", ""];
    insta::assert_snapshot!(table(&phrases, |text| match missed(text, Span::default()) {
        Ok(missed) => format!("{missed:?}"),
        Err(problem) => one_line(&problem),
    }));
}

//! Rates and latencies out of counters.
//!
//! In: the text of `/metrics` now and a while ago. Out: messages a minute and quantiles of the time between. Never knows:
//! requests, pages.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

/// How far back a rate looks.
const WINDOW: Duration = Duration::from_secs(300);
/// Least time between two samples.
const SPACING: Duration = Duration::from_secs(5);
const ACCEPTED: &str = "tieline_messages_accepted_total";
const BUCKET: &str = "tieline_delivery_duration_seconds_bucket";

/// Counters of one interface.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Counters {
    accepted: f64,
    /// Upper ends in seconds, and how many ended within each.
    buckets: Vec<(f64, f64)>,
}

/// What is known of the last minutes of one interface.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figures {
    /// `None` until there are two samples.
    pub(super) per_minute: Option<f64>,
    /// `None` if nothing ended.
    pub(super) p95_ms: Option<f64>,
    /// What the quantile looks back on; `None` for everything since the start of the service.
    pub(super) window_ms: Option<u64>,
}

/// Samples of one service.
#[derive(Debug, Default)]
pub(super) struct Samples(VecDeque<(Instant, HashMap<String, Counters>)>);

impl Samples {
    /// Whether it is time for another sample.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.0.back().is_none_or(|(at, _)| now.duration_since(*at) >= SPACING)
    }

    /// Takes one in. Counters that fell belong to a service that was started again: what was before is forgotten.
    pub(super) fn add(&mut self, now: Instant, counters: HashMap<String, Counters>) {
        let fell = self.0.back().is_some_and(|(_, before)| {
            before.iter().any(|(id, before)| counters.get(id).is_none_or(|now| now.accepted < before.accepted))
        });
        if fell {
            self.0.clear();
        }
        while self.0.len() > 1 && self.0.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
            self.0.pop_front();
        }
        self.0.push_back((now, counters));
    }

    /// Figures of an interface.
    pub(super) fn of(&self, id: &str) -> Option<Figures> {
        let ((first, old), (last, new)) = (self.0.front()?, self.0.back()?);
        let (now, passed) = (new.get(id)?, last.duration_since(*first));
        let Some(before) = old.get(id).filter(|_| !passed.is_zero()) else {
            return Some(Figures { per_minute: None, p95_ms: quantile(&now.buckets, 0.95), window_ms: None });
        };
        let per_minute = Some((now.accepted - before.accepted) / passed.as_secs_f64() * 60.0);
        let recent: Vec<(f64, f64)> = now
            .buckets
            .iter()
            .zip(before.buckets.iter().map(|(_, count)| *count).chain(std::iter::repeat(0.0)))
            .map(|((end, count), before)| (*end, count - before))
            .collect();
        Some(match quantile(&recent, 0.95) {
            Some(p95) => Figures {
                per_minute,
                p95_ms: Some(p95),
                window_ms: Some(u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)),
            },
            None => Figures { per_minute, p95_ms: quantile(&now.buckets, 0.95), window_ms: None },
        })
    }
}

/// Counters of every interface, from the text of `/metrics`.
pub(super) fn read(text: &str) -> HashMap<String, Counters> {
    let mut found: HashMap<String, Counters> = HashMap::new();
    for line in text.lines() {
        let Some((name, rest)) = line.split_once('{') else { continue };
        if name != ACCEPTED && name != BUCKET {
            continue;
        }
        let Some((labels, value)) = rest.rsplit_once('}') else { continue };
        let value = value.split_whitespace().next().and_then(|text| text.parse::<f64>().ok());
        let (Some(id), Some(value)) = (label(labels, "interface"), value) else { continue };
        let counters = found.entry(id).or_default();
        match (name == BUCKET, label(labels, "le").as_deref()) {
            (false, _) => counters.accepted = value,
            (true, Some("+Inf")) => counters.buckets.push((f64::INFINITY, value)),
            (true, end) => counters.buckets.extend(end.and_then(|end| end.parse().ok()).map(|end: f64| (end, value))),
        }
    }
    found
}

/// The value of a label; `\\`, `\"` and `\n` are escapes.
fn label(labels: &str, name: &str) -> Option<String> {
    let mut rest = labels;
    loop {
        let (key, after) = rest.split_once("=\"")?;
        let (mut value, mut escaped, mut end) = (String::new(), false, None);
        for (at, letter) in after.char_indices() {
            match (escaped, letter) {
                (true, 'n') => value.push('\n'),
                (false, '"') => {
                    end = Some(at);
                    break;
                }
                (false, '\\') => {}
                (true | false, other) => value.push(other),
            }
            escaped = !escaped && letter == '\\';
        }
        let end = end?;
        if key.trim_start_matches(',') == name {
            return Some(value);
        }
        rest = after.get(end + 1..)?;
    }
}

/// The value below which this share lies, in milliseconds, between the ends of a bucket in proportion. In the last
/// bucket, which has no end, its begin.
fn quantile(buckets: &[(f64, f64)], share: f64) -> Option<f64> {
    let all = buckets.last().map(|(_, count)| *count).filter(|count| *count > 0.0)?;
    let wanted = all * share;
    let (mut begin, mut below) = (0.0, 0.0);
    for (end, count) in buckets {
        if *count >= wanted {
            let within = if end.is_infinite() { 0.0 } else { (wanted - below) / (count - below) * (end - begin) };
            return Some((begin + within) * 1000.0);
        }
        (begin, below) = (*end, *count);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(accepted: u32, buckets: [u32; 3]) -> String {
        let [one, two, all] = buckets;
        format!(
            "# TYPE tieline_messages_accepted counter\n\
             tieline_messages_accepted_total{{interface=\"A\\\"}}-V1\"}} {accepted}\n\
             tieline_delivery_duration_seconds_bucket{{le=\"0.1\",interface=\"A\\\"}}-V1\"}} {one}\n\
             tieline_delivery_duration_seconds_bucket{{le=\"0.5\",interface=\"A\\\"}}-V1\"}} {two}\n\
             tieline_delivery_duration_seconds_bucket{{le=\"+Inf\",interface=\"A\\\"}}-V1\"}} {all}\n\
             tieline_backlog{{interface=\"A\\\"}}-V1\"}} 9\n# EOF\n"
        )
    }

    #[test]
    fn figures_are_of_the_time_between_two_samples() {
        let (mut samples, start) = (Samples::default(), Instant::now());
        let of = |samples: &Samples| samples.of("A\"}-V1").unwrap();
        samples.add(start, read(&text(100, [100, 100, 100])));
        assert_eq!(of(&samples).per_minute, None);
        assert_eq!(of(&samples).window_ms, None);
        assert!((of(&samples).p95_ms.unwrap() - 95.0).abs() < 0.01);
        assert!(!samples.is_due(start + Duration::from_secs(4)) && samples.is_due(start + SPACING));
        // Half a minute later: thirty more, ten of them slow.
        samples.add(start + Duration::from_secs(30), read(&text(130, [120, 130, 130])));
        assert!((of(&samples).per_minute.unwrap() - 60.0).abs() < 0.01);
        assert_eq!(of(&samples).window_ms, Some(30_000));
        let p95 = of(&samples).p95_ms.unwrap();
        assert!(p95 > 400.0 && p95 < 500.0, "{p95}");
        // Nothing ended since: what is known is of the whole time.
        assert_eq!(samples.of("B"), None);
        // It was started again.
        samples.add(start + Duration::from_secs(40), read(&text(1, [0, 0, 1])));
        assert_eq!(of(&samples).per_minute, None);
        assert!((of(&samples).p95_ms.unwrap() - 500.0).abs() < 0.01);
    }

    #[test]
    fn what_is_no_figure_is_passed_over() {
        for text in [
            "",
            "x",
            "tieline_messages_accepted_total{",
            "tieline_messages_accepted_total{interface=\"a} 1",
            "tieline_messages_accepted_total{interface=\"a\"} x",
        ] {
            assert!(read(text).is_empty(), "{text}");
        }
    }
}

//! Filters as they were typed, as the service takes them.
//!
//! In: arguments. Out: names and values of a query. Never knows: what is filtered.

use jiff::{Span, Timestamp, Zoned};

use crate::{args::operate::Narrow, failure::Failure};

impl Narrow {
    /// The filter as query parameters.
    pub(crate) fn query(&self) -> Result<Vec<(&'static str, String)>, Failure> {
        let time = |text: &Option<String>| text.as_deref().map(time).transpose();
        let (from, until) = (time(&self.since)?, time(&self.until)?);
        let all = [
            ("interface", self.interface.clone()),
            ("state", self.state.clone()),
            ("reason", self.reason.clone()),
            ("from", from),
            ("until", until),
            ("principal", self.principal.clone()),
            ("order_key", self.order_key.clone()),
            ("target", self.target.clone()),
            ("id", self.id.clone()),
            ("field", (!self.field.is_empty()).then(|| self.field.join("\n"))),
        ];
        Ok(all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
    }
}

/// A time, or how long ago, as RFC 3339.
fn time(text: &str) -> Result<String, Failure> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.to_string());
    }
    let ago = text.parse::<Span>().ok().and_then(|span| Zoned::now().checked_sub(span.abs()).ok());
    match ago {
        Some(time) => Ok(time.timestamp().to_string()),
        None => Err(Failure::Other(format!(
            "{text:?} is no time\n  help: write a time like 2026-01-31T13:00:00Z, or how long ago: 30m, 2h, 3d"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_points_or_lengths() {
        assert_eq!(time("2026-01-31T14:00:00+01:00").unwrap(), "2026-01-31T13:00:00Z");
        for ago in ["30m", "2h", "3d", "1h 30m"] {
            assert!(time(ago).unwrap() < Timestamp::now().to_string(), "{ago}");
        }
        for wrong in ["", "yesterday", "3", "3 fortnights"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}

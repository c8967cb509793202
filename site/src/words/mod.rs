//! Facts of the model in words that people read.
//!
//! In: parts of the checked model. Out: short texts and phrases. Never knows: which page they stand on.

mod expr;
mod policy;
mod rule;
mod types;

pub(crate) use expr::{in_words, literal_text, template};
pub(crate) use policy::{
    auth_name, auth_sentence, class_name, class_sentence, delivered_sentence, key_source, method_name, missed_sentence,
    overlap_sentence, protocol_name, retry_sentence, status_class, status_name, style_name, target_name,
};
pub(crate) use rule::rule;
pub(crate) use types::{constraints, field_type, format_name, sensitivity, ty};

/// `1234567` → `1,234,567`.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `3` + `message` → `3 messages`.
pub(crate) fn count(value: usize, noun: &str) -> String {
    let plural = match (value, noun.strip_suffix('y')) {
        (1, _) => noun.to_owned(),
        (_, Some(stem)) => format!("{stem}ies"),
        (_, None) => format!("{noun}s"),
    };
    format!("{} {plural}", number(value as u64))
}

/// Milliseconds as people say them: `0 s`, `300 ms`, `30 s`, `3 min 30 s`, `1 h`, `7 days`.
pub(crate) fn duration(ms: u64) -> String {
    if ms == 0 {
        return "0 s".to_owned();
    }
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
    let mut rest = ms;
    let mut parts = Vec::new();
    for (size, unit) in units {
        if rest >= size && parts.len() < 2 {
            parts.push(format!("{} {unit}", rest / size));
            rest %= size;
        }
    }
    parts.join(" ")
}

/// Bytes as people say them: `10 MB`, `512 KB` (decimal, as the documents write them), `10 MiB` when only that is round.
pub(crate) fn bytes(value: u64) -> String {
    for (size, unit) in
        [(1_000_000_000, "GB"), (1 << 30, "GiB"), (1_000_000, "MB"), (1 << 20, "MiB"), (1_000, "KB"), (1 << 10, "KiB")]
    {
        if value >= size && value.is_multiple_of(size) {
            return format!("{} {unit}", number(value / size));
        }
    }
    format!("{} bytes", number(value))
}

/// `once`, `twice`, `3 times`.
pub(crate) fn times(value: u32) -> String {
    match value {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        many => format!("{many} times"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_read_well() {
        for (value, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(value), expected);
        }
        for (ms, expected) in [
            (0, "0 s"),
            (300, "300 ms"),
            (30_000, "30 s"),
            (90_000, "1 min 30 s"),
            (210_000, "3 min 30 s"),
            (3_600_000, "1 h"),
            (604_800_000, "7 d"),
        ] {
            assert_eq!(duration(ms), expected);
        }
        for (value, expected) in
            [(10_000_000, "10 MB"), (10 << 20, "10 MiB"), (1234, "1,234 bytes"), (1_500_000, "1,500 KB")]
        {
            assert_eq!(bytes(value), expected);
        }
        assert_eq!(count(1, "entry"), "1 entry");
        assert_eq!(count(2, "entry"), "2 entries");
        assert_eq!(count(0, "system"), "0 systems");
    }
}

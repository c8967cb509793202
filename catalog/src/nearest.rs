//! "Did you mean": the nearest of the words that exist.
//!
//! In: a word, the words that are possible. Out: the nearest one, if it is near enough. Never knows: what words mean.

/// The candidate most like `word`: equal but for case, punctuation and blanks, or a few letters away. `None` when
/// nothing is near, because a wild guess is worse than none.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = fold(word);
    let length = plain.chars().count();
    let allowed = (length / 3).clamp(1, 4);
    // Most candidates are too long or too short; counting is much cheaper than comparing, and documents may hold many
    // thousands of unknown words.
    let may_be_near = |candidate: &str| folded(candidate).count().abs_diff(length) <= allowed;
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word && may_be_near(candidate))
        .map(|candidate| (strsim::osa_distance(&plain, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A list for people: `` `a`, `b` or `c` ``, cut after `most`.
#[must_use]
pub fn list<'a>(words: impl IntoIterator<Item = &'a str>, most: usize) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if words.len() <= most => format!("{} or {last}", first.join(", ")),
        _ => format!("{} … ({} in all)", words[..most.min(words.len())].join(", "), words.len()),
    }
}

/// A text of a document inside a message, cut to a readable length.
#[must_use]
pub fn shorten(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn fold(word: &str) -> String {
    folded(word).collect()
}

/// Letters and digits, small. Long words are cut: the distance costs their product, and hostile words are long.
fn folded(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|letter| letter.is_alphanumeric()).take(64).flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far() {
        #[track_caller]
        fn check(word: &str, expected: Option<&str>) {
            let known = ["workUnitNumber", "status", "id", "Europe/Paris", "x", "smart_id"];
            assert_eq!(nearest(word, known), expected);
        }
        check("workUnitNumbr", Some("workUnitNumber"));
        check("work_unit_number", Some("workUnitNumber"));
        check("WORKUNITNUMBER", Some("workUnitNumber"));
        check("staus", Some("status"));
        check("sattus", Some("status"));
        check("europe paris", Some("Europe/Paris"));
        check("smart-id", Some("smart_id"));
        check("di", Some("id"));
        check("y", None);
        check("nothing like it", None);
        check("", None);
        check("status", None);
        check(&"x".repeat(100_000), None);
    }

    #[test]
    fn lists() {
        assert_eq!(list([], 3), "");
        assert_eq!(list(["a"], 3), "`a`");
        assert_eq!(list(["a", "b", "c"], 3), "`a`, `b` or `c`");
        assert_eq!(list(["a", "b", "c", "d"], 3), "`a`, `b`, `c` … (4 in all)");
        assert_eq!(shorten(&"é".repeat(70)).chars().count(), 61);
    }
}

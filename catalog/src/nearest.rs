//! "Did you mean": the nearest of the words that exist.
//!
//! In: a word, the words that are possible. Out: the nearest one, if it is near enough. Never knows: what words mean.

/// The candidate most like `word`: equal but for case, punctuation and blanks, or a few letters away. `None` when
/// nothing is near, because a wild guess is worse than none.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = fold(word);
    let allowed = (plain.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .map(|candidate| (strsim::damerau_levenshtein(&plain, &fold(candidate)), candidate))
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

/// Long words are cut: the distance costs their product, and hostile words are long.
fn fold(word: &str) -> String {
    word.chars().filter(|letter| letter.is_alphanumeric()).take(64).flat_map(char::to_lowercase).collect()
}
